/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry at a time: claim, hold, publish, abandon, map, and what stands in their way. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "table_rig.h"

#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)

static struct mezzo_attr plain(void)
{
	return rig_attr(MEZZO_STAGE2_NORMAL_WB);
}

static int claim(struct rig *rig, uint64_t ipa, unsigned int order, struct mezzo_claim *claim)
{
	(void)!rig->ops->stock_fill(&rig->table, &rig->stock);
	return rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){ipa}, order, claim);
}

static int hold(struct rig *rig, uint64_t ipa, struct mezzo_claim *claim)
{
	return rig->ops->hold(&rig->table, (struct mezzo_ipa){ipa}, claim);
}

static int open_rig(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.fwb = false};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static void claimed_entry_is_nobody_elses(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = plain();
	struct mezzo_claim mine, other;

	assert_int_equal(claim(rig, IPA + 0x1234, 0, &mine), MEZZO_OK);
	assert_int_equal(mine.ipa.addr, IPA + 0x1000);
	assert_int_equal(mine.order, 0);
	assert_int_equal(mine.old.state, MEZZO_ENTRY_NONE);
	rig_expect_state(rig, IPA + 0x1000, MEZZO_ENTRY_BUSY);
	assert_int_equal(claim(rig, IPA + 0x1000, 0, &other), MEZZO_ERR_AGAIN);
	assert_int_equal(hold(rig, IPA + 0x1000, &other), MEZZO_ERR_AGAIN);
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA + 0x1000},
				       (struct mezzo_pa){PA}, 0, &attr),
			 MEZZO_ERR_AGAIN);
	assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA + 0x1000},
					 0),
			 MEZZO_ERR_AGAIN);
	/* Its neighbour is free. */
	assert_int_equal(claim(rig, IPA + 0x2000, 0, &other), MEZZO_OK);
	rig->ops->abandon(&rig->table, &other);
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA}, &attr);
	rig_expect_leaf(rig, IPA + 0x1000, 0, PA, attr);
}

static void abandoned_claim_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	struct mezzo_claim mine;

	assert_int_equal(claim(rig, IPA, MEZZO_ORDER_2M, &mine), MEZZO_OK);
	rig->ops->abandon(&rig->table, &mine);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
	assert_int_equal(claim(rig, IPA, 0, &mine), MEZZO_OK);
	rig->ops->abandon(&rig->table, &mine);
}

static void what_is_there_is_said(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = plain();
	struct mezzo_claim found;

	attr.clean_after = true;
	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, attr);
	rig_map(rig, IPA + 0x200000, PA, 0, attr);
	for (unsigned int order = 0; order <= MEZZO_ORDER_1G; order += 9) {
		assert_int_equal(claim(rig, IPA + 0x5000, order, &found), MEZZO_ERR_EXISTS);
		if (order == MEZZO_ORDER_1G) {
			assert_int_equal(found.old.state, MEZZO_ENTRY_TABLE);
			continue;
		}
		assert_int_equal(found.old.state, MEZZO_ENTRY_LEAF);
		assert_int_equal(found.old.order, MEZZO_ORDER_2M);
		assert_int_equal(found.old.pa.addr, PA);
		assert_true(rig_attr_equal(&found.old.attr, &attr));
	}
	/* A block does not go where a table stands. */
	assert_int_equal(claim(rig, IPA + 0x200000, MEZZO_ORDER_2M, &found), MEZZO_ERR_EXISTS);
	assert_int_equal(found.old.state, MEZZO_ENTRY_TABLE);
	/* The very same leaf is EXISTS too. */
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
				       (struct mezzo_pa){PA}, MEZZO_ORDER_2M, &attr),
			 MEZZO_ERR_EXISTS);
}

