/* SPDX-License-Identifier: BSD-2-Clause */
/* A space on tables of every granule: which leaf a fault makes, and what cannot be mapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define IPA (UINT64_C(1) << 39)
#define PA (UINT64_C(1) << 39)
#define SLOT_PAGES (UINT64_C(1) << 27)

static const struct mezzo_arch *const archs[] = {
	&mezzo_arch_arm64,          &mezzo_arch_arm64_4k_lpa2, &mezzo_arch_arm64_16k,
	&mezzo_arch_arm64_16k_lpa2, &mezzo_arch_arm64_64k,
};
#define ARCHS (sizeof(archs) / sizeof(archs[0]))

/* Registers: no work on frames, so any size may be mapped at once. */
static struct mezzo_bar bar_at(struct world *world, uint64_t pa, uint64_t pages, uint8_t max_order)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_bar bar;

	contract.max_order = max_order;
	contract.promise = (struct mezzo_frame_state){.lines = MEZZO_LINES_CLEAN};
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
					(struct mezzo_pa){pa}, pages),
			 MEZZO_OK);
	return bar;
}

static struct world *world_with(const struct mezzo_arch *arch, bool contiguous)
{
	const struct world_options options = {
		.machine = {.fwb = true, .idc = true, .dic = true},
		.arch = arch,
		.features = {.contiguous = contiguous},
	};

	return world_new(&options);
}

static struct world *world_of(const struct mezzo_arch *arch)
{
	return world_with(arch, false);
}

/* Every architecture twice, the second time with groups, if its tables have them. */
static bool has_groups(size_t i)
{
	return i % 2 && archs[i / 2] != &mezzo_arch_arm64;
}

static unsigned int largest_up_to(const struct world *world, unsigned int bound)
{
	const uint64_t orders = world->space.table.orders;
	unsigned int found = (unsigned int)__builtin_ctzll(orders);

	for (unsigned int order = found; order <= bound; order++)
		found = orders >> order & 1 ? order : found;
	return found;
}

/* Any order is a bound; the leaf is the largest below it that the tables have. */
static void leaf_is_the_largest_within_the_bound(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARCHS; i++) {
		struct world *world = world_with(archs[i / 2], has_groups(i));

		for (uint8_t bound = 0; bound <= MEZZO_ORDER_MAX; bound++) {
			struct mezzo_bar bar = bar_at(world, PA, SLOT_PAGES, bound);
			const unsigned int order = largest_up_to(world, bound);
			struct mezzo_leaf leaf;

			world_slot(world, 0, IPA, &bar.object, SLOT_PAGES, 0);
			assert_int_equal(world_fault(world, IPA + 0x123456000, MEZZO_ACCESS_READ,
						     MEZZO_FAULT_MISSING)
						 .order,
					 order);
			leaf = world_leaf(world, IPA + 0x123456000);
			assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
			assert_int_equal(leaf.order, order);
			assert_int_equal(leaf.pa.addr,
					 (PA + 0x123456000) & ~(mezzo_order_bytes(order) - 1));
			world_delete(world, 0);
		}
		world_free(world);
	}
}

/* At the edges of a slot leaves get smaller, down to the granule, and never reach over. */
static void leaf_lies_within_its_slot(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARCHS; i++) {
		struct world *world = world_with(archs[i / 2], has_groups(i));
		const uint64_t page = UINT64_C(1) << world->space.table.page_shift;
		const uint64_t pages = (UINT64_C(1) << 19) + 3 * (page >> 12);
		struct mezzo_bar bar = bar_at(world, PA + page, pages, MEZZO_ORDER_MAX);
		const uint64_t end = IPA + page + (pages << 12);
		uint64_t covered = 0;

		world_slot(world, 0, IPA + page, &bar.object, pages, 0);
		for (uint64_t at = IPA + page; at < end;) {
			struct mezzo_fault_result result =
				world_fault(world, at, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
			struct mezzo_leaf leaf = world_leaf(world, at);

			assert_int_equal(result.outcome, MEZZO_GRANT);
			assert_int_equal(at & (mezzo_order_bytes(leaf.order) - 1), 0);
			assert_int_equal(leaf.pa.addr, PA + (at - IPA));
			at += mezzo_order_bytes(leaf.order);
			covered += mezzo_order_bytes(leaf.order);
		}
		assert_int_equal(covered, pages << 12);
		assert_int_equal(world_leaf(world, IPA).state, MEZZO_ENTRY_NONE);
		assert_int_equal(world_leaf(world, end).state, MEZZO_ENTRY_NONE);
		world_free(world);
	}
}

