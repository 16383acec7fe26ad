/* SPDX-License-Identifier: BSD-2-Clause */
/* Split, collapse, protect and age change what they are for and keep everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "table_rig.h"

#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)

static int open_rig(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.mte_perm = true};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int open_rig_fwb(void **state)
{
	static struct rig rig;
	const struct rig_options options = {.mte_perm = true, .fwb = true};

	rig_open(&rig, &options);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

/* The next attribute set that a table can say; false after the last. */
static bool next_attr(unsigned int *number, struct mezzo_attr *attr)
{
	for (; *number < 256; ++*number) {
		*attr = (struct mezzo_attr){
			.type = *number & 3,
			.read = *number & 4,
			.write = *number & 8,
			.exec = *number & 16,
			.no_tag_access = *number & 32,
			.clean_after = *number & 64,
			.accessed = *number & 128,
		};
		if (!attr->no_tag_access || attr->type >= MEZZO_STAGE2_NORMAL_WB)
			return ++*number;
	}
	return false;
}

static int split(struct rig *rig, uint64_t ipa, unsigned int order)
{
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	return rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){ipa}, order);
}

static int collapse(struct rig *rig, uint64_t ipa, unsigned int order)
{
	int status = rig->ops->collapse(&rig->table, (struct mezzo_ipa){ipa}, order);

	rig->ops->reclaim(&rig->table);
	rig->log[0] = '\0';
	return status;
}

/* T01: for every type and every contract, through both levels and back. */
static void split_keeps_memtype(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr;
	unsigned int number = 0;

	while (next_attr(&number, &attr)) {
		rig_map(rig, IPA, PA, MEZZO_ORDER_1G, attr);
		assert_int_equal(split(rig, IPA + 0x12345678, MEZZO_ORDER_4K), MEZZO_OK);
		rig_expect_leaf(rig, IPA + 0x12345678, MEZZO_ORDER_4K, PA + 0x12345000, attr);
		rig_expect_leaf(rig, IPA + 0x12200000, MEZZO_ORDER_4K, PA + 0x12200000, attr);
		rig_expect_leaf(rig, IPA + 0x123fffff, MEZZO_ORDER_4K, PA + 0x123ff000, attr);
		/* The rest of it stays as large as it can. */
		rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, attr);
		rig_expect_leaf(rig, IPA + 0x12400000, MEZZO_ORDER_2M, PA + 0x12400000, attr);
		rig_expect_leaf(rig, IPA + 0x3fffffff, MEZZO_ORDER_2M, PA + 0x3fe00000, attr);
		assert_int_equal(collapse(rig, IPA + 0x12345678, MEZZO_ORDER_2M), MEZZO_OK);
		assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_1G), MEZZO_OK);
		rig_expect_leaf(rig, IPA + 0x12345678, MEZZO_ORDER_1G, PA, attr);
		rig_unmap(rig, IPA, 1 << 18, true);
		rig->log[0] = '\0';
	}
	assert_int_equal(rig_tables(rig), rig_root_tables(rig));
}

static void split_stops_at_the_order_asked_for(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_NC);

	rig_map(rig, IPA, PA, MEZZO_ORDER_1G, attr);
	assert_int_equal(split(rig, IPA, MEZZO_ORDER_1G), MEZZO_OK);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_1G, PA, attr);
	assert_int_equal(split(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, attr);
	assert_int_equal(split(rig, IPA, 5), MEZZO_ERR_INVALID);
	assert_int_equal(split(rig, IPA - 1, 0), MEZZO_ERR_NOENT);
	assert_int_equal(split(rig, UINT64_C(1) << 40, 0), MEZZO_ERR_INVALID);
}

