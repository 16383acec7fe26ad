/* SPDX-License-Identifier: BSD-2-Clause */
/* What an embedder asks before or beside a guest's faults: ageing, pre-faulting, tags. */
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
#define PAGES 4096
#define SPARE 3 /* the vCPU number that the embedder uses */

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain;
static const struct world_options tagged = {
	.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}};

struct stage {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool;
	struct mezzo_refusal why;
};

static struct stage stage_of(const struct world_options *options,
			     const struct mezzo_contract *contract)
{
	struct stage s = {.world = world_new(options)};

	s.space = &s.world->space;
	s.pool = world_pool(s.world, contract, 0, PAGES);
	world_slot(s.world, 1, RAM, &s.pool->object, PAGES, 0);
	return s;
}

static struct stage stage(const struct world_options *options, enum mezzo_preset preset)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	return stage_of(options, &contract);
}

static void strike(struct stage *s)
{
	world_free(s->world);
	world_pool_free(s->pool);
}

static struct mezzo_fault_result touch(struct stage *s, uint64_t ipa, enum mezzo_access access)
{
	struct mezzo_leaf leaf = world_leaf(s->world, ipa);

	return world_fault(s->world, ipa, access,
			   leaf.state == MEZZO_ENTRY_LEAF ? MEZZO_FAULT_PERMISSION
							  : MEZZO_FAULT_MISSING);
}

/* --- ageing ------------------------------------------------------------------------------------ */

static bool age(struct stage *s, uint64_t ipa, uint64_t pages)
{
	bool accessed = false;

	assert_int_equal(mezzo_space_age(s->space, (struct mezzo_ipa){ipa}, pages, &accessed),
			 MEZZO_OK);
	return accessed;
}

static void what_was_accessed_is_told_once(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	assert_false(age(&s, RAM, PAGES));
	(void)touch(&s, RAM + 2 * MIB, MEZZO_ACCESS_WRITE);
	assert_false(age(&s, RAM, 512));
	assert_true(age(&s, RAM, PAGES));
	assert_false(age(&s, RAM, PAGES));
	/* It is still there, with what it allowed, and the next access is noted again. */
	assert_int_equal(world_leaf(s.world, RAM + 2 * MIB).state, MEZZO_ENTRY_LEAF);
	assert_false(world_leaf(s.world, RAM + 2 * MIB).attr.accessed);
	assert_true(world_leaf(s.world, RAM + 2 * MIB).attr.write);
	assert_int_equal(touch(&s, RAM + 2 * MIB + PAGE, MEZZO_ACCESS_READ).outcome, MEZZO_GRANT);
	assert_true(world_leaf(s.world, RAM + 2 * MIB).attr.accessed);
	assert_true(world_leaf(s.world, RAM + 2 * MIB).attr.write);
	assert_true(age(&s, RAM + 3 * MIB, 1));
	strike(&s);
}

static void ageing_is_in_place_and_costs_one_invalidation(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_EXCLUSIVE);

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		(void)touch(&s, RAM + i * 2 * MIB, MEZZO_ACCESS_READ);
	mezzo_hosted_reset_counts(&s.world->hosted);
	assert_true(age(&s, RAM, PAGES));
	assert_int_equal(s.world->hosted.counts.tlb_ranges, 1);
	assert_int_equal(s.world->hosted.counts.tlb_combined, 1);
	assert_int_equal(s.world->hosted.counts.clean_invalidate_bytes, 0);
	mezzo_hosted_reset_counts(&s.world->hosted);
	assert_false(age(&s, RAM, PAGES));
	assert_int_equal(s.world->hosted.counts.tlb_ranges + s.world->hosted.counts.tlb_entries, 0);
	strike(&s);
}

static void ageing_keeps_what_a_log_relies_on(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config slot;
	uint64_t bits;

	(void)state;
	assert_int_equal(mezzo_slot_get(s.space, 1, &slot), MEZZO_OK);
	slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &slot, &s.why), MEZZO_OK);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_true(age(&s, RAM, PAGES));
	/* An access that is noted again is no write. */
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_false(world_leaf(s.world, RAM).attr.write);
	assert_false(world_logged(s.world, 0));
	/* And a write is one, whatever else it notes. */
	assert_true(age(&s, RAM, PAGES));
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	assert_int_equal(mezzo_dirty_take(s.space, 1, 0, 64, &bits, &s.why), MEZZO_OK);
	assert_int_equal(bits, 1);
	strike(&s);
}

