/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken away beside walkers and beside other flushes, step by step: what tests with
 * threads would meet once in a while is made to happen here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "table_rig.h"

#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)

static struct mezzo_attr plain(void)
{
	return rig_attr(MEZZO_STAGE2_NORMAL_WB);
}

static struct mezzo_attr cleaned(void)
{
	struct mezzo_attr attr = plain();

	attr.clean_after = true;
	return attr;
}

static int open_rig(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.dic = true};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static void claim(struct rig *rig, uint64_t ipa, unsigned int order, struct mezzo_claim *claim)
{
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){ipa}, order,
					 claim),
			 MEZZO_OK);
}

static void unmap(struct rig *rig, uint64_t ipa, uint64_t pages, bool prune,
		  struct mezzo_flush *flush)
{
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){ipa}, pages, prune, flush),
			 MEZZO_OK);
}

/* --- entries that are held: what the walker does while the taker waits ----------------------- */

static struct {
	struct rig *rig;
	struct mezzo_claim claim;
	unsigned int waited;
	void (*finish)(void);
} busy;

static void spin(void *ctx)
{
	(void)ctx;
	if (++busy.waited == 3)
		busy.finish();
	assert_true(busy.waited <= 3);
}

static void wait_with(struct rig *rig, void (*finish)(void))
{
	rig->platform.relax = spin;
	busy.rig = rig;
	busy.waited = 0;
	busy.finish = finish;
}

static void publish_it(void)
{
	const struct mezzo_attr attr = cleaned();

	busy.rig->ops->publish(&busy.rig->table, &busy.claim, (struct mezzo_pa){PA}, &attr);
}

static void abandon_it(void)
{
	busy.rig->ops->abandon(&busy.rig->table, &busy.claim);
}

/* The block is given up, and small pages come in its place: one before the range, one in it. */
static void make_small_pages(void)
{
	abandon_it();
	rig_map(busy.rig, IPA, PA, 0, plain());
	rig_map(busy.rig, IPA + 0x100000, PA, 0, plain());
}

static void unmap_waits_for_a_claim_and_takes_what_it_became(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	claim(rig, IPA, 0, &busy.claim);
	wait_with(rig, publish_it);
	unmap(rig, IPA, 1, false, &flush);
	assert_int_equal(busy.waited, 3);
	assert_int_equal(flush.pages, 1);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	assert_non_null(strstr(rig->log, "VISIT(0x40000000)"));

	claim(rig, IPA, 0, &busy.claim);
	wait_with(rig, abandon_it);
	unmap(rig, IPA, 1, false, &flush);
	assert_int_equal(busy.waited, 3);
	assert_int_equal(flush.pages, 0);
}

static void unmap_waits_for_a_leaf_that_is_held(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map(rig, IPA, PA, 0, plain());
	assert_int_equal(rig->ops->hold(&rig->table, (struct mezzo_ipa){IPA}, &busy.claim),
			 MEZZO_OK);
	wait_with(rig, abandon_it);
	unmap(rig, IPA, 1, false, &flush);
	assert_int_equal(busy.waited, 3);
	assert_int_equal(flush.pages, 1);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
}

static void table_in_place_of_a_claim_is_not_taken_beyond_the_range(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	claim(rig, IPA, MEZZO_ORDER_2M, &busy.claim);
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	wait_with(rig, make_small_pages);
	unmap(rig, IPA + 0x80000, 256, true, &flush);
	assert_int_equal(flush.pages, 1);
	rig_expect_leaf(rig, IPA, 0, PA, plain());
	rig_expect_state(rig, IPA + 0x100000, MEZZO_ENTRY_OWED);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
}

/* A block that is being claimed over the edge is waited for before anything is changed. */
static void claim_over_the_edge_is_refused_too(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map(rig, IPA - 0x1000, PA, 0, plain());
	for (unsigned int end = 0; end < 2; end++) {
		claim(rig, IPA, MEZZO_ORDER_2M, &busy.claim);
		wait_with(rig, publish_it);
		assert_int_equal(rig->ops->unmap(&rig->table,
						 (struct mezzo_ipa){IPA - 0x1000 + end * 0x2000}, 2,
						 true, &flush),
				 MEZZO_ERR_LIVE);
		assert_int_equal(busy.waited, 3);
		assert_int_equal(flush.pages, 0);
		rig_expect_leaf(rig, IPA - 0x1000, 0, PA, plain());
		rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, cleaned());
		rig_unmap(rig, IPA, 512, false);
	}
}

static void protect_waits_and_then_protects(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = cleaned();
	struct mezzo_flush flush = {0};

	claim(rig, IPA, 0, &busy.claim);
	wait_with(rig, publish_it);
	rig->ops->protect(&rig->table, (struct mezzo_ipa){IPA}, 1, false, &flush);
	assert_int_equal(busy.waited, 3);
	attr.write = false;
	rig_expect_leaf(rig, IPA, 0, PA, attr);
	rig->ops->settle(&rig->table, &flush, NULL, NULL);
	/* Ageing does not wait: what is being made is young. */
	assert_int_equal(rig->ops->hold(&rig->table, (struct mezzo_ipa){IPA}, &busy.claim),
			 MEZZO_OK);
	assert_true(rig->ops->age(&rig->table, (struct mezzo_ipa){IPA}, 1, &flush));
	assert_int_equal(flush.pages, 0);
	abandon_it();
}

/* --- tables on their way out ----------------------------------------------------------------- */

static const _Atomic uint64_t *table_at(struct rig *rig, uint64_t ipa, unsigned int level)
{
	return (void *)(uintptr_t)(rig_raw(rig, ipa, level - 1) & 0xfffffffff000);
}

