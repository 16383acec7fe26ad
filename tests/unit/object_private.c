/* SPDX-License-Identifier: BSD-2-Clause */
/* Private memory: each page in one of two views, and how it comes from one into the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1300
#define BASE 100 /* frames before: blocks begin within the object */

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options tagged = {
	.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}, .guest_mte = true};
static const struct world_options plain = {0};

struct bench {
	struct world *world;
	struct mezzo_private private;
	struct mezzo_contract contract, shared;
	void *state;
	/* what the host was asked to give up */
	uint64_t unshared, calls;
	unsigned int refusals; /* so often it is not ready */
	uint64_t zeroed;       /* before it was asked */
};

static int unshare(void *arg, uint64_t offset, uint64_t pages)
{
	struct bench *b = arg;
	struct mezzo_frame frame;

	b->calls++;
	/* Nobody finds the pages in either view, and nothing was zeroed yet. */
	for (uint64_t i = offset; i < offset + pages; i++) {
		assert_int_equal(b->private.shared.ops->resolve(&b->private.shared, i, true,
								&frame),
				 MEZZO_ERR_AGAIN);
		assert_int_equal(b->private.pool.object.ops->resolve(&b->private.pool.object, i,
								     true, &frame),
				 MEZZO_ERR_AGAIN);
	}
	if (b->refusals) {
		b->refusals--;
		return MEZZO_ERR_AGAIN;
	}
	b->unshared += pages;
	b->zeroed = b->world->hosted.counts.zero_bytes;
	return MEZZO_OK;
}

static int init(struct bench *b, struct mezzo_refusal *why)
{
	return mezzo_private_init(&b->private, &b->world->hosted.platform, &b->contract, &b->shared,
				  (struct mezzo_pa){WORLD_FRAMES_PA + BASE * PAGE}, PAGES, b->state,
				  unshare, b, why);
}

static struct bench *open(const struct world_options *options)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct mezzo_refusal why;
	struct mezzo_slot_config config = {.id = 1, .ipa = {RAM + BASE * PAGE}, .pages = PAGES};

	assert_non_null(b);
	b->world = world_new(options);
	b->contract = mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	b->contract.is_private = true;
	b->contract.tag_storage = options->machine.mte;
	b->shared = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	b->shared.tag_storage = options->machine.mte;
	b->state = malloc(mezzo_pool_state_bytes(PAGES));
	assert_int_equal(init(b, &why), MEZZO_OK);
	config.object = &b->private.pool.object;
	config.shared = &b->private.shared;
	assert_int_equal(mezzo_slot_create(&b->world->space, &config, &why), MEZZO_OK);
	return b;
}

static void close(struct bench *b)
{
	world_free(b->world);
	free(b->state);
	free(b);
}

static int convert(struct bench *b, uint64_t offset, uint64_t pages, bool to_shared, bool keep)
{
	struct mezzo_conversion c = {.offset_pages = offset,
				     .pages = pages,
				     .to_shared = to_shared,
				     .keep = keep};
	int status;

	do
		status = mezzo_private_convert(&b->private, &c);
	while (status == MEZZO_ERR_AGAIN);
	return status;
}

static uint64_t ipa(uint64_t page)
{
	return RAM + (BASE + page) * PAGE;
}

static unsigned char *byte(struct bench *b, uint64_t page)
{
	return &b->world->frames[(BASE + page) * PAGE + 7];
}

static enum mezzo_reason touch_as(struct bench *b, uint64_t page, enum mezzo_view view)
{
	struct mezzo_fault_info info = {.ipa = {ipa(page)},
					.access = MEZZO_ACCESS_WRITE,
					.view = (uint8_t)view & 15};
	struct mezzo_fault_result result;

	assert_int_equal(mezzo_space_fault(&b->world->space, 0, &info, &result), MEZZO_OK);
	assert_false(result.retry);
	return (enum mezzo_reason)result.reason;
}

static enum mezzo_reason touch(struct bench *b, uint64_t page)
{
	return touch_as(b, page, MEZZO_VIEW_ANY);
}

static bool mapped(struct bench *b, uint64_t page)
{
	return world_leaf(b->world, ipa(page)).state == MEZZO_ENTRY_LEAF;
}

