/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The size of leaves: split before they are written page by page, and made large again afterwards.
 * Neither changes what a leaf says. A slot remembers how far it has come.
 */
#include "internal.h"

/* Pieces in which there is nothing to do cost a look each: so many of them are one call's work. */
#define IDLE_PIECES 512

#define NONE_LARGER (MEZZO_ORDER_MAX + 1u)

static void lock(struct mezzo_space *space)
{
	space->config.platform->lock(space->config.platform->ctx, &space->lock);
}

static void unlock(struct mezzo_space *space)
{
	space->config.platform->unlock(space->config.platform->ctx, &space->lock);
}

/* --- sizes ------------------------------------------------------------------------------------- */

/* The size of leaves after @order. */
static unsigned int next_order(const struct mezzo_space *space, unsigned int order)
{
	const uint64_t larger = space->table.orders & ~((UINT64_C(2) << order) - 1);

	return larger ? (unsigned int)__builtin_ctzll(larger) : NONE_LARGER;
}

/* The entries that are exchanged for a leaf of @order, larger than a page: of a table, or a group. */
static unsigned int part_order(const struct mezzo_space *space, unsigned int order)
{
	const unsigned int bits = space->table.page_shift - 3u;
	unsigned int part = page_order(space);

	while (part + bits < order)
		part += bits;
	return part;
}

/* The end is reached: whoever calls once more begins anew. */
static int from_the_start(struct mezzo_slot *slot)
{
	slot->reshaped = slot->config.ipa;
	return MEZZO_OK;
}

/* --- splitting --------------------------------------------------------------------------------- */

static int split_at(struct mezzo_space *space, struct mezzo_ipa ipa)
{
	const struct mezzo_table_ops *ops = space->table.ops;
	const unsigned int order = page_order(space);
	int status = ops->split(&space->table, &space->stock, ipa, order);

	if (status != MEZZO_ERR_NOMEM)
		return status;
	/* What it got may be enough. */
	(void)!ops->stock_fill(&space->table, &space->stock);
	return ops->split(&space->table, &space->stock, ipa, order);
}

/* Split the next leaf that is too large. OK: there is none. */
static int split_next(struct mezzo_space *space, struct mezzo_slot *slot)
{
	const unsigned int page = page_order(space), next = next_order(space, page);
	struct mezzo_leaf leaf;
	int status;

	for (unsigned int i = 0; i < IDLE_PIECES; i++) {
		const struct mezzo_ipa at = slot->reshaped;

		if (at.addr >= slot_end(slot))
			return from_the_start(slot);
		space->table.ops->lookup(&space->table, at, &leaf);
		if (leaf.state == MEZZO_ENTRY_BUSY)
			break;
		if (leaf.state == MEZZO_ENTRY_LEAF && leaf.order != page) {
			status = split_at(space, at);
			if (status == MEZZO_ERR_NOMEM)
				return status;
			break;
		}
		/* Beside a page there are only pages. */
		slot->reshaped.addr = behind(at.addr, leaf.order > next ? leaf.order : next);
	}
	return MEZZO_ERR_AGAIN;
}

int mezzo_slot_split(struct mezzo_space *space, uint32_t id, struct mezzo_refusal *why)
{
	struct mezzo_slot *slot;
	int status;

	lock(space);
	status = log_find(space, id, &slot, why);
	if (!status)
		status = split_next(space, slot);
	unlock(space);
	return status;
}

/* --- collapsing -------------------------------------------------------------------------------- */

/* The largest leaf that a fault in the slot could make, unless it is a page. */
static unsigned int largest(const struct mezzo_slot *slot)
{
	const unsigned int order = slot->config.object->contract.max_order;

	return slot->clean_after && order > MEZZO_ORDER_2M ? MEZZO_ORDER_2M : order;
}

/* What stands where a block could be. */
struct survey {
	bool whole;     /* all its parts, and they differ in nothing but write permission */
	bool congruent; /* some of its parts, and each where the block would have it */
};

static bool differ(const struct mezzo_attr *a, const struct mezzo_attr *b)
{
	return a->type != b->type || a->read != b->read || a->exec != b->exec ||
	       a->no_tag_access != b->no_tag_access || a->clean_after != b->clean_after;
}

static struct survey survey(const struct mezzo_space *space, uint64_t start, unsigned int order)
{
	const uint64_t mask = mezzo_order_bytes(order) - 1;
	const unsigned int part = part_order(space, order);
	struct survey found = {.whole = true, .congruent = true};
	struct mezzo_leaf first, leaf;
	bool any = false;

