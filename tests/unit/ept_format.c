/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EPT entries: what the bits are, that nothing is lost between attributes and bits, and that no
 * entry is a misconfiguration. The golden rows are worked out by hand from the SDM's tables of
 * formats; Bochs judges some of them in tests/oracle/x86.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "table/ept_format.h"
#include "table_rig.h"

/* With and without mode-based execution, execute-only and a log, for addresses of two widths. */
#define TABLES 16
static const struct mezzo_table *laws_table(unsigned int number)
{
	static struct mezzo_table tables[TABLES];

	tables[number] = (struct mezzo_table){
		.features = {.xnx = number & 1, .exec_only = number & 2, .dirty = number & 4},
		.pa_bits = number & 8 ? 52 : 39,
	};
	return &tables[number];
}

#include "x86_entries.h"

static struct x86_entry_rules laws_rules(unsigned int number)
{
	return (struct x86_entry_rules){
		.ept = true,
		.mode_based = number & 1,
		.exec_only = number & 2,
		.leaf_1g = true,
		.address_bits = number & 8 ? 52 : 39,
	};
}

static bool can_be_said(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	const struct mezzo_table_features *f = &table->features;

	if (attr->type > MEZZO_X86_STAGE2_WB_ONLY || attr->no_tag_access)
		return false;
	if (attr->write && !attr->read)
		return false;
	if (!attr->read && !(attr->exec && f->exec_only))
		return false;
	if (attr->exec_for != MEZZO_EXEC_ALL)
		if (!attr->exec || !f->xnx || attr->exec_for > MEZZO_EXEC_KERNEL)
			return false;
	if (attr->logged)
		return attr->write && f->dirty;
	return !attr->dirty;
}

#include "x86_format_laws.h"

#define PA UINT64_C(0x12340000000)
#define KEY(n) (UINT64_C(1) << (n))

static void golden_entries(void **state)
{
	static const struct {
		struct mezzo_attr attr;
		int level;
		uint64_t low; /* [11:0] and [62:52], but for [54], the copy of [10] */
	} golden[] = {
		/* read 1, write 2, execute 4 and 400, type << 3, ignore-PAT 40, leaf 80, A 100, D 200 */
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .write = true, .exec = true},
		 3,
		 0x637},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .write = true, .exec = true},
		 2,
		 0x6b7},
		{{.type = MEZZO_X86_STAGE2_WB_ONLY, .read = true, .accessed = true}, 1, 0x1f1},
		{{.type = MEZZO_X86_STAGE2_UC, .read = true, .write = true}, 3, 0x203},
		{{.type = MEZZO_X86_STAGE2_UC_ONLY, .read = true, .write = true}, 3, 0x243},
		{{.type = MEZZO_X86_STAGE2_WC, .read = true}, 3, 0x009},
		{{.type = MEZZO_X86_STAGE2_WT, .read = true}, 3, 0x021},
		{{.type = MEZZO_X86_STAGE2_WP, .read = true}, 2, 0x0a9},
		{{.type = MEZZO_X86_STAGE2_WB, .exec = true}, 3, 0x434},
		{{.type = MEZZO_X86_STAGE2_WB,
		  .read = true,
		  .exec = true,
		  .exec_for = MEZZO_EXEC_USER},
		 3,
		 0x431},
		{{.type = MEZZO_X86_STAGE2_WB,
		  .read = true,
		  .exec = true,
		  .exec_for = MEZZO_EXEC_KERNEL},
		 3,
		 0x035},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .write = true, .logged = true},
		 3,
		 0x033 | KEY(53)},
		{{.type = MEZZO_X86_STAGE2_WB,
		  .read = true,
		  .write = true,
		  .logged = true,
		  .dirty = true},
		 3,
		 0x233 | KEY(53)},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .clean_after = true},
		 3,
		 0x031 | KEY(52)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		assert_int_equal(format_encode(laws_table(15), (struct mezzo_pa){PA},
					       golden[i].level, &golden[i].attr),
				 PA | golden[i].low | (golden[i].low & KEY(10)) << 44);
	assert_int_equal(format_table(PA), PA | 0x507 | KEY(54));
}

/* Whatever stands in memory, the processor finds #VE suppressed; empty tables are filled so. */
static void every_entry_in_memory_suppresses_ve(void **state)
{
	struct rig rig;
	const struct rig_options options = {.ops = &mezzo_ept_ops};
	const struct mezzo_attr attr = {.type = MEZZO_X86_STAGE2_WB, .read = true};

	(void)state;
	rig_open(&rig, &options);
	rig_map(&rig, 0x40201000, PA, MEZZO_ORDER_4K, attr);
	assert_int_equal(rig_raw(&rig, 0x40201000, 3), PA | 0x031 | KEY(63));
	assert_int_equal(rig_raw(&rig, 0x40202000, 3), KEY(63));
	assert_int_equal(rig_raw(&rig, 0x40400000, 2), KEY(63));
	assert_int_equal(rig_raw(&rig, 0x80000000, 1), KEY(63));
	assert_int_equal(rig_raw(&rig, 0x40201000, 1) >> 63, 1);
	x86_entries_check(&rig);
	rig_unmap(&rig, 0x40201000, 1, true);
	assert_int_equal(rig_raw(&rig, 0x40201000, 1), KEY(63));
	rig_close(&rig);
}

/* With a judge that never speaks the laws would hold of anything. */
static void a_wrong_bit_is_a_misconfiguration(void **state)
{
	static const struct {
		uint64_t entry;
		int level;
	} wrong[] = {
		{0x032, 3},  {0x036, 3}, {0x034, 3},          {0x430, 3},           {0x011, 3},
		{0x019, 3},  {0x039, 3}, {0x1000b1, 2},       {0x10b1, 2},          {0x200000b1, 1},
		{0x10b1, 1}, {0x0b1, 0}, {0x50f, 2},          {0x547, 2},           {0x50f, 1},
		{0x50f, 0},  {0x587, 0}, {0x587, -1},         {0x407, 2},           {0x103, 2},
		{0x505, 1},  {0x107, 1}, {KEY(39) | 0x31, 3}, {KEY(51) | 0x507, 2},
	};
	const struct x86_entry_rules rules = laws_rules(1);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!x86_entry_wrong(&rules, wrong[i].entry | KEY(63), wrong[i].level))
			fail_msg("%#llx at level %d", (unsigned long long)wrong[i].entry,
				 wrong[i].level);
	}
	assert_null(x86_entry_wrong(&rules, 0x2000b1 | KEY(63), 2));
	assert_non_null(x86_entry_wrong(&rules, 0x2000b1, 2));
	assert_non_null(x86_entry_wrong(&rules, 0, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_entries),
		cmocka_unit_test(every_entry_in_memory_suppresses_ve),
		cmocka_unit_test(a_wrong_bit_is_a_misconfiguration),
		LAWS,
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
