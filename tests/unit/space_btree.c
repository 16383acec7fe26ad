/* SPDX-License-Identifier: BSD-2-Clause */
/* The index of slots by address, beside an array with a place for every address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <space/internal.h>

#include "../support/index_check.h"

#define SLOTS 400 /* so many at once */
#define SPAN 1000 /* addresses */

struct stage {
	struct mezzo_index index;
	struct mezzo_index_node *node; /* no more than the header says are needed */
	struct mezzo_slot slot[SPAN];
	bool in[SPAN];
	unsigned int count, seed;
};

static struct stage *open_stage(unsigned int seed)
{
	struct stage *s = calloc(1, sizeof(*s));

	s->node = aligned_alloc(64, MEZZO_INDEX_NODES(SLOTS) / 2 * sizeof(*s->node));
	s->seed = seed;
	for (uint64_t ipa = 0; ipa < SPAN; ipa++)
		s->slot[ipa].config.ipa.addr = ipa;
	btree_init(&s->index, s->node);
	return s;
}

static void close_stage(struct stage *s)
{
	free(s->node);
	free(s);
}

static void turn(struct stage *s, unsigned int ipa)
{
	if (!s->in[ipa] && s->count == SLOTS)
		return;
	if (s->in[ipa])
		btree_remove(&s->index, ipa);
	else
		btree_insert(&s->index, ipa, &s->slot[ipa]);
	s->in[ipa] = !s->in[ipa];
	s->count += s->in[ipa] ? 1 : -1u;
}

static void check(struct stage *s, uint64_t ipa)
{
	struct mezzo_slot *last = NULL, *after = NULL, *found = btree_find(&s->index, ipa);

	for (uint64_t i = 0; i <= ipa; i++)
		if (s->in[i])
			last = &s->slot[i];
	for (uint64_t i = SPAN - 1; i > ipa; i--)
		if (s->in[i])
			after = &s->slot[i];
	assert_ptr_equal(btree_after(&s->index, ipa), after);
	/* Below all of them it says the first, which does not cover the address. */
	assert_ptr_equal(found, last ? last : after);
}

static unsigned int below(struct stage *s, unsigned int limit)
{
	return (unsigned int)rand_r(&s->seed) % limit;
}

static void an_index_agrees_with_an_array(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 4; seed++) {
		struct stage *s = open_stage(seed);

		for (unsigned int round = 0; round < 12000; round++) {
			/* Fill and empty again, from the bottom, the top, and everywhere. */
			unsigned int wide = 1 + round % 2000 * SPAN / 2000;
			unsigned int ipa = below(s, wide);

			turn(s, seed & 1 ? ipa : SPAN - 1 - ipa);
			assert_int_equal(index_check(&s->index), s->count);
			check(s, below(s, SPAN));
		}
		for (unsigned int ipa = 0; ipa < SPAN; ipa++)
			if (s->in[ipa])
				turn(s, ipa);
		assert_int_equal(index_check(&s->index), 0);
		assert_int_equal(s->index.levels, 1);
		assert_null(btree_find(&s->index, 5));
		assert_null(btree_after(&s->index, 5));
		close_stage(s);
	}
}

/* In order, up and down, and from both ends: what embedders do. */
static void orders_that_embedders_have_need_no_more_memory(void **state)
{
	struct stage *s = open_stage(1);

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int i = 0; i < SLOTS; i++)
			turn(s, round & 1 ? SLOTS - 1 - i : i);
		assert_int_equal(index_check(&s->index), SLOTS);
		for (unsigned int i = 0; i < SLOTS; i++)
			turn(s, round & 2 ? SLOTS - 1 - i : i);
		assert_int_equal(index_check(&s->index), 0);
	}
	assert_in_range(s->index.touched, 1, MEZZO_INDEX_NODES(SLOTS) / 2);
	close_stage(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_agrees_with_an_array),
		cmocka_unit_test(orders_that_embedders_have_need_no_more_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
