/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_NARROW_H
#define MEZZO_TABLE_WALK_NARROW_H
/*
 * Taking a permission or the access flag away, in place: protect and age. Part of the walker's
 * template.
 */
#include "table/walk_debt.h"

struct narrow {
	struct debt debt;
	uint64_t bits;  /* to be cleared */
	bool exclusive; /* nobody else is at work: plain stores */
	bool waits;     /* for entries that are held */
	bool held;
};

WALK_INLINE enum step narrow_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, int level, uint64_t ipa)
{
	struct narrow *narrow = arg;
	const uint64_t to = value & ~narrow->bits;

	if (!format_is_leaf(value, level)) {
		if (!is_busy(value))
			return STEP_NEXT;
		narrow->held = true;
		return narrow->waits ? wait(walk->table, entry) : STEP_NEXT;
	}
	if (to == value)
		return STEP_NEXT;
	if (!change_allowed(value, to)) {
		WALK_BROKEN();
		return STEP_NEXT;
	}
	if (narrow->exclusive)
		atomic_store_explicit(entry, to, memory_order_relaxed);
	else if (!swap(entry, &value, to))
		return STEP_AGAIN;
	owe_leaf(&narrow->debt, ipa, level);
	return STEP_NEXT;
}

WALK_INLINE bool narrow_range(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
			      struct narrow narrow)
{
	struct walk walk = {
		.table = table,
		.start = ipa.addr,
		.end = ipa.addr + (pages << MEZZO_PAGE_SHIFT),
	};

	walk_range(&walk, narrow_visit, NULL, &narrow);
	owe_run(&narrow.debt);
	return narrow.debt.any || narrow.held;
}

static void protect(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool exclusive,
		    struct mezzo_flush *flush)
{
	const struct debt debt = {.table = table, .flush = flush};
	const struct narrow beside = {.debt = debt, .bits = FORMAT_WRITE, .waits = true};
	const struct narrow alone = {.debt = debt, .bits = FORMAT_WRITE, .exclusive = true};

	if (exclusive)
		narrow_range(table, ipa, pages, alone);
	else
		narrow_range(table, ipa, pages, beside);
}

static bool age(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
		struct mezzo_flush *flush)
{
	const struct debt debt = {.table = table, .flush = flush};
	const struct narrow narrow = {.debt = debt, .bits = FORMAT_ACCESSED};

	return narrow_range(table, ipa, pages, narrow);
}

#endif
