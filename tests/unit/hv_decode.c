/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/vcpu/decode.c */
/* Exits of a guest, from syndromes: those too that no emulator produces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/vcpu/decode_exit.h"

#define IL (UINT64_C(1) << 25)
#define ISV (UINT64_C(1) << 24)
#define CM (UINT64_C(1) << 8)
#define S1PTW (UINT64_C(1) << 7)
#define WNR (UINT64_C(1) << 6)
#define FNV (UINT64_C(1) << 10)

static struct hv_exit decode(uint64_t ec, uint64_t iss)
{
	struct hv_syndrome s = {
		.esr = ec << 26 | IL | iss,
		.far = UINT64_C(0xffff800080012abc),
		.hpfar = UINT64_C(0x8000000123) << 4,
	};
	struct hv_exit exit;

	hv_exit_decode(&s, &exit);
	return exit;
}

#define PAGE UINT64_C(0x8000000123000)

static void translation_faults_are_missing_entries_at_hpfar(void **state)
{
	(void)state;
	for (uint64_t level = 0; level < 4; level++) {
		struct hv_exit exit = decode(EC_DATA_ABORT, FSC_TRANSLATION + level);

		assert_int_equal(exit.kind, HV_EXIT_MEMORY);
		assert_int_equal(exit.access, MEZZO_ACCESS_READ);
		assert_false(exit.means & HV_FSC_PRESENT);
		assert_true(exit.means & HV_FSC_HPFAR);
		assert_int_equal(exit.ipa, PAGE + 0xabc);
	}
}

static void permission_faults_do_not_trust_hpfar(void **state)
{
	struct hv_exit exit = decode(EC_DATA_ABORT, WNR | (FSC_PERMISSION + 3));

	(void)state;
	assert_int_equal(exit.kind, HV_EXIT_MEMORY);
	assert_int_equal(exit.access, MEZZO_ACCESS_WRITE);
	assert_true(exit.means & HV_FSC_PRESENT);
	assert_false(exit.means & HV_FSC_HPFAR);
}

static void access_flag_faults_are_no_missing_entries(void **state)
{
	struct hv_exit exit = decode(EC_DATA_ABORT, FSC_ACCESS_FLAG + 3);

	(void)state;
	assert_true(exit.means & HV_FSC_PRESENT);
	assert_true(exit.means & HV_FSC_HPFAR);
}

static void fetches_are_never_writes(void **state)
{
	/* WnR and CM are RES0 in a fetch's syndrome. */
	struct hv_exit exit = decode(EC_FETCH_ABORT, WNR | CM | ISV | (FSC_TRANSLATION + 3));
	struct hv_abort abort = hv_exit_abort(&exit);
	struct hv_transfer transfer;

	(void)state;
	assert_int_equal(exit.access, MEZZO_ACCESS_EXEC);
	assert_true(abort.fetch);
	assert_false(abort.write);
	assert_false(abort.cache_op);
	assert_false(hv_exit_transfer(&exit, &transfer));
}

static void walks_have_the_address_of_the_table(void **state)
{
	struct hv_exit read = decode(EC_DATA_ABORT, WNR | S1PTW | (FSC_TRANSLATION + 2));
	struct hv_exit fetch = decode(EC_FETCH_ABORT, S1PTW | (FSC_TRANSLATION + 2));

	(void)state;
	assert_int_equal(read.access, MEZZO_ACCESS_WALK);
	assert_int_equal(read.ipa, PAGE);
	assert_int_equal(fetch.access, MEZZO_ACCESS_WALK);
	assert_true(fetch.means & HV_FSC_HPFAR);
}

