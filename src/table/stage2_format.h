/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_STAGE2_FORMAT_H
#define MEZZO_TABLE_STAGE2_FORMAT_H
/*
 * arm64 stage-2 descriptors: bits, and pure encode and decode. The names FORMAT_* and format_* are
 * what the walker asks of a format (see walk.h). Whoever includes this says which geometry:
 *
 *   S2_PAGE_SHIFT	12, 14 or 16: the granule
 *   S2_LPA2		1: 4 or 16 KiB with 52-bit addresses (VTCR_EL2.DS = 1)
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
#define S2_XN_ALL (UINT64_C(2) << 53) /* nobody; 0 is everybody; 1 and 3 need FEAT_XNX */
#define S2_SW (UINT64_C(0xf) << 55)
#define S2_SW_CHOICE (UINT64_C(1) << 55) /* without FWB: the type is the guest's */
#define S2_SW_CLEAN (UINT64_C(1) << 56)  /* clean_after */

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
#define S2_FWB_WB_NO_TAG S2_MEMATTR_OF(0xe)
#define S2_FWB_CHOICE_NO_TAG S2_MEMATTR_OF(0xf)

#define FORMAT_PRESENT S2_VALID
#define FORMAT_WRITE S2_WRITE
#define FORMAT_ACCESSED S2_ACCESSED
#define FORMAT_CLEAN S2_SW_CLEAN
/* What the owner of a live entry may change in place: permissions and the access flag. */
#define FORMAT_MUTABLE (S2_READ | S2_WRITE | S2_XN | S2_ACCESSED)

/* --- leaves ---------------------------------------------------------------------------------- */

/* Can the format say it? NoTagAccess needs FEAT_MTE_PERM, and a type that could be tagged. */
static inline bool format_attr_valid(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	if (attr->type >= MEZZO_STAGE2_TYPES)
		return false;
	return !attr->no_tag_access || (table->mte_perm && attr->type >= MEZZO_STAGE2_NORMAL_WB);
}

static inline uint64_t format_address(uint64_t pa)
{
	return (pa & S2_ADDR) | (pa >> S2_HIGH_SHIFT & S2_ADDR_HIGH);
}

static inline struct mezzo_pa format_pa(uint64_t entry)
{
	return (struct mezzo_pa){(entry & S2_ADDR) | (entry & S2_ADDR_HIGH) << S2_HIGH_SHIFT};
}

/* MemAttr and SW_CHOICE, by FWB, NoTagAccess and type. */
static inline uint64_t format_type(const struct mezzo_attr *attr, bool fwb)
{
	static const uint64_t bits[2][2][MEZZO_STAGE2_TYPES] = {
		{{S2_DEVICE, S2_NC, S2_WB, S2_WB | S2_SW_CHOICE},
		 {0, 0, S2_WB_NO_TAG, S2_WB_NO_TAG | S2_SW_CHOICE}},
		{{S2_DEVICE, S2_NC, S2_FWB_WB, S2_FWB_CHOICE},
		 {0, 0, S2_FWB_WB_NO_TAG, S2_FWB_CHOICE_NO_TAG}},
	};

	return bits[fwb][attr->no_tag_access][attr->type];
}

/* A leaf's attributes, without what format_place says. @attr is valid. */
static inline uint64_t format_attributes(const struct mezzo_table *table,
					 const struct mezzo_attr *attr)
{
	uint64_t entry = S2_VALID | S2_SH_INNER | format_type(attr, table->fwb);

	entry |= attr->read ? S2_READ : 0;
	entry |= attr->write ? S2_WRITE : 0;
	entry |= attr->exec ? 0 : S2_XN_ALL;
	entry |= attr->accessed ? S2_ACCESSED : 0;
	entry |= attr->clean_after ? S2_SW_CLEAN : 0;
	return entry;
}

/* A leaf's level and output address, which is aligned to the leaf. */
static inline uint64_t format_place(struct mezzo_pa pa, int level)
{
	return format_address(pa.addr) | (level == S2_LAST_LEVEL ? S2_TABLE : 0);
}

static inline uint64_t format_encode(const struct mezzo_table *table, struct mezzo_pa pa, int level,
				     const struct mezzo_attr *attr)
{
	return format_place(pa, level) | format_attributes(table, attr);
}

/* The attributes of a leaf of ours; also of one under a marker, which keeps them. */
static inline struct mezzo_attr format_attr(const struct mezzo_table *table, uint64_t entry)
{
	enum {
		NO_TAG = 4,
		W = MEZZO_STAGE2_NORMAL_WB,
		C = MEZZO_STAGE2_GUEST_CHOICE
	};
	/* By MemAttr, and 16 more for SW_CHOICE; the rest is never emitted. */
	static const uint8_t meaning[2][32] = {
		{[1] = MEZZO_STAGE2_DEVICE_nGnRE,
		 [5] = MEZZO_STAGE2_NORMAL_NC,
		 [15] = W,
		 [4] = W | NO_TAG,
		 [16 + 15] = C,
		 [16 + 4] = C | NO_TAG},
		{[1] = MEZZO_STAGE2_DEVICE_nGnRE,
		 [5] = MEZZO_STAGE2_NORMAL_NC,
		 [6] = W,
		 [7] = C,
		 [14] = W | NO_TAG,
		 [15] = C | NO_TAG},
	};
	const uint64_t index =
		((entry & S2_MEMATTR) >> S2_MEMATTR_SHIFT) | (entry & S2_SW_CHOICE ? 16 : 0);
	const uint8_t found = meaning[table->fwb][index];

	return (struct mezzo_attr){
		.type = found & (NO_TAG - 1),
		.read = entry & S2_READ,
		.write = entry & S2_WRITE,
		.exec = !(entry & S2_XN),
		.no_tag_access = found & NO_TAG,
		.clean_after = entry & S2_SW_CLEAN,
		.accessed = entry & S2_ACCESSED,
	};
}

static inline bool format_is_exec(uint64_t entry)
{
	return !(entry & S2_XN);
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

/* --- tables ---------------------------------------------------------------------------------- */

static inline uint64_t format_table(uint64_t pa)
{
	return format_address(pa) | S2_VALID | S2_TABLE;
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

/* --- changes --------------------------------------------------------------------------------- */

/* See mezzo_stage2_change_is_live. */
static inline bool format_change_is_live(uint64_t from, uint64_t to)
{
	if (!(from & S2_VALID) || !(to & S2_VALID))
		return true;
	return !((from ^ to) & ~(S2_READ | S2_WRITE | S2_XN | S2_ACCESSED | S2_SW));
}

#endif
