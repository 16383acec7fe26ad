/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Would another machine accept a space? The rule is asked as the slot check asks it; where it
 * refuses, what is wrong is put right, by the machine if one of its facts would do, and the rule is
 * asked again, so that every reason is told and not the first one only.
 */
#include <mezzo/admit.h>

#include "internal.h"

struct admission {
	const struct mezzo_arch *arch;
	const struct mezzo_requirements *needs;
	const struct mezzo_machine_facts *there;
	const struct mezzo_slot_needs *slot; /* NULL: the space as a whole */
	mezzo_inadmissible_fn *report;
	void *arg;
	bool refused;
};

static void object_to(struct admission *a, const struct mezzo_refusal *why)
{
	a->refused = true;
	if (a->report)
		a->report(a->arg, a->slot, why);
}

static void object_to_field(struct admission *a, enum mezzo_reason reason, enum mezzo_field field,
			    uint64_t got, uint64_t want)
{
	struct mezzo_refusal why;

	(void)refuse(&why, MEZZO_ERR_REFUSED, reason, field, got, want);
	object_to(a, &why);
}

/* --- the space as a whole ---------------------------------------------------------------------- */

static void admit_space(struct admission *a)
{
	const struct mezzo_requirements *needs = a->needs;
	const struct mezzo_arm64_machine *machine = &a->there->machine.arm64;
	const bool arm64 = a->arch->family == MEZZO_FAMILY_ARM64;

	if (needs->ipa_bits > a->there->ipa_bits)
		object_to_field(a, MEZZO_WHY_IPA_TOO_SMALL, MEZZO_FIELD_IPA_BITS,
				a->there->ipa_bits, needs->ipa_bits);
	/* No x86 processor has tags; and on each fetches are coherent. */
	if (needs->mte && !(arm64 && machine->mte))
		object_to_field(a, MEZZO_WHY_GUEST_HAS_TAGS, MEZZO_FIELD_MTE, false, true);
	if (arm64 && needs->told_idc && !machine->idc)
		object_to_field(a, MEZZO_WHY_GUEST_TOLD_IDC, MEZZO_FIELD_IDC, false, true);
	if (arm64 && needs->told_dic && !machine->dic)
		object_to_field(a, MEZZO_WHY_GUEST_TOLD_DIC, MEZZO_FIELD_DIC, false, true);
}

/* --- the rule ---------------------------------------------------------------------------------- */

/* As the slot check asks. What the space is refused for already is not each slot's fault, too. */
static void facts_of(const struct admission *a, struct mezzo_facts *facts)
{
	const struct mezzo_slot_needs *slot = a->slot;
	const bool mte = a->needs->mte && a->arch->family == MEZZO_FAMILY_ARM64;

	*facts = (struct mezzo_facts){
		.memory = slot->contract,
		.frame = slot->contract.promise,
		.machine = a->there->machine,
		.guest.mte = mte,
		.guest.dirty_log = slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY,
		.fault.slot = slot->flags & MEZZO_SLOT_FLAG_READ_ONLY ? MEZZO_SLOT_READ_ONLY
								      : MEZZO_SLOT_READ_WRITE,
		.fault.kind = MEZZO_FAULT_MISSING,
		.fault.access = MEZZO_ACCESS_READ,
	};
	facts->machine.arm64.mte |= mte;
}

static bool decide(const struct admission *a, const struct mezzo_facts *facts,
		   struct mezzo_decision *decision)
{
	a->arch->decide(facts, decision);
	return decision->outcome != MEZZO_REFUSE;
}

/* What another machine may have instead. Of arm64's facts more is never less. */
static struct mezzo_change otherwise(const struct mezzo_facts *facts, enum mezzo_field field)
{
	const struct mezzo_x86_machine *x86 = &facts->machine.x86;

	switch (field) {
	case MEZZO_FIELD_SELF_SNOOP:
		return (struct mezzo_change){field, x86->self_snoop, !x86->self_snoop};
	case MEZZO_FIELD_ENGINE:
		return (struct mezzo_change){field, x86->engine, !x86->engine};
	default:
		return (struct mezzo_change){field, false, true};
	}
}

/* With what the architecture makes it imply. */
static void give(struct mezzo_facts *facts, const struct mezzo_change *change)
{
	struct mezzo_arm64_machine *machine = &facts->machine.arm64;

	mezzo_facts_change(facts, change);
	machine->idc |= machine->fwb;
	machine->mte |= machine->mte_perm;
}

/*
 * The change of the machine that would put @reason right; of no field, if none would. @changed: bits
 * of the fields that were, which is not undone again.
 */
static struct mezzo_change missing(const struct admission *a, const struct mezzo_facts *facts,
				   uint8_t reason, uint64_t changed)
{
	struct mezzo_decision decision;

	for (const uint8_t *field = a->arch->machine_fields; *field; field++) {
		const struct mezzo_change change = otherwise(facts, (enum mezzo_field) * field);
		struct mezzo_facts better = *facts;

		if (changed >> *field & 1)
			continue;
		give(&better, &change);
		if (decide(a, &better, &decision) || decision.reason != reason)
			return change;
	}
	return (struct mezzo_change){.field = MEZZO_FIELD_NONE};
}

/* Put a refusal right, by one fact of the machine, or else by the change that is nearest. */
static struct mezzo_change mend(const struct admission *a, struct mezzo_facts *facts,
				uint8_t reason, uint64_t *changed)
{
	struct mezzo_change change[MEZZO_CHANGES_MAX] = {missing(a, facts, reason, *changed)};

	if (change[0].field != MEZZO_FIELD_NONE) {
		*changed |= UINT64_C(1) << change[0].field;
		give(facts, &change[0]);
	} else if (a->arch->nearest(a->arch->decide, facts, change)) {
		mezzo_facts_change(facts, &change[0]);
	}
	return change[0];
}

