/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_NPT_FORMAT_H
#define MEZZO_TABLE_NPT_FORMAT_H
/*
 * AMD nested page table entries: bits, and pure encode and decode. The names FORMAT_* and format_*
 * are what the walker asks of a format (see walk.h).
 *
 * They are entries of ordinary long-mode tables. A leaf: [0] present, [1] write, [2] user, [3] PWT,
 * [4] PCD, [5] accessed, [6] dirty, [7] PAT in a page, leaf above; [12] PAT above; [51:12] output
 * address, [63] no execute. User is always set: every access of a guest counts as one of the user.
 * Of a table [2:0] and [5] are set. PWT, PCD and PAT choose an entry of the host's own PAT, so the
 * table is told what that says. Everything else is zero in every entry of ours, but for bits that
 * are software's:
 *
 *   [52] clean_after, [53] PAT again, [54] leaf above the last level again, [55] logged
 *
 * [53] and [54] say without the level where an address begins and which type is meant.
 *
 * Dirty is preset in leaves that are written to at will, as under EPT. Source: AMD APM vol. 2,
 * "Long-mode page translation", "Nested paging".
 */
#include <mezzo/arch.h>

#include "table/format_row.h"

#define FORMAT_PAGE_SHIFT 12
#define FORMAT_INDEX_BITS 9
#define FORMAT_TOP_LEVEL 0

#define NPT_LAST_LEVEL 3

#define NPT_PRESENT (UINT64_C(1) << 0)
#define NPT_WRITE (UINT64_C(1) << 1)
#define NPT_USER (UINT64_C(1) << 2)
#define NPT_PWT_PCD_SHIFT 3
#define NPT_ACCESSED (UINT64_C(1) << 5)
#define NPT_DIRTY (UINT64_C(1) << 6)
#define NPT_PAGE_PAT_SHIFT 7
#define NPT_PAGE_PAT (UINT64_C(1) << NPT_PAGE_PAT_SHIFT) /* of a page */
#define NPT_LEAF (UINT64_C(1) << 7)                      /* above */
#define NPT_LEAF_PAT_SHIFT 12
#define NPT_LEAF_PAT (UINT64_C(1) << NPT_LEAF_PAT_SHIFT)
#define NPT_SW_CLEAN (UINT64_C(1) << 52)
#define NPT_SW_PAT_SHIFT 53
#define NPT_SW_PAT (UINT64_C(1) << NPT_SW_PAT_SHIFT)
#define NPT_SW_LEAF_SHIFT 54
#define NPT_SW_LEAF (UINT64_C(1) << NPT_SW_LEAF_SHIFT)
#define NPT_SW_LOGGED (UINT64_C(1) << 55)
#define NPT_NO_EXEC (UINT64_C(1) << 63)

#define NPT_ADDR (((UINT64_C(1) << 52) - 1) & ~UINT64_C(0xfff))
#define NPT_PAT_NONE 0xff /* in struct mezzo_table.pat_index: the host's PAT has no such type */

#define FORMAT_PRESENT NPT_PRESENT
#define FORMAT_WRITE (NPT_WRITE | NPT_SW_LOGGED | NPT_DIRTY)
#define FORMAT_ACCESSED NPT_ACCESSED
#define FORMAT_CLEAN NPT_SW_CLEAN
#define FORMAT_LOGGED NPT_SW_LOGGED
#define FORMAT_MUTABLE (FORMAT_WRITE | NPT_NO_EXEC | NPT_ACCESSED)
#define FORMAT_GROUP UINT64_C(0)
#define FORMAT_LOCK UINT64_C(0)
#define FORMAT_NO_TLB UINT64_C(0)
#define FORMAT_FLIP UINT64_C(0)
#define FORMAT_ICACHE 0

/* --- leaves ---------------------------------------------------------------------------------- */

