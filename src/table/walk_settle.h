/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_SETTLE_H
#define MEZZO_TABLE_WALK_SETTLE_H
/* Paying what a flush owes. Part of the walker's template. */
#include "table/memory.h"
#include "table/walk.h"

/*
 * Flushes may overlap, and each pays for itself only: what another one owes is settled too where
 * this one's TLB invalidation covered it, and left alone where it did not.
 */
struct settle {
	mezzo_settle_fn *visit;
	void *arg;
	bool visited;
	bool clear;    /* the second time: what was visited is done, and so are tables */
	bool tables;   /* the invalidation reached table-walk caches */
	uint8_t level; /* of the leaves that it reached, or MEZZO_LEVEL_ANY */
};

WALK_INLINE bool is_paid(const struct walk *walk, const struct settle *settle, uint64_t value,
			 int level, uint64_t ipa)
{
	return is_marked(value, MARKER_OWED) &&
	       (settle->level == MEZZO_LEVEL_ANY || settle->level == level) && ipa >= walk->start &&
	       walk->end - ipa >= level_bytes(level);
}

/* Free for the next claim; but a table on its way out stays closed. */
WALK_INLINE void settle_entry(const struct walk *walk, _Atomic uint64_t *entry)
{
	store(entry, walk->depth ? MARKER_DEAD : 0);
}

/* Its frame has to be cleaned, or what the hardware noted told. */
WALK_INLINE bool has_to_be_visited(uint64_t value)
{
	return (value & (FORMAT_CLEAN | FORMAT_LOGGED)) &&
	       ((value & FORMAT_CLEAN) || format_is_dirty(unmark(value)));
}

/* Every OWED leaf: free at once, or visited first when its frame has to be. */
WALK_INLINE enum step settle_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, int level, uint64_t ipa)
{
	struct settle *settle = arg;
	struct mezzo_leaf leaf;

	if (!is_paid(walk, settle, value, level, ipa))
		return STEP_NEXT;
	if (!has_to_be_visited(value) || settle->clear || !settle->visit) {
		settle_entry(walk, entry);
		return STEP_NEXT;
	}
	leaf_decode(walk->table, unmark(value), level_order(level), MEZZO_ENTRY_OWED, &leaf);
	settle->visit(settle->arg, (struct mezzo_ipa){ipa}, &leaf);
	settle->visited = true;
	return STEP_NEXT;
}

/* Nothing in the table is owed any more: it waits for the walkers inside only. */
WALK_INLINE bool settle_leave(struct walk *walk, void *arg, _Atomic uint64_t *entry, int level,
			      uint64_t ipa)
{
	const uint64_t value = load(entry);
	const uint64_t bytes = table_bytes(level);
	const uint64_t start = ipa & ~(bytes - 1);
	const struct settle *settle = arg;

	if (!settle->clear)
		return false;
	if (!is_marked(value, MARKER_DETACHED))
		return true;
	walk->depth--;
	if (settle->tables && walk->start <= start && walk->end - start >= bytes) {
		settle_entry(walk, entry);
		mezzo_table_retire(walk->table, table_entries(walk->table, value));
	}
	return true;
}

static void settle_ranges(struct mezzo_table *table, const struct mezzo_flush *flush,
			  struct settle *settle)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		struct walk walk = {
			.table = table,
			.start = flush->range[i].ipa.addr,
			.end = flush->range[i].ipa.addr +
			       (flush->range[i].pages << MEZZO_PAGE_SHIFT),
			.detached = true,
		};

		settle->level = flush->tables ? MEZZO_LEVEL_ANY : flush->range[i].level;
		walk_range(&walk, settle_visit, settle_leave, settle, true);
	}
}

static void settle(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		   void *arg)
{
	const struct mezzo_platform *platform = table->platform;
	struct settle state = {.visit = visit, .arg = arg, .tables = flush->tables};

	if (!flush->pages)
		return;
	if (flush->vmid != table->vmid)
		WALK_BROKEN();
	mezzo_flush_normalise(flush);
	mezzo_flush_tlb(table, flush);
	platform->barrier(platform->ctx, MEZZO_BARRIER_CONTEXT);
	if (flush->owed)
		settle_ranges(table, flush, &state);
	if (state.visited)
		platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
	state.clear = true;
	if (state.visited || flush->tables)
		settle_ranges(table, flush, &state);
	if (flush->icache) {
		platform->icache_invalidate(platform->ctx);
		platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
		platform->barrier(platform->ctx, MEZZO_BARRIER_CONTEXT);
	}
	*flush = (struct mezzo_flush){0};
}

#endif
