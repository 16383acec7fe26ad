/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots: creation, deletion, and the sorted index that walkers search.
 *
 * The index exists twice. A change fills the one that nobody reads and swaps; the other may be
 * filled again once every walker that could hold it has left.
 */
#include "internal.h"

struct mezzo_slot *slot_find(struct mezzo_space *space, uint64_t ipa)
{
	const struct mezzo_slot_index *index = atomic_load(&space->live);
	uint32_t low = 0, high = index->count;

	/* The last slot that starts at or below the address. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index->slot[middle]->config.ipa.addr <= ipa)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !slot_covers(index->slot[low - 1], ipa))
		return NULL;
	return index->slot[low - 1];
}

static int refuse(struct mezzo_refusal *why, int status, enum mezzo_reason reason,
		  enum mezzo_field field, uint64_t got, uint64_t want)
{
	*why = (struct mezzo_refusal){reason, field, got, want};
	return status;
}

/* The arguments by themselves. */
static int check_arguments(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			   struct mezzo_refusal *why)
{
	const uint64_t limit = bytes_to_pages(UINT64_C(1) << space->config.ipa_bits);
	const uint64_t first = bytes_to_pages(config->ipa.addr);
	const uint64_t object = config->object->pages;

	if (config->flags & ~MEZZO_SLOT_FLAG_READ_ONLY)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_FLAGS, MEZZO_FIELD_FLAGS,
			      config->flags, config->flags & MEZZO_SLOT_FLAG_READ_ONLY);
	if (config->pages == 0)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES, 0,
			      1);
	if (config->ipa.addr & (MEZZO_PAGE_BYTES - 1))
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED, MEZZO_FIELD_IPA,
			      config->ipa.addr, config->ipa.addr & ~(MEZZO_PAGE_BYTES - 1));
	if (config->pages > bytes_to_pages(UINT64_MAX) - first)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_WRAPS, MEZZO_FIELD_PAGES,
			      config->pages, first < limit ? limit - first : 0);
	if (first + config->pages > limit)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_IPA, MEZZO_FIELD_PAGES,
			      config->pages, first < limit ? limit - first : 0);
	if (config->offset_pages > object)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_OBJECT,
			      MEZZO_FIELD_OFFSET, config->offset_pages, object);
	if (config->pages > object - config->offset_pages)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_OBJECT,
			      MEZZO_FIELD_PAGES, config->pages, object - config->offset_pages);
	return MEZZO_OK;
}

/* Against the slots of the space and of the object. */
static int check_neighbours(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			    struct mezzo_refusal *why)
{
	const struct mezzo_slot_index *index = atomic_load(&space->live);
	const uint64_t end = config->ipa.addr + pages_to_bytes(config->pages);

	for (uint32_t i = 0; i < index->count; i++)
		if (index->slot[i]->config.id == config->id)
			return refuse(why, MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_ID_IN_USE,
				      MEZZO_FIELD_SLOT_ID, config->id, 0);
	for (uint32_t i = 0; i < index->count; i++) {
		const struct mezzo_slot *slot = index->slot[i];

		if (slot->config.ipa.addr < end && config->ipa.addr < slot_end(slot))
			return refuse(why, MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_OVERLAPS,
				      MEZZO_FIELD_SLOT_ID, slot->config.id, slot_end(slot));
	}
	if (index->count == space->config.max_slots)
		return refuse(why, MEZZO_ERR_LIMIT, MEZZO_WHY_SLOT_LIMIT, MEZZO_FIELD_SLOT_ID,
			      index->count, space->config.max_slots);
	if (config->object->contract.aliases != MEZZO_ALIASES_NONE)
		return MEZZO_OK;
	for (const struct mezzo_slot *slot = config->object->slots; slot; slot = slot->object_next)
		if (slot->config.offset_pages < config->offset_pages + config->pages &&
		    config->offset_pages < slot->config.offset_pages + slot->config.pages)
			return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE,
				      MEZZO_FIELD_OFFSET, config->offset_pages,
				      slot->config.offset_pages + slot->config.pages);
	return MEZZO_OK;
}

/* The rule, on (missing, read) with the object's promise: what it grants no
 * fault refuses. */
static int check_policy(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			struct mezzo_decision *decision, struct mezzo_refusal *why)
{
	const struct mezzo_object *object = config->object;
	const struct mezzo_slot slot = {.config = *config};
	const struct mezzo_frame promised = {
		.state = object->contract.promise,
		.writable = object->contract.writable,
	};
	struct mezzo_facts facts;
	struct mezzo_change change[MEZZO_CHANGES_MAX] = {{0}};

	if (object->contract.maintenance == MEZZO_MAINTENANCE_DIRECT &&
	    !space->config.platform->direct)
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_DIRECT_NOT_AVAILABLE,
			      MEZZO_FIELD_MAINTENANCE, MEZZO_MAINTENANCE_DIRECT,
			      MEZZO_MAINTENANCE_WINDOW);
	facts_gather(space, &slot, &promised, &facts);
	facts.fault.kind = MEZZO_FAULT_MISSING;
	facts.fault.access = MEZZO_ACCESS_READ;
	/* The one place where a contract comes in from outside. */
	if (!mezzo_arm64_facts_valid(&facts))
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_FACTS_INADMISSIBLE,
			      MEZZO_FIELD_NONE, 0, 0);
	space->config.arch->decide(&facts, decision);
	if (decision->outcome != MEZZO_REFUSE)
		return MEZZO_OK;
	mezzo_arm64_nearest(space->config.arch->decide, &facts, change);
	return refuse(why, MEZZO_ERR_REFUSED, decision->reason, change[0].field, change[0].from,
		      change[0].to);
}

