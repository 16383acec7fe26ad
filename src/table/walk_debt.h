/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_DEBT_H
#define MEZZO_TABLE_WALK_DEBT_H
/* What the operations that take away share. Part of the walker's template. */
#include "table/walk.h"

/*
 * What an operation owes, gathered on the way: a flush is written once for a run of leaves, not
 * once for a leaf.
 */
struct debt {
	const struct mezzo_table *table;
	struct mezzo_flush *flush;
	uint64_t start, end; /* of the run */
	int level;
	bool any;
};

/* The run is over. */
WALK_INLINE void owe_run(struct debt *debt)
{
	const uint64_t pages = (debt->end - debt->start) >> MEZZO_PAGE_SHIFT;

	if (!pages)
		return;
	debt->flush->vmid = debt->table->vmid;
	debt->flush->pages += pages;
	mezzo_flush_cover(debt->flush, debt->start, pages, (uint8_t)debt->level);
	debt->start = debt->end = 0;
}

WALK_INLINE void owe_leaf(struct debt *debt, uint64_t ipa, int level)
{
	if (ipa != debt->end || level != debt->level) {
		owe_run(debt);
		debt->start = ipa;
		debt->level = level;
	}
	debt->end = ipa + level_bytes(level);
	debt->any = true;
}

/* A table counts for a page if nothing else does: what is owed is never 0 pages. */
WALK_INLINE void owe_table(struct debt *debt, uint64_t ipa, uint64_t bytes)
{
	struct mezzo_flush *flush = debt->flush;

	owe_run(debt);
	mezzo_flush_cover(flush, ipa, bytes >> MEZZO_PAGE_SHIFT, MEZZO_LEVEL_ANY);
	flush->vmid = debt->table->vmid;
	flush->pages += !flush->pages;
	flush->owed = true;
	flush->tables = true;
	debt->any = true;
}

/* Whoever holds an entry gives it back soon: it works on one frame and never waits for us. */
WALK_RARE enum step wait(const struct mezzo_table *table, _Atomic uint64_t *entry)
{
	while (is_held(load_ordered(entry)))
		table->platform->relax(table->platform->ctx);
	return STEP_AGAIN;
}

#endif
