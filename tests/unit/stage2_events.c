/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of the machine, and in which order: break-before-make, the order of a settlement,
 * level hints, and the choice between single entries, ranges and everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "table/flush.h"
#include "table_rig.h"

#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)

static int open_rig(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.fwb = true};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int open_rig_no_range(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.fwb = true, .no_range = true};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static struct mezzo_attr quiet(void)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	attr.exec = false;
	return attr;
}

static void expect_log(struct rig *rig, const char *log)
{
	char text[RIG_LOG_BYTES];

	assert_string_equal(rig_take_log(rig, text), log);
}

static void unmap(struct rig *rig, struct mezzo_flush *flush, uint64_t ipa, uint64_t pages,
		  bool prune)
{
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){ipa}, pages, prune, flush),
			 MEZZO_OK);
}

static void new_leaf_needs_a_table_barrier_only(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = quiet();
	struct mezzo_claim mine;

	/* The zeroes of new tables are visible before anything leads to them. */
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	expect_log(rig, "TABLES");
	assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, 0,
					 &mine),
			 MEZZO_OK);
	expect_log(rig, "");
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA}, &attr);
	expect_log(rig, "TABLES");
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA + 0x1000},
				       (struct mezzo_pa){PA}, 0, &attr),
			 MEZZO_OK);
	expect_log(rig, "TABLES");
}

static void widening_invalidates_the_leaf_at_its_level(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = quiet();
	struct mezzo_claim mine;

	for (unsigned int level = 1; level <= 3; level++) {
		const uint64_t ipa = IPA * level;
		char want[RIG_LOG_BYTES];

		rig_map_many(rig, ipa, PA, 9 * (3 - level), 1, quiet());
		attr.exec = true;
		assert_int_equal(rig->ops->hold(&rig->table, (struct mezzo_ipa){ipa + 0xfff},
						&mine),
				 MEZZO_OK);
		expect_log(rig, "");
		rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
		snprintf(want, sizeof(want), "TABLES ENTRY(%#llx,L%u) COMPLETE COMBINED COMPLETE",
			 (unsigned long long)ipa, level);
		expect_log(rig, want);
		/* Nothing is owed for a leaf that was only looked at. */
		assert_int_equal(rig->ops->hold(&rig->table, (struct mezzo_ipa){ipa}, &mine),
				 MEZZO_OK);
		rig->ops->abandon(&rig->table, &mine);
		expect_log(rig, "");
	}
}

/* While the TLB is invalidated the entry is there for nobody: T03 no_live_hole_on_split. */
static void expect_busy(struct rig *rig, void *arg)
{
	const char *tlbi = strstr(rig->log, arg);

	if (!tlbi || strstr(tlbi, "COMPLETE TABLES"))
		return;
	rig_expect_state(rig, IPA + 0x5000, MEZZO_ENTRY_BUSY);
	assert_int_not_equal(rig_raw(rig, IPA + 0x5000, 2), 0);
	assert_int_equal(rig_raw(rig, IPA + 0x5000, 2) & 1, 0);
}

static void split_is_break_before_make(void **state)
{
	struct rig *rig = *state;

	rig_map_many(rig, IPA, PA, MEZZO_ORDER_2M, 1, quiet());
	rig_map_many(rig, 2 * IPA, PA, MEZZO_ORDER_1G, 1, quiet());
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	rig->log[0] = '\0';
	rig->at_event = expect_busy;
	rig->at_event_arg = "TABLES ENTRY";
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA + 0x5000},
					 0),
			 MEZZO_OK);
	rig->at_event = NULL;
	expect_log(rig, "TABLES ENTRY(0x40000000,L2) COMPLETE COMBINED COMPLETE TABLES");
	/* Two levels at once, one break. */
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	expect_log(rig, "TABLES");
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock,
					 (struct mezzo_ipa){2 * IPA + 0x5000}, 0),
			 MEZZO_OK);
	expect_log(rig, "TABLES ENTRY(0x80000000,L1) COMPLETE COMBINED COMPLETE TABLES");
	/* Nothing to do, nothing asked. */
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, 0),
			 MEZZO_OK);
	expect_log(rig, "");
}

