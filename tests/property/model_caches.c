/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's caches: lines fill, stay, are evicted and written back whenever they may; a sequence
 * of maintenance with a step missing, or in the wrong order, is caught.
 */
#include "hand.h"

#define NC MEZZO_CLASS_NC
#define WB MEZZO_CLASS_WB

static const struct mezzo_frame_state clean = {.lines = MEZZO_LINES_CLEAN};

static uint64_t leaf(const struct hand *hand, unsigned int frame, uint64_t permissions)
{
	return hand_frame(frame).addr | hand_guest_choice(hand) | permissions | HAND_PAGE;
}

static void open_plain(struct hand *hand, unsigned int content, enum mezzo_lines lines)
{
	struct mezzo_model_config config = hand_plain(1);

	hand_open(hand, &config);
	hand_place(hand, 0, 0, content, lines);
}

/* --- what caches may do ------------------------------------------------------------------------ */

static void a_dirty_line_may_be_in_memory_or_not(void **state)
{
	struct mezzo_model_values seen;
	uint32_t before, after;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	before = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	after = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], after);
	/* An uncached read goes past the cache. */
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), NC, &seen);
	assert_int_equal(seen.count, 2);
	assert_true(hand_may_see(&seen, before) && hand_may_see(&seen, after));
	hand_close(&hand);
}

static void a_line_written_back_late_hides_an_uncached_write(void **state)
{
	struct mezzo_model_values seen;
	uint32_t cached, uncached;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	cached = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	uncached = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), NC, &seen);
	assert_true(hand_may_see(&seen, cached) && hand_may_see(&seen, uncached));
	hand_close(&hand);
}

static void a_cached_mapping_fills_lines_at_will(void **state)
{
	struct mezzo_model_values seen;
	uint32_t first, second;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	/* With uncached mappings alone nothing is ever filled. */
	hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	second = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], second);
	/* Now there is a cached one. */
	first = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_true(hand_may_see(&seen, first) && hand_may_see(&seen, second));
	hand_close(&hand);
}

static void uncached_accesses_may_hit_when_told_so(void **state)
{
	struct mezzo_model_config config = hand_plain(1);
	struct mezzo_model_values seen;
	uint32_t cached, uncached;
	struct hand hand;

	(void)state;
	config.uncached_may_hit = true;
	hand_open(&hand, &config);
	hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	cached = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	uncached = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	/* In the line, beside it, or under it. */
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_true(hand_may_see(&seen, cached) && hand_may_see(&seen, uncached));
	hand_close(&hand);
}

static void a_forced_type_is_cached_whatever_the_guest_says(void **state)
{
	struct mezzo_model_config config = hand_forced(1);
	struct mezzo_model_values seen;
	uint32_t value;
	struct hand hand;

	(void)state;
	hand_open(&hand, &config);
	hand_place(&hand, 0, WB, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_MAYBE);
	hand_set(&hand, &hand.level3[0],
		 hand_frame(0).addr | hand_write_back(&hand) | HAND_CODE | HAND_PAGE);
	value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), MEZZO_CLASS_DEVICE, NULL);
	mezzo_model_host_read(hand.model, hand_frame(0), 0, WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	value = mezzo_model_host_write(hand.model, hand_frame(0), 1, WB);
	for (unsigned int line = 1; line < MEZZO_MODEL_LINES; line++) {
		struct mezzo_model_access access = {.line = line, .stage1 = NC};

		assert_int_equal(mezzo_model_access(hand.model, &access), MEZZO_MODEL_DONE);
		assert_int_equal(access.seen.count, 1);
		assert_int_equal(access.seen.value[0], value);
	}
	assert_no_violation(&hand);
	hand_close(&hand);
}

static void the_guests_own_maintenance_works(void **state)
{
	struct mezzo_model_values seen;
	uint32_t value;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	assert_int_equal(mezzo_model_guest_retype(hand.model, 0, hand_ipa(0), NC),
			 MEZZO_MODEL_DONE);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), NC, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), NC, NULL);
	assert_int_equal(mezzo_model_guest_retype(hand.model, 0, hand_ipa(0), WB),
			 MEZZO_MODEL_DONE);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	hand_close(&hand);
}