/* T02: one different leaf, different in anything but the access flag, and nothing happens. */
static void collapse_requires_equal_attrs(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_attr odd[7];

	for (size_t i = 0; i < 7; i++)
		odd[i] = attr;
	odd[0].type = MEZZO_STAGE2_GUEST_CHOICE;
	odd[1].type = MEZZO_STAGE2_NORMAL_NC;
	odd[2].read = false;
	odd[3].write = false;
	odd[4].exec = false;
	odd[5].no_tag_access = true;
	odd[6].clean_after = true;

	rig_map_many(rig, IPA, PA, 0, 512, attr);
	for (size_t i = 0; i < 7; i++) {
		for (unsigned int page = 0; page < 512; page += 73) {
			struct rig_dump before, after;

			rig_unmap(rig, IPA + page * 0x1000, 1, false);
			rig_map(rig, IPA + page * 0x1000, PA + page * 0x1000, 0, odd[i]);
			rig_dump(rig, &before);
			assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_ERR_LIVE);
			rig_dump(rig, &after);
			assert_true(rig_dump_equal(&before, &after));
			rig_dump_free(&before);
			rig_dump_free(&after);
			rig_unmap(rig, IPA + page * 0x1000, 1, false);
			rig_map(rig, IPA + page * 0x1000, PA + page * 0x1000, 0, attr);
		}
	}
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
}

static void collapse_requires_one_run_of_frames(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_claim mine;

	/* A run, but not aligned to the block. */
	rig_map_many(rig, IPA, PA + 0x1000, 0, 512, attr);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_ERR_LIVE);
	rig_unmap(rig, IPA, 512, true);
	/* Two frames swapped. */
	rig_map_many(rig, IPA, PA, 0, 512, attr);
	rig_unmap(rig, IPA + 0x7000, 2, false);
	rig_map(rig, IPA + 0x7000, PA + 0x8000, 0, attr);
	rig_map(rig, IPA + 0x8000, PA + 0x7000, 0, attr);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_ERR_LIVE);
	/* A hole. */
	rig_unmap(rig, IPA + 0x7000, 2, false);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_ERR_LIVE);
	assert_int_equal(collapse(rig, 2 * IPA, MEZZO_ORDER_2M), MEZZO_ERR_LIVE);
	/* A leaf that somebody holds. */
	rig_map(rig, IPA + 0x7000, PA + 0x7000, 0, attr);
	rig_map(rig, IPA + 0x8000, PA + 0x8000, 0, attr);
	assert_int_equal(rig->ops->hold(&rig->table, (struct mezzo_ipa){IPA + 0x1ff000}, &mine),
			 MEZZO_OK);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_ERR_AGAIN);
	rig_expect_leaf(rig, IPA, 0, PA, attr);
	rig->ops->abandon(&rig->table, &mine);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	rig_expect_leaf(rig, IPA + 0x1ff000, MEZZO_ORDER_2M, PA, attr);
	/* There already; and tables below are not leaves. */
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_1G), MEZZO_ERR_LIVE);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_4K), MEZZO_ERR_INVALID);
}

static void collapse_joins_access_flags(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_attr old = attr;

	old.accessed = false;
	rig_map_many(rig, IPA, PA, 0, 512, old);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, old);
	rig_unmap(rig, IPA, 512, true);
	rig_map_many(rig, IPA, PA, 0, 300, old);
	rig_map(rig, IPA + 300 * 0x1000, PA + 300 * 0x1000, 0, attr);
	rig_map_many(rig, IPA + 301 * 0x1000, PA + 301 * 0x1000, 0, 211, old);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	rig_expect_leaf(rig, IPA, MEZZO_ORDER_2M, PA, attr);
}

