/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking back: raise the sequence, walk, wait for the invalidations to be complete, and only then
 * maintain the frames. Nothing here can fail.
 */
#include "internal.h"

/* Of memory that has failed in places, only the rest is touched. */
static RARE void clean_sound(const struct mezzo_platform *platform, struct mezzo_object *object,
			     uint64_t offset, const struct mezzo_leaf *leaf)
{
	struct mezzo_object *root = object_root(object);
	struct mezzo_frame frame;

	offset = root_pages(object, offset);
	for (uint64_t i = 0; i < mezzo_order_pages(leaf->order); i++) {
		struct mezzo_pa pa = {leaf->pa.addr + pages_to_bytes(i)};

		if (root->ops->resolve(root, offset + i, false, &frame) != MEZZO_ERR_POISONED)
			frame_clean(platform, &object->contract, pa, MEZZO_PAGE_BYTES);
	}
}

/*
 * Nobody else maps exclusive memory: no line can come back, unless from a device; or unless the leaf
 * was of the shared view, whose type is that of cached memory.
 */
static bool no_line_comes_back(const struct mezzo_space *space, const struct mezzo_slot *slot,
			       const struct mezzo_leaf *leaf)
{
	const struct mezzo_contract *contract = &slot->config.object->contract;

	return contract->aliases == MEZZO_ALIASES_NONE &&
	       (!space->devices || contract->dma == MEZZO_DMA_NONE) &&
	       !(slot->config.shared && leaf->attr.type == MEZZO_STAGE2_NORMAL_WB);
}

/*
 * A leaf is gone from every TLB: do what its contract owes its frame, and tell what the hardware
 * noted. Whoever ended a log has no use for its notes.
 */
static void settle_frame(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	struct mezzo_space *space = arg;
	struct mezzo_slot *slot = slot_find(space, ipa.addr);
	struct mezzo_object *object = slot->config.object;

	if (leaf->attr.dirty && slot_logs(&slot->config))
		log_mark_part(slot, ipa.addr, mezzo_order_pages(leaf->order));
	if (!leaf->attr.clean_after)
		return;
	if (atomic_load(&object_root(object)->poisoned))
		clean_sound(space->config.platform, object, slot_offset(slot, ipa.addr), leaf);
	else
		frame_clean(space->config.platform, &object->contract, leaf->pa,
			    mezzo_order_bytes(leaf->order));
	if (no_line_comes_back(space, slot, leaf))
		object->ops->frames_lines(object, slot_offset(slot, ipa.addr),
					  mezzo_order_pages(leaf->order), MEZZO_LINES_CLEAN);
}

void space_reclaim(struct mezzo_space *space)
{
	if (space->table.retired && walkers_left(space, space->reclaim_at))
		space->config.arch->table->reclaim(&space->table);
}

unsigned int whole_order(const struct mezzo_space *space, struct mezzo_ipa ipa)
{
	struct mezzo_leaf leaf;

	space->table.ops->lookup(&space->table, ipa, &leaf);
	return leaf.state == MEZZO_ENTRY_LEAF ? leaf.order
					      : space->table.page_shift - MEZZO_PAGE_SHIFT;
}

int zap(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages, uint64_t *taken)
{
	const struct mezzo_table_ops *ops = space->config.arch->table;
	const struct mezzo_ipa last = {ipa.addr + pages_to_bytes(pages) - 1};
	struct mezzo_flush flush = {0};
	struct mezzo_ipa start;
	uint64_t end;

	*taken = 0;
	/* A device may write until it is done: nothing is cleaned before. */
	if (!dma_taken(space, ipa, pages))
		return MEZZO_ERR_AGAIN;
	space_reclaim(space);
	/* Faults under way see this, or we see the entry they hold (see is_current). */
	atomic_fetch_add(&space->sequence, 1);

	/* Refused where a fault that is under way has made a block over an edge meanwhile. */
	do {
		start.addr = ipa.addr & -mezzo_order_bytes(whole_order(space, ipa));
		end = behind(last.addr, whole_order(space, last));
	} while (ops->unmap(&space->table, start, bytes_to_pages(end - start.addr), true, &flush) !=
		 MEZZO_OK);
	*taken = flush.pages;
	ops->settle(&space->table, &flush, settle_frame, space);
	space->reclaim_at = walkers_stamp(space);
	space_reclaim(space);
	return MEZZO_OK;
}

int mezzo_space_unmap(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages)
{
	const struct mezzo_platform *platform = space->config.platform;
	uint64_t taken;
	int status;

	if (!range_is_valid(space, ipa, pages))
		return MEZZO_ERR_INVALID;
	if (pages == 0)
		return MEZZO_OK;
	platform->lock(platform->ctx, &space->lock);
	status = zap(space, ipa, pages, &taken);
	platform->unlock(platform->ctx, &space->lock);
	return status;
}

int mezzo_space_age(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages, bool *accessed)
{
	const struct mezzo_platform *platform = space->config.platform;
	const struct mezzo_table_ops *ops = space->table.ops;
	struct mezzo_flush flush = {0};

	if (!range_is_valid(space, ipa, pages))
		return MEZZO_ERR_INVALID;
	platform->lock(platform->ctx, &space->lock);
	*accessed = pages && ops->age(&space->table, ipa, pages, &flush);
	ops->settle(&space->table, &flush, NULL, NULL);
	platform->unlock(platform->ctx, &space->lock);
	return MEZZO_OK;
}

/* The part [first, end) of a slot, in the root's pages. */
static int zap_slot(struct mezzo_slot *slot, uint64_t first, uint64_t end)
{
	const struct mezzo_platform *platform = slot->space->config.platform;
	const struct mezzo_ipa ipa = slot_part(slot, &first, &end);
	uint64_t taken;
	int status;

	platform->lock(platform->ctx, &slot->space->lock);
	status = zap(slot->space, ipa, end - first, &taken);
	platform->unlock(platform->ctx, &slot->space->lock);
	return status;
}

int mezzo_object_revoke(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages)
{
	const struct mezzo_platform *platform = object->platform;
	struct mezzo_object *root = object_root(object);
	uint64_t first, end;
	int status = MEZZO_OK;

	if (offset_pages >= object->pages || pages == 0)
		return MEZZO_OK;
	if (pages > object->pages - offset_pages)
		pages = object->pages - offset_pages;
	first = root_pages(object, offset_pages);
	end = first + pages;

	platform->lock(platform->ctx, &root->lock);
	for (struct mezzo_range *range = ranges_first(&root->slots, first, end); range;
	     range = ranges_next(range, first, end))
		if (object_holds(object, range->slot->config.object) &&
		    zap_slot(range->slot, first, end))
			status = MEZZO_ERR_AGAIN;
	platform->unlock(platform->ctx, &root->lock);
	return status;
}
