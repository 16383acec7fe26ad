/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/psci/psci.c */
/* What PSCI and SMCCC calls of a guest answer, by DEN 0022 and DEN 0028. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv/psci/psci.h"

#define RAM UINT64_C(0x40000000)
#define RAM_BYTES UINT64_C(0x10000000)
#define VCPUS 3

/* vCPU 2 is in another cluster. */
static const uint64_t affinities[VCPUS] = {0, 1, UINT64_C(0x0100020000)};

struct guest {
	_Atomic int state[VCPUS];
	uint64_t entry, context;
	_Atomic unsigned int started;
};

static int find(void *ctx, uint64_t affinity)
{
	(void)ctx;
	for (int i = 0; i < VCPUS; i++)
		if (affinities[i] == affinity)
			return i;
	return -1;
}

static enum psci_state state_of(void *ctx, int vcpu)
{
	struct guest *guest = ctx;

	return (enum psci_state)atomic_load(&guest->state[vcpu]);
}

static enum psci_error start(void *ctx, int vcpu, uint64_t entry, uint64_t context)
{
	struct guest *guest = ctx;
	int off = PSCI_STATE_OFF;

	if (!atomic_compare_exchange_strong(&guest->state[vcpu], &off, PSCI_STATE_ON_PENDING))
		return off == PSCI_STATE_ON ? PSCI_ALREADY_ON : PSCI_ON_PENDING;
	guest->entry = entry;
	guest->context = context;
	atomic_fetch_add(&guest->started, 1);
	return PSCI_SUCCESS;
}

static bool entry_valid(void *ctx, uint64_t ipa)
{
	(void)ctx;
	return ipa - RAM < RAM_BYTES;
}

static const struct psci_ops ops = {find, state_of, start, entry_valid};

static struct guest guest;

static int power_on(void **state)
{
	(void)state;
	guest.started = 0;
	guest.entry = guest.context = 0;
	guest.state[0] = PSCI_STATE_ON;
	guest.state[1] = guest.state[2] = PSCI_STATE_OFF;
	return 0;
}

static struct psci_answer call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t x[4] = {function, a, b, c};

	return psci_call(&ops, &guest, x);
}

static int64_t value(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	struct psci_answer answer = call(function, a, b, c);

	assert_int_equal(answer.next, PSCI_NEXT_RETURN);
	return answer.value;
}

static void versions_are_psci_1_1_and_smccc_1_1(void **state)
{
	(void)state;
	assert_int_equal(value(0x84000000, 0, 0, 0), 0x10001);
	assert_int_equal(value(0x80000000, 0, 0, 0), 0x10001);
	assert_int_equal(value(0x84000006, 0, 0, 0), 2);
}

static void features_name_exactly_what_is_offered(void **state)
{
	static const uint32_t offered[] = {0x84000000, 0x84000001, 0xc4000001, 0x84000002,
					   0x84000003, 0xc4000003, 0x84000004, 0xc4000004,
					   0x84000006, 0x84000008, 0x84000009, 0x8400000a,
					   0x80000000};
	unsigned int found = 0;

	(void)state;
	for (uint32_t base = 0x80000000; base; base += 0x40000000)
		for (uint32_t owner = 0; owner < 64; owner++)
			for (uint32_t n = 0; n < 0x40; n++)
				found += value(0x8400000a, base | owner << 24 | n, 0, 0) == 0;
	assert_int_equal(found, sizeof(offered) / sizeof(offered[0]));
	for (unsigned int i = 0; i < found; i++)
		assert_int_equal(value(0x8400000a, offered[i], 0, 0), 0);
	assert_int_equal(value(0x80000001, 0x80000000, 0, 0), 0);
	assert_int_equal(value(0x80000001, 0x80000001, 0, 0), 0);
	assert_int_equal(value(0x80000001, 0x80008000, 0, 0), -1); /* WORKAROUND_1 */
}

static void what_is_unknown_is_not_supported(void **state)
{
	static const uint64_t unknown[] = {0,          1,          0x84000005, 0x84000007,
					   0x8400000b, 0x8400000e, 0x84000012, 0xc4000012,
					   0xc4000000, 0xc4000002, 0xc4000008, 0xc4000009,
					   0x8600ff01, 0x80000002, 0xc0000000, 0xffffffff,
					   0x04000000, 0xbf00ff01};

	(void)state;
	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(value(unknown[i], 1, RAM, 0), -1);
}

static void only_the_lower_half_of_x0_names_the_function(void **state)
{
	(void)state;
	assert_int_equal(value(UINT64_C(0xdeadbeef84000000), 0, 0, 0), 0x10001);
}

static void cpu_on_starts_an_off_cpu_once(void **state)
{
	(void)state;
	assert_int_equal(value(0xc4000003, 1, RAM + 4, UINT64_C(0x1122334455667788)), 0);
	assert_int_equal(guest.entry, RAM + 4);
	assert_int_equal(guest.context, UINT64_C(0x1122334455667788));
	assert_int_equal(value(0xc4000003, 1, RAM, 0), PSCI_ON_PENDING);
	assert_int_equal(value(0xc4000004, 1, 0, 0), 2);
	guest.state[1] = PSCI_STATE_ON;
	assert_int_equal(value(0xc4000003, 1, RAM, 0), PSCI_ALREADY_ON);
	assert_int_equal(value(0xc4000003, 0, RAM, 0), PSCI_ALREADY_ON);
	assert_int_equal(guest.started, 1);
	assert_int_equal(guest.entry, RAM + 4);
}

