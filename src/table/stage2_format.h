/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_STAGE2_FORMAT_H
#define MEZZO_TABLE_STAGE2_FORMAT_H
/*
 * arm64 stage-2 descriptors: bits, and pure encode and decode. The names FORMAT_* and format_* are
 * what the walker asks of a format (see walk.h). Whoever includes this says which geometry:
 *
 *   S2_PAGE_SHIFT	12, 14 or 16: the granule
 *   S2_LPA2		1: 4 or 16 KiB with 52-bit addresses (VTCR_EL2.DS = 1)
 *   S2_PLAIN		1: no groups, nothing that stays valid while it is held
 *
 * A leaf: [0] valid, [1] page (level 3) or block (above), [5:2] MemAttr, [7:6] S2AP, [9:8] SH,
 * [10] AF, [16] nT (blocks), [47:12] output address, [51] DBM, [52] Contiguous, [54:53] XN,
 * [58:55] software. All other bits are zero in every entry of ours: PBHA (62:59) is never set.
 * Where the output address is wider:
 *
 *   LPA2		[49:12] in place, [51:50] in [9:8]; shareability is VTCR_EL2.SH0's
 *   64 KiB		[47:16] in place, [51:48] in [15:12]
 *
 *			MemAttr		FEAT_S2FWB off	on
 *   Device-nGnRE			0001		0001
 *   Normal-NC				0101		0101
 *   Normal-WB				1111		0110
 *   as stage 1 says			1111 + SW0	0111
 *   ... with NoTagAccess		0100 (+ SW0)	1110, 1111	FEAT_MTE_PERM only
 *
 * Without FWB write-back and "as stage 1 says" encode alike, so the contract lives in a software
 * bit. Source: Arm ARM, VMSAv8-64 stage 2 descriptors and memory attributes; the golden rows in
 * tests/unit/stage2_format.c say how far each is trusted.
 */
#include <mezzo/arch.h>

#include "table/format_row.h"

/* --- geometry -------------------------------------------------------------------------------- */

#define FORMAT_PAGE_SHIFT S2_PAGE_SHIFT
#define FORMAT_INDEX_BITS (S2_PAGE_SHIFT - 3)

#if S2_PAGE_SHIFT == 12
#define FORMAT_TOP_LEVEL (S2_LPA2 ? -1 : 0)
#elif S2_PAGE_SHIFT == 14
#define FORMAT_TOP_LEVEL (S2_LPA2 ? 0 : 1)
#else
#define FORMAT_TOP_LEVEL 1
#endif

#define S2_LAST_LEVEL 3

/* --- bits ------------------------------------------------------------------------------------ */

#define S2_VALID UINT64_C(0x1)
#define S2_TABLE UINT64_C(0x2) /* above level 3: a table; level 3: a page */
#define S2_MEMATTR_SHIFT 2
#define S2_MEMATTR (UINT64_C(0xf) << S2_MEMATTR_SHIFT)
#define S2_READ (UINT64_C(1) << 6)
#define S2_WRITE (UINT64_C(1) << 7)
#define S2_SH_INNER (S2_LPA2 ? 0 : UINT64_C(3) << 8)
#define S2_ACCESSED (UINT64_C(1) << 10)
#define S2_XN (UINT64_C(3) << 53)
#define S2_XN_NONE (UINT64_C(2) << 53) /* nobody may execute; 0 is everybody */
#define S2_XN_EL0 (UINT64_C(1) << 53)  /* EL0 may, EL1 may not: FEAT_XNX */
#define S2_XN_EL1 (UINT64_C(3) << 53)  /* EL1 may, EL0 may not: FEAT_XNX */
#define S2_NT (UINT64_C(1) << 16)      /* blocks: FEAT_BBM level 1 */
#define S2_DBM (UINT64_C(1) << 51)     /* S2AP[1] is dirty state: FEAT_HAFDBS, VTCR_EL2.HD */
#define S2_CONTIGUOUS (UINT64_C(1) << 52)
#define S2_SW (UINT64_C(0xf) << 55)
#define S2_SW_CHOICE_SHIFT 55
#define S2_SW_CHOICE (UINT64_C(1) << S2_SW_CHOICE_SHIFT) /* without FWB: the type is the guest's */
#define S2_SW_CLEAN (UINT64_C(1) << 56)                  /* clean_after */
#define S2_SW_LOCK (UINT64_C(1) << 57)                   /* held, and valid meanwhile */

