/* SPDX-License-Identifier: BSD-2-Clause */
#include "counting.h"

#include "platform.h"

static struct hv_counts *counts(void *ctx)
{
	return ctx;
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int hint)
{
	counts(ctx)->tlbi++;
	hv_platform.tlb_invalidate_entry(hv_platform.ctx, vmid, ipa, hint);
}

static void tlb_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		      unsigned int hint)
{
	counts(ctx)->tlbi++;
	hv_platform.tlb_invalidate_range(hv_platform.ctx, vmid, ipa, pages, hint);
}

static void tlb_combined(void *ctx, uint16_t vmid)
{
	counts(ctx)->combined++;
	hv_platform.tlb_invalidate_combined(hv_platform.ctx, vmid);
}

static void tlb_space(void *ctx, uint16_t vmid)
{
	counts(ctx)->space++;
	hv_platform.tlb_invalidate_space(hv_platform.ctx, vmid);
}

static void barrier(void *ctx, enum mezzo_barrier which)
{
	if (which == MEZZO_BARRIER_CONTEXT)
		counts(ctx)->isb++;
	else
		counts(ctx)->dsb++;
	hv_platform.barrier(hv_platform.ctx, which);
}

static void *window_open(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	counts(ctx)->windows++;
	return hv_platform.window_open(hv_platform.ctx, window, pa, bytes);
}

static void clean_invalidate(void *ctx, void *va, uint64_t bytes)
{
	counts(ctx)->cleaned_bytes += bytes;
	hv_platform.cache_clean_invalidate(hv_platform.ctx, va, bytes);
}

static void icache(void *ctx)
{
	counts(ctx)->icache++;
	hv_platform.icache_invalidate(hv_platform.ctx);
}

static void zero(void *ctx, void *va, uint64_t bytes)
{
	counts(ctx)->zeroed_bytes += bytes;
	hv_platform.zero(hv_platform.ctx, va, bytes);
}

void hv_counting_init(struct mezzo_platform *platform, struct hv_counts *into)
{
	*into = (struct hv_counts){0};
	*platform = hv_platform;
	platform->ctx = into;
	platform->tlb_invalidate_entry = tlb_entry;
	if (hv_platform.tlb_invalidate_range)
		platform->tlb_invalidate_range = tlb_range;
	platform->tlb_invalidate_combined = tlb_combined;
	platform->tlb_invalidate_space = tlb_space;
	platform->barrier = barrier;
	platform->window_open = window_open;
	platform->cache_clean_invalidate = clean_invalidate;
	platform->icache_invalidate = icache;
	platform->zero = zero;
}