static void a_device_that_does_not_snoop_goes_past_the_cache(void **state)
{
	struct mezzo_model_values seen;
	struct hand hand;
	uint32_t value;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	mezzo_model_dma_read(hand.model, 0, hand_frame(0), 0, true, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	mezzo_model_dma_read(hand.model, 0, hand_frame(0), 0, false, &seen);
	assert_int_equal(seen.count, 2);
	value = mezzo_model_dma_write(hand.model, hand_frame(0), 0, false);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_true(seen.count > 1 && hand_may_see(&seen, value));
	value = mezzo_model_dma_write(hand.model, hand_frame(0), 0, true);
	hand_access(&hand, MEZZO_MODEL_READ, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	assert_no_violation(&hand);
	hand_close(&hand);
}

static void a_device_sees_its_own_guests_memory_only(void **state)
{
	struct mezzo_model_values seen;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_UNOWNED, MEZZO_LINES_CLEAN);
	mezzo_model_dma_read(hand.model, 0, hand_frame(0), 0, true, &seen);
	assert_rule(&hand, MEZZO_MODEL_LEAK);
	hand_close(&hand);

	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	mezzo_model_dma_read(hand.model, 1, hand_frame(0), 0, true, &seen);
	assert_rule(&hand, MEZZO_MODEL_STALE_TRANSLATION);
	hand_close(&hand);
}

/* --- windows -------------------------------------------------------------------------------- */

static void *open_window(struct hand *hand, enum mezzo_window kind)
{
	return hand->p->window_open(hand->p->ctx, kind, hand_frame(0), 4096);
}

static void close_window(struct hand *hand, enum mezzo_window kind, void *va)
{
	hand->p->window_close(hand->p->ctx, kind, va, 4096);
}

static void clean_through(struct hand *hand, enum mezzo_window kind)
{
	void *va = open_window(hand, kind);

	hand->p->cache_clean_invalidate(hand->p->ctx, va, 4096);
	hand_complete(hand);
	close_window(hand, kind, va);
}

static void only_an_uncached_window_leaves_no_line_behind(void **state)
{
	struct hand hand;

	(void)state;
	for (unsigned int kind = 0; kind < 2; kind++) {
		open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_MAYBE);
		clean_through(&hand, kind ? MEZZO_WINDOW_WRITE_BACK : MEZZO_WINDOW_UNCACHED);
		mezzo_model_check(hand.model, hand_frame(0), clean);
		assert_rule(&hand, kind ? MEZZO_MODEL_FALSE_STATE : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void a_clean_has_happened_only_when_it_is_complete(void **state)
{
	struct hand hand;
	void *va;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_MAYBE);
	va = open_window(&hand, MEZZO_WINDOW_UNCACHED);
	hand.p->cache_clean_invalidate(hand.p->ctx, va, 4096);
	close_window(&hand, MEZZO_WINDOW_UNCACHED, va);
	mezzo_model_check(hand.model, hand_frame(0), clean);
	assert_rule(&hand, MEZZO_MODEL_FALSE_STATE);
	hand_close(&hand);
}

static void a_clean_of_half_a_page_is_not_enough(void **state)
{
	struct hand hand;
	char *va;

	(void)state;
	for (unsigned int half = 0; half < 2; half++) {
		open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_MAYBE);
		va = open_window(&hand, MEZZO_WINDOW_UNCACHED);
		hand.p->cache_clean_invalidate(hand.p->ctx, va + 2048 * half, 2048);
		hand_complete(&hand);
		mezzo_model_check(hand.model, hand_frame(0), clean);
		assert_rule(&hand, MEZZO_MODEL_FALSE_STATE);
		hand_close(&hand);
	}
}

static void windows_are_used_as_the_platform_says(void **state)
{
	struct mezzo_model_frames registers = {
		.pa = hand_frame(0),
		.pages = 1,
		.owners = 1,
		.mmio = true,
	};
	struct hand hand;
	void *va;

	(void)state;
	open_plain(&hand, 0, MEZZO_LINES_CLEAN);
	open_window(&hand, MEZZO_WINDOW_UNCACHED);
	open_window(&hand, MEZZO_WINDOW_WRITE_BACK);
	assert_no_violation(&hand);
	open_window(&hand, MEZZO_WINDOW_UNCACHED);
	assert_rule(&hand, MEZZO_MODEL_WINDOW_MISUSE);
	hand_close(&hand);

	open_plain(&hand, 0, MEZZO_LINES_CLEAN);
	va = open_window(&hand, MEZZO_WINDOW_UNCACHED);
	close_window(&hand, MEZZO_WINDOW_UNCACHED, va);
	hand.p->cache_clean_invalidate(hand.p->ctx, va, 4096);
	assert_rule(&hand, MEZZO_MODEL_WINDOW_MISUSE);
	hand_close(&hand);

	open_plain(&hand, 0, MEZZO_LINES_CLEAN);
	mezzo_model_place(hand.model, &registers);
	open_window(&hand, MEZZO_WINDOW_UNCACHED);
	assert_no_violation(&hand);
	open_window(&hand, MEZZO_WINDOW_WRITE_BACK);
	assert_rule(&hand, MEZZO_MODEL_MMIO_WRITE_BACK);
	hand_close(&hand);

	open_plain(&hand, 0, MEZZO_LINES_CLEAN);
	registers.mmio = false;
	mezzo_model_place(hand.model, &registers);
	open_window(&hand, MEZZO_WINDOW_TAGGED);
	assert_rule(&hand, MEZZO_MODEL_NO_TAG_STORAGE);
	hand_close(&hand);

	open_plain(&hand, 0, MEZZO_LINES_CLEAN);
	hand.p->direct(hand.p->ctx, hand_frame(0), 4096);
	assert_rule(&hand, MEZZO_MODEL_WINDOW_MISUSE);
	hand_close(&hand);
}

/* --- a first grant ----------------------------------------------------------------------------- */

/*
 * An exclusive frame with another's data, tags and lines, for a guest that may use any type: zero
 * (cached), zero tags, close the window, clean, complete, and only then the entry.
 */
enum {
	ZERO,
	ZERO_TAGS,
	CLOSE,
	CLEAN,
	COMPLETE,
	GRANT_STEPS
};

static void prepare(struct hand *hand, const unsigned int order[GRANT_STEPS], unsigned int missing)
{
	void *wb = open_window(hand, MEZZO_WINDOW_TAGGED);
	void *nc = open_window(hand, MEZZO_WINDOW_UNCACHED);

	for (unsigned int i = 0; i < GRANT_STEPS; i++) {
		if (order[i] == missing)
			continue;
		if (order[i] == ZERO)
			hand->p->zero(hand->p->ctx, wb, 4096);
		else if (order[i] == ZERO_TAGS)
			hand->p->zero_tags(hand->p->ctx, wb, 4096);
		else if (order[i] == CLOSE)
			close_window(hand, MEZZO_WINDOW_TAGGED, wb);
		else if (order[i] == CLEAN)
			hand->p->cache_clean_invalidate(hand->p->ctx, nc, 4096);
		else
			hand_complete(hand);
	}
}

static enum mezzo_model_rule grant(const unsigned int order[GRANT_STEPS], unsigned int missing)
{
	struct mezzo_model_access access = {.kind = MEZZO_MODEL_READ, .stage1 = NC};
	enum mezzo_model_rule rule;
	struct hand hand;

	open_plain(&hand, MEZZO_CONTENT_UNOWNED, MEZZO_LINES_MAYBE);
	prepare(&hand, order, missing);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	mezzo_model_access(hand.model, &access);
	access.kind = MEZZO_MODEL_WRITE;
	mezzo_model_access(hand.model, &access);
	access.kind = MEZZO_MODEL_READ;
	access.stage1 = WB;
	mezzo_model_guest_retype(hand.model, 0, hand_ipa(0), WB);
	mezzo_model_access(hand.model, &access);
	access.kind = MEZZO_MODEL_TAG_READ;
	mezzo_model_access(hand.model, &access);
	rule = mezzo_model_violation(hand.model);
	hand_close(&hand);
	return rule;
}

static void a_first_grant_needs_every_step_in_order(void **state)
{
	static const unsigned int right[] = {ZERO, ZERO_TAGS, CLOSE, CLEAN, COMPLETE};
	static const unsigned int clean_first[] = {CLEAN, COMPLETE, ZERO, ZERO_TAGS, CLOSE};
	static const unsigned int close_late[] = {ZERO, ZERO_TAGS, CLEAN, COMPLETE, CLOSE};
	static const unsigned int complete_first[] = {ZERO, ZERO_TAGS, CLOSE, COMPLETE, CLEAN};
	static const enum mezzo_model_rule without[] = {
		[ZERO] = MEZZO_MODEL_LEAK,
		[ZERO_TAGS] = MEZZO_MODEL_TAG_LEAK,
		[CLOSE] = MEZZO_MODEL_LOST_WRITE, /* the window fills the line again */
		[CLEAN] = MEZZO_MODEL_LEAK,
		[COMPLETE] = MEZZO_MODEL_LEAK,
		[GRANT_STEPS] = MEZZO_MODEL_NO_VIOLATION,
	};

	(void)state;
	for (unsigned int missing = 0; missing <= GRANT_STEPS; missing++)
		assert_int_equal(grant(right, missing), without[missing]);
	assert_int_equal(grant(clean_first, GRANT_STEPS), MEZZO_MODEL_LEAK);
	assert_int_equal(grant(complete_first, GRANT_STEPS), MEZZO_MODEL_LEAK);
	/* A line that the window left is harmless at first. */
	assert_int_equal(grant(close_late, GRANT_STEPS), MEZZO_MODEL_LOST_WRITE);
}

static void zeroing_uncached_needs_a_clean_before_not_after(void **state)
{
	struct hand hand;
	void *va;

	(void)state;
	for (unsigned int before = 0; before < 2; before++) {
		open_plain(&hand, MEZZO_CONTENT_UNOWNED, MEZZO_LINES_MAYBE);
		va = open_window(&hand, MEZZO_WINDOW_UNCACHED);
		for (unsigned int i = 0; i < 2; i++) {
			if (i != before) {
				hand.p->cache_clean_invalidate(hand.p->ctx, va, 4096);
				hand_complete(&hand);
			} else {
				hand.p->zero(hand.p->ctx, va, 4096);
			}
		}
		hand_set(&hand, &hand.level3[0],
			 hand_frame(0).addr | HAND_MEMATTR(5) | HAND_DATA | HAND_PAGE);
		assert_rule(&hand, before ? MEZZO_MODEL_NO_VIOLATION : MEZZO_MODEL_LEAK);
		hand_close(&hand);
	}
}

static void a_frame_is_not_zeroed_while_a_guest_may_reach_it(void **state)
{
	struct hand hand;
	void *va;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	va = open_window(&hand, MEZZO_WINDOW_WRITE_BACK);
	hand_set(&hand, &hand.level3[0], 0);
	hand.p->tlb_invalidate_space(hand.p->ctx, HAND_VMID);
	hand.p->zero(hand.p->ctx, va, 4096);
	assert_rule(&hand, MEZZO_MODEL_FLUSH_OWED);
	hand_close(&hand);
}

/* --- taking back --------------------------------------------------------------------------- */

static void a_frame_is_cleaned_after_its_invalidation_is_complete(void **state)
{
	struct hand hand;
	uint32_t value;

	(void)state;
	/* 0: right. 1: clean first. 2: clean between the two. 3: no clean. */
	for (unsigned int way = 0; way < 4; way++) {
		open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
		hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
		value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
		assert_int_not_equal(value, 0);
		if (way == 1)
			clean_through(&hand, MEZZO_WINDOW_UNCACHED);
		hand_set(&hand, &hand.level3[0], 0);
		hand.p->tlb_invalidate_entry(hand.p->ctx, HAND_VMID, hand_ipa(0), 3);
		hand_complete(&hand);
		if (way == 2)
			clean_through(&hand, MEZZO_WINDOW_UNCACHED);
		hand.p->tlb_invalidate_combined(hand.p->ctx, HAND_VMID);
		hand_complete(&hand);
		if (way == 0)
			clean_through(&hand, MEZZO_WINDOW_UNCACHED);
		mezzo_model_check(hand.model, hand_frame(0), clean);
		assert_rule(&hand, way ? MEZZO_MODEL_FALSE_STATE : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void what_an_object_believes_is_held_against_the_machine(void **state)
{
	struct mezzo_frame_state initialised = {
		.data = MEZZO_CONTENT_INITIALISED,
		.tags = MEZZO_CONTENT_UNOWNED,
		.lines = MEZZO_LINES_MAYBE,
	};
	struct hand hand;

	(void)state;
	for (unsigned int tags = 0; tags < 2; tags++) {
		open_plain(&hand, MEZZO_CONTENT_UNOWNED, MEZZO_LINES_CLEAN);
		initialised.data = (tags ? MEZZO_CONTENT_UNOWNED : MEZZO_CONTENT_INITIALISED) & 1;
		initialised.tags = !initialised.data;
		mezzo_model_check(hand.model, hand_frame(0), initialised);
		assert_rule(&hand, MEZZO_MODEL_FALSE_STATE);
		hand_close(&hand);
	}
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	initialised.data = initialised.tags = MEZZO_CONTENT_INITIALISED;
	mezzo_model_check(hand.model, hand_frame(0), initialised);
	assert_no_violation(&hand);
	/* A cacheable entry, even an unused one, and no line is impossible no more. */
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	mezzo_model_check(hand.model, hand_frame(0), clean);
	assert_rule(&hand, MEZZO_MODEL_FALSE_STATE);
	hand_close(&hand);
}

/* --- instructions ------------------------------------------------------------------------------ */

static void old_instructions_stay_until_an_invalidation_is_complete(void **state)
{
	struct hand hand;

	(void)state;
	/* 0: right. 1: no invalidation. 2: not waited for. */
	for (unsigned int way = 0; way < 3; way++) {
		open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
		if (way != 1)
			hand.p->icache_invalidate(hand.p->ctx);
		if (way != 2)
			hand_complete(&hand);
		hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_CODE));
		assert_rule(&hand, way ? MEZZO_MODEL_STALE_CODE : MEZZO_MODEL_NO_VIOLATION);
		hand_close(&hand);
	}
}

static void with_dic_there_are_no_old_instructions(void **state)
{
	struct mezzo_model_config config = hand_forced(1);
	struct mezzo_model_values seen;
	struct hand hand;
	uint32_t value;

	(void)state;
	hand_open(&hand, &config);
	hand_place(&hand, 0, 0, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_CODE));
	value = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	hand_access(&hand, MEZZO_MODEL_FETCH, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], value);
	hand_close(&hand);
}

