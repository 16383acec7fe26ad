/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_PLATFORM_H
#define MEZZO_PLATFORM_H
/*
 * What the engine needs from the world below it: table memory, TLB and cache maintenance,
 * windows, barriers, locks. One structure of operations, filled by whoever runs the engine: the
 * EL2 hypervisor (hv/), a process (platform/hosted), the adversarial model (platform/model).
 *
 * The operations are the machine's primitives. Their ORDER is the engine's business, so that it
 * can be judged: no operation may imply another's completion. In particular a TLB or cache
 * operation is complete only after the next MEZZO_BARRIER_COMPLETE on the CPU that issued it.
 *
 * Unless said otherwise every operation is required, may be called on any CPU, concurrently,
 * with no engine lock held, and cannot fail.
 */
#include <mezzo/types.h>

enum mezzo_barrier {
	/* Table stores made before are seen by every table walker. Arm: DSB ISHST. */
	MEZZO_BARRIER_TABLES,
	/* TLB and cache operations made before are complete everywhere. Arm: DSB ISH. */
	MEZZO_BARRIER_COMPLETE,
	/* The CPU itself sees the changed context. Arm: ISB. */
	MEZZO_BARRIER_CONTEXT,
};

/* Temporary mappings of one frame run by the host. All are execute-never. */
enum mezzo_window {
	/*
	 * For maintenance by address and for uncached zeroing. Itself uncached (Normal-NC), so it
	 * cannot refill a line that was just cleaned; operations by VA act on the physical line
	 * whatever the type of the VA.
	 */
	MEZZO_WINDOW_UNCACHED,
	/* For zeroing data: write-back, untagged. Never opened over `mmio` memory. */
	MEZZO_WINDOW_WRITE_BACK,
	/* For zeroing tags (and data): write-back, tagged. Only over tag storage. */
	MEZZO_WINDOW_TAGGED,
};

/* Room for a platform's lock; all zero is an unlocked lock. */
struct mezzo_lock {
	uint32_t word[4];
};

/* A window never has to be larger than this: work per call is bounded by it. */
#define MEZZO_WINDOW_BYTES (UINT64_C(2) << 20)

/* What an IOMMU entry says. */
#define MEZZO_IOMMU_WRITE 1u
#define MEZZO_IOMMU_SNOOP 2u     /* accesses look into the CPUs' caches; forced, where it can be */
#define MEZZO_IOMMU_CACHEABLE 4u /* write-back memory: a write may leave a line in a cache */

/*
 * The hint of a TLB invalidation says which tables the entries come from.
 *
 * [1:0]  the level of the leaf (1, 2 or 3), or MEZZO_LEVEL_ANY when it is not known
 * [3:2]  the granule: 4, 16 or 64 KiB
 * [4]    the tables have 52-bit addresses at 4 or 16 KiB (VTCR_EL2.DS = 1)
 *
 * For an entry it is a hint as Arm's TTL field is: with the level, only leaves of that level have
 * to go, and none of another granule. A range operation needs the granule, and DS, to be encoded
 * at all. Tables of a 4 KiB granule without LPA2 have the level alone.
 */
#define MEZZO_LEVEL_ANY 0
#define MEZZO_HINT_16K 4u
#define MEZZO_HINT_64K 8u
#define MEZZO_HINT_LPA2 16u

static inline unsigned int mezzo_hint_level(unsigned int hint)
{
	return hint & 3;
}

static inline unsigned int mezzo_hint_page_shift(unsigned int hint)
{
	return 12 + (hint >> 1 & 6);
}

struct mezzo_platform {
	size_t size; /* sizeof(struct mezzo_platform) as the embedder was compiled */
	void *ctx;   /* passed to every operation */

	/* --- table memory --- */

	/*
	 * Address conversion for table memory is linear: virtual = physical + table_offset
	 * (wrapping). Walkers convert without a call.
	 */
	uint64_t table_offset;
	/*
	 * Zeroed memory for one table, @bytes a power of two (the granule: 4, 16 or 64 KiB; up to
	 * 256 KiB for a concatenated root) and aligned to itself; NULL when there is none: the
	 * only operation that can fail. The zeroes must be visible to table walkers after the
	 * next MEZZO_BARRIER_TABLES.
	 */
	void *(*table_alloc)(void *ctx, size_t bytes);
	void (*table_free)(void *ctx, void *table, size_t bytes);

