/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_DISTANCE_H
#define POLICY_DISTANCE_H
/*
 * The nearest accepted neighbour, for every refusal of the slot check. Distances are found apart
 * from the engine, by spreading from the accepted points over the whole space of the facts that
 * can be changed; so that the answer is a neighbour, and that no smaller change would do, is shown
 * for all points. What the search leaves out decides no refusal: I15, in the sweeps.
 */
#include "policy_space.h"

/* One fact that can be changed. */
struct policy_dimension {
	enum policy_field at;
	enum mezzo_field field;
	uint8_t count, first; /* values are first to first + count - 1 */
};

struct policy_distances {
	const char *name;
	const struct policy_dimension *dimensions;
	unsigned int dimensions_count;
	mezzo_decide_fn *decide;
	mezzo_nearest_fn *nearest;
	unsigned int furthest; /* the longest distance there is */
	/* All points that are at most @whole changes away are asked; of the others one in @part. */
	unsigned int whole, part;
};

/* A test program's main. */
int policy_distance(const struct policy_distances *distances);

#endif
