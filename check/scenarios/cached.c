/* SPDX-License-Identifier: BSD-2-Clause */
/* Cached memory that is not RAM. */
#include "check/scenarios/table.h"

const struct check_scenario check_cached[] = {
	{
		.name = "fallback-to-device",
		.title = "Falling back to Device leaks",
		.thread = "thread 004",
		.argument =
			"Jason Gunthorpe: data could leak across VM A to B, because the cache was not "
			"flushed and A's data is still in physical; I think we must block fallback to "
			"device as a security fix",
		.setting =
			"Cached memory of a GPU, on a machine without FWB. KVM cannot clean it, so it "
			"maps it as Device instead: the guest reads past the cache, straight from "
			"memory.",
		.mezzo =
			"Never weaker than declared. With a temporary mapping the page is cleaned and "
			"granted write-back; without one the slot is refused when it is made: "
			"cached-needs-maintenance.",
		DEBATE,
		.facts = {{GPU_MEMORY, F(WINDOW, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				REFUSES("linux-6.17"),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 1),
				BREAKS("proposal-2024-v2", L1_NO_LATE_REFUSAL, 1),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 5),
			},
	},
	{
		.name = "nothing-to-clean-with",
		.title = "Nothing to clean with",
		.thread = "thread 004",
		.argument =
			"Marc Zyngier, quoted: I don't know how you reconcile the lack of host mapping "
			"and cache maintenance. The latter cannot take place without the former",
		.setting =
			"Cached memory of a GPU, on a machine without FWB, and not even a temporary "
			"mapping can be made.",
		.mezzo =
			"Refused when the slot is made: cached-needs-maintenance. No other answer would "
			"be safe; `mezzo check --synthesise` tries them all.",
		DEBATE,
		.facts = {{GPU_MEMORY}},
		.expect =
			{
				REFUSES("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				REFUSES("linux-6.17"),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 1),
				BREAKS("proposal-2024-v2", L1_NO_LATE_REFUSAL, 1),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 5),
			},
	},
	{
		.name = "crash-without-fwb",
		.title = "A page that nobody can clean",
		.thread = "threads 000 and 001",
		.argument =
			"Jason Gunthorpe: if FWB is not available this patch makes KVM crash. Catalin "
			"Marinas: pfn_valid() does not imply that the memory is in the linear map",
		.setting =
			"The kernel knows the page (it has a struct page) but has no mapping of it. "
			"Without FWB a page must be cleaned before a guest gets it, and cleaning works "
			"through a mapping.",
		.mezzo =
			"A temporary mapping is made for the cleaning (maintenance window). Where not "
			"even that can be had the slot is refused when it is made: "
			"cached-needs-maintenance.",
		DEBATE,
		.facts = {{F(BACKING, CHECK_BACKING_PAGE), F(SHAPE, CHECK_SHAPE_PFNMAP),
			   F(WINDOW, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				REFUSES("linux-6.17"),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 1),
				BREAKS("proposal-2024-v2", S4_NO_HOST_CRASH, 1),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 5),
			},
	},
	{
		.name = "cached-device-memory",
		.title = "Cached memory of a device, on a machine that can force caching",
		.thread = "threads 000 and 004",
		.argument =
			"Jason Gunthorpe: loss of cacheable is malfunction; map it cacheable if the "
			"VMM has a cacheable mapping and there is FWB",
		.setting =
			"The memory of a GPU that is coherent with the processor, as on Grace Hopper. "
			"The host maps it write-back. The machine can force a guest to write-back "
			"(FWB) and keeps instruction caches coherent (DIC).",
		.mezzo = "The owner declares CACHED; write-back is forced, and nothing needs to be "
			 "cleaned.",
		DEBATE,
		.facts = {{GPU_MEMORY, FWB, F(DIC, 1)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{
		.name = "migrate-to-older",
		.title = "Migrating to an older machine",
		.thread = "thread 004",
		.argument =
			"Userspace is able to migrate a VM from an FWB host to a non-FWB one, start the "
			"VM, blow up on the first page fault. That's not an acceptable outcome",
		.setting =
			"A guest with cached memory of a GPU runs on a machine with FWB and DIC. It "
			"moves to one that has neither.",
		.mezzo =
			"The slot check is the same function as the fault. The old machine refuses the "
			"slot, the migration is called off, and the guest runs on where it was.",
		DEBATE,
		.kind = CHECK_MIGRATE,
		.facts = {{GPU_MEMORY, FWB, F(DIC, 1)}, {GPU_MEMORY}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				HOLDS("linux-6.17"),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 7),
				BREAKS("proposal-2024-v2", L1_NO_LATE_REFUSAL, 7),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 8),
			},
	},
	{
		.name = "migrate-mixedmap",
		.title = "Migrating past the check",
		.thread = "thread 004",
		.argument =
			"Jason Gunthorpe: do not delay until page fault time, though still check again "
			"at page fault time",
		.setting =
			"Once more, but the driver's mapping is a VM_MIXEDMAP. Linux 6.17 looks at "
			"VM_PFNMAP when the slot is made, and at both when the guest faults.",
		.mezzo = "One function, one answer.",
		DEBATE,
		.kind = CHECK_MIGRATE,
		.facts = {{F(BACKING, CHECK_BACKING_NONE), F(SHAPE, CHECK_SHAPE_MIXEDMAP), FWB,
			   F(DIC, 1)},
			  {F(BACKING, CHECK_BACKING_NONE), F(SHAPE, CHECK_SHAPE_MIXEDMAP)}},
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 5),
				BREAKS("linux-6.17", L1_NO_LATE_REFUSAL, 7),
				BREAKS("proposal-2023-v3", S4_NO_HOST_CRASH, 7),
				BREAKS("proposal-2024-v2", L1_NO_LATE_REFUSAL, 7),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 8),
			},
	},
	{
		.name = "uncached-export-of-ram",
		.title = "RAM that a driver exports uncached",
		.thread = "thread 001",
		.argument =
			"Catalin Marinas: it introduces a mismatch between the VMM and the guest "
			"mappings I'd rather not have to deal with",
		.setting =
			"A driver exports pages of ordinary RAM, and maps them uncached, while the "
			"kernel's own cached mapping of all RAM stays. The machine has FWB.",
		.mezzo =
			"The kernel's mapping is a cached alias. Declared honestly, it contradicts a "
			"guest that may not use the cache: refused (alias-cached-guest-not).",
		DEBATE,
		.change = {.doubted = DOUBT(A3_LINEAR_IS_WB)},
		.facts = {{F(MAP, CHECK_MAP_DEVICE), F(SHAPE, CHECK_SHAPE_PFNMAP), FWB, F(DIC, 1)}},
		.expect =
			{
				REFUSES("mezzo"),
				BREAKS("linux-legacy", S1_NO_LEAK, 6),
				BREAKS("linux-6.17", S1_NO_LEAK, 6),
				BREAKS("proposal-2023-v3", S1_NO_LEAK, 7),
				BREAKS("proposal-2024-v2", S1_NO_LEAK, 7),
				BREAKS("proposal-2025-v3", S1_NO_LEAK, 6),
			},
	},
	{
		.name = "shared-with-virtio",
		.title = "Memory that guest and VMM share",
		.thread = "thread 000",
		.argument =
			"Jason Gunthorpe: CXL memory is normal system memory, this is the kind that "
			"might be mixed with virtio",
		.setting =
			"Ordinary RAM. The VMM writes and reads it through its cache while the guest "
			"does.",
		.mezzo = "The owner declares CACHED; write-back is forced where the machine can.",
		DEBATE,
		.facts = {{FWB}},
		.expect =
			{
				HOLDS("mezzo"),
				HOLDS("linux-legacy"),
				HOLDS("linux-6.17"),
				HOLDS("proposal-2023-v3"),
				HOLDS("proposal-2024-v2"),
				HOLDS("proposal-2025-v3"),
			},
	},
	{0},
};
