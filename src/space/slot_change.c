/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots change: they are moved, and they begin and cease to log writes.
 *
 * What walkers may find is not written to. A changed slot is a new one, which takes the old one's
 * place in one step; everything that was decided for the old one is void by the sequence.
 */
#include "internal.h"

/* The slot as @to says, in the place of @slot. */
static struct mezzo_slot *replace(struct mezzo_space *space, struct mezzo_slot *slot,
				  const struct mezzo_slot_config *to,
				  const struct mezzo_decision *decision)
{
	struct mezzo_object *root = object_root(to->object);
	struct mezzo_slot *with = slot_take(space);

	slot_fill(with, space, to, decision);
	if (slot_logs(to) && !slot_logs(&slot->config))
		with->guarded = to->ipa;
	ranges_remove(&root->slots, &slot->by_offset);
	ranges_insert(&root->slots, &with->by_offset);
	slot_unname(space, slot);
	slot_name(space, with);
	index_commit(space, with, slot);
	atomic_store(&slot->state, SLOT_RETIRED);
	/*
	 * Who found the old slot live has taken the sequence before, and looks at it again while
	 * it holds its entry.
	 */
	atomic_fetch_add(&space->sequence, 1);
	return with;
}

/* --- logging ----------------------------------------------------------------------------------- */

/* How much is write-protected in one go, and how much is looked at where nothing is mapped. */
#define GUARD_BYTES (UINT64_C(64) << 20)
#define GUARD_PIECES 512

/* Returns how many pages could be written. */
static uint64_t guard_piece(struct mezzo_space *space, const struct mezzo_slot *slot, uint64_t end)
{
	const uint64_t first = bytes_to_pages(slot->guarded.addr - slot->config.ipa.addr);
	const uint64_t pages = bytes_to_pages(end - slot->guarded.addr);
	struct sweep sweep = {.space = space};

	if (slot->config.flags & MEZZO_SLOT_FLAG_STARTS_DIRTY) {
		log_mark(slot, first, pages);
		return 0;
	}
	sweep_pages(&sweep, slot, first, pages);
	return sweep_end(&sweep);
}

/*
 * The bitmap of a log that has ended is the caller's again: nobody may be about to write to it. The
 * slot that went is remembered for as long as walkers may hold it.
 */
static bool log_has_ended(const struct mezzo_space *space, const struct mezzo_slot *slot)
{
	const struct mezzo_slot *went = space->went;

	return slot_logs(&slot->config) || !went || went->config.id != slot->config.id ||
	       !slot_logs(&went->config) || walkers_left(space, space->index_retired_at);
}

/* Faults log already: see to what was mapped before they did, a bounded piece per call. */
static int guard(struct mezzo_space *space, struct mezzo_slot *slot)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < GUARD_PIECES && !pages; i++) {
		uint64_t end = (slot->guarded.addr | (GUARD_BYTES - 1)) + 1;

		if (slot->guarded.addr >= slot_end(slot))
			break;
		if (end > slot_end(slot))
			end = slot_end(slot);
		pages = guard_piece(space, slot, end);
		slot->guarded.addr = end;
	}
	if (slot->guarded.addr < slot_end(slot))
		return MEZZO_ERR_AGAIN;
	return log_has_ended(space, slot) ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

static int change_flags(struct mezzo_space *space, struct mezzo_slot *slot,
			const struct mezzo_slot_config *to, const struct mezzo_decision *decision)
{
	if (to->flags != slot->config.flags || to->bitmap != slot->config.bitmap) {
		if (!index_ready(space))
			return MEZZO_ERR_AGAIN;
		slot = replace(space, slot, to, decision);
	}
	return guard(space, slot);
}

/* --- the call ---------------------------------------------------------------------------------- */

/* What a deletion or a move has begun is given up. */
static void stay(struct mezzo_slot *slot)
{
	atomic_store(&slot->state, SLOT_LIVE);
}

static int change_locked(struct mezzo_space *space, struct mezzo_slot *slot,
			 const struct mezzo_slot_config *to, struct mezzo_refusal *why)
{
	struct mezzo_decision decision;
	int status = slot_check_change(space, slot, to, &decision, why);

	if (status || to->ipa.addr == slot->config.ipa.addr)
		stay(slot);
	if (status)
		return status;
	if (to->ipa.addr == slot->config.ipa.addr)
		return change_flags(space, slot, to, &decision);
	if (!slot_emptied(space, slot) || !index_ready(space))
		return MEZZO_ERR_AGAIN;
	return guard(space, replace(space, slot, to, &decision));
}

int mezzo_slot_change(struct mezzo_space *space, const struct mezzo_slot_config *to,
		      struct mezzo_refusal *why)
{
	struct mezzo_object *object;
	struct mezzo_slot *slot;
	int status = slot_check_arguments(space, to, why);

	if (!status)
		status = slot_lock(space, to->id, &slot);
	if (status)
		return status == MEZZO_ERR_NOENT ? slot_refuse_unknown(to->id, why) : status;
	object = slot->config.object;
	status = change_locked(space, slot, to, why);
	slot_unlock(space, object);
	return status;
}