static void what_no_leaf_can_be_is_invalid(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = plain();
	struct mezzo_claim found;

	for (unsigned int order = 1; order < 30; order++) {
		if (order != MEZZO_ORDER_2M && order != MEZZO_ORDER_1G)
			assert_int_equal(claim(rig, IPA, order, &found), MEZZO_ERR_INVALID);
	}
	assert_int_equal(claim(rig, UINT64_C(1) << 40, 0, &found), MEZZO_ERR_INVALID);
	assert_int_equal(hold(rig, UINT64_C(1) << 40, &found), MEZZO_ERR_NOENT);
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
				       (struct mezzo_pa){PA + 0x1000}, MEZZO_ORDER_2M, &attr),
			 MEZZO_ERR_INVALID);
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
				       (struct mezzo_pa){UINT64_C(1) << 48}, 0, &attr),
			 MEZZO_ERR_INVALID);
	attr.no_tag_access = true;
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
				       (struct mezzo_pa){PA}, 0, &attr),
			 MEZZO_ERR_INVALID);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
}

static void held_leaf_comes_back_as_it_was(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_GUEST_CHOICE);
	struct mezzo_claim mine, other;

	attr.clean_after = true;
	attr.write = false;
	rig_map(rig, IPA, PA, MEZZO_ORDER_1G, attr);
	assert_int_equal(hold(rig, IPA + 0x12345678, &mine), MEZZO_OK);
	assert_int_equal(mine.ipa.addr, IPA);
	assert_int_equal(mine.order, MEZZO_ORDER_1G);
	assert_int_equal(mine.old.state, MEZZO_ENTRY_LEAF);
	assert_int_equal(mine.old.pa.addr, PA);
	assert_true(rig_attr_equal(&mine.old.attr, &attr));
	rig_expect_state(rig, IPA, MEZZO_ENTRY_BUSY);
	assert_int_equal(hold(rig, IPA, &other), MEZZO_ERR_AGAIN);
	assert_int_equal(claim(rig, IPA, 0, &other), MEZZO_ERR_AGAIN);
	rig->ops->abandon(&rig->table, &mine);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_1G, PA, attr);
	assert_int_equal(hold(rig, IPA - 1, &mine), MEZZO_ERR_NOENT);
}

static void widening_keeps_type_and_contract(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_GUEST_CHOICE);
	struct mezzo_claim mine;

	attr.clean_after = true;
	attr.write = attr.exec = attr.accessed = false;
	rig_map(rig, IPA, PA, 0, attr);
	attr.write = attr.exec = attr.accessed = true;
	assert_int_equal(hold(rig, IPA, &mine), MEZZO_OK);
	rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
	rig_expect_leaf(rig, IPA, 0, PA, attr);
}

/* Of every format: only what open_page can make writable in one step is taken. */
static void open_a_page(const struct rig_geometry *g)
{
	const unsigned int page = g->order[0], block = g->order[1];
	const struct rig_options options = {.ops = g->ops,
					    .features = {.access = true, .dirty = true}};
	const uint64_t bytes = mezzo_order_bytes(page), far = IPA + mezzo_order_bytes(block);
	struct mezzo_attr attr = plain(), logged = plain(), open;
	struct mezzo_claim claim;
	struct mezzo_leaf leaf;
	char text[RIG_LOG_BYTES];
	struct rig rig;

	rig_open(&rig, &options);
	attr.write = false;
	attr.clean_after = true;
	open = attr;
	open.write = true;
	logged.logged = true;
	rig_map(&rig, IPA, PA, page, attr);
	rig_map(&rig, IPA + bytes, PA + bytes, page, logged);
	rig_map(&rig, far, PA + (far - IPA), block, attr);
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){far}, &claim),
			 MEZZO_ERR_AGAIN);
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){IPA + bytes}, &claim),
			 MEZZO_ERR_AGAIN);
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){IPA + 2 * bytes}, &claim),
			 MEZZO_ERR_AGAIN);
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){UINT64_C(1) << 60},
					   &claim),
			 MEZZO_ERR_AGAIN);
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){IPA + 0x123}, &claim),
			 MEZZO_OK);
	assert_int_equal(claim.ipa.addr, IPA);
	rig_expect_state(&rig, IPA, MEZZO_ENTRY_BUSY);
	rig.ops->abandon(&rig.table, &claim);
	rig_expect_leaf(&rig, IPA, page, PA, attr);

	/* The flag that says it was accessed is set, too; and both are told to the TLBs. */
	(void)g->ops->age(&rig.table, (struct mezzo_ipa){IPA}, mezzo_order_pages(page),
			  &(struct mezzo_flush){.vmid = RIG_VMID});
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){IPA}, &claim), MEZZO_OK);
	rig_take_log(&rig, text);
	g->ops->open_page(&rig.table, &claim);
	assert_non_null(strstr(rig_take_log(&rig, text), rig.platform.tlb_invalidate_entry
								 ? "COMPLETE COMBINED COMPLETE"
								 : "TABLES SPACE COMPLETE"));
	leaf = rig_lookup(&rig, IPA);
	assert_true(leaf.state == MEZZO_ENTRY_LEAF && rig_attr_equal(&leaf.attr, &open));
	assert_int_equal(g->ops->hold_page(&rig.table, (struct mezzo_ipa){IPA}, &claim),
			 MEZZO_ERR_AGAIN);
	rig_check(&rig, 0);
	rig_close(&rig);
}

