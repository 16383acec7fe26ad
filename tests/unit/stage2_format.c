/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors of a 4 KiB granule: what the bits are, and that nothing is lost between attributes
 * and bits. The other granules: stage2_format_*.c.
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

#define S2_PAGE_SHIFT 12
#define S2_LPA2 0
#define S2_PLAIN 0
#include "table/stage2_format.h"

#include "format_laws.h"

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

static uint64_t encode(struct mezzo_pa pa, int level, const struct mezzo_attr *attr, bool fwb)
{
	return format_encode(laws_table(2 + fwb), pa, level, attr);
}

static void golden_memory_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		struct mezzo_attr attr = rig_attr(golden[i].type);
		uint64_t entry;

		attr.no_tag_access = golden[i].no_tag_access;
		entry = encode((struct mezzo_pa){PA}, 2, &attr, golden[i].fwb);
		assert_int_equal((entry >> 2) & 0xf, golden[i].memattr);
	}
}

static void golden_descriptors(void **state)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	const struct mezzo_pa pa = {PA};

	(void)state;
	/* Valid page, WB, read and write, inner shareable, accessed. */
	assert_int_equal(encode(pa, 3, &attr, false), PA | 0x7ff);
	assert_int_equal(encode(pa, 3, &attr, true), PA | 0x7db);
	/* A block has bit 1 clear: T05 block_goes_to_right_level. */
	assert_int_equal(encode(pa, 2, &attr, false), PA | 0x7fd);
	assert_int_equal(encode(pa, 1, &attr, false), PA | 0x7fd);
	attr.write = false;
	assert_int_equal(encode(pa, 3, &attr, false), PA | 0x77f);
	attr.read = false;
	assert_int_equal(encode(pa, 3, &attr, false), PA | 0x73f);
	attr.accessed = false;
	assert_int_equal(encode(pa, 3, &attr, false), PA | 0x33f);
	/* Execute-never for every exception level is XN = 0b10: no FEAT_XNX needed. */
	attr.exec = false;
	assert_int_equal(encode(pa, 3, &attr, false), PA | 0x33f | UINT64_C(1) << 54);
	attr.clean_after = true;
	assert_int_equal(encode(pa, 3, &attr, false),
			 PA | 0x33f | UINT64_C(1) << 54 | UINT64_C(1) << 56);
	attr.type = MEZZO_STAGE2_GUEST_CHOICE;
	assert_int_equal(encode(pa, 3, &attr, false),
			 PA | 0x33f | UINT64_C(1) << 54 | UINT64_C(3) << 55);
	assert_int_equal(format_table(0x1000), 0x1003);
}

/* XN[54:53] and DBM[51]: measured on QEMU 10.0.2 for XN (who faults), the manual for DBM. */
static void golden_exec_and_dirty(void **state)
{
	static const uint64_t xn[MEZZO_EXEC_VALUES] = {0, UINT64_C(1) << 53, UINT64_C(3) << 53};
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	for (unsigned int who = 0; who < MEZZO_EXEC_VALUES; who++) {
		attr.exec_for = (uint8_t)who;
		assert_int_equal(format_encode(laws_table(4), (struct mezzo_pa){PA}, 3, &attr),
				 PA | 0x7ff | xn[who]);
	}
	attr.exec_for = MEZZO_EXEC_ALL;
	attr.logged = true;
	assert_int_equal(format_encode(laws_table(8), (struct mezzo_pa){PA}, 3, &attr),
			 PA | 0x77f | UINT64_C(1) << 51);
	attr.dirty = true;
	assert_int_equal(format_encode(laws_table(8), (struct mezzo_pa){PA}, 3, &attr),
			 PA | 0x7ff | UINT64_C(1) << 51);
}

