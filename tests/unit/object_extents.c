/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as a file has it: filled, punched, and looked into by guests meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 2048
#define EXTENTS 6

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

struct bench {
	struct world *world;
	struct mezzo_pool *pool;
	struct mezzo_extents file;
	struct mezzo_extent extent[EXTENTS];
};

static struct bench *open(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);

	assert_non_null(b);
	b->world = world_new(&fwb);
	b->pool = world_pool(b->world, &c, 0, PAGES);
	assert_int_equal(mezzo_extents_init(&b->file, &b->pool->object, PAGES, b->extent, EXTENTS),
			 MEZZO_OK);
	world_slot(b->world, 1, RAM, &b->file.object, PAGES, 0);
	return b;
}

static void close(struct bench *b)
{
	world_free(b->world);
	world_pool_free(b->pool);
	free(b);
}

static enum mezzo_reason touch(struct bench *b, uint64_t page)
{
	return (enum mezzo_reason)world_fault(b->world, RAM + page * PAGE, MEZZO_ACCESS_WRITE,
					      MEZZO_FAULT_MISSING)
		.reason;
}

static bool mapped(struct bench *b, uint64_t page)
{
	return world_leaf(b->world, RAM + page * PAGE).state == MEZZO_ENTRY_LEAF;
}

/* The frame at a page, as an offset in the backing; -1: a hole. */
static int64_t backing(struct bench *b, uint64_t page)
{
	struct mezzo_frame frame;
	const int status = b->file.object.ops->resolve(&b->file.object, page, false, &frame);

	if (status == MEZZO_ERR_REVOKED)
		return -1;
	assert_int_equal(status, MEZZO_OK);
	return (int64_t)((frame.pa.addr - WORLD_FRAMES_PA) / PAGE);
}

static void extents_lie_in_any_order(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_extents_add(&b->file, 1000, 10, 0), MEZZO_OK);
	assert_int_equal(mezzo_extents_add(&b->file, 0, 5, 700), MEZZO_OK);
	assert_int_equal(mezzo_extents_add(&b->file, 5, 5, 100), MEZZO_OK);
	for (uint64_t page = 0; page < PAGES; page++)
		assert_int_equal(backing(b, page), page < 5    ? (int64_t)page + 700
						   : page < 10 ? (int64_t)page - 5 + 100
						   : page >= 1000 && page < 1010
							   ? (int64_t)page - 1000
							   : -1);
	assert_int_equal(touch(b, 4), MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE);
	assert_int_equal(world_leaf(b->world, RAM + 4 * PAGE).pa.addr,
			 WORLD_FRAMES_PA + 704 * PAGE);
	assert_int_equal(touch(b, 10), MEZZO_WHY_OBJECT_REVOKED);
	close(b);
}

/* An extent of a whole block is one leaf, and none reaches over an extent's end. */
static void leaves_are_as_large_as_extents_allow(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_extents_add(&b->file, 512, 600, 1024), MEZZO_OK);
	(void)touch(b, 800);
	assert_int_equal(world_leaf(b->world, RAM + 800 * PAGE).order, MEZZO_ORDER_2M);
	(void)touch(b, 1100);
	assert_int_equal(world_leaf(b->world, RAM + 1100 * PAGE).order, MEZZO_ORDER_4K);
	close(b);
}

static void a_hole_is_a_hole_for_every_guest_and_its_frames_nobodys(void **state)
{
	struct bench *b = open();
	unsigned char *byte = &b->world->frames[(200 + 50) * PAGE];

	(void)state;
	assert_int_equal(mezzo_extents_add(&b->file, 0, 100, 200), MEZZO_OK);
	for (uint64_t page = 0; page < 100; page++)
		(void)touch(b, page);
	*byte = 77;
	assert_int_equal(mezzo_extents_punch(&b->file, 40, 20), MEZZO_OK);
	for (uint64_t page = 0; page < 100; page++) {
		const bool hole = page >= 40 && page < 60;

		assert_int_equal(mapped(b, page), !hole);
		assert_int_equal(backing(b, page), hole ? -1 : (int64_t)page + 200);
	}
	assert_int_equal(touch(b, 50), MEZZO_WHY_OBJECT_REVOKED);
	/* The same frames, elsewhere: what was in them is gone. */
	assert_int_equal(mezzo_extents_add(&b->file, 1000, 20, 240), MEZZO_OK);
	assert_int_equal(touch(b, 1010), MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE);
	assert_int_equal(world_leaf(b->world, RAM + 1010 * PAGE).pa.addr,
			 WORLD_FRAMES_PA + 250 * PAGE);
	assert_int_equal(*byte, 0);
	/* A page of what stayed keeps what it holds. */
	b->world->frames[239 * PAGE] = 5;
	assert_int_equal(mezzo_space_unmap(&b->world->space, (struct mezzo_ipa){RAM}, 100),
			 MEZZO_OK);
	(void)touch(b, 39);
	assert_int_equal(b->world->frames[239 * PAGE], 5);
	close(b);
}

