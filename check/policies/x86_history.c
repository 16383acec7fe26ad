/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/policies/x86_history.h"

/* kvm_is_mmio_pfn(): reserved pages, and what is not in E820 as RAM. */
static bool is_mmio(const struct mezzo_facts *facts)
{
	return facts->memory.mmio || !(facts->memory.allow & MEZZO_CLASS_WB);
}

static bool has_noncoherent_dma(const struct mezzo_facts *facts)
{
	return facts->memory.dma == MEZZO_DMA_UNSNOOPED;
}

static struct x86_history_entry entry(uint8_t type, bool ignore_pat, const char *why)
{
	return (struct x86_history_entry){type, ignore_pat, why};
}

static struct x86_history_entry in_2008_wb(const struct mezzo_facts *facts)
{
	(void)facts;
	return entry(MEZZO_X86_WB, true,
		     "Everything that a guest maps is write-back, device memory too.");
}

static struct x86_history_entry in_2008_mtrr(const struct mezzo_facts *facts)
{
	return entry(facts->guest.x86.mtrr, true,
		     "The guest's MTRRs give the type, of device memory too; its PAT is ignored.");
}

/* What 2009 to 6.10 have in common once a page is not MMIO, or MMIO is trusted. */
static struct x86_history_entry by_mtrr(const struct mezzo_facts *facts)
{
	if (facts->guest.x86.cr0_cd)
		return entry(MEZZO_X86_WB, true,
			     "CR0.CD is ignored (KVM_X86_QUIRK_CD_NW_CLEARED): write-back.");
	return entry(facts->guest.x86.mtrr, false,
		     "With non-coherent DMA the guest's MTRRs give the type, and its PAT counts.");
}

static struct x86_history_entry in_2009_mtrr(const struct mezzo_facts *facts)
{
	if (is_mmio(facts))
		return entry(MEZZO_X86_UC, false,
			     "Device memory is UC; the guest's PAT may say WC.");
	if (!has_noncoherent_dma(facts))
		return entry(MEZZO_X86_WB, true,
			     "No device bypasses the caches: write-back, PAT ignored.");
	return by_mtrr(facts);
}

static struct x86_history_entry in_2015_mtrr(const struct mezzo_facts *facts)
{
	if (!is_mmio(facts) && !has_noncoherent_dma(facts))
		return entry(MEZZO_X86_WB, true,
			     "No device bypasses the caches: write-back, PAT ignored.");
	return by_mtrr(facts);
}

static struct x86_history_entry in_2024_pat(const struct mezzo_facts *facts)
{
	if (is_mmio(facts))
		return entry(MEZZO_X86_UC, false,
			     "Device memory is UC; the guest's PAT may say WC.");
	if (!facts->machine.x86.self_snoop && !has_noncoherent_dma(facts))
		return entry(MEZZO_X86_WB, true, "No self-snoop: write-back, PAT ignored.");
	return entry(MEZZO_X86_WB, false, "The guest's PAT is honoured.");
}

static struct x86_history_entry in_2025_quirk(const struct mezzo_facts *facts)
{
	if (is_mmio(facts))
		return entry(MEZZO_X86_UC, false,
			     "Device memory is UC; the guest's PAT may say WC.");
	if (!has_noncoherent_dma(facts))
		return entry(MEZZO_X86_WB, true,
			     "KVM_X86_QUIRK_IGNORE_GUEST_PAT is on: write-back, PAT ignored.");
	return entry(MEZZO_X86_WB, false, "With non-coherent DMA the guest's PAT is honoured.");
}

static struct x86_history_entry npt(const struct mezzo_facts *facts)
{
	(void)facts;
	return entry(MEZZO_X86_WB, false,
		     "Nested PAT entry 0, write-back, for everything: the host's MTRRs make device "
		     "memory UC.");
}

const struct x86_history x86_histories[X86_HISTORIES] = {
	{"kvm-2008-wb", "2.6.28", "Write-back for everything, whatever the guest says.",
	 "928d4bf747e9 (\"KVM: VMX: Set IGMT bit in EPT entry\")", true, MEZZO_X86_EPT, in_2008_wb},
	{"kvm-2008-mtrr", "2.6.29", "The guest's MTRRs, with its PAT ignored.",
	 "the \"MTRR/PAT support for EPT\" series of 2008, with IGMT still set", true,
	 MEZZO_X86_EPT, in_2008_mtrr},
	{"kvm-2009-mtrr", "2.6.30 to 6.10",
	 "Device memory UC; RAM write-back, or by the guest's MTRRs beside non-coherent DMA.",
	 "2aaf69dcee86 (\"KVM: MMU: Map device MMIO as UC in EPT\"), vmx_get_mt_mask()", true,
	 MEZZO_X86_EPT, in_2009_mtrr},
	{"kvm-2015-mtrr", "4.2 to 4.3",
	 "The guest's MTRRs for device memory too; reverted after machine checks.",
	 "fd717f11015f, reverted by 606decd67049 (bug 104091)", true, MEZZO_X86_EPT, in_2015_mtrr},
	{"kvm-2024-pat", "6.11", "No guest MTRRs; the PAT honoured on processors with self-snoop.",
	 "0a7b73559b39, 377b2f359d1f; reverted by 9d70f3fec144 (slow UC frame buffers)", true,
	 MEZZO_X86_EPT, in_2024_pat},
	{"kvm-2025-quirk", "6.16 on",
	 "No guest MTRRs; the PAT ignored by a quirk that is on, unless DMA is non-coherent.",
	 "vmx_get_mt_mask(), arch/x86/kvm/vmx/vmx.c of 7.3.4", false, MEZZO_X86_EPT, in_2025_quirk},
	{"kvm-npt", "2.6.26 on", "NPT: write-back, the rest by host MTRRs and guest PAT.",
	 "arch/x86/kvm/svm/ and arch/x86/kvm/mmu/ of 7.3.4", false, MEZZO_X86_NPT, npt},
};

struct mezzo_x86_cell x86_history_effective(const struct x86_history *history,
					    const struct x86_history_entry *entry,
					    enum mezzo_x86_type guest_pat,
					    enum mezzo_x86_type host_mtrr)
{
	const struct mezzo_x86_access nested = {
		.engine = MEZZO_X86_NPT,
		.stage2 = MEZZO_X86_STAGE2_WB,
		.guest_pat = (uint8_t)guest_pat,
		.host_mtrr = (uint8_t)host_mtrr,
	};

	if (history->engine == MEZZO_X86_NPT)
		return mezzo_x86_effective(&nested);
	if (!entry->ignore_pat)
		return mezzo_x86_combine_intel(entry->type, guest_pat);
	return (struct mezzo_x86_cell){
		.type = entry->type,
		.source = MEZZO_SOURCE_SDM_EPT,
		.snoops = mezzo_x86_class(entry->type) == MEZZO_CLASS_WB,
	};
}
