/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants of refusals, of reasons, and of how accesses end. */
#include "policy_words.h"

/* --- refusals -------------------------------------------------------------------------------- */

/* Does the contradiction or the shortage that the reason speaks of stand in the facts? */
static bool stands(enum mezzo_reason reason, const struct mezzo_facts *facts)
{
	const struct mezzo_contract *memory = &facts->memory;
	bool exclusive = memory->aliases == MEZZO_ALIASES_NONE;
	bool cached = memory->aliases == MEZZO_ALIASES_CACHED;
	bool wb = write_back_reachable(facts);

	switch (reason) {
	case MEZZO_WHY_FACTS_INADMISSIBLE:
		return !policy_admissible(facts);
	case MEZZO_WHY_PRIVATE_WITH_ALIAS:
		return memory->is_private && !exclusive;
	case MEZZO_WHY_DIRECT_NOT_CACHED:
		return memory->maintenance == MEZZO_MAINTENANCE_DIRECT && !cached;
	case MEZZO_WHY_MMIO_WRITE_BACK:
		return memory->mmio && wb;
	case MEZZO_WHY_ALIAS_CACHED_GUEST_NOT:
		return cached && memory->allow != MEZZO_CLASS_WB;
	case MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED:
		return !cached && !exclusive && wb;
	case MEZZO_WHY_ALLOW_NOT_ENFORCEABLE:
		/* Stage 1 can add Device to anything, NC to WB, unless write-back is forced. */
		return !cached && !forced(facts) && memory->allow != MEZZO_CLASS_ALL &&
		       memory->allow != (MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC) &&
		       memory->allow != MEZZO_CLASS_DEVICE;
	case MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW:
		return exclusive && memory->maintenance != MEZZO_MAINTENANCE_WINDOW;
	case MEZZO_WHY_CACHED_NEEDS_MAINTENANCE:
		return cached && !facts->machine.arm64.fwb &&
		       memory->maintenance == MEZZO_MAINTENANCE_NONE;
	case MEZZO_WHY_MTE_NO_TAG_STORAGE:
		return wb && facts->guest.mte && !memory->tag_storage &&
		       !facts->machine.arm64.mte_perm;
	case MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA:
		return forced(facts) && memory->dma == MEZZO_DMA_UNSNOOPED;
	case MEZZO_WHY_DIRTY_LOG_BESIDE_DMA:
		return facts->guest.dirty_log && memory->dma != MEZZO_DMA_NONE;
	case MEZZO_WHY_UNOWNED_NO_MAINTENANCE:
		return facts->frame.data == MEZZO_CONTENT_UNOWNED &&
		       (memory->maintenance == MEZZO_MAINTENANCE_NONE || memory->mmio);
	case MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE:
		return tags_usable(facts) && facts->frame.tags == MEZZO_CONTENT_UNOWNED &&
		       memory->maintenance == MEZZO_MAINTENANCE_NONE;
	case MEZZO_WHY_LINES_NO_MAINTENANCE:
		return cache_can_be_bypassed(facts) && facts->frame.lines == MEZZO_LINES_MAYBE &&
		       memory->maintenance == MEZZO_MAINTENANCE_NONE;
	default:
		return false;
	}
}

/* Those about the frame are due where an entry is made, no earlier. */
static bool about_the_frame(enum mezzo_reason reason)
{
	return reason == MEZZO_WHY_UNOWNED_NO_MAINTENANCE ||
	       reason == MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE ||
	       reason == MEZZO_WHY_LINES_NO_MAINTENANCE;
}

bool policy_contradictions_are_refused(const struct policy_case *at)
{
	if (at->decision.outcome == MEZZO_REFUSE || at->facts->fault.slot == MEZZO_SLOT_NONE)
		return true;
	for (unsigned int reason = MEZZO_WHY_FACTS_INADMISSIBLE;
	     reason <= MEZZO_WHY_DIRTY_LOG_BESIDE_DMA; reason++)
		if ((first_grant(at) || !about_the_frame(reason)) && stands(reason, at->facts))
			return false;
	return true;
}

static bool is_reason_of_a_grant(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	const struct mezzo_decision *d = &at->decision;
	bool exclusive = facts->memory.aliases == MEZZO_ALIASES_NONE;

	switch (d->reason) {
	case MEZZO_WHY_WRITE_LOGGED:
		return facts->guest.dirty_log && d->write;
	case MEZZO_WHY_NO_TAG_ACCESS:
		return d->no_tag_access && facts->guest.mte && !facts->memory.tag_storage;
	case MEZZO_WHY_DEVICE_AS_DECLARED:
		return facts->memory.allow == MEZZO_CLASS_DEVICE;
	case MEZZO_WHY_COMBINING_AS_DECLARED:
		return facts->memory.allow == (MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC);
	case MEZZO_WHY_CACHED_FORCED:
		return !exclusive && forced(facts);
	case MEZZO_WHY_CACHED_UNFORCED:
		return !exclusive && facts->memory.allow == MEZZO_CLASS_WB && !forced(facts);
	case MEZZO_WHY_EXCLUSIVE_FORCED:
		return exclusive && forced(facts);
	case MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE:
		return exclusive && facts->memory.allow == MEZZO_CLASS_ALL;
	default:
		return false;
	}
}