/* The output address: what is in place, and what lies lower by S2_HIGH_SHIFT. */
#define S2_BITS(top, low) ((UINT64_C(2) << (top)) - (UINT64_C(1) << (low)))
#define S2_ADDR (S2_LPA2 ? S2_BITS(49, S2_PAGE_SHIFT) : S2_BITS(47, S2_PAGE_SHIFT))
#define S2_ADDR_HIGH (S2_LPA2 ? S2_BITS(9, 8) : S2_PAGE_SHIFT == 16 ? S2_BITS(15, 12) : 0)
#define S2_HIGH_SHIFT (S2_LPA2 ? 42 : 36)
#define S2_ADDRESS_BITS (S2_ADDR_HIGH ? 52u : 48u)

#define S2_MEMATTR_OF(value) (UINT64_C(value) << S2_MEMATTR_SHIFT)
#define S2_DEVICE S2_MEMATTR_OF(0x1)
#define S2_NC S2_MEMATTR_OF(0x5)
#define S2_WB S2_MEMATTR_OF(0xf)
#define S2_WB_NO_TAG S2_MEMATTR_OF(0x4)
#define S2_FWB_WB S2_MEMATTR_OF(0x6)
#define S2_FWB_CHOICE S2_MEMATTR_OF(0x7)
#define S2_FWB_NO_TAG S2_MEMATTR_OF(0x8) /* with one of the two before */

#define FORMAT_PRESENT S2_VALID
#define FORMAT_WRITE (S2_WRITE | S2_DBM)
#define FORMAT_ACCESSED S2_ACCESSED
#define FORMAT_CLEAN S2_SW_CLEAN
#define FORMAT_LOGGED S2_DBM
/* What the owner of a live entry may change in place: permissions and the access flag. */
#define FORMAT_MUTABLE (S2_READ | FORMAT_WRITE | S2_XN | S2_ACCESSED)
#define FORMAT_GROUP (S2_PLAIN ? 0 : S2_CONTIGUOUS)
#define FORMAT_LOCK (S2_PLAIN ? 0 : S2_SW_LOCK)
#define FORMAT_NO_TLB (S2_PLAIN ? 0 : S2_NT)
#define FORMAT_FLIP UINT64_C(0)
#define FORMAT_ICACHE 1

/* --- leaves ---------------------------------------------------------------------------------- */

/*
 * NoTagAccess needs FEAT_MTE_PERM, and a type that could be tagged; execution at one exception level
 * FEAT_XNX; a log of writes the hardware's dirty state.
 */
static __attribute__((noinline, cold)) bool format_unusual_valid(const struct mezzo_table *table,
								 const struct mezzo_attr *attr)
{
	if (attr->no_tag_access && (!table->mte_perm || attr->type < MEZZO_STAGE2_NORMAL_WB))
		return false;
	if (attr->exec_for &&
	    (!attr->exec || !table->features.xnx || attr->exec_for >= MEZZO_EXEC_VALUES))
		return false;
	return attr->logged ? attr->write && table->features.dirty : !attr->dirty;
}

/* Can the format say it? */
static inline bool format_attr_valid(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	return attr->type < MEZZO_STAGE2_TYPES &&
	       (!format_is_unusual(attr) || format_unusual_valid(table, attr));
}

/* An address that has no other bits. */
static inline uint64_t format_address(uint64_t pa)
{
	return S2_ADDR_HIGH ? (pa & S2_ADDR) | (pa >> S2_HIGH_SHIFT & S2_ADDR_HIGH) : pa;
}

static inline struct mezzo_pa format_pa(uint64_t entry)
{
	return (struct mezzo_pa){(entry & S2_ADDR) | (entry & S2_ADDR_HIGH) << S2_HIGH_SHIFT};
}

/* The leaf @entry, encoded as if nothing were unusual, with what is. */
static __attribute__((noinline, cold)) uint64_t format_unusual(uint64_t entry,
							       const struct mezzo_attr *attr)
{
	static const uint64_t xn[MEZZO_EXEC_VALUES] = {
		[MEZZO_EXEC_USER] = S2_XN_EL0,
		[MEZZO_EXEC_KERNEL] = S2_XN_EL1,
	};

	/* Without FWB there is one encoding for it, with FWB one bit. */
	if (attr->no_tag_access && (entry & S2_MEMATTR) == S2_WB)
		entry ^= S2_WB ^ S2_WB_NO_TAG;
	else if (attr->no_tag_access)
		entry |= S2_FWB_NO_TAG;
	if (attr->logged)
		entry = (entry | S2_DBM) & ~(attr->dirty ? 0 : S2_WRITE);
	return entry | xn[attr->exec_for];
}

