/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_GROUP_H
#define MEZZO_TABLE_WALK_GROUP_H
/*
 * Leaves that stay valid while they are held, and leaves of more than one entry. Part of the
 * walker's template.
 *
 * A new group is claimed by swapping its entries to BUSY, the first one first, and published in the
 * other order: whoever finds the first entry valid finds the group whole. A walker in hardware may
 * see some of its entries before the others; what it then keeps for the whole group is what is about
 * to be there. To change a group its first entry is locked; its permissions change entry by entry,
 * for which the architecture asks no break: until the TLB invalidation an access gets those of one
 * of the entries (Arm ARM, R_JQQTC).
 */
#include "table/walk.h"

/* The first of the entries that make up the leaf of @order with @entry. A table lies aligned. */
WALK_INLINE _Atomic uint64_t *first_entry(_Atomic uint64_t *entry, unsigned int order, int level)
{
	const uintptr_t bytes = order_entries(order, level) * sizeof(uint64_t);

	return (_Atomic uint64_t *)((uintptr_t)entry & ~(bytes - 1));
}

/* Change a leaf that only the hardware changes meanwhile. What that notes stays noted; so is @noted. */
WALK_INLINE void change(_Atomic uint64_t *entry, uint64_t clear, uint64_t set, uint64_t noted)
{
	uint64_t value = load(entry), to;

	do
		to = with_noted((value & ~clear) | set, noted_in(value) | noted);
	while (!swap(entry, &value, to));
}

/* What the hardware noted in any of the entries. */
WALK_INLINE uint64_t join_noted(_Atomic uint64_t *entries, unsigned int count)
{
	uint64_t noted = 0;

	for (unsigned int i = 0; i < count; i++)
		noted |= noted_in(load(&entries[i]));
	return noted;
}

/* Invalidate the TLB entries of one leaf. */
WALK_INLINE void flush_leaf(const struct mezzo_table *table, uint64_t ipa, unsigned int order,
			    int level)
{
	struct mezzo_flush flush = {0};

	if (order == level_order(level)) {
		mezzo_flush_tlb_leaf(table, ipa, level);
		return;
	}
	mezzo_flush_cover(&flush, ipa, mezzo_order_pages(order), (uint8_t)level);
	mezzo_flush_tlb(table, &flush);
}

/* Give back what was taken of the entries, the first last. */
WALK_INLINE void let_go(_Atomic uint64_t *entries, unsigned int count)
{
	while (count--)
		store(&entries[count], unmark(load(&entries[count])));
}

/* --- all of a group that is taken away, or broken up ------------------------------------------ */

/*
 * Mark all entries of the group that begins with @value, the first one first: they are single leaves
 * from now on. A TLB may have let one of them be written, or used, by what was noted in another: it
 * was noted for all. False: somebody else was faster.
 */
WALK_RARE bool mark_group(_Atomic uint64_t *first, unsigned int count, uint64_t value,
			  uint64_t marker)
{
	uint64_t noted;

	if (!swap(first, &value, format_mark(value & ~FORMAT_GROUP, marker)))
		return false;
	noted = noted_in(value);
	for (unsigned int i = 1; i < count; i++) {
		value = load(&first[i]);
		while (!swap(&first[i], &value, format_mark(value & ~FORMAT_GROUP, marker)))
			;
		noted |= noted_in(value);
	}
	for (unsigned int i = 0; i < count; i++)
		store(&first[i], format_mark(with_noted(unmark(load(&first[i])), noted), marker));
	return true;
}

/* --- hold and publish, in place --------------------------------------------------------------- */

/* The leaf at @at stays valid: lock it, or the first of its group. */
WALK_RARE int hold_in_place(const struct mezzo_table *table, const struct place *at, uint64_t ipa,
			    struct mezzo_claim *claim)
{
	const unsigned int order = leaf_order(at->value, at->level);
	_Atomic uint64_t *first = first_entry(at->entry, order, at->level);
	uint64_t value = load(first);

	/* It may have been broken up, or taken away, since. */
	if (!format_is_leaf(value, at->level) || (value & FORMAT_LOCK) ||
	    ((value ^ at->value) & FORMAT_GROUP) || !swap(first, &value, value | FORMAT_LOCK))
		return MEZZO_ERR_AGAIN;
	claim->entry = first;
	claim->ipa.addr = ipa & ~(mezzo_order_bytes(order) - 1);
	claim->order = (uint8_t)order;
	value = with_noted(value, join_noted(first, order_entries(order, at->level)));
	leaf_decode_any(table, value, at->level, &claim->old);
	return MEZZO_OK;
}

/* The held leaf becomes @to, entry by entry, the first last. False: that is not a legal change. */
WALK_RARE bool publish_in_place(const struct mezzo_table *table, const struct mezzo_claim *claim,
				uint64_t to, int level)
{
	const uint64_t from = load(claim->entry);
	const uint64_t set = to & FORMAT_MUTABLE;

	if (!to || !change_allowed(from & ~(FORMAT_LOCK | FORMAT_GROUP), to)) {
		change(claim->entry, FORMAT_LOCK, 0, 0);
		return false;
	}
	for (unsigned int i = order_entries(claim->order, level) - 1; i > 0; i--)
		change(&claim->entry[i], FORMAT_MUTABLE, set, 0);
	change(claim->entry, FORMAT_MUTABLE | FORMAT_LOCK, set, 0);
	flush_leaf(table, claim->ipa.addr, claim->order, level);
	return true;
}

/* --- new groups ------------------------------------------------------------------------------- */

/*
 * Take all entries of a group, if they are empty. Otherwise AGAIN where that may pass; EXISTS where
 * a group or a larger leaf stands, or where something smaller does: a table, as it were.
 */
WALK_RARE int claim_group(const struct mezzo_table *table, const struct place *at,
			  unsigned int order, struct mezzo_leaf *old)
{
	for (unsigned int i = 0; i < order_entries(order, at->level); i++) {
		uint64_t value = load(&at->entry[i]);

		if (!value && swap(&at->entry[i], &value, MARKER_BUSY))
			continue;
		let_go(at->entry, i);
		if (!is_present(value))
			return MEZZO_ERR_AGAIN;
		old->state = MEZZO_ENTRY_TABLE;
		if (format_is_leaf(value, at->level) && (value & FORMAT_GROUP))
			leaf_decode_any(table, value, at->level, old);
		return MEZZO_ERR_EXISTS;
	}
	return MEZZO_OK;
}

/* All entries are ours: @first and what follows from it, the first last. 0: give them back. */
WALK_RARE void publish_group(const struct mezzo_table *table, const struct mezzo_claim *claim,
			     uint64_t first, int level)
{
	const struct mezzo_platform *platform = table->platform;
	const unsigned int count = order_entries(claim->order, level);

	if (!first) {
		let_go(claim->entry, count);
		return;
	}
	for (unsigned int i = count; i-- > 0;)
		store(&claim->entry[i], (first | FORMAT_GROUP) + i * level_bytes(level));
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
}

#endif
