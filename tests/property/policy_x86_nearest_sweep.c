/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nearest accepted neighbour on x86: all 64,512 slots, over the twelve facts that can be
 * changed.
 */
#include "policy_distance.h"

int main(void)
{
	static const struct policy_dimension dimensions[] = {
		{POLICY_ALIASES, MEZZO_FIELD_ALIASES, MEZZO_ALIASES_VALUES, 0},
		{POLICY_ALLOW, MEZZO_FIELD_ALLOW, MEZZO_CLASS_ALL, 1},
		{POLICY_MAINTENANCE, MEZZO_FIELD_MAINTENANCE, MEZZO_MAINTENANCE_VALUES, 0},
		{POLICY_DMA, MEZZO_FIELD_DMA, MEZZO_DMA_VALUES, 0},
		{POLICY_PRIVATE, MEZZO_FIELD_PRIVATE, 2, 0},
		{POLICY_MMIO, MEZZO_FIELD_MMIO, 2, 0},
		{POLICY_DATA, MEZZO_FIELD_DATA, 2, 0},
		{POLICY_LINES, MEZZO_FIELD_LINES, 2, 0},
		{POLICY_GUEST_MTE, MEZZO_FIELD_GUEST_MTE, 2, 0},
		{POLICY_DIRTY_LOG, MEZZO_FIELD_DIRTY_LOG, 2, 0},
		{POLICY_SELF_SNOOP, MEZZO_FIELD_SELF_SNOOP, 2, 0},
		{POLICY_ENGINE, MEZZO_FIELD_ENGINE, MEZZO_X86_ENGINES, 0},
	};
	static const struct policy_distances distances = {
		.name = "nearest on x86",
		.dimensions = dimensions,
		.dimensions_count = sizeof(dimensions) / sizeof(dimensions[0]),
		.decide = mezzo_x86_decide,
		.nearest = mezzo_x86_nearest,
		.furthest = 6,
		.whole = MEZZO_CHANGES_MAX,
		.part = 1,
	};

	return policy_distance(&distances);
}
