/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's MTRRs: which writes fault, which type an address has, where two states differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/x86.h>

#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)
#define GIB(n) (UINT64_C(n) << 30)

#define ENABLE (1u << 11)
#define FIXED (1u << 10)

static struct mezzo_x86_mtrr fresh(void)
{
	return (struct mezzo_x86_mtrr){.count = 8, .pa_bits = 46};
}

static void set(struct mezzo_x86_mtrr *mtrr, uint32_t msr, uint64_t value)
{
	assert_int_equal(mezzo_x86_mtrr_write(mtrr, msr, value), MEZZO_X86_MTRR_OK);
}

/* A variable range of a power of two. */
static void range(struct mezzo_x86_mtrr *mtrr, unsigned int n, uint64_t base, uint64_t bytes,
		  enum mezzo_x86_type type)
{
	uint64_t all = (UINT64_C(1) << mtrr->pa_bits) - 1;

	set(mtrr, 0x200 + 2 * n, base | type);
	set(mtrr, 0x201 + 2 * n, (~(bytes - 1) & all) | 1u << 11);
}

static enum mezzo_x86_type type_at(const struct mezzo_x86_mtrr *mtrr, uint64_t addr)
{
	return mezzo_x86_mtrr_at(mtrr, addr).type;
}

/* --- writes --------------------------------------------------------------------------------- */

static void writes_fault_as_the_manual_says(void **state)
{
	static const struct {
		uint32_t msr;
		uint64_t value;
		uint8_t fault;
	} rows[] = {
		{0x2ff, 0, MEZZO_X86_MTRR_OK},
		{0x2ff, 0xc06, MEZZO_X86_MTRR_OK},
		{0x2ff, 0xc02, MEZZO_X86_MTRR_TYPE},
		{0x2ff, 0xc03, MEZZO_X86_MTRR_TYPE},
		{0x2ff, 0xc07, MEZZO_X86_MTRR_TYPE},
		{0x2ff, 0x106, MEZZO_X86_MTRR_RESERVED},
		{0x2ff, 0x206, MEZZO_X86_MTRR_RESERVED},
		{0x2ff, 0x1006, MEZZO_X86_MTRR_RESERVED},
		{0x2ff, UINT64_C(1) << 63 | 6, MEZZO_X86_MTRR_RESERVED},
		{0x200, 0xfee00000, MEZZO_X86_MTRR_OK},
		{0x200, 0xfee00007, MEZZO_X86_MTRR_TYPE},
		{0x200, 0xfee00106, MEZZO_X86_MTRR_RESERVED},
		{0x200, 0xfee00806, MEZZO_X86_MTRR_RESERVED},
		{0x200, (UINT64_C(1) << 45) | 6, MEZZO_X86_MTRR_OK},
		{0x200, (UINT64_C(1) << 46) | 6, MEZZO_X86_MTRR_BEYOND_MAX},
		{0x201, 0x800, MEZZO_X86_MTRR_OK},
		{0x201, 0x400, MEZZO_X86_MTRR_RESERVED},
		{0x201, 0x801, MEZZO_X86_MTRR_RESERVED},
		{0x201, UINT64_C(0x3ffffff00800), MEZZO_X86_MTRR_OK},
		{0x201, UINT64_C(0x7ffffff00800), MEZZO_X86_MTRR_BEYOND_MAX},
		{0x20f, 0x800, MEZZO_X86_MTRR_OK},
		{0x210, 0x6, MEZZO_X86_MTRR_UNKNOWN},
		{0x250, UINT64_C(0x0606060606060606), MEZZO_X86_MTRR_OK},
		{0x250, UINT64_C(0x0606060206060606), MEZZO_X86_MTRR_TYPE},
		{0x259, UINT64_C(0x1606060606060606), MEZZO_X86_MTRR_TYPE},
		{0x26f, UINT64_C(0x0001040506000104), MEZZO_X86_MTRR_OK},
		{0x251, 0, MEZZO_X86_MTRR_UNKNOWN},
		{0x25a, 0, MEZZO_X86_MTRR_UNKNOWN},
		{0x267, 0, MEZZO_X86_MTRR_UNKNOWN},
		{0x270, 0, MEZZO_X86_MTRR_UNKNOWN},
		{0xfe, 0x508, MEZZO_X86_MTRR_READ_ONLY},
		{0x277, 0, MEZZO_X86_MTRR_UNKNOWN},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mezzo_x86_mtrr mtrr = fresh(), was = fresh();
		enum mezzo_x86_mtrr_fault fault =
			mezzo_x86_mtrr_write(&mtrr, rows[i].msr, rows[i].value);
		uint64_t value;

		if (fault != rows[i].fault)
			fail_msg("MSR %#x = %#llx: %s", rows[i].msr,
				 (unsigned long long)rows[i].value,
				 mezzo_x86_mtrr_fault_text(fault));
		if (fault != MEZZO_X86_MTRR_OK) {
			assert_memory_equal(&mtrr, &was, sizeof(was));
			continue;
		}
		assert_true(mezzo_x86_mtrr_read(&mtrr, rows[i].msr, &value));
		assert_int_equal(value, rows[i].value);
	}
}

