/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers that guests accept and owners take back, by several threads at once and beside faults
 * and a deletion of their slot. Under ThreadSanitizer. When all have come to rest, what is mapped
 * was accepted, what was accepted can be reached, and the slot stays as long as anything is.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define BAR UINT64_C(0x60000000)
#define BASE UINT64_C(0x3f0000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024
#define VCPUS 2
#define OWNERS 2
#define HOST VCPUS /* the number that the host's queries use */
#define ROUNDS 120
#define STEPS 24 /* of each thread in a round */

/* Not in a thread of cmocka's: say it and stop. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct race {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_private_mmio mmio;
	_Atomic uint8_t state[PAGES];
	pthread_barrier_t begin, end;
	_Atomic unsigned int granted, asked, accepted, revoked, refused;
};

struct self {
	struct race *race;
	uint32_t number;
	unsigned int seed;
	void (*step)(struct self *self, uint64_t page, uint64_t pages);
};

/* Few pages, so that many want the same. */
static void one_step(struct self *self)
{
	const uint64_t page = (uint64_t)rand_r(&self->seed) % 5 * 40;

	self->step(self, page,
		   1 + (uint64_t)rand_r(&self->seed) % (rand_r(&self->seed) % 8 ? 8 : 60));
}

static void *thread(void *arg)
{
	struct self *self = arg;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&self->race->begin);
		for (unsigned int i = 0; i < STEPS; i++)
			one_step(self);
		pthread_barrier_wait(&self->race->end);
	}
	return NULL;
}

static void touch(struct self *self, uint64_t page, uint64_t pages)
{
	struct race *race = self->race;

	for (uint64_t end = page + pages; page < end; page++) {
		const struct mezzo_fault_info info = {.ipa = {BAR + page * PAGE},
						      .access = MEZZO_ACCESS_READ};
		struct mezzo_fault_result result;

		CHECK(mezzo_space_fault(race->space, self->number, &info, &result) == MEZZO_OK);
		/* Offered: the embedder asks the guest. Withdrawn: it is not to be had. */
		CHECK(result.outcome == MEZZO_GRANT || result.reason == MEZZO_WHY_NOT_IN_VIEW ||
		      result.reason == MEZZO_WHY_OBJECT_REVOKED);
		atomic_fetch_add(result.outcome == MEZZO_GRANT ? &race->granted : &race->asked, 1);
	}
}

static void own(struct self *self, uint64_t page, uint64_t pages)
{
	struct race *race = self->race;
	int status;

	if (rand_r(&self->seed) % 2) {
		status = mezzo_private_mmio_accept(&race->mmio, page, pages);
		CHECK(status == MEZZO_OK || status == MEZZO_ERR_AGAIN);
		atomic_fetch_add(&race->accepted, status == MEZZO_OK);
	} else {
		CHECK(mezzo_private_mmio_revoke(&race->mmio, page, pages) == MEZZO_OK);
		atomic_fetch_add(&race->revoked, 1);
	}
}

/* Whoever wants the slot to go is told no, or has to make it again. */
static void make_and_delete(struct race *race)
{
	const struct mezzo_slot_config config = {.id = 1,
						 .ipa = {BAR},
						 .pages = PAGES,
						 .object = &race->mmio.object};
	struct mezzo_refusal why;
	int status = mezzo_slot_delete(race->space, 1, NULL);

	atomic_fetch_add(&race->refused, status == MEZZO_ERR_REFUSED);
	if (status == MEZZO_OK || status == MEZZO_ERR_NOENT)
		do
			status = mezzo_slot_create(race->space, &config, &why);
		while (status == MEZZO_ERR_AGAIN);
	assert_true(status == MEZZO_OK || status == MEZZO_ERR_AGAIN || status == MEZZO_ERR_REFUSED);
}

/* A deletion that was begun is brought to its end, one way or the other. */
static void settle(struct race *race)
{
	int status;

	do
		status = mezzo_slot_delete(race->space, 1, NULL);
	while (status == MEZZO_ERR_AGAIN);
	if (status == MEZZO_OK)
		make_and_delete(race);
}

static void check(struct race *race)
{
	const struct mezzo_object *object = &race->mmio.object;
	struct mezzo_mapping seen;
	uint64_t pinned = 0;

	for (uint64_t page = 0; page < PAGES; page++) {
		const struct mezzo_fault_info info = {.ipa = {BAR + page * PAGE},
						      .access = MEZZO_ACCESS_READ};
		struct mezzo_fault_result result;
		struct mezzo_frame frame;
		const bool accepted =
			object->ops->resolve(&race->mmio.object, page, false, &frame) == MEZZO_OK;

		mezzo_space_query(race->space, HOST, info.ipa, &seen);
		if (seen.leaf.state == MEZZO_ENTRY_LEAF)
			assert_true(accepted);
		assert_int_equal(mezzo_space_fault(race->space, HOST, &info, &result), MEZZO_OK);
		assert_false(result.retry);
		assert_int_equal(result.reason,
				 accepted ? MEZZO_WHY_DEVICE_AS_DECLARED : MEZZO_WHY_NOT_IN_VIEW);
		pinned += accepted;
	}
	assert_int_equal(atomic_load(&object->pinned), pinned);
}

static void what_is_mapped_was_accepted_and_the_slot_stays_with_it(void **state)
{
	static const struct world_options plain = {0};
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct race *race = calloc(1, sizeof(*race));
	struct self self[VCPUS + OWNERS];
	pthread_t threads[VCPUS + OWNERS];
	struct mezzo_refusal why;

	(void)state;
	race->world = world_new(&plain);
	race->space = &race->world->space;
	contract.is_private = contract.mmio = true;
	contract.allow = MEZZO_CLASS_DEVICE;
	contract.promise = (struct mezzo_frame_state){0};
	assert_int_equal(mezzo_private_mmio_init(&race->mmio, &race->world->hosted.platform,
						 &contract, (struct mezzo_pa){BASE}, PAGES,
						 race->state, &why),
			 MEZZO_OK);
	make_and_delete(race);
	pthread_barrier_init(&race->begin, NULL, VCPUS + OWNERS + 1);
	pthread_barrier_init(&race->end, NULL, VCPUS + OWNERS + 1);
	for (uint32_t i = 0; i < VCPUS + OWNERS; i++) {
		self[i] = (struct self){.race = race,
					.number = i,
					.seed = 7919 * i + 1,
					.step = i < VCPUS ? touch : own};
		assert_int_equal(pthread_create(&threads[i], NULL, thread, &self[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&race->begin);
		for (unsigned int i = 0; i < STEPS / 4; i++)
			make_and_delete(race);
		pthread_barrier_wait(&race->end);
		settle(race);
		check(race);
	}
	for (unsigned int i = 0; i < VCPUS + OWNERS; i++)
		pthread_join(threads[i], NULL);
	printf("# %u granted, %u asked, %u accepted, %u revoked, %u deletions refused\n",
	       race->granted, race->asked, race->accepted, race->revoked, race->refused);
	assert_true(race->granted > 1000 && race->asked > 1000 && race->accepted > 500 &&
		    race->revoked > 500 && race->refused > 10);
	assert_int_equal(mezzo_private_mmio_revoke(&race->mmio, 0, PAGES), MEZZO_OK);
	world_free(race->world);
	free(race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_mapped_was_accepted_and_the_slot_stays_with_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
