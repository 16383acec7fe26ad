/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants over pairs of decisions: the point, and others that differ in a few facts. */
#include "policy_words.h"

/* I13. The promise is the worst state: what it names bad may be better, never the reverse. */
bool policy_accepted_slots_are_never_refused(const struct policy_case *at)
{
	struct mezzo_facts check = *at->facts;
	struct mezzo_decision slot;

	if (at->decision.outcome != MEZZO_REFUSE)
		return true;
	check.fault.kind = MEZZO_FAULT_MISSING;
	check.fault.access = MEZZO_ACCESS_READ;
	for (unsigned int promise = 0; promise < 8; promise++) {
		check.frame.data = promise & 1;
		check.frame.tags = promise >> 1 & 1;
		check.frame.lines = promise >> 2 & 1;
		if (check.frame.data < at->facts->frame.data ||
		    check.frame.tags < at->facts->frame.tags ||
		    check.frame.lines < at->facts->frame.lines)
			continue;
		at->decide(&check, &slot);
		if (slot.outcome != MEZZO_REFUSE)
			return false;
	}
	return true;
}

/* What docs/policy.md, "What more features do not make better", lists. */
static bool feature_may_take_away(const struct mezzo_facts *facts, enum policy_field feature)
{
	if (feature == POLICY_FWB)
		return facts->memory.aliases == MEZZO_ALIASES_CACHED &&
		       facts->memory.dma == MEZZO_DMA_UNSNOOPED;
	if (feature == POLICY_TAG_STORAGE)
		return facts->frame.tags == MEZZO_CONTENT_UNOWNED &&
		       facts->memory.maintenance == MEZZO_MAINTENANCE_NONE;
	return false;
}

bool policy_features_never_take_away(const struct policy_case *at)
{
	static const uint8_t features[] = {POLICY_FWB,         POLICY_IDC,      POLICY_DIC,
					   POLICY_MTE,         POLICY_MTE_PERM, POLICY_XNX,
					   POLICY_TAG_STORAGE, POLICY_WRITABLE};
	struct mezzo_decision more;

	if (at->decision.outcome != MEZZO_GRANT)
		return true;
	for (unsigned int i = 0; i < sizeof(features); i++) {
		struct mezzo_facts facts = *at->facts;

		if (policy_get(&facts, features[i]))
			continue;
		policy_set(&facts, features[i], 1);
		if (!policy_admissible(&facts) || feature_may_take_away(&facts, features[i]))
			continue;
		at->decide(&facts, &more);
		if (more.outcome != MEZZO_GRANT)
			return false;
	}
	return true;
}

/*
 * The facts that a reason names: what its answer may depend on. Of a refusal, those that could
 * lift it alone. Slot and access stand for what was asked and are named by all but declarations.
 */
#define F(name) BIT(POLICY_##name)
#define ASKED (F(SLOT) | F(ACCESS))
#define FAULT (ASKED | F(KIND) | F(WRITABLE) | F(DIRTY_LOG))
#define ENTRY (F(ALLOW) | F(FWB) | F(GUEST_MTE) | F(TAG_STORAGE) | F(MTE_PERM))
#define CACHEABLE (FAULT | ENTRY | F(ALIASES) | F(DIC) | F(DATA) | F(TAGS))
#define UNCACHED (FAULT | F(ALLOW) | F(ALIASES) | F(DATA) | F(LINES))
#define FRAME (ASKED | F(KIND) | F(WRITABLE) | F(MAINTENANCE))

