/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on several vCPUs beside a slot that is moved, deleted, made anew, and begins and ceases to
 * log writes, under ThreadSanitizer. No guest sees a device where there is a slot before and after;
 * none sees one before a deletion is done; no write escapes a log.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define VCPUS 3
#define HOST VCPUS /* the number that the host's queries use */
#define SECONDS 2  /* of each race */

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
	_Atomic bool stop;
	_Atomic unsigned int granted, retried;
	/* of the deletion: see try_and_see */
	_Atomic uint32_t stage;
	_Atomic uint32_t *seen;
};

struct vcpu {
	struct race *race;
	uint32_t number;
	unsigned int seed;
};

static struct mezzo_fault_result fault(struct vcpu *self, uint64_t ipa)
{
	const struct mezzo_fault_info info = {
		.ipa = {ipa},
		.access = rand_r(&self->seed) % 2 ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
		.kind = (uint8_t)(rand_r(&self->seed) % 2),
	};
	struct mezzo_fault_result result;

	CHECK(mezzo_space_fault(&self->race->world->space, self->number, &info, &result) ==
	      MEZZO_OK);
	atomic_fetch_add(result.retry ? &self->race->retried : &self->race->granted, 1);
	return result;
}

static bool time_is_up(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec >= SECONDS;
}

/* Run @vcpu on every vCPU beside @host, which is called until the time is up. */
static void run(struct race *race, void *(*vcpu)(void *), void (*host)(struct race *, void *),
		void *arg)
{
	struct vcpu self[VCPUS];
	pthread_t thread[VCPUS];
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < VCPUS; i++) {
		self[i] = (struct vcpu){.race = race, .number = i, .seed = 7919 * i + 1};
		assert_int_equal(pthread_create(&thread[i], NULL, vcpu, &self[i]), 0);
	}
	while (!time_is_up(&start))
		host(race, arg);
	atomic_store(&race->stop, true);
	for (unsigned int i = 0; i < VCPUS; i++)
		pthread_join(thread[i], NULL);
	assert_true(race->granted > 1000);
}

/* Where there is no slot, nothing is mapped. */
static void check_nothing(struct race *race, uint64_t page, uint64_t pages)
{
	struct mezzo_mapping seen;

	for (uint64_t end = page + pages; page < end; page++) {
		mezzo_space_query(&race->world->space, HOST, (struct mezzo_ipa){RAM + page * PAGE},
				  &seen);
		assert_int_equal(seen.leaf.state, MEZZO_ENTRY_NONE);
	}
}

/* --- a slot that moves to and fro --------------------------------------------------------------- */

#define SLOT_PAGES 1536
#define STRIDE 512 /* how far it moves */
#define MOVES 3    /* places */

static const struct world_options plain = {.no_direct = true};

