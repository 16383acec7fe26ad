/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_ENTER_H
#define MEZZO_TABLE_WALK_ENTER_H
/*
 * What walkers do: look up, claim, hold, publish, abandon, map. Part of the walker's template.
 *
 * An entry changes hands by one compare-and-swap to BUSY and is given back by one store; only its
 * holder writes in between. A table with a BUSY entry stays in the tree.
 */
#include "table/walk.h"

static void lookup(const struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_leaf *leaf)
{
	struct place at;

	*leaf = (struct mezzo_leaf){.state = MEZZO_ENTRY_NONE};
	if (!ipa_inside(table, ipa.addr))
		return;
	at = descend(table, ipa.addr, WALK_LAST_LEVEL);
	/* What a detached table holds is on its way out: OWED, or nothing. */
	while (is_marked(at.value, MARKER_DETACHED)) {
		at.level++;
		at.entry = entry_below(at.value, table->platform->table_offset, ipa.addr,
				       level_shift(at.level));
		at.value = load(at.entry);
	}
	leaf->order = (uint8_t)level_order(at.level);
	if (format_is_leaf(at.value, at.level))
		leaf_decode(table, at.value, at.level, MEZZO_ENTRY_LEAF, leaf);
	else if (is_marked(at.value, MARKER_OWED))
		leaf_decode(table, unmark(at.value), at.level, MEZZO_ENTRY_OWED, leaf);
	else if (is_busy(at.value))
		leaf->state = MEZZO_ENTRY_BUSY;
}

/* Put a table from the stock into an empty entry. Returns what stands there afterwards. */
static __attribute__((noinline)) uint64_t link_table(struct mezzo_table *table,
						     struct mezzo_stock *stock,
						     _Atomic uint64_t *entry)
{
	const void *entries = stock->table[stock->count - 1];
	const uint64_t link = format_table(table_physical(table, entries));
	uint64_t value = 0;

	if (!swap(entry, &value, link))
		return value; /* somebody was faster: go on with theirs */
	stock->count--;
	atomic_fetch_add_explicit(&table->tables, 1, memory_order_relaxed);
	return link;
}

/*
 * Walk to @level, building what is missing: all of it, or nothing when the stock would run out.
 * Ends above @level where something else stands.
 */
WALK_INLINE int reach(struct mezzo_table *table, struct mezzo_stock *stock, uint64_t ipa, int level,
		      struct place *at)
{
	*at = descend(table, ipa, level);
	if (at->level == level || at->value)
		return MEZZO_OK;
	if (stock->count < (unsigned int)(level - at->level))
		return MEZZO_ERR_NOMEM;
	while (at->level < level) {
		if (!at->value)
			at->value = link_table(table, stock, at->entry);
		if (!format_is_table(at->value, at->level))
			break;
		at->level++;
		at->entry = entry_below(at->value, table->platform->table_offset, ipa,
					level_shift(at->level));
		at->value = load(at->entry);
	}
	return MEZZO_OK;
}

/* Why an entry that is not empty cannot be claimed; fills claim->old where it is said. */
WALK_INLINE int occupied(const struct mezzo_table *table, const struct place *at,
			 struct mezzo_leaf *old)
{
	if (format_is_leaf(at->value, at->level)) {
		leaf_decode(table, at->value, at->level, MEZZO_ENTRY_LEAF, old);
		return MEZZO_ERR_EXISTS;
	}
	if (format_is_table(at->value, at->level)) {
		old->state = MEZZO_ENTRY_TABLE;
		return MEZZO_ERR_EXISTS;
	}
	return MEZZO_ERR_AGAIN;
}

WALK_INLINE void claim_fill(struct mezzo_claim *claim, const struct place *at, uint64_t ipa)
{
	claim->entry = at->entry;
	claim->ipa.addr = ipa & ~(level_bytes(at->level) - 1);
	claim->order = (uint8_t)level_order(at->level);
}

/* Something is missing on the way, or something is there. */
WALK_RARE int claim_slow(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
			 unsigned int order, struct mezzo_claim *claim)
{
	struct place at;

	claim->old = (struct mezzo_leaf){.state = MEZZO_ENTRY_NONE, .order = (uint8_t)order};
	if (reach(table, stock, ipa.addr, order_level(order), &at))
		return MEZZO_ERR_NOMEM;
	if (at.value || !swap(at.entry, &at.value, MARKER_BUSY))
		return occupied(table, &at, &claim->old);
	claim_fill(claim, &at, ipa.addr);
	return MEZZO_OK;
}

