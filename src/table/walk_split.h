/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_SPLIT_H
#define MEZZO_TABLE_WALK_SPLIT_H
/*
 * Split: smaller leaves that say what the larger one said. Part of the walker's template.
 *
 * How a live entry may become them is the machine's (FEAT_BBM):
 *
 *   0  break-before-make: the entry is BUSY while its TLB entries are invalidated.
 *   1  A block gets nT, which keeps it out of TLBs; invalidated, it is exchanged for the table;
 *	invalidated once more. Source: Arm ARM I_PJZBK, I_XPRKH; the steps are those that the
 *	SMMUv3 architecture gives for the same bit. Contiguous may come and go in place, if an
 *	invalidation follows (R_KHRBC).
 *   2  A block is exchanged for the table, and invalidated afterwards (R_KFLJB).
 */
#include "table/walk_group.h"

/* --- blocks ----------------------------------------------------------------------------------- */

/* Which leaves of a new table are groups, where their level has any. */
enum grouping {
	GROUP_ALL,
	GROUP_BESIDE, /* but those around the entry that is split further */
	GROUP_NONE,
};

/* The table below the block @entry of @level, as plain memory: nothing leads to it yet. */
static uint64_t *fill_children(const struct mezzo_table *table, struct mezzo_stock *stock,
			       uint64_t entry, int level, enum grouping grouping,
			       unsigned int index)
{
	const unsigned int bits = table->features.contiguous && grouping != GROUP_NONE
					  ? format_group_bits(level + 1)
					  : 0;
	/* Bits that memory holds inverted are none of the address. */
	const uint64_t first =
		(format_child(entry, level) | (bits ? FORMAT_GROUP : 0)) ^ FORMAT_FLIP;
	const uint64_t step = level_bytes(level + 1);
	uint64_t *entries = stock->table[--stock->count];

	for (unsigned int i = 0; i < WALK_ENTRIES; i++)
		entries[i] = first + i * step;
	index &= ~((1u << bits) - 1);
	for (unsigned int i = 0; grouping == GROUP_BESIDE && i < 1u << bits; i++)
		entries[index + i] &= ~FORMAT_GROUP;
	return entries;
}

/*
 * The tree that replaces @block of @level, so that @order is the leaf's at @ipa; its descriptor.
 * Whoever wants single entries somewhere wants them in all of that table: to split a group for each
 * would cost more.
 */
static uint64_t build_below(const struct mezzo_table *table, struct mezzo_stock *stock,
			    uint64_t block, int level, uint64_t ipa, unsigned int order)
{
	const unsigned int index = (ipa >> level_shift(level + 1)) % WALK_ENTRIES;
	const bool last = level + 1 == order_level(order);
	const bool group = order > level_order(level + 1);
	const enum grouping grouping = !last ? GROUP_BESIDE : group ? GROUP_ALL : GROUP_NONE;
	uint64_t *entries = fill_children(table, stock, block, level, grouping, index);

	if (!last)
		entries[index] = build_below(table, stock, entries[index] ^ FORMAT_FLIP, level + 1,
					     ipa, order) ^
				 FORMAT_FLIP;
	return format_table(table_physical(table, entries));
}

WALK_INLINE void count_built(struct mezzo_table *table, int level, unsigned int order)
{
	atomic_fetch_add_explicit(&table->tables, (unsigned int)(order_level(order) - level),
				  memory_order_relaxed);
}

static int split_by_break(struct mezzo_table *table, struct mezzo_stock *stock, struct place *at,
			  uint64_t ipa, unsigned int order)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t link;

	if (table->features.shared)
		return MEZZO_ERR_LIVE;
	if (!swap(at->entry, &at->value, format_mark(at->value, MARKER_BUSY)))
		return MEZZO_ERR_AGAIN;
	link = build_below(table, stock, at->value, at->level, ipa, order);
	mezzo_flush_tlb_leaf(table, ipa & ~(level_bytes(at->level) - 1), at->level);
	store(at->entry, link);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	count_built(table, at->level, order);
	return MEZZO_OK;
}

/* Put the table in the block's place. The hardware may note accesses in that until then. */
static bool exchange_for_table(struct mezzo_table *table, struct mezzo_stock *stock,
			       struct place *at, uint64_t ipa, unsigned int order, uint64_t lock)
{
	const unsigned int stocked = stock->count;
	uint64_t link;

