/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_H
#define MEZZO_TABLE_WALK_H
/*
 * The walker: a template, instantiated by including it after a format. Everything is inlined into
 * the operations, so that none pays for a call but the one through struct mezzo_table_ops.
 *
 * A format is a header that gives pure functions and constants over one descriptor of four levels
 * of 512 entries: format_attributes, format_place, format_encode, format_attr, format_attr_valid, format_pa, format_child,
 * format_parent, format_table, format_is_table, format_is_leaf, format_change_is_live, and
 * FORMAT_VALID, _WRITE, _EXEC_NOT, _ACCESSED, _CLEAN, _MUTABLE. Zero is an empty entry, and
 * the markers of marker.h fit beside everything that a leaf holds.
 *
 * Levels are Arm's: 0 at the top, 3 holds 4 KiB pages. A root may be concatenated: its index is
 * not masked.
 *
 * Memory order. Entries are loaded with acquire: what a table held when it was linked is seen. A
 * claim, and every load of the operations that take away, is sequentially consistent: a claimer
 * that then loads the caller's sequence, and a taker that raised the sequence first, cannot both
 * miss the other.
 */
#include <stdatomic.h>

#include <mezzo/status.h>

#include "table/flush.h"
#include "table/marker.h"

#define WALK_LEVELS 4u
#define WALK_LAST_LEVEL 3u
#define WALK_ENTRIES 512u
#define WALK_INLINE static inline __attribute__((always_inline))
#define WALK_RARE static __attribute__((noinline, cold)) /* keeps registers for the rest */

/* For what cannot happen: tests stop here; otherwise the caller takes the harmless way out. */
#ifdef MEZZO_PARANOID
#define WALK_BROKEN() __builtin_trap()
#else
#define WALK_BROKEN() ((void)0)
#endif

/* --- geometry -------------------------------------------------------------------------------- */

WALK_INLINE unsigned int level_shift(unsigned int level)
{
	return MEZZO_PAGE_SHIFT + 9 * (WALK_LAST_LEVEL - level);
}

WALK_INLINE uint64_t level_bytes(unsigned int level)
{
	return UINT64_C(1) << level_shift(level);
}

WALK_INLINE unsigned int shift_level(unsigned int shift)
{
	return WALK_LAST_LEVEL - (shift - MEZZO_PAGE_SHIFT) / 9;
}

/* What a whole table of @level covers. */
WALK_INLINE uint64_t table_bytes(unsigned int level)
{
	return (uint64_t)WALK_ENTRIES << level_shift(level);
}

WALK_INLINE unsigned int level_order(unsigned int level)
{
	return 9 * (WALK_LAST_LEVEL - level);
}

/* The level whose leaves have @order, which is one of the three. */
WALK_INLINE unsigned int order_level(unsigned int order)
{
	return WALK_LAST_LEVEL - order / 8;
}

WALK_INLINE bool order_valid(unsigned int order)
{
	return order == MEZZO_ORDER_4K || order == MEZZO_ORDER_2M || order == MEZZO_ORDER_1G;
}

WALK_INLINE bool ipa_inside(const struct mezzo_table *table, uint64_t ipa)
{
	return !(ipa >> table->ipa_bits);
}

/* --- entries --------------------------------------------------------------------------------- */

WALK_INLINE bool is_marked(uint64_t entry, uint64_t marker)
{
	return (entry & (MARKER_MASK | FORMAT_VALID)) == marker;
}

WALK_INLINE uint64_t mark(uint64_t entry, uint64_t marker)
{
	return (entry & ~FORMAT_VALID) | marker;
}

/* What stood there before it was marked: a leaf, or nothing. */
WALK_INLINE uint64_t unmark(uint64_t entry)
{
	entry &= ~MARKER_MASK;
	return entry ? entry | FORMAT_VALID : 0;
}

