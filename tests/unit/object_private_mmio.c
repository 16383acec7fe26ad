/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of a guest's own: nothing before it accepts, nothing but the object takes them away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define BAR UINT64_C(0x60000000)
#define BASE UINT64_C(0x3f0000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024

static const struct world_options plain = {0};

struct bench {
	struct world *world;
	struct mezzo_private_mmio mmio;
	_Atomic uint8_t state[PAGES];
};

static struct mezzo_contract contract_of(void)
{
	struct mezzo_contract c =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);

	c.is_private = c.mmio = true;
	c.allow = MEZZO_CLASS_DEVICE;
	c.promise = (struct mezzo_frame_state){0};
	return c;
}

static struct bench *open(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct mezzo_contract c = contract_of();
	struct mezzo_refusal why;

	assert_non_null(b);
	b->world = world_new(&plain);
	assert_int_equal(mezzo_private_mmio_init(&b->mmio, &b->world->hosted.platform, &c,
						 (struct mezzo_pa){BASE}, PAGES, b->state, &why),
			 MEZZO_OK);
	world_slot(b->world, 1, BAR, &b->mmio.object, PAGES, 0);
	return b;
}

static void close(struct bench *b)
{
	assert_int_equal(mezzo_private_mmio_revoke(&b->mmio, 0, PAGES), MEZZO_OK);
	/* Registers were never touched: no window, no maintenance. */
	assert_int_equal(b->world->hosted.counts.clean_invalidate_bytes, 0);
	assert_int_equal(b->world->hosted.counts.windows[MEZZO_WINDOW_UNCACHED], 0);
	world_free(b->world);
	free(b);
}

static enum mezzo_reason touch(struct bench *b, uint64_t page)
{
	return (enum mezzo_reason)world_fault(b->world, BAR + page * PAGE, MEZZO_ACCESS_READ,
					      MEZZO_FAULT_MISSING)
		.reason;
}

static bool mapped(struct bench *b, uint64_t page)
{
	return world_leaf(b->world, BAR + page * PAGE).state == MEZZO_ENTRY_LEAF;
}

static void nothing_is_there_before_it_is_accepted(void **state)
{
	struct bench *b = open();
	struct mezzo_fault_exit what;

	(void)state;
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 10, 20), MEZZO_OK);
	for (uint64_t page = 0; page < 40; page++) {
		const bool there = page >= 10 && page < 30;

		assert_int_equal(touch(b, page),
				 there ? MEZZO_WHY_DEVICE_AS_DECLARED : MEZZO_WHY_NOT_IN_VIEW);
		assert_int_equal(mapped(b, page), there);
		if (there)
			continue;
		mezzo_fault_exit(&b->world->space, 0, &what);
		assert_int_equal(what.outcome, MEZZO_EXIT);
		assert_int_equal(what.offset_pages, page);
		assert_ptr_equal(what.object, &b->mmio.object);
		assert_true(what.is_private);
	}
	close(b);
}

static void whole_blocks_are_mapped_whole(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 0, PAGES), MEZZO_OK);
	(void)touch(b, 700);
	assert_int_equal(world_leaf(b->world, BAR + 700 * PAGE).order, MEZZO_ORDER_2M);
	assert_int_equal(world_leaf(b->world, BAR + 512 * PAGE).pa.addr, BASE + 512 * PAGE);
	close(b);
}

/* S13, S14: the same registers at the same address, whatever the VMM's mappings do. */
static void what_was_accepted_stays(void **state)
{
	struct bench *b = open();
	const struct mezzo_slot_config to = {.id = 1,
					     .ipa = {BAR << 1},
					     .pages = PAGES,
					     .object = &b->mmio.object};
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 3, 1), MEZZO_OK);
	(void)touch(b, 3);
	assert_int_equal(mezzo_slot_delete(&b->world->space, 1, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_ACCEPTED);
	assert_int_equal(why.field, MEZZO_FIELD_OBJECT);
	assert_int_equal(why.got, 1);
	assert_int_equal(why.want, 0);
	assert_int_equal(world_change(b->world, &to, &why), MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_ACCEPTED);
	assert_int_equal(why.got, BAR << 1);
	assert_int_equal(why.want, BAR);
	assert_true(mapped(b, 3));
	/* Entries may go: they are a cache, and come back as they were. */
	assert_int_equal(mezzo_object_revoke(&b->mmio.object, 0, PAGES), MEZZO_OK);
	assert_int_equal(touch(b, 3), MEZZO_WHY_DEVICE_AS_DECLARED);
	assert_int_equal(world_leaf(b->world, BAR + 3 * PAGE).pa.addr, BASE + 3 * PAGE);

	assert_int_equal(mezzo_private_mmio_revoke(&b->mmio, 0, PAGES), MEZZO_OK);
	assert_int_equal(world_change(b->world, &to, &why), MEZZO_OK);
	close(b);
}