static void every_byte_of_a_fixed_range_is_checked(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		for (uint64_t type = 0; type < 256; type++) {
			bool valid = type == 0 || type == 1 || (type >= 4 && type <= 6);

			assert_int_equal(mezzo_x86_mtrr_write(&mtrr, 0x268, type << 8 * i) ==
						 MEZZO_X86_MTRR_OK,
					 valid);
		}
}

static void capability_tells_what_is_there(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();
	uint64_t value;

	(void)state;
	assert_true(mezzo_x86_mtrr_read(&mtrr, 0xfe, &value));
	assert_int_equal(value, 0x508);
	assert_false(mezzo_x86_mtrr_read(&mtrr, 0x210, &value));
}

/* --- types ---------------------------------------------------------------------------------- */

static void disabled_is_uncacheable_everywhere(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();

	(void)state;
	set(&mtrr, 0x2ff, FIXED | MEZZO_X86_WB);
	set(&mtrr, 0x250, UINT64_C(0x0606060606060606));
	range(&mtrr, 0, GIB(1), GIB(1), MEZZO_X86_WB);
	assert_int_equal(type_at(&mtrr, 0), MEZZO_X86_UC);
	assert_int_equal(type_at(&mtrr, GIB(1)), MEZZO_X86_UC);
	assert_int_equal(mezzo_x86_mtrr_at(&mtrr, 0).rule, MEZZO_X86_MTRR_DISABLED);
	assert_int_equal(mezzo_x86_mtrr_order(&mtrr, (struct mezzo_ipa){0}, MEZZO_ORDER_1G),
			 MEZZO_ORDER_1G);
}

