/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors: what the bits are, and that nothing is lost between attributes and bits.
 *
 * Standing of the golden rows. MemAttr of Device-nGnRE, Normal-NC and Normal-WB with and without
 * FEAT_S2FWB: Linux's headers, and measured on QEMU 10.0.2 (the combined type that AT and PAR_EL1
 * report, below). "As stage 1 says" with FWB (0111): published Linux change, measured likewise.
 * NoTagAccess: the manual's tables as quoted by Linux (0100) and QEMU 11.1.3 (111x); no machine
 * at hand has FEAT_MTE_PERM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/memtype.h>

#include "table/marker.h"
#include "table/stage2_format.h"
#include "table_rig.h"

#define PA UINT64_C(0x40000000)

struct golden {
	enum mezzo_arm64_stage2 type;
	bool fwb, no_tag_access;
	unsigned int memattr;
};

static const struct golden golden[] = {
	{MEZZO_STAGE2_DEVICE_nGnRE, false, false, 0x1},
	{MEZZO_STAGE2_NORMAL_NC, false, false, 0x5},
	{MEZZO_STAGE2_NORMAL_WB, false, false, 0xf},
	{MEZZO_STAGE2_GUEST_CHOICE, false, false, 0xf},
	{MEZZO_STAGE2_NORMAL_WB, false, true, 0x4},
	{MEZZO_STAGE2_GUEST_CHOICE, false, true, 0x4},
	{MEZZO_STAGE2_DEVICE_nGnRE, true, false, 0x1},
	{MEZZO_STAGE2_NORMAL_NC, true, false, 0x5},
	{MEZZO_STAGE2_NORMAL_WB, true, false, 0x6},
	{MEZZO_STAGE2_GUEST_CHOICE, true, false, 0x7},
	{MEZZO_STAGE2_NORMAL_WB, true, true, 0xe},
	{MEZZO_STAGE2_GUEST_CHOICE, true, true, 0xf},
};

/* Every attribute set that the format can say, one by one. */
#define ATTR_SETS 256
static bool attr_number(unsigned int number, bool mte_perm, struct mezzo_attr *attr)
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
	return format_attr_valid(attr, mte_perm);
}

static void golden_memory_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		struct mezzo_attr attr = rig_attr(golden[i].type);
		uint64_t entry;

		attr.no_tag_access = golden[i].no_tag_access;
		entry = format_encode((struct mezzo_pa){PA}, 2, &attr, golden[i].fwb);
		assert_int_equal((entry >> 2) & 0xf, golden[i].memattr);
	}
}

static void golden_descriptors(void **state)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	const struct mezzo_pa pa = {PA};

	(void)state;
	/* Valid page, WB, read and write, inner shareable, accessed. */
	assert_int_equal(format_encode(pa, 3, &attr, false), PA | 0x7ff);
	assert_int_equal(format_encode(pa, 3, &attr, true), PA | 0x7db);
	/* A block has bit 1 clear: T05 block_goes_to_right_level. */
	assert_int_equal(format_encode(pa, 2, &attr, false), PA | 0x7fd);
	assert_int_equal(format_encode(pa, 1, &attr, false), PA | 0x7fd);
	attr.write = false;
	assert_int_equal(format_encode(pa, 3, &attr, false), PA | 0x77f);
	attr.read = false;
	assert_int_equal(format_encode(pa, 3, &attr, false), PA | 0x73f);
	attr.accessed = false;
	assert_int_equal(format_encode(pa, 3, &attr, false), PA | 0x33f);
	/* Execute-never for every exception level is XN = 0b10: no FEAT_XNX needed. */
	attr.exec = false;
	assert_int_equal(format_encode(pa, 3, &attr, false), PA | 0x33f | UINT64_C(1) << 54);
	attr.clean_after = true;
	assert_int_equal(format_encode(pa, 3, &attr, false),
			 PA | 0x33f | UINT64_C(1) << 54 | UINT64_C(1) << 56);
	attr.type = MEZZO_STAGE2_GUEST_CHOICE;
	assert_int_equal(format_encode(pa, 3, &attr, false),
			 PA | 0x33f | UINT64_C(1) << 54 | UINT64_C(3) << 55);
	assert_int_equal(format_table(0x1000), 0x1003);
}

