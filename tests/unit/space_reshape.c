/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves that are split before they are written, and made large again when logging is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define MIB (UINT64_C(1) << 20)
#define PAGES 4096
#define BLOCKS 8

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options no_dic = {.machine = {.fwb = true, .idc = true}};
static const struct world_options plain;

/* A world whose slot 1 has eight blocks, all of them mapped and written. */
struct stage {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool;
	struct mezzo_slot_config slot;
	struct mezzo_refusal why;
};

static struct mezzo_fault_result touch(struct stage *s, uint64_t page, enum mezzo_access access)
{
	const uint64_t ipa = RAM + page * PAGE;
	struct mezzo_leaf leaf = world_leaf(s->world, ipa);

	return world_fault(s->world, ipa, access,
			   leaf.state == MEZZO_ENTRY_LEAF ? MEZZO_FAULT_PERMISSION
							  : MEZZO_FAULT_MISSING);
}

static struct stage stage(const struct world_options *options, enum mezzo_preset preset)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);
	struct stage s = {.world = world_new(options)};

	s.space = &s.world->space;
	s.pool = world_pool(s.world, &contract, 0, PAGES);
	s.slot = (struct mezzo_slot_config){
		.id = 1,
		.ipa = {RAM},
		.pages = PAGES,
		.object = &s.pool->object,
		.bitmap = s.world->bitmap,
	};
	assert_int_equal(mezzo_slot_create(s.space, &s.slot, &s.why), MEZZO_OK);
	for (unsigned int i = 0; i < BLOCKS; i++)
		(void)touch(&s, i * 512, MEZZO_ACCESS_WRITE);
	return s;
}

static void strike(struct stage *s)
{
	world_free(s->world);
	world_pool_free(s->pool);
}

static void log_writes(struct stage *s, bool on)
{
	s->slot.flags = on ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0;
	assert_int_equal(world_change(s->world, &s->slot, &s->why), MEZZO_OK);
}

static struct mezzo_leaf leaf_of(struct stage *s, uint64_t page)
{
	return world_leaf(s->world, RAM + page * PAGE);
}

static unsigned int split_all(struct stage *s)
{
	unsigned int calls = 1;
	int status;

	while ((status = mezzo_slot_split(s->space, 1, &s->why)) == MEZZO_ERR_AGAIN)
		calls++;
	assert_int_equal(status, MEZZO_OK);
	return calls;
}

static unsigned int collapse_all(struct stage *s)
{
	unsigned int calls = 1;
	int status;

	while ((status = mezzo_slot_collapse(s->space, 1, &s->why)) == MEZZO_ERR_AGAIN)
		calls++;
	assert_int_equal(status, MEZZO_OK);
	return calls;
}

static void check_orders(struct stage *s, unsigned int order)
{
	for (uint64_t page = 0; page < PAGES; page += 37)
		assert_int_equal(leaf_of(s, page).order, order);
}

/* Everything but how large it is, and whether it may be written. */
static void check_alike(const struct mezzo_leaf *a, const struct mezzo_leaf *b, bool write)
{
	struct mezzo_attr want = a->attr;

	want.write = write;
	assert_int_equal(b->state, MEZZO_ENTRY_LEAF);
	assert_memory_equal(&want, &b->attr, sizeof(want));
}

/* T01, through the whole engine: of every kind of memory. */
static void T01_eager_split_and_collapse_keep_memtype(void **state)
{
	static const struct world_options *const machines[] = {&fwb, &no_dic, &plain};

	(void)state;
	for (unsigned int i = 0; i < 3 * MEZZO_PRESETS; i++) {
		struct stage s =
			stage(machines[i / MEZZO_PRESETS], (enum mezzo_preset)(i % MEZZO_PRESETS));
		const struct mezzo_leaf block = leaf_of(&s, 0);
		struct mezzo_leaf leaf;

		assert_int_equal(block.order, MEZZO_ORDER_2M);
		log_writes(&s, true);
		split_all(&s);
		check_orders(&s, MEZZO_ORDER_4K);
		for (uint64_t page = 0; page < PAGES; page += 37) {
			leaf = leaf_of(&s, page);
			check_alike(&block, &leaf, false);
			assert_int_equal(leaf.pa.addr, WORLD_FRAMES_PA + page * PAGE);
		}
		for (uint64_t page = 0; page < PAGES; page += 5)
			(void)touch(&s, page, MEZZO_ACCESS_WRITE);
		log_writes(&s, false);
		collapse_all(&s);
		check_orders(&s, MEZZO_ORDER_2M);
		for (unsigned int n = 0; n < BLOCKS; n++) {
			leaf = leaf_of(&s, n * 512);
			check_alike(&block, &leaf, false);
			assert_int_equal(leaf.pa.addr, WORLD_FRAMES_PA + n * 2 * MIB);
			(void)touch(&s, n * 512 + 1, MEZZO_ACCESS_WRITE);
			leaf = leaf_of(&s, n * 512);
			check_alike(&block, &leaf, true);
			assert_int_equal(leaf.order, MEZZO_ORDER_2M);
		}
		strike(&s);
	}
}

