/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2's own map: T27 el2_own_map_is_stage1_format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table/stage1.h"

#define TABLES 64
#define VA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)
#define OFFSET UINT64_C(0x1000000000) /* tables are not where their physical address says */

struct world {
	struct mezzo_stage1 map;
	unsigned char *memory;
	unsigned int used, limit;
};

static const struct mezzo_stage1_attr ram = {.type = MEZZO_STAGE1_NORMAL_WB, .writable = true};
static const struct mezzo_stage1_attr text = {.type = MEZZO_STAGE1_NORMAL_WB, .executable = true};
static const struct mezzo_stage1_attr device = {.type = MEZZO_STAGE1_DEVICE_nGnRE,
						.writable = true};

static void *alloc(void *ctx)
{
	struct world *world = ctx;

	if (world->used == world->limit)
		return NULL;
	return world->memory + 4096 * world->used++;
}

static int open_world(void **state)
{
	static struct world world;

	world.memory = aligned_alloc(4096, TABLES * 4096);
	assert_non_null(world.memory);
	memset(world.memory, 0, TABLES * 4096);
	world.used = 0;
	world.limit = TABLES;
	world.map.table_offset = OFFSET;
	world.map.alloc = alloc;
	world.map.ctx = &world;
	world.map.root = alloc(&world);
	*state = &world;
	return 0;
}

static int close_world(void **state)
{
	free(((struct world *)*state)->memory);
	return 0;
}

static int map(struct world *w, uint64_t va, uint64_t pa, uint64_t bytes,
	       struct mezzo_stage1_attr attr)
{
	return mezzo_stage1_map(&w->map, va, (struct mezzo_pa){pa}, bytes, attr);
}

static void expect_leaf(struct world *w, uint64_t va, uint64_t pa, unsigned int level,
			struct mezzo_stage1_attr attr)
{
	struct mezzo_stage1_leaf leaf;

	assert_int_equal(mezzo_stage1_lookup(&w->map, va, &leaf), MEZZO_OK);
	assert_int_equal(leaf.pa.addr, pa);
	assert_int_equal(leaf.level, level);
	assert_int_equal(leaf.attr.type, attr.type);
	assert_int_equal(leaf.attr.writable, attr.writable);
	assert_int_equal(leaf.attr.executable, attr.executable);
}

static void expect_nothing(struct world *w, uint64_t va)
{
	struct mezzo_stage1_leaf leaf;

	assert_int_equal(mezzo_stage1_lookup(&w->map, va, &leaf), MEZZO_ERR_NOENT);
}

/* By the manual: AttrIndx [4:2], AP[2] 7, AP[1] RES1 6, SH 9:8, AF 10, nG RES0 11, XN 54. */
static void golden_descriptors(void **state)
{
	const struct mezzo_pa pa = {PA};
	struct mezzo_stage1_attr attr = device;

	(void)state;
	assert_int_equal(mezzo_stage1_encode(pa, 3, attr).bits, PA | 0x743 | UINT64_C(1) << 54);
	assert_int_equal(mezzo_stage1_encode(pa, 2, attr).bits, PA | 0x741 | UINT64_C(1) << 54);
	attr.type = MEZZO_STAGE1_NORMAL_NC;
	attr.writable = false;
	assert_int_equal(mezzo_stage1_encode(pa, 3, attr).bits, PA | 0x7c7 | UINT64_C(1) << 54);
	assert_int_equal(mezzo_stage1_encode(pa, 3, text).bits, PA | 0x7cb);
	attr.type = MEZZO_STAGE1_TAGGED_WB;
	assert_int_equal(mezzo_stage1_encode(pa, 1, attr).bits, PA | 0x7cd | UINT64_C(1) << 54);
	assert_int_equal(MEZZO_STAGE1_MAIR >> 8 * MEZZO_STAGE1_DEVICE_nGnRE & 0xff, 0x04);
	assert_int_equal(MEZZO_STAGE1_MAIR >> 8 * MEZZO_STAGE1_NORMAL_NC & 0xff, 0x44);
	assert_int_equal(MEZZO_STAGE1_MAIR >> 8 * MEZZO_STAGE1_NORMAL_WB & 0xff, 0xff);
	assert_int_equal(MEZZO_STAGE1_MAIR >> 8 * MEZZO_STAGE1_TAGGED_WB & 0xff, 0xf0);
}

