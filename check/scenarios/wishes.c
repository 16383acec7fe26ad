/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest loses when a host is too careful. */
#include "check/scenarios/table.h"

const struct check_scenario check_wishes[] = {
	{
		.name = "plain-bar-refused",
		.title = "A check that was meant for cached memory, and hits every card",
		.thread = "thread 001",
		.argument =
			"The patch: without FWB, a page without struct page is EINVAL. Nobody in the "
			"thread noticed that it is asked of every type",
		.setting =
			"An ordinary PCI card without anything cached about it, on a machine without "
			"FWB.",
		.mezzo =
			"The owner declares DEVICE. What is never cached needs no cleaning, with FWB or "
			"without.",
		DEBATE,
		.facts = {{F(MAP, CHECK_MAP_DEVICE), GPU_MEMORY}},
		.expect =
			{
				HOLDS("mezzo"),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				BREAKS("proposal-2024-v2", L1_NO_LATE_REFUSAL, 1),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "write-combining",
		.title = "A card whose guest may not write fast",
		.thread = "thread 000",
		.argument =
			"Jason Gunthorpe: a virtual machine does not behave as a bare Arm machine, "
			"and loses write-combining",
		.setting =
			"A PCI card tolerates any uncached access to its memory, and its driver says "
			"so. Normal-NC lets the processor gather writes into bursts; Device forbids it. "
			"Nothing leaks here and nothing is lost: the card is slow.",
		.mezzo =
			"The owner declares COMBINING; stage 2 says Normal-NC, and the guest chooses "
			"between it and Device.",
		DEBATE,
		.facts = {{F(MAP, CHECK_MAP_DEVICE), GPU_MEMORY, F(ANY_UNCACHED, 1), FWB,
			   F(DIC, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", L4_INTENT_HONOURED, 1),
				HOLDS("linux-6.17"),
				BREAKS("proposal-2023-v3", L4_INTENT_HONOURED, 1),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "bare-metal-freedom",
		.title = "Memory handed over whole",
		.thread = "thread 000",
		.argument =
			"Jason Gunthorpe: the VM should have full flexibility to use cachable or not, "
			"to properly emulate bare metal",
		.setting =
			"Nobody but the guest reaches the memory, so that it could do with it what it "
			"does on bare metal: map it as it likes. Linux has no way to say so: its slots "
			"always have a mapping of the VMM behind them.",
		.mezzo =
			"The owner declares EXCLUSIVE. The guest gets the type that its own tables ask "
			"for; the page is cleaned before it goes and when it comes back.",
		.subject = &arm64_subject,
		.family = &check_family_contract,
		.facts = {{F(ALLOW, MEZZO_CLASS_ALL - 1), F(MAINTENANCE, MEZZO_MAINTENANCE_WINDOW),
			   F(DATA, 1), F(TAGS, 1), F(LINES, 1), F(WRITABLE, 1), FWB}},
		.without = "clean-before",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo without clean-before", S1_NO_LEAK, 5),
			},
	},
	{
		.name = "device-that-does-not-snoop",
		.title = "A device that does not look into caches",
		.thread = "follows from threads 000 and 003",
		.argument =
			"Yan Zhao: the effective type cannot be cacheable if the guest thinks it is "
			"non-cacheable",
		.setting =
			"Shared RAM on a machine with FWB, and a device of the guest that reads memory "
			"past all caches. The guest's driver asks for uncached memory for it, and FWB "
			"overrides that.",
		.mezzo = "Refused when the slot is made: forced-beside-unsnooped-dma.",
		.subject = &arm64_subject,
		.family = &check_family_contract,
		.facts = {{F(ALIASES, MEZZO_ALIASES_CACHED), F(ALLOW, MEZZO_CLASS_WB - 1),
			   F(MAINTENANCE, MEZZO_MAINTENANCE_DIRECT), F(LINES, 1), F(WRITABLE, 1),
			   F(DMA, MEZZO_DMA_UNSNOOPED), FWB}},
		.expect =
			{
				REFUSES("mezzo"),
			},
	},
	{0},
};
