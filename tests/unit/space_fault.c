/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: what is mapped, how large, with which work done first, and what comes back after a zap. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define MIB (UINT64_C(1) << 20)
#define PAGES (WORLD_FRAMES_BYTES >> MEZZO_PAGE_SHIFT)

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain = {0};
static const struct world_options tagged = {
	.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}, .guest_mte = true};

static struct mezzo_contract contract(enum mezzo_preset preset, enum mezzo_maintenance maintenance)
{
	return mezzo_contract_preset(preset, maintenance);
}

static void a_fault_maps_the_largest_block_that_fits(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, PAGES);
	struct mezzo_fault_result result;
	struct mezzo_leaf leaf;

	(void)state;
	world_slot(world, 0, RAM, &pool->object, PAGES, 0);
	result = world_fault(world, RAM + 5 * MIB + 0x123, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(result.outcome, MEZZO_GRANT);
	assert_int_equal(result.order, MEZZO_ORDER_2M);
	leaf = world_leaf(world, RAM + 5 * MIB);
	assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
	assert_int_equal(leaf.pa.addr, WORLD_FRAMES_PA + 4 * MIB);
	assert_int_equal(leaf.attr.type, MEZZO_STAGE2_NORMAL_WB);
	assert_true(leaf.attr.write && leaf.attr.exec);
	/* Nothing beyond the block was touched. */
	assert_int_equal(world_leaf(world, RAM + 6 * MIB).state, MEZZO_ENTRY_NONE);
	assert_int_equal(world->frames[6 * MIB], 0xa5);
	world_free(world);
	world_pool_free(pool);
}

static void a_block_stays_within_slot_object_and_congruence(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 1, PAGES - 1);
	struct mezzo_slot_config config = {.id = 1,
					   .ipa = {RAM + 64 * MIB},
					   .pages = 1024,
					   .object = &pool->object,
					   .offset_pages = 510};
	struct mezzo_refusal why;

	(void)state;
	/* IPA and frame differ by a page: 4 KiB leaves only. */
	world_slot(world, 0, RAM, &pool->object, 512, 0);
	assert_int_equal(world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).order,
			 MEZZO_ORDER_4K);
	/* Frame 511 of the memory at a 2 MiB boundary of IPA: not congruent either. */
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
	assert_int_equal(
		world_fault(world, RAM + 64 * MIB, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).order,
		MEZZO_ORDER_4K);
	/* Congruent, but the slot's ends cut the blocks. */
	config = (struct mezzo_slot_config){.id = 2,
					    .ipa = {RAM + 128 * MIB + 0x1000},
					    .pages = 1024,
					    .object = &pool->object};
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
	assert_int_equal(world_fault(world, RAM + 128 * MIB + 0x1000, MEZZO_ACCESS_READ,
				     MEZZO_FAULT_MISSING)
				 .order,
			 MEZZO_ORDER_4K);
	assert_int_equal(
		world_fault(world, RAM + 131 * MIB, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).order,
		MEZZO_ORDER_2M);
	assert_int_equal(
		world_fault(world, RAM + 132 * MIB, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).order,
		MEZZO_ORDER_4K);
	world_free(world);
	world_pool_free(pool);
}

static void a_gigabyte_is_mapped_in_one_leaf(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct mezzo_bar bar;
	struct mezzo_leaf leaf;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &c,
					(struct mezzo_pa){UINT64_C(0x8000000000)},
					UINT64_C(2) << MEZZO_ORDER_1G),
			 MEZZO_OK);
	world_slot(world, 0, RAM, &bar.object, UINT64_C(2) << MEZZO_ORDER_1G, 0);
	assert_int_equal(
		world_fault(world, RAM + 1500 * MIB, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING).order,
		MEZZO_ORDER_1G);
	leaf = world_leaf(world, RAM + 1500 * MIB);
	assert_int_equal(leaf.pa.addr, UINT64_C(0x8040000000));
	assert_int_equal(leaf.attr.type, MEZZO_STAGE2_NORMAL_NC);
	assert_false(leaf.attr.exec);
	world_free(world);
}

