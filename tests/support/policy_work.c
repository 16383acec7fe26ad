/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants of the work that goes with an entry: its order, its cause, its aftermath. */
#include "policy_words.h"

/* Where @action stands in the list, or its length. */
static unsigned int place(const uint8_t *list, unsigned int length, enum mezzo_action action)
{
	unsigned int i = 0;

	while (i < length && list[i] != action)
		i++;
	return i;
}

static bool well_formed(const uint8_t *list, unsigned int length)
{
	unsigned int seen = 0;
	bool ended = false;

	for (unsigned int i = 0; i < length; i++) {
		if (list[i] >= MEZZO_ACTIONS || (ended && list[i] != MEZZO_ACTION_NONE) ||
		    seen & BIT(list[i]))
			return false;
		ended = list[i] == MEZZO_ACTION_NONE;
		seen |= ended ? 0 : BIT(list[i]);
	}
	return true;
}

bool policy_work_is_in_order(const struct policy_case *at)
{
	const uint8_t *list = at->decision.before_visible;
	const uint8_t *after = at->decision.after_invalid;
	unsigned int at_clean, at_icache;

	if (!well_formed(list, MEZZO_BEFORE_MAX) || !well_formed(after, MEZZO_AFTER_MAX))
		return false;
	at_clean = place(list, MEZZO_BEFORE_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	at_icache = place(list, MEZZO_BEFORE_MAX, MEZZO_ACTION_INVALIDATE_ICACHE);
	/* 3: after zeroing through write-back, or the secret comes back over the zeroes. */
	if (at->before & CLEAN) {
		if (at->before & ZERO && place(list, 6, MEZZO_ACTION_ZERO) > at_clean)
			return false;
		if (at->before & ZERO_TAGS && place(list, 6, MEZZO_ACTION_ZERO_TAGS) > at_clean)
			return false;
		/* 3: before zeroing past the cache, for the same reason. */
		if (at->before & ZERO_UNCACHED &&
		    place(list, 6, MEZZO_ACTION_ZERO_UNCACHED) < at_clean)
			return false;
	}
	/* Fetches must not find what the other work replaced. */
	if (at->before & ICACHE)
		for (unsigned int i = at_icache + 1; i < MEZZO_BEFORE_MAX; i++)
			if (list[i] != MEZZO_ACTION_NONE && list[i] != MEZZO_ACTION_LOG_DIRTY)
				return false;
	/* 9: data before instructions. */
	return !(after[1] == MEZZO_ACTION_CLEAN_INVALIDATE && at->after & ICACHE);
}

bool policy_no_work_without_a_cause(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool first = facts->fault.kind == MEZZO_FAULT_MISSING;
	bool foreign_data = first && facts->frame.data == MEZZO_CONTENT_UNOWNED;
	bool foreign_tags =
		first && facts->frame.tags == MEZZO_CONTENT_UNOWNED && tags_usable(facts);
	unsigned int due = 0;

	if (foreign_data)
		due |= write_back_reachable(facts) ? ZERO : ZERO_UNCACHED;
	if (foreign_tags)
		due |= ZERO_TAGS;
	if (first && cache_can_be_bypassed(facts) && lines_there(facts))
		due |= CLEAN;
	if (at->decision.exec && !facts->machine.arm64.dic)
		due |= ICACHE;
	if (at->decision.write && facts->guest.dirty_log)
		due |= LOG;
	return !(at->before & ~due);
}

bool policy_taking_back_cleans_what_it_must(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool exclusive = facts->memory.aliases == MEZZO_ALIASES_NONE;
	bool due = granted(at) && (exclusive || (write_back_reachable(facts) && !forced(facts)));
	unsigned int after = due ? CLEAN : 0;

	if (at->decision.exec && !facts->machine.arm64.dic)
		after |= ICACHE;
	return at->decision.clean_after == due && at->after == after;
}

bool policy_frame_after_is_what_was_done(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	struct mezzo_frame_state was = facts->frame, is = at->decision.frame_after;

	if (!granted(at))
		return true;
	if (at->before & (ZERO | ZERO_UNCACHED))
		was.data = MEZZO_CONTENT_INITIALISED;
	if (at->before & ZERO_TAGS)
		was.tags = MEZZO_CONTENT_INITIALISED;
	if (at->before & CLEAN)
		was.lines = MEZZO_LINES_CLEAN;
	/* From now on the guest, or an alias, may fill lines. */
	if (write_back_reachable(facts))
		was.lines = MEZZO_LINES_MAYBE;
	return was.data == is.data && was.tags == is.tags && was.lines == is.lines;
}