static int claim(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order, struct mezzo_claim *claim)
{
	const unsigned int stop = order + MEZZO_PAGE_SHIFT;
	unsigned int shift;
	uint64_t value;

	if (!order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	claim->entry = descend_to(table, ipa.addr, stop, &shift, &value);
	if (value || shift != stop || !swap(claim->entry, &value, MARKER_BUSY))
		return claim_slow(table, stock, ipa, order, claim);
	claim->ipa.addr = ipa.addr & ~(mezzo_order_bytes(order) - 1);
	claim->order = (uint8_t)order;
	claim->old.state = MEZZO_ENTRY_NONE;
	return MEZZO_OK;
}

static int hold(struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_claim *claim)
{
	struct place at;

	if (!ipa_inside(table, ipa.addr))
		return MEZZO_ERR_NOENT;
	at = descend(table, ipa.addr, WALK_LAST_LEVEL);
	if (!at.value)
		return MEZZO_ERR_NOENT;
	if (!format_is_leaf(at.value, at.level) ||
	    !swap(at.entry, &at.value, format_mark(at.value, MARKER_BUSY)))
		return MEZZO_ERR_AGAIN;
	claim_fill(claim, &at, ipa.addr);
	leaf_decode(table, at.value, at.level, MEZZO_ENTRY_LEAF, &claim->old);
	return MEZZO_OK;
}

static void abandon(struct mezzo_table *table, const struct mezzo_claim *claim)
{
	uint64_t held = atomic_load_explicit(claim->entry, memory_order_relaxed);

	(void)table;
	if (!is_marked(held, MARKER_BUSY)) {
		WALK_BROKEN();
		return;
	}
	store(claim->entry, unmark(held));
}

/* Can the table say this output address, or this leaf, at all? */
WALK_INLINE bool pa_valid(const struct mezzo_table *table, struct mezzo_pa pa, unsigned int order)
{
	return !((pa.addr & (mezzo_order_bytes(order) - 1)) | (pa.addr >> table->pa_bits));
}

WALK_INLINE bool leaf_valid(const struct mezzo_table *table, struct mezzo_pa pa, int level,
			    const struct mezzo_attr *attr)
{
	return pa_valid(table, pa, level_order(level)) && format_attr_valid(table, attr);
}

static uint64_t encode(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	return format_attr_valid(table, attr) ? format_attributes(table, attr) : 0;
}

static void enter(struct mezzo_table *table, const struct mezzo_claim *claim, struct mezzo_pa pa,
		  uint64_t word)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t entry;

	if (atomic_load_explicit(claim->entry, memory_order_relaxed) != MARKER_BUSY || !word ||
	    !pa_valid(table, pa, claim->order)) {
		WALK_BROKEN();
		abandon(table, claim);
		return;
	}
	entry = word | (claim->order == WALK_PAGE_ORDER ? format_place(pa, WALK_LAST_LEVEL)
							: format_place(pa, 0));
	store(claim->entry, entry);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
}

static void publish(struct mezzo_table *table, const struct mezzo_claim *claim, struct mezzo_pa pa,
		    const struct mezzo_attr *attr)
{
	const struct mezzo_platform *platform = table->platform;
	const int level = order_level(claim->order);
	uint64_t held = atomic_load_explicit(claim->entry, memory_order_relaxed);
	uint64_t from = unmark(held), to;

	if (!is_marked(held, MARKER_BUSY)) {
		WALK_BROKEN();
		return;
	}
	to = leaf_valid(table, pa, level, attr) ? format_encode(table, pa, level, attr) : 0;
	if (!to || (from && !change_allowed(from, to))) {
		WALK_BROKEN();
		store(claim->entry, from);
		return;
	}
	store(claim->entry, to);
	if (from)
		mezzo_flush_tlb_leaf(table, claim->ipa.addr, level);
	else
		platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
}

static int map(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
	       struct mezzo_pa pa, unsigned int order, const struct mezzo_attr *attr)
{
	const int level = order_level(order);
	struct mezzo_leaf old;
	struct place at;

	if (!order_valid(table, order) || !ipa_inside(table, ipa.addr) ||
	    !leaf_valid(table, pa, level, attr))
		return MEZZO_ERR_INVALID;
	if (reach(table, stock, ipa.addr, level, &at))
		return MEZZO_ERR_NOMEM;
	if (at.value || !swap(at.entry, &at.value, format_encode(table, pa, level, attr)))
		return occupied(table, &at, &old);
	table->platform->barrier(table->platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

#endif
