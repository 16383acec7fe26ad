/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_UNMAP_H
#define MEZZO_TABLE_WALK_UNMAP_H
/*
 * Taking leaves away, and tables in which nothing is left. Part of the walker's template. One at a
 * time, beside any number of walkers.
 */
#include "table/walk_debt.h"
#include "table/walk_group.h"

struct unmap {
	struct debt debt;
	bool prune;
	bool exec; /* something executable went */
	int status;
};

/* A leaf over the edge. Both were looked at before anything was changed: see unmap. */
WALK_INLINE enum step refuse_crossing(struct unmap *unmap)
{
	/* Once something is, it must have been mapped after we began. */
	if (unmap->debt.any)
		return STEP_NEXT;
	unmap->status = MEZZO_ERR_LIVE;
	return STEP_STOP;
}

/* Does the leaf at @ipa, of a group perhaps, lie in the range as a whole? */
WALK_INLINE bool lies_within(const struct walk *walk, uint64_t leaf, int level, uint64_t ipa)
{
	const uint64_t bytes = mezzo_order_bytes(leaf_order(leaf, level));

	ipa &= ~(bytes - 1);
	return ipa >= walk->start && ipa + bytes <= walk->end;
}

/* A leaf that is held, or the first of a group: what becomes of that is looked at again. */
WALK_RARE enum step unmap_special(const struct mezzo_table *table, _Atomic uint64_t *entry,
				  uint64_t value, int level)
{
	if (is_held(value))
		return wait(table, entry);
	mark_group(entry, order_entries(leaf_order(value, level), level), value, MARKER_OWED);
	return STEP_AGAIN;
}

WALK_INLINE enum step unmap_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				  uint64_t value, int level, uint64_t ipa)
{
	struct unmap *unmap = arg;
	uint64_t leaf = value;

	if (format_is_leaf(value, level)) {
		/* A page always does. */
		if ((WALK_PAGE_ORDER || level != WALK_LAST_LEVEL || is_special(value)) &&
		    !lies_within(walk, value, level, ipa))
			return refuse_crossing(unmap);
		if (is_special(value))
			return unmap_special(walk->table, entry, value, level);
		if (!swap(entry, &value, format_mark(leaf, MARKER_OWED)))
			return STEP_AGAIN;
	} else if (is_busy(value)) {
		return wait(walk->table, entry);
	} else if (is_marked(value, MARKER_DETACHED)) {
		owe_table(&unmap->debt, ipa, level_bytes(level));
		unmap->exec = true; /* for all we know */
		return STEP_NEXT;
	} else if (is_marked(value, MARKER_OWED)) {
		/* What an earlier flush owes and has not paid, this one owes too. */
		leaf = unmark(value);
	} else {
		return STEP_NEXT;
	}
	owe_leaf(&unmap->debt, ipa, level);
	unmap->exec |= format_is_exec(leaf);
	return STEP_NEXT;
}

/* May a table be taken out of the tree while it holds this? */
WALK_INLINE bool is_leftover(uint64_t value)
{
	return !value || is_marked(value, MARKER_OWED) || is_marked(value, MARKER_DETACHED);
}

/*
 * Does something in the table look used? The neighbours of what was just taken away are asked
 * first: in a table that is emptied in order, up or down, one of them is the answer.
 */
WALK_INLINE bool has_used_neighbour(_Atomic uint64_t *entries, unsigned int index)
{
	return !is_leftover(load(&entries[(index + 1) % WALK_ENTRIES])) ||
	       !is_leftover(load(&entries[(index - 1) % WALK_ENTRIES]));
}

/* Make every empty entry unclaimable, or none when one of the others is in use. */
WALK_RARE bool seal(_Atomic uint64_t *entries)
{
	unsigned int i;

	for (i = 0; i < WALK_ENTRIES; i++) {
		if (!is_leftover(load(&entries[i])))
			return false;
	}
	for (i = 0; i < WALK_ENTRIES; i++) {
		uint64_t value = load(&entries[i]);

		if (value ? !is_leftover(value) : !swap(&entries[i], &value, MARKER_DEAD))
			break;
	}
	if (i == WALK_ENTRIES)
		return true;
	/* A walker was faster. */
	while (i--) {
		if (is_marked(load(&entries[i]), MARKER_DEAD))
			store(&entries[i], 0);
	}
	return false;
}

