/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_STAGE1_H
#define MEZZO_TABLE_STAGE1_H
/*
 * EL2's own map: the stage-1 format of the EL2 regime (HCR_EL2.E2H = 0), 4 KiB granule, 48-bit
 * virtual addresses, four levels. It shares nothing with stage 2: attributes are an index into
 * MAIR_EL2, permissions are AP[2] and XN, and an entry is a type of its own.
 *
 * Everything here may run with the MMU off: only naturally aligned loads and stores, no exclusive
 * or atomic read-modify-write. TLB invalidation, barriers and (with the MMU off) cache maintenance
 * of the tables are the caller's, always:
 *
 *   after map            DSB ISHST; ISB before this CPU uses the new addresses
 *   after unmap          DSB ISHST; TLBI VAE2IS over the range; DSB ISH; ISB
 *   rewriting an entry   0; DSB ISHST; TLBI VALE2IS; DSB ISH; new entry; DSB ISHST; ISB
 *   of a window          (ISHST becomes NSHST, VALE2IS becomes VALE2 and ISH becomes NSH where
 *                        only this CPU ever touched the window)
 *
 * Locking: the caller serialises map, unmap and leaf_entry of one map. Entries that leaf_entry
 * returned belong to who asked for them: they are written without a lock.
 */
#include <mezzo/status.h>
#include <mezzo/types.h>

/* A stage-1 descriptor. Not a number, so that it cannot be put into a stage-2 table. */
struct mezzo_stage1_entry {
	uint64_t bits;
};

/* Memory types, as indices into MEZZO_STAGE1_MAIR. */
enum mezzo_stage1_type {
	MEZZO_STAGE1_DEVICE_nGnRE,
	MEZZO_STAGE1_NORMAL_NC,
	MEZZO_STAGE1_NORMAL_WB, /* inner and outer write-back, read and write allocate */
	MEZZO_STAGE1_TAGGED_WB, /* the same, with allocation tags (FEAT_MTE2 only) */
	MEZZO_STAGE1_TYPES
};

/* MAIR_EL2: 0x04 Device-nGnRE, 0x44 Normal-NC, 0xff Normal-WB, 0xf0 Tagged Normal-WB. */
#define MEZZO_STAGE1_MAIR UINT64_C(0xf0ff4404)

#define MEZZO_STAGE1_VA_BITS 48

/* Read is always allowed. Not both writable and executable; executable only NORMAL_WB. */
struct mezzo_stage1_attr {
	uint8_t type; /* enum mezzo_stage1_type */
	bool writable;
	bool executable;
};

/* An EL2 map. The caller fills it; @root is a zeroed table, as @alloc gives them. */
struct mezzo_stage1 {
	void *root;            /* level 0 */
	uint64_t table_offset; /* of tables: virtual = physical + table_offset, wrapping */
	/* A zeroed table of 4 KiB, aligned to itself, or NULL when there is none. */
	void *(*alloc)(void *ctx);
	void *ctx;
};

struct mezzo_stage1_leaf {
	struct mezzo_pa pa; /* of the address that was asked for, not of the leaf's start */
	uint8_t level;      /* 1, 2 or 3 */
	struct mezzo_stage1_attr attr;
};

/**
 * mezzo_stage1_map() - map [va, va + bytes) to [pa, pa + bytes)
 * @va, @pa, @bytes: page aligned; neither range wraps or reaches beyond 48 bits; @bytes not 0
 *
 * Uses the largest blocks that alignment allows where no table stands yet. Validates, allocates
 * every table that is missing, then writes leaves, which cannot fail: on an error no leaf was
 * written. Tables that were allocated stay for the next call.
 *
 * INVALID: alignment, range, writable and executable at once, executable and not NORMAL_WB,
 * unknown type. EXISTS: something is mapped in the range. NOMEM. Cost: one store per leaf.
 */
MEZZO_MUST_CHECK int mezzo_stage1_map(struct mezzo_stage1 *map, uint64_t va, struct mezzo_pa pa,
				      uint64_t bytes, struct mezzo_stage1_attr attr);

/**
 * mezzo_stage1_unmap() - remove every leaf in [va, va + bytes)
 *
 * What is not mapped is passed over. Tables stay. INVALID: alignment or range. LIVE: a block
 * reaches over an edge of the range; nothing was changed (unmap the whole block and map what
 * shall stay: a live block is never split).
 */
MEZZO_MUST_CHECK int mezzo_stage1_unmap(struct mezzo_stage1 *map, uint64_t va, uint64_t bytes);

/* What stands at @va (any alignment). OK; NOENT: nothing; INVALID: beyond 48 bits. */
MEZZO_MUST_CHECK int mezzo_stage1_lookup(const struct mezzo_stage1 *map, uint64_t va,
					 struct mezzo_stage1_leaf *leaf);

/**
 * mezzo_stage1_leaf_entry() - the entry of @level that covers @va, for a window
 * @level: 2 (2 MiB) or 3 (4 KiB)
 * @entry: out; with level 3 the 512 entries of a 2 MiB-aligned @va follow one another
 *
 * Builds the tables above it. From then on the owner rewrites the entry with mezzo_stage1_write()
 * and mezzo_stage1_encode(), as the head of this file says. An address is for blocks or for
 * pages: a CPU that wants windows of both sizes takes one 2 MiB of address space for each.
 *
 * INVALID: @level, or @va not aligned to the level's size or beyond 48 bits. EXISTS: a block
 * stands above, or (level 2) a table stands there. NOMEM.
 */
MEZZO_MUST_CHECK int mezzo_stage1_leaf_entry(struct mezzo_stage1 *map, uint64_t va,
					     unsigned int level, struct mezzo_stage1_entry **entry);

/**
 * mezzo_stage1_encode() - the leaf descriptor of @level (1, 2 or 3)
 *
 * Pure. @pa aligned to the level's size, @attr as mezzo_stage1_map() accepts it. Source: Arm ARM,
 * VMSAv8-64 block and page descriptors, single privilege level: AP[1] is RES1, nG is RES0.
 */
struct mezzo_stage1_entry mezzo_stage1_encode(struct mezzo_pa pa, unsigned int level,
					      struct mezzo_stage1_attr attr);

/* Store one descriptor with a single access; no barrier. The zero entry is invalid. */
static inline void mezzo_stage1_write(struct mezzo_stage1_entry *entry,
				      struct mezzo_stage1_entry value)
{
	__atomic_store_n(&entry->bits, value.bits, __ATOMIC_RELAXED);
}

/**
 * mezzo_stage1_tcr() - TCR_EL2 for these tables
 * @pa_bits: what ID_AA64MMFR0_EL1.PARange says: 32, 36, 40, 42, 44 or 48; values between are
 *	     rounded up, larger ones become 48
 *
 * T0SZ 16, 4 KiB granule, walks write-back write-allocate inner shareable, no top-byte ignore,
 * RES1 bits 31 and 23. TTBR0_EL2 takes the root's physical address.
 */
uint64_t mezzo_stage1_tcr(unsigned int pa_bits);

#endif
