/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file holds which story. */
#include "reasons.h"

_Static_assert(MEZZO_REASONS == 81, "a reason has come or gone: give it its story");

const struct reason_story *reason_story(enum mezzo_reason reason)
{
	static const struct reason_story *const files[] = {
		reason_grants,  reason_guests, reason_contracts, reason_frames,
		reason_objects, reason_x86,    reason_moves,     reason_slots,
	};

	for (unsigned int i = 0; i + 1 < sizeof(files) / sizeof(files[0]); i++)
		if (files[i][reason].why)
			return &files[i][reason];
	return &reason_slots[reason];
}

const char *reason_group(enum mezzo_reason reason)
{
	static const char *const name[MEZZO_REASON_GROUPS] = {
		[MEZZO_REASON_GRANT] = "grant",   [MEZZO_REASON_ABORT] = "abort",
		[MEZZO_REASON_EXIT] = "exit",     [MEZZO_REASON_SKIP] = "skip",
		[MEZZO_REASON_REFUSE] = "refuse", [MEZZO_REASON_SLOT] = "slot",
		[MEZZO_REASON_OBJECT] = "object", [MEZZO_REASON_MOVE] = "move",
	};

	return name[mezzo_reason_group(reason)];
}