static struct mezzo_frame_state state_of(struct bench *b, uint64_t page)
{
	struct mezzo_object *object = mezzo_private_is_shared(&b->private, page)
					      ? &b->private.shared
					      : &b->private.pool.object;
	struct mezzo_frame frame;

	assert_int_equal(object->ops->resolve(object, page, false, &frame), MEZZO_OK);
	assert_int_equal(frame.pa.addr, WORLD_FRAMES_PA + (BASE + page) * PAGE);
	return frame.state;
}

/* --- views ---------------------------------------------------------------------------------------- */

static void every_page_is_in_one_view(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_object *views[] = {&b->private.pool.object, &b->private.shared};
	struct mezzo_frame frame;

	(void)state;
	assert_int_equal(convert(b, 10, 700, true, false), MEZZO_OK);
	assert_int_equal(convert(b, 300, 5, false, false), MEZZO_OK);
	for (uint64_t page = 0; page < PAGES; page++) {
		const bool shared = page >= 10 && page < 710 && (page < 300 || page >= 305);

		assert_int_equal(mezzo_private_is_shared(&b->private, page), shared);
		assert_int_equal(views[shared]->ops->resolve(views[shared], page, false, &frame),
				 MEZZO_OK);
		assert_int_equal(views[!shared]->ops->resolve(views[!shared], page, false, &frame),
				 MEZZO_ERR_NOENT);
		assert_int_equal(touch(b, page), shared ? MEZZO_WHY_CACHED_FORCED
							: MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE);
		assert_int_equal(world_leaf(b->world, ipa(page)).attr.type,
				 shared ? MEZZO_STAGE2_NORMAL_WB : MEZZO_STAGE2_GUEST_CHOICE);
	}
	close(b);
}

static void access_of_the_wrong_kind_exits_with_the_facts(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_fault_exit what;

	(void)state;
	assert_int_equal(convert(b, 5, 1, true, false), MEZZO_OK);
	assert_int_equal(touch_as(b, 4, MEZZO_VIEW_PRIVATE), MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE);
	assert_int_equal(touch_as(b, 5, MEZZO_VIEW_SHARED), MEZZO_WHY_CACHED_FORCED);

	assert_int_equal(touch_as(b, 5, MEZZO_VIEW_PRIVATE), MEZZO_WHY_NOT_IN_VIEW);
	mezzo_fault_exit(&b->world->space, 0, &what);
	assert_int_equal(what.outcome, MEZZO_EXIT);
	assert_int_equal(what.ipa.addr, ipa(5));
	assert_int_equal(what.offset_pages, 5);
	assert_int_equal(what.slot, 1);
	assert_int_equal(what.view, MEZZO_VIEW_PRIVATE);
	assert_false(what.is_private);
	assert_ptr_equal(what.object, &b->private.shared);

	assert_int_equal(touch_as(b, 6, MEZZO_VIEW_SHARED), MEZZO_WHY_NOT_IN_VIEW);
	mezzo_fault_exit(&b->world->space, 0, &what);
	assert_int_equal(what.view, MEZZO_VIEW_SHARED);
	assert_true(what.is_private);
	assert_ptr_equal(what.object, &b->private.pool.object);
	close(b);
}

/* A slot of ordinary memory has no private page, and one of the private view alone no shared one. */
static void a_slot_without_the_view_has_no_such_page(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_pool *pool = world_pool(b->world, &b->shared, 2048, 8);

	(void)state;
	world_slot(b->world, 2, RAM << 1, &pool->object, 8, 0);
	for (unsigned int view = 0; view < MEZZO_VIEWS; view++) {
		struct mezzo_fault_info info = {.ipa = {RAM << 1}, .view = view & 15};
		struct mezzo_fault_result result;

		assert_int_equal(mezzo_space_fault(&b->world->space, 0, &info, &result), MEZZO_OK);
		assert_int_equal(result.reason, view == MEZZO_VIEW_PRIVATE
							? MEZZO_WHY_NOT_IN_VIEW
							: MEZZO_WHY_CACHED_FORCED);
	}
	world_delete(b->world, 2);
	world_pool_free(pool);
	world_delete(b->world, 1);
	world_slot(b->world, 1, ipa(0), &b->private.pool.object, PAGES, 0);
	assert_int_equal(touch_as(b, 0, MEZZO_VIEW_SHARED), MEZZO_WHY_NOT_IN_VIEW);
	assert_int_equal(convert(b, 0, 1, true, true), MEZZO_OK);
	assert_int_equal(touch(b, 0), MEZZO_WHY_NOT_IN_VIEW);
	close(b);
}

