/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/answer.c cli/linux/slot.c cli/linux/fault.c cli/linux/risk.c */
/* sources: cli/reasons/reasons.c cli/reasons/grants.c cli/reasons/guests.c */
/* sources: cli/reasons/objects.c cli/reasons/moves.c */
/* sources: cli/reasons/contracts.c cli/reasons/frames.c cli/reasons/slots.c cli/reasons/x86.c */
/*
 * The answers of `mezzo explain` are the decision function's, nobody else's; and every reason has
 * its story.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/reasons/reasons.h"

static struct question question(void)
{
	struct question q = {
		.facts.memory =
			mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT),
		.facts.machine.arm64 = {.fwb = true, .idc = true},
	};

	q.facts.frame = q.facts.memory.promise;
	q.facts.fault.access = MEZZO_ACCESS_WRITE;
	q.creation = q.facts;
	q.creation.fault.access = MEZZO_ACCESS_READ;
	return q;
}

static void refuse_all(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	(void)facts;
	*out = (struct mezzo_decision){.outcome = MEZZO_REFUSE,
				       .reason = MEZZO_WHY_LINES_NO_MAINTENANCE};
}

static void refuse_writes(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	mezzo_arm64_decide(facts, out);
	if (facts->fault.access == MEZZO_ACCESS_WRITE)
		*out = (struct mezzo_decision){.outcome = MEZZO_REFUSE,
					       .reason = MEZZO_WHY_MTE_NO_TAG_STORAGE};
}

static void always_device(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	(void)facts;
	*out = (struct mezzo_decision){.outcome = MEZZO_GRANT, .type = MEZZO_STAGE2_DEVICE_nGnRE};
}

static void answer_is_the_decision(void **state)
{
	struct question q = question();
	struct mezzo_decision decision;
	struct answer a;

	(void)state;
	answer_question(mezzo_arm64_decide, &q, &a);
	assert_false(a.refused);
	mezzo_arm64_decide(&q.facts, &decision);
	assert_memory_equal(&a.fault, &decision, sizeof(decision));
	mezzo_arm64_decide(&q.creation, &decision);
	assert_memory_equal(&a.slot, &decision, sizeof(decision));
}

static void another_rule_gives_another_answer(void **state)
{
	struct question q = question();
	struct answer a;

	(void)state;
	answer_question(always_device, &q, &a);
	assert_int_equal(a.fault.type, MEZZO_STAGE2_DEVICE_nGnRE);
	assert_int_equal(a.slot.type, MEZZO_STAGE2_DEVICE_nGnRE);
	answer_question(refuse_all, &q, &a);
	assert_true(a.slot_refused);
	assert_int_equal(a.fault.reason, MEZZO_WHY_LINES_NO_MAINTENANCE);
	assert_int_equal(a.changes, 0);
}

/* A rule that forgets the slot check is seen: accepted, then refused at the fault. */
static void late_refusal_shows(void **state)
{
	struct question q = question();
	struct answer a;

	(void)state;
	answer_question(refuse_writes, &q, &a);
	assert_false(a.slot_refused);
	assert_true(a.refused);
	assert_int_equal(a.fault.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
}

static void no_slot_is_not_asked_about(void **state)
{
	struct question q = question();
	struct answer a;

	(void)state;
	q.facts.fault.slot = MEZZO_SLOT_NONE;
	answer_question(refuse_all, &q, &a);
	assert_false(a.slot_asked);
	assert_false(a.slot_refused);
	assert_true(a.refused);
}

static size_t length(const char *text)
{
	return text ? strlen(text) : 0;
}

static void every_reason_has_its_story(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < MEZZO_REASONS; i++) {
		const struct reason_story *story = reason_story((enum mezzo_reason)i);
		const char *name = mezzo_reason((enum mezzo_reason)i)->name;

		if (length(story->why) < 100 || length(story->story) < 60 ||
		    length(story->change) < 40)
			fail_msg("%s says too little", name);
		for (unsigned int j = 0; j < i; j++) {
			const struct reason_story *other = reason_story((enum mezzo_reason)j);

			assert_string_not_equal(story->why, other->why);
			assert_string_not_equal(story->story, other->story);
			assert_string_not_equal(story->change, other->change);
		}
	}
}

/* One story of a reason: two files with one of the same would hide each other. */
static void stories_are_told_once(void **state)
{
	static const struct reason_story *const files[] = {
		reason_grants,  reason_guests, reason_contracts, reason_frames,
		reason_objects, reason_x86,    reason_moves,     reason_slots,
	};

	(void)state;
	for (unsigned int i = 0; i < MEZZO_REASONS; i++) {
		unsigned int told = 0;

		for (unsigned int f = 0; f < sizeof(files) / sizeof(files[0]); f++)
			told += files[f][i].why != NULL;
		assert_int_equal(told, 1);
	}
}

static void groups_follow_the_outcome(void **state)
{
	(void)state;
	assert_string_equal(reason_group(MEZZO_WHY_WRITE_LOGGED), "grant");
	assert_string_equal(reason_group(MEZZO_WHY_FETCH_NOT_CACHEABLE), "abort");
	assert_string_equal(reason_group(MEZZO_WHY_UNALIGNED_DEVICE), "abort");
	assert_string_equal(reason_group(MEZZO_WHY_DEVICE_ACCESS), "exit");
	assert_string_equal(reason_group(MEZZO_WHY_CACHE_OP_READ_ONLY), "skip");
	assert_string_equal(reason_group(MEZZO_WHY_FACTS_INADMISSIBLE), "refuse");
	assert_string_equal(reason_group(MEZZO_WHY_DIRTY_LOG_BESIDE_DMA), "refuse");
	assert_string_equal(reason_group(MEZZO_WHY_SLOT_EMPTY), "slot");
	assert_string_equal(reason_group(MEZZO_WHY_OBJECT_REVOKED), "exit");
	assert_string_equal(reason_group(MEZZO_WHY_FRAME_POISONED), "abort");
	assert_string_equal(reason_group(MEZZO_WHY_DERIVED_WIDENS), "object");
	assert_string_equal(reason_group(MEZZO_WHY_BAR_SHARES_PAGE), "object");
	assert_string_equal(reason_group(MEZZO_WHY_UC_PAT_IGNORED), "grant");
	assert_string_equal(reason_group((enum mezzo_reason)(MEZZO_REASONS - 1)), "refuse");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_is_the_decision),
		cmocka_unit_test(another_rule_gives_another_answer),
		cmocka_unit_test(late_refusal_shows),
		cmocka_unit_test(no_slot_is_not_asked_about),
		cmocka_unit_test(every_reason_has_its_story),
		cmocka_unit_test(stories_are_told_once),
		cmocka_unit_test(groups_follow_the_outcome),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
