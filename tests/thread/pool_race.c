/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool's states beside each other: threads that each own some pages of the same two blocks change
 * them, blocks mix and are alike again, and nobody's change is lost or seen by another.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <mezzo/platform_hosted.h>
#include <mezzo/space.h>

#define THREADS 4u
#define BLOCK 512u
#define FIRST 8u /* the pool begins inside a block: of that one it has 504 pages */
#define PAGES (BLOCK - FIRST + BLOCK + 100)
#define TURNS 60u

#define CHECK(x)                                                                                   \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			printf("not ok - line %d: %s\n", __LINE__, #x);                            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static struct mezzo_hosted hosted;
static struct mezzo_pool pool;
static uint8_t state_memory[8192];

static struct mezzo_frame_state state_of(uint64_t page)
{
	struct mezzo_object *object = &pool.object;
	struct mezzo_frame frame;

	CHECK(object->ops->resolve(object, page, false, &frame) == MEZZO_OK);
	CHECK(frame.before_pages <= page && frame.from_pages >= 1);
	return frame.state;
}

/* Every page of a thread goes through the states that its owner gives it, one after another. */
static void one_turn(uint64_t page, unsigned int turn)
{
	const struct mezzo_frame_state unowned = {.data = 1}, owned = {0};
	struct mezzo_object *object = &pool.object;
	struct mezzo_frame frame;

	CHECK(!state_of(page).lines);
	object->ops->frames_lines(object, page, 1, MEZZO_LINES_MAYBE);
	CHECK(state_of(page).lines);
	object->ops->frames_lines(object, page, 1, MEZZO_LINES_CLEAN);
	CHECK(!state_of(page).lines && state_of(page).data == (turn & 1));
	CHECK(object->ops->frames_begin(object, page, 1, turn & 1 ? unowned : owned) == MEZZO_OK);
	CHECK(object->ops->resolve(object, page, false, &frame) == MEZZO_ERR_AGAIN);
	CHECK(object->ops->frames_begin(object, page, 1, owned) == MEZZO_ERR_AGAIN);
	object->ops->frames_end(object, page, 1, turn & 1 ? owned : unowned);
	CHECK(state_of(page).data == !(turn & 1));
}

static void *work(void *arg)
{
	const unsigned int self = (unsigned int)(uintptr_t)arg;

	for (unsigned int turn = 0; turn < TURNS; turn++)
		for (uint64_t page = self; page < PAGES; page += THREADS)
			one_turn(page, turn);
	return NULL;
}

int main(void)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	pthread_t thread[THREADS];

	printf("1..1\n");
	contract.promise = (struct mezzo_frame_state){0};
	CHECK(mezzo_hosted_init(&hosted, NULL) == MEZZO_OK);
	CHECK(sizeof(state_memory) >= mezzo_pool_state_bytes(PAGES));
	CHECK(mezzo_pool_init(&pool, &hosted.platform, &contract,
			      (struct mezzo_pa){FIRST * MEZZO_PAGE_BYTES}, PAGES,
			      state_memory) == MEZZO_OK);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&thread[i], NULL, work, (void *)i));
	for (unsigned int i = 0; i < THREADS; i++)
		CHECK(!pthread_join(thread[i], NULL));
	/* All are as they were: the blocks are alike again, so a block is one run. */
	for (uint64_t page = 0; page < PAGES; page++)
		CHECK(!state_of(page).data && !state_of(page).lines);
	printf("ok 1 - no_change_of_a_page_is_lost_beside_others\n");
	return 0;
}
