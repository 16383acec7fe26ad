/* SPDX-License-Identifier: BSD-2-Clause */
/* A slot is moved, and begins and ceases to log writes: what stays, what waits, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define MIB (UINT64_C(1) << 20)
#define PAGES 4096 /* 16 MiB: all the frames of a world */

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain;

/* A world with one slot: id 1 at RAM. */
struct stage {
	struct world *world;
	struct mezzo_pool *pool;
	struct mezzo_slot_config slot;
	struct mezzo_refusal why;
};

static struct stage stage(const struct world_options *options, enum mezzo_preset preset)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);
	struct stage s = {.world = world_new(options)};

	s.pool = world_pool(s.world, &contract, 0, PAGES);
	s.slot = (struct mezzo_slot_config){.id = 1,
					    .ipa = {RAM},
					    .pages = PAGES,
					    .object = &s.pool->object,
					    .bitmap = s.world->bitmap};
	assert_int_equal(mezzo_slot_create(&s.world->space, &s.slot, &s.why), MEZZO_OK);
	return s;
}

static void strike(struct stage *s)
{
	world_free(s->world);
	world_pool_free(s->pool);
}

static int change(struct stage *s, const struct mezzo_slot_config *to)
{
	return mezzo_slot_change(&s->world->space, to, &s->why);
}

static void must_change(struct stage *s, const struct mezzo_slot_config *to)
{
	assert_int_equal(world_change(s->world, to, &s->why), MEZZO_OK);
	s->slot = *to;
}

static struct mezzo_fault_result touch(struct stage *s, uint64_t ipa, enum mezzo_access access)
{
	struct mezzo_fault_result result = world_fault(s->world, ipa, access, MEZZO_FAULT_MISSING);

	/* An entry of another size may have been in the way: the guest goes on. */
	return result;
}

static bool finds_slot(struct stage *s, uint64_t ipa)
{
	struct mezzo_mapping mapping;

	mezzo_space_query(&s->world->space, 1, (struct mezzo_ipa){ipa}, &mapping);
	if (!mapping.slot)
		return false;
	assert_int_equal(mapping.slot_id, s->slot.id);
	assert_int_equal(mapping.slot_flags, s->slot.flags);
	assert_ptr_equal(mapping.object, s->slot.object);
	assert_int_equal(mapping.offset_pages,
			 s->slot.offset_pages + (ipa - s->slot.ipa.addr) / PAGE);
	return true;
}

static void check_refusal(const struct stage *s, enum mezzo_reason reason, enum mezzo_field field,
			  uint64_t got, uint64_t want)
{
	assert_string_equal(mezzo_reason(s->why.reason)->name, mezzo_reason(reason)->name);
	assert_string_equal(mezzo_field_name(s->why.field), mezzo_field_name(field));
	assert_int_equal(s->why.got, got);
	assert_int_equal(s->why.want, want);
}

/* --- moving ------------------------------------------------------------------------------------ */

static void a_moved_slot_is_found_at_its_new_place_alone(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	assert_int_equal(touch(&s, RAM + 5 * PAGE, MEZZO_ACCESS_WRITE).outcome, MEZZO_GRANT);
	to.ipa.addr = RAM + 64 * MIB;
	must_change(&s, &to);
	assert_false(finds_slot(&s, RAM));
	assert_true(finds_slot(&s, to.ipa.addr));
	assert_true(finds_slot(&s, to.ipa.addr + (PAGES - 1) * PAGE));
	assert_false(finds_slot(&s, to.ipa.addr + PAGES * PAGE));
	assert_int_equal(world_leaf(s.world, RAM + 5 * PAGE).state, MEZZO_ENTRY_NONE);
	assert_int_equal(touch(&s, RAM + 5 * PAGE, MEZZO_ACCESS_READ).reason,
			 MEZZO_WHY_DEVICE_ACCESS);
	assert_int_equal(touch(&s, to.ipa.addr + 5 * PAGE, MEZZO_ACCESS_READ).outcome, MEZZO_GRANT);
	assert_int_equal(world_leaf(s.world, to.ipa.addr + 5 * PAGE).pa.addr, WORLD_FRAMES_PA);
	/* The old place is anybody's. */
	world_slot(s.world, 2, RAM, &s.pool->object, PAGES, 0);
	strike(&s);
}

