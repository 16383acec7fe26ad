/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/policy.c cli/linux/fault.c cli/linux/slot.c cli/linux/text.c */
/*
 * What the checker tells is done over on the engine and the model platform. A counterexample must
 * end there, too, with the same being seen, or with the model's judge finding what it is about; in
 * runs of what is proved nothing may be found, and tables and objects must say what the checker
 * says after every step.
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
#define PATH_MAX_STEPS 64

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

#define B(property) CHECK_BIT(CHECK_##property)

/* What a rule of the model's is in the words of the checker. */
static const uint64_t meaning[MEZZO_MODEL_RULES] = {
	[MEZZO_MODEL_STALE_TRANSLATION] = B(S12_NO_REUSED_PAGE),
	[MEZZO_MODEL_FLUSH_OWED] = B(S12_NO_REUSED_PAGE),
	[MEZZO_MODEL_TABLE_IN_USE] = B(S12_NO_REUSED_PAGE),
	[MEZZO_MODEL_LEAK] = B(S1_NO_LEAK) | B(S1D_NO_LEAK_DMA),
	[MEZZO_MODEL_TAG_LEAK] = B(S3_NO_TAG_LEAK),
	[MEZZO_MODEL_STALE_CODE] = B(S2_NO_STALE_EXEC) | B(S2B_OWN_CODE) | B(S11_RESET_IMAGE),
	[MEZZO_MODEL_LOST_WRITE] = B(S7B_SET_WAY) | B(S7_OWN_WRITE_KEPT) | B(S7Z_DATA_SURVIVE) |
				   B(S8_SHARED_SEEN) | B(S8X_COPY_OUT) | B(S9O_DMA_OUT) |
				   B(S9I_DMA_IN) | B(S11_RESET_IMAGE) | B(S3Z_TAGS_SURVIVE),
	[MEZZO_MODEL_WINDOW_MISUSE] = B(S4_NO_HOST_CRASH),
	[MEZZO_MODEL_NO_TAG_STORAGE] = B(S5_NO_EXTERNAL_ABORT),
	[MEZZO_MODEL_MMIO_WRITE_BACK] = B(S6_NO_MACHINE_CHECK),
};

/* What nothing but the values that somebody saw, or the entry that was made, can show. */
#define OBSERVED                                                                                   \
	(B(S3_NO_TAG_LEAK) | B(S3Z_TAGS_SURVIVE) | B(S7B_SET_WAY) | B(S1_NO_LEAK) |                \
	 B(S1D_NO_LEAK_DMA) | B(S2_NO_STALE_EXEC) | B(S2B_OWN_CODE) | B(S7_OWN_WRITE_KEPT) |       \
	 B(S7Z_DATA_SURVIVE) | B(S8_SHARED_SEEN) | B(S8X_COPY_OUT) | B(S9O_DMA_OUT) |              \
	 B(S9I_DMA_IN) | B(S10_DIRTY_LOG) | B(S10D_DIRTY_LOG_DMA) | B(S11_RESET_IMAGE) |           \
	 B(S17_NO_WIDENING))

/* The rules that are not about @property: a story may break others on its way. */
static uint32_t tolerated(enum check_property property)
{
	static const enum mezzo_model_rule of_values[] = {
		MEZZO_MODEL_LEAK,
		MEZZO_MODEL_TAG_LEAK,
		MEZZO_MODEL_STALE_CODE,
		MEZZO_MODEL_LOST_WRITE,
	};
	uint32_t set = 0;

	for (unsigned int i = 0; i < sizeof(of_values) / sizeof(of_values[0]); i++)
		if (!(meaning[of_values[i]] >> property & 1))
			set |= 1u << of_values[i];
	return set;
}

/* --- counterexamples ---------------------------------------------------------------------------------- */

struct tally {
	unsigned int seen, found, other, skipped, refused;
};

static void fail_with(const struct replay *r, const struct judge_story *story, unsigned int step)
{
	replay_print(r);
	printf("#");
	for (unsigned int f = 0; f < CHECK_FIELDS; f++)
		printf(" %s=%s", check_field_name(f),
		       check_field_value(f, story->world[0].field[f]));
	printf("\n");
	for (unsigned int i = 0; i < story->length; i++)
		printf("# %c %u. %s\n", i == step ? '>' : ' ', i + 1, story->step[i].text);
	fail_msg("%s, %s: step %u: %s", story->run->policy->name,
		 check_property_texts[story->property].id, step + 1, replay_message(r));
}

/* Every step of a story, until the model's judge has enough. */
static enum replay_result replay_story(struct replay *r, const struct judge_story *story,
				       unsigned int *step)
{
	struct check_step steps[JUDGE_STEPS_MAX];
	enum replay_result result = REPLAY_SAME;

	for (unsigned int i = 0; i < story->length; i++)
		steps[i] = story->step[i].step;
	for (*step = 0; *step < story->length && result == REPLAY_SAME; ++*step)
		result =
			replay_step(r, &steps[*step], &steps[*step + 1], story->length - *step - 1);
	--*step;
	return result;
}

/* @broken: all that is broken in this configuration. */
static void judge_end(const struct replay *r, const struct judge_story *story, unsigned int step,
		      enum replay_result result, uint64_t broken, struct tally *tally)
{
	uint64_t found = meaning[replay_rule(r)];

	if (result == REPLAY_VIOLATION && found >> story->property & 1)
		tally->found++;
	else if (result == REPLAY_VIOLATION && found & broken)
		tally->other++;
	else if (result == REPLAY_REFUSED && story->property == CHECK_L1_NO_LATE_REFUSAL)
		tally->refused++;
	else if (result == REPLAY_SAME && OBSERVED >> story->property & 1)
		tally->seen++;
	else
		fail_with(r, story, step);
}

