/* SPDX-License-Identifier: BSD-2-Clause */
/* A space of an x86 guest: entries of the types that the rule decides, and the guest's own MTRRs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "x86_world.h"

#define RAM UINT64_C(0x40000000)
#define RAM_PAGES 4096
#define BAR UINT64_C(0x100000000)
#define BAR_PA UINT64_C(0x2000000000)
#define BAR_PAGES (UINT64_C(4) << 18)

static struct mezzo_contract contract_of(enum mezzo_preset preset)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	/* Nothing to be done to a frame, so that leaves are as large as they can be. */
	contract.promise = (struct mezzo_frame_state){
		.data = MEZZO_CONTENT_INITIALISED,
		.tags = MEZZO_CONTENT_INITIALISED,
		.lines = contract.promise.lines,
	};
	return contract;
}

static struct mezzo_bar bar_of(struct world *world, const struct mezzo_contract *contract)
{
	struct mezzo_bar bar;

	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, contract,
					(struct mezzo_pa){BAR_PA}, BAR_PAGES),
			 MEZZO_OK);
	return bar;
}

static void touch(struct world *world, uint64_t ipa)
{
	const struct mezzo_fault_result result =
		world_fault(world, ipa, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);

	assert_int_equal(result.outcome, MEZZO_GRANT);
	assert_false(result.retry);
}

static void expect_type(struct world *world, uint64_t ipa, enum mezzo_x86_stage2 type)
{
	const struct mezzo_leaf leaf = world_leaf(world, ipa);

	assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
	assert_int_equal(leaf.attr.type, type);
}

static void expect_gone(struct world *world, uint64_t ipa)
{
	assert_int_equal(world_leaf(world, ipa).state, MEZZO_ENTRY_NONE);
}

/* --- entries ---------------------------------------------------------------------------------- */

static void entries_are_of_the_decided_type(void **state)
{
	static const struct {
		enum mezzo_x86_engine engine;
		bool self_snoop;
		enum mezzo_preset preset;
		enum mezzo_x86_stage2 type;
		unsigned int reachable;
	} rows[] = {
		{MEZZO_X86_EPT, true, MEZZO_PRESET_DEVICE, MEZZO_X86_STAGE2_UC_ONLY,
		 MEZZO_CLASS_DEVICE},
		{MEZZO_X86_EPT, true, MEZZO_PRESET_COMBINING, MEZZO_X86_STAGE2_UC,
		 MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC},
		{MEZZO_X86_EPT, true, MEZZO_PRESET_CACHED, MEZZO_X86_STAGE2_WB, MEZZO_CLASS_ALL},
		{MEZZO_X86_EPT, false, MEZZO_PRESET_CACHED, MEZZO_X86_STAGE2_WB_ONLY,
		 MEZZO_CLASS_WB},
		{MEZZO_X86_EPT, false, MEZZO_PRESET_EXCLUSIVE, MEZZO_X86_STAGE2_WB,
		 MEZZO_CLASS_ALL},
		{MEZZO_X86_NPT, false, MEZZO_PRESET_COMBINING, MEZZO_X86_STAGE2_UC,
		 MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC},
		{MEZZO_X86_NPT, false, MEZZO_PRESET_CACHED, MEZZO_X86_STAGE2_WB, MEZZO_CLASS_ALL},
		{MEZZO_X86_NPT, false, MEZZO_PRESET_EXCLUSIVE, MEZZO_X86_STAGE2_WB,
		 MEZZO_CLASS_ALL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = x86_world(rows[i].engine, rows[i].self_snoop, NULL);
		const struct mezzo_contract contract = contract_of(rows[i].preset);
		struct mezzo_bar bar = bar_of(world, &contract);
		struct mezzo_mapping mapping;

		world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
		touch(world, BAR);
		expect_type(world, BAR, rows[i].type);
		mezzo_space_query(&world->space, 1, (struct mezzo_ipa){BAR}, &mapping);
		assert_int_equal(mapping.effective, rows[i].reachable);
		world_free(world);
	}
}

/* What NPT cannot forbid is refused when the slot is made, not at a fault. */
static void device_memory_under_npt_is_refused_at_creation(void **state)
{
	struct world *world = x86_world(MEZZO_X86_NPT, true, NULL);
	const struct mezzo_contract contract = contract_of(MEZZO_PRESET_DEVICE);
	struct mezzo_bar bar = bar_of(world, &contract);
	const struct mezzo_slot_config config = {
		.ipa = {BAR},
		.pages = BAR_PAGES,
		.object = &bar.object,
	};
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_WC_NOT_FORBIDDABLE);
	assert_int_equal(why.field, MEZZO_FIELD_ALLOW);
	assert_int_equal(why.want, MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC);
	world_free(world);
}

