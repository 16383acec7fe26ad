/* SPDX-License-Identifier: BSD-2-Clause */
/* x86 invariants of the work that goes with an entry, and what the table as a whole answers. */
#include "x86_invariants.h"
#include "x86_words.h"

#include <stdio.h>

bool x86_no_work_without_a_cause(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool first = facts->fault.kind == MEZZO_FAULT_MISSING;
	unsigned int due = 0;

	if (first && facts->frame.data == MEZZO_CONTENT_UNOWNED)
		due |= x86_cacheable(facts) ? ZERO : ZERO_UNCACHED;
	if (first && x86_past_cache(facts) && x86_lines_there(facts))
		due |= CLEAN;
	if (at->decision.write && facts->guest.dirty_log)
		due |= LOG;
	return !(at->before & ~due);
}

bool x86_taking_back_cleans_what_it_must(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool due = granted(at) &&
		   (x86_is_exclusive(facts) || (x86_cacheable(facts) && x86_is_unsnooped(facts)));

	return at->decision.clean_after == due && at->after == (due ? CLEAN : 0);
}

bool x86_frame_after_is_what_was_done(const struct policy_case *at)
{
	struct mezzo_frame_state was = at->facts->frame, is = at->decision.frame_after;

	if (!granted(at))
		return true;
	if (at->before & (ZERO | ZERO_UNCACHED))
		was.data = MEZZO_CONTENT_INITIALISED;
	if (at->before & CLEAN)
		was.lines = MEZZO_LINES_CLEAN;
	/* From now on the guest, or an alias, may fill lines. */
	if (x86_cacheable(at->facts))
		was.lines = MEZZO_LINES_MAYBE;
	return was.data == is.data && was.lines == is.lines;
}

/* Every reason that the rule gives. The digest knows them by their place here: append only. */
static const uint8_t x86_reasons[] = {
	MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE,
	MEZZO_WHY_WRITE_LOGGED,
	MEZZO_WHY_DEVICE_ACCESS,
	MEZZO_WHY_WRITE_READ_ONLY_SLOT,
	MEZZO_WHY_WRITE_READ_ONLY_OBJECT,
	MEZZO_WHY_PRIVATE_WITH_ALIAS,
	MEZZO_WHY_DIRECT_NOT_CACHED,
	MEZZO_WHY_MMIO_WRITE_BACK,
	MEZZO_WHY_ALIAS_CACHED_GUEST_NOT,
	MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED,
	MEZZO_WHY_ALLOW_NOT_ENFORCEABLE,
	MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW,
	MEZZO_WHY_UNOWNED_NO_MAINTENANCE,
	MEZZO_WHY_LINES_NO_MAINTENANCE,
	MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA,
	MEZZO_WHY_DIRTY_LOG_BESIDE_DMA,
	MEZZO_WHY_UC_PAT_IGNORED,
	MEZZO_WHY_UC_PAT_HONOURED,
	MEZZO_WHY_CACHED_PAT_IGNORED,
	MEZZO_WHY_CACHED_PAT_HONOURED,
	MEZZO_WHY_EXCLUSIVE_PAT_IGNORED,
	MEZZO_WHY_TYPE_BY_GUEST_MTRR,
	MEZZO_WHY_WC_NOT_FORBIDDABLE,
	MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA,
	MEZZO_WHY_DMA_NEEDS_MAINTENANCE,
};

unsigned int x86_reason_number(enum mezzo_reason reason)
{
	unsigned int number = 0;

	while (number < sizeof(x86_reasons) && x86_reasons[number] != reason)
		number++;
	return number;
}

/* A value that is seen and should not be, or the reverse. */
static const char *differs(uint64_t seen, uint64_t due, const char *what)
{
	static char text[128];

	if (seen == due)
		return NULL;
	snprintf(text, sizeof(text), "%s: seen %#llx, due %#llx", what, (unsigned long long)seen,
		 (unsigned long long)due);
	return text;
}

const char *x86_tally_missing(const struct policy_tally *tally)
{
	const uint64_t orders = UINT64_C(1) << MEZZO_ORDER_4K | UINT64_C(1) << MEZZO_ORDER_2M |
				UINT64_C(1) << MEZZO_ORDER_1G;
	const char *missing;
	uint64_t permissions = 0;

	for (unsigned int reason = 0; reason < MEZZO_REASONS; reason++)
		if ((missing = differs(tally->reasons[reason],
				       x86_reason_number(reason) < sizeof(x86_reasons),
				       mezzo_reason(reason)->name)))
			return missing;
	/* read | write | exec | clean_after: read always, the rest in every combination. */
	for (unsigned int i = 0; i < 8; i++)
		permissions |= UINT64_C(1) << (1 | (i & 3) << 1 | (i & 4) << 2);
	if ((missing = differs(tally->outcomes,
			       1u << MEZZO_GRANT | 1u << MEZZO_EXIT | 1u << MEZZO_REFUSE,
			       "outcomes")) ||
	    (missing = differs(tally->types, (1u << MEZZO_X86_STAGE2_TYPES) - 1, "types")) ||
	    (missing = differs(tally->effective, 1u << 1 | 1u << 3 | 1u << 4 | 1u << 7,
			       "effective sets")) ||
	    (missing = differs(tally->before, ZERO | ZERO_UNCACHED | CLEAN | LOG, "work before")) ||
	    (missing = differs(tally->after, CLEAN, "work after")) ||
	    (missing = differs(tally->max_orders, orders, "orders")) ||
	    (missing = differs(tally->frames, 0xff, "frame states")))
		return missing;
	return differs(tally->permissions, permissions, "permissions");
}
