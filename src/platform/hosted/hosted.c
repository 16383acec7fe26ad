/* SPDX-License-Identifier: BSD-2-Clause */
#include <mezzo/platform_hosted.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TAG_GRANULE_BYTES 16

static void count(_Atomic uint64_t *counter, uint64_t add)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + add, memory_order_relaxed);
}

static bool take_allowance(struct mezzo_hosted *hosted)
{
	uint64_t left = atomic_load(&hosted->allocs_left);

	do {
		if (left == UINT64_MAX)
			return true;
		if (left == 0)
			return false;
	} while (!atomic_compare_exchange_weak(&hosted->allocs_left, &left, left - 1));
	return true;
}

static void *table_alloc(void *ctx, size_t bytes)
{
	struct mezzo_hosted *hosted = ctx;
	void *table;

	if (!take_allowance(hosted) || posix_memalign(&table, bytes, bytes) != 0) {
		atomic_fetch_add(&hosted->counts.table_failures, 1);
		return NULL;
	}
	memset(table, 0, bytes);
	atomic_fetch_add(&hosted->counts.table_allocs, 1);
	atomic_fetch_add(&hosted->counts.table_bytes, bytes);
	return table;
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	struct mezzo_hosted *hosted = ctx;

	atomic_fetch_add(&hosted->counts.table_frees, 1);
	atomic_fetch_sub(&hosted->counts.table_bytes, bytes);
	free(table);
}

static void tlb_invalidate_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	struct mezzo_hosted *hosted = ctx;

	(void)vmid, (void)ipa, (void)level;
	count(&hosted->counts.tlb_entries, 1);
}

static void tlb_invalidate_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
				 unsigned int level)
{
	struct mezzo_hosted *hosted = ctx;

	(void)vmid, (void)ipa, (void)level;
	count(&hosted->counts.tlb_ranges, 1);
	count(&hosted->counts.tlb_range_pages, pages);
}

static void tlb_invalidate_combined(void *ctx, uint16_t vmid)
{
	struct mezzo_hosted *hosted = ctx;

	(void)vmid;
	count(&hosted->counts.tlb_combined, 1);
}

static void tlb_invalidate_space(void *ctx, uint16_t vmid)
{
	struct mezzo_hosted *hosted = ctx;

	(void)vmid;
	count(&hosted->counts.tlb_spaces, 1);
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	struct mezzo_hosted *hosted = ctx;

	count(&hosted->counts.barriers[kind], 1);
}

static bool backed(const struct mezzo_hosted *hosted, uint64_t pa, uint64_t bytes)
{
	const struct mezzo_hosted_config *config = &hosted->config;
	uint64_t offset = pa - config->frames_pa.addr;

	return config->frames && offset < config->frames_bytes &&
	       bytes <= config->frames_bytes - offset;
}

/* The address stands for the frame; it is only dereferenced when the frame is backed. */
static void *frame_address(struct mezzo_hosted *hosted, struct mezzo_pa pa, uint64_t bytes)
{
	if (!backed(hosted, pa.addr, bytes))
		return NULL;
	return (char *)hosted->config.frames + (pa.addr - hosted->config.frames_pa.addr);
}

static void *window_open(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	struct mezzo_hosted *hosted = ctx;

	count(&hosted->counts.windows[window], 1);
	atomic_fetch_add(&hosted->counts.windows_open, 1);
	return frame_address(hosted, pa, bytes);
}

static void window_close(void *ctx, enum mezzo_window window, void *va, uint64_t bytes)
{
	struct mezzo_hosted *hosted = ctx;

	(void)window, (void)va, (void)bytes;
	atomic_fetch_sub(&hosted->counts.windows_open, 1);
}

static void *direct(void *ctx, struct mezzo_pa pa, uint64_t bytes)
{
	return frame_address(ctx, pa, bytes);
}

static void cache_clean_invalidate(void *ctx, void *va, uint64_t bytes)
{
	struct mezzo_hosted *hosted = ctx;

	(void)va;
	count(&hosted->counts.clean_invalidate_bytes, bytes);
}

static void icache_invalidate(void *ctx)
{
	struct mezzo_hosted *hosted = ctx;

	count(&hosted->counts.icache_invalidates, 1);
}

static void zero(void *ctx, void *va, uint64_t bytes)
{
	struct mezzo_hosted *hosted = ctx;

	count(&hosted->counts.zero_bytes, bytes);
	if (va)
		memset(va, 0, bytes);
}

static void zero_tags(void *ctx, void *va, uint64_t bytes)
{
	struct mezzo_hosted *hosted = ctx;
	uint64_t offset;

	count(&hosted->counts.zero_tags_bytes, bytes);
	if (!va || !hosted->config.tags)
		return;
	offset = (uint64_t)((char *)va - (char *)hosted->config.frames);
	memset(hosted->config.tags + offset / TAG_GRANULE_BYTES, 0, bytes / TAG_GRANULE_BYTES);
}

/* Compiler atomics, because the contract's lock is plain words that all embedders share. */
static void lock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	while (__atomic_exchange_n(&lock->word[0], 1, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
}

static void unlock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	__atomic_store_n(&lock->word[0], 0, __ATOMIC_RELEASE);
}

static void relax(void *ctx)
{
	(void)ctx;
	sched_yield();
}

static const struct mezzo_platform operations = {
	.size = sizeof(struct mezzo_platform),
	.table_alloc = table_alloc,
	.table_free = table_free,
	.tlb_invalidate_entry = tlb_invalidate_entry,
	.tlb_invalidate_range = tlb_invalidate_range,
	.tlb_invalidate_combined = tlb_invalidate_combined,
	.tlb_invalidate_space = tlb_invalidate_space,
	.barrier = barrier,
	.window_open = window_open,
	.window_close = window_close,
	.direct = direct,
	.cache_clean_invalidate = cache_clean_invalidate,
	.icache_invalidate = icache_invalidate,
	.zero = zero,
	.zero_tags = zero_tags,
	.lock = lock,
	.unlock = unlock,
	.relax = relax,
};

static bool config_valid(const struct mezzo_hosted_config *config)
{
	if (config->size != sizeof(*config))
		return false;
	if (!config->frames)
		return config->frames_bytes == 0 && !config->tags;
	return (config->frames_pa.addr | config->frames_bytes) % MEZZO_PAGE_BYTES == 0 &&
	       config->frames_pa.addr + config->frames_bytes >= config->frames_pa.addr;
}

int mezzo_hosted_init(struct mezzo_hosted *hosted, const struct mezzo_hosted_config *config)
{
	if (config && !config_valid(config))
		return MEZZO_ERR_INVALID;
	memset(hosted, 0, sizeof(*hosted));
	if (config)
		hosted->config = *config;
	hosted->platform = operations;
	hosted->platform.ctx = hosted;
	if (hosted->config.no_range)
		hosted->platform.tlb_invalidate_range = NULL;
	if (hosted->config.no_direct)
		hosted->platform.direct = NULL;
	atomic_store(&hosted->allocs_left, UINT64_MAX);
	return MEZZO_OK;
}

void mezzo_hosted_reset_counts(struct mezzo_hosted *hosted)
{
	uint64_t table_bytes = atomic_load(&hosted->counts.table_bytes);
	int64_t windows_open = atomic_load(&hosted->counts.windows_open);

	memset(&hosted->counts, 0, sizeof(hosted->counts));
	atomic_store(&hosted->counts.table_bytes, table_bytes);
	atomic_store(&hosted->counts.windows_open, windows_open);
}
