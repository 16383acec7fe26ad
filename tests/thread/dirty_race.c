/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on several vCPUs beside everything that a dirty log has: reading and clearing, rings,
 * writes of no vCPU, splitting, ageing, notes of the hardware; and beside tags that are switched on
 * and off. Under ThreadSanitizer. What can be written is noticed already, whenever one looks.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../support/notes.h"
#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024
#define WORDS MEZZO_DIRTY_WORDS(PAGES)
#define VCPUS 2
#define MARKER VCPUS     /* the number of the thread that is no vCPU */
#define HOST (VCPUS + 1) /* the number that the host's queries use */
#define SECONDS 2        /* of each race */
#define ENTRIES 64

/* Not in a thread of cmocka's: say it and stop. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct race;

struct vcpu {
	struct race *race;
	uint32_t number;
	unsigned int seed;
};

struct race {
	struct vcpu vcpu[VCPUS + 1];
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool;
	struct mezzo_slot_config slot;
	struct mezzo_dirty_entry entry[WORLD_VCPUS * ENTRIES];
	uint32_t cursor[WORLD_VCPUS];
	bool rings;
	_Atomic uint32_t version[PAGES]; /* of what the guest has in each page, */
	uint32_t copied[PAGES];          /* and the host in its copy */
	_Atomic bool stop;
	_Atomic unsigned int granted, full;
	unsigned int noticed; /* pages that the host heard of */
};

static uint64_t below(struct vcpu *self, unsigned int limit)
{
	return (uint64_t)rand_r(&self->seed) % limit;
}

/* A guest that writes and reads, a few pages more often than the others. */
static void *use_memory(void *arg)
{
	struct vcpu *self = arg;
	struct race *race = self->race;

	while (!atomic_load(&race->stop)) {
		const struct mezzo_fault_info info = {
			.ipa = {RAM + below(self, below(self, 2) ? 8 : PAGES) * PAGE},
			.access = below(self, 3) ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
			.kind = (uint8_t)below(self, 2),
		};
		struct mezzo_fault_result result;

		CHECK(mezzo_space_fault(race->space, self->number, &info, &result) == MEZZO_OK);
		if (result.outcome == MEZZO_EXIT) {
			CHECK(race->rings && result.reason == MEZZO_WHY_RING_FULL);
			atomic_fetch_add(&race->full, 1);
		} else if (!result.retry) {
			atomic_fetch_add(&race->granted, 1);
		}
	}
	return NULL;
}

/* A device that is emulated, and a thread that looks which pages are in use. */
static void *write_from_outside(void *arg)
{
	struct vcpu *self = arg;
	struct race *race = self->race;
	struct mezzo_fault_result result;
	uint64_t done;
	bool accessed;

	while (!atomic_load(&race->stop)) {
		const struct mezzo_ipa ipa = {RAM + below(self, PAGES - 8) * PAGE};

		switch (below(self, 3)) {
		case 0:
			CHECK(mezzo_dirty_mark(race->space, ipa, below(self, 8)) == MEZZO_OK);
			break;
		case 1:
			CHECK(mezzo_space_age(race->space, ipa, below(self, 8), &accessed) ==
			      MEZZO_OK);
			break;
		default:
			(void)!mezzo_space_prefault(race->space, MARKER, ipa, 8, &done, &result);
		}
	}
	return NULL;
}

static bool time_is_up(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec >= SECONDS;
}

static void run(struct race *race, void (*host)(struct race *))
{
	struct vcpu *self = race->vcpu;
	pthread_t thread[VCPUS + 1];
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i <= VCPUS; i++) {
		self[i] = (struct vcpu){.race = race, .number = i, .seed = 7919 * i + 1};
		assert_int_equal(pthread_create(&thread[i], NULL,
						i == MARKER ? write_from_outside : use_memory,
						&self[i]),
				 0);
	}
	while (!time_is_up(&start))
		host(race);
	atomic_store(&race->stop, true);
	for (unsigned int i = 0; i <= VCPUS; i++)
		pthread_join(thread[i], NULL);
	assert_true(race->granted > 1000);
}

static struct race *open_race(const struct world_options *options, bool tags)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct race *race = calloc(1, sizeof(*race));
	struct mezzo_refusal why;

	contract.tag_storage = tags;
	race->world = world_new(options);
	race->space = &race->world->space;
	race->pool = world_pool(race->world, &contract, 0, PAGES);
	race->slot = (struct mezzo_slot_config){.id = 1,
						.ipa = {RAM},
						.pages = PAGES,
						.object = &race->pool->object,
						.bitmap = race->world->bitmap};
	assert_int_equal(mezzo_slot_create(race->space, &race->slot, &why), MEZZO_OK);
	return race;
}

static void close_race(struct race *race)
{
	world_free(race->world);
	world_pool_free(race->pool);
	free(race);
}

