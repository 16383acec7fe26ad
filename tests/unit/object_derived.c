/* SPDX-License-Identifier: BSD-2-Clause */
/* Derived objects: a part of an object that promises less, and is taken back by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

struct bench {
	struct world *world;
	struct mezzo_contract contract;
	struct mezzo_pool *pool;
	struct mezzo_derived part;
};

static struct bench open(enum mezzo_preset preset)
{
	struct bench b = {.world = world_new(&fwb)};

	b.contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);
	b.contract.dma = MEZZO_DMA_SNOOPED;
	b.contract.max_order = MEZZO_ORDER_2M;
	b.pool = world_pool(b.world, &b.contract, 0, PAGES);
	return b;
}

static void close(struct bench *b)
{
	world_free(b->world);
	world_pool_free(b->pool);
}

static int derive(struct bench *b, uint64_t offset, uint64_t pages,
		  const struct mezzo_contract *contract, struct mezzo_refusal *why)
{
	*why = (struct mezzo_refusal){.reason = MEZZO_REASONS};
	return mezzo_object_derive(&b->part, &b->pool->object, offset, pages, contract, why);
}

static int create(struct bench *b, uint32_t id, struct mezzo_object *object, uint64_t ipa,
		  uint64_t offset, uint64_t pages, struct mezzo_refusal *why)
{
	const struct mezzo_slot_config config = {
		.id = id, .ipa = {ipa}, .pages = pages, .object = object, .offset_pages = offset};

	return mezzo_slot_create(&b->world->space, &config, why);
}

/* --- what may be said --------------------------------------------------------------------------- */

/* Every value of every field of a contract: what is more than the parent's, or else, is refused. */
static void every_widening_is_refused_by_field(void **state)
{
	static const struct {
		size_t at;
		enum mezzo_field field;
	} fields[] = {
		{offsetof(struct mezzo_contract, aliases), MEZZO_FIELD_ALIASES},
		{offsetof(struct mezzo_contract, allow), MEZZO_FIELD_ALLOW},
		{offsetof(struct mezzo_contract, maintenance), MEZZO_FIELD_MAINTENANCE},
		{offsetof(struct mezzo_contract, dma), MEZZO_FIELD_DMA},
		{offsetof(struct mezzo_contract, tag_storage), MEZZO_FIELD_TAG_STORAGE},
		{offsetof(struct mezzo_contract, writable), MEZZO_FIELD_WRITABLE},
		{offsetof(struct mezzo_contract, is_private), MEZZO_FIELD_PRIVATE},
		{offsetof(struct mezzo_contract, mmio), MEZZO_FIELD_MMIO},
		{offsetof(struct mezzo_contract, max_order), MEZZO_FIELD_MAX_ORDER},
	};
	unsigned int fine = 0;

	(void)state;
	for (unsigned int preset = 0; preset < MEZZO_PRESETS; preset++) {
		struct bench b = open((enum mezzo_preset)preset);

		for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			for (unsigned int value = 0; value < 20; value++) {
				struct mezzo_contract c = b.contract;
				uint8_t *byte = (uint8_t *)&c + fields[i].at;
				const uint8_t was = *byte;
				bool narrows = value == was;
				struct mezzo_refusal why;
				int status;

				if (value > 1 && (fields[i].field == MEZZO_FIELD_WRITABLE ||
						  fields[i].field == MEZZO_FIELD_PRIVATE ||
						  fields[i].field == MEZZO_FIELD_MMIO ||
						  fields[i].field == MEZZO_FIELD_TAG_STORAGE))
					continue;
				*byte = (uint8_t)value;
				switch (fields[i].field) {
				case MEZZO_FIELD_ALLOW:
					narrows = value && !(value & ~(unsigned int)was);
					break;
				case MEZZO_FIELD_DMA:
					narrows |= value == MEZZO_DMA_NONE;
					break;
				case MEZZO_FIELD_WRITABLE:
				case MEZZO_FIELD_MAX_ORDER:
					narrows = value <= was;
					break;
				default:
					break;
				}
				status = derive(&b, 0, PAGES, &c, &why);
				assert_int_equal(status, narrows ? MEZZO_OK : MEZZO_ERR_REFUSED);
				fine += narrows;
				if (narrows)
					continue;
				assert_int_equal(why.reason, MEZZO_WHY_DERIVED_WIDENS);
				assert_int_equal(why.field, fields[i].field);
				assert_int_equal(why.got, value);
				/* What it names would do. */
				*byte = (uint8_t)why.want;
				assert_int_equal(derive(&b, 0, PAGES, &c, &why), MEZZO_OK);
			}
		close(&b);
	}
	assert_in_range(fine, 60, 200);
}

