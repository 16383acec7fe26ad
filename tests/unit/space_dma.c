/* SPDX-License-Identifier: BSD-2-Clause */
/* What devices reach: the same rule, before an entry is visible and when it is taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1536
#define SLOT 3

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};
static const struct world_options plain = {0};

/* An IOMMU that remembers, and is as slow as the test says. */
static struct iommu {
	uint64_t pa[PAGES]; /* by page of the slot; 0: no entry */
	unsigned int flags[PAGES];
	unsigned int gone;  /* pages taken away that are not complete */
	unsigned int waits; /* so often the answer is "not yet" */
	unsigned int maps_left;
	uint64_t cleaned, zeroed; /* when the last entry was made */
	struct mezzo_hosted *hosted;
} iommu;

static int iommu_map(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		     uint64_t pages, unsigned int flags)
{
	const uint64_t first = (ipa.addr - RAM) / PAGE;

	(void)ctx;
	assert_int_equal(vmid, 7);
	if (!iommu.maps_left)
		return MEZZO_ERR_NOMEM;
	iommu.maps_left--;
	assert_in_range(first + pages, 1, PAGES);
	for (uint64_t i = 0; i < pages; i++) {
		iommu.pa[first + i] = pa.addr + i * PAGE;
		iommu.flags[first + i] = flags;
	}
	iommu.cleaned = iommu.hosted->counts.clean_invalidate_bytes;
	iommu.zeroed = iommu.hosted->counts.zero_bytes;
	return MEZZO_OK;
}

static void iommu_unmap(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	const uint64_t first = (ipa.addr - RAM) / PAGE;

	(void)ctx, (void)vmid;
	for (uint64_t i = first; i < first + pages && i < PAGES; i++) {
		iommu.gone += iommu.pa[i] != 0;
		iommu.pa[i] = 0;
	}
}

static bool iommu_complete(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
	if (iommu.gone && iommu.waits) {
		iommu.waits--;
		return false;
	}
	iommu.gone = 0;
	return true;
}

static unsigned int entries(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < PAGES; i++)
		count += iommu.pa[i] != 0;
	return count;
}

struct bench {
	struct world *world;
	struct mezzo_pool *pool;
};

static struct bench open_flags(const struct world_options *options, enum mezzo_preset preset,
			       enum mezzo_dma dma, uint32_t flags)
{
	struct bench b = {.world = world_new(options)};
	struct mezzo_contract c = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	c.dma = (uint8_t)dma;
	memset(&iommu, 0, sizeof(iommu));
	iommu.maps_left = UINT32_MAX;
	iommu.hosted = &b.world->hosted;
	b.world->hosted.platform.dma_map = iommu_map;
	b.world->hosted.platform.dma_unmap = iommu_unmap;
	b.world->hosted.platform.dma_complete = iommu_complete;
	b.pool = world_pool(b.world, &c, 0, PAGES);
	world_slot(b.world, SLOT, RAM, &b.pool->object, PAGES, flags);
	return b;
}

static struct bench open(const struct world_options *options, enum mezzo_preset preset,
			 enum mezzo_dma dma)
{
	return open_flags(options, preset, dma, 0);
}

static void close(struct bench *b)
{
	iommu.waits = 0;
	world_free(b->world);
	world_pool_free(b->pool);
}

static int map(struct bench *b, uint64_t first, uint64_t pages, bool write)
{
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	uint64_t done = 0, before;
	int status;

	do {
		before = done;
		status = mezzo_space_dma_map(&b->world->space,
					     (struct mezzo_ipa){RAM + first * PAGE}, pages, write,
					     &done, &why);
		/* Every call gets on. */
		assert_true(status != MEZZO_ERR_AGAIN || done > before);
	} while (status == MEZZO_ERR_AGAIN);
	if (status == MEZZO_OK)
		assert_int_equal(done, pages);
	return status;
}

static bool mapped(struct bench *b, uint64_t page)
{
	return world_leaf(b->world, RAM + page * PAGE).state == MEZZO_ENTRY_LEAF;
}

/* --- before an entry is visible ------------------------------------------------------------------- */

