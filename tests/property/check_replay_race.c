/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault against a revocation, step by step, as the checker's race machine has it, on the engine: runs
 * without a flaw go the same way, and the protocol's flaws end as the checker tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "check/judge_internal.h"
#include "race_replay.h"

#define MEMORY ((size_t)16 << 20)
#define WALK 96u
/* How many configurations there are to one that is looked at: most differ in nothing that counts here. */
#define STORY_STRIDE 61
#define WALK_STRIDE 3

static struct judge *judge;

static int open_judge(void **state)
{
	(void)state;
	judge = judge_new(MEMORY, 1);
	return judge ? 0 : -1;
}

static int close_judge(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

struct races {
	unsigned int number, done, found, obstructed;
	const char *why;
};

/* What a rule of the model's is in the words of the checker. */
static uint64_t meaning(enum mezzo_model_rule rule)
{
	switch (rule) {
	case MEZZO_MODEL_STALE_TRANSLATION:
	case MEZZO_MODEL_FLUSH_OWED:
		return CHECK_BIT(CHECK_S12_NO_REUSED_PAGE);
	case MEZZO_MODEL_LEAK:
		return CHECK_BIT(CHECK_S15_CLEAN_BEFORE_VISIBLE);
	case MEZZO_MODEL_FALSE_STATE:
		return CHECK_BIT(CHECK_S1_NO_LEAK);
	default:
		return 0;
	}
}

static void fail_story(const struct race_replay *race, const struct judge_story *story,
		       unsigned int step)
{
	for (unsigned int i = 0; i < story->length; i++)
		printf("# %c %u. %s\n", i == step ? '>' : ' ', i + 1, story->step[i].text);
	fail_msg("%s: step %u: %s", check_property_texts[story->property].id, step + 1,
		 race_replay_message(race));
}

/* The shortest story of every property that is broken in a configuration. */
static void tell_one(const struct judge_run *run, const struct check_world world[2],
		     const struct race_model *model, enum check_property property, uint64_t broken,
		     struct races *races)
{
	struct judge_story *story = calloc(1, sizeof(*story));
	struct race_replay *race = race_replay_begin(&world[0], model);
	unsigned int i = 0;

	assert_non_null(story);
	assert_int_equal(judge_tell(judge, run, world, property, story), CHECK_OK);
	while (i < story->length && race_replay_step(race, &story->step[i].step))
		i++;
	/* What goes on for ever is seen to come about; there is nothing to be found. */
	if (i < story->length ? !(meaning(race_replay_rule(race)) & broken)
			      : property != CHECK_L3_PROGRESS)
		fail_story(race, story, i);
	races->found++;
	race_replay_end(race);
	free(story);
}

static bool tell_broken(struct judge *j, const struct judge_run *run,
			const struct check_world world[2], void *arg)
{
	struct races *races = arg;
	unsigned int length[CHECK_PROPERTIES];
	struct race_model model = {0};
	const char *why;
	bool accepted;
	uint64_t broken;

	if (races->number++ % STORY_STRIDE ||
	    !race_compile(run->policy, world, run->kind, &run->change, &model))
		return true;
	why = race_replay_obstacle(&world[0], &model);
	if (why) {
		races->why = why;
		races->obstructed++;
		return true;
	}
	assert_int_equal(judge_one(j, run, world, &accepted, &broken, length), CHECK_OK);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		if (broken >> p & 1)
			tell_one(run, world, &model, (enum check_property)p, broken, races);
	return true;
}

static void flaws_of_the_protocol(void **state)
{
	(void)state;
	for (unsigned int flaw = 0; flaw < RACE_FLAWS; flaw++) {
		const struct judge_run run = {
			.subject = &race_subject,
			.policy = &check_policy_mezzo,
			.family = &check_family_object,
			.change = {.lacks = 1u << flaw},
		};
		struct races races = {0};

		judge_each(judge, &run, tell_broken, &races);
		printf("# %-20s found %u", race_flaws[flaw].name, races.found);
		if (races.obstructed)
			printf("; not replayed %u: %s", races.obstructed, races.why);
		printf("\n");
		assert_true(races.found > 0);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void walk(const struct check_world world[2], const struct race_model *model, uint32_t seed)
{
	struct race_replay *race = race_replay_begin(&world[0], model);
	struct check_move moves[CHECK_MOVES_MAX];
	uint64_t at = race_machine.start(model);

	for (unsigned int i = 0; i < WALK; i++) {
		const unsigned int count = race_machine.moves(model, at, moves);
		const struct check_move *move = &moves[next_random(&seed) % count];
		const struct check_step step = {at, move->to, move->action};

		if (!race_replay_step(race, &step))
			fail_msg("seed %#x, step %u: %s", seed, i + 1, race_replay_message(race));
		at = move->to;
	}
	race_replay_end(race);
}

static bool walk_one(struct judge *j, const struct judge_run *run,
		     const struct check_world world[2], void *arg)
{
	struct races *races = arg;
	struct race_model model = {0};

	(void)j;
	if (races->number++ % WALK_STRIDE ||
	    !race_compile(run->policy, world, run->kind, &run->change, &model))
		return true;
	if (race_replay_obstacle(&world[0], &model)) {
		races->obstructed++;
		return true;
	}
	walk(world, &model, 0x9e3779b9u * races->number);
	races->done++;
	return true;
}

static void runs_without_a_flaw(void **state)
{
	const struct judge_run run = {
		.subject = &race_subject,
		.policy = &check_policy_mezzo,
		.family = &check_family_object,
	};
	struct races races = {0};

	(void)state;
	judge_each(judge, &run, walk_one, &races);
	printf("# %u runs of %u steps; not replayed %u: registers\n", races.done, WALK,
	       races.obstructed);
	assert_true(races.done > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flaws_of_the_protocol),
		cmocka_unit_test(runs_without_a_flaw),
	};

	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
