/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/policy.c cli/linux/fault.c cli/linux/slot.c cli/linux/text.c */
/*
 * Runs of what the checker has proved are done over on the engine and the model platform: nothing may
 * be found, and tables and objects must say what the checker says after every step. Counterexamples are
 * check_replay_sweep's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "check/judge_internal.h"
#include "cli/linux/policy.h"
#include "replay.h"

#define MEMORY ((size_t)128 << 20)

static struct judge *judge;

static int open_judge(void **state)
{
	(void)state;
	judge = judge_new(MEMORY, 2);
	return judge ? 0 : -1;
}

static int close_judge(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

/* --- runs of what is proved ------------------------------------------------------------------------------ */

#define WALK 48

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Whoever acts is chosen first, so that nobody is crowded out; then what it does. */
static const struct check_move *choose(const struct check_move *moves, unsigned int count,
				       uint32_t *seed)
{
	unsigned int agent = next_random(seed) % (AGENT_CACHE + 1), first = next_random(seed);

	for (unsigned int i = 0; i < count; i++)
		if (moves[(first + i) % count].agent == agent)
			return &moves[(first + i) % count];
	return &moves[first % count];
}

/* Without those that break what is not proved of every policy: they are stories. */
static unsigned int sound_moves(const struct page_model *model, uint64_t at,
				struct check_move moves[CHECK_MOVES_MAX])
{
	unsigned int count = page_machine.moves(model, at, moves), kept = 0;

	for (unsigned int i = 0; i < count; i++)
		if (!(moves[i].broken & ~CHECK_REPORTS))
			moves[kept++] = moves[i];
	return kept;
}

/* Any way through the machine, with values as they are, not as they matter. Returns its length. */
static unsigned int walk(const struct page_model *model, uint32_t seed,
			 struct check_step steps[WALK])
{
	struct check_move moves[CHECK_MOVES_MAX];
	uint64_t at = page_machine.start(model);
	unsigned int length = 0;

	while (length < WALK) {
		unsigned int count = sound_moves(model, at, moves);
		const struct check_move *move;

		if (!count)
			break;
		move = choose(moves, count, &seed);
		steps[length++] = (struct check_step){at, move->to, move->action};
		at = move->to;
	}
	return length;
}

static void fail_walk(const struct replay *r, const struct judge_run *run,
		      const struct check_world world[2], const struct page_model *model,
		      const struct check_step *steps, unsigned int last)
{
	const struct check_case at = {run->policy, {world[0], world[1]}, model};
	char text[360];

	replay_print(r);
	for (unsigned int i = 0; i <= last; i++) {
		page_tell(&at, &steps[i], CHECK_PROPERTIES, text, sizeof(text));
		printf("# %u. %s\n", i + 1, text);
	}
	printf("#");
	for (unsigned int f = 0; f < CHECK_FIELDS; f++)
		printf(" %s=%s", check_field_name((enum check_field)f),
		       check_field_value((enum check_field)f, world->field[f]));
	printf("\n");
	fail_msg("%s: step %u: %s", run->policy->name, last + 1, replay_message(r));
}

/* Returns how many steps it had. */
static unsigned int replay_walk(const struct judge_run *run, const struct check_world world[2],
				struct page_model *model, uint32_t seed)
{
	struct check_step steps[WALK];
	struct replay *r;
	unsigned int length;

	model->story = true;
	length = walk(model, seed, steps);
	r = replay_begin(run, world, model, 0);
	for (unsigned int i = 0; i < length; i++)
		if (replay_step(r, &steps[i], &steps[i + 1], length - i - 1) != REPLAY_SAME)
			fail_walk(r, run, world, model, steps, i);
	replay_end(r);
	return length;
}

struct walks {
	unsigned int stride, number, done, steps;
};

static bool walk_one(struct judge *j, const struct judge_run *run,
		     const struct check_world world[2], void *arg)
{
	struct walks *w = arg;
	struct page_model model = {0};

	(void)j;
	if (w->number++ % w->stride || replay_obstacle(run, world) ||
	    !run->subject->compile(run->policy, world, run->kind, &run->change, &model))
		return true;
	w->steps += replay_walk(run, world, &model, 0x9e3779b9u * w->number);
	w->done++;
	return true;
}

static void replay_walks(const struct judge_run *run, unsigned int stride)
{
	static const char *const kinds[] = {"", ", frames that move", ", guests that migrate"};
	struct walks w = {.stride = stride};

	judge_each(judge, run, walk_one, &w);
	printf("# %s, %s%s: %u runs, %u steps\n", run->policy->name, run->family->name,
	       kinds[run->kind], w.done, w.steps);
	assert_true(w.steps > 20 * w.done);
}

static void runs_of_what_is_proved(void **state)
{
	static const struct {
		const struct check_subject *subject;
		const struct check_policy *policy;
		const struct check_family *family;
		unsigned int stride;
		enum check_kind kind;
	} proved[] = {
		{&x86_subject, &check_policy_mezzo_x86, &check_family_x86_debate, 1, CHECK_ONE},
		{&x86_subject, &check_policy_mezzo_x86, &check_family_x86_contract, 37, CHECK_ONE},
		{&arm64_subject, &check_policy_mezzo, &check_family_debate, 1, CHECK_ONE},
		{&arm64_subject, &check_policy_mezzo, &check_family_object, 1, CHECK_ONE},
		{&arm64_subject, &check_policy_mezzo, &check_family_contract, 37, CHECK_ONE},
		{&arm64_subject, &check_policy_mezzo, &check_family_object, 101, CHECK_MOVE},
		{&arm64_subject, &check_policy_mezzo, &check_family_debate, 11, CHECK_MIGRATE},
		{&arm64_subject, &linux_policy_6_17, &check_family_debate, 1, CHECK_ONE},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(proved) / sizeof(proved[0]); i++) {
		const struct judge_run run = {
			.subject = proved[i].subject,
			.policy = proved[i].policy,
			.family = proved[i].family,
			.kind = proved[i].kind,
		};

		replay_walks(&run, proved[i].stride);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_of_what_is_proved),
	};

	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
