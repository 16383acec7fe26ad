/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of invariants, and I1 to I9. */
#include "policy_words.h"

/* --- I1 to I9 -------------------------------------------------------------------------------- */

static bool work_needs_a_way_to_do_it(const struct policy_case *at)
{
	bool way = at->facts->memory.maintenance != MEZZO_MAINTENANCE_NONE;

	return way || !((at->before | at->after) & (ZEROES | CLEAN) || at->decision.clean_after);
}

static bool type_is_the_declared_one(const struct policy_case *at)
{
	static const uint8_t declared[MEZZO_CLASS_ALL + 1] = {
		[MEZZO_CLASS_DEVICE] = MEZZO_STAGE2_DEVICE_nGnRE,
		[MEZZO_CLASS_NC] = MEZZO_STAGE2_NORMAL_NC,
		[MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC] = MEZZO_STAGE2_NORMAL_NC,
		[MEZZO_CLASS_WB] = MEZZO_STAGE2_NORMAL_WB,
		[MEZZO_CLASS_WB | MEZZO_CLASS_DEVICE] = MEZZO_STAGE2_GUEST_CHOICE,
		[MEZZO_CLASS_WB | MEZZO_CLASS_NC] = MEZZO_STAGE2_GUEST_CHOICE,
		[MEZZO_CLASS_ALL] = MEZZO_STAGE2_GUEST_CHOICE,
	};

	return at->decision.outcome == MEZZO_REFUSE || at->facts->fault.slot == MEZZO_SLOT_NONE ||
	       at->decision.type == declared[at->facts->memory.allow];
}

static bool clean_where_the_cache_can_be_bypassed(const struct policy_case *at)
{
	return !first_grant(at) || !cache_can_be_bypassed(at->facts) || !lines_there(at->facts) ||
	       at->before & CLEAN;
}

static bool new_execution_has_its_maintenance(const struct policy_case *at)
{
	const struct mezzo_arm64_machine *machine = &at->facts->machine.arm64;

	if (!at->decision.exec)
		return true;
	if (!machine->dic && !(at->before & ICACHE && at->after & ICACHE))
		return false;
	return machine->idc || !first_grant(at) || !lines_there(at->facts) || at->before & CLEAN;
}

static bool tags_are_zeroed_or_out_of_reach(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;

	if (!granted(at) || !facts->guest.mte || !write_back_reachable(facts))
		return true;
	if (!facts->memory.tag_storage)
		return facts->machine.arm64.mte_perm && at->decision.no_tag_access;
	return !first_grant(at) || facts->frame.tags == MEZZO_CONTENT_INITIALISED ||
	       at->before & ZERO_TAGS;
}

static bool execution_only_where_write_back_is_reachable(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool at_once = facts->memory.aliases == MEZZO_ALIASES_CACHED && facts->machine.arm64.dic;
	bool due = granted(at) && write_back_reachable(facts) &&
		   (facts->fault.access == MEZZO_ACCESS_EXEC || at_once);

	return at->decision.exec == due;
}

static bool writes_are_allowed_and_logged(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool log = at->before & LOG;

	if (at->decision.write && read_only(facts))
		return false;
	if (log != (at->decision.write && facts->guest.dirty_log))
		return false;
	return !log || facts->fault.access == MEZZO_ACCESS_WRITE ||
	       facts->fault.access == MEZZO_ACCESS_WALK_WRITE ||
	       (facts->fault.access == MEZZO_ACCESS_CACHE_OP &&
		facts->fault.kind == MEZZO_FAULT_PERMISSION);
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
		bare.no_tag_access = at->decision.no_tag_access;
	}
	return policy_same(&bare, &at->decision);
}

/* --- contents, registers, types -------------------------------------------------------------- */

static bool foreign_data_is_zeroed(const struct policy_case *at)
{
	unsigned int due = write_back_reachable(at->facts) ? ZERO : ZERO_UNCACHED;

	return !first_grant(at) || at->facts->frame.data == MEZZO_CONTENT_INITIALISED ||
	       at->before & due;
}

static bool registers_are_neither_cached_nor_zeroed(const struct policy_case *at)
{
	return !at->facts->memory.mmio || at->facts->fault.slot == MEZZO_SLOT_NONE ||
	       (!(at->decision.effective & MEZZO_CLASS_WB) && !(at->before & ZEROES));
}

/* The combination with any stage 1 lies in the effective set, and every class of it is reached. */
static bool combinations_are_the_effective_set(const struct policy_case *at)
{
	bool fwb = at->facts->machine.arm64.fwb;
	unsigned int reached = 0;

	if (!granted(at))
		return true;
	for (unsigned int type = 0; type < MEZZO_ARM64_TYPES; type++)
		reached |= mezzo_arm64_class(
			mezzo_arm64_combine((enum mezzo_arm64_type)type, at->decision.type, fwb));
	return reached == at->decision.effective;
}

static bool effective_set_lies_in_the_allowed(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool coherent_by_consent =
		facts->memory.aliases == MEZZO_ALIASES_CACHED && !facts->machine.arm64.fwb;

	return !granted(at) || coherent_by_consent ||
	       !(at->decision.effective & ~(unsigned int)facts->memory.allow);
}

