/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FORMAT_LAWS_H
#define TEST_FORMAT_LAWS_H
/*
 * What holds for stage-2 descriptors of every geometry, over every attribute set: a template, to be
 * included after the format and cmocka. LAWS is the list of tests.
 */
#include "table/marker.h"
#include "table_rig.h"

#define TABLES 4 /* with and without FWB and FEAT_MTE_PERM */
static const struct mezzo_table laws_table[TABLES] = {
	{.fwb = false, .mte_perm = false},
	{.fwb = true, .mte_perm = false},
	{.fwb = false, .mte_perm = true},
	{.fwb = true, .mte_perm = true},
};

/* Every attribute set that the format can say, one by one. */
#define ATTR_SETS 256
static bool attr_number(unsigned int number, const struct mezzo_table *table,
			struct mezzo_attr *attr)
{
	*attr = (struct mezzo_attr){
		.type = number & 3,
		.read = number & 4,
		.write = number & 8,
		.exec = number & 16,
		.no_tag_access = number & 32,
		.clean_after = number & 64,
		.accessed = number & 128,
	};
	return format_attr_valid(table, attr);
}

/* Levels that can have leaves, from the last up. */
#define LEAF_LEVELS (S2_PAGE_SHIFT == 12 ? 3 + S2_LPA2 : S2_PAGE_SHIFT == 14 ? 2 + S2_LPA2 : 3)

static uint64_t leaf_bytes(int level)
{
	return UINT64_C(1) << (S2_PAGE_SHIFT + (3 - level) * (S2_PAGE_SHIFT - 3));
}

/* T01 split_keeps_memtype: all of it, or split and collapse could not keep it. */
static void decode_of_encode_is_the_attributes(void **state)
{
	const uint64_t top = (UINT64_C(1) << S2_ADDRESS_BITS);
	unsigned int sets = 0;

	(void)state;
	for (unsigned int n = 0; n < TABLES * LEAF_LEVELS * 3 * ATTR_SETS; n++) {
		const struct mezzo_table *table = &laws_table[n / ATTR_SETS / 3 / LEAF_LEVELS];
		const int level = 3 - (int)(n / ATTR_SETS / 3 % LEAF_LEVELS);
		const uint64_t pas[] = {0, leaf_bytes(level), top - leaf_bytes(level)};
		const struct mezzo_pa pa = {pas[n / ATTR_SETS % 3]};
		struct mezzo_attr attr, back;
		uint64_t entry;

		if (!attr_number(n % ATTR_SETS, table, &attr))
			continue;
		entry = format_encode(table, pa, level, &attr);
		back = format_attr(table, entry);
		assert_true(rig_attr_equal(&attr, &back));
		assert_int_equal(format_pa(entry).addr, pa.addr);
		assert_true(format_is_leaf(entry, level));
		assert_int_equal(format_encode(table, format_pa(entry), level, &back), entry);
		sets++;
	}
	/* 128 sets without NoTagAccess; with FEAT_MTE_PERM 64 more, of two types. */
	assert_int_equal(sets, LEAF_LEVELS * 3 * 2 * (128 + 192));
}

static void no_reserved_bit_is_ever_set(void **state)
{
	const uint64_t ours = UINT64_C(0x4ff) | S2_ADDR | S2_ADDR_HIGH |
			      (S2_LPA2 ? 0 : UINT64_C(3) << 8) | UINT64_C(1) << 54 |
			      UINT64_C(3) << 55;

	(void)state;
	for (unsigned int n = 0; n < TABLES * LEAF_LEVELS * ATTR_SETS; n++) {
		const struct mezzo_table *table = &laws_table[n / ATTR_SETS / LEAF_LEVELS];
		const int level = 3 - (int)(n / ATTR_SETS % LEAF_LEVELS);
		struct mezzo_attr attr;
		unsigned int memattr;
		uint64_t entry;

		if (!attr_number(n % ATTR_SETS, table, &attr))
			continue;
		entry = format_encode(table, (struct mezzo_pa){leaf_bytes(level)}, level, &attr);
		assert_int_equal(entry & ~ours, 0);
		/* T07 cacheable_ram_is_ISH_even_UP; with LPA2 the bits are address bits. */
		assert_int_equal((entry >> 8) & 3, S2_LPA2 ? 0 : 3);
		memattr = (entry >> 2) & 0xf;
		if (table->fwb) {
			assert_int_not_equal(memattr, 0x4);
			assert_true(table->mte_perm || memattr < 8);
			assert_true(memattr < 8 || memattr >= 0xe);
		} else {
			assert_int_not_equal(memattr, 0x8);
			assert_int_not_equal(memattr, 0xc);
			assert_true(table->mte_perm || memattr != 0x4);
		}
	}
}