static void T23_bar_move_keeps_type(void **state)
{
	static const enum mezzo_preset presets[] = {MEZZO_PRESET_DEVICE, MEZZO_PRESET_COMBINING,
						    MEZZO_PRESET_CACHED};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct world *world = world_new(&fwb);
		struct mezzo_contract contract =
			mezzo_contract_preset(presets[i], MEZZO_MAINTENANCE_NONE);
		struct mezzo_refusal why;
		struct mezzo_slot_config slot;
		struct mezzo_leaf before, after;
		struct mezzo_bar bar;

		assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
						(struct mezzo_pa){WORLD_FRAMES_PA}, 512),
				 MEZZO_OK);
		slot = (struct mezzo_slot_config){.ipa = {RAM},
						  .pages = 512,
						  .object = &bar.object};
		assert_int_equal(mezzo_slot_create(&world->space, &slot, &why), MEZZO_OK);
		for (unsigned int move = 0; move < 5; move++) {
			(void)world_fault(world, slot.ipa.addr, MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
			before = world_leaf(world, slot.ipa.addr);
			slot.ipa.addr += 2 * MIB;
			assert_int_equal(world_change(world, &slot, &why), MEZZO_OK);
			(void)world_fault(world, slot.ipa.addr, MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
			after = world_leaf(world, slot.ipa.addr);
			assert_memory_equal(&before, &after, sizeof(before));
			assert_int_equal(after.state, MEZZO_ENTRY_LEAF);
		}
		world_free(world);
	}
}

static void a_move_may_overlap_its_own_old_range_and_no_other(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	world_slot(s.world, 2, RAM + 32 * MIB, &s.pool->object, 16, 0);
	to.ipa.addr = RAM + PAGE;
	must_change(&s, &to);
	assert_false(finds_slot(&s, RAM));
	assert_true(finds_slot(&s, RAM + PAGE));
	to.ipa.addr = RAM - 3 * PAGE;
	must_change(&s, &to);
	assert_true(finds_slot(&s, RAM - 3 * PAGE));

	to.ipa.addr = RAM + 32 * MIB + 15 * PAGE;
	assert_int_equal(change(&s, &to), MEZZO_ERR_EXISTS);
	check_refusal(&s, MEZZO_WHY_SLOT_OVERLAPS, MEZZO_FIELD_IPA, to.ipa.addr,
		      RAM + 32 * MIB + 16 * PAGE);
	assert_int_equal(s.why.slot, 2);
	assert_true(finds_slot(&s, RAM));
	strike(&s);
}

static void a_full_space_can_still_move_its_slots(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	for (uint32_t id = 2; id <= WORLD_SLOTS; id++)
		world_slot(s.world, id, RAM + id * 64 * MIB, &s.pool->object, 16, 0);
	for (unsigned int i = 1; i < 20; i++) {
		to.ipa.addr = RAM + 1024 * MIB + i * PAGE;
		must_change(&s, &to);
		assert_true(finds_slot(&s, to.ipa.addr));
	}
	for (uint32_t id = 2; id <= WORLD_SLOTS; id++)
		world_delete(s.world, id);
	assert_true(finds_slot(&s, to.ipa.addr));
	/* And all of them are free again, the spare one too. */
	for (uint32_t id = 2; id <= WORLD_SLOTS; id++)
		world_slot(s.world, id, RAM + id * 64 * MIB, &s.pool->object, 16, 0);
	world_delete(s.world, WORLD_SLOTS);
	strike(&s);
}

/* Memory that must be cleaned goes 2 MiB at a time. */
static void a_guest_waits_while_its_slot_is_moved(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_EXCLUSIVE);
	struct mezzo_slot_config to = s.slot;
	struct mezzo_fault_result result;
	unsigned int calls = 1;

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		(void)touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_WRITE);
	to.ipa.addr = RAM + 2 * MIB;
	while (change(&s, &to) == MEZZO_ERR_AGAIN) {
		calls++;
		for (unsigned int i = 0; i < 8; i++) {
			result = touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_READ);
			assert_true(result.retry);
			assert_int_equal(result.outcome, MEZZO_GRANT);
		}
	}
	s.slot = to;
	assert_int_equal(calls, 8);
	assert_int_equal(touch(&s, RAM, MEZZO_ACCESS_READ).reason, MEZZO_WHY_DEVICE_ACCESS);
	result = touch(&s, RAM + 2 * MIB, MEZZO_ACCESS_READ);
	assert_false(result.retry);
	assert_int_equal(world_leaf(s.world, RAM + 2 * MIB).pa.addr, WORLD_FRAMES_PA);
	strike(&s);
}