static __attribute__((noinline, cold)) bool format_unusual_valid(const struct mezzo_table *table,
								 const struct mezzo_attr *attr)
{
	if (attr->no_tag_access || attr->exec_for)
		return false;
	return attr->logged ? attr->write && table->features.dirty : !attr->dirty;
}

/* Present is readable; a type is one that the host's PAT has. */
static inline bool format_attr_valid(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	return attr->type < MEZZO_X86_STAGE2_TYPES && attr->read &&
	       table->pat_index[attr->type] != NPT_PAT_NONE &&
	       (!format_is_unusual(attr) || format_unusual_valid(table, attr));
}

/* Of a leaf above the last level bit 12 is none of the address. */
static inline struct mezzo_pa format_pa(uint64_t entry)
{
	const uint64_t pat = (entry & NPT_SW_LEAF) >> (NPT_SW_LEAF_SHIFT - 12);

	return (struct mezzo_pa){entry & NPT_ADDR & ~pat};
}

/* Where PAT goes, and the two bits that tell. */
static inline uint64_t format_size(uint64_t entry, bool page)
{
	entry &= ~(NPT_SW_LEAF | NPT_LEAF | (entry & NPT_SW_LEAF ? NPT_LEAF_PAT : 0));
	if (page)
		return entry | (entry & NPT_SW_PAT ? NPT_PAGE_PAT : 0);
	return entry | NPT_LEAF | NPT_SW_LEAF | (entry & NPT_SW_PAT ? NPT_LEAF_PAT : 0);
}

/* A leaf's attributes, without what format_at adds. @attr is valid. */
static inline uint64_t format_attributes(const struct mezzo_table *table,
					 const struct mezzo_attr *attr)
{
	const uint64_t index = table->pat_index[attr->type];
	uint64_t entry = NPT_PRESENT | NPT_USER;

	entry |= (index & 3) << NPT_PWT_PCD_SHIFT;
	entry |= index & 4 ? NPT_SW_PAT : 0;
	entry |= attr->write ? NPT_WRITE | NPT_DIRTY : 0;
	entry |= attr->exec ? 0 : NPT_NO_EXEC;
	entry |= attr->accessed ? NPT_ACCESSED : 0;
	entry |= attr->clean_after ? NPT_SW_CLEAN : 0;
	if (__builtin_expect(attr->logged, 0))
		entry = (entry | NPT_SW_LOGGED) & ~(attr->dirty ? 0 : NPT_DIRTY);
	return entry;
}

/* A leaf of that level, with that output address, which is aligned to it. */
static inline uint64_t format_at(uint64_t attributes, struct mezzo_pa pa, int level)
{
	const uint64_t pat = attributes & NPT_SW_PAT;

	if (level == NPT_LAST_LEVEL)
		return attributes | pa.addr | pat >> (NPT_SW_PAT_SHIFT - NPT_PAGE_PAT_SHIFT);
	return attributes | pa.addr | NPT_LEAF | NPT_SW_LEAF |
	       pat >> (NPT_SW_PAT_SHIFT - NPT_LEAF_PAT_SHIFT);
}

static inline uint64_t format_encode(const struct mezzo_table *table, struct mezzo_pa pa, int level,
				     const struct mezzo_attr *attr)
{
	return format_at(format_attributes(table, attr), pa, level);
}

static inline bool format_is_exec(uint64_t entry)
{
	return !(entry & NPT_NO_EXEC);
}

static inline bool format_is_logged(uint64_t entry)
{
	return entry & NPT_SW_LOGGED;
}

/* Logged, and written since. */
static inline bool format_is_dirty(uint64_t entry)
{
	return (entry & (NPT_SW_LOGGED | NPT_DIRTY)) == (NPT_SW_LOGGED | NPT_DIRTY);
}

static const union format_row format_types[MEZZO_X86_STAGE2_TYPES] = {
	[MEZZO_X86_STAGE2_UC] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_UC),
	[MEZZO_X86_STAGE2_WC] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WC),
	[MEZZO_X86_STAGE2_WT] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WT),
	[MEZZO_X86_STAGE2_WP] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WP),
	[MEZZO_X86_STAGE2_WB] = FORMAT_ROW(.type = MEZZO_X86_STAGE2_WB),
};