/* Which byte of which register says the type of each of the 88 ranges. */
static void fixed_ranges_are_where_the_manual_puts_them(void **state)
{
	static const struct {
		uint32_t msr;
		uint64_t from, bytes;
	} registers[] = {
		{0x250, 0, KIB(64)},      {0x258, 0x80000, KIB(16)}, {0x259, 0xa0000, KIB(16)},
		{0x268, 0xc0000, KIB(4)}, {0x269, 0xc8000, KIB(4)},  {0x26a, 0xd0000, KIB(4)},
		{0x26b, 0xd8000, KIB(4)}, {0x26c, 0xe0000, KIB(4)},  {0x26d, 0xe8000, KIB(4)},
		{0x26e, 0xf0000, KIB(4)}, {0x26f, 0xf8000, KIB(4)},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		for (unsigned int byte = 0; byte < 8; byte++) {
			struct mezzo_x86_mtrr mtrr = fresh();
			uint64_t first = registers[i].from + byte * registers[i].bytes;
			uint64_t last = first + registers[i].bytes - 1;

			set(&mtrr, 0x2ff, ENABLE | FIXED | MEZZO_X86_WB);
			set(&mtrr, registers[i].msr, UINT64_C(5) << 8 * byte);
			assert_int_equal(type_at(&mtrr, first), MEZZO_X86_WP);
			assert_int_equal(type_at(&mtrr, last), MEZZO_X86_WP);
			assert_int_equal(mezzo_x86_mtrr_at(&mtrr, first + 1).last, last);
			if (first)
				assert_int_equal(type_at(&mtrr, first - 1), MEZZO_X86_UC);
			assert_int_equal(type_at(&mtrr, last + 1),
					 last + 1 == MIB(1) ? MEZZO_X86_WB : MEZZO_X86_UC);
		}
}

static void fixed_ranges_win_below_1m_only_when_enabled(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();

	(void)state;
	set(&mtrr, 0x250, UINT64_C(0x0404040404040404));
	range(&mtrr, 0, 0, MIB(2), MEZZO_X86_UC);
	set(&mtrr, 0x2ff, ENABLE | FIXED | MEZZO_X86_WB);
	assert_int_equal(type_at(&mtrr, 0x1000), MEZZO_X86_WT);
	assert_int_equal(mezzo_x86_mtrr_at(&mtrr, 0x1000).rule, MEZZO_X86_MTRR_FIXED_WINS);
	assert_int_equal(type_at(&mtrr, MIB(1)), MEZZO_X86_UC);
	set(&mtrr, 0x2ff, ENABLE | MEZZO_X86_WB);
	assert_int_equal(type_at(&mtrr, 0x1000), MEZZO_X86_UC);
}

static void a_range_counts_only_while_valid(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();

	(void)state;
	set(&mtrr, 0x2ff, ENABLE | MEZZO_X86_WB);
	range(&mtrr, 3, GIB(3), GIB(1), MEZZO_X86_UC);
	assert_int_equal(type_at(&mtrr, GIB(3)), MEZZO_X86_UC);
	assert_int_equal(type_at(&mtrr, GIB(4) - 1), MEZZO_X86_UC);
	assert_int_equal(type_at(&mtrr, GIB(4)), MEZZO_X86_WB);
	assert_int_equal(mezzo_x86_mtrr_at(&mtrr, GIB(4)).rule, MEZZO_X86_MTRR_DEFAULT);
	set(&mtrr, 0x207, mtrr.variable[3].mask & ~UINT64_C(0x800));
	assert_int_equal(type_at(&mtrr, GIB(3)), MEZZO_X86_WB);
}

static void overlaps_are_decided_as_the_manual_says(void **state)
{
	static const uint8_t types[] = {MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WT, MEZZO_X86_WP,
					MEZZO_X86_WB};

	(void)state;
	for (unsigned int i = 0; i < 125; i++) {
		uint8_t a = types[i % 5], b = types[i / 5 % 5], c = types[i / 25];
		struct mezzo_x86_mtrr mtrr = fresh();
		struct mezzo_x86_mtrr_run run;
		uint8_t type, rule;

		range(&mtrr, 0, 0, GIB(1), a);
		range(&mtrr, 1, 0, GIB(1), b);
		range(&mtrr, 7, 0, GIB(1), c);
		set(&mtrr, 0x2ff, ENABLE | MEZZO_X86_WB);
		run = mezzo_x86_mtrr_at(&mtrr, MIB(5));
		if (a == b && b == c) {
			type = a;
			rule = MEZZO_X86_MTRR_ONE;
		} else if (!a || !b || !c) {
			type = MEZZO_X86_UC;
			rule = MEZZO_X86_MTRR_UC_WINS;
		} else if ((a == MEZZO_X86_WT || a == MEZZO_X86_WB) &&
			   (b == MEZZO_X86_WT || b == MEZZO_X86_WB) &&
			   (c == MEZZO_X86_WT || c == MEZZO_X86_WB)) {
			type = MEZZO_X86_WT;
			rule = MEZZO_X86_MTRR_WT_WINS;
		} else {
			type = MEZZO_X86_UC;
			rule = MEZZO_X86_MTRR_UNDEFINED;
		}
		assert_int_equal(run.type, type);
		assert_int_equal(run.rule, rule);
	}
}

/* --- runs ----------------------------------------------------------------------------------- */

/* A state of the registers that looks arbitrary and is the same in every run. */
static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *seed >> 29;
}

static struct mezzo_x86_mtrr arbitrary(uint64_t *seed)
{
	static const uint8_t types[] = {0, 1, 4, 5, 6};
	struct mezzo_x86_mtrr mtrr = {.count = 8, .pa_bits = 25};
	uint64_t pick = next_random(seed);

