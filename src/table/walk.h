/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_H
#define MEZZO_TABLE_WALK_H
/*
 * The walker: a template, instantiated by including it after a format. Everything is inlined into
 * the operations, so that none pays for a call but the one through struct mezzo_table_ops.
 *
 * A format is a header that gives constants and pure functions over one descriptor. Levels are
 * Arm's: the last is 3, whose leaves are pages; the tree may begin at any level from
 * FORMAT_TOP_LEVEL (-1 for five levels) to 3, as the table's start_level says; a root may be
 * concatenated: its index is not masked.
 *
 *   FORMAT_PAGE_SHIFT		of a page; a table is as large as a page
 *   FORMAT_INDEX_BITS		a table has 1 << FORMAT_INDEX_BITS entries of 8 bytes
 *   FORMAT_TOP_LEVEL		the highest level there is
 *   FORMAT_PRESENT		any of these bits makes an entry mean something to the hardware
 *   FORMAT_WRITE, _ACCESSED	bits to be cleared to take write permission, the access flag
 *   FORMAT_CLEAN		the bit that remembers clean_after
 *   FORMAT_LOGGED		a bit that every dirty leaf has
 *   FORMAT_MUTABLE		what may change in a live leaf: permissions and what is noted
 *   FORMAT_LOCK		a software bit of a leaf: see below
 *   FORMAT_GROUP		the bit that all leaves of a group have (Contiguous), or 0
 *   FORMAT_NO_TLB		the bit of a block that keeps it out of TLBs (nT), or 0: then
 *				features.bbm is never 1
 *   FORMAT_FLIP		bits that memory holds inverted; also in struct mezzo_table.empty
 *   FORMAT_ICACHE		1 where instruction caches may need maintenance at all
 *
 *   format_attr_valid		can a leaf say these attributes? Not those with which the hardware
 *				would take it for an entry that is not present
 *   format_attributes, _at, _encode, _attr, _pa
 *				attributes, level and output address to a leaf, and back; _encode is
 *				_at of _attributes
 *   format_is_exec		may anybody execute from the leaf?
 *   format_is_logged, _dirty, _rearm
 *				does the hardware note writes, has it, and the leaf as if it had not
 *   format_opened		the leaf, of which nobody notes writes, with write permission and accessed
 *   format_notable		the bits of this leaf in which the hardware notes accesses
 *   format_group_bits		log2 of how many leaves of a level make up a group, or 0
 *   format_is_leaf, _is_table, _table
 *				format_pa is also the address of the next table
 *   format_child, _parent	a block as the first leaf of the level below, and back; the others
 *				follow by addition, so the address bits below the size of the
 *				largest block lie in place
 *   format_mark, _unmark	under a marker (marker.h) an entry has no FORMAT_PRESENT bit and
 *				keeps everything that it was, format_pa in place; _mark(0) is the
 *				marker alone, and _unmark is given what lies below the marker
 *
 * Functions are given the table where what a leaf says depends on its configuration. Which sizes
 * of leaf there are is the table's: struct mezzo_table.orders, set by the format's init. Zero is an
 * empty entry; what it is in memory is FORMAT_FLIP, as every entry is read and written through load,
 * swap and store.
 *
 * Who holds what. An entry belongs to whoever swapped it to BUSY. Where an entry has to stay valid
 * meanwhile (the first of a group, a block on its way to be a table, any leaf of tables that devices
 * walk) FORMAT_LOCK in it says the same; only the hardware may change it then, to note an access. A
 * group is held by its first entry.
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

#define WALK_LAST_LEVEL 3
#define WALK_LEVELS (WALK_LAST_LEVEL - (FORMAT_TOP_LEVEL) + 1)
#define WALK_ENTRIES (1u << FORMAT_INDEX_BITS)
#define WALK_PAGE_ORDER (FORMAT_PAGE_SHIFT - MEZZO_PAGE_SHIFT)
#define WALK_PAGE_BYTES (UINT64_C(1) << FORMAT_PAGE_SHIFT)
#define WALK_INLINE static inline __attribute__((always_inline))
#define WALK_RARE static __attribute__((noinline, cold)) /* keeps registers for the rest */