static void frames_are_zeroed_once_per_ownership(void **state)
{
	struct world *world = world_new(&tagged);
	struct mezzo_contract c = contract(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool;

	(void)state;
	c.tag_storage = true;
	pool = world_pool(world, &c, 0, 1024);
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(world->frames[100], 0);
	assert_int_equal(world->tags[6], 0);

	/* The guest writes; every way of taking the entry away leaves data and tags alone. */
	world->frames[100] = 42;
	world->tags[6] = 9;
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){RAM}, 512), MEZZO_OK);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_object_revoke(&pool->object, 3, 1), MEZZO_OK);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	world_delete(world, 0);
	world_slot(world, 1, RAM + 64 * MIB, &pool->object, 1024, 0);
	world_fault(world, RAM + 64 * MIB, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(world->frames[100], 42);
	assert_int_equal(world->tags[6], 9);

	/* The owner goes: the next one finds zeroes. */
	assert_int_equal(mezzo_pool_disown(pool), MEZZO_ERR_EXISTS);
	world_delete(world, 1);
	assert_int_equal(mezzo_pool_disown(pool), MEZZO_OK);
	world_slot(world, 2, RAM, &pool->object, 1024, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(world->frames[100], 0);
	assert_int_equal(world->tags[6], 0);
	world_free(world);
	world_pool_free(pool);
}

static void tags_are_zeroed_for_their_own_sake(void **state)
{
	struct world *world = world_new(&tagged);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool;

	(void)state;
	c.tag_storage = true;
	c.promise.data = MEZZO_CONTENT_INITIALISED; /* somebody zeroed the data, untagged */
	pool = world_pool(world, &c, 0, 1);
	world_slot(world, 0, RAM, &pool->object, 1, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(world->tags[6], 0);
	assert_int_equal(world->frames[100], 0xa5);
	world_free(world);
	world_pool_free(pool);
}

static void taking_back_cleans_what_was_not_forced(void **state)
{
	struct world *world = world_new(&plain);
	struct mezzo_contract c = contract(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);
	struct mezzo_hosted_counts *counts = &world->hosted.counts;

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(counts->zero_bytes, 2 * MIB);
	assert_int_equal(counts->clean_invalidate_bytes, 2 * MIB);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){RAM}, 1024), MEZZO_OK);
	assert_int_equal(counts->clean_invalidate_bytes, 4 * MIB);
	/* Cleaned with nobody else looking: mapping it again needs no work. */
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(counts->clean_invalidate_bytes, 4 * MIB);
	assert_int_equal(counts->zero_bytes, 2 * MIB);
	world_free(world);
	world_pool_free(pool);
}

static void forced_write_back_needs_no_maintenance(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	world_delete(world, 0);
	assert_int_equal(world->hosted.counts.clean_invalidate_bytes, 0);
	assert_int_equal(world->hosted.counts.icache_invalidates, 0);
	world_free(world);
	world_pool_free(pool);
}

static void execution_is_granted_on_a_fetch_and_the_icache_invalidated(void **state)
{
	struct world *world = world_new(&plain);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_false(world_leaf(world, RAM).attr.exec);
	assert_int_equal(world->hosted.counts.icache_invalidates, 0);
	world_fault(world, RAM, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
	assert_true(world_leaf(world, RAM).attr.exec);
	assert_true(world_leaf(world, RAM).attr.write);
	assert_int_equal(world->hosted.counts.icache_invalidates, 1);
	/* The frame's work was done when it became visible, and is not done again. */
	assert_int_equal(world->hosted.counts.zero_bytes, 2 * MIB);
	assert_int_equal(world->hosted.counts.clean_invalidate_bytes, 2 * MIB);
	/* A fault that another vCPU has answered already changes nothing. */
	world_fault(world, RAM, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
	world_fault(world, RAM, MEZZO_ACCESS_EXEC, MEZZO_FAULT_MISSING);
	assert_int_equal(world->hosted.counts.clean_invalidate_bytes, 2 * MIB);
	world_free(world);
	world_pool_free(pool);
}

static void a_read_only_slot_gives_writes_to_the_embedder(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);
	struct mezzo_fault_result result;

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, MEZZO_SLOT_FLAG_READ_ONLY);
	result = world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(result.outcome, MEZZO_GRANT);
	assert_false(world_leaf(world, RAM).attr.write);
	result = world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_int_equal(result.outcome, MEZZO_EXIT);
	assert_int_equal(result.reason, MEZZO_WHY_WRITE_READ_ONLY_SLOT);
	result = world_fault(world, RAM, MEZZO_ACCESS_CACHE_OP, MEZZO_FAULT_PERMISSION);
	assert_int_equal(result.outcome, MEZZO_SKIP);
	result = world_fault(world, RAM, MEZZO_ACCESS_WALK_WRITE, MEZZO_FAULT_PERMISSION);
	assert_int_equal(result.outcome, MEZZO_ABORT);
	assert_false(world_leaf(world, RAM).attr.write);
	world_free(world);
	world_pool_free(pool);
}