static void only_the_object_takes_it_back_and_the_guest_is_asked_again(void **state)
{
	struct bench *b = open();

	(void)state;
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 0, 8), MEZZO_OK);
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 4, 8), MEZZO_OK);
	for (uint64_t page = 0; page < 12; page++)
		assert_int_equal(touch(b, page), MEZZO_WHY_DEVICE_AS_DECLARED);
	assert_int_equal(mezzo_private_mmio_revoke(&b->mmio, 2, 4), MEZZO_OK);
	for (uint64_t page = 0; page < 12; page++)
		assert_int_equal(mapped(b, page), page < 2 || page >= 6);
	assert_int_equal(touch(b, 2), MEZZO_WHY_NOT_IN_VIEW);
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 2, 1), MEZZO_OK);
	assert_int_equal(touch(b, 2), MEZZO_WHY_DEVICE_AS_DECLARED);
	close(b);
}

/* What the guest accepts while its slot is on the way out it has: the slot stays. */
static void a_deletion_is_given_up_when_the_guest_accepts(void **state)
{
	struct bench *b = open();
	const struct mezzo_slot_config to = {.id = 1,
					     .ipa = {BAR << 1},
					     .pages = PAGES,
					     .object = &b->mmio.object};
	struct mezzo_space *space = &b->world->space;
	_Atomic uint64_t *walker = &b->world->vcpus[3].epoch;
	struct mezzo_refusal why;

	(void)state;
	/* Somebody is inside who may have found the slot where it was. */
	atomic_store(walker, atomic_load(&space->epoch));
	assert_int_equal(mezzo_slot_change(space, &to, &why), MEZZO_OK);
	assert_int_equal(mezzo_slot_delete(space, 1, NULL), MEZZO_ERR_AGAIN);
	assert_true(world_fault(b->world, BAR << 1, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).retry);
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 0, 1), MEZZO_OK);
	assert_int_equal(mezzo_slot_delete(space, 1, NULL), MEZZO_ERR_REFUSED);
	assert_false(world_fault(b->world, BAR << 1, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).retry);
	assert_int_equal(world_leaf(b->world, BAR << 1).pa.addr, BASE);
	atomic_store(walker, 0);
	close(b);
}

static void bad_ranges_and_contracts_are_refused(void **state)
{
	struct bench *b = open();
	struct mezzo_contract c = contract_of();
	const struct mezzo_contract good = c;
	struct mezzo_private_mmio other;
	struct mezzo_refusal why;
	const struct {
		uint64_t base, pages;
		enum mezzo_reason reason;
	} runs[] = {
		{BASE, 0, MEZZO_WHY_SLOT_EMPTY},
		{BASE + 8, 1, MEZZO_WHY_SLOT_MISALIGNED},
		{UINT64_MAX & ~(PAGE - 1), 2, MEZZO_WHY_SLOT_WRAPS},
	};

	(void)state;
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 0, 0), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, PAGES - 1, 2), MEZZO_ERR_INVALID);
	assert_int_equal(mezzo_private_mmio_revoke(&b->mmio, PAGES, 1), MEZZO_ERR_INVALID);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(mezzo_private_mmio_init(&other, &b->world->hosted.platform, &c,
							 (struct mezzo_pa){runs[i].base},
							 runs[i].pages, b->state, &why),
				 MEZZO_ERR_INVALID);
		assert_int_equal(why.reason, runs[i].reason);
	}
	for (unsigned int i = 0; i < 6; i++) {
		c = good;
		c.is_private = i != 0;
		c.mmio = i != 1;
		c.aliases = i == 2 ? MEZZO_ALIASES_DEVICE : MEZZO_ALIASES_NONE;
		c.allow = i == 3 ? MEZZO_CLASS_ALL : MEZZO_CLASS_DEVICE;
		c.promise.data = i == 4;
		c.promise.lines = i == 5;
		assert_int_equal(mezzo_private_mmio_init(&other, &b->world->hosted.platform, &c,
							 (struct mezzo_pa){BASE}, 1, b->state,
							 &why),
				 MEZZO_ERR_REFUSED);
		assert_int_not_equal(why.got, why.want);
		assert_int_not_equal(why.field, MEZZO_FIELD_NONE);
	}
	close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_there_before_it_is_accepted),
		cmocka_unit_test(whole_blocks_are_mapped_whole),
		cmocka_unit_test(what_was_accepted_stays),
		cmocka_unit_test(only_the_object_takes_it_back_and_the_guest_is_asked_again),
		cmocka_unit_test(a_deletion_is_given_up_when_the_guest_accepts),
		cmocka_unit_test(bad_ranges_and_contracts_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
