/* SPDX-License-Identifier: BSD-2-Clause */
/* x86: whose word is taken for the type. */
#include "check/scenarios/table.h"

#define REGISTERS F(MAP, CHECK_MAP_DEVICE), F(ANY_UNCACHED, 1)
#define NONCOHERENT F(DMA, MEZZO_DMA_UNSNOOPED)

const struct check_scenario check_x86[] = {
	{
		.name = "cached-registers",
		.title = "Registers in a cache",
		.thread = "thread 003",
		.argument =
			"Sheng Yang, commit 2aaf69dcee86: software is not allowed to access device "
			"MMIO using a cacheable type. Yan Zhao: I can observe a host hang if I program "
			"its EPT type to WB",
		.setting =
			"A card is given to a guest, with the registers and the frame buffer that the "
			"host maps uncached. The guest's firmware has set its MTRRs to write-back, as "
			"it does for memory that it takes for RAM. A line that a cache fills from "
			"registers is a machine check, and the host is gone.",
		.mezzo =
			"The owner declares COMBINING. The entry is UC, so that a guest can choose "
			"between UC and WC and nothing else; no MTRR changes that.",
		X86,
		.facts = {{REGISTERS, F(SELF_SNOOP, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("kvm-2008-wb", S6_NO_MACHINE_CHECK, 1),
				BREAKS("kvm-2008-mtrr", S6_NO_MACHINE_CHECK, 1),
				HOLDS("kvm-2009-mtrr"),
				BREAKS("kvm-2015-mtrr", S6_NO_MACHINE_CHECK, 1),
				HOLDS("kvm-2024-pat"),
				HOLDS("kvm-2025-quirk"),
				HOLDS("kvm-npt"),
			},
	},
	{
		.name = "leak-to-a-device",
		.title = "What all of them forgot",
		.thread = "thread 003",
		.argument =
			"Sean Christopherson: for non-coherent DMA, can we delete all of the MTRR "
			"insanity and simply clear IPAT?",
		.setting =
			"RAM that the VMM maps write-back, and a device of the guest whose DMA is not "
			"coherent. The thread argues about types. None of its policies cleans a page "
			"before the device can reach it, and whatever the type, the device then reads "
			"what memory held before the host zeroed the page in its cache.",
		.mezzo =
			"A page is cleaned before a device that does not snoop can reach it, and when "
			"it is taken back.",
		X86,
		.facts = {{NONCOHERENT, F(SELF_SNOOP, 1)}},
		.without = "clean-before",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo without clean-before", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2008-wb", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2008-mtrr", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2009-mtrr", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2015-mtrr", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2024-pat", S1D_NO_LEAK_DMA, 5),
				BREAKS("kvm-2025-quirk", S1D_NO_LEAK_DMA, 5),
				HOLDS("kvm-2025-flush"),
				BREAKS("kvm-npt", S1D_NO_LEAK_DMA, 5),
			},
	},
	{
		.name = "guest-asks-uncached",
		.title = "A guest that asks for uncached memory, and does not get it",
		.thread = "thread 003",
		.argument =
			"Yan Zhao: the effective memory type cannot be cacheable if the guest thinks "
			"it is non-cacheable",
		.setting =
			"The same machine. The guest's driver maps a buffer for its device UC, as it "
			"must for DMA that is not coherent. Where the guest's PAT is ignored the buffer "
			"is write-back after all: what the driver writes stays in the cache, and the "
			"device reads what was there before. The policies that honour the PAT fail "
			"only because nobody flushed; with a flush they hold.",
		.mezzo = "Beside a device that does not snoop the guest's PAT is honoured.",
		X86,
		.facts = {{NONCOHERENT, F(SELF_SNOOP, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("kvm-2008-wb", S9O_DMA_OUT, 7),
				BREAKS("kvm-2008-mtrr", S9O_DMA_OUT, 7),
				BREAKS("kvm-2009-mtrr", S9O_DMA_OUT, 7),
				HOLDS("kvm-2009-flush"),
				BREAKS("kvm-2025-quirk", S9O_DMA_OUT, 7),
				HOLDS("kvm-2025-flush"),
				BREAKS("kvm-npt", S9O_DMA_OUT, 7),
				HOLDS("kvm-npt-flush"),
			},
	},
	{
		.name = "caches-off",
		.title = "A guest that turns its caches off",
		.thread = "thread 003",
		.argument =
			"Yan Zhao: for CR0.CD=1 with KVM_X86_QUIRK_CD_NW_CLEARED and IPAT=1, it meets (a) "
			"the VMM's mappings will use write-back, but breaks (b) the guest thinks it is "
			"non-cacheable",
		.setting =
			"The same machine. The guest has set CR0.CD, and maps its device's buffer UC.",
		.mezzo = "The guest's PAT is honoured whatever CR0.CD says.",
		X86,
		.facts = {{NONCOHERENT, F(SELF_SNOOP, 1), F(GUEST_CD, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("kvm-2009-mtrr", S9O_DMA_OUT, 7),
				BREAKS("kvm-2009-flush", S9O_DMA_OUT, 7),
				HOLDS("kvm-2025-flush"),
				HOLDS("kvm-npt-flush"),
			},
	},
	{
		.name = "mtrr-says-uncached",
		.title = "A guest whose MTRRs say uncached",
		.thread = "thread 003",
		.argument =
			"Yan Zhao: honoring guest MTRRs is the most safe way. Sean Christopherson: "
			"delete that code entirely and take a KVM errata to formally document that KVM "
			"does not virtualize guest MTRRs",
		.setting =
			"The same machine. The guest's driver maps its buffer write-back and relies on an "
			"MTRR to have it uncached all the same. Nobody in the thread knows such a "
			"driver. Only a policy that honours MTRRs serves it, and only if it flushes "
			"as well.",
		.mezzo =
			"The erratum, for the same reason: beside a VMM that uses the memory through "
			"the cache, a guest states its intent by its PAT alone (assumption G1). This is "
			"the one argument here that Mezzo loses, and says so.",
		X86,
		.change = {.doubted = DOUBT(G1_PAT_IS_INTENT)},
		.facts = {{NONCOHERENT, F(SELF_SNOOP, 1), F(GUEST_MTRR, CHECK_MTRR_UC)}},
		.expect =
			{
				BREAKS("mezzo", S9O_DMA_OUT, 7),
				BREAKS("kvm-2009-mtrr", S9O_DMA_OUT, 7),
				HOLDS("kvm-2009-flush"),
				BREAKS("kvm-2025-quirk", S9O_DMA_OUT, 7),
				BREAKS("kvm-2025-flush", S9O_DMA_OUT, 7),
				BREAKS("kvm-npt", S9O_DMA_OUT, 7),
			},
	},
	{
		.name = "no-self-snoop",
		.title = "Write-combining on a processor without self-snoop",
		.thread = "follows from thread 003",
		.argument =
			"KVM, commit 377b2f359d1f: honour the guest's PAT on processors that support "
			"self-snoop",
		.setting =
			"RAM that the VMM maps write-back, on an old processor, beside a device whose "
			"DMA is not coherent, so that the guest's PAT is honoured nevertheless. The guest "
			"maps a page WC, and reads past a line that still holds the host's zeroes.",
		.mezzo =
			"Refused when the slot is made: no-safe-type-beside-dma. The device needs "
			"uncached memory and the VMM uses the cache; what one writes the other would "
			"not see. A flush alone makes it safe for a VMM and a guest that share nothing, "
			"which nobody has promised.",
		X86,
		.facts = {{NONCOHERENT}},
		.expect =
			{
				REFUSES("mezzo"),
				BREAKS("kvm-2009-mtrr", S1_NO_LEAK, 5),
				BREAKS("kvm-2024-pat", S1_NO_LEAK, 5),
				BREAKS("kvm-2025-quirk", S1_NO_LEAK, 5),
				HOLDS("kvm-2025-flush"),
			},
	},
	{0},
};