static void a_move_that_is_refused_on_the_way_leaves_the_slot_as_it_was(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_EXCLUSIVE);
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config to = s.slot;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &s.world->hosted.platform, &contract,
					(struct mezzo_pa){UINT64_C(1) << 40}, 16),
			 MEZZO_OK);
	for (unsigned int i = 0; i < 8; i++)
		(void)touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_WRITE);
	to.ipa.addr = RAM + 64 * MIB;
	assert_int_equal(change(&s, &to), MEZZO_ERR_AGAIN);
	assert_int_equal(change(&s, &to), MEZZO_ERR_AGAIN);
	/* Somebody else was faster. */
	world_slot(s.world, 2, RAM + 72 * MIB, &bar.object, 16, 0);
	assert_int_equal(change(&s, &to), MEZZO_ERR_EXISTS);
	assert_int_equal(s.why.slot, 2);
	for (unsigned int i = 0; i < 8; i++) {
		struct mezzo_fault_result r = touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_WRITE);

		assert_false(r.retry);
		assert_int_equal(r.outcome, MEZZO_GRANT);
		assert_int_equal(world_leaf(s.world, RAM + i * 2 * MIB).pa.addr,
				 WORLD_FRAMES_PA + i * 2 * MIB);
	}
	/* Each frame was zeroed when its owner first touched it, and not again. */
	assert_int_equal(s.world->hosted.counts.zero_bytes, 16 * MIB);
	strike(&s);
}

static void an_unfinished_deletion_is_given_up_by_saying_what_holds(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_EXCLUSIVE);

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		(void)touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_WRITE);
	assert_int_equal(mezzo_slot_delete(&s.world->space, 1, NULL), MEZZO_ERR_AGAIN);
	assert_true(touch(&s, RAM, MEZZO_ACCESS_READ).retry);
	assert_int_equal(change(&s, &s.slot), MEZZO_OK);
	assert_false(touch(&s, RAM, MEZZO_ACCESS_READ).retry);
	assert_int_equal(world_leaf(s.world, RAM).pa.addr, WORLD_FRAMES_PA);
	/* And a deletion that begins anew takes everything again. */
	world_delete(s.world, 1);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(world_leaf(s.world, RAM + i * 2 * MIB).state, MEZZO_ENTRY_NONE);
	strike(&s);
}

static void a_walker_inside_is_waited_for(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	/* vCPU 3 is in the middle of a fault: it may hold the index as it is now. */
	atomic_store(&s.world->vcpus[3].epoch, atomic_load(&s.world->space.epoch));
	to.ipa.addr = RAM + 64 * MIB;
	must_change(&s, &to);
	/* That index must not be written to yet. */
	to.ipa.addr = RAM + 32 * MIB;
	assert_int_equal(change(&s, &to), MEZZO_ERR_AGAIN);
	assert_int_equal(mezzo_slot_delete(&s.world->space, 1, NULL), MEZZO_ERR_AGAIN);
	assert_true(touch(&s, RAM + 64 * MIB, MEZZO_ACCESS_READ).retry);
	atomic_store(&s.world->vcpus[3].epoch, 0);
	must_change(&s, &to);
	assert_true(finds_slot(&s, RAM + 32 * MIB));
	strike(&s);
}

/* --- logging ----------------------------------------------------------------------------------- */

static bool logged(struct stage *s, uint64_t page)
{
	return world_logged(s->world, page);
}

static void write_page(struct stage *s, uint64_t page)
{
	struct mezzo_fault_result result = world_fault(s->world, s->slot.ipa.addr + page * PAGE,
						       MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);

	if (result.retry)
		result = touch(s, s->slot.ipa.addr + page * PAGE, MEZZO_ACCESS_WRITE);
	assert_int_equal(result.outcome, MEZZO_GRANT);
	assert_false(result.retry);
}