static void set_flags(struct race *race, uint32_t flags)
{
	struct mezzo_refusal why;

	race->slot.flags = flags;
	assert_int_equal(world_change(race->world, &race->slot, &why), MEZZO_OK);
}

/* --- logs -------------------------------------------------------------------------------------- */

static bool in_a_ring(struct race *race, uint64_t page)
{
	for (unsigned int i = 0; i < WORLD_VCPUS * ENTRIES; i++)
		if (atomic_load(&race->entry[i].flags) && race->entry[i].page == page)
			return true;
	return false;
}

/* Nobody but this thread makes pages clean: what is writable now was noticed before. */
static void what_is_writable_is_noticed(struct race *race)
{
	struct mezzo_mapping seen;

	for (uint64_t page = 0; page < PAGES; page++) {
		mezzo_space_query(race->space, HOST, (struct mezzo_ipa){RAM + page * PAGE}, &seen);
		if (seen.leaf.state == MEZZO_ENTRY_LEAF && seen.leaf.attr.write)
			assert_true(world_logged(race->world, page) || in_a_ring(race, page));
	}
}

static unsigned int make_clean(struct race *race)
{
	uint64_t bits[WORDS];
	struct mezzo_refusal why;
	unsigned int count = 0;

	if (rand() % 2) {
		assert_int_equal(mezzo_dirty_take(race->space, 1, 0, PAGES, bits, &why), MEZZO_OK);
	} else {
		assert_int_equal(mezzo_dirty_get(race->space, 1, 0, PAGES, bits, &why), MEZZO_OK);
		bits[0] &= UINT64_C(0xffff0000ffff0000);
		assert_int_equal(mezzo_dirty_clear(race->space, 1, 0, PAGES, bits, &why), MEZZO_OK);
	}
	for (unsigned int i = 0; i < WORDS; i++)
		count += (unsigned int)__builtin_popcountll(bits[i]);
	return count;
}

static unsigned int empty_rings(struct race *race)
{
	uint32_t slot, count, total = 0;
	uint64_t page;
	int status;

	for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
		while (mezzo_dirty_next(race->space, vcpu, &race->cursor[vcpu], &slot, &page))
			assert_true(slot == 1 && page < PAGES);
	do {
		status = mezzo_dirty_reset(race->space, &count);
		total += count;
	} while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	return total;
}

static void copy_while_it_runs(struct race *race)
{
	struct mezzo_refusal why;

	set_flags(race, rand() % 2 ? MEZZO_SLOT_FLAG_LOG_DIRTY
				   : MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY);
	if (rand() % 2)
		while (mezzo_slot_split(race->space, 1, &why) == MEZZO_ERR_AGAIN)
			;
	for (unsigned int round = 0; round < 4; round++) {
		what_is_writable_is_noticed(race);
		race->noticed += make_clean(race);
		if (race->rings)
			race->noticed += empty_rings(race);
	}
	what_is_writable_is_noticed(race);
	set_flags(race, 0);
	/* The bitmap is ours again. */
	for (unsigned int i = 0; i < WORDS; i++)
		atomic_store_explicit(&race->slot.bitmap[i], 0, memory_order_relaxed);
	if (rand() % 2)
		while (mezzo_slot_collapse(race->space, 1, &why) == MEZZO_ERR_AGAIN)
			;
	if (race->rings)
		race->noticed += empty_rings(race);
}

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true}};

static void what_can_be_written_is_in_the_bitmap(void **state)
{
	struct race *race = open_race(&fwb, false);

	(void)state;
	run(race, copy_while_it_runs);
	assert_true(race->noticed > 1000);
	close_race(race);
}

static void what_can_be_written_is_in_a_ring(void **state)
{
	struct race *race = open_race(&fwb, false);
	struct mezzo_refusal why;

	(void)state;
	race->rings = true;
	assert_int_equal(mezzo_dirty_rings(race->space, race->entry, ENTRIES, &why), MEZZO_OK);
	run(race, copy_while_it_runs);
	assert_true(race->noticed > 1000);
	close_race(race);
}

/* --- notes ------------------------------------------------------------------------------------- */

static const struct world_options noting = {
	.machine = {.fwb = true, .idc = true},
	.features = {.access = true, .dirty = true},
};

/* A guest whose writes the hardware notes. Each is there before it is noted, as data in a cache. */
static void *write_memory(void *arg)
{
	struct vcpu *self = arg;
	struct race *race = self->race;

	while (!atomic_load(&race->stop)) {
		const uint64_t page = below(self, below(self, 2) ? 8 : PAGES);
		const struct mezzo_ipa ipa = {RAM + page * PAGE};

		atomic_fetch_add(&race->version[page], 1);
		while (!notes_write(race->space, self->number, ipa)) {
			const struct mezzo_fault_info info = {
				.ipa = ipa,
				.access = MEZZO_ACCESS_WRITE,
				.kind = (uint8_t)below(self, 2),
			};
			struct mezzo_fault_result result;

			CHECK(mezzo_space_fault(race->space, self->number, &info, &result) ==
			      MEZZO_OK);
			CHECK(result.outcome == MEZZO_GRANT);
		}
		atomic_fetch_add(&race->granted, 1);
	}
	return NULL;
}