static void make(struct race *race, struct mezzo_slot_config *slot)
{
	int status;
	struct mezzo_refusal why;

	do
		status = mezzo_slot_create(&race->world->space, slot, &why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
}

/* Pages that every place of the slot has. */
static void *stay_in_the_middle(void *arg)
{
	struct vcpu *self = arg;

	while (!atomic_load(&self->race->stop)) {
		const uint64_t page =
			(MOVES - 1) * STRIDE +
			(uint64_t)rand_r(&self->seed) % (SLOT_PAGES - (MOVES - 1) * STRIDE);
		struct mezzo_fault_result result = fault(self, RAM + page * PAGE);

		CHECK(result.outcome == MEZZO_GRANT);
	}
	return NULL;
}

static void move(struct race *race, void *arg)
{
	struct mezzo_slot_config *slot = arg;
	struct mezzo_refusal why;
	static unsigned int place;

	place = (place + 1) % MOVES;
	slot->ipa.addr = RAM + place * STRIDE * PAGE;
	assert_int_equal(world_change(race->world, slot, &why), MEZZO_OK);
	check_nothing(race, 0, place * STRIDE);
	check_nothing(race, place * STRIDE + SLOT_PAGES, (MOVES - 1 - place) * STRIDE);
}

static void no_device_is_seen_where_a_moving_slot_has_always_been(void **state)
{
	struct race race = {.world = world_new(&plain)};
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(race.world, &c, 0, SLOT_PAGES);
	struct mezzo_slot_config slot = {.id = 1,
					 .ipa = {RAM},
					 .pages = SLOT_PAGES,
					 .object = &pool->object};

	(void)state;
	make(&race, &slot);
	run(&race, stay_in_the_middle, move, &slot);
	/* What is mapped now is what the slot's last place says. */
	for (uint64_t page = 0; page < SLOT_PAGES; page++) {
		struct mezzo_mapping seen;

		mezzo_space_query(&race.world->space, HOST,
				  (struct mezzo_ipa){slot.ipa.addr + page * PAGE}, &seen);
		assert_true(seen.slot);
		if (seen.leaf.state != MEZZO_ENTRY_LEAF)
			continue;
		assert_int_equal(seen.leaf.pa.addr +
					 (page % (UINT64_C(1) << seen.leaf.order)) * PAGE,
				 WORLD_FRAMES_PA + page * PAGE);
	}
	/* Each frame was zeroed when its owner first touched it, and not again. */
	assert_true(race.world->hosted.counts.zero_bytes <= SLOT_PAGES * PAGE);
	world_free(race.world);
	world_pool_free(pool);
}

/* --- a slot that is deleted --------------------------------------------------------------------- */

#define ROUNDS 4096
#define NO_SLOT 0xffffu
#define NOTHING_SEEN UINT32_MAX

/*
 * race->stage is the number of the round << 16, and how many calls of its deletion have begun; or
 * NO_SLOT once it is deleted. A guest that sees a device says how many had begun by then.
 */
static void *try_and_see(void *arg)
{
	struct vcpu *self = arg;
	struct race *race = self->race;

	while (!atomic_load(&race->stop)) {
		uint32_t before = atomic_load(&race->stage), after;
		struct mezzo_fault_result result =
			fault(self, RAM + (uint64_t)rand_r(&self->seed) % SLOT_PAGES * PAGE);

		CHECK(result.outcome == MEZZO_GRANT || result.reason == MEZZO_WHY_DEVICE_ACCESS);
		after = atomic_load(&race->stage);
		if (result.outcome != MEZZO_GRANT && before >> 16 == after >> 16 &&
		    (before & 0xffff) != NO_SLOT) {
			_Atomic uint32_t *seen = &race->seen[(before >> 16) % ROUNDS];
			uint32_t least = atomic_load(seen);

			while ((after & 0xffff) < least &&
			       !atomic_compare_exchange_weak(seen, &least, after & 0xffff))
				;
		}
	}
	return NULL;
}

struct deletions {
	struct mezzo_slot_config slot;
	uint32_t round;
	uint32_t calls[ROUNDS]; /* that each took */
};

static void come_and_go(struct race *race, void *arg)
{
	struct deletions *d = arg;
	unsigned int before = atomic_load(&race->granted);
	uint32_t calls = 0;
	int status;

	if (d->round == ROUNDS)
		return;
	make(race, &d->slot);
	atomic_store(&race->stage, d->round << 16);
	/* Something must be mapped, or there is nothing to wait for. */
	while (atomic_load(&race->granted) < before + 20)
		sched_yield();
	do {
		atomic_store(&race->stage, d->round << 16 | ++calls);
		status = mezzo_slot_delete(&race->world->space, d->slot.id, NULL);
	} while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	check_nothing(race, 0, SLOT_PAGES);
	atomic_store(&race->stage, d->round << 16 | NO_SLOT);
	d->calls[d->round++] = calls;
}

static void no_device_is_seen_before_a_deletion_is_done(void **state)
{
	struct race race = {.world = world_new(&plain)};
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(race.world, &c, 0, SLOT_PAGES);
	struct deletions *d = calloc(1, sizeof(*d));
	uint32_t longest = 0;

	(void)state;
	race.seen = malloc(ROUNDS * sizeof(*race.seen));
	for (unsigned int i = 0; i < ROUNDS; i++)
		atomic_init(&race.seen[i], NOTHING_SEEN);
	atomic_store(&race.stage, NO_SLOT);
	d->slot = (struct mezzo_slot_config){.id = 1,
					     .ipa = {RAM},
					     .pages = SLOT_PAGES,
					     .object = &pool->object};
	run(&race, try_and_see, come_and_go, d);
	for (uint32_t i = 0; i < d->round; i++) {
		assert_true(race.seen[i] >= d->calls[i]);
		if (d->calls[i] > longest)
			longest = d->calls[i];
	}
	/* Deletions took several calls, and guests waited meanwhile. */
	assert_true(longest > 2 && race.retried > 0);
	world_free(race.world);
	world_pool_free(pool);
	free(race.seen);
	free(d);
}

/* --- a slot that logs --------------------------------------------------------------------------- */

#define LOG_PAGES 1024

static void *write_about(void *arg)
{
	struct vcpu *self = arg;

	while (!atomic_load(&self->race->stop)) {
		uint64_t page = (uint64_t)rand_r(&self->seed) % LOG_PAGES;

		CHECK(fault(self, RAM + page * PAGE).outcome == MEZZO_GRANT);
	}
	return NULL;
}

/* Logging begins: from then on every page that can be written has been reported. */
static void log_and_stop(struct race *race, void *arg)
{
	struct mezzo_slot_config *slot = arg;
	struct mezzo_refusal why;
	struct mezzo_mapping seen;

	for (unsigned int i = 0; i < LOG_PAGES; i++)
		atomic_store(&race->world->bitmap[i / 64], 0);
	slot->flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(race->world, slot, &why), MEZZO_OK);
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t page = 0; page < LOG_PAGES; page++) {
			mezzo_space_query(&race->world->space, HOST,
					  (struct mezzo_ipa){RAM + page * PAGE}, &seen);
			assert_int_equal(seen.slot_flags, slot->flags);
			if (seen.leaf.state == MEZZO_ENTRY_LEAF && seen.leaf.attr.write)
				assert_true(world_logged(race->world, page));
		}
	slot->flags = 0;
	assert_int_equal(world_change(race->world, slot, &why), MEZZO_OK);
	/* Blocks again, now and then: the next log has something to split. */
	if (rand() % 2)
		assert_int_equal(mezzo_space_unmap(&race->world->space, slot->ipa, LOG_PAGES),
				 MEZZO_OK);
}

static void no_write_escapes_a_log(void **state)
{
	const struct world_options options = {.machine = {.fwb = true, .idc = true}};
	struct race race = {.world = world_new(&options)};
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(race.world, &c, 0, LOG_PAGES);
	struct mezzo_slot_config slot = {.id = 1,
					 .ipa = {RAM},
					 .pages = LOG_PAGES,
					 .object = &pool->object,
					 .bitmap = race.world->bitmap};

	(void)state;
	make(&race, &slot);
	run(&race, write_about, log_and_stop, &slot);
	world_free(race.world);
	world_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_device_is_seen_where_a_moving_slot_has_always_been),
		cmocka_unit_test(no_device_is_seen_before_a_deletion_is_done),
		cmocka_unit_test(no_write_escapes_a_log),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