static void a_guest_may_fetch_old_code_until_it_has_synchronised(void **state)
{
	struct mezzo_model_values seen;
	uint32_t old, new;
	struct hand hand;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand.p->icache_invalidate(hand.p->ctx);
	hand_complete(&hand);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_CODE));
	old = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	assert_int_equal(mezzo_model_guest_sync_code(hand.model, 0, hand_ipa(0)), MEZZO_MODEL_DONE);
	hand_access(&hand, MEZZO_MODEL_FETCH, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	new = hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	hand_access(&hand, MEZZO_MODEL_FETCH, hand_ipa(0), WB, &seen);
	assert_true(hand_may_see(&seen, old) && hand_may_see(&seen, new));
	assert_int_equal(mezzo_model_guest_sync_code(hand.model, 0, hand_ipa(0)), MEZZO_MODEL_DONE);
	hand_access(&hand, MEZZO_MODEL_FETCH, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], new);
	hand_close(&hand);
}

/* --- tags --------------------------------------------------------------------------------------- */

static void tags_are_not_touched_by_data(void **state)
{
	struct mezzo_model_values seen;
	struct hand hand;
	uint32_t tag;
	void *va;

	(void)state;
	open_plain(&hand, MEZZO_CONTENT_UNOWNED, MEZZO_LINES_CLEAN);
	va = open_window(&hand, MEZZO_WINDOW_WRITE_BACK);
	hand.p->zero_tags(hand.p->ctx, va, 4096);
	assert_rule(&hand, MEZZO_MODEL_WINDOW_MISUSE);
	hand_close(&hand);

	open_plain(&hand, MEZZO_CONTENT_INITIALISED, MEZZO_LINES_CLEAN);
	hand_set(&hand, &hand.level3[0], leaf(&hand, 0, HAND_DATA));
	tag = hand_access(&hand, MEZZO_MODEL_TAG_WRITE, hand_ipa(0), WB, NULL);
	hand_access(&hand, MEZZO_MODEL_WRITE, hand_ipa(0), WB, NULL);
	hand_access(&hand, MEZZO_MODEL_TAG_READ, hand_ipa(0), WB, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.value[0], tag);
	hand_close(&hand);
}

