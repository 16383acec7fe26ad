/* SPDX-License-Identifier: BSD-2-Clause */
/* Dirty logs that the hardware keeps in the tables: when its notes come into the bitmap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/notes.h"
#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define MIB (UINT64_C(1) << 20)
#define PAGES 2048
#define WORDS MEZZO_DIRTY_WORDS(PAGES)

static const struct world_options noting = {
	.machine = {.fwb = true, .idc = true, .dic = true},
	.features = {.access = true, .dirty = true},
};

struct stage {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool;
	struct mezzo_slot_config slot;
	struct mezzo_refusal why;
	uint64_t bits[WORDS];
	unsigned int faults;
};

static struct stage stage_with(uint32_t flags, bool writable)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct stage s = {.world = world_new(&noting)};

	contract.writable = writable;
	s.space = &s.world->space;
	s.pool = world_pool(s.world, &contract, 0, PAGES);
	s.slot = (struct mezzo_slot_config){
		.id = 1,
		.flags = flags,
		.ipa = {RAM},
		.pages = PAGES,
		.object = &s.pool->object,
		.bitmap = s.world->bitmap,
	};
	assert_int_equal(mezzo_slot_create(s.space, &s.slot, &s.why), MEZZO_OK);
	return s;
}

static struct stage stage(void)
{
	return stage_with(MEZZO_SLOT_FLAG_LOG_DIRTY, true);
}

static void strike(struct stage *s)
{
	world_free(s->world);
	world_pool_free(s->pool);
}

static uint64_t ipa_of(uint64_t page)
{
	return RAM + page * PAGE;
}

static struct mezzo_attr attr_of(struct stage *s, uint64_t page)
{
	struct mezzo_leaf leaf = world_leaf(s->world, ipa_of(page));

	assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
	return leaf.attr;
}

static void read_from(struct stage *s, uint64_t page)
{
	assert_int_equal(
		world_fault(s->world, ipa_of(page), MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
		MEZZO_GRANT);
}

/* As a guest does; the faults are counted. */
static void write_to(struct stage *s, uint64_t page)
{
	const unsigned int before = s->faults;

	while (!notes_write(s->space, 0, (struct mezzo_ipa){ipa_of(page)})) {
		struct mezzo_leaf leaf = world_leaf(s->world, ipa_of(page));

		assert_in_range(s->faults++, before, before + 1);
		assert_int_equal(world_fault(s->world, ipa_of(page), MEZZO_ACCESS_WRITE,
					     leaf.state == MEZZO_ENTRY_LEAF ? MEZZO_FAULT_PERMISSION
									    : MEZZO_FAULT_MISSING)
					 .outcome,
				 MEZZO_GRANT);
	}
}

static void get(struct stage *s)
{
	memset(s->bits, 0xff, sizeof(s->bits));
	assert_int_equal(mezzo_dirty_get(s->space, 1, 0, PAGES, s->bits, &s->why), MEZZO_OK);
}

static void take(struct stage *s)
{
	memset(s->bits, 0xff, sizeof(s->bits));
	assert_int_equal(mezzo_dirty_take(s->space, 1, 0, PAGES, s->bits, &s->why), MEZZO_OK);
}

static unsigned int count(const struct stage *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		n += (unsigned int)__builtin_popcountll(s->bits[i]);
	return n;
}

/* Just these pages were in the answer, or none (UINT64_MAX). */
static void assert_answer(const struct stage *s, uint64_t one, uint64_t other)
{
	unsigned int want = 0;

	if (one != UINT64_MAX) {
		assert_true(s->bits[one / 64] >> one % 64 & 1);
		want++;
	}
	if (other != UINT64_MAX) {
		assert_true(s->bits[other / 64] >> other % 64 & 1);
		want++;
	}
	assert_int_equal(count(s), want);
}

#define NONE UINT64_MAX

