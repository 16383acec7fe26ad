/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory without a permanent mapping works through windows: device memory is cacheable without FWB
 * and without DIC, where Linux refuses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024

static const struct world_options plain = {.no_direct = true};

/* Which windows were opened, and what had happened by then. */
static struct {
	struct mezzo_hosted *hosted;
	void *(*open)(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes);
	unsigned int opened[3];
	uint64_t combined; /* TLB invalidations, when one for maintenance was opened last */
	uint64_t largest;
} seen;

static void *window_open(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	seen.opened[window]++;
	seen.combined = seen.hosted->counts.tlb_combined;
	if (bytes > seen.largest)
		seen.largest = bytes;
	/* One at a time, naturally aligned. */
	assert_int_equal(seen.hosted->counts.windows_open, 0);
	assert_int_equal(bytes & (bytes - 1), 0);
	assert_int_equal(pa.addr & (bytes - 1), 0);
	return seen.open(ctx, window, pa, bytes);
}

static struct world *open(struct mezzo_pool **memory)
{
	struct world *world = world_new(&plain);
	const struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);

	seen.hosted = &world->hosted;
	seen.open = world->hosted.platform.window_open;
	for (unsigned int i = 0; i < 3; i++)
		seen.opened[i] = 0;
	seen.largest = 0;
	world->hosted.platform.window_open = window_open;
	*memory = world_pool(world, &c, 0, PAGES);
	world_slot(world, 1, RAM, &(*memory)->object, PAGES, 0);
	return world;
}

static enum mezzo_reason touch(struct world *world, enum mezzo_access access,
			       enum mezzo_fault_kind kind)
{
	return (enum mezzo_reason)world_fault(world, RAM + 5 * PAGE, access, kind).reason;
}

static void cacheable_device_memory_needs_neither_fwb_nor_dic(void **state)
{
	struct mezzo_pool *memory;
	struct world *world = open(&memory);
	const struct mezzo_hosted_counts *counts = &world->hosted.counts;
	struct mezzo_leaf leaf;

	(void)state;
	assert_int_equal(touch(world, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING),
			 MEZZO_WHY_CACHED_UNFORCED);
	leaf = world_leaf(world, RAM + 5 * PAGE);
	assert_int_equal(leaf.attr.type, MEZZO_STAGE2_NORMAL_WB);
	assert_true(leaf.attr.write && !leaf.attr.exec);
	/* Zeroed through the cache, then cleaned past it. */
	assert_int_equal(world->frames[5 * PAGE], 0);
	assert_int_equal(seen.opened[MEZZO_WINDOW_WRITE_BACK], 1);
	assert_int_equal(seen.opened[MEZZO_WINDOW_UNCACHED], 1);
	assert_int_equal(counts->clean_invalidate_bytes, mezzo_order_bytes(leaf.order));

	/* It can be executed, after the instruction cache was invalidated. */
	assert_int_equal(counts->icache_invalidates, 0);
	(void)touch(world, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
	assert_true(world_leaf(world, RAM + 5 * PAGE).attr.exec);
	assert_int_equal(counts->icache_invalidates, 1);
	world_free(world);
	world_pool_free(memory);
}

/* Taken back: cleaned through an uncached window, and not before the invalidation. */
static void it_is_cleaned_through_an_uncached_window_after_the_invalidation(void **state)
{
	struct mezzo_pool *memory;
	struct world *world = open(&memory);
	const struct mezzo_hosted_counts *counts = &world->hosted.counts;
	uint64_t combined, cleaned;

	(void)state;
	(void)touch(world, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	combined = counts->tlb_combined;
	cleaned = counts->clean_invalidate_bytes;
	seen.opened[MEZZO_WINDOW_WRITE_BACK] = seen.opened[MEZZO_WINDOW_UNCACHED] = 0;
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){RAM}, PAGES),
			 MEZZO_OK);
	assert_int_equal(seen.opened[MEZZO_WINDOW_UNCACHED], 1);
	assert_int_equal(seen.opened[MEZZO_WINDOW_WRITE_BACK], 0);
	assert_int_equal(seen.combined, combined + 1);
	assert_int_equal(counts->clean_invalidate_bytes - cleaned,
			 mezzo_order_bytes(MEZZO_ORDER_2M));
	assert_int_equal(seen.largest, MEZZO_WINDOW_BYTES);
	world_free(world);
	world_pool_free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cacheable_device_memory_needs_neither_fwb_nor_dic),
		cmocka_unit_test(it_is_cleaned_through_an_uncached_window_after_the_invalidation),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