bool policy_reasons_are_true(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	uint8_t reason = at->decision.reason;

	switch (at->decision.outcome) {
	case MEZZO_REFUSE:
		return facts->fault.slot != MEZZO_SLOT_NONE && stands(reason, facts) &&
		       (!about_the_frame(reason) || facts->fault.kind == MEZZO_FAULT_MISSING);
	case MEZZO_GRANT:
		return is_reason_of_a_grant(at);
	case MEZZO_ABORT:
		return reason >= MEZZO_WHY_FETCH_NOT_CACHEABLE &&
		       reason <= MEZZO_WHY_UNALIGNED_DEVICE;
	case MEZZO_EXIT:
		return reason >= MEZZO_WHY_DEVICE_ACCESS &&
		       reason <= MEZZO_WHY_WRITE_READ_ONLY_OBJECT;
	default:
		return reason >= MEZZO_WHY_CACHE_OP_NO_SLOT &&
		       reason <= MEZZO_WHY_CACHE_OP_READ_ONLY;
	}
}

/* --- how accesses end ------------------------------------------------------------------------ */

struct end {
	uint8_t outcome, reason;
};

static struct end end_without_slot(uint8_t access)
{
	switch (access) {
	case MEZZO_ACCESS_READ:
	case MEZZO_ACCESS_WRITE:
		return (struct end){MEZZO_EXIT, MEZZO_WHY_DEVICE_ACCESS};
	case MEZZO_ACCESS_EXEC:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_FETCH_NO_SLOT};
	case MEZZO_ACCESS_WALK:
	case MEZZO_ACCESS_WALK_WRITE:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_WALK_NO_SLOT};
	case MEZZO_ACCESS_EXCLUSIVE:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_EXCLUSIVE_UNSUPPORTED};
	case MEZZO_ACCESS_UNALIGNED:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_UNALIGNED_DEVICE};
	default:
		return (struct end){MEZZO_SKIP, MEZZO_WHY_CACHE_OP_NO_SLOT};
	}
}

/* Rules 4, 5 and 8 for memory that was not refused. A grant has many reasons: MEZZO_REASONS. */
static struct end end_in_slot(const struct mezzo_facts *facts)
{
	bool wb = write_back_reachable(facts);
	bool permission = facts->fault.kind == MEZZO_FAULT_PERMISSION;

	switch (facts->fault.access) {
	case MEZZO_ACCESS_EXCLUSIVE:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_EXCLUSIVE_UNSUPPORTED};
	case MEZZO_ACCESS_UNALIGNED:
		return (struct end){MEZZO_ABORT, MEZZO_WHY_UNALIGNED_DEVICE};
	case MEZZO_ACCESS_EXEC:
		if (!wb)
			return (struct end){MEZZO_ABORT, MEZZO_WHY_FETCH_NOT_CACHEABLE};
		break;
	case MEZZO_ACCESS_WALK:
	case MEZZO_ACCESS_WALK_WRITE:
		if (!wb)
			return (struct end){MEZZO_ABORT, MEZZO_WHY_WALK_NOT_CACHEABLE};
		if (facts->fault.access == MEZZO_ACCESS_WALK_WRITE && read_only(facts))
			return (struct end){MEZZO_ABORT, MEZZO_WHY_WALK_READ_ONLY};
		break;
	case MEZZO_ACCESS_WRITE:
		if (facts->fault.slot == MEZZO_SLOT_READ_ONLY)
			return (struct end){MEZZO_EXIT, MEZZO_WHY_WRITE_READ_ONLY_SLOT};
		if (!facts->memory.writable)
			return (struct end){MEZZO_EXIT, MEZZO_WHY_WRITE_READ_ONLY_OBJECT};
		break;
	case MEZZO_ACCESS_CACHE_OP:
		if (permission && read_only(facts))
			return (struct end){MEZZO_SKIP, MEZZO_WHY_CACHE_OP_READ_ONLY};
		break;
	default:
		break;
	}
	return (struct end){MEZZO_GRANT, MEZZO_REASONS};
}

bool policy_accesses_end_as_the_rule_says(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool no_slot = facts->fault.slot == MEZZO_SLOT_NONE;
	struct end end = no_slot ? end_without_slot(facts->fault.access) : end_in_slot(facts);

	if (at->decision.outcome == MEZZO_REFUSE)
		return !no_slot;
	return at->decision.outcome == end.outcome &&
	       (end.outcome == MEZZO_GRANT || at->decision.reason == end.reason);
}

bool policy_granted_accesses_go_through(const struct policy_case *at)
{
	bool permission = at->facts->fault.kind == MEZZO_FAULT_PERMISSION;

	if (!granted(at))
		return true;
	switch (at->facts->fault.access) {
	case MEZZO_ACCESS_READ:
	case MEZZO_ACCESS_WALK:
		return at->decision.read;
	case MEZZO_ACCESS_WRITE:
	case MEZZO_ACCESS_WALK_WRITE:
		return at->decision.read && at->decision.write;
	case MEZZO_ACCESS_EXEC:
		return at->decision.read && at->decision.exec;
	case MEZZO_ACCESS_CACHE_OP:
		return at->decision.read && (!permission || at->decision.write);
	default:
		return false;
	}
}
