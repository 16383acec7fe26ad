/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/vcpu/idregs.c */
/* What CPUs have in common, and what of it a guest is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv/vcpu/idregs.h"

/* Field values of -cpu max on QEMU 10.0.2 that matter here; others as a big CPU might have them. */
static const struct hv_id big = {
	.reg =
		{
			[HV_PFR0] = 0x1201001121112222,
			[HV_PFR1] = 0x0000000001000321,
			[HV_DFR0] = 0x00000000f0305619,
			[HV_ISAR0] = 0x1221111110212120,
			[HV_ISAR1] = 0x0011111101211052,
			[HV_ISAR2] = 0x0000000000110000,
			[HV_MMFR0] = 0x1000032310201126,
			[HV_MMFR1] = 0x1001011010312122,
			[HV_MMFR2] = 0x1221011112011011,
		},
	.ctr = 0xb444c004,
	.dczid = 4,
};

static const struct hv_id_guest guest = {.mte = false, .pa_bits = 40};

static uint64_t seen(const struct hv_id *id, unsigned int crm, unsigned int op2)
{
	return hv_id_guest(id, &guest, crm, op2);
}

static unsigned int field(uint64_t value, unsigned int shift)
{
	return (unsigned int)(value >> shift & 15);
}

static void what_el2_keeps_is_hidden(void **state)
{
	uint64_t pfr0 = seen(&big, 4, 0), dfr0 = seen(&big, 5, 0), mmfr1 = seen(&big, 7, 1),
		 mmfr2 = seen(&big, 7, 2), pfr1 = seen(&big, 4, 1), isar2 = seen(&big, 6, 2);

	(void)state;
	assert_int_equal(field(pfr0, 8), 0);   /* EL2 */
	assert_int_equal(field(pfr0, 12), 0);  /* EL3 */
	assert_int_equal(field(pfr0, 28), 0);  /* RAS */
	assert_int_equal(field(pfr0, 32), 0);  /* SVE */
	assert_int_equal(field(pfr0, 44), 0);  /* AMU */
	assert_int_equal(field(pfr1, 8), 0);   /* MTE, not given */
	assert_int_equal(field(pfr1, 24), 0);  /* SME */
	assert_int_equal(field(dfr0, 8), 0);   /* PMU */
	assert_int_equal(field(dfr0, 36), 15); /* DoubleLock: not there */
	assert_int_equal(field(mmfr1, 8), 0);  /* VH */
	assert_int_equal(field(mmfr2, 24), 0); /* NV */
	assert_int_equal(field(mmfr2, 40), 0); /* FWB */
	assert_int_equal(field(isar2, 16), 0); /* MOPS */
}

static void a_guest_is_aarch64_only(void **state)
{
	(void)state;
	assert_int_equal(seen(&big, 4, 0) & 0xff, 0x11);
	for (unsigned int crm = 1; crm < 4; crm++)
		for (unsigned int op2 = 0; op2 < 8; op2++)
			assert_int_equal(seen(&big, crm, op2), 0);
}

static void registers_without_a_decision_read_zero(void **state)
{
	struct hv_id all;

	(void)state;
	memset(&all, 0xff, sizeof(all));
	for (unsigned int crm = 4; crm < 8; crm++)
		for (unsigned int op2 = crm == 4 || crm == 5 ? 2 : 3; op2 < 8; op2++)
			assert_int_equal(seen(&all, crm, op2), 0);
	/* Nor does a field without a decision show: PFR1 [63:28] and [23:12]. */
	assert_int_equal(seen(&all, 4, 1) & ~UINT64_C(0xff), 0);
}

static void what_needs_nothing_is_passed_on(void **state)
{
	(void)state;
	assert_int_equal(field(seen(&big, 6, 0), 20), 2); /* Atomic */
	assert_int_equal(field(seen(&big, 6, 1), 4), 5);  /* APA */
	assert_int_equal(field(seen(&big, 7, 1), 20), 3); /* PAN */
	assert_int_equal(field(seen(&big, 4, 0), 24), 1); /* GIC */
	assert_int_equal(field(seen(&big, 5, 0), 12), 5); /* BRPs */
}

