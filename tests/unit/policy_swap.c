/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One rule for everything: with another policy in struct mezzo_arch the slot check, the nearest
 * neighbour it proposes, faults, permission faults, the explainer and the flight recorder all
 * answer differently. None of them has a rule of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define BASE UINT64_C(0x40000000)
#define PAGES 16

/* The rule, but: combining memory is refused, device memory is mapped NC, no entry
 * that is there becomes executable. */
static void other_rule(const struct mezzo_facts *facts, struct mezzo_decision *d)
{
	mezzo_arm64_decide(facts, d);
	if (facts->fault.slot == MEZZO_SLOT_NONE) {
		d->outcome = MEZZO_SKIP;
		d->reason = MEZZO_WHY_CACHE_OP_NO_SLOT;
	} else if (facts->memory.aliases == MEZZO_ALIASES_UNCACHED) {
		*d = (struct mezzo_decision){
			.outcome = MEZZO_REFUSE,
			.reason = MEZZO_WHY_PRIVATE_WITH_ALIAS,
		};
	} else if (facts->memory.aliases == MEZZO_ALIASES_DEVICE) {
		d->type = MEZZO_STAGE2_NORMAL_NC;
		d->reason = MEZZO_WHY_COMBINING_AS_DECLARED;
	} else if (facts->fault.access == MEZZO_ACCESS_EXEC &&
		   facts->fault.kind == MEZZO_FAULT_PERMISSION) {
		*d = (struct mezzo_decision){
			.outcome = MEZZO_ABORT,
			.reason = MEZZO_WHY_FETCH_NOT_CACHEABLE,
		};
	}
}

/* What a world with a rule answered. */
struct answers {
	int combining_slot;
	struct mezzo_refusal why;
	struct mezzo_fault_result read, fetch, no_slot;
	struct mezzo_leaf leaf;
	struct mezzo_decision explained;
	struct mezzo_record record; /* of the first fault */
};

static struct mezzo_bar bar_of(struct world *world, enum mezzo_preset preset)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_bar bar;

	contract.promise.data = MEZZO_CONTENT_INITIALISED;
	contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &contract,
					(struct mezzo_pa){WORLD_FRAMES_PA}, PAGES),
			 MEZZO_OK);
	return bar;
}

static struct answers ask(const struct mezzo_arch *arch)
{
	struct world_options options = {.machine = {.fwb = true, .idc = true}, .arch = arch};
	struct world *world = world_new(&options);
	struct mezzo_bar combining = bar_of(world, MEZZO_PRESET_COMBINING);
	struct mezzo_bar device = bar_of(world, MEZZO_PRESET_DEVICE);
	struct mezzo_bar cached = bar_of(world, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config slot = {.id = 1,
					 .ipa = {BASE},
					 .pages = PAGES,
					 .object = &combining.object};
	struct mezzo_fault_info info = {.ipa = {BASE + 0x100000}, .access = MEZZO_ACCESS_READ};
	struct mezzo_facts facts;
	struct answers a = {0};

	a.combining_slot = mezzo_slot_create(&world->space, &slot, &a.why);
	world_slot(world, 2, BASE + 0x100000, &device.object, PAGES, 0);
	world_slot(world, 3, BASE + 0x200000, &cached.object, PAGES, 0);
	assert_int_equal(mezzo_space_explain(&world->space, 0, &info, &facts, &a.explained),
			 MEZZO_OK);
	a.read = world_fault(world, BASE + 0x100000, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	a.leaf = world_leaf(world, BASE + 0x100000);
	(void)world_fault(world, BASE + 0x200000, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	a.fetch = world_fault(world, BASE + 0x200000, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
	a.no_slot = world_fault(world, BASE + 0x300000, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	assert_true(mezzo_space_record(&world->space, 1, &a.record));
	world_free(world);
	return a;
}

static void everything_that_decides_asks_the_one_rule(void **state)
{
	struct mezzo_arch other = mezzo_arch_arm64;
	struct answers shipped, swapped;

	(void)state;
	other.decide = other_rule;
	shipped = ask(&mezzo_arch_arm64);
	swapped = ask(&other);

	/* The slot check, and the neighbour: found under the rule that refused. */
	assert_int_equal(shipped.combining_slot, MEZZO_OK);
	assert_int_equal(swapped.combining_slot, MEZZO_ERR_REFUSED);
	assert_int_equal(swapped.why.reason, MEZZO_WHY_PRIVATE_WITH_ALIAS);
	assert_int_equal(swapped.why.field, MEZZO_FIELD_ALIASES);
	assert_int_equal(swapped.why.got, MEZZO_ALIASES_UNCACHED);
	assert_int_not_equal(swapped.why.want, MEZZO_ALIASES_UNCACHED);

	/* A fault, and what it left in the table. */
	assert_int_equal(shipped.read.reason, MEZZO_WHY_DEVICE_AS_DECLARED);
	assert_int_equal(swapped.read.reason, MEZZO_WHY_COMBINING_AS_DECLARED);
	assert_int_equal(shipped.leaf.attr.type, MEZZO_STAGE2_DEVICE_nGnRE);
	assert_int_equal(swapped.leaf.attr.type, MEZZO_STAGE2_NORMAL_NC);

	/* A permission fault on an entry that is there. */
	assert_int_equal(shipped.fetch.outcome, MEZZO_GRANT);
	assert_int_equal(swapped.fetch.outcome, MEZZO_ABORT);

	/* An address without a slot. */
	assert_int_equal(shipped.no_slot.outcome, MEZZO_EXIT);
	assert_int_equal(swapped.no_slot.outcome, MEZZO_SKIP);

	/* The explainer. */
	assert_int_equal(shipped.explained.type, MEZZO_STAGE2_DEVICE_nGnRE);
	assert_int_equal(swapped.explained.type, MEZZO_STAGE2_NORMAL_NC);
	assert_int_equal(swapped.explained.reason, MEZZO_WHY_COMBINING_AS_DECLARED);

	/* The flight recorder. */
	assert_int_equal(shipped.record.type, MEZZO_STAGE2_DEVICE_nGnRE);
	assert_int_equal(swapped.record.type, MEZZO_STAGE2_NORMAL_NC);
	assert_int_equal(swapped.record.reason, MEZZO_WHY_COMBINING_AS_DECLARED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_decides_asks_the_one_rule),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