/* Against a flat array: any sequence of fills and holes. */
static void it_is_what_an_array_would_be(void **state)
{
	struct bench *b = open();
	static int64_t flat[PAGES];
	uint64_t random = 7;

	(void)state;
	for (uint64_t page = 0; page < PAGES; page++)
		flat[page] = -1;
	for (unsigned int step = 0; step < 2000; step++) {
		uint64_t first, pages, from;
		bool free = true;
		int status;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		first = (random >> 20) % 60;
		pages = 1 + (random >> 30) % 12;
		from = (random >> 40) % 60;
		for (uint64_t i = 0; i < 80; i++)
			free &= flat[i] < 0 ||
				((i < first || i >= first + pages) &&
				 ((uint64_t)flat[i] < from || (uint64_t)flat[i] >= from + pages));
		if (random >> 63) {
			status = mezzo_extents_add(&b->file, first, pages, from);
			assert_int_equal(status == MEZZO_ERR_EXISTS, !free);
			for (uint64_t i = 0; !status && i < pages; i++)
				flat[first + i] = (int64_t)(from + i);
		} else {
			status = mezzo_extents_punch(&b->file, first, pages);
			for (uint64_t i = 0; !status && i < pages; i++)
				flat[first + i] = -1;
		}
		assert_true(status == MEZZO_OK || status == MEZZO_ERR_EXISTS ||
			    status == MEZZO_ERR_LIMIT);
		for (uint64_t page = 0; page < 80; page++)
			assert_int_equal(backing(b, page), flat[page]);
	}
	close(b);
}

static void bad_calls_change_nothing(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_extents_add(&b->file, 0, 0, 0), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_extents_add(&b->file, PAGES, 1, 0), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_extents_add(&b->file, 0, 2, PAGES - 1), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_extents_add(&b->file, 1, UINT64_MAX, 0), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_extents_punch(&b->file, 0, 0), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_extents_punch(&b->file, 1, PAGES), MEZZO_ERR_INVALID);
	for (uint64_t i = 0; i < EXTENTS; i++)
		assert_int_equal(mezzo_extents_add(&b->file, i * 10, 5, i * 10), MEZZO_OK);
	assert_int_equal(mezzo_extents_add(&b->file, 1000, 5, 1000), MEZZO_ERR_LIMIT);
	assert_int_equal(mezzo_extents_add(&b->file, 4, 1, 1000), MEZZO_ERR_EXISTS);
	assert_int_equal(mezzo_extents_add(&b->file, 1000, 1, 4), MEZZO_ERR_EXISTS);
	assert_int_equal(mezzo_extents_punch(&b->file, 1, 1), MEZZO_ERR_LIMIT);
	assert_int_equal(backing(b, 1), 1);
	assert_int_equal(mezzo_extents_punch(&b->file, 0, PAGES), MEZZO_OK);
	assert_int_equal(backing(b, 1), -1);
	close(b);
}

static void a_frame_that_fails_is_the_backings_too(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_extents_add(&b->file, 0, 10, 20), MEZZO_OK);
	(void)touch(b, 3);
	assert_int_equal(mezzo_object_poison(&b->file.object, 3, 0), MEZZO_OK);
	assert_int_equal(touch(b, 3), MEZZO_WHY_FRAME_POISONED);
	assert_int_equal(touch(b, 2), MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE);
	/* In a hole nothing can fail. */
	assert_int_equal(mezzo_object_poison(&b->file.object, 30, 0), MEZZO_ERR_REFUSED);
	close(b);
}

/* None means none: not even by way of the object that has the frames. */
static void an_exclusive_backing_is_mapped_through_its_extents_alone(void **state)
{
	struct bench *b = open();
	struct mezzo_slot_config config = {.id = 2,
					   .ipa = {RAM << 1},
					   .pages = 1,
					   .object = &b->pool->object};
	struct mezzo_contract c = b->pool->object.contract;
	struct mezzo_extents other;
	struct mezzo_derived part;
	struct mezzo_refusal why;
	struct mezzo_pool *pool;

	(void)state;
	assert_int_equal(mezzo_slot_create(&b->world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE);
	assert_int_equal(mezzo_object_derive(&part, &b->pool->object, 7, 2, &c, &why), MEZZO_OK);
	config.object = &part.object;
	assert_int_equal(mezzo_slot_create(&b->world->space, &config, &why), MEZZO_ERR_REFUSED);

	/* And the other way round. Cached memory may be mapped by whoever likes. */
	for (unsigned int cached = 0; cached < 2; cached++) {
		if (cached)
			c = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
		pool = world_pool(b->world, &c, PAGES, 16);
		world_slot(b->world, 3, RAM << 2, &pool->object, 1, 0);
		assert_int_equal(mezzo_extents_init(&other, &pool->object, 16, b->extent, 1),
				 cached ? MEZZO_OK : MEZZO_ERR_EXISTS);
		world_delete(b->world, 3);
		assert_int_equal(mezzo_extents_init(&other, &pool->object, 16, b->extent, 1),
				 MEZZO_OK);
		world_pool_free(pool);
	}
	close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extents_lie_in_any_order),
		cmocka_unit_test(leaves_are_as_large_as_extents_allow),
		cmocka_unit_test(a_hole_is_a_hole_for_every_guest_and_its_frames_nobodys),
		cmocka_unit_test(it_is_what_an_array_would_be),
		cmocka_unit_test(bad_calls_change_nothing),
		cmocka_unit_test(a_frame_that_fails_is_the_backings_too),
		cmocka_unit_test(an_exclusive_backing_is_mapped_through_its_extents_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
