/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_TAKE_H
#define MEZZO_TABLE_WALK_TAKE_H
/*
 * What takes away, or takes a permission away: unmap, settle, protect, age. Part of the walker's
 * template. One at a time, beside any number of walkers.
 */
#include "table/memory.h"
#include "table/walk.h"

/*
 * What an operation owes, gathered on the way: a flush is written once for a run of leaves, not
 * once for a leaf.
 */
struct debt {
	const struct mezzo_table *table;
	struct mezzo_flush *flush;
	uint64_t start, end; /* of the run */
	unsigned int level;
	bool any;
};

/* The run is over. */
WALK_INLINE void owe_run(struct debt *debt)
{
	const uint64_t pages = (debt->end - debt->start) >> MEZZO_PAGE_SHIFT;

	if (!pages)
		return;
	debt->flush->vmid = debt->table->vmid;
	debt->flush->pages += pages;
	mezzo_flush_cover(debt->flush, debt->start, pages, (uint8_t)debt->level);
	debt->start = debt->end = 0;
}

WALK_INLINE void owe_leaf(struct debt *debt, uint64_t ipa, unsigned int level)
{
	if (ipa != debt->end || level != debt->level) {
		owe_run(debt);
		debt->start = ipa;
		debt->level = level;
	}
	debt->end = ipa + level_bytes(level);
	debt->any = true;
}

/* A table counts for a page if nothing else does: what is owed is never 0 pages. */
WALK_INLINE void owe_table(struct debt *debt, uint64_t ipa, uint64_t bytes)
{
	struct mezzo_flush *flush = debt->flush;

	owe_run(debt);
	mezzo_flush_cover(flush, ipa, bytes >> MEZZO_PAGE_SHIFT, MEZZO_LEVEL_ANY);
	flush->vmid = debt->table->vmid;
	flush->pages += !flush->pages;
	flush->owed = true;
	flush->tables = true;
	debt->any = true;
}

/* Whoever holds an entry gives it back soon: it works on one frame and never waits for us. */
WALK_RARE enum step wait(const struct mezzo_table *table, _Atomic uint64_t *entry)
{
	while (is_busy(atomic_load(entry)))
		table->platform->relax(table->platform->ctx);
	return STEP_AGAIN;
}

/* --- unmap ----------------------------------------------------------------------------------- */

struct unmap {
	struct debt debt;
	bool exec; /* something executable went */
	int status;
};

/* A block over the edge. Both were looked at before anything was changed: see unmap. */
WALK_INLINE enum step refuse_crossing(struct unmap *unmap)
{
	/* Once something is, it must have been mapped after we began. */
	if (unmap->debt.any)
		return STEP_NEXT;
	unmap->status = MEZZO_ERR_LIVE;
	return STEP_STOP;
}