/* By write and accessed, bits 1 and 5. */
#define NPT_ACCESS_SHIFT 1
#define NPT_ACCESS_MASK 0x11
static const union format_row format_access[NPT_ACCESS_MASK + 1] = {
	[0x00] = FORMAT_ROW(.read = true),
	[0x01] = FORMAT_ROW(.read = true, .write = true),
	[0x10] = FORMAT_ROW(.accessed = true, .read = true),
	[0x11] = FORMAT_ROW(.accessed = true, .read = true, .write = true),
};

/* By clean_after, and no execute above. */
static const union format_row format_rest[4] = {
	[0] = FORMAT_ROW(.exec = true),
	[1] = FORMAT_ROW(.exec = true, .clean_after = true),
	[3] = FORMAT_ROW(.clean_after = true),
};

/* Writes are logged. */
static __attribute__((noinline, cold)) struct mezzo_attr format_unusual_attr(struct mezzo_attr attr,
									     uint64_t entry)
{
	attr.logged = true;
	attr.dirty = format_is_dirty(entry);
	return attr;
}

/* The attributes of a leaf of ours. */
static inline struct mezzo_attr format_attr(const struct mezzo_table *table, uint64_t entry)
{
	const unsigned int index = (entry >> NPT_PWT_PCD_SHIFT & 3) | (entry >> 51 & 4);
	const struct mezzo_attr attr =
		format_usual(format_types[table->pat_type[index]].word |
			     format_access[entry >> NPT_ACCESS_SHIFT & NPT_ACCESS_MASK].word |
			     format_rest[(entry >> 52 & 1) | (entry >> 62 & 2)].word);

	if (__builtin_expect((entry & NPT_SW_LOGGED) != 0, 0))
		return format_unusual_attr(attr, entry);
	return attr;
}

/* The first of the leaves of the next level that together are the block @entry. */
static inline uint64_t format_child(uint64_t entry, int level)
{
	return format_size(entry, level + 1 == NPT_LAST_LEVEL);
}

/* The block of @level that a table's first leaf, @entry, would be part of. */
static inline uint64_t format_parent(uint64_t entry, int level)
{
	(void)level;
	return format_size(entry, false);
}

/* --- what the hardware notes ----------------------------------------------------------------- */

/* Dirty of a leaf that is not logged means nothing. */
static inline uint64_t format_notable(uint64_t leaf)
{
	(void)leaf;
	return NPT_ACCESSED | NPT_DIRTY;
}

/* A logged leaf that has not been written yet. */
static inline uint64_t format_rearm(uint64_t entry)
{
	return entry & ~NPT_DIRTY;
}

/* Written from now on; nobody is told. */
static inline uint64_t format_opened(uint64_t entry)
{
	return entry | NPT_WRITE | NPT_ACCESSED;
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
	return pa | NPT_PRESENT | NPT_WRITE | NPT_USER | NPT_ACCESSED;
}

/* Where an entry that is a table leads. */
static inline uint64_t format_next(uint64_t entry)
{
	return entry & NPT_ADDR;
}

static inline bool format_is_table(uint64_t entry, int level)
{
	return level != NPT_LAST_LEVEL && (entry & (NPT_PRESENT | NPT_LEAF)) == NPT_PRESENT;
}

static inline bool format_is_leaf(uint64_t entry, int level)
{
	return (entry & NPT_PRESENT) && !format_is_table(entry, level);
}

/* --- entries that are not present ------------------------------------------------------------- */

static inline uint64_t format_mark(uint64_t entry, uint64_t marker)
{
	return (entry & ~NPT_PRESENT) | marker;
}

static inline uint64_t format_unmark(uint64_t entry)
{
	return entry | NPT_PRESENT;
}

#endif
