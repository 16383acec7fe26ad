/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_SPACE_FAULT_H
#define MEZZO_SPACE_FAULT_H
/*
 * What the files of a fault share: fault.c takes the steps, fault_rule.c asks the rule, fault_entry.c
 * makes and widens entries. What the quick path needs of them is inline.
 */
#include "internal.h"

/* One fault under way. */
struct fault {
	struct mezzo_space *space;
	struct mezzo_vcpu *vcpu;
	struct mezzo_slot *slot;
	struct mezzo_object *object;
	uint64_t ipa;
	uint64_t offset_pages;
	uint64_t sequence;          /* of the space, when the fault began */
	uint8_t access, kind, view; /* as the CPU reported it */
	uint8_t order;              /* of the entry made or widened */
	struct mezzo_frame frame;
	const struct mezzo_ruling *ruling; /* what was decided */
};

/* What a step says: go on, or the fault is answered. */
enum step {
	STEP_DONE,
	STEP_RETRY, /* somebody else is at work: run the guest, it will fault again */
	STEP_NOMEM,
	STEP_TOO_SMALL, /* what is there does not fill the smallest leaf */
	STEP_GRANTED,   /* there is a slot, a frame and a grant: an entry is to be made */
	STEP_PRESENT,   /* a leaf is there: the fault is about permissions */
};

/* --- the rule (fault_rule.c) --- */

/* struct mezzo_ruling.work */
#define WORK_BEFORE 1u /* actions before it is visible */
#define WORK_FRAMES 2u /* on the frames themselves: the object is told before and after */
#define WORK_LINES 4u  /* lines may be in caches from now on: the object is told */
#define WORK_LOG 8u    /* a write that is logged */
#define WORK_NONE 16u  /* there is none to do, because nothing is granted */

/*
 * What a missing entry is answered where a slot is, or none. The same question has the same answer:
 * see struct mezzo_ruling.
 */
const struct mezzo_ruling *fault_rule(const struct fault *f);
/* Put the question anew, for an entry that may be there. */
void fault_ask(const struct fault *f, const struct mezzo_fault *fault, struct mezzo_ruling *ruling);
/* An end that no rule decides: there is no frame behind the address, or no room to log the write. */
const struct mezzo_ruling *fault_leave(const struct fault *f, enum mezzo_reason reason);

HOT uint64_t number_of(const struct mezzo_slot *slot)
{
	return atomic_load_explicit(&slot->number, memory_order_relaxed);
}

/* All that may differ from one fault to the next, as a number that is never 0. */
HOT uint64_t question(uint64_t slot_number, uint8_t access, const struct mezzo_frame *frame)
{
	return slot_number << 16 | (uint64_t)access << 8 | (uint64_t)frame->writable << 3 |
	       frame_state_bits(frame->state);
}

/* --- logging --- */

/* The next entry of the vCPU's ring, unless it is still somebody's. */
HOT bool ring_write(struct mezzo_dirty_ring *ring, uint32_t slot, uint64_t page)
{
	struct mezzo_dirty_entry *entry = &ring->entry[ring->written & ring->mask];

	if (atomic_load_explicit(&entry->flags, memory_order_acquire))
		return false;
	entry->slot = slot;
	entry->page = page;
	atomic_store_explicit(&entry->flags, MEZZO_DIRTY_DIRTY, memory_order_release);
	ring->written++;
	return true;
}

/*
 * Somebody must know of the write before it can happen: while the entry is held (see dirty.c).
 * False: there is no room.
 */
HOT bool log_write(struct mezzo_vcpu *vcpu, const struct mezzo_slot_config *slot, uint64_t page,
		   unsigned int order)
{
	uint64_t bits = 1;

	if (__builtin_expect(order != 0, 0)) {
		bits = (UINT64_C(1) << mezzo_order_pages(order)) - 1;
		page &= -mezzo_order_pages(order);
	}
	if (vcpu->ring.entry)
		return ring_write(&vcpu->ring, slot->id, page);
	/* The smallest leaf is at most 64 KiB, and a slot begins at one: all in a word. */
	atomic_fetch_or(&slot->bitmap[page / 64], bits << page % 64);
	return true;
}

/* --- entries (fault_entry.c) --- */

/* Make the largest leaf that can be at the address. */
enum step fault_map(struct fault *f);
/* A leaf is there: widen its permissions, if the rule still grants them. */
enum step fault_widen(struct fault *f);

/*
 * Has nothing been taken away since the fault began? Looked at while an entry is held: whoever takes
 * away raises the sequence first and then waits for the entry, so one of the two sees the other.
 * Both sides are sequentially consistent. A revocation has changed what the object answers before
 * it raises the sequence of the first space: what was resolved before is looked at anew, or taken
 * away.
 */
HOT bool is_current(const struct mezzo_space *space, uint64_t sequence)
{
	return atomic_load(&space->sequence) == sequence;
}

/*
 * May a leaf of @order hold the page at @offset of the object? Slot and run go on as far as it
 * reaches, and it is congruent with its frames.
 */
HOT bool block_fits(const struct mezzo_slot *slot, const struct mezzo_frame *frame, uint64_t ipa,
		    uint64_t offset, unsigned int order)
{
	const uint64_t pages = mezzo_order_pages(order);
	const uint64_t before = bytes_to_pages(ipa) & (pages - 1), from = pages - before;
	const uint64_t in_slot = offset - slot->config.offset_pages;

	return before <= in_slot && from <= slot->config.pages - in_slot &&
	       before <= frame->before_pages && from <= frame->from_pages &&
	       !(bytes_to_pages(ipa ^ frame->pa.addr) & (pages - 1));
}

/* The largest order of a set that is not empty. */
HOT unsigned int top_order(uint64_t orders)
{
	return 63u - (unsigned int)__builtin_clzll(orders);
}

#define NO_ORDER 64u

/* The largest leaf of @orders that can be here, or NO_ORDER. A page of 4 KiB always can. */
HOT unsigned int largest_order(const struct mezzo_slot *slot, const struct mezzo_frame *frame,
			       uint64_t ipa, uint64_t offset, uint64_t orders)
{
	unsigned int order = top_order(orders);

	while (order && !block_fits(slot, frame, ipa, offset, order)) {
		orders &= (UINT64_C(1) << order) - 1;
		if (!orders)
			return NO_ORDER;
		order = top_order(orders);
	}
	return order;
}

/* The frames behind an entry. */
struct run {
	uint64_t offset, pages; /* in the object */
	struct mezzo_pa pa;
};

/* Of the leaf of @order that holds the page at @offset, whose frame is @frame. */
HOT struct run run_of(const struct mezzo_frame *frame, uint64_t ipa, uint64_t offset,
		      unsigned int order)
{
	const uint64_t pages = mezzo_order_pages(order);
	const uint64_t before = bytes_to_pages(ipa) & (pages - 1);

	return (struct run){
		.offset = offset - before,
		.pages = pages,
		.pa = {frame->pa.addr - pages_to_bytes(before)},
	};
}

#endif
