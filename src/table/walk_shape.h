/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_SHAPE_H
#define MEZZO_TABLE_WALK_SHAPE_H
/*
 * What changes the shape of the tree and nothing of what it says: split and collapse, both by
 * break-before-make; and fini. Part of the walker's template.
 */
#include "table/memory.h"
#include "table/walk.h"

/* --- split ----------------------------------------------------------------------------------- */

/* The table below the block @entry of @level, as plain memory: nothing leads to it yet. */
static uint64_t *fill_children(struct mezzo_stock *stock, uint64_t entry, int level)
{
	uint64_t *entries = stock->table[--stock->count];
	const uint64_t first = format_child(entry, level);
	const uint64_t step = level_bytes(level + 1);

	for (unsigned int i = 0; i < WALK_ENTRIES; i++)
		entries[i] = first + i * step;
	return entries;
}

/* The tree that replaces @block of @level, down to @target around @ipa; its table descriptor. */
static uint64_t build_below(struct mezzo_table *table, struct mezzo_stock *stock, uint64_t block,
			    int level, int target, uint64_t ipa)
{
	uint64_t *top = fill_children(stock, block, level);

	if (level + 1 < target) {
		const unsigned int index = (ipa >> level_shift(level + 1)) % WALK_ENTRIES;
		uint64_t *below = fill_children(stock, top[index], level + 1);

		top[index] = format_table(table_physical(table, below));
	}
	atomic_fetch_add_explicit(&table->tables, (unsigned int)(target - level),
				  memory_order_relaxed);
	return format_table(table_physical(table, top));
}

static int split(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order)
{
	const struct mezzo_platform *platform = table->platform;
	const int target = order_level(order);
	struct place at;
	uint64_t link;

	if (!order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	at = descend(table, ipa.addr, WALK_LAST_LEVEL);
	if (!at.value)
		return MEZZO_ERR_NOENT;
	if (!format_is_leaf(at.value, at.level))
		return MEZZO_ERR_AGAIN;
	if (at.level >= target)
		return MEZZO_OK;
	if (stock->count < (unsigned int)(target - at.level))
		return MEZZO_ERR_NOMEM;
	if (!swap(at.entry, &at.value, format_mark(at.value, MARKER_BUSY)))
		return MEZZO_ERR_AGAIN;

	link = build_below(table, stock, at.value, at.level, target, ipa.addr);
	mezzo_flush_tlb_leaf(table, ipa.addr & ~(level_bytes(at.level) - 1), at.level);
	store(at.entry, link);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

/* --- collapse -------------------------------------------------------------------------------- */

/* Is it the leaf that the block made of @first would have there, used or not? */
WALK_INLINE bool is_child(uint64_t value, uint64_t first, unsigned int index, uint64_t step)
{
	return !((value ^ (first + index * step)) & ~FORMAT_ACCESSED);
}

/*
 * Take all leaves of the table, as hold does, if they make up a block: then nobody can change one
 * any more. Otherwise give back what was taken. @used joins their access flags.
 */
static int freeze(_Atomic uint64_t *entries, uint64_t first, uint64_t step, uint64_t *used)
{
	int status = MEZZO_OK;
	unsigned int i;

	for (i = 0; i < WALK_ENTRIES; i++) {
		uint64_t value = load(&entries[i]);

		if (is_busy(value))
			status = MEZZO_ERR_AGAIN;
		else if (!is_child(value, first, i, step))
			status = MEZZO_ERR_LIVE;
		else if (!swap(&entries[i], &value, format_mark(value, MARKER_BUSY)))
			status = MEZZO_ERR_AGAIN;
		if (status)
			break;
		*used |= value & FORMAT_ACCESSED;
	}
	if (!status)
		return MEZZO_OK;
	while (i--)
		store(&entries[i], unmark(load(&entries[i])));
	return status;
}

/* Nothing is touched when it is plain to see that the leaves are not alike. */
static bool looks_alike(_Atomic uint64_t *entries, uint64_t first, uint64_t step)
{
	for (unsigned int i = 1; i < WALK_ENTRIES; i++) {
		uint64_t value = load(&entries[i]);

		if (!is_child(value, first, i, step) && !is_busy(value))
			return false;
	}
	return true;
}

static int collapse(struct mezzo_table *table, struct mezzo_ipa ipa, unsigned int order)
{
	const struct mezzo_platform *platform = table->platform;
	const int level = order_level(order);
	struct mezzo_flush flush = {.vmid = table->vmid, .tables = true};
	_Atomic uint64_t *entries;
	uint64_t first, step, used = 0;
	struct place at;
	int status;

	if (order <= WALK_PAGE_ORDER || !order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	at = descend(table, ipa.addr, level);
	if (format_is_leaf(at.value, at.level))
		return MEZZO_OK;
	if (!format_is_table(at.value, at.level))
		return at.value ? MEZZO_ERR_AGAIN : MEZZO_ERR_LIVE;

	entries = table_entries(table, at.value);
	first = load(&entries[0]);
	step = level_bytes(level + 1);
	if (is_busy(first))
		return MEZZO_ERR_AGAIN;
	if (!format_is_leaf(first, level + 1) ||
	    (format_pa(first).addr & (level_bytes(level) - 1)) ||
	    !looks_alike(entries, first, step))
		return MEZZO_ERR_LIVE;
	status = freeze(entries, first, step, &used);
	if (status)
		return status;

	store(at.entry, format_mark(at.value, MARKER_BUSY));
	mezzo_flush_cover(&flush, ipa.addr & ~(level_bytes(level) - 1), mezzo_order_pages(order),
			  MEZZO_LEVEL_ANY);
	mezzo_flush_tlb(table, &flush);
	store(at.entry, format_parent(first, level) | used);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	mezzo_table_retire(table, entries);
	return MEZZO_OK;
}

/* --- fini ------------------------------------------------------------------------------------ */

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

static void fini(struct mezzo_table *table)
{
	const struct mezzo_platform *platform = table->platform;
	struct walk walk = {
		.table = table,
		.end = UINT64_C(1) << table->ipa_bits,
		.detached = true,
	};

	mezzo_table_reclaim(table);
	walk_range(&walk, fini_visit, fini_leave, NULL);
	platform->table_free(platform->ctx, table->root, table->root_bytes);
	table->root = NULL;
}

#endif