/* A host mapping whose page is read-only until it is asked for write. */
struct upgradable {
	bool can, writable;
	unsigned int asked;
};

static int upgradable_lookup(void *arg, uint64_t offset, bool write, struct mezzo_frame *frame)
{
	struct upgradable *u = arg;

	u->asked += write;
	if (write && u->can)
		u->writable = true;
	*frame = (struct mezzo_frame){.pa = {WORLD_FRAMES_PA + (offset << MEZZO_PAGE_SHIFT)},
				      .from_pages = 1,
				      .writable = u->writable};
	return MEZZO_OK;
}

static void a_read_only_page_is_asked_for_write_before_anybody_fails(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct upgradable u = {0};
	struct mezzo_hostmap map;
	struct mezzo_fault_result result;

	(void)state;
	assert_int_equal(mezzo_hostmap_init(&map, &world->hosted.platform, &c, 16,
					    upgradable_lookup, &u),
			 MEZZO_OK);
	world_slot(world, 0, RAM, &map.object, 16, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_false(world_leaf(world, RAM).attr.write);
	assert_int_equal(u.asked, 0);
	/* It can't be made writable: an exit with a reason, and the mapping stays. */
	result = world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_int_equal(result.outcome, MEZZO_EXIT);
	assert_int_equal(result.reason, MEZZO_WHY_WRITE_READ_ONLY_OBJECT);
	assert_int_equal(u.asked, 1);
	assert_true(world_leaf(world, RAM).attr.read);
	/* It can. */
	u.can = true;
	result = world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_int_equal(result.outcome, MEZZO_GRANT);
	assert_true(world_leaf(world, RAM).attr.write);
	world_free(world);
}

/* A host mapping that is revoked in the middle of a fault: after the look-up, before the entry. */
struct racing {
	struct mezzo_hostmap map;
	unsigned int revocations; /* still to come, one per look-up */
	bool writable;
};

static int racing_lookup(void *arg, uint64_t offset, bool write, struct mezzo_frame *frame)
{
	struct racing *r = arg;

	(void)write;
	*frame = (struct mezzo_frame){.pa = {WORLD_FRAMES_PA + (offset << MEZZO_PAGE_SHIFT)},
				      .from_pages = 1,
				      .writable = r->writable};
	if (r->revocations) {
		r->revocations--;
		assert_int_equal(mezzo_object_revoke(&r->map.object, offset, 1), MEZZO_OK);
	}
	return MEZZO_OK;
}

static void what_was_resolved_before_a_revocation_is_never_mapped_after_it(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct racing r = {0};
	struct mezzo_fault_result result;

	(void)state;
	assert_int_equal(mezzo_hostmap_init(&r.map, &world->hosted.platform, &c, 16, racing_lookup,
					    &r),
			 MEZZO_OK);
	world_slot(world, 0, RAM, &r.map.object, 16, 0);
	/* The usual fault asks once more before it gives up: each look-up is too old. */
	world_fault(world, RAM + MEZZO_PAGE_BYTES, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	r.revocations = 2;
	result = world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_true(result.retry);
	assert_int_equal(r.revocations, 0);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
	/* Nothing is left behind: the next fault succeeds, and so does one that asks once more. */
	r.revocations = 1;
	result = world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_false(result.retry);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_LEAF);
	world_free(world);
}

/* Two look-ups race: the outer one resolves writable, the inner one maps the page read-only. */
static struct world *nested_world;

static int nested_lookup(void *arg, uint64_t offset, bool write, struct mezzo_frame *frame)
{
	struct racing *r = arg;

	*frame = (struct mezzo_frame){.pa = {WORLD_FRAMES_PA + (offset << MEZZO_PAGE_SHIFT)},
				      .from_pages = 1,
				      .writable = write};
	if (write && r->revocations) {
		struct mezzo_fault_info info = {.ipa = {RAM}, .access = MEZZO_ACCESS_READ};
		struct mezzo_fault_result result;

		r->revocations--;
		assert_int_equal(mezzo_object_revoke(&r->map.object, offset, 1), MEZZO_OK);
		assert_int_equal(mezzo_space_fault(&nested_world->space, 1, &info, &result),
				 MEZZO_OK);
		assert_false(result.retry);
	}
	return MEZZO_OK;
}

static void a_permission_is_not_added_to_a_frame_that_was_taken_and_given_back(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct racing r = {.revocations = 1};
	struct mezzo_fault_result result;

	(void)state;
	nested_world = world;
	assert_int_equal(mezzo_hostmap_init(&r.map, &world->hosted.platform, &c, 16, nested_lookup,
					    &r),
			 MEZZO_OK);
	world_slot(world, 0, RAM, &r.map.object, 16, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	result = world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_true(result.retry);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_LEAF);
	assert_false(world_leaf(world, RAM).attr.write);
	world_free(world);
}

static void a_revoked_bar_exits_with_its_reason_and_comes_back(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct mezzo_bar bar;
	struct mezzo_fault_result result;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &c,
					(struct mezzo_pa){WORLD_FRAMES_PA}, 512),
			 MEZZO_OK);
	world_slot(world, 0, RAM, &bar.object, 512, 0);
	world_slot(world, 1, RAM + 64 * MIB, &bar.object, 512, 0);
	world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	world_fault(world, RAM + 64 * MIB, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	mezzo_bar_enable(&bar, false);
	assert_int_equal(mezzo_object_revoke(&bar.object, 0, UINT64_MAX), MEZZO_OK);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
	assert_int_equal(world_leaf(world, RAM + 64 * MIB).state, MEZZO_ENTRY_NONE);
	result = world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(result.outcome, MEZZO_EXIT);
	assert_int_equal(result.reason, MEZZO_WHY_OBJECT_REVOKED);
	mezzo_bar_enable(&bar, true);
	result = world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(result.outcome, MEZZO_GRANT);
	world_free(world);
}

