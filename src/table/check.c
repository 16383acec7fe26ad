/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker: every invariant of a tree, by looking at every entry of it. What an entry says is the
 * format's to tell; nothing is shared with how the operations walk.
 */
#include <stdatomic.h>

#include "table/marker.h"
#include "table/memory.h"

#define LAST_LEVEL 3

struct checking {
	const struct mezzo_table *table;
	uint64_t *seen; /* addresses of tables that were met, in order; NULL: not kept */
	size_t room, count;
	struct mezzo_table_report *report;
};

/* Where an entry stands. */
struct at {
	const _Atomic uint64_t *entry;
	uint64_t ipa;
	int level;
	bool detached; /* in a table on its way out */
};

static uint64_t load(const _Atomic uint64_t *entry)
{
	return atomic_load_explicit((_Atomic uint64_t *)entry, memory_order_acquire);
}

static unsigned int index_bits(const struct mezzo_table *table)
{
	return table->page_shift - 3u;
}

static unsigned int level_shift(const struct mezzo_table *table, int level)
{
	return table->page_shift + index_bits(table) * (unsigned int)(LAST_LEVEL - level);
}

static const void *to_virtual(const struct mezzo_table *table, uint64_t pa)
{
	return (const void *)(uintptr_t)(pa + table->platform->table_offset);
}

static bool flawed(struct checking *c, unsigned int flaw, const struct at *at, uint64_t entry)
{
	c->report->flaw = (uint8_t)flaw;
	c->report->level = (int8_t)at->level;
	c->report->ipa.addr = at->ipa;
	c->report->entry = entry;
	return false;
}

/* Remember a table. False: it was met before. */
static bool is_new(struct checking *c, uint64_t pa)
{
	size_t low = 0, high = c->count;

	c->report->tables++;
	if (pa == c->table->root_pa.addr)
		return false;
	if (!c->seen || c->count == c->room)
		return true;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (c->seen[middle] == pa)
			return false;
		if (c->seen[middle] < pa)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = c->count++; i > low; i--)
		c->seen[i] = c->seen[i - 1];
	c->seen[low] = pa;
	return true;
}

static bool is_alike(const struct mezzo_attr *a, const struct mezzo_attr *b)
{
	return a->type == b->type && a->read == b->read && a->write == b->write &&
	       a->exec == b->exec && a->clean_after == b->clean_after &&
	       a->no_tag_access == b->no_tag_access && a->exec_for == b->exec_for &&
	       a->logged == b->logged;
}

/* Every entry of a group agrees with the first, which lies aligned to the group. */
static bool check_group(struct checking *c, const struct at *at,
			const struct mezzo_entry_view *view)
{
	const unsigned int shift = level_shift(c->table, at->level);
	const uint64_t index = (at->ipa >> shift) & ((UINT64_C(1) << view->group) - 1);
	struct mezzo_entry_view first;

	c->table->ops->inspect(c->table, load(at->entry - index), at->level, &first);
	return first.kind == MEZZO_KIND_LEAF && first.group == view->group &&
	       !(first.pa.addr & (mezzo_order_bytes(view->order) - 1)) &&
	       view->pa.addr == first.pa.addr + (index << shift) &&
	       is_alike(&view->attr, &first.attr);
}

/* And there are as many of them: seen from the first. */
static bool group_is_whole(struct checking *c, const struct at *at,
			   const struct mezzo_entry_view *view)
{
	struct mezzo_entry_view other;

	if (at->ipa & (mezzo_order_bytes(view->order) - 1))
		return true;
	for (unsigned int i = 1; i < 1u << view->group; i++) {
		c->table->ops->inspect(c->table, load(at->entry + i), at->level, &other);
		if (other.kind != MEZZO_KIND_LEAF || other.group != view->group)
			return false;
	}
	return true;
}

static bool check_table(struct checking *c, uint64_t pa, const struct at *above, bool detached);

static bool check_entry(struct checking *c, const struct at *at)
{
	const uint64_t entry = load(at->entry);
	struct mezzo_entry_view view;

	if (entry != c->table->empty && at->ipa >> c->table->ipa_bits)
		return flawed(c, MEZZO_TABLE_BEYOND, at, entry);
	c->table->ops->inspect(c->table, entry, at->level, &view);
	if (view.flaw)
		return flawed(c, view.flaw, at, entry);
	c->report->held += view.kind == MEZZO_KIND_BUSY || view.locked;
	switch (view.kind) {
	case MEZZO_KIND_DETACHED:
		return check_table(c, view.pa.addr, at, true);
	case MEZZO_KIND_OWED:
		return true;
	case MEZZO_KIND_DEAD:
		return at->detached || flawed(c, MEZZO_TABLE_MARKER, at, entry);
	default:
		/* In a table on its way out even an empty entry is marked. */
		if (at->detached)
			return flawed(c, MEZZO_TABLE_MARKER, at, entry);
	}
	if (view.kind == MEZZO_KIND_TABLE)
		return check_table(c, view.pa.addr, at, false);
	if (view.kind != MEZZO_KIND_LEAF)
		return true;
	c->report->leaves++;
	if (view.group && (!check_group(c, at, &view) || !group_is_whole(c, at, &view)))
		return flawed(c, MEZZO_TABLE_GROUP, at, entry);
	return true;
}

