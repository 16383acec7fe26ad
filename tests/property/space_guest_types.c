/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that writes MTRRs and CR0.CD at random: exactly those leaves go in which some page is of
 * another type now, and every leaf that is there is of the type that holds.
 *
 * MEZZO_SEED=number repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "budget.h"
#include "guest_types_run.h"

#define CHANGES 150
#define TOUCHES 400

static bool stays[RUN_SLOTS][RUN_SLOT_PAGES];

/* Leaves of which no page is of another type than before. */
static void note_what_stays(struct types_run *run, unsigned int slot)
{
	for (uint64_t page = 0; page < RUN_SLOT_PAGES;) {
		const struct mezzo_leaf leaf = types_run_leaf(run, slot, page);
		const uint64_t pages = mezzo_order_pages(leaf.order);
		const uint64_t first = page & ~(pages - 1);
		bool same = leaf.state == MEZZO_ENTRY_LEAF;

		for (uint64_t i = first; same && i < first + pages; i++)
			same = types_run_due(run, slot, i) == leaf.attr.type;
		for (; page < first + pages && page < RUN_SLOT_PAGES; page++)
			stays[slot][page] = same;
	}
}

static void expect_the_others_to_be_gone(struct types_run *run)
{
	unsigned int slot;
	uint64_t page;

	if (types_run_wrong(run, &slot, &page))
		fail_msg("slot %u page %llu is of an old type", slot, (unsigned long long)page);
	for (slot = 0; slot < RUN_SLOTS; slot++)
		for (page = 0; page < RUN_SLOT_PAGES; page++)
			if (stays[slot][page] !=
			    (types_run_leaf(run, slot, page).state == MEZZO_ENTRY_LEAF))
				fail_msg("slot %u page %llu: stays %d", slot,
					 (unsigned long long)page, stays[slot][page]);
}

static void touch_some(struct types_run *run)
{
	for (unsigned int i = 0; i < TOUCHES; i++) {
		const unsigned int slot = (unsigned int)types_run_below(&run->seed, RUN_SLOTS);
		const uint64_t page = types_run_below(&run->seed, RUN_SLOT_PAGES);

		assert_int_equal(
			types_run_touch(run, 0, slot, page, types_run_below(&run->seed, 2)).outcome,
			MEZZO_GRANT);
	}
}

static void exactly_what_changed_goes(void **state)
{
	uint64_t seed = number_from("MEZZO_SEED", (uint64_t)time(NULL));
	struct types_run run;

	(void)state;
	print_message("# MEZZO_SEED=%llu\n", (unsigned long long)seed);
	for (unsigned int n = 0; n < 2; n++) {
		types_run_open(&run, types_run_random(&seed));
		for (unsigned int i = 0; i < CHANGES; i++) {
			touch_some(&run);
			types_run_write(&run);
			for (unsigned int slot = 0; slot < RUN_SLOTS; slot++)
				note_what_stays(&run, slot);
			x86_change(run.world, &run.now);
			expect_the_others_to_be_gone(&run);
		}
		world_free(run.world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_what_changed_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
