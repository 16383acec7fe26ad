/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H
/* A space on the hosted platform, with frames that can be looked into: what most tests stand on. */
#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#define WORLD_FRAMES_PA UINT64_C(0x100000000)
#define WORLD_FRAMES_BYTES (UINT64_C(16) << 20)
#define WORLD_SLOTS 8
#define WORLD_VCPUS 4
#define WORLD_RECORDS 16
#define WORLD_IPA_BITS 40
#define WORLD_LOG_PAGES 4096

struct world {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[WORLD_SLOTS];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(WORLD_SLOTS)];
	struct mezzo_vcpu vcpus[WORLD_VCPUS];
	struct mezzo_record_cell records[WORLD_RECORDS];
	unsigned char *frames;
	uint8_t *tags;
	_Atomic uint64_t bitmap[MEZZO_DIRTY_WORDS(WORLD_LOG_PAGES)]; /* for a slot that logs */
};

/* What a test may choose; everything else is fixed. */
struct world_options {
	struct mezzo_arm64_machine machine;
	bool guest_mte;
	bool no_direct;
	const struct mezzo_arch *arch; /* NULL: the shipped one */
	struct mezzo_table_features features;
	/* x86 */
	struct mezzo_x86_machine x86;
	struct mezzo_x86_table_config x86_tables;
	struct mezzo_guest_types *guest_types; /* NULL: ignored */
};

struct world *world_new(const struct world_options *options);
void world_free(struct world *world);

/*
 * A slot of @pages at @ipa over the object's start, with world->bitmap. Fails the test unless it
 * is accepted.
 */
void world_slot(struct world *world, uint32_t id, uint64_t ipa, struct mezzo_object *object,
		uint64_t pages, uint32_t flags);
/* Change, however often it must be called; the last status. */
int world_change(struct world *world, const struct mezzo_slot_config *to,
		 struct mezzo_refusal *why);
/* Delete, however often it must be called. */
void world_delete(struct world *world, uint32_t id);

/* A fault of vCPU 0. Fails the test when the engine has no memory. */
struct mezzo_fault_result world_fault(struct world *world, uint64_t ipa, enum mezzo_access access,
				      enum mezzo_fault_kind kind);
struct mezzo_leaf world_leaf(struct world *world, uint64_t ipa);
/* Is the page marked in world->bitmap? */
bool world_logged(const struct world *world, uint64_t page);

/* A pool over the world's frames; its state memory is freed by world_pool_free. */
struct mezzo_pool *world_pool(struct world *world, const struct mezzo_contract *contract,
			      uint64_t first_page, uint64_t pages);
void world_pool_free(struct mezzo_pool *pool);

#endif
