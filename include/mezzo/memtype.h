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

/* Where a table of effective types was read. */
enum mezzo_source {
	MEZZO_SOURCE_SDM,         /* Intel: MTRR and PAT */
	MEZZO_SOURCE_SDM_EPT,     /* Intel: ignore-PAT; CR0.CD in a guest */
	MEZZO_SOURCE_APM_NESTED,  /* AMD: guest and nested PAT */
	MEZZO_SOURCE_APM_MTRR,    /* AMD: PAT and MTRR */
	MEZZO_SOURCE_APM_WC_PLUS, /* AMD: WC+ and MTRR */
	MEZZO_SOURCE_APM_NPT,     /* AMD: both, one after the other */
	MEZZO_SOURCE_APM_CD,      /* AMD: CR0.CD of a guest */
	MEZZO_SOURCE_PAT,         /* Intel and AMD: the PAT */
	MEZZO_SOURCE_MTRR,        /* Intel and AMD: MTRRs and their overlaps */
	MEZZO_SOURCE_SDM_ALIAS,   /* Intel: aliases of one page */
	MEZZO_SOURCE_APM_ALIAS,   /* AMD: the same */
	MEZZO_SOURCE_ALIAS_OURS,  /* concluded from the two */
	MEZZO_SOURCE_ARM_COMBINE, /* Arm: stage 1 and stage 2 */
	MEZZO_SOURCE_ARM_FWB,     /* Arm: the same with FEAT_S2FWB */
	MEZZO_SOURCES
};

/* How far what a source says may be trusted. */
enum mezzo_standing {
	MEZZO_STANDING_AGREED,     /* stated by the manual, read in texts that agree */
	MEZZO_STANDING_ONE_TEXT,   /* stated by the manual, read in one text */
	MEZZO_STANDING_MEASURED,   /* read in a program's source, and measured on another */
	MEZZO_STANDING_INFERRED,   /* concluded, stated by no manual */
	MEZZO_STANDING_UNVERIFIED, /* from memory */
	MEZZO_STANDINGS
};

struct mezzo_source_text {
	const char *name; /* "APM 15-19" */
	const char *text; /* manual, section, and what it was compared with */
	uint8_t standing; /* enum mezzo_standing */
};
/* Never NULL; for a value out of range an UNVERIFIED entry named "unknown". */
const struct mezzo_source_text *mezzo_source_text(enum mezzo_source source);
/* "agreed", "one text", "measured", "inferred", "UNVERIFIED". */
const char *mezzo_standing_name(enum mezzo_standing standing);

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

/* arm64 manual names: "Device-nGnRE", "Normal-WB"; and "device-nGnRE", "guest-choice". */
const char *mezzo_arm64_type_name(enum mezzo_arm64_type type);
const char *mezzo_arm64_stage2_name(enum mezzo_arm64_stage2 stage2);
/* "device", "normal-nc", "normal-wb". */
const char *mezzo_class_name(enum mezzo_class one);

/*
 * x86 memory types. Those below CD are the encodings of PAT entries, MTRRs and EPT leaves (2 and 3
 * are reserved); the last two stand in no register: they come of combining types on AMD.
 */
enum mezzo_x86_type {
	MEZZO_X86_UC = 0,
	MEZZO_X86_WC = 1,
	MEZZO_X86_WT = 4,
	MEZZO_X86_WP = 5,
	MEZZO_X86_WB = 6,
	MEZZO_X86_UC_MINUS = 7, /* in the PAT alone: UC that an MTRR of type WC overrides */
	MEZZO_X86_CD = 8,       /* uncached, but the caches are looked into first */
	MEZZO_X86_WC_PLUS = 9,  /* write combining that looks into all caches */
	MEZZO_X86_TYPES
};

/*
 * What an EPT or NPT entry of ours says. "Only" is EPT's ignore-PAT bit, which NPT has not;
 * everything else lets the guest's PAT choose within what include/mezzo/x86.h tabulates. WC, WT and
 * WP are asked for only where the guest's MTRRs are honoured.
 */
enum mezzo_x86_stage2 {
	MEZZO_X86_STAGE2_UC_ONLY, /* UC, whatever the guest's PAT says */
	MEZZO_X86_STAGE2_UC,      /* UC, or WC where the guest's PAT says WC */
	MEZZO_X86_STAGE2_WC,      /* the same, and WC also where its PAT says UC- or WB */
	MEZZO_X86_STAGE2_WT,
	MEZZO_X86_STAGE2_WP,
	MEZZO_X86_STAGE2_WB,      /* the type that the guest's PAT asks for */
	MEZZO_X86_STAGE2_WB_ONLY, /* WB, whatever the guest's PAT says */
	MEZZO_X86_STAGE2_TYPES
};

/* "UC", "UC-", "WC+"; "reserved" for an encoding that is none. */
const char *mezzo_x86_type_name(unsigned int type);
/* "uc-only", "uc", "wc", "wt", "wp", "wb", "wb-only". */
const char *mezzo_x86_stage2_name(enum mezzo_x86_stage2 stage2);

#endif