static void frames_are_ready_before_a_device_reaches_them(void **state)
{
	static const struct {
		const struct world_options *options;
		enum mezzo_preset preset;
		enum mezzo_dma dma;
		bool cleans;
		unsigned int flags;
	} rows[] = {
		{&fwb, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED, false,
		 MEZZO_IOMMU_SNOOP | MEZZO_IOMMU_CACHEABLE},
		{&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED, true,
		 MEZZO_IOMMU_SNOOP | MEZZO_IOMMU_CACHEABLE},
		{&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_UNSNOOPED, true, MEZZO_IOMMU_CACHEABLE},
		{&fwb, MEZZO_PRESET_EXCLUSIVE, MEZZO_DMA_UNSNOOPED, true, MEZZO_IOMMU_CACHEABLE},
		{&plain, MEZZO_PRESET_COMBINING, MEZZO_DMA_UNSNOOPED, false, 0},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b = open(rows[i].options, rows[i].preset, rows[i].dma);
		const uint64_t cleaned = rows[i].cleans ? PAGES * PAGE : 0;

		assert_int_equal(map(&b, 0, PAGES, true), MEZZO_OK);
		/* No CPU has faulted. */
		assert_false(mapped(&b, 0));
		assert_int_equal(entries(), PAGES);
		assert_int_equal(iommu.zeroed, PAGES * PAGE);
		assert_int_equal(iommu.cleaned, cleaned);
		for (unsigned int page = 0; page < PAGES; page++) {
			assert_int_equal(iommu.pa[page], WORLD_FRAMES_PA + page * PAGE);
			assert_int_equal(iommu.flags[page], rows[i].flags | MEZZO_IOMMU_WRITE);
			assert_int_equal(b.world->frames[page * PAGE], 0);
		}
		/* A CPU's first touch does not zero what a device may have written. */
		b.world->frames[5 * PAGE] = 77;
		(void)world_fault(b.world, RAM + 5 * PAGE, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
		assert_true(mapped(&b, 5));
		assert_int_equal(b.world->frames[5 * PAGE], 77);
		close(&b);
	}
}

static void what_the_guest_wrote_is_not_zeroed(void **state)
{
	struct bench b = open(&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_UNSNOOPED);

	(void)state;
	(void)world_fault(b.world, RAM + 700 * PAGE, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	b.world->frames[700 * PAGE] = 99;
	assert_int_equal(map(&b, 3, PAGES - 5, false), MEZZO_OK);
	assert_int_equal(b.world->frames[700 * PAGE], 99);
	assert_int_equal(entries(), PAGES - 5);
	assert_int_equal(iommu.flags[700], MEZZO_IOMMU_CACHEABLE);
	assert_int_equal(iommu.pa[2], 0);
	assert_int_equal(iommu.pa[PAGES - 2], 0);
	/* Its own dirty lines are in memory now, for a device that goes past the caches. */
	assert_true(iommu.cleaned >= (PAGES - 5) * PAGE);
	close(&b);
}

static void memory_for_the_iommu_runs_out_without_harm(void **state)
{
	struct bench b = open(&fwb, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED);

	(void)state;
	iommu.maps_left = 1;
	assert_int_equal(map(&b, 0, PAGES, true), MEZZO_ERR_NOMEM);
	assert_int_equal(entries(), 512);
	iommu.maps_left = UINT32_MAX;
	assert_int_equal(map(&b, 0, PAGES, true), MEZZO_OK);
	assert_int_equal(entries(), PAGES);
	close(&b);
}

/* --- refusals ------------------------------------------------------------------------------------- */

static void expect(struct bench *b, uint64_t ipa, uint64_t pages, bool write, int status,
		   enum mezzo_reason reason, enum mezzo_field field)
{
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	uint64_t done = 0;

	assert_int_equal(mezzo_space_dma_map(&b->world->space, (struct mezzo_ipa){ipa}, pages,
					     write, &done, &why),
			 status);
	assert_int_equal(why.reason, reason);
	assert_int_equal(why.field, field);
	assert_int_equal(done, 0);
	assert_int_equal(entries(), 0);
}

static void every_refusal_names_its_rule(void **state)
{
	struct bench b = open_flags(&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED,
				    MEZZO_SLOT_FLAG_READ_ONLY);

	(void)state;
	expect(&b, RAM, 0, false, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES);
	expect(&b, RAM + 1, 1, false, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED,
	       MEZZO_FIELD_IPA);
	expect(&b, RAM, UINT64_MAX, false, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_IPA,
	       MEZZO_FIELD_PAGES);
	expect(&b, UINT64_MAX & ~(PAGE - 1), 1, false, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_IPA,
	       MEZZO_FIELD_PAGES);
	expect(&b, RAM - PAGE, 1, false, MEZZO_ERR_NOENT, MEZZO_WHY_DMA_NO_SLOT, MEZZO_FIELD_IPA);
	expect(&b, RAM, 1, true, MEZZO_ERR_REFUSED, MEZZO_WHY_WRITE_READ_ONLY_SLOT,
	       MEZZO_FIELD_NONE);
	assert_int_equal(map(&b, 0, 1, false), MEZZO_OK);
	close(&b);

	b = open(&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_NONE);
	expect(&b, RAM, 1, false, MEZZO_ERR_REFUSED, MEZZO_WHY_DMA_NOT_DECLARED, MEZZO_FIELD_DMA);
	b.world->hosted.platform.dma_map = NULL;
	expect(&b, RAM, 1, false, MEZZO_ERR_REFUSED, MEZZO_WHY_DMA_NOT_AVAILABLE, MEZZO_FIELD_NONE);
	close(&b);

	b = open(&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED);
	assert_int_equal(mezzo_object_poison(&b.pool->object, 0, 0), MEZZO_OK);
	expect(&b, RAM, 1, false, MEZZO_ERR_POISONED, MEZZO_WHY_FRAME_POISONED, MEZZO_FIELD_OFFSET);
	close(&b);
}

/* The range goes on where no slot is: what came before stays, and how far it is is said. */
static void a_hole_is_not_passed_over(void **state)
{
	struct bench b = open(&plain, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED);
	struct mezzo_refusal why;
	uint64_t done = 0;
	int status;

	(void)state;
	do
		status = mezzo_space_dma_map(&b.world->space, (struct mezzo_ipa){RAM}, PAGES + 1,
					     true, &done, &why);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_ERR_NOENT);
	assert_int_equal(why.reason, MEZZO_WHY_DMA_NO_SLOT);
	assert_int_equal(why.got, RAM + PAGES * PAGE);
	assert_int_equal(done, PAGES);
	close(&b);
}

/* --- taking back ---------------------------------------------------------------------------------- */

static int take_by_unmap(struct bench *b)
{
	return mezzo_space_unmap(&b->world->space, (struct mezzo_ipa){RAM}, PAGES);
}

static int take_by_delete(struct bench *b)
{
	return mezzo_slot_delete(&b->world->space, SLOT, NULL);
}

static int take_by_move(struct bench *b)
{
	const struct mezzo_slot_config to = {.id = SLOT,
					     .ipa = {RAM << 1},
					     .pages = PAGES,
					     .object = &b->pool->object};
	struct mezzo_refusal why;

	return mezzo_slot_change(&b->world->space, &to, &why);
}

static int take_by_revoke(struct bench *b)
{
	return mezzo_object_revoke(&b->pool->object, 0, PAGES);
}

static int take_by_poison(struct bench *b)
{
	return mezzo_object_poison(&b->pool->object, 512, MEZZO_ORDER_2M);
}

static const struct {
	int (*take)(struct bench *b);
	unsigned int left; /* entries */
	bool cleans;
} takings[] = {
	{take_by_unmap, 0, true},
	{take_by_delete, 0, true},
	{take_by_move, 0, true},
	{take_by_revoke, 0, true},
	{take_by_poison, PAGES - 512, false},
};

/* Whatever takes memory away waits for devices first, says so, and touches nothing before. */
static void nothing_is_touched_before_devices_are_done(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(takings) / sizeof(takings[0]); i++) {
		struct bench b = open(&plain, MEZZO_PRESET_EXCLUSIVE, MEZZO_DMA_SNOOPED);
		uint64_t cleaned, invalidated;
		int status;

		assert_int_equal(map(&b, 0, PAGES, true), MEZZO_OK);
		for (uint64_t page = 0; page < PAGES; page += 512)
			(void)world_fault(b.world, RAM + page * PAGE, MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
		cleaned = b.world->hosted.counts.clean_invalidate_bytes;
		invalidated = b.world->hosted.counts.tlb_combined;
		iommu.waits = 1000000;
		for (unsigned int tries = 0; tries < 3; tries++) {
			assert_int_equal(takings[i].take(&b), MEZZO_ERR_AGAIN);
			assert_int_equal(b.world->hosted.counts.clean_invalidate_bytes, cleaned);
			assert_int_equal(b.world->hosted.counts.tlb_combined, invalidated);
			assert_true(mapped(&b, 512));
		}
		iommu.waits = 0;
		do
			status = takings[i].take(&b);
		while (status == MEZZO_ERR_AGAIN);
		assert_int_equal(status, MEZZO_OK);
		assert_int_equal(entries(), takings[i].left);
		assert_false(mapped(&b, 512));
		assert_true(b.world->hosted.counts.tlb_combined > invalidated);
		if (takings[i].cleans)
			assert_int_equal(b.world->hosted.counts.clean_invalidate_bytes,
					 cleaned + PAGES * PAGE);
		close(&b);
	}
}

/* A device that was there may have left lines: the pool is not told that there are none. */
static void lines_of_devices_are_remembered(void **state)
{
	struct bench b = open(&plain, MEZZO_PRESET_EXCLUSIVE, MEZZO_DMA_SNOOPED);
	struct mezzo_frame frame;

	(void)state;
	(void)world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_space_unmap(&b.world->space, (struct mezzo_ipa){RAM}, 1), MEZZO_OK);
	assert_int_equal(b.pool->object.ops->resolve(&b.pool->object, 0, false, &frame), MEZZO_OK);
	assert_int_equal(frame.state.lines, MEZZO_LINES_CLEAN);

	assert_int_equal(map(&b, 0, 1, true), MEZZO_OK);
	(void)world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	assert_int_equal(mezzo_space_unmap(&b.world->space, (struct mezzo_ipa){RAM}, 1), MEZZO_OK);
	assert_int_equal(b.pool->object.ops->resolve(&b.pool->object, 0, false, &frame), MEZZO_OK);
	assert_int_equal(frame.state.lines, MEZZO_LINES_MAYBE);
	close(&b);
}

