/* SPDX-License-Identifier: BSD-2-Clause */
/* The nearest admissible neighbour of a refusal: the fewest facts to change, cheapest first. */
#include <mezzo/decide.h>

/*
 * What may be changed, in order of preference: what the embedder can provide or promise, then the
 * guest's options, then what the owner declared, the machine last.
 */
struct order {
	unsigned int count;
	uint8_t field[16];
};

static const struct order arm64_order = {
	16,
	{MEZZO_FIELD_MAINTENANCE, MEZZO_FIELD_LINES, MEZZO_FIELD_DATA, MEZZO_FIELD_TAGS,
	 MEZZO_FIELD_TAG_STORAGE, MEZZO_FIELD_DIRTY_LOG, MEZZO_FIELD_DMA, MEZZO_FIELD_GUEST_MTE,
	 MEZZO_FIELD_ALLOW, MEZZO_FIELD_ALIASES, MEZZO_FIELD_PRIVATE, MEZZO_FIELD_MMIO,
	 MEZZO_FIELD_IDC, MEZZO_FIELD_FWB, MEZZO_FIELD_MTE, MEZZO_FIELD_MTE_PERM},
};

static const struct order x86_order = {
	12,
	{MEZZO_FIELD_MAINTENANCE, MEZZO_FIELD_LINES, MEZZO_FIELD_DATA, MEZZO_FIELD_DIRTY_LOG,
	 MEZZO_FIELD_DMA, MEZZO_FIELD_GUEST_MTE, MEZZO_FIELD_ALLOW, MEZZO_FIELD_ALIASES,
	 MEZZO_FIELD_PRIVATE, MEZZO_FIELD_MMIO, MEZZO_FIELD_SELF_SNOOP, MEZZO_FIELD_ENGINE},
};

/* The number of values a field has; values are 0 to count - 1. */
static unsigned int field_values(enum mezzo_field field)
{
	switch (field) {
	case MEZZO_FIELD_ALIASES:
		return MEZZO_ALIASES_VALUES;
	case MEZZO_FIELD_ALLOW:
		return MEZZO_CLASS_ALL + 1;
	case MEZZO_FIELD_MAINTENANCE:
		return MEZZO_MAINTENANCE_VALUES;
	case MEZZO_FIELD_DMA:
		return MEZZO_DMA_VALUES;
	default:
		return 2;
	}
}

static uint8_t field_get(const struct mezzo_facts *facts, enum mezzo_field field)
{
	switch (field) {
	case MEZZO_FIELD_ALIASES:
		return facts->memory.aliases;
	case MEZZO_FIELD_ALLOW:
		return facts->memory.allow;
	case MEZZO_FIELD_MAINTENANCE:
		return facts->memory.maintenance;
	case MEZZO_FIELD_DMA:
		return facts->memory.dma;
	case MEZZO_FIELD_TAG_STORAGE:
		return facts->memory.tag_storage;
	case MEZZO_FIELD_PRIVATE:
		return facts->memory.is_private;
	case MEZZO_FIELD_MMIO:
		return facts->memory.mmio;
	case MEZZO_FIELD_DATA:
		return facts->frame.data;
	case MEZZO_FIELD_TAGS:
		return facts->frame.tags;
	case MEZZO_FIELD_LINES:
		return facts->frame.lines;
	case MEZZO_FIELD_GUEST_MTE:
		return facts->guest.mte;
	case MEZZO_FIELD_DIRTY_LOG:
		return facts->guest.dirty_log;
	case MEZZO_FIELD_FWB:
		return facts->machine.arm64.fwb;
	case MEZZO_FIELD_IDC:
		return facts->machine.arm64.idc;
	case MEZZO_FIELD_MTE:
		return facts->machine.arm64.mte;
	case MEZZO_FIELD_MTE_PERM:
		return facts->machine.arm64.mte_perm;
	case MEZZO_FIELD_ENGINE:
		return facts->machine.x86.engine;
	case MEZZO_FIELD_SELF_SNOOP:
		return facts->machine.x86.self_snoop;
	default:
		return 0;
	}
}