/* For what cannot happen: tests stop here; otherwise the caller takes the harmless way out. */
#ifdef MEZZO_PARANOID
#define WALK_BROKEN() __builtin_trap()
#else
#define WALK_BROKEN() ((void)0)
#endif

/* --- geometry -------------------------------------------------------------------------------- */

WALK_INLINE unsigned int level_shift(int level)
{
	return FORMAT_PAGE_SHIFT + FORMAT_INDEX_BITS * (unsigned int)(WALK_LAST_LEVEL - level);
}

WALK_INLINE uint64_t level_bytes(int level)
{
	return UINT64_C(1) << level_shift(level);
}

WALK_INLINE int shift_level(unsigned int shift)
{
	return WALK_LAST_LEVEL - (int)((shift - FORMAT_PAGE_SHIFT) / FORMAT_INDEX_BITS);
}

/* What a whole table of @level covers. */
WALK_INLINE uint64_t table_bytes(int level)
{
	return (uint64_t)WALK_ENTRIES << level_shift(level);
}

WALK_INLINE unsigned int level_order(int level)
{
	return level_shift(level) - MEZZO_PAGE_SHIFT;
}

/* The level whose entries make up leaves of @order, which is one that the table has. */
WALK_INLINE int order_level(unsigned int order)
{
	/* No order is between, so that eighths will do for ninths. */
	if (FORMAT_PAGE_SHIFT == 12)
		return WALK_LAST_LEVEL - (int)(order / 8);
	return WALK_LAST_LEVEL - (int)((order - WALK_PAGE_ORDER) / FORMAT_INDEX_BITS);
}

WALK_INLINE bool order_valid(const struct mezzo_table *table, unsigned int order)
{
	return order < 64 && (table->orders >> order & 1);
}

/* Orders of leaves that are one entry: bits as in struct mezzo_table.orders. */
#define WALK_SINGLE_ORDERS                                                                         \
	(UINT64_C(1) << WALK_PAGE_ORDER | UINT64_C(1) << (WALK_PAGE_ORDER + FORMAT_INDEX_BITS) |   \
	 UINT64_C(1) << (WALK_PAGE_ORDER + 2 * FORMAT_INDEX_BITS) |                                \
	 UINT64_C(1) << (WALK_PAGE_ORDER + 3 * FORMAT_INDEX_BITS))

WALK_INLINE bool order_is_group(unsigned int order)
{
	return FORMAT_GROUP && !(WALK_SINGLE_ORDERS >> order & 1);
}

/* The order of the leaf that begins with @value, of @level. */
WALK_INLINE unsigned int leaf_order(uint64_t value, int level)
{
	if (value & FORMAT_GROUP)
		return level_order(level) + format_group_bits(level);
	return level_order(level);
}

/* How many entries of @level a leaf of @order is made of. */
WALK_INLINE unsigned int order_entries(unsigned int order, int level)
{
	return 1u << (order - level_order(level));
}

/* The largest leaf that the table has, in bytes. */
WALK_INLINE uint64_t largest_bytes(const struct mezzo_table *table)
{
	return mezzo_order_bytes(63u - (unsigned int)__builtin_clzll(table->orders));
}

WALK_INLINE bool ipa_inside(const struct mezzo_table *table, uint64_t ipa)
{
	return !(ipa >> table->ipa_bits);
}

/* --- entries --------------------------------------------------------------------------------- */

WALK_INLINE bool is_present(uint64_t entry)
{
	return entry & FORMAT_PRESENT;
}

WALK_INLINE bool is_marked(uint64_t entry, uint64_t marker)
{
	return (entry & (MARKER_MASK | FORMAT_PRESENT)) == marker;
}

/* What stood there before it was marked: a leaf, or nothing. */
WALK_INLINE uint64_t unmark(uint64_t entry)
{
	entry &= ~MARKER_MASK;
	return entry ? format_unmark(entry) : 0;
}

/* Somebody holds it. Unknown invalid values count as held. */
WALK_INLINE bool is_busy(uint64_t entry)
{
	return entry && !is_present(entry) && !is_marked(entry, MARKER_OWED) &&
	       !is_marked(entry, MARKER_DETACHED) && !is_marked(entry, MARKER_DEAD);
}