static void what_the_format_cannot_say_is_not_valid(void **state)
{
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	attr.no_tag_access = true;
	assert_true(format_attr_valid(laws_table(3), &attr));
	assert_false(format_attr_valid(laws_table(1), &attr));
	attr.type = MEZZO_STAGE2_NORMAL_NC;
	assert_false(format_attr_valid(laws_table(3), &attr));
	attr.type = MEZZO_STAGE2_DEVICE_nGnRE;
	assert_false(format_attr_valid(laws_table(3), &attr));
	attr.no_tag_access = false;
	attr.type = MEZZO_STAGE2_NORMAL_WB;
	/* One exception level alone: FEAT_XNX. */
	attr.exec_for = MEZZO_EXEC_USER;
	assert_true(format_attr_valid(laws_table(4), &attr));
	assert_false(format_attr_valid(laws_table(0), &attr));
	attr.exec = false;
	assert_false(format_attr_valid(laws_table(4), &attr));
	attr.exec = true;
	attr.exec_for = MEZZO_EXEC_VALUES;
	assert_false(format_attr_valid(laws_table(4), &attr));
	attr.exec_for = MEZZO_EXEC_ALL;
	/* A log of writes to what may be written, where the hardware keeps one. */
	attr.logged = true;
	assert_true(format_attr_valid(laws_table(8), &attr));
	assert_false(format_attr_valid(laws_table(0), &attr));
	attr.write = false;
	assert_false(format_attr_valid(laws_table(8), &attr));
	attr.write = attr.dirty = true;
	assert_true(format_attr_valid(laws_table(8), &attr));
	attr.logged = false;
	assert_false(format_attr_valid(laws_table(8), &attr));
	attr.dirty = false;
	attr.type = MEZZO_STAGE2_TYPES;
	assert_false(format_attr_valid(laws_table(3), &attr));
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
			uint64_t entry = encode((struct mezzo_pa){PA}, 3, &attr, fwb);

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
	static const uint8_t may_change[] = {6, 7, 10, 51, 53, 54, 55, 56, 57, 58};
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	for (unsigned int n = 0; n < 3 * 3; n++) {
		const int level = 1 + (int)(n / 3);
		const unsigned int bbm = n % 3;
		const uint64_t entry = encode((struct mezzo_pa){PA}, level, &attr, true);

		assert_true(mezzo_stage2_change_is_live(entry, entry, level, bbm));
		for (unsigned int bit = 0; bit < 64; bit++) {
			const uint64_t to = entry ^ UINT64_C(1) << bit;
			bool legal = bit == 0; /* to invalid, and back */

			for (size_t i = 0; i < sizeof(may_change); i++)
				legal |= bit == may_change[i];
			/* Contiguous, and of a block nT, and block to table. */
			legal |= bbm && (bit == 52 || (bit == 16 && level < 3));
			legal |= bbm == 2 && bit == 1 && level < 3;
			assert_int_equal(mezzo_stage2_change_is_live(entry, to, level, bbm), legal);
			assert_int_equal(mezzo_stage2_change_is_live(to, entry, level, bbm), legal);
		}
		assert_true(mezzo_stage2_change_is_live(0, PA | 0x7ff, level, bbm));
		assert_true(mezzo_stage2_change_is_live(PA | 0x7ff, 0, level, bbm));
	}
}

/* T26: a size may change by the level that the machine has, and by nT; never the table itself. */
static void size_changes_as_the_machine_allows(void **state)
{
	const uint64_t block = PA | 0x7fd, table = 0x1003, nt = UINT64_C(1) << 16;

	(void)state;
	for (unsigned int bbm = 0; bbm <= 2; bbm++) {
		assert_int_equal(mezzo_stage2_change_is_live(block, table, 2, bbm), bbm == 2);
		assert_int_equal(mezzo_stage2_change_is_live(table, block, 2, bbm), bbm == 2);
		assert_int_equal(mezzo_stage2_change_is_live(block | nt, table, 2, bbm), bbm != 0);
		assert_int_equal(mezzo_stage2_change_is_live(table, block | nt, 2, bbm), bbm != 0);
		assert_false(mezzo_stage2_change_is_live(table, 0x2003, 2, bbm));
		assert_true(mezzo_stage2_change_is_live(table, table, 2, bbm));
		/* The other size at the same time as another address. */
		assert_false(mezzo_stage2_change_is_live(block, (block ^ 0x200000) | nt, 2, bbm));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_memory_types),
		cmocka_unit_test(golden_descriptors),
		cmocka_unit_test(golden_exec_and_dirty),
		cmocka_unit_test(what_the_format_cannot_say_is_not_valid),
		cmocka_unit_test(measured_type_of_each_encoding_is_the_rule),
		cmocka_unit_test(bbm_predicate_complete),
		cmocka_unit_test(size_changes_as_the_machine_allows),
		LAWS,
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
