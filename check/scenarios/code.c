/* SPDX-License-Identifier: BSD-2-Clause */
/* Code and tags. */
#include "check/scenarios/table.h"

const struct check_scenario check_code[] = {
	{
		.name = "stale-code",
		.title = "Why instruction caches are invalidated",
		.thread = "thread 001",
		.argument = "Catalin Marinas: I/D cache coherency",
		.setting =
			"Ordinary RAM, on a machine with FWB whose instruction caches are not coherent. "
			"What was executed from a page stays in the instruction cache when the page "
			"goes to somebody else.",
		.mezzo =
			"Whenever a page becomes executable instruction caches are invalidated first, "
			"unless the machine has DIC.",
		DEBATE,
		.facts = {{FWB}},
		.without = "icache-before",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo without icache-before", S2_NO_STALE_EXEC, 5),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "exec-without-dic",
		.title = "Code in memory of a device",
		.thread = "thread 001",
		.argument =
			"Catalin Marinas: the exec fault would require cache maintenance in certain "
			"conditions, depending on DIC; I assume we have similar restrictions",
		.setting =
			"Cached memory of a GPU, on a machine with FWB whose instruction caches are not "
			"coherent. A guest executes from it: instruction caches must be invalidated, "
			"and KVM does that through an address that it does not have.",
		.mezzo =
			"Instruction caches can be invalidated as a whole, which needs no address: "
			"granted.",
		DEBATE,
		.facts = {{GPU_MEMORY, FWB}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				REFUSES("linux-6.17"),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 1),
				HOLDS("proposal-2024-v2"),
				BREAKS("proposal-2025-v3", S4_NO_HOST_CRASH, 1),
			},
	},
	{
		.name = "reset-keeps-mapping",
		.title = "A new image under a guest that is reset",
		.thread = "follows from thread 001",
		.argument =
			"KVM, commit 7ae2f3db: a guest starts with its caches off, and the VMM has "
			"written its image through one",
		.setting =
			"Ordinary RAM, on a machine without FWB. The guest is reset, and reads its new "
			"image past the cache.",
		.mezzo = "The memory is taken back, cleaned, written, and granted anew.",
		DEBATE,
		.facts = {{F(DIC, 1)}},
		.without = "reset-take-back",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo without reset-take-back", S11_RESET_IMAGE, 6),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "reset-without-icache",
		.title = "A new image, and old instructions",
		.thread = "follows from thread 001",
		.argument =
			"KVM, commit 892713e9: invalidate instruction caches when a guest is reset",
		.setting =
			"Ordinary RAM, on a machine with FWB whose instruction caches are not coherent. "
			"The guest is reset, and executes its new image.",
		.mezzo =
			"After a new image instruction caches are invalidated, unless there is DIC.",
		DEBATE,
		.facts = {{FWB}},
		.without = "reset-icache",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo without reset-icache", S11_RESET_IMAGE, 7),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "tags-without-storage",
		.title = "Tags where there is no room for them",
		.thread = "thread 001",
		.argument =
			"The patch: a malicious guest can enable MTE at stage 1 without the hypervisor "
			"being able to tell; this could cause external aborts",
		.setting =
			"Memory tagging keeps a tag beside every 16 bytes, where the memory has room "
			"for it. This memory has not. The VMM got past the check when the slot was "
			"made: it mapped something else then, and this afterwards.",
		.mezzo = "The rule is asked again at the fault, with the same answer: refused "
			 "(mte-no-tag-storage). A slot's object cannot become another one.",
		DEBATE,
		.change = {.doubted = DOUBT(A4_VMA_STAYS)},
		.facts = {{F(SHAPE, CHECK_SHAPE_PFNMAP), FWB, F(DIC, 1), F(GUEST_MTE, 1)}},
		.expect =
			{
				BREAKS("mezzo", L1_NO_LATE_REFUSAL, 1),
				BREAKS("linux-legacy", L1_NO_LATE_REFUSAL, 1),
				BREAKS("linux-6.17", L1_NO_LATE_REFUSAL, 1),
				BREAKS("proposal-2023-v3", L1_NO_LATE_REFUSAL, 1),
				BREAKS("proposal-2024-v2", S5_NO_EXTERNAL_ABORT, 2),
				BREAKS("proposal-2025-v3", L1_NO_LATE_REFUSAL, 1),
			},
	},
	{
		.name = "tags-not-cleared",
		.title = "One question asked of two variables",
		.thread = "thread 001",
		.argument =
			"The patch: VM_IO with a cacheable type is unexpected and wrong, and makes the "
			"page noncacheable. Catalin Marinas: leave the device check in place",
		.setting =
			"RAM with tags, in a mapping that carries VM_IO. One variable says that the page "
			"is not cacheable, and tags are left alone; another picks the type, and picks "
			"write-back.",
		.mezzo =
			"There is one decision. Tags are zeroed at the first grant to a guest that can "
			"read them, for their own sake.",
		DEBATE,
		.facts = {{F(SHAPE, CHECK_SHAPE_PFNMAP), F(IO, 1), F(MTE_ALLOWED, 1), FWB,
			   F(DIC, 1), F(GUEST_MTE, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				BREAKS("proposal-2024-v2", S3_NO_TAG_LEAK, 5),
				HOLDS("proposal-2025-v3"),
			},
	},
	{0},
};
