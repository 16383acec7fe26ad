/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots: every refusal names its rule, its field, what it was and what would be accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGES 2048

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain = {0};

static struct mezzo_bar bar_of(struct world *world, enum mezzo_preset preset,
			       enum mezzo_maintenance maintenance)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, maintenance);
	struct mezzo_bar bar;

	contract.promise.data = MEZZO_CONTENT_INITIALISED;
	contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
					(struct mezzo_pa){WORLD_FRAMES_PA}, PAGES),
			 MEZZO_OK);
	return bar;
}

struct row {
	const char *what;
	struct mezzo_slot_config config;
	int status;
	enum mezzo_reason reason;
	enum mezzo_field field;
	uint64_t got, want;
};

static void every_bad_argument_is_refused_by_name(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_object *o = &bar.object;
	const uint64_t top = UINT64_C(1) << WORLD_IPA_BITS;
	const struct row rows[] = {
		{"flags",
		 {1, 12, {RAM}, 1, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_FLAGS,
		 MEZZO_FIELD_FLAGS,
		 12,
		 0},
		{"empty",
		 {1, 0, {RAM}, 0, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_EMPTY,
		 MEZZO_FIELD_PAGES,
		 0,
		 1},
		{"misaligned",
		 {1, 0, {RAM + 0x800}, 1, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_MISALIGNED,
		 MEZZO_FIELD_IPA,
		 RAM + 0x800,
		 RAM},
		{"wraps",
		 {1, 0, {RAM}, UINT64_MAX >> 12, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_WRAPS,
		 MEZZO_FIELD_PAGES,
		 UINT64_MAX >> 12,
		 (top - RAM) >> 12},
		{"starts beyond",
		 {1, 0, {top}, 1, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_BEYOND_IPA,
		 MEZZO_FIELD_IPA,
		 top,
		 top - 0x1000},
		{"ends beyond",
		 {1, 0, {top - 0x1000}, 2, o, 0, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_BEYOND_IPA,
		 MEZZO_FIELD_PAGES,
		 2,
		 1},
		{"offset beyond",
		 {1, 0, {RAM + (16 << 12)}, 1, o, PAGES, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_BEYOND_OBJECT,
		 MEZZO_FIELD_OFFSET,
		 PAGES,
		 PAGES - 1},
		{"end beyond object",
		 {1, 0, {RAM + (16 << 12)}, PAGES, o, 1, NULL, NULL},
		 MEZZO_ERR_INVALID,
		 MEZZO_WHY_SLOT_BEYOND_OBJECT,
		 MEZZO_FIELD_PAGES,
		 PAGES,
		 PAGES - 1},
		{"id in use",
		 {0, 0, {0}, 1, o, 0, NULL, NULL},
		 MEZZO_ERR_EXISTS,
		 MEZZO_WHY_SLOT_ID_IN_USE,
		 MEZZO_FIELD_SLOT_ID,
		 0,
		 1},
		{"overlaps the last page",
		 {1, 0, {RAM + 15 * 0x1000}, 2, o, 0, NULL, NULL},
		 MEZZO_ERR_EXISTS,
		 MEZZO_WHY_SLOT_OVERLAPS,
		 MEZZO_FIELD_IPA,
		 RAM + 15 * 0x1000,
		 RAM + 16 * 0x1000},
		{"overlaps from below",
		 {1, 0, {RAM - 0x1000}, 2, o, 0, NULL, NULL},
		 MEZZO_ERR_EXISTS,
		 MEZZO_WHY_SLOT_OVERLAPS,
		 MEZZO_FIELD_IPA,
		 RAM - 0x1000,
		 RAM + 16 * 0x1000},
	};

	(void)state;
	world_slot(world, 0, RAM, o, 16, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mezzo_refusal why = {0};
		int status = mezzo_slot_create(&world->space, &rows[i].config, &why);

		if (status != rows[i].status || why.reason != rows[i].reason ||
		    why.field != rows[i].field || why.got != rows[i].got ||
		    why.want != rows[i].want)
			fail_msg("%s: %d %s %s got %#llx want %#llx", rows[i].what, status,
				 mezzo_reason(why.reason)->name, mezzo_field_name(why.field),
				 (unsigned long long)why.got, (unsigned long long)why.want);
	}
	/* The ranges are half open: neighbours and the last page of the space are fine. */
	world_slot(world, 1, RAM + 16 * 0x1000, o, 1, 0);
	world_slot(world, 2, RAM - 0x1000, o, 1, 0);
	world_slot(world, 3, top - 0x1000, o, 1, 0);
	world_free(world);
}

static void the_limit_is_named(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_refusal why = {0};
	struct mezzo_slot_config config = {.id = 99,
					   .ipa = {UINT64_C(1) << 38},
					   .pages = 1,
					   .object = &bar.object};

	(void)state;
	for (uint32_t id = 0; id < WORLD_SLOTS; id++)
		world_slot(world, id, RAM + id * 0x1000, &bar.object, 1, 0);
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_LIMIT);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_LIMIT);
	assert_int_equal(why.want, WORLD_SLOTS);
	/* Room is room again after a deletion. */
	world_delete(world, 3);
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
	world_delete(world, 99);
	world_free(world);
}

static void what_the_machine_cannot_honour_is_refused_at_the_slot(void **state)
{
	struct world *world = world_new(&plain);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config config = {.ipa = {RAM}, .pages = 16, .object = &bar.object};
	struct mezzo_refusal why = {0};

	(void)state;
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_CACHED_NEEDS_MAINTENANCE);
	assert_int_equal(why.field, MEZZO_FIELD_MAINTENANCE);
	assert_int_equal(why.got, MEZZO_MAINTENANCE_NONE);
	assert_int_equal(why.want, MEZZO_MAINTENANCE_WINDOW);
	world_free(world);
}

static void a_contract_outside_its_enumerations_is_refused(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config config = {.ipa = {RAM}, .pages = 16, .object = &bar.object};
	struct mezzo_refusal why = {0};

	(void)state;
	bar.object.contract.max_order = MEZZO_ORDER_MAX + 1; /* no leaf has it */
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_FACTS_INADMISSIBLE);
	bar.object.contract.max_order = MEZZO_ORDER_4K;
	bar.object.contract.aliases = MEZZO_ALIASES_VALUES;
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_FACTS_INADMISSIBLE);
	world_free(world);
}

static void a_direct_object_needs_a_platform_with_direct_mappings(void **state)
{
	const struct world_options options = {.machine = fwb.machine, .no_direct = true};
	struct world *world = world_new(&options);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT);
	struct mezzo_slot_config config = {.ipa = {RAM}, .pages = 16, .object = &bar.object};
	struct mezzo_refusal why = {0};

	(void)state;
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_DIRECT_NOT_AVAILABLE);
	world_free(world);
}

