/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that changes hands while guests and devices use it: pages converted, holes filled and
 * punched, beside faults, logs, revocations and ageing. Under ThreadSanitizer. Guests, devices and
 * the host read and write the frames themselves, by what the tables say, so whoever still reaches a
 * frame when another owner has it is a race, or sees what is not its own.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define PAGE MEZZO_PAGE_BYTES
#define PAGES 1024
#define WORDS MEZZO_DIRTY_WORDS(PAGES)
#define VCPUS 2
#define OTHER VCPUS      /* the number of the other thread of the host, or of the device */
#define HOST (VCPUS + 1) /* the number that the host's queries use */
#define SECONDS 2        /* of each race */
#define EXTENTS 24

/* Who wrote what a page holds. */
enum {
	ZEROED,
	GUEST_PRIVATE = 0x11, /* a guest, through the private view */
	GUEST_SHARED = 0x22,
	DEVICE = 0x33,
	OWNER = 0x44, /* the host, where it may */
	SECRET = 0xee /* somebody else, while the frame was nobody's */
};

/* Not in a thread of cmocka's: say it and stop. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct race;

struct self {
	struct race *race;
	uint32_t number;
	unsigned int seed;
};

struct race {
	struct self self[VCPUS + 1];
	struct world *world;
	struct mezzo_space *space;
	struct mezzo_slot_config slot;
	struct mezzo_private private;
	struct mezzo_pool *pool;
	struct mezzo_extents file;
	struct mezzo_extent extent[EXTENTS];
	int64_t flat[PAGES]; /* of the file: the backing page; -1: a hole */
	void *state;
	unsigned int seed;
	_Atomic bool stop;
	_Atomic unsigned int granted, used, dma, noticed;
	unsigned int changed;
};

static uint64_t below(unsigned int *seed, unsigned int limit)
{
	return (uint64_t)rand_r(seed) % limit;
}

/* The whole of a frame is one byte of it, atomic for guests and hosts, plain for the engine. */
static _Atomic unsigned char *frame(const struct race *race, uint64_t pa)
{
	return (_Atomic unsigned char *)&race->world->frames[pa - WORLD_FRAMES_PA];
}

/* --- what a processor does ---------------------------------------------------------------------
 *
 * An access is a walk and a use, and an invalidation of TLBs is over when no access is under way
 * that began before.
 */
static pthread_mutex_t tlb[VCPUS];

static void wait_for_accesses(void)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		pthread_mutex_lock(&tlb[i]);
		pthread_mutex_unlock(&tlb[i]);
	}
}

static void invalidate_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int hint)
{
	(void)ctx, (void)vmid, (void)ipa, (void)hint;
	wait_for_accesses();
}

static void invalidate_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
			     unsigned int hint)
{
	(void)ctx, (void)vmid, (void)ipa, (void)pages, (void)hint;
	wait_for_accesses();
}

static void invalidate_space(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
	wait_for_accesses();
}

/* What no guest may find in memory that it has for itself. */
static void check_content(unsigned char content, bool shared, bool kept)
{
	CHECK(content != SECRET);
	/* Of a page that is never kept nothing comes from one view into the other. */
	CHECK(kept || shared || (content != OWNER && content != GUEST_SHARED));
	CHECK(kept || !shared || content != GUEST_PRIVATE);
}