static void unmap_rejects_what_is_not_a_range(void **state)
{
	struct world *world = world_new(&fwb);
	const uint64_t top = UINT64_C(1) << WORLD_IPA_BITS;

	(void)state;
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){1}, 1),
			 MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){top}, 1),
			 MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){0}, UINT64_MAX),
			 MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){0}, top >> 12),
			 MEZZO_OK);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){top}, 0), MEZZO_OK);
	world_free(world);
}

static void an_allocation_that_fails_changes_nothing(void **state)
{
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	unsigned int failures = 0;

	(void)state;
	/* Fail the n-th allocation, for every n that a first fault makes. */
	for (uint64_t n = 0;; n++) {
		struct world *world = world_new(&fwb);
		struct mezzo_pool *pool = world_pool(world, &c, 1, 1024);
		struct mezzo_fault_info info = {.ipa = {RAM}, .access = MEZZO_ACCESS_WRITE};
		struct mezzo_fault_result result;
		int status;

		world_slot(world, 0, RAM, &pool->object, 1024, 0);
		world->hosted.allocs_left = n;
		status = mezzo_space_fault(&world->space, 0, &info, &result);
		if (status == MEZZO_ERR_NOMEM) {
			failures++;
			assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
			assert_int_equal(world->frames[0x1000], 0xa5);
			assert_int_equal(world->hosted.counts.zero_bytes, 0);
			/* The same access succeeds once there is memory. */
			world->hosted.allocs_left = UINT64_MAX;
			status = mezzo_space_fault(&world->space, 0, &info, &result);
		}
		assert_int_equal(status, MEZZO_OK);
		assert_int_equal(result.outcome, MEZZO_GRANT);
		assert_int_equal(world->frames[0x1000], 0);
		world_free(world);
		world_pool_free(pool);
		if (n > 8)
			break;
	}
	/* A 40-bit space has three levels: two tables below the root. */
	assert_int_equal(failures, 2);
}