static bool can_be_replayed(const struct judge_story *story, const struct page_model *model)
{
	for (unsigned int i = 0; i < story->length; i++)
		if (!replay_can_step(model, &story->step[i].step))
			return false;
	return true;
}

static void replay_one(const struct judge_run *run, const struct check_world world[2],
		       enum check_property property, uint64_t broken, struct tally *tally)
{
	struct judge_story *story = calloc(1, sizeof(*story));
	struct page_model model = {0};
	enum replay_result result;
	struct replay *r;
	unsigned int step;

	assert_non_null(story);
	assert_int_equal(judge_tell(judge, run, world, property, story), CHECK_OK);
	assert_true(run->subject->compile(run->policy, world, run->kind, &run->change, &model));
	if (!can_be_replayed(story, &model)) {
		tally->skipped++;
		free(story);
		return;
	}
	r = replay_begin(run, world, &model, tolerated(property));
	result = replay_story(r, story, &step);
	judge_end(r, story, step, result, broken, tally);
	replay_end(r);
	free(story);
}

struct replays {
	unsigned int stride, number;
	struct tally tally;
};

static bool replay_broken(struct judge *j, const struct judge_run *run,
			  const struct check_world world[2], void *arg)
{
	struct replays *r = arg;
	unsigned int length[CHECK_PROPERTIES];
	bool accepted;
	uint64_t broken;

	if (r->number++ % r->stride || !replay_can_be(run, world))
		return true;
	assert_int_equal(judge_one(j, run, world, &accepted, &broken, length), CHECK_OK);
	for (unsigned int p = 0; accepted && p < CHECK_PROPERTIES; p++)
		if (broken >> p & 1 && !(CHECK_REPORTS >> p & 1))
			replay_one(run, world, (enum check_property)p, broken, &r->tally);
	return true;
}

/* Every property that is broken in every @stride-th configuration. */
static void replay_run(const struct judge_run *run, unsigned int stride, struct tally *tally)
{
	struct replays r = {.stride = stride, .tally = *tally};

	judge_each(judge, run, replay_broken, &r);
	*tally = r.tally;
}

static void print_tally(const char *name, const struct tally *t)
{
	printf("# %-28s found %u, another of its bugs first %u, seen %u, refused %u; skipped %u\n",
	       name, t->found, t->other, t->seen, t->refused, t->skipped);
}

static void counterexamples_of_the_past(void **state)
{
	static const struct check_policy *const policies[] = {
		&linux_policy_legacy,  &linux_policy_6_17,    &check_policy_2023_v3,
		&check_policy_2024_v2, &check_policy_2025_v3,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct judge_run run = {
			.subject = &arm64_subject,
			.policy = policies[i],
			.family = &check_family_debate,
		};
		struct tally tally = {0};

		replay_run(&run, 1, &tally);
		print_tally(policies[i]->name, &tally);
		assert_true(tally.found + tally.other + tally.seen + tally.refused > 0);
		tally = (struct tally){0};
		run.kind = CHECK_MIGRATE;
		replay_run(&run, 23, &tally);
		print_tally("... its guests migrate", &tally);
		assert_true(tally.found + tally.other + tally.seen + tally.refused > 0);
	}
}

/* Which property the loss of a duty costs is check_mutants_sweep's; here, that it does so here, too. */
static void counterexamples_without_a_duty(void **state)
{
	static const struct check_family *const families[] = {&check_family_object,
							      &check_family_contract};

	(void)state;
	for (unsigned int duty = 0; duty < PAGE_DUTIES; duty++) {
		struct tally tally = {0};

		for (unsigned int i = 0; i < 2; i++) {
			struct judge_run run = {
				.subject = &arm64_subject,
				.policy = &check_policy_mezzo,
				.family = families[i],
				.change = {.lacks = 1u << duty},
			};

			replay_run(&run, i ? 997 : 31, &tally);
			run.kind = CHECK_MOVE;
			if (i == 0)
				replay_run(&run, duty == PAGE_DUTY_MOVE_CLEAN ? 101 : 1499, &tally);
		}
		print_tally(page_duties[duty].name, &tally);
	}
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

	for (unsigned int tries = 0; length < WALK && tries < 4 * WALK; tries++) {
		unsigned int count = sound_moves(model, at, moves);
		const struct check_move *move;
		struct check_step step;

		if (!count)
			break;
		move = choose(moves, count, &seed);
		step = (struct check_step){at, move->to, move->action};
		if (!replay_can_step(model, &step))
			continue;
		steps[length++] = step;
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
	if (w->number++ % w->stride || !replay_can_be(run, world) ||
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
		const struct check_policy *policy;
		const struct check_family *family;
		unsigned int stride;
		enum check_kind kind;
	} proved[] = {
		{&check_policy_mezzo, &check_family_debate, 1, CHECK_ONE},
		{&check_policy_mezzo, &check_family_object, 1, CHECK_ONE},
		{&check_policy_mezzo, &check_family_contract, 37, CHECK_ONE},
		{&check_policy_mezzo, &check_family_object, 101, CHECK_MOVE},
		{&check_policy_mezzo, &check_family_debate, 11, CHECK_MIGRATE},
		{&linux_policy_6_17, &check_family_debate, 1, CHECK_ONE},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(proved) / sizeof(proved[0]); i++) {
		const struct judge_run run = {
			.subject = &arm64_subject,
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
		cmocka_unit_test(counterexamples_of_the_past),
		cmocka_unit_test(counterexamples_without_a_duty),
		cmocka_unit_test(runs_of_what_is_proved),
	};

	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