/* --- conversion ----------------------------------------------------------------------------------- */

static void contents_are_kept_or_zeroed_as_asked(void **state)
{
	static const struct world_options *const machines[] = {&fwb, &plain, &tagged};

	(void)state;
	for (unsigned int i = 0; i < 12; i++) {
		struct bench *b = open(machines[i / 4]);
		const bool to_shared = i & 1, keep = i & 2;
		const bool tags = machines[i / 4]->machine.mte;
		uint64_t cleaned;

		if (!to_shared)
			assert_int_equal(convert(b, 0, PAGES, true, false), MEZZO_OK);
		/* The guest has some of it, and has written; the rest is nobody's. */
		(void)touch(b, 600);
		*byte(b, 600) = 42;
		b->world->tags[(BASE + 600) * PAGE / 16] = 3;
		cleaned = b->world->hosted.counts.clean_invalidate_bytes;
		b->unshared = b->calls = 0;
		assert_int_equal(convert(b, 550, 100, to_shared, keep), MEZZO_OK);

		assert_false(mapped(b, 600));
		assert_int_equal(*byte(b, 600), keep ? 42 : 0);
		if (tags)
			assert_int_equal(b->world->tags[(BASE + 600) * PAGE / 16], keep ? 3 : 0);
		assert_int_equal(b->unshared, to_shared ? 0 : 100);
		assert_true(b->world->hosted.counts.clean_invalidate_bytes >= cleaned + 100 * PAGE);
		for (uint64_t page = 550; page < 650; page++) {
			const struct mezzo_frame_state now = state_of(b, page);

			assert_int_equal(now.data, MEZZO_CONTENT_INITIALISED);
			assert_int_equal(now.lines,
					 to_shared ? MEZZO_LINES_MAYBE : MEZZO_LINES_CLEAN);
			if (tags)
				assert_int_equal(now.tags, MEZZO_CONTENT_INITIALISED);
			/* Whatever lay there before the guest had it, nobody sees. */
			if (page < 512 || page > 1023)
				assert_int_equal(*byte(b, page), 0);
		}
		/* What the guest gets next is what is there. */
		(void)touch(b, 600);
		assert_int_equal(*byte(b, 600), keep ? 42 : 0);
		close(b);
	}
}

/* What was never the guest's is not its own to show: zeroed, though the rest is kept. */
static void what_is_nobodys_is_never_shown(void **state)
{
	struct bench *b = open(&fwb);

	(void)state;
	assert_int_equal(*byte(b, 20), 0xa5);
	assert_int_equal(convert(b, 20, 3, true, true), MEZZO_OK);
	assert_int_equal(*byte(b, 20), 0);
	assert_int_equal(*byte(b, 22), 0);
	assert_int_equal(*byte(b, 23), 0xa5);
	close(b);
}

static void pages_that_are_there_already_stay(void **state)
{
	struct bench *b = open(&fwb);

	(void)state;
	assert_int_equal(convert(b, 10, 2, true, false), MEZZO_OK);
	(void)touch(b, 11);
	*byte(b, 11) = 9;
	assert_int_equal(convert(b, 5, 20, true, false), MEZZO_OK);
	assert_int_equal(*byte(b, 11), 9);
	assert_int_equal(b->calls, 0);
	/* Of the host only what it may have is taken. */
	assert_int_equal(convert(b, 0, 50, false, true), MEZZO_OK);
	assert_int_equal(b->unshared, 20);
	assert_int_equal(*byte(b, 11), 9);
	close(b);
}

