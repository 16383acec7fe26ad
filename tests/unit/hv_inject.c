/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/vcpu/inject.c */
/* Exceptions given to a guest: syndrome, saved state, vector and the PSTATE it continues with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/vcpu/decode.h"
#include "hv/vcpu/inject.h"

#define VBAR UINT64_C(0xffff800080010800)
#define PC UINT64_C(0xffff8000800abcd0)
#define FAR UINT64_C(0x123456789)
#define IL (UINT64_C(1) << 25)

static const struct hv_pstate_features plain;

static struct hv_guest_state at(uint64_t pstate)
{
	return (struct hv_guest_state){.pc = PC, .pstate = pstate, .vbar = VBAR};
}

static struct hv_guest_fault data_abort(uint8_t fsc, bool write)
{
	return (struct hv_guest_fault){
		.kind = HV_FAULT_DATA, .fsc = fsc, .write = write, .far_valid = true, .far = FAR};
}

static void state_is_saved_and_the_vector_follows_from_it(void **state)
{
	static const struct {
		uint64_t pstate, offset;
	} cases[] = {
		{PSTATE_EL1T, 0x000},           {PSTATE_EL1H, 0x200},    {PSTATE_EL0, 0x400},
		{PSTATE_AARCH32 | 0x1f, 0x600}, {PSTATE_AARCH32, 0x600},
	};
	struct hv_guest_fault fault = data_abort(FSC_EXTERNAL, false);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hv_guest_state s = at(cases[i].pstate);

		hv_inject(&s, &fault, &plain);
		assert_int_equal(s.pc, VBAR + cases[i].offset);
		assert_int_equal(s.elr, PC);
		assert_int_equal(s.spsr, cases[i].pstate);
		assert_int_equal(s.pstate & (PSTATE_MODE | PSTATE_AARCH32), PSTATE_EL1H);
		assert_int_equal(s.pstate & PSTATE_DAIF, PSTATE_DAIF);
	}
}

static uint64_t esr_of(uint64_t pstate, const struct hv_guest_fault *fault)
{
	struct hv_guest_state s = at(pstate);

	hv_inject(&s, fault, &plain);
	return s.esr;
}

static void class_says_whether_the_level_was_lower(void **state)
{
	struct hv_guest_fault data = data_abort(FSC_ALIGNMENT, false);
	struct hv_guest_fault fetch = data;

	(void)state;
	fetch.kind = HV_FAULT_FETCH;
	assert_int_equal(esr_of(PSTATE_EL0, &data), UINT64_C(0x24) << 26 | IL | 0x21);
	assert_int_equal(esr_of(PSTATE_EL1H, &data), UINT64_C(0x25) << 26 | IL | 0x21);
	assert_int_equal(esr_of(PSTATE_AARCH32 | 0xf, &data), UINT64_C(0x24) << 26 | IL | 0x21);
	assert_int_equal(esr_of(PSTATE_EL0, &fetch), UINT64_C(0x20) << 26 | IL | 0x21);
	assert_int_equal(esr_of(PSTATE_EL1T, &fetch), UINT64_C(0x21) << 26 | IL | 0x21);
}

static void aborts_say_write_and_cache_operation_only_of_data(void **state)
{
	struct hv_guest_fault fault = data_abort(FSC_EXTERNAL, true);

	(void)state;
	fault.cache_op = true;
	assert_int_equal(esr_of(PSTATE_EL1H, &fault) & 0x140, 0x140);
	fault.kind = HV_FAULT_FETCH;
	assert_int_equal(esr_of(PSTATE_EL1H, &fault) & 0x140, 0);
}

static void a_far_that_is_not_known_is_not_written(void **state)
{
	struct hv_guest_fault fault = data_abort(FSC_EXTERNAL, false);
	struct hv_guest_state s = at(PSTATE_EL1H);

	(void)state;
	hv_inject(&s, &fault, &plain);
	assert_true(s.far_set);
	assert_int_equal(s.far, FAR);
	fault.far_valid = false;
	s = at(PSTATE_EL1H);
	hv_inject(&s, &fault, &plain);
	assert_false(s.far_set);
	assert_int_equal(s.esr & 1 << 10, 1 << 10);
}

static void undefined_has_no_syndrome_but_the_length(void **state)
{
	struct hv_guest_fault fault = {.kind = HV_FAULT_UNDEFINED,
				       .fsc = 0x3f,
				       .write = true,
				       .far_valid = true};
	struct hv_guest_state s = at(PSTATE_EL0);

	(void)state;
	hv_inject(&s, &fault, &plain);
	assert_int_equal(s.esr, IL);
	assert_false(s.far_set);
}

static uint64_t pstate_after(uint64_t pstate, uint64_t sctlr,
			     const struct hv_pstate_features *features)
{
	struct hv_guest_fault fault = data_abort(FSC_EXTERNAL, false);
	struct hv_guest_state s = at(pstate);

	s.sctlr = sctlr;
	hv_inject(&s, &fault, features);
	return s.pstate;
}

static void flags_stay_and_the_rest_is_as_the_cpu_would_leave_it(void **state)
{
	const struct hv_pstate_features all = {true, true, true, true};
	const uint64_t everything = PSTATE_EL1H | PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN |
				    PSTATE_SSBS | PSTATE_TCO | PSTATE_SS | UINT64_C(1) << 20 |
				    UINT64_C(1) << 23 | UINT64_C(3) << 10;

	(void)state;
	/* PAN stays as it was with SPAN, and is set without; SSBS is what DSSBS says. */
	assert_int_equal(pstate_after(everything, SCTLR_SPAN, &all),
			 PSTATE_RESET | PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN | PSTATE_TCO);
	assert_int_equal(pstate_after(PSTATE_EL1H, SCTLR_SPAN, &all), PSTATE_RESET | PSTATE_TCO);
	assert_int_equal(pstate_after(PSTATE_EL1H, 0, &all),
			 PSTATE_RESET | PSTATE_PAN | PSTATE_TCO);
	assert_int_equal(pstate_after(PSTATE_EL1H, SCTLR_SPAN | SCTLR_DSSBS, &all),
			 PSTATE_RESET | PSTATE_SSBS | PSTATE_TCO);
	/* A CPU without them has no such bits. */
	assert_int_equal(pstate_after(everything, SCTLR_DSSBS, &plain), PSTATE_RESET | PSTATE_NZCV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_is_saved_and_the_vector_follows_from_it),
		cmocka_unit_test(class_says_whether_the_level_was_lower),
		cmocka_unit_test(aborts_say_write_and_cache_operation_only_of_data),
		cmocka_unit_test(a_far_that_is_not_known_is_not_written),
		cmocka_unit_test(undefined_has_no_syndrome_but_the_length),
		cmocka_unit_test(flags_stay_and_the_rest_is_as_the_cpu_would_leave_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_inject", tests, NULL, NULL);
}