static void walks_that_may_not_write_are_walk_writes(void **state)
{
	struct hv_exit permission = decode(EC_DATA_ABORT, S1PTW | (FSC_PERMISSION + 3));
	struct hv_exit flag = decode(EC_DATA_ABORT, S1PTW | (FSC_ACCESS_FLAG + 3));

	(void)state;
	assert_int_equal(permission.access, MEZZO_ACCESS_WALK_WRITE);
	assert_true(permission.means & HV_FSC_HPFAR);
	assert_int_equal(flag.access, MEZZO_ACCESS_WALK);
}

static void cache_operations_are_told_from_stores(void **state)
{
	struct hv_exit exit = decode(EC_DATA_ABORT, CM | WNR | (FSC_TRANSLATION + 3));

	(void)state;
	assert_int_equal(exit.access, MEZZO_ACCESS_CACHE_OP);
	assert_true(hv_exit_abort(&exit).cache_op);
	assert_true(hv_exit_abort(&exit).write);
}

static void unsupported_exclusives_and_alignment_ask_the_engine(void **state)
{
	struct hv_exit exclusive = decode(EC_DATA_ABORT, WNR | FSC_UNSUPPORTED_EXCLUSIVE);
	struct hv_exit unaligned = decode(EC_DATA_ABORT, FSC_ALIGNMENT);

	(void)state;
	assert_int_equal(exclusive.kind, HV_EXIT_MEMORY);
	assert_int_equal(exclusive.access, MEZZO_ACCESS_EXCLUSIVE);
	assert_false(exclusive.means & HV_FSC_HPFAR);
	assert_int_equal(unaligned.access, MEZZO_ACCESS_UNALIGNED);
	assert_false(unaligned.means & HV_FSC_HPFAR);
}

static void aborts_of_the_machine_are_the_guests(void **state)
{
	struct hv_exit plain;
	/* External, on walks, parity, on walks; address size; lockdown; unassigned. */
	static const uint8_t codes[] = {0x10, 0x14, 0x17, 0x18, 0x1c, 0x1f,
					0x00, 0x03, 0x34, 0x3d, 0x3f, 0x2a};

	(void)state;
	for (size_t i = 0; i < sizeof(codes); i++) {
		struct hv_exit exit = decode(EC_DATA_ABORT, FNV | codes[i]);

		assert_int_equal(exit.kind, HV_EXIT_ABORT);
		assert_int_equal(exit.fsc, FSC_EXTERNAL);
		assert_false(hv_exit_abort(&exit).far_valid);
	}
	assert_int_equal(decode(EC_DATA_ABORT, FSC_TAG_CHECK).fsc, FSC_TAG_CHECK);
	assert_int_equal(decode(EC_DATA_ABORT, FSC_UNSUPPORTED_UPDATE).fsc, FSC_UNSUPPORTED_UPDATE);
	plain = decode(EC_DATA_ABORT, FSC_EXTERNAL);
	assert_true(hv_exit_abort(&plain).far_valid);
}

static void tlb_conflicts_of_either_kind_are_told(void **state)
{
	(void)state;
	assert_int_equal(decode(EC_DATA_ABORT, FSC_TLB_CONFLICT).kind, HV_EXIT_TLB_CONFLICT);
	assert_int_equal(decode(EC_FETCH_ABORT, FSC_TLB_CONFLICT).kind, HV_EXIT_TLB_CONFLICT);
}

static void transfers_say_size_register_and_extension(void **state)
{
	/* ldrsh x7: two bytes, sign, 64 bits */
	struct hv_exit exit = decode(EC_DATA_ABORT, ISV | 1 << 22 | 1 << 21 | 7 << 16 | 1 << 15 |
							    (FSC_TRANSLATION + 3));

	struct hv_exit none = decode(EC_DATA_ABORT, FSC_TRANSLATION + 3);
	struct hv_transfer transfer;

	(void)state;
	assert_true(hv_exit_transfer(&exit, &transfer));
	assert_int_equal(transfer.bytes, 2);
	assert_int_equal(transfer.reg, 7);
	assert_true(transfer.sign_extend);
	assert_true(transfer.wide);
	assert_false(transfer.write);
	assert_false(hv_exit_transfer(&none, &transfer));
}

