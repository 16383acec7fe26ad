/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file holds which story. */
#include "reasons.h"

_Static_assert(MEZZO_REASONS == 59, "a reason has come or gone: give it its story");

const struct reason_story *reason_story(enum mezzo_reason reason)
{
	static const struct reason_story *const files[] = {
		reason_grants, reason_guests,  reason_contracts,
		reason_frames, reason_objects, reason_slots,
	};

	for (unsigned int i = 0; i + 1 < sizeof(files) / sizeof(files[0]); i++)
		if (files[i][reason].why)
			return &files[i][reason];
	return &reason_slots[reason];
}

const char *reason_group(enum mezzo_reason reason)
{
	if (reason < MEZZO_WHY_FETCH_NOT_CACHEABLE)
		return "grant";
	if (reason < MEZZO_WHY_DEVICE_ACCESS || reason == MEZZO_WHY_FRAME_POISONED)
		return "abort";
	if (reason >= MEZZO_WHY_DERIVED_WIDENS)
		return "object";
	if (reason < MEZZO_WHY_CACHE_OP_NO_SLOT || reason >= MEZZO_WHY_OBJECT_REVOKED)
		return "exit";
	if (reason < MEZZO_WHY_FACTS_INADMISSIBLE)
		return "skip";
	return reason < MEZZO_WHY_SLOT_EMPTY ? "refuse" : "slot";
}
