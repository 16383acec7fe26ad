/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_MEMTYPE_H
#define MEZZO_MEMTYPE_H
/*
 * Memory types: the classes that a declaration speaks of, the types that an architecture has, and
 * how the guest's own choice combines with ours.
 */
#include <mezzo/types.h>

/*
 * Classes of type, as a set. A declaration (`allow`) and a decision (`effective`) are such sets.
 * Arm's Write-Through belongs to WB: both may live in a cache, which is all that matters here.
 */
enum mezzo_class {
	MEZZO_CLASS_DEVICE = 1, /* Arm: any Device type. x86: UC. */
	MEZZO_CLASS_NC = 2,     /* Arm: Normal Non-cacheable. x86: WC. */
	MEZZO_CLASS_WB = 4,     /* Arm: Normal Write-Back or Write-Through. x86: WB, WT, WP. */
};
#define MEZZO_CLASS_ALL (MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC | MEZZO_CLASS_WB)

/*
 * arm64 memory types of one stage of translation, strongest first. The order is the rule: without
 * FEAT_S2FWB the combined type is the smaller of the two (R_HMNDG, R_TNHFM as cited by Linux's
 * arch/arm64/kvm/at.c).
 */
enum mezzo_arm64_type {
	MEZZO_ARM64_nGnRnE,
	MEZZO_ARM64_nGnRE,
	MEZZO_ARM64_nGRE,
	MEZZO_ARM64_GRE,
	MEZZO_ARM64_NC,
	MEZZO_ARM64_WT,
	MEZZO_ARM64_WB,
	MEZZO_ARM64_TYPES
};

/* What a stage-2 entry of ours says. These four are all that the policy ever asks for. */
enum mezzo_arm64_stage2 {
	MEZZO_STAGE2_DEVICE_nGnRE, /* forbids NC, gathering and unaligned access */
	MEZZO_STAGE2_NORMAL_NC,    /* the guest's stage 1 may choose Device or NC */
	MEZZO_STAGE2_NORMAL_WB, /* with FWB: forced write-back. Without: the guest may weaken it */
	MEZZO_STAGE2_GUEST_CHOICE, /* the type is the one stage 1 asks for, as on bare metal */
	MEZZO_STAGE2_TYPES
};

/**
 * mezzo_arm64_combine() - the type an access really has under both stages
 * @stage1: the guest's type
 * @stage2: what our entry says
 * @fwb: FEAT_S2FWB is in use (HCR_EL2.FWB = 1)
 *
 * Pure, constant time. Source: R_VRJSW, R_RHWZM (FWB) and R_HMNDG, R_TNHFM (without), read in
 * Linux's AT emulation; measured equal on QEMU 10.0.2 but for the deviations that
 * tests/oracle lists.
 */
enum mezzo_arm64_type mezzo_arm64_combine(enum mezzo_arm64_type stage1,
					  enum mezzo_arm64_stage2 stage2, bool fwb);

/* The class that an arm64 type belongs to. */
enum mezzo_class mezzo_arm64_class(enum mezzo_arm64_type type);

/* The set of classes a guest can reach through a stage-2 entry, over every stage-1 type. */
unsigned int mezzo_arm64_reachable(enum mezzo_arm64_stage2 stage2, bool fwb);

/* Manual names: "Device-nGnRE", "Normal-WB"; and "device-nGnRE", "guest-choice". */
const char *mezzo_arm64_type_name(enum mezzo_arm64_type type);
const char *mezzo_arm64_stage2_name(enum mezzo_arm64_stage2 stage2);
/* "device", "normal-nc", "normal-wb". */
const char *mezzo_class_name(enum mezzo_class one);

#endif