/* As is_busy, or as a leaf that stays present. */
WALK_INLINE bool is_held(uint64_t entry)
{
	return is_present(entry) ? entry & FORMAT_LOCK : is_busy(entry);
}

/* A leaf that is not to be touched without looking twice: of a group, or held. */
WALK_INLINE bool is_special(uint64_t leaf)
{
	return leaf & (FORMAT_GROUP | FORMAT_LOCK);
}

/* As a leaf is when nobody is at work on it. Of a page the other bit is one of its address. */
WALK_INLINE uint64_t unlocked(uint64_t leaf, int level)
{
	return leaf & ~(level == WALK_LAST_LEVEL ? FORMAT_LOCK : FORMAT_LOCK | FORMAT_NO_TLB);
}

/* What the hardware noted in the leaf; the leaf with that. */
WALK_INLINE uint64_t noted_in(uint64_t leaf)
{
	return leaf & format_notable(leaf);
}

WALK_INLINE uint64_t with_noted(uint64_t leaf, uint64_t noted)
{
	return leaf | (noted & format_notable(leaf));
}

/* The leaf @to with what was noted in @from, which it replaces. */
WALK_INLINE uint64_t keep_noted(uint64_t from, uint64_t to)
{
	if (__builtin_expect(!(from & FORMAT_LOGGED), 1))
		return to | (from & FORMAT_ACCESSED);
	return with_noted(to, noted_in(from));
}

/* Do two leaves say the same but for what the hardware notes? */
WALK_INLINE bool is_alike(uint64_t a, uint64_t b)
{
	return !((a ^ b) & ~format_notable(b));
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

	return (_Atomic uint64_t *)(uintptr_t)(format_next(value) +
					       (table_offset + index * sizeof(uint64_t)));
}

WALK_INLINE uint64_t table_physical(const struct mezzo_table *table, const void *entries)
{
	return (uint64_t)(uintptr_t)entries - table->platform->table_offset;
}

WALK_INLINE uint64_t load(const _Atomic uint64_t *entry)
{
	return atomic_load_explicit((_Atomic uint64_t *)entry, memory_order_acquire) ^ FORMAT_FLIP;
}

/* Seen in one order with everybody's swaps. */
WALK_INLINE uint64_t load_ordered(const _Atomic uint64_t *entry)
{
	return atomic_load((_Atomic uint64_t *)entry) ^ FORMAT_FLIP;
}

/* What the holder of an entry finds in it. */
WALK_INLINE uint64_t load_own(const _Atomic uint64_t *entry)
{
	return atomic_load_explicit((_Atomic uint64_t *)entry, memory_order_relaxed) ^ FORMAT_FLIP;
}

/* One attempt; on failure *@value is what stands there. */
WALK_INLINE bool swap(_Atomic uint64_t *entry, uint64_t *value, uint64_t with)
{
	uint64_t found = *value ^ FORMAT_FLIP; /* a variable of its own stays in a register */

	if (__builtin_expect(atomic_compare_exchange_strong(entry, &found, with ^ FORMAT_FLIP), 1))
		return true;
	*value = found ^ FORMAT_FLIP;
	return false;
}

WALK_INLINE void store(_Atomic uint64_t *entry, uint64_t value)
{
	atomic_store_explicit(entry, value ^ FORMAT_FLIP, memory_order_release);
}

/* A leaf of one entry that nobody is at work on: its output address is aligned. */
WALK_INLINE void leaf_decode(const struct mezzo_table *table, uint64_t entry, unsigned int order,
			     enum mezzo_entry_state state, struct mezzo_leaf *leaf)
{
	leaf->state = (uint8_t)state;
	leaf->order = (uint8_t)order;
	leaf->attr = format_attr(table, entry);
	leaf->pa = format_pa(entry);
}

/* Any leaf, also a group of which @entry is one. */
WALK_RARE void leaf_decode_any(const struct mezzo_table *table, uint64_t entry, int level,
			       struct mezzo_leaf *leaf)
{
	const unsigned int order = leaf_order(entry, level);

	leaf_decode(table, entry, order, MEZZO_ENTRY_LEAF, leaf);
	leaf->pa.addr &= ~(mezzo_order_bytes(order) - 1);
}