static void only_ranges_of_the_space_are_aged(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	const uint64_t end = UINT64_C(1) << WORLD_IPA_BITS;
	bool accessed = true;

	(void)state;
	assert_int_equal(mezzo_space_age(s.space, (struct mezzo_ipa){RAM + 1}, 1, &accessed),
			 MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_space_age(s.space, (struct mezzo_ipa){end - PAGE}, 2, &accessed),
			 MEZZO_ERR_INVALID);
	assert_true(accessed);
	assert_int_equal(mezzo_space_age(s.space, (struct mezzo_ipa){end}, 0, &accessed), MEZZO_OK);
	assert_false(accessed);
	strike(&s);
}

/* --- before the guest -------------------------------------------------------------------------- */

static int prefault(struct stage *s, uint64_t ipa, uint64_t pages, uint64_t *done,
		    struct mezzo_fault_result *result)
{
	return mezzo_space_prefault(s->space, SPARE, (struct mezzo_ipa){ipa}, pages, done, result);
}

/* As an embedder does, to the end or to an error. Returns how many calls that took. */
static unsigned int prefault_all(struct stage *s, uint64_t ipa, uint64_t pages, int expected,
				 uint64_t expected_pages)
{
	struct mezzo_fault_result result;
	unsigned int calls = 0;
	uint64_t done, total = 0;
	int status;

	do {
		status = prefault(s, ipa + total * PAGE, pages - total, &done, &result);
		total += done;
		calls++;
	} while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, expected);
	assert_int_equal(total, expected_pages);
	return calls;
}

static void a_range_has_entries_before_it_is_touched(void **state)
{
	struct stage s = stage(&plain, MEZZO_PRESET_EXCLUSIVE);

	(void)state;
	/* In 2 MiB, which are zeroed and cleaned, at a time. */
	assert_int_equal(prefault_all(&s, RAM, PAGES, MEZZO_OK, PAGES), 8);
	assert_int_equal(s.world->hosted.counts.zero_bytes, PAGES * PAGE);
	for (unsigned int i = 0; i < 8; i++) {
		struct mezzo_leaf leaf = world_leaf(s.world, RAM + i * 2 * MIB);

		assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
		assert_int_equal(leaf.order, MEZZO_ORDER_2M);
		assert_true(leaf.attr.read && leaf.attr.write);
	}
	/* What is there costs a look. */
	mezzo_hosted_reset_counts(&s.world->hosted);
	assert_int_equal(prefault_all(&s, RAM + 5 * PAGE, 1000, MEZZO_OK, 1000), 2);
	assert_int_equal(s.world->hosted.counts.zero_bytes, 0);
	strike(&s);
}

static void entries_are_made_as_faults_make_them(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_leaf by_fault, ahead;

	(void)state;
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	by_fault = world_leaf(s.world, RAM);
	assert_int_equal(mezzo_space_unmap(s.space, (struct mezzo_ipa){RAM}, PAGES), MEZZO_OK);
	(void)prefault_all(&s, RAM, 1, MEZZO_OK, 1);
	ahead = world_leaf(s.world, RAM);
	assert_memory_equal(&by_fault, &ahead, sizeof(ahead));
	strike(&s);
}