static void collapse_is_break_before_make(void **state)
{
	struct rig *rig = *state;

	rig_map_many(rig, IPA, PA, 0, 512, quiet());
	rig->at_event = expect_busy;
	rig->at_event_arg = "TABLES RANGE";
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA + 0x5000},
					    MEZZO_ORDER_2M),
			 MEZZO_OK);
	rig->at_event = NULL;
	/* A table went: no level hint, which would spare the walk caches. */
	expect_log(rig, "TABLES RANGE(0x40000000+512,L0) COMPLETE COMBINED COMPLETE TABLES");
	rig->ops->reclaim(&rig->table);
}

static void collapse_without_ranges_invalidates_everything(void **state)
{
	struct rig *rig = *state;

	rig_map_many(rig, IPA, PA, 0, 512, quiet());
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA}, MEZZO_ORDER_2M),
			 MEZZO_OK);
	expect_log(rig, "TABLES SPACE COMPLETE TABLES");
	rig->ops->reclaim(&rig->table);
}

static void refused_collapse_asks_nothing(void **state)
{
	struct rig *rig = *state;

	rig_map_many(rig, IPA, PA, 0, 511, quiet());
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA}, MEZZO_ORDER_2M),
			 MEZZO_ERR_LIVE);
	expect_log(rig, "");
}

static void settling_order(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_GUEST_CHOICE);
	struct mezzo_flush flush = {0};

	attr.clean_after = true;
	rig_map_many(rig, IPA, PA, 0, 2, attr);
	attr.clean_after = false;
	rig_map_many(rig, IPA + 0x2000, PA, 0, 1, attr);
	unmap(rig, &flush, IPA, 3, false);
	/* Unmap itself asks for nothing. */
	expect_log(rig, "");
	assert_true(flush.owed && flush.icache && !flush.tables && !flush.whole);
	assert_int_equal(flush.pages, 3);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	expect_log(rig, "TABLES RANGE(0x40000000+3,L3) COMPLETE COMBINED COMPLETE CONTEXT "
			"VISIT(0x40000000) VISIT(0x40001000) COMPLETE "
			"ICACHE COMPLETE CONTEXT");
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
	/* It is empty now, and paying nothing asks for nothing. */
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	expect_log(rig, "");
}

/* A frame is worked on while its entry is still held back from everybody. */
static void expect_owed(struct rig *rig, void *arg)
{
	(void)arg;
	if (!strstr(rig->log, "ICACHE"))
		rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
}

static void visited_entry_is_owed_until_the_work_is_complete(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_flush flush = {0};

	attr.clean_after = true;
	rig_map_many(rig, IPA, PA, MEZZO_ORDER_2M, 1, attr);
	unmap(rig, &flush, IPA, 512, false);
	rig->at_event = expect_owed;
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	rig->at_event = NULL;
	expect_log(rig, "TABLES ENTRY(0x40000000,L2) COMPLETE COMBINED COMPLETE CONTEXT "
			"VISIT(0x40000000) COMPLETE ICACHE COMPLETE CONTEXT");
}

static void pruned_table_goes_without_a_level_hint(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map_many(rig, IPA, PA, 0, 1, quiet());
	rig_map_many(rig, IPA + 0x200000, PA, MEZZO_ORDER_2M, 1, quiet());
	unmap(rig, &flush, IPA, 1, true);
	assert_true(flush.tables);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	expect_log(rig, "TABLES RANGE(0x40000000+512,L0) COMPLETE COMBINED COMPLETE CONTEXT");
	rig->ops->reclaim(&rig->table);
	rig_expect_leaf(rig, IPA + 0x200000, MEZZO_ORDER_2M, PA, quiet());
}

