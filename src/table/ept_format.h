/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_EPT_FORMAT_H
#define MEZZO_TABLE_EPT_FORMAT_H
/*
 * Intel EPT entries: bits, and pure encode and decode. The names FORMAT_* and format_* are what the
 * walker asks of a format (see walk.h).
 *
 * A leaf: [0] read, [1] write, [2] execute (of supervisor-mode linear addresses, where execution is
 * mode-based), [5:3] memory type, [6] ignore PAT, [7] leaf above the last level, [8] accessed,
 * [9] dirty, [10] execute for user-mode linear addresses, [51:12] output address, [63] suppress
 * #VE. Of a table [2:0] and [10] are all set and [8] is, [7:3] are reserved. Everything else is
 * zero in every entry of ours, but for three bits that every processor ignores:
 *
 *   [52] clean_after, [53] logged, [54] the same as [10]; [57:55] under a marker: what [2:0] were
 *
 * An entry is present when any of [2:0] and [10] is set, so that they cannot stay under a marker.
 * [63] is stored inverted (FORMAT_FLIP): to the processor it is set in every entry, empty ones too,
 * so that no violation becomes a #VE in the guest; to the walker it is zero and an empty entry is 0.
 *
 * Dirty is preset in leaves that are written to at will: the processor notes nothing in them, and
 * page-modification logging, which writes an address down when it sets a dirty flag, has none to
 * write. Source: Intel SDM vol. 3, "The EPT translation mechanism", tables of the entries' formats,
 * "EPT misconfigurations", "Accessed and dirty flags for EPT", "Page-modification logging".
 */
#include <mezzo/arch.h>

#include "table/format_row.h"

#define FORMAT_PAGE_SHIFT 12
#define FORMAT_INDEX_BITS 9
#define FORMAT_TOP_LEVEL 0

#define EPT_LAST_LEVEL 3

#define EPT_READ (UINT64_C(1) << 0)
#define EPT_WRITE (UINT64_C(1) << 1)
#define EPT_EXEC (UINT64_C(1) << 2)
#define EPT_EXEC_USER (UINT64_C(1) << 10)
#define EPT_TYPE_SHIFT 3
#define EPT_TYPE (UINT64_C(0xf) << EPT_TYPE_SHIFT) /* with ignore-PAT on top */
#define EPT_LEAF (UINT64_C(1) << 7)                /* above the last level */
#define EPT_ACCESSED (UINT64_C(1) << 8)
#define EPT_DIRTY (UINT64_C(1) << 9)
#define EPT_SW_CLEAN (UINT64_C(1) << 52)
#define EPT_SW_LOGGED (UINT64_C(1) << 53)
#define EPT_SW_EXEC_USER (UINT64_C(1) << 54)
#define EPT_SUPPRESS_VE (UINT64_C(1) << 63)

/*
 * Where permissions are kept under a marker: read, write and execute. Execution in user mode has its
 * copy all the time, because a marker is entered for every leaf that goes.
 */
#define EPT_PERMISSIONS (EPT_READ | EPT_WRITE | EPT_EXEC)
#define EPT_KEPT_SHIFT 55
#define EPT_KEPT (UINT64_C(7) << EPT_KEPT_SHIFT)
#define EPT_USER (EPT_EXEC_USER | EPT_SW_EXEC_USER)
#define EPT_USER_SHIFT (54 - 10)

#define EPT_ADDR (((UINT64_C(1) << 52) - 1) & ~UINT64_C(0xfff))

#define FORMAT_PRESENT (EPT_PERMISSIONS | EPT_EXEC_USER)
#define FORMAT_WRITE (EPT_WRITE | EPT_SW_LOGGED | EPT_DIRTY)
#define FORMAT_ACCESSED EPT_ACCESSED
#define FORMAT_CLEAN EPT_SW_CLEAN
#define FORMAT_LOGGED EPT_SW_LOGGED
#define FORMAT_MUTABLE                                                                             \
	(FORMAT_PRESENT | EPT_SW_EXEC_USER | EPT_SW_LOGGED | EPT_DIRTY | EPT_ACCESSED)
#define FORMAT_GROUP UINT64_C(0)
#define FORMAT_LOCK UINT64_C(0)
#define FORMAT_NO_TLB UINT64_C(0)
#define FORMAT_FLIP EPT_SUPPRESS_VE
#define FORMAT_ICACHE 0

/* --- leaves ---------------------------------------------------------------------------------- */

