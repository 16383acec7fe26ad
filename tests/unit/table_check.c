/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker judges every other test of tables, so it is judged here: whatever is wrong, planted
 * behind the engine's back in tables of every geometry, is found, named and placed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "table/marker.h"
#include "table_rig.h"

/* What is mapped: a page, a block, and where there are groups one of pages. */
#define PAGE_IPA UINT64_C(0)
#define BLOCK_IPA (UINT64_C(1) << 31)
#define GROUP_IPA (UINT64_C(1) << 32)
#define EMPTY_IPA (UINT64_C(1) << 33)
#define PA (UINT64_C(1) << 34)
#define PA_BITS 40

/* No format has a meaning for it in a present entry. */
#define UNUSED_BIT (UINT64_C(1) << 60)
#define ADDRESS_BITS ((UINT64_C(1) << 48) - (UINT64_C(1) << 12))

struct bench {
	struct rig rig;
	const struct rig_geometry *geometry;
};

static void bench_open(struct bench *b, const struct rig_geometry *geometry, uint8_t ipa_bits)
{
	const struct rig_options options = {
		.ops = geometry->ops,
		.ipa_bits = ipa_bits,
		.pa_bits = PA_BITS,
		.features = {.contiguous = !geometry->plain},
	};
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	b->geometry = geometry;
	rig_open(&b->rig, &options);
	rig_map(&b->rig, PAGE_IPA, PA, geometry->order[0], attr);
	rig_map(&b->rig, BLOCK_IPA, PA, geometry->order[1], attr);
	if (!geometry->plain)
		rig_map(&b->rig, GROUP_IPA, PA, geometry->group[0], attr);
	rig_check(&b->rig, 0);
}

static void expect_flaw(const struct bench *b, enum mezzo_table_flaw flaw, uint64_t ipa, int level)
{
	uint64_t seen[64];
	struct mezzo_table_report report;

	assert_true(rig_tables(&b->rig) < 64);
	if (mezzo_table_check(&b->rig.table, seen, 64, &report))
		fail_msg("%s: not found: %s", b->geometry->name, mezzo_table_flaw_name(flaw));
	if (report.flaw != flaw || report.level != level || report.ipa.addr != ipa)
		fail_msg("%s: %s at level %d of %#llx, not %s at level %d of %#llx",
			 b->geometry->name,
			 mezzo_table_flaw_name((enum mezzo_table_flaw)report.flaw), report.level,
			 (unsigned long long)report.ipa.addr, mezzo_table_flaw_name(flaw), level,
			 (unsigned long long)ipa);
}

/* With @value in the entry at @level of @ipa the flaw is found there; without it, nothing is. */
static void plant(struct bench *b, uint64_t ipa, int level, uint64_t value,
		  enum mezzo_table_flaw flaw)
{
	_Atomic uint64_t *entry = rig_entry(&b->rig, ipa, level);
	const uint64_t was = *entry;

	*entry = value;
	expect_flaw(b, flaw, ipa, level);
	*entry = was;
	rig_check(&b->rig, 0);
}

/* Other bits than the engine has put there. */
static void plant_bits(struct bench *b, uint64_t ipa, int level, uint64_t bits,
		       enum mezzo_table_flaw flaw)
{
	plant(b, ipa, level, *rig_entry(&b->rig, ipa, level) ^ bits, flaw);
}

static uint64_t page_bytes(const struct bench *b)
{
	return UINT64_C(1) << b->geometry->page_shift;
}

#define EACH_GEOMETRY(b, bits)                                                                     \
	for (unsigned int each = 0; each < RIG_GEOMETRIES; each++, rig_close(&(b).rig))            \
		if (bench_open(&(b), &rig_geometries[each], bits), true)

static void a_marker_out_of_place_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const uint64_t free = page_bytes(&b), empty = b.rig.table.empty;

		/* Under a table that is not on its way out; of nothing; a leaf that is none here. */
		plant(&b, free, 3, empty ^ MARKER_DEAD, MEZZO_TABLE_MARKER);
		plant(&b, free, 3, empty ^ (MARKER_DEAD | UINT64_C(1) << 20), MEZZO_TABLE_MARKER);
		plant(&b, free, 3, empty ^ MARKER_OWED, MEZZO_TABLE_MARKER);
		plant(&b, free, 3, empty ^ MARKER_DETACHED, MEZZO_TABLE_LINK_BITS);
		plant(&b, free, 3, empty ^ UINT64_C(5) << MARKER_SHIFT, MEZZO_TABLE_UNKNOWN_ENTRY);
	}
}