	do {
		if (!format_is_leaf(at->value, at->level) || (at->value & FORMAT_LOCK) != lock)
			return false;
		stock->count = stocked;
		link = build_below(table, stock, unlocked(at->value, at->level), at->level, ipa,
				   order);
	} while (!swap(at->entry, &at->value, link));
	count_built(table, at->level, order);
	return true;
}

/* Without a moment in which nothing is there. */
WALK_RARE int split_live(struct mezzo_table *table, struct mezzo_stock *stock, struct place *at,
			 uint64_t ipa, unsigned int order)
{
	const uint64_t start = ipa & ~(level_bytes(at->level) - 1);
	uint64_t lock = 0;
	bool done;

	if (is_special(at->value))
		return MEZZO_ERR_AGAIN;
	if (table->features.bbm == 1) {
		lock = FORMAT_LOCK;
		if (!swap(at->entry, &at->value, kept_out_of_tlb(at->value | FORMAT_LOCK)))
			return MEZZO_ERR_AGAIN;
		mezzo_flush_tlb_leaf(table, start, at->level);
		at->value = load(at->entry);
	}
	atomic_fetch_add(&table->splitting, 1);
	done = exchange_for_table(table, stock, at, ipa, order, lock);
	if (done)
		mezzo_flush_tlb_leaf(table, start, at->level);
	atomic_fetch_sub(&table->splitting, 1);
	return done ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

/* --- groups ----------------------------------------------------------------------------------- */

static int split_group_by_break(struct mezzo_table *table, _Atomic uint64_t *first, uint64_t value,
				uint64_t start, unsigned int order, int level)
{
	const struct mezzo_platform *platform = table->platform;
	const unsigned int count = order_entries(order, level);

	if (table->features.shared)
		return MEZZO_ERR_LIVE;
	if (!mark_group(first, count, value, MARKER_BUSY))
		return MEZZO_ERR_AGAIN;
	flush_leaf(table, start, order, level);
	let_go(first, count);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

/*
 * In place. Until the invalidation is complete a TLB may hold the group and let an entry be written
 * that says clean: nobody takes one away before, and what was noted by then counts for all.
 */
static int split_group_live(struct mezzo_table *table, _Atomic uint64_t *first, uint64_t value,
			    uint64_t start, unsigned int order, int level)
{
	const unsigned int count = order_entries(order, level);
	uint64_t noted;

	if (!swap(first, &value, value | FORMAT_LOCK))
		return MEZZO_ERR_AGAIN;
	for (unsigned int i = count; i-- > 0;)
		change(&first[i], FORMAT_GROUP, FORMAT_LOCK, 0);
	flush_leaf(table, start, order, level);
	noted = join_noted(first, count);
	for (unsigned int i = count; i-- > 0;)
		change(&first[i], FORMAT_LOCK, 0, noted);
	return MEZZO_OK;
}

/* Make a group the leaves that it is made of. */
WALK_RARE int split_group(struct mezzo_table *table, const struct place *at, uint64_t ipa)
{
	const unsigned int order = leaf_order(at->value, at->level);
	_Atomic uint64_t *first = first_entry(at->entry, order, at->level);
	const uint64_t start = ipa & ~(mezzo_order_bytes(order) - 1);
	const uint64_t value = load(first);

	if (!format_is_leaf(value, at->level) || !(value & FORMAT_GROUP) || (value & FORMAT_LOCK))
		return MEZZO_ERR_AGAIN;
	if (table->features.bbm)
		return split_group_live(table, first, value, start, order, at->level);
	return split_group_by_break(table, first, value, start, order, at->level);
}

/* --- both ------------------------------------------------------------------------------------- */

static int split(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order)
{
	const int target = order_level(order);
	struct place at;
	int status;

	if (!order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	for (;;) {
		at = descend(table, ipa.addr, WALK_LAST_LEVEL);
		if (!at.value)
			return MEZZO_ERR_NOENT;
		if (!format_is_leaf(at.value, at.level))
			return MEZZO_ERR_AGAIN;
		if (leaf_order(at.value, at.level) <= order)
			return MEZZO_OK;
		if (at.level < target && stock->count < (unsigned int)(target - at.level))
			return MEZZO_ERR_NOMEM;
		if (!(at.value & FORMAT_GROUP))
			break;
		status = split_group(table, &at, ipa.addr);
		if (status)
			return status;
	}
	if (table->features.bbm)
		return split_live(table, stock, &at, ipa.addr, order);
	return split_by_break(table, stock, &at, ipa.addr, order);
}

#endif
