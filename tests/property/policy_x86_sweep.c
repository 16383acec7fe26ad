/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 policy on every admissible input: 1,393,459,200 points, each invariant on each.
 *
 * One sweep, then a test per invariant. The sizes and what is said of tags are varied innermost and
 * shown at every point to change nothing but max_order, which I8 pins; the other invariants then
 * need only one of their 36 combinations. Built without sanitizers, for time: policy_x86_mutants
 * runs the same invariants on a part of the space with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "x86_invariants.h"

#define POINTS UINT64_C(1393459200)

/* The table, pinned: it changes only with an ADR (docs/adr/0006, 0012). */
#define DIGEST UINT64_C(0x2e0daf4b357bcf7a)

#define VARIATIONS 36

static struct policy_domain bases;
static struct policy_tally table;
static uint8_t numbers[MEZZO_REASONS]; /* x86_reason_number() */
static struct policy_verdict verdict;
_Static_assert(X86_INVARIANTS <= POLICY_JUDGED_MAX, "room in struct policy_verdict");

static void set_variation(struct mezzo_facts *facts, unsigned int i)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};

	facts->memory.max_order = orders[i / 12];
	facts->fault.order = orders[i / 4 % 3];
	facts->memory.tag_storage = i >> 1 & 1;
	facts->frame.tags = i & 1;
}

/* One answer, but for max_order and the tags that are passed through. */
static void vary(const struct policy_case *base)
{
	struct policy_words expected = policy_pack(&base->decision);
	struct mezzo_decision decisions[VARIATIONS];
	struct policy_case at = *base;
	struct mezzo_facts facts = *base->facts;

	for (unsigned int i = 0; i < VARIATIONS; i++) {
		set_variation(&facts, i);
		base->decide(&facts, &decisions[i]);
	}
	at.facts = &facts;
	for (unsigned int i = 0; i < VARIATIONS; i++) {
		bool granted = decisions[i].outcome == MEZZO_GRANT;
		struct mezzo_decision told = decisions[i];
		struct policy_words words;

		set_variation(&facts, i);
		told.reason = numbers[told.reason];
		policy_tally_add(&table, policy_pack(&told));
		if (granted)
			table.frames |= UINT64_C(1) << (decisions[i].frame_after.data |
							decisions[i].frame_after.tags << 1 |
							decisions[i].frame_after.lines << 2);
		table.max_orders |= UINT64_C(1) << decisions[i].max_order;
		decisions[i].frame_after.tags = base->decision.frame_after.tags;
		words = policy_pack(&decisions[i]);
		if (words.a != expected.a || words.c != expected.c ||
		    (words.b ^ expected.b) & ~POLICY_WORDS_B_ORDER)
			policy_broken(&verdict, X86_SIZES, &facts);
		at.decision.max_order = decisions[i].max_order;
		if (!x86_invariants[X86_I8_SIZE].holds(&at))
			policy_broken(&verdict, X86_I8_SIZE, &facts);
	}
}

static int sweep(void **state)
{
	struct policy_walk walk;

	(void)state;
	for (unsigned int reason = 0; reason < MEZZO_REASONS; reason++)
		numbers[reason] = (uint8_t)x86_reason_number(reason);
	policy_domain_x86(&bases);
	policy_domain_fix(&bases, POLICY_MAX_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&bases, POLICY_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&bases, POLICY_TAG_STORAGE, 0);
	policy_domain_fix(&bases, POLICY_TAGS, 0);
	policy_tally_start(&table);
	policy_walk_start(&walk, &bases);
	do {
		struct policy_case at;

		policy_ask(&at, mezzo_x86_decide, &walk.facts);
		policy_tally_see(&table, &at);
		for (unsigned int i = 0; i < X86_INVARIANTS; i++)
			if (i != X86_SIZES && !x86_invariants[i].holds(&at))
				policy_broken(&verdict, i, &walk.facts);
		vary(&at);
	} while (policy_walk_next(&walk));
	return 0;
}

static void invariant_holds(void **state)
{
	const struct policy_invariant *invariant = *state;
	const char *told =
		policy_verdict_told(&verdict, x86_invariants,
				    (unsigned int)(invariant - x86_invariants), mezzo_x86_decide);

	if (told)
		fail_msg("%s", told);
}

static void every_admissible_point_was_visited(void **state)
{
	(void)state;
	assert_int_equal(table.points, POINTS);
}

/* What no x86 machine reports: accesses that arm64 alone has, guests with tags. */
static void facts_that_cannot_exist_are_refused(void **state)
{
	struct policy_domain domain;
	struct policy_walk walk;
	uint64_t refused = 0;

	(void)state;
	policy_domain_x86(&domain);
	domain.count[POLICY_ACCESS] = MEZZO_ACCESS_KINDS;
	domain.count[POLICY_GUEST_MTE] = 2;
	domain.value[POLICY_GUEST_MTE][1] = 1;
	policy_domain_fix(&domain, POLICY_MAX_ORDER, MEZZO_ORDER_1G);
	policy_domain_fix(&domain, POLICY_ORDER, MEZZO_ORDER_4K);
	policy_domain_fix(&domain, POLICY_TAG_STORAGE, 0);
	policy_domain_fix(&domain, POLICY_TAGS, 0);
	policy_domain_fix(&domain, POLICY_CR0_CD, 0);
	policy_domain_fix(&domain, POLICY_MTRR, MEZZO_X86_WC);
	policy_walk_start(&walk, &domain);
	walk.any_machine = true;
	do {
		bool impossible =
			walk.facts.fault.access > MEZZO_ACCESS_WALK_WRITE ||
			(walk.facts.guest.mte && walk.facts.fault.slot != MEZZO_SLOT_NONE);
		struct mezzo_decision decision;

		mezzo_x86_decide(&walk.facts, &decision);
		assert_int_equal(decision.reason == MEZZO_WHY_FACTS_INADMISSIBLE, impossible);
		if (impossible)
			assert_int_equal(decision.outcome, MEZZO_REFUSE);
		assert_int_equal(mezzo_x86_facts_valid(&walk.facts),
				 !impossible && !walk.facts.guest.mte);
		refused += impossible;
	} while (policy_walk_next(&walk));
	assert_int_not_equal(refused, 0);
}

static void I17_every_reason_and_output_is_reached(void **state)
{
	const char *missing = x86_tally_missing(&table);

	(void)state;
	if (missing)
		fail_msg("%s", missing);
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
	static struct CMUnitTest tests[X86_INVARIANTS + 4] = {
		cmocka_unit_test(every_admissible_point_was_visited),
		cmocka_unit_test(facts_that_cannot_exist_are_refused),
		cmocka_unit_test(I17_every_reason_and_output_is_reached),
		cmocka_unit_test(I18_digest_is_the_pinned_one),
	};

	for (unsigned int i = 0; i < X86_INVARIANTS; i++)
		tests[4 + i] = (struct CMUnitTest){
			.name = x86_invariants[i].name,
			.test_func = invariant_holds,
			.initial_state = (void *)&x86_invariants[i],
		};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sweep, NULL);
}