/* Somebody holds it. Unknown invalid values count as held. */
WALK_INLINE bool is_busy(uint64_t entry)
{
	return entry && !(entry & FORMAT_VALID) && !is_marked(entry, MARKER_OWED) &&
	       !is_marked(entry, MARKER_DETACHED) && !is_marked(entry, MARKER_DEAD);
}

WALK_INLINE _Atomic uint64_t *table_entries(const struct mezzo_table *table, uint64_t entry)
{
	uint64_t va = format_pa(entry).addr + table->platform->table_offset;

	return (_Atomic uint64_t *)(uintptr_t)va;
}

/*
 * The entry for @ipa in the table that @value leads to, whose level has @shift. Most of the sum
 * does not depend on @value: a walk is a chain of loads, and this is what stands between two of
 * them.
 */
WALK_INLINE _Atomic uint64_t *entry_below(uint64_t value, uint64_t table_offset, uint64_t ipa,
					  unsigned int shift)
{
	const uint64_t index = (ipa >> shift) & (WALK_ENTRIES - 1);

	return (_Atomic uint64_t *)(uintptr_t)(format_pa(value).addr +
					       (table_offset + index * sizeof(uint64_t)));
}

WALK_INLINE uint64_t table_physical(const struct mezzo_table *table, const void *entries)
{
	return (uint64_t)(uintptr_t)entries - table->platform->table_offset;
}

WALK_INLINE uint64_t load(const _Atomic uint64_t *entry)
{
	return atomic_load_explicit((_Atomic uint64_t *)entry, memory_order_acquire);
}

/* One attempt; on failure *@value is what stands there. */
WALK_INLINE bool swap(_Atomic uint64_t *entry, uint64_t *value, uint64_t with)
{
	uint64_t found = *value; /* a variable of its own stays in a register */
	bool done = atomic_compare_exchange_strong(entry, &found, with);

	*value = found;
	return done;
}

WALK_INLINE void store(_Atomic uint64_t *entry, uint64_t value)
{
	atomic_store_explicit(entry, value, memory_order_release);
}

WALK_INLINE void leaf_decode(const struct mezzo_table *table, uint64_t entry, unsigned int level,
			     enum mezzo_entry_state state, struct mezzo_leaf *leaf)
{
	leaf->state = (uint8_t)state;
	leaf->order = (uint8_t)level_order(level);
	leaf->attr = format_attr(entry, table->fwb);
	leaf->pa = format_pa(entry);
}

/* May the leaf @from become @to where it stands? By the architecture's rule, and by the contract. */
WALK_INLINE bool change_allowed(uint64_t from, uint64_t to)
{
	return format_change_is_live(from, to) && !((from ^ to) & ~FORMAT_MUTABLE);
}

/* --- one address ----------------------------------------------------------------------------- */

struct place {
	_Atomic uint64_t *entry;
	uint64_t value;
	unsigned int level;
};

/* Walk from the root to the first level at or below @stop, a shift, or until no table leads on. */
WALK_INLINE _Atomic uint64_t *descend_to(const struct mezzo_table *table, uint64_t ipa,
					 unsigned int stop, unsigned int *shift, uint64_t *value)
{
	const uint64_t offset = table->platform->table_offset;
	unsigned int at = level_shift(table->start_level);
	_Atomic uint64_t *entry = (_Atomic uint64_t *)table->root + (ipa >> at);
	uint64_t found = load(entry);

	/* Above @stop nothing is of the last level, where a leaf looks like a table. */
	while (at > stop && format_is_table(found, 0)) {
		at -= 9;
		entry = entry_below(found, offset, ipa, at);
		found = load(entry);
	}
	*shift = at;
	*value = found;
	return entry;
}

/* The entry at which the walk for @ipa ends, at @stop the latest. */
WALK_INLINE struct place descend(const struct mezzo_table *table, uint64_t ipa, unsigned int stop)
{
	unsigned int shift;
	struct place at;

	at.entry = descend_to(table, ipa, level_shift(stop), &shift, &at.value);
	at.level = shift_level(shift);
	return at;
}