static void use(struct self *self, uint64_t page)
{
	struct race *race = self->race;
	struct mezzo_mapping seen;
	_Atomic unsigned char *byte;
	bool shared;

	pthread_mutex_lock(&tlb[self->number]);
	mezzo_space_query(race->space, self->number, (struct mezzo_ipa){RAM + page * PAGE}, &seen);
	if (seen.leaf.state == MEZZO_ENTRY_LEAF) {
		byte = frame(race, seen.leaf.pa.addr +
					   (page & ((UINT64_C(1) << seen.leaf.order) - 1)) * PAGE);
		shared = seen.leaf.attr.type == MEZZO_STAGE2_NORMAL_WB;
		check_content(atomic_load_explicit(byte, memory_order_relaxed), shared,
			      page >= PAGES / 2);
		if (seen.leaf.attr.write)
			atomic_store_explicit(byte, shared ? GUEST_SHARED : GUEST_PRIVATE,
					      memory_order_relaxed);
		atomic_fetch_add_explicit(&race->used, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&tlb[self->number]);
}

static void *vcpu(void *arg)
{
	struct self *self = arg;
	struct race *race = self->race;

	while (!atomic_load(&race->stop)) {
		const uint64_t page = below(&self->seed, below(&self->seed, 2) ? 16 : PAGES);
		const struct mezzo_fault_info info = {
			.ipa = {RAM + page * PAGE},
			.access = below(&self->seed, 2) ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
			.kind = (uint8_t)below(&self->seed, 2) & 15,
			.view = (uint8_t)below(&self->seed, MEZZO_VIEWS) & 15,
		};
		struct mezzo_fault_result result;

		CHECK(mezzo_space_fault(race->space, self->number, &info, &result) == MEZZO_OK);
		CHECK(result.outcome == MEZZO_GRANT || result.reason == MEZZO_WHY_NOT_IN_VIEW ||
		      result.reason == MEZZO_WHY_OBJECT_REVOKED);
		if (result.outcome == MEZZO_GRANT && !result.retry)
			atomic_fetch_add(&race->granted, 1);
		use(self, page);
	}
	return NULL;
}

/* --- what a device does ------------------------------------------------------------------------
 *
 * It goes on with what it has fetched until it says that it no longer does.
 */
static struct {
	pthread_mutex_t lock;
	uint64_t pa[PAGES], gone[PAGES];
	unsigned int flags[PAGES];
	unsigned int seed;
	bool pending; /* some of what is gone may still be used */
} iommu;

static int iommu_map(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		     uint64_t pages, unsigned int flags)
{
	const uint64_t first = (ipa.addr - RAM) / PAGE;

	(void)ctx, (void)vmid;
	pthread_mutex_lock(&iommu.lock);
	for (uint64_t i = 0; i < pages; i++) {
		iommu.pa[first + i] = pa.addr + i * PAGE;
		iommu.flags[first + i] = flags;
	}
	pthread_mutex_unlock(&iommu.lock);
	return MEZZO_OK;
}

static void iommu_unmap(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	(void)ctx, (void)vmid;
	pthread_mutex_lock(&iommu.lock);
	for (uint64_t i = (ipa.addr - RAM) / PAGE; pages && i < PAGES; i++, pages--) {
		if (!iommu.pa[i])
			continue;
		iommu.gone[i] = iommu.pa[i];
		iommu.pa[i] = 0;
		iommu.pending = true;
	}
	pthread_mutex_unlock(&iommu.lock);
}

static bool iommu_complete(void *ctx, uint16_t vmid)
{
	bool complete;

	(void)ctx, (void)vmid;
	pthread_mutex_lock(&iommu.lock);
	complete = !iommu.pending || rand_r(&iommu.seed) % 128 == 0;
	if (complete && iommu.pending)
		memset(iommu.gone, 0, sizeof(iommu.gone));
	if (complete)
		iommu.pending = false;
	pthread_mutex_unlock(&iommu.lock);
	return complete;
}

static void access_by_dma(struct race *race, uint64_t page)
{
	const uint64_t pa = iommu.gone[page] ? iommu.gone[page] : iommu.pa[page];

	if (!pa)
		return;
	CHECK(atomic_load_explicit(frame(race, pa), memory_order_relaxed) != SECRET);
	if (iommu.flags[page] & MEZZO_IOMMU_WRITE)
		atomic_store_explicit(frame(race, pa), DEVICE, memory_order_relaxed);
	atomic_fetch_add_explicit(&race->dma, 1, memory_order_relaxed);
}

/* The device works, and somebody enters for it what it is to reach, or takes it away. */
static void *device(void *arg)
{
	struct self *self = arg;
	struct race *race = self->race;
	struct mezzo_refusal why;

	while (!atomic_load(&race->stop)) {
		const uint64_t page = below(&self->seed, PAGES - 16);
		const struct mezzo_ipa ipa = {RAM + page * PAGE};
		uint64_t done = 0;

		pthread_mutex_lock(&iommu.lock);
		for (uint64_t i = 0; i < PAGES; i++)
			access_by_dma(race, i);
		pthread_mutex_unlock(&iommu.lock);
		if (below(&self->seed, 4))
			(void)!mezzo_space_dma_map(race->space, ipa, 1 + below(&self->seed, 16),
						   below(&self->seed, 2), &done, &why);
		else
			(void)!mezzo_space_dma_unmap(race->space, ipa, 1 + below(&self->seed, 16));
	}
	return NULL;
}

/* --- running ----------------------------------------------------------------------------------- */

static bool time_is_up(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec >= SECONDS;
}

/* Whoever is slow gets the time it takes. */
static bool all_took_part(struct race *race)
{
	return race->granted > 1000 && race->used > 1000 && race->changed > 100 &&
	       (race->dma > 1000 || race->noticed > 1000);
}

static void run(struct race *race, void *(*other)(void *), void (*host)(struct race *))
{
	pthread_t thread[VCPUS + 1];
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i <= VCPUS; i++) {
		race->self[i] = (struct self){.race = race, .number = i, .seed = 7919 * i + 1};
		assert_int_equal(pthread_create(&thread[i], NULL, i == OTHER ? other : vcpu,
						&race->self[i]),
				 0);
	}
	while (!time_is_up(&start) || !all_took_part(race))
		host(race);
	atomic_store(&race->stop, true);
	for (unsigned int i = 0; i <= VCPUS; i++)
		pthread_join(thread[i], NULL);
}

