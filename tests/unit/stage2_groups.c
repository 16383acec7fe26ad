/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaves of more than one entry, and leaves that stay valid while they are held, step by step:
 * who enters them, who holds them, and what becomes of whoever comes by meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "table_rig.h"

#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)
#define GROUP 4 /* the order of sixteen pages of 4 KiB */
#define BYTES (UINT64_C(1) << 16)
#define PAGE UINT64_C(0x1000)

static int open_with(void **state, struct mezzo_table_features features)
{
	static struct rig rig;
	const struct rig_options options = {.ops = &mezzo_stage2_4k_ops, .features = features};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int open_rig(void **state)
{
	return open_with(state, (struct mezzo_table_features){.contiguous = true,
							      .access = true,
							      .dirty = true});
}

static int open_shared(void **state)
{
	return open_with(state, (struct mezzo_table_features){.contiguous = true,
							      .shared = true,
							      .bbm = 2});
}

static int open_bbm_1(void **state)
{
	return open_with(state, (struct mezzo_table_features){.contiguous = true, .bbm = 1});
}

static int close_rig(void **state)
{
	rig_check(*state, 0);
	rig_close(*state);
	return 0;
}

static struct mezzo_attr plain(void)
{
	return rig_attr(MEZZO_STAGE2_NORMAL_WB);
}

static struct mezzo_attr logged(void)
{
	struct mezzo_attr attr = plain();

	attr.logged = true;
	return attr;
}

static struct mezzo_attr read_only(void)
{
	struct mezzo_attr attr = plain();

	attr.write = false;
	return attr;
}

static int claim(struct rig *rig, uint64_t ipa, unsigned int order, struct mezzo_claim *claim)
{
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	return rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){ipa}, order, claim);
}

static int hold(struct rig *rig, uint64_t ipa, struct mezzo_claim *claim)
{
	return rig->ops->hold(&rig->table, (struct mezzo_ipa){ipa}, claim);
}

/* --- entering --------------------------------------------------------------------------------- */

static void entered_group_is_what_was_encoded(void **state)
{
	const struct mezzo_attr attr = plain();
	struct rig *rig = *state;
	struct mezzo_claim mine;

	assert_int_equal(claim(rig, IPA + 5 * PAGE, GROUP, &mine), MEZZO_OK);
	assert_int_equal(mine.ipa.addr, IPA);
	rig->ops->enter(&rig->table, &mine, (struct mezzo_pa){PA},
			rig->ops->encode(&rig->table, &attr));
	for (unsigned int i = 0; i < 16; i++)
		rig_expect_leaf(rig, IPA + i * PAGE, GROUP, PA, attr);
	rig_check(rig, 0);
}

#ifndef MEZZO_PARANOID
/* A paranoid build stops there. */
static void what_cannot_be_entered_leaves_the_entries_empty(void **state)
{
	const struct mezzo_attr attr = plain();
	struct rig *rig = *state;
	const uint64_t word = rig->ops->encode(&rig->table, &attr);
	const struct {
		unsigned int order;
		uint64_t pa, word;
	} cases[] = {
		{0, PA, 0},
		{GROUP, PA, 0},
		{GROUP, PA + PAGE, word},
		{0, PA + 1, word},
		{0, UINT64_C(1) << 48, word},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mezzo_claim mine;

		assert_int_equal(claim(rig, IPA, cases[i].order, &mine), MEZZO_OK);
		rig->ops->enter(&rig->table, &mine, (struct mezzo_pa){cases[i].pa}, cases[i].word);
		rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
		rig_check(rig, 0);
	}
}

static void group_that_cannot_be_published_is_given_back(void **state)
{
	const struct mezzo_attr attr = plain();
	struct rig *rig = *state;
	struct mezzo_claim mine;

	assert_int_equal(claim(rig, IPA, GROUP, &mine), MEZZO_OK);
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA + PAGE}, &attr);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
	rig_expect_state(rig, IPA + BYTES - PAGE, MEZZO_ENTRY_NONE);
	rig_check(rig, 0);
}

