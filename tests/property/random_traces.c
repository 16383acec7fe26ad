/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random traces on the adversarial machine: whatever two guests, a host and its devices do, in
 * whatever order, nobody sees what is not its own, and everybody sees its own.
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
	uint64_t ops, faults, accesses, device_accesses;
};

static void run(uint64_t seed, bool changes, struct tally *tally)
{
	struct trace_config config = {
		.seed = seed,
		.guest_steps = 60,
		.host_steps = 60,
		.changes = changes,
	};
	struct trace *trace = trace_run(&config);

	if (mezzo_model_violation(trace->model) != MEZZO_MODEL_NO_VIOLATION) {
		trace_describe(trace, "# ");
		mezzo_model_print(trace->model, "# ");
		printf("# again: MODEL_SEED=%llu\n", (unsigned long long)seed);
		fail();
	}
	tally->ops += mezzo_model_ops(trace->model);
	tally->faults += trace->faults;
	tally->accesses += trace->accesses;
	tally->device_accesses += trace->device_accesses;
	trace_free(trace);
}

static void every_trace_keeps_every_rule(void **state)
{
	const double end = now() + (double)number_from("MODEL_SECONDS", 4);
	const uint64_t first = number_from("MODEL_SEED", 1);
	struct tally tally = {0};
	uint64_t next = first;

	(void)state;
	do
		run(next, next % 2, &tally);
	while (next++, now() < end);
	printf("# seeds %llu to %llu: %llu operations, %llu accesses, %llu by devices, "
	       "%llu faults\n",
	       (unsigned long long)first, (unsigned long long)(next - 1),
	       (unsigned long long)tally.ops, (unsigned long long)tally.accesses,
	       (unsigned long long)tally.device_accesses, (unsigned long long)tally.faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_trace_keeps_every_rule),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