/* Pages of a slot that logs are opened one by one, whatever the format. */
static void a_slot_logs_writes(void **state)
{
	(void)state;
	for (unsigned int engine = 0; engine < MEZZO_X86_ENGINES; engine++) {
		struct world *world = x86_world((enum mezzo_x86_engine)engine, true, NULL);
		const struct mezzo_contract contract = contract_of(MEZZO_PRESET_CACHED);
		struct mezzo_pool *pool = world_pool(world, &contract, 0, RAM_PAGES);
		struct mezzo_leaf leaf;

		world_slot(world, 0, RAM, &pool->object, RAM_PAGES, MEZZO_SLOT_FLAG_LOG_DIRTY);
		touch(world, RAM + 0x5000);
		assert_false(world_leaf(world, RAM + 0x5000).attr.write);
		assert_int_equal(world_fault(world, RAM + 0x5000, MEZZO_ACCESS_WRITE,
					     MEZZO_FAULT_PERMISSION)
					 .outcome,
				 MEZZO_GRANT);
		leaf = world_leaf(world, RAM + 0x5000);
		assert_true(leaf.attr.write);
		assert_int_equal(leaf.order, MEZZO_ORDER_4K);
		assert_true(world_logged(world, 5));
		assert_false(world_logged(world, 4));
		world_free(world);
		world_pool_free(pool);
	}
}

/* --- the guest's MTRRs -------------------------------------------------------------------------- */

static void mtrrs_are_ignored_unless_asked_for(void **state)
{
	struct world *world = x86_world(MEZZO_X86_EPT, true, NULL);
	const struct mezzo_guest_types types = x86_types(MEZZO_X86_UC);
	const struct mezzo_contract contract = contract_of(MEZZO_PRESET_EXCLUSIVE);
	struct mezzo_bar bar = bar_of(world, &contract);

	(void)state;
	assert_int_equal(mezzo_guest_types_change(&world->space, &types), MEZZO_ERR_INVALID);
	world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
	touch(world, BAR);
	expect_type(world, BAR, MEZZO_X86_STAGE2_WB);
	world_free(world);
}

/* A guest starts with MTRRs off, which is UC; its firmware turns them on. */
static void only_what_changed_is_taken_away(void **state)
{
	(void)state;
	for (unsigned int engine = 0; engine < MEZZO_X86_ENGINES; engine++) {
		struct mezzo_guest_types types[2] = {{.mtrr = {.count = 8, .pa_bits = 40}}};
		struct world *world = x86_world((enum mezzo_x86_engine)engine, true, types);
		const struct mezzo_contract contract = contract_of(MEZZO_PRESET_EXCLUSIVE);
		struct mezzo_bar bar = bar_of(world, &contract);
		struct mezzo_guest_types to = x86_types(MEZZO_X86_WB);

		world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
		touch(world, BAR);
		touch(world, BAR + 0x40000000);
		expect_type(world, BAR, MEZZO_X86_STAGE2_UC);
		assert_int_equal(world_leaf(world, BAR).order, MEZZO_ORDER_2M);

		x86_change(world, &to);
		expect_gone(world, BAR);
		expect_gone(world, BAR + 0x40000000);
		touch(world, BAR);
		touch(world, BAR + 0x40000000);
		expect_type(world, BAR, MEZZO_X86_STAGE2_WB);

		/* A frame buffer in the second gigabyte: no leaf is of two types. */
		x86_types_range(&to, 0, BAR + 0x40000000, 0x100000, MEZZO_X86_WC);
		x86_change(world, &to);
		expect_type(world, BAR, MEZZO_X86_STAGE2_WB);
		expect_gone(world, BAR + 0x40000000);
		touch(world, BAR + 0x40000000);
		touch(world, BAR + 0x40100000);
		touch(world, BAR + 0x40200000);
		expect_type(world, BAR + 0x40000000, MEZZO_X86_STAGE2_WC);
		assert_int_equal(world_leaf(world, BAR + 0x40000000).order, MEZZO_ORDER_4K);
		expect_type(world, BAR + 0x40100000, MEZZO_X86_STAGE2_WB);
		assert_int_equal(world_leaf(world, BAR + 0x40100000).order, MEZZO_ORDER_4K);
		expect_type(world, BAR + 0x40200000, MEZZO_X86_STAGE2_WB);
		assert_int_equal(world_leaf(world, BAR + 0x40200000).order, MEZZO_ORDER_2M);

		/* The same once more changes nothing. */
		assert_int_equal(x86_change(world, &to), 1);
		expect_type(world, BAR + 0x40000000, MEZZO_X86_STAGE2_WC);
		world_free(world);
	}
}

