/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table memory runs out at every step of every operation. Either the operation needs none, and does
 * the same; or it says NOMEM, has changed nothing, and does the same once there is memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024 /* of each slot */
#define STRIDE (UINT64_C(64) << 20)
#define SLOTS 4
#define EXTENTS 8
#define ENTRIES 64

/* Of the slots' ids, and of where they are. */
enum {
	POOL,
	PRIVATE,
	FILE_,
	MMIO
};

struct stage {
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_pool *pool, *backing;
	struct mezzo_private private;
	struct mezzo_extents file;
	struct mezzo_extent extent[EXTENTS];
	struct mezzo_private_mmio mmio;
	_Atomic uint8_t accepted[PAGES];
	_Atomic uint64_t bitmap[MEZZO_DIRTY_WORDS(PAGES)];
	struct mezzo_dirty_entry entry[WORLD_VCPUS * ENTRIES];
	void *state;
	unsigned int devices; /* pages that they have */
};

static uint64_t at(unsigned int slot, uint64_t page)
{
	return RAM + slot * STRIDE + page * PAGE;
}

/* --- a space that has something of everything --------------------------------------------------- */

static unsigned int *devices;

static int iommu_map(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		     uint64_t pages, unsigned int flags)
{
	(void)ctx, (void)vmid, (void)ipa, (void)pa, (void)flags;
	/* Its tables come from where the others come from. */
	if (!atomic_load((_Atomic uint64_t *)&((struct mezzo_hosted *)ctx)->allocs_left))
		return MEZZO_ERR_NOMEM;
	*devices += (unsigned int)pages;
	return MEZZO_OK;
}

static void iommu_unmap(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	(void)ctx, (void)vmid, (void)ipa, (void)pages;
	*devices = 0;
}

static bool iommu_complete(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
	return true;
}

static void slot(struct stage *s, uint32_t id, struct mezzo_object *object,
		 struct mezzo_object *shared)
{
	const struct mezzo_slot_config config = {.id = id,
						 .ipa = {at(id, 0)},
						 .pages = PAGES,
						 .object = object,
						 .shared = shared,
						 .bitmap = s->bitmap};
	struct mezzo_refusal why;

	assert_int_equal(mezzo_slot_create(s->space, &config, &why), MEZZO_OK);
}

static int convert(struct stage *s, uint64_t first, uint64_t pages, bool to_shared)
{
	struct mezzo_conversion conversion = {.offset_pages = first,
					      .pages = pages,
					      .to_shared = to_shared};
	int status;

	do
		status = mezzo_private_convert(&s->private, &conversion);
	while (status == MEZZO_ERR_AGAIN);
	return status;
}

static int set_flags(struct stage *s, uint32_t flags)
{
	struct mezzo_slot_config config;
	struct mezzo_refusal why;

	assert_int_equal(mezzo_slot_get(s->space, POOL, &config), MEZZO_OK);
	config.flags = flags;
	return world_change(s->world, &config, &why);
}

static void declare(struct stage *s)
{
	struct mezzo_contract own =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_contract cached =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_refusal why;

	own.dma = MEZZO_DMA_SNOOPED;
	own.tag_storage = cached.tag_storage = true;
	s->pool = world_pool(s->world, &cached, 0, PAGES);
	s->backing = world_pool(s->world, &own, PAGES, PAGES);
	assert_int_equal(mezzo_extents_init(&s->file, &s->backing->object, PAGES, s->extent,
					    EXTENTS),
			 MEZZO_OK);
	own.is_private = true;
	own.dma = MEZZO_DMA_NONE;
	s->state = malloc(mezzo_pool_state_bytes(PAGES));
	assert_int_equal(mezzo_private_init(&s->private, &s->world->hosted.platform, &own, &cached,
					    (struct mezzo_pa){WORLD_FRAMES_PA + 2 * PAGES * PAGE},
					    PAGES, s->state, NULL, NULL, &why),
			 MEZZO_OK);
	own.mmio = true;
	own.tag_storage = false;
	own.allow = MEZZO_CLASS_DEVICE;
	own.promise = (struct mezzo_frame_state){0};
	assert_int_equal(mezzo_private_mmio_init(&s->mmio, &s->world->hosted.platform, &own,
						 (struct mezzo_pa){UINT64_C(0x3f0000000)}, PAGES,
						 s->accepted, &why),
			 MEZZO_OK);
}

static void drain(struct stage *s)
{
	for (unsigned int i = 0; i < WORLD_VCPUS; i++)
		mezzo_stage2_ops.stock_drain(&s->space->table, &s->world->vcpus[i].stock);
	mezzo_stage2_ops.stock_drain(&s->space->table, &s->space->stock);
}