static void tcr_follows_the_physical_size(void **state)
{
	(void)state;
	/* RES1 31 and 23, PS [18:16], TG0 0, SH0 3, ORGN0 1, IRGN0 1, T0SZ 16. */
	assert_int_equal(mezzo_stage1_tcr(32), 0x80803510);
	assert_int_equal(mezzo_stage1_tcr(36), 0x80813510);
	assert_int_equal(mezzo_stage1_tcr(40), 0x80823510);
	assert_int_equal(mezzo_stage1_tcr(42), 0x80833510);
	assert_int_equal(mezzo_stage1_tcr(44), 0x80843510);
	assert_int_equal(mezzo_stage1_tcr(48), 0x80853510);
	assert_int_equal(mezzo_stage1_tcr(52), 0x80853510);
}

static void blocks_are_as_large_as_alignment_allows(void **state)
{
	struct world *w = *state;

	/* A page, blocks of 2 MiB, of 1 GiB, and down again. */
	assert_int_equal(map(w, VA - 0x1000, PA - 0x1000, 0x40402000, ram), MEZZO_OK);
	expect_leaf(w, VA - 1, PA - 1, 3, ram);
	expect_leaf(w, VA, PA, 1, ram);
	expect_leaf(w, VA + 0x12345678, PA + 0x12345678, 1, ram);
	expect_leaf(w, VA + 0x40000000, PA + 0x40000000, 2, ram);
	expect_leaf(w, VA + 0x40200000, PA + 0x40200000, 2, ram);
	expect_leaf(w, VA + 0x40400fff, PA + 0x40400fff, 3, ram);
	expect_nothing(w, VA + 0x40401000);
	expect_nothing(w, VA - 0x1001);
	/* Not congruent: pages only. */
	assert_int_equal(map(w, 4 * VA, PA + 0x1000, 0x200000, ram), MEZZO_OK);
	expect_leaf(w, 4 * VA, PA + 0x1000, 3, ram);
}

