/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that has failed: out of every space, never to be touched again. */
#include "internal.h"

/* Who holds an entry gives it back soon; a block that is held for longer goes whole. */
#define SPLIT_TRIES 1000

/* Cut the leaf that covers the address down to @order, so that its neighbours can stay. */
static void cut(struct mezzo_space *space, struct mezzo_ipa ipa, unsigned int order)
{
	const struct mezzo_platform *platform = space->config.platform;
	const struct mezzo_table_ops *ops = space->config.arch->table;
	struct mezzo_table *table = &space->table;
	struct mezzo_stock stock = {0};

	/* With less than it asks for the split may fail, and the block goes. */
	(void)ops->stock_fill(table, &stock);
	for (unsigned int i = 0; i < SPLIT_TRIES; i++) {
		if (ops->split(table, &stock, ipa, order) != MEZZO_ERR_AGAIN)
			break;
		platform->relax(platform->ctx);
	}
	ops->stock_drain(table, &stock);
}

/* Does a leaf reach over an edge of [start, end) where @at is? */
static bool reaches_over(const struct mezzo_space *space, uint64_t at, uint64_t start, uint64_t end)
{
	const uint64_t mask = mezzo_order_bytes(whole_order(space, (struct mezzo_ipa){at})) - 1;

	return (at & ~mask) < start || (at | mask) >= end;
}

static int take_out(struct mezzo_slot *slot, uint64_t first, uint64_t end, unsigned int order)
{
	const struct mezzo_platform *platform = slot->space->config.platform;
	const struct mezzo_ipa ipa = slot_part(slot, &first, &end);
	const uint64_t stop = ipa.addr + pages_to_bytes(end - first);
	const uint64_t edges[] = {ipa.addr, stop - MEZZO_PAGE_BYTES};
	uint64_t taken;
	int status;

	if (ipa.addr & (mezzo_order_bytes(order) - 1))
		order = MEZZO_ORDER_4K;
	platform->lock(platform->ctx, &slot->space->lock);
	for (unsigned int i = 0; i < 2; i++)
		if (reaches_over(slot->space, edges[i], ipa.addr, stop))
			cut(slot->space, (struct mezzo_ipa){edges[i]}, order);
	status = zap(slot->space, ipa, end - first, &taken);
	platform->unlock(platform->ctx, &slot->space->lock);
	return status;
}

/* From now on the object answers that it has failed; false: it does not. */
static bool is_known(struct mezzo_object *object, uint64_t first, uint64_t pages)
{
	struct mezzo_frame frame;

	if (object->ops->poison)
		return object->ops->poison(object, first, pages) == MEZZO_OK;
	for (uint64_t i = 0; i < pages; i++)
		if (object->ops->resolve(object, first + i, false, &frame) != MEZZO_ERR_POISONED)
			return false;
	return true;
}

int mezzo_object_poison(struct mezzo_object *object, uint64_t offset_pages, unsigned int order)
{
	const uint64_t pages = order < 64 ? UINT64_C(1) << order : 0;
	const struct mezzo_platform *platform = object->platform;
	struct mezzo_object *root = object_root(object);
	const uint64_t first = root_pages(object, offset_pages), end = first + pages;
	int status = MEZZO_OK;

	if (!pages || offset_pages & (pages - 1) || offset_pages >= object->pages ||
	    pages > object->pages - offset_pages)
		return MEZZO_ERR_INVALID;
	/* Whoever is about to clean looks where, from now on. */
	atomic_store(&root->poisoned, true);
	if (!is_known(root, first, pages))
		return MEZZO_ERR_REFUSED;
	platform->lock(platform->ctx, &root->lock);
	for (struct mezzo_range *range = ranges_first(&root->slots, first, end); range;
	     range = ranges_next(range, first, end))
		if (take_out(range->slot, first, end, order))
			status = MEZZO_ERR_AGAIN;
	platform->unlock(platform->ctx, &root->lock);
	return status;
}