static void the_first_write_of_each_page_is_logged(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	assert_int_equal(touch(&s, RAM + 5 * PAGE, MEZZO_ACCESS_READ).order, MEZZO_ORDER_4K);
	assert_false(world_leaf(s.world, RAM + 5 * PAGE).attr.write);
	assert_int_equal(logged(&s, 5), 0);
	assert_int_equal(touch(&s, RAM + 5 * PAGE, MEZZO_ACCESS_WRITE).reason,
			 MEZZO_WHY_WRITE_LOGGED);
	assert_true(world_leaf(s.world, RAM + 5 * PAGE).attr.write);
	assert_int_equal(logged(&s, 5), 1);
	/* A first touch that writes is logged as well. */
	write_page(&s, 6);
	assert_true(world_leaf(s.world, RAM + 6 * PAGE).attr.write);
	assert_int_equal(logged(&s, 6), 1);
	assert_int_equal(logged(&s, 4), 0);
	strike(&s);
}

static void what_is_writable_is_protected_when_logging_begins(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;
	uint64_t ranges;

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_WRITE).order,
				 MEZZO_ORDER_2M);
	ranges = s.world->hosted.counts.tlb_ranges;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	/* In place: reads go on, and the TLBs know. */
	for (unsigned int i = 0; i < 8; i++) {
		struct mezzo_leaf leaf = world_leaf(s.world, RAM + i * 2 * MIB);

		assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
		assert_int_equal(leaf.order, MEZZO_ORDER_2M);
		assert_true(leaf.attr.read);
		assert_false(leaf.attr.write);
	}
	assert_int_equal(s.world->hosted.counts.tlb_ranges, ranges + 1);
	strike(&s);
}

static void a_write_to_a_block_is_logged_for_its_page_alone(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;
	struct mezzo_leaf block, page, other;

	(void)state;
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	block = world_leaf(s.world, RAM);
	write_page(&s, 7);
	page = world_leaf(s.world, RAM + 7 * PAGE);
	other = world_leaf(s.world, RAM + 8 * PAGE);
	assert_int_equal(page.order, MEZZO_ORDER_4K);
	assert_true(page.attr.write);
	assert_int_equal(page.pa.addr, block.pa.addr + 7 * PAGE);
	/* The others stay readable, of the same type, and unlogged. */
	assert_int_equal(other.order, MEZZO_ORDER_4K);
	assert_memory_equal(&other.attr, &block.attr, sizeof(other.attr));
	for (uint64_t i = 0; i < 512; i++)
		assert_int_equal(logged(&s, i), i == 7);
	strike(&s);
}

static void without_memory_for_tables_a_logged_write_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 4; n++) {
		struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
		struct mezzo_slot_config to = s.slot;
		struct mezzo_fault_info info = {.ipa = {RAM + 7 * PAGE},
						.access = MEZZO_ACCESS_WRITE,
						.kind = MEZZO_FAULT_PERMISSION};
		struct mezzo_fault_result result;
		int status;

		(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
		/* None in stock either. */
		mezzo_stage2_ops.stock_drain(&s.world->space.table, &s.world->vcpus[0].stock);
		to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
		s.world->hosted.allocs_left = n;
		must_change(&s, &to);
		status = mezzo_space_fault(&s.world->space, 0, &info, &result);
		if (n == 0) {
			assert_int_equal(status, MEZZO_ERR_NOMEM);
			assert_int_equal(world_leaf(s.world, RAM).order, MEZZO_ORDER_2M);
			assert_false(world_leaf(s.world, RAM).attr.write);
			assert_int_equal(logged(&s, 7), 0);
			s.world->hosted.allocs_left = UINT64_MAX;
			status = mezzo_space_fault(&s.world->space, 0, &info, &result);
		}
		assert_int_equal(status, MEZZO_OK);
		assert_true(world_leaf(s.world, RAM + 7 * PAGE).attr.write);
		assert_int_equal(logged(&s, 7), 1);
		strike(&s);
	}
}

