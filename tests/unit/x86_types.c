/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86 memory types against tables that were not made from this code. Intel: SDM vol. 3, "Effective
 * Page-Level Memory Types", two editions, in which Xen's mm_type_tbl agrees. AMD: APM vol. 2
 * (24593), tables 7-11, 15-19 and 15-20. What an entry of ours gives is derived from them by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/x86.h>

static enum mezzo_x86_type type_of(const char *name)
{
	for (int type = 0; type < MEZZO_X86_TYPES; type++)
		if (!strcmp(mezzo_x86_type_name(type), name))
			return type;
	fail_msg("no type %s", name);
	return MEZZO_X86_TYPES;
}

/* A row of a table: words; columns are @columns's words. */
typedef struct mezzo_x86_cell combine_fn(enum mezzo_x86_type row, enum mezzo_x86_type column);

static void assert_row(combine_fn *combine, const char *row, const char *columns, const char *cells)
{
	char names[64], values[64], *rest = names, *left = values, *column, *cell;

	strcpy(names, columns);
	strcpy(values, cells);
	while ((column = strtok_r(rest, " ", &rest))) {
		struct mezzo_x86_cell got = combine(type_of(row), type_of(column));

		cell = strtok_r(left, " ", &left);
		if (strcmp(mezzo_x86_type_name(got.type), cell) != 0)
			fail_msg("%s x %s: %s, should be %s", row, column,
				 mezzo_x86_type_name(got.type), cell);
	}
}

static void intel_combines_as_the_manual_says(void **state)
{
	static const char columns[] = "UC UC- WC WT WP WB";

	(void)state;
	assert_row(mezzo_x86_combine_intel, "UC", columns, "UC UC WC UC UC UC");
	assert_row(mezzo_x86_combine_intel, "WC", columns, "UC WC WC UC UC WC");
	assert_row(mezzo_x86_combine_intel, "WT", columns, "UC UC WC WT WP WT");
	assert_row(mezzo_x86_combine_intel, "WP", columns, "UC WC WC WT WP WP");
	assert_row(mezzo_x86_combine_intel, "WB", columns, "UC UC WC WT WP WB");
}

static void nested_pat_combines_as_the_manual_says(void **state)
{
	static const char columns[] = "UC UC- WC WP WT WB";

	(void)state;
	assert_row(mezzo_x86_combine_nested, "UC", columns, "UC UC UC UC UC UC");
	assert_row(mezzo_x86_combine_nested, "UC-", columns, "UC UC- WC UC UC UC");
	assert_row(mezzo_x86_combine_nested, "WC", columns, "WC WC WC WC+ WC+ WC+");
	assert_row(mezzo_x86_combine_nested, "WP", columns, "UC UC UC WP UC WP");
	assert_row(mezzo_x86_combine_nested, "WT", columns, "UC UC UC UC WT WT");
	assert_row(mezzo_x86_combine_nested, "WB", columns, "UC UC WC WP WT WB");
}

static void amd_combines_as_the_manual_says(void **state)
{
	static const char columns[] = "UC WC WP WT WB";

	(void)state;
	assert_row(mezzo_x86_combine_amd, "UC", columns, "UC CD CD CD CD");
	assert_row(mezzo_x86_combine_amd, "UC-", columns, "UC WC CD CD CD");
	assert_row(mezzo_x86_combine_amd, "WC", columns, "WC WC WC WC WC");
	assert_row(mezzo_x86_combine_amd, "WC+", columns, "WC WC WC+ WC+ WC+");
	assert_row(mezzo_x86_combine_amd, "WP", columns, "UC CD WP CD WP");
	assert_row(mezzo_x86_combine_amd, "WT", columns, "UC CD CD WT WT");
	assert_row(mezzo_x86_combine_amd, "WB", columns, "UC WC WP WT WB");
}

/* Footnotes 1 and 2: UC by the row was never cached, UC by the column alone may have been. */
static void uc_by_the_page_looks_into_the_caches(void **state)
{
	static const char *const rows[] = {"UC", "WC", "WT", "WP", "WB"};
	static const char *const pats[] = {"UC", "UC-", "WC", "WT", "WP", "WB"};

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int j = 0; j < 6; j++) {
			struct mezzo_x86_cell cell =
				mezzo_x86_combine_intel(type_of(rows[i]), type_of(pats[j]));

			if (cell.type == MEZZO_X86_UC)
				assert_int_equal(cell.snoops, i != 0);
			else
				assert_int_equal(cell.snoops, cell.type != MEZZO_X86_WC);
		}
}