	set(&mtrr, 0x2ff,
	    (pick % 8 ? ENABLE : 0) | (pick / 8 % 2 ? FIXED : 0) | types[pick / 16 % 5]);
	for (uint32_t msr = 0x250; msr <= 0x26f; msr++) {
		uint64_t value = 0;

		for (unsigned int i = 0; i < 8; i++)
			value |= (uint64_t)types[next_random(seed) % 5] << 8 * i;
		(void)mezzo_x86_mtrr_write(&mtrr, msr, value);
	}
	for (uint32_t n = 0; n < 8; n++) {
		uint64_t pages = next_random(seed), gaps = next_random(seed);
		unsigned int shift = (unsigned int)(next_random(seed) % 14);
		uint64_t mask = ~UINT64_C(0) << (12 + shift);

		/* Every third mask has gaps: one register then stands for many ranges. */
		if (next_random(seed) % 3 == 0)
			mask = gaps << 12;
		set(&mtrr, 0x200 + 2 * n, (pages << 12 & 0x1fff000) | types[next_random(seed) % 5]);
		set(&mtrr, 0x201 + 2 * n, (mask & 0x1fff000) | (next_random(seed) % 4 ? 0x800 : 0));
	}
	return mtrr;
}

/* The manual's rule for one address, written apart from the engine. */
static uint8_t by_the_book(const struct mezzo_x86_mtrr *m, uint64_t addr)
{
	unsigned int seen = 0;

	if (!(m->def_type & ENABLE))
		return MEZZO_X86_UC;
	if (m->def_type & FIXED && addr < MIB(1)) {
		const uint8_t *types = (const uint8_t *)m->fixed;

		if (addr < 0x80000)
			return types[addr >> 16];
		if (addr < 0xc0000)
			return types[8 + ((addr - 0x80000) >> 14)];
		return types[24 + ((addr - 0xc0000) >> 12)];
	}
	for (unsigned int i = 0; i < m->count; i++) {
		uint64_t mask = m->variable[i].mask & ~UINT64_C(0xfff);

		if (m->variable[i].mask & 0x800 && (addr & mask) == (m->variable[i].base & mask))
			seen |= 1u << (m->variable[i].base & 0xff);
	}
	if (!seen)
		return m->def_type & 0xff;
	for (unsigned int type = 0; type < 7; type++)
		if (seen == 1u << type)
			return (uint8_t)type;
	return seen == (1u << 4 | 1u << 6) ? MEZZO_X86_WT : MEZZO_X86_UC;
}

static void every_page_has_the_type_of_the_book(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		struct mezzo_x86_mtrr mtrr = arbitrary(&seed);
		uint64_t addr = 0, end = UINT64_C(1) << mtrr.pa_bits;

		while (addr < end) {
			struct mezzo_x86_mtrr_run run = mezzo_x86_mtrr_at(&mtrr, addr);

			assert_true(run.last >= addr);
			assert_int_equal((run.last + 1) & 0xfff, 0);
			for (; addr <= run.last && addr < end; addr += 4096)
				assert_int_equal(run.type, by_the_book(&mtrr, addr));
		}
	}
}

static void largest_leaf_is_uniform_and_no_larger_one_is(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned int round = 0; round < 100; round++) {
		struct mezzo_x86_mtrr mtrr = arbitrary(&seed);

		for (uint64_t block = 0; block < UINT64_C(1) << mtrr.pa_bits; block += MIB(2)) {
			struct mezzo_ipa ipa = {block + (next_random(&seed) & 0x1ff000)};
			bool alike = true;

			for (uint64_t page = 4096; page < MIB(2); page += 4096)
				alike &= by_the_book(&mtrr, block) ==
					 by_the_book(&mtrr, block + page);
			assert_int_equal(mezzo_x86_mtrr_order(&mtrr, ipa, MEZZO_ORDER_2M),
					 alike ? MEZZO_ORDER_2M : MEZZO_ORDER_4K);
			assert_int_equal(mezzo_x86_mtrr_order(&mtrr, ipa, MEZZO_ORDER_4K),
					 MEZZO_ORDER_4K);
		}
	}
}

