/* SPDX-License-Identifier: BSD-2-Clause */
/* x86 invariants of refusals, of reasons, and of how accesses end. */
#include "x86_words.h"

/* Does the contradiction or the shortage that the reason speaks of stand in the facts? */
static bool stands(enum mezzo_reason reason, const struct mezzo_facts *facts)
{
	const struct mezzo_contract *memory = &facts->memory;
	bool wb = memory->allow & MEZZO_CLASS_WB;
	bool none = memory->maintenance == MEZZO_MAINTENANCE_NONE;

	switch (reason) {
	case MEZZO_WHY_FACTS_INADMISSIBLE:
		return facts->guest.mte || facts->fault.access > MEZZO_ACCESS_WALK_WRITE;
	case MEZZO_WHY_PRIVATE_WITH_ALIAS:
		return memory->is_private && !x86_is_exclusive(facts);
	case MEZZO_WHY_DIRECT_NOT_CACHED:
		return memory->maintenance == MEZZO_MAINTENANCE_DIRECT && !x86_is_cached(facts);
	case MEZZO_WHY_MMIO_WRITE_BACK:
		return memory->mmio && wb;
	case MEZZO_WHY_ALIAS_CACHED_GUEST_NOT:
		return x86_is_cached(facts) && memory->allow != MEZZO_CLASS_WB &&
		       !(wb && x86_looks_into_caches(facts));
	case MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED:
		return !x86_is_cached(facts) && !x86_is_exclusive(facts) && wb;
	case MEZZO_WHY_WC_NOT_FORBIDDABLE:
		return memory->allow == MEZZO_CLASS_DEVICE && !x86_is_ept(facts);
	case MEZZO_WHY_ALLOW_NOT_ENFORCEABLE:
		/* What can be kept to: UC or WB alone under EPT, {UC, WC}, everything. */
		return memory->allow == MEZZO_CLASS_NC ||
		       memory->allow == (MEZZO_CLASS_DEVICE | MEZZO_CLASS_WB) ||
		       memory->allow == (MEZZO_CLASS_NC | MEZZO_CLASS_WB) ||
		       (memory->allow == MEZZO_CLASS_WB && !x86_is_ept(facts) &&
			!x86_is_cached(facts));
	case MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW:
		return x86_is_exclusive(facts) && memory->maintenance != MEZZO_MAINTENANCE_WINDOW;
	case MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA:
		return x86_is_cached(facts) && !x86_looks_into_caches(facts) &&
		       x86_is_unsnooped(facts);
	case MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA:
		return x86_is_exclusive(facts) && x86_is_ept(facts) &&
		       memory->allow == MEZZO_CLASS_WB && x86_is_unsnooped(facts);
	case MEZZO_WHY_DMA_NEEDS_MAINTENANCE:
		return x86_is_cached(facts) && x86_is_unsnooped(facts) && none;
	case MEZZO_WHY_DIRTY_LOG_BESIDE_DMA:
		return facts->guest.dirty_log && memory->dma != MEZZO_DMA_NONE;
	case MEZZO_WHY_UNOWNED_NO_MAINTENANCE:
		return facts->frame.data == MEZZO_CONTENT_UNOWNED && (none || memory->mmio);
	case MEZZO_WHY_LINES_NO_MAINTENANCE:
		return x86_past_cache(facts) && facts->frame.lines == MEZZO_LINES_MAYBE && none;
	default:
		return false;
	}
}

/* Those about the frame are due where an entry is made, no earlier. */
static bool about_the_frame(enum mezzo_reason reason)
{
	return reason == MEZZO_WHY_UNOWNED_NO_MAINTENANCE ||
	       reason == MEZZO_WHY_LINES_NO_MAINTENANCE;
}

bool x86_contradictions_are_refused(const struct policy_case *at)
{
	if (at->decision.outcome == MEZZO_REFUSE || at->facts->fault.slot == MEZZO_SLOT_NONE)
		return true;
	for (unsigned int reason = MEZZO_WHY_FACTS_INADMISSIBLE; reason < MEZZO_REASONS; reason++)
		if ((first_grant(at) || !about_the_frame(reason)) && stands(reason, at->facts))
			return false;
	return true;
}

static bool is_reason_of_a_grant(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	const struct mezzo_decision *d = &at->decision;

	switch (d->reason) {
	case MEZZO_WHY_WRITE_LOGGED:
		return facts->guest.dirty_log && d->write;
	case MEZZO_WHY_TYPE_BY_GUEST_MTRR:
		return x86_mtrr_decides(facts);
	case MEZZO_WHY_UC_PAT_IGNORED:
		return facts->memory.allow == MEZZO_CLASS_DEVICE && x86_is_ept(facts);
	case MEZZO_WHY_UC_PAT_HONOURED:
		return facts->memory.allow == (MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC) &&
		       !x86_mtrr_decides(facts);
	case MEZZO_WHY_CACHED_PAT_IGNORED:
		return x86_is_cached(facts) && !x86_looks_into_caches(facts);
	case MEZZO_WHY_CACHED_PAT_HONOURED:
		return x86_is_cached(facts) && x86_looks_into_caches(facts) &&
		       !x86_mtrr_decides(facts);
	case MEZZO_WHY_EXCLUSIVE_PAT_IGNORED:
		return x86_is_exclusive(facts) && x86_is_ept(facts) &&
		       facts->memory.allow == MEZZO_CLASS_WB;
	case MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE:
		return x86_is_exclusive(facts) && facts->memory.allow == MEZZO_CLASS_ALL &&
		       !x86_mtrr_decides(facts);
	default:
		return false;
	}
}

bool x86_reasons_are_true(const struct policy_case *at)
{
	static const uint8_t group[MEZZO_OUTCOMES] = {
		[MEZZO_GRANT] = MEZZO_REASON_GRANT,   [MEZZO_ABORT] = MEZZO_REASON_ABORT,
		[MEZZO_EXIT] = MEZZO_REASON_EXIT,     [MEZZO_SKIP] = MEZZO_REASON_SKIP,
		[MEZZO_REFUSE] = MEZZO_REASON_REFUSE,
	};
	const struct mezzo_facts *facts = at->facts;
	enum mezzo_reason reason = at->decision.reason;

	if (mezzo_reason_group(reason) != group[at->decision.outcome])
		return false;
	if (at->decision.outcome == MEZZO_GRANT)
		return is_reason_of_a_grant(at);
	if (at->decision.outcome != MEZZO_REFUSE)
		return true;
	return stands(reason, facts) &&
	       (!about_the_frame(reason) || facts->fault.kind == MEZZO_FAULT_MISSING);
}

bool x86_accesses_end_as_the_rule_says(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	const struct mezzo_decision *d = &at->decision;
	bool writes = facts->fault.access == MEZZO_ACCESS_WRITE ||
		      facts->fault.access == MEZZO_ACCESS_WALK_WRITE;

	if (facts->fault.slot == MEZZO_SLOT_NONE)
		return d->outcome == MEZZO_EXIT && d->reason == MEZZO_WHY_DEVICE_ACCESS;
	if (d->outcome == MEZZO_REFUSE)
		return true;
	if (!writes || !read_only(facts))
		return d->outcome == MEZZO_GRANT;
	return d->outcome == MEZZO_EXIT &&
	       d->reason == (facts->fault.slot == MEZZO_SLOT_READ_ONLY
				     ? MEZZO_WHY_WRITE_READ_ONLY_SLOT
				     : MEZZO_WHY_WRITE_READ_ONLY_OBJECT);
}