	/*
	 * --- TLB. Arm's names in brackets; all broadcast to the inner-shareable domain ---
	 *
	 * x86 invalidates a guest's translations by all of its address space only: there the space
	 * operation is [INVEPT, single context, of the table's pointer] or [a new ASID, TLB_CONTROL or
	 * INVLPGB for the old one] on every CPU that may hold any, and complete once each has done it
	 * or will before it enters the guest again. The others are NULL.
	 */

	/* One stage-2 leaf [IPAS2E1IS with TTL hint]. May be NULL: the engine uses the whole space. */
	void (*tlb_invalidate_entry)(void *ctx, uint16_t vmid, struct mezzo_ipa ipa,
				     unsigned int hint);
	/*
	 * Stage-2 leaves and tables of a range of @pages of 4 KiB, a multiple of the granule
	 * [RIPAS2E1IS, in as many steps as needed]. May be NULL: without FEAT_TLBIRANGE the engine
	 * uses single entries or the whole space.
	 */
	void (*tlb_invalidate_range)(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
				     unsigned int hint);
	/*
	 * Combined and stage-1 entries of the VMID [VMALLE1IS]. Needed after the two above; NULL
	 * where they are.
	 */
	void (*tlb_invalidate_combined)(void *ctx, uint16_t vmid);
	/* All of both stages of the VMID [VMALLS12E1IS]. */
	void (*tlb_invalidate_space)(void *ctx, uint16_t vmid);

	void (*barrier)(void *ctx, enum mezzo_barrier barrier);

	/* --- frames: windows, caches, zeroing, tags --- */

	/*
	 * Map @bytes (at most MEZZO_WINDOW_BYTES, page multiples, naturally aligned) at @pa.
	 * The mapping is usable on return. One window of a kind is open per CPU at a time; the
	 * engine never nests them.
	 */
	void *(*window_open)(void *ctx, enum mezzo_window window, struct mezzo_pa pa,
			     uint64_t bytes);
	/* Unmap it; on return its TLB invalidation is complete on every CPU. */
	void (*window_close)(void *ctx, enum mezzo_window window, void *va, uint64_t bytes);
	/*
	 * The permanent cached address of a frame, for objects with MEZZO_MAINTENANCE_DIRECT.
	 * NULL operation: the platform has no such mapping, and such objects are refused.
	 */
	void *(*direct)(void *ctx, struct mezzo_pa pa, uint64_t bytes);
	/* Clean and invalidate data lines (and their tags) to the PoC [DC CIVAC / CIGDVAC]. */
	void (*cache_clean_invalidate)(void *ctx, void *va, uint64_t bytes);
	/* Invalidate the whole instruction cache, all CPUs [IC IALLUIS]. */
	void (*icache_invalidate)(void *ctx);
	/* Zero data. Through a window of any kind or a direct mapping. */
	void (*zero)(void *ctx, void *va, uint64_t bytes);
	/* Zero allocation tags. Through a tagged window or a direct mapping over tag storage. */
	void (*zero_tags)(void *ctx, void *va, uint64_t bytes);

	/*
	 * --- devices. NULL, all three: no device reaches guest memory through this platform ---
	 *
	 * An IOMMU translates for the devices that are assigned to a space, which its VMID names.
	 * Called with the space's lock.
	 */

	/*
	 * Enter @pages from @ipa on, @flags of MEZZO_IOMMU_*; what is entered already, with the same
	 * output, stays. Devices may use the entries from here on. OK, or NOMEM: no memory for its
	 * tables; some of the range may be entered.
	 */
	int (*dma_map)(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		       uint64_t pages, unsigned int flags);
	/*
	 * Take a range away, and begin to invalidate it wherever translations are kept: in the
	 * IOMMU, in devices [CMD_TLBI_*, CMD_ATC_INV]. What is not entered is passed over.
	 */
	void (*dma_unmap)(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages);
	/*
	 * Can no device use what was taken away from the space any more, and is all it did before
	 * visible [CMD_SYNC consumed]? May wait a little; is asked again.
	 */
	bool (*dma_complete)(void *ctx, uint16_t vmid);

	/* --- CPUs --- */

	void (*lock)(void *ctx, struct mezzo_lock *lock);
	void (*unlock)(void *ctx, struct mezzo_lock *lock);
	/* Called in the engine's few, bounded spin loops. */
	void (*relax)(void *ctx);
};

#endif
