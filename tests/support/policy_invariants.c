/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants that look at one decision. Those that look at its neighbours: policy_neighbours.c. */
#include "policy_invariants.h"
#include "policy_neighbours.h"

#define BIT(n) (1u << (n))
#define CLEAN BIT(MEZZO_ACTION_CLEAN_INVALIDATE)
#define ZERO BIT(MEZZO_ACTION_ZERO)
#define ZERO_UNCACHED BIT(MEZZO_ACTION_ZERO_UNCACHED)
#define ZERO_TAGS BIT(MEZZO_ACTION_ZERO_TAGS)
#define ICACHE BIT(MEZZO_ACTION_INVALIDATE_ICACHE)
#define LOG BIT(MEZZO_ACTION_LOG_DIRTY)
#define ZEROES (ZERO | ZERO_UNCACHED | ZERO_TAGS)

/* --- words of the rule, as predicates over the facts --------------------------------------- */

static bool granted(const struct policy_case *at)
{
	return at->decision.outcome == MEZZO_GRANT;
}

static bool first_grant(const struct policy_case *at)
{
	return granted(at) && at->facts->fault.kind == MEZZO_FAULT_MISSING;
}

static bool write_back_reachable(const struct mezzo_facts *facts)
{
	return facts->memory.allow & MEZZO_CLASS_WB;
}

static bool forced(const struct mezzo_facts *facts)
{
	return facts->machine.arm64.fwb && facts->memory.allow == MEZZO_CLASS_WB;
}

static bool cache_can_be_bypassed(const struct mezzo_facts *facts)
{
	return !forced(facts) || facts->memory.dma == MEZZO_DMA_UNSNOOPED;
}

static bool read_only(const struct mezzo_facts *facts)
{
	return facts->fault.slot == MEZZO_SLOT_READ_ONLY || !facts->memory.writable;
}

static bool tags_usable(const struct mezzo_facts *facts)
{
	return facts->guest.mte && facts->memory.tag_storage && write_back_reachable(facts);
}

/* Lines of the frame may be in a cache once the work listed so far is done. */
static bool lines_there(const struct mezzo_facts *facts)
{
	return facts->frame.lines == MEZZO_LINES_MAYBE ||
	       facts->memory.aliases == MEZZO_ALIASES_CACHED ||
	       (write_back_reachable(facts) && facts->frame.data == MEZZO_CONTENT_UNOWNED) ||
	       (tags_usable(facts) && facts->frame.tags == MEZZO_CONTENT_UNOWNED);
}

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

static bool contradictions_are_refused(const struct policy_case *at)
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

static bool reasons_are_true(const struct policy_case *at)
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

static bool accesses_end_as_the_rule_says(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool no_slot = facts->fault.slot == MEZZO_SLOT_NONE;
	struct end end = no_slot ? end_without_slot(facts->fault.access) : end_in_slot(facts);

	if (at->decision.outcome == MEZZO_REFUSE)
		return !no_slot;
	return at->decision.outcome == end.outcome &&
	       (end.outcome == MEZZO_GRANT || at->decision.reason == end.reason);
}

static bool granted_accesses_go_through(const struct policy_case *at)
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

/* --- work: order, need, aftermath ------------------------------------------------------------ */

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

static bool work_is_in_order(const struct policy_case *at)
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

static bool no_work_without_a_cause(const struct policy_case *at)
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

static bool taking_back_cleans_what_it_must(const struct policy_case *at)
{
	const struct mezzo_facts *facts = at->facts;
	bool exclusive = facts->memory.aliases == MEZZO_ALIASES_NONE;
	bool due = granted(at) && (exclusive || (write_back_reachable(facts) && !forced(facts)));
	unsigned int after = due ? CLEAN : 0;

	if (at->decision.exec && !facts->machine.arm64.dic)
		after |= ICACHE;
	return at->decision.clean_after == due && at->after == after;
}

static bool frame_after_is_what_was_done(const struct policy_case *at)
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
				  contradictions_are_refused},
	[POLICY_REASON_TRUE] =
		{"reasons_are_true",
		 "what the reason says stands in the facts, and it is of the outcome's "
		 "group",
		 reasons_are_true},
	[POLICY_ACCESS_ENDS] = {"accesses_end_as_the_rule_says",
				"rules 4, 5 and 8, and what happens where no slot is",
				accesses_end_as_the_rule_says},
	[POLICY_PROGRESS] =
		{"granted_accesses_go_through",
		 "a grant permits the access that asked for it: it does not fault again",
		 granted_accesses_go_through},
	[POLICY_SEQUENCE] = {"work_is_in_order",
			     "lists are well formed; clean after zeroing through the cache, before "
			     "zeroing past it; I-cache last",
			     work_is_in_order},
	[POLICY_NEEDLESS] = {"no_work_without_a_cause", "no action that the facts do not call for",
			     no_work_without_a_cause},
	[POLICY_TAKE_BACK] = {"taking_back_cleans_what_it_must",
			      "clean_after and after_invalid say the same, and what rule 9 says",
			      taking_back_cleans_what_it_must},
	[POLICY_FRAME_AFTER] =
		{"frame_after_is_what_was_done",
		 "the object is told what was done, and that lines may be there again",
		 frame_after_is_what_was_done},
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
