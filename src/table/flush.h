/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_FLUSH_H
#define MEZZO_TABLE_FLUSH_H
/*
 * What an invalidation owes, as a value: how ranges are added to it, and how the TLB part of it is
 * paid. Nothing here knows a descriptor.
 *
 * When single entries, when ranges, when everything. A TLB invalidation by address is a broadcast
 * that every CPU has to answer, so their number is what costs. Every settlement throws away the
 * combined and stage-1 entries of the VMID anyway (the guest's virtual addresses are not known):
 * what invalidation by address saves is the VMID's entries that hold stage 2 alone and its
 * table-walk caches. So:
 *   - a range of one leaf is one single-entry operation, with its level as a hint;
 *   - with FEAT_TLBIRANGE a longer one is a range operation: one instruction per 2^21 pages of the
 *     table's granule (8 GiB of 4 KiB pages);
 *   - MEZZO_FLUSH_STEPS_MAX is the most operations that saving is worth: more, or more ranges
 *     than a debt can hold, and the whole VMID is invalidated by a single operation.
 */
#include <stdatomic.h>

#include <mezzo/arch.h>

#define MEZZO_FLUSH_STEPS_MAX 16
#define MEZZO_FLUSH_STEP_SHIFT 21 /* of one range instruction: log2 of the table's pages */

/* Add a range that does not continue the last one. Ranges that touch are joined. */
void mezzo_flush_insert(struct mezzo_flush *flush, uint64_t ipa, uint64_t pages, uint8_t level);

/*
 * Cover [ipa, ipa + pages): leaves of @level, or MEZZO_LEVEL_ANY. How many pages were taken away
 * (flush->pages) is the caller's to count: a table covers more than it held.
 */
static inline void mezzo_flush_cover(struct mezzo_flush *flush, uint64_t ipa, uint64_t pages,
				     uint8_t level)
{
	const unsigned int last = flush->ranges - 1u;

	if (flush->ranges && flush->range[last].level == level &&
	    flush->range[last].ipa.addr + (flush->range[last].pages << MEZZO_PAGE_SHIFT) == ipa)
		flush->range[last].pages += pages;
	else
		mezzo_flush_insert(flush, ipa, pages, level);
}

/* Join ranges that came to touch or overlap as they grew: every page is then in one of them. */
void mezzo_flush_normalise(struct mezzo_flush *flush);

/*
 * Invalidate the TLBs of everything in @flush, completely: table stores made visible, stage 2,
 * complete, combined, complete. In that order: a walker could otherwise refill a combined entry
 * from a stage-2 entry that is still there.
 */
void mezzo_flush_tlb(const struct mezzo_table *table, const struct mezzo_flush *flush);

/*
 * A leaf may come from a block that somebody has just split, whose own TLB entries go only when that
 * is over: they are of another level. Whoever found the leaf sees what was counted before it.
 */
static inline bool mezzo_is_splitting(const struct mezzo_table *table)
{
	return atomic_load((_Atomic uint32_t *)&table->splitting) != 0;
}

/* The same for one leaf. */
static inline __attribute__((always_inline)) void mezzo_flush_leaf(const struct mezzo_table *table,
								   uint64_t ipa, int level)
{
	const struct mezzo_platform *platform = table->platform;
	void *ctx = platform->ctx;
	unsigned int known;

	platform->barrier(ctx, MEZZO_BARRIER_TABLES);
	known = level > 0 && !mezzo_is_splitting(table) ? (unsigned int)level : 0;
	if (platform->tlb_invalidate_entry) {
		platform->tlb_invalidate_entry(ctx, table->vmid, (struct mezzo_ipa){ipa},
					       table->hint | known);
		platform->barrier(ctx, MEZZO_BARRIER_COMPLETE);
		platform->tlb_invalidate_combined(ctx, table->vmid);
	} else {
		platform->tlb_invalidate_space(ctx, table->vmid);
	}
	platform->barrier(ctx, MEZZO_BARRIER_COMPLETE);
}

/* mezzo_flush_leaf, for who has the time for a call. */
void mezzo_flush_tlb_leaf(const struct mezzo_table *table, uint64_t ipa, int level);

#endif