static uint64_t extend(unsigned int bytes, bool sign, bool wide, uint64_t value)
{
	struct hv_transfer t = {.bytes = (uint8_t)bytes, .sign_extend = sign, .wide = wide};

	return hv_transfer_extend(&t, value);
}

static void loads_extend_as_their_instruction_says(void **state)
{
	(void)state;
	assert_int_equal(extend(1, false, false, 0x1ff), 0xff);
	assert_int_equal(extend(1, true, false, 0x80), 0xffffff80);
	assert_int_equal(extend(1, true, true, 0x80), UINT64_C(0xffffffffffffff80));
	assert_int_equal(extend(1, true, true, 0x7f), 0x7f);
	assert_int_equal(extend(4, true, true, 0x80000000), UINT64_C(0xffffffff80000000));
	assert_int_equal(extend(4, false, true, UINT64_C(0x180000000)), 0x80000000);
	assert_int_equal(extend(8, false, true, UINT64_MAX), UINT64_MAX);
}

/* mrs x5, s3_0_c12_c12_4 and msr s2_1_c2_c3_7, x30 */
static void system_registers_are_named_by_their_encoding(void **state)
{
	struct hv_exit read =
		decode(EC_SYSREG, 3 << 20 | 4 << 17 | 0 << 14 | 12 << 10 | 5 << 5 | 12 << 1 | 1);
	struct hv_exit write =
		decode(EC_SYSREG, 2 << 20 | 7 << 17 | 1 << 14 | 2 << 10 | 30 << 5 | 3 << 1);
	struct hv_sysreg_access access;

	(void)state;
	assert_int_equal(read.kind, HV_EXIT_SYSREG);
	assert_int_equal(hv_exit_sysreg(&read, &access), 5);
	assert_int_equal(access.reg, HV_SYSREG(3, 0, 12, 12, 4));
	assert_false(access.write);
	assert_int_equal(hv_exit_sysreg(&write, &access), 30);
	assert_int_equal(access.reg, HV_SYSREG(2, 1, 2, 3, 7));
	assert_true(access.write);
}

static void calls_are_told_apart_and_the_rest_is_undefined(void **state)
{
	(void)state;
	for (unsigned int ec = 0; ec < 64; ec++) {
		struct hv_exit exit = decode(ec, 0);

		switch (ec) {
		case EC_HVC64:
			assert_int_equal(exit.kind, HV_EXIT_HVC);
			break;
		case EC_SMC64:
			assert_int_equal(exit.kind, HV_EXIT_SMC);
			break;
		case EC_SYSREG:
		case EC_DATA_ABORT:
		case EC_FETCH_ABORT:
			break;
		default:
			assert_int_equal(exit.kind, HV_EXIT_UNDEFINED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translation_faults_are_missing_entries_at_hpfar),
		cmocka_unit_test(permission_faults_do_not_trust_hpfar),
		cmocka_unit_test(access_flag_faults_are_no_missing_entries),
		cmocka_unit_test(fetches_are_never_writes),
		cmocka_unit_test(walks_have_the_address_of_the_table),
		cmocka_unit_test(walks_that_may_not_write_are_walk_writes),
		cmocka_unit_test(cache_operations_are_told_from_stores),
		cmocka_unit_test(unsupported_exclusives_and_alignment_ask_the_engine),
		cmocka_unit_test(aborts_of_the_machine_are_the_guests),
		cmocka_unit_test(tlb_conflicts_of_either_kind_are_told),
		cmocka_unit_test(transfers_say_size_register_and_extension),
		cmocka_unit_test(loads_extend_as_their_instruction_says),
		cmocka_unit_test(system_registers_are_named_by_their_encoding),
		cmocka_unit_test(calls_are_told_apart_and_the_rest_is_undefined),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_decode", tests, NULL, NULL);
}
