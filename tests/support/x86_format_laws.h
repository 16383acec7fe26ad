/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_X86_FORMAT_LAWS_H
#define TEST_X86_FORMAT_LAWS_H
/*
 * What holds for x86 entries of either format, over everything that attributes can say: a template,
 * to be included after the format and cmocka. Whoever includes it says what there is:
 *
 *   TABLES, laws_table(number)		tables of every configuration that matters to an entry
 *   laws_rules(number)			what the processor is like that walks them
 *   can_be_said(table, attr)		by hand
 *
 * LAWS is the list of tests.
 */
#include "table/marker.h"
#include "x86_entries.h"

/* Every byte of a type, every flag, every exec_for and one more. */
#define FLAG_SETS (1u << 8)
#define EXEC_SETS (MEZZO_EXEC_VALUES + 1)
#define ATTR_SETS (256u * FLAG_SETS * EXEC_SETS)

static struct mezzo_attr attr_number(unsigned int n)
{
	return (struct mezzo_attr){
		.read = n & 1,
		.write = n & 2,
		.exec = n & 4,
		.no_tag_access = n & 8,
		.clean_after = n & 16,
		.accessed = n & 32,
		.logged = n & 64,
		.dirty = n & 128,
		.type = (uint8_t)(n / FLAG_SETS),
		.exec_for = (uint8_t)(n / FLAG_SETS / 256),
	};
}

static uint64_t leaf_bytes(int level)
{
	return UINT64_C(4096) << (9 * (3 - level));
}

/* Leaves of every level, at the ends of the address space and in between. */
#define PLACES 12
static struct mezzo_pa place(unsigned int n, unsigned int bits, int *level)
{
	const uint64_t bytes = leaf_bytes(3 - (int)(n / 4));
	const uint64_t top = UINT64_C(1) << bits;
	const uint64_t at[] = {0, bytes, top - bytes, top / 2 + top / 4 + bytes};

	*level = 3 - (int)(n / 4);
	return (struct mezzo_pa){at[n % 4]};
}

static void exactly_what_can_be_said_is_valid(void **state)
{
	unsigned int valid = 0;

	(void)state;
	for (unsigned int t = 0; t < TABLES; t++)
		for (unsigned int n = 0; n < ATTR_SETS; n++) {
			const struct mezzo_attr attr = attr_number(n);

			assert_int_equal(format_attr_valid(laws_table(t), &attr),
					 can_be_said(laws_table(t), &attr));
			valid += can_be_said(laws_table(t), &attr);
		}
	assert_int_not_equal(valid, 0);
}

/* Call @check for every leaf that can be said. */
static void for_every_leaf(void (*check)(unsigned int t, uint64_t entry, int level,
					 struct mezzo_pa pa, const struct mezzo_attr *attr))
{
	for (unsigned int t = 0; t < TABLES; t++)
		for (unsigned int n = 0; n < ATTR_SETS; n++) {
			const struct mezzo_table *table = laws_table(t);
			const struct mezzo_attr attr = attr_number(n);

			if (!format_attr_valid(table, &attr))
				continue;
			for (unsigned int p = 0; p < PLACES; p++) {
				int level;
				struct mezzo_pa pa = place(p, table->pa_bits, &level);

				check(t, format_encode(table, pa, level, &attr), level, pa, &attr);
			}
		}
}

static void check_decode(unsigned int t, uint64_t entry, int level, struct mezzo_pa pa,
			 const struct mezzo_attr *attr)
{
	const struct mezzo_attr back = format_attr(laws_table(t), entry);

	assert_true(rig_attr_equal(attr, &back));
	assert_int_equal(format_pa(entry).addr, pa.addr);
	assert_true(format_is_leaf(entry, level) && !format_is_table(entry, level));
	assert_int_equal(format_is_exec(entry), attr->exec);
	assert_int_equal(format_is_logged(entry), attr->logged);
	assert_int_equal(format_is_dirty(entry), attr->dirty);
	assert_int_equal(entry & FORMAT_FLIP, 0);
}

/* T01 split_keeps_memtype: all of it, or split and collapse could not keep it. */
static void decode_of_encode_is_the_attributes(void **state)
{
	(void)state;
	for_every_leaf(check_decode);
}

static void expect_fine(unsigned int t, uint64_t entry, int level)
{
	const struct x86_entry_rules rules = laws_rules(t);
	const char *wrong = x86_entry_wrong(&rules, entry ^ FORMAT_FLIP, level);

	if (wrong)
		fail_msg("level %d: %#llx: %s", level, (unsigned long long)(entry ^ FORMAT_FLIP),
			 wrong);
}

