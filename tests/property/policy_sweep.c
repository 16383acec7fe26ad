/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 policy on every admissible input: 1,672,151,040 points, each invariant on each.
 *
 * One sweep, then a test per invariant. Three facts (the sizes and XNX) are varied innermost and
 * shown at every point to change nothing but max_order, which I8 pins; the other invariants then
 * need only one of their 18 combinations. Built without sanitizers, for time:
 * policy_sample runs the same invariants on a part of the space with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy_invariants.h"

/* All admissible machines and guests, times everything else. */
#define POINTS UINT64_C(1672151040)

/* The table, pinned: it changes only with an ADR. docs/adr/0006-policy-digest.md has the first. */
#define DIGEST UINT64_C(0x11aec7ccc5fa41c6)

static struct policy_domain bases;
static struct policy_tally table;
static struct policy_verdict verdict;
_Static_assert(POLICY_INVARIANTS <= POLICY_JUDGED_MAX, "room in struct policy_verdict");

static void set_sizes_and_xnx(struct mezzo_facts *facts, unsigned int i)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};

	facts->memory.max_order = orders[i / 6];
	facts->fault.order = orders[i / 2 % 3];
	facts->machine.arm64.xnx = i & 1;
}

/* The 18 points that differ in sizes and XNX: one answer, but for max_order. */
static void vary_sizes_and_xnx(const struct policy_case *base)
{
	struct policy_words expected = policy_pack(&base->decision);
	struct mezzo_decision decisions[18];
	struct policy_case at = *base;
	struct mezzo_facts facts = *base->facts;

	for (unsigned int i = 0; i < 18; i++) {
		set_sizes_and_xnx(&facts, i);
		base->decide(&facts, &decisions[i]);
	}
	at.facts = &facts;
	for (unsigned int i = 0; i < 18; i++) {
		struct policy_words words = policy_pack(&decisions[i]);

		set_sizes_and_xnx(&facts, i);
		policy_tally_add(&table, words);
		table.max_orders |= UINT64_C(1) << decisions[i].max_order;
		if (words.a != expected.a || words.c != expected.c ||
		    (words.b ^ expected.b) & ~POLICY_WORDS_B_ORDER)
			policy_broken(&verdict, POLICY_SIZES, &facts);
		at.decision.max_order = decisions[i].max_order;
		if (!policy_invariants[POLICY_I8_SIZE].holds(&at))
			policy_broken(&verdict, POLICY_I8_SIZE, &facts);
	}
}

static int sweep(void **state)
{
	struct policy_walk walk;

	(void)state;
	policy_domain_all(&bases);
	policy_domain_fix(&bases, POLICY_MAX_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&bases, POLICY_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&bases, POLICY_XNX, 0);
	policy_tally_start(&table);
	policy_walk_start(&walk, &bases);
	do {
		struct policy_case at;

		policy_ask(&at, mezzo_arm64_decide, &walk.facts);
		policy_tally_see(&table, &at);
		for (unsigned int i = 0; i < POLICY_INVARIANTS; i++)
			if (i != POLICY_SIZES && !policy_invariants[i].holds(&at))
				policy_broken(&verdict, i, &walk.facts);
		vary_sizes_and_xnx(&at);
	} while (policy_walk_next(&walk));
	return 0;
}

static void invariant_holds(void **state)
{
	const struct policy_invariant *invariant = *state;
	const char *told = policy_verdict_told(&verdict, policy_invariants,
					       (unsigned int)(invariant - policy_invariants),
					       mezzo_arm64_decide);

	if (told)
		fail_msg("%s", told);
}

static void every_admissible_point_was_visited(void **state)
{
	(void)state;
	assert_int_equal(table.points, POINTS);
}

/* The rest of the space: facts that no machine has. What is asked and of which frame is no excuse. */
static void machines_that_cannot_exist_are_refused(void **state)
{
	struct policy_domain domain;
	struct policy_walk walk;

	(void)state;
	policy_domain_all(&domain);
	policy_domain_fix(&domain, POLICY_MAX_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&domain, POLICY_ORDER, MEZZO_ORDER_4K);
	policy_domain_fix(&domain, POLICY_DMA, MEZZO_DMA_NONE);
	policy_domain_fix(&domain, POLICY_TAGS, MEZZO_CONTENT_UNOWNED);
	policy_walk_start(&walk, &domain);
	walk.any_machine = true;
	do {
		struct mezzo_decision decision;
		bool slot = walk.facts.fault.slot != MEZZO_SLOT_NONE;

		if (policy_admissible(&walk.facts))
			continue;
		mezzo_arm64_decide(&walk.facts, &decision);
		assert_int_equal(decision.outcome == MEZZO_REFUSE, slot);
		assert_int_equal(decision.reason == MEZZO_WHY_FACTS_INADMISSIBLE, slot);
	} while (policy_walk_next(&walk));
}

static void I17_every_reason_and_output_is_reached(void **state)
{
	const char *missing = policy_tally_missing(&table);

	(void)state;
	if (missing)
		fail_msg("never reached: %s", missing);
}

static void I18_digest_is_the_pinned_one(void **state)
{
	(void)state;
	if (table.digest != DIGEST)
		fail_msg("digest is 0x%016llx: the table changes only with an ADR",
			 (unsigned long long)table.digest);
}

int main(void)
{
	static struct CMUnitTest tests[POLICY_INVARIANTS + 4] = {
		cmocka_unit_test(every_admissible_point_was_visited),
		cmocka_unit_test(machines_that_cannot_exist_are_refused),
		cmocka_unit_test(I17_every_reason_and_output_is_reached),
		cmocka_unit_test(I18_digest_is_the_pinned_one),
	};

	for (unsigned int i = 0; i < POLICY_INVARIANTS; i++)
		tests[4 + i] = (struct CMUnitTest){
			.name = policy_invariants[i].name,
			.test_func = invariant_holds,
			.initial_state = (void *)&policy_invariants[i],
		};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sweep, NULL);
}