static void splitting_takes_a_block_at_a_time(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	log_writes(&s, true);
	assert_int_equal(mezzo_slot_split(s.space, 1, &s.why), MEZZO_ERR_AGAIN);
	assert_int_equal(leaf_of(&s, 0).order, MEZZO_ORDER_4K);
	assert_int_equal(leaf_of(&s, 512).order, MEZZO_ORDER_2M);
	/* Faults go on meanwhile, and what they split need not be split again. */
	(void)touch(&s, 3 * 512 + 9, MEZZO_ACCESS_WRITE);
	assert_int_equal(split_all(&s), BLOCKS - 2 + 1);
	check_orders(&s, MEZZO_ORDER_4K);
	assert_int_equal(split_all(&s), 1);
	/* No write makes a guest wait for a split now: one page, one leaf. */
	mezzo_hosted_reset_counts(&s.world->hosted);
	(void)touch(&s, 5 * 512, MEZZO_ACCESS_WRITE);
	assert_int_equal(s.world->hosted.counts.table_allocs, 0);
	strike(&s);
}

/* A gigabyte is split where it is asked for, not all at once. */
static void a_gigabyte_is_split_in_pieces(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct world *world = world_new(&fwb);
	struct mezzo_slot_config slot = {.id = 1, .ipa = {RAM}, .pages = 1 << 18};
	struct mezzo_refusal why;
	struct mezzo_bar bar;
	unsigned int calls = 0;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
					(struct mezzo_pa){UINT64_C(1) << 40}, 1 << 18),
			 MEZZO_OK);
	slot.object = &bar.object;
	slot.bitmap = calloc(MEZZO_DIRTY_WORDS(slot.pages), sizeof(*slot.bitmap));
	assert_int_equal(mezzo_slot_create(&world->space, &slot, &why), MEZZO_OK);
	(void)world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(world_leaf(world, RAM).order, MEZZO_ORDER_1G);
	slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(world, &slot, &why), MEZZO_OK);
	while (mezzo_slot_split(&world->space, 1, &why) == MEZZO_ERR_AGAIN) {
		assert_int_equal(world_leaf(world, RAM + calls * 2 * MIB).order, MEZZO_ORDER_4K);
		if (calls < 511)
			assert_int_equal(world_leaf(world, RAM + 1022 * MIB).order, MEZZO_ORDER_2M);
		calls++;
	}
	assert_int_equal(calls, 512);
	/* And back, all the way. */
	slot.flags = 0;
	assert_int_equal(world_change(world, &slot, &why), MEZZO_OK);
	while (mezzo_slot_collapse(&world->space, 1, &why) == MEZZO_ERR_AGAIN)
		;
	assert_int_equal(world_leaf(world, RAM).order, MEZZO_ORDER_1G);
	(void)world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_true(world_leaf(world, RAM).attr.write);
	assert_int_equal(world_leaf(world, RAM).order, MEZZO_ORDER_1G);
	world_free(world);
	free((void *)slot.bitmap);
}

static void without_table_memory_splitting_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 0; n <= BLOCKS; n++) {
		struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
		int status;

		log_writes(&s, true);
		s.world->hosted.allocs_left = n;
		while ((status = mezzo_slot_split(s.space, 1, &s.why)) == MEZZO_ERR_AGAIN)
			;
		/* As far as the memory goes, block by block. */
		for (unsigned int i = 0; i < BLOCKS; i++) {
			const unsigned int order = leaf_of(&s, i * 512).order;

			assert_int_equal(order, i < n ? MEZZO_ORDER_4K : MEZZO_ORDER_2M);
			assert_int_equal(leaf_of(&s, i * 512 + 511).pa.addr &
						 ~(mezzo_order_bytes(order) - 1),
					 leaf_of(&s, i * 512 + 511).pa.addr);
		}
		assert_int_equal(status, n < BLOCKS ? MEZZO_ERR_NOMEM : MEZZO_OK);
		s.world->hosted.allocs_left = UINT64_MAX;
		split_all(&s);
		check_orders(&s, MEZZO_ORDER_4K);
		strike(&s);
	}
}

