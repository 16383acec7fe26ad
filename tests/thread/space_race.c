/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults, queries and explanations on several vCPUs beside revocations, unmaps and slots that come
 * and go. ThreadSanitizer watches the memory; the test watches that what a guest wrote is never
 * zeroed again and that nothing is left at the end.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
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
	_Atomic unsigned int answered;
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
		self[i] = (struct vcpu_thread){.shared = &shared, .number = i};
		assert_int_equal(pthread_create(&thread[i], NULL, vcpu, &self[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t first = (uint64_t)rand_r(&seed) % PAGES;

		switch (rand_r(&seed) % 8) {
		case 0:
			while (mezzo_slot_delete(&shared.world->space, 1, NULL) == MEZZO_ERR_AGAIN)
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
			assert_int_equal(mezzo_object_revoke(config.object, first, 1 + first % 7),
					 MEZZO_OK);
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

/* --- slots of different sizes, one after the other in the same place -------------------------- */

/* Of an object: how large it is, and whether it was ever asked for what it has not. */
struct asked {
	struct mezzo_hostmap map;
	uint64_t pages;
	_Atomic bool beyond;
};

static int find_frame(void *arg, uint64_t offset_pages, bool write, struct mezzo_frame *frame)
{
	struct asked *asked = arg;

	(void)write;
	if (offset_pages >= asked->pages)
		atomic_store(&asked->beyond, true);
	*frame = (struct mezzo_frame){
		.pa = {WORLD_FRAMES_PA + (offset_pages << MEZZO_PAGE_SHIFT)},
		.before_pages = offset_pages,
		.from_pages = asked->pages - offset_pages,
		.writable = true,
	};
	return MEZZO_OK;
}

static void make(struct asked *asked, const struct world *world, uint64_t pages)
{
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);

	*asked = (struct asked){.pages = pages};
	assert_int_equal(mezzo_hostmap_init(&asked->map, &world->hosted.platform, &contract, pages,
					    find_frame, asked),
			 MEZZO_OK);
}

static void *touch(void *arg)
{
	struct vcpu_thread *self = arg;
	const struct mezzo_fault_info info = {
		.ipa = {RAM + (UINT64_C(PAGES / 2) << MEZZO_PAGE_SHIFT)},
		.access = MEZZO_ACCESS_READ,
	};
	struct mezzo_fault_result result;

	while (!atomic_load(&self->shared->stop)) {
		if (mezzo_space_fault(&self->shared->world->space, self->number, &info, &result))
			abort();
		atomic_fetch_add(&self->answered, 1);
	}
	return NULL;
}

/* A vCPU remembers the slot of its last fault; that slot may be another's by now. */
static void slot_in_anothers_place_answers_for_itself(void **state)
{
	struct shared shared = {.world = world_new(&plain)};
	struct asked *asked = calloc(2, sizeof(*asked));
	struct vcpu_thread self[3];
	pthread_t thread[3];

	(void)state;
	make(&asked[0], shared.world, PAGES);
	make(&asked[1], shared.world, 1);
	for (uint32_t i = 0; i < 3; i++) {
		self[i] = (struct vcpu_thread){.shared = &shared, .number = i};
		assert_int_equal(pthread_create(&thread[i], NULL, touch, &self[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS / 20; round++) {
		const struct mezzo_slot_config config = {
			.id = 1,
			.ipa = {RAM},
			.pages = asked[round % 2].pages,
			.object = &asked[round % 2].map.object,
		};
		struct mezzo_refusal why;
		unsigned int before[3];
		int status;

		do
			status = mezzo_slot_create(&shared.world->space, &config, &why);
		while (status == MEZZO_ERR_AGAIN);
		assert_int_equal(status, MEZZO_OK);
		/* The slot stays until every vCPU has met it. */
		for (unsigned int i = 0; i < 3; i++)
			before[i] = atomic_load(&self[i].answered);
		for (unsigned int i = 0; i < 3; i++)
			while (atomic_load(&self[i].answered) == before[i])
				sched_yield();
		while (mezzo_slot_delete(&shared.world->space, 1, NULL) == MEZZO_ERR_AGAIN)
			;
	}
	atomic_store(&shared.stop, true);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	assert_false(asked[0].beyond);
	assert_false(asked[1].beyond);
	world_free(shared.world);
	free(asked);
}

/* --- a frame that is cleaned between look-up and entry ------------------------------------------ */

/* The unmap has raised the sequence; the fault has looked the frame up; the unmap is over. */
static sem_t begun, resolved, unmapped;
static const struct mezzo_object_ops *real_ops;

static int resolve_and_wait(struct mezzo_object *object, uint64_t offset, bool write,
			    struct mezzo_frame *frame)
{
	const int status = real_ops->resolve(object, offset, write, frame);

	sem_post(&resolved);
	sem_wait(&unmapped);
	return status;
}

static void invalidate_and_wait(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
	sem_post(&begun);
	sem_wait(&resolved);
}

static void *fault_meanwhile(void *arg)
{
	struct world *world = arg;
	const struct mezzo_fault_info info = {.ipa = {RAM}, .access = MEZZO_ACCESS_READ};
	struct mezzo_fault_result result;

	sem_wait(&begun);
	if (mezzo_space_fault(&world->space, 1, &info, &result) || result.retry ||
	    result.outcome != MEZZO_GRANT)
		abort();
	return NULL;
}

/*
 * The fault was told that lines may be there, and needs no work for that. Meanwhile the frame was
 * cleaned, and the object told; the fault's entry makes lines possible again, and says so.
 */
static void a_frame_cleaned_between_lookup_and_entry_is_maybe_again(void **state)
{
	static const struct world_options fwb = {.machine = {.fwb = true, .idc = true},
						 .no_direct = true};
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	const struct mezzo_object_ops *ops;
	struct mezzo_object_ops slow;
	struct mezzo_frame frame;
	struct mezzo_pool *pool;
	pthread_t thread;

	(void)state;
	/* Forced write-back, so that no line has to go before it is mapped. */
	c.allow = MEZZO_CLASS_WB;
	pool = world_pool(world, &c, 0, 2);
	real_ops = ops = pool->object.ops;
	slow = *ops;
	slow.resolve = resolve_and_wait;
	sem_init(&begun, 0, 0);
	sem_init(&resolved, 0, 0);
	sem_init(&unmapped, 0, 0);
	world_slot(world, 1, RAM, &pool->object, 2, 0);
	(void)world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	/* Its neighbour keeps the table: otherwise the fault would ask twice. */
	(void)world_fault(world, RAM + MEZZO_PAGE_BYTES, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	world->hosted.platform.tlb_invalidate_combined = invalidate_and_wait;
	pool->object.ops = &slow;
	assert_int_equal(pthread_create(&thread, NULL, fault_meanwhile, world), 0);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){RAM}, 1), MEZZO_OK);
	assert_int_equal(ops->resolve(&pool->object, 0, false, &frame), MEZZO_OK);
	assert_int_equal(frame.state.lines, MEZZO_LINES_CLEAN);
	sem_post(&unmapped);
	pthread_join(thread, NULL);
	pool->object.ops = ops;
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_LEAF);
	assert_int_equal(ops->resolve(&pool->object, 0, false, &frame), MEZZO_OK);
	assert_int_equal(frame.state.lines, MEZZO_LINES_MAYBE);
	sem_post(&resolved);
	world_free(world);
	world_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once_is_clean),
		cmocka_unit_test(slot_in_anothers_place_answers_for_itself),
		cmocka_unit_test(a_frame_cleaned_between_lookup_and_entry_is_maybe_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