static void tags_are_shown_to_a_guest_that_was_given_them(void **state)
{
	const struct hv_id_guest with = {.mte = true, .pa_bits = 40};

	(void)state;
	assert_int_equal(field(hv_id_guest(&big, &with, 4, 1), 8), 3);
	assert_int_equal(field(hv_id_guest(&big, &guest, 4, 1), 8), 0);
}

static void the_guests_address_space_is_its_own(void **state)
{
	struct hv_id_guest other = guest;

	(void)state;
	assert_int_equal(field(seen(&big, 7, 0), 0), 2);
	other.pa_bits = 48;
	assert_int_equal(field(hv_id_guest(&big, &other, 7, 0), 0), 5);
	other.pa_bits = 36;
	assert_int_equal(field(hv_id_guest(&big, &other, 7, 0), 0), 1);
	/* 52-bit descriptors of the 4 and 16 KiB granules would exceed it. */
	assert_int_equal(field(seen(&big, 7, 0), 28), 0);
	assert_int_equal(field(seen(&big, 7, 0), 20), 1);
}

static struct hv_id with(enum hv_idreg reg, unsigned int shift, uint64_t value)
{
	struct hv_id id = big;

	id.reg[reg] = (id.reg[reg] & ~(UINT64_C(15) << shift)) | value << shift;
	return id;
}

static void minimum_is_taken_field_by_field(void **state)
{
	struct hv_id sum = with(HV_ISAR0, 20, 1);   /* Atomic less */
	struct hv_id other = with(HV_ISAR0, 32, 0); /* SHA3 less */

	(void)state;
	hv_id_merge(&sum, &other);
	assert_int_equal(hv_id_field(&sum, HV_ISAR0, 20), 1);
	assert_int_equal(hv_id_field(&sum, HV_ISAR0, 32), 0);
	assert_int_equal(hv_id_field(&sum, HV_ISAR0, 28), 1);
}

static void signed_fields_lose_to_not_there(void **state)
{
	struct hv_id sum = with(HV_PFR0, 16, 15); /* no FP */

	(void)state;
	hv_id_merge(&sum, &big);
	assert_int_equal(hv_id_field(&sum, HV_PFR0, 16), -1);
	assert_int_equal(field(seen(&sum, 4, 0), 16), 15);
	sum = big;
	sum.reg[HV_PFR0] |= UINT64_C(15) << 16;
	hv_id_merge(&sum, &big);
	assert_int_equal(hv_id_field(&sum, HV_PFR0, 16), -1);
}

static void lines_are_the_smallest_and_promises_common(void **state)
{
	struct hv_id sum = big, other = big;

	(void)state;
	other.ctr = (UINT64_C(1) << 28) | 3 | 5 << 16;
	hv_id_merge(&sum, &other);
	assert_int_equal(sum.ctr & 15, 3);
	assert_int_equal(sum.ctr >> 16 & 15, 4);
	assert_int_equal(sum.ctr >> 28 & 3, 1);
	assert_int_equal(sum.dczid, 4);
	other.dczid = 5;
	hv_id_merge(&sum, &other);
	assert_int_equal(sum.dczid & 16, 16);
}

static void merging_again_changes_nothing(void **state)
{
	struct hv_id sum = big, once;

	(void)state;
	hv_id_merge(&sum, &big);
	once = sum;
	hv_id_merge(&sum, &big);
	assert_memory_equal(&sum, &once, sizeof(sum));
	assert_false(hv_id_lowers(&sum, &big));
}

