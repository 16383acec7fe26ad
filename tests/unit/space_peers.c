/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other hypervisors got wrong about slots, one test each; the number names the case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define MIB (UINT64_C(1) << 20)
#define PAGES 4096

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain;
static const struct world_options tagged = {
	.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}, .guest_mte = true};
static const struct world_options plain_tagged = {.machine = {.mte = true}, .guest_mte = true};

/* A bar over the world's frames, whatever is declared of it. */
static struct mezzo_bar bar_of(struct world *world, const struct mezzo_contract *contract)
{
	struct mezzo_contract kept = *contract;
	struct mezzo_bar bar;

	kept.promise.data = kept.promise.tags = MEZZO_CONTENT_INITIALISED;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &kept,
					(struct mezzo_pa){WORLD_FRAMES_PA}, PAGES),
			 MEZZO_OK);
	return bar;
}

/* Every kind of fault in the slot at RAM; returns false when one is refused. */
static bool every_access_is_answered(struct world *world, uint64_t ipa)
{
	for (unsigned int access = 0; access < MEZZO_ACCESS_KINDS; access++)
		for (unsigned int kind = 0; kind < MEZZO_FAULT_KINDS; kind++) {
			struct mezzo_fault_result result =
				world_fault(world, ipa, (enum mezzo_access)access,
					    (enum mezzo_fault_kind)kind);

			if (result.outcome == MEZZO_REFUSE)
				return false;
		}
	return true;
}

/* --- T08 --------------------------------------------------------------------------------------- */

#define SH_INNER UINT64_C(0x300)

/* What the guest gets of the page at RAM, for each type that its own tables may ask for. */
static void check_types(struct world *world, const struct mezzo_contract *c, bool forced)
{
	struct mezzo_table *table = &world->space.table;
	struct mezzo_mapping mapping;

	mezzo_space_query(&world->space, 1, (struct mezzo_ipa){RAM}, &mapping);
	assert_int_equal(mapping.leaf.state, MEZZO_ENTRY_LEAF);
	for (unsigned int stage1 = 0; stage1 < MEZZO_ARM64_TYPES; stage1++) {
		const enum mezzo_class asked = mezzo_arm64_class((enum mezzo_arm64_type)stage1);
		const enum mezzo_class got = mezzo_arm64_class(
			mezzo_arm64_combine((enum mezzo_arm64_type)stage1, mapping.leaf.attr.type,
					    world->space.config.machine.arm64.fwb));

		/* Nothing stronger than was declared ... */
		assert_true(got & mapping.effective);
		assert_true((got & c->allow) || (c->aliases == MEZZO_ALIASES_CACHED && !forced));
		/* ... and what is weaker, and may be, is the guest's to choose. */
		if (!forced && asked & mapping.effective)
			assert_int_equal(got, asked);
	}
	/* Others on the same frame see its lines: never less than Inner Shareable. */
	assert_int_equal(table->ops->encode(table, &mapping.leaf.attr) & SH_INNER, SH_INNER);
}

static void T08_guest_may_weaken_not_strengthen(void **state)
{
	const struct world_options *const machines[] = {&fwb, &plain};

	(void)state;
	for (unsigned int i = 0; i < 2 * MEZZO_PRESETS; i++) {
		const enum mezzo_preset preset = (enum mezzo_preset)(i / 2);
		struct world *world = world_new(machines[i % 2]);
		struct mezzo_contract c = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);
		struct mezzo_bar bar = bar_of(world, &c);

		world_slot(world, 1, RAM, &bar.object, 512, 0);
		(void)world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		check_types(world, &c, preset == MEZZO_PRESET_CACHED && i % 2 == 0);
		world_free(world);
	}
}

/* --- T12 --------------------------------------------------------------------------------------- */

/* A host mapping whose frames its owner exchanges whenever it likes. */
static int exchanged(void *arg, uint64_t offset_pages, bool write, struct mezzo_frame *frame)
{
	const unsigned int *turn = arg;

	(void)write;
	*frame = (struct mezzo_frame){
		.pa = {WORLD_FRAMES_PA + *turn * MIB + offset_pages * PAGE},
		.before_pages = offset_pages,
		.from_pages = 256 - offset_pages,
		.writable = true,
	};
	return MEZZO_OK;
}