/* A block that no TLB will hold, where the format can say so. */
WALK_INLINE uint64_t kept_out_of_tlb(uint64_t block)
{
	return block | FORMAT_NO_TLB;
}

/* May the leaf @from become @to where it stands? */
WALK_INLINE bool change_allowed(uint64_t from, uint64_t to)
{
	return !((from ^ to) & ~FORMAT_MUTABLE);
}

/* --- one address ----------------------------------------------------------------------------- */

struct place {
	_Atomic uint64_t *entry;
	uint64_t value;
	int level;
};

/* Walk from the root to the first level at or below @stop, a shift, or until no table leads on. */
WALK_INLINE _Atomic uint64_t *descend_to(const struct mezzo_table *table, uint64_t ipa,
					 unsigned int stop, unsigned int *shift, uint64_t *value)
{
	const uint64_t offset = table->platform->table_offset;
	unsigned int at = table->start_shift;
	_Atomic uint64_t *entry = (_Atomic uint64_t *)table->root + (ipa >> at);
	uint64_t found = load(entry);

	/* Above @stop nothing is of the last level, where a leaf looks like a table. */
	while (at > stop && format_is_table(found, 0)) {
		at -= FORMAT_INDEX_BITS;
		entry = entry_below(found, offset, ipa, at);
		found = load(entry);
	}
	*shift = at;
	*value = found;
	return entry;
}

/* The entry at which the walk for @ipa ends, at @stop the latest. */
WALK_INLINE struct place descend(const struct mezzo_table *table, uint64_t ipa, int stop)
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
			   int level, uint64_t ipa);
/* @entry leads to the table of @level that holds @ipa. */
typedef bool leave_fn(struct walk *walk, void *arg, _Atomic uint64_t *entry, int level,
		      uint64_t ipa);

WALK_INLINE bool leads_down(const struct walk *walk, uint64_t value, int level)
{
	return format_is_table(value, level) ||
	       (walk->detached && is_marked(value, MARKER_DETACHED));
}

/* Visit what lies in one table, up to the next table below it. Returns how far it came. */
WALK_INLINE uint64_t visit_run(struct walk *walk, void *arg, _Atomic uint64_t *entry, int level,
			       uint64_t ipa, uint64_t stop, visit_fn *visit)
{
	const uint64_t bytes = level_bytes(level);

	for (ipa &= ~(bytes - 1); ipa < stop; entry++, ipa += bytes) {
		uint64_t value = load_ordered(entry);
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

/*
 * @often: the visitor is worth two copies, one of them for the last level alone.
 */
WALK_INLINE void walk_range(struct walk *walk, visit_fn *visit, leave_fn *leave, void *arg,
			    bool often)
{
	const struct mezzo_table *table = walk->table;
	const int top = table->start_level;
	_Atomic uint64_t *path[WALK_LEVELS]; /* from the top down */
	uint64_t ipa = walk->start;

	while (ipa < walk->end) {
		uint64_t value, span, stop;
		unsigned int at = 0;
		int level = top;

		walk->depth = 0;
		path[at] = (_Atomic uint64_t *)table->root + (ipa >> level_shift(level));
		while (leads_down(walk, value = load(path[at]), level)) {
			walk->depth += is_marked(value, MARKER_DETACHED);
			path[++at] = entry_below(value, table->platform->table_offset, ipa,
						 level_shift(++level));
		}

		/* The root ends where the space ends. */
		span = level == top ? UINT64_C(1) << table->ipa_bits : table_bytes(level);
		stop = (ipa | (span - 1)) + 1;
		if (stop > walk->end)
			stop = walk->end;
		if (often && level == WALK_LAST_LEVEL)
			ipa = visit_run(walk, arg, path[at], WALK_LAST_LEVEL, ipa, stop, visit);
		else
			ipa = visit_run(walk, arg, path[at], level, ipa, stop, visit);

		while (leave && at && ipa >= stop) {
			if (!leave(walk, arg, path[--at], level, stop - 1))
				break;
			level--;
			/* Is this the end of the table above, too? */
			if (stop < walk->end && (stop & (table_bytes(level) - 1)))
				break;
		}
	}
}

#endif
