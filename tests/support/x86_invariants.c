/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of x86 invariants, and those that need one point only. */
#include "x86_invariants.h"
#include "x86_words.h"

static bool work_needs_a_way_to_do_it(const struct policy_case *at)
{
	bool way = at->facts->memory.maintenance != MEZZO_MAINTENANCE_NONE;

	return way || !((at->before | at->after) & (ZEROES | CLEAN) || at->decision.clean_after);
}

static bool type_is_the_declared_one(const struct policy_case *at)
{
	return at->decision.outcome == MEZZO_REFUSE || at->facts->fault.slot == MEZZO_SLOT_NONE ||
	       at->decision.type == x86_type_due(at->facts);
}

static bool clean_where_the_cache_can_be_bypassed(const struct policy_case *at)
{
	return !first_grant(at) || !x86_past_cache(at->facts) || !x86_lines_there(at->facts) ||
	       at->before & CLEAN;
}

static bool fetches_need_no_maintenance(const struct policy_case *at)
{
	return !((at->before | at->after) & ICACHE);
}

static bool there_are_no_tags(const struct policy_case *at)
{
	const struct mezzo_decision *d = &at->decision;

	return !(at->before & ZERO_TAGS) && !d->no_tag_access &&
	       (!granted(at) || d->frame_after.tags == at->facts->frame.tags);
}

static bool execution_at_once_where_cacheable(const struct policy_case *at)
{
	bool due = granted(at) &&
		   (x86_cacheable(at->facts) || at->facts->fault.access == MEZZO_ACCESS_EXEC);

	return at->decision.exec == due;
}

static bool writes_are_allowed_and_logged(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool asks = facts->fault.access == MEZZO_ACCESS_WRITE ||
		    facts->fault.access == MEZZO_ACCESS_WALK_WRITE;
	bool due = granted(at) && !read_only(facts) && (asks || !facts->guest.dirty_log);

	return at->decision.write == due &&
	       !(at->before & LOG) == !(at->decision.write && facts->guest.dirty_log);
}

/* The largest that every bound admits: a smaller leaf would be needless work. */
static bool size_is_the_largest_within_bounds(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	unsigned int order = facts->memory.max_order;

	if (!granted(at))
		return at->decision.max_order == 0;
	if (facts->guest.dirty_log)
		order = MEZZO_ORDER_4K;
	if (facts->fault.kind == MEZZO_FAULT_PERMISSION && facts->fault.order < order)
		order = facts->fault.order;
	if ((at->before & (ZEROES | CLEAN) || at->decision.clean_after) && order > MEZZO_ORDER_2M)
		order = MEZZO_ORDER_2M;
	return at->decision.max_order == order;
}

static bool nothing_is_done_without_a_grant(const struct policy_case *at)
{
	struct mezzo_decision bare = {
		.outcome = at->decision.outcome,
		.reason = at->decision.reason,
	};

	if (granted(at))
		return true;
	if (at->decision.outcome != MEZZO_REFUSE && at->facts->fault.slot != MEZZO_SLOT_NONE) {
		bare.type = at->decision.type;
		bare.effective = at->decision.effective;
	}
	return policy_same(&bare, &at->decision);
}

/* I10: a line fill from registers is a machine check. */
static bool registers_are_neither_cached_nor_zeroed(const struct policy_case *at)
{
	return !at->facts->memory.mmio || at->facts->fault.slot == MEZZO_SLOT_NONE ||
	       (!(at->decision.effective & MEZZO_CLASS_WB) && !(at->before & ZEROES));
}

/* I11: ignore-PAT is EPT's, and goes with UC or WB alone. */
static bool ignored_pat_means_uc_or_wb(const struct policy_case *at)
{
	uint8_t type = at->decision.type;
	bool ignored = type == MEZZO_X86_STAGE2_UC_ONLY || type == MEZZO_X86_STAGE2_WB_ONLY;

	if (!granted(at))
		return true;
	if (!ignored)
		return at->decision.effective & (at->decision.effective - 1);
	return x86_is_ept(at->facts) &&
	       at->decision.effective ==
		       (type == MEZZO_X86_STAGE2_WB_ONLY ? MEZZO_CLASS_WB : MEZZO_CLASS_DEVICE);
}

static bool private_memory_has_no_alias(const struct policy_case *at)
{
	return !granted(at) || !at->facts->memory.is_private || x86_is_exclusive(at->facts);
}

static bool foreign_data_is_zeroed(const struct policy_case *at)
{
	unsigned int due = x86_cacheable(at->facts) ? ZERO : ZERO_UNCACHED;

	return !first_grant(at) || at->facts->frame.data == MEZZO_CONTENT_INITIALISED ||
	       at->before & due;
}

static const uint8_t pat_types[] = {
	MEZZO_X86_UC, MEZZO_X86_UC_MINUS, MEZZO_X86_WC, MEZZO_X86_WP, MEZZO_X86_WT, MEZZO_X86_WB,
};
#define PAT_TYPES sizeof(pat_types)