WALK_INLINE enum step unmap_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				  uint64_t value, unsigned int level, uint64_t ipa)
{
	const uint64_t bytes = level_bytes(level);
	struct unmap *unmap = arg;

	if (format_is_leaf(value, level)) {
		if (level != WALK_LAST_LEVEL && (ipa < walk->start || ipa + bytes > walk->end))
			return refuse_crossing(unmap);
		if (!swap(entry, &value, mark(value, MARKER_OWED)))
			return STEP_AGAIN;
	} else if (is_busy(value)) {
		return wait(walk->table, entry);
	} else if (is_marked(value, MARKER_DETACHED)) {
		owe_table(&unmap->debt, ipa, bytes);
		unmap->exec = true; /* for all we know */
		return STEP_NEXT;
	} else if (!is_marked(value, MARKER_OWED)) {
		return STEP_NEXT;
	}
	/* What an earlier flush owes and has not paid, this one owes too. */
	owe_leaf(&unmap->debt, ipa, level);
	unmap->exec |= !(value & FORMAT_EXEC_NOT);
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
WALK_INLINE bool unmap_leave(struct walk *walk, void *arg, _Atomic uint64_t *entry,
			     unsigned int level, uint64_t ipa)
{
	const uint64_t value = load(entry);
	_Atomic uint64_t *entries = table_entries(walk->table, value);
	const uint64_t bytes = table_bytes(level);
	struct unmap *unmap = arg;

	if (has_used_neighbour(entries, (ipa >> level_shift(level)) % WALK_ENTRIES) ||
	    !seal(entries))
		return false;
	store(entry, mark(value, MARKER_DETACHED));
	/* All of it, so that settle finds whatever the table still owes to somebody. */
	owe_table(&unmap->debt, ipa & ~(bytes - 1), bytes);
	return true;
}

/* Does a block reach over the end of the range? One that covers its start too is found there. */
static bool end_is_inside_block(const struct mezzo_table *table, uint64_t start, uint64_t end)
{
	struct place at;

	if (!(end & (mezzo_order_bytes(MEZZO_ORDER_1G) - 1)) ||
	    !((start ^ end) & ~(mezzo_order_bytes(MEZZO_ORDER_2M) - 1)))
		return false;
	for (;;) {
		at = descend(table, end, WALK_LAST_LEVEL);
		at.value = atomic_load(at.entry);
		if (at.level == WALK_LAST_LEVEL ||
		    (!is_busy(at.value) && !format_is_table(at.value, at.level)))
			break;
		table->platform->relax(table->platform->ctx);
	}
	return format_is_leaf(at.value, at.level) && (end & (level_bytes(at.level) - 1));
}

/* One page between others, the commonest case, without the walk. False: take the walk. */
WALK_INLINE bool unmap_page(struct mezzo_table *table, uint64_t ipa, bool prune,
			    struct mezzo_flush *flush)
{
	const unsigned int index = (ipa >> MEZZO_PAGE_SHIFT) % WALK_ENTRIES;
	struct place at = descend(table, ipa, WALK_LAST_LEVEL);

	if (at.level != WALK_LAST_LEVEL || !format_is_leaf(at.value, WALK_LAST_LEVEL) ||
	    (prune && !has_used_neighbour(at.entry - index, index)) ||
	    !swap(at.entry, &at.value, mark(at.value, MARKER_OWED)))
		return false;
	flush->vmid = table->vmid;
	flush->pages++;
	flush->owed = true;
	flush->icache |= !(at.value & FORMAT_EXEC_NOT) && !table->dic;
	mezzo_flush_cover(flush, ipa, 1, WALK_LAST_LEVEL);
	return true;
}

static int unmap(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool prune,
		 struct mezzo_flush *flush)
{
	const uint64_t end = ipa.addr + (pages << MEZZO_PAGE_SHIFT);
	struct walk walk = {.table = table, .start = ipa.addr, .end = end};
	struct unmap state = {.debt = {.table = table, .flush = flush}};

	if (pages == 1 && unmap_page(table, ipa.addr, prune, flush))
		return MEZZO_OK;
	if (end_is_inside_block(table, ipa.addr, end))
		return MEZZO_ERR_LIVE;
	if (prune)
		walk_range(&walk, unmap_visit, unmap_leave, &state);
	else
		walk_range(&walk, unmap_visit, NULL, &state);
	owe_run(&state.debt);
	flush->owed |= state.debt.any;
	flush->icache |= state.exec && !table->dic;
	return state.status;
}

/* --- settle ---------------------------------------------------------------------------------- */

/*
 * Flushes may overlap, and each pays for itself only: what another one owes is settled too where
 * this one's TLB invalidation covered it, and left alone where it did not.
 */
struct settle {
	mezzo_settle_fn *visit;
	void *arg;
	bool visited;
	bool tables;   /* the invalidation reached table-walk caches */
	uint8_t level; /* of the leaves that it reached, or MEZZO_LEVEL_ANY */
};

WALK_INLINE bool is_paid(const struct walk *walk, const struct settle *settle, uint64_t value,
			 unsigned int level, uint64_t ipa)
{
	return is_marked(value, MARKER_OWED) &&
	       (settle->level == MEZZO_LEVEL_ANY || settle->level == level) && ipa >= walk->start &&
	       walk->end - ipa >= level_bytes(level);
}

/* Free for the next claim; but a table on its way out stays closed. */
WALK_INLINE void settle_entry(const struct walk *walk, _Atomic uint64_t *entry)
{
	store(entry, walk->depth ? MARKER_DEAD : 0);
}

/* Every OWED leaf: free at once, or visited when its frame has to be. */
WALK_INLINE enum step settle_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, unsigned int level, uint64_t ipa)
{
	struct settle *settle = arg;
	struct mezzo_leaf leaf;

	if (!is_paid(walk, settle, value, level, ipa))
		return STEP_NEXT;
	if (!(value & FORMAT_CLEAN) || !settle->visit) {
		settle_entry(walk, entry);
		return STEP_NEXT;
	}
	leaf_decode(walk->table, value, level, MEZZO_ENTRY_OWED, &leaf);
	settle->visit(settle->arg, (struct mezzo_ipa){ipa}, &leaf);
	settle->visited = true;
	return STEP_NEXT;
}

