/* SPDX-License-Identifier: BSD-2-Clause */
/* Dirty logs: what is read, what is cleared, what one pays for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define MIB (UINT64_C(1) << 20)
#define PAGES 4000 /* not a multiple of 64 */
#define WORDS MEZZO_DIRTY_WORDS(PAGES)

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

/* A world whose slot 1 of cached RAM logs from the start. */
struct stage {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool;
	struct mezzo_slot_config slot;
	struct mezzo_refusal why;
	uint64_t bits[WORDS];
};

static struct stage stage_with(uint32_t flags)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct stage s = {.world = world_new(&fwb)};

	s.space = &s.world->space;
	s.pool = world_pool(s.world, &contract, 0, 4096);
	s.slot = (struct mezzo_slot_config){
		.id = 1,
		.flags = flags,
		.ipa = {RAM},
		.pages = PAGES,
		.object = &s.pool->object,
		.bitmap = s.world->bitmap,
	};
	assert_int_equal(mezzo_slot_create(s.space, &s.slot, &s.why), MEZZO_OK);
	return s;
}

static struct stage stage(void)
{
	return stage_with(MEZZO_SLOT_FLAG_LOG_DIRTY);
}

static void strike(struct stage *s)
{
	world_free(s->world);
	world_pool_free(s->pool);
}

static uint64_t ipa_of(uint64_t page)
{
	return RAM + page * PAGE;
}

static struct mezzo_fault_result touch(struct stage *s, uint64_t page, enum mezzo_access access)
{
	struct mezzo_leaf leaf = world_leaf(s->world, ipa_of(page));

	return world_fault(s->world, ipa_of(page), access,
			   leaf.state == MEZZO_ENTRY_LEAF ? MEZZO_FAULT_PERMISSION
							  : MEZZO_FAULT_MISSING);
}

/* As a guest does: an access that is allowed faults no more. */
static void write_to(struct stage *s, uint64_t page)
{
	if (!world_leaf(s->world, ipa_of(page)).attr.write)
		assert_int_equal(touch(s, page, MEZZO_ACCESS_WRITE).outcome, MEZZO_GRANT);
	assert_true(world_leaf(s->world, ipa_of(page)).attr.write);
}

static void get(struct stage *s)
{
	memset(s->bits, 0xa5, sizeof(s->bits));
	assert_int_equal(mezzo_dirty_get(s->space, 1, 0, PAGES, s->bits, &s->why), MEZZO_OK);
}

static void take(struct stage *s)
{
	memset(s->bits, 0xa5, sizeof(s->bits));
	assert_int_equal(mezzo_dirty_take(s->space, 1, 0, PAGES, s->bits, &s->why), MEZZO_OK);
}

static bool bit(const struct stage *s, uint64_t page)
{
	return s->bits[page / 64] >> page % 64 & 1;
}

static unsigned int count(const struct stage *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		n += (unsigned int)__builtin_popcountll(s->bits[i]);
	return n;
}

static void check_refusal(const struct stage *s, enum mezzo_reason reason, enum mezzo_field field,
			  uint64_t got, uint64_t want)
{
	assert_string_equal(mezzo_reason(s->why.reason)->name, mezzo_reason(reason)->name);
	assert_string_equal(mezzo_field_name(s->why.field), mezzo_field_name(field));
	assert_int_equal(s->why.got, got);
	assert_int_equal(s->why.want, want);
}

/* --- bitmaps ----------------------------------------------------------------------------------- */

static void what_was_written_is_read_and_nothing_else(void **state)
{
	static const uint64_t pages[] = {0, 1, 63, 64, 127, 128, 700, PAGES - 1};
	struct stage s = stage();

	(void)state;
	get(&s);
	assert_int_equal(count(&s), 0);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(touch(&s, pages[i] ^ 2, MEZZO_ACCESS_READ).outcome, MEZZO_GRANT);
		write_to(&s, pages[i]);
	}
	/* Reading clears nothing. */
	for (unsigned int round = 0; round < 2; round++) {
		get(&s);
		assert_int_equal(count(&s), 8);
		for (unsigned int i = 0; i < 8; i++)
			assert_true(bit(&s, pages[i]));
	}
	strike(&s);
}

