/* SPDX-License-Identifier: BSD-2-Clause */
#include "linux/x86.h"

#include <mezzo/memtype.h>

#define INTEL "vmx_get_mt_mask(), arch/x86/kvm/vmx/vmx.c"

static const struct mezzo_reason_text rules[LINUX_X86_RULE_COUNT] = {
	[LINUX_X86_MMIO_UC] =
		{"linux-x86-mmio-uc",
		 "Mapped UC with the guest's PAT honoured: the guest has UC, or WC where its own page "
		 "tables ask for it, never anything cached.",
		 INTEL},
	[LINUX_X86_WB_IGNORE_PAT] =
		{"linux-x86-wb-ignore-pat",
		 "Mapped write-back, and the guest's PAT is ignored: it cannot have this memory "
		 "uncached.",
		 INTEL},
	[LINUX_X86_WB_GUEST_PAT] = {"linux-x86-wb-guest-pat",
				    "Mapped write-back, and the guest's PAT decides.", INTEL},
	[LINUX_X86_GUEST_MTRR] =
		{"linux-x86-guest-mtrr",
		 "A device is assigned whose DMA does not snoop: the guest's MTRRs and CR0.CD decide, "
		 "and each change of them takes the whole memory away again.",
		 INTEL},
	[LINUX_X86_NESTED_WB] =
		{"linux-x86-nested-wb",
		 "The nested entry says write-back; the CPU combines the guest's PAT "
		 "with it.",
		 "svm.c; AMD APM vol. 2, 15.25.8"},
	[LINUX_X86_NESTED_MTRR] =
		{"linux-x86-nested-mtrr",
		 "The nested entry says write-back, the host's MTRRs say UC for device memory, and the "
		 "CPU combines: the guest has UC, or WC where its PAT asks for it.",
		 "svm.c; AMD APM vol. 2, 15.25.8"},
	[LINUX_X86_SHADOW_PAT] =
		{"linux-x86-shadow",
		 "Shadow paging: the guest's PAT is ignored, the host's types hold.",
		 "arch/x86/kvm/mmu/spte.c"},
};

static struct linux_x86_leaf leaf(const char *type, bool ignore_pat, unsigned int classes,
				  enum linux_x86_rule rule)
{
	return (struct linux_x86_leaf){type, ignore_pat, classes, rule};
}

struct linux_x86_leaf linux_x86_leaf(const struct linux_x86_facts *f)
{
	const unsigned int uncached = MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC;

	if (f->paging == LINUX_X86_NPT)
		return f->mmio ? leaf("wb", false, uncached, LINUX_X86_NESTED_MTRR)
			       : leaf("wb", false, MEZZO_CLASS_ALL, LINUX_X86_NESTED_WB);
	if (f->paging == LINUX_X86_SHADOW)
		return leaf(f->mmio ? "uc" : "wb", true,
			    f->mmio ? MEZZO_CLASS_DEVICE : MEZZO_CLASS_WB, LINUX_X86_SHADOW_PAT);
	if (f->mmio)
		return leaf("uc", false, uncached, LINUX_X86_MMIO_UC);
	if (f->noncoherent_dma && f->rules == LINUX_X86_6_10)
		return leaf("guest-mtrr", false, MEZZO_CLASS_ALL, LINUX_X86_GUEST_MTRR);
	if (f->noncoherent_dma || (f->rules == LINUX_X86_6_16 && f->quirk_disabled))
		return leaf("wb", false, MEZZO_CLASS_ALL, LINUX_X86_WB_GUEST_PAT);
	return leaf("wb", true, MEZZO_CLASS_WB, LINUX_X86_WB_IGNORE_PAT);
}

const struct mezzo_reason_text *linux_x86_rule_text(enum linux_x86_rule rule)
{
	return &rules[rule];
}

enum linux_x86_rules linux_x86_rules(const struct linux_release *release)
{
	if (linux_release_from(release, 6, 16))
		return LINUX_X86_6_16;
	return linux_release_from(release, 6, 11) ? LINUX_X86_6_11 : LINUX_X86_6_10;
}

const char *linux_x86_rules_name(enum linux_x86_rules rules_)
{
	static const char *const name[LINUX_X86_RULES] = {"6.10", "6.11", "6.16"};

	return name[rules_];
}
