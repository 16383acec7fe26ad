/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's TLBs and late table stores: stale state is used whenever it may be, never when it
 * may not; and a sequence with a step missing is caught.
 */
#include "hand.h"

static uint64_t page(const struct hand *hand, unsigned int frame)
{
	return hand_frame(frame).addr | hand_guest_choice(hand) | HAND_DATA | HAND_PAGE;
}

static void open_with_page(struct hand *hand, uint64_t seed)
{
	struct mezzo_model_config config = hand_plain(seed);

	hand_open(hand, &config);
	hand_place(hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_place(hand, 1, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(hand, &hand->level3[0], page(hand, 0));
	assert_no_violation(hand);
}

static enum mezzo_model_result try(struct hand *hand, enum mezzo_model_access_kind kind)
{
	struct mezzo_model_access access = {.kind = kind, .stage1 = MEZZO_CLASS_NC};

	return mezzo_model_access(hand->model, &access);
}

/* Over many tries, which results does an access have? */
static unsigned int results(struct hand *hand, enum mezzo_model_access_kind kind)
{
	unsigned int set = 0;

	for (int i = 0; i < 100; i++)
		set |= 1u << try(hand, kind);
	assert_no_violation(hand);
	return set;
}

#define DONE (1u << MEZZO_MODEL_DONE)
#define MISSING (1u << MEZZO_MODEL_FAULT_MISSING)
#define PERMISSION (1u << MEZZO_MODEL_FAULT_PERMISSION)

static void a_store_is_seen_late_until_the_barrier(void **state)
{
	struct hand hand;
	struct mezzo_model_config config = hand_plain(1);

	(void)state;
	hand_open(&hand, &config);
	hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand.level3[0] = page(&hand, 0);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_tables(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE);
	hand_close(&hand);
}

static void another_cpus_barrier_does_not_help(void **state)
{
	struct hand hand;
	struct mezzo_model_config config = hand_plain(1);

	(void)state;
	hand_open(&hand, &config);
	hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand.level3[0] = page(&hand, 0);
	mezzo_model_set_cpu(hand.model, 1);
	hand_tables(&hand);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	mezzo_model_set_cpu(hand.model, 0);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE);
	hand_close(&hand);
}

static void a_tlb_keeps_what_the_table_has_lost(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 2);
	hand_set(&hand, &hand.level3[0], 0);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_close(&hand);
}

static void an_invalidation_takes_effect_at_the_next_complete(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 3);
	hand_set(&hand, &hand.level3[0], 0);
	hand.p->tlb_invalidate_space(hand.p->ctx, HAND_VMID);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	mezzo_model_set_cpu(hand.model, 1);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	mezzo_model_set_cpu(hand.model, 0);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), MISSING);
	hand_close(&hand);
}

static void combined_entries_survive_an_ipa_invalidation(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 4);
	hand_set(&hand, &hand.level3[0], 0);
	hand.p->tlb_invalidate_entry(hand.p->ctx, HAND_VMID, hand_ipa(0), 3);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand.p->tlb_invalidate_combined(hand.p->ctx, HAND_VMID);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), MISSING);
	hand_close(&hand);
}

static void combined_entries_are_refilled_from_stage_2_entries(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 5);
	hand_set(&hand, &hand.level3[0], 0);
	hand.p->tlb_invalidate_entry(hand.p->ctx, HAND_VMID, hand_ipa(0), 3);
	hand.p->tlb_invalidate_combined(hand.p->ctx, HAND_VMID);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_close(&hand);
}

static void an_invalidation_before_the_store_is_visible_is_in_vain(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 6);
	hand.level3[0] = 0;
	hand.p->tlb_invalidate_space(hand.p->ctx, HAND_VMID);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_close(&hand);
}

static void a_wrong_level_hint_does_not_reach_the_leaf(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 7);
	hand_break(&hand, &hand.level3[0], hand_ipa(0), 2);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_break(&hand, &hand.level3[0], hand_ipa(1), 3);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_break(&hand, &hand.level3[0], hand_ipa(0), MEZZO_LEVEL_ANY);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), MISSING);
	hand_close(&hand);
}

static void a_range_reaches_its_pages_and_no_others(void **state)
{
	struct hand hand;

	(void)state;
	for (unsigned int at = 0; at < 4; at++) {
		open_with_page(&hand, 8 + at);
		hand_set(&hand, &hand.level3[0], 0);
		hand.p->tlb_invalidate_range(hand.p->ctx, HAND_VMID, hand_ipa(at & 1), 1 + at / 2,
					     MEZZO_LEVEL_ANY);
		hand_complete(&hand);
		hand.p->tlb_invalidate_combined(hand.p->ctx, HAND_VMID);
		hand_complete(&hand);
		assert_int_equal(results(&hand, MEZZO_MODEL_READ),
				 at & 1 ? DONE | MISSING : MISSING);
		hand_close(&hand);
	}
}

static void another_vmid_is_not_reached(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 12);
	hand_set(&hand, &hand.level3[0], 0);
	hand.p->tlb_invalidate_space(hand.p->ctx, HAND_VMID + 1);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE | MISSING);
	hand_close(&hand);
}