static void formerly_undefined_cells_are_marked(void **state)
{
	static const char *const marked[][2] = {
		{"WC", "WT"}, {"WC", "WP"}, {"WT", "WP"}, {"WP", "UC-"}, {"WP", "WT"},
	};
	unsigned int count = 0;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		assert_true(mezzo_x86_combine_intel(type_of(marked[i][0]), type_of(marked[i][1]))
				    .formerly_undefined);
	for (int mtrr = MEZZO_X86_UC; mtrr <= MEZZO_X86_WB; mtrr++)
		for (int pat = MEZZO_X86_UC; pat <= MEZZO_X86_UC_MINUS; pat++)
			if (mtrr < 2 || mtrr > 3)
				count += mezzo_x86_combine_intel(mtrr, pat).formerly_undefined;
	assert_int_equal(count, 5);
}

static const char *effective(struct mezzo_x86_access access)
{
	return mezzo_x86_type_name(mezzo_x86_effective(&access).type);
}

/* "EPT UC | PAT WC = WC": why UC alone does not make registers of a BAR. */
static void ept_entries_give_what_they_say(void **state)
{
	static const struct {
		uint8_t stage2, pat;
		const char *type;
	} rows[] = {
		{MEZZO_X86_STAGE2_UC_ONLY, MEZZO_X86_WC, "UC"},
		{MEZZO_X86_STAGE2_UC_ONLY, MEZZO_X86_WB, "UC"},
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WC, "WC"},
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WB, "UC"},
		{MEZZO_X86_STAGE2_WC, MEZZO_X86_UC_MINUS, "WC"},
		{MEZZO_X86_STAGE2_WP, MEZZO_X86_UC_MINUS, "WC"},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_UC_MINUS, "UC"},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WT, "WT"},
		{MEZZO_X86_STAGE2_WB_ONLY, MEZZO_X86_UC, "WB"},
		{MEZZO_X86_STAGE2_WB_ONLY, MEZZO_X86_WC, "WB"},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mezzo_x86_access access = {
			.engine = MEZZO_X86_EPT,
			.stage2 = rows[i].stage2,
			.guest_pat = rows[i].pat,
		};

		assert_string_equal(effective(access), rows[i].type);
		/* Neither the host's MTRRs nor the guest's CR0.CD have a part in it. */
		access.host_mtrr = MEZZO_X86_WB;
		access.cr0_cd = true;
		assert_string_equal(effective(access), rows[i].type);
	}
}

static void without_paging_the_pat_type_is_write_back(void **state)
{
	struct mezzo_x86_access access = {
		.engine = MEZZO_X86_EPT,
		.stage2 = MEZZO_X86_STAGE2_WB,
		.guest_pat = MEZZO_X86_UC,
		.paging_off = true,
	};

	(void)state;
	assert_string_equal(effective(access), "WB");
	access.stage2 = MEZZO_X86_STAGE2_UC;
	assert_string_equal(effective(access), "UC");
	access.engine = MEZZO_X86_NPT;
	access.host_mtrr = MEZZO_X86_WB;
	assert_string_equal(effective(access), "CD");
}

static void npt_entries_give_what_the_host_mtrr_leaves(void **state)
{
	static const struct {
		uint8_t stage2, pat, mtrr;
		bool cd;
		const char *type;
		bool snoops;
	} rows[] = {
		/* RAM: whatever the guest asks for looks into the caches. */
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WB, MEZZO_X86_WB, false, "WB", true},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WC, MEZZO_X86_WB, false, "WC+", true},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_UC, MEZZO_X86_WB, false, "CD", true},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_UC_MINUS, MEZZO_X86_WC, false, "CD", true},
		/* A BAR. */
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WB, MEZZO_X86_UC, false, "UC", false},
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WC, MEZZO_X86_UC, false, "WC", false},
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WC, MEZZO_X86_WB, false, "WC", false},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WB, MEZZO_X86_UC, false, "UC", false},
		/* CR0.CD of the guest. */
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WB, MEZZO_X86_WB, true, "CD", true},
		{MEZZO_X86_STAGE2_WB, MEZZO_X86_WC, MEZZO_X86_WB, true, "WC+", true},
		{MEZZO_X86_STAGE2_UC, MEZZO_X86_WB, MEZZO_X86_UC, true, "UC", false},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mezzo_x86_access access = {
			.engine = MEZZO_X86_NPT,
			.stage2 = rows[i].stage2,
			.guest_pat = rows[i].pat,
			.host_mtrr = rows[i].mtrr,
			.cr0_cd = rows[i].cd,
		};

		assert_string_equal(effective(access), rows[i].type);
		assert_int_equal(mezzo_x86_effective(&access).snoops, rows[i].snoops);
	}
}

