/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef X86_WORDS_H
#define X86_WORDS_H
/*
 * The words of docs/policy.md's x86 rule as predicates over facts and decisions, and the x86
 * invariants that the list in x86_invariants.c collects from other files. What is the same on
 * every architecture is policy_words.h's.
 */
#include "policy_words.h"

#include <mezzo/x86.h>

static inline bool x86_is_ept(const struct mezzo_facts *facts)
{
	return facts->machine.x86.engine == MEZZO_X86_EPT;
}

static inline bool x86_is_exclusive(const struct mezzo_facts *facts)
{
	return facts->memory.aliases == MEZZO_ALIASES_NONE;
}

static inline bool x86_is_cached(const struct mezzo_facts *facts)
{
	return facts->memory.aliases == MEZZO_ALIASES_CACHED;
}

static inline bool x86_is_unsnooped(const struct mezzo_facts *facts)
{
	return facts->memory.dma == MEZZO_DMA_UNSNOOPED;
}

/* A guest whose PAT is honoured stays coherent with somebody who uses the caches. */
static inline bool x86_looks_into_caches(const struct mezzo_facts *facts)
{
	return !x86_is_ept(facts) || facts->machine.x86.self_snoop;
}

/* Type 6 of the rule, the guest's MTRRs left aside: what the declaration asks for. */
static inline uint8_t x86_declared_type(const struct mezzo_facts *facts)
{
	if (!(facts->memory.allow & MEZZO_CLASS_WB)) {
		if (facts->memory.allow & MEZZO_CLASS_NC || !x86_is_ept(facts))
			return MEZZO_X86_STAGE2_UC;
		return MEZZO_X86_STAGE2_UC_ONLY;
	}
	if (x86_is_cached(facts))
		return x86_looks_into_caches(facts) ? MEZZO_X86_STAGE2_WB
						    : MEZZO_X86_STAGE2_WB_ONLY;
	return x86_is_ept(facts) && facts->memory.allow == MEZZO_CLASS_WB ? MEZZO_X86_STAGE2_WB_ONLY
									  : MEZZO_X86_STAGE2_WB;
}

/* The type that the guest's MTRRs and CR0.CD say, as a machine would apply them. */
static inline enum mezzo_x86_type x86_mtrr_type(const struct mezzo_facts *facts)
{
	return x86_is_ept(facts) && facts->guest.x86.cr0_cd ? MEZZO_X86_UC : facts->guest.x86.mtrr;
}

/* 12: do the guest's MTRRs decide here? */
static inline bool x86_mtrr_decides(const struct mezzo_facts *facts)
{
	enum mezzo_x86_type mtrr = x86_mtrr_type(facts);
	bool cacheable = mezzo_x86_class(mtrr) == MEZZO_CLASS_WB;

	if (!facts->guest.x86.honour_mtrr)
		return false;
	switch (x86_declared_type(facts)) {
	case MEZZO_X86_STAGE2_WB:
		return mtrr != MEZZO_X86_WB && (cacheable || !x86_is_cached(facts));
	case MEZZO_X86_STAGE2_UC:
		return mtrr == MEZZO_X86_WC;
	default:
		return false;
	}
}

static inline uint8_t x86_type_due(const struct mezzo_facts *facts)
{
	static const uint8_t by_mtrr[] = {
		[MEZZO_X86_UC] = MEZZO_X86_STAGE2_UC, [MEZZO_X86_WC] = MEZZO_X86_STAGE2_WC,
		[MEZZO_X86_WT] = MEZZO_X86_STAGE2_WT, [MEZZO_X86_WP] = MEZZO_X86_STAGE2_WP,
		[MEZZO_X86_WB] = MEZZO_X86_STAGE2_WB,
	};

	return x86_mtrr_decides(facts) ? by_mtrr[x86_mtrr_type(facts)] : x86_declared_type(facts);
}

/* Write-back, or another cacheable type, can be reached. */
static inline bool x86_cacheable(const struct mezzo_facts *facts)
{
	return x86_type_due(facts) > MEZZO_X86_STAGE2_WC;
}

static inline bool x86_forced(const struct mezzo_facts *facts)
{
	return x86_type_due(facts) == MEZZO_X86_STAGE2_WB_ONLY;
}

/* 3 */
static inline bool x86_past_cache(const struct mezzo_facts *facts)
{
	if (x86_forced(facts))
		return false;
	return !x86_cacheable(facts) || x86_is_exclusive(facts) || x86_is_unsnooped(facts);
}

static inline bool x86_lines_there(const struct mezzo_facts *facts)
{
	return facts->frame.lines == MEZZO_LINES_MAYBE || x86_is_cached(facts) ||
	       (x86_cacheable(facts) && facts->frame.data == MEZZO_CONTENT_UNOWNED);
}

/* x86_ends.c: refusals, reasons, and how accesses end. */
bool x86_contradictions_are_refused(const struct policy_case *at);
bool x86_reasons_are_true(const struct policy_case *at);
bool x86_accesses_end_as_the_rule_says(const struct policy_case *at);
/* x86_work.c: need and aftermath of work. */
bool x86_no_work_without_a_cause(const struct policy_case *at);
bool x86_taking_back_cleans_what_it_must(const struct policy_case *at);
bool x86_frame_after_is_what_was_done(const struct policy_case *at);
/* x86_neighbours.c: the point, and others that differ in a few facts. */
bool x86_features_never_take_away(const struct policy_case *at);
bool x86_unnamed_facts_decide_nothing(const struct policy_case *at);
bool x86_tags_and_sizes_decide_only_size(const struct policy_case *at);
bool x86_mtrrs_never_refuse(const struct policy_case *at);

#endif