static void slot_is_whole_pages_of_the_granule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);
		const uint64_t pages = (UINT64_C(1) << world->space.table.page_shift) >> 12;
		struct mezzo_bar bar = bar_at(world, PA, 64, MEZZO_ORDER_MAX);
		struct mezzo_slot_config config = {.object = &bar.object, .pages = pages};
		struct mezzo_refusal why;

		if (pages > 1) {
			config.ipa.addr = IPA + 0x1000;
			assert_int_equal(mezzo_slot_create(&world->space, &config, &why),
					 MEZZO_ERR_INVALID);
			assert_int_equal(why.reason, MEZZO_WHY_SLOT_MISALIGNED);
			assert_int_equal(why.field, MEZZO_FIELD_IPA);
			assert_int_equal(why.want, IPA);
			config.ipa.addr = IPA;
			config.pages = pages + 1;
			assert_int_equal(mezzo_slot_create(&world->space, &config, &why),
					 MEZZO_ERR_INVALID);
			assert_int_equal(why.reason, MEZZO_WHY_SLOT_MISALIGNED);
			assert_int_equal(why.field, MEZZO_FIELD_PAGES);
			assert_int_equal(why.got, pages + 1);
			assert_int_equal(why.want, pages);
		}
		config.ipa.addr = IPA;
		config.pages = pages;
		assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
		world_free(world);
	}
}

/* An entry would reach over what the object gave: the embedder is told, nothing is mapped. */
static void frames_that_do_not_fill_a_page_are_not_mapped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);
		const uint64_t pages = (UINT64_C(1) << world->space.table.page_shift) >> 12;
		struct mezzo_bar shifted = bar_at(world, PA + 0x1000, 2 * pages, MEZZO_ORDER_MAX);
		struct mezzo_fault_result result;

		world_slot(world, 0, IPA, &shifted.object, pages, 0);
		result = world_fault(world, IPA, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		if (pages == 1) {
			assert_int_equal(result.outcome, MEZZO_GRANT);
		} else {
			assert_int_equal(result.outcome, MEZZO_EXIT);
			assert_int_equal(result.reason, MEZZO_WHY_SMALLER_THAN_GRANULE);
			assert_int_equal(world_leaf(world, IPA).state, MEZZO_ENTRY_NONE);
		}
		world_free(world);
	}
}

/* RAM whose pages are in different states, as page-wise work leaves them: the granule decides. */
static void work_is_done_by_whole_pages(void **state)
{
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);

	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);
		const uint64_t bytes = UINT64_C(1) << world->space.table.page_shift;
		struct mezzo_contract small = contract;
		struct mezzo_pool *pool;

		small.max_order = MEZZO_ORDER_4K;
		pool = world_pool(world, &small, 0, 512);
		world_slot(world, 0, IPA, &pool->object, 512, 0);
		assert_int_equal(world_fault(world, IPA + bytes, MEZZO_ACCESS_READ,
					     MEZZO_FAULT_MISSING)
					 .outcome,
				 MEZZO_GRANT);
		/* Zeroed, all of it and nothing else. */
		for (uint64_t at = 0; at < 3 * bytes; at++)
			assert_int_equal(world->frames[at],
					 at >= bytes && at < 2 * bytes ? 0 : 0xa5);
		/* Its neighbour is another state of the same block, and goes on by itself. */
		assert_int_equal(
			world_fault(world, IPA, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			MEZZO_GRANT);
		assert_int_equal(world->frames[bytes - 1], 0);
		assert_int_equal(world->frames[2 * bytes], 0xa5);
		world_delete(world, 0);
		world_pool_free(pool);
		world_free(world);
	}
}

/* ADR 3: what reaches over the edge of a range that is taken back goes whole. */
static void taking_back_part_of_a_leaf_takes_the_leaf(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);

		for (unsigned int order = 0; order <= 27; order++) {
			struct mezzo_bar bar = bar_at(world, PA, SLOT_PAGES, (uint8_t)order);
			const struct mezzo_ipa middle = {IPA + 0x8765000};
			unsigned int made;

			world_slot(world, 0, IPA, &bar.object, SLOT_PAGES, 0);
			world_fault(world, middle.addr, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
			made = world_leaf(world, middle.addr).order;
			assert_int_equal(mezzo_space_unmap(&world->space, middle, 1), MEZZO_OK);
			assert_int_equal(world_leaf(world, middle.addr).state, MEZZO_ENTRY_NONE);
			assert_int_equal(made, largest_up_to(world, order));
			world_delete(world, 0);
		}
		world_free(world);
	}
}

/* --- logs -------------------------------------------------------------------------------------- */

static void log_marks_whole_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);
		const uint64_t bytes = UINT64_C(1) << world->space.table.page_shift;
		const uint64_t pages = bytes >> 12;
		struct mezzo_bar bar = bar_at(world, PA, 8 * pages, MEZZO_ORDER_MAX);
		const uint64_t marked = ((UINT64_C(1) << pages) - 1) << pages;
		struct mezzo_refusal why;
		uint64_t bits[2];

		world_slot(world, 0, IPA, &bar.object, 8 * pages, MEZZO_SLOT_FLAG_LOG_DIRTY);
		assert_int_equal(world_fault(world, IPA + 2 * bytes - 0x1000, MEZZO_ACCESS_WRITE,
					     MEZZO_FAULT_MISSING)
					 .outcome,
				 MEZZO_GRANT);
		assert_int_equal(mezzo_dirty_take(&world->space, 0, 0, 8 * pages, bits, &why),
				 MEZZO_OK);
		assert_int_equal(bits[0], marked);
		assert_true(8 * pages <= 64 || !bits[1]);
		assert_false(world_leaf(world, IPA + bytes).attr.write);
		world_free(world);
	}
}