static void entries_leave_these_classes_reachable(void **state)
{
	static const uint8_t uncached = MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC;
	static const struct {
		uint8_t ept, npt;
	} expected[MEZZO_X86_STAGE2_TYPES] = {
		[MEZZO_X86_STAGE2_UC_ONLY] = {MEZZO_CLASS_DEVICE, uncached},
		[MEZZO_X86_STAGE2_UC] = {uncached, uncached},
		[MEZZO_X86_STAGE2_WC] = {uncached, uncached},
		[MEZZO_X86_STAGE2_WT] = {MEZZO_CLASS_ALL, MEZZO_CLASS_ALL},
		[MEZZO_X86_STAGE2_WP] = {MEZZO_CLASS_ALL, MEZZO_CLASS_ALL},
		[MEZZO_X86_STAGE2_WB] = {MEZZO_CLASS_ALL, MEZZO_CLASS_ALL},
		[MEZZO_X86_STAGE2_WB_ONLY] = {MEZZO_CLASS_WB, MEZZO_CLASS_ALL},
	};

	(void)state;
	for (int type = 0; type < MEZZO_X86_STAGE2_TYPES; type++) {
		assert_int_equal(mezzo_x86_reachable(type, MEZZO_X86_EPT), expected[type].ept);
		assert_int_equal(mezzo_x86_reachable(type, MEZZO_X86_NPT), expected[type].npt);
	}
}

static void pat_holds_six_types(void **state)
{
	(void)state;
	assert_true(mezzo_x86_pat_valid(MEZZO_X86_PAT_RESET));
	for (unsigned int index = 0; index < MEZZO_X86_PAT_ENTRIES; index++)
		for (uint64_t value = 0; value < 256; value++) {
			bool valid = value == 0 || value == 1 || (value >= 4 && value <= 7);
			uint64_t pat = (MEZZO_X86_PAT_RESET & ~(UINT64_C(0xff) << 8 * index)) |
				       value << 8 * index;

			assert_int_equal(mezzo_x86_pat_valid(pat), valid);
			if (valid)
				assert_int_equal(mezzo_x86_pat_type(pat, index), value);
		}
}

static void pat_bits_select_an_entry(void **state)
{
	const uint64_t pwt = 1u << 3, pcd = 1u << 4, bit7 = 1u << 7, bit12 = 1u << 12;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t low = (i & 1 ? pwt : 0) | (i & 2 ? pcd : 0);

		assert_int_equal(mezzo_x86_pat_index(low | bit12, MEZZO_ORDER_4K), i);
		assert_int_equal(mezzo_x86_pat_index(low | bit7, MEZZO_ORDER_4K), 4 + i);
		/* In a larger leaf bit 7 says that it is one. */
		assert_int_equal(mezzo_x86_pat_index(low | bit7, MEZZO_ORDER_2M), i);
		assert_int_equal(mezzo_x86_pat_index(low | bit7 | bit12, MEZZO_ORDER_2M), 4 + i);
		assert_int_equal(mezzo_x86_pat_index(low | bit7 | bit12, MEZZO_ORDER_1G), 4 + i);
		assert_int_equal(mezzo_x86_pat_table_index(low | bit7 | bit12), i);
	}
}

/* The reset value: WB WT UC- UC, twice. */
static void pat_resets_to_what_pcd_and_pwt_mean(void **state)
{
	static const char *const types[] = {"WB", "WT", "UC-", "UC"};

	(void)state;
	for (unsigned int i = 0; i < MEZZO_X86_PAT_ENTRIES; i++)
		assert_string_equal(mezzo_x86_type_name(mezzo_x86_pat_type(MEZZO_X86_PAT_RESET, i)),
				    types[i % 4]);
}

/* --- aliases ------------------------------------------------------------------------------- */