static void field_set(struct mezzo_facts *facts, enum mezzo_field field, uint8_t value)
{
	switch (field) {
	case MEZZO_FIELD_ALIASES:
		facts->memory.aliases = value;
		break;
	case MEZZO_FIELD_ALLOW:
		facts->memory.allow = value;
		break;
	case MEZZO_FIELD_MAINTENANCE:
		facts->memory.maintenance = value;
		break;
	case MEZZO_FIELD_DMA:
		facts->memory.dma = value;
		break;
	case MEZZO_FIELD_TAG_STORAGE:
		facts->memory.tag_storage = value;
		break;
	case MEZZO_FIELD_PRIVATE:
		facts->memory.is_private = value;
		break;
	case MEZZO_FIELD_MMIO:
		facts->memory.mmio = value;
		break;
	case MEZZO_FIELD_DATA:
		facts->frame.data = value ? 1 : 0;
		break;
	case MEZZO_FIELD_TAGS:
		facts->frame.tags = value ? 1 : 0;
		break;
	case MEZZO_FIELD_LINES:
		facts->frame.lines = value ? 1 : 0;
		break;
	case MEZZO_FIELD_GUEST_MTE:
		facts->guest.mte = value;
		break;
	case MEZZO_FIELD_DIRTY_LOG:
		facts->guest.dirty_log = value;
		break;
	case MEZZO_FIELD_FWB:
		facts->machine.arm64.fwb = value;
		break;
	case MEZZO_FIELD_IDC:
		facts->machine.arm64.idc = value;
		break;
	case MEZZO_FIELD_MTE:
		facts->machine.arm64.mte = value;
		break;
	case MEZZO_FIELD_MTE_PERM:
		facts->machine.arm64.mte_perm = value;
		break;
	case MEZZO_FIELD_ENGINE:
		facts->machine.x86.engine = value;
		break;
	case MEZZO_FIELD_SELF_SNOOP:
		facts->machine.x86.self_snoop = value;
		break;
	default:
		break;
	}
}

/*
 * The @i-th value to try where @from stands; @from itself is among them. Of a set those come
 * first that differ in the fewest classes: a declaration is mended, not replaced.
 */
static uint8_t candidate(enum mezzo_field field, uint8_t from, unsigned int i)
{
	static const uint8_t flips[MEZZO_CLASS_ALL + 1] = {0, 1, 2, 4, 3, 5, 6, 7};

	return (uint8_t)(field == MEZZO_FIELD_ALLOW ? from ^ flips[i] : i);
}

/* Exactly @depth changes, of the fields from order->field[@first] on. Recurses @depth deep. */
static bool search(mezzo_decide_fn *decide, const struct order *order,
		   const struct mezzo_facts *facts, unsigned int depth, unsigned int first,
		   struct mezzo_change *changes)
{
	for (unsigned int i = first; i + depth <= order->count; i++) {
		enum mezzo_field field = order->field[i];
		uint8_t from = field_get(facts, field);

		for (unsigned int j = 0; j < field_values(field); j++) {
			struct mezzo_facts changed = *facts;
			struct mezzo_decision decision;
			uint8_t to = candidate(field, from, j);

			if (to == from)
				continue;
			field_set(&changed, field, to);
			*changes = (struct mezzo_change){field, from, to};
			if (depth > 1) {
				if (search(decide, order, &changed, depth - 1, i + 1, changes + 1))
					return true;
				continue;
			}
			decide(&changed, &decision);
			if (decision.outcome != MEZZO_REFUSE)
				return true;
		}
	}
	return false;
}

void mezzo_facts_change(struct mezzo_facts *facts, const struct mezzo_change *change)
{
	field_set(facts, change->field, change->to);
}

static unsigned int nearest(mezzo_decide_fn *decide, const struct order *order,
			    const struct mezzo_facts *facts, struct mezzo_change *changes)
{
	struct mezzo_decision decision;

	decide(facts, &decision);
	if (decision.outcome != MEZZO_REFUSE)
		return 0;
	for (unsigned int depth = 1; depth <= MEZZO_CHANGES_MAX; depth++)
		if (search(decide, order, facts, depth, 0, changes))
			return depth;
	return 0;
}

unsigned int mezzo_arm64_nearest(mezzo_decide_fn *decide, const struct mezzo_facts *facts,
				 struct mezzo_change changes[MEZZO_CHANGES_MAX])
{
	return nearest(decide, &arm64_order, facts, changes);
}

unsigned int mezzo_x86_nearest(mezzo_decide_fn *decide, const struct mezzo_facts *facts,
			       struct mezzo_change changes[MEZZO_CHANGES_MAX])
{
	return nearest(decide, &x86_order, facts, changes);
}