/* T01: all of it, or split and collapse could not keep it. */
static void decode_of_encode_is_the_attributes(void **state)
{
	static const uint64_t pas[] = {0, UINT64_C(0x40000000), UINT64_C(0xffffc0000000)};
	unsigned int sets = 0;

	(void)state;
	for (unsigned int number = 0; number < ATTR_SETS * 12 * 4; number++) {
		const struct mezzo_pa pa = {pas[number / ATTR_SETS % 3]};
		const unsigned int level = 1 + number / ATTR_SETS / 3 % 3;
		const bool fwb = number / (ATTR_SETS * 12) & 1;
		const bool mte_perm = number / (ATTR_SETS * 12) & 2;
		struct mezzo_attr attr, back;
		uint64_t entry;

		if (!attr_number(number % ATTR_SETS, mte_perm, &attr))
			continue;
		entry = format_encode(pa, level, &attr, fwb);
		back = format_attr(entry, fwb);
		assert_true(rig_attr_equal(&attr, &back));
		assert_int_equal(format_pa(entry).addr, pa.addr);
		assert_true(format_is_leaf(entry, level));
		assert_int_equal(format_encode(format_pa(entry), level, &back, fwb), entry);
		sets++;
	}
	/* 128 sets without NoTagAccess; with FEAT_MTE_PERM 64 more, of two types. */
	assert_int_equal(sets, 12 * 2 * (128 + 192));
}

static void no_reserved_bit_is_ever_set(void **state)
{
	const uint64_t ours =
		UINT64_C(0x7ff) | UINT64_C(0xfffffffff000) | UINT64_C(1) << 54 | UINT64_C(3) << 55;

	(void)state;
	for (unsigned int number = 0; number < ATTR_SETS * 8; number++) {
		const bool fwb = number & ATTR_SETS, mte_perm = number & (2 * ATTR_SETS);
		const unsigned int level = number & (4 * ATTR_SETS) ? 3 : 2;
		struct mezzo_attr attr;
		uint64_t entry;
		unsigned int memattr;

		if (!attr_number(number % ATTR_SETS, mte_perm, &attr))
			continue;
		entry = format_encode((struct mezzo_pa){UINT64_C(0xffffffe00000)}, level, &attr,
				      fwb);
		assert_int_equal(entry & ~ours, 0);
		/* T07 cacheable_ram_is_ISH_even_UP */
		assert_int_equal((entry >> 8) & 3, 3);
		memattr = (entry >> 2) & 0xf;
		if (fwb) {
			assert_int_not_equal(memattr, 0x4);
			assert_true(mte_perm || memattr < 8);
			assert_true(memattr < 8 || memattr >= 0xe);
		} else {
			assert_int_not_equal(memattr, 0x8);
			assert_int_not_equal(memattr, 0xc);
			assert_true(mte_perm || memattr != 0x4);
		}
	}
}

static void what_the_format_cannot_say_is_not_valid(void **state)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	attr.no_tag_access = true;
	assert_true(format_attr_valid(&attr, true));
	assert_false(format_attr_valid(&attr, false));
	attr.type = MEZZO_STAGE2_NORMAL_NC;
	assert_false(format_attr_valid(&attr, true));
	attr.type = MEZZO_STAGE2_DEVICE_nGnRE;
	assert_false(format_attr_valid(&attr, true));
	attr.no_tag_access = false;
	attr.type = MEZZO_STAGE2_TYPES;
	assert_false(format_attr_valid(&attr, true));
}

/*
 * Measured on QEMU 10.0.2, -cpu max: ATTR of PAR_EL1 after AT S12E1R, both stages inner shareable.
 * Rows: stage-1 nGnRnE nGnRE nGRE GRE NC WT WB. Columns: stage-2 MemAttr.
 */
static const uint8_t measured[2][MEZZO_ARM64_TYPES][16] = {
	{
		{0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04,
		 0x04, 0x04},
		{0x00, 0x04, 0x08, 0x08, 0x08, 0x04, 0x08, 0x08, 0x08, 0x04, 0x08, 0x08, 0x08, 0x04,
		 0x08, 0x08},
		{0x00, 0x04, 0x08, 0x0c, 0x0c, 0x04, 0x0c, 0x0c, 0x0c, 0x04, 0x0c, 0x0c, 0x0c, 0x04,
		 0x0c, 0x0c},
		{0x00, 0x04, 0x04, 0x04, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44,
		 0x44, 0x44},
		{0x00, 0x04, 0x08, 0x0c, 0x4b, 0x44, 0x4b, 0x4b, 0xbb, 0xb4, 0xbb, 0xbb, 0xbb, 0xb4,
		 0xbb, 0xbb},
		{0x00, 0x04, 0x08, 0x0c, 0x4f, 0x44, 0x4b, 0x4f, 0xbf, 0xb4, 0xbb, 0xbf, 0xff, 0xf4,
		 0xfb, 0xff},
	},
	{
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x04, 0xff, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x08, 0xff, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x0c, 0xff, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x44, 0xff, 0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x44, 0xff, 0xbb, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
		{0x00, 0x04, 0x08, 0x0c, 0x00, 0x44, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		 0x00, 0x00},
	},
};

/* The machine deviates from the manual in these cells of ours; the manual is the contract. */
static bool deviates(bool fwb, enum mezzo_arm64_type stage1, enum mezzo_arm64_stage2 stage2)
{
	/* FWB, stage 2 Device: a stronger stage-1 Device is forgotten. */
	if (fwb && stage2 == MEZZO_STAGE2_DEVICE_nGnRE)
		return stage1 == MEZZO_ARM64_nGnRnE;
	/* No FWB: Normal-NC with nGRE or GRE becomes nGnRE. */
	return !fwb && stage2 == MEZZO_STAGE2_NORMAL_NC &&
	       (stage1 == MEZZO_ARM64_nGRE || stage1 == MEZZO_ARM64_GRE);
}