static void aliases_are_judged_by_the_manual(void **state)
{
	static const struct {
		const char *host, *guest;
		bool snoops, self_snoop; /* of the side that is not cacheable; of the processor */
		uint8_t verdict;
	} rows[] = {
		{"WB", "WB", true, false, MEZZO_X86_LEGAL},
		{"WB", "WC", false, false, MEZZO_X86_FORBIDDEN},
		{"WC", "WT", false, false, MEZZO_X86_FORBIDDEN},
		{"WB", "WC", false, true, MEZZO_X86_TOLERATED},
		{"WB", "WC+", true, false, MEZZO_X86_LEGAL},
		{"WB", "CD", true, false, MEZZO_X86_LEGAL},
		{"WB", "UC", true, false, MEZZO_X86_TOLERATED},
		{"WB", "UC", true, true, MEZZO_X86_LEGAL},
		{"WB", "UC", false, false, MEZZO_X86_FORBIDDEN},
		{"WB", "UC", false, true, MEZZO_X86_FORBIDDEN},
		{"UC", "WB", false, true, MEZZO_X86_FORBIDDEN},
		{"WB", "WT", true, false, MEZZO_X86_TOLERATED},
		{"WP", "WB", true, true, MEZZO_X86_TOLERATED},
		{"UC", "WC", false, false, MEZZO_X86_LEGAL},
		{"WC", "UC", false, false, MEZZO_X86_TOLERATED},
		{"UC", "CD", true, false, MEZZO_X86_LEGAL},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mezzo_x86_cell host = {.type = (uint8_t)type_of(rows[i].host)};
		struct mezzo_x86_cell guest = {.type = (uint8_t)type_of(rows[i].guest)};
		struct mezzo_x86_alias alias;

		host.snoops = mezzo_x86_class(host.type) == MEZZO_CLASS_WB || rows[i].snoops;
		guest.snoops = mezzo_x86_class(guest.type) == MEZZO_CLASS_WB || rows[i].snoops;
		alias = mezzo_x86_alias(&host, &guest, rows[i].self_snoop);
		if (alias.verdict != rows[i].verdict)
			fail_msg("host %s, guest %s: %s", rows[i].host, rows[i].guest,
				 mezzo_x86_verdict_name(alias.verdict));
		assert_true(strlen(alias.sentence) > 20);
		assert_true(alias.source < MEZZO_SOURCES);
	}
}

static void what_is_cacheable_beside_wc_is_forbidden_but_for_self_snoop(void **state)
{
	static const char *const cacheable[] = {"WB", "WT", "WP"};
	const struct mezzo_x86_cell wc = {.type = MEZZO_X86_WC};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct mezzo_x86_cell other = {.type = (uint8_t)type_of(cacheable[i]),
						     .snoops = true};

		assert_int_equal(mezzo_x86_alias(&wc, &other, false).verdict, MEZZO_X86_FORBIDDEN);
		assert_int_equal(mezzo_x86_alias(&other, &wc, false).verdict, MEZZO_X86_FORBIDDEN);
		assert_int_equal(mezzo_x86_alias(&other, &wc, true).verdict, MEZZO_X86_TOLERATED);
	}
}

/* --- sources and names ---------------------------------------------------------------------- */

static void every_source_says_how_far_to_trust_it(void **state)
{
	(void)state;
	for (int source = 0; source < MEZZO_SOURCES; source++) {
		const struct mezzo_source_text *text = mezzo_source_text(source);

		assert_true(strlen(text->name) > 3);
		assert_true(strlen(text->text) > 40);
		assert_true(text->standing < MEZZO_STANDINGS);
		for (int other = 0; other < source; other++)
			assert_string_not_equal(text->name, mezzo_source_text(other)->name);
	}
	assert_int_equal(mezzo_source_text(MEZZO_SOURCES)->standing, MEZZO_STANDING_UNVERIFIED);
	assert_string_equal(mezzo_standing_name(MEZZO_STANDING_UNVERIFIED), "UNVERIFIED");
	assert_string_equal(mezzo_standing_name(MEZZO_STANDINGS), "unknown");
}

static void what_is_no_type_is_reserved(void **state)
{
	(void)state;
	assert_string_equal(mezzo_x86_type_name(2), "reserved");
	assert_string_equal(mezzo_x86_type_name(3), "reserved");
	assert_string_equal(mezzo_x86_type_name(MEZZO_X86_TYPES), "reserved");
	assert_string_equal(mezzo_x86_stage2_name(MEZZO_X86_STAGE2_TYPES), "unknown");
	assert_string_equal(mezzo_x86_verdict_name(MEZZO_X86_VERDICTS), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(intel_combines_as_the_manual_says),
		cmocka_unit_test(nested_pat_combines_as_the_manual_says),
		cmocka_unit_test(amd_combines_as_the_manual_says),
		cmocka_unit_test(uc_by_the_page_looks_into_the_caches),
		cmocka_unit_test(formerly_undefined_cells_are_marked),
		cmocka_unit_test(ept_entries_give_what_they_say),
		cmocka_unit_test(without_paging_the_pat_type_is_write_back),
		cmocka_unit_test(npt_entries_give_what_the_host_mtrr_leaves),
		cmocka_unit_test(entries_leave_these_classes_reachable),
		cmocka_unit_test(pat_holds_six_types),
		cmocka_unit_test(pat_bits_select_an_entry),
		cmocka_unit_test(pat_resets_to_what_pcd_and_pwt_mean),
		cmocka_unit_test(aliases_are_judged_by_the_manual),
		cmocka_unit_test(what_is_cacheable_beside_wc_is_forbidden_but_for_self_snoop),
		cmocka_unit_test(every_source_says_how_far_to_trust_it),
		cmocka_unit_test(what_is_no_type_is_reserved),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
