/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Would a slot be accepted? Every refusal names the rule, the field, what it was and what would do
 * in its place.
 */
#include "internal.h"

static uint64_t limit_bytes(const struct mezzo_space *space)
{
	return UINT64_C(1) << space->config.ipa_bits;
}

/* A range that does not end below @limit: which of the two numbers would have to change. */
static int refuse_end(uint64_t ipa, uint64_t pages, uint64_t limit, enum mezzo_reason reason,
		      struct mezzo_refusal *why)
{
	if (ipa < limit)
		return refuse(why, MEZZO_ERR_INVALID, reason, MEZZO_FIELD_PAGES, pages,
			      bytes_to_pages(limit - ipa));
	return refuse(why, MEZZO_ERR_INVALID, reason, MEZZO_FIELD_IPA, ipa,
		      pages < bytes_to_pages(limit) ? limit - pages_to_bytes(pages) : 0);
}

int slot_check_range(struct mezzo_ipa ipa, uint64_t pages, unsigned int page_shift, uint64_t limit,
		     struct mezzo_refusal *why)
{
	const uint64_t granule = (UINT64_C(1) << page_shift) - 1;

	if (pages == 0)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES, 0,
			      1);
	if (ipa.addr & granule)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED, MEZZO_FIELD_IPA,
			      ipa.addr, ipa.addr & ~granule);
	if (pages & bytes_to_pages(granule))
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED, MEZZO_FIELD_PAGES,
			      pages, pages & ~bytes_to_pages(granule));
	if (pages > bytes_to_pages(UINT64_MAX) - bytes_to_pages(ipa.addr))
		return refuse_end(ipa.addr, pages, limit, MEZZO_WHY_SLOT_WRAPS, why);
	return MEZZO_OK;
}

int slot_check_limit(struct mezzo_ipa ipa, uint64_t pages, uint64_t limit,
		     struct mezzo_refusal *why)
{
	if (ipa.addr + pages_to_bytes(pages) > limit)
		return refuse_end(ipa.addr, pages, limit, MEZZO_WHY_SLOT_BEYOND_IPA, why);
	return MEZZO_OK;
}

int slot_check_flags(uint32_t flags, struct mezzo_refusal *why)
{
	const uint32_t known =
		MEZZO_SLOT_FLAG_READ_ONLY | MEZZO_SLOT_FLAG_LOG_DIRTY |
		(flags & MEZZO_SLOT_FLAG_LOG_DIRTY ? MEZZO_SLOT_FLAG_STARTS_DIRTY : 0);

	if (flags & ~known)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_FLAGS, MEZZO_FIELD_FLAGS,
			      flags, flags & known);
	return MEZZO_OK;
}

/* Of the same frames, page for page, and not private. */
static bool is_other_view(const struct mezzo_slot_config *config)
{
	const struct mezzo_object *shared = config->shared, *object = config->object;

	return object->contract.is_private && !shared->contract.is_private &&
	       shared->parent == object && !shared->parent_pages && shared->pages == object->pages;
}

/* The arguments by themselves. */
int slot_check_arguments(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			 struct mezzo_refusal *why)
{
	int status = slot_check_flags(config->flags, why);

	if (status)
		return status;
	/* A log without memory would lose writes. */
	if (slot_logs(config) && !config->bitmap)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_LOG_NO_BITMAP,
			      MEZZO_FIELD_BITMAP, 0,
			      MEZZO_DIRTY_WORDS(config->pages) * sizeof(uint64_t));
	status = slot_check_range(config->ipa, config->pages, space->table.page_shift,
				  limit_bytes(space), why);
	if (!status && config->shared && !is_other_view(config))
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_PRIVATE_VIEWS, MEZZO_FIELD_OBJECT,
			      (uintptr_t)config->shared, 0);
	return status;
}

/* The lowest address from @ipa on with room between slots; UINT64_MAX: nowhere. */
static uint64_t gap_from(const struct mezzo_space *space, uint64_t ipa, uint64_t bytes)
{
	const uint64_t limit = limit_bytes(space);
	const struct mezzo_slot *slot = slot_first(space, ipa, limit);

	while (slot && (slot->config.ipa.addr < ipa || slot->config.ipa.addr - ipa < bytes)) {
		ipa = slot_end(slot);
		slot = slot_next(space, slot, limit);
	}
	return ipa < limit && limit - ipa >= bytes ? ipa : UINT64_MAX;
}