static void copy_noted(struct race *race)
{
	uint64_t bits[WORDS];
	struct mezzo_refusal why;

	if (rand() % 8 == 0)
		assert_int_equal(mezzo_object_revoke(&race->pool->object, (uint64_t)rand() % PAGES,
						     16),
				 MEZZO_OK);
	if (rand() % 2)
		assert_int_equal(mezzo_dirty_get(race->space, 1, 0, PAGES, bits, &why), MEZZO_OK);
	assert_int_equal(mezzo_dirty_take(race->space, 1, 0, PAGES, bits, &why), MEZZO_OK);
	for (uint64_t page = 0; page < PAGES; page++) {
		if (!(bits[page / 64] >> page % 64 & 1))
			continue;
		race->copied[page] = atomic_load(&race->version[page]);
		race->noticed++;
	}
}

static void what_the_hardware_noted_is_copied(void **state)
{
	struct race *race = open_race(&noting, false);
	pthread_t thread[VCPUS];
	struct timespec start;

	(void)state;
	set_flags(race, MEZZO_SLOT_FLAG_LOG_DIRTY);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < VCPUS; i++) {
		race->vcpu[i] = (struct vcpu){.race = race, .number = i, .seed = 113 * i + 1};
		assert_int_equal(pthread_create(&thread[i], NULL, write_memory, &race->vcpu[i]), 0);
	}
	while (!time_is_up(&start))
		copy_noted(race);
	atomic_store(&race->stop, true);
	for (unsigned int i = 0; i < VCPUS; i++)
		pthread_join(thread[i], NULL);
	copy_noted(race);
	for (uint64_t page = 0; page < PAGES; page++)
		assert_int_equal(race->copied[page], race->version[page]);
	assert_true(race->granted > 1000 && race->noticed > 1000);
	close_race(race);
}

/* --- tags -------------------------------------------------------------------------------------- */

static const struct world_options tagged = {
	.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}};

/* Whoever may use tags finds none of somebody else's: not even for a moment. */
static void switch_tags(struct race *race)
{
	const uint64_t page_tags = PAGE / 16;
	struct mezzo_mapping seen;
	struct mezzo_refusal why;
	int status;

	assert_int_equal(mezzo_space_set_mte(race->space, true, &why), MEZZO_OK);
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t page = 0; page < PAGES; page++) {
			mezzo_space_query(race->space, HOST, (struct mezzo_ipa){RAM + page * PAGE},
					  &seen);
			if (seen.leaf.state == MEZZO_ENTRY_LEAF)
				assert_int_equal(race->world->tags[page * page_tags + page % 64],
						 0);
		}
	assert_int_equal(mezzo_space_set_mte(race->space, false, &why), MEZZO_OK);
	/* And now the next owner's turn. */
	world_delete(race->world, 1);
	assert_int_equal(mezzo_pool_disown(race->pool), MEZZO_OK);
	memset(race->world->tags, 0x0a, PAGES * page_tags);
	do
		status = mezzo_slot_create(race->space, &race->slot, &why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	race->noticed++;
}

static void *touch_memory(void *arg)
{
	struct vcpu *self = arg;

	while (!atomic_load(&self->race->stop)) {
		const struct mezzo_fault_info info = {
			.ipa = {RAM + below(self, PAGES) * PAGE},
			.access = below(self, 2) ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
		};
		struct mezzo_fault_result result;

		CHECK(mezzo_space_fault(self->race->space, self->number, &info, &result) ==
		      MEZZO_OK);
		atomic_fetch_add(&self->race->granted, result.outcome == MEZZO_GRANT);
	}
	return NULL;
}

static void no_tags_of_others_are_seen_when_they_are_switched_on(void **state)
{
	struct race *race = open_race(&tagged, true);
	struct vcpu *self = race->vcpu;
	pthread_t thread[VCPUS];
	struct timespec start;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < VCPUS; i++) {
		self[i] = (struct vcpu){.race = race, .number = i, .seed = 31 * i + 1};
		assert_int_equal(pthread_create(&thread[i], NULL, touch_memory, &self[i]), 0);
	}
	while (!time_is_up(&start))
		switch_tags(race);
	atomic_store(&race->stop, true);
	for (unsigned int i = 0; i < VCPUS; i++)
		pthread_join(thread[i], NULL);
	assert_true(race->granted > 1000 && race->noticed > 3);
	close_race(race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_written_is_in_the_bitmap),
		cmocka_unit_test(what_can_be_written_is_in_a_ring),
		cmocka_unit_test(what_the_hardware_noted_is_copied),
		cmocka_unit_test(no_tags_of_others_are_seen_when_they_are_switched_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