static __attribute__((noinline, cold)) bool format_unusual_valid(const struct mezzo_table *table,
								 const struct mezzo_attr *attr)
{
	if (attr->no_tag_access)
		return false;
	if (attr->exec_for &&
	    (!attr->exec || !table->features.xnx || attr->exec_for >= MEZZO_EXEC_VALUES))
		return false;
	return attr->logged ? attr->write && table->features.dirty : !attr->dirty;
}

/*
 * What is written can be read, and what can be executed can be read unless the processor knows
 * better: everything else is a misconfiguration, or not present.
 */
static inline bool format_attr_valid(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	return attr->type < MEZZO_X86_STAGE2_TYPES &&
	       (attr->read || (!attr->write && attr->exec && table->features.exec_only)) &&
	       (!format_is_unusual(attr) || format_unusual_valid(table, attr));
}

static inline struct mezzo_pa format_pa(uint64_t entry)
{
	return (struct mezzo_pa){entry & EPT_ADDR};
}

/* The leaf @entry, encoded as if nothing were unusual, with what is. */
static __attribute__((noinline, cold)) uint64_t format_unusual(uint64_t entry,
							       const struct mezzo_attr *attr)
{
	if (attr->exec_for == MEZZO_EXEC_USER)
		entry &= ~EPT_EXEC;
	if (attr->exec_for == MEZZO_EXEC_KERNEL)
		entry &= ~EPT_USER;
	if (attr->logged)
		entry = (entry | EPT_SW_LOGGED) & ~(attr->dirty ? 0 : EPT_DIRTY);
	return entry;
}

/* A leaf's attributes, without what format_at adds. @attr is valid. */
static inline uint64_t format_attributes(const struct mezzo_table *table,
					 const struct mezzo_attr *attr)
{
	static const uint8_t type[MEZZO_X86_STAGE2_TYPES] = {
		[MEZZO_X86_STAGE2_UC_ONLY] = 8 | MEZZO_X86_UC, [MEZZO_X86_STAGE2_UC] = MEZZO_X86_UC,
		[MEZZO_X86_STAGE2_WC] = MEZZO_X86_WC,          [MEZZO_X86_STAGE2_WT] = MEZZO_X86_WT,
		[MEZZO_X86_STAGE2_WP] = MEZZO_X86_WP,          [MEZZO_X86_STAGE2_WB] = MEZZO_X86_WB,
		[MEZZO_X86_STAGE2_WB_ONLY] = 8 | MEZZO_X86_WB,
	};
	uint64_t entry = (uint64_t)type[attr->type] << EPT_TYPE_SHIFT;

	(void)table;
	entry |= attr->read ? EPT_READ : 0;
	entry |= attr->write ? EPT_WRITE | EPT_DIRTY : 0;
	entry |= attr->exec ? EPT_EXEC | EPT_USER : 0;
	entry |= attr->accessed ? EPT_ACCESSED : 0;
	entry |= attr->clean_after ? EPT_SW_CLEAN : 0;
	return format_is_unusual(attr) ? format_unusual(entry, attr) : entry;
}

/* A leaf of that level, with that output address, which is aligned to it. */
static inline uint64_t format_at(uint64_t attributes, struct mezzo_pa pa, int level)
{
	return attributes | pa.addr | (level == EPT_LAST_LEVEL ? 0 : EPT_LEAF);
}

static inline uint64_t format_encode(const struct mezzo_table *table, struct mezzo_pa pa, int level,
				     const struct mezzo_attr *attr)
{
	return format_at(format_attributes(table, attr), pa, level);
}

static inline bool format_is_exec(uint64_t entry)
{
	return entry & (EPT_EXEC | EPT_EXEC_USER);
}

static inline bool format_is_logged(uint64_t entry)
{
	return entry & EPT_SW_LOGGED;
}

/* Logged, and written since. */
static inline bool format_is_dirty(uint64_t entry)
{
	return (entry & (EPT_SW_LOGGED | EPT_DIRTY)) == (EPT_SW_LOGGED | EPT_DIRTY);
}

/* By memory type and ignore-PAT; the rest is never emitted. */
static const union format_row format_types[16] = {
	[MEZZO_X86_UC] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_UC),
	[MEZZO_X86_WC] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WC),
	[MEZZO_X86_WT] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WT),
	[MEZZO_X86_WP] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WP),
	[MEZZO_X86_WB] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WB),
	[8 | MEZZO_X86_UC] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_UC_ONLY),
	[8 | MEZZO_X86_WB] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WB_ONLY),
};