/* In a table on its way out nothing may be entered: even an empty entry says so. */
static void an_entry_that_a_detached_table_cannot_have_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const uint64_t block = mezzo_order_bytes(b.geometry->order[1]);
		_Atomic uint64_t *page = rig_entry(&b.rig, PAGE_IPA, 3);
		struct mezzo_flush flush = {0};
		uint64_t was;

		assert_int_equal(b.rig.ops->unmap(&b.rig.table, (struct mezzo_ipa){PAGE_IPA},
						  block >> MEZZO_PAGE_SHIFT, true, &flush),
				 MEZZO_OK);
		rig_check(&b.rig, 0);
		was = page[1];
		page[1] = b.rig.table.empty;
		expect_flaw(&b, MEZZO_TABLE_MARKER, page_bytes(&b), 3);
		page[1] = b.rig.table.empty ^ MARKER_BUSY;
		expect_flaw(&b, MEZZO_TABLE_MARKER, page_bytes(&b), 3);
		page[1] = was;
		rig_check(&b.rig, 0);
		b.rig.ops->settle(&b.rig.table, &flush, rig_visit, &b.rig);
	}
}

static void a_leaf_that_the_table_cannot_say_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		plant_bits(&b, PAGE_IPA, 3, UNUSED_BIT, MEZZO_TABLE_BITS);
		plant_bits(&b, BLOCK_IPA, 2, UNUSED_BIT, MEZZO_TABLE_BITS);
		plant_bits(&b, BLOCK_IPA, 2, 2 * page_bytes(&b), MEZZO_TABLE_MISALIGNED);
		plant_bits(&b, PAGE_IPA, 3, UINT64_C(2) << PA_BITS, MEZZO_TABLE_BEYOND);
		plant_bits(&b, BLOCK_IPA, 2, UINT64_C(2) << PA_BITS, MEZZO_TABLE_BEYOND);
	}
}

/* EPT: types 2, 3 and 7 are reserved, and what is writable is readable. */
static void a_misconfigured_leaf_is_found(void **state)
{
	static const uint8_t reserved[] = {2, 3, 7};
	struct bench b;
	uint64_t page;

	(void)state;
	bench_open(&b, &rig_geometries[6], 40);
	assert_string_equal(b.geometry->name, "EPT");
	page = *rig_entry(&b.rig, PAGE_IPA, 3);
	for (unsigned int i = 0; i < sizeof(reserved); i++)
		plant(&b, PAGE_IPA, 3, (page & ~UINT64_C(0x38)) | (uint64_t)reserved[i] << 3,
		      MEZZO_TABLE_BITS);
	plant(&b, PAGE_IPA, 3, page & ~UINT64_C(1), MEZZO_TABLE_BITS);
	rig_close(&b.rig);
}

/* Where the smallest root has room for more than the space is. */
static void an_entry_beyond_the_space_is_found(void **state)
{
	unsigned int found = 0;
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 35)
	{
		const struct mezzo_table *table = &b.rig.table;
		const _Atomic uint64_t *root = table->root;
		const int level = table->start_level;
		uint64_t bytes = page_bytes(&b), end = UINT64_C(1) << table->ipa_bits;

		for (int i = level; i < 3; i++)
			bytes <<= b.geometry->page_shift - 3;
		if (table->root_bytes / sizeof(*root) * bytes > end) {
			plant(&b, end, level, table->empty ^ MARKER_BUSY, MEZZO_TABLE_BEYOND);
			found++;
		}
	}
	assert_true(found >= 4);
}

/* A leaf at a level where this geometry has none. */
static void a_leaf_of_a_size_that_there_is_not_is_found(void **state)
{
	static const struct {
		const char *geometry;
		uint64_t ipa;
		int level;
	} cases[] = {
		{"4K plain", UINT64_C(1) << 42, 0}, {"4K", UINT64_C(1) << 42, 0},
		{"16K", UINT64_C(1) << 42, 1},      {"EPT", UINT64_C(1) << 38, 1},
		{"NPT", UINT64_C(1) << 38, 1},
	};
	unsigned int at = 0;
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 44)
	{
		if (at == sizeof(cases) / sizeof(cases[0]) ||
		    strcmp(b.geometry->name, cases[at].geometry) != 0)
			continue;
		plant(&b, cases[at].ipa, cases[at].level, *rig_entry(&b.rig, BLOCK_IPA, 2),
		      MEZZO_TABLE_NO_LEAF_HERE);
		at++;
	}
	assert_int_equal(at, sizeof(cases) / sizeof(cases[0]));
}

static void a_table_descriptor_that_leads_nowhere_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const uint64_t link = *rig_entry(&b.rig, PAGE_IPA, 2);

		plant_bits(&b, PAGE_IPA, 2, UNUSED_BIT, MEZZO_TABLE_LINK_BITS);
		plant(&b, PAGE_IPA, 2, link & ~ADDRESS_BITS, MEZZO_TABLE_LINK_ADDRESS);
	}
}