static void the_host_lets_go_before_anything_is_zeroed(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_conversion c = {.offset_pages = 30, .pages = 4};
	struct mezzo_fault_info info = {.ipa = {ipa(31)}};
	struct mezzo_fault_result result;
	uint64_t zeroed;

	(void)state;
	assert_int_equal(convert(b, 30, 4, true, false), MEZZO_OK);
	(void)touch(b, 31);
	zeroed = b->world->hosted.counts.zero_bytes;
	b->refusals = 2;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(mezzo_private_convert(&b->private, &c), MEZZO_ERR_AGAIN);
		/* A guest waits; it is not told of anything. */
		assert_int_equal(mezzo_space_fault(&b->world->space, 0, &info, &result), MEZZO_OK);
		assert_true(result.retry);
	}
	assert_int_equal(b->world->hosted.counts.zero_bytes, zeroed);
	assert_int_equal(mezzo_private_convert(&b->private, &c), MEZZO_OK);
	assert_int_equal(b->zeroed, zeroed);
	assert_int_equal(b->world->hosted.counts.zero_bytes, zeroed + 4 * PAGE);
	close(b);
}

/* The host's own mapping fills lines again, whatever was cleaned when a guest's entry went. */
static void lines_of_the_host_are_remembered(void **state)
{
	struct bench *b = open(&plain);

	(void)state;
	assert_int_equal(convert(b, 5, 1, true, false), MEZZO_OK);
	(void)touch(b, 5);
	(void)touch(b, 6);
	assert_int_equal(mezzo_space_unmap(&b->world->space, (struct mezzo_ipa){ipa(5)}, 2),
			 MEZZO_OK);
	assert_int_equal(state_of(b, 5).lines, MEZZO_LINES_MAYBE);
	assert_int_equal(state_of(b, 6).lines, MEZZO_LINES_CLEAN);
	close(b);
}

/* Who zeroes a page has it: a conversion waits, and changes nothing meanwhile. */
static void work_under_way_is_waited_for(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_object *object = &b->private.pool.object;
	struct mezzo_conversion c = {.offset_pages = 0, .pages = 8, .to_shared = true};
	struct mezzo_frame frame;

	(void)state;
	assert_int_equal(object->ops->resolve(object, 3, false, &frame), MEZZO_OK);
	assert_int_equal(object->ops->frames_begin(object, 3, 1, frame.state), MEZZO_OK);
	assert_int_equal(mezzo_private_convert(&b->private, &c), MEZZO_ERR_AGAIN);
	assert_int_equal(object->ops->resolve(object, 2, false, &frame), MEZZO_OK);
	object->ops->frames_end(object, 3, 1, frame.state);
	assert_int_equal(mezzo_private_convert(&b->private, &c), MEZZO_OK);
	/* And the other way round: a fault's work does not begin in transition, nor in the other view. */
	assert_int_equal(object->ops->frames_begin(object, 3, 1, frame.state), MEZZO_ERR_AGAIN);
	close(b);
}

static void work_per_call_is_bounded(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_conversion c = {.pages = PAGES, .to_shared = true};
	unsigned int calls = 0;
	int status;

	(void)state;
	do {
		const uint64_t zeroed = b->world->hosted.counts.zero_bytes;

		status = mezzo_private_convert(&b->private, &c);
		assert_true(b->world->hosted.counts.zero_bytes - zeroed <= MEZZO_WINDOW_BYTES);
		calls++;
	} while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	assert_int_equal(calls, 3);
	assert_int_equal(b->world->hosted.counts.zero_bytes, PAGES * PAGE);
	close(b);
}

static void what_failed_changes_its_view_untouched(void **state)
{
	struct bench *b = open(&fwb);

	(void)state;
	assert_int_equal(mezzo_object_poison(&b->private.pool.object, 40, 0), MEZZO_OK);
	*byte(b, 40) = 1;
	assert_int_equal(convert(b, 39, 3, true, false), MEZZO_OK);
	assert_int_equal(*byte(b, 40), 1);
	assert_int_equal(*byte(b, 41), 0);
	assert_true(mezzo_private_is_shared(&b->private, 40));
	assert_int_equal(touch(b, 40), MEZZO_WHY_FRAME_POISONED);
	close(b);
}