/* By read, write and execute. */
static const union format_row format_access[8] = {
	[1] = FORMAT_ROW(.read = true),
	[2] = FORMAT_ROW(.write = true),
	[3] = FORMAT_ROW(.read = true, .write = true),
	[4] = FORMAT_ROW(.exec = true),
	[5] = FORMAT_ROW(.exec = true, .read = true),
	[6] = FORMAT_ROW(.exec = true, .write = true),
	[7] = FORMAT_ROW(.exec = true, .read = true, .write = true),
};

/* By accessed, and clean_after above. */
static const union format_row format_rest[4] = {
	[1] = FORMAT_ROW(.accessed = true),
	[2] = FORMAT_ROW(.clean_after = true),
	[3] = FORMAT_ROW(.accessed = true, .clean_after = true),
};

/* One mode may execute and another not, or writes are logged. */
static __attribute__((noinline, cold)) struct mezzo_attr format_unusual_attr(struct mezzo_attr attr,
									     uint64_t entry)
{
	attr.exec = format_is_exec(entry);
	if (attr.exec && !(entry & EPT_EXEC_USER))
		attr.exec_for = MEZZO_EXEC_KERNEL;
	if (attr.exec && !(entry & EPT_EXEC))
		attr.exec_for = MEZZO_EXEC_USER;
	attr.logged = format_is_logged(entry);
	attr.dirty = format_is_dirty(entry);
	return attr;
}

/* The attributes of a leaf of ours. */
static inline struct mezzo_attr format_attr(const struct mezzo_table *table, uint64_t entry)
{
	const struct mezzo_attr attr =
		format_usual(format_types[(entry & EPT_TYPE) >> EPT_TYPE_SHIFT].word |
			     format_access[entry & EPT_PERMISSIONS].word |
			     format_rest[(entry >> 8 & 1) | (entry >> 51 & 2)].word);
	const uint64_t user = entry >> 8; /* where bit 10 meets bit 2 */

	(void)table;
	if (__builtin_expect(((user ^ entry) & EPT_EXEC) || (entry & EPT_SW_LOGGED), 0))
		return format_unusual_attr(attr, entry);
	return attr;
}

/* The first of the leaves of the next level that together are the block @entry. */
static inline uint64_t format_child(uint64_t entry, int level)
{
	return level + 1 == EPT_LAST_LEVEL ? entry & ~EPT_LEAF : entry;
}

/* The block of @level that a table's first leaf, @entry, would be part of. */
static inline uint64_t format_parent(uint64_t entry, int level)
{
	(void)level;
	return entry | EPT_LEAF;
}

/* --- what the hardware notes ----------------------------------------------------------------- */

/* Dirty of a leaf that is not logged means nothing. */
static inline uint64_t format_notable(uint64_t leaf)
{
	(void)leaf;
	return EPT_ACCESSED | EPT_DIRTY;
}

/* A logged leaf that has not been written yet. */
static inline uint64_t format_rearm(uint64_t entry)
{
	return entry & ~EPT_DIRTY;
}

/* Written from now on; nobody is told. */
static inline uint64_t format_opened(uint64_t entry)
{
	return entry | EPT_WRITE | EPT_ACCESSED;
}

static inline unsigned int format_group_bits(int level)
{
	(void)level;
	return 0;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* Accessed is set, so that the processor never has to. */
static inline uint64_t format_table(uint64_t pa)
{
	return pa | FORMAT_PRESENT | EPT_SW_EXEC_USER | EPT_ACCESSED;
}

/* Where an entry that is a table leads. */
static inline uint64_t format_next(uint64_t entry)
{
	return format_pa(entry).addr;
}

static inline bool format_is_table(uint64_t entry, int level)
{
	return level != EPT_LAST_LEVEL && (entry & FORMAT_PRESENT) && !(entry & EPT_LEAF);
}

static inline bool format_is_leaf(uint64_t entry, int level)
{
	return (entry & FORMAT_PRESENT) && !format_is_table(entry, level);
}

/* --- entries that are not present ------------------------------------------------------------- */

static inline uint64_t format_mark(uint64_t entry, uint64_t marker)
{
	return (entry & ~FORMAT_PRESENT) | (entry & EPT_PERMISSIONS) << EPT_KEPT_SHIFT | marker;
}

static inline uint64_t format_unmark(uint64_t entry)
{
	return (entry & ~EPT_KEPT) | (entry >> EPT_KEPT_SHIFT & EPT_PERMISSIONS) |
	       (entry >> EPT_USER_SHIFT & EPT_EXEC_USER);
}

#endif
