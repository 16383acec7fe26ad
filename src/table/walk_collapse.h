/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_COLLAPSE_H
#define MEZZO_TABLE_WALK_COLLAPSE_H
/*
 * Collapse: one leaf for many that are alike. Part of the walker's template.
 *
 * The leaves are taken first, as hold does: then nobody can change one any more. How the larger leaf
 * may take their place is the machine's, as in walk_split.h: after the invalidation (level 0), or
 * before it; a block with nT while it is under way (level 1).
 */
#include "table/memory.h"
#include "table/walk_group.h"

/* Is it the leaf that would be there if @first began a larger one, whatever was noted? */
WALK_INLINE bool is_child(uint64_t value, uint64_t first, unsigned int index, uint64_t step)
{
	return !((value ^ (first + index * step)) & ~(format_notable(first) | FORMAT_GROUP));
}

/* Take all leaves, if they are alike. Otherwise give back what was taken. @noted joins. */
static int freeze(_Atomic uint64_t *entries, unsigned int count, uint64_t first, uint64_t step,
		  uint64_t *noted)
{
	unsigned int i = 0;

	while (i < count) {
		uint64_t value = load(&entries[i]);

		if (!is_child(value, first, i, step)) {
			let_go(entries, i);
			return is_held(value) ? MEZZO_ERR_AGAIN : MEZZO_ERR_LIVE;
		}
		if (!swap(&entries[i], &value, format_mark(value, MARKER_BUSY)))
			continue;
		*noted |= noted_in(value);
		i++;
	}
	return MEZZO_OK;
}

/* Nothing is touched when it is plain to see that the leaves are not alike. */
static bool looks_alike(_Atomic uint64_t *entries, unsigned int count, uint64_t first,
			uint64_t step)
{
	for (unsigned int i = 1; i < count; i++) {
		uint64_t value = load(&entries[i]);

		if (!is_child(value & ~FORMAT_LOCK, first, i, step) && !is_busy(value))
			return false;
	}
	return true;
}

/* What is to become one leaf. */
struct collapsing {
	struct mezzo_table *table;
	_Atomic uint64_t *entries;
	unsigned int count;
	int level;          /* of the entries */
	uint64_t start;     /* the first address, */
	unsigned int order; /* and the size */
	uint64_t first;     /* the first leaf */
	uint64_t noted;
};

static int take_all(struct collapsing *c)
{
	const uint64_t step = level_bytes(c->level);

	c->first = load(&c->entries[0]);
	if (is_busy(c->first))
		return MEZZO_ERR_AGAIN;
	c->first &= ~(FORMAT_LOCK | FORMAT_GROUP);
	if (!format_is_leaf(c->first, c->level) ||
	    (format_pa(c->first).addr & (mezzo_order_bytes(c->order) - 1)) ||
	    !looks_alike(c->entries, c->count, c->first, step))
		return MEZZO_ERR_LIVE;
	c->noted = 0;
	return freeze(c->entries, c->count, c->first, step, &c->noted);
}

/* Invalidate everything that a TLB may hold of the range, tables too. */
static void flush_all(const struct collapsing *c)
{
	struct mezzo_flush flush = {.tables = true};

	mezzo_flush_cover(&flush, c->start, mezzo_order_pages(c->order), MEZZO_LEVEL_ANY);
	mezzo_flush_tlb(c->table, &flush);
}

WALK_RARE int collapse_to_group(struct collapsing *c)
{
	const struct mezzo_platform *platform = c->table->platform;
	const int status = take_all(c);

	if (status)
		return status;
	if (!c->table->features.bbm)
		flush_leaf(c->table, c->start, c->order, c->level);
	for (unsigned int i = c->count; i-- > 0;)
		store(&c->entries[i],
		      with_noted(c->first | FORMAT_GROUP, c->noted) + i * level_bytes(c->level));
	if (c->table->features.bbm)
		flush_leaf(c->table, c->start, c->order, c->level);
	else
		platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

/* Put the block where the table @at was. */
WALK_INLINE void exchange(const struct collapsing *c, const struct place *at, uint64_t block)
{
	const struct mezzo_platform *platform = c->table->platform;

	switch (c->table->features.bbm) {
	case 0:
		store(at->entry, format_mark(at->value, MARKER_BUSY));
		flush_all(c);
		store(at->entry, block);
		platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
		break;
	case 1:
		store(at->entry, kept_out_of_tlb(block | FORMAT_LOCK));
		flush_all(c);
		change(at->entry, FORMAT_LOCK | FORMAT_NO_TLB, 0, 0);
		mezzo_flush_tlb_leaf(c->table, c->start, at->level);
		break;
	default:
		store(at->entry, block);
		flush_all(c);
	}
}

static int collapse_to_block(struct collapsing *c, const struct place *at)
{
	const int status = take_all(c);

	if (status)
		return status;
	exchange(c, at, with_noted(format_parent(c->first, at->level), c->noted));
	mezzo_table_retire(c->table, c->entries);
	return MEZZO_OK;
}

static int collapse(struct mezzo_table *table, struct mezzo_ipa ipa, unsigned int order)
{
	const int level = order_level(order);
	struct collapsing c = {.table = table, .order = order};
	struct place at;

	if (order <= WALK_PAGE_ORDER || !order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	c.start = ipa.addr & ~(mezzo_order_bytes(order) - 1);
	at = descend(table, c.start, level);
	if (format_is_leaf(at.value, at.level) && leaf_order(at.value, at.level) >= order)
		return MEZZO_OK;
	if (table->features.shared)
		return MEZZO_ERR_LIVE;
	if (FORMAT_GROUP && at.level == level && order > level_order(level)) {
		c.entries = at.entry;
		c.count = order_entries(order, level);
		c.level = level;
		return collapse_to_group(&c);
	}
	if (!format_is_table(at.value, at.level))
		return at.value ? MEZZO_ERR_AGAIN : MEZZO_ERR_LIVE;
	c.entries = table_entries(table, at.value);
	c.count = WALK_ENTRIES;
	c.level = level + 1;
	return collapse_to_block(&c, &at);
}

#endif