static void permissions_may_change_live_and_are_stale_until_invalidated(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 13);
	hand_set(&hand, &hand.level3[0], page(&hand, 0) & ~HAND_WRITE);
	assert_int_equal(results(&hand, MEZZO_MODEL_WRITE), DONE | PERMISSION);
	hand.p->tlb_invalidate_space(hand.p->ctx, HAND_VMID);
	hand_complete(&hand);
	assert_int_equal(results(&hand, MEZZO_MODEL_WRITE), PERMISSION);
	assert_int_equal(results(&hand, MEZZO_MODEL_READ), DONE);
	hand_close(&hand);
}

static void nothing_else_may_change_live(void **state)
{
	struct hand hand;
	const uint64_t changes[] = {
		MEZZO_PAGE_BYTES,        /* the output address */
		HAND_MEMATTR(0xf ^ 0x5), /* the type */
		UINT64_C(1) << 8,        /* shareability */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		open_with_page(&hand, 14 + i);
		hand_set(&hand, &hand.level3[0], page(&hand, 0) ^ changes[i]);
		assert_rule(&hand, MEZZO_MODEL_LIVE_CHANGE);
		hand_close(&hand);
	}
}

/* Unmapping for good, with the step @missing left out, in the order @swap: is it caught? */
enum {
	STEP_VISIBLE,
	STEP_IPA,
	STEP_WAIT,
	STEP_COMBINED,
	STEP_WAIT_AGAIN,
	STEPS
};

static void take_away(struct hand *hand, unsigned int missing)
{
	hand->level3[0] = 0;
	for (unsigned int step = 0; step < STEPS; step++) {
		if (step == missing)
			continue;
		if (step == STEP_VISIBLE)
			hand_tables(hand);
		else if (step == STEP_IPA)
			hand->p->tlb_invalidate_entry(hand->p->ctx, HAND_VMID, hand_ipa(0), 3);
		else if (step == STEP_COMBINED)
			hand->p->tlb_invalidate_combined(hand->p->ctx, HAND_VMID);
		else
			hand_complete(hand);
	}
}