static void a_split_that_meets_a_held_entry_comes_back(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_claim claim;

	(void)state;
	log_writes(&s, true);
	assert_int_equal(mezzo_stage2_ops.hold(&s.space->table,
					       (struct mezzo_ipa){RAM + 2 * 512 * PAGE}, &claim),
			 MEZZO_OK);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(mezzo_slot_split(s.space, 1, &s.why), MEZZO_ERR_AGAIN);
	assert_int_equal(leaf_of(&s, 512).order, MEZZO_ORDER_4K);
	mezzo_stage2_ops.abandon(&s.space->table, &claim);
	split_all(&s);
	check_orders(&s, MEZZO_ORDER_4K);
	strike(&s);
}

/* --- collapsing -------------------------------------------------------------------------------- */

static void collapsing_takes_a_block_at_a_time_and_gives_tables_back(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	uint64_t tables = s.world->hosted.counts.table_bytes;

	(void)state;
	log_writes(&s, true);
	split_all(&s);
	log_writes(&s, false);
	assert_int_equal(mezzo_slot_collapse(s.space, 1, &s.why), MEZZO_ERR_AGAIN);
	assert_int_equal(leaf_of(&s, 0).order, MEZZO_ORDER_2M);
	assert_int_equal(leaf_of(&s, 512).order, MEZZO_ORDER_4K);
	assert_int_equal(collapse_all(&s), BLOCKS);
	check_orders(&s, MEZZO_ORDER_2M);
	/* What collapsing leaves over goes at the next occasion; a stock may stay. */
	assert_int_equal(collapse_all(&s), 1);
	assert_in_range(s.world->hosted.counts.table_bytes, tables, tables + 4 * PAGE);
	strike(&s);
}

/* Where pages are missing the range is given up, and the next fault makes a block of it. */
static void a_range_with_holes_becomes_a_block_by_the_next_fault(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	log_writes(&s, true);
	assert_int_equal(mezzo_space_unmap(s.space, (struct mezzo_ipa){RAM}, PAGES), MEZZO_OK);
	for (uint64_t page = 0; page < 512; page += 3)
		(void)touch(&s, page, MEZZO_ACCESS_WRITE);
	log_writes(&s, false);
	collapse_all(&s);
	assert_int_equal(leaf_of(&s, 0).state, MEZZO_ENTRY_NONE);
	assert_int_equal(touch(&s, 7, MEZZO_ACCESS_READ).order, MEZZO_ORDER_2M);
	strike(&s);
}

/* Not where that would have to be paid by cleaning. */
static void what_must_be_cleaned_is_not_given_up(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_CACHED);

	(void)state;
	log_writes(&s, true);
	assert_int_equal(mezzo_space_unmap(s.space, (struct mezzo_ipa){RAM}, PAGES), MEZZO_OK);
	for (uint64_t page = 0; page < 512; page += 3)
		(void)touch(&s, page, MEZZO_ACCESS_WRITE);
	log_writes(&s, false);
	mezzo_hosted_reset_counts(&s.world->hosted);
	collapse_all(&s);
	assert_int_equal(leaf_of(&s, 3).state, MEZZO_ENTRY_LEAF);
	assert_int_equal(s.world->hosted.counts.clean_invalidate_bytes, 0);
	strike(&s);
}

/* Nor where no block can be made: the frames do not lie so. */
static void frames_that_make_no_block_are_left_alone(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	const struct mezzo_slot_config shifted = {.id = 2,
						  .ipa = {RAM + 64 * MIB + PAGE},
						  .pages = 2048,
						  .object = &s.pool->object};
	int status;

	(void)state;
	assert_int_equal(mezzo_slot_create(s.space, &shifted, &s.why), MEZZO_OK);
	for (uint64_t page = 0; page < 600; page++)
		(void)world_fault(s.world, shifted.ipa.addr + page * 2 * PAGE, MEZZO_ACCESS_WRITE,
				  MEZZO_FAULT_MISSING);
	/* Congruent with nothing: 64 MiB + 4 KiB is mapped to the pool's start. */
	do
		status = mezzo_slot_collapse(s.space, 2, &s.why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	for (uint64_t page = 0; page < 600; page++)
		assert_int_equal(world_leaf(s.world, shifted.ipa.addr + page * 2 * PAGE).state,
				 MEZZO_ENTRY_LEAF);
	strike(&s);
}

/* T02, through the whole engine: what was executed differs in more than logging made of it. */
static void T02_leaves_that_differ_are_not_collapsed(void **state)
{
	struct stage s = stage(&no_dic, MEZZO_PRESET_EXCLUSIVE);

	(void)state;
	log_writes(&s, true);
	split_all(&s);
	(void)touch(&s, 5, MEZZO_ACCESS_EXEC);
	assert_true(leaf_of(&s, 5).attr.exec);
	log_writes(&s, false);
	collapse_all(&s);
	/* Exclusive memory is cleaned when it is taken away: so it stays as it is. */
	assert_int_equal(leaf_of(&s, 5).order, MEZZO_ORDER_4K);
	assert_true(leaf_of(&s, 5).attr.exec);
	assert_false(leaf_of(&s, 6).attr.exec);
	assert_int_equal(leaf_of(&s, 512).order, MEZZO_ORDER_2M);
	strike(&s);
}

static void a_contract_bounds_the_block(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct world *world = world_new(&fwb);
	struct mezzo_refusal why;
	struct mezzo_bar bar;
	int status;

	(void)state;
	contract.max_order = MEZZO_ORDER_4K;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
					(struct mezzo_pa){WORLD_FRAMES_PA}, PAGES),
			 MEZZO_OK);
	world_slot(world, 1, RAM, &bar.object, PAGES, 0);
	for (uint64_t page = 0; page < 512; page++)
		(void)world_fault(world, RAM + page * PAGE, MEZZO_ACCESS_WRITE,
				  MEZZO_FAULT_MISSING);
	do
		status = mezzo_slot_collapse(&world->space, 1, &why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	assert_int_equal(world_leaf(world, RAM).order, MEZZO_ORDER_4K);
	world_free(world);
}