static void bad_ranges_are_invalid(void **state)
{
	struct bench *b = open(&fwb);

	(void)state;
	assert_int_equal(convert(b, 0, 0, true, false), MEZZO_ERR_INVALID);
	assert_int_equal(convert(b, PAGES, 1, true, false), MEZZO_ERR_INVALID);
	assert_int_equal(convert(b, 1, PAGES, true, false), MEZZO_ERR_INVALID);
	assert_int_equal(convert(b, UINT64_MAX, 2, true, false), MEZZO_ERR_INVALID);
	assert_int_equal(b->world->hosted.counts.zero_bytes, 0);
	close(b);
}

/* --- owners, declarations ------------------------------------------------------------------------- */

static void the_owner_goes_only_when_nothing_is_shared(void **state)
{
	struct bench *b = open(&fwb);

	(void)state;
	(void)touch(b, 0);
	*byte(b, 0) = 5;
	assert_int_equal(convert(b, 700, 1, true, false), MEZZO_OK);
	assert_int_equal(mezzo_private_disown(&b->private), MEZZO_ERR_EXISTS);
	world_delete(b->world, 1);
	assert_int_equal(mezzo_private_disown(&b->private), MEZZO_ERR_EXISTS);
	assert_int_equal(convert(b, 700, 1, false, false), MEZZO_OK);
	assert_int_equal(mezzo_private_disown(&b->private), MEZZO_OK);
	assert_int_equal(state_of(b, 0).data, MEZZO_CONTENT_UNOWNED);
	close(b);
}

static void views_that_are_none_are_refused_by_field(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_contract *own = &b->contract, *shared = &b->shared;
	const struct mezzo_contract was = *own, shared_was = *shared;
	struct {
		uint8_t *field;
		uint8_t value;
		enum mezzo_field name;
	} rows[] = {
		{(uint8_t *)&own->is_private, false, MEZZO_FIELD_PRIVATE},
		{&own->aliases, MEZZO_ALIASES_CACHED, MEZZO_FIELD_ALIASES},
		{&own->maintenance, MEZZO_MAINTENANCE_NONE, MEZZO_FIELD_MAINTENANCE},
		{(uint8_t *)&own->mmio, true, MEZZO_FIELD_MMIO},
		{(uint8_t *)&shared->is_private, true, MEZZO_FIELD_PRIVATE},
		{&shared->aliases, MEZZO_ALIASES_NONE, MEZZO_FIELD_ALIASES},
		{(uint8_t *)&shared->mmio, true, MEZZO_FIELD_MMIO},
		{(uint8_t *)&shared->tag_storage, true, MEZZO_FIELD_TAG_STORAGE},
	};
	struct mezzo_private other;
	struct mezzo_refusal why;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*rows[i].field = rows[i].value;
		assert_int_equal(mezzo_private_init(&other, &b->world->hosted.platform, own, shared,
						    (struct mezzo_pa){PAGE}, 1, b->state, NULL,
						    NULL, &why),
				 MEZZO_ERR_REFUSED);
		assert_int_equal(why.reason, MEZZO_WHY_PRIVATE_VIEWS);
		assert_int_equal(why.field, rows[i].name);
		assert_int_equal(why.got, rows[i].value);
		assert_int_not_equal(why.want, why.got);
		*own = was;
		*shared = shared_was;
	}
	close(b);
}

static void a_slots_objects_are_two_views_of_one_memory(void **state)
{
	struct bench *b = open(&fwb);
	struct mezzo_object *own = &b->private.pool.object, *shared = &b->private.shared;
	struct mezzo_pool *pool = world_pool(b->world, &b->shared, 2048, PAGES);
	struct mezzo_object *rows[][2] = {{&pool->object, shared},
					  {own, &pool->object},
					  {shared, own},
					  {own, own}};
	struct mezzo_refusal why;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct mezzo_slot_config config = {.id = 2,
							 .ipa = {RAM << 1},
							 .pages = 1,
							 .object = rows[i][0],
							 .shared = rows[i][1]};

		assert_int_equal(mezzo_slot_create(&b->world->space, &config, &why),
				 MEZZO_ERR_INVALID);
		assert_int_equal(why.reason, MEZZO_WHY_PRIVATE_VIEWS);
		assert_int_equal(why.field, MEZZO_FIELD_OBJECT);
	}
	/* The second is fixed, as the first is. */
	assert_int_equal(world_change(b->world,
				      &(struct mezzo_slot_config){
					      .id = 1, .ipa = {RAM}, .pages = PAGES, .object = own},
				      &why),
			 MEZZO_ERR_INVALID);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_FIXED);
	world_pool_free(pool);
	close(b);
}

