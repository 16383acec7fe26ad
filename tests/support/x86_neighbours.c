/* SPDX-License-Identifier: BSD-2-Clause */
/* x86 invariants over pairs of decisions: the point, and others that differ in a few facts. */
#include "x86_words.h"

bool x86_features_never_take_away(const struct policy_case *at)
{
	static const uint8_t features[] = {POLICY_SELF_SNOOP, POLICY_WRITABLE};
	struct mezzo_decision more;

	if (at->decision.outcome != MEZZO_GRANT)
		return true;
	for (unsigned int i = 0; i < sizeof(features); i++) {
		struct mezzo_facts facts = *at->facts;

		if (policy_get(&facts, features[i]))
			continue;
		policy_set(&facts, features[i], 1);
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
#define MTRRS (F(HONOUR_MTRR) | F(MTRR) | F(CR0_CD))
#define ENTRY (F(ENGINE) | F(SELF_SNOOP) | F(ALIASES) | F(ALLOW) | MTRRS)
#define WORK (F(DATA) | F(LINES))
#define FRAME (ASKED | F(KIND) | F(WRITABLE) | F(MAINTENANCE))

static const uint32_t named[MEZZO_REASONS] = {
	[MEZZO_WHY_UC_PAT_IGNORED] = FAULT | WORK | F(ALLOW) | F(ALIASES),
	[MEZZO_WHY_UC_PAT_HONOURED] = FAULT | WORK | F(ALLOW) | F(ALIASES) | MTRRS | F(ENGINE),
	[MEZZO_WHY_CACHED_PAT_IGNORED] =
		FAULT | F(DATA) | F(ALIASES) | F(ALLOW) | F(ENGINE) | F(SELF_SNOOP),
	/* Its frames can never be CLEAN, so LINES is not among them. */
	[MEZZO_WHY_CACHED_PAT_HONOURED] = FAULT | F(DATA) | ENTRY | F(DMA),
	[MEZZO_WHY_EXCLUSIVE_PAT_IGNORED] = FAULT | F(DATA) | F(ALIASES) | F(ALLOW) | F(ENGINE),
	[MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE] =
		FAULT | WORK | F(ALIASES) | F(ALLOW) | MTRRS | F(ENGINE),
	[MEZZO_WHY_TYPE_BY_GUEST_MTRR] = FAULT | WORK | ENTRY | F(DMA),
	[MEZZO_WHY_WRITE_LOGGED] = FAULT | WORK | ENTRY,
	[MEZZO_WHY_DEVICE_ACCESS] = F(SLOT),
	[MEZZO_WHY_WRITE_READ_ONLY_SLOT] = ASKED | ENTRY,
	[MEZZO_WHY_WRITE_READ_ONLY_OBJECT] = ASKED | ENTRY | F(WRITABLE),
	[MEZZO_WHY_PRIVATE_WITH_ALIAS] = F(SLOT) | F(PRIVATE) | F(ALIASES),
	[MEZZO_WHY_DIRECT_NOT_CACHED] = F(SLOT) | F(MAINTENANCE) | F(ALIASES),
	[MEZZO_WHY_MMIO_WRITE_BACK] = F(SLOT) | F(MMIO) | F(ALLOW),
	[MEZZO_WHY_ALIAS_CACHED_GUEST_NOT] =
		F(SLOT) | F(ALIASES) | F(ALLOW) | F(ENGINE) | F(SELF_SNOOP),
	[MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED] = F(SLOT) | F(ALIASES) | F(ALLOW),
	[MEZZO_WHY_ALLOW_NOT_ENFORCEABLE] = F(SLOT) | F(ALIASES) | F(ALLOW) | F(ENGINE),
	[MEZZO_WHY_WC_NOT_FORBIDDABLE] = F(SLOT) | F(ALLOW) | F(ENGINE),
	[MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW] = F(SLOT) | F(ALIASES) | F(MAINTENANCE),
	[MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA] =
		F(SLOT) | F(ALIASES) | F(DMA) | F(ENGINE) | F(SELF_SNOOP),
	[MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA] =
		F(SLOT) | F(ALIASES) | F(ALLOW) | F(DMA) | F(ENGINE),
	[MEZZO_WHY_DMA_NEEDS_MAINTENANCE] = F(SLOT) | F(ALIASES) | F(DMA) | F(MAINTENANCE),
	[MEZZO_WHY_DIRTY_LOG_BESIDE_DMA] = F(SLOT) | F(DIRTY_LOG) | F(DMA),
	[MEZZO_WHY_UNOWNED_NO_MAINTENANCE] = FRAME | F(DATA) | F(MMIO),
	[MEZZO_WHY_LINES_NO_MAINTENANCE] = FRAME | F(LINES),
};

/* frame_after passes unnamed state through; frame_after_is_what_was_done pins it. */
static bool same_answer(const struct mezzo_decision *a, const struct mezzo_decision *b)
{
	struct mezzo_decision c = *b;

	c.frame_after = a->frame_after;
	return policy_same(a, &c);
}

bool x86_unnamed_facts_decide_nothing(const struct policy_case *at)
{
	static struct policy_domain all;
	bool refused = at->decision.outcome == MEZZO_REFUSE;
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision other;

	if (!all.count[0])
		policy_domain_x86(&all);
	for (unsigned int field = 0; field < POLICY_FIELDS; field++) {
		uint8_t is = policy_get(&facts, field);

		/* Tags and sizes: see x86_tags_and_sizes_decide_only_size. */
		if (named[at->decision.reason] & BIT(field) || field == POLICY_TAG_STORAGE ||
		    field == POLICY_TAGS || field == POLICY_MAX_ORDER || field == POLICY_ORDER)
			continue;
		for (unsigned int i = 0; i < all.count[field]; i++) {
			if (all.value[field][i] == is)
				continue;
			policy_set(&facts, field, all.value[field][i]);
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

/* Apart, because the full sweep visits every combination of them anyway. */
bool x86_tags_and_sizes_decide_only_size(const struct policy_case *at)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision other;

	for (unsigned int i = 0; i < 36; i++) {
		facts.memory.max_order = orders[i % 3];
		facts.fault.order = orders[i / 3 % 3];
		facts.memory.tag_storage = i / 9 & 1;
		facts.frame.tags = i / 18 & 1;
		at->decide(&facts, &other);
		other.max_order = at->decision.max_order;
		other.frame_after.tags = at->decision.frame_after.tags;
		if (!policy_same(&at->decision, &other))
			return false;
	}
	return true;
}

bool x86_mtrrs_never_refuse(const struct policy_case *at)
{
	struct mezzo_facts facts = *at->facts;
	struct mezzo_decision ignored;

	facts.guest.x86 = (struct mezzo_x86_guest){.mtrr = MEZZO_X86_WB};
	at->decide(&facts, &ignored);
	if (!at->facts->guest.x86.honour_mtrr)
		return policy_same(&at->decision, &ignored);
	return at->decision.outcome == ignored.outcome;
}