static void devices_alone_can_lose_a_range(void **state)
{
	struct bench b = open(&fwb, MEZZO_PRESET_CACHED, MEZZO_DMA_SNOOPED);
	struct mezzo_space *space = &b.world->space;

	(void)state;
	assert_int_equal(map(&b, 0, PAGES, true), MEZZO_OK);
	(void)world_fault(b.world, RAM, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	iommu.waits = 100;
	assert_int_equal(mezzo_space_dma_unmap(space, (struct mezzo_ipa){RAM}, 10),
			 MEZZO_ERR_AGAIN);
	iommu.waits = 0;
	assert_int_equal(mezzo_space_dma_unmap(space, (struct mezzo_ipa){RAM}, 10), MEZZO_OK);
	assert_int_equal(entries(), PAGES - 10);
	assert_true(mapped(&b, 0));
	assert_int_equal(mezzo_space_dma_unmap(space, (struct mezzo_ipa){RAM + 1}, 10),
			 MEZZO_ERR_INVALID);
	close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_ready_before_a_device_reaches_them),
		cmocka_unit_test(what_the_guest_wrote_is_not_zeroed),
		cmocka_unit_test(memory_for_the_iommu_runs_out_without_harm),
		cmocka_unit_test(every_refusal_names_its_rule),
		cmocka_unit_test(a_hole_is_not_passed_over),
		cmocka_unit_test(nothing_is_touched_before_devices_are_done),
		cmocka_unit_test(lines_of_devices_are_remembered),
		cmocka_unit_test(devices_alone_can_lose_a_range),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