static void a_table_that_is_reached_twice_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const uint64_t block = mezzo_order_bytes(b.geometry->order[1]);
		const uint64_t link = *rig_entry(&b.rig, PAGE_IPA, 2);
		const uint64_t root = b.rig.table.root_pa.addr;

		plant(&b, PAGE_IPA + block, 2, link, MEZZO_TABLE_SHARED);
		plant(&b, PAGE_IPA + block, 2, (link & ~ADDRESS_BITS) | root, MEZZO_TABLE_SHARED);
	}
}

/* The retired are linked through their first entry; of one alone that is empty too. */
static void make_empty(const struct bench *b, uint64_t *entries)
{
	for (unsigned int i = 0; i < page_bytes(b) / sizeof(*entries); i++)
		entries[i] = b->rig.table.empty;
}

/* Out of the tree, and still in it. */
static void a_retired_table_that_is_still_reached_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const uint64_t block = mezzo_order_bytes(b.geometry->order[1]);
		_Atomic uint64_t *entry = rig_entry(&b.rig, PAGE_IPA, 2);
		struct mezzo_flush flush = {0};
		struct mezzo_table_report report;
		uint64_t seen[64], link = *entry;

		/* What leads to a table that stays, so that the level above is kept. */
		rig_map(&b.rig, PAGE_IPA + block, PA, b.geometry->order[0],
			rig_attr(MEZZO_STAGE2_NORMAL_WB));
		assert_int_equal(b.rig.ops->unmap(&b.rig.table, (struct mezzo_ipa){PAGE_IPA},
						  block >> MEZZO_PAGE_SHIFT, true, &flush),
				 MEZZO_OK);
		b.rig.ops->settle(&b.rig.table, &flush, rig_visit, &b.rig);
		assert_non_null(b.rig.table.retired);
		rig_check(&b.rig, 0);
		*entry = link;
		make_empty(&b, b.rig.table.retired);
		assert_false(mezzo_table_check(&b.rig.table, seen, 64, &report));
		assert_int_equal(report.flaw, MEZZO_TABLE_SHARED);
		/* Who keeps no list finds that there are too many. */
		assert_false(mezzo_table_check(&b.rig.table, NULL, 0, &report));
		assert_int_equal(report.flaw, MEZZO_TABLE_COUNT);
		*entry = b.rig.table.empty;
		rig_check(&b.rig, 0);
		b.rig.ops->reclaim(&b.rig.table);
		rig_check(&b.rig, 0);
	}
}

static void a_group_that_is_not_whole_and_alike_is_found(void **state)
{
	struct bench b;

	(void)state;
	for (unsigned int i = 1; i < RIG_ARM64_GEOMETRIES; i++) {
		const struct rig_geometry *g = &rig_geometries[i];
		const uint64_t page = UINT64_C(1) << g->page_shift;
		const uint64_t last =
			GROUP_IPA + mezzo_order_bytes(g->group[0]) - mezzo_order_bytes(g->order[0]);
		uint64_t entry;

		bench_open(&b, g, 40);
		entry = *rig_entry(&b.rig, last, 3);
		plant_bits(&b, last, 3, page, MEZZO_TABLE_GROUP);             /* another frame */
		plant_bits(&b, last, 3, UINT64_C(1) << 6, MEZZO_TABLE_GROUP); /* not readable */
		/* One is no part of it any more, or not there: seen from the first. */
		*rig_entry(&b.rig, last, 3) = entry ^ UINT64_C(1) << 52;
		expect_flaw(&b, MEZZO_TABLE_GROUP, GROUP_IPA, 3);
		*rig_entry(&b.rig, last, 3) = 0;
		expect_flaw(&b, MEZZO_TABLE_GROUP, GROUP_IPA, 3);
		*rig_entry(&b.rig, last, 3) = entry;
		/* And the first is none: seen from the second. */
		*rig_entry(&b.rig, GROUP_IPA, 3) ^= UINT64_C(1) << 52;
		expect_flaw(&b, MEZZO_TABLE_GROUP, GROUP_IPA + page, 3);
		*rig_entry(&b.rig, GROUP_IPA, 3) ^= UINT64_C(1) << 52;
		/* Taken away it is so many leaves. */
		plant(&b, GROUP_IPA, 3,
		      (*rig_entry(&b.rig, GROUP_IPA, 3) & ~UINT64_C(3)) | MARKER_OWED,
		      MEZZO_TABLE_MARKER);
		rig_close(&b.rig);
	}
}