static void protect_and_age_owe_their_leaves(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map_many(rig, IPA, PA, MEZZO_ORDER_2M, 1, quiet());
	rig_map_many(rig, IPA + 0x200000, PA, MEZZO_ORDER_2M, 1, quiet());
	rig->ops->protect(&rig->table, (struct mezzo_ipa){IPA}, 1024, true, &flush);
	expect_log(rig, "");
	assert_false(flush.owed || flush.icache || flush.tables);
	assert_int_equal(flush.pages, 1024);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	expect_log(rig, "TABLES RANGE(0x40000000+1024,L2) COMPLETE COMBINED COMPLETE CONTEXT");
	/* Already so: nothing is owed. */
	rig->ops->protect(&rig->table, (struct mezzo_ipa){IPA}, 1024, false, &flush);
	assert_int_equal(flush.pages, 0);
	assert_true(rig->ops->age(&rig->table, (struct mezzo_ipa){IPA + 0x200000}, 512, &flush));
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	expect_log(rig, "TABLES ENTRY(0x40200000,L2) COMPLETE COMBINED COMPLETE CONTEXT");
	assert_false(rig->ops->age(&rig->table, (struct mezzo_ipa){IPA + 0x200000}, 512, &flush));
	assert_int_equal(flush.pages, 0);
}

static void without_ranges_a_few_leaves_go_one_by_one(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map_many(rig, IPA, PA, MEZZO_ORDER_2M, MEZZO_FLUSH_STEPS_MAX, quiet());
	unmap(rig, &flush, IPA, 512 * 2, false);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	expect_log(rig, "TABLES ENTRY(0x40000000,L2) ENTRY(0x40200000,L2) COMPLETE COMBINED "
			"COMPLETE CONTEXT");
	/* As many as are worth it, and one more. */
	rig_map_many(rig, 2 * IPA, PA, 0, MEZZO_FLUSH_STEPS_MAX, quiet());
	unmap(rig, &flush, 2 * IPA, MEZZO_FLUSH_STEPS_MAX, false);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	assert_null(strstr(rig->log, "SPACE"));
	rig->log[0] = '\0';
	rig_map_many(rig, 3 * IPA, PA, 0, MEZZO_FLUSH_STEPS_MAX + 1, quiet());
	unmap(rig, &flush, 3 * IPA, MEZZO_FLUSH_STEPS_MAX + 1, false);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	expect_log(rig, "TABLES SPACE COMPLETE CONTEXT");
}

static void more_ranges_than_fit_are_the_whole_space(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};
	struct mezzo_attr attr = quiet();

	attr.clean_after = true;
	for (unsigned int i = 0; i <= MEZZO_FLUSH_RANGES; i++)
		rig_map_many(rig, IPA * i, PA, 0, 1, attr);
	for (unsigned int i = 0; i <= MEZZO_FLUSH_RANGES; i++) {
		assert_int_equal(flush.whole, false);
		unmap(rig, &flush, IPA * i, 1, false);
	}
	assert_true(flush.whole);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	/* Nothing is forgotten for it: T25 tlb_debt_never_dropped. */
	expect_log(rig, "TABLES SPACE COMPLETE CONTEXT VISIT(0) VISIT(0x40000000) "
			"VISIT(0x80000000) VISIT(0xc0000000) VISIT(0x100000000) COMPLETE");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
#define TEST_NO_RANGE(name) cmocka_unit_test_setup_teardown(name, open_rig_no_range, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_leaf_needs_a_table_barrier_only),
		TEST(widening_invalidates_the_leaf_at_its_level),
		TEST(split_is_break_before_make),
		TEST(collapse_is_break_before_make),
		TEST_NO_RANGE(collapse_without_ranges_invalidates_everything),
		TEST(refused_collapse_asks_nothing),
		TEST(settling_order),
		TEST(visited_entry_is_owed_until_the_work_is_complete),
		TEST(pruned_table_goes_without_a_level_hint),
		TEST(protect_and_age_owe_their_leaves),
		TEST_NO_RANGE(without_ranges_a_few_leaves_go_one_by_one),
		TEST(more_ranges_than_fit_are_the_whole_space),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