/*
 * Every reason of the rule's; one that takes several changes is told once. @facts: what they are
 * when all of it is put right. False: nothing would.
 */
static bool admit_rule(struct admission *a, struct mezzo_facts *facts,
		       struct mezzo_decision *decision)
{
	struct mezzo_change change = {.field = MEZZO_FIELD_FWB};
	uint8_t told = MEZZO_REASONS;
	uint64_t changed = 0;

	while (!decide(a, facts, decision)) {
		const uint8_t reason = decision->reason;

		a->refused = true;
		/* Nobody wants to know; or nothing would put the last one right. */
		if (!a->report || change.field == MEZZO_FIELD_NONE)
			return false;
		change = mend(a, facts, reason, &changed);
		if (reason != told)
			object_to_field(a, (enum mezzo_reason)reason, change.field, change.from,
					change.to);
		told = reason;
	}
	return true;
}

/* --- what the guest was promised --------------------------------------------------------------- */

/* Classes that the guest could reach, and must not. */
static void admit_types(struct admission *a, const struct mezzo_facts *facts,
			const struct mezzo_decision *decision)
{
	const uint8_t held = a->slot->effective ? a->slot->effective : MEZZO_CLASS_ALL;
	struct mezzo_decision narrower;

	if (!(decision->effective & ~held))
		return;
	for (const uint8_t *field = a->arch->machine_fields; *field; field++) {
		const struct mezzo_change change = otherwise(facts, (enum mezzo_field) * field);
		struct mezzo_facts better = *facts;

		give(&better, &change);
		if (!decide(a, &better, &narrower) || narrower.effective & ~held)
			continue;
		object_to_field(a, MEZZO_WHY_TYPES_WIDER, change.field, change.from, change.to);
		return;
	}
	object_to_field(a, MEZZO_WHY_TYPES_WIDER, MEZZO_FIELD_ALLOW, decision->effective, held);
}

/* The largest leaf of @orders up to @bound. */
static unsigned int largest_order(uint64_t orders, unsigned int bound)
{
	orders &= (UINT64_C(2) << bound) - 1;
	return orders ? 63u - (unsigned int)__builtin_clzll(orders) : 0;
}

/* Leaves that are large enough, once the frames' work is done, and while the slot does not log. */
static void admit_blocks(struct admission *a, const struct mezzo_facts *facts)
{
	struct mezzo_facts quiet = *facts;
	struct mezzo_decision decision;
	unsigned int order;

	quiet.guest.dirty_log = false;
	quiet.frame = (struct mezzo_frame_state){0};
	if (!decide(a, &quiet, &decision))
		return;
	order = largest_order(a->there->orders, decision.max_order);
	if (a->slot->min_order > order)
		object_to_field(a, MEZZO_WHY_BLOCK_TOO_SMALL, MEZZO_FIELD_MAX_ORDER, order,
				a->slot->min_order);
}

/* --- slots ------------------------------------------------------------------------------------- */

static bool admit_contract(struct admission *a, const struct mezzo_facts *facts)
{
	if (!a->arch->facts_valid(facts) || a->slot->effective > MEZZO_CLASS_ALL ||
	    a->slot->min_order > MEZZO_ORDER_MAX) {
		object_to_field(a, MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_NONE, 0, 0);
		return false;
	}
	if (a->slot->contract.maintenance == MEZZO_MAINTENANCE_DIRECT && !a->there->direct)
		object_to_field(a, MEZZO_WHY_DIRECT_NOT_AVAILABLE, MEZZO_FIELD_MAINTENANCE,
				MEZZO_MAINTENANCE_DIRECT, MEZZO_MAINTENANCE_WINDOW);
	return true;
}

static void admit_place(struct admission *a)
{
	const struct mezzo_slot_needs *slot = a->slot;
	const uint8_t have = a->there->ipa_bits, want = a->needs->ipa_bits;
	const uint64_t limit = UINT64_C(1) << (have < want ? have : want);
	struct mezzo_refusal why;

	if (slot_check_flags(slot->flags, &why))
		object_to(a, &why);
	if (slot_check_range(slot->ipa, slot->pages, a->there->page_shift, limit, &why) ||
	    slot_check_limit(slot->ipa, slot->pages, limit, &why))
		object_to(a, &why);
}

static void admit_slot(struct admission *a)
{
	struct mezzo_decision decision;
	struct mezzo_facts facts;

	admit_place(a);
	facts_of(a, &facts);
	if (!admit_contract(a, &facts) || !admit_rule(a, &facts, &decision))
		return;
	/* With all that was named so far put right: what is left is one more. */
	admit_types(a, &facts, &decision);
	admit_blocks(a, &facts);
}

bool mezzo_space_admissible(const struct mezzo_arch *arch, const struct mezzo_requirements *needs,
			    const struct mezzo_machine_facts *facts, mezzo_inadmissible_fn *report,
			    void *arg)
{
	struct admission a = {
		.arch = arch,
		.needs = needs,
		.there = facts,
		.report = report,
		.arg = arg,
	};

	if (needs->family != arch->family) {
		object_to_field(&a, MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_FAMILY, arch->family,
				needs->family);
		return false;
	}
	admit_space(&a);
	for (uint32_t i = 0; i < needs->count; i++) {
		a.slot = &needs->slots[i];
		admit_slot(&a);
	}
	return !a.refused;
}