static struct mezzo_slot *free_slot(struct mezzo_space *space)
{
	for (uint32_t i = 0; i < space->config.max_slots; i++) {
		struct mezzo_slot *slot = &space->config.slots[i];
		uint32_t state = atomic_load(&slot->state);

		if (state == SLOT_FREE ||
		    (state == SLOT_RETIRED && walkers_left(space, slot->retired_at)))
			return slot;
	}
	return NULL;
}

/* The set that nobody reads, or NULL while a walker may still hold it. */
static struct mezzo_slot_index *spare_index(struct mezzo_space *space)
{
	struct mezzo_slot_index *live = atomic_load(&space->live);

	if (!walkers_left(space, space->index_retired_at))
		return NULL;
	return live == &space->sets[0] ? &space->sets[1] : &space->sets[0];
}

static void swap_index(struct mezzo_space *space, struct mezzo_slot_index *next)
{
	atomic_store(&space->live, next);
	space->index_retired_at = walkers_stamp(space);
}

static void index_with(struct mezzo_slot_index *next, const struct mezzo_slot_index *old,
		       struct mezzo_slot *slot)
{
	uint32_t from = 0, to = 0;

	while (from < old->count && old->slot[from]->config.ipa.addr < slot->config.ipa.addr)
		next->slot[to++] = old->slot[from++];
	next->slot[to++] = slot;
	while (from < old->count)
		next->slot[to++] = old->slot[from++];
	next->count = to;
}

static void index_without(struct mezzo_slot_index *next, const struct mezzo_slot_index *old,
			  const struct mezzo_slot *slot)
{
	next->count = 0;
	for (uint32_t i = 0; i < old->count; i++)
		if (old->slot[i] != slot)
			next->slot[next->count++] = old->slot[i];
}

/* How far a resolver need look for a run. */
static void note_run(struct mezzo_object *object, const struct mezzo_slot *slot)
{
	uint8_t order = object->contract.max_order;

	/* What must be cleaned is never larger (see decide.h), nor what does not fit. */
	if (slot->clean_after || slot->config.pages < mezzo_order_pages(order))
		order = MEZZO_ORDER_2M;
	if (order > atomic_load_explicit(&object->run_order, memory_order_relaxed))
		atomic_store_explicit(&object->run_order, order, memory_order_relaxed);
}

static int create_locked(struct mezzo_space *space, const struct mezzo_slot_config *config,
			 struct mezzo_refusal *why)
{
	struct mezzo_slot_index *next;
	struct mezzo_decision decision;
	struct mezzo_slot *slot;
	int status;

	status = check_neighbours(space, config, why);
	if (!status)
		status = check_policy(space, config, &decision, why);
	if (status)
		return status;
	slot = free_slot(space);
	next = spare_index(space);
	if (!slot || !next)
		return MEZZO_ERR_AGAIN;

	slot->config = *config;
	slot->space = space;
	slot->number = ++space->numbered;
	slot->clean_after = decision.clean_after;
	slot->resume = config->ipa;
	slot->object_next = config->object->slots;
	config->object->slots = slot;
	note_run(config->object, slot);
	atomic_store(&slot->state, SLOT_LIVE);
	index_with(next, atomic_load(&space->live), slot);
	swap_index(space, next);
	return MEZZO_OK;
}

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

int mezzo_slot_create(struct mezzo_space *space, const struct mezzo_slot_config *config,
		      struct mezzo_refusal *why)
{
	int status = check_arguments(space, config, why);

	if (status)
		return status;
	lock_both(space, config->object);
	status = create_locked(space, config, why);
	unlock_both(space, config->object);
	return status;
}

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
	struct mezzo_slot_index *next;
	struct mezzo_slot **link = &slot->config.object->slots;

	atomic_store(&slot->state, SLOT_DYING);
	if (slot->resume.addr < slot_end(slot)) {
		uint64_t stop = next_stop(slot);

		zap(space, slot->resume, bytes_to_pages(stop - slot->resume.addr), true);
		slot->resume.addr = stop;
		if (stop < slot_end(slot))
			return MEZZO_ERR_AGAIN;
	}
	next = spare_index(space);
	if (!next)
		return MEZZO_ERR_AGAIN;
	while (*link != slot)
		link = &(*link)->object_next;
	*link = slot->object_next;
	index_without(next, atomic_load(&space->live), slot);
	swap_index(space, next);
	slot->retired_at = walkers_stamp(space);
	atomic_store(&slot->state, SLOT_RETIRED);
	return MEZZO_OK;
}

static struct mezzo_slot *slot_by_id(const struct mezzo_space *space, uint32_t id)
{
	const struct mezzo_slot_index *index = atomic_load(&space->live);

	for (uint32_t i = 0; i < index->count; i++)
		if (index->slot[i]->config.id == id)
			return index->slot[i];
	return NULL;
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