static void a_fetch_from_a_block_does_not_split_it(void **state)
{
	struct world_options options = {.machine = {.fwb = true, .idc = true}};
	struct stage s = stage(&options, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	(void)world_fault(s.world, RAM, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
	assert_true(world_leaf(s.world, RAM).attr.exec);
	assert_false(world_leaf(s.world, RAM).attr.write);
	assert_int_equal(world_leaf(s.world, RAM).order, MEZZO_ORDER_2M);
	strike(&s);
}

static void logging_begins_in_bounded_pieces(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config to = {.id = 2, .ipa = {RAM + 1024 * MIB}, .pages = 1 << 18};
	struct mezzo_bar bar;
	unsigned int calls = 1;

	(void)state;
	contract.max_order = MEZZO_ORDER_2M;
	assert_int_equal(mezzo_bar_init(&bar, &s.world->hosted.platform, &contract,
					(struct mezzo_pa){UINT64_C(1) << 40}, 1 << 18),
			 MEZZO_OK);
	to.object = &bar.object;
	to.bitmap = calloc(MEZZO_DIRTY_WORDS(to.pages), sizeof(*to.bitmap));
	assert_int_equal(mezzo_slot_create(&s.world->space, &to, &s.why), MEZZO_OK);
	/* One block in each quarter of a gigabyte. */
	for (unsigned int i = 0; i < 4; i++)
		(void)touch(&s, to.ipa.addr + i * 256 * MIB, MEZZO_ACCESS_WRITE);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	while (change(&s, &to) == MEZZO_ERR_AGAIN) {
		calls++;
		/* Faults log from the first call on. */
		assert_int_equal(touch(&s, to.ipa.addr + 900 * MIB, MEZZO_ACCESS_WRITE).reason,
				 MEZZO_WHY_WRITE_LOGGED);
	}
	assert_in_range(calls, 4, 6);
	for (unsigned int i = 0; i < 4; i++)
		assert_false(world_leaf(s.world, to.ipa.addr + i * 256 * MIB).attr.write);
	strike(&s);
	free((void *)to.bitmap);
}

static void when_logging_ends_pages_open_as_they_are_written(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	to.flags = 0;
	must_change(&s, &to);
	assert_false(world_leaf(s.world, RAM).attr.write);
	assert_int_equal(touch(&s, RAM, MEZZO_ACCESS_WRITE).reason, MEZZO_WHY_CACHED_FORCED);
	assert_true(world_leaf(s.world, RAM).attr.write);
	assert_int_equal(logged(&s, 0), 0);
	/* Blocks again, where nothing is mapped. */
	assert_int_equal(touch(&s, RAM + 2 * MIB, MEZZO_ACCESS_READ).order, MEZZO_ORDER_2M);
	strike(&s);
}

static void a_move_may_change_the_flags_too(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	to.ipa.addr = RAM + 64 * MIB;
	must_change(&s, &to);
	assert_true(finds_slot(&s, to.ipa.addr));
	write_page(&s, 3);
	assert_int_equal(logged(&s, 3), 1);
	strike(&s);
}

static void a_log_without_memory_is_refused(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	to.bitmap = NULL;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_LOG_NO_BITMAP, MEZZO_FIELD_BITMAP, 0, PAGES / 8);
	strike(&s);
}

static void a_flag_that_only_a_log_has_is_refused_without(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;

	(void)state;
	to.flags = MEZZO_SLOT_FLAG_STARTS_DIRTY;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FLAGS, MEZZO_FIELD_FLAGS, MEZZO_SLOT_FLAG_STARTS_DIRTY, 0);
	strike(&s);
}

/* How a log began, and where it is kept, is so until it ends. */
static void a_log_stays_where_it_is(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = s.slot;
	_Atomic uint64_t other[PAGES / 64] = {0};

	(void)state;
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	to.bitmap = other;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_BITMAP, (uintptr_t)other,
		      (uintptr_t)s.world->bitmap);
	to = s.slot;
	to.flags |= MEZZO_SLOT_FLAG_STARTS_DIRTY;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_FLAGS, to.flags, s.slot.flags);
	to.flags = 0;
	must_change(&s, &to);
	to.bitmap = other;
	must_change(&s, &to);
	to.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	must_change(&s, &to);
	write_page(&s, 70);
	assert_int_equal(other[1], 1 << 6);
	assert_false(logged(&s, 70));
	strike(&s);
}