static struct mezzo_x86_cell effective(const struct policy_case *at, uint8_t pat)
{
	const struct mezzo_x86_access access = {
		.engine = at->facts->machine.x86.engine,
		.stage2 = at->decision.type,
		.guest_pat = pat,
		.host_mtrr = MEZZO_X86_WB,
	};

	return mezzo_x86_effective(&access);
}

static bool combinations_are_the_effective_set(const struct policy_case *at)
{
	unsigned int reached = 0;

	if (!granted(at))
		return true;
	for (unsigned int i = 0; i < PAT_TYPES; i++)
		reached |= mezzo_x86_class(effective(at, pat_types[i]).type);
	return reached == at->decision.effective;
}

static bool effective_set_lies_in_the_allowed(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool whatever_is_coherent = x86_is_cached(facts) && x86_looks_into_caches(facts);

	return !granted(at) || whatever_is_coherent ||
	       !(at->decision.effective & ~(unsigned int)facts->memory.allow);
}

/* No type that the guest can reach is a forbidden alias of the host's. */
static bool aliases_are_not_forbidden(const struct policy_case *at)
{
	static const struct mezzo_x86_cell hosts[MEZZO_ALIASES_VALUES] = {
		[MEZZO_ALIASES_DEVICE] = {.type = MEZZO_X86_UC},
		[MEZZO_ALIASES_UNCACHED] = {.type = MEZZO_X86_WC},
		[MEZZO_ALIASES_CACHED] = {.type = MEZZO_X86_WB, .snoops = true},
	};

	if (!granted(at) || x86_is_exclusive(at->facts))
		return true;
	for (unsigned int i = 0; i < PAT_TYPES; i++) {
		struct mezzo_x86_cell guest = effective(at, pat_types[i]);

		if (mezzo_x86_alias(&hosts[at->facts->memory.aliases], &guest,
				    at->facts->machine.x86.self_snoop)
			    .verdict == MEZZO_X86_FORBIDDEN)
			return false;
	}
	return true;
}

/* A device that does not snoop: never forced write-back; flushed before, and after. */
static bool devices_that_do_not_snoop_see_memory(const struct policy_case *at)
{
	if (!granted(at) || !x86_is_unsnooped(at->facts))
		return true;
	if (at->decision.effective == MEZZO_CLASS_WB)
		return false;
	if (at->decision.effective & MEZZO_CLASS_WB && !(at->after & CLEAN))
		return false;
	return !first_grant(at) || !x86_lines_there(at->facts) || at->before & CLEAN;
}

/* Memory handed over whole behaves as on the machine: PAT alone, or MTRR x PAT where honoured. */
static bool exclusive_memory_is_as_on_bare_metal(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	enum mezzo_x86_type mtrr =
		facts->guest.x86.honour_mtrr ? x86_mtrr_type(facts) : MEZZO_X86_WB;

	if (!granted(at) || !x86_is_exclusive(facts) || facts->memory.allow != MEZZO_CLASS_ALL ||
	    !x86_is_ept(facts))
		return true;
	for (unsigned int i = 0; i < PAT_TYPES; i++)
		if (effective(at, pat_types[i]).type !=
		    mezzo_x86_combine_intel(mtrr, pat_types[i]).type)
			return false;
	return true;
}

