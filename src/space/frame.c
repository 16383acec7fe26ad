/* SPDX-License-Identifier: BSD-2-Clause */
/* Work on frames: zeroing and cache maintenance, through the windows a contract
 * provides. */
#include "internal.h"

static void *reach(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		   enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	if (contract->maintenance == MEZZO_MAINTENANCE_DIRECT)
		return platform->direct(platform->ctx, pa, bytes);
	return platform->window_open(platform->ctx, window, pa, bytes);
}

/* A write-back window is gone, its invalidation complete, before anything is
 * cleaned. */
static void unreach(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		    enum mezzo_window window, void *va, uint64_t bytes)
{
	if (contract->maintenance != MEZZO_MAINTENANCE_DIRECT)
		platform->window_close(platform->ctx, window, va, bytes);
}

void frame_clean(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		 struct mezzo_pa pa, uint64_t bytes)
{
	void *va;

	/* Registers are never mapped write-back: no line. And a window could be read by speculation. */
	if (contract->mmio)
		return;
	va = reach(platform, contract, MEZZO_WINDOW_UNCACHED, pa, bytes);
	platform->cache_clean_invalidate(platform->ctx, va, bytes);
	platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
	unreach(platform, contract, MEZZO_WINDOW_UNCACHED, va, bytes);
}

static void frame_zero(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		       enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	void *va = reach(platform, contract, window, pa, bytes);

	platform->zero(platform->ctx, va, bytes);
	platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
	unreach(platform, contract, window, va, bytes);
}

static void frame_zero_tags(const struct mezzo_platform *platform,
			    const struct mezzo_contract *contract, struct mezzo_pa pa,
			    uint64_t bytes)
{
	void *va = reach(platform, contract, MEZZO_WINDOW_TAGGED, pa, bytes);

	platform->zero_tags(platform->ctx, va, bytes);
	platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
	unreach(platform, contract, MEZZO_WINDOW_TAGGED, va, bytes);
}

void frame_prepare(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		   struct mezzo_pa pa, uint64_t bytes, const struct mezzo_decision *decision)
{
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++) {
		switch (decision->before_visible[i]) {
		case MEZZO_ACTION_CLEAN_INVALIDATE:
			frame_clean(platform, contract, pa, bytes);
			break;
		case MEZZO_ACTION_ZERO:
			frame_zero(platform, contract, MEZZO_WINDOW_WRITE_BACK, pa, bytes);
			break;
		case MEZZO_ACTION_ZERO_UNCACHED:
			frame_zero(platform, contract, MEZZO_WINDOW_UNCACHED, pa, bytes);
			break;
		case MEZZO_ACTION_ZERO_TAGS:
			frame_zero_tags(platform, contract, pa, bytes);
			break;
		case MEZZO_ACTION_INVALIDATE_ICACHE:
			platform->icache_invalidate(platform->ctx);
			platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
			platform->barrier(platform->ctx, MEZZO_BARRIER_CONTEXT);
			break;
		default:
			return;
		}
	}
}
