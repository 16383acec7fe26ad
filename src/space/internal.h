/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_SPACE_INTERNAL_H
#define MEZZO_SPACE_INTERNAL_H
/* What the files of src/space share. */
#include <stdatomic.h>

#include <mezzo/space.h>

/* struct mezzo_slot.state */
enum slot_state {
	SLOT_FREE,
	SLOT_LIVE,
	SLOT_DYING,   /* being deleted: faults in it wait */
	SLOT_RETIRED, /* out of the index; a walker may still look at it */
};

/* On the path of every fault; and off it, which keeps registers and cache for the rest. */
#define HOT static inline __attribute__((always_inline))
#define RARE __attribute__((noinline, cold))

static inline uint64_t pages_to_bytes(uint64_t pages)
{
	return pages << MEZZO_PAGE_SHIFT;
}

static inline uint64_t bytes_to_pages(uint64_t bytes)
{
	return bytes >> MEZZO_PAGE_SHIFT;
}

/* First address after the slot; cannot wrap, creation checked. */
static inline uint64_t slot_end(const struct mezzo_slot *slot)
{
	return slot->config.ipa.addr + pages_to_bytes(slot->config.pages);
}

static inline bool slot_covers(const struct mezzo_slot *slot, uint64_t ipa)
{
	return ipa - slot->config.ipa.addr < pages_to_bytes(slot->config.pages);
}

/* The object's page at an address that the slot covers. */
static inline uint64_t slot_offset(const struct mezzo_slot *slot, uint64_t ipa)
{
	return slot->config.offset_pages + bytes_to_pages(ipa - slot->config.ipa.addr);
}

/* --- walkers (epoch.c) ---
 *
 * A walker is a vCPU inside the engine. What it may hold a pointer to (a slot,
 * an index, a table) is used for something else only after every walker that
 * was inside has left.
 */
static inline void walker_enter(struct mezzo_space *space, struct mezzo_vcpu *vcpu)
{
	/*
	 * Sequentially consistent: the store must be seen before anything the walker then looks at
	 * is loaded, or walkers_left() could miss a walker that holds an old pointer. An epoch read
	 * late only makes it wait longer.
	 */
	atomic_store(&vcpu->epoch, atomic_load_explicit(&space->epoch, memory_order_relaxed));
}

static inline void walker_leave(struct mezzo_vcpu *vcpu)
{
	atomic_store_explicit(&vcpu->epoch, 0, memory_order_release);
}

/* A stamp for what was just made unreachable; see walkers_left. */
uint64_t walkers_stamp(struct mezzo_space *space);
/* Has every walker that was inside at the stamp left? */
bool walkers_left(const struct mezzo_space *space, uint64_t stamp);

/* --- slots (slot.c) --- */

/* The slot that covers @ipa, or NULL. The caller is a walker, or holds the
 * space's lock. */
struct mezzo_slot *slot_find(struct mezzo_space *space, uint64_t ipa);

/* --- invalidation (invalidate.c) --- */

/*
 * Take [ipa, ipa + pages) away and settle it. The caller holds the space's lock. A block that
 * reaches over an edge goes whole. Raises the space's sequence first.
 */
void zap(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages, bool prune);

/* --- frames (frame.c) --- */

/* Clean and invalidate a run of at most MEZZO_WINDOW_BYTES as its contract
 * provides. */
void frame_clean(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		 struct mezzo_pa pa, uint64_t bytes);
/* Do the list of actions in order; everything is complete on return. */
void frame_prepare(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		   struct mezzo_pa pa, uint64_t bytes, const struct mezzo_decision *decision);

/* A state as a number below 8. */
static inline uint8_t frame_state_bits(struct mezzo_frame_state state)
{
	return *(const uint8_t *)&state & 7;
}

/* --- facts (explain.c) --- */

/*
 * Everything the rule looks at for a fault in @slot, whose object answered
 * @frame. What the fault was (access, kind, order) is the caller's to fill in.
 */
void facts_gather(const struct mezzo_space *space, const struct mezzo_slot *slot,
		  const struct mezzo_frame *frame, struct mezzo_facts *facts);

/* --- flight recorder (recorder.c) --- */

/* A record's last word: vcpu [15:0], access, kind, outcome, reason, type, order of 8 bits each. */
static inline uint64_t record_part(const struct mezzo_space *space, const struct mezzo_vcpu *vcpu,
				   uint8_t access, const struct mezzo_decision *decision)
{
	return (uint64_t)((vcpu - space->config.vcpus) & 0xffff) | (uint64_t)access << 16 |
	       (uint64_t)decision->outcome << 32 | (uint64_t)decision->reason << 40 |
	       (uint64_t)decision->type << 48;
}

/*
 * Writers are vCPUs that take a number each; a cell's number is zero while it is written, so a
 * reader that finds the same number before and after has read one record. @part: of the decision.
 */
HOT void record(struct mezzo_space *space, uint64_t ipa, uint64_t part, uint8_t kind, uint8_t order)
{
	const uint32_t size = space->config.max_records;
	struct mezzo_record_cell *cell;
	uint64_t number;

	if (!size)
		return;
	number = atomic_fetch_add_explicit(&space->recorded, 1, memory_order_relaxed) + 1;
	cell = &space->config.records[number & (size - 1)];
	part |= (uint64_t)kind << 24 | (uint64_t)order << 56;

	atomic_store_explicit(&cell->number, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->ipa, ipa, memory_order_release);
	atomic_store_explicit(&cell->rest, part, memory_order_release);
	atomic_store_explicit(&cell->number, number, memory_order_release);
}

static inline bool access_writes(uint8_t access)
{
	return access == MEZZO_ACCESS_WRITE || access == MEZZO_ACCESS_WALK_WRITE;
}

#endif
