/* SPDX-License-Identifier: BSD-2-Clause */
/* A question put to the rule, as slot creation and the fault path put theirs. */
#include "answer.h"

static bool refuses(const struct mezzo_decision *decision)
{
	return decision->outcome == MEZZO_REFUSE;
}

void answer_question(mezzo_decide_fn *decide, const struct question *q, struct answer *answer)
{
	mezzo_nearest_fn *nearest = question_is_x86(q) ? mezzo_x86_nearest : mezzo_arm64_nearest;

	*answer = (struct answer){.slot_asked = q->facts.fault.slot != MEZZO_SLOT_NONE};
	if (answer->slot_asked) {
		decide(&q->creation, &answer->slot);
		answer->slot_refused = refuses(&answer->slot);
	}
	if (answer->slot_refused)
		answer->fault = answer->slot;
	else
		decide(&q->facts, &answer->fault);
	answer->refused = answer->slot_refused || refuses(&answer->fault);
	if (answer->refused)
		answer->changes = nearest(decide, answer->slot_refused ? &q->creation : &q->facts,
					  answer->change);
	if (!q->has_linux)
		return;
	answer->linux_slot = linux_slot(&q->linux_host);
	answer->linux_fault = linux_fault(&q->linux_host);
	answer->linux_risks = linux_risks(&q->linux_host);
}

const char *answer_status(unsigned int outcome)
{
	static const char *const name[MEZZO_OUTCOMES] = {
		[MEZZO_GRANT] = "ok", [MEZZO_ABORT] = "abort",    [MEZZO_EXIT] = "exit",
		[MEZZO_SKIP] = "ok",  [MEZZO_REFUSE] = "refused",
	};

	return name[outcome];
}

bool answer_typed(const struct question *q, const struct mezzo_decision *decision)
{
	return !refuses(decision) && q->facts.fault.slot != MEZZO_SLOT_NONE;
}

const char *answer_entry_type(const struct question *q, uint8_t type)
{
	return question_is_x86(q) ? mezzo_x86_stage2_name((enum mezzo_x86_stage2)type)
				  : mezzo_arm64_stage2_name((enum mezzo_arm64_stage2)type);
}

const char *answer_type_name(enum mezzo_arm64_type type)
{
	static const char *const name[MEZZO_ARM64_TYPES] = {
		"device-nGnRnE", "device-nGnRE", "device-nGRE", "device-GRE",
		"normal-nc",     "normal-wt",    "normal-wb",
	};

	return name[type];
}