/* What the owner declared goes before what the guest says. */
static void memory_whose_type_is_not_the_guests_stays(void **state)
{
	struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_UC)};
	struct world *world = x86_world(MEZZO_X86_EPT, true, types);
	const struct mezzo_contract device = contract_of(MEZZO_PRESET_DEVICE);
	const struct mezzo_contract cached = contract_of(MEZZO_PRESET_CACHED);
	struct mezzo_bar bars[] = {bar_of(world, &device), bar_of(world, &cached)};
	struct mezzo_guest_types to = x86_types(MEZZO_X86_WB);

	(void)state;
	world_slot(world, 0, BAR, &bars[0].object, BAR_PAGES, 0);
	world_slot(world, 1, 2 * BAR, &bars[1].object, BAR_PAGES, 0);
	touch(world, BAR);
	touch(world, 2 * BAR);
	/* A cached alias forbids UC; WT is as good as WB beside it. */
	expect_type(world, 2 * BAR, MEZZO_X86_STAGE2_WB);
	x86_change(world, &to);
	expect_type(world, BAR, MEZZO_X86_STAGE2_UC_ONLY);
	expect_type(world, 2 * BAR, MEZZO_X86_STAGE2_WB);
	x86_types_range(&to, 3, 2 * BAR, 0x200000, MEZZO_X86_WT);
	x86_change(world, &to);
	expect_type(world, BAR, MEZZO_X86_STAGE2_UC_ONLY);
	expect_gone(world, 2 * BAR);
	touch(world, 2 * BAR);
	expect_type(world, 2 * BAR, MEZZO_X86_STAGE2_WT);
	world_free(world);
}

/* Under EPT the guest's CR0.CD has no effect by itself; under NPT the processor obeys it. */
static void cr0_cd_takes_away_under_ept_alone(void **state)
{
	(void)state;
	for (unsigned int engine = 0; engine < MEZZO_X86_ENGINES; engine++) {
		struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_WB)};
		struct mezzo_guest_types to = types[0];
		struct world *world = x86_world((enum mezzo_x86_engine)engine, true, types);
		const struct mezzo_contract contract = contract_of(MEZZO_PRESET_EXCLUSIVE);
		struct mezzo_bar bar = bar_of(world, &contract);

		x86_types_range(&to, 0, BAR + 0x40000000, 0x40000000, MEZZO_X86_UC);
		world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
		x86_change(world, &to);
		touch(world, BAR);
		touch(world, BAR + 0x40000000);
		to.cr0_cd = true;
		x86_change(world, &to);
		if (engine == MEZZO_X86_EPT)
			expect_gone(world, BAR);
		else
			expect_type(world, BAR, MEZZO_X86_STAGE2_WB);
		/* UC it was and UC it is. */
		expect_type(world, BAR + 0x40000000, MEZZO_X86_STAGE2_UC);
		touch(world, BAR);
		to.cr0_cd = false;
		x86_change(world, &to);
		if (engine == MEZZO_X86_EPT)
			expect_gone(world, BAR);
		expect_type(world, BAR + 0x40000000, MEZZO_X86_STAGE2_UC);
		world_free(world);
	}
}

/* A piece per call, and a fault in between goes by the new types already. */
static void a_change_of_much_is_done_in_pieces(void **state)
{
	struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_UC)};
	struct world *world = x86_world(MEZZO_X86_EPT, true, types);
	const struct mezzo_contract contract = contract_of(MEZZO_PRESET_EXCLUSIVE);
	struct mezzo_bar bar = bar_of(world, &contract);
	const struct mezzo_guest_types to = x86_types(MEZZO_X86_WB);
	struct mezzo_guest_types other = to;

	(void)state;
	world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
	for (uint64_t at = 0; at < 4; at++)
		touch(world, BAR + (at << 30));
	assert_int_equal(mezzo_guest_types_change(&world->space, &to), MEZZO_ERR_AGAIN);
	expect_gone(world, BAR);
	expect_type(world, BAR + 0xc0000000, MEZZO_X86_STAGE2_UC);
	touch(world, BAR);
	expect_type(world, BAR, MEZZO_X86_STAGE2_WB);
	/* Another change waits for this one, and nothing of either is lost. */
	x86_types_range(&other, 0, BAR, 0x40000000, MEZZO_X86_WC);
	assert_int_not_equal(x86_change(world, &other), 1);
	for (uint64_t at = 0; at < 4; at++)
		touch(world, BAR + (at << 30));
	expect_type(world, BAR, MEZZO_X86_STAGE2_WC);
	expect_type(world, BAR + 0xc0000000, MEZZO_X86_STAGE2_WB);
	world_free(world);
}