static void a_gigabyte_is_one_leaf_where_it_is_alike(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();

	(void)state;
	set(&mtrr, 0x2ff, ENABLE | MEZZO_X86_WB);
	range(&mtrr, 0, GIB(3), MIB(2), MEZZO_X86_WC);
	assert_int_equal(mezzo_x86_mtrr_order(&mtrr, (struct mezzo_ipa){GIB(2)}, MEZZO_ORDER_1G),
			 MEZZO_ORDER_1G);
	assert_int_equal(mezzo_x86_mtrr_order(&mtrr, (struct mezzo_ipa){GIB(3)}, MEZZO_ORDER_1G),
			 MEZZO_ORDER_2M);
	/* Two ranges of one type are no edge. */
	range(&mtrr, 1, GIB(8), MIB(512), MEZZO_X86_WT);
	range(&mtrr, 2, GIB(8) + MIB(512), MIB(512), MEZZO_X86_WT);
	assert_int_equal(mezzo_x86_mtrr_order(&mtrr, (struct mezzo_ipa){GIB(8)}, MEZZO_ORDER_1G),
			 MEZZO_ORDER_1G);
}

/* 1 TiB with eight ranges: a step per edge, not per page. */
static void a_terabyte_takes_as_many_steps_as_there_are_edges(void **state)
{
	struct mezzo_x86_mtrr mtrr = fresh();
	unsigned int steps = 0;

	(void)state;
	set(&mtrr, 0x2ff, ENABLE | MEZZO_X86_WB);
	for (unsigned int i = 0; i < 8; i++)
		range(&mtrr, i, GIB(100) * i / GIB(4) * GIB(4) + GIB(4), GIB(1), MEZZO_X86_UC);
	for (uint64_t addr = 0; addr < GIB(1024); steps++)
		addr = mezzo_x86_mtrr_at(&mtrr, addr).last + 1;
	assert_int_equal(steps, 17);
}

/* --- changes -------------------------------------------------------------------------------- */

static void changes_are_found_where_they_are_and_nowhere_else(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned int round = 0; round < 100; round++) {
		struct mezzo_x86_mtrr a = arbitrary(&seed), b = a;
		uint64_t limit = UINT64_C(1) << a.pa_bits, pages;
		struct mezzo_ipa from = {0};
		uint64_t addr = 0;

		if (round % 2)
			b = arbitrary(&seed);
		else
			b.variable[round % 8].base ^= 1u << (12 + round % 13);
		while (mezzo_x86_mtrr_next_change(&a, &b, &from, limit, &pages)) {
			assert_true(pages > 0);
			for (; addr < from.addr; addr += 4096)
				assert_int_equal(by_the_book(&a, addr), by_the_book(&b, addr));
			for (; addr < from.addr + (pages << 12); addr += 4096)
				assert_int_not_equal(by_the_book(&a, addr), by_the_book(&b, addr));
			from.addr = addr;
		}
		for (; addr < limit; addr += 4096)
			assert_int_equal(by_the_book(&a, addr), by_the_book(&b, addr));
	}
}

static void a_change_ends_at_the_limit(void **state)
{
	struct mezzo_x86_mtrr before = fresh(), after = fresh();
	struct mezzo_ipa from = {MIB(4)};
	uint64_t pages;

	(void)state;
	set(&after, 0x2ff, ENABLE | MEZZO_X86_WB);
	assert_true(mezzo_x86_mtrr_next_change(&before, &after, &from, MIB(6), &pages));
	assert_int_equal(from.addr, MIB(4));
	assert_int_equal(pages, 512);
	from.addr = MIB(6);
	assert_false(mezzo_x86_mtrr_next_change(&before, &after, &from, MIB(6), &pages));
	assert_false(mezzo_x86_mtrr_next_change(&after, &after, &from, GIB(1024), &pages));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_fault_as_the_manual_says),
		cmocka_unit_test(every_byte_of_a_fixed_range_is_checked),
		cmocka_unit_test(capability_tells_what_is_there),
		cmocka_unit_test(disabled_is_uncacheable_everywhere),
		cmocka_unit_test(fixed_ranges_are_where_the_manual_puts_them),
		cmocka_unit_test(fixed_ranges_win_below_1m_only_when_enabled),
		cmocka_unit_test(a_range_counts_only_while_valid),
		cmocka_unit_test(overlaps_are_decided_as_the_manual_says),
		cmocka_unit_test(every_page_has_the_type_of_the_book),
		cmocka_unit_test(largest_leaf_is_uniform_and_no_larger_one_is),
		cmocka_unit_test(a_gigabyte_is_one_leaf_where_it_is_alike),
		cmocka_unit_test(a_terabyte_takes_as_many_steps_as_there_are_edges),
		cmocka_unit_test(changes_are_found_where_they_are_and_nowhere_else),
		cmocka_unit_test(a_change_ends_at_the_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
