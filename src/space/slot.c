/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots come and go. */
#include "internal.h"

/* --- locks ------------------------------------------------------------------------------------- */

/* The object's lock, which is its root's, is always taken before the space's. */
static void lock_both(struct mezzo_space *space, struct mezzo_object *object)
{
	const struct mezzo_platform *platform = space->config.platform;

	platform->lock(platform->ctx, &object_root(object)->lock);
	platform->lock(platform->ctx, &space->lock);
}

void slot_unlock(struct mezzo_space *space, struct mezzo_object *object)
{
	const struct mezzo_platform *platform = space->config.platform;

	platform->unlock(platform->ctx, &space->lock);
	platform->unlock(platform->ctx, &object_root(object)->lock);
}

typedef struct mezzo_slot *find_fn(struct mezzo_space *space, uint64_t what);

static struct mezzo_slot *find_id(struct mezzo_space *space, uint64_t id)
{
	return slot_by_id(space, (uint32_t)id);
}

static int lock_found(struct mezzo_space *space, find_fn *find, uint64_t what,
		      struct mezzo_slot **slot)
{
	const struct mezzo_platform *platform = space->config.platform;
	struct mezzo_object *object = NULL;

	/* The slot tells which object to lock, and the object is locked first: look,
	 * then look again. */
	platform->lock(platform->ctx, &space->lock);
	*slot = find(space, what);
	if (*slot)
		object = (*slot)->config.object;
	platform->unlock(platform->ctx, &space->lock);
	if (!object)
		return MEZZO_ERR_NOENT;

	lock_both(space, object);
	*slot = find(space, what);
	if (*slot && (*slot)->config.object == object)
		return MEZZO_OK;
	slot_unlock(space, object);
	return MEZZO_ERR_AGAIN;
}

int slot_lock(struct mezzo_space *space, uint32_t id, struct mezzo_slot **slot)
{
	return lock_found(space, find_id, id, slot);
}

int slot_lock_at(struct mezzo_space *space, struct mezzo_ipa ipa, struct mezzo_slot **slot)
{
	return lock_found(space, slot_find, ipa.addr, slot);
}

/* --- creation ---------------------------------------------------------------------------------- */

/* How far the object's resolver need look for a run. */
static void note_run(const struct mezzo_slot *slot)
{
	const uint64_t orders = slot->space->table.orders;
	struct mezzo_object *root = object_root(slot->config.object);
	uint8_t order = slot->config.object->contract.max_order;

	/* What must be cleaned is never larger (see decide.h), nor what does not fit. */
	while (order > MEZZO_ORDER_2M && (slot->clean_after || !(orders >> order & 1) ||
					  slot->config.pages < mezzo_order_pages(order)))
		order--;
	if (order > atomic_load_explicit(&root->run_order, memory_order_relaxed))
		atomic_store_explicit(&root->run_order, order, memory_order_relaxed);
	order = (uint8_t)__builtin_ctzll(orders & ~UINT64_C(1));
	if (order < MEZZO_ORDER_2M &&
	    order > atomic_load_explicit(&root->piece_order, memory_order_relaxed))
		atomic_store_explicit(&root->piece_order, order, memory_order_relaxed);
}

void slot_fill(struct mezzo_slot *slot, struct mezzo_space *space,
	       const struct mezzo_slot_config *config, const struct mezzo_decision *decision)
{
	const uint64_t first = root_pages(config->object, config->offset_pages);

	slot->config = *config;
	slot->space = space;
	slot->number = ++space->numbered;
	slot->clean_after = decision->clean_after;
	slot->guarded.addr = slot_end(slot);
	slot->reshaped = config->ipa;
	slot->by_offset = (struct mezzo_range){
		.first = first,
		.end = first + config->pages,
		.slot = slot,
	};
	note_run(slot);
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
	slot_fill(slot, space, config, &decision);
	if (config->flags & MEZZO_SLOT_FLAG_STARTS_DIRTY)
		log_mark(slot, 0, config->pages);
	slot_name(space, slot);
	ranges_insert(&object_root(config->object)->slots, &slot->by_offset);
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
	slot_unlock(space, config->object);
	return status;
}