/* A permission fault on a leaf of the old types makes nothing of them live on. */
static void widening_waits_for_a_leaf_of_another_type_to_go(void **state)
{
	struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_UC)};
	struct world *world = x86_world(MEZZO_X86_EPT, true, types);
	struct mezzo_contract contract = contract_of(MEZZO_PRESET_EXCLUSIVE);
	const struct mezzo_guest_types to = x86_types(MEZZO_X86_WB);
	struct mezzo_bar bar = bar_of(world, &contract);
	const uint64_t last = BAR + 0xc0000000;

	(void)state;
	world_slot(world, 0, BAR, &bar.object, BAR_PAGES, 0);
	touch(world, BAR);
	touch(world, last);
	assert_int_equal(mezzo_guest_types_change(&world->space, &to), MEZZO_ERR_AGAIN);
	expect_type(world, last, MEZZO_X86_STAGE2_UC);
	assert_true(world_fault(world, last, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION).retry);
	x86_change(world, &to);
	expect_gone(world, last);
	world_free(world);
}

static void registers_that_wrmsr_refuses_are_refused(void **state)
{
	struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_UC)};
	struct world *world = x86_world(MEZZO_X86_EPT, true, types);
	struct mezzo_guest_types bad[7];

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		bad[i] = x86_types(MEZZO_X86_WB);
	bad[0].mtrr.def_type = 0xc02;
	bad[1].mtrr.def_type = 0x1c06;
	bad[2].mtrr.fixed[10] = UINT64_C(0x0706060606060606);
	bad[3].mtrr.variable[7].base = 3;
	bad[4].mtrr.variable[7].mask = UINT64_C(1) << 40;
	bad[5].mtrr.count = 17;
	bad[6].mtrr.pa_bits = 53;
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(mezzo_guest_types_change(&world->space, &bad[i]),
				 MEZZO_ERR_INVALID);
	world_free(world);
}

/* Types that NPT cannot say because the host's PAT has them not: the space says so at once. */
static void a_host_pat_without_all_types_cannot_honour(void **state)
{
	struct mezzo_guest_types types[2] = {x86_types(MEZZO_X86_WB)};
	struct world *world = x86_world(MEZZO_X86_NPT, true, NULL);
	struct mezzo_space_config config = world->space.config;
	struct mezzo_space other;

	(void)state;
	config.x86.host_pat = UINT64_C(0x0007040600070406); /* after reset: no WC, no WP */
	assert_int_equal(mezzo_space_init(&other, &config), MEZZO_OK);
	assert_int_equal(mezzo_space_fini(&other), MEZZO_OK);
	config.guest_types = types;
	assert_int_equal(mezzo_space_init(&other, &config), MEZZO_ERR_INVALID);
	config.x86.host_pat = X86_HOST_PAT;
	assert_int_equal(mezzo_space_init(&other, &config), MEZZO_OK);
	assert_int_equal(mezzo_space_fini(&other), MEZZO_OK);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_of_the_decided_type),
		cmocka_unit_test(device_memory_under_npt_is_refused_at_creation),
		cmocka_unit_test(a_slot_logs_writes),
		cmocka_unit_test(mtrrs_are_ignored_unless_asked_for),
		cmocka_unit_test(only_what_changed_is_taken_away),
		cmocka_unit_test(memory_whose_type_is_not_the_guests_stays),
		cmocka_unit_test(cr0_cd_takes_away_under_ept_alone),
		cmocka_unit_test(a_change_of_much_is_done_in_pieces),
		cmocka_unit_test(widening_waits_for_a_leaf_of_another_type_to_go),
		cmocka_unit_test(registers_that_wrmsr_refuses_are_refused),
		cmocka_unit_test(a_host_pat_without_all_types_cannot_honour),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
