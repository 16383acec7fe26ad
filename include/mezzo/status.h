/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_STATUS_H
#define MEZZO_STATUS_H
/*
 * What a call returns: zero, or one of these negative values. Never errno. A call that refuses
 * something also fills a struct mezzo_refusal (see decide.h), which says which rule, which field,
 * what it was and what would be accepted.
 *
 * Calls without one have no more to say than the comment at the call says of the status: INVALID is
 * about their own arguments, which the caller has at hand, and EXISTS, NOENT and LIMIT are what they
 * mean. Those that can be REFUSED, each for the one cause named: mezzo_object_poison (nobody would
 * remember it); mezzo_pool_disown, mezzo_private_disown and mezzo_extents_punch (maintenance none,
 * so nobody could zero the frames); mezzo_bar_init and mezzo_hostmap_init (the promise is not
 * INITIALISED).
 */
#include <mezzo/types.h>

enum mezzo_status {
	MEZZO_OK = 0,
	/* An argument is malformed: misaligned, wrapping, out of the space's range, unknown flag.
	 */
	MEZZO_ERR_INVALID = -1,
	/* The policy refuses: the declaration cannot be honoured on this machine. See the reason.
	 */
	MEZZO_ERR_REFUSED = -2,
	/* A slot already covers part of the range. */
	MEZZO_ERR_EXISTS = -3,
	/* No such slot, or nothing there. */
	MEZZO_ERR_NOENT = -4,
	/* The platform has no table memory left. Nothing was changed. */
	MEZZO_ERR_NOMEM = -5,
	/* Somebody else holds the entry, or bounded work is unfinished: call again, or let the
	 * guest take its fault again. Never a failure. */
	MEZZO_ERR_AGAIN = -6,
	/* All slots of the space are in use. */
	MEZZO_ERR_LIMIT = -7,
	/* The object was revoked, or the frame behind this offset is gone. */
	MEZZO_ERR_REVOKED = -8,
	/* The change is not legal on a live entry (break-before-make is required). */
	MEZZO_ERR_LIVE = -9,
	/* The frame has failed: whoever touches it gets an error from the memory. */
	MEZZO_ERR_POISONED = -10,
};

/* The enumerator's name without its prefix ("INVALID"), or "unknown" for a value that is none. */
const char *mezzo_status_name(enum mezzo_status status);

#endif
