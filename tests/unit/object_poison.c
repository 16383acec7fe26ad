/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that fails: out of every space, an abort to the guest, never touched again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 2048

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain = {0};

struct bench {
	struct world *world;
	struct mezzo_pool *pool;
};

static struct bench open(const struct world_options *options, enum mezzo_preset preset)
{
	struct bench b = {.world = world_new(options)};
	struct mezzo_contract c = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	b.pool = world_pool(b.world, &c, 0, PAGES);
	world_slot(b.world, 1, RAM, &b.pool->object, PAGES, 0);
	return b;
}

static void close(struct bench *b)
{
	world_free(b->world);
	world_pool_free(b->pool);
}

static enum mezzo_reason touch(struct bench *b, uint64_t page, enum mezzo_access access)
{
	return (enum mezzo_reason)world_fault(b->world, RAM + page * PAGE, access,
					      MEZZO_FAULT_MISSING)
		.reason;
}

static bool mapped(struct bench *b, uint64_t page)
{
	return world_leaf(b->world, RAM + page * PAGE).state == MEZZO_ENTRY_LEAF;
}

/* --- what the guest and the embedder see ---------------------------------------------------------- */

static void guest_gets_an_abort_and_the_embedder_the_place(void **state)
{
	static const struct {
		uint64_t offset;
		unsigned int order;
	} rows[] = {{5, MEZZO_ORDER_4K}, {1024, MEZZO_ORDER_2M}, {600, MEZZO_ORDER_4K}};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b = open(&fwb, MEZZO_PRESET_CACHED);
		const uint64_t last = rows[i].offset + mezzo_order_pages(rows[i].order) - 1;

		(void)touch(&b, rows[i].offset, MEZZO_ACCESS_WRITE);
		assert_int_equal(mezzo_object_poison(&b.pool->object, rows[i].offset,
						     rows[i].order),
				 MEZZO_OK);
		for (unsigned int access = 0; access < MEZZO_ACCESS_KINDS; access++) {
			struct mezzo_fault_exit what;
			struct mezzo_fault_result result =
				world_fault(b.world, RAM + last * PAGE + 8,
					    (enum mezzo_access)access, MEZZO_FAULT_MISSING);

			mezzo_fault_exit(&b.world->space, 0, &what);
			assert_int_equal(result.outcome, MEZZO_ABORT);
			assert_int_equal(what.reason, MEZZO_WHY_FRAME_POISONED);
			assert_int_equal(what.order, rows[i].order);
			assert_int_equal(what.ipa.addr, RAM + last * PAGE + 8);
			assert_ptr_equal(what.object, &b.pool->object);
			assert_int_equal(what.offset_pages, last);
		}
		assert_false(mapped(&b, rows[i].offset));
		assert_false(mapped(&b, last));
		close(&b);
	}
}

/* --- neighbours ---------------------------------------------------------------------------------- */

static void neighbours_stay_mapped(void **state)
{
	static const uint64_t places[] = {0, 5, 511, 512, 1023, 2047};

	(void)state;
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct bench b = open(&fwb, MEZZO_PRESET_CACHED);

		for (uint64_t block = 0; block < PAGES; block += 512) {
			(void)touch(&b, block, MEZZO_ACCESS_WRITE);
			assert_int_equal(world_leaf(b.world, RAM + block * PAGE).order,
					 MEZZO_ORDER_2M);
		}
		assert_int_equal(mezzo_object_poison(&b.pool->object, places[i], 0), MEZZO_OK);
		for (uint64_t page = 0; page < PAGES; page++) {
			struct mezzo_leaf leaf = world_leaf(b.world, RAM + page * PAGE);

			assert_int_equal(leaf.state,
					 page == places[i] ? MEZZO_ENTRY_NONE : MEZZO_ENTRY_LEAF);
			assert_true(leaf.state == MEZZO_ENTRY_NONE || leaf.attr.write);
		}
		close(&b);
	}
}