/* Where there is room for the slot; where it was asked for, if nowhere. */
static uint64_t free_ipa(const struct mezzo_space *space, const struct mezzo_slot_config *config)
{
	const uint64_t bytes = pages_to_bytes(config->pages);
	uint64_t ipa = gap_from(space, config->ipa.addr, bytes);

	if (ipa == UINT64_MAX)
		ipa = gap_from(space, 0, bytes);
	return ipa == UINT64_MAX ? config->ipa.addr : ipa;
}

/* Against the other slots of the space. @self: the slot that is to be changed, or NULL. */
static int check_overlap(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			 const struct mezzo_slot *self, struct mezzo_refusal *why)
{
	const uint64_t first = config->ipa.addr, end = first + pages_to_bytes(config->pages);
	const struct mezzo_slot *slot = slot_first(space, first, end);

	if (slot && slot == self)
		slot = slot_next(space, slot, end);
	if (!slot)
		return MEZZO_OK;
	refuse(why, MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_OVERLAPS, MEZZO_FIELD_IPA, first,
	       free_ipa(space, config));
	why->slot = slot->config.id;
	return MEZZO_ERR_EXISTS;
}

static int check_ends(const struct mezzo_space *space, const struct mezzo_slot_config *config,
		      struct mezzo_refusal *why)
{
	const uint64_t pages = config->object->pages, offset = config->offset_pages;

	const int status = slot_check_limit(config->ipa, config->pages, limit_bytes(space), why);

	if (status)
		return status;
	if (offset >= pages)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_OBJECT,
			      MEZZO_FIELD_OFFSET, offset,
			      config->pages < pages ? pages - config->pages : 0);
	if (config->pages > pages - offset)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_OBJECT,
			      MEZZO_FIELD_PAGES, config->pages, pages - offset);
	return MEZZO_OK;
}

/* Where in the object nobody has mapped so many pages; where it was asked for, if nowhere. */
static uint64_t free_offset(const struct mezzo_slot_config *config)
{
	const struct mezzo_ranges *slots = &object_root(config->object)->slots;
	const uint64_t start = root_pages(config->object, 0), end = start + config->object->pages;
	uint64_t gap = ranges_gap(slots, start + config->offset_pages, config->pages, end);

	if (gap == UINT64_MAX)
		gap = ranges_gap(slots, start, config->pages, end);
	return gap == UINT64_MAX ? config->offset_pages : gap - start;
}

/*
 * Of the slots of the same memory, one that is exclusive, too. Private memory's shared view is not: a
 * page is in one view only.
 */
static const struct mezzo_slot *exclusive_slot(const struct mezzo_slot_config *config)
{
	const uint64_t first = root_pages(config->object, config->offset_pages);
	const uint64_t end = first + config->pages;
	struct mezzo_range *range = ranges_first(&object_root(config->object)->slots, first, end);

	while (range && range->slot->config.object->contract.aliases != MEZZO_ALIASES_NONE)
		range = ranges_next(range, first, end);
	return range ? range->slot : NULL;
}

static bool is_lent(const struct mezzo_object *object)
{
	while (object && !atomic_load(&object->lent))
		object = object->parent;
	return object;
}

/* Against the slots of the same memory, wherever they are: no aliases means none. */
static int check_alone(const struct mezzo_slot_config *config, struct mezzo_refusal *why)
{
	const struct mezzo_slot *other = exclusive_slot(config);

	if (config->object->contract.aliases != MEZZO_ALIASES_NONE ||
	    (!other && !is_lent(config->object)))
		return MEZZO_OK;
	refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE, MEZZO_FIELD_OFFSET,
	       config->offset_pages, other ? free_offset(config) : config->offset_pages);
	why->slot = other ? other->config.id : config->id;
	return MEZZO_ERR_REFUSED;
}

/* The rule, on (missing, read) with the object's promise: what it grants no
 * fault refuses. */
static int check_object(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			const struct mezzo_object *object, bool mte,
			struct mezzo_decision *decision, struct mezzo_refusal *why)
{
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
	facts_gather(space, &slot, config->ipa.addr, object, &promised, &facts);
	facts.guest.mte = mte;
	facts.fault.kind = MEZZO_FAULT_MISSING;
	facts.fault.access = MEZZO_ACCESS_READ;
	/* The one place where a contract comes in from outside. */
	if (!space->config.arch->facts_valid(&facts))
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_FACTS_INADMISSIBLE,
			      MEZZO_FIELD_NONE, 0, 0);
	space->config.arch->decide(&facts, decision);
	if (decision->outcome != MEZZO_REFUSE)
		return MEZZO_OK;
	space->config.arch->nearest(space->config.arch->decide, &facts, change);
	return refuse(why, MEZZO_ERR_REFUSED, decision->reason, change[0].field, change[0].from,
		      change[0].to);
}

