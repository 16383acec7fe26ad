/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_LINUX_LINUX_H
#define CLI_LINUX_LINUX_H
/*
 * What KVM on arm64 does with a memory slot and with a stage-2 fault, by version of Linux: the two
 * ladders of arch/arm64/kvm/mmu.c as pure functions. They describe; nothing here decides anything
 * for Mezzo. Functions and errors are Linux's own; rules cite the function that holds them.
 *
 * The versions are those where the rule changed:
 *  6.8   A page that is not pfn_is_map_memory() is mapped Device-nGnRE; the VMA's type is ignored.
 *  6.9   So, but Normal-NC where the driver set VM_ALLOW_ANY_UNCACHED (8c47ce3e1d2c).
 *  6.17  Only VM_PFNMAP and VM_MIXEDMAP mappings can be anything but write-back; a cacheable one
 *        of memory outside the linear map needs FEAT_S2FWB and CTR_EL0.DIC (2a8dfab26677,
 *        0c67288e0c8b, 216887f79d98), and is refused otherwise.
 *
 * Left out: nested guests, protected VMs, guest_memfd, hardware memory errors.
 */
#include <mezzo/decide.h>
#include <stdbool.h>
#include <stdint.h>

enum linux_version {
	LINUX_6_8,
	LINUX_6_9,
	LINUX_6_17,
	LINUX_VERSIONS
};

/* The memory type in the VMA's page protection. */
enum linux_attr {
	LINUX_ATTR_CACHED, /* MT_NORMAL, MT_NORMAL_TAGGED */
	LINUX_ATTR_WC,     /* pgprot_writecombine: MT_NORMAL_NC */
	LINUX_ATTR_DEVICE, /* pgprot_noncached, pgprot_device */
};

/* What the host knows of the page. */
enum linux_backing {
	LINUX_BACKING_LINEAR, /* pfn_is_map_memory(): in the kernel's linear map */
	LINUX_BACKING_PAGE,   /* a struct page, but not in the linear map */
	LINUX_BACKING_NONE,   /* neither: device memory */
};

struct linux_facts {
	enum linux_version version;
	/* the VMA behind the slot */
	bool pfnmap, mixedmap, io, any_uncached, mte_allowed, host_writable;
	enum linux_attr attr;
	enum linux_backing backing;
	/* the machine */
	bool fwb, dic;
	/* the VM and the slot */
	bool vm_mte, logging;
	enum mezzo_slot_kind slot;
	/* the fault */
	enum mezzo_access access;
	enum mezzo_fault_kind kind;
	unsigned int order; /* largest block that alignment allows */
};

/* One rule of KVM, as a reason: name, sentence, function and where it comes from. */
enum linux_rule {
	LINUX_SLOT_ACCEPTED,
	LINUX_SLOT_MTE_NOT_ALLOWED,
	LINUX_SLOT_PFNMAP_LOGGING,
	LINUX_SLOT_CACHEABLE_PFNMAP,
	LINUX_FAULT_WRITE_BACK,
	LINUX_FAULT_WRITE_BACK_PFNMAP,
	LINUX_FAULT_DEVICE,
	LINUX_FAULT_DEVICE_UNCACHED,
	LINUX_FAULT_ANY_UNCACHED,
	LINUX_FAULT_CACHEABLE_PFNMAP,
	LINUX_FAULT_MTE_NOT_ALLOWED,
	LINUX_FAULT_EXEC_DEVICE,
	LINUX_FAULT_EXEC_NO_SLOT,
	LINUX_FAULT_WALK_NO_SLOT,
	LINUX_FAULT_CACHE_OP_NO_SLOT,
	LINUX_FAULT_MMIO,
	LINUX_FAULT_MMIO_NO_SYNDROME,
	LINUX_FAULT_READ_ONLY_SLOT,
	LINUX_FAULT_READ_ONLY_MAPPING,
	LINUX_FAULT_READ_PERMISSION,
	LINUX_FAULT_UNSUPPORTED_FSC,
	LINUX_RULES
};
const struct mezzo_reason_text *linux_rule_text(enum linux_rule rule);

struct linux_slot {
	bool ok;
	const char *error; /* "EINVAL"; NULL when ok */
	enum linux_rule rule;
};

struct linux_fault {
	enum mezzo_outcome outcome; /* MEZZO_REFUSE: KVM_RUN fails with `error` */
	const char *error;
	enum linux_rule rule;
	bool mapped; /* the rest is filled */
	enum mezzo_arm64_stage2 type;
	bool read, write, exec;
	unsigned int order;
	uint8_t before[MEZZO_BEFORE_MAX]; /* enum mezzo_action */
	uint8_t after[MEZZO_AFTER_MAX];
};

/* Known ways in which such an answer goes wrong, as a set. */
enum linux_risk {
	LINUX_RISK_STALE_LINES,
	LINUX_RISK_NO_KERNEL_MAPPING,
	LINUX_RISK_ALIAS_MISMATCH,
	LINUX_RISK_LATE_REFUSAL,
	LINUX_RISK_NEEDLESS_REFUSAL,
	LINUX_RISK_UNLOGGED_WRITES,
	LINUX_RISKS
};
const struct mezzo_reason_text *linux_risk_text(enum linux_risk risk);

/* kvm_arch_prepare_memory_region() on a new slot. */
struct linux_slot linux_slot(const struct linux_facts *facts);
/*
 * kvm_handle_guest_abort() and user_mem_abort(). Asked whether or not the slot was accepted:
 * KVM checks again, because a VMA may have been replaced in between.
 */
struct linux_fault linux_fault(const struct linux_facts *facts);
/* A set of 1 << enum linux_risk. */
unsigned int linux_risks(const struct linux_facts *facts);

/* "6.17". */
const char *linux_version_name(enum linux_version version);

#endif