static void a_frame_changes_hands_only_after_every_step(void **state)
{
	struct hand hand;

	(void)state;
	for (unsigned int missing = 0; missing <= STEPS; missing++) {
		open_with_page(&hand, 20 + missing);
		take_away(&hand, missing);
		assert_no_violation(&hand);
		assert_int_equal(mezzo_model_reachable(hand.model, hand_frame(0)), missing < STEPS);
		mezzo_model_own(hand.model, hand_frame(0), 1, 0);
		assert_rule(&hand,
			    missing < STEPS ? MEZZO_MODEL_FLUSH_OWED : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void another_frame_is_mapped_there_only_after_every_step(void **state)
{
	struct hand hand;

	(void)state;
	for (unsigned int missing = 0; missing <= STEPS; missing++) {
		open_with_page(&hand, 30 + missing);
		take_away(&hand, missing);
		hand_set(&hand, &hand.level3[0], page(&hand, 1));
		assert_rule(&hand,
			    missing < STEPS ? MEZZO_MODEL_TLB_CONFLICT : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void another_owners_frame_may_not_be_mapped(void **state)
{
	struct hand hand;

	(void)state;
	open_with_page(&hand, 40);
	mezzo_model_own(hand.model, hand_frame(1), 1, 1u << 1);
	hand_set(&hand, &hand.level3[1], page(&hand, 1));
	assert_rule(&hand, MEZZO_MODEL_STALE_TRANSLATION);
	hand_close(&hand);
}

static void a_table_is_freed_only_when_no_walk_cache_holds_it(void **state)
{
	struct hand hand;

	(void)state;
	/* 0: still linked. 1: not invalidated. 2: a hint of the table's own level. 3: right. */
	for (unsigned int way = 0; way < 4; way++) {
		open_with_page(&hand, 50 + way);
		hand_break(&hand, &hand.level3[0], hand_ipa(0), 3);
		if (way > 0)
			hand_set(&hand, &hand.level2[0], 0);
		if (way > 1)
			hand.p->tlb_invalidate_entry(hand.p->ctx, HAND_VMID, hand_ipa(0),
						     way == 2 ? 2 : MEZZO_LEVEL_ANY);
		hand_complete(&hand);
		assert_no_violation(&hand);
		hand.p->table_free(hand.p->ctx, hand.level3, 4096);
		assert_rule(&hand, way < 3 ? MEZZO_MODEL_TABLE_IN_USE : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void a_new_table_is_linked_only_when_its_zeroes_are_visible(void **state)
{
	struct hand hand;
	uint64_t *table;

	(void)state;
	for (unsigned int right = 0; right < 2; right++) {
		open_with_page(&hand, 60 + right);
		table = hand.p->table_alloc(hand.p->ctx, 4096);
		if (right)
			hand_tables(&hand);
		hand_set(&hand, &hand.level2[1],
			 ((uint64_t)(uintptr_t)table - hand.p->table_offset) | HAND_PAGE);
		/* The barrier that makes the link visible comes too late for the zeroes. */
		assert_rule(&hand, right ? MEZZO_MODEL_NO_VIOLATION : MEZZO_MODEL_TABLE_GARBAGE);
		hand_close(&hand);
	}
}

static void a_block_replaces_a_table_by_break_before_make(void **state)
{
	struct hand hand;
	uint64_t block;

	(void)state;
	for (unsigned int right = 0; right < 2; right++) {
		open_with_page(&hand, 70 + right);
		for (unsigned int i = 0; i < 512; i++)
			hand_place(&hand, i, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
		assert_rule(&hand, MEZZO_MODEL_NO_VIOLATION);
		block = (page(&hand, 0) & ~HAND_PAGE) | HAND_BLOCK;
		hand_set(&hand, &hand.level2[0], 0);
		hand.p->tlb_invalidate_entry(hand.p->ctx, HAND_VMID, hand_ipa(0),
					     right ? MEZZO_LEVEL_ANY : 2);
		hand_complete(&hand);
		hand.p->tlb_invalidate_combined(hand.p->ctx, HAND_VMID);
		hand_complete(&hand);
		hand_set(&hand, &hand.level2[0], block);
		assert_rule(&hand, right ? MEZZO_MODEL_NO_VIOLATION : MEZZO_MODEL_TLB_CONFLICT);
		hand_close(&hand);
	}
}

static void encodings_that_mean_nothing_are_caught(void **state)
{
	struct hand hand;
	struct mezzo_model_config config = hand_forced(1);

	(void)state;
	/* With FWB: a reserved one, and what is write-back without FWB (here NoTagAccess, if that). */
	for (unsigned int memattr = 0xc; memattr <= 0xf; memattr += 3) {
		hand_open(&hand, &config);
		hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
		hand_set(&hand, &hand.level3[0],
			 hand_frame(0).addr | HAND_MEMATTR(memattr) | HAND_DATA | HAND_PAGE);
		assert_rule(&hand, MEZZO_MODEL_BAD_ENTRY);
		hand_close(&hand);
	}

	hand_open(&hand, &config);
	hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0],
		 hand_frame(0).addr | hand_write_back(&hand) | (HAND_DATA & ~HAND_SHARED) |
			 HAND_PAGE);
	assert_rule(&hand, MEZZO_MODEL_BAD_ENTRY);
	hand_close(&hand);

	hand_open(&hand, &config);
	hand_set(&hand, &hand.level3[0],
		 UINT64_C(0x1000) | hand_write_back(&hand) | HAND_DATA | HAND_PAGE);
	assert_rule(&hand, MEZZO_MODEL_STALE_TRANSLATION);
	hand_close(&hand);
}

static void a_granted_access_that_may_fault_is_no_progress(void **state)
{
	struct mezzo_model_access access = {.stage1 = MEZZO_CLASS_NC, .granted = true};
	struct mezzo_model_config config = hand_plain(1);
	struct hand hand;

	(void)state;
	for (unsigned int visible = 0; visible < 2; visible++) {
		hand_open(&hand, &config);
		hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
		hand.level3[0] = page(&hand, 0);
		if (visible)
			hand_tables(&hand);
		mezzo_model_access(hand.model, &access);
		assert_rule(&hand, visible ? MEZZO_MODEL_NO_VIOLATION : MEZZO_MODEL_NO_PROGRESS);
		hand_close(&hand);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_is_seen_late_until_the_barrier),
		cmocka_unit_test(another_cpus_barrier_does_not_help),
		cmocka_unit_test(a_tlb_keeps_what_the_table_has_lost),
		cmocka_unit_test(an_invalidation_takes_effect_at_the_next_complete),
		cmocka_unit_test(combined_entries_survive_an_ipa_invalidation),
		cmocka_unit_test(combined_entries_are_refilled_from_stage_2_entries),
		cmocka_unit_test(an_invalidation_before_the_store_is_visible_is_in_vain),
		cmocka_unit_test(a_wrong_level_hint_does_not_reach_the_leaf),
		cmocka_unit_test(a_range_reaches_its_pages_and_no_others),
		cmocka_unit_test(another_vmid_is_not_reached),
		cmocka_unit_test(permissions_may_change_live_and_are_stale_until_invalidated),
		cmocka_unit_test(nothing_else_may_change_live),
		cmocka_unit_test(a_frame_changes_hands_only_after_every_step),
		cmocka_unit_test(another_frame_is_mapped_there_only_after_every_step),
		cmocka_unit_test(another_owners_frame_may_not_be_mapped),
		cmocka_unit_test(a_table_is_freed_only_when_no_walk_cache_holds_it),
		cmocka_unit_test(a_new_table_is_linked_only_when_its_zeroes_are_visible),
		cmocka_unit_test(a_block_replaces_a_table_by_break_before_make),
		cmocka_unit_test(encodings_that_mean_nothing_are_caught),
		cmocka_unit_test(a_granted_access_that_may_fault_is_no_progress),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
