/* SPDX-License-Identifier: BSD-2-Clause */
/* The model's CPUs as coroutines, its locks, and what it does to the operations of a call site. */
#include "hand.h"

#include <string.h>

/* --- CPUs ------------------------------------------------------------------------------------- */

#define TURNS 200

struct contest {
	struct hand *hand;
	struct mezzo_lock lock;
	bool locked;
	unsigned int inside, most, turns[MEZZO_MODEL_CPUS], switches;
	unsigned int last;
};

struct contestant {
	struct contest *contest;
	unsigned int cpu;
};

static void contend(void *arg)
{
	const struct contestant *self = arg;
	struct contest *contest = self->contest;
	const struct mezzo_platform *p = contest->hand->p;

	for (unsigned int i = 0; i < TURNS; i++) {
		if (contest->locked)
			p->lock(p->ctx, &contest->lock);
		contest->inside++;
		if (contest->inside > contest->most)
			contest->most = contest->inside;
		contest->switches += contest->last != self->cpu;
		contest->last = self->cpu;
		hand_complete(contest->hand);
		contest->inside--;
		if (contest->locked)
			p->unlock(p->ctx, &contest->lock);
		contest->turns[self->cpu]++;
	}
}

static struct contest run_contest(uint64_t seed, bool locked)
{
	struct mezzo_model_config config = hand_plain(seed);
	struct contestant self[MEZZO_MODEL_CPUS];
	struct contest contest = {.locked = locked};
	struct hand hand;

	hand_open(&hand, &config);
	contest.hand = &hand;
	for (unsigned int cpu = 0; cpu < MEZZO_MODEL_CPUS; cpu++) {
		self[cpu] = (struct contestant){&contest, cpu};
		assert_true(mezzo_model_spawn(hand.model, cpu, contend, &self[cpu]));
	}
	mezzo_model_run(hand.model);
	assert_no_violation(&hand);
	hand_close(&hand);
	contest.hand = NULL;
	return contest;
}

static void cpus_come_between_each_others_operations(void **state)
{
	struct contest contest = run_contest(1, false);

	(void)state;
	assert_int_equal(contest.most, MEZZO_MODEL_CPUS);
	for (unsigned int cpu = 0; cpu < MEZZO_MODEL_CPUS; cpu++)
		assert_int_equal(contest.turns[cpu], TURNS);
}

static void a_lock_keeps_them_apart(void **state)
{
	struct contest contest = run_contest(1, true);

	(void)state;
	assert_int_equal(contest.most, 1);
	assert_true(contest.switches > MEZZO_MODEL_CPUS);
}

static void a_seed_is_a_schedule(void **state)
{
	struct contest a = run_contest(5, false), b = run_contest(5, false);

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
	b = run_contest(6, false);
	assert_int_not_equal(a.switches, b.switches);
}

static void wait_for_ever(void *arg)
{
	struct hand *hand = arg;

	for (;;)
		hand->p->relax(hand->p->ctx);
}

static void when_everybody_only_waits_that_is_no_progress(void **state)
{
	struct mezzo_model_config config = hand_plain(1);
	struct hand hand;

	(void)state;
	hand_open(&hand, &config);
	assert_true(mezzo_model_spawn(hand.model, 0, wait_for_ever, &hand));
	assert_true(mezzo_model_spawn(hand.model, 1, wait_for_ever, &hand));
	mezzo_model_run(hand.model);
	assert_rule(&hand, MEZZO_MODEL_NO_PROGRESS);
	hand_close(&hand);
}

/* --- mutations ---------------------------------------------------------------------------------- */

/* Two call sites of one operation, each in one place only. */
__attribute__((noinline)) static void first_site(struct hand *hand)
{
	hand_complete(hand);
}

__attribute__((noinline)) static void second_site(struct hand *hand)
{
	hand->p->barrier(hand->p->ctx, MEZZO_BARRIER_COMPLETE);
}