/* Another type, another frame: the group is as it was, and nobody's. */
static void held_group_that_cannot_change_so_is_given_back(void **state)
{
	const struct mezzo_attr other = rig_attr(MEZZO_STAGE2_NORMAL_NC), attr = plain();
	struct rig *rig = *state;
	struct mezzo_claim mine;

	rig_map(rig, IPA, PA, GROUP, attr);
	assert_int_equal(hold(rig, IPA, &mine), MEZZO_OK);
	rig->ops->publish(&rig->table, &mine, mine.old.pa, &other);
	rig_expect_leaf(rig, IPA, GROUP, PA, attr);
	rig_check(rig, 0);
	assert_int_equal(hold(rig, IPA, &mine), MEZZO_OK);
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA + BYTES}, &attr);
	rig_expect_leaf(rig, IPA, GROUP, PA, attr);
	rig_check(rig, 0);
	/* Nor what nobody holds. */
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA}, &attr);
	rig->ops->abandon(&rig->table, &mine);
	rig_expect_leaf(rig, IPA, GROUP, PA, attr);
}
#endif

/* A group is claimed whole or not at all. */
static void group_with_a_page_in_it_is_not_claimed(void **state)
{
	struct rig *rig = *state;
	struct mezzo_claim mine, page;

	assert_int_equal(claim(rig, IPA + 7 * PAGE, 0, &page), MEZZO_OK);
	assert_int_equal(claim(rig, IPA, GROUP, &mine), MEZZO_ERR_AGAIN);
	rig->ops->abandon(&rig->table, &page);
	rig_map(rig, IPA + 7 * PAGE, PA + 7 * PAGE, 0, plain());
	assert_int_equal(claim(rig, IPA, GROUP, &mine), MEZZO_ERR_EXISTS);
	assert_int_equal(mine.old.state, MEZZO_ENTRY_TABLE);
	rig_check(rig, 0);
	/* And a page of a group is the group's. */
	rig_map(rig, IPA + BYTES, PA, GROUP, plain());
	assert_int_equal(claim(rig, IPA + BYTES + PAGE, 0, &mine), MEZZO_ERR_EXISTS);
	assert_int_equal(mine.old.state, MEZZO_ENTRY_LEAF);
	assert_int_equal(mine.old.order, GROUP);
}

/* --- beside who holds ------------------------------------------------------------------------- */

static void held_group_is_nobody_elses(void **state)
{
	struct rig *rig = *state;
	struct mezzo_claim mine, yours;

	rig_map(rig, IPA, PA, GROUP, plain());
	assert_int_equal(hold(rig, IPA + 3 * PAGE, &mine), MEZZO_OK);
	assert_int_equal(hold(rig, IPA, &yours), MEZZO_ERR_AGAIN);
	assert_int_equal(hold(rig, IPA + PAGE, &yours), MEZZO_ERR_AGAIN);
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, 0),
			 MEZZO_ERR_AGAIN);
	rig_check(rig, 1);
	rig->ops->abandon(&rig->table, &mine);
	assert_int_equal(hold(rig, IPA, &yours), MEZZO_OK);
	rig->ops->abandon(&rig->table, &yours);
}

/* With tables that devices walk too a single leaf is held in place. */
static void shared_leaf_that_is_held_is_not_split(void **state)
{
	struct rig *rig = *state;
	struct mezzo_claim mine, yours;

	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, plain());
	assert_int_equal(hold(rig, IPA, &mine), MEZZO_OK);
	assert_int_equal(hold(rig, IPA, &yours), MEZZO_ERR_AGAIN);
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, 0),
			 MEZZO_ERR_AGAIN);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, plain());
	rig->ops->abandon(&rig->table, &mine);
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, GROUP),
			 MEZZO_OK);
	rig_expect_leaf(rig, IPA + PAGE, GROUP, PA, plain());
}

/* Collapsing takes every entry: it stops at the one that is held, and gives the others back. */
static void held_page_is_not_collapsed(void **state)
{
	struct rig *rig = *state;
	struct mezzo_claim mine;

	rig_map_many(rig, IPA, PA, 0, 16, plain());
	assert_int_equal(hold(rig, IPA + 9 * PAGE, &mine), MEZZO_OK);
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA}, GROUP),
			 MEZZO_ERR_AGAIN);
	rig_check(rig, 1);
	rig->ops->abandon(&rig->table, &mine);
	assert_int_equal(rig->ops->collapse(&rig->table, (struct mezzo_ipa){IPA}, GROUP), MEZZO_OK);
	rig_expect_leaf(rig, IPA + 9 * PAGE, GROUP, PA, plain());
}

static struct {
	struct rig *rig;
	struct mezzo_claim claim;
	struct mezzo_attr to;
	unsigned int waited;
} busy;

/* At the third time that somebody asks, what is held is published. */
static void spin(void *ctx)
{
	(void)ctx;
	if (++busy.waited == 3)
		busy.rig->ops->publish(&busy.rig->table, &busy.claim, busy.claim.old.pa, &busy.to);
	assert_true(busy.waited <= 3);
}