static void a_closed_page_is_opened_and_keeps_the_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < RIG_GEOMETRIES; i++)
		open_a_page(&rig_geometries[i]);
}

static void entry_taken_away_waits_for_its_settle(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = plain();
	struct mezzo_flush flush = {0};
	struct mezzo_claim mine;
	struct mezzo_leaf leaf;

	for (unsigned int clean = 0; clean < 2; clean++) {
		attr.clean_after = clean;
		rig_map(rig, IPA, PA, MEZZO_ORDER_2M, attr);
		assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA}, 512, false,
						 &flush),
				 MEZZO_OK);
		assert_int_equal(flush.pages, 512);
		leaf = rig_lookup(rig, IPA + 0x1000);
		assert_int_equal(leaf.state, MEZZO_ENTRY_OWED);
		assert_int_equal(leaf.order, MEZZO_ORDER_2M);
		assert_int_equal(leaf.pa.addr, PA);
		assert_true(rig_attr_equal(&leaf.attr, &attr));
		/* A make before the break is complete is what break-before-make forbids. */
		assert_int_equal(claim(rig, IPA, MEZZO_ORDER_2M, &mine), MEZZO_ERR_AGAIN);
		assert_int_equal(claim(rig, IPA, 0, &mine), MEZZO_ERR_AGAIN);
		assert_int_equal(hold(rig, IPA, &mine), MEZZO_ERR_AGAIN);
		rig->ops->settle(&rig->table, &flush, rig_visit, rig);
		assert_int_equal(flush.pages, 0);
		rig_expect_state(rig, IPA, MEZZO_ENTRY_NONE);
	}
}

static void earlier_debts_are_owed_by_a_later_flush_too(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = plain();
	struct mezzo_flush first = {0}, second = {0};
	char text[RIG_LOG_BYTES];

	attr.clean_after = true;
	rig_map(rig, IPA, PA, 0, attr);
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA}, 1, false, &first),
			 MEZZO_OK);
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA}, 512, true, &second),
			 MEZZO_OK);
	assert_true(second.pages > 0 && second.owed && second.icache);
	rig_take_log(rig, text);
	rig->ops->settle(&rig->table, &second, rig_visit, rig);
	assert_non_null(strstr(rig_take_log(rig, text), "VISIT(0x40000000)"));
	rig->ops->settle(&rig->table, &first, rig_visit, rig);
	assert_null(strstr(rig_take_log(rig, text), "VISIT"));
}