/* A read-only slot may log: there is nothing to log. */
static void a_read_only_slot_has_nothing_to_log(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config to = {.id = 2,
				       .flags = MEZZO_SLOT_FLAG_READ_ONLY,
				       .ipa = {RAM + 64 * MIB},
				       .pages = 16,
				       .object = &s.pool->object,
				       .bitmap = s.world->bitmap};

	(void)state;
	assert_int_equal(mezzo_slot_create(&s.world->space, &to, &s.why), MEZZO_OK);
	to.flags |= MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &to, &s.why), MEZZO_OK);
	assert_int_equal(touch(&s, to.ipa.addr, MEZZO_ACCESS_WRITE).reason,
			 MEZZO_WHY_WRITE_READ_ONLY_SLOT);
	assert_int_equal(logged(&s, 0), 0);
	strike(&s);
}

/* --- refusals ---------------------------------------------------------------------------------- */

static void what_a_slot_is_made_of_it_keeps(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config to;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &s.world->hosted.platform, &contract,
					(struct mezzo_pa){UINT64_C(1) << 40}, PAGES),
			 MEZZO_OK);
	to = s.slot;
	to.pages--;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_PAGES, PAGES - 1, PAGES);
	to = s.slot;
	to.offset_pages = 1;
	to.ipa.addr = RAM + 64 * MIB;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_OFFSET, 1, 0);
	to = s.slot;
	to.object = &bar.object;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_OBJECT, (uintptr_t)&bar.object,
		      (uintptr_t)&s.pool->object);
	to = s.slot;
	to.flags = MEZZO_SLOT_FLAG_READ_ONLY | MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FIXED, MEZZO_FIELD_FLAGS, 3, MEZZO_SLOT_FLAG_LOG_DIRTY);
	to = s.slot;
	to.flags = 8;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_FLAGS, MEZZO_FIELD_FLAGS, 8, 0);
	to = s.slot;
	to.ipa.addr = (UINT64_C(1) << WORLD_IPA_BITS) - PAGE;
	assert_int_equal(change(&s, &to), MEZZO_ERR_INVALID);
	check_refusal(&s, MEZZO_WHY_SLOT_BEYOND_IPA, MEZZO_FIELD_PAGES, PAGES, 1);
	to = s.slot;
	to.id = 77;
	assert_int_equal(change(&s, &to), MEZZO_ERR_NOENT);
	check_refusal(&s, MEZZO_WHY_SLOT_ID_UNKNOWN, MEZZO_FIELD_SLOT_ID, 77, 77);
	/* The same again is no change. */
	assert_int_equal(change(&s, &s.slot), MEZZO_OK);
	assert_true(finds_slot(&s, RAM));
	strike(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moved_slot_is_found_at_its_new_place_alone),
		cmocka_unit_test(T23_bar_move_keeps_type),
		cmocka_unit_test(a_move_may_overlap_its_own_old_range_and_no_other),
		cmocka_unit_test(a_full_space_can_still_move_its_slots),
		cmocka_unit_test(a_guest_waits_while_its_slot_is_moved),
		cmocka_unit_test(a_move_that_is_refused_on_the_way_leaves_the_slot_as_it_was),
		cmocka_unit_test(an_unfinished_deletion_is_given_up_by_saying_what_holds),
		cmocka_unit_test(a_walker_inside_is_waited_for),
		cmocka_unit_test(the_first_write_of_each_page_is_logged),
		cmocka_unit_test(what_is_writable_is_protected_when_logging_begins),
		cmocka_unit_test(a_write_to_a_block_is_logged_for_its_page_alone),
		cmocka_unit_test(without_memory_for_tables_a_logged_write_changes_nothing),
		cmocka_unit_test(a_fetch_from_a_block_does_not_split_it),
		cmocka_unit_test(logging_begins_in_bounded_pieces),
		cmocka_unit_test(when_logging_ends_pages_open_as_they_are_written),
		cmocka_unit_test(a_move_may_change_the_flags_too),
		cmocka_unit_test(a_log_without_memory_is_refused),
		cmocka_unit_test(a_flag_that_only_a_log_has_is_refused_without),
		cmocka_unit_test(a_log_stays_where_it_is),
		cmocka_unit_test(a_read_only_slot_has_nothing_to_log),
		cmocka_unit_test(what_a_slot_is_made_of_it_keeps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
