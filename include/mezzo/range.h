/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_RANGE_H
#define MEZZO_RANGE_H
/*
 * Memory for the engine's ordered sets of slots, which objects and spaces hold. The fields are the
 * engine's.
 */
#include <mezzo/types.h>

struct mezzo_slot;

/* --- slots by what they map: ranges that may overlap ---------------------------------------- */

/* One half-open range [first, end) in a set. */
struct mezzo_range {
	struct mezzo_range *child[2];
	uint64_t first, end;
	struct mezzo_slot *slot; /* whose range it is */
	struct mezzo_range *parent;
	uint64_t last_end; /* the largest end at or below this node */
	uint8_t height;    /* of the tree below, itself included */
};

/* A set of ranges in the order of their first. All zero: empty. */
struct mezzo_ranges {
	struct mezzo_range *root;
};

/* --- slots by where they are: a search among thousands loads a few cache lines --------------- */

#define MEZZO_INDEX_FAN 16

struct mezzo_index_node {
	_Alignas(64) uint64_t key[MEZZO_INDEX_FAN];
	void *below[MEZZO_INDEX_FAN]; /* nodes, or slots at the lowest level */
};

/* How many nodes a space of so many slots needs. */
#define MEZZO_INDEX_NODES(slots) (2 * ((slots) / 7 + 2))

struct mezzo_index {
	struct mezzo_index_node *root;
	unsigned int levels;
	uint32_t touched; /* the first so many of @node have been used */
	struct mezzo_index_node *node;
	struct mezzo_index_node *free;
};

#endif