/* --- ranges ---------------------------------------------------------------------------------- */

enum step {
	STEP_NEXT,  /* to the next entry */
	STEP_AGAIN, /* look at the same address again: it has changed */
	STEP_STOP,
};

/*
 * A walk over [start, end). The visitor sees every entry that is not a table, also the one that
 * begins before @start; @leave, unless NULL, sees every table below the root, lowest first, once
 * everything of it in the range has been visited, and says whether the one above may be left too.
 * With @detached tables that are marked DETACHED are walked like the others; all tables below one
 * are DETACHED themselves.
 */
struct walk {
	struct mezzo_table *table;
	uint64_t start, end;
	bool detached;
	unsigned int depth; /* how many of the tables that lead to the visitor are DETACHED */
};

typedef enum step visit_fn(struct walk *walk, void *arg, _Atomic uint64_t *entry, uint64_t value,
			   unsigned int level, uint64_t ipa);
/* @entry leads to the table of @level that holds @ipa. */
typedef bool leave_fn(struct walk *walk, void *arg, _Atomic uint64_t *entry, unsigned int level,
		      uint64_t ipa);

WALK_INLINE bool leads_down(const struct walk *walk, uint64_t value, unsigned int level)
{
	return format_is_table(value, level) ||
	       (walk->detached && is_marked(value, MARKER_DETACHED));
}

/* Visit what lies in one table, up to the next table below it. Returns how far it came. */
WALK_INLINE uint64_t visit_run(struct walk *walk, void *arg, _Atomic uint64_t *entry,
			       unsigned int level, uint64_t ipa, uint64_t stop, visit_fn *visit)
{
	const uint64_t bytes = level_bytes(level);

	for (ipa &= ~(bytes - 1); ipa < stop; entry++, ipa += bytes) {
		uint64_t value = atomic_load(entry);
		enum step step;

		if (leads_down(walk, value, level))
			break;
		step = visit(walk, arg, entry, value, level, ipa);
		if (step == STEP_NEXT)
			continue;
		if (step == STEP_STOP)
			walk->end = 0;
		break;
	}
	/* Looking again must not begin before the range: the entry may be a table by now. */
	return ipa < walk->start ? walk->start : ipa;
}

WALK_INLINE void walk_range(struct walk *walk, visit_fn *visit, leave_fn *leave, void *arg)
{
	const struct mezzo_table *table = walk->table;
	const unsigned int top = table->start_level;
	_Atomic uint64_t *path[WALK_LEVELS];
	uint64_t ipa = walk->start;

	while (ipa < walk->end) {
		unsigned int level = top;
		uint64_t value, span, stop;

		walk->depth = 0;
		path[level] = (_Atomic uint64_t *)table->root + (ipa >> level_shift(level));
		while (leads_down(walk, value = load(path[level]), level)) {
			walk->depth += is_marked(value, MARKER_DETACHED);
			level++;
			path[level] = entry_below(value, table->platform->table_offset, ipa,
						  level_shift(level));
		}

		/* The root ends where the space ends. */
		span = level == top ? UINT64_C(1) << table->ipa_bits : table_bytes(level);
		stop = (ipa | (span - 1)) + 1;
		if (stop > walk->end)
			stop = walk->end;
		if (level == WALK_LAST_LEVEL)
			ipa = visit_run(walk, arg, path[level], WALK_LAST_LEVEL, ipa, stop, visit);
		else
			ipa = visit_run(walk, arg, path[level], level, ipa, stop, visit);

		while (leave && level > top && ipa >= stop) {
			if (!leave(walk, arg, path[level - 1], level, stop - 1))
				break;
			level--;
			/* Is this the end of the table above, too? */
			if (stop < walk->end && (stop & (table_bytes(level) - 1)))
				break;
		}
	}
}

#endif
