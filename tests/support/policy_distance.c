/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_distance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define UNKNOWN 0xff

static const struct policy_distances *study;
static uint32_t points;
static uint8_t *distance; /* to the nearest accepted point, in facts changed */

static struct mezzo_facts facts_of(uint32_t point)
{
	struct mezzo_facts facts = {
		.memory = {.writable = true, .max_order = MEZZO_ORDER_1G},
	};

	for (unsigned int i = 0; i < study->dimensions_count; i++) {
		const struct policy_dimension *d = &study->dimensions[i];

		policy_set(&facts, d->at, (uint8_t)(d->first + point % d->count));
		point /= d->count;
	}
	return facts;
}

static bool accepted(const struct mezzo_facts *facts)
{
	struct mezzo_decision decision;

	study->decide(facts, &decision);
	return decision.outcome != MEZZO_REFUSE;
}

/* Every point that differs from @point in one fact, and was not seen before, joins the queue. */
static uint32_t spread(uint32_t point, uint32_t *queue, uint32_t tail)
{
	uint32_t weight = 1;

	for (unsigned int i = 0; i < study->dimensions_count; i++) {
		uint32_t count = study->dimensions[i].count, digit = point / weight % count;

		for (uint32_t to = 0; to < count; to++) {
			uint32_t other = point + to * weight - digit * weight;

			if (distance[other] != UNKNOWN)
				continue;
			distance[other] = (uint8_t)(distance[point] + 1);
			queue[tail++] = other;
		}
		weight *= count;
	}
	return tail;
}

static int measure(void **state)
{
	uint32_t head = 0, tail = 0, *queue;

	(void)state;
	points = 1;
	for (unsigned int i = 0; i < study->dimensions_count; i++)
		points *= study->dimensions[i].count;
	distance = malloc(points);
	queue = malloc(points * sizeof(*queue));
	if (!distance || !queue)
		return -1;
	for (uint32_t point = 0; point < points; point++) {
		struct mezzo_facts facts = facts_of(point);

		distance[point] = UNKNOWN;
		if (accepted(&facts)) {
			distance[point] = 0;
			queue[tail++] = point;
		}
	}
	while (head < tail)
		tail = spread(queue[head++], queue, tail);
	free(queue);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	free(distance);
	return 0;
}

static void apply(struct mezzo_facts *facts, const struct mezzo_change *change)
{
	for (unsigned int i = 0; i < study->dimensions_count; i++) {
		const struct policy_dimension *d = &study->dimensions[i];

		if (d->field != change->field)
			continue;
		assert_int_equal(policy_get(facts, d->at), change->from);
		assert_int_not_equal(change->to, change->from);
		policy_set(facts, d->at, change->to);
		return;
	}
	fail_msg("%s is not a fact of the policy", mezzo_field_name(change->field));
}

/* Changing the allowed set alone: no set with fewer classes changed would have done. */
static void assert_fewest_classes(const struct mezzo_facts *facts,
				  const struct mezzo_change *change)
{
	int changed = __builtin_popcount(change->from ^ change->to);

	for (unsigned int allow = 1; allow <= MEZZO_CLASS_ALL; allow++) {
		struct mezzo_facts other = *facts;

		other.memory.allow = (uint8_t)allow;
		if (__builtin_popcount(change->from ^ allow) < changed)
			assert_false(accepted(&other));
	}
}

static void the_furthest_is_as_far_as_said(void **state)
{
	unsigned int furthest = 0;

	(void)state;
	for (uint32_t point = 0; point < points; point++)
		if (distance[point] > furthest)
			furthest = distance[point];
	assert_int_equal(furthest, study->furthest);
	assert_true(furthest <= MEZZO_CHANGES_MAX);
}

static void every_refusal_has_its_nearest_neighbour(void **state)
{
	uint32_t count[MEZZO_CHANGES_MAX + 1] = {0};

	(void)state;
	for (uint32_t point = 0; point < points; point++) {
		struct mezzo_facts facts = facts_of(point);
		struct mezzo_change changes[MEZZO_CHANGES_MAX];
		unsigned int n = distance[point];

		count[n]++;
		if (n > study->whole && point % study->part)
			continue;
		assert_int_equal(study->nearest(study->decide, &facts, changes), n);
		if (n == 1 && changes[0].field == MEZZO_FIELD_ALLOW)
			assert_fewest_classes(&facts, &changes[0]);
		for (unsigned int i = 0; i < n; i++)
			apply(&facts, &changes[i]);
		assert_true(accepted(&facts));
	}
	for (unsigned int n = 0; n <= study->furthest; n++)
		printf("# %u changes: %u\n", n, count[n]);
}

int policy_distance(const struct policy_distances *distances)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_furthest_is_as_far_as_said),
		cmocka_unit_test(every_refusal_has_its_nearest_neighbour),
	};

	study = distances;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests(study->name, tests, sizeof(tests) / sizeof(tests[0]),
				       measure, forget);
}
