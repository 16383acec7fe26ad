/* SPDX-License-Identifier: BSD-2-Clause */
/* Every fault that is not granted tells the embedder all that the engine knows of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

struct expected {
	uint64_t ipa;
	enum mezzo_access access;
	enum mezzo_outcome outcome;
	enum mezzo_reason reason;
	const struct mezzo_object *object;
	uint64_t offset;
	uint32_t slot;
};

static void expect(struct world *world, const struct expected *e)
{
	struct mezzo_fault_result result =
		world_fault(world, e->ipa, e->access, MEZZO_FAULT_MISSING);
	struct mezzo_fault_exit what;

	mezzo_fault_exit(&world->space, 0, &what);
	assert_int_equal(result.outcome, e->outcome);
	assert_int_equal(result.reason, e->reason);
	assert_int_equal(what.outcome, e->outcome);
	assert_int_equal(what.reason, e->reason);
	assert_int_equal(what.ipa.addr, e->ipa);
	assert_int_equal(what.access, e->access);
	assert_int_equal(what.kind, MEZZO_FAULT_MISSING);
	assert_int_equal(what.view, MEZZO_VIEW_ANY);
	assert_ptr_equal(what.object, e->object);
	assert_int_equal(what.order, MEZZO_ORDER_4K);
	assert_false(what.is_private);
	if (!e->object)
		return;
	assert_int_equal(what.offset_pages, e->offset);
	assert_int_equal(what.slot, e->slot);
	assert_int_equal(result.slot, e->slot);
}

static void every_exit_names_address_object_offset_and_reason(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pool *pool = world_pool(world, &c, 0, PAGES), *constant;
	const struct mezzo_contract device =
		mezzo_contract_preset(MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_NONE);
	const struct mezzo_slot_config ram = {
		.id = 1, .ipa = {RAM}, .pages = 16, .object = &pool->object, .offset_pages = 100};
	struct mezzo_refusal why;
	struct mezzo_bar bar;

	(void)state;
	c.writable = false;
	constant = world_pool(world, &c, PAGES, 16);
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &device,
					(struct mezzo_pa){UINT64_C(1) << 40}, 16),
			 MEZZO_OK);
	assert_int_equal(mezzo_slot_create(&world->space, &ram, &why), MEZZO_OK);
	world_slot(world, 2, RAM + 16 * PAGE, &constant->object, 16, 0);
	world_slot(world, 3, RAM + 32 * PAGE, &bar.object, 16, 0);
	world_slot(world, 4, RAM + 48 * PAGE, &pool->object, 16, MEZZO_SLOT_FLAG_READ_ONLY);
	mezzo_bar_enable(&bar, false);
	{
		const struct expected rows[] = {
			{RAM - 8, MEZZO_ACCESS_READ, MEZZO_EXIT, MEZZO_WHY_DEVICE_ACCESS, NULL, 0,
			 0},
			{RAM + 64 * PAGE, MEZZO_ACCESS_EXEC, MEZZO_ABORT, MEZZO_WHY_FETCH_NO_SLOT,
			 NULL, 0, 0},
			{RAM + 64 * PAGE, MEZZO_ACCESS_CACHE_OP, MEZZO_SKIP,
			 MEZZO_WHY_CACHE_OP_NO_SLOT, NULL, 0, 0},
			{RAM + 20 * PAGE + 4, MEZZO_ACCESS_WRITE, MEZZO_EXIT,
			 MEZZO_WHY_WRITE_READ_ONLY_OBJECT, &constant->object, 4, 2},
			{RAM + 35 * PAGE + 8, MEZZO_ACCESS_READ, MEZZO_EXIT,
			 MEZZO_WHY_OBJECT_REVOKED, &bar.object, 3, 3},
			{RAM + 49 * PAGE, MEZZO_ACCESS_WRITE, MEZZO_EXIT,
			 MEZZO_WHY_WRITE_READ_ONLY_SLOT, &pool->object, 1, 4},
			{RAM + 49 * PAGE, MEZZO_ACCESS_WALK_WRITE, MEZZO_ABORT,
			 MEZZO_WHY_WALK_READ_ONLY, &pool->object, 1, 4},
			{RAM + 5 * PAGE + 2, MEZZO_ACCESS_UNALIGNED, MEZZO_ABORT,
			 MEZZO_WHY_UNALIGNED_DEVICE, &pool->object, 105, 1},
		};

		for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			expect(world, &rows[i]);
		/* A grant in between leaves the last exit as it was. */
		assert_int_equal(
			world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			MEZZO_GRANT);
		{
			struct mezzo_fault_exit what;

			mezzo_fault_exit(&world->space, 0, &what);
			assert_int_equal(what.reason, MEZZO_WHY_UNALIGNED_DEVICE);
			/* Each vCPU has its own. */
			mezzo_fault_exit(&world->space, 1, &what);
			assert_int_equal(what.ipa.addr, 0);
		}
	}
	world_free(world);
	world_pool_free(pool);
	world_pool_free(constant);
}

/* A permission fault that cannot be granted is told like any other. */
static void permission_faults_tell_too(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_fault_exit what;
	struct mezzo_pool *pool;

	(void)state;
	c.writable = false;
	pool = world_pool(world, &c, 0, 16);
	world_slot(world, 3, RAM, &pool->object, 16, 0);
	(void)world_fault(world, RAM + PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	(void)world_fault(world, RAM + PAGE + 2, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	mezzo_fault_exit(&world->space, 0, &what);
	assert_int_equal(what.reason, MEZZO_WHY_WRITE_READ_ONLY_OBJECT);
	assert_int_equal(what.kind, MEZZO_FAULT_PERMISSION);
	assert_int_equal(what.ipa.addr, RAM + PAGE + 2);
	assert_ptr_equal(what.object, &pool->object);
	assert_int_equal(what.offset_pages, 1);
	assert_int_equal(what.slot, 3);
	world_free(world);
	world_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_exit_names_address_object_offset_and_reason),
		cmocka_unit_test(permission_faults_tell_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