static void a_cpu_that_has_less_lowers_whichever_field_it_is(void **state)
{
	static const struct {
		enum hv_idreg reg;
		unsigned int shift;
	} fields[] = {{HV_MMFR2, 40}, {HV_PFR1, 8}, {HV_ISAR0, 56}, {HV_MMFR0, 0}, {HV_MMFR1, 20}};
	struct hv_id sum = big, other;

	(void)state;
	hv_id_merge(&sum, &big);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		other = with(fields[i].reg, fields[i].shift, 0);
		assert_true(hv_id_lowers(&sum, &other));
	}
	other = big;
	other.ctr &= ~(UINT64_C(1) << 29);
	assert_true(hv_id_lowers(&sum, &other));
	other = big;
	other.dczid = 5;
	assert_true(hv_id_lowers(&sum, &other));
	other = with(HV_ISAR0, 20, 3); /* more is fine */
	assert_false(hv_id_lowers(&sum, &other));
}

static void facts_follow_from_the_minimum(void **state)
{
	struct hv_id id = big;
	struct mezzo_arm64_machine facts = hv_id_machine(&id).arm64;

	(void)state;
	assert_true(facts.fwb && facts.idc && facts.dic && facts.mte && facts.xnx);
	id = with(HV_PFR1, 8, 1); /* tag instructions without storage */
	assert_false(hv_id_machine(&id).arm64.mte);
	id = big;
	id.ctr &= ~(UINT64_C(1) << 28); /* FWB promises IDC */
	facts = hv_id_machine(&id).arm64;
	assert_false(facts.fwb || facts.idc);
}

static void tables_may_use_what_every_cpu_has(void **state)
{
	static const struct {
		uint8_t bbm, hafdbs, xnx;
		struct mezzo_table_features tables;
	} rows[] = {
		{0, 0, 0, {.bbm = 0}},
		{1, 1, 0, {.bbm = 1, .access = true}},
		{2, 2, 1, {.bbm = 2, .access = true, .dirty = true, .xnx = true}},
		{3, 4, 1, {.bbm = 2, .access = true, .dirty = true, .xnx = true}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct hv_id hafdbs = with(HV_MMFR1, 0, rows[i].hafdbs);
		struct hv_id id = with(HV_MMFR2, 52, rows[i].bbm);
		struct mezzo_table_features tables;

		id.reg[HV_MMFR1] = (hafdbs.reg[HV_MMFR1] & ~(UINT64_C(15) << 28)) |
				   (uint64_t)rows[i].xnx << 28;
		tables = hv_id_tables(&id);
		assert_memory_equal(&tables, &rows[i].tables, sizeof(tables));
	}
}

static void addresses_have_at_most_48_bits(void **state)
{
	static const unsigned int bits[] = {32, 36, 40, 42, 44, 48, 48, 48};

	(void)state;
	for (uint64_t range = 0; range < 8; range++) {
		struct hv_id id = with(HV_MMFR0, 0, range);

		assert_int_equal(hv_id_pa_bits(&id), bits[range]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_el2_keeps_is_hidden),
		cmocka_unit_test(a_guest_is_aarch64_only),
		cmocka_unit_test(registers_without_a_decision_read_zero),
		cmocka_unit_test(what_needs_nothing_is_passed_on),
		cmocka_unit_test(tables_may_use_what_every_cpu_has),
		cmocka_unit_test(tags_are_shown_to_a_guest_that_was_given_them),
		cmocka_unit_test(the_guests_address_space_is_its_own),
		cmocka_unit_test(minimum_is_taken_field_by_field),
		cmocka_unit_test(signed_fields_lose_to_not_there),
		cmocka_unit_test(lines_are_the_smallest_and_promises_common),
		cmocka_unit_test(merging_again_changes_nothing),
		cmocka_unit_test(a_cpu_that_has_less_lowers_whichever_field_it_is),
		cmocka_unit_test(facts_follow_from_the_minimum),
		cmocka_unit_test(addresses_have_at_most_48_bits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_idregs", tests, NULL, NULL);
}