static void promise_is_the_parents(void **state)
{
	struct bench b = open(MEZZO_PRESET_EXCLUSIVE);
	static const enum mezzo_field fields[] = {MEZZO_FIELD_DATA, MEZZO_FIELD_TAGS,
						  MEZZO_FIELD_LINES};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct mezzo_contract c = b.contract;
		struct mezzo_refusal why;

		if (i == 0)
			c.promise.data ^= 1;
		else if (i == 1)
			c.promise.tags ^= 1;
		else
			c.promise.lines ^= 1;
		assert_int_equal(derive(&b, 0, 1, &c, &why), MEZZO_ERR_REFUSED);
		assert_int_equal(why.field, fields[i]);
	}
	close(&b);
}

static void part_lies_within_its_parent(void **state)
{
	struct bench b = open(MEZZO_PRESET_CACHED);
	static const struct {
		uint64_t offset, pages;
		enum mezzo_reason reason;
		enum mezzo_field field;
		uint64_t got, want;
	} rows[] = {
		{0, 0, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES, 0, 1},
		{0, PAGES + 1, MEZZO_WHY_SLOT_BEYOND_OBJECT, MEZZO_FIELD_PAGES, PAGES + 1, PAGES},
		{PAGES - 1, 2, MEZZO_WHY_SLOT_BEYOND_OBJECT, MEZZO_FIELD_PAGES, 2, 1},
		{PAGES, 1, MEZZO_WHY_SLOT_BEYOND_OBJECT, MEZZO_FIELD_OFFSET, PAGES, PAGES - 1},
		{UINT64_MAX, 1, MEZZO_WHY_SLOT_BEYOND_OBJECT, MEZZO_FIELD_OFFSET, UINT64_MAX,
		 PAGES - 1},
		{1, UINT64_MAX, MEZZO_WHY_SLOT_BEYOND_OBJECT, MEZZO_FIELD_PAGES, UINT64_MAX,
		 PAGES - 1},
	};
	struct mezzo_refusal why;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(derive(&b, rows[i].offset, rows[i].pages, &b.contract, &why),
				 MEZZO_ERR_INVALID);
		assert_int_equal(why.reason, rows[i].reason);
		assert_int_equal(why.field, rows[i].field);
		assert_int_equal(why.got, rows[i].got);
		assert_int_equal(why.want, rows[i].want);
	}
	assert_int_equal(derive(&b, PAGES - 1, 1, &b.contract, &why), MEZZO_OK);
	close(&b);
}

/* --- what a guest gets -------------------------------------------------------------------------- */

static void part_is_the_parents_memory_under_its_own_contract(void **state)
{
	struct bench b = open(MEZZO_PRESET_CACHED);
	struct mezzo_contract c = b.contract;
	struct mezzo_refusal why;
	struct mezzo_leaf leaf;

	(void)state;
	c.writable = false;
	c.max_order = MEZZO_ORDER_4K;
	assert_int_equal(derive(&b, 100, 50, &c, &why), MEZZO_OK);
	assert_int_equal(create(&b, 1, &b.part.object, RAM, 10, 40, &why), MEZZO_OK);
	assert_int_equal(world_fault(b.world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			 MEZZO_GRANT);
	leaf = world_leaf(b.world, RAM);
	assert_int_equal(leaf.pa.addr, WORLD_FRAMES_PA + 110 * PAGE);
	assert_int_equal(leaf.order, MEZZO_ORDER_4K);
	assert_false(leaf.attr.write);
	/* The parent keeps the states: zeroed once, whoever touches it next. */
	assert_int_equal(b.world->frames[110 * PAGE], 0);
	assert_int_equal(b.world->frames[109 * PAGE], 0xa5);
	b.world->frames[110 * PAGE] = 77;
	assert_int_equal(
		world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION).reason,
		MEZZO_WHY_WRITE_READ_ONLY_OBJECT);
	world_delete(b.world, 1);
	assert_int_equal(create(&b, 1, &b.pool->object, RAM, 110, 1, &why), MEZZO_OK);
	(void)world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(b.world->frames[110 * PAGE], 77);
	assert_true(world_leaf(b.world, RAM).attr.write);
	close(&b);
}