static void what_is_cleared_is_protected_and_the_rest_is_not(void **state)
{
	struct stage s = stage();

	(void)state;
	for (uint64_t page = 0; page < 200; page++)
		write_to(&s, page);
	memset(s.bits, 0, sizeof(s.bits));
	s.bits[0] = 1 << 5;
	s.bits[1] = UINT64_C(3) << 62;
	s.bits[40] = UINT64_MAX; /* nobody wrote there */
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, s.bits, &s.why), MEZZO_OK);
	assert_false(world_leaf(s.world, ipa_of(5)).attr.write);
	assert_false(world_leaf(s.world, ipa_of(126)).attr.write);
	assert_false(world_leaf(s.world, ipa_of(127)).attr.write);
	assert_true(world_leaf(s.world, ipa_of(4)).attr.write);
	assert_true(world_leaf(s.world, ipa_of(128)).attr.write);
	get(&s);
	assert_int_equal(count(&s), 197);
	assert_false(bit(&s, 5) || bit(&s, 126) || bit(&s, 127));
	/* The next write is noticed again. */
	write_to(&s, 5);
	get(&s);
	assert_true(bit(&s, 5));
	strike(&s);
}

static void taking_is_getting_and_clearing(void **state)
{
	struct stage s = stage();

	(void)state;
	for (uint64_t page = 0; page < PAGES; page += 7)
		write_to(&s, page);
	take(&s);
	assert_int_equal(count(&s), (PAGES + 6) / 7);
	for (uint64_t page = 0; page < PAGES; page += 7)
		assert_false(world_leaf(s.world, ipa_of(page)).attr.write);
	take(&s);
	assert_int_equal(count(&s), 0);
	strike(&s);
}

/* A range of the log, and no bit beside it: neither of the slot nor of the caller's memory. */
static void a_range_is_whole_words_and_touches_no_others(void **state)
{
	struct stage s = stage();

	(void)state;
	for (uint64_t page = 0; page < PAGES; page++)
		write_to(&s, page);
	memset(s.bits, 0xa5, sizeof(s.bits));
	assert_int_equal(mezzo_dirty_take(s.space, 1, 64, 128, s.bits, &s.why), MEZZO_OK);
	assert_int_equal(s.bits[0], UINT64_MAX);
	assert_int_equal(s.bits[1], UINT64_MAX);
	assert_int_equal(s.bits[2], UINT64_C(0xa5a5a5a5a5a5a5a5));
	/* The last word has 32 pages. */
	assert_int_equal(mezzo_dirty_take(s.space, 1, PAGES - 32, 32, s.bits, &s.why), MEZZO_OK);
	assert_int_equal(s.bits[0], UINT32_MAX);
	get(&s);
	assert_int_equal(count(&s), PAGES - 128 - 32);
	assert_true(bit(&s, 63) && bit(&s, 192) && bit(&s, PAGES - 33));
	assert_true(world_leaf(s.world, ipa_of(63)).attr.write);
	assert_true(world_leaf(s.world, ipa_of(192)).attr.write);
	assert_false(world_leaf(s.world, ipa_of(64)).attr.write);
	assert_false(world_leaf(s.world, ipa_of(191)).attr.write);
	/* Nothing at all. */
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, 0, NULL, &s.why), MEZZO_OK);
	get(&s);
	assert_int_equal(count(&s), PAGES - 128 - 32);
	/* Bits beyond the range are nobody's. */
	s.bits[0] = UINT64_MAX;
	assert_int_equal(mezzo_dirty_clear(s.space, 1, PAGES - 32, 32, s.bits, &s.why), MEZZO_OK);
	/* All of it, without saying so. */
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, NULL, &s.why), MEZZO_OK);
	get(&s);
	assert_int_equal(count(&s), 0);
	strike(&s);
}

static int all_three(struct stage *s, uint32_t id, uint64_t first, uint64_t pages)
{
	struct mezzo_refusal other;
	int status = mezzo_dirty_get(s->space, id, first, pages, s->bits, &s->why);

	assert_int_equal(mezzo_dirty_clear(s->space, id, first, pages, s->bits, &other), status);
	assert_memory_equal(&other, &s->why, sizeof(other));
	assert_int_equal(mezzo_dirty_take(s->space, id, first, pages, s->bits, &other), status);
	assert_memory_equal(&other, &s->why, sizeof(other));
	return status;
}

