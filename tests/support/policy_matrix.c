/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every invariant of a rule can fail: wrong rules break exactly the invariants that they should.
 * Judged on a sample of the space that a sweep visits whole, with sanitizers, and with more weight
 * on facts that are not refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy_mutants.h"

#define SAMPLES 120000

static const struct policy_study *study;
static struct mezzo_facts sample[SAMPLES];
static uint64_t right_digest;
static uint64_t ever_broken;

/* splitmix64: the sample is the same in every run. */
static uint64_t scatter(uint64_t i)
{
	i *= UINT64_C(0x9e3779b97f4a7c15);
	i = (i ^ i >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	i = (i ^ i >> 27) * UINT64_C(0x94d049bb133111eb);
	return i ^ i >> 31;
}

static int choose_sample(void **state)
{
	const struct policy_domain *domain = study->domain;
	uint64_t number = 0;

	(void)state;
	for (unsigned int i = 0; i < SAMPLES;) {
		uint64_t rest = scatter(++number);

		for (unsigned int field = 0; field < POLICY_FIELDS; field++) {
			policy_set(&sample[i], (enum policy_field)field,
				   domain->value[field][rest % domain->count[field]]);
			rest /= domain->count[field];
		}
		i += policy_admissible(&sample[i]);
	}
	return 0;
}

/* The set of invariants that @decide breaks on the sample. */
static uint64_t broken_by(mezzo_decide_fn *decide)
{
	struct policy_tally tally;
	uint64_t broken = 0;

	policy_tally_start(&tally);
	for (unsigned int i = 0; i < SAMPLES; i++) {
		struct policy_case at;

		policy_ask(&at, decide, &sample[i]);
		policy_tally_see(&tally, &at);
		policy_tally_add(&tally, policy_pack(&at.decision));
		for (unsigned int j = 0; j < study->invariants_count; j++)
			if (!(broken >> j & 1) && !study->invariants[j].holds(&at))
				broken |= UINT64_C(1) << j;
	}
	if (study->missing(&tally))
		broken |= UINT64_C(1) << study->invariants_count;
	if (!right_digest)
		right_digest = tally.digest;
	if (tally.digest != right_digest)
		broken |= UINT64_C(1) << (study->invariants_count + 1);
	return broken;
}

static unsigned int columns(void)
{
	return study->invariants_count + 2;
}

static const char *column_name(unsigned int column)
{
	if (column == study->invariants_count)
		return "I17_every_reason_and_output_is_reached";
	if (column > study->invariants_count)
		return "I18_digest_is_the_pinned_one";
	return study->invariants[column].name;
}

static void mutant_breaks_exactly_its_invariants(void **state)
{
	const struct policy_mutant *mutant = *state;
	uint64_t broken = broken_by(mutant->decide);

	ever_broken |= broken;
	printf("# %-38s", mutant->name);
	for (unsigned int i = 0; i < columns(); i++)
		putchar(broken >> i & 1 ? 'X' : '.');
	putchar('\n');
	for (unsigned int i = 0; i < columns(); i++)
		if ((broken ^ mutant->kills) >> i & 1)
			printf("# %s: %s %s\n", mutant->name,
			       broken >> i & 1 ? "breaks, unexpectedly," : "does not break",
			       column_name(i));
	assert_int_equal(broken, mutant->kills);
}

static void every_invariant_is_broken_by_some_mutant(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < columns(); i++)
		if (!(ever_broken >> i & 1))
			fail_msg("%s cannot fail", column_name(i));
}

int policy_matrix(const struct policy_study *of)
{
	struct CMUnitTest *tests = calloc(of->mutants_count + 1, sizeof(*tests));
	int failed;

	study = of;
	for (unsigned int i = 0; i < study->mutants_count; i++)
		tests[i] = (struct CMUnitTest){
			.name = study->mutants[i].name,
			.test_func = mutant_breaks_exactly_its_invariants,
			.initial_state = (void *)&study->mutants[i],
		};
	tests[study->mutants_count] =
		(struct CMUnitTest)cmocka_unit_test(every_invariant_is_broken_by_some_mutant);
	for (unsigned int i = 0; i < columns(); i++)
		printf("# column %2u: %s\n", i + 1, column_name(i));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests(study->name, tests, study->mutants_count + 1,
					 choose_sample, NULL);
	free(tests);
	return failed;
}
