/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nearest accepted neighbour on arm64: all 1,032,192 slots, over the sixteen facts that can be
 * changed. Those further than three changes away, which take long, are asked by the fifth.
 */
#include "policy_distance.h"

int main(void)
{
	static const struct policy_dimension dimensions[] = {
		{POLICY_ALIASES, MEZZO_FIELD_ALIASES, MEZZO_ALIASES_VALUES, 0},
		{POLICY_ALLOW, MEZZO_FIELD_ALLOW, MEZZO_CLASS_ALL, 1},
		{POLICY_MAINTENANCE, MEZZO_FIELD_MAINTENANCE, MEZZO_MAINTENANCE_VALUES, 0},
		{POLICY_DMA, MEZZO_FIELD_DMA, MEZZO_DMA_VALUES, 0},
		{POLICY_TAG_STORAGE, MEZZO_FIELD_TAG_STORAGE, 2, 0},
		{POLICY_PRIVATE, MEZZO_FIELD_PRIVATE, 2, 0},
		{POLICY_MMIO, MEZZO_FIELD_MMIO, 2, 0},
		{POLICY_DATA, MEZZO_FIELD_DATA, 2, 0},
		{POLICY_TAGS, MEZZO_FIELD_TAGS, 2, 0},
		{POLICY_LINES, MEZZO_FIELD_LINES, 2, 0},
		{POLICY_GUEST_MTE, MEZZO_FIELD_GUEST_MTE, 2, 0},
		{POLICY_DIRTY_LOG, MEZZO_FIELD_DIRTY_LOG, 2, 0},
		{POLICY_FWB, MEZZO_FIELD_FWB, 2, 0},
		{POLICY_IDC, MEZZO_FIELD_IDC, 2, 0},
		{POLICY_MTE, MEZZO_FIELD_MTE, 2, 0},
		{POLICY_MTE_PERM, MEZZO_FIELD_MTE_PERM, 2, 0},
	};
	static const struct policy_distances distances = {
		.name = "nearest on arm64",
		.dimensions = dimensions,
		.dimensions_count = sizeof(dimensions) / sizeof(dimensions[0]),
		.decide = mezzo_arm64_decide,
		.nearest = mezzo_arm64_nearest,
		.furthest = MEZZO_CHANGES_MAX,
		.whole = 3,
		.part = 5,
	};

	return policy_distance(&distances);
}