static void block_over_an_edge_is_refused_and_nothing_changed(void **state)
{
	static const uint64_t ranges[][2] = {
		{0x40000000, 0x1000},     /* a block's first page */
		{0x401ff000, 0x1000},     /* its last */
		{0x40080000, 0x1000},     /* in the middle */
		{0x3ff00000, 0x101000},   /* over its start */
		{0x401ff000, 0x400000},   /* over its end */
		{0x3fe00000, 0x300000},   /* from a table before */
		{0x40100000, 0x60000000}, /* both edges inside a block */
		{0x3ffff000, 0x40002000}, /* ends inside the 1 GiB block */
	};
	struct rig *rig = *state;
	struct rig_dump before, after;

	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, plain());
	rig_map(rig, IPA - 0x1000, PA, 0, plain());
	rig_map(rig, IPA + 0x200000, PA, 0, plain());
	rig_map(rig, 0x40600000, PA, MEZZO_ORDER_2M, plain());
	rig_map(rig, 0x80000000, PA, MEZZO_ORDER_1G, plain());
	rig_dump(rig, &before);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct mezzo_flush flush = {0};
		const uint64_t pages = ranges[i][1] >> 12;

		assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){ranges[i][0]},
						 pages, true, &flush),
				 MEZZO_ERR_LIVE);
		assert_int_equal(flush.pages, 0);
		assert_int_equal(flush.ranges, 0);
		rig_dump(rig, &after);
		assert_true(rig_dump_equal(&before, &after));
		rig_dump_free(&after);
	}
	rig_dump_free(&before);
}

#ifdef MEZZO_PARANOID
/* In a child, whose end tells whether the walker stopped it. */
static bool is_refused(void (*act)(struct rig *rig), struct rig *rig)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGILL, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
		act(rig);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}
#else
/* Only a paranoid build stops. Any other leaves the entry as it was, and nobody's. */
static bool is_refused(void (*act)(struct rig *rig), struct rig *rig)
{
	struct rig_dump before, after;
	bool equal;

	rig_dump(rig, &before);
	act(rig);
	rig_dump(rig, &after);
	equal = rig_dump_equal(&before, &after);
	rig_dump_free(&before);
	rig_dump_free(&after);
	return equal;
}
#endif

static void publish_more_permissions(struct rig *rig)
{
	struct mezzo_attr attr = plain();
	struct mezzo_claim mine;

	if (!hold(rig, IPA, &mine))
		rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
}

static void publish_another_type(struct rig *rig)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_NC);
	struct mezzo_claim mine;

	if (!hold(rig, IPA, &mine))
		rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
}

static void publish_another_contract(struct rig *rig)
{
	struct mezzo_attr attr = plain();
	struct mezzo_claim mine;

	attr.clean_after = true;
	if (!hold(rig, IPA, &mine))
		rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
}

static void publish_another_frame(struct rig *rig)
{
	struct mezzo_attr attr = plain();
	struct mezzo_claim mine;

	if (!hold(rig, IPA, &mine))
		rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA + 0x1000}, &attr);
}

static void publish_what_is_not_held(struct rig *rig)
{
	struct mezzo_attr attr = plain();
	struct mezzo_claim mine;

	if (!hold(rig, IPA, &mine)) {
		rig->ops->abandon(&rig->table, &mine);
		rig->ops->publish(&rig->table, &mine, mine.old.pa, &attr);
	}
}

static void publish_misaligned(struct rig *rig)
{
	struct mezzo_attr attr = plain();
	struct mezzo_claim mine;

	if (!claim(rig, IPA + 0x200000, MEZZO_ORDER_2M, &mine))
		rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA + 0x1000}, &attr);
}

static void change_that_is_not_live_is_refused(void **state)
{
	struct mezzo_attr less = plain();
	struct rig *rig = *state;

	less.write = false;
	rig_map(rig, IPA, PA, 0, less);
	assert_true(is_refused(publish_another_type, rig));
	assert_true(is_refused(publish_another_contract, rig));
	assert_true(is_refused(publish_another_frame, rig));
	assert_true(is_refused(publish_what_is_not_held, rig));
	assert_true(is_refused(publish_misaligned, rig));
	assert_false(is_refused(publish_more_permissions, rig));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(claimed_entry_is_nobody_elses),
		TEST(abandoned_claim_leaves_nothing),
		TEST(what_is_there_is_said),
		TEST(what_no_leaf_can_be_is_invalid),
		TEST(held_leaf_comes_back_as_it_was),
		TEST(widening_keeps_type_and_contract),
		cmocka_unit_test(a_closed_page_is_opened_and_keeps_the_rest),
		TEST(entry_taken_away_waits_for_its_settle),
		TEST(earlier_debts_are_owed_by_a_later_flush_too),
		TEST(block_over_an_edge_is_refused_and_nothing_changed),
		TEST(change_that_is_not_live_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