static void what_may_not_be_is_refused(void **state)
{
	struct world *w = *state;
	const uint64_t limit = UINT64_C(1) << 48;
	struct mezzo_stage1_attr both = ram, odd = ram, run = device;
	struct mezzo_stage1_leaf leaf;

	both.executable = true;
	odd.type = MEZZO_STAGE1_TYPES;
	run.writable = false;
	run.executable = true;
	assert_int_equal(map(w, VA, PA, 0x1000, both), MEZZO_ERR_INVALID); /* W^X */
	assert_int_equal(map(w, VA, PA, 0x1000, odd), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, VA, PA, 0x1000, run), MEZZO_ERR_INVALID); /* T06 */
	assert_int_equal(map(w, VA + 1, PA, 0x1000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, VA, PA + 0x800, 0x1000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, VA, PA, 0x1800, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, VA, PA, 0, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, limit - 0x1000, PA, 0x2000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, limit, PA, 0x1000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, VA, limit - 0x1000, 0x2000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(map(w, UINT64_C(0) - 0x1000, PA, 0x2000, ram), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_stage1_unmap(&w->map, limit - 0x1000, 0x2000), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_stage1_lookup(&w->map, limit, &leaf), MEZZO_ERR_INVALID);
	assert_int_equal(w->used, 1);
	assert_int_equal(map(w, limit - 0x1000, limit - 0x1000, 0x1000, ram), MEZZO_OK);
	expect_leaf(w, limit - 1, limit - 1, 3, ram);
}

static void mapped_once_is_not_mapped_again(void **state)
{
	struct world *w = *state;

	assert_int_equal(map(w, VA + 0x200000, PA, 0x200000, text), MEZZO_OK);
	assert_int_equal(map(w, VA + 0x5000, PA, 0x1000, text), MEZZO_OK);
	assert_int_equal(map(w, VA, PA, 0x200000, ram), MEZZO_ERR_EXISTS);
	assert_int_equal(map(w, VA + 0x1000, PA, 0x400000, ram), MEZZO_ERR_EXISTS);
	assert_int_equal(map(w, VA + 0x300000, PA, 0x1000, ram), MEZZO_ERR_EXISTS);
	expect_nothing(w, VA);
	expect_nothing(w, VA + 0x1000);
	expect_leaf(w, VA + 0x5000, PA, 3, text);
	expect_leaf(w, VA + 0x300000, PA + 0x100000, 2, text);
}

static void failed_allocation_writes_no_leaf(void **state)
{
	struct world *w = *state;

	for (w->limit = 1; w->limit < TABLES; w->limit++) {
		int status = map(w, VA - 0x201000, PA - 0x201000, 0x402000, ram);

		if (status == MEZZO_OK)
			break;
		assert_int_equal(status, MEZZO_ERR_NOMEM);
		for (uint64_t at = VA - 0x202000; at < VA + 0x202000; at += 0x1000)
			expect_nothing(w, at);
	}
	/* Root, level 1, two of level 2, two of level 3; and what stood was used. */
	assert_int_equal(w->limit, 6);
	expect_leaf(w, VA - 0x201000, PA - 0x201000, 3, ram);
	expect_leaf(w, VA, PA, 2, ram);
	expect_leaf(w, VA + 0x200000, PA + 0x200000, 3, ram);
}

static void unmap_takes_whole_leaves_only(void **state)
{
	struct world *w = *state;

	assert_int_equal(map(w, VA, PA, 0x600000, ram), MEZZO_OK);
	assert_int_equal(map(w, VA - 0x2000, PA, 0x2000, device), MEZZO_OK);
	assert_int_equal(mezzo_stage1_unmap(&w->map, VA - 0x1000, 0x2000), MEZZO_ERR_LIVE);
	assert_int_equal(mezzo_stage1_unmap(&w->map, VA + 0x1000, 0x400000), MEZZO_ERR_LIVE);
	expect_leaf(w, VA - 0x1000, PA + 0x1000, 3, device);
	assert_int_equal(mezzo_stage1_unmap(&w->map, VA - 0x1000, 0x201000), MEZZO_OK);
	expect_leaf(w, VA - 0x2000, PA, 3, device);
	expect_nothing(w, VA - 0x1000);
	expect_nothing(w, VA);
	expect_leaf(w, VA + 0x200000, PA + 0x200000, 2, ram);
	/* What is not there is passed over. */
	assert_int_equal(mezzo_stage1_unmap(&w->map, 0, UINT64_C(1) << 48), MEZZO_OK);
	expect_nothing(w, VA + 0x200000);
	/* Tables that are there are used again. */
	assert_int_equal(map(w, VA - 0x2000, PA, 0x2000, device), MEZZO_OK);
}

static void windows_are_rewritten_entry_by_entry(void **state)
{
	const struct mezzo_stage1_entry none = {0};
	struct world *w = *state;
	struct mezzo_stage1_entry *page, *block, *again;

	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA, 3, &page), MEZZO_OK);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA + 0x200000, 2, &block), MEZZO_OK);
	assert_int_equal(page->bits | block->bits, 0);
	for (unsigned int i = 0; i < 512; i++)
		mezzo_stage1_write(&page[i],
				   mezzo_stage1_encode((struct mezzo_pa){PA + i * 0x1000}, 3, ram));
	expect_leaf(w, VA + 0x1ff123, PA + 0x1ff123, 3, ram);
	mezzo_stage1_write(&page[7], none);
	expect_nothing(w, VA + 0x7000);
	mezzo_stage1_write(block, mezzo_stage1_encode((struct mezzo_pa){PA}, 2, device));
	expect_leaf(w, VA + 0x212345, PA + 0x12345, 2, device);
	/* The same address gives the same entry; one of another size does not. */
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA, 3, &again), MEZZO_OK);
	assert_ptr_equal(again, page);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA + 0x200000, 2, &again), MEZZO_OK);
	assert_ptr_equal(again, block);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA, 2, &again), MEZZO_ERR_EXISTS);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA + 0x200000, 3, &again),
			 MEZZO_ERR_EXISTS);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA, 1, &again), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA, 4, &again), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, VA + 0x1000, 2, &again),
			 MEZZO_ERR_INVALID);
	w->limit = w->used;
	assert_int_equal(mezzo_stage1_leaf_entry(&w->map, 0, 3, &again), MEZZO_ERR_NOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(golden_descriptors),
		TEST(tcr_follows_the_physical_size),
		TEST(blocks_are_as_large_as_alignment_allows),
		TEST(what_may_not_be_is_refused),
		TEST(mapped_once_is_not_mapped_again),
		TEST(failed_allocation_writes_no_leaf),
		TEST(unmap_takes_whole_leaves_only),
		TEST(windows_are_rewritten_entry_by_entry),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