	for (uint64_t at = start; at <= start + mask; at = behind(at, leaf.order)) {
		space->table.ops->lookup(&space->table, (struct mezzo_ipa){at}, &leaf);
		if (leaf.order < part)
			leaf = (struct mezzo_leaf){.order = (uint8_t)part};
		if (leaf.state != MEZZO_ENTRY_LEAF || leaf.order >= order) {
			found.whole = false;
			continue;
		}
		if (!any)
			first = leaf;
		any = true;
		found.congruent &=
			!((leaf.pa.addr ^ at) & mask) && !((leaf.pa.addr ^ first.pa.addr) & ~mask);
		found.whole &= !differ(&leaf.attr, &first.attr);
	}
	found.congruent &= any;
	found.whole &= found.congruent;
	return found;
}

/*
 * Write permission, and who notes it, is what logging made different: take it away everywhere. What
 * was noted since the log ended is nobody's business.
 */
static void make_alike(struct mezzo_space *space, uint64_t start, unsigned int order)
{
	struct mezzo_table *table = &space->table;
	struct mezzo_flush flush = {0};

	table->ops->protect(table, (struct mezzo_ipa){start}, mezzo_order_pages(order), false,
			    &flush);
	table->ops->settle(table, &flush, NULL, NULL);
}

/* Make the range at @start one leaf, or let the next fault do it. AGAIN: somebody is at work. */
static int collapse_at(struct mezzo_space *space, const struct mezzo_slot *slot, uint64_t start,
		       unsigned int order)
{
	const struct mezzo_table_ops *ops = space->table.ops;
	const struct mezzo_ipa ipa = {start};
	int status = ops->collapse(&space->table, ipa, order);
	struct survey found;

	if (status != MEZZO_ERR_LIVE)
		return status;
	found = survey(space, start, order);
	if (found.whole) {
		make_alike(space, start, order);
		status = ops->collapse(&space->table, ipa, order);
	} else if (found.congruent && part_order(space, order) == page_order(space) &&
		   !slot->clean_after && !space->devices) {
		uint64_t taken;

		/* Devices would lose their entries with it, and nobody gave them others. */
		status = zap(space, ipa, mezzo_order_pages(order), &taken);
	}
	return status == MEZZO_ERR_AGAIN ? status : MEZZO_OK;
}

/* The slot is done up to @to: what ends there may be one leaf, and then a larger one. */
static void advance(struct mezzo_space *space, struct mezzo_slot *slot, uint64_t to)
{
	unsigned int order = next_order(space, page_order(space));

	slot->reshaped.addr = to;
	while ((order = next_order(space, order)) <= largest(slot)) {
		const uint64_t bytes = mezzo_order_bytes(order);

		if (to & (bytes - 1) || to - slot->config.ipa.addr < bytes || to > slot_end(slot))
			break;
		(void)collapse_at(space, slot, to - bytes, order);
	}
}

/* Make the next block. OK: there is none. */
static int collapse_next(struct mezzo_space *space, struct mezzo_slot *slot)
{
	const unsigned int order = next_order(space, page_order(space));
	struct mezzo_leaf leaf;

	space_reclaim(space);
	if (order > largest(slot))
		return from_the_start(slot);
	slot->reshaped.addr = behind(slot->reshaped.addr - 1, order);
	for (unsigned int i = 0; i < IDLE_PIECES; i++) {
		const uint64_t at = slot->reshaped.addr;
		const uint64_t next = at + mezzo_order_bytes(order);

		if (next > slot_end(slot))
			return from_the_start(slot);
		space->table.ops->lookup(&space->table, slot->reshaped, &leaf);
		if (leaf.state == MEZZO_ENTRY_BUSY)
			break;
		if (leaf.order >= order) {
			advance(space, slot, behind(at, leaf.order));
			continue;
		}
		if (collapse_at(space, slot, at, order) == MEZZO_OK)
			advance(space, slot, next);
		space->reclaim_at = walkers_stamp(space);
		break;
	}
	return MEZZO_ERR_AGAIN;
}

int mezzo_slot_collapse(struct mezzo_space *space, uint32_t id, struct mezzo_refusal *why)
{
	struct mezzo_slot *slot;
	int status;

	lock(space);
	slot = slot_by_id(space, id);
	if (!slot)
		status = slot_refuse_unknown(id, why);
	else if (slot_logs(&slot->config))
		status = refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_LOGGING, MEZZO_FIELD_FLAGS,
				slot->config.flags,
				slot->config.flags & ~(MEZZO_SLOT_FLAG_LOG_DIRTY |
						       MEZZO_SLOT_FLAG_STARTS_DIRTY));
	else
		status = collapse_next(space, slot);
	unlock(space);
	return status;
}