const struct policy_invariant x86_invariants[X86_INVARIANTS] = {
	[X86_I1_WORK] = {"I1_work_needs_a_way_to_do_it",
			 "zeroing and flushing, now or later, only where maintenance is not none",
			 work_needs_a_way_to_do_it},
	[X86_I2_TYPE] = {"I2_type_is_the_declared_one",
			 "the entry says what the rule makes of the declaration",
			 type_is_the_declared_one},
	[X86_I3_CLEAN] =
		{"I3_clean_where_the_cache_can_be_bypassed",
		 "a first grant over lines that may be there, where somebody can look past "
		 "the caches: flush first",
		 clean_where_the_cache_can_be_bypassed},
	[X86_I4_ICACHE] = {"I4_fetches_need_no_maintenance", "no instruction cache maintenance",
			   fetches_need_no_maintenance},
	[X86_I5_TAGS] = {"I5_there_are_no_tags",
			 "tags are neither zeroed nor forbidden nor reported", there_are_no_tags},
	[X86_I6_EXEC] = {"I6_execution_at_once_where_cacheable",
			 "execution at once where a cacheable type can be reached, on a fetch "
			 "elsewhere",
			 execution_at_once_where_cacheable},
	[X86_I7_WRITE] = {"I7_writes_are_allowed_and_logged",
			  "write exactly where slot and object allow it; while logging on a write "
			  "alone, and logged",
			  writes_are_allowed_and_logged},
	[X86_I8_SIZE] =
		{"I8_size_is_the_largest_within_bounds",
		 "no leaf over the object's, the present entry's or the work's bound; 4 KiB "
		 "while logging",
		 size_is_the_largest_within_bounds},
	[X86_I9_NOTHING] = {"I9_nothing_is_done_without_a_grant",
			    "what is not granted has no permission, size, work or new state",
			    nothing_is_done_without_a_grant},
	[X86_I10_REGISTERS] = {"I10_registers_are_neither_cached_nor_zeroed",
			       "registers are never reachable by a cacheable type, and never "
			       "written by us",
			       registers_are_neither_cached_nor_zeroed},
	[X86_I11_IGNORE_PAT] = {"I11_ignored_pat_means_uc_or_wb",
				"ignore-PAT only under EPT, only with UC or WB, and then nothing "
				"else is reached",
				ignored_pat_means_uc_or_wb},
	[X86_I12_PRIVATE] = {"I12_private_memory_has_no_alias",
			     "private means that nobody else reaches it",
			     private_memory_has_no_alias},
	[X86_I13_SLOT] = {"I13_accepted_slots_are_never_refused",
			  "no fault is refused while the slot check accepted a promise that the "
			  "frame keeps",
			  policy_accepted_slots_are_never_refused},
	[X86_I14_MONOTONE] = {"I14_features_never_take_away",
			      "adding self-snoop or writability keeps a grant",
			      x86_features_never_take_away},
	[X86_I15_UNNAMED] = {"I15_unnamed_facts_decide_nothing",
			     "a fact that the reason does not name neither lifts a refusal nor "
			     "changes an answer",
			     x86_unnamed_facts_decide_nothing},
	[X86_I16_PERMISSION] = {"I16_permission_faults_keep_the_entry",
				"a permission fault leaves the entry's type and contract, and does "
				"no work on the frame",
				policy_permission_faults_keep_the_entry},
	[X86_ZERO] = {"foreign_data_is_zeroed",
		      "a first grant of somebody else's data zeroes it, through the right window",
		      foreign_data_is_zeroed},
	[X86_COMBINE] = {"combinations_are_the_effective_set",
			 "the classes over every PAT type are exactly those of effective",
			 combinations_are_the_effective_set},
	[X86_ALLOW_KEPT] = {"effective_set_lies_in_the_allowed",
			    "but for cached memory where every type is coherent",
			    effective_set_lies_in_the_allowed},
	[X86_ALIASES] = {"aliases_are_not_forbidden",
			 "no type that the guest can reach is a forbidden alias of the host's",
			 aliases_are_not_forbidden},
	[X86_DEVICES] = {"devices_that_do_not_snoop_see_memory",
			 "never forced write-back beside them; flushed before and after",
			 devices_that_do_not_snoop_see_memory},
	[X86_BARE_METAL] = {"exclusive_memory_is_as_on_bare_metal",
			    "under EPT the guest gets PAT alone, or MTRR x PAT where honoured",
			    exclusive_memory_is_as_on_bare_metal},
	[X86_MTRR] = {"mtrrs_never_refuse",
		      "the guest's MTRRs and CR0.CD change types, never acceptance; ignored they "
		      "change nothing",
		      x86_mtrrs_never_refuse},
	[X86_CONTRADICTION] = {"contradictions_are_refused",
			       "where a refusal's cause stands in the facts, nothing is granted",
			       x86_contradictions_are_refused},
	[X86_REASON_TRUE] = {"reasons_are_true",
			     "what the reason says stands in the facts, and it is of the outcome's "
			     "group",
			     x86_reasons_are_true},
	[X86_ACCESS_ENDS] = {"accesses_end_as_the_rule_says",
			     "rules 4 and 8, and what happens where no slot is",
			     x86_accesses_end_as_the_rule_says},
	[X86_PROGRESS] = {"granted_accesses_go_through",
			  "a grant permits the access that asked for it: it does not fault again",
			  policy_granted_accesses_go_through},
	[X86_SEQUENCE] = {"work_is_in_order",
			  "lists are well formed; flush after zeroing through the cache, before "
			  "zeroing past it",
			  policy_work_is_in_order},
	[X86_NEEDLESS] = {"no_work_without_a_cause", "no action that the facts do not call for",
			  x86_no_work_without_a_cause},
	[X86_TAKE_BACK] = {"taking_back_cleans_what_it_must",
			   "clean_after and after_invalid say the same, and what rule 9 says",
			   x86_taking_back_cleans_what_it_must},
	[X86_FRAME_AFTER] = {"frame_after_is_what_was_done",
			     "the object is told what was done, and that lines may be there again",
			     x86_frame_after_is_what_was_done},
	[X86_AGAIN] = {"zeroing_happens_once_per_ownership",
		       "a fault on the frame as the last one left it is not refused and zeroes "
		       "nothing",
		       policy_zeroing_happens_once_per_ownership},
	[X86_SIZES] = {"tags_and_sizes_change_nothing_but_max_order",
		       "the sizes bound the leaf and decide nothing else; tags decide nothing",
		       x86_tags_and_sizes_decide_only_size},
};
