/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FORMAT_LAWS_H
#define TEST_FORMAT_LAWS_H
/*
 * What holds for stage-2 descriptors of every geometry, over every attribute set: a template, to be
 * included after the format and cmocka. LAWS is the list of tests.
 */
#include "table/marker.h"
#include "table_rig.h"

/* With and without FWB, FEAT_MTE_PERM, FEAT_XNX and hardware dirty state. */
#define TABLES 16
static const struct mezzo_table *laws_table(unsigned int number)
{
	static struct mezzo_table tables[TABLES];

	tables[number] = (struct mezzo_table){
		.fwb = number & 1,
		.mte_perm = number & 2,
		.features = {.xnx = number & 4, .access = number & 8, .dirty = number & 8},
	};
	return &tables[number];
}

/* Every attribute set that the format can say, one by one. */
#define ATTR_SETS 4096
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
		.exec_for = number >> 8 & 3,
		.logged = number & 1024,
		.dirty = number & 2048,
	};
	return format_attr_valid(table, attr);
}

/* How many there are, by hand. */
static unsigned int attr_count(const struct mezzo_table *table)
{
	/* Types with and without NoTagAccess; clean_after, read, accessed. */
	const unsigned int types = (table->mte_perm ? 4 + 2 : 4) * 2 * 2 * 2;
	/* Nobody, everybody, one of two exception levels. */
	const unsigned int exec = table->features.xnx ? 4 : 2;
	/* Not, or written to at will, or logged: clean or dirty. */
	const unsigned int write = table->features.dirty ? 4 : 2;

	return types * exec * write;
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
	unsigned int sets = 0, expected = 0;

	(void)state;
	for (unsigned int n = 0; n < TABLES * LEAF_LEVELS * 3 * ATTR_SETS; n++) {
		const struct mezzo_table *table = laws_table(n / ATTR_SETS / 3 / LEAF_LEVELS);
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
	for (unsigned int i = 0; i < TABLES; i++)
		expected += LEAF_LEVELS * 3 * attr_count(laws_table(i));
	assert_int_equal(sets, expected);
}

static void no_reserved_bit_is_ever_set(void **state)
{
	const uint64_t always = UINT64_C(0x4ff) | S2_ADDR | S2_ADDR_HIGH |
				(S2_LPA2 ? 0 : UINT64_C(3) << 8) | UINT64_C(1) << 54 |
				UINT64_C(3) << 55;

	(void)state;
	for (unsigned int n = 0; n < TABLES * LEAF_LEVELS * ATTR_SETS; n++) {
		const struct mezzo_table *table = laws_table(n / ATTR_SETS / LEAF_LEVELS);
		const int level = 3 - (int)(n / ATTR_SETS % LEAF_LEVELS);
		struct mezzo_attr attr;
		unsigned int memattr;
		uint64_t entry;

		if (!attr_number(n % ATTR_SETS, table, &attr))
			continue;
		entry = format_encode(table, (struct mezzo_pa){leaf_bytes(level)}, level, &attr);
		/* XN[0] is reserved without FEAT_XNX, DBM without FEAT_HAFDBS. */
		assert_int_equal(entry & ~always & ~(table->features.xnx ? UINT64_C(1) << 53 : 0) &
					 ~(table->features.dirty ? UINT64_C(1) << 51 : 0),
				 0);
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
	const uint64_t none = format_encode(laws_table(0), (struct mezzo_pa){0}, 3, &attr);
	uint64_t all = 0;

	(void)state;
	for (unsigned int bit = S2_PAGE_SHIFT; bit < S2_ADDRESS_BITS; bit++) {
		const struct mezzo_pa pa = {UINT64_C(1) << bit};
		const uint64_t entry = format_encode(laws_table(0), pa, 3, &attr);
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
		const struct mezzo_table *table = laws_table(n / ATTR_SETS / (LEAF_LEVELS - 1));
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

/* What the hardware writes into a leaf by itself, and nothing else, is what format_notable says. */
static void hardware_notes_in_the_notable_bits(void **state)
{
	const struct mezzo_table *table = laws_table(TABLES - 1);

	(void)state;
	for (unsigned int n = 0; n < ATTR_SETS; n++) {
		struct mezzo_attr attr, noted;
		uint64_t entry;

		if (!attr_number(n, table, &attr))
			continue;
		entry = format_encode(table, (struct mezzo_pa){0}, 3, &attr);
		noted = attr;
		noted.accessed = true;
		noted.dirty = attr.logged;
		assert_int_equal(entry | format_notable(entry),
				 format_encode(table, (struct mezzo_pa){0}, 3, &noted));
		assert_int_equal(format_is_dirty(entry), attr.dirty);
		assert_int_equal(format_is_logged(entry), attr.logged);
		assert_int_equal(format_is_exec(entry), attr.exec);
		assert_true(!attr.dirty || (entry & FORMAT_LOGGED));
		if (!attr.logged)
			continue;
		noted = attr;
		noted.dirty = false;
		assert_int_equal(format_rearm(entry),
				 format_encode(table, (struct mezzo_pa){0}, 3, &noted));
		noted.write = noted.logged = false;
		assert_int_equal(entry & ~FORMAT_WRITE,
				 format_encode(table, (struct mezzo_pa){0}, 3, &noted));
	}
}

/* Whatever the owner of a live leaf may change, the architecture lets it change in place. */
static void mutable_bits_may_change_live(void **state)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	for (int level = 3; level > 3 - LEAF_LEVELS; level--) {
		const uint64_t entry =
			format_encode(laws_table(0), (struct mezzo_pa){0}, level, &attr);

		assert_true(mezzo_stage2_change_is_live(entry, entry ^ FORMAT_MUTABLE, level, 0));
		assert_int_equal(FORMAT_MUTABLE & MARKER_MASK, 0);
	}
}

static void markers_lie_beside_everything_a_leaf_holds(void **state)
{
	static const uint64_t markers[] = {MARKER_BUSY, MARKER_OWED, MARKER_DETACHED, MARKER_DEAD};
	const struct mezzo_pa pa = {(UINT64_C(1) << S2_ADDRESS_BITS) - (1u << S2_PAGE_SHIFT)};
	struct mezzo_attr attr;

	(void)state;
	for (unsigned int n = 0; n < TABLES * ATTR_SETS * 4; n++) {
		const struct mezzo_table *table = laws_table(n / ATTR_SETS / 4);
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
		cmocka_unit_test(hardware_notes_in_the_notable_bits),                              \
		cmocka_unit_test(mutable_bits_may_change_live),                                    \
		cmocka_unit_test(markers_lie_beside_everything_a_leaf_holds)

#endif