/* The private view is exclusive: there is one slot of a page of it. */
static void a_second_slot_of_a_view_is_refused(void **state)
{
	struct bench *b = open(&fwb);
	const struct mezzo_slot_config config = {.id = 2,
						 .ipa = {RAM << 1},
						 .pages = 1,
						 .object = &b->private.pool.object};
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(mezzo_slot_create(&b->world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE);
	assert_int_equal(why.slot, 1);
	close(b);
}

static void check_both(struct bench *b, uint64_t elsewhere)
{
	for (uint64_t page = 0; page < 16; page++) {
		const bool shared = mezzo_private_is_shared(&b->private, page);
		const uint64_t there = elsewhere + (BASE + page) * PAGE;

		(void)world_fault(b->world, ipa(page), MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
		(void)world_fault(b->world, there, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
		assert_int_equal(mapped(b, page), !shared);
		assert_int_equal(world_leaf(b->world, there).state == MEZZO_ENTRY_LEAF, shared);
	}
}

/* A page is in one view: a slot of the shared one, before or after, is no second mapping. */
static void slots_of_both_views_never_map_the_same_page(void **state)
{
	struct bench *b = open(&fwb);
	const struct mezzo_slot_config slots[] = {
		{.id = 1,
		 .ipa = {RAM + BASE * PAGE},
		 .pages = PAGES,
		 .object = &b->private.pool.object},
		{.id = 2,
		 .ipa = {(RAM << 1) + BASE * PAGE},
		 .pages = PAGES,
		 .object = &b->private.shared},
	};
	struct mezzo_refusal why;

	(void)state;
	world_delete(b->world, 1);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(mezzo_slot_create(&b->world->space, &slots[i], &why), MEZZO_OK);
		assert_int_equal(mezzo_slot_create(&b->world->space, &slots[!i], &why), MEZZO_OK);
		assert_int_equal(convert(b, 0, 8, true, false), MEZZO_OK);
		check_both(b, RAM << 1);
		/* Whoever had a page loses it. */
		assert_int_equal(convert(b, 4, 8, i, false), MEZZO_OK);
		for (uint64_t page = 4; page < 8; page++)
			assert_true(i || !mapped(b, page));
		check_both(b, RAM << 1);
		assert_int_equal(convert(b, 0, PAGES, false, false), MEZZO_OK);
		world_delete(b->world, 1);
		world_delete(b->world, 2);
	}
	close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_is_in_one_view),
		cmocka_unit_test(access_of_the_wrong_kind_exits_with_the_facts),
		cmocka_unit_test(a_slot_without_the_view_has_no_such_page),
		cmocka_unit_test(contents_are_kept_or_zeroed_as_asked),
		cmocka_unit_test(what_is_nobodys_is_never_shown),
		cmocka_unit_test(pages_that_are_there_already_stay),
		cmocka_unit_test(the_host_lets_go_before_anything_is_zeroed),
		cmocka_unit_test(lines_of_the_host_are_remembered),
		cmocka_unit_test(work_under_way_is_waited_for),
		cmocka_unit_test(work_per_call_is_bounded),
		cmocka_unit_test(what_failed_changes_its_view_untouched),
		cmocka_unit_test(bad_ranges_are_invalid),
		cmocka_unit_test(the_owner_goes_only_when_nothing_is_shared),
		cmocka_unit_test(views_that_are_none_are_refused_by_field),
		cmocka_unit_test(a_slots_objects_are_two_views_of_one_memory),
		cmocka_unit_test(a_second_slot_of_a_view_is_refused),
		cmocka_unit_test(slots_of_both_views_never_map_the_same_page),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