/* For a walker that is still inside: nothing is valid, and nothing could be claimed. */
static void expect_closed(const _Atomic uint64_t *table)
{
	for (unsigned int i = 0; i < 512; i++) {
		uint64_t value = atomic_load((_Atomic uint64_t *)&table[i]);

		assert_int_not_equal(value, 0);
		assert_int_equal(value & 1, 0);
	}
}

static void retired_table_has_no_entry_to_claim(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};
	const _Atomic uint64_t *level2, *level3, *other;

	/* Two tables below one: all three go, and the lists of retired tables are entries too. */
	rig_map_many(rig, IPA, PA, 0, 7, cleaned());
	rig_map_many(rig, IPA + 0x200000, PA, 0, 7, plain());
	level2 = table_at(rig, IPA, 2);
	level3 = table_at(rig, IPA, 3);
	other = table_at(rig, IPA + 0x200000, 3);
	unmap(rig, IPA, 1024, true, &flush);
	expect_closed(level2);
	expect_closed(level3);
	expect_closed(other);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	expect_closed(level2);
	expect_closed(level3);
	expect_closed(other);
	assert_non_null(rig->table.retired);
	rig->ops->reclaim(&rig->table);
	assert_null(rig->table.retired);
	assert_int_equal(rig_tables(rig), rig_root_tables(rig));

	rig_map_many(rig, IPA, PA, 0, 512, plain());
	level3 = table_at(rig, IPA, 3);
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA}, MEZZO_ORDER_2M),
			 MEZZO_OK);
	expect_closed(level3);
	rig->ops->reclaim(&rig->table);
}

static void detached_table_is_retired_by_who_covers_it_only(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush whole = {0}, part = {0};
	struct mezzo_attr quiet = cleaned();

	rig_map_many(rig, IPA, PA, 0, 2, quiet);
	rig_map_many(rig, IPA + 0x200000, PA, 0, 1, quiet);
	/* One page, and another table: its invalidation reaches walk caches. */
	unmap(rig, IPA + 0x200000, 1, true, &part);
	unmap(rig, IPA + 0x1000, 1, false, &part);
	assert_true(part.tables);
	/* The rest of the first table, and so the table. */
	unmap(rig, IPA, 1, true, &whole);
	assert_true(whole.tables);
	rig->log[0] = '\0';
	rig->ops->settle(&rig->table, &part, rig_visit, rig);
	assert_non_null(strstr(rig->log, "VISIT(0x40001000) "));
	assert_null(strstr(rig->log, "VISIT(0x40000000)"));
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig_expect_state(rig, IPA + 0x1000, MEZZO_ENTRY_NONE);
	rig->log[0] = '\0';
	rig->ops->settle(&rig->table, &whole, rig_visit, rig);
	assert_non_null(strstr(rig->log, "VISIT(0x40000000) COMPLETE"));
	assert_null(strstr(rig->log, "VISIT(0x40001000)"));
	rig->ops->reclaim(&rig->table);
	assert_int_equal(rig_tables(rig), rig_root_tables(rig));
}

/* An old debt with its old level hint does not free what its invalidation cannot reach. */
static void settlement_frees_what_its_hints_reach_only(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush pages = {0}, again = {0}, block = {0};

	rig_map_many(rig, IPA, PA, 0, 512, plain());
	unmap(rig, IPA, 512, false, &pages);
	unmap(rig, IPA, 512, true, &again);
	rig->ops->settle(&rig->table, &again, NULL, NULL);
	rig->ops->reclaim(&rig->table);
	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, plain());
	unmap(rig, IPA, 512, false, &block);
	rig->log[0] = '\0';
	rig->ops->settle(&rig->table, &pages, NULL, NULL);
	assert_string_equal(rig->log,
			    "TABLES RANGE(0x40000000+512,L3) COMPLETE COMBINED COMPLETE CONTEXT");
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig->ops->settle(&rig->table, &block, NULL, NULL);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
}

/* Nor a block of which it covers a page. */
static void settle_a_page_of_a_block(struct rig *rig, unsigned int at)
{
	struct mezzo_flush page = {0}, block = {0};

	rig_map_many(rig, IPA, PA, 0, 512, plain());
	rig_map_many(rig, IPA + 0x600000, PA, 0, 1, plain());
	unmap(rig, IPA + 0x600000, 1, true, &page);
	unmap(rig, IPA + at * 0x1000, 1, false, &page);
	assert_true(page.tables); /* no hints: its invalidation reaches leaves of every level */
	rig_unmap(rig, IPA, 512, true);
	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, cleaned());
	unmap(rig, IPA, 512, false, &block);
	rig->log[0] = '\0';
	rig->ops->settle(&rig->table, &page, rig_visit, rig);
	assert_null(strstr(rig->log, "VISIT"));
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig->ops->settle(&rig->table, &block, rig_visit, rig);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
	rig->ops->reclaim(&rig->table);
}

static void settlement_frees_whole_leaves_only(void **state)
{
	settle_a_page_of_a_block(*state, 0);
	settle_a_page_of_a_block(*state, 511);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unmap_waits_for_a_claim_and_takes_what_it_became),
		TEST(unmap_waits_for_a_leaf_that_is_held),
		TEST(table_in_place_of_a_claim_is_not_taken_beyond_the_range),
		TEST(claim_over_the_edge_is_refused_too),
		TEST(protect_waits_and_then_protects),
		TEST(retired_table_has_no_entry_to_claim),
		TEST(detached_table_is_retired_by_who_covers_it_only),
		TEST(settlement_frees_what_its_hints_reach_only),
		TEST(settlement_frees_whole_leaves_only),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
