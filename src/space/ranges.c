/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ordered sets of ranges: AVL trees in which every node knows the largest end below it, so that
 * overlapping ranges are found too. Everything costs the logarithm of the set's size.
 */
#include "internal.h"

static unsigned int height(const struct mezzo_range *node)
{
	return node ? node->height : 0;
}

static void update(struct mezzo_range *node)
{
	const unsigned int left = height(node->child[0]), right = height(node->child[1]);

	node->height = (uint8_t)(1 + (left > right ? left : right));
	node->last_end = node->end;
	for (unsigned int side = 0; side < 2; side++)
		if (node->child[side] && node->child[side]->last_end > node->last_end)
			node->last_end = node->child[side]->last_end;
}

/* Where the node hangs, @with hangs now. */
static void replace(struct mezzo_ranges *set, struct mezzo_range *node, struct mezzo_range *with)
{
	struct mezzo_range *parent = node->parent;

	if (parent)
		parent->child[parent->child[1] == node] = with;
	else
		set->root = with;
	if (with)
		with->parent = parent;
}

/* The child on @side rises above the node; returns it. */
static struct mezzo_range *rotate(struct mezzo_ranges *set, struct mezzo_range *node,
				  unsigned int side)
{
	struct mezzo_range *riser = node->child[side], *inner = riser->child[!side];

	replace(set, node, riser);
	riser->child[!side] = node;
	node->parent = riser;
	node->child[side] = inner;
	if (inner)
		inner->parent = node;
	update(node);
	update(riser);
	return riser;
}

/* What hangs below the node has changed: put it and all above it right. */
static void rebalance(struct mezzo_ranges *set, struct mezzo_range *node)
{
	for (; node; node = node->parent) {
		const unsigned int left = height(node->child[0]), right = height(node->child[1]);
		const unsigned int side = right > left;
		const unsigned int apart = side ? right - left : left - right;

		if (apart > 1) {
			struct mezzo_range *high = node->child[side];

			if (height(high->child[!side]) > height(high->child[side]))
				rotate(set, high, !side);
			node = rotate(set, node, side);
		} else {
			update(node);
		}
	}
}

void ranges_insert(struct mezzo_ranges *set, struct mezzo_range *range)
{
	struct mezzo_range *parent = NULL, **link = &set->root;

	while (*link) {
		parent = *link;
		link = &parent->child[range->first >= parent->first];
	}
	range->child[0] = range->child[1] = NULL;
	range->parent = parent;
	*link = range;
	rebalance(set, range);
}

void ranges_remove(struct mezzo_ranges *set, struct mezzo_range *range)
{
	struct mezzo_range *next = range->child[1], *changed;

	if (!range->child[0] || !next) {
		changed = range->parent;
		replace(set, range, next ? next : range->child[0]);
		rebalance(set, changed);
		return;
	}
	/* The next in order takes its place. */
	while (next->child[0])
		next = next->child[0];
	changed = next->parent == range ? next : next->parent;
	replace(set, next, next->child[1]);
	replace(set, range, next);
	for (unsigned int side = 0; side < 2; side++) {
		next->child[side] = range->child[side];
		if (next->child[side])
			next->child[side]->parent = next;
	}
	rebalance(set, changed);
}

struct mezzo_range *ranges_first(const struct mezzo_ranges *set, uint64_t first, uint64_t end)
{
	struct mezzo_range *node = set->root;

	while (node) {
		struct mezzo_range *left = node->child[0];

		/* If something on the left reaches far enough, the first is there or nowhere. */
		if (left && left->last_end > first)
			node = left;
		else if (node->end > first || node->first >= end)
			break;
		else
			node = node->child[1];
	}
	return node && node->first < end && node->end > first ? node : NULL;
}

struct mezzo_range *ranges_next(struct mezzo_range *range, uint64_t first, uint64_t end)
{
	/* The next in order whose end lies behind @first; what cannot hold one is not entered. */
	for (;;) {
		struct mezzo_range *right = range->child[1];

		if (right && right->last_end > first) {
			range = right;
			while (range->child[0] && range->child[0]->last_end > first)
				range = range->child[0];
		} else {
			while (range->parent && range->parent->child[1] == range)
				range = range->parent;
			range = range->parent;
		}
		if (!range || range->first >= end)
			return NULL;
		if (range->end > first)
			return range;
	}
}

uint64_t ranges_gap(const struct mezzo_ranges *set, uint64_t first, uint64_t length, uint64_t limit)
{
	struct mezzo_range *range = ranges_first(set, first, limit);

	while (range && (range->first < first || range->first - first < length)) {
		if (range->end > first)
			first = range->end;
		range = ranges_next(range, first, limit);
	}
	return first < limit && limit - first >= length ? first : UINT64_MAX;
}