static void exclusive_memory_is_mapped_once(void **state)
{
	struct world *world = world_new(&plain);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_slot_config config = {.id = 1,
					   .ipa = {RAM + 0x100000},
					   .pages = 1,
					   .object = &bar.object,
					   .offset_pages = 15};
	struct mezzo_refusal why = {0};

	(void)state;
	world_slot(world, 0, RAM, &bar.object, 16, 0);
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE);
	assert_int_equal(why.want, 16);
	config.offset_pages = 16;
	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
	world_free(world);
}

static void deleting_what_is_not_there_says_so(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(mezzo_slot_delete(&world->space, 5, NULL), MEZZO_ERR_NOENT);
	assert_int_equal(mezzo_slot_delete(&world->space, 5, &why), MEZZO_ERR_NOENT);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_ID_UNKNOWN);
	assert_int_equal(why.field, MEZZO_FIELD_SLOT_ID);
	assert_int_equal(why.got, 5);
	world_free(world);
}

static void a_deleted_slot_answers_nothing_and_its_address_is_free(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_fault_result result;

	(void)state;
	for (unsigned int round = 0; round < 20; round++) {
		world_slot(world, round, RAM, &bar.object, PAGES, 0);
		result = world_fault(world, RAM + 0x3000, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		assert_int_equal(result.outcome, MEZZO_GRANT);
		assert_int_equal(result.slot, round);
		world_delete(world, round);
		result = world_fault(world, RAM + 0x3000, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		assert_int_equal(result.outcome, MEZZO_EXIT);
		assert_int_equal(result.reason, MEZZO_WHY_DEVICE_ACCESS);
	}
	world_free(world);
}

static void a_space_with_slots_is_not_torn_down(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_bar bar = bar_of(world, MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);

	(void)state;
	world_slot(world, 0, RAM, &bar.object, 1, 0);
	assert_int_equal(mezzo_space_fini(&world->space), MEZZO_ERR_EXISTS);
	world_free(world);
}

static void a_bad_configuration_is_invalid(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_space_config good = world->space.config, bad;
	struct mezzo_space space;

	(void)state;
	bad = good;
	bad.size--;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	bad = good;
	bad.max_slots = 0;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	bad = good;
	bad.max_vcpus = 0;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	bad = good;
	bad.max_records = 3;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	bad = good;
	bad.ipa_bits = 31;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	bad.ipa_bits = 49;
	assert_int_equal(mezzo_space_init(&space, &bad), MEZZO_ERR_INVALID);
	world->hosted.allocs_left = 0;
	assert_int_equal(mezzo_space_init(&space, &good), MEZZO_ERR_NOMEM);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_argument_is_refused_by_name),
		cmocka_unit_test(the_limit_is_named),
		cmocka_unit_test(what_the_machine_cannot_honour_is_refused_at_the_slot),
		cmocka_unit_test(a_contract_outside_its_enumerations_is_refused),
		cmocka_unit_test(a_direct_object_needs_a_platform_with_direct_mappings),
		cmocka_unit_test(exclusive_memory_is_mapped_once),
		cmocka_unit_test(deleting_what_is_not_there_says_so),
		cmocka_unit_test(a_deleted_slot_answers_nothing_and_its_address_is_free),
		cmocka_unit_test(a_space_with_slots_is_not_torn_down),
		cmocka_unit_test(a_bad_configuration_is_invalid),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