static void a_page_that_was_read_is_written_without_a_fault(void **state)
{
	struct stage s = stage();

	(void)state;
	read_from(&s, 3);
	assert_true(attr_of(&s, 3).write && attr_of(&s, 3).logged);
	get(&s);
	assert_answer(&s, NONE, NONE);
	write_to(&s, 3);
	assert_int_equal(s.faults, 0);
	assert_true(attr_of(&s, 3).dirty);
	get(&s);
	assert_answer(&s, 3, NONE);
	strike(&s);
}

static void a_fault_marks_nothing_that_was_not_written(void **state)
{
	struct stage s = stage();

	(void)state;
	write_to(&s, 7);
	assert_int_equal(s.faults, 1);
	/* A write fault whose write never comes. */
	assert_int_equal(
		world_fault(s.world, ipa_of(9), MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING).outcome,
		MEZZO_GRANT);
	take(&s);
	assert_answer(&s, 7, NONE);
	strike(&s);
}

static void what_was_taken_is_noted_again_without_a_fault(void **state)
{
	struct stage s = stage();

	(void)state;
	write_to(&s, 7);
	write_to(&s, 2000);
	take(&s);
	assert_answer(&s, 7, 2000);
	assert_true(attr_of(&s, 7).write && !attr_of(&s, 7).dirty);
	take(&s);
	assert_answer(&s, NONE, NONE);
	s.faults = 0;
	write_to(&s, 7);
	assert_int_equal(s.faults, 0);
	take(&s);
	assert_answer(&s, 7, NONE);
	strike(&s);
}

static void clearing_some_pages_keeps_the_notes_of_others(void **state)
{
	struct stage s = stage();
	uint64_t clear[WORDS] = {UINT64_C(1) << 5};

	(void)state;
	for (uint64_t page = 0; page < 16; page++)
		write_to(&s, page);
	/* Nobody has asked yet; and they lie beside the one that is cleared. */
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, clear, &s.why), MEZZO_OK);
	get(&s);
	assert_int_equal(s.bits[0], 0xffff & ~clear[0]);
	/* Cleared pages at both ends of a gap: what the gap was noted for is not lost. */
	clear[0] = UINT64_C(1) << 1 | UINT64_C(1) << 14;
	write_to(&s, 7);
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, clear, &s.why), MEZZO_OK);
	get(&s);
	assert_int_equal(s.bits[0], 0xffff & ~(clear[0] | UINT64_C(1) << 5));
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, NULL, &s.why), MEZZO_OK);
	get(&s);
	assert_answer(&s, NONE, NONE);
	strike(&s);
}

static void notes_outlive_their_entries(void **state)
{
	struct stage s = stage();
	struct mezzo_slot_config to;

	(void)state;
	write_to(&s, 1);
	assert_int_equal(mezzo_space_unmap(s.space, (struct mezzo_ipa){RAM}, PAGES), MEZZO_OK);
	assert_true(world_logged(s.world, 1));
	write_to(&s, 2);
	assert_int_equal(mezzo_object_revoke(&s.pool->object, 0, PAGES), MEZZO_OK);
	assert_true(world_logged(s.world, 2));
	write_to(&s, 3);
	to = s.slot;
	to.ipa.addr += 64 * MIB;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	assert_true(world_logged(s.world, 3));
	take(&s);
	assert_int_equal(s.bits[0], 0xe);
	strike(&s);
}

static void what_may_not_be_written_is_not_opened(void **state)
{
	struct stage s = stage_with(MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_READ_ONLY, true);

	(void)state;
	read_from(&s, 3);
	assert_false(attr_of(&s, 3).write);
	strike(&s);
	s = stage_with(MEZZO_SLOT_FLAG_LOG_DIRTY, false);
	read_from(&s, 3);
	assert_false(attr_of(&s, 3).write);
	strike(&s);
}

