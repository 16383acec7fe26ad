/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reasons: name, sentence, source. The long stories that `mezzo reason` tells live with the
 * command (cli/), so that a hypervisor carries only what it prints.
 */
#include <mezzo/decide.h>

#define RULE(n) "Mezzo's rule " #n " (docs/policy.md)"
#define SLOT "slot rules (include/mezzo/space.h)"
#define LOG "rules of dirty logs (include/mezzo/dirty.h)"
#define ADMISSION "rules of admission (include/mezzo/admit.h)"
#define OBJECT "object rules (include/mezzo/object.h)"

static const struct mezzo_reason_text texts[MEZZO_REASONS] = {
	[MEZZO_WHY_DEVICE_AS_DECLARED] =
		{"device-as-declared",
		 "The memory is declared Device: stage 2 says Device-nGnRE, which no stage 1 can weaken.",
		 RULE(6)},
	[MEZZO_WHY_COMBINING_AS_DECLARED] =
		{"combining-as-declared",
		 "The owner tolerates any uncached access: stage 2 says Normal-NC, and the guest chooses "
		 "between Device and Normal-NC.",
		 RULE(6)},
	[MEZZO_WHY_CACHED_FORCED] =
		{"cached-forced",
		 "The memory is shared through caches and FEAT_S2FWB forces write-back, whatever the "
		 "guest's stage 1 says.",
		 RULE(6) "; Arm ARM, FEAT_S2FWB"},
	[MEZZO_WHY_CACHED_UNFORCED] =
		{"cached-unforced",
		 "The memory is write-back, but without FEAT_S2FWB the guest can weaken it: it is "
		 "coherent only while the guest itself uses write-back.",
		 RULE(1)},
	[MEZZO_WHY_EXCLUSIVE_FORCED] =
		{"exclusive-forced",
		 "Nobody else reaches the memory, its owner allows write-back only, and FEAT_S2FWB "
		 "forces it.",
		 RULE(6)},
	[MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE] =
		{"exclusive-guest-choice",
		 "Nobody else reaches the memory, so the guest gets what bare metal would give: the type "
		 "its own tables ask for.",
		 RULE(6)},
	[MEZZO_WHY_NO_TAG_ACCESS] =
		{"no-tag-access",
		 "There is no tag storage behind this memory; FEAT_MTE_PERM lets the guest use it without "
		 "tags.",
		 RULE(2)},
	[MEZZO_WHY_WRITE_LOGGED] =
		{"write-logged",
		 "The slot logs writes: the page is marked dirty and becomes writable, alone.",
		 "dirty logging: one page per write fault"},
	[MEZZO_WHY_FETCH_NOT_CACHEABLE] =
		{"fetch-not-cacheable",
		 "The guest fetched an instruction from memory it can never use write-back: it gets an "
		 "external abort and lives.",
		 RULE(5)},
	[MEZZO_WHY_FETCH_NO_SLOT] =
		{"fetch-no-slot",
		 "The guest fetched an instruction where nothing is: it gets an external abort.",
		 RULE(5)},
	[MEZZO_WHY_WALK_NOT_CACHEABLE] =
		{"walk-not-cacheable",
		 "The guest's own page-table walk reached memory that is not write-back: external abort "
		 "on the walk.",
		 RULE(8)},
	[MEZZO_WHY_WALK_NO_SLOT] =
		{"walk-no-slot",
		 "The guest's own page-table walk went where nothing is: external "
		 "abort on the walk.",
		 RULE(8)},
	[MEZZO_WHY_WALK_READ_ONLY] =
		{"walk-read-only",
		 "The guest's page-table walker wanted to set a flag in read-only memory: external abort "
		 "on the walk.",
		 RULE(8)},
	[MEZZO_WHY_EXCLUSIVE_UNSUPPORTED] =
		{"exclusive-unsupported",
		 "The memory type does not support this exclusive or atomic access: the guest gets the "
		 "same abort a machine would give.",
		 RULE(8) "; ISS.DFSC 0b110101"},
	[MEZZO_WHY_UNALIGNED_DEVICE] =
		{"unaligned-device",
		 "An unaligned access to Device memory: the guest gets the alignment fault a machine "
		 "would give.",
		 RULE(8) "; ISS.DFSC 0b100001"},
	[MEZZO_WHY_DEVICE_ACCESS] = {"device-access",
				     "No slot covers the address: the access is the embedder's to "
				     "emulate.",
				     SLOT},
	[MEZZO_WHY_WRITE_READ_ONLY_SLOT] =
		{"write-read-only-slot",
		 "A write to a read-only slot (flash, ROM) is the embedder's to emulate.", RULE(4)},
	[MEZZO_WHY_WRITE_READ_ONLY_OBJECT] =
		{"write-read-only-object",
		 "The object behind the slot cannot be written, and could not be made so: a memory fault "
		 "for the embedder, never a bare error.",
		 RULE(4)},
	[MEZZO_WHY_CACHE_OP_NO_SLOT] =
		{"cache-op-no-slot",
		 "Cache maintenance where nothing is has nothing to do: it is "
		 "skipped.",
		 RULE(8)},
	[MEZZO_WHY_CACHE_OP_READ_ONLY] =
		{"cache-op-read-only",
		 "Invalidation needs write permission; on memory nobody may write there is nothing to "
		 "invalidate: it is skipped.",
		 RULE(8)},
	[MEZZO_WHY_FACTS_INADMISSIBLE] =
		{"facts-inadmissible",
		 "The facts contradict each other: FEAT_S2FWB implies CTR_EL0.IDC, FEAT_MTE_PERM and a "
		 "guest's tags need FEAT_MTE2, x86 has neither tags nor such an access, a guest of one "
		 "architecture does not run on the other, and something must be allowed.",
		 "Arm ARM, FEAT_S2FWB, FEAT_MTE_PERM; include/mezzo/decide.h"},
	[MEZZO_WHY_PRIVATE_WITH_ALIAS] =
		{"private-with-alias",
		 "Private memory that somebody else can reach is not private: declare no aliases.",
		 "definition of private (include/mezzo/decide.h)"},
	[MEZZO_WHY_DIRECT_NOT_CACHED] =
		{"direct-not-cached",
		 "A permanent cached mapping is itself a cached alias: it contradicts a declaration of "
		 "fewer aliases.",
		 RULE(1)},
	[MEZZO_WHY_MMIO_WRITE_BACK] =
		{"mmio-write-back",
		 "Registers must never be reachable write-back: a speculative fill or an eviction would "
		 "touch them.",
		 "property S6 of the coherence model (docs/policy.md)"},
	[MEZZO_WHY_ALIAS_CACHED_GUEST_NOT] =
		{"alias-cached-guest-not",
		 "Others reach this memory through caches while the guest may bypass them: each would "
		 "miss the other's writes.",
		 "Arm ARM, mismatched memory attributes; Intel SDM vol. 3, Programming the PAT"},
	[MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED] =
		{"alias-uncached-guest-cached",
		 "Others reach this memory past the caches while the guest may cache it: each would miss "
		 "the other's writes.",
		 "Arm ARM, mismatched memory attributes; Intel SDM vol. 3, Programming the PAT"},
	[MEZZO_WHY_ALLOW_NOT_ENFORCEABLE] =
		{"allow-not-enforceable",
		 "The hardware cannot keep the guest within the allowed types: its own tables can always "
		 "weaken them, unless FEAT_S2FWB or EPT's ignore-PAT bit forces write-back alone.",
		 RULE(1)},
	[MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW] =
		{"exclusive-needs-window",
		 "Memory handed over whole must be cleaned before and after, and that needs a temporary "
		 "mapping: maintenance `window`.",
		 RULE(1)},
	[MEZZO_WHY_CACHED_NEEDS_MAINTENANCE] =
		{"cached-needs-maintenance",
		 "Without FEAT_S2FWB a guest can bypass the cache and read what was there before: cached "
		 "memory needs a way to clean it.",
		 RULE(1)},
	[MEZZO_WHY_MTE_NO_TAG_STORAGE] =
		{"mte-no-tag-storage",
		 "A guest with MTE that maps this memory write-back and touches a tag would get an "
		 "external abort: there is no tag storage.",
		 RULE(2)},
	[MEZZO_WHY_UNOWNED_NO_MAINTENANCE] =
		{"unowned-no-maintenance",
		 "The frames may hold somebody else's data and the host has no way to zero them.",
		 RULE(3)},
	[MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE] =
		{"tags-unowned-no-maintenance",
		 "The frames may hold somebody else's tags and the host has no way to zero them.",
		 RULE(2)},
	[MEZZO_WHY_LINES_NO_MAINTENANCE] =
		{"lines-no-maintenance",
		 "Old lines of the frames may be in a cache, the guest can look past the cache, and the "
		 "host has no way to clean them.",
		 RULE(3)},
	[MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA] =
		{"forced-beside-unsnooped-dma",
		 "The guest is forced to write-back while a device reads memory past the caches: it would "
		 "miss the guest's writes.",
		 RULE(10)},
	[MEZZO_WHY_DIRTY_LOG_BESIDE_DMA] =
		{"dirty-log-beside-dma",
		 "A device writes this memory without any page table of ours seeing it: the log would be "
		 "incomplete.",
		 RULE(10)},
	[MEZZO_WHY_SLOT_EMPTY] = {"slot-empty", "A slot needs at least one page.", SLOT},
	[MEZZO_WHY_SLOT_MISALIGNED] = {"slot-misaligned",
				       "The guest address of a slot must be a multiple of 4 KiB.",
				       SLOT},
	[MEZZO_WHY_SLOT_WRAPS] = {"slot-wraps", "The range wraps around the end of 64 bits.", SLOT},
	[MEZZO_WHY_SLOT_BEYOND_IPA] = {"slot-beyond-ipa",
				       "The range ends beyond the guest's physical address space.",
				       SLOT},
	[MEZZO_WHY_SLOT_BEYOND_OBJECT] = {"slot-beyond-object",
					  "The range ends beyond the object's last page.", SLOT},
	[MEZZO_WHY_SLOT_OVERLAPS] = {"slot-overlaps", "Another slot covers part of the range.",
				     SLOT},
	[MEZZO_WHY_SLOT_ID_IN_USE] = {"slot-id-in-use", "A slot of that id exists already.", SLOT},
	[MEZZO_WHY_SLOT_ID_UNKNOWN] = {"slot-id-unknown", "There is no slot of that id.", SLOT},
	[MEZZO_WHY_SLOT_LIMIT] = {"slot-limit", "All slots of the space are in use.", SLOT},
	[MEZZO_WHY_SLOT_FLAGS] =
		{"slot-flags",
		 "A slot flag is set that is unknown, or that this space has no use for.", SLOT},
	[MEZZO_WHY_SLOT_FIXED] =
		{"slot-fixed",
		 "Of a slot that exists only the address and the dirty-log flag can be changed.",
		 SLOT},
	[MEZZO_WHY_SLOT_LOG_NO_BITMAP] =
		{"slot-log-no-bitmap",
		 "A slot that logs writes needs memory for its bitmap: a bit for each page.", LOG},
	[MEZZO_WHY_SLOT_NOT_LOGGING] = {"slot-not-logging", "The slot does not log writes.", LOG},
	[MEZZO_WHY_SLOT_LOGGING] =
		{"slot-logging",
		 "The slot logs writes page by page: larger leaves would be split again.", LOG},
	[MEZZO_WHY_LOG_RANGE] =
		{"log-range",
		 "A range of a log begins at a multiple of 64 pages, and ends at one or with the slot.",
		 LOG},
	[MEZZO_WHY_RING_SIZE] =
		{"ring-size",
		 "A dirty ring has a number of entries that is a power of two, from 2 to 65536.",
		 LOG},
	[MEZZO_WHY_RING_SET] = {"ring-set",
				"Rings are given once, before the first slot logs writes.", LOG},
	[MEZZO_WHY_SLOT_ACCEPTED] =
		{"slot-accepted",
		 "The guest has accepted some of this device region: it stays where it is until its owner "
		 "takes it back through the object.",
		 "include/mezzo/private.h"},
	[MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE] =
		{"exclusive-mapped-twice",
		 "Another slot maps part of this exclusive memory: a second mapping is an alias, and none "
		 "means none.",
		 "definition of aliases none (include/mezzo/decide.h)"},
	[MEZZO_WHY_DIRECT_NOT_AVAILABLE] =
		{"direct-not-available",
		 "The object asks for maintenance through a permanent mapping, and this platform has none.",
		 "struct mezzo_platform.direct (include/mezzo/platform.h)"},
	[MEZZO_WHY_IPA_TOO_SMALL] =
		{"ipa-too-small", "The guest's physical addresses are larger than the machine's.",
		 ADMISSION},
	[MEZZO_WHY_GUEST_HAS_TAGS] =
		{"guest-has-tags",
		 "The guest may use allocation tags, and the machine has none with storage.",
		 ADMISSION},
	[MEZZO_WHY_GUEST_TOLD_IDC] =
		{"guest-told-idc",
		 "The guest was told that fetches need no D-cache clean, and the machine needs one.",
		 ADMISSION},
	[MEZZO_WHY_GUEST_TOLD_DIC] =
		{"guest-told-dic",
		 "The guest was told that fetches need no I-cache invalidation, and "
		 "the machine needs one.",
		 ADMISSION},
	[MEZZO_WHY_TYPES_WIDER] =
		{"types-wider",
		 "The guest could reach types on the machine that its requirements rule out.",
		 ADMISSION},
	[MEZZO_WHY_BLOCK_TOO_SMALL] =
		{"block-too-small",
		 "The machine would map the slot in smaller leaves than its requirements ask for.",
		 ADMISSION},
	[MEZZO_WHY_OBJECT_REVOKED] =
		{"object-revoked",
		 "Nothing is behind this address any more: its owner revoked it. A memory fault for the "
		 "embedder.",
		 OBJECT},
	[MEZZO_WHY_SMALLER_THAN_GRANULE] =
		{"smaller-than-granule",
		 "The frames behind this address do not fill a page of the tables' granule, or lie "
		 "across it. A memory fault for the embedder.",
		 "rule of frames (include/mezzo/object.h); Arm ARM, translation granules"},
	[MEZZO_WHY_RING_FULL] =
		{"ring-full",
		 "The vCPU's dirty ring is full: collect its entries, reset them, and run the guest again.",
		 LOG},
	[MEZZO_WHY_NOT_IN_VIEW] =
		{"not-in-view",
		 "The access meant private memory where the page is shared, or shared memory where it is "
		 "private or not accepted yet. A memory fault for the embedder.",
		 "include/mezzo/private.h"},
	[MEZZO_WHY_FRAME_POISONED] =
		{"frame-poisoned",
		 "The memory behind this address has failed: the guest gets the external abort that a "
		 "machine would give, and the embedder learns the address.",
		 OBJECT},
	[MEZZO_WHY_DERIVED_WIDENS] =
		{"derived-widens",
		 "A derived object may promise less than its parent, never more and nothing else: the "
		 "parent's owner answers for the memory.",
		 OBJECT},
	[MEZZO_WHY_BAR_SHARES_PAGE] =
		{"bar-shares-page",
		 "The BAR does not fill its pages, and nobody has said whose the rest of them is: the "
		 "guest would get that too.",
		 OBJECT},
	[MEZZO_WHY_DMA_NOT_AVAILABLE] =
		{"dma-not-available",
		 "This platform has no IOMMU for the engine to fill: no device reaches guest memory "
		 "through it.",
		 "struct mezzo_platform.dma_map (include/mezzo/platform.h)"},
	[MEZZO_WHY_DMA_NOT_DECLARED] =
		{"dma-not-declared",
		 "The object declares that no device reaches it, so none is let in.",
		 "struct mezzo_contract.dma (include/mezzo/decide.h)"},
	[MEZZO_WHY_DMA_NO_SLOT] =
		{"dma-no-slot",
		 "No slot covers the address: a device reaches what the guest has, and there is nothing.",
		 "include/mezzo/dma.h"},
	[MEZZO_WHY_PRIVATE_VIEWS] =
		{"private-views",
		 "The two views of private memory are of the same frames: one private, without aliases and "
		 "maintained through windows, the other cached.",
		 "include/mezzo/private.h"},
	[MEZZO_WHY_UC_PAT_IGNORED] =
		{"uc-pat-ignored",
		 "The memory is declared Device: EPT says UC and ignores the guest's PAT, because UC alone "
		 "would let it reach write combining.",
		 RULE(6) "; Intel SDM vol. 3, EPT memory type"},
	[MEZZO_WHY_UC_PAT_HONOURED] =
		{"uc-pat-honoured",
		 "The owner tolerates any uncached access: the entry says UC, and the guest's PAT chooses "
		 "between UC and WC.",
		 RULE(6)},
	[MEZZO_WHY_CACHED_PAT_IGNORED] =
		{"cached-pat-ignored",
		 "The memory is shared through caches, which a guest's WC would bypass on a processor "
		 "without self-snoop: EPT says WB and ignores the guest's PAT.",
		 RULE(6)},
	[MEZZO_WHY_CACHED_PAT_HONOURED] =
		{"cached-pat-honoured",
		 "The memory is shared through caches, and the processor looks into them whatever type the "
		 "guest's PAT asks for: the entry says WB and the guest may weaken it, at its own cost.",
		 RULE(6)},
	[MEZZO_WHY_EXCLUSIVE_PAT_IGNORED] =
		{"exclusive-pat-ignored",
		 "Nobody else reaches the memory, its owner allows write-back only, and EPT forces it.",
		 RULE(6)},
	[MEZZO_WHY_TYPE_BY_GUEST_MTRR] =
		{"type-by-guest-mtrr",
		 "The memory leaves the type to the guest and the space honours its MTRRs: the entry says "
		 "what they say, and the guest's PAT chooses within that.",
		 RULE(12)},
	[MEZZO_WHY_WC_NOT_FORBIDDABLE] =
		{"wc-not-forbiddable",
		 "The owner does not tolerate write combining, and NPT cannot forbid it: a guest whose PAT "
		 "says WC gets WC whatever the entry says.",
		 RULE(6) "; AMD APM vol. 2, table 15-19"},
	[MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA] =
		{"no-safe-type-beside-dma",
		 "Without self-snoop a guest whose PAT is honoured loses coherence with the cached alias; one "
		 "whose PAT is ignored cannot give a device that does not snoop what it waits for.",
		 RULE(10)},
	[MEZZO_WHY_DMA_NEEDS_MAINTENANCE] =
		{"dma-needs-maintenance",
		 "A device reaches this memory past the caches, so lines must be flushed before the guest "
		 "gets it and after it is taken back, and the host has no way to.",
		 RULE(3)},
};