/* Write protection and ageing, too, change one thing; at every size, exclusive or not. */
static void protect_and_age_keep_the_rest(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr;
	unsigned int number = 0;

	while (next_attr(&number, &attr)) {
		struct mezzo_flush flush = {0};
		const bool exclusive = number & 1;
		bool aged;

		rig_map(rig, IPA, PA, MEZZO_ORDER_1G, attr);
		rig_map(rig, 2 * IPA, PA, MEZZO_ORDER_2M, attr);
		rig_map(rig, 2 * IPA + 0x200000, PA, MEZZO_ORDER_4K, attr);
		/* A block that reaches over the edge is protected whole. */
		rig->ops->protect(&rig->table, (struct mezzo_ipa){2 * IPA - 0x1000}, 514, exclusive,
				  &flush);
		assert_int_equal(flush.pages, attr.write ? (1 << 18) + 512 + 1 : 0);
		rig->ops->settle(&rig->table, &flush, NULL, NULL);
		aged = attr.accessed;
		attr.write = false;
		rig_expect_leaf(rig, IPA, MEZZO_ORDER_1G, PA, attr);
		rig_expect_leaf(rig, 2 * IPA, MEZZO_ORDER_2M, PA, attr);
		rig_expect_leaf(rig, 2 * IPA + 0x200000, MEZZO_ORDER_4K, PA, attr);
		assert_int_equal(rig->ops->age(&rig->table, (struct mezzo_ipa){2 * IPA}, 1024,
					       &flush),
				 aged);
		rig->ops->settle(&rig->table, &flush, NULL, NULL);
		rig_expect_leaf(rig, IPA, MEZZO_ORDER_1G, PA, attr);
		attr.accessed = false;
		rig_expect_leaf(rig, 2 * IPA, MEZZO_ORDER_2M, PA, attr);
		rig_expect_leaf(rig, 2 * IPA + 0x200000, MEZZO_ORDER_4K, PA, attr);
		rig_unmap(rig, IPA, 1 << 19, true);
	}
}

/* T04 no_unmap_window_on_expand: around what is split or collapsed everything stays in place. */
static void expect_neighbours(struct rig *rig, void *arg)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)arg;
	rig_expect_leaf(rig, IPA - 0x1000, 0, PA, attr);
	rig_expect_leaf(rig, IPA + 0x200000, MEZZO_ORDER_2M, PA, attr);
}

static void neighbours_never_disappear(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	rig_map(rig, IPA - 0x1000, PA, 0, attr);
	rig_map(rig, IPA, PA, MEZZO_ORDER_2M, attr);
	rig_map(rig, IPA + 0x200000, PA, MEZZO_ORDER_2M, attr);
	rig->at_event = expect_neighbours;
	assert_int_equal(split(rig, IPA, 0), MEZZO_OK);
	assert_int_equal(collapse(rig, IPA, MEZZO_ORDER_2M), MEZZO_OK);
	rig_unmap(rig, IPA, 512, true);
	rig->at_event = NULL;
}

/* T24: every allocation fails once, at every operation that needs a table. */
static void failed_allocation_changes_nothing(void **state)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_claim mine;
	struct rig_dump before, after;
	unsigned int failures = 0;

	rig_map(rig, IPA, PA, MEZZO_ORDER_1G, attr);
	rig->ops->stock_drain(&rig->table, &rig->stock);
	for (size_t i = 0; i < sizeof(orders); i++) {
		for (uint64_t left = 0; left < 3; left++) {
			int filled, status;

			rig_dump(rig, &before);
			rig->hosted.allocs_left = left;
			filled = rig->ops->stock_fill(&rig->table, &rig->stock);
			assert_int_equal(filled, left < 2 ? MEZZO_ERR_NOMEM : MEZZO_OK);
			assert_int_equal(rig->stock.count, left < 2 ? left : 2);
			status = rig->ops->claim(&rig->table, &rig->stock,
						 (struct mezzo_ipa){2 * IPA}, orders[i], &mine);
			if (status == MEZZO_OK) {
				assert_true(left + i >= 2);
				rig->ops->abandon(&rig->table, &mine);
				rig_unmap(rig, 2 * IPA, 1 << 18, true);
			} else {
				assert_int_equal(status, MEZZO_ERR_NOMEM);
				assert_true(left + i < 2);
				failures++;
			}
			rig_dump(rig, &after);
			assert_true(rig_dump_equal(&before, &after));
			rig_dump_free(&before);
			rig_dump_free(&after);
			rig->ops->stock_drain(&rig->table, &rig->stock);
		}
	}
	assert_int_equal(failures, 3);

	for (uint64_t left = 0; left < 2; left++) {
		rig_dump(rig, &before);
		rig->hosted.allocs_left = left;
		assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_ERR_NOMEM);
		rig->log[0] = '\0';
		assert_int_equal(rig->ops->split(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
						 MEZZO_ORDER_4K),
				 MEZZO_ERR_NOMEM);
		assert_string_equal(rig->log, "");
		rig_dump(rig, &after);
		assert_true(rig_dump_equal(&before, &after));
		rig_dump_free(&before);
		rig_dump_free(&after);
		rig->ops->stock_drain(&rig->table, &rig->stock);
	}
	rig->hosted.allocs_left = UINT64_MAX;
}

