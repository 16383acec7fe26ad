/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_FINI_H
#define MEZZO_TABLE_WALK_FINI_H
/* The end of a tree. Part of the walker's template. */
#include "table/memory.h"
#include "table/walk.h"

WALK_INLINE enum step fini_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				 uint64_t value, int level, uint64_t ipa)
{
	(void)walk, (void)arg, (void)entry, (void)value, (void)level, (void)ipa;
	return STEP_NEXT;
}

WALK_INLINE bool fini_leave(struct walk *walk, void *arg, _Atomic uint64_t *entry, int level,
			    uint64_t ipa)
{
	(void)arg, (void)level, (void)ipa;
	mezzo_table_free(walk->table, table_entries(walk->table, load(entry)));
	return true;
}

WALK_RARE void fini(struct mezzo_table *table)
{
	const struct mezzo_platform *platform = table->platform;
	struct walk walk = {
		.table = table,
		.end = UINT64_C(1) << table->ipa_bits,
		.detached = true,
	};

	mezzo_table_reclaim(table);
	walk_range(&walk, fini_visit, fini_leave, NULL, false);
	platform->table_free(platform->ctx, table->root, table->root_bytes);
	table->root = NULL;
	while (table->above_count)
		platform->table_free(platform->ctx, table->above[--table->above_count],
				     WALK_PAGE_BYTES);
}

#endif