static void the_recorder_keeps_the_last_decisions(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c = contract(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);
	struct mezzo_record r;

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	for (unsigned int i = 0; i < WORLD_RECORDS + 3; i++)
		world_fault(world, i == 10 ? RAM : UINT64_C(0x1000) * i, MEZZO_ACCESS_WRITE,
			    MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_space_recorded(&world->space), WORLD_RECORDS + 3);
	assert_false(mezzo_space_record(&world->space, 3, &r));
	assert_false(mezzo_space_record(&world->space, 0, &r));
	assert_false(mezzo_space_record(&world->space, WORLD_RECORDS + 4, &r));
	assert_true(mezzo_space_record(&world->space, 4, &r));
	assert_int_equal(r.number, 4);
	assert_int_equal(r.ipa.addr, 0x3000);
	assert_int_equal(r.outcome, MEZZO_EXIT);
	assert_int_equal(r.reason, MEZZO_WHY_DEVICE_ACCESS);
	assert_true(mezzo_space_record(&world->space, 11, &r));
	assert_int_equal(r.ipa.addr, RAM);
	assert_int_equal(r.outcome, MEZZO_GRANT);
	assert_int_equal(r.access, MEZZO_ACCESS_WRITE);
	assert_int_equal(r.type, MEZZO_STAGE2_NORMAL_WB);
	assert_int_equal(r.order, MEZZO_ORDER_2M);
	world_free(world);
	world_pool_free(pool);
}

static void explain_says_what_a_fault_then_does(void **state)
{
	struct world *world = world_new(&plain);
	struct mezzo_contract c = contract(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, 1024);
	struct mezzo_fault_info info = {.ipa = {RAM + 0x5000}, .access = MEZZO_ACCESS_EXEC};
	struct mezzo_facts facts;
	struct mezzo_decision decision;

	(void)state;
	world_slot(world, 0, RAM, &pool->object, 1024, 0);
	assert_int_equal(mezzo_space_explain(&world->space, 0, &info, &facts, &decision), MEZZO_OK);
	assert_int_equal(decision.outcome, MEZZO_GRANT);
	assert_int_equal(decision.before_visible[0], MEZZO_ACTION_ZERO);
	assert_int_equal(decision.before_visible[1], MEZZO_ACTION_CLEAN_INVALIDATE);
	assert_int_equal(decision.before_visible[2], MEZZO_ACTION_INVALIDATE_ICACHE);
	assert_int_equal(world_leaf(world, RAM).state, MEZZO_ENTRY_NONE);
	assert_int_equal(
		world_fault(world, RAM + 0x5000, MEZZO_ACCESS_EXEC, MEZZO_FAULT_MISSING).reason,
		decision.reason);
	/* Now an entry is there: the same question is one of permission, and there is no work. */
	assert_int_equal(mezzo_space_explain(&world->space, 0, &info, &facts, &decision), MEZZO_OK);
	assert_int_equal(facts.fault.kind, MEZZO_FAULT_PERMISSION);
	assert_int_equal(facts.frame.data, MEZZO_CONTENT_INITIALISED);
	info.ipa.addr = 0;
	assert_int_equal(mezzo_space_explain(&world->space, 0, &info, &facts, &decision), MEZZO_OK);
	assert_int_equal(decision.reason, MEZZO_WHY_FETCH_NO_SLOT);
	world_free(world);
	world_pool_free(pool);
}

/* The rule, counted. */
static unsigned int asked;

static void counted(const struct mezzo_facts *facts, struct mezzo_decision *decision)
{
	asked++;
	mezzo_arm64_decide(facts, decision);
}