static void what_is_no_range_of_a_log_is_refused(void **state)
{
	struct stage s = stage();

	(void)state;
	world_slot(s.world, 2, RAM + 64 * MIB, &s.pool->object, 64, 0);
	assert_int_equal(all_three(&s, 1, 1, 64), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_FIRST_PAGE, 1, 0);
	assert_int_equal(all_three(&s, 1, 64, 63), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_PAGES, 63, 0);
	assert_int_equal(all_three(&s, 1, 64, PAGES - 63), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_PAGES, PAGES - 63, PAGES - 64);
	assert_int_equal(all_three(&s, 1, 128, UINT64_MAX - 64), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_PAGES, UINT64_MAX - 64, PAGES - 128);
	assert_int_equal(all_three(&s, 1, 4032, 0), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_FIRST_PAGE, 4032, 3968);
	assert_int_equal(all_three(&s, 1, UINT64_C(1) << 63, 64), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_FIRST_PAGE, UINT64_C(1) << 63, 3968);
	assert_int_equal(all_three(&s, 2, 0, 64), MEZZO_ERR_NOENT);
	check_refusal(&s, MEZZO_WHY_SLOT_NOT_LOGGING, MEZZO_FIELD_FLAGS, 0,
		      MEZZO_SLOT_FLAG_LOG_DIRTY);
	assert_int_equal(all_three(&s, 3, 0, 64), MEZZO_ERR_NOENT);
	check_refusal(&s, MEZZO_WHY_SLOT_ID_UNKNOWN, MEZZO_FIELD_SLOT_ID, 3, 3);
	/* As KVM orders them. */
	assert_int_equal(all_three(&s, 3, 1, 64), MEZZO_ERR_INVALID);
	strike(&s);
}

/* However many pages: what the hardware pays is one invalidation. */
static void clearing_costs_one_invalidation(void **state)
{
	struct stage s = stage();

	(void)state;
	for (uint64_t page = 0; page < PAGES; page += 40)
		write_to(&s, page);
	mezzo_hosted_reset_counts(&s.world->hosted);
	take(&s);
	assert_int_equal(s.world->hosted.counts.tlb_spaces + s.world->hosted.counts.tlb_combined,
			 1);
	assert_int_equal(s.world->hosted.counts.barriers[MEZZO_BARRIER_COMPLETE] +
				 s.world->hosted.counts.tlb_spaces,
			 2);
	/* Nothing was written since: nothing is owed. */
	mezzo_hosted_reset_counts(&s.world->hosted);
	take(&s);
	assert_int_equal(s.world->hosted.counts.tlb_ranges + s.world->hosted.counts.tlb_entries +
				 s.world->hosted.counts.tlb_spaces,
			 0);
	strike(&s);
}

/* From the second write on the answer is remembered; it must be the same, and hold no longer. */
static void an_answer_that_is_remembered_is_no_other(void **state)
{
	struct stage s = stage();
	const struct mezzo_slot_config to = {.id = 1,
					     .ipa = s.slot.ipa,
					     .pages = PAGES,
					     .object = s.slot.object};
	struct mezzo_fault_result first, second;
	struct mezzo_hosted_counts counts;
	struct mezzo_record a, b;

	(void)state;
	for (uint64_t page = 0; page < 8; page++)
		touch(&s, page, MEZZO_ACCESS_READ);
	mezzo_hosted_reset_counts(&s.world->hosted);
	first = touch(&s, 2, MEZZO_ACCESS_WRITE);
	counts = s.world->hosted.counts;
	mezzo_hosted_reset_counts(&s.world->hosted);
	second = touch(&s, 3, MEZZO_ACCESS_WRITE);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_memory_equal(&counts, &s.world->hosted.counts, sizeof(counts));
	assert_true(mezzo_space_record(s.space, s.space->recorded - 1, &a));
	assert_true(mezzo_space_record(s.space, s.space->recorded, &b));
	assert_true(b.ipa.addr == a.ipa.addr + PAGE && b.number == a.number + 1);
	b.ipa = a.ipa;
	b.number = a.number;
	assert_memory_equal(&a, &b, sizeof(a));
	get(&s);
	assert_true(count(&s) == 2 && bit(&s, 2) && bit(&s, 3));

	/* A page that is open is not written down again; nor one of a log that is over. */
	assert_int_equal(
		world_fault(s.world, ipa_of(3), MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION).outcome,
		MEZZO_GRANT);
	take(&s);
	assert_int_equal(count(&s), 2);
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	write_to(&s, 4);
	for (unsigned int i = 0; i < WORDS; i++)
		assert_int_equal(s.world->bitmap[i], 0);
	strike(&s);
}

