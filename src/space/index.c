/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which slot is where: by address for walkers, who take no lock; by id for the embedder's calls.
 *
 * The index by address exists twice. A change goes into the one that nobody reads, and then the
 * two swap; what is now the other one gets the same change before the next, once every walker that
 * could hold it has left.
 */
#include "internal.h"

/* --- by address -------------------------------------------------------------------------------- */

struct mezzo_slot *slot_find(struct mezzo_space *space, uint64_t ipa)
{
	struct mezzo_slot *slot = btree_find(&space->index[atomic_load(&space->live)], ipa);

	return slot && slot_covers(slot, ipa) ? slot : NULL;
}

struct mezzo_slot *slot_first(const struct mezzo_space *space, uint64_t first, uint64_t end)
{
	const struct mezzo_index *index = &space->index[atomic_load(&space->live)];
	struct mezzo_slot *slot = btree_find(index, first);

	if (slot && slot_end(slot) <= first)
		slot = btree_after(index, first);
	return slot && slot->config.ipa.addr < end ? slot : NULL;
}

struct mezzo_slot *slot_next(const struct mezzo_space *space, const struct mezzo_slot *slot,
			     uint64_t end)
{
	struct mezzo_slot *next =
		btree_after(&space->index[atomic_load(&space->live)], slot->config.ipa.addr);

	return next && next->config.ipa.addr < end ? next : NULL;
}

static void index_change(struct mezzo_space *space, uint32_t which)
{
	if (space->went)
		btree_remove(&space->index[which], space->went->config.ipa.addr);
	if (space->came)
		btree_insert(&space->index[which], space->came->config.ipa.addr, space->came);
}

static void give_back(struct mezzo_space *space, struct mezzo_slot *slot)
{
	slot->next = space->free;
	space->free = slot;
}

bool index_ready(struct mezzo_space *space)
{
	if (!walkers_left(space, space->index_retired_at))
		return false;
	index_change(space, !atomic_load(&space->live));
	if (space->went)
		give_back(space, space->went);
	space->came = space->went = NULL;
	return true;
}

void index_commit(struct mezzo_space *space, struct mezzo_slot *came, struct mezzo_slot *went)
{
	const uint32_t other = !atomic_load(&space->live);

	space->came = came;
	space->went = went;
	index_change(space, other);
	atomic_store(&space->live, other);
	space->index_retired_at = walkers_stamp(space);
}

/* --- by id ------------------------------------------------------------------------------------- */

/* The place of an id: Fibonacci hashing into the caller's slots, which hold the list heads. */
static struct mezzo_slot **place_of(const struct mezzo_space *space, uint32_t id)
{
	const uint32_t scattered = id * UINT32_C(0x9e3779b1);
	const uint64_t place = (uint64_t)scattered * space->config.max_slots >> 32;

	return &space->config.slots[place].first_here;
}

struct mezzo_slot *slot_by_id(const struct mezzo_space *space, uint32_t id)
{
	struct mezzo_slot *slot = *place_of(space, id);

	while (slot && slot->config.id != id)
		slot = slot->next;
	return slot;
}

void slot_name(struct mezzo_space *space, struct mezzo_slot *slot)
{
	struct mezzo_slot **here = place_of(space, slot->config.id);

	slot->next = *here;
	*here = slot;
	space->count++;
}

void slot_unname(struct mezzo_space *space, struct mezzo_slot *slot)
{
	struct mezzo_slot **link = place_of(space, slot->config.id);

	while (*link != slot)
		link = &(*link)->next;
	*link = slot->next;
	space->count--;
}

/* --- memory ------------------------------------------------------------------------------------ */

struct mezzo_slot *slot_take(struct mezzo_space *space)
{
	struct mezzo_slot *slot = space->free;

	if (slot) {
		space->free = slot->next;
		return slot;
	}
	if (space->used == space->config.max_slots)
		return &space->spare;
	return &space->config.slots[space->used++];
}