static void the_same_question_is_put_once(void **state)
{
	struct mezzo_arch arch = mezzo_arch_arm64;
	struct world_options options = fwb;
	struct mezzo_contract c = contract(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool;
	struct world *world;

	(void)state;
	arch.decide = counted;
	options.arch = &arch;
	c.max_order = MEZZO_ORDER_4K;
	world = world_new(&options);
	pool = world_pool(world, &c, 0, PAGES);
	world_slot(world, 0, RAM, &pool->object, PAGES, 0);
	asked = 0;
	for (uint64_t i = 0; i < 8; i++)
		(void)world_fault(world, RAM + i * MEZZO_PAGE_BYTES, MEZZO_ACCESS_READ,
				  MEZZO_FAULT_MISSING);
	assert_int_equal(asked, 1);
	/* Another access, and a frame in another state, are other questions. */
	(void)world_fault(world, RAM + MIB, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(asked, 2);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){RAM}, 8), MEZZO_OK);
	(void)world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_int_equal(asked, 3);
	assert_int_equal(world->hosted.counts.zero_bytes, 9 * MEZZO_PAGE_BYTES);
	world_free(world);
	world_pool_free(pool);
}

static void a_slot_made_anew_asks_anew(void **state)
{
	static const enum mezzo_preset presets[] = {MEZZO_PRESET_DEVICE, MEZZO_PRESET_COMBINING,
						    MEZZO_PRESET_CACHED, MEZZO_PRESET_DEVICE};
	static const uint8_t types[] = {MEZZO_STAGE2_DEVICE_nGnRE, MEZZO_STAGE2_NORMAL_NC,
					MEZZO_STAGE2_NORMAL_WB, MEZZO_STAGE2_DEVICE_nGnRE};
	struct world *world = world_new(&fwb);

	(void)state;
	/* One address, one id, and the same memory for the slot: only its number tells. */
	for (unsigned int i = 0; i < 4; i++) {
		struct mezzo_contract c = contract(presets[i], MEZZO_MAINTENANCE_NONE);
		struct mezzo_bar bar;

		assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &c,
						(struct mezzo_pa){WORLD_FRAMES_PA}, PAGES),
				 MEZZO_OK);
		world_slot(world, 1, RAM, &bar.object, PAGES, i & 1);
		assert_ptr_equal(world->space.index[world->space.live].root->below[0],
				 &world->slots[0]);
		assert_int_equal(
			world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			MEZZO_GRANT);
		assert_int_equal(world_leaf(world, RAM).attr.type, types[i]);
		assert_int_equal(world_leaf(world, RAM).attr.write, !(i & 1));
		world_delete(world, 1);
	}
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_maps_the_largest_block_that_fits),
		cmocka_unit_test(a_block_stays_within_slot_object_and_congruence),
		cmocka_unit_test(a_gigabyte_is_mapped_in_one_leaf),
		cmocka_unit_test(frames_are_zeroed_once_per_ownership),
		cmocka_unit_test(tags_are_zeroed_for_their_own_sake),
		cmocka_unit_test(taking_back_cleans_what_was_not_forced),
		cmocka_unit_test(forced_write_back_needs_no_maintenance),
		cmocka_unit_test(execution_is_granted_on_a_fetch_and_the_icache_invalidated),
		cmocka_unit_test(a_read_only_slot_gives_writes_to_the_embedder),
		cmocka_unit_test(a_read_only_page_is_asked_for_write_before_anybody_fails),
		cmocka_unit_test(what_was_resolved_before_a_revocation_is_never_mapped_after_it),
		cmocka_unit_test(
			a_permission_is_not_added_to_a_frame_that_was_taken_and_given_back),
		cmocka_unit_test(a_revoked_bar_exits_with_its_reason_and_comes_back),
		cmocka_unit_test(unmap_rejects_what_is_not_a_range),
		cmocka_unit_test(an_allocation_that_fails_changes_nothing),
		cmocka_unit_test(the_recorder_keeps_the_last_decisions),
		cmocka_unit_test(explain_says_what_a_fault_then_does),
		cmocka_unit_test(the_same_question_is_put_once),
		cmocka_unit_test(a_slot_made_anew_asks_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