static void a_log_may_start_dirty(void **state)
{
	struct stage s = stage_with(0);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	write_to(&s, 0);
	assert_int_equal(world_leaf(s.world, RAM).order, MEZZO_ORDER_2M);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY;
	mezzo_hosted_reset_counts(&s.world->hosted);
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	/* Nothing is protected, as nothing would be learned by that. */
	assert_int_equal(s.world->hosted.counts.tlb_ranges + s.world->hosted.counts.tlb_entries, 0);
	assert_true(world_leaf(s.world, RAM).attr.write);
	get(&s);
	assert_int_equal(count(&s), PAGES);
	/* Clearing protects, the block around it at first. */
	memset(s.bits, 0, sizeof(s.bits));
	s.bits[1] = 1;
	assert_int_equal(mezzo_dirty_clear(s.space, 1, 0, PAGES, s.bits, &s.why), MEZZO_OK);
	assert_false(world_leaf(s.world, ipa_of(64)).attr.write);
	get(&s);
	assert_int_equal(count(&s), PAGES - 1);
	write_to(&s, 64);
	assert_int_equal(world_leaf(s.world, ipa_of(64)).order, MEZZO_ORDER_4K);
	get(&s);
	assert_int_equal(count(&s), PAGES);
	strike(&s);
	/* From its creation on. */
	s = stage_with(MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY);
	take(&s);
	assert_int_equal(count(&s), PAGES);
	take(&s);
	assert_int_equal(count(&s), 0);
	strike(&s);
}

/* A slot that is moved as it begins to log. */
static void a_move_may_begin_a_log_that_starts_dirty(void **state)
{
	struct stage s = stage_with(0);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	write_to(&s, 0);
	to.ipa.addr += 64 * MIB;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	get(&s);
	assert_int_equal(count(&s), PAGES);
	strike(&s);
}

static void a_log_moves_with_its_slot(void **state)
{
	struct stage s = stage();
	struct mezzo_slot_config to = s.slot;

	(void)state;
	write_to(&s, 3);
	to.ipa.addr += PAGE;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	(void)world_fault(s.world, RAM + 5 * PAGE, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	get(&s);
	assert_int_equal(count(&s), 2);
	assert_true(bit(&s, 3) && bit(&s, 4));
	strike(&s);
}

static void others_mark_what_they_write(void **state)
{
	struct stage s = stage();

	(void)state;
	world_slot(s.world, 2, RAM + PAGES * PAGE, &s.pool->object, 16, 0);
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){RAM - 2 * PAGE}, 3),
			 MEZZO_OK);
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){ipa_of(60)}, 140), MEZZO_OK);
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){ipa_of(PAGES - 1)}, 40),
			 MEZZO_OK);
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){ipa_of(500)}, 0), MEZZO_OK);
	get(&s);
	assert_int_equal(count(&s), 142);
	assert_true(bit(&s, 0) && bit(&s, 60) && bit(&s, 199) && bit(&s, PAGES - 1));
	assert_false(bit(&s, 1) || bit(&s, 59) || bit(&s, 200) || bit(&s, 500));
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){RAM + 1}, 1),
			 MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_dirty_mark(s.space, (struct mezzo_ipa){RAM}, UINT64_MAX),
			 MEZZO_ERR_INVALID);
	strike(&s);
}

/* --- rings ------------------------------------------------------------------------------------- */

#define ENTRIES 8

struct ringed {
	struct stage s;
	struct mezzo_dirty_entry entry[WORLD_VCPUS * ENTRIES];
	uint32_t cursor;
};

static struct ringed *ringed(void)
{
	struct ringed *r = calloc(1, sizeof(*r));
	struct mezzo_slot_config to;

	r->s = stage_with(0);
	to = r->s.slot;
	assert_int_equal(mezzo_dirty_rings(r->s.space, r->entry, ENTRIES, &r->s.why), MEZZO_OK);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(r->s.world, &to, &r->s.why), MEZZO_OK);
	return r;
}

static void unring(struct ringed *r)
{
	strike(&r->s);
	free(r);
}

