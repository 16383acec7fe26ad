/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H
/*
 * The words of docs/policy.md as predicates over facts and decisions, for the invariants, and the
 * invariants that the list in policy_invariants.c collects from other files.
 */
#include "policy_invariants.h"

#define BIT(n) (1u << (n))
#define CLEAN BIT(MEZZO_ACTION_CLEAN_INVALIDATE)
#define ZERO BIT(MEZZO_ACTION_ZERO)
#define ZERO_UNCACHED BIT(MEZZO_ACTION_ZERO_UNCACHED)
#define ZERO_TAGS BIT(MEZZO_ACTION_ZERO_TAGS)
#define ICACHE BIT(MEZZO_ACTION_INVALIDATE_ICACHE)
#define LOG BIT(MEZZO_ACTION_LOG_DIRTY)
#define ZEROES (ZERO | ZERO_UNCACHED | ZERO_TAGS)

static inline bool granted(const struct policy_case *at)
{
	return at->decision.outcome == MEZZO_GRANT;
}

static inline bool first_grant(const struct policy_case *at)
{
	return granted(at) && at->facts->fault.kind == MEZZO_FAULT_MISSING;
}

static inline bool write_back_reachable(const struct mezzo_facts *facts)
{
	return facts->memory.allow & MEZZO_CLASS_WB;
}

static inline bool forced(const struct mezzo_facts *facts)
{
	return facts->machine.arm64.fwb && facts->memory.allow == MEZZO_CLASS_WB;
}

static inline bool cache_can_be_bypassed(const struct mezzo_facts *facts)
{
	return !forced(facts) || facts->memory.dma == MEZZO_DMA_UNSNOOPED;
}

static inline bool read_only(const struct mezzo_facts *facts)
{
	return facts->fault.slot == MEZZO_SLOT_READ_ONLY || !facts->memory.writable;
}

static inline bool tags_usable(const struct mezzo_facts *facts)
{
	return facts->guest.mte && facts->memory.tag_storage && write_back_reachable(facts);
}

/* Lines of the frame may be in a cache once the work listed so far is done. */
static inline bool lines_there(const struct mezzo_facts *facts)
{
	return facts->frame.lines == MEZZO_LINES_MAYBE ||
	       facts->memory.aliases == MEZZO_ALIASES_CACHED ||
	       (write_back_reachable(facts) && facts->frame.data == MEZZO_CONTENT_UNOWNED) ||
	       (tags_usable(facts) && facts->frame.tags == MEZZO_CONTENT_UNOWNED);
}

/* policy_ends.c: refusals, reasons, and how accesses end. */
bool policy_contradictions_are_refused(const struct policy_case *at);
bool policy_reasons_are_true(const struct policy_case *at);
bool policy_accesses_end_as_the_rule_says(const struct policy_case *at);
bool policy_granted_accesses_go_through(const struct policy_case *at);
/* policy_work.c: order, need and aftermath of work. */
bool policy_work_is_in_order(const struct policy_case *at);
bool policy_no_work_without_a_cause(const struct policy_case *at);
bool policy_taking_back_cleans_what_it_must(const struct policy_case *at);
bool policy_frame_after_is_what_was_done(const struct policy_case *at);
/* policy_neighbours.c: the point, and others that differ in a few facts. */
bool policy_accepted_slots_are_never_refused(const struct policy_case *at);
bool policy_features_never_take_away(const struct policy_case *at);
bool policy_unnamed_facts_decide_nothing(const struct policy_case *at);
bool policy_sizes_decide_only_size(const struct policy_case *at);
bool policy_permission_faults_keep_the_entry(const struct policy_case *at);
bool policy_zeroing_happens_once_per_ownership(const struct policy_case *at);

#endif
