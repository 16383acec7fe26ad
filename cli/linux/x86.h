/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_LINUX_X86_H
#define CLI_LINUX_X86_H
/*
 * Which memory type KVM on x86 gives a page, by version of Linux: vmx_get_mt_mask() on Intel, the
 * nested page tables on AMD. KVM looks at no VMA here: a page frame is MMIO or it is not.
 *
 * The versions are those where the rule changed:
 *  6.10  With non-coherent DMA the guest's MTRRs and CR0.CD decide (Intel).
 *  6.11  Guest MTRRs are ignored; with non-coherent DMA the guest's PAT decides (377b2f359d1f).
 *  6.16  The guest's PAT decides, too, where the VMM disables KVM_X86_QUIRK_IGNORE_GUEST_PAT.
 */
#include "linux/release.h"

enum linux_x86_rules {
	LINUX_X86_6_10,
	LINUX_X86_6_11,
	LINUX_X86_6_16,
	LINUX_X86_RULES
};

enum linux_x86_paging {
	LINUX_X86_SHADOW,
	LINUX_X86_EPT,
	LINUX_X86_NPT,
};

struct linux_x86_facts {
	enum linux_x86_rules rules;
	enum linux_x86_paging paging;
	bool mmio; /* kvm_is_mmio_pfn(): not RAM, or reserved and not cached in the PAT's books */
	bool noncoherent_dma; /* a device is assigned whose DMA cannot be made to snoop */
	bool quirk_disabled;  /* by the VMM */
};

enum linux_x86_rule {
	LINUX_X86_MMIO_UC,
	LINUX_X86_WB_IGNORE_PAT,
	LINUX_X86_WB_GUEST_PAT,
	LINUX_X86_GUEST_MTRR,
	LINUX_X86_NESTED_WB,
	LINUX_X86_NESTED_MTRR,
	LINUX_X86_SHADOW_PAT,
	LINUX_X86_RULE_COUNT
};

struct linux_x86_leaf {
	const char *type; /* "uc", "wb", "guest-mtrr": of the entry */
	bool ignore_pat;
	unsigned int classes; /* set of enum mezzo_class that the guest can reach */
	enum linux_x86_rule rule;
};

struct linux_x86_leaf linux_x86_leaf(const struct linux_x86_facts *facts);
const struct mezzo_reason_text *linux_x86_rule_text(enum linux_x86_rule rule);

enum linux_x86_rules linux_x86_rules(const struct linux_release *release);
/* "6.16". */
const char *linux_x86_rules_name(enum linux_x86_rules rules);

#endif
