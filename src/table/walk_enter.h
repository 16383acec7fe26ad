/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_ENTER_H
#define MEZZO_TABLE_WALK_ENTER_H
/*
 * What walkers do: look up, claim, hold, publish, abandon, map. Part of the walker's template.
 *
 * An entry changes hands by one compare-and-swap to BUSY and is given back by one store; only its
 * holder writes in between. A table with a BUSY entry stays in the tree.
 */
#include "table/walk_group.h"

/* What the hardware noted in one of a group's entries it noted of the group. */
WALK_RARE void decode_special(const struct mezzo_table *table, const struct place *at,
			      struct mezzo_leaf *leaf)
{
	const unsigned int order = leaf_order(at->value, at->level);
	_Atomic uint64_t *first = first_entry(at->entry, order, at->level);
	const uint64_t noted = join_noted(first, order_entries(order, at->level));

	leaf_decode_any(table, with_noted(at->value, noted), at->level, leaf);
}

/* A leaf that waits for settle. */
WALK_RARE void decode_owed(const struct mezzo_table *table, uint64_t value, struct mezzo_leaf *leaf)
{
	leaf_decode(table, unmark(value), leaf->order, MEZZO_ENTRY_OWED, leaf);
}

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
	if (format_is_leaf(at.value, at.level) && !is_special(at.value))
		leaf_decode(table, at.value, leaf->order, MEZZO_ENTRY_LEAF, leaf);
	else if (format_is_leaf(at.value, at.level))
		decode_special(table, &at, leaf);
	else if (is_marked(at.value, MARKER_OWED))
		decode_owed(table, at.value, leaf);
	else if (is_busy(at.value))
		leaf->state = MEZZO_ENTRY_BUSY;
}

/*
 * Make a table of zeroes one of empty entries. Walkers find them so: where that is work at all (x86)
 * stores are seen in order, and the swap that leads here comes after.
 */
WALK_INLINE void make_empty(uint64_t *entries)
{
	for (unsigned int i = 0; FORMAT_FLIP != 0 && i < WALK_ENTRIES; i++)
		entries[i] = FORMAT_FLIP;
}

/* Put a table from the stock into an empty entry. Returns what stands there afterwards. */
static __attribute__((noinline)) uint64_t link_table(struct mezzo_table *table,
						     struct mezzo_stock *stock,
						     _Atomic uint64_t *entry)
{
	uint64_t *entries = stock->table[stock->count - 1];
	const uint64_t link = format_table(table_physical(table, entries));
	uint64_t value = 0;

	make_empty(entries);
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
		leaf_decode_any(table, at->value, at->level, old);
		return MEZZO_ERR_EXISTS;
	}
	if (format_is_table(at->value, at->level)) {
		old->state = MEZZO_ENTRY_TABLE;
		return MEZZO_ERR_EXISTS;
	}
	return MEZZO_ERR_AGAIN;
}

WALK_INLINE void claim_fill(struct mezzo_claim *claim, const struct place *at, uint64_t ipa,
			    unsigned int order)
{
	claim->entry = at->entry;
	claim->ipa.addr = ipa & ~(mezzo_order_bytes(order) - 1);
	claim->order = (uint8_t)order;
}

/* As claim, for a group. */
WALK_RARE int claim_many(struct mezzo_table *table, struct mezzo_stock *stock, uint64_t ipa,
			 unsigned int order, struct mezzo_claim *claim)
{
	const int level = order_level(order);
	struct place at;
	int status;

	ipa &= ~(mezzo_order_bytes(order) - 1);
	if (reach(table, stock, ipa, level, &at))
		return MEZZO_ERR_NOMEM;
	if (at.level != level)
		return occupied(table, &at, &claim->old);
	status = claim_group(table, &at, order, &claim->old);
	if (!status)
		claim_fill(claim, &at, ipa, order);
	return status;
}

/* Something is missing on the way, or something is there; or a group is wanted. */
WALK_RARE int claim_slow(struct mezzo_table *table, struct mezzo_stock *stock, uint64_t ipa,
			 unsigned int order, struct mezzo_claim *claim)
{
	struct place at;

	if (!order_valid(table, order))
		return MEZZO_ERR_INVALID;
	claim->old = (struct mezzo_leaf){.state = MEZZO_ENTRY_NONE, .order = (uint8_t)order};
	if (order_is_group(order))
		return claim_many(table, stock, ipa, order, claim);
	if (reach(table, stock, ipa, order_level(order), &at))
		return MEZZO_ERR_NOMEM;
	if (at.value || !swap(at.entry, &at.value, MARKER_BUSY))
		return occupied(table, &at, &claim->old);
	claim_fill(claim, &at, ipa, order);
	return MEZZO_OK;
}