static void cpu_on_of_32_bits_ignores_upper_halves(void **state)
{
	uint64_t junk = UINT64_C(0xabcdef0000000000);

	(void)state;
	assert_int_equal(value(0x84000003, junk | 1, junk | RAM, junk | 7), 0);
	assert_int_equal(guest.entry, RAM);
	assert_int_equal(guest.context, 7);
	/* Aff3 cannot be named in 32 bits. */
	assert_int_equal(value(0x84000003, affinities[2], RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(value(0xc4000003, affinities[2], RAM, 0), 0);
}

static void cpu_on_refuses_what_is_no_cpu(void **state)
{
	static const uint64_t bad[] = {3,
				       UINT64_C(1) << 31 | 1,
				       UINT64_C(1) << 24,
				       UINT64_C(1) << 40,
				       UINT64_C(1) << 63,
				       UINT64_MAX,
				       0x20000};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(value(0xc4000003, bad[i], RAM, 0), PSCI_INVALID_PARAMETERS);
		assert_int_equal(value(0xc4000004, bad[i], 0, 0), PSCI_INVALID_PARAMETERS);
	}
	assert_int_equal(guest.started, 0);
}

static void cpu_on_refuses_an_entry_outside_ram(void **state)
{
	static const uint64_t bad[] = {
		0,       RAM - 4, RAM + RAM_BYTES,       UINT64_MAX & ~UINT64_C(3),
		RAM + 1, RAM + 2, UINT64_C(0x4010000000)};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(value(0xc4000003, 1, bad[i], 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(guest.started, 0);
	assert_int_equal(value(0xc4000003, 1, RAM + RAM_BYTES - 4, 0), 0);
}

static void affinity_info_is_for_single_cpus(void **state)
{
	(void)state;
	assert_int_equal(value(0x84000004, 0, 0, 0), 0);
	assert_int_equal(value(0xc4000004, affinities[2], 0, 0), 1);
	assert_int_equal(value(0xc4000004, 0, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(value(0xc4000004, 0, UINT64_MAX, 0), PSCI_INVALID_PARAMETERS);
}

static void suspend_waits_and_returns_success(void **state)
{
	(void)state;
	assert_int_equal(call(0xc4000001, 0, RAM, 0).next, PSCI_NEXT_SUSPEND);
	assert_int_equal(call(0xc4000001, 0, RAM, 0).value, 0);
	assert_int_equal(call(0x84000001, 0x03010000, 0, 0).next, PSCI_NEXT_SUSPEND);
	/* Reserved bits of power_state. */
	assert_int_equal(value(0x84000001, 0x80000000, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(value(0x84000001, 0x00020000, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(value(0xc4000001, UINT64_C(1) << 32, 0, 0), PSCI_INVALID_PARAMETERS);
}

static void off_and_reset_are_what_comes_next(void **state)
{
	(void)state;
	assert_int_equal(call(0x84000002, 0, 0, 0).next, PSCI_NEXT_OFF);
	assert_int_equal(call(0x84000008, 0, 0, 0).next, PSCI_NEXT_SYSTEM_OFF);
	assert_int_equal(call(0x84000009, 0, 0, 0).next, PSCI_NEXT_SYSTEM_RESET);
}

static void *racer(void *arg)
{
	pthread_barrier_t *barrier = arg;
	int64_t answer;

	pthread_barrier_wait(barrier);
	answer = value(0xc4000003, 1, RAM, 0);
	assert_true(answer == PSCI_SUCCESS || answer == PSCI_ON_PENDING);
	return answer == PSCI_SUCCESS ? arg : NULL;
}

/* The step itself is the operation's; here, that a call makes it exactly once. */
static void of_cpu_ons_at_once_exactly_one_succeeds(void **state)
{
	for (unsigned int round = 0; round < 200; round++) {
		pthread_barrier_t barrier;
		pthread_t thread[4];
		unsigned int won = 0;

		power_on(state);
		pthread_barrier_init(&barrier, NULL, 4);
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&thread[i], NULL, racer, &barrier), 0);
		for (unsigned int i = 0; i < 4; i++) {
			void *result;

			pthread_join(thread[i], &result);
			won += !!result;
		}
		pthread_barrier_destroy(&barrier);
		assert_int_equal(won, 1);
		assert_int_equal(guest.started, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(versions_are_psci_1_1_and_smccc_1_1, power_on),
		cmocka_unit_test_setup(features_name_exactly_what_is_offered, power_on),
		cmocka_unit_test_setup(what_is_unknown_is_not_supported, power_on),
		cmocka_unit_test_setup(only_the_lower_half_of_x0_names_the_function, power_on),
		cmocka_unit_test_setup(cpu_on_starts_an_off_cpu_once, power_on),
		cmocka_unit_test_setup(cpu_on_of_32_bits_ignores_upper_halves, power_on),
		cmocka_unit_test_setup(cpu_on_refuses_what_is_no_cpu, power_on),
		cmocka_unit_test_setup(cpu_on_refuses_an_entry_outside_ram, power_on),
		cmocka_unit_test_setup(affinity_info_is_for_single_cpus, power_on),
		cmocka_unit_test_setup(suspend_waits_and_returns_success, power_on),
		cmocka_unit_test_setup(off_and_reset_are_what_comes_next, power_on),
		cmocka_unit_test_setup(of_cpu_ons_at_once_exactly_one_succeeds, power_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_psci", tests, NULL, NULL);
}