static struct race *open_race(bool devices)
{
	static const struct world_options options = {.no_direct = true};
	struct race *race = calloc(1, sizeof(*race));
	struct mezzo_platform *platform;

	race->seed = 1;
	race->world = world_new(&options);
	race->space = &race->world->space;
	platform = &race->world->hosted.platform;
	for (unsigned int i = 0; i < VCPUS; i++)
		pthread_mutex_init(&tlb[i], NULL);
	platform->tlb_invalidate_entry = invalidate_entry;
	platform->tlb_invalidate_range = invalidate_range;
	platform->tlb_invalidate_combined = invalidate_space;
	platform->tlb_invalidate_space = invalidate_space;
	memset(&iommu, 0, sizeof(iommu));
	pthread_mutex_init(&iommu.lock, NULL);
	if (devices) {
		platform->dma_map = iommu_map;
		platform->dma_unmap = iommu_unmap;
		platform->dma_complete = iommu_complete;
	}
	race->slot = (struct mezzo_slot_config){.id = 1,
						.ipa = {RAM},
						.pages = PAGES,
						.bitmap = race->world->bitmap};
	return race;
}

static void close_race(struct race *race)
{
	world_free(race->world);
	free(race->state);
	free(race);
}

/* Anybody may want some of it back for a moment. */
static void disturb(struct race *race, unsigned int *seed)
{
	const uint64_t page = below(seed, PAGES - 8), pages = 1 + below(seed, 8);
	const struct mezzo_ipa ipa = {RAM + page * PAGE};
	struct mezzo_fault_result result;
	uint64_t done = 0;
	bool accessed;

	switch (below(seed, 4)) {
	case 0:
		(void)!mezzo_space_unmap(race->space, ipa, pages);
		break;
	case 1:
		(void)!mezzo_object_revoke(race->slot.object, page, pages);
		break;
	case 2:
		CHECK(mezzo_space_age(race->space, ipa, pages, &accessed) == MEZZO_OK);
		break;
	default:
		CHECK(mezzo_space_prefault(race->space, HOST, ipa, pages, &done, &result) !=
		      MEZZO_ERR_INVALID);
	}
}

/* --- conversion -------------------------------------------------------------------------------- */

/* The host's own mapping of what is shared. */
static pthread_mutex_t host_mapping = PTHREAD_MUTEX_INITIALIZER;