/* --- refusals ---------------------------------------------------------------------------------- */

static void a_log_is_split_and_only_what_is_none_is_collapsed(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	assert_int_equal(mezzo_slot_split(s.space, 1, &s.why), MEZZO_ERR_NOENT);
	assert_int_equal(s.why.reason, MEZZO_WHY_SLOT_NOT_LOGGING);
	assert_int_equal(mezzo_slot_split(s.space, 2, &s.why), MEZZO_ERR_NOENT);
	assert_int_equal(s.why.reason, MEZZO_WHY_SLOT_ID_UNKNOWN);
	log_writes(&s, true);
	assert_int_equal(mezzo_slot_collapse(s.space, 1, &s.why), MEZZO_ERR_INVALID);
	assert_int_equal(s.why.reason, MEZZO_WHY_SLOT_LOGGING);
	assert_int_equal(s.why.field, MEZZO_FIELD_FLAGS);
	assert_int_equal(s.why.got, MEZZO_SLOT_FLAG_LOG_DIRTY);
	assert_int_equal(s.why.want, 0);
	assert_int_equal(mezzo_slot_collapse(s.space, 2, &s.why), MEZZO_ERR_NOENT);
	assert_int_equal(s.why.reason, MEZZO_WHY_SLOT_ID_UNKNOWN);
	strike(&s);
}

/* Pages that are all taken back, in one go or one by one, leave no table that keeps a block out. */
static void what_was_split_is_a_block_again_when_its_pages_come_back(void **state)
{
	(void)state;
	for (unsigned int step = 1; step <= 512; step *= 512) {
		struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
		const uint32_t tables = s.space->table.tables;

		log_writes(&s, true);
		split_all(&s);
		log_writes(&s, false);
		check_orders(&s, MEZZO_ORDER_4K);
		assert_int_equal(s.space->table.tables, tables + BLOCKS);
		for (unsigned int page = 0; page < BLOCKS * 512; page += step)
			assert_int_equal(mezzo_object_revoke(&s.pool->object, page, step),
					 MEZZO_OK);
		assert_in_range(s.space->table.tables, 1, tables);
		for (unsigned int i = 0; i < BLOCKS; i++)
			(void)touch(&s, i * 512, MEZZO_ACCESS_WRITE);
		check_orders(&s, MEZZO_ORDER_2M);
		strike(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T01_eager_split_and_collapse_keep_memtype),
		cmocka_unit_test(splitting_takes_a_block_at_a_time),
		cmocka_unit_test(a_gigabyte_is_split_in_pieces),
		cmocka_unit_test(without_table_memory_splitting_changes_nothing),
		cmocka_unit_test(a_split_that_meets_a_held_entry_comes_back),
		cmocka_unit_test(collapsing_takes_a_block_at_a_time_and_gives_tables_back),
		cmocka_unit_test(what_was_split_is_a_block_again_when_its_pages_come_back),
		cmocka_unit_test(a_range_with_holes_becomes_a_block_by_the_next_fault),
		cmocka_unit_test(what_must_be_cleaned_is_not_given_up),
		cmocka_unit_test(frames_that_make_no_block_are_left_alone),
		cmocka_unit_test(T02_leaves_that_differ_are_not_collapsed),
		cmocka_unit_test(a_contract_bounds_the_block),
		cmocka_unit_test(a_log_is_split_and_only_what_is_none_is_collapsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
