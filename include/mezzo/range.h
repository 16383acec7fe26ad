/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_RANGE_H
#define MEZZO_RANGE_H
/*
 * Memory for the engine's ordered sets of slots, which objects and spaces hold. The fields are the
 * engine's.
 */
#include <mezzo/types.h>

struct mezzo_slot;

/* One half-open range [first, end) in a set. A cache line, so that a step of a search loads one. */
struct mezzo_range {
	_Alignas(64) struct mezzo_range *child[2];
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

#endif