/* Of both views. What follows for the slot is what follows for one of them. */
static int check_policy(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			bool mte, struct mezzo_decision *decision, struct mezzo_refusal *why)
{
	struct mezzo_decision shared;
	int status = check_object(space, config, config->object, mte, decision, why);

	if (status || !config->shared)
		return status;
	status = check_object(space, config, config->shared, mte, &shared, why);
	if (!status)
		decision->clean_after |= shared.clean_after;
	return status;
}

/* An id that nobody has. */
static uint32_t free_id(const struct mezzo_space *space, uint32_t id)
{
	while (slot_by_id(space, id))
		id++;
	return id;
}

int slot_check_new(struct mezzo_space *space, const struct mezzo_slot_config *config,
		   struct mezzo_decision *decision, struct mezzo_refusal *why)
{
	int status;

	if (slot_by_id(space, config->id))
		return refuse(why, MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_ID_IN_USE, MEZZO_FIELD_SLOT_ID,
			      config->id, free_id(space, config->id));
	status = check_overlap(space, config, NULL, why);
	if (!status)
		status = check_ends(space, config, why);
	if (!status && space->count == space->config.max_slots)
		return refuse(why, MEZZO_ERR_LIMIT, MEZZO_WHY_SLOT_LIMIT, MEZZO_FIELD_SLOT_ID,
			      space->count + 1, space->config.max_slots);
	if (!status)
		status = check_alone(config, why);
	if (!status)
		status = check_policy(space, config, atomic_load(&space->mte), decision, why);
	return status;
}

/* What a slot is made of, it keeps. */
static int check_fixed(const struct mezzo_slot_config *is, const struct mezzo_slot_config *to,
		       struct mezzo_refusal *why)
{
	const uint32_t fixed = MEZZO_SLOT_FLAG_READ_ONLY |
			       (slot_logs(is) && slot_logs(to) ? MEZZO_SLOT_FLAG_STARTS_DIRTY : 0);
	enum mezzo_field field;
	uint64_t got, want;

	if (to->pages != is->pages) {
		field = MEZZO_FIELD_PAGES;
		got = to->pages;
		want = is->pages;
	} else if (to->object != is->object) {
		field = MEZZO_FIELD_OBJECT;
		got = (uintptr_t)to->object;
		want = (uintptr_t)is->object;
	} else if (to->shared != is->shared) {
		field = MEZZO_FIELD_OBJECT;
		got = (uintptr_t)to->shared;
		want = (uintptr_t)is->shared;
	} else if (to->offset_pages != is->offset_pages) {
		field = MEZZO_FIELD_OFFSET;
		got = to->offset_pages;
		want = is->offset_pages;
	} else if ((to->flags ^ is->flags) & fixed) {
		field = MEZZO_FIELD_FLAGS;
		got = to->flags;
		want = (to->flags & ~fixed) | (is->flags & fixed);
	} else if (slot_logs(is) && slot_logs(to) && to->bitmap != is->bitmap) {
		field = MEZZO_FIELD_BITMAP;
		got = (uintptr_t)to->bitmap;
		want = (uintptr_t)is->bitmap;
	} else {
		return MEZZO_OK;
	}
	return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_FIXED, field, got, want);
}

int slot_check_change(struct mezzo_space *space, const struct mezzo_slot *slot,
		      const struct mezzo_slot_config *to, struct mezzo_decision *decision,
		      struct mezzo_refusal *why)
{
	int status = check_fixed(&slot->config, to, why);

	if (!status && to->ipa.addr != slot->config.ipa.addr &&
	    atomic_load(&slot->config.object->pinned))
		status = refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_SLOT_ACCEPTED, MEZZO_FIELD_IPA,
				to->ipa.addr, slot->config.ipa.addr);
	if (!status)
		status = check_overlap(space, to, slot, why);
	if (!status)
		status = check_ends(space, to, why);
	if (!status)
		status = check_policy(space, to, atomic_load(&space->mte), decision, why);
	return status;
}

int slot_check_mte(struct mezzo_space *space, const struct mezzo_slot *slot, bool mte,
		   struct mezzo_refusal *why)
{
	struct mezzo_decision decision;
	int status = check_policy(space, &slot->config, mte, &decision, why);

	if (status)
		why->slot = slot->config.id;
	return status;
}

int slot_refuse_unknown(uint32_t id, struct mezzo_refusal *why)
{
	return refuse(why, MEZZO_ERR_NOENT, MEZZO_WHY_SLOT_ID_UNKNOWN, MEZZO_FIELD_SLOT_ID, id, id);
}