static void no_tag_access_keeps_tags_out_of_reach(void **state)
{
	struct mezzo_model_frames untagged = {
		.pa = hand_frame(0),
		.pages = 1,
		.owners = 1,
	};
	struct mezzo_model_access access = {.kind = MEZZO_MODEL_TAG_READ, .stage1 = WB};
	struct mezzo_model_config config = hand_forced(1);
	struct hand hand;

	(void)state;
	config.machine.mte_perm = true;
	for (unsigned int no_tag = 0; no_tag < 2; no_tag++) {
		hand_open(&hand, &config);
		mezzo_model_place(hand.model, &untagged);
		hand_set(&hand, &hand.level3[0],
			 hand_frame(0).addr | HAND_MEMATTR(no_tag ? 0xe : 0x6) | HAND_DATA |
				 HAND_PAGE);
		assert_rule(&hand, no_tag ? MEZZO_MODEL_NO_VIOLATION : MEZZO_MODEL_NO_TAG_STORAGE);
		if (no_tag)
			assert_int_equal(mezzo_model_access(hand.model, &access),
					 MEZZO_MODEL_FAULT_TAG);
		hand_close(&hand);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dirty_line_may_be_in_memory_or_not),
		cmocka_unit_test(a_line_written_back_late_hides_an_uncached_write),
		cmocka_unit_test(a_cached_mapping_fills_lines_at_will),
		cmocka_unit_test(uncached_accesses_may_hit_when_told_so),
		cmocka_unit_test(a_forced_type_is_cached_whatever_the_guest_says),
		cmocka_unit_test(the_guests_own_maintenance_works),
		cmocka_unit_test(a_device_that_does_not_snoop_goes_past_the_cache),
		cmocka_unit_test(a_device_sees_its_own_guests_memory_only),
		cmocka_unit_test(only_an_uncached_window_leaves_no_line_behind),
		cmocka_unit_test(a_clean_has_happened_only_when_it_is_complete),
		cmocka_unit_test(a_clean_of_half_a_page_is_not_enough),
		cmocka_unit_test(windows_are_used_as_the_platform_says),
		cmocka_unit_test(a_first_grant_needs_every_step_in_order),
		cmocka_unit_test(zeroing_uncached_needs_a_clean_before_not_after),
		cmocka_unit_test(a_frame_is_not_zeroed_while_a_guest_may_reach_it),
		cmocka_unit_test(a_frame_is_cleaned_after_its_invalidation_is_complete),
		cmocka_unit_test(what_an_object_believes_is_held_against_the_machine),
		cmocka_unit_test(old_instructions_stay_until_an_invalidation_is_complete),
		cmocka_unit_test(with_dic_there_are_no_old_instructions),
		cmocka_unit_test(a_guest_may_fetch_old_code_until_it_has_synchronised),
		cmocka_unit_test(tags_are_not_touched_by_data),
		cmocka_unit_test(no_tag_access_keeps_tags_out_of_reach),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