WALK_INLINE enum step settle_clear(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, unsigned int level, uint64_t ipa)
{
	if (is_paid(walk, arg, value, level, ipa))
		settle_entry(walk, entry);
	return STEP_NEXT;
}

/* Nothing in the table is owed any more: it waits for the walkers inside only. */
WALK_INLINE bool settle_leave(struct walk *walk, void *arg, _Atomic uint64_t *entry,
			      unsigned int level, uint64_t ipa)
{
	const uint64_t value = load(entry);
	const uint64_t bytes = table_bytes(level);
	const uint64_t start = ipa & ~(bytes - 1);
	const struct settle *settle = arg;

	if (!is_marked(value, MARKER_DETACHED))
		return true;
	walk->depth--;
	if (settle->tables && walk->start <= start && walk->end - start >= bytes) {
		settle_entry(walk, entry);
		mezzo_table_retire(walk->table, table_entries(walk->table, value));
	}
	return true;
}

static void settle_ranges(struct mezzo_table *table, const struct mezzo_flush *flush,
			  struct settle *settle, bool clear)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		struct walk walk = {
			.table = table,
			.start = flush->range[i].ipa.addr,
			.end = flush->range[i].ipa.addr +
			       (flush->range[i].pages << MEZZO_PAGE_SHIFT),
			.detached = true,
		};

		settle->level = flush->tables ? MEZZO_LEVEL_ANY : flush->range[i].level;
		if (clear)
			walk_range(&walk, settle_clear, settle_leave, settle);
		else
			walk_range(&walk, settle_visit, NULL, settle);
	}
}

static void settle(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		   void *arg)
{
	const struct mezzo_platform *platform = table->platform;
	struct settle state = {.visit = visit, .arg = arg, .tables = flush->tables};

	if (!flush->pages)
		return;
	if (flush->vmid != table->vmid)
		WALK_BROKEN();
	mezzo_flush_normalise(flush);
	mezzo_flush_tlb(platform, table->vmid, flush);
	platform->barrier(platform->ctx, MEZZO_BARRIER_CONTEXT);
	if (flush->owed)
		settle_ranges(table, flush, &state, false);
	if (state.visited)
		platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
	if (state.visited || flush->tables)
		settle_ranges(table, flush, &state, true);
	if (flush->icache) {
		platform->icache_invalidate(platform->ctx);
		platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
		platform->barrier(platform->ctx, MEZZO_BARRIER_CONTEXT);
	}
	*flush = (struct mezzo_flush){0};
}

/* --- protect, age ---------------------------------------------------------------------------- */

struct narrow {
	struct debt debt;
	uint64_t bits;  /* to be cleared */
	bool exclusive; /* nobody else is at work: plain stores */
	bool waits;     /* for entries that are held */
	bool held;
};

WALK_INLINE enum step narrow_visit(struct walk *walk, void *arg, _Atomic uint64_t *entry,
				   uint64_t value, unsigned int level, uint64_t ipa)
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