static int give_up_mapping(void *arg, uint64_t offset, uint64_t pages)
{
	struct race *race = arg;

	(void)offset, (void)pages;
	pthread_mutex_lock(&host_mapping);
	pthread_mutex_unlock(&host_mapping);
	return below(&race->seed, 4) ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

static void use_shared(struct race *race, unsigned int *seed)
{
	struct mezzo_object *shared = &race->private.shared;
	const uint64_t page = below(seed, PAGES);
	struct mezzo_frame at;
	_Atomic unsigned char *byte;

	pthread_mutex_lock(&host_mapping);
	if (shared->ops->resolve(shared, page, true, &at) == MEZZO_OK) {
		byte = frame(race, at.pa.addr);
		check_content(atomic_load_explicit(byte, memory_order_relaxed), true,
			      page >= PAGES / 2);
		atomic_store_explicit(byte, OWNER, memory_order_relaxed);
	}
	pthread_mutex_unlock(&host_mapping);
}

static void declare_private(struct race *race, enum mezzo_dma dma)
{
	struct mezzo_contract private =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_refusal why;

	private.is_private = true;
	private.dma = shared.dma = (uint8_t)dma;
	race->state = malloc(mezzo_pool_state_bytes(PAGES));
	assert_int_equal(mezzo_private_init(&race->private, &race->world->hosted.platform, &private,
					    &shared, (struct mezzo_pa){WORLD_FRAMES_PA}, PAGES,
					    race->state, give_up_mapping, race, &why),
			 MEZZO_OK);
	race->slot.object = &race->private.pool.object;
	race->slot.shared = &race->private.shared;
	memset(race->world->frames, SECRET, PAGES * PAGE);
	assert_int_equal(mezzo_slot_create(race->space, &race->slot, &why), MEZZO_OK);
}

/* Nobody else converts: what is mapped is of the view that the page is in now. */
static void check_views(struct race *race, uint64_t first, uint64_t pages)
{
	struct mezzo_mapping seen;

	for (uint64_t page = first; page < first + pages; page++) {
		mezzo_space_query(race->space, HOST, (struct mezzo_ipa){RAM + page * PAGE}, &seen);
		if (seen.leaf.state == MEZZO_ENTRY_LEAF)
			assert_int_equal(seen.leaf.attr.type == MEZZO_STAGE2_NORMAL_WB,
					 mezzo_private_is_shared(&race->private, page));
	}
}

static void convert(struct race *race)
{
	const bool kept = below(&race->seed, 2), small = below(&race->seed, 8);
	const uint64_t first = below(&race->seed, PAGES / 2);
	struct mezzo_conversion conversion = {
		.offset_pages = first + (kept ? PAGES / 2 : 0),
		.pages = 1 + below(&race->seed, small ? 16 : PAGES / 2),
		.to_shared = below(&race->seed, 2),
		.keep = kept,
	};

	if (conversion.pages > PAGES / 2 - first)
		conversion.pages = PAGES / 2 - first;
	while (mezzo_private_convert(&race->private, &conversion) == MEZZO_ERR_AGAIN)
		;
	check_views(race, conversion.offset_pages, conversion.pages);
	disturb(race, &race->seed);
	race->changed++;
}

/* What can be written is in the bitmap, and no other thread takes it out. */
static void check_log(struct race *race)
{
	struct mezzo_mapping seen;

	for (uint64_t page = 0; page < PAGES; page++) {
		mezzo_space_query(race->space, OTHER, (struct mezzo_ipa){RAM + page * PAGE}, &seen);
		if (seen.leaf.state == MEZZO_ENTRY_LEAF && seen.leaf.attr.write)
			CHECK(world_logged(race->world, page));
	}
}

static void set_flags(struct race *race, uint32_t flags)
{
	struct mezzo_slot_config to = race->slot;
	struct mezzo_refusal why;
	int status;

	to.flags = flags;
	do
		status = mezzo_slot_change(race->space, &to, &why);
	while (status == MEZZO_ERR_AGAIN);
	CHECK(status == MEZZO_OK);
}

static void *log_and_collapse(void *arg)
{
	struct self *self = arg;
	struct race *race = self->race;
	struct mezzo_refusal why;
	uint64_t bits[WORDS];

	while (!atomic_load(&race->stop)) {
		set_flags(race, MEZZO_SLOT_FLAG_LOG_DIRTY);
		if (below(&self->seed, 2))
			while (mezzo_slot_split(race->space, 1, &why) == MEZZO_ERR_AGAIN)
				;
		for (unsigned int round = 0; round < 3; round++) {
			check_log(race);
			CHECK(mezzo_dirty_take(race->space, 1, 0, PAGES, bits, &why) == MEZZO_OK);
			for (unsigned int i = 0; i < WORDS; i++)
				race->noticed += (unsigned int)__builtin_popcountll(bits[i]);
			for (unsigned int i = 0; i < 64; i++)
				use_shared(race, &self->seed);
		}
		set_flags(race, 0);
		for (unsigned int i = 0; i < WORDS; i++)
			atomic_store_explicit(&race->slot.bitmap[i], 0, memory_order_relaxed);
		while (mezzo_slot_collapse(race->space, 1, &why) == MEZZO_ERR_AGAIN)
			;
	}
	return NULL;
}

static void no_view_sees_the_others_memory_while_writes_are_logged(void **state)
{
	struct race *race = open_race(false);

	(void)state;
	declare_private(race, MEZZO_DMA_NONE);
	run(race, log_and_collapse, convert);
	close_race(race);
}

static void no_device_reaches_a_page_that_was_converted(void **state)
{
	struct race *race = open_race(true);

	(void)state;
	declare_private(race, MEZZO_DMA_SNOOPED);
	run(race, device, convert);
	close_race(race);
}

/* --- extents ----------------------------------------------------------------------------------- */

/* A hole is nobody's: its frames are the host's to do with as it likes. */
static void punch(struct race *race, uint64_t first, uint64_t pages)
{
	int status;

	do
		status = mezzo_extents_punch(&race->file, first, pages);
	while (status == MEZZO_ERR_AGAIN);
	if (status == MEZZO_ERR_LIMIT)
		return;
	assert_int_equal(status, MEZZO_OK);
	for (uint64_t page = first; page < first + pages; page++) {
		if (race->flat[page] >= 0)
			memset(&race->world->frames[race->flat[page] * (int64_t)PAGE], SECRET,
			       PAGE);
		race->flat[page] = -1;
	}
	race->changed++;
}

static void fill(struct race *race, uint64_t first, uint64_t pages, uint64_t from)
{
	if (mezzo_extents_add(&race->file, first, pages, from) != MEZZO_OK)
		return;
	for (uint64_t i = 0; i < pages; i++) {
		assert_int_equal(race->flat[first + i], -1);
		race->flat[first + i] = (int64_t)(from + i);
	}
	race->changed++;
}

static void check_file(struct race *race)
{
	struct mezzo_mapping seen;

	for (uint64_t page = 0; page < PAGES; page += 1 + below(&race->seed, 8)) {
		mezzo_space_query(race->space, HOST, (struct mezzo_ipa){RAM + page * PAGE}, &seen);
		if (seen.leaf.state != MEZZO_ENTRY_LEAF)
			continue;
		assert_true(race->flat[page] >= 0);
		assert_int_equal(seen.leaf.pa.addr +
					 (page & ((UINT64_C(1) << seen.leaf.order) - 1)) * PAGE,
				 WORLD_FRAMES_PA + (uint64_t)race->flat[page] * PAGE);
	}
}

static void fill_and_punch(struct race *race)
{
	const uint64_t first = below(&race->seed, PAGES), limit = PAGES - first;
	uint64_t pages = 1 + below(&race->seed, below(&race->seed, 8) ? 32 : PAGES);

	if (pages > limit)
		pages = limit;
	if (below(&race->seed, 2))
		punch(race, first, pages);
	else
		fill(race, first, pages, below(&race->seed, 2 * PAGES));
	check_file(race);
	disturb(race, &race->seed);
}

static void a_frame_of_a_hole_is_nobodys(void **state)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct race *race = open_race(true);
	struct mezzo_refusal why;

	(void)state;
	contract.dma = MEZZO_DMA_SNOOPED;
	race->pool = world_pool(race->world, &contract, 0, 2 * PAGES);
	memset(race->world->frames, SECRET, 2 * PAGES * PAGE);
	for (unsigned int page = 0; page < PAGES; page++)
		race->flat[page] = -1;
	assert_int_equal(mezzo_extents_init(&race->file, &race->pool->object, PAGES, race->extent,
					    EXTENTS),
			 MEZZO_OK);
	race->slot.object = &race->file.object;
	assert_int_equal(mezzo_slot_create(race->space, &race->slot, &why), MEZZO_OK);
	run(race, device, fill_and_punch);
	world_free(race->world);
	world_pool_free(race->pool);
	free(race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_view_sees_the_others_memory_while_writes_are_logged),
		cmocka_unit_test(no_device_reaches_a_page_that_was_converted),
		cmocka_unit_test(a_frame_of_a_hole_is_nobodys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