static void open_mutant(struct hand *hand, const struct mezzo_model_mutation *mutation)
{
	struct mezzo_model_config config = hand_plain(1);

	if (mutation)
		config.mutation = *mutation;
	hand_open(hand, &config);
	hand_place(hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(hand, &hand->level3[0],
		 hand_frame(0).addr | hand_guest_choice(hand) | HAND_DATA | HAND_PAGE);
	hand_set(hand, &hand->level3[0], 0);
}

static struct mezzo_model_site site_number(const struct hand *hand, enum mezzo_model_op op,
					   unsigned int number)
{
	const struct mezzo_model_site *site;
	size_t count;

	site = mezzo_model_sites(hand->model, &count);
	for (size_t i = 0; i < count; i++)
		if (site[i].op == op && number-- == 0)
			return site[i];
	fail_msg("no such call site");
	return site[0];
}

static void call_sites_are_told_apart_and_counted(void **state)
{
	struct hand hand;

	(void)state;
	open_mutant(&hand, NULL);
	first_site(&hand);
	second_site(&hand);
	first_site(&hand);
	assert_int_equal(site_number(&hand, MEZZO_MODEL_BARRIER_COMPLETE, 0).calls, 2);
	assert_int_equal(site_number(&hand, MEZZO_MODEL_BARRIER_COMPLETE, 1).calls, 1);
	hand_close(&hand);
}

/* Invalidate, wait at one site and then at the other: is the frame out of reach? */
__attribute__((noinline)) static bool out_of_reach(struct hand *hand, unsigned int waits)
{
	hand->p->tlb_invalidate_space(hand->p->ctx, HAND_VMID);
	if (waits & 1)
		first_site(hand);
	if (waits & 2)
		second_site(hand);
	return !mezzo_model_reachable(hand->model, hand_frame(0));
}

static struct mezzo_model_mutation mutate(enum mezzo_model_mutation_kind kind,
					  enum mezzo_model_op op, unsigned int number, uint64_t nth)
{
	struct mezzo_model_mutation mutation = {.kind = kind, .op = op, .nth = nth};
	struct hand hand;

	open_mutant(&hand, NULL);
	(void)out_of_reach(&hand, 3);
	mutation.address = site_number(&hand, op, number).address;
	hand_close(&hand);
	return mutation;
}

static void a_dropped_operation_does_nothing(void **state)
{
	struct mezzo_model_mutation mutation =
		mutate(MEZZO_MODEL_DROP, MEZZO_MODEL_BARRIER_COMPLETE, 0, 0);
	struct hand hand;

	(void)state;
	open_mutant(&hand, NULL);
	assert_true(out_of_reach(&hand, 1));
	hand_close(&hand);
	open_mutant(&hand, &mutation);
	assert_false(out_of_reach(&hand, 1));
	assert_false(out_of_reach(&hand, 1));
	/* The other call site is not touched. */
	assert_true(out_of_reach(&hand, 2));
	hand_close(&hand);
}

static void only_the_nth_call_may_be_dropped(void **state)
{
	struct mezzo_model_mutation mutation =
		mutate(MEZZO_MODEL_DROP, MEZZO_MODEL_BARRIER_COMPLETE, 0, 2);
	struct hand hand;

	(void)state;
	open_mutant(&hand, &mutation);
	first_site(&hand);
	assert_false(out_of_reach(&hand, 1));
	assert_true(out_of_reach(&hand, 1));
	hand_close(&hand);
}

static void a_delayed_operation_comes_after_the_next(void **state)
{
	struct mezzo_model_mutation mutation =
		mutate(MEZZO_MODEL_DELAY, MEZZO_MODEL_TLB_SPACE, 0, 0);
	struct hand hand;

	(void)state;
	open_mutant(&hand, &mutation);
	/* The invalidation comes after the first barrier, before the second. */
	assert_false(out_of_reach(&hand, 1));
	second_site(&hand);
	assert_false(mezzo_model_reachable(hand.model, hand_frame(0)));
	hand_close(&hand);
}

/* --- the judge ------------------------------------------------------------------------------- */

static void the_first_violation_stays(void **state)
{
	struct mezzo_model_config config = hand_plain(1);
	struct hand hand;

	(void)state;
	hand_open(&hand, &config);
	mezzo_model_fail(hand.model, MEZZO_MODEL_LEAK, "first %d", 1);
	mezzo_model_fail(hand.model, MEZZO_MODEL_TAG_LEAK, "second");
	assert_rule(&hand, MEZZO_MODEL_LEAK);
	assert_string_equal(mezzo_model_message(hand.model), "first 1");
	hand_close(&hand);
}

static void every_rule_and_operation_has_a_name(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < MEZZO_MODEL_RULES; rule++)
		for (unsigned int other = 0; other < rule; other++)
			assert_string_not_equal(mezzo_model_rule_name((enum mezzo_model_rule)rule),
						mezzo_model_rule_name(
							(enum mezzo_model_rule)other));
	for (unsigned int op = 0; op < MEZZO_MODEL_OPS; op++)
		assert_true(strlen(mezzo_model_op_name((enum mezzo_model_op)op)) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus_come_between_each_others_operations),
		cmocka_unit_test(a_lock_keeps_them_apart),
		cmocka_unit_test(a_seed_is_a_schedule),
		cmocka_unit_test(when_everybody_only_waits_that_is_no_progress),
		cmocka_unit_test(call_sites_are_told_apart_and_counted),
		cmocka_unit_test(a_dropped_operation_does_nothing),
		cmocka_unit_test(only_the_nth_call_may_be_dropped),
		cmocka_unit_test(a_delayed_operation_comes_after_the_next),
		cmocka_unit_test(the_first_violation_stays),
		cmocka_unit_test(every_rule_and_operation_has_a_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