#define DECLARATIONS (MEZZO_PRESETS * MEZZO_MAINTENANCE_VALUES * 8)

/* One declaration, flags and tags included: is the slot accepted, and is every fault answered? */
static bool try_declaration(struct world *world, unsigned int n)
{
	struct mezzo_contract c =
		mezzo_contract_preset((enum mezzo_preset)(n % MEZZO_PRESETS),
				      (enum mezzo_maintenance)(n / MEZZO_PRESETS %
							       MEZZO_MAINTENANCE_VALUES));
	const unsigned int bits = n / MEZZO_PRESETS / MEZZO_MAINTENANCE_VALUES;
	struct mezzo_slot_config slot = {.ipa = {RAM},
					 .pages = 256,
					 .flags = bits & 3,
					 .bitmap = world->bitmap};
	struct mezzo_hostmap map;
	struct mezzo_refusal why;
	unsigned int turn = 0;
	int status;

	c.tag_storage = bits & 4;
	c.promise.data = c.promise.tags = MEZZO_CONTENT_INITIALISED;
	assert_int_equal(mezzo_hostmap_init(&map, &world->hosted.platform, &c, 256, exchanged,
					    &turn),
			 MEZZO_OK);
	slot.object = &map.object;
	status = mezzo_slot_create(&world->space, &slot, &why);
	if (status == MEZZO_ERR_REFUSED)
		return false;
	assert_int_equal(status, MEZZO_OK);
	assert_true(every_access_is_answered(world, RAM));
	/* Other frames: what was declared still holds, so no fault is refused. */
	turn = 1;
	assert_int_equal(mezzo_object_revoke(&map.object, 0, 256), MEZZO_OK);
	assert_true(every_access_is_answered(world, RAM));
	world_delete(world, 0);
	return true;
}

static void T12_fault_recheck_equals_slot_check(void **state)
{
	const struct world_options *const machines[] = {&fwb, &plain, &tagged, &plain_tagged};
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct world *world = world_new(machines[i]);

		for (unsigned int n = 0; n < DECLARATIONS; n++)
			accepted += try_declaration(world, n);
		world_free(world);
	}
	assert_in_range(accepted, 100, 300);
}

/* --- T13, T14, T15 ----------------------------------------------------------------------------- */

static int try_slot(struct world *world, struct mezzo_object *object, uint32_t flags,
		    struct mezzo_refusal *why)
{
	const struct mezzo_slot_config slot = {.flags = flags,
					       .ipa = {RAM},
					       .pages = 256,
					       .object = object,
					       .bitmap = world->bitmap};

	return mezzo_slot_create(&world->space, &slot, why);
}

static void T13_mte_vm_rejects_untagged(void **state)
{
	struct world *world = world_new(&tagged);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_bar bar = bar_of(world, &c);
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
	assert_int_equal(why.field, MEZZO_FIELD_TAG_STORAGE);
	assert_int_equal(why.want, true);
	/* With storage it is taken; and so is what can never be tagged, because it is not cached. */
	bar.object.contract.tag_storage = true;
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_OK);
	world_delete(world, 0);
	c = mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	bar = bar_of(world, &c);
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_OK);
	assert_true(every_access_is_answered(world, RAM));
	world_free(world);
}

static void T14_mte_x_gmem_refused(void **state)
{
	struct world *world = world_new(&tagged);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_bar bar;
	struct mezzo_refusal why;

	(void)state;
	c.is_private = true;
	bar = bar_of(world, &c);
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
	/* It is the storage that lacks, not the kind of memory: Linux refuses the kind. */
	bar.object.contract.tag_storage = true;
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_OK);
	world_free(world);
}

