/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REASONS_REASONS_H
#define CLI_REASONS_REASONS_H
/*
 * The long texts of `mezzo reason`: for each reason of the engine, why the rule is there, the
 * smallest story of what happens otherwise, and what one can change. They are written for a
 * person who has never read a processor's manual. Name, sentence and source are the engine's.
 */
#include <mezzo/decide.h>

struct reason_story {
	const char *why;    /* paragraphs, separated by empty lines */
	const char *story;  /* steps, one a line */
	const char *change; /* what can be done, one a line */
};

/* Of every reason below MEZZO_REASONS; the texts are split by the kind of outcome. */
const struct reason_story *reason_story(enum mezzo_reason reason);

/*
 * "grant", "abort", "exit", "skip", "refuse" (of a contract), "slot" (of a slot's arguments),
 * "object" (of what is asked of an object), "move" (of a space, by another machine).
 */
const char *reason_group(enum mezzo_reason reason);

/* Each holds the stories of its own reasons; the rest of its entries are empty. */
extern const struct reason_story reason_grants[MEZZO_REASONS];
extern const struct reason_story reason_guests[MEZZO_REASONS];
extern const struct reason_story reason_contracts[MEZZO_REASONS];
extern const struct reason_story reason_frames[MEZZO_REASONS];
extern const struct reason_story reason_moves[MEZZO_REASONS];
extern const struct reason_story reason_slots[MEZZO_REASONS];
extern const struct reason_story reason_objects[MEZZO_REASONS];
extern const struct reason_story reason_x86[MEZZO_REASONS];

#endif