static void measured_type_of_each_encoding_is_the_rule(void **state)
{
	static const uint8_t par[] = {0x00, 0x04, 0x08, 0x0c, 0x44, 0xbb, 0xff};
	unsigned int deviations = 0;

	(void)state;
	for (unsigned int fwb = 0; fwb < 2; fwb++) {
		for (unsigned int s2 = 0; s2 < MEZZO_STAGE2_TYPES; s2++) {
			struct mezzo_attr attr = rig_attr(s2);
			uint64_t entry = format_encode((struct mezzo_pa){PA}, 3, &attr, fwb);

			for (unsigned int s1 = 0; s1 < MEZZO_ARM64_TYPES; s1++) {
				uint8_t rule = par[mezzo_arm64_combine(s1, s2, fwb)];
				uint8_t machine = measured[fwb][s1][(entry >> 2) & 0xf];

				if (deviates(fwb, s1, s2)) {
					assert_int_not_equal(machine, rule);
					deviations++;
				} else {
					assert_int_equal(machine, rule);
				}
			}
		}
	}
	assert_int_equal(deviations, 3);
}

/* T26: bit by bit, against the manual's list of what a live entry may change. */
static void bbm_predicate_complete(void **state)
{
	static const uint8_t may_change[] = {6, 7, 10, 53, 54, 55, 56, 57, 58};
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	for (unsigned int level = 1; level <= 3; level++) {
		const uint64_t entry = format_encode((struct mezzo_pa){PA}, level, &attr, true);

		assert_true(mezzo_stage2_change_is_live(entry, entry));
		for (unsigned int bit = 0; bit < 64; bit++) {
			const uint64_t to = entry ^ UINT64_C(1) << bit;
			bool legal = bit == 0; /* to invalid, and back */

			for (size_t i = 0; i < sizeof(may_change); i++)
				legal |= bit == may_change[i];
			assert_int_equal(mezzo_stage2_change_is_live(entry, to), legal);
			assert_int_equal(mezzo_stage2_change_is_live(to, entry), legal);
		}
	}
	assert_true(mezzo_stage2_change_is_live(0, PA | 0x7ff));
	assert_true(mezzo_stage2_change_is_live(PA | 0x7ff, 0));
	assert_false(mezzo_stage2_change_is_live(PA | 0x7fd, 0x1003));
	assert_false(mezzo_stage2_change_is_live(0x1003, 0x2003));
}

static void children_and_parent_say_the_same(void **state)
{
	(void)state;
	for (unsigned int number = 0; number < ATTR_SETS * 4; number++) {
		const bool fwb = number & ATTR_SETS;
		const unsigned int level = number & (2 * ATTR_SETS) ? 1 : 2;
		const uint64_t step = level == 1 ? 0x200000 : 0x1000;
		struct mezzo_attr attr, child;
		uint64_t block;

		if (!attr_number(number % ATTR_SETS, true, &attr))
			continue;
		block = format_encode((struct mezzo_pa){PA}, level, &attr, fwb);
		for (unsigned int i = 0; i < 512; i += 73) {
			uint64_t entry = format_child(block, level, i);

			assert_true(format_is_leaf(entry, level + 1));
			assert_int_equal(format_pa(entry).addr, PA + i * step);
			child = format_attr(entry, fwb);
			assert_true(rig_attr_equal(&attr, &child));
			/* Bit for bit what it would be if it had been mapped so. */
			assert_int_equal(entry, format_encode((struct mezzo_pa){PA + i * step},
							      level + 1, &attr, fwb));
		}
		assert_int_equal(format_parent(format_child(block, level, 0)), block);
	}
}

static void markers_lie_beside_everything_a_leaf_holds(void **state)
{
	struct mezzo_attr attr;

	(void)state;
	for (unsigned int number = 0; number < ATTR_SETS; number++) {
		if (attr_number(number, true, &attr))
			assert_int_equal(format_encode((struct mezzo_pa){S2_ADDR}, 3, &attr,
						       false) &
						 MARKER_MASK,
					 0);
	}
	assert_int_equal(MARKER_MASK & S2_VALID, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_memory_types),
		cmocka_unit_test(golden_descriptors),
		cmocka_unit_test(decode_of_encode_is_the_attributes),
		cmocka_unit_test(no_reserved_bit_is_ever_set),
		cmocka_unit_test(what_the_format_cannot_say_is_not_valid),
		cmocka_unit_test(measured_type_of_each_encoding_is_the_rule),
		cmocka_unit_test(bbm_predicate_complete),
		cmocka_unit_test(children_and_parent_say_the_same),
		cmocka_unit_test(markers_lie_beside_everything_a_leaf_holds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
