/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults, queries and explanations on several vCPUs beside revocations, unmaps and slots that come
 * and go. ThreadSanitizer watches the memory; the test watches that what a guest wrote is never
 * zeroed again and that nothing is left at the end.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGES 1024
#define ROUNDS 4000

static const struct world_options plain = {.no_direct = true};

struct shared {
	struct world *world;
	struct mezzo_pool *pool;
	_Atomic bool stop;
	_Atomic unsigned int granted;
};

struct vcpu_thread {
	struct shared *shared;
	uint32_t number;
};

static void *vcpu(void *arg)
{
	const struct vcpu_thread *self = arg;
	struct world *world = self->shared->world;
	unsigned int seed = self->number * 7919 + 1;

	while (!atomic_load(&self->shared->stop)) {
		struct mezzo_fault_info info = {
			.ipa = {RAM + ((uint64_t)(rand_r(&seed) % (PAGES + 8)) << 12)},
			.access = (uint8_t)(rand_r(&seed) % 3),
			.kind = (uint8_t)(rand_r(&seed) % 2),
		};
		struct mezzo_fault_result result;
		struct mezzo_mapping mapping;
		struct mezzo_facts facts;
		struct mezzo_decision decision;
		int status = mezzo_space_fault(&world->space, self->number, &info, &result);

		if (status != MEZZO_OK ||
		    (result.outcome != MEZZO_GRANT && result.reason != MEZZO_WHY_DEVICE_ACCESS &&
		     result.reason != MEZZO_WHY_FETCH_NO_SLOT))
			abort();
		if (result.outcome == MEZZO_GRANT && !result.retry)
			atomic_fetch_add(&self->shared->granted, 1);
		mezzo_space_query(&world->space, self->number, info.ipa, &mapping);
		if (mapping.leaf.state == MEZZO_ENTRY_LEAF &&
		    mapping.leaf.attr.type != MEZZO_STAGE2_GUEST_CHOICE)
			abort();
		(void)!mezzo_space_explain(&world->space, self->number, &info, &facts, &decision);
	}
	return NULL;
}

static void everything_at_once_is_clean(void **state)
{
	struct shared shared = {.world = world_new(&plain)};
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_slot_config config = {.id = 1, .ipa = {RAM}, .pages = PAGES};
	struct mezzo_refusal why;
	struct vcpu_thread self[3];
	pthread_t thread[3];
	unsigned int seed = 1;

	(void)state;
	shared.pool = world_pool(shared.world, &c, 0, PAGES);
	config.object = &shared.pool->object;
	world_slot(shared.world, 1, RAM, config.object, PAGES, 0);
	for (uint32_t i = 0; i < 3; i++) {
		self[i] = (struct vcpu_thread){&shared, i};
		assert_int_equal(pthread_create(&thread[i], NULL, vcpu, &self[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t first = (uint64_t)rand_r(&seed) % PAGES;

		switch (rand_r(&seed) % 8) {
		case 0:
			while (mezzo_slot_delete(&shared.world->space, 1) == MEZZO_ERR_AGAIN)
				;
			while (mezzo_slot_create(&shared.world->space, &config, &why) ==
			       MEZZO_ERR_AGAIN)
				;
			break;
		case 1:
			assert_int_equal(mezzo_space_unmap(&shared.world->space,
							   (struct mezzo_ipa){RAM + first * 4096},
							   PAGES - first),
					 MEZZO_OK);
			break;
		default:
			mezzo_object_revoke(config.object, first, 1 + first % 7);
			break;
		}
	}
	atomic_store(&shared.stop, true);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	assert_true(shared.granted > 0);
	/* Each frame was zeroed when its owner first touched it, and never again. */
	assert_true(shared.world->hosted.counts.zero_bytes <= PAGES * MEZZO_PAGE_BYTES);
	world_free(shared.world);
	world_pool_free(shared.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once_is_clean),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
