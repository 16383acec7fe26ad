/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots: creation and deletion. */
#include "internal.h"

/* The object's lock is always taken before the space's. */
static void lock_both(struct mezzo_space *space, struct mezzo_object *object)
{
	const struct mezzo_platform *platform = space->config.platform;

	platform->lock(platform->ctx, &object->lock);
	platform->lock(platform->ctx, &space->lock);
}

static void unlock_both(struct mezzo_space *space, struct mezzo_object *object)
{
	const struct mezzo_platform *platform = space->config.platform;

	platform->unlock(platform->ctx, &space->lock);
	platform->unlock(platform->ctx, &object->lock);
}

/* --- creation ---------------------------------------------------------------------------------- */

/* A slot as it will be found. Its place in the space's list of ids is another's as well. */
static void fill(struct mezzo_slot *slot, struct mezzo_space *space,
		 const struct mezzo_slot_config *config, const struct mezzo_decision *decision)
{
	slot->config = *config;
	slot->space = space;
	slot->number = ++space->numbered;
	slot->clean_after = decision->clean_after;
	slot->resume = config->ipa;
	for (unsigned int i = 0; i < 2; i++)
		slot->by_ipa[i] = (struct mezzo_range){
			.first = config->ipa.addr,
			.end = slot_end(slot),
			.slot = slot,
		};
	slot->by_offset = (struct mezzo_range){
		.first = config->offset_pages,
		.end = config->offset_pages + config->pages,
		.slot = slot,
	};
	atomic_store(&slot->state, SLOT_LIVE);
}

static int create_locked(struct mezzo_space *space, const struct mezzo_slot_config *config,
			 struct mezzo_refusal *why)
{
	struct mezzo_decision decision;
	struct mezzo_slot *slot;
	int status = slot_check_new(space, config, &decision, why);

	if (status)
		return status;
	if (!index_ready(space))
		return MEZZO_ERR_AGAIN;
	slot = slot_take(space);
	fill(slot, space, config, &decision);
	slot_name(space, slot);
	ranges_insert(&config->object->slots, &slot->by_offset);
	index_commit(space, slot, NULL);
	return MEZZO_OK;
}

int mezzo_slot_create(struct mezzo_space *space, const struct mezzo_slot_config *config,
		      struct mezzo_refusal *why)
{
	int status = slot_check_arguments(space, config, why);

	if (status)
		return status;
	lock_both(space, config->object);
	status = create_locked(space, config, why);
	unlock_both(space, config->object);
	return status;
}

/* --- deletion ---------------------------------------------------------------------------------- */

/*
 * How far one call of delete may go. Entries that must be cleaned: 2 MiB, a fault's worth. Others
 * cost a table walk only: a gigabyte.
 */
static uint64_t next_stop(const struct mezzo_slot *slot)
{
	unsigned int order = slot->clean_after ? MEZZO_ORDER_2M : MEZZO_ORDER_1G;
	uint64_t stop = (slot->resume.addr | (mezzo_order_bytes(order) - 1)) + 1;

	return stop < slot_end(slot) ? stop : slot_end(slot);
}

static int delete_locked(struct mezzo_space *space, struct mezzo_slot *slot)
{
	atomic_store(&slot->state, SLOT_DYING);
	if (slot->resume.addr < slot_end(slot)) {
		uint64_t stop = next_stop(slot);

		zap(space, slot->resume, bytes_to_pages(stop - slot->resume.addr), true);
		slot->resume.addr = stop;
		if (stop < slot_end(slot))
			return MEZZO_ERR_AGAIN;
	}
	if (!index_ready(space))
		return MEZZO_ERR_AGAIN;
	ranges_remove(&slot->config.object->slots, &slot->by_offset);
	slot_unname(space, slot);
	index_commit(space, NULL, slot);
	atomic_store(&slot->state, SLOT_RETIRED);
	return MEZZO_OK;
}
int mezzo_slot_delete(struct mezzo_space *space, uint32_t id)
{
	const struct mezzo_platform *platform = space->config.platform;
	struct mezzo_object *object = NULL;
	struct mezzo_slot *slot;
	int status;

	/* The slot tells which object to lock, and the object is locked first: look,
	 * then look again. */
	platform->lock(platform->ctx, &space->lock);
	slot = slot_by_id(space, id);
	if (slot)
		object = slot->config.object;
	platform->unlock(platform->ctx, &space->lock);
	if (!object)
		return MEZZO_ERR_NOENT;

	lock_both(space, object);
	slot = slot_by_id(space, id);
	status = slot && slot->config.object == object ? delete_locked(space, slot)
						       : MEZZO_ERR_AGAIN;
	unlock_both(space, object);
	return status;
}
