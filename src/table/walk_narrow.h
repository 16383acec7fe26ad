/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_NARROW_H
#define MEZZO_TABLE_WALK_NARROW_H
/*
 * Taking a permission, or what the hardware noted, away in place: protect, age and collect. Part of
 * the walker's template.
 */
#include "table/walk_debt.h"

struct narrow {
	struct debt debt;
	uint64_t bits;  /* to be cleared; where logged leaves are looked at, in the others */
	bool exclusive; /* nobody else is at work: plain stores */
	bool waits;     /* for entries that are held, and takes groups as one */
	bool held;
	/* Where logged leaves are looked at: how, and who is told of those written. */
	bool logged, rearm;
	mezzo_dirty_fn *report;
	void *arg;
};

/* What the leaf becomes. */
WALK_INLINE uint64_t narrowed(const struct narrow *narrow, uint64_t leaf)
{
	if (!narrow->logged || !format_is_logged(leaf))
		return leaf & ~narrow->bits;
	return narrow->rearm ? format_rearm(leaf) : leaf & ~FORMAT_WRITE;
}

WALK_INLINE void tell(const struct narrow *narrow, uint64_t ipa, unsigned int order)
{
	narrow->report(narrow->arg, (struct mezzo_ipa){ipa}, mezzo_order_pages(order));
}

/* How it went with a group: what is owed, and to be told. */
struct group_narrowed {
	enum step step;
	bool held, changed, dirty;
	unsigned int order;
};

/* Narrow one entry of a group that is locked. Returns what it was. */
WALK_INLINE uint64_t narrow_member(const struct narrow *narrow, _Atomic uint64_t *entry,
				   uint64_t unlock)
{
	uint64_t value = load(entry);

	while (!swap(entry, &value, narrowed(narrow, value) & ~unlock))
		;
	return value;
}

/* All entries of the group in one go, so that they stay alike. */
WALK_RARE struct group_narrowed narrow_group(const struct narrow narrow, _Atomic uint64_t *first,
					     unsigned int order, int level)
{
	struct group_narrowed out = {.step = STEP_AGAIN, .order = order};
	uint64_t value = load(first);

	if (!format_is_leaf(value, level) || !(value & FORMAT_GROUP) || is_held(value)) {
		out.held = true;
		return out;
	}
	if (!swap(first, &value, value | FORMAT_LOCK))
		return out;
	for (unsigned int i = order_entries(order, level); i-- > 0;) {
		const uint64_t was = narrow_member(&narrow, &first[i], i ? 0 : FORMAT_LOCK);

		out.changed |= narrowed(&narrow, was) != was;
		out.dirty |= narrow.logged && format_is_dirty(was);
	}
	out.step = STEP_NEXT;
	return out;
}

/* The entry, or the first of its group, is held. */
WALK_INLINE enum step narrow_held(const struct walk *walk, struct narrow *narrow,
				  _Atomic uint64_t *entry)
{
	narrow->held = true;
	return narrow->waits ? wait(walk->table, entry) : STEP_NEXT;
}

/*
 * A leaf that is held, or of a group. A group is narrowed when we come to the first of its entries
 * that lies in the range. At the others there is nothing to do: what stands there was narrowed
 * then, or entered after we came by.
 */
WALK_INLINE enum step narrow_special(const struct walk *walk, struct narrow *narrow,
				     _Atomic uint64_t *entry, uint64_t value, int level,
				     uint64_t ipa)
{
	const unsigned int order = leaf_order(value, level);
	const uint64_t start = ipa & ~(mezzo_order_bytes(order) - 1);
	_Atomic uint64_t *first = first_entry(entry, order, level);
	struct group_narrowed out;

	if (!(value & FORMAT_GROUP))
		return narrow_held(walk, narrow, entry);
	if (ipa != start && ipa > walk->start)
		return STEP_NEXT;
	out = narrow_group(*narrow, first, order, level);
	if (out.held)
		return narrow_held(walk, narrow, first);
	for (uint64_t at = start; out.changed && at < start + mezzo_order_bytes(order);
	     at += level_bytes(level))
		owe_leaf(&narrow->debt, at, level);
	if (out.dirty)
		tell(narrow, start, order);
	return out.step;
}