static int claim(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order, struct mezzo_claim *claim)
{
	const unsigned int stop = order + MEZZO_PAGE_SHIFT;
	unsigned int shift;
	uint64_t value;

	if (!ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	/* No level has the shift of a group; an order that no leaf has is refused on the slow path. */
	claim->entry = descend_to(table, ipa.addr, stop, &shift, &value);
	if (value || shift != stop || !(table->orders >> (order & 63) & 1) ||
	    !swap(claim->entry, &value, MARKER_BUSY))
		return claim_slow(table, stock, ipa.addr, order, claim);
	claim->ipa.addr = ipa.addr & ~(mezzo_order_bytes(order) - 1);
	claim->order = (uint8_t)order;
	claim->old.state = MEZZO_ENTRY_NONE;
	return MEZZO_OK;
}

/* As hold, of what is not one entry, or has to stay valid. */
WALK_RARE int hold_special(struct mezzo_table *table, uint64_t ipa, _Atomic uint64_t *entry,
			   uint64_t value, unsigned int shift, struct mezzo_claim *claim)
{
	struct place at = {.entry = entry, .value = value, .level = shift_level(shift)};

	return hold_in_place(table, &at, ipa, claim);
}

static int hold(struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_claim *claim)
{
	_Atomic uint64_t *entry;
	unsigned int shift, order;
	uint64_t value;

	if (!ipa_inside(table, ipa.addr))
		return MEZZO_ERR_NOENT;
	entry = descend_to(table, ipa.addr, FORMAT_PAGE_SHIFT, &shift, &value);
	if (!value)
		return MEZZO_ERR_NOENT;
	/* Where a walk ends above the last level is no table. */
	if (!is_present(value))
		return MEZZO_ERR_AGAIN;
	if (is_special(value) || (FORMAT_LOCK && table->features.shared))
		return hold_special(table, ipa.addr, entry, value, shift, claim);
	if (!swap(entry, &value, format_mark(value, MARKER_BUSY)))
		return MEZZO_ERR_AGAIN;
	order = shift - MEZZO_PAGE_SHIFT;
	claim->entry = entry;
	claim->ipa.addr = ipa.addr & ~(mezzo_order_bytes(order) - 1);
	claim->order = (uint8_t)order;
	leaf_decode(table, value, order, MEZZO_ENTRY_LEAF, &claim->old);
	return MEZZO_OK;
}

WALK_INLINE bool is_one_entry(const struct mezzo_claim *claim, uint64_t held)
{
	return is_marked(held, MARKER_BUSY) && !order_is_group(claim->order);
}

/* One descriptor of the last level, which nobody may write, and nothing else about it. */
WALK_INLINE bool is_closed_page(const struct mezzo_table *table, uint64_t value, unsigned int shift)
{
	return shift == FORMAT_PAGE_SHIFT && format_is_leaf(value, WALK_LAST_LEVEL) &&
	       !(value & FORMAT_WRITE) && !is_special(value) &&
	       !(FORMAT_LOCK && table->features.shared);
}

static int hold_page(struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_claim *claim)
{
	unsigned int shift;
	uint64_t value;

	if (!ipa_inside(table, ipa.addr))
		return MEZZO_ERR_AGAIN;
	claim->entry = descend_to(table, ipa.addr, FORMAT_PAGE_SHIFT, &shift, &value);
	if (!is_closed_page(table, value, shift) ||
	    !swap(claim->entry, &value, format_mark(value, MARKER_BUSY)))
		return MEZZO_ERR_AGAIN;
	claim->ipa.addr = ipa.addr & ~(WALK_PAGE_BYTES - 1);
	claim->order = WALK_PAGE_ORDER;
	return MEZZO_OK;
}

static void open_page(struct mezzo_table *table, const struct mezzo_claim *claim)
{
	const uint64_t held = load_own(claim->entry);

	if (!is_one_entry(claim, held)) {
		WALK_BROKEN();
		return;
	}
	store(claim->entry, format_opened(format_unmark(held & ~MARKER_MASK)));
	mezzo_flush_leaf(table, claim->ipa.addr, WALK_LAST_LEVEL);
}

/* What is held is not one BUSY entry. Returns false when it is not held at all. */
WALK_RARE bool abandon_other(const struct mezzo_claim *claim)
{
	const uint64_t held = load(claim->entry);

	if (is_marked(held, MARKER_BUSY))
		let_go(claim->entry, order_entries(claim->order, order_level(claim->order)));
	else if (is_present(held) && (held & FORMAT_LOCK))
		change(claim->entry, FORMAT_LOCK, 0, 0);
	else
		return false;
	return true;
}

static void abandon(struct mezzo_table *table, const struct mezzo_claim *claim)
{
	uint64_t held = load_own(claim->entry);

	(void)table;
	if (is_one_entry(claim, held))
		store(claim->entry, unmark(held));
	else if (!FORMAT_LOCK || !abandon_other(claim))
		WALK_BROKEN();
}

/* Can the table say this output address at all? */
WALK_INLINE bool pa_valid(const struct mezzo_table *table, struct mezzo_pa pa, unsigned int order)
{
	return !((pa.addr & (mezzo_order_bytes(order) - 1)) | (pa.addr >> table->pa_bits));
}

/* The leaf as a descriptor; 0: the table cannot say it. */
WALK_INLINE uint64_t leaf_encode(const struct mezzo_table *table, struct mezzo_pa pa,
				 unsigned int order, const struct mezzo_attr *attr)
{
	if (!pa_valid(table, pa, order) || !format_attr_valid(table, attr))
		return 0;
	return format_encode(table, pa, order_level(order), attr);
}

static uint64_t encode(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	return format_attr_valid(table, attr) ? format_attributes(table, attr) : 0;
}

/* A group, or what is not there to be entered. */
WALK_RARE void enter_other(struct mezzo_table *table, const struct mezzo_claim *claim,
			   uint64_t leaf)
{
	const uint64_t held = load(claim->entry);

	if (held != MARKER_BUSY || !leaf)
		WALK_BROKEN();
	if (held == MARKER_BUSY && order_is_group(claim->order))
		publish_group(table, claim, leaf, order_level(claim->order));
	else
		abandon(table, claim);
}

static void enter(struct mezzo_table *table, const struct mezzo_claim *claim, struct mezzo_pa pa,
		  uint64_t word)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t leaf = 0;

	if (word && pa_valid(table, pa, claim->order))
		leaf = claim->order < WALK_PAGE_ORDER + FORMAT_INDEX_BITS
			       ? format_at(word, pa, WALK_LAST_LEVEL)
			       : format_at(word, pa, 0);
	if (load_own(claim->entry) != MARKER_BUSY || !leaf || order_is_group(claim->order)) {
		enter_other(table, claim, leaf);
		return;
	}
	store(claim->entry, leaf);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
}