/* Without table memory the block goes whole, and faults bring back all but what failed. */
static void without_memory_the_block_goes_and_comes_back(void **state)
{
	struct bench b = open(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	(void)touch(&b, 0, MEZZO_ACCESS_WRITE);
	(void)touch(&b, 512, MEZZO_ACCESS_WRITE);
	b.world->hosted.allocs_left = 0;
	assert_int_equal(mezzo_object_poison(&b.pool->object, 7, 0), MEZZO_OK);
	for (uint64_t page = 0; page < 512; page++)
		assert_false(mapped(&b, page));
	assert_true(mapped(&b, 512));
	b.world->hosted.allocs_left = UINT64_MAX;
	for (uint64_t page = 0; page < 512; page++) {
		const enum mezzo_reason reason = touch(&b, page, MEZZO_ACCESS_READ);

		assert_int_equal(reason == MEZZO_WHY_FRAME_POISONED, page == 7);
		assert_int_equal(mapped(&b, page), page != 7);
	}
	close(&b);
}

static void every_space_and_every_part_loses_it(void **state)
{
	struct bench b = open(&fwb, MEZZO_PRESET_CACHED);
	struct world *other = world_new(&fwb);
	struct mezzo_derived part;
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(mezzo_object_derive(&part, &b.pool->object, 90, 20,
					     &b.pool->object.contract, &why),
			 MEZZO_OK);
	world_slot(other, 1, RAM, &part.object, 20, 0);
	for (uint64_t page = 0; page < 20; page++)
		(void)world_fault(other, RAM + page * PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	(void)touch(&b, 99, MEZZO_ACCESS_READ);
	(void)touch(&b, 100, MEZZO_ACCESS_READ);
	/* Whoever reports it: the part, in its own pages. */
	assert_int_equal(mezzo_object_poison(&part.object, 10, 0), MEZZO_OK);
	assert_false(mapped(&b, 100));
	assert_true(mapped(&b, 99));
	for (uint64_t page = 0; page < 20; page++)
		assert_int_equal(world_leaf(other, RAM + page * PAGE).state,
				 page == 10 ? MEZZO_ENTRY_NONE : MEZZO_ENTRY_LEAF);
	assert_int_equal(
		world_fault(other, RAM + 10 * PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
		MEZZO_WHY_FRAME_POISONED);
	assert_int_equal(touch(&b, 100, MEZZO_ACCESS_READ), MEZZO_WHY_FRAME_POISONED);
	world_free(other);
	close(&b);
}

/* --- no touch ------------------------------------------------------------------------------------ */

/* Blocks that must be cleaned when they are taken back: all of the block but the page that failed. */
static void what_failed_is_not_cleaned(void **state)
{
	(void)state;
	for (unsigned int memory = 0; memory < 2; memory++) {
		struct bench b = open(&plain, MEZZO_PRESET_EXCLUSIVE);

		(void)touch(&b, 512, MEZZO_ACCESS_WRITE);
		b.world->hosted.allocs_left = memory ? UINT64_MAX : 0;
		mezzo_hosted_reset_counts(&b.world->hosted);
		assert_int_equal(mezzo_object_poison(&b.pool->object, 600, 0), MEZZO_OK);
		/* Split, the page goes alone and nothing is cleaned; else its neighbours are. */
		assert_int_equal(b.world->hosted.counts.clean_invalidate_bytes,
				 memory ? 0 : 511 * PAGE);
		mezzo_hosted_reset_counts(&b.world->hosted);
		world_delete(b.world, 1);
		assert_int_equal(b.world->hosted.counts.clean_invalidate_bytes,
				 memory ? 511 * PAGE : 0);
		close(&b);
	}
}

/* The frame is dead for the next owner too, and is neither zeroed nor tagged. */
static void what_failed_stays_dead_for_the_next_owner(void **state)
{
	struct bench b = open(&plain, MEZZO_PRESET_EXCLUSIVE);

	(void)state;
	(void)touch(&b, 3, MEZZO_ACCESS_WRITE);
	assert_int_equal(mezzo_object_poison(&b.pool->object, 3, 0), MEZZO_OK);
	b.world->frames[3 * PAGE] = 0x5a;
	world_delete(b.world, 1);
	assert_int_equal(mezzo_pool_disown(b.pool), MEZZO_OK);
	world_slot(b.world, 1, RAM, &b.pool->object, PAGES, 0);
	assert_int_equal(touch(&b, 3, MEZZO_ACCESS_READ), MEZZO_WHY_FRAME_POISONED);
	assert_int_not_equal(touch(&b, 4, MEZZO_ACCESS_READ), MEZZO_WHY_FRAME_POISONED);
	assert_int_equal(b.world->frames[3 * PAGE], 0x5a);
	assert_int_equal(b.world->frames[4 * PAGE], 0);
	close(&b);
}

/* --- who can, and what is no such range ----------------------------------------------------------- */

static int failed_page(void *arg, uint64_t offset_pages, bool write, struct mezzo_frame *frame)
{
	const uint64_t *failed = arg;

	(void)write;
	*frame = (struct mezzo_frame){.pa = {WORLD_FRAMES_PA + offset_pages * PAGE},
				      .from_pages = 1,
				      .writable = true};
	return offset_pages == *failed ? MEZZO_ERR_POISONED : MEZZO_OK;
}

/* Of a host mapping the owner knows; of registers nobody does. */
static void who_keeps_no_state_must_know_itself(void **state)
{
	struct world *world = world_new(&fwb);
	const struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	uint64_t failed = UINT64_MAX;
	struct mezzo_hostmap map;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(mezzo_hostmap_init(&map, &world->hosted.platform, &c, 16, failed_page,
					    &failed),
			 MEZZO_OK);
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &c,
					(struct mezzo_pa){WORLD_FRAMES_PA}, 16),
			 MEZZO_OK);
	world_slot(world, 1, RAM, &map.object, 16, 0);
	world_slot(world, 2, RAM + 16 * PAGE, &bar.object, 16, 0);
	for (unsigned int i = 0; i < 32; i++)
		(void)world_fault(world, RAM + i * PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_object_poison(&map.object, 4, 0), MEZZO_ERR_REFUSED);
	assert_int_equal(mezzo_object_poison(&bar.object, 4, 0), MEZZO_ERR_REFUSED);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(world_leaf(world, RAM + i * PAGE).state, MEZZO_ENTRY_LEAF);
	failed = 4;
	assert_int_equal(mezzo_object_poison(&map.object, 4, 0), MEZZO_OK);
	assert_int_equal(world_leaf(world, RAM + 4 * PAGE).state, MEZZO_ENTRY_NONE);
	assert_int_equal(
		world_fault(world, RAM + 4 * PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
		MEZZO_WHY_FRAME_POISONED);
	world_free(world);
}

static void bad_ranges_are_invalid(void **state)
{
	struct bench b = open(&fwb, MEZZO_PRESET_CACHED);
	static const struct {
		uint64_t offset;
		unsigned int order;
	} rows[] = {{PAGES, 0}, {1, 1}, {0, 12}, {UINT64_MAX, 0}, {0, 64}, {0, 63}, {2040, 4}};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mezzo_object_poison(&b.pool->object, rows[i].offset,
						     rows[i].order),
				 MEZZO_ERR_INVALID);
	for (uint64_t page = 0; page < PAGES; page += 100)
		assert_int_not_equal(touch(&b, page, MEZZO_ACCESS_READ), MEZZO_WHY_FRAME_POISONED);
	close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_gets_an_abort_and_the_embedder_the_place),
		cmocka_unit_test(neighbours_stay_mapped),
		cmocka_unit_test(without_memory_the_block_goes_and_comes_back),
		cmocka_unit_test(every_space_and_every_part_loses_it),
		cmocka_unit_test(what_failed_is_not_cleaned),
		cmocka_unit_test(what_failed_stays_dead_for_the_next_owner),
		cmocka_unit_test(who_keeps_no_state_must_know_itself),
		cmocka_unit_test(bad_ranges_are_invalid),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
