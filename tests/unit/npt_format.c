/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NPT entries: what the bits are, that nothing is lost between attributes and bits, and that no
 * entry has a reserved bit. The golden rows are worked out by hand from the APM's figures; QEMU and
 * Bochs judge some of them in tests/oracle/x86.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "table/npt_format.h"
#include "x86_entries.h"

/* The host's PAT: as it is after reset, as Linux has it, and with every type in an odd place. */
static const struct {
	uint64_t pat;
	uint8_t index[MEZZO_X86_STAGE2_TYPES]; /* by hand: UC-only, UC, WC, WT, WP, WB, WB-only */
} hosts[] = {
	{UINT64_C(0x0007040600070406), {0xff, 3, 0xff, 1, 0xff, 0, 0xff}},
	{RIG_HOST_PAT, {0xff, 3, 1, 7, 5, 0, 0xff}},
	{UINT64_C(0x0001050407070706), {0xff, 7, 6, 4, 5, 0, 0xff}},
};

/* With and without a log, for addresses of two widths, by the host's PAT. */
#define TABLES 12
static struct rig rigs[TABLES];

static int open_tables(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < TABLES; t++) {
		const struct rig_options options = {
			.ops = &mezzo_npt_ops,
			.pa_bits = t & 2 ? 52 : 39,
			.host_pat = hosts[t / 4].pat,
			.features = {.dirty = t & 1},
		};

		rig_open(&rigs[t], &options);
	}
	return 0;
}

static int close_tables(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < TABLES; t++)
		rig_close(&rigs[t]);
	return 0;
}

static const struct mezzo_table *laws_table(unsigned int number)
{
	return &rigs[number].table;
}

static struct x86_entry_rules laws_rules(unsigned int number)
{
	return (struct x86_entry_rules){
		.leaf_1g = true,
		.address_bits = number & 2 ? 52 : 39,
	};
}

static bool can_be_said(const struct mezzo_table *table, const struct mezzo_attr *attr)
{
	const struct rig *rig = (const struct rig *)(const void *)((const char *)table -
								   offsetof(struct rig, table));
	const uint8_t *index = hosts[(rig - rigs) / 4].index;

	if (attr->type >= MEZZO_X86_STAGE2_TYPES || index[attr->type] == 0xff)
		return false;
	if (!attr->read || attr->no_tag_access || attr->exec_for != MEZZO_EXEC_ALL)
		return false;
	if (attr->logged)
		return attr->write && table->features.dirty;
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
		uint64_t rest; /* beside the address */
	} golden[] = {
		/* present 1, write 2, user 4, PWT 8, PCD 10, A 20, D 40, leaf or PAT 80 */
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .write = true, .exec = true}, 3, 0x47},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .write = true, .exec = true},
		 2,
		 0xc7 | KEY(54)},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .accessed = true}, 3, 0x25 | KEY(63)},
		{{.type = MEZZO_X86_STAGE2_UC, .read = true, .exec = true}, 3, 0x1d},
		{{.type = MEZZO_X86_STAGE2_WC, .read = true, .exec = true}, 3, 0x0d},
		{{.type = MEZZO_X86_STAGE2_WT, .read = true, .exec = true}, 3, 0x9d | KEY(53)},
		{{.type = MEZZO_X86_STAGE2_WP, .read = true, .exec = true}, 3, 0x8d | KEY(53)},
		{{.type = MEZZO_X86_STAGE2_WT, .read = true, .exec = true},
		 2,
		 0x109d | KEY(53) | KEY(54)},
		{{.type = MEZZO_X86_STAGE2_WP, .read = true, .exec = true},
		 1,
		 0x108d | KEY(53) | KEY(54)},
		{{.type = MEZZO_X86_STAGE2_WB,
		  .read = true,
		  .write = true,
		  .exec = true,
		  .logged = true},
		 3,
		 0x07 | KEY(55)},
		{{.type = MEZZO_X86_STAGE2_WB, .read = true, .exec = true, .clean_after = true},
		 3,
		 0x05 | KEY(52)},
	};
	const struct mezzo_table *table = laws_table(7); /* Linux's, with a log */

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		assert_int_equal(format_encode(table, (struct mezzo_pa){PA}, golden[i].level,
					       &golden[i].attr),
				 PA | golden[i].rest);
	assert_int_equal(format_table(PA), PA | 0x27);
}

/* The entry of the PAT that a leaf of each size chooses says what the attributes say. */
static void types_are_those_of_the_hosts_pat(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < TABLES; t++)
		for (unsigned int type = 0; type < MEZZO_X86_STAGE2_TYPES; type++) {
			const struct mezzo_attr attr = {.type = (uint8_t)type, .read = true};
			const unsigned int index = hosts[t / 4].index[type];

			assert_int_equal(format_attr_valid(laws_table(t), &attr), index != 0xff);
			for (int level = 3; index != 0xff && level >= 1; level--) {
				const uint64_t entry =
					format_encode(laws_table(t), (struct mezzo_pa){PA}, level,
						      &attr);
				const unsigned int pat = level == 3 ? 7 : 12;

				assert_int_equal((entry >> 3 & 3) | (entry >> pat & 1) << 2, index);
			}
		}
}

static void a_host_without_wb_in_entry_0_or_without_uc_is_refused(void **state)
{
	static const uint64_t pats[] = {
		UINT64_C(0x0606060606060606), UINT64_C(0x0606060606060600),
		UINT64_C(0x0706060606060606), UINT64_C(0x0007040600070402),
		UINT64_C(0x0807040600070406),
	};
	struct mezzo_hosted hosted;
	struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &hosted.platform,
		.ipa_bits = 40,
		.pa_bits = 48,
		.x86 = {.levels = 4},
	};
	struct mezzo_table table;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	for (size_t i = 0; i < sizeof(pats) / sizeof(pats[0]); i++) {
		config.x86.host_pat = pats[i];
		assert_int_equal(mezzo_npt_ops.init(&table, &config), MEZZO_ERR_INVALID);
	}
	assert_int_equal(hosted.counts.table_bytes, 0);
}

static void a_wrong_bit_is_reserved(void **state)
{
	static const struct {
		uint64_t entry;
		int level;
	} wrong[] = {
		{0x03, 3}, {0x2085, 2}, {0x104085, 2}, {0x200085, 1},
		{0xa7, 0}, {0x127, 0},  {0x127, -1},   {KEY(39) | 0x05, 3},
		{0x05, 2}, {0x07, 1},   {0x25, 2},     {KEY(63) | 0x27, 1},
	};
	const struct x86_entry_rules rules = laws_rules(0);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!x86_entry_wrong(&rules, wrong[i].entry, wrong[i].level))
			fail_msg("%#llx at level %d", (unsigned long long)wrong[i].entry,
				 wrong[i].level);
	assert_null(x86_entry_wrong(&rules, 0x200085, 2));
	assert_null(x86_entry_wrong(&rules, 0x201085, 2));
	assert_null(x86_entry_wrong(&rules, 0x27, 0));
	assert_null(x86_entry_wrong(&rules, 0, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_entries),
		cmocka_unit_test(types_are_those_of_the_hosts_pat),
		cmocka_unit_test(a_host_without_wb_in_entry_0_or_without_uc_is_refused),
		cmocka_unit_test(a_wrong_bit_is_reserved),
		LAWS,
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_tables, close_tables);
}