/* A log goes on: nothing becomes writable, page by page. */
static void a_log_is_not_filled_ahead(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_slot_config slot;
	uint64_t bits[PAGES / 64];

	(void)state;
	assert_int_equal(mezzo_slot_get(s.space, 1, &slot), MEZZO_OK);
	slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	assert_int_equal(world_change(s.world, &slot, &s.why), MEZZO_OK);
	(void)prefault_all(&s, RAM + 3 * PAGE, 700, MEZZO_OK, 700);
	assert_int_equal(mezzo_dirty_get(s.space, 1, 0, PAGES, bits, &s.why), MEZZO_OK);
	for (unsigned int i = 0; i < PAGES / 64; i++)
		assert_int_equal(bits[i], 0);
	assert_int_equal(world_leaf(s.world, RAM + 702 * PAGE).order, MEZZO_ORDER_4K);
	assert_int_equal(world_leaf(s.world, RAM + 703 * PAGE).state, MEZZO_ENTRY_NONE);
	assert_int_equal(world_leaf(s.world, RAM + 2 * PAGE).state, MEZZO_ENTRY_NONE);
	strike(&s);
}

static void it_stops_where_the_slot_ends(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_fault_result result;
	uint64_t done;

	(void)state;
	(void)prefault_all(&s, RAM + (PAGES - 10) * PAGE, 100, MEZZO_ERR_NOENT, 10);
	assert_int_equal(prefault(&s, RAM - PAGE, 1, &done, &result), MEZZO_ERR_NOENT);
	assert_int_equal(done, 0);
	assert_int_equal(result.reason, MEZZO_WHY_DEVICE_ACCESS);
	assert_int_equal(prefault(&s, RAM + 8, 1, &done, &result), MEZZO_ERR_INVALID);
	assert_int_equal(prefault(&s, RAM, UINT64_MAX, &done, &result), MEZZO_ERR_INVALID);
	assert_int_equal(prefault(&s, RAM, 0, &done, &result), MEZZO_OK);
	assert_int_equal(done, 0);
	strike(&s);
}

static void it_says_what_a_fault_would_be_refused_for(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_fault_result result;
	struct mezzo_bar bar;
	uint64_t done;

	(void)state;
	assert_int_equal(mezzo_bar_init(&bar, &s.world->hosted.platform, &contract,
					(struct mezzo_pa){UINT64_C(1) << 40}, 16),
			 MEZZO_OK);
	world_slot(s.world, 2, RAM + 64 * MIB, &bar.object, 16, 0);
	mezzo_bar_enable(&bar, false);
	assert_int_equal(prefault(&s, RAM + 64 * MIB, 16, &done, &result), MEZZO_ERR_REFUSED);
	assert_int_equal(result.reason, MEZZO_WHY_OBJECT_REVOKED);
	assert_int_equal(result.slot, 2);
	assert_int_equal(done, 0);
	strike(&s);
}

static void without_table_memory_it_says_how_far_it_came(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 12; n++) {
		struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
		struct mezzo_slot_config slot;
		struct mezzo_fault_result result;
		uint64_t done, total = 0;
		int status;

		/* Page by page, so that every 2 MiB need a table. */
		assert_int_equal(mezzo_slot_get(s.space, 1, &slot), MEZZO_OK);
		slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
		assert_int_equal(world_change(s.world, &slot, &s.why), MEZZO_OK);
		s.world->hosted.allocs_left = n;
		do {
			status = prefault(&s, RAM + total * PAGE, PAGES - total, &done, &result);
			total += done;
		} while (status == MEZZO_ERR_AGAIN);
		for (uint64_t page = 0; page < PAGES; page += 64)
			assert_int_equal(world_leaf(s.world, RAM + page * PAGE).state,
					 page < total ? MEZZO_ENTRY_LEAF : MEZZO_ENTRY_NONE);
		assert_int_equal(status, total < PAGES ? MEZZO_ERR_NOMEM : MEZZO_OK);
		/* A table for each level above, and one for each 2 MiB. */
		assert_int_equal(total, n < 2 ? 0 : n > 9 ? PAGES : (n - 1) * 512);
		s.world->hosted.allocs_left = UINT64_MAX;
		(void)prefault_all(&s, RAM + total * PAGE, PAGES - total, MEZZO_OK, PAGES - total);
		strike(&s);
	}
}

