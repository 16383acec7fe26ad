/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No write is missed: on the adversarial machine the memory of a guest with three vCPUs is copied
 * while it runs, by bitmaps read and cleared, by bitmaps taken, by rings; written pages found by
 * faults and by what the hardware notes; and in the end the copy is the guest's memory.
 *
 * MODEL_SECONDS: how long (default 4). MODEL_SEED: where to begin; the seed of a failure is
 * printed and gives the same trace again.
 */
#include "budget.h"
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct tally {
	uint64_t writes, copies, ringed, noted, faulted, unforced;
};

static void run(uint64_t seed, bool device, struct tally *tally)
{
	struct trace_config config = {
		.seed = seed,
		.guest_steps = 80,
		.migrate = true,
		.device = device,
	};
	struct trace *trace = trace_run(&config);

	if (mezzo_model_violation(trace->model) != MEZZO_MODEL_NO_VIOLATION) {
		trace_describe(trace, "# ");
		mezzo_model_print(trace->model, "# ");
		printf("# again: MODEL_SEED=%llu\n", (unsigned long long)seed);
		fail();
	}
	tally->writes += trace->writes;
	tally->copies += trace->copies;
	tally->ringed += trace->space[0].rings;
	tally->noted += trace->notes && !trace->space[0].rings;
	tally->faulted += !trace->notes && !trace->space[0].rings;
	tally->unforced += !trace->machine.fwb;
	trace_free(trace);
}

/* Enough for every way in which a write is found. */
#define TRACES 12

static void copy_for_a_while(bool device)
{
	const double end = now() + (double)number_from("MODEL_SECONDS", 4) / (device ? 2 : 1);
	const uint64_t first = number_from("MODEL_SEED", 1);
	struct tally tally = {0};
	uint64_t next = first;

	do
		run(next, device, &tally);
	while (next++, now() < end || next < first + TRACES);
	printf("# seeds %llu to %llu: %llu writes, %llu pages copied, %llu times by rings, %llu by the "
	       "hardware's notes\n",
	       (unsigned long long)first, (unsigned long long)(next - 1),
	       (unsigned long long)tally.writes, (unsigned long long)tally.copies,
	       (unsigned long long)tally.ringed, (unsigned long long)tally.noted);
	assert_true(tally.writes > 0 && tally.copies > 0 && tally.ringed > 0);
	/* With the hardware's dirty state and without, with FEAT_S2FWB and without. */
	assert_true(tally.noted > 0 && tally.faulted > 0);
	assert_true(tally.unforced > 0 && tally.unforced < next - first);
}

static void no_write_is_missed(void **state)
{
	(void)state;
	copy_for_a_while(false);
}

static void no_write_to_cached_device_memory_is_missed(void **state)
{
	(void)state;
	copy_for_a_while(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_write_is_missed),
		cmocka_unit_test(no_write_to_cached_device_memory_is_missed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