/* An empty table is pruned, one in use is not, whoever uses it. */
static void prune_takes_empty_tables_only(void **state)
{
	struct rig *rig = *state;
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	const uint64_t root = rig_root_tables(rig);
	struct mezzo_claim mine;

	rig_map(rig, IPA, PA, 0, attr);
	rig_map(rig, IPA + 0x1ff000, PA, 0, attr);
	rig_unmap(rig, IPA, 1, true);
	assert_int_equal(rig_tables(rig), root + 2);
	rig_unmap(rig, IPA + 0x1ff000, 1, false);
	assert_int_equal(rig_tables(rig), root + 2);
	/* In use by a claim. */
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){IPA + 0x5000},
					 0, &mine),
			 MEZZO_OK);
	rig_unmap(rig, IPA, 1, true);
	assert_int_equal(rig_tables(rig), root + 2);
	rig->ops->publish(&rig->table, &mine, (struct mezzo_pa){PA}, &attr);
	rig_expect_leaf(rig, IPA + 0x5000, 0, PA, attr);
	/* Up to the root; and nothing of a sealed table is left behind. */
	rig_unmap(rig, IPA + 0x5000, 1, true);
	assert_int_equal(rig_tables(rig), root);
	rig_map(rig, IPA + 0x5000, PA, 0, attr);
	rig_expect_leaf(rig, IPA + 0x5000, 0, PA, attr);
}

/* A detached table keeps everybody out until its settlement, and is visited. */
static void detached_table_is_settled_whole(void **state)
{
	struct rig *rig = *state;
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_flush early = {0}, flush = {0};
	struct mezzo_claim mine;

	attr.clean_after = true;
	rig_map_many(rig, IPA, PA, 0, 3, attr);
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	/* An earlier flush that has not been paid when the table goes. */
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA + 0x2000}, 1, true,
					 &early),
			 MEZZO_OK);
	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){IPA}, 2, true, &flush),
			 MEZZO_OK);
	rig_expect_state(rig, IPA, MEZZO_ENTRY_OWED);
	rig_expect_state(rig, IPA + 0x2000, MEZZO_ENTRY_OWED);
	rig_expect_state(rig, IPA + 0x3000, MEZZO_ENTRY_NONE);
	for (uint64_t ipa = IPA; ipa < IPA + 0x400000; ipa += 0x1000)
		assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){ipa},
						 0, &mine),
				 MEZZO_ERR_AGAIN);
	assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){IPA},
					 MEZZO_ORDER_2M, &mine),
			 MEZZO_ERR_AGAIN);
	rig->log[0] = '\0';
	rig->ops->settle(&rig->table, &flush, rig_visit, rig);
	assert_non_null(
		strstr(rig->log, "VISIT(0x40000000) VISIT(0x40001000) VISIT(0x40002000) COMPLETE"));
	rig->ops->settle(&rig->table, &early, rig_visit, rig);
	assert_int_equal(rig->ops->claim(&rig->table, &rig->stock, (struct mezzo_ipa){IPA}, 0,
					 &mine),
			 MEZZO_OK);
	rig->ops->abandon(&rig->table, &mine);
	rig->ops->reclaim(&rig->table);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, open_rig, close_rig),                                \
		cmocka_unit_test_setup_teardown(name, open_rig_fwb, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(split_keeps_memtype),           TEST(split_stops_at_the_order_asked_for),
		TEST(collapse_requires_equal_attrs), TEST(collapse_requires_one_run_of_frames),
		TEST(collapse_joins_access_flags),   TEST(protect_and_age_keep_the_rest),
		TEST(neighbours_never_disappear),    TEST(failed_allocation_changes_nothing),
		TEST(prune_takes_empty_tables_only), TEST(detached_table_is_settled_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
