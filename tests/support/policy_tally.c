/* SPDX-License-Identifier: BSD-2-Clause */
/* I17 and I18: the table as a whole; and what is said of an invariant that it breaks. */
#include "policy_invariants.h"

#include <stdio.h>

void policy_tally_start(struct policy_tally *tally)
{
	*tally = (struct policy_tally){.digest = UINT64_C(0xcbf29ce484222325)};
}

const char *policy_tally_missing(const struct policy_tally *tally)
{
	static char text[128];
	static const uint8_t effective[] = {MEZZO_CLASS_DEVICE, MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC,
					    MEZZO_CLASS_WB, MEZZO_CLASS_ALL};
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};

#define MISSING(seen, value, ...)                                                                  \
	do {                                                                                       \
		if (!((seen) >> (value) & 1)) {                                                    \
			snprintf(text, sizeof(text), __VA_ARGS__);                                 \
			return text;                                                               \
		}                                                                                  \
	} while (0)

	/* Machines that cannot exist are asked for apart: the table holds those that can. */
	for (unsigned int reason = 0; reason <= MEZZO_WHY_DIRTY_LOG_BESIDE_DMA; reason++)
		if (reason != MEZZO_WHY_FACTS_INADMISSIBLE)
			MISSING(tally->reasons[reason], 0, "reason %s", mezzo_reason(reason)->name);
	for (unsigned int outcome = 0; outcome < MEZZO_OUTCOMES; outcome++)
		MISSING(tally->outcomes, outcome, "outcome %s", mezzo_outcome_name(outcome));
	for (unsigned int type = 0; type < MEZZO_STAGE2_TYPES; type++)
		MISSING(tally->types, type, "type %s", mezzo_arm64_stage2_name(type));
	for (unsigned int i = 0; i < sizeof(effective); i++)
		MISSING(tally->effective, effective[i], "effective set %u", effective[i]);
	for (unsigned int action = 1; action < MEZZO_ACTIONS; action++)
		MISSING(tally->before, action, "%s before", mezzo_action_name(action));
	MISSING(tally->after, MEZZO_ACTION_CLEAN_INVALIDATE, "clean-invalidate after");
	MISSING(tally->after, MEZZO_ACTION_INVALIDATE_ICACHE, "invalidate-icache after");
	for (unsigned int i = 0; i < sizeof(orders); i++)
		MISSING(tally->max_orders, orders[i], "order %u", orders[i]);
	for (unsigned int frame = 0; frame < 8; frame++)
		MISSING(tally->frames, frame, "frame state %u", frame);
	for (unsigned int permissions = 0; permissions < 32; permissions++)
		if (permissions & 1)
			MISSING(tally->permissions, permissions, "permissions %u", permissions);
	return NULL;
#undef MISSING
}

const char *policy_verdict_told(const struct policy_verdict *verdict,
				const struct policy_invariant *invariants, unsigned int i,
				mezzo_decide_fn *decide)
{
	static char text[1024];
	struct mezzo_decision decision;

	if (!verdict->failures[i])
		return NULL;
	decide(&verdict->first[i], &decision);
	snprintf(text, sizeof(text), "%s: broken at %llu points, first %s", invariants[i].words,
		 (unsigned long long)verdict->failures[i],
		 policy_describe(&verdict->first[i], &decision));
	return text;
}
