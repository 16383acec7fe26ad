/* SPDX-License-Identifier: BSD-2-Clause */
/* Debts as values: T25 tlb_debt_never_dropped, whatever is added in whatever order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "table/flush.h"
#include "table_rig.h"

#define PAGE UINT64_C(0x1000)

static void cover(struct mezzo_flush *flush, uint64_t page, uint64_t pages, uint8_t level)
{
	mezzo_flush_cover(flush, page * PAGE, pages, level);
}

static void expect_range(const struct mezzo_flush *flush, unsigned int index, uint64_t page,
			 uint64_t pages, uint8_t level)
{
	assert_true(index < flush->ranges);
	assert_int_equal(flush->range[index].ipa.addr, page * PAGE);
	assert_int_equal(flush->range[index].pages, pages);
	assert_int_equal(flush->range[index].level, level);
}

static void what_follows_on_is_one_range(void **state)
{
	struct mezzo_flush flush = {0};

	(void)state;
	cover(&flush, 10, 1, 3);
	cover(&flush, 11, 1, 3);
	cover(&flush, 12, 5, 3);
	cover(&flush, 9, 1, 3);
	assert_int_equal(flush.ranges, 1);
	expect_range(&flush, 0, 9, 8, 3);
	cover(&flush, 12, 2, 3);
	assert_int_equal(flush.ranges, 1);
	expect_range(&flush, 0, 9, 8, 3);
	cover(&flush, 18, 1, 3);
	assert_int_equal(flush.ranges, 2);
	assert_false(flush.whole);
}

static void ranges_of_two_levels_have_no_hint(void **state)
{
	struct mezzo_flush flush = {0};

	(void)state;
	cover(&flush, 512, 512, 2);
	cover(&flush, 1024, 1, 3);
	assert_int_equal(flush.ranges, 1);
	expect_range(&flush, 0, 512, 513, MEZZO_LEVEL_ANY);
}

static void ranges_that_grew_together_are_joined(void **state)
{
	struct mezzo_flush flush = {0};

	(void)state;
	cover(&flush, 100, 10, 3);
	cover(&flush, 300, 10, 3);
	cover(&flush, 200, 10, 2);
	for (uint64_t page = 210; page < 300; page++)
		cover(&flush, page, 1, 2);
	cover(&flush, 80, 15, 3);
	cover(&flush, 95, 5, 3);
	mezzo_flush_normalise(&flush);
	assert_int_equal(flush.ranges, 2);
	expect_range(&flush, 0, 80, 30, 3);
	expect_range(&flush, 1, 200, 110, MEZZO_LEVEL_ANY);
	/* One that touches two others, found in any order. */
	flush = (struct mezzo_flush){
		.ranges = 3,
		.range = {{{0}, 10, 3}, {{20 * PAGE}, 10, 3}, {{5 * PAGE}, 20, 3}},
	};
	mezzo_flush_normalise(&flush);
	assert_int_equal(flush.ranges, 1);
	expect_range(&flush, 0, 0, 30, 3);
}

static bool covers(const struct mezzo_flush *flush, uint64_t page)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		const uint64_t start = flush->range[i].ipa.addr / PAGE;

		if (page >= start && page < start + flush->range[i].pages)
			return true;
	}
	return false;
}

/* Scattered pages, far more than ranges: each is covered, and nothing is so by a hint. */
static void every_page_stays_covered(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct mezzo_flush flush = {0};
		uint64_t page[40];

		for (unsigned int i = 0; i < 40; i++) {
			page[i] = (seed * 2654435761u * (i + 1)) >> 8 & 0xfffff;
			cover(&flush, page[i], 1, i & 1 ? 3 : 2);
			assert_true(flush.ranges <= MEZZO_FLUSH_RANGES);
			assert_true(flush.whole || i < MEZZO_FLUSH_RANGES);
			for (unsigned int j = 0; j <= i; j++)
				assert_true(covers(&flush, page[j]));
		}
		assert_true(flush.whole);
		mezzo_flush_normalise(&flush);
		for (unsigned int j = 0; j < 40; j++)
			assert_true(covers(&flush, page[j]));
	}
}

/* The nearest one grows, so that little is walked in between. */
static void range_that_does_not_fit_joins_its_neighbour(void **state)
{
	struct mezzo_flush flush = {0};

	(void)state;
	for (uint64_t i = 0; i < MEZZO_FLUSH_RANGES; i++)
		cover(&flush, 1000 * i, 1, 3);
	assert_false(flush.whole);
	cover(&flush, 2100, 1, 3);
	assert_true(flush.whole);
	expect_range(&flush, 2, 2000, 101, 3);
	cover(&flush, 2990, 1, 3);
	expect_range(&flush, 3, 2990, 11, 3);
}

static void expect_tlb(const struct rig_options *options, const struct mezzo_flush *flush,
		       const char *log)
{
	char text[RIG_LOG_BYTES];
	struct rig rig;

	rig_open(&rig, options);
	mezzo_flush_tlb(&rig.table, flush);
	assert_string_equal(rig_take_log(&rig, text), log);
	rig_close(&rig);
}

static void operations_are_chosen_by_their_number(void **state)
{
	const struct rig_options ranges = {0}, singles = {.no_range = true};
	const uint64_t most = (uint64_t)MEZZO_FLUSH_STEPS_MAX << MEZZO_FLUSH_STEP_SHIFT;
	struct mezzo_flush flush = {.ranges = 1, .range = {{{0}, 0, 3}}};

	(void)state;
	flush.range[0].pages = most;
	expect_tlb(&ranges, &flush, "TABLES RANGE(0+33554432,L3) COMPLETE COMBINED COMPLETE");
	flush.range[0].pages = most + 1;
	expect_tlb(&ranges, &flush, "TABLES SPACE COMPLETE");
	/* By the leaf's size: three blocks are three operations, but 1536 without a hint. */
	flush.range[0].pages = 3 * 512;
	flush.range[0].level = 2;
	expect_tlb(&singles, &flush,
		   "TABLES ENTRY(0,L2) ENTRY(0x200000,L2) ENTRY(0x400000,L2) COMPLETE COMBINED "
		   "COMPLETE");
	flush.tables = true;
	expect_tlb(&singles, &flush, "TABLES SPACE COMPLETE");
	expect_tlb(&ranges, &flush, "TABLES RANGE(0+1536,L0) COMPLETE COMBINED COMPLETE");
	flush.tables = false;
	flush.whole = true;
	expect_tlb(&ranges, &flush, "TABLES SPACE COMPLETE");
	flush.whole = false;
	flush.range[0].pages = 1 << 18;
	flush.range[0].level = 1;
	expect_tlb(&ranges, &flush, "TABLES ENTRY(0,L1) COMPLETE COMBINED COMPLETE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_follows_on_is_one_range),
		cmocka_unit_test(ranges_of_two_levels_have_no_hint),
		cmocka_unit_test(ranges_that_grew_together_are_joined),
		cmocka_unit_test(every_page_stays_covered),
		cmocka_unit_test(range_that_does_not_fit_joins_its_neighbour),
		cmocka_unit_test(operations_are_chosen_by_their_number),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