/* --- deletion ---------------------------------------------------------------------------------- */

/* Pieces in which nothing is mapped cost a look each: so many of them are one call's work. */
#define EMPTY_PIECES 512

/*
 * A piece of a slot to be emptied. Entries that must be cleaned: 2 MiB, a fault's worth. Others
 * cost a table walk only: a gigabyte.
 */
static uint64_t piece_end(const struct mezzo_slot *slot)
{
	unsigned int order = slot->clean_after ? MEZZO_ORDER_2M : MEZZO_ORDER_1G;
	uint64_t end = (slot->emptied.addr | (mezzo_order_bytes(order) - 1)) + 1;

	return end < slot_end(slot) ? end : slot_end(slot);
}

bool slot_emptied(struct mezzo_space *space, struct mezzo_slot *slot)
{
	uint64_t taken = 0;

	if (atomic_load(&slot->state) == SLOT_LIVE) {
		slot->emptied = slot->config.ipa;
		atomic_store(&slot->state, SLOT_LEAVING);
	}
	for (unsigned int i = 0; i < EMPTY_PIECES && !taken; i++) {
		const struct mezzo_ipa from = slot->emptied;

		if (from.addr >= slot_end(slot))
			break;
		if (zap(space, from, bytes_to_pages(piece_end(slot) - from.addr), &taken))
			return false;
		slot->emptied.addr = piece_end(slot);
	}
	return slot->emptied.addr >= slot_end(slot);
}

static int delete_locked(struct mezzo_space *space, struct mezzo_slot *slot,
			 struct mezzo_refusal *why)
{
	const uint64_t pinned = atomic_load(&slot->config.object->pinned);

	/* The guest may have accepted it since the deletion began: it finds the slot again. */
	if (pinned) {
		atomic_store(&slot->state, SLOT_LIVE);
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_SLOT_ACCEPTED, MEZZO_FIELD_OBJECT,
			      pinned, 0);
	}
	if (!slot_emptied(space, slot) || !index_ready(space))
		return MEZZO_ERR_AGAIN;
	ranges_remove(&object_root(slot->config.object)->slots, &slot->by_offset);
	slot_unname(space, slot);
	index_commit(space, NULL, slot);
	atomic_store(&slot->state, SLOT_RETIRED);
	return MEZZO_OK;
}

int mezzo_slot_delete(struct mezzo_space *space, uint32_t id, struct mezzo_refusal *why)
{
	struct mezzo_refusal untold;
	struct mezzo_object *object;
	struct mezzo_slot *slot;
	int status = slot_lock(space, id, &slot);

	if (!why)
		why = &untold;
	if (status == MEZZO_ERR_NOENT)
		return refuse(why, status, MEZZO_WHY_SLOT_ID_UNKNOWN, MEZZO_FIELD_SLOT_ID, id, id);
	if (status)
		return status;
	object = slot->config.object;
	status = delete_locked(space, slot, why);
	slot_unlock(space, object);
	return status;
}

/* --- questions --------------------------------------------------------------------------------- */

int mezzo_slot_get(struct mezzo_space *space, uint32_t id, struct mezzo_slot_config *config)
{
	const struct mezzo_platform *platform = space->config.platform;
	const struct mezzo_slot *slot;

	platform->lock(platform->ctx, &space->lock);
	slot = slot_by_id(space, id);
	if (slot)
		*config = slot->config;
	platform->unlock(platform->ctx, &space->lock);
	return slot ? MEZZO_OK : MEZZO_ERR_NOENT;
}

int mezzo_slot_next(struct mezzo_space *space, struct mezzo_ipa ipa,
		    struct mezzo_slot_config *config)
{
	const struct mezzo_platform *platform = space->config.platform;
	const struct mezzo_slot *slot;

	platform->lock(platform->ctx, &space->lock);
	slot = slot_first(space, ipa.addr, UINT64_MAX);
	if (slot)
		*config = slot->config;
	platform->unlock(platform->ctx, &space->lock);
	return slot ? MEZZO_OK : MEZZO_ERR_NOENT;
}
