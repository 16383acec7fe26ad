/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/policy.c cli/linux/fault.c cli/linux/slot.c cli/linux/text.c */
/*
 * Counterexamples that the checker tells are done over on the engine and the model platform: they must
 * end there, too, with the same being seen, or with the model's judge finding what it is about. What
 * cannot be done over is counted, and says why.
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

#define B(property) CHECK_BIT(CHECK_##property)

/* What a rule of the model's is in the words of the checker. */
static const uint64_t meaning[MEZZO_MODEL_RULES] = {
	[MEZZO_MODEL_STALE_TRANSLATION] = B(S12_NO_REUSED_PAGE),
	/* Not only by the next owner: what is zeroed then is the present one's. */
	[MEZZO_MODEL_FLUSH_OWED] = B(S12_NO_REUSED_PAGE) | B(S7_OWN_WRITE_KEPT) |
				   B(S8_SHARED_SEEN) | B(S8X_COPY_OUT) | B(S9O_DMA_OUT) |
				   B(S9I_DMA_IN) | B(S2B_OWN_CODE),
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

#define REASONS 8

struct tally {
	unsigned int seen, found, other, refused;
	struct {
		const char *why;
		unsigned int count;
	} not_replayed[REASONS];
};

static void leave_out(struct tally *tally, const char *why)
{
	unsigned int i = 0;

	while (tally->not_replayed[i].why && tally->not_replayed[i].why != why)
		assert_true(++i < REASONS);
	tally->not_replayed[i].why = why;
	tally->not_replayed[i].count++;
}

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
	const char *why;
	bool accepted;
	uint64_t broken;

	if (r->number++ % r->stride)
		return true;
	assert_int_equal(judge_one(j, run, world, &accepted, &broken, length), CHECK_OK);
	why = replay_obstacle(run, world);
	for (unsigned int p = 0; accepted && p < CHECK_PROPERTIES; p++) {
		if (!(broken >> p & 1) || CHECK_REPORTS >> p & 1)
			continue;
		if (why)
			leave_out(&r->tally, why);
		else
			replay_one(run, world, (enum check_property)p, broken, &r->tally);
	}
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
	printf("# %-28s found %u, another of its bugs first %u, seen %u, refused %u\n", name,
	       t->found, t->other, t->seen, t->refused);
	for (unsigned int i = 0; i < REASONS && t->not_replayed[i].why; i++)
		printf("# %-28s not replayed %u: %s\n", "", t->not_replayed[i].count,
		       t->not_replayed[i].why);
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

static void counterexamples_of_x86(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < X86_HISTORIES + CHECK_KVM_FLUSH; i++) {
		const struct check_policy *policy =
			i < X86_HISTORIES ? &check_policies_kvm_x86[i]
					  : &check_policies_kvm_flush[i - X86_HISTORIES];
		struct judge_run run = {
			.subject = &x86_subject,
			.policy = policy,
			.family = &check_family_x86_debate,
		};
		struct tally tally = {0};

		replay_run(&run, 1, &tally);
		print_tally(policy->name, &tally);
	}
}

/* Where the loss of a duty shows, and how many configurations are passed over for each that is not. */
static const struct {
	const struct check_subject *subject;
	const struct check_policy *policy;
	const struct check_family *family;
	enum check_kind kind;
	unsigned int stride, duty_stride;
	enum page_duty duty; /* for this one the second stride */
} deprived[] = {
	{&arm64_subject, &check_policy_mezzo, &check_family_object, CHECK_ONE, 31, 31, PAGE_DUTIES},
	{&arm64_subject, &check_policy_mezzo, &check_family_object, CHECK_MOVE, 1499, 101,
	 PAGE_DUTY_MOVE_CLEAN},
	{&arm64_subject, &check_policy_mezzo, &check_family_contract, CHECK_ONE, 997, 997,
	 PAGE_DUTIES},
	{&x86_subject, &check_policy_mezzo_x86, &check_family_x86_contract, CHECK_ONE, 61, 61,
	 PAGE_DUTIES},
};

/* Which property the loss of a duty costs is check_mutants_sweep's; here, that it does so here, too. */
static void counterexamples_without_a_duty(void **state)
{
	(void)state;
	for (unsigned int duty = 0; duty < PAGE_DUTIES; duty++) {
		struct tally tally = {0};

		for (unsigned int i = 0; i < sizeof(deprived) / sizeof(deprived[0]); i++) {
			struct judge_run run = {
				.subject = deprived[i].subject,
				.policy = deprived[i].policy,
				.family = deprived[i].family,
				.kind = deprived[i].kind,
				.change = {.lacks = 1u << duty},
			};

			replay_run(&run,
				   duty == deprived[i].duty ? deprived[i].duty_stride
							    : deprived[i].stride,
				   &tally);
		}
		print_tally(page_duties[duty].name, &tally);
	}
}

/* An assumption is doubted: the machine does what it was assumed not to. */
static void counterexamples_of_doubt(void **state)
{
	static const enum check_assumption doubts[] = {CHECK_A5_UNCACHED_BYPASSES,
						       CHECK_E1_SCRUB_AS_DECLARED,
						       CHECK_G1_PAT_IS_INTENT};

	(void)state;
	for (unsigned int d = 0; d < sizeof(doubts) / sizeof(doubts[0]); d++) {
		struct tally tally = {0};

		for (unsigned int i = 0; i < sizeof(deprived) / sizeof(deprived[0]); i++) {
			struct judge_run run = {
				.subject = deprived[i].subject,
				.policy = deprived[i].policy,
				.family = deprived[i].family,
				.kind = deprived[i].kind,
				.change = {.doubted = 1u << doubts[d]},
			};

			replay_run(&run, deprived[i].stride, &tally);
		}
		print_tally(check_assumption_texts[doubts[d]].id, &tally);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counterexamples_of_the_past),
		cmocka_unit_test(counterexamples_of_x86),
		cmocka_unit_test(counterexamples_without_a_duty),
		cmocka_unit_test(counterexamples_of_doubt),
	};

	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