/* A run ends where the part ends, even where the slot and the block go on alike. */
static void no_leaf_reaches_out_of_the_part(void **state)
{
	struct bench b = open(MEZZO_PRESET_CACHED);
	struct mezzo_refusal why;
	struct mezzo_frame frame;

	(void)state;
	assert_int_equal(derive(&b, 3, 600, &b.contract, &why), MEZZO_OK);
	for (uint64_t i = 0; i < 600; i++) {
		assert_int_equal(b.part.object.ops->resolve(&b.part.object, i, false, &frame),
				 MEZZO_OK);
		assert_int_equal(frame.pa.addr, WORLD_FRAMES_PA + (i + 3) * PAGE);
		assert_true(frame.before_pages <= i);
		assert_in_range(frame.from_pages, 1, 600 - i);
	}
	close(&b);
}

/* A part of a part, and of that a part: addresses add up, and each narrows again. */
static void parts_have_parts(void **state)
{
	struct bench b = open(MEZZO_PRESET_COMBINING);
	struct mezzo_contract c = b.contract;
	struct mezzo_derived inner, innermost;
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(derive(&b, 100, 500, &c, &why), MEZZO_OK);
	c.allow = MEZZO_CLASS_DEVICE;
	assert_int_equal(mezzo_object_derive(&inner, &b.part.object, 20, 100, &c, &why), MEZZO_OK);
	assert_int_equal(mezzo_object_derive(&innermost, &inner.object, 3, 10, &b.contract, &why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(why.field, MEZZO_FIELD_ALLOW);
	assert_int_equal(mezzo_object_derive(&innermost, &inner.object, 3, 10, &c, &why), MEZZO_OK);
	assert_int_equal(create(&b, 1, &innermost.object, RAM, 1, 9, &why), MEZZO_OK);
	(void)world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(world_leaf(b.world, RAM).pa.addr, WORLD_FRAMES_PA + 124 * PAGE);
	assert_int_equal(world_leaf(b.world, RAM).attr.type, MEZZO_STAGE2_DEVICE_nGnRE);
	close(&b);
}

/* --- one memory --------------------------------------------------------------------------------- */

static void exclusive_is_not_mapped_through_parent_and_part(void **state)
{
	struct bench b = open(MEZZO_PRESET_EXCLUSIVE);
	struct mezzo_derived other;
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(derive(&b, 100, 100, &b.contract, &why), MEZZO_OK);
	assert_int_equal(mezzo_object_derive(&other, &b.pool->object, 150, 100, &b.contract, &why),
			 MEZZO_OK);
	assert_int_equal(create(&b, 7, &b.part.object, RAM, 40, 20, &why), MEZZO_OK);
	/* 140 to 160 of the pool is taken: through the pool, through a part that overlaps. */
	assert_int_equal(create(&b, 8, &b.pool->object, RAM + 1024 * PAGE, 159, 1, &why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE);
	assert_int_equal(why.slot, 7);
	assert_int_equal(why.want, 160);
	assert_int_equal(create(&b, 8, &other.object, RAM + 1024 * PAGE, 0, 20, &why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(why.want, 10);
	assert_int_equal(create(&b, 8, &other.object, RAM + 1024 * PAGE, 10, 20, &why), MEZZO_OK);
	/* Nothing of the pool changes hands while a part of it is mapped. */
	assert_int_equal(mezzo_pool_disown(b.pool), MEZZO_ERR_EXISTS);
	world_delete(b.world, 7);
	world_delete(b.world, 8);
	assert_int_equal(mezzo_pool_disown(b.pool), MEZZO_OK);
	close(&b);
}

static void revoking_takes_the_part_or_everything(void **state)
{
	struct bench b = open(MEZZO_PRESET_CACHED);
	struct mezzo_contract c = b.contract;
	struct mezzo_derived inner;
	struct mezzo_refusal why;
	enum {
		WHOLE,
		PART,
		INNER
	};

	(void)state;
	c.max_order = MEZZO_ORDER_4K;
	b.pool->object.contract.max_order = MEZZO_ORDER_4K;
	assert_int_equal(derive(&b, 100, 100, &c, &why), MEZZO_OK);
	assert_int_equal(mezzo_object_derive(&inner, &b.part.object, 10, 20, &c, &why), MEZZO_OK);
	for (unsigned int round = WHOLE; round <= INNER; round++) {
		struct mezzo_object *const object[] = {&b.pool->object, &b.part.object,
						       &inner.object};
		const uint64_t pages[] = {300, 100, 20};

		for (uint32_t i = WHOLE; i <= INNER; i++) {
			assert_int_equal(create(&b, i, object[i], RAM + i * 1024 * PAGE, 0,
						pages[i], &why),
					 MEZZO_OK);
			for (uint64_t page = 0; page < pages[i]; page++)
				(void)world_fault(b.world, RAM + (i * 1024 + page) * PAGE,
						  MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		}
		assert_int_equal(mezzo_object_revoke(object[round], 0, UINT64_MAX), MEZZO_OK);
		for (uint32_t i = WHOLE; i <= INNER; i++)
			for (uint64_t page = 0; page < pages[i]; page++)
				assert_int_equal(
					world_leaf(b.world, RAM + (i * 1024 + page) * PAGE).state,
					i >= round ? MEZZO_ENTRY_NONE : MEZZO_ENTRY_LEAF);
		for (uint32_t i = WHOLE; i <= INNER; i++)
			world_delete(b.world, i);
	}
	close(&b);
}

/* A part that is switched off is gone for good; what is mapped of the parent goes on. */
static void disabled_part_stays_revoked(void **state)
{
	struct bench b = open(MEZZO_PRESET_CACHED);
	struct mezzo_refusal why;

	(void)state;
	assert_int_equal(derive(&b, 0, 16, &b.contract, &why), MEZZO_OK);
	assert_int_equal(create(&b, 1, &b.part.object, RAM, 0, 16, &why), MEZZO_OK);
	assert_int_equal(create(&b, 2, &b.pool->object, RAM + 16 * PAGE, 0, 16, &why), MEZZO_OK);
	for (unsigned int i = 0; i < 32; i++)
		(void)world_fault(b.world, RAM + i * PAGE, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	mezzo_derived_enable(&b.part, false);
	assert_int_equal(mezzo_object_revoke(&b.part.object, 0, 16), MEZZO_OK);
	assert_int_equal(world_fault(b.world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
			 MEZZO_WHY_OBJECT_REVOKED);
	assert_int_equal(world_leaf(b.world, RAM + 16 * PAGE).state, MEZZO_ENTRY_LEAF);
	mezzo_derived_enable(&b.part, true);
	assert_int_equal(world_fault(b.world, RAM, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).outcome,
			 MEZZO_GRANT);
	close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_widening_is_refused_by_field),
		cmocka_unit_test(promise_is_the_parents),
		cmocka_unit_test(part_lies_within_its_parent),
		cmocka_unit_test(part_is_the_parents_memory_under_its_own_contract),
		cmocka_unit_test(no_leaf_reaches_out_of_the_part),
		cmocka_unit_test(parts_have_parts),
		cmocka_unit_test(exclusive_is_not_mapped_through_parent_and_part),
		cmocka_unit_test(revoking_takes_the_part_or_everything),
		cmocka_unit_test(disabled_part_stays_revoked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