/* What is held is not one BUSY entry. Returns false when it is not held, or cannot change so. */
WALK_RARE bool publish_other(const struct mezzo_table *table, const struct mezzo_claim *claim,
			     struct mezzo_pa pa, const struct mezzo_attr *attr)
{
	const uint64_t to = leaf_encode(table, pa, claim->order, attr);
	const int level = order_level(claim->order);
	const uint64_t held = load(claim->entry);

	if (is_marked(held, MARKER_BUSY))
		publish_group(table, claim, to, level);
	else if (is_present(held) && (held & FORMAT_LOCK))
		return publish_in_place(table, claim, to, level);
	else
		return false;
	return to;
}

static void publish(struct mezzo_table *table, const struct mezzo_claim *claim, struct mezzo_pa pa,
		    const struct mezzo_attr *attr)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t held = load_own(claim->entry);
	uint64_t from = unmark(held), to;

	if (!is_one_entry(claim, held)) {
		if (!FORMAT_LOCK || !publish_other(table, claim, pa, attr))
			WALK_BROKEN();
		return;
	}
	to = leaf_encode(table, pa, claim->order, attr);
	if (!to || (from && !change_allowed(from, to))) {
		WALK_BROKEN();
		store(claim->entry, from);
	} else if (from) {
		store(claim->entry, keep_noted(from, to));
		mezzo_flush_tlb_leaf(table, claim->ipa.addr, order_level(claim->order));
	} else {
		store(claim->entry, to);
		platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	}
}

/* As map, for a group. */
WALK_RARE int map_many(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		       unsigned int order, uint64_t first)
{
	struct mezzo_claim mine;
	const int status = claim_many(table, stock, ipa.addr, order, &mine);

	if (!status)
		publish_group(table, &mine, first, order_level(order));
	return status;
}

static int map(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
	       struct mezzo_pa pa, unsigned int order, const struct mezzo_attr *attr)
{
	struct mezzo_leaf old;
	struct place at;
	uint64_t leaf;

	if (!order_valid(table, order) || !ipa_inside(table, ipa.addr))
		return MEZZO_ERR_INVALID;
	leaf = leaf_encode(table, pa, order, attr);
	if (!leaf)
		return MEZZO_ERR_INVALID;
	if (order_is_group(order))
		return map_many(table, stock, ipa, order, leaf);
	if (reach(table, stock, ipa.addr, order_level(order), &at))
		return MEZZO_ERR_NOMEM;
	if (at.value || !swap(at.entry, &at.value, leaf))
		return occupied(table, &at, &old);
	table->platform->barrier(table->platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

#endif