/* A leaf's attributes, without what format_at adds. @attr is valid. */
static inline uint64_t format_attributes(const struct mezzo_table *table,
					 const struct mezzo_attr *attr)
{
	/* MemAttr and SW_CHOICE, by FWB and type. */
	static const uint64_t type[2][MEZZO_STAGE2_TYPES] = {
		{S2_DEVICE, S2_NC, S2_WB, S2_WB | S2_SW_CHOICE},
		{S2_DEVICE, S2_NC, S2_FWB_WB, S2_FWB_CHOICE},
	};
	uint64_t entry = S2_VALID | S2_SH_INNER | type[table->fwb][attr->type];

	entry |= attr->read ? S2_READ : 0;
	entry |= attr->write ? S2_WRITE : 0;
	entry |= attr->exec ? 0 : S2_XN_NONE;
	entry |= attr->accessed ? S2_ACCESSED : 0;
	entry |= attr->clean_after ? S2_SW_CLEAN : 0;
	return format_is_unusual(attr) ? format_unusual(entry, attr) : entry;
}

/* A leaf of that level, with that output address, which is aligned to it. */
static inline uint64_t format_at(uint64_t attributes, struct mezzo_pa pa, int level)
{
	return attributes | format_address(pa.addr) | (level == S2_LAST_LEVEL ? S2_TABLE : 0);
}

static inline uint64_t format_encode(const struct mezzo_table *table, struct mezzo_pa pa, int level,
				     const struct mezzo_attr *attr)
{
	return format_at(format_attributes(table, attr), pa, level);
}

static inline bool format_is_exec(uint64_t entry)
{
	return (entry & S2_XN) != S2_XN_NONE;
}

static inline bool format_is_logged(uint64_t entry)
{
	return entry & S2_DBM;
}

/* Logged, and written since. */
static inline bool format_is_dirty(uint64_t entry)
{
	return (entry & (S2_DBM | S2_WRITE)) == (S2_DBM | S2_WRITE);
}

/* By FWB, MemAttr, and SW_CHOICE; the rest is never emitted. */
static const union format_row format_types[2][32] = {
	{[1] = FORMAT_ROW(.type = MEZZO_STAGE2_DEVICE_nGnRE),
	 [5] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_NC),
	 [15] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_WB),
	 [4] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_WB, .no_tag_access = true),
	 [16 + 15] = FORMAT_ROW(.type = MEZZO_STAGE2_GUEST_CHOICE),
	 [16 + 4] = FORMAT_ROW(.type = MEZZO_STAGE2_GUEST_CHOICE, .no_tag_access = true)},
	{[1] = FORMAT_ROW(.type = MEZZO_STAGE2_DEVICE_nGnRE),
	 [5] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_NC),
	 [6] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_WB),
	 [7] = FORMAT_ROW(.type = MEZZO_STAGE2_GUEST_CHOICE),
	 [14] = FORMAT_ROW(.type = MEZZO_STAGE2_NORMAL_WB, .no_tag_access = true),
	 [15] = FORMAT_ROW(.type = MEZZO_STAGE2_GUEST_CHOICE, .no_tag_access = true)},
};

/* By S2AP.R, S2AP.W and AF. */
#define S2_ACCESS_SHIFT 6
#define S2_ACCESS_MASK 0x13
static const union format_row format_access[S2_ACCESS_MASK + 1] = {
	[0x01] = FORMAT_ROW(.read = true),
	[0x02] = FORMAT_ROW(.write = true),
	[0x03] = FORMAT_ROW(.read = true, .write = true),
	[0x10] = FORMAT_ROW(.accessed = true),
	[0x11] = FORMAT_ROW(.accessed = true, .read = true),
	[0x12] = FORMAT_ROW(.accessed = true, .write = true),
	[0x13] = FORMAT_ROW(.accessed = true, .read = true, .write = true),
};