static const uint32_t named[MEZZO_REASONS] = {
	[MEZZO_WHY_DEVICE_AS_DECLARED] = UNCACHED,
	[MEZZO_WHY_COMBINING_AS_DECLARED] = UNCACHED,
	[MEZZO_WHY_CACHED_FORCED] = CACHEABLE,
	[MEZZO_WHY_CACHED_UNFORCED] = CACHEABLE,
	[MEZZO_WHY_EXCLUSIVE_FORCED] = CACHEABLE,
	[MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE] = (CACHEABLE | F(LINES)) & ~F(FWB),
	[MEZZO_WHY_NO_TAG_ACCESS] = (CACHEABLE | F(LINES)) & ~F(TAGS),
	[MEZZO_WHY_WRITE_LOGGED] = CACHEABLE | F(LINES),
	[MEZZO_WHY_FETCH_NOT_CACHEABLE] = ASKED | F(ALLOW),
	[MEZZO_WHY_FETCH_NO_SLOT] = ASKED,
	[MEZZO_WHY_WALK_NOT_CACHEABLE] = ASKED | F(ALLOW),
	[MEZZO_WHY_WALK_NO_SLOT] = ASKED,
	[MEZZO_WHY_WALK_READ_ONLY] = ASKED | ENTRY | F(WRITABLE),
	[MEZZO_WHY_EXCLUSIVE_UNSUPPORTED] = ASKED | ENTRY,
	[MEZZO_WHY_UNALIGNED_DEVICE] = ASKED | ENTRY,
	[MEZZO_WHY_DEVICE_ACCESS] = ASKED,
	[MEZZO_WHY_WRITE_READ_ONLY_SLOT] = ASKED | ENTRY,
	[MEZZO_WHY_WRITE_READ_ONLY_OBJECT] = ASKED | ENTRY | F(WRITABLE),
	[MEZZO_WHY_CACHE_OP_NO_SLOT] = ASKED,
	[MEZZO_WHY_CACHE_OP_READ_ONLY] = ASKED | ENTRY | F(WRITABLE) | F(KIND),
	[MEZZO_WHY_FACTS_INADMISSIBLE] =
		F(SLOT) | F(FWB) | F(IDC) | F(MTE) | F(MTE_PERM) | F(GUEST_MTE),
	[MEZZO_WHY_PRIVATE_WITH_ALIAS] = F(SLOT) | F(PRIVATE) | F(ALIASES),
	[MEZZO_WHY_DIRECT_NOT_CACHED] = F(SLOT) | F(MAINTENANCE) | F(ALIASES),
	[MEZZO_WHY_MMIO_WRITE_BACK] = F(SLOT) | F(MMIO) | F(ALLOW),
	[MEZZO_WHY_ALIAS_CACHED_GUEST_NOT] = F(SLOT) | F(ALIASES) | F(ALLOW),
	[MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED] = F(SLOT) | F(ALIASES) | F(ALLOW),
	[MEZZO_WHY_ALLOW_NOT_ENFORCEABLE] = F(SLOT) | F(ALIASES) | F(ALLOW) | F(FWB),
	[MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW] = F(SLOT) | F(ALIASES) | F(MAINTENANCE),
	[MEZZO_WHY_CACHED_NEEDS_MAINTENANCE] = F(SLOT) | F(MAINTENANCE) | F(FWB),
	[MEZZO_WHY_MTE_NO_TAG_STORAGE] =
		F(SLOT) | F(GUEST_MTE) | F(TAG_STORAGE) | F(MTE_PERM) | F(ALLOW),
	[MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA] = F(SLOT) | F(FWB) | F(DMA) | F(ALLOW),
	[MEZZO_WHY_DIRTY_LOG_BESIDE_DMA] = F(SLOT) | F(DIRTY_LOG) | F(DMA),
	[MEZZO_WHY_UNOWNED_NO_MAINTENANCE] = FRAME | F(DATA) | F(MMIO),
	[MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE] = FRAME | F(TAGS) | F(GUEST_MTE) | F(TAG_STORAGE),
	[MEZZO_WHY_LINES_NO_MAINTENANCE] = FRAME | F(LINES),
};

/* frame_after passes unnamed state through; frame_after_is_what_was_done pins it. */
static bool same_answer(const struct mezzo_decision *a, const struct mezzo_decision *b)
{
	struct mezzo_decision c = *b;

	c.frame_after = a->frame_after;
	return policy_same(a, &c);
}

bool policy_unnamed_facts_decide_nothing(const struct policy_case *at)
{
	static struct policy_domain all;
	bool refused = at->decision.outcome == MEZZO_REFUSE;
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision other;

	/* Without a slot I9 and accesses_end_as_the_rule_says leave nothing but the access. */
	if (facts.fault.slot == MEZZO_SLOT_NONE)
		return true;
	if (!all.count[0])
		policy_domain_all(&all);
	for (unsigned int field = 0; field < POLICY_MAX_ORDER; field++) {
		uint8_t is = policy_get(&facts, field);

		if (named[at->decision.reason] & BIT(field))
			continue;
		for (unsigned int i = 0; i < all.count[field]; i++) {
			if (all.value[field][i] == is)
				continue;
			policy_set(&facts, field, all.value[field][i]);
			if (field <= POLICY_LAST_ADMISSIBLE && !policy_admissible(&facts))
				continue;
			at->decide(&facts, &other);
			/* Another rule may object; otherwise nothing may change. */
			if (other.outcome != MEZZO_REFUSE &&
			    (refused || !same_answer(&at->decision, &other)))
				return false;
		}
		policy_set(&facts, field, is);
	}
	return true;
}

/* Sizes and XNX: apart, because the full sweep visits every combination of them anyway. */
bool policy_sizes_decide_only_size(const struct policy_case *at)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision other;

	for (unsigned int i = 0; i < 18; i++) {
		facts.memory.max_order = orders[i / 6];
		facts.fault.order = orders[i / 2 % 3];
		facts.machine.arm64.xnx = i & 1;
		at->decide(&facts, &other);
		other.max_order = at->decision.max_order;
		if (!policy_same(&at->decision, &other))
			return false;
	}
	return true;
}

bool policy_permission_faults_keep_the_entry(const struct policy_case *at)
{
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision first;

	if (facts.fault.kind != MEZZO_FAULT_PERMISSION || at->decision.outcome == MEZZO_REFUSE)
		return true;
	if (at->before & (ZEROES | CLEAN))
		return false;
	facts.fault.kind = MEZZO_FAULT_MISSING;
	at->decide(&facts, &first);
	return first.outcome == MEZZO_REFUSE ||
	       (first.type == at->decision.type && first.effective == at->decision.effective &&
		first.no_tag_access == at->decision.no_tag_access &&
		(first.outcome != at->decision.outcome ||
		 first.clean_after == at->decision.clean_after));
}

bool policy_zeroing_happens_once_per_ownership(const struct policy_case *at)
{
	struct mezzo_facts facts = *at->facts;
	struct policy_case again;

	if (at->decision.outcome != MEZZO_GRANT || facts.fault.kind != MEZZO_FAULT_MISSING)
		return true;
	facts.frame = at->decision.frame_after;
	policy_ask(&again, at->decide, &facts);
	return again.decision.outcome == MEZZO_GRANT && !(again.before & ZEROES);
}