static void who_holds_an_entry_is_waited_for_by_coming_back(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);
	struct mezzo_claim claim;
	struct mezzo_fault_result result;
	uint64_t done;

	(void)state;
	(void)touch(&s, RAM + 2 * MIB, MEZZO_ACCESS_READ);
	assert_int_equal(mezzo_stage2_ops.hold(&s.space->table, (struct mezzo_ipa){RAM + 2 * MIB},
					       &claim),
			 MEZZO_OK);
	assert_int_equal(prefault(&s, RAM, PAGES, &done, &result), MEZZO_ERR_AGAIN);
	assert_int_equal(done, 512);
	assert_int_equal(prefault(&s, RAM + 2 * MIB, PAGES - 512, &done, &result), MEZZO_ERR_AGAIN);
	assert_int_equal(done, 0);
	mezzo_stage2_ops.abandon(&s.space->table, &claim);
	(void)prefault_all(&s, RAM + 2 * MIB, PAGES - 512, MEZZO_OK, PAGES - 512);
	strike(&s);
}

/* --- tags -------------------------------------------------------------------------------------- */

static int set_mte(struct stage *s, bool on)
{
	return mezzo_space_set_mte(s->space, on, &s->why);
}

static void T13_mte_vm_rejects_untagged_whenever_it_becomes_one(void **state)
{
	struct mezzo_contract with =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_contract without = with;
	struct mezzo_pool *untagged;
	struct mezzo_mapping before, after;
	struct stage s;

	(void)state;
	with.tag_storage = true;
	s = stage_of(&tagged, &with);
	/* Made while nobody asked for tags: fine. Linux looks at none of these again. */
	untagged = world_pool(s.world, &without, 2048, 512);
	world_slot(s.world, 2, RAM + 64 * MIB, &untagged->object, 512, 0);
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	(void)touch(&s, RAM + 64 * MIB, MEZZO_ACCESS_WRITE);
	mezzo_space_query(s.space, SPARE, (struct mezzo_ipa){RAM}, &before);
	assert_int_equal(set_mte(&s, true), MEZZO_ERR_REFUSED);
	assert_int_equal(s.why.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
	assert_int_equal(s.why.field, MEZZO_FIELD_TAG_STORAGE);
	assert_int_equal(s.why.want, true);
	assert_int_equal(s.why.slot, 2);
	/* Nothing has changed. */
	mezzo_space_query(s.space, SPARE, (struct mezzo_ipa){RAM}, &after);
	assert_memory_equal(&before, &after, sizeof(after));
	assert_int_equal(world_leaf(s.world, RAM + 64 * MIB).state, MEZZO_ENTRY_LEAF);
	assert_int_equal(s.world->hosted.counts.zero_tags_bytes, 0);
	/* Without the slot in the way: yes; and from then on such a slot is refused. */
	world_delete(s.world, 2);
	assert_int_equal(set_mte(&s, true), MEZZO_OK);
	assert_int_equal(mezzo_slot_create(s.space,
					   &(struct mezzo_slot_config){
						   .id = 2,
						   .ipa = {RAM + 64 * MIB},
						   .pages = 512,
						   .object = &untagged->object,
					   },
					   &s.why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(s.why.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
	assert_int_equal(set_mte(&s, false), MEZZO_OK);
	world_slot(s.world, 2, RAM + 64 * MIB, &untagged->object, 512, 0);
	world_free(s.world);
	world_pool_free(s.pool);
	world_pool_free(untagged);
}

static void tags_are_zeroed_once_per_ownership_whenever_they_come_into_use(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	const uint8_t *tags;
	struct stage s;

	(void)state;
	contract.tag_storage = true;
	s = stage_of(&tagged, &contract);
	tags = s.world->tags;
	/* The guest uses its memory, and leaves somebody else's tags alone. */
	(void)touch(&s, RAM, MEZZO_ACCESS_WRITE);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(tags[0], 0x0a);
	s.world->frames[5] = 77;
	assert_int_equal(set_mte(&s, true), MEZZO_OK);
	/* Nothing is mapped by what was decided before. */
	assert_int_equal(world_leaf(s.world, RAM).state, MEZZO_ENTRY_NONE);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(world_leaf(s.world, RAM).state, MEZZO_ENTRY_LEAF);
	assert_int_equal(tags[0], 0);
	assert_int_equal(tags[2 * MIB / 16 - 1], 0);
	/* Data was its own already. */
	assert_int_equal(s.world->frames[5], 77);
	/* Its own tags, from now on: no fault touches them, nor does switching them off and on. */
	((uint8_t *)tags)[0] = 3;
	assert_int_equal(mezzo_space_unmap(s.space, (struct mezzo_ipa){RAM}, PAGES), MEZZO_OK);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(set_mte(&s, false), MEZZO_OK);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(set_mte(&s, true), MEZZO_OK);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(tags[0], 3);
	assert_int_equal(s.world->hosted.counts.zero_tags_bytes, 2 * MIB);
	/* The next owner's are zeroed anew. */
	world_delete(s.world, 1);
	assert_int_equal(mezzo_pool_disown(s.pool), MEZZO_OK);
	world_slot(s.world, 1, RAM, &s.pool->object, PAGES, 0);
	(void)touch(&s, RAM, MEZZO_ACCESS_READ);
	assert_int_equal(tags[0], 0);
	strike(&s);
}

/* What a vCPU remembers of the rule's answers is void. */
static void no_remembered_answer_outlives_the_change(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct stage s;

	(void)state;
	contract.tag_storage = true;
	contract.max_order = MEZZO_ORDER_4K;
	s = stage_of(&tagged, &contract);
	for (unsigned int i = 0; i < 4; i++) {
		(void)touch(&s, RAM + i * PAGE, MEZZO_ACCESS_READ);
		(void)touch(&s, RAM + (8 + i) * PAGE, MEZZO_ACCESS_WRITE);
	}
	assert_int_equal(set_mte(&s, true), MEZZO_OK);
	for (unsigned int i = 4; i < 8; i++) {
		(void)touch(&s, RAM + i * PAGE, MEZZO_ACCESS_READ);
		(void)touch(&s, RAM + (8 + i) * PAGE, MEZZO_ACCESS_WRITE);
	}
	assert_int_equal(s.world->hosted.counts.zero_tags_bytes, 8 * PAGE);
	/* The same said twice changes nothing. */
	assert_int_equal(set_mte(&s, true), MEZZO_OK);
	assert_int_equal(world_leaf(s.world, RAM + 5 * PAGE).state, MEZZO_ENTRY_LEAF);
	strike(&s);
}

static void a_machine_without_tags_gives_none(void **state)
{
	struct stage s = stage(&fwb, MEZZO_PRESET_CACHED);

	(void)state;
	/* Nor where no slot is. */
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(set_mte(&s, true), MEZZO_ERR_REFUSED);
		assert_int_equal(s.why.reason, MEZZO_WHY_FACTS_INADMISSIBLE);
		assert_int_equal(s.why.field, MEZZO_FIELD_MTE);
		assert_int_equal(s.why.want, true);
		if (i == 0)
			world_delete(s.world, 1);
	}
	world_slot(s.world, 1, RAM, &s.pool->object, PAGES, 0);
	strike(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_accessed_is_told_once),
		cmocka_unit_test(ageing_is_in_place_and_costs_one_invalidation),
		cmocka_unit_test(ageing_keeps_what_a_log_relies_on),
		cmocka_unit_test(only_ranges_of_the_space_are_aged),
		cmocka_unit_test(a_range_has_entries_before_it_is_touched),
		cmocka_unit_test(entries_are_made_as_faults_make_them),
		cmocka_unit_test(a_log_is_not_filled_ahead),
		cmocka_unit_test(it_stops_where_the_slot_ends),
		cmocka_unit_test(it_says_what_a_fault_would_be_refused_for),
		cmocka_unit_test(without_table_memory_it_says_how_far_it_came),
		cmocka_unit_test(who_holds_an_entry_is_waited_for_by_coming_back),
		cmocka_unit_test(T13_mte_vm_rejects_untagged_whenever_it_becomes_one),
		cmocka_unit_test(tags_are_zeroed_once_per_ownership_whenever_they_come_into_use),
		cmocka_unit_test(no_remembered_answer_outlives_the_change),
		cmocka_unit_test(a_machine_without_tags_gives_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