/* The table at @pa, to which the entry @above leads. As deep as there are levels. */
static bool check_table(struct checking *c, uint64_t pa, const struct at *above, bool detached)
{
	const uint64_t bytes = UINT64_C(1) << level_shift(c->table, above->level + 1);
	struct at at = {
		.entry = to_virtual(c->table, pa),
		.ipa = above->ipa,
		.level = above->level + 1,
		.detached = detached,
	};

	if (!is_new(c, pa))
		return flawed(c, MEZZO_TABLE_SHARED, above, load(above->entry));
	for (unsigned int i = 0; i < 1u << index_bits(c->table); i++) {
		if (!check_entry(c, &at))
			return false;
		at.entry++;
		at.ipa += bytes;
	}
	return true;
}

static uint64_t tables_counted(const struct mezzo_table *table)
{
	return atomic_load_explicit((_Atomic uint64_t *)&table->tables, memory_order_relaxed);
}

/* Tables that are out of the tree; linked as memory.c does it. */
static bool check_retired(struct checking *c)
{
	const struct mezzo_table *table = c->table;
	const struct at nowhere = {.level = LAST_LEVEL};

	for (const void *entries = table->retired; entries;) {
		const uint64_t link = (load(entries) ^ table->empty) & ~MARKER_MASK;

		if (!is_new(c, (uint64_t)(uintptr_t)entries - table->platform->table_offset))
			return flawed(c, MEZZO_TABLE_SHARED, &nowhere, link);
		if (c->report->tables > tables_counted(table))
			break; /* or it might never end */
		entries = link ? to_virtual(table, link) : NULL;
	}
	return true;
}

/* Tables that lead to the root and nowhere else: entries one by one to the tables side by side. */
static bool check_above(struct checking *c)
{
	const struct mezzo_table *table = c->table;
	uint64_t below = (uint64_t)(uintptr_t)table->root - table->platform->table_offset;
	uint64_t count = table->root_bytes >> table->page_shift;
	struct mezzo_entry_view view;

	for (unsigned int i = 0; i < table->above_count; i++) {
		struct at at = {.entry = table->above[i], .level = table->start_level - 1 - (int)i};

		for (uint64_t n = 0; n < 1u << index_bits(table); n++, at.entry++) {
			const uint64_t entry = load(at.entry);

			table->ops->inspect(table, entry, at.level, &view);
			if (view.flaw ||
			    view.kind != (n < count ? MEZZO_KIND_TABLE : MEZZO_KIND_EMPTY))
				return flawed(c, MEZZO_TABLE_LINK_BITS, &at, entry);
			if (n < count && view.pa.addr != below + (n << table->page_shift))
				return flawed(c, MEZZO_TABLE_LINK_ADDRESS, &at, entry);
		}
		below = (uint64_t)(uintptr_t)table->above[i] - table->platform->table_offset;
		count = 1;
		c->report->tables++;
	}
	return true;
}

bool mezzo_table_check(const struct mezzo_table *table, uint64_t *seen, size_t room,
		       struct mezzo_table_report *report)
{
	struct checking c = {.table = table, .seen = seen, .room = room, .report = report};
	struct at at = {.entry = table->root, .level = table->start_level};

	*report = (struct mezzo_table_report){0};
	for (uint64_t i = 0; i < table->root_bytes / sizeof(uint64_t); i++) {
		if (!check_entry(&c, &at))
			return false;
		at.entry++;
		at.ipa += UINT64_C(1) << level_shift(table, at.level);
	}
	if (!check_above(&c) || !check_retired(&c))
		return false;
	report->tables += table->root_bytes >> table->page_shift;
	at.ipa = 0;
	if (report->tables != tables_counted(table))
		return flawed(&c, MEZZO_TABLE_COUNT, &at, report->tables);
	return true;
}

const char *mezzo_table_flaw_name(enum mezzo_table_flaw flaw)
{
	static const char *const names[MEZZO_TABLE_FLAWS] = {
		[MEZZO_TABLE_SOUND] = "sound",
		[MEZZO_TABLE_UNKNOWN_ENTRY] = "unknown entry",
		[MEZZO_TABLE_MARKER] = "marker out of place",
		[MEZZO_TABLE_NO_LEAF_HERE] = "leaf of a size that there is not",
		[MEZZO_TABLE_BITS] = "bits that mean nothing",
		[MEZZO_TABLE_MISALIGNED] = "misaligned output address",
		[MEZZO_TABLE_BEYOND] = "address out of range",
		[MEZZO_TABLE_LINK_BITS] = "bits that a table descriptor cannot have",
		[MEZZO_TABLE_LINK_ADDRESS] = "table descriptor that leads to no table",
		[MEZZO_TABLE_SHARED] = "table that is reached twice",
		[MEZZO_TABLE_GROUP] = "group that is not whole and alike",
		[MEZZO_TABLE_HALF_DONE] = "block left out of TLBs",
		[MEZZO_TABLE_COUNT] = "wrong number of tables",
	};

	return (unsigned int)flaw < MEZZO_TABLE_FLAWS ? names[flaw] : "unknown";
}