/* Prune: take a table out of the tree when nothing in it is in use. */
WALK_INLINE bool unmap_leave(struct walk *walk, void *arg, _Atomic uint64_t *entry, int level,
			     uint64_t ipa)
{
	const uint64_t value = load(entry);
	_Atomic uint64_t *entries = table_entries(walk->table, value);
	const uint64_t bytes = table_bytes(level);
	struct unmap *unmap = arg;

	if (!unmap->prune ||
	    has_used_neighbour(entries, (ipa >> level_shift(level)) % WALK_ENTRIES) ||
	    !seal(entries))
		return false;
	store(entry, format_mark(value, MARKER_DETACHED));
	/* All of it, so that settle finds whatever the table still owes to somebody. */
	owe_table(&unmap->debt, ipa & ~(bytes - 1), bytes);
	return true;
}

/* Does a leaf reach over the end of the range? One that covers its start too is found there. */
static bool end_is_inside_leaf(const struct mezzo_table *table, uint64_t start, uint64_t end)
{
	struct place at;

	/* A leaf that covers the start as well is found there, and a page never does. */
	if (!(end & (largest_bytes(table) - 1)) ||
	    (!(end & (WALK_PAGE_BYTES - 1)) && !table->features.contiguous &&
	     !((start ^ end) & ~(level_bytes(WALK_LAST_LEVEL - 1) - 1))))
		return false;
	for (;;) {
		at = descend(table, end, WALK_LAST_LEVEL);
		at.value = load_ordered(at.entry);
		if (!is_busy(at.value) && !format_is_table(at.value, at.level))
			break;
		if (!WALK_PAGE_ORDER && at.level == WALK_LAST_LEVEL && !table->features.contiguous)
			break;
		table->platform->relax(table->platform->ctx);
	}
	return format_is_leaf(at.value, at.level) &&
	       (end & (mezzo_order_bytes(leaf_order(at.value, at.level)) - 1));
}

/* One page between others, the commonest case, without the walk. False: take the walk. */
WALK_INLINE bool unmap_page(struct mezzo_table *table, uint64_t ipa, bool prune,
			    struct mezzo_flush *flush)
{
	const unsigned int index = (ipa >> FORMAT_PAGE_SHIFT) % WALK_ENTRIES;
	struct place at = descend(table, ipa, WALK_LAST_LEVEL);

	if (at.level != WALK_LAST_LEVEL || !format_is_leaf(at.value, WALK_LAST_LEVEL) ||
	    is_special(at.value) || (prune && !has_used_neighbour(at.entry - index, index)) ||
	    !swap(at.entry, &at.value, format_mark(at.value, MARKER_OWED)))
		return false;
	flush->vmid = table->vmid;
	flush->pages += mezzo_order_pages(WALK_PAGE_ORDER);
	flush->owed = true;
	flush->icache |= FORMAT_ICACHE && format_is_exec(at.value) && !table->dic;
	mezzo_flush_cover(flush, ipa, mezzo_order_pages(WALK_PAGE_ORDER), WALK_LAST_LEVEL);
	return true;
}

static __attribute__((noinline)) int unmap_range(struct mezzo_table *table, uint64_t start,
						 uint64_t end, bool prune,
						 struct mezzo_flush *flush)
{
	struct walk walk = {.table = table, .start = start, .end = end};
	struct unmap state = {.debt = {.table = table, .flush = flush}, .prune = prune};

	if (end_is_inside_leaf(table, start, end))
		return MEZZO_ERR_LIVE;
	walk_range(&walk, unmap_visit, unmap_leave, &state, true);
	owe_run(&state.debt);
	flush->owed |= state.debt.any;
	flush->icache |= FORMAT_ICACHE && state.exec && !table->dic;
	return state.status;
}

static int unmap(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool prune,
		 struct mezzo_flush *flush)
{
	if (pages == mezzo_order_pages(WALK_PAGE_ORDER) &&
	    (!WALK_PAGE_ORDER || !(ipa.addr & (WALK_PAGE_BYTES - 1))) &&
	    unmap_page(table, ipa.addr, prune, flush))
		return MEZZO_OK;
	return unmap_range(table, ipa.addr, ipa.addr + (pages << MEZZO_PAGE_SHIFT), prune, flush);
}

#endif
