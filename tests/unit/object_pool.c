/* SPDX-License-Identifier: BSD-2-Clause */
/* RAM pools: how large a leaf their runs allow, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define IPA (UINT64_C(4) << 30)
#define G1 (UINT64_C(1) << 30)
#define M2 (UINT64_C(1) << 21)
#define PAGE UINT64_C(4096)

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

/* Frames that need no work: nothing bounds their leaves but the run. Nobody looks into them. */
static struct mezzo_pool pool_of(struct world *world, uint64_t base, uint64_t bytes)
{
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	const uint64_t pages = bytes / PAGE;
	struct mezzo_pool pool;
	void *state = malloc(mezzo_pool_state_bytes(pages));

	assert_non_null(state);
	assert_int_equal(mezzo_pool_init(&pool, &world->hosted.platform, &contract,
					 (struct mezzo_pa){base}, pages, state),
			 MEZZO_OK);
	return pool;
}

static unsigned int order_at(struct world *world, uint64_t ipa)
{
	(void)world_fault(world, ipa, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	return world_leaf(world, ipa).order;
}

/* The pool begins in a block and ends in one: the gigabytes inside it are leaves, its ends are not. */
static void whole_gigabytes_are_leaves(void **state)
{
	struct world *world = world_new(&fwb);
	const uint64_t before = G1 - 3 * M2 - 5 * PAGE;
	struct mezzo_pool pool = pool_of(world, 8 * G1 + before, 2 * G1 + 4 * M2);

	(void)state;
	world_slot(world, 0, IPA + before, &pool.object, pool.object.pages, 0);
	assert_int_equal(order_at(world, IPA + before), MEZZO_ORDER_4K);
	assert_int_equal(order_at(world, IPA + G1 - M2), MEZZO_ORDER_2M);
	assert_int_equal(order_at(world, IPA + G1 + 7 * PAGE), MEZZO_ORDER_1G);
	assert_int_equal(order_at(world, IPA + 3 * G1 - PAGE), MEZZO_ORDER_1G);
	assert_int_equal(order_at(world, IPA + 3 * G1), MEZZO_ORDER_4K);
	assert_int_equal(world_leaf(world, IPA + 2 * G1).pa.addr, 10 * G1);
	world_free(world);
	free((void *)pool.block);
}

/* One failed page costs its gigabyte the large leaf, its block the block, and the others nothing. */
static void a_block_that_differs_bounds_its_neighbours_leaves(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_pool pool = pool_of(world, 8 * G1, 2 * G1);
	const uint64_t failed = G1 + 100 * M2 + 3 * PAGE;

	(void)state;
	world_slot(world, 0, IPA, &pool.object, pool.object.pages, 0);
	assert_int_equal(mezzo_object_poison(&pool.object, failed / PAGE, 0), MEZZO_OK);
	assert_int_equal(order_at(world, IPA + G1 - PAGE), MEZZO_ORDER_1G);
	assert_int_equal(order_at(world, IPA + G1), MEZZO_ORDER_2M);
	assert_int_equal(order_at(world, IPA + G1 + 99 * M2), MEZZO_ORDER_2M);
	assert_int_equal(order_at(world, IPA + failed + PAGE), MEZZO_ORDER_4K);
	assert_int_equal(order_at(world, IPA + G1 + 101 * M2), MEZZO_ORDER_2M);
	assert_int_equal(
		world_fault(world, IPA + failed, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
		MEZZO_WHY_FRAME_POISONED);
	world_free(world);
	free((void *)pool.block);
}

/* What a run says of its ends is what looking at each block says. */
static void a_run_ends_where_the_state_changes(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_pool pool = pool_of(world, 8 * G1 + 500 * M2, G1);
	const unsigned int blocks = 512, failed[] = {3, 11, 12, 40, 300, 511};

	(void)state;
	world_slot(world, 0, IPA + 500 * M2, &pool.object, pool.object.pages, 0);
	for (unsigned int i = 0; i < sizeof(failed) / sizeof(failed[0]); i++)
		assert_int_equal(mezzo_object_poison(&pool.object, failed[i] * 512, MEZZO_ORDER_2M),
				 MEZZO_OK);
	for (unsigned int block = 0, low = 0; block < blocks; block++) {
		unsigned int high = block + 1;
		bool bad = false;
		struct mezzo_frame frame;
		int status =
			pool.object.ops->resolve(&pool.object, block * 512 + 17, false, &frame);

		for (unsigned int i = 0; i < sizeof(failed) / sizeof(failed[0]); i++)
			bad |= failed[i] == block;
		assert_int_equal(status, bad ? MEZZO_ERR_POISONED : MEZZO_OK);
		/* A leaf of 1 GiB could begin at the twelfth block. */
		if (bad || block == 12)
			low = bad ? block + 1 : block;
		if (bad)
			continue;
		for (bool stop = false; high < blocks && high != 12 && !stop;) {
			for (unsigned int i = 0; i < sizeof(failed) / sizeof(failed[0]); i++)
				stop |= failed[i] == high;
			high += !stop;
		}
		assert_int_equal(frame.before_pages, (block - low) * 512 + 17);
		assert_int_equal(frame.from_pages, high * 512 - (block * 512 + 17));
	}
	world_free(world);
	free((void *)pool.block);
}

static void no_run_of_frames_is_refused(void **state)
{
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT);
	const struct {
		uint64_t base, pages;
	} cases[] = {{G1, 0}, {G1 + 1, 1}, {G1, UINT64_MAX / PAGE}, {UINT64_MAX - PAGE + 1, 1}};
	struct world *world = world_new(&fwb);
	struct mezzo_pool pool;
	uint64_t memory[8];

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(mezzo_pool_init(&pool, &world->hosted.platform, &contract,
						 (struct mezzo_pa){cases[i].base}, cases[i].pages,
						 memory),
				 MEZZO_ERR_INVALID);
	world_free(world);
}

/* Frames that nobody can zero stay their owner's; so do those that a slot maps. */
static void frames_are_disowned_only_where_the_next_owner_gets_them_zeroed(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_pool promised = pool_of(world, 8 * G1, M2);
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT);
	struct mezzo_pool *pool = world_pool(world, &contract, 0, 16);

	(void)state;
	assert_int_equal(mezzo_pool_disown(&promised), MEZZO_ERR_REFUSED);
	world_slot(world, 0, IPA, &pool->object, 16, 0);
	assert_int_equal(mezzo_pool_disown(pool), MEZZO_ERR_EXISTS);
	world_delete(world, 0);
	assert_int_equal(mezzo_pool_disown(pool), MEZZO_OK);
	world_free(world);
	world_pool_free(pool);
	free((void *)promised.block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_gigabytes_are_leaves),
		cmocka_unit_test(a_block_that_differs_bounds_its_neighbours_leaves),
		cmocka_unit_test(a_run_ends_where_the_state_changes),
		cmocka_unit_test(no_run_of_frames_is_refused),
		cmocka_unit_test(frames_are_disowned_only_where_the_next_owner_gets_them_zeroed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
