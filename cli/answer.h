/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H
/*
 * The answer to a question, before it is printed as text (explain_text.c) or as JSON
 * (explain_json.c).
 */
#include "facts.h"

#include <jansson.h>

struct answer {
	bool slot_asked; /* false: --no-slot */
	bool slot_refused;
	struct mezzo_decision slot;
	/* With the slot refused nothing faults: the slot's refusal again. */
	struct mezzo_decision fault;
	bool refused; /* slot or fault: exit status 1 */
	unsigned int changes;
	struct mezzo_change change[MEZZO_CHANGES_MAX]; /* what would be accepted */

	struct linux_slot linux_slot;
	struct linux_fault linux_fault;
	unsigned int linux_risks;
};

void answer_question(mezzo_decide_fn *decide, const struct question *question,
		     struct answer *answer);

void answer_text(const struct question *question, const struct answer *answer);
json_t *answer_json(const struct question *question, const struct answer *answer);
void linux_text(const struct question *question, const struct answer *answer);
json_t *linux_json(const struct question *question, const struct answer *answer);

/* What the guest's PAT makes of an entry, and old policies (explain_x86.c). */
void x86_text(const struct question *question, const struct answer *answer);
void x86_json(const struct question *question, const struct answer *answer, json_t *root);
/*
 * The entry that a grant makes at address 0, as the processor reads it, and its leaf's order; false:
 * none is made (entry_x86.c). Then what is set in it, in words.
 */
bool x86_entry(const struct question *question, const struct mezzo_decision *decision,
	       uint64_t *entry, unsigned int *order);
void x86_entry_text(const struct question *question, uint64_t entry, unsigned int order, char *text,
		    size_t size);
/* The type of an entry by name: "guest-choice", "wb-only". */
const char *answer_entry_type(const struct question *question, uint8_t type);

/* "ok", "abort", "exit" or "refused". A skipped instruction is "ok": nothing was to be done. */
const char *answer_status(unsigned int outcome);
/* The stage-2 type was decided: not after a refusal, nor where no slot is. */
bool answer_typed(const struct question *question, const struct mezzo_decision *decision);
/* "device-nGnRnE", ..., "normal-wb": a stage-1 type as JSON spells it. */
const char *answer_type_name(enum mezzo_arm64_type type);

/* {name, text, source} */
json_t *json_reason(const struct mezzo_reason_text *reason);
json_t *json_classes(unsigned int set);
json_t *json_actions(const uint8_t *actions, unsigned int max);
json_t *json_combined(enum mezzo_arm64_stage2 type, bool fwb);
/* "uc-", "wc+": as --pat and JSON spell an x86 type. */
const char *x86_word(enum mezzo_x86_type type);

#endif