static void ring_names_the_first_page_of_the_leaf(void **state)
{
	static struct mezzo_dirty_entry entry[WORLD_VCPUS * 2];

	(void)state;
	for (size_t i = 0; i < ARCHS; i++) {
		struct world *world = world_of(archs[i]);
		const uint64_t bytes = UINT64_C(1) << world->space.table.page_shift;
		const uint64_t pages = bytes >> 12;
		struct mezzo_bar bar = bar_at(world, PA, 8 * pages, MEZZO_ORDER_MAX);
		uint32_t slot, count, cursor = 0;
		struct mezzo_refusal why;
		uint64_t page;

		memset(entry, 0, sizeof(entry));
		assert_int_equal(mezzo_dirty_rings(&world->space, entry, 2, &why), MEZZO_OK);
		world_slot(world, 0, IPA, &bar.object, 8 * pages, MEZZO_SLOT_FLAG_LOG_DIRTY);
		world_fault(world, IPA + 2 * bytes - 0x1000, MEZZO_ACCESS_WRITE,
			    MEZZO_FAULT_MISSING);
		assert_true(mezzo_dirty_next(&world->space, 0, &cursor, &slot, &page));
		assert_int_equal(page, pages);
		assert_int_equal(mezzo_dirty_reset(&world->space, &count), MEZZO_OK);
		assert_false(world_leaf(world, IPA + 2 * bytes - 0x1000).attr.write);
		world_free(world);
	}
}

static unsigned int next_order(const struct world *world, unsigned int order)
{
	do
		order++;
	while (!(world->space.table.orders >> order & 1));
	return order;
}

static void finish(int (*step)(struct mezzo_space *, uint32_t, struct mezzo_refusal *),
		   struct world *world)
{
	struct mezzo_refusal why;
	int status;

	do
		status = step(&world->space, 0, &why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
}

/* All that the tables have, a block and its groups, comes apart and together. */
static void leaves_are_split_and_made_large_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARCHS; i++) {
		const bool contiguous = has_groups(i);
		struct world *world = world_with(archs[i / 2], contiguous);
		const unsigned int page = (unsigned int)__builtin_ctzll(world->space.table.orders);
		const unsigned int block = page + world->space.table.page_shift - 3;
		const uint64_t pages = mezzo_order_pages(block);
		struct mezzo_bar bar = bar_at(world, PA, pages, (uint8_t)block);
		struct mezzo_slot_config config = {
			.ipa = {IPA},
			.pages = pages,
			.object = &bar.object,
			.flags = MEZZO_SLOT_FLAG_LOG_DIRTY,
			.bitmap = calloc(MEZZO_DIRTY_WORDS(pages), sizeof(uint64_t)),
		};
		struct mezzo_attr before, after;
		struct mezzo_refusal why;

		assert_int_equal(next_order(world, page) < block, contiguous);
		world_slot(world, 0, IPA, &bar.object, pages, 0);
		world_fault(world, IPA, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
		assert_int_equal(world_leaf(world, IPA).order, block);
		before = world_leaf(world, IPA).attr;
		assert_int_equal(world_change(world, &config, &why), MEZZO_OK);
		finish(mezzo_slot_split, world);
		for (uint64_t at = 0; at < pages; at += pages / 32)
			assert_int_equal(world_leaf(world, IPA + (at << 12)).order, page);
		world_fault(world, IPA + (pages << 11), MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
		config.flags = 0;
		assert_int_equal(world_change(world, &config, &why), MEZZO_OK);
		finish(mezzo_slot_collapse, world);
		assert_int_equal(world_leaf(world, IPA).order, block);
		world_fault(world, IPA, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
		after = world_leaf(world, IPA).attr;
		assert_memory_equal(&before, &after, sizeof(after));
		free(config.bitmap);
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_the_largest_within_the_bound),
		cmocka_unit_test(leaf_lies_within_its_slot),
		cmocka_unit_test(slot_is_whole_pages_of_the_granule),
		cmocka_unit_test(frames_that_do_not_fill_a_page_are_not_mapped),
		cmocka_unit_test(work_is_done_by_whole_pages),
		cmocka_unit_test(taking_back_part_of_a_leaf_takes_the_leaf),
		cmocka_unit_test(log_marks_whole_leaves),
		cmocka_unit_test(ring_names_the_first_page_of_the_leaf),
		cmocka_unit_test(leaves_are_split_and_made_large_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