/* FEAT_BBM level 1: nT while a block is being changed, and no longer. */
static void a_block_left_out_of_tlbs_is_found(void **state)
{
	struct bench b;

	(void)state;
	for (unsigned int i = 1; i < RIG_ARM64_GEOMETRIES; i++) {
		bench_open(&b, &rig_geometries[i], 40);
		plant_bits(&b, BLOCK_IPA, 2, UINT64_C(1) << 16, MEZZO_TABLE_HALF_DONE);
		rig_close(&b.rig);
	}
}

static void a_wrong_count_of_tables_is_found(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		b.rig.table.tables++;
		expect_flaw(&b, MEZZO_TABLE_COUNT, 0, b.rig.table.start_level);
		b.rig.table.tables -= 2;
		expect_flaw(&b, MEZZO_TABLE_COUNT, 0, b.rig.table.start_level);
		b.rig.table.tables++;
	}
}

/* x86: tables that lead to the root, and to nothing else. */
static void a_wrong_way_to_the_root_is_found(void **state)
{
	struct bench b;

	(void)state;
	for (unsigned int i = RIG_ARM64_GEOMETRIES; i < RIG_GEOMETRIES; i++) {
		uint64_t *above, was;
		int level;

		bench_open(&b, &rig_geometries[i], 40);
		assert_int_equal(b.rig.table.above_count, 1);
		above = b.rig.table.above[0];
		level = b.rig.table.start_level - 1;
		was = above[0];
		above[0] = was ^ UNUSED_BIT;
		expect_flaw(&b, MEZZO_TABLE_LINK_BITS, 0, level);
		above[0] = b.rig.table.empty;
		expect_flaw(&b, MEZZO_TABLE_LINK_BITS, 0, level);
		above[0] = was + page_bytes(&b);
		expect_flaw(&b, MEZZO_TABLE_LINK_ADDRESS, 0, level);
		above[0] = was;
		above[511] = was;
		expect_flaw(&b, MEZZO_TABLE_LINK_BITS, 0, level);
		above[511] = b.rig.table.empty;
		rig_check(&b.rig, 0);
		rig_close(&b.rig);
	}
}

/* Not flawed, but to be known: with nobody at work none is held. */
static void what_is_held_is_counted(void **state)
{
	struct bench b;

	(void)state;
	EACH_GEOMETRY(b, 40)
	{
		const struct mezzo_table_ops *ops = b.rig.ops;
		struct mezzo_claim page, free;

		assert_int_equal(ops->hold(&b.rig.table, (struct mezzo_ipa){PAGE_IPA}, &page),
				 MEZZO_OK);
		rig_check(&b.rig, 1);
		assert_int_equal(ops->stock_fill(&b.rig.table, &b.rig.stock), MEZZO_OK);
		assert_int_equal(ops->claim(&b.rig.table, &b.rig.stock,
					    (struct mezzo_ipa){EMPTY_IPA}, b.geometry->order[0],
					    &free),
				 MEZZO_OK);
		rig_check(&b.rig, 2);
		ops->abandon(&b.rig.table, &free);
		ops->abandon(&b.rig.table, &page);
		rig_check(&b.rig, 0);
	}
}

static void every_flaw_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < MEZZO_TABLE_FLAWS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(mezzo_table_flaw_name((enum mezzo_table_flaw)i),
						mezzo_table_flaw_name((enum mezzo_table_flaw)j));
	assert_string_equal(mezzo_table_flaw_name(MEZZO_TABLE_SOUND), "sound");
	assert_string_equal(mezzo_table_flaw_name(MEZZO_TABLE_FLAWS), "unknown");
	assert_string_equal(mezzo_table_flaw_name((enum mezzo_table_flaw) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_marker_out_of_place_is_found),
		cmocka_unit_test(an_entry_that_a_detached_table_cannot_have_is_found),
		cmocka_unit_test(a_leaf_that_the_table_cannot_say_is_found),
		cmocka_unit_test(a_misconfigured_leaf_is_found),
		cmocka_unit_test(an_entry_beyond_the_space_is_found),
		cmocka_unit_test(a_leaf_of_a_size_that_there_is_not_is_found),
		cmocka_unit_test(a_table_descriptor_that_leads_nowhere_is_found),
		cmocka_unit_test(a_table_that_is_reached_twice_is_found),
		cmocka_unit_test(a_retired_table_that_is_still_reached_is_found),
		cmocka_unit_test(a_group_that_is_not_whole_and_alike_is_found),
		cmocka_unit_test(a_block_left_out_of_tlbs_is_found),
		cmocka_unit_test(a_wrong_count_of_tables_is_found),
		cmocka_unit_test(a_wrong_way_to_the_root_is_found),
		cmocka_unit_test(what_is_held_is_counted),
		cmocka_unit_test(every_flaw_has_a_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