static struct stage *open(bool logs)
{
	static const struct world_options options = {
		.machine = {.fwb = true, .idc = true, .dic = true, .mte = true}};
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->world = world_new(&options);
	s->space = &s->world->space;
	devices = &s->devices;
	s->world->hosted.platform.dma_map = iommu_map;
	s->world->hosted.platform.dma_unmap = iommu_unmap;
	s->world->hosted.platform.dma_complete = iommu_complete;
	declare(s);
	slot(s, POOL, &s->pool->object, NULL);
	slot(s, PRIVATE, &s->private.pool.object, &s->private.shared);
	slot(s, FILE_, &s->file.object, NULL);
	slot(s, MMIO, &s->mmio.object, NULL);
	assert_int_equal(mezzo_extents_add(&s->file, 0, 700, 300), MEZZO_OK);
	assert_int_equal(convert(s, 600, 8, true), MEZZO_OK);
	assert_int_equal(mezzo_private_mmio_accept(&s->mmio, 0, 512), MEZZO_OK);
	/* The first half of each slot is mapped, by blocks where that can be. */
	for (unsigned int id = 0; id < SLOTS; id++)
		for (uint64_t page = 0; page < PAGES / 2; page += 64)
			(void)world_fault(s->world, at(id, page), MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
	if (logs)
		assert_int_equal(set_flags(s, MEZZO_SLOT_FLAG_LOG_DIRTY), MEZZO_OK);
	drain(s);
	return s;
}

static void close(struct stage *s)
{
	assert_int_equal(mezzo_private_mmio_revoke(&s->mmio, 0, PAGES), MEZZO_OK);
	world_free(s->world);
	world_pool_free(s->pool);
	world_pool_free(s->backing);
	free(s->state);
	free(s);
}

/* --- what there is of it ------------------------------------------------------------------------ */

struct snapshot {
	struct mezzo_leaf leaf[2 * SLOTS][PAGES]; /* the second four: where slots may move to */
	struct mezzo_slot_config slot[SLOTS];
	bool there[SLOTS];
	uint8_t state[SLOTS][PAGES]; /* what each object answers */
	uint64_t bitmap[MEZZO_DIRTY_WORDS(PAGES)];
	uint64_t zeroed, tags_zeroed;
	bool mte;
};

static uint8_t state_of(struct mezzo_object *object, uint64_t page)
{
	struct mezzo_frame frame = {0};
	const int status = object->ops->resolve(object, page, false, &frame);

	return (uint8_t)(-status << 3 | frame.state.data | frame.state.tags << 1 |
			 frame.state.lines << 2);
}

static void look(struct stage *s, struct snapshot *seen)
{
	struct mezzo_object *const object[] = {&s->pool->object, &s->private.pool.object,
					       &s->file.object, &s->mmio.object};

	memset(seen, 0, sizeof(*seen));
	for (unsigned int id = 0; id < SLOTS; id++) {
		seen->there[id] = !mezzo_slot_get(s->space, id, &seen->slot[id]);
		for (uint64_t page = 0; page < PAGES; page++) {
			seen->leaf[id][page] = world_leaf(s->world, at(id, page));
			seen->leaf[SLOTS + id][page] = world_leaf(s->world, at(SLOTS + id, page));
			seen->state[id][page] = state_of(object[id], page);
		}
	}
	for (unsigned int i = 0; i < MEZZO_DIRTY_WORDS(PAGES); i++)
		seen->bitmap[i] = atomic_load(&s->bitmap[i]);
	seen->zeroed = s->world->hosted.counts.zero_bytes;
	seen->tags_zeroed = s->world->hosted.counts.zero_tags_bytes;
	seen->mte = atomic_load(&s->space->mte);
}

static bool same_leaf(const struct mezzo_leaf *a, const struct mezzo_leaf *b)
{
	return a->state == b->state &&
	       (a->state != MEZZO_ENTRY_LEAF || (a->order == b->order && a->pa.addr == b->pa.addr &&
						 memcmp(&a->attr, &b->attr, sizeof(a->attr)) == 0));
}

/* Every leaf is as in @a, or as in @b; all else is as in @a. */
static void check_same(const char *name, uint64_t n, const struct snapshot *seen,
		       const struct snapshot *a, const struct snapshot *b)
{
	bool same = memcmp(seen->there, a->there, sizeof(seen->there)) == 0 && seen->mte == a->mte;

	for (unsigned int id = 0; id < 2 * SLOTS; id++)
		for (uint64_t page = 0; page < PAGES; page++)
			same &= same_leaf(&seen->leaf[id][page], &a->leaf[id][page]) ||
				same_leaf(&seen->leaf[id][page], &b->leaf[id][page]);
	for (unsigned int id = 0; id < SLOTS; id++)
		same &= !seen->there[id] || (seen->slot[id].flags == a->slot[id].flags &&
					     seen->slot[id].ipa.addr == a->slot[id].ipa.addr);
	if (a == b)
		same &= memcmp(seen->state, a->state, sizeof(seen->state)) == 0 &&
			memcmp(seen->bitmap, a->bitmap, sizeof(seen->bitmap)) == 0 &&
			seen->zeroed == a->zeroed && seen->tags_zeroed == a->tags_zeroed;
	if (!same)
		fail_msg("%s, with memory for %llu tables: something is not as it was", name,
			 (unsigned long long)n);
}

/* --- operations --------------------------------------------------------------------------------- */

#define UNTIL_DONE(call)                                                                           \
	do {                                                                                       \
		int status;                                                                        \
                                                                                                   \
		do                                                                                 \
			status = (call);                                                           \
		while (status == MEZZO_ERR_AGAIN);                                                 \
		return status;                                                                     \
	} while (0)

static int to_shared(struct stage *s)
{
	return convert(s, 100, 50, true);
}

static int to_private(struct stage *s)
{
	return convert(s, 604, 2, false);
}

static int fill(struct stage *s)
{
	return mezzo_extents_add(&s->file, 800, 100, 100);
}

static int punch(struct stage *s)
{
	return mezzo_extents_punch(&s->file, 100, 50);
}

static int accept(struct stage *s)
{
	return mezzo_private_mmio_accept(&s->mmio, 500, 100);
}

static int withdraw(struct stage *s)
{
	return mezzo_private_mmio_revoke(&s->mmio, 100, 50);
}

static int dma_map(struct stage *s)
{
	struct mezzo_refusal why;
	uint64_t done = 0;

	UNTIL_DONE(mezzo_space_dma_map(s->space, (struct mezzo_ipa){at(FILE_, 0)}, 700, true, &done,
				       &why));
}

static int dma_unmap(struct stage *s)
{
	return mezzo_space_dma_unmap(s->space, (struct mezzo_ipa){at(FILE_, 0)}, 700);
}

static int revoke(struct stage *s)
{
	return mezzo_object_revoke(&s->private.pool.object, 3, 100);
}

static int unmap(struct stage *s)
{
	return mezzo_space_unmap(s->space, (struct mezzo_ipa){at(POOL, 3)}, 100);
}

static int poison(struct stage *s)
{
	return mezzo_object_poison(&s->pool->object, 7, MEZZO_ORDER_4K);
}

static int log_on(struct stage *s)
{
	return set_flags(s, MEZZO_SLOT_FLAG_LOG_DIRTY);
}

static int log_on_dirty(struct stage *s)
{
	return set_flags(s, MEZZO_SLOT_FLAG_LOG_DIRTY | MEZZO_SLOT_FLAG_STARTS_DIRTY);
}

static int log_off(struct stage *s)
{
	return set_flags(s, 0);
}

static int logged_write(struct stage *s)
{
	const struct mezzo_fault_info info = {.ipa = {at(POOL, 70)},
					      .access = MEZZO_ACCESS_WRITE,
					      .kind = MEZZO_FAULT_PERMISSION};
	struct mezzo_fault_result result;

	return mezzo_space_fault(s->space, 0, &info, &result);
}

static int take_log(struct stage *s)
{
	uint64_t bits[MEZZO_DIRTY_WORDS(PAGES)];
	struct mezzo_refusal why;

	return mezzo_dirty_take(s->space, POOL, 0, PAGES, bits, &why);
}

static int clear_log(struct stage *s)
{
	const uint64_t bits[MEZZO_DIRTY_WORDS(PAGES)] = {UINT64_MAX, UINT64_MAX};
	struct mezzo_refusal why;

	return mezzo_dirty_clear(s->space, POOL, 0, PAGES, bits, &why);
}

static int mark_log(struct stage *s)
{
	return mezzo_dirty_mark(s->space, (struct mezzo_ipa){at(POOL, 9)}, 5);
}

static int rings(struct stage *s)
{
	struct mezzo_refusal why;

	return mezzo_dirty_rings(s->space, s->entry, ENTRIES, &why);
}

static int split(struct stage *s)
{
	struct mezzo_refusal why;

	UNTIL_DONE(mezzo_slot_split(s->space, POOL, &why));
}

static int collapse(struct stage *s)
{
	struct mezzo_refusal why;

	UNTIL_DONE(mezzo_slot_collapse(s->space, POOL, &why));
}

static int prefault(struct stage *s)
{
	struct mezzo_fault_result result;
	uint64_t done = 0, total = 0;
	int status;

	do {
		status = mezzo_space_prefault(s->space, 0, (struct mezzo_ipa){at(PRIVATE, total)},
					      PAGES - total, &done, &result);
		total += done;
	} while (status == MEZZO_ERR_AGAIN);
	return status;
}

static int fault(struct stage *s)
{
	const struct mezzo_fault_info info = {.ipa = {at(PRIVATE, 601)},
					      .access = MEZZO_ACCESS_WRITE};
	struct mezzo_fault_result result;

	return mezzo_space_fault(s->space, 0, &info, &result);
}

static int age(struct stage *s)
{
	bool accessed;

	return mezzo_space_age(s->space, (struct mezzo_ipa){at(POOL, 0)}, PAGES, &accessed);
}

static int tags_on(struct stage *s)
{
	struct mezzo_refusal why;

	UNTIL_DONE(mezzo_space_set_mte(s->space, true, &why));
}

static int move(struct stage *s)
{
	struct mezzo_slot_config config;
	struct mezzo_refusal why;

	assert_int_equal(mezzo_slot_get(s->space, PRIVATE, &config), MEZZO_OK);
	config.ipa.addr = at(SLOTS + PRIVATE, 0);
	return world_change(s->world, &config, &why);
}

static int delete_slot(struct stage *s)
{
	UNTIL_DONE(mezzo_slot_delete(s->space, PRIVATE, NULL));
}

/* --- each of them ------------------------------------------------------------------------------- */

static const struct operation {
	const char *name;
	int (*call)(struct stage *s);
	bool logs;      /* in a slot that logs */
	bool needs;     /* tables: without them it says so */
	bool piecemeal; /* leaves are done one by one, and those that are done stay */
	bool whole;     /* without memory a block goes whole, and faults bring it back */
} operations[] = {
	{.name = "conversion to shared", .call = to_shared},
	{.name = "conversion to private", .call = to_private},
	{.name = "filling a hole", .call = fill},
	{.name = "punching a hole", .call = punch},
	{.name = "acceptance of registers", .call = accept},
	{.name = "taking registers back", .call = withdraw},
	{.name = "entering for devices", .call = dma_map, .needs = true, .piecemeal = true},
	{.name = "taking from devices", .call = dma_unmap},
	{.name = "revocation", .call = revoke},
	{.name = "unmap", .call = unmap},
	{.name = "poison", .call = poison, .whole = true},
	{.name = "beginning to log", .call = log_on},
	{.name = "beginning to log, all dirty", .call = log_on_dirty},
	{.name = "ceasing to log", .call = log_off, .logs = true},
	{.name = "a logged write", .call = logged_write, .logs = true, .needs = true},
	{.name = "taking the log", .call = take_log, .logs = true},
	{.name = "clearing the log", .call = clear_log, .logs = true},
	{.name = "marking", .call = mark_log, .logs = true},
	{.name = "rings", .call = rings},
	{.name = "splitting", .call = split, .logs = true, .needs = true, .piecemeal = true},
	{.name = "collapsing", .call = collapse},
	{.name = "pre-fault", .call = prefault, .needs = true, .piecemeal = true},
	{.name = "a fault", .call = fault, .needs = true},
	{.name = "ageing", .call = age},
	{.name = "tags on", .call = tags_on},
	{.name = "a move", .call = move},
	{.name = "deletion", .call = delete_slot},
};

static struct snapshot before, after, seen, nothing;

/* Returns whether it ran out of memory. */
static bool starve(const struct operation *o, uint64_t n, int reference)
{
	struct stage *s = open(o->logs);
	int status;

	s->world->hosted.allocs_left = n;
	status = o->call(s);
	look(s, &seen);
	if (status == MEZZO_ERR_NOMEM) {
		check_same(o->name, n, &seen, &before, o->piecemeal ? &after : &before);
		s->world->hosted.allocs_left = UINT64_MAX;
		assert_int_equal(o->call(s), reference);
		look(s, &seen);
		check_same(o->name, n, &seen, &after, &after);
	} else {
		assert_int_equal(status, reference);
		check_same(o->name, n, &seen, &after, o->whole ? &nothing : &after);
	}
	close(s);
	return status == MEZZO_ERR_NOMEM;
}

static void what_runs_out_of_memory_has_changed_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *o = &operations[i];
		struct stage *s = open(o->logs);
		uint64_t allocations, n = 0, failures = 0;
		int reference;

		look(s, &before);
		allocations = s->world->hosted.counts.table_allocs;
		reference = o->call(s);
		assert_int_equal(reference, MEZZO_OK);
		allocations = s->world->hosted.counts.table_allocs - allocations;
		look(s, &after);
		close(s);
		for (n = 0; n <= allocations; n++)
			failures += starve(o, n, reference);
		printf("# %s: %llu tables, fails %llu times\n", o->name,
		       (unsigned long long)allocations, (unsigned long long)failures);
		assert_int_equal(failures > 0, o->needs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_runs_out_of_memory_has_changed_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