static void with_rings_the_vcpu_is_to_be_known(void **state)
{
	static struct mezzo_dirty_entry entry[WORLD_VCPUS * 4];
	struct stage s = stage_with(0, true);
	uint32_t slot, cursor = 0;
	uint64_t page;

	(void)state;
	memset(entry, 0, sizeof(entry));
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 4, &s.why), MEZZO_OK);
	s.slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &s.slot, &s.why), MEZZO_OK);
	read_from(&s, 3);
	assert_false(attr_of(&s, 3).write);
	write_to(&s, 3);
	assert_int_equal(s.faults, 1);
	assert_false(attr_of(&s, 3).logged);
	assert_true(mezzo_dirty_next(s.space, 0, &cursor, &slot, &page));
	assert_int_equal(page, 3);
	strike(&s);
}

static void what_starts_dirty_stays_as_it_is_until_it_is_cleared(void **state)
{
	struct stage s = stage_with(0, true);
	struct mezzo_leaf leaf;

	(void)state;
	write_to(&s, 3);
	assert_int_equal(world_leaf(s.world, ipa_of(3)).order, MEZZO_ORDER_2M);
	s.slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY;
	assert_int_equal(world_change(s.world, &s.slot, &s.why), MEZZO_OK);
	/* Looking changes nothing. */
	get(&s);
	assert_int_equal(count(&s), PAGES);
	leaf = world_leaf(s.world, ipa_of(3));
	assert_true(leaf.order == MEZZO_ORDER_2M && leaf.attr.write && !leaf.attr.logged);
	take(&s);
	assert_int_equal(count(&s), PAGES);
	assert_false(attr_of(&s, 3).write);
	s.faults = 0;
	write_to(&s, 3);
	assert_int_equal(s.faults, 1);
	assert_int_equal(world_leaf(s.world, ipa_of(3)).order, MEZZO_ORDER_4K);
	take(&s);
	assert_answer(&s, 3, NONE);
	strike(&s);
}

static void when_the_log_is_over_blocks_come_back(void **state)
{
	struct stage s = stage_with(0, true);
	struct mezzo_attr before, after;
	int status;

	(void)state;
	write_to(&s, 0);
	before = attr_of(&s, 0);
	s.slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &s.slot, &s.why), MEZZO_OK);
	for (uint64_t page = 0; page < 64; page++)
		write_to(&s, page);
	s.slot.flags = 0;
	assert_int_equal(world_change(s.world, &s.slot, &s.why), MEZZO_OK);
	do
		status = mezzo_slot_collapse(s.space, 1, &s.why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	assert_int_equal(world_leaf(s.world, RAM).order, MEZZO_ORDER_2M);
	write_to(&s, 0);
	after = attr_of(&s, 0);
	after.logged = after.dirty = false;
	assert_memory_equal(&before, &after, sizeof(before));
	strike(&s);
}

static void asking_costs_one_invalidation(void **state)
{
	struct stage s = stage();
	uint64_t before;

	(void)state;
	for (uint64_t page = 0; page < 512; page++)
		write_to(&s, page);
	before = s.world->hosted.counts.tlb_combined + s.world->hosted.counts.tlb_spaces;
	take(&s);
	assert_int_equal(count(&s), 512);
	assert_int_equal(s.world->hosted.counts.tlb_combined + s.world->hosted.counts.tlb_spaces,
			 before + 1);
	/* Nothing was written since: nothing to invalidate. */
	get(&s);
	take(&s);
	assert_int_equal(s.world->hosted.counts.tlb_combined + s.world->hosted.counts.tlb_spaces,
			 before + 1);
	strike(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_was_read_is_written_without_a_fault),
		cmocka_unit_test(a_fault_marks_nothing_that_was_not_written),
		cmocka_unit_test(what_was_taken_is_noted_again_without_a_fault),
		cmocka_unit_test(clearing_some_pages_keeps_the_notes_of_others),
		cmocka_unit_test(notes_outlive_their_entries),
		cmocka_unit_test(what_may_not_be_written_is_not_opened),
		cmocka_unit_test(with_rings_the_vcpu_is_to_be_known),
		cmocka_unit_test(what_starts_dirty_stays_as_it_is_until_it_is_cleared),
		cmocka_unit_test(when_the_log_is_over_blocks_come_back),
		cmocka_unit_test(asking_costs_one_invalidation),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