/* The next page that vCPU 0 wrote, or -1. */
static int64_t next(struct ringed *r)
{
	uint32_t slot;
	uint64_t page;

	if (!mezzo_dirty_next(r->s.space, 0, &r->cursor, &slot, &page))
		return -1;
	assert_int_equal(slot, 1);
	return (int64_t)page;
}

static uint32_t reset(struct ringed *r)
{
	uint32_t emptied;

	assert_int_equal(mezzo_dirty_reset(r->s.space, &emptied), MEZZO_OK);
	return emptied;
}

static void a_write_goes_to_its_vcpus_ring(void **state)
{
	struct ringed *r = ringed();

	(void)state;
	assert_int_equal(next(r), -1);
	write_to(&r->s, 5);
	write_to(&r->s, 700);
	write_to(&r->s, 5);
	get(&r->s);
	assert_int_equal(count(&r->s), 0);
	assert_int_equal(next(r), 5);
	assert_int_equal(next(r), 700);
	assert_int_equal(next(r), -1);
	/* Until the reset the pages stay as they are. */
	assert_true(world_leaf(r->s.world, ipa_of(5)).attr.write);
	assert_int_equal(reset(r), 2);
	assert_false(world_leaf(r->s.world, ipa_of(5)).attr.write);
	assert_false(world_leaf(r->s.world, ipa_of(700)).attr.write);
	write_to(&r->s, 5);
	assert_int_equal(next(r), 5);
	assert_int_equal(reset(r), 1);
	assert_int_equal(reset(r), 0);
	unring(r);
}

static void what_was_not_collected_is_not_reset(void **state)
{
	struct ringed *r = ringed();

	(void)state;
	for (uint64_t page = 0; page < 4; page++)
		write_to(&r->s, page * 100);
	assert_int_equal(next(r), 0);
	assert_int_equal(reset(r), 1);
	assert_false(world_leaf(r->s.world, RAM).attr.write);
	assert_true(world_leaf(r->s.world, ipa_of(100)).attr.write);
	assert_int_equal(next(r), 100);
	unring(r);
}

static void a_full_ring_lets_nobody_write(void **state)
{
	struct ringed *r = ringed();
	struct mezzo_fault_result result;

	(void)state;
	for (uint64_t page = 0; page < ENTRIES; page++)
		write_to(&r->s, page);
	/* Whether the page is there or not. */
	(void)touch(&r->s, 100, MEZZO_ACCESS_READ);
	for (unsigned int i = 0; i < 2; i++) {
		result = touch(&r->s, i ? 2000 : 100, MEZZO_ACCESS_WRITE);
		assert_int_equal(result.outcome, MEZZO_EXIT);
		assert_int_equal(result.reason, MEZZO_WHY_RING_FULL);
		assert_int_equal(result.slot, 1);
		assert_false(result.retry);
	}
	assert_false(world_leaf(r->s.world, ipa_of(100)).attr.write);
	assert_int_equal(world_leaf(r->s.world, ipa_of(2000)).state, MEZZO_ENTRY_NONE);
	/* Reads go on, and so does another vCPU. */
	assert_int_equal(touch(&r->s, 2001, MEZZO_ACCESS_READ).outcome, MEZZO_GRANT);
	/* Collected is not emptied. */
	assert_int_equal(next(r), 0);
	assert_int_equal(touch(&r->s, 100, MEZZO_ACCESS_WRITE).reason, MEZZO_WHY_RING_FULL);
	assert_int_equal(reset(r), 1);
	write_to(&r->s, 100);
	assert_int_equal(touch(&r->s, 101, MEZZO_ACCESS_WRITE).reason, MEZZO_WHY_RING_FULL);
	for (uint64_t page = 1; page < ENTRIES; page++)
		assert_int_equal(next(r), page);
	assert_int_equal(next(r), 100);
	assert_int_equal(reset(r), ENTRIES);
	unring(r);
}

static void writes_of_no_vcpu_go_to_the_bitmap(void **state)
{
	struct ringed *r = ringed();

	(void)state;
	assert_int_equal(mezzo_dirty_mark(r->s.space, (struct mezzo_ipa){ipa_of(9)}, 1), MEZZO_OK);
	assert_int_equal(next(r), -1);
	take(&r->s);
	assert_int_equal(count(&r->s), 1);
	assert_true(bit(&r->s, 9));
	unring(r);
}

