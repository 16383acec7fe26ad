/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random traces on the adversarial machine: whatever two guests, a host and its devices do, in
 * whatever order, nobody sees what is not its own, and everybody sees its own.
 *
 * MODEL_SECONDS: how long (default 4). MODEL_SEED: where to begin; the seed of a failure is
 * printed and gives the same trace again.
 */
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void every_trace_keeps_every_rule(void **state)
{
	const double end = now() + (double)number_from("MODEL_SECONDS", 4);
	const uint64_t first = number_from("MODEL_SEED", 1);
	uint64_t traces = 0, ops = 0, faults = 0, accesses = 0;

	(void)state;
	do {
		struct trace_config config = {
			.seed = first + traces++,
			.guest_steps = 60,
			.host_steps = 60,
		};
		struct trace *trace = trace_run(&config);

		if (mezzo_model_violation(trace->model) != MEZZO_MODEL_NO_VIOLATION) {
			trace_describe(trace, "# ");
			mezzo_model_print(trace->model, "# ");
			printf("# again: MODEL_SEED=%llu\n", (unsigned long long)config.seed);
			fail();
		}
		ops += mezzo_model_ops(trace->model);
		faults += trace->faults;
		accesses += trace->accesses;
		trace_free(trace);
	} while (now() < end);
	printf("# seeds %llu to %llu: %llu operations, %llu accesses, %llu faults\n",
	       (unsigned long long)first, (unsigned long long)(first + traces - 1),
	       (unsigned long long)ops, (unsigned long long)accesses, (unsigned long long)faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_trace_keeps_every_rule),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