/* By XN[1] and SW_CLEAN. */
#define S2_REST_SHIFT 54
#define S2_REST_MASK 5
static const union format_row format_rest[S2_REST_MASK + 1] = {
	[0] = FORMAT_ROW(.exec = true),
	[1] = FORMAT_ROW(.exec = false),
	[4] = FORMAT_ROW(.exec = true, .clean_after = true),
	[5] = FORMAT_ROW(.exec = false, .clean_after = true),
};

/* Some exception level may execute and another not (XN[0]), or writes are logged. */
static __attribute__((noinline, cold)) struct mezzo_attr format_unusual_attr(struct mezzo_attr attr,
									     uint64_t entry)
{
	if (entry & S2_XN_EL0)
		attr.exec_for = attr.exec ? MEZZO_EXEC_USER : MEZZO_EXEC_KERNEL;
	attr.exec = format_is_exec(entry);
	attr.logged = format_is_logged(entry);
	attr.dirty = format_is_dirty(entry);
	attr.write = attr.write || attr.logged;
	return attr;
}

/* The attributes of a leaf of ours. */
static inline struct mezzo_attr format_attr(const struct mezzo_table *table, uint64_t entry)
{
	const uint64_t type = (entry & S2_MEMATTR) >> S2_MEMATTR_SHIFT |
			      (entry & S2_SW_CHOICE) >> (S2_SW_CHOICE_SHIFT - 4);
	const struct mezzo_attr attr =
		format_usual(format_types[table->fwb][type].word |
			     format_access[entry >> S2_ACCESS_SHIFT & S2_ACCESS_MASK].word |
			     format_rest[entry >> S2_REST_SHIFT & S2_REST_MASK].word);

	if (__builtin_expect((entry & (S2_XN_EL0 | S2_DBM)) != 0, 0))
		return format_unusual_attr(attr, entry);
	return attr;
}

/* The first of the leaves of the next level that together are the block @entry. */
static inline uint64_t format_child(uint64_t entry, int level)
{
	return entry | (level + 1 == S2_LAST_LEVEL ? S2_TABLE : 0);
}

/* The block of @level that a table's first leaf, @entry, would be part of. */
static inline uint64_t format_parent(uint64_t entry, int level)
{
	(void)level;
	return entry & ~S2_TABLE;
}

/* --- what the hardware notes ----------------------------------------------------------------- */

/* The bits of the leaf in which it notes: accessed and, where writes are logged, dirty. */
static inline uint64_t format_notable(uint64_t leaf)
{
	return S2_ACCESSED | (leaf & S2_DBM ? S2_WRITE : 0);
}

/* A logged leaf that has not been written yet. */
static inline uint64_t format_rearm(uint64_t entry)
{
	return entry & ~S2_WRITE;
}

/* Written from now on; nobody is told. */
static inline uint64_t format_opened(uint64_t entry)
{
	return entry | S2_WRITE | S2_ACCESSED;
}

/* --- groups ----------------------------------------------------------------------------------- */

/*
 * log2 of how many descriptors make up a group at @level; 0: none do. Source: Arm ARM, the
 * Contiguous bit.
 */
static inline unsigned int format_group_bits(int level)
{
	if (S2_PLAIN)
		return 0;
	switch (S2_PAGE_SHIFT) {
	case 12:
		return level > 0 ? 4 : 0;
	case 14:
		return level == 3 ? 7 : level == 2 ? 5 : 0;
	default:
		return level > 1 ? 5 : 0;
	}
}

/* --- tables ---------------------------------------------------------------------------------- */

static inline uint64_t format_table(uint64_t pa)
{
	return format_address(pa) | S2_VALID | S2_TABLE;
}

/* Where an entry that is a table leads. */
static inline uint64_t format_next(uint64_t entry)
{
	return format_pa(entry).addr;
}

static inline bool format_is_table(uint64_t entry, int level)
{
	const uint64_t bits = S2_VALID | S2_TABLE;

	return level != S2_LAST_LEVEL && (entry & bits) == bits;
}

static inline bool format_is_leaf(uint64_t entry, int level)
{
	return (entry & S2_VALID) && !format_is_table(entry, level);
}

/* --- entries that are not present ------------------------------------------------------------- */

static inline uint64_t format_mark(uint64_t entry, uint64_t marker)
{
	return (entry & ~S2_VALID) | marker;
}

static inline uint64_t format_unmark(uint64_t entry)
{
	return entry | S2_VALID;
}

#endif