const struct mezzo_reason_text *mezzo_reason(enum mezzo_reason reason)
{
	static const struct mezzo_reason_text unknown = {"unknown", "No such reason.", ""};

	return (unsigned int)reason < MEZZO_REASONS ? &texts[reason] : &unknown;
}

enum mezzo_reason_group mezzo_reason_group(enum mezzo_reason reason)
{
	/* Each group's first reason; the numbering is older than x86. */
	static const struct {
		uint8_t first, group;
	} from[] = {
		{MEZZO_WHY_DEVICE_AS_DECLARED, MEZZO_REASON_GRANT},
		{MEZZO_WHY_FETCH_NOT_CACHEABLE, MEZZO_REASON_ABORT},
		{MEZZO_WHY_DEVICE_ACCESS, MEZZO_REASON_EXIT},
		{MEZZO_WHY_CACHE_OP_NO_SLOT, MEZZO_REASON_SKIP},
		{MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_REASON_REFUSE},
		{MEZZO_WHY_SLOT_EMPTY, MEZZO_REASON_SLOT},
		{MEZZO_WHY_IPA_TOO_SMALL, MEZZO_REASON_MOVE},
		{MEZZO_WHY_OBJECT_REVOKED, MEZZO_REASON_EXIT},
		{MEZZO_WHY_FRAME_POISONED, MEZZO_REASON_ABORT},
		{MEZZO_WHY_DERIVED_WIDENS, MEZZO_REASON_OBJECT},
		{MEZZO_WHY_UC_PAT_IGNORED, MEZZO_REASON_GRANT},
		{MEZZO_WHY_WC_NOT_FORBIDDABLE, MEZZO_REASON_REFUSE},
		{MEZZO_REASONS, MEZZO_REASON_GROUPS},
	};
	unsigned int i = sizeof(from) / sizeof(from[0]) - 1;

	while ((unsigned int)reason < from[i].first)
		i--;
	return (enum mezzo_reason_group)from[i].group;
}

int mezzo_reason_parse(const char *name)
{
	for (int reason = 0; reason < MEZZO_REASONS; reason++) {
		const char *a = texts[reason].name, *b = name;

		while (*a && *a == *b) {
			a++;
			b++;
		}
		if (*a == *b)
			return reason;
	}
	return -1;
}
