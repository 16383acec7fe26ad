/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nearest accepted neighbour, for every refusal of the slot check. Distances are found apart
 * from the engine, by spreading from the accepted points over the whole space of the sixteen facts
 * that can be changed; so that the answer is a neighbour, and that no smaller change would do, is
 * shown for all 1,032,192 points. What mezzo_arm64_nearest leaves out decides no refusal: I15, in
 * policy_sweep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy_space.h"

static const struct {
	enum policy_field at;
	enum mezzo_field field;
	uint8_t count, first;
} dims[] = {
	{POLICY_ALIASES, MEZZO_FIELD_ALIASES, MEZZO_ALIASES_VALUES, 0},
	{POLICY_ALLOW, MEZZO_FIELD_ALLOW, MEZZO_CLASS_ALL, 1},
	{POLICY_MAINTENANCE, MEZZO_FIELD_MAINTENANCE, MEZZO_MAINTENANCE_VALUES, 0},
	{POLICY_DMA, MEZZO_FIELD_DMA, MEZZO_DMA_VALUES, 0},
	{POLICY_TAG_STORAGE, MEZZO_FIELD_TAG_STORAGE, 2, 0},
	{POLICY_PRIVATE, MEZZO_FIELD_PRIVATE, 2, 0},
	{POLICY_MMIO, MEZZO_FIELD_MMIO, 2, 0},
	{POLICY_DATA, MEZZO_FIELD_DATA, 2, 0},
	{POLICY_TAGS, MEZZO_FIELD_TAGS, 2, 0},
	{POLICY_LINES, MEZZO_FIELD_LINES, 2, 0},
	{POLICY_GUEST_MTE, MEZZO_FIELD_GUEST_MTE, 2, 0},
	{POLICY_DIRTY_LOG, MEZZO_FIELD_DIRTY_LOG, 2, 0},
	{POLICY_FWB, MEZZO_FIELD_FWB, 2, 0},
	{POLICY_IDC, MEZZO_FIELD_IDC, 2, 0},
	{POLICY_MTE, MEZZO_FIELD_MTE, 2, 0},
	{POLICY_MTE_PERM, MEZZO_FIELD_MTE_PERM, 2, 0},
};
#define DIMS (sizeof(dims) / sizeof(dims[0]))
#define POINTS (4 * 7 * 3 * 3 * 4096)
#define UNKNOWN 0xff

static uint8_t distance[POINTS]; /* to the nearest accepted point, in facts changed */
static uint32_t queue[POINTS];

static struct mezzo_facts facts_of(uint32_t point)
{
	struct mezzo_facts facts = {
		.memory = {.writable = true, .max_order = MEZZO_ORDER_1G},
	};

	for (unsigned int i = 0; i < DIMS; i++) {
		policy_set(&facts, dims[i].at, (uint8_t)(dims[i].first + point % dims[i].count));
		point /= dims[i].count;
	}
	return facts;
}

static bool accepted(const struct mezzo_facts *facts)
{
	struct mezzo_decision decision;

	mezzo_arm64_decide(facts, &decision);
	return decision.outcome != MEZZO_REFUSE;
}

static int measure(void **state)
{
	uint32_t head = 0, tail = 0;

	(void)state;
	for (uint32_t point = 0; point < POINTS; point++) {
		struct mezzo_facts facts = facts_of(point);

		distance[point] = UNKNOWN;
		if (accepted(&facts)) {
			distance[point] = 0;
			queue[tail++] = point;
		}
	}
	while (head < tail) {
		uint32_t point = queue[head++], weight = 1;

		for (unsigned int i = 0; i < DIMS; weight *= dims[i++].count) {
			uint32_t digit = point / weight % dims[i].count;

			for (uint32_t to = 0; to < dims[i].count; to++) {
				uint32_t other = point + to * weight - digit * weight;

				if (distance[other] != UNKNOWN)
					continue;
				distance[other] = (uint8_t)(distance[point] + 1);
				queue[tail++] = other;
			}
		}
	}
	return 0;
}

static void apply(struct mezzo_facts *facts, const struct mezzo_change *change)
{
	for (unsigned int i = 0; i < DIMS; i++) {
		if (dims[i].field != change->field)
			continue;
		assert_int_equal(policy_get(facts, dims[i].at), change->from);
		assert_int_not_equal(change->to, change->from);
		policy_set(facts, dims[i].at, change->to);
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

static void changes_max_is_the_longest_distance(void **state)
{
	unsigned int furthest = 0;

	(void)state;
	for (uint32_t point = 0; point < POINTS; point++)
		if (distance[point] > furthest)
			furthest = distance[point];
	assert_int_equal(furthest, MEZZO_CHANGES_MAX);
}

/* All points that are at most three changes away; of the further ones, which take long, a fifth. */
static void every_refusal_has_its_nearest_neighbour(void **state)
{
	uint32_t count[MEZZO_CHANGES_MAX + 1] = {0};

	(void)state;
	for (uint32_t point = 0; point < POINTS; point++) {
		struct mezzo_facts facts = facts_of(point);
		struct mezzo_change changes[MEZZO_CHANGES_MAX];
		unsigned int n = distance[point];

		count[n]++;
		if (n > 3 && point % 5)
			continue;
		assert_int_equal(mezzo_arm64_nearest(mezzo_arm64_decide, &facts, changes), n);
		if (n == 1 && changes[0].field == MEZZO_FIELD_ALLOW)
			assert_fewest_classes(&facts, &changes[0]);
		for (unsigned int i = 0; i < n; i++)
			apply(&facts, &changes[i]);
		assert_true(accepted(&facts));
	}
	for (unsigned int n = 0; n <= MEZZO_CHANGES_MAX; n++)
		printf("# %u changes: %u\n", n, count[n]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_max_is_the_longest_distance),
		cmocka_unit_test(every_refusal_has_its_nearest_neighbour),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, measure, NULL);
}
