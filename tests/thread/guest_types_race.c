/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on two vCPUs beside a third that writes MTRRs and CR0.CD, under ThreadSanitizer: once a
 * write is done, no leaf is of a type that does not hold any more, whoever was inside a fault.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "../support/guest_types_run.h"

#define CHANGES 60

struct race {
	struct types_run run;
	atomic_bool stop;
	_Atomic unsigned int granted, failed;
};

struct vcpu {
	struct race *race;
	uint32_t number;
	uint64_t seed;
	pthread_t thread;
};

static void *touch(void *arg)
{
	struct vcpu *self = arg;
	struct race *race = self->race;

	while (!atomic_load(&race->stop)) {
		const struct mezzo_fault_result result =
			types_run_touch(&race->run, self->number,
					(unsigned int)types_run_below(&self->seed, RUN_SLOTS),
					types_run_below(&self->seed, 256),
					types_run_below(&self->seed, 2));

		atomic_fetch_add(result.outcome == MEZZO_GRANT ? &race->granted : &race->failed, 1);
	}
	return NULL;
}

static void no_old_type_survives_beside_faults(void **state)
{
	static struct race race;
	struct vcpu vcpus[2];
	unsigned int slot;
	uint64_t page;

	(void)state;
	types_run_open(&race.run, (uint64_t)time(NULL));
	for (uint32_t i = 0; i < 2; i++) {
		vcpus[i] = (struct vcpu){.race = &race, .number = 2 + i, .seed = i};
		assert_int_equal(pthread_create(&vcpus[i].thread, NULL, touch, &vcpus[i]), 0);
	}
	for (unsigned int i = 0; i < CHANGES; i++) {
		types_run_write(&race.run);
		x86_change(race.run.world, &race.run.now);
		if (types_run_wrong(&race.run, &slot, &page))
			fail_msg("slot %u page %llu is of an old type", slot,
				 (unsigned long long)page);
	}
	atomic_store(&race.stop, true);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(vcpus[i].thread, NULL), 0);
	assert_int_equal(race.failed, 0);
	assert_int_not_equal(race.granted, 0);
	world_free(race.run.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_old_type_survives_beside_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
