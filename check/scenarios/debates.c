/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of the threads. */
#include "check/machines/page.h"
#include "check/machines/private.h"
#include "check/machines/race.h"
#include "check/scenarios/scenarios.h"

#define F(field, value) {CHECK_FIELD_##field, value}
#define DOUBT(assumption) (1u << CHECK_##assumption)

#define HOLDS(name) {.policy = name, .verdict = CHECK_HOLDS}
#define REFUSES(name) {.policy = name, .verdict = CHECK_REFUSES}
#define BREAKS(name, what, count)                                                                  \
	{.policy = name, .verdict = CHECK_BREAKS, .breaks = CHECK_##what, .steps = count}

#define DEBATE .subject = &arm64_subject, .family = &check_family_debate

/* Device memory that its driver and the VMM map cacheable: Grace Hopper's GPU memory. */
#define GPU_MEMORY F(BACKING, CHECK_BACKING_NONE), F(SHAPE, CHECK_SHAPE_PFNMAP)
#define FWB F(FWB, 1), F(IDC, 1)

const struct check_scenario check_scenarios[] = {
	/* --- thread 000 -------------------------------------------------------------------------- */
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
	/* --- thread 001 -------------------------------------------------------------------------- */
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
	/* --- thread 002 -------------------------------------------------------------------------- */
	{
		.name = "private-page",
		.title = "Whose word is taken for a private page",
		.thread = "thread 002",
		.argument =
			"Xu Yilun: why does KVM believe the mapping at fault time but not at notify "
			"time? Peter Xu: keep the host pointer, skip the notifier",
		.setting =
			"A confidential guest accepts a page of a device. The VMM can change what its "
			"own address shows; the driver can take the device away.",
		.mezzo =
			"A private page is resolved by its object and taken back by its object. Asked "
			"through a host address it is refused: private-with-alias.",
		.subject = &private_subject,
		.family = &private_family,
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("hva-followed", S13_ACCEPTED_STAYS, 5),
				BREAKS("hva-ignored", S12_NO_REUSED_PAGE, 3),
			},
	},
	{
		.name = "fault-against-revocation",
		.title = "A fault and a revocation at the same time",
		.thread = "thread 002",
		.argument =
			"Xu Yilun and Peter Xu on mmu notifiers: what is taken away while a fault is "
			"under way",
		.setting =
			"A guest's processor has asked for a page and is about to enter it into the "
			"tables. Meanwhile the page's owner takes it away and gives it to somebody else.",
		.mezzo =
			"A sequence is noted before the page is looked up, raised before anything is "
			"taken away, and looked at again while the entry is held.",
		.subject = &race_subject,
		.family = &check_family_object,
		.facts = {{F(ALIASES, MEZZO_ALIASES_CACHED), F(ALLOW, MEZZO_CLASS_WB - 1),
			   F(MAINTENANCE, MEZZO_MAINTENANCE_DIRECT)}},
		.without = "no-sequence",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo with no-sequence", S12_NO_REUSED_PAGE, 15),
			},
	},
	/* --- thread 004 -------------------------------------------------------------------------- */
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
		.title = "The same, where nothing can be done",
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
		.title = "The same, past the check",
		.thread = "thread 004",
		.argument =
			"Jason Gunthorpe: do not delay until page fault time, though still check again "
			"at page fault time",
		.setting =
			"As before, but the driver's mapping is a VM_MIXEDMAP. Linux 6.17 looks at "
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
	/* --- what follows from them ------------------------------------------------------------------ */
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
		.title = "The same, and the instruction cache",
		.thread = "follows from thread 001",
		.argument =
			"KVM, commit 892713e9: invalidate instruction caches when a guest is reset",
		.setting =
			"Ordinary RAM, on a machine with FWB whose instruction caches are not coherent.",
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
};
const unsigned int check_scenarios_count = sizeof(check_scenarios) / sizeof(check_scenarios[0]);
