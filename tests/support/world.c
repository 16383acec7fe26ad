/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world *world_new(const struct world_options *options)
{
	struct world *world = calloc(1, sizeof(*world));
	struct mezzo_space_config config;

	assert_non_null(world);
	world->frames = aligned_alloc(MEZZO_PAGE_BYTES, WORLD_FRAMES_BYTES);
	world->tags = malloc(WORLD_FRAMES_BYTES / 16);
	memset(world->frames, 0xa5, WORLD_FRAMES_BYTES);
	memset(world->tags, 0x0a, WORLD_FRAMES_BYTES / 16);
	assert_int_equal(mezzo_hosted_init(&world->hosted,
					   &(struct mezzo_hosted_config){
						   .size = sizeof(struct mezzo_hosted_config),
						   .no_direct = options->no_direct,
						   .frames = world->frames,
						   .tags = world->tags,
						   .frames_pa = {WORLD_FRAMES_PA},
						   .frames_bytes = WORLD_FRAMES_BYTES,
					   }),
			 MEZZO_OK);
	config = (struct mezzo_space_config){
		.size = sizeof(config),
		.arch = options->arch ? options->arch : &mezzo_arch_arm64,
		.platform = &world->hosted.platform,
		.machine = {.arm64 = options->machine, .x86 = options->x86},
		.features = options->features,
		.x86 = options->x86_tables,
		.guest_types = options->guest_types,
		.guest_mte = options->guest_mte,
		.ipa_bits = WORLD_IPA_BITS,
		.pa_bits = 48,
		.vmid = 7,
		.slots = world->slots,
		.index = world->index,
		.max_slots = WORLD_SLOTS,
		.vcpus = world->vcpus,
		.max_vcpus = WORLD_VCPUS,
		.records = world->records,
		.max_records = WORLD_RECORDS,
	};
	assert_int_equal(mezzo_space_init(&world->space, &config), MEZZO_OK);
	return world;
}

void world_free(struct world *world)
{
	for (uint32_t id = 0; id < WORLD_SLOTS; id++)
		while (mezzo_slot_delete(&world->space, id, NULL) == MEZZO_ERR_AGAIN)
			;
	assert_int_equal(mezzo_space_fini(&world->space), MEZZO_OK);
	/* Teardown releases everything. */
	assert_int_equal(world->hosted.counts.table_bytes, 0);
	assert_int_equal(world->hosted.counts.windows_open, 0);
	free(world->frames);
	free(world->tags);
	free(world);
}

void world_slot(struct world *world, uint32_t id, uint64_t ipa, struct mezzo_object *object,
		uint64_t pages, uint32_t flags)
{
	struct mezzo_slot_config config = {
		.id = id,
		.flags = flags,
		.ipa = {ipa},
		.pages = pages,
		.object = object,
		.bitmap = world->bitmap,
	};
	struct mezzo_refusal why = {0};

	assert_int_equal(mezzo_slot_create(&world->space, &config, &why), MEZZO_OK);
}

int world_change(struct world *world, const struct mezzo_slot_config *to, struct mezzo_refusal *why)
{
	int status;

	do
		status = mezzo_slot_change(&world->space, to, why);
	while (status == MEZZO_ERR_AGAIN);
	return status;
}

void world_delete(struct world *world, uint32_t id)
{
	int status;

	do
		status = mezzo_slot_delete(&world->space, id, NULL);
	while (status == MEZZO_ERR_AGAIN);
	assert_int_equal(status, MEZZO_OK);
}

struct mezzo_fault_result world_fault(struct world *world, uint64_t ipa, enum mezzo_access access,
				      enum mezzo_fault_kind kind)
{
	struct mezzo_fault_info info = {.ipa = {ipa},
					.access = (uint8_t)access,
					.kind = (uint8_t)kind};
	struct mezzo_fault_result result;

	assert_int_equal(mezzo_space_fault(&world->space, 0, &info, &result), MEZZO_OK);
	return result;
}

struct mezzo_leaf world_leaf(struct world *world, uint64_t ipa)
{
	struct mezzo_mapping mapping;

	mezzo_space_query(&world->space, 1, (struct mezzo_ipa){ipa}, &mapping);
	return mapping.leaf;
}

bool world_logged(const struct world *world, uint64_t page)
{
	return atomic_load(&world->bitmap[page / 64]) >> page % 64 & 1;
}

struct mezzo_pool *world_pool(struct world *world, const struct mezzo_contract *contract,
			      uint64_t first_page, uint64_t pages)
{
	struct mezzo_pool *pool = malloc(sizeof(*pool));
	void *state = malloc(mezzo_pool_state_bytes(pages));
	struct mezzo_pa base = {WORLD_FRAMES_PA + (first_page << MEZZO_PAGE_SHIFT)};

	assert_int_equal(mezzo_pool_init(pool, &world->hosted.platform, contract, base, pages,
					 state),
			 MEZZO_OK);
	return pool;
}

void world_pool_free(struct mezzo_pool *pool)
{
	free((void *)pool->block);
	free(pool);
}
