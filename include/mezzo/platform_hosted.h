/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_PLATFORM_HOSTED_H
#define MEZZO_PLATFORM_HOSTED_H
/*
 * The platform of an ordinary process: for tools, tests, benchmarks and VMMs that only plan.
 *
 * Table memory comes from the C library, with physical = virtual (table_offset is 0), so memory
 * checkers see every table. There is no TLB and no cache to maintain: those operations only count.
 * Frames may be backed by the caller's memory; zeroing then really happens and a test can look.
 * Without it every frame operation only counts.
 *
 * Everything may be called from any thread. Locks spin and yield.
 */
#include <mezzo/platform.h>
#include <mezzo/status.h>
#include <mezzo/types.h>

struct mezzo_hosted_config {
	size_t size;
	bool no_range;  /* leave tlb_invalidate_range NULL: a machine without FEAT_TLBIRANGE */
	bool no_direct; /* leave direct NULL: a host that maps no guest memory */
	/*
	 * Memory behind the frames [frames_pa, frames_pa + frames_bytes), or NULL. Frames outside
	 * are not backed. `tags`, or NULL: one byte for each 16 bytes of frames.
	 */
	void *frames;
	uint8_t *tags;
	struct mezzo_pa frames_pa;
	uint64_t frames_bytes;
};

/*
 * What was asked of the machine. The table counts are exact. The others are added to without a
 * locked operation, so that a benchmark does not measure them: exact as long as one thread at a
 * time uses the platform, a lower bound otherwise.
 */
struct mezzo_hosted_counts {
	_Atomic uint64_t table_allocs, table_frees, table_failures;
	_Atomic uint64_t table_bytes; /* in use now */
	_Atomic uint64_t tlb_entries, tlb_ranges, tlb_range_pages, tlb_combined, tlb_spaces;
	_Atomic uint64_t barriers[3]; /* by enum mezzo_barrier */
	_Atomic uint64_t windows[3];  /* opened, by enum mezzo_window */
	_Atomic int64_t windows_open; /* now */
	_Atomic uint64_t clean_invalidate_bytes, zero_bytes, zero_tags_bytes;
	_Atomic uint64_t icache_invalidates;
};

struct mezzo_hosted {
	struct mezzo_platform platform; /* give this to a space or a table */
	struct mezzo_hosted_config config;
	struct mezzo_hosted_counts counts;
	/*
	 * How many more table allocations succeed; all later ones fail. Never reached at first:
	 * UINT64_MAX. A test may store another number at any time.
	 */
	_Atomic uint64_t allocs_left;
};

/**
 * mezzo_hosted_init() - fill a platform
 * @hosted: caller's memory, any content; must not move while the platform is in use
 * @config: NULL for the defaults: range invalidation, direct mapping, no frame memory
 *
 * Allocates nothing and owns nothing: there is no counterpart. OK, or INVALID: the size is not
 * that of the structure, or the frames are not page aligned, or wrap.
 */
MEZZO_MUST_CHECK int mezzo_hosted_init(struct mezzo_hosted *hosted,
				       const struct mezzo_hosted_config *config);

/* Set every count but table_bytes and windows_open to 0. No other thread may be counting. */
void mezzo_hosted_reset_counts(struct mezzo_hosted *hosted);

#endif