static void T15_dirty_log_on_device_refused(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_bar bar;
	struct mezzo_slot_config slot;
	struct mezzo_refusal why;

	(void)state;
	/* Where an assigned device writes past the tables, whether the slot is new or changed. */
	c.dma = MEZZO_DMA_SNOOPED;
	bar = bar_of(world, &c);
	assert_int_equal(try_slot(world, &bar.object, MEZZO_SLOT_FLAG_LOG_DIRTY, &why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_DIRTY_LOG_BESIDE_DMA);
	assert_int_equal(try_slot(world, &bar.object, 0, &why), MEZZO_OK);
	slot = (struct mezzo_slot_config){.flags = MEZZO_SLOT_FLAG_LOG_DIRTY,
					  .ipa = {RAM},
					  .pages = 256,
					  .object = &bar.object,
					  .bitmap = world->bitmap};
	assert_int_equal(world_change(world, &slot, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_DIRTY_LOG_BESIDE_DMA);
	world_delete(world, 0);
	/* Memory of a device that no device writes to is logged as any: Linux lets writes by. */
	c = mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	bar = bar_of(world, &c);
	assert_int_equal(try_slot(world, &bar.object, MEZZO_SLOT_FLAG_LOG_DIRTY, &why), MEZZO_OK);
	(void)world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_false(world_leaf(world, RAM).attr.write);
	(void)world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	assert_true(world_logged(world, 0));
	world_free(world);
}

/* --- T16 --------------------------------------------------------------------------------------- */

/* Whatever a contract holds in whatever field: refused by name, or made into entries that agree. */
static void T16_misconfig_is_impossible(void **state)
{
	static const size_t fields[] = {offsetof(struct mezzo_contract, aliases),
					offsetof(struct mezzo_contract, allow),
					offsetof(struct mezzo_contract, maintenance),
					offsetof(struct mezzo_contract, dma),
					offsetof(struct mezzo_contract, max_order)};
	struct world *world = world_new(&plain);
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int i = 0; i < MEZZO_PRESETS * 5 * 256; i++) {
		struct mezzo_contract c =
			mezzo_contract_preset((enum mezzo_preset)(i / 256 % MEZZO_PRESETS),
					      MEZZO_MAINTENANCE_WINDOW);
		struct mezzo_refusal why = {.reason = MEZZO_REASONS};
		struct mezzo_leaf leaf;
		struct mezzo_bar bar;
		int status;

		((uint8_t *)&c)[fields[i / 256 / MEZZO_PRESETS]] = (uint8_t)i;
		bar = bar_of(world, &c);
		status = try_slot(world, &bar.object, 0, &why);
		if (status != MEZZO_OK) {
			assert_int_equal(status, MEZZO_ERR_REFUSED);
			assert_in_range(why.reason, MEZZO_WHY_FACTS_INADMISSIBLE,
					MEZZO_WHY_DIRTY_LOG_BESIDE_DMA);
			continue;
		}
		accepted++;
		assert_int_equal(
			world_fault(world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			MEZZO_GRANT);
		leaf = world_leaf(world, RAM);
		assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
		assert_in_range(leaf.attr.type, 0, MEZZO_STAGE2_TYPES - 1);
		assert_in_range(leaf.order, 0, c.max_order);
		world_delete(world, 0);
	}
	assert_in_range(accepted, 20, 200);
	world_free(world);
}

/* --- T19, T20 ---------------------------------------------------------------------------------- */

static void T19_teardown_releases_everything(void **state)
{
	(void)state;
	/* A VMM dies in the middle of a move, of a deletion, of the beginning of a log. */
	for (unsigned int round = 0; round < 3; round++) {
		struct world *world = world_new(&plain);
		struct mezzo_contract c =
			mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
		struct mezzo_pool *pool = world_pool(world, &c, 0, PAGES);
		struct mezzo_slot_config slot = {.id = 3,
						 .ipa = {RAM},
						 .pages = PAGES,
						 .object = &pool->object,
						 .bitmap = world->bitmap};
		struct mezzo_refusal why;

		assert_int_equal(mezzo_slot_create(&world->space, &slot, &why), MEZZO_OK);
		for (uint64_t i = 0; i < PAGES; i += 100)
			(void)world_fault(world, RAM + i * PAGE, MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
		if (round == 1)
			assert_int_equal(mezzo_slot_delete(&world->space, 3, NULL),
					 MEZZO_ERR_AGAIN);
		slot.ipa.addr += round == 0 ? PAGES * PAGE : 0;
		slot.flags = round == 2 ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0;
		if (round != 1)
			(void)!mezzo_slot_change(&world->space, &slot, &why);
		/* As the next VMM finds it. world_free looks at tables and windows. */
		world_delete(world, 3);
		assert_null(pool->object.slots.root);
		assert_int_equal(mezzo_pool_disown(pool), MEZZO_OK);
		world_slot(world, 3, RAM, &pool->object, PAGES, 0);
		assert_int_equal(
			world_fault(world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING).outcome,
			MEZZO_GRANT);
		world_free(world);
		world_pool_free(pool);
	}
}

static void T20_revoke_by_object(void **state)
{
	struct world *world[2] = {world_new(&fwb), world_new(&fwb)};
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_bar bar, other;

	(void)state;
	c.max_order = MEZZO_ORDER_4K;
	bar = bar_of(world[0], &c);
	other = bar_of(world[0], &c);
	/* Five slots of it in two spaces, some of the same pages; and a neighbour's. */
	world_slot(world[0], 1, RAM, &bar.object, 64, 0);
	world_slot(world[0], 2, RAM + 64 * PAGE, &bar.object, 64, 0);
	world_slot(world[0], 3, RAM + 128 * PAGE, &other.object, 64, 0);
	world_slot(world[1], 1, RAM, &bar.object, 64, 0);
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < (w ? 64 : 192); i++)
			(void)world_fault(world[w], RAM + i * PAGE, MEZZO_ACCESS_READ,
					  MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_object_revoke(&bar.object, 10, 20), MEZZO_OK);
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < (w ? 64 : 192); i++) {
			bool gone = i < 128 && i % 64 >= 10 && i % 64 < 30;

			assert_int_equal(world_leaf(world[w], RAM + i * PAGE).state,
					 gone ? MEZZO_ENTRY_NONE : MEZZO_ENTRY_LEAF);
		}
	world_free(world[0]);
	world_free(world[1]);
}

/* --- T24, T30 ---------------------------------------------------------------------------------- */

/* What a guest can find, page by page. */
static void look(struct world *world, struct mezzo_mapping seen[128])
{
	for (unsigned int i = 0; i < 128; i++)
		mezzo_space_query(&world->space, 1, (struct mezzo_ipa){RAM + i * PAGE}, &seen[i]);
}

static void T24_prepare_fail_has_no_effect(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_bar bar, exclusive;
	struct mezzo_slot_config bad[8];
	struct mezzo_mapping *before = calloc(128, sizeof(*before));
	struct mezzo_mapping *after = calloc(128, sizeof(*after));
	uint64_t allocs;

	(void)state;
	c.max_order = MEZZO_ORDER_4K;
	bar = bar_of(world, &c);
	c = mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_NONE);
	exclusive = bar_of(world, &c);
	world_slot(world, 1, RAM, &bar.object, 32, 0);
	world_slot(world, 2, RAM + 64 * PAGE, &bar.object, 32, 0);
	for (unsigned int i = 0; i < 128; i += 3)
		(void)world_fault(world, RAM + i * PAGE, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	look(world, before);
	/* No table memory from here on: slots need none, whether they are accepted or not. */
	world->hosted.allocs_left = 0;
	allocs = world->hosted.counts.table_allocs;
	for (unsigned int i = 0; i < 8; i++)
		bad[i] = (struct mezzo_slot_config){.id = 9,
						    .ipa = {RAM + 32 * PAGE},
						    .pages = 16,
						    .object = &bar.object};
	bad[0].id = 2;
	bad[1].flags = 8;
	bad[2].pages = 33;
	bad[3].ipa.addr++;
	bad[4].offset_pages = PAGES - 15;
	bad[5].object = &exclusive.object; /* not without a window */
	bad[6].ipa.addr = UINT64_C(1) << WORLD_IPA_BITS;
	bad[7].pages = 0;
	for (unsigned int i = 0; i < 8; i++) {
		struct mezzo_refusal why;

		assert_int_not_equal(mezzo_slot_create(&world->space, &bad[i], &why), MEZZO_OK);
		bad[i].id = 1;
		assert_int_not_equal(mezzo_slot_change(&world->space, &bad[i], &why), MEZZO_OK);
		look(world, after);
		assert_memory_equal(before, after, 128 * sizeof(*before));
	}
	world_slot(world, 3, RAM + 32 * PAGE, &bar.object, 16, 0);
	world_delete(world, 3);
	world_delete(world, 1);
	assert_int_equal(world->hosted.counts.table_allocs, allocs);
	assert_int_equal(world->hosted.counts.table_failures, 0);
	free(before);
	free(after);
	world_free(world);
}

static void T30_range_ops_half_open_edges(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	const uint64_t top = UINT64_C(1) << WORLD_IPA_BITS;
	struct mezzo_slot_config to;
	struct mezzo_refusal why;
	struct mezzo_bar bar = bar_of(world, &c);

	(void)state;
	/* A slot ends where the space ends, the next begins where it ends, one holds it all. */
	world_slot(world, 1, top - PAGE, &bar.object, 1, 0);
	world_slot(world, 2, top - 17 * PAGE, &bar.object, 16, 0);
	to = (struct mezzo_slot_config){.id = 3,
					.ipa = {top - 18 * PAGE},
					.pages = 1,
					.object = &bar.object};
	to.pages = 2;
	assert_int_equal(mezzo_slot_create(&world->space, &to, &why), MEZZO_ERR_EXISTS);
	assert_int_equal(why.slot, 2);
	to.pages = 1;
	to.offset_pages = PAGES - 1;
	assert_int_equal(mezzo_slot_create(&world->space, &to, &why), MEZZO_OK);
	/* Between the two there is no page; at the last there is. */
	to.id = 4;
	to.ipa.addr = top - PAGE;
	assert_int_equal(mezzo_slot_create(&world->space, &to, &why), MEZZO_ERR_EXISTS);
	assert_int_equal(why.slot, 1);
	assert_int_equal(why.want, 0);
	/* Faults at both ends of each, and one beyond. */
	for (unsigned int i = 1; i <= 18; i++)
		assert_int_equal(world_fault(world, top - i * PAGE + PAGE - 1, MEZZO_ACCESS_READ,
					     MEZZO_FAULT_MISSING)
					 .outcome,
				 MEZZO_GRANT);
	assert_int_equal(world_fault(world, top - 18 * PAGE - 1, MEZZO_ACCESS_READ,
				     MEZZO_FAULT_MISSING)
				 .reason,
			 MEZZO_WHY_DEVICE_ACCESS);
	assert_int_equal(world_fault(world, top, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
			 MEZZO_WHY_DEVICE_ACCESS);
	/* To the very end, and past it, of ranges and of 64 bits. */
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){top - PAGE}, 1),
			 MEZZO_OK);
	assert_int_equal(mezzo_space_unmap(&world->space, (struct mezzo_ipa){top - PAGE}, 2),
			 MEZZO_ERR_INVALID);
	assert_int_equal(world_leaf(world, top - PAGE).state, MEZZO_ENTRY_NONE);
	assert_int_equal(world_leaf(world, top - 2 * PAGE).state, MEZZO_ENTRY_LEAF);
	assert_int_equal(mezzo_object_revoke(&bar.object, PAGES - 1, UINT64_MAX), MEZZO_OK);
	assert_int_equal(world_leaf(world, top - 18 * PAGE).state, MEZZO_ENTRY_NONE);
	assert_int_equal(world_leaf(world, top - 17 * PAGE).state, MEZZO_ENTRY_LEAF);
	to.ipa.addr = UINT64_MAX & ~(PAGE - 1);
	assert_int_equal(mezzo_slot_create(&world->space, &to, &why), MEZZO_ERR_INVALID);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_WRAPS);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T08_guest_may_weaken_not_strengthen),
		cmocka_unit_test(T12_fault_recheck_equals_slot_check),
		cmocka_unit_test(T13_mte_vm_rejects_untagged),
		cmocka_unit_test(T14_mte_x_gmem_refused),
		cmocka_unit_test(T15_dirty_log_on_device_refused),
		cmocka_unit_test(T16_misconfig_is_impossible),
		cmocka_unit_test(T19_teardown_releases_everything),
		cmocka_unit_test(T20_revoke_by_object),
		cmocka_unit_test(T24_prepare_fail_has_no_effect),
		cmocka_unit_test(T30_range_ops_half_open_edges),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
