/* SPDX-License-Identifier: BSD-2-Clause */
/* Dirty rings. Their vCPUs write them (fault_entry.c), their consumer collects, and reset empties. */
#include "internal.h"

/* So many entries are emptied in one call. */
#define RESET_ENTRIES 512

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static uint32_t nearest_power(uint32_t n)
{
	if (n < 2)
		return 2;
	if (n > MEZZO_RING_ENTRIES_MAX)
		return MEZZO_RING_ENTRIES_MAX;
	return UINT32_C(1) << (31 - (unsigned int)__builtin_clz(n));
}

static bool some_slot_logs(const struct mezzo_space *space)
{
	const struct mezzo_slot *slot = slot_first(space, 0, UINT64_MAX);

	while (slot && !slot_logs(&slot->config))
		slot = slot_next(space, slot, UINT64_MAX);
	return slot;
}

static int give_rings(struct mezzo_space *space, struct mezzo_dirty_entry *entries, uint32_t count,
		      struct mezzo_refusal *why)
{
	const struct mezzo_dirty_ring *first = &space->config.vcpus[0].ring;

	if (first->entry || some_slot_logs(space))
		return refuse(why, MEZZO_ERR_EXISTS, MEZZO_WHY_RING_SET, MEZZO_FIELD_ENTRIES, count,
			      first->entry ? first->mask + 1 : count);
	for (uint32_t i = 0; i < space->config.max_vcpus; i++)
		space->config.vcpus[i].ring = (struct mezzo_dirty_ring){
			.entry = entries + (size_t)i * count,
			.mask = count - 1,
		};
	return MEZZO_OK;
}

int mezzo_dirty_rings(struct mezzo_space *space, struct mezzo_dirty_entry *entries, uint32_t count,
		      struct mezzo_refusal *why)
{
	const struct mezzo_platform *platform = space->config.platform;
	int status;

	if (!is_power_of_two(count) || count < 2 || count > MEZZO_RING_ENTRIES_MAX)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_RING_SIZE, MEZZO_FIELD_ENTRIES,
			      count, nearest_power(count));
	platform->lock(platform->ctx, &space->lock);
	status = give_rings(space, entries, count, why);
	platform->unlock(platform->ctx, &space->lock);
	return status;
}

bool mezzo_dirty_next(const struct mezzo_space *space, uint32_t vcpu, uint32_t *cursor,
		      uint32_t *slot, uint64_t *page)
{
	const struct mezzo_dirty_ring *ring = &space->config.vcpus[vcpu].ring;
	struct mezzo_dirty_entry *entry;

	if (!ring->entry)
		return false;
	entry = &ring->entry[*cursor & ring->mask];
	if (atomic_load_explicit(&entry->flags, memory_order_acquire) != MEZZO_DIRTY_DIRTY)
		return false;
	*slot = entry->slot;
	*page = entry->page;
	atomic_store_explicit(&entry->flags, MEZZO_DIRTY_DIRTY | MEZZO_DIRTY_RESET,
			      memory_order_release);
	++*cursor;
	return true;
}

/* --- reset ------------------------------------------------------------------------------------- */

/* An entry that was collected is empty again, its page about to be clean. */
static void reset_entry(struct sweep *sweep, struct mezzo_dirty_entry *entry)
{
	const struct mezzo_slot *slot = sweep->slot;

	if (!slot || slot->config.id != entry->slot)
		slot = slot_by_id(sweep->space, entry->slot);
	if (slot && slot_logs(&slot->config) && entry->page < slot->config.pages)
		sweep_pages(sweep, slot, entry->page, 1);
	atomic_store_explicit(&entry->flags, 0, memory_order_release);
}

/* At most @limit entries of one ring. Returns how many. */
static uint32_t reset_ring(struct sweep *sweep, struct mezzo_dirty_ring *ring, uint32_t limit)
{
	uint32_t count = 0;

	while (count < limit) {
		struct mezzo_dirty_entry *entry = &ring->entry[ring->reset & ring->mask];

		if (!(atomic_load_explicit(&entry->flags, memory_order_acquire) &
		      MEZZO_DIRTY_RESET))
			break;
		reset_entry(sweep, entry);
		ring->reset++;
		count++;
	}
	return count;
}

int mezzo_dirty_reset(struct mezzo_space *space, uint32_t *count)
{
	const struct mezzo_platform *platform = space->config.platform;
	struct sweep sweep = {.space = space};

	*count = 0;
	if (!space->config.vcpus[0].ring.entry)
		return MEZZO_ERR_INVALID;
	platform->lock(platform->ctx, &space->lock);
	for (uint32_t i = 0; i < space->config.max_vcpus && *count < RESET_ENTRIES; i++)
		*count += reset_ring(&sweep, &space->config.vcpus[i].ring, RESET_ENTRIES - *count);
	sweep_end(&sweep);
	platform->unlock(platform->ctx, &space->lock);
	return *count < RESET_ENTRIES ? MEZZO_OK : MEZZO_ERR_AGAIN;
}