static void hold_until_waited_for(struct rig *rig, uint64_t ipa, struct mezzo_attr to)
{
	busy.rig = rig;
	busy.waited = 0;
	busy.to = to;
	rig->platform.relax = spin;
	assert_int_equal(hold(rig, ipa, &busy.claim), MEZZO_OK);
}

static void unmap_waits_for_a_held_leaf(struct rig *rig, unsigned int order)
{
	struct mezzo_flush flush = {0};

	rig_map(rig, IPA, PA, order, read_only());
	hold_until_waited_for(rig, IPA, plain());
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA},
					 mezzo_order_pages(order), true, &flush),
			 MEZZO_OK);
	assert_int_equal(busy.waited, 3);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	rig->ops->reclaim(&rig->table);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
}

static void protect_waits_for_a_held_leaf(struct rig *rig, unsigned int order)
{
	struct mezzo_flush flush = {0};

	rig_map(rig, IPA, PA, order, read_only());
	hold_until_waited_for(rig, IPA, plain());
	rig->ops->protect(&rig->table, (struct mezzo_ipa){IPA}, mezzo_order_pages(order), false,
			  &flush);
	assert_int_equal(busy.waited, 3);
	/* The permission that came meanwhile went again. */
	rig_expect_leaf(rig, IPA, order, PA, read_only());
	assert_true(flush.pages);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	rig_unmap(rig, IPA, mezzo_order_pages(order), true);
}

static void who_takes_away_waits_for_a_held_group(void **state)
{
	unmap_waits_for_a_held_leaf(*state, GROUP);
	protect_waits_for_a_held_leaf(*state, GROUP);
}

static void who_takes_away_waits_for_a_shared_leaf_that_is_held(void **state)
{
	unmap_waits_for_a_held_leaf(*state, 0);
	unmap_waits_for_a_held_leaf(*state, GROUP);
	protect_waits_for_a_held_leaf(*state, 0);
	protect_waits_for_a_held_leaf(*state, MEZZO_ORDER_2M);
}

/* --- what the hardware noted in one entry, it noted of the group ------------------------------- */

static struct {
	uint64_t ipa, pages;
	unsigned int times;
} told;

static void tell(void *arg, struct mezzo_ipa ipa, uint64_t pages)
{
	(void)arg;
	told.ipa = ipa.addr;
	told.pages = pages;
	told.times++;
}

static void group_written_in_one_page_is_reported_whole_and_once(void **state)
{
	struct rig *rig = *state;
	struct mezzo_flush flush = {0};

	rig_map(rig, IPA, PA, GROUP, logged());
	assert_true(rig_note_access(rig, IPA + 11 * PAGE, true));
	told.times = 0;
	for (unsigned int i = 0; i < 2; i++)
		rig->ops->collect(&rig->table, (struct mezzo_ipa){IPA}, 16, MEZZO_COLLECT_CLEAN,
				  tell, NULL, &flush);
	assert_int_equal(told.times, 1);
	assert_int_equal(told.ipa, IPA);
	assert_int_equal(told.pages, 16);
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	rig_expect_leaf(rig, IPA, GROUP, PA, logged());
}

/* Through a block with nT: a walker that comes by meets what is there, or AGAIN. */
static void block_is_split_through_nt(void **state)
{
	struct rig *rig = *state;

	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, plain());
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, GROUP),
			 MEZZO_OK);
	rig_expect_leaf(rig, IPA, GROUP, PA, plain());
	rig_expect_leaf(rig, IPA + BYTES, GROUP, PA + BYTES, plain());
}

#define TEST(name, open) cmocka_unit_test_setup_teardown(name, open, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entered_group_is_what_was_encoded, open_rig),
#ifndef MEZZO_PARANOID
		TEST(what_cannot_be_entered_leaves_the_entries_empty, open_rig),
		TEST(group_that_cannot_be_published_is_given_back, open_rig),
		TEST(held_group_that_cannot_change_so_is_given_back, open_rig),
#endif
		TEST(group_with_a_page_in_it_is_not_claimed, open_rig),
		TEST(held_group_is_nobody_elses, open_rig),
		TEST(shared_leaf_that_is_held_is_not_split, open_shared),
		TEST(held_page_is_not_collapsed, open_rig),
		TEST(who_takes_away_waits_for_a_held_group, open_rig),
		TEST(who_takes_away_waits_for_a_shared_leaf_that_is_held, open_shared),
		TEST(group_written_in_one_page_is_reported_whole_and_once, open_rig),
		TEST(block_is_split_through_nt, open_bbm_1),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