const struct policy_invariant policy_invariants[POLICY_INVARIANTS] = {
	[POLICY_I1_WORK] =
		{"I1_work_needs_a_way_to_do_it",
		 "zeroing and cleaning, now or later, only where maintenance is not none",
		 work_needs_a_way_to_do_it},
	[POLICY_I2_TYPE] = {"I2_type_is_the_declared_one",
			    "the stage-2 type is the declared one, never weaker, never stronger",
			    type_is_the_declared_one},
	[POLICY_I3_CLEAN] = {"I3_clean_where_the_cache_can_be_bypassed",
			     "a first grant, not forced, over lines that may be there: clean and "
			     "invalidate first",
			     clean_where_the_cache_can_be_bypassed},
	[POLICY_I4_ICACHE] =
		{"I4_new_execution_has_its_maintenance",
		 "execution without DIC: I-cache before and after; without IDC: the data "
		 "is cleaned first",
		 new_execution_has_its_maintenance},
	[POLICY_I5_TAGS] = {"I5_tags_are_zeroed_or_out_of_reach",
			    "a guest with MTE gets zeroed tags, or NoTagAccess where there is no "
			    "storage",
			    tags_are_zeroed_or_out_of_reach},
	[POLICY_I6_EXEC] =
		{"I6_execution_only_where_write_back_is_reachable",
		 "execution on a fetch, or at once where cached and DIC; never elsewhere",
		 execution_only_where_write_back_is_reachable},
	[POLICY_I7_WRITE] = {"I7_writes_are_allowed_and_logged",
			     "no write to a read-only slot or object; while logging no write "
			     "unlogged",
			     writes_are_allowed_and_logged},
	[POLICY_I8_SIZE] =
		{"I8_size_is_the_largest_within_bounds",
		 "no leaf over the object's, the present entry's or the work's bound; 4 KiB "
		 "while logging",
		 size_is_the_largest_within_bounds},
	[POLICY_I9_NOTHING] = {"I9_nothing_is_done_without_a_grant",
			       "what is not granted has no permission, size, work or new state",
			       nothing_is_done_without_a_grant},
	[POLICY_I13_SLOT] = {"I13_accepted_slots_are_never_refused",
			     "no fault is refused while the slot check accepted a promise that the "
			     "frame keeps",
			     policy_accepted_slots_are_never_refused},
	[POLICY_I14_MONOTONE] =
		{"I14_features_never_take_away",
		 "adding a feature, tag storage or writability keeps a grant, but for "
		 "what docs/policy.md lists",
		 policy_features_never_take_away},
	[POLICY_I15_UNNAMED] = {"I15_unnamed_facts_decide_nothing",
				"a fact that the reason does not name neither lifts a refusal nor "
				"changes an answer",
				policy_unnamed_facts_decide_nothing},
	[POLICY_I16_PERMISSION] =
		{"I16_permission_faults_keep_the_entry",
		 "a permission fault leaves the entry's type and contract, and does "
		 "no work on the frame",
		 policy_permission_faults_keep_the_entry},
	[POLICY_ZERO] =
		{"foreign_data_is_zeroed",
		 "a first grant of somebody else's data zeroes it, through the right window",
		 foreign_data_is_zeroed},
	[POLICY_REGISTERS] = {"registers_are_neither_cached_nor_zeroed",
			      "registers are never reachable write-back and never written by us",
			      registers_are_neither_cached_nor_zeroed},
	[POLICY_COMBINE] = {"combinations_are_the_effective_set",
			    "the classes over every stage 1 are exactly those of effective",
			    combinations_are_the_effective_set},
	[POLICY_ALLOW_KEPT] = {"effective_set_lies_in_the_allowed",
			       "but for cached memory without FWB",
			       effective_set_lies_in_the_allowed},
	[POLICY_CONTRADICTION] = {"contradictions_are_refused",
				  "where a refusal's cause stands in the facts, nothing is granted",
				  policy_contradictions_are_refused},
	[POLICY_REASON_TRUE] =
		{"reasons_are_true",
		 "what the reason says stands in the facts, and it is of the outcome's "
		 "group",
		 policy_reasons_are_true},
	[POLICY_ACCESS_ENDS] = {"accesses_end_as_the_rule_says",
				"rules 4, 5 and 8, and what happens where no slot is",
				policy_accesses_end_as_the_rule_says},
	[POLICY_PROGRESS] =
		{"granted_accesses_go_through",
		 "a grant permits the access that asked for it: it does not fault again",
		 policy_granted_accesses_go_through},
	[POLICY_SEQUENCE] = {"work_is_in_order",
			     "lists are well formed; clean after zeroing through the cache, before "
			     "zeroing past it; I-cache last",
			     policy_work_is_in_order},
	[POLICY_NEEDLESS] = {"no_work_without_a_cause", "no action that the facts do not call for",
			     policy_no_work_without_a_cause},
	[POLICY_TAKE_BACK] = {"taking_back_cleans_what_it_must",
			      "clean_after and after_invalid say the same, and what rule 9 says",
			      policy_taking_back_cleans_what_it_must},
	[POLICY_FRAME_AFTER] =
		{"frame_after_is_what_was_done",
		 "the object is told what was done, and that lines may be there again",
		 policy_frame_after_is_what_was_done},
	[POLICY_AGAIN] = {"zeroing_happens_once_per_ownership",
			  "a fault on the frame as the last one left it is not refused and zeroes "
			  "nothing",
			  policy_zeroing_happens_once_per_ownership},
	[POLICY_SIZES] =
		{"sizes_and_xnx_change_nothing_but_max_order",
		 "the object's and the entry's size bound the leaf and decide nothing else; "
		 "XNX decides nothing",
		 policy_sizes_decide_only_size},
};