/* The leaf, and whatever an operation on the live entry makes of it. */
static void check_fine(unsigned int t, uint64_t entry, int level, struct mezzo_pa pa,
		       const struct mezzo_attr *attr)
{
	const struct x86_entry_rules rules = laws_rules(t);

	(void)pa, (void)attr;
	assert_true(x86_entry_is_leaf(&rules, entry ^ FORMAT_FLIP, level));
	expect_fine(t, entry, level);
	expect_fine(t, entry | format_notable(entry), level);
	expect_fine(t, entry & ~FORMAT_WRITE, level);
	expect_fine(t, entry & ~FORMAT_ACCESSED, level);
	expect_fine(t, format_rearm(entry), level);
	if (level < 3)
		expect_fine(t, format_child(entry, level) + 511 * leaf_bytes(level + 1), level + 1);
	if (level > 1 && !(pa.addr & (leaf_bytes(level - 1) - 1)))
		expect_fine(t, format_parent(entry, level - 1), level - 1);
	for (uint64_t marker = MARKER_BUSY; marker <= MARKER_DEAD; marker += MARKER_BUSY) {
		expect_fine(t, format_mark(entry, marker), level);
		assert_false(x86_entry_present(&rules, format_mark(entry, marker) ^ FORMAT_FLIP));
	}
}

static void nothing_that_is_emitted_is_misconfigured(void **state)
{
	(void)state;
	for_every_leaf(check_fine);
	for (int level = 2; level >= -1; level--)
		for (unsigned int bits = 12; bits < laws_table(0)->pa_bits; bits++) {
			const uint64_t table = format_table(UINT64_C(1) << bits);

			expect_fine(0, table, level);
			expect_fine(0, format_mark(table, MARKER_DETACHED), level);
			assert_int_equal(format_pa(table).addr, UINT64_C(1) << bits);
			assert_true(format_is_table(table, level) && !format_is_leaf(table, level));
		}
	for (int level = 3; level >= -1; level--)
		expect_fine(0, 0, level);
}

static void check_family(unsigned int t, uint64_t entry, int level, struct mezzo_pa pa,
			 const struct mezzo_attr *attr)
{
	const struct mezzo_table *table = laws_table(t);

	for (unsigned int i = 0; level < 3 && i < 512; i += 73) {
		const uint64_t step = leaf_bytes(level + 1);
		const struct mezzo_pa at = {pa.addr + i * step};

		/* Bit for bit what it would be if it had been mapped so. */
		assert_int_equal(format_child(entry, level) + i * step,
				 format_encode(table, at, level + 1, attr));
	}
	if (level < 3)
		assert_int_equal(format_parent(format_child(entry, level), level), entry);
}

static void children_and_parent_say_the_same(void **state)
{
	(void)state;
	for_every_leaf(check_family);
}

static void check_notes(unsigned int t, uint64_t entry, int level, struct mezzo_pa pa,
			const struct mezzo_attr *attr)
{
	struct mezzo_attr noted = *attr;

	assert_true(!attr->dirty || (entry & FORMAT_LOGGED));
	noted.accessed = true;
	noted.dirty = attr->logged;
	/* Of what is written at will the dirty flag is set, and of what is not it means nothing. */
	assert_int_equal((entry | format_notable(entry)) & ~(attr->write ? 0 : format_notable(0)),
			 format_encode(laws_table(t), pa, level, &noted) &
				 ~(attr->write ? 0 : format_notable(0)));
	if (attr->write && !attr->logged)
		assert_int_equal(entry | FORMAT_ACCESSED, entry | format_notable(entry));
	noted = *attr;
	noted.dirty = false;
	if (attr->logged)
		assert_int_equal(format_rearm(entry),
				 format_encode(laws_table(t), pa, level, &noted));
	/* Execute-only is not refused for what it cannot do. */
	noted.write = noted.logged = false;
	assert_int_equal(entry & ~FORMAT_WRITE, format_encode(laws_table(t), pa, level, &noted));
}

static void hardware_notes_in_the_notable_bits(void **state)
{
	(void)state;
	for_every_leaf(check_notes);
}

static void check_marks(unsigned int t, uint64_t entry, int level, struct mezzo_pa pa,
			const struct mezzo_attr *attr)
{
	(void)t, (void)level, (void)attr;
	assert_int_equal(entry & MARKER_MASK, 0);
	assert_int_equal(FORMAT_MUTABLE & MARKER_MASK, 0);
	for (uint64_t marker = MARKER_BUSY; marker <= MARKER_DEAD; marker += MARKER_BUSY) {
		const uint64_t marked = format_mark(entry, marker);

		assert_int_equal(marked & FORMAT_PRESENT, 0);
		assert_int_equal(marked & MARKER_MASK, marker);
		assert_int_equal(marked & (FORMAT_CLEAN | FORMAT_LOGGED),
				 entry & (FORMAT_CLEAN | FORMAT_LOGGED));
		assert_int_equal(format_pa(marked & ~MARKER_MASK).addr, pa.addr);
		assert_int_equal(format_unmark(marked & ~MARKER_MASK), entry);
		assert_int_equal(format_mark(0, marker), marker);
	}
}

static void markers_lie_beside_everything_a_leaf_holds(void **state)
{
	(void)state;
	for_every_leaf(check_marks);
}

#define LAWS                                                                                       \
	cmocka_unit_test(exactly_what_can_be_said_is_valid),                                       \
		cmocka_unit_test(decode_of_encode_is_the_attributes),                              \
		cmocka_unit_test(nothing_that_is_emitted_is_misconfigured),                        \
		cmocka_unit_test(children_and_parent_say_the_same),                                \
		cmocka_unit_test(hardware_notes_in_the_notable_bits),                              \
		cmocka_unit_test(markers_lie_beside_everything_a_leaf_holds)

#endif