static void a_ring_outlives_the_slots_it_names(void **state)
{
	struct ringed *r = ringed();

	(void)state;
	write_to(&r->s, 1);
	write_to(&r->s, 2000);
	assert_int_equal(next(r), 1);
	assert_int_equal(next(r), 2000);
	world_delete(r->s.world, 1);
	assert_int_equal(reset(r), 2);
	/* A smaller one of that id, which does not log. */
	world_slot(r->s.world, 1, RAM, &r->s.pool->object, 64, 0);
	unring(r);
}

static void rings_are_given_once_and_early(void **state)
{
	struct mezzo_dirty_entry *entry = calloc(WORLD_VCPUS * ENTRIES, sizeof(*entry));
	struct stage s = stage_with(0);
	struct mezzo_slot_config to = s.slot;
	uint32_t emptied;

	(void)state;
	assert_int_equal(mezzo_dirty_reset(s.space, &emptied), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 0, &s.why), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_RING_SIZE, MEZZO_FIELD_ENTRIES, 0, 2);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 1, &s.why), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_RING_SIZE, MEZZO_FIELD_ENTRIES, 1, 2);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 768, &s.why), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_RING_SIZE, MEZZO_FIELD_ENTRIES, 768, 512);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 1 << 17, &s.why), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_RING_SIZE, MEZZO_FIELD_ENTRIES, 1 << 17, 1 << 16);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, ENTRIES, &s.why), MEZZO_ERR_EXISTS);
	check_refusal(&s, MEZZO_WHY_RING_SET, MEZZO_FIELD_ENTRIES, ENTRIES, ENTRIES);
	to.flags = 0;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, ENTRIES, &s.why), MEZZO_OK);
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 4, &s.why), MEZZO_ERR_EXISTS);
	check_refusal(&s, MEZZO_WHY_RING_SET, MEZZO_FIELD_ENTRIES, 4, ENTRIES);
	strike(&s);
	free(entry);
}

/* Many rings, many entries: each call has its bound, and nothing is left behind. */
static void reset_is_bounded(void **state)
{
	struct mezzo_dirty_entry *entry = calloc(WORLD_VCPUS * 1024, sizeof(*entry));
	struct stage s = stage_with(0);
	struct mezzo_slot_config to = s.slot;
	uint32_t cursor = 0, slot, emptied, total = 0, calls = 0;
	uint64_t page;
	int status;

	(void)state;
	assert_int_equal(mezzo_dirty_rings(s.space, entry, 1024, &s.why), MEZZO_OK);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	for (page = 0; page < 1024; page++)
		write_to(&s, page);
	while (mezzo_dirty_next(s.space, 0, &cursor, &slot, &page))
		;
	assert_int_equal(cursor, 1024);
	do {
		status = mezzo_dirty_reset(s.space, &emptied);
		total += emptied;
		calls++;
	} while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
	assert_int_equal(total, 1024);
	assert_int_equal(calls, 3);
	for (page = 0; page < 1024; page++)
		assert_false(world_leaf(s.world, ipa_of(page)).attr.write);
	strike(&s);
	free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_and_nothing_else),
		cmocka_unit_test(what_is_cleared_is_protected_and_the_rest_is_not),
		cmocka_unit_test(taking_is_getting_and_clearing),
		cmocka_unit_test(a_range_is_whole_words_and_touches_no_others),
		cmocka_unit_test(what_is_no_range_of_a_log_is_refused),
		cmocka_unit_test(clearing_costs_one_invalidation),
		cmocka_unit_test(an_answer_that_is_remembered_is_no_other),
		cmocka_unit_test(a_log_may_start_dirty),
		cmocka_unit_test(a_move_may_begin_a_log_that_starts_dirty),
		cmocka_unit_test(a_log_moves_with_its_slot),
		cmocka_unit_test(others_mark_what_they_write),
		cmocka_unit_test(a_write_goes_to_its_vcpus_ring),
		cmocka_unit_test(what_was_not_collected_is_not_reset),
		cmocka_unit_test(a_full_ring_lets_nobody_write),
		cmocka_unit_test(writes_of_no_vcpu_go_to_the_bitmap),
		cmocka_unit_test(a_ring_outlives_the_slots_it_names),
		cmocka_unit_test(rings_are_given_once_and_early),
		cmocka_unit_test(reset_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