/* Anything but a leaf of one entry that nobody holds. */
WALK_INLINE enum step narrow_other(const struct walk *walk, struct narrow *narrow,
				   _Atomic uint64_t *entry, uint64_t value, int level, uint64_t ipa)
{
	if (format_is_leaf(value, level))
		return narrow_special(walk, narrow, entry, value, level, ipa);
	return is_busy(value) ? narrow_held(walk, narrow, entry) : STEP_NEXT;
}

WALK_INLINE enum step narrow_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, int level, uint64_t ipa)
{
	struct narrow *narrow = arg;
	const uint64_t to = narrowed(narrow, value);

	/* Whoever does not wait changes entries of groups one by one. */
	if (!format_is_leaf(value, level) || (narrow->waits && is_special(value)))
		return narrow_other(walk, narrow, entry, value, level, ipa);
	if (to == value)
		return STEP_NEXT;
	if (!change_allowed(value, to)) {
		WALK_BROKEN();
		return STEP_NEXT;
	}
	if (narrow->exclusive)
		atomic_store_explicit(entry, to ^ FORMAT_FLIP, memory_order_relaxed);
	else if (!swap(entry, &value, to))
		return STEP_AGAIN;
	owe_leaf(&narrow->debt, ipa, level);
	if (narrow->logged && format_is_dirty(value))
		tell(narrow, ipa, level_order(level));
	return STEP_NEXT;
}

/* @ipa, or where the group begins or ends that it lies inside of. */
WALK_RARE uint64_t group_edge(const struct mezzo_table *table, uint64_t ipa, bool up)
{
	struct place at;
	uint64_t mask;

	if (!ipa_inside(table, ipa))
		return ipa;
	at = descend(table, ipa, WALK_LAST_LEVEL);
	if (!format_is_leaf(at.value, at.level) || !(at.value & FORMAT_GROUP))
		return ipa;
	mask = mezzo_order_bytes(leaf_order(at.value, at.level)) - 1;
	return up ? (ipa + mask) & ~mask : ipa & ~mask;
}

/* Returns whether anything was changed, or is held. */
WALK_INLINE bool narrow_range(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
			      struct narrow narrow, bool often)
{
	struct walk walk = {
		.table = table,
		.start = ipa.addr,
		.end = ipa.addr + (pages << MEZZO_PAGE_SHIFT),
	};

	if (FORMAT_GROUP && !narrow.waits && table->features.contiguous) {
		walk.start = group_edge(table, walk.start, false);
		walk.end = group_edge(table, walk.end, true);
	}
	walk_range(&walk, narrow_visit, NULL, &narrow, often);
	owe_run(&narrow.debt);
	return narrow.debt.any || narrow.held;
}

/* What the hardware noted: one copy for both, as neither is asked for as often as protect. */
static __attribute__((noinline)) bool narrow_noted(struct mezzo_table *table, struct mezzo_ipa ipa,
						   uint64_t pages, struct narrow narrow)
{
	narrow.exclusive = false;
	return narrow_range(table, ipa, pages, narrow, false);
}

static void protect(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool exclusive,
		    struct mezzo_flush *flush)
{
	const struct debt debt = {.table = table, .flush = flush};
	const struct narrow beside = {.debt = debt, .bits = FORMAT_WRITE, .waits = true};
	const struct narrow alone = {.debt = debt, .bits = FORMAT_WRITE, .exclusive = true};

	if (exclusive)
		narrow_range(table, ipa, pages, alone, true);
	else
		narrow_range(table, ipa, pages, beside, true);
}

static bool age(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
		struct mezzo_flush *flush)
{
	const struct debt debt = {.table = table, .flush = flush};
	const struct narrow narrow = {.debt = debt, .bits = FORMAT_ACCESSED};

	return narrow_noted(table, ipa, pages, narrow);
}

static void collect(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
		    enum mezzo_collect how, mezzo_dirty_fn *report, void *arg,
		    struct mezzo_flush *flush)
{
	const struct narrow narrow = {
		.debt = {.table = table, .flush = flush},
		.bits = how == MEZZO_COLLECT_CLEAN ? FORMAT_WRITE : 0,
		.waits = true,
		.logged = true,
		.rearm = how != MEZZO_COLLECT_STOP,
		.report = report,
		.arg = arg,
	};

	narrow_noted(table, ipa, pages, narrow);
}

#endif