/* Every address bit that the geometry has, by itself, and none is taken for another. */
static void every_address_bit_has_its_place(void **state)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	const uint64_t none = format_encode(laws_table, (struct mezzo_pa){0}, 3, &attr);
	uint64_t all = 0;

	(void)state;
	for (unsigned int bit = S2_PAGE_SHIFT; bit < S2_ADDRESS_BITS; bit++) {
		const struct mezzo_pa pa = {UINT64_C(1) << bit};
		const uint64_t entry = format_encode(laws_table, pa, 3, &attr);
		const uint64_t table = format_table(pa.addr);

		assert_int_equal(__builtin_popcountll(entry ^ none), 1);
		assert_int_equal(all & (entry ^ none), 0);
		all |= entry ^ none;
		assert_int_equal(table, (entry ^ none) | 3);
		assert_int_equal(format_pa(table).addr, pa.addr);
		assert_true(format_is_table(table, 2) && !format_is_table(table, 3));
	}
	assert_int_equal(all, S2_ADDR | S2_ADDR_HIGH);
}

static void children_and_parent_say_the_same(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < TABLES * (LEAF_LEVELS - 1) * ATTR_SETS; n++) {
		const struct mezzo_table *table = &laws_table[n / ATTR_SETS / (LEAF_LEVELS - 1)];
		const int level = 2 - (int)(n / ATTR_SETS % (LEAF_LEVELS - 1));
		const struct mezzo_pa pa = {(UINT64_C(1) << S2_ADDRESS_BITS) - leaf_bytes(level)};
		const uint64_t step = leaf_bytes(level + 1);
		struct mezzo_attr attr, child;
		uint64_t block;

		if (!attr_number(n % ATTR_SETS, table, &attr))
			continue;
		block = format_encode(table, pa, level, &attr);
		for (unsigned int i = 0; i < 1u << FORMAT_INDEX_BITS; i += 73) {
			const struct mezzo_pa at = {pa.addr + i * step};
			uint64_t entry = format_child(block, level) + i * step;

			assert_true(format_is_leaf(entry, level + 1));
			assert_int_equal(format_pa(entry).addr, at.addr);
			child = format_attr(table, entry);
			assert_true(rig_attr_equal(&attr, &child));
			/* Bit for bit what it would be if it had been mapped so. */
			assert_int_equal(entry, format_encode(table, at, level + 1, &attr));
		}
		assert_int_equal(format_parent(format_child(block, level), level), block);
	}
}

static void markers_lie_beside_everything_a_leaf_holds(void **state)
{
	static const uint64_t markers[] = {MARKER_BUSY, MARKER_OWED, MARKER_DETACHED, MARKER_DEAD};
	const struct mezzo_pa pa = {(UINT64_C(1) << S2_ADDRESS_BITS) - (1u << S2_PAGE_SHIFT)};
	struct mezzo_attr attr;

	(void)state;
	for (unsigned int n = 0; n < TABLES * ATTR_SETS * 4; n++) {
		const struct mezzo_table *table = &laws_table[n / ATTR_SETS / 4];
		const uint64_t marker = markers[n / ATTR_SETS % 4];
		uint64_t entry, marked;

		if (!attr_number(n % ATTR_SETS, table, &attr))
			continue;
		entry = format_encode(table, pa, 3, &attr);
		assert_int_equal(entry & MARKER_MASK, 0);
		marked = format_mark(entry, marker);
		assert_int_equal(marked & FORMAT_PRESENT, 0);
		assert_int_equal(marked & MARKER_MASK, marker);
		assert_int_equal(format_pa(marked & ~MARKER_MASK).addr, pa.addr);
		assert_int_equal(format_unmark(marked & ~MARKER_MASK), entry);
		assert_int_equal(format_mark(0, marker), marker);
	}
}

#define LAWS                                                                                       \
	cmocka_unit_test(decode_of_encode_is_the_attributes),                                      \
		cmocka_unit_test(no_reserved_bit_is_ever_set),                                     \
		cmocka_unit_test(every_address_bit_has_its_place),                                 \
		cmocka_unit_test(children_and_parent_say_the_same),                                \
		cmocka_unit_test(markers_lie_beside_everything_a_leaf_holds)

#endif
