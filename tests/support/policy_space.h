/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_SPACE_H
#define POLICY_SPACE_H
/*
 * The space of facts that a rule is defined on, as a mixed-radix counter: every value of every
 * field that its architecture has, machine and guest outermost, skipping machines that cannot
 * exist.
 */
#include <mezzo/decide.h>

/* Outermost first. What decides admissibility comes first, what should decide nothing last. */
enum policy_field {
	POLICY_FWB,
	POLICY_IDC,
	POLICY_MTE,
	POLICY_MTE_PERM,
	POLICY_GUEST_MTE,
	POLICY_DIC,
	POLICY_DIRTY_LOG,
	POLICY_ALIASES,
	POLICY_ALLOW,
	POLICY_MAINTENANCE,
	POLICY_DMA,
	POLICY_TAG_STORAGE,
	POLICY_PRIVATE,
	POLICY_MMIO,
	POLICY_WRITABLE,
	POLICY_DATA,
	POLICY_TAGS,
	POLICY_LINES,
	POLICY_SLOT,
	POLICY_KIND,
	POLICY_ACCESS,
	POLICY_MAX_ORDER,
	POLICY_ORDER,
	POLICY_XNX,
	/* x86 */
	POLICY_ENGINE,
	POLICY_SELF_SNOOP,
	POLICY_HONOUR_MTRR,
	POLICY_MTRR,
	POLICY_CR0_CD,
	POLICY_FIELDS
};
#define POLICY_LAST_ADMISSIBLE POLICY_GUEST_MTE
#define POLICY_VALUES_MAX 8

/* Which values each field runs through. */
struct policy_domain {
	uint8_t count[POLICY_FIELDS];
	uint8_t value[POLICY_FIELDS][POLICY_VALUES_MAX];
};

struct policy_walk {
	const struct policy_domain *domain;
	struct mezzo_facts facts; /* the present point */
	uint8_t digit[POLICY_FIELDS];
	bool any_machine; /* machines that cannot exist, too */
};

/* All values of all fields of the architecture; and one value only. */
void policy_domain_all(struct policy_domain *domain);
void policy_domain_x86(struct policy_domain *domain);
void policy_domain_fix(struct policy_domain *domain, enum policy_field field, uint8_t value);

const char *policy_field_name(enum policy_field field);

/* Facts and decision in words, for a failure message. Static storage: one call at a time. */
const char *policy_describe(const struct mezzo_facts *facts, const struct mezzo_decision *decision);

static inline bool policy_admissible(const struct mezzo_facts *facts)
{
	const struct mezzo_arm64_machine *machine = &facts->machine.arm64;

	return (!machine->fwb || machine->idc) && (!machine->mte_perm || machine->mte) &&
	       (!facts->guest.mte || machine->mte);
}

/* The one list of where a field lies: @USE is applied to its lvalue. */
#define POLICY_FIELD_CASES(facts, USE)                                                             \
	case POLICY_FWB:                                                                           \
		USE((facts)->machine.arm64.fwb);                                                   \
	case POLICY_IDC:                                                                           \
		USE((facts)->machine.arm64.idc);                                                   \
	case POLICY_MTE:                                                                           \
		USE((facts)->machine.arm64.mte);                                                   \
	case POLICY_MTE_PERM:                                                                      \
		USE((facts)->machine.arm64.mte_perm);                                              \
	case POLICY_GUEST_MTE:                                                                     \
		USE((facts)->guest.mte);                                                           \
	case POLICY_DIC:                                                                           \
		USE((facts)->machine.arm64.dic);                                                   \
	case POLICY_DIRTY_LOG:                                                                     \
		USE((facts)->guest.dirty_log);                                                     \
	case POLICY_ALIASES:                                                                       \
		USE((facts)->memory.aliases);                                                      \
	case POLICY_ALLOW:                                                                         \
		USE((facts)->memory.allow);                                                        \
	case POLICY_MAINTENANCE:                                                                   \
		USE((facts)->memory.maintenance);                                                  \
	case POLICY_DMA:                                                                           \
		USE((facts)->memory.dma);                                                          \
	case POLICY_TAG_STORAGE:                                                                   \
		USE((facts)->memory.tag_storage);                                                  \
	case POLICY_PRIVATE:                                                                       \
		USE((facts)->memory.is_private);                                                   \
	case POLICY_MMIO:                                                                          \
		USE((facts)->memory.mmio);                                                         \
	case POLICY_WRITABLE:                                                                      \
		USE((facts)->memory.writable);                                                     \
	case POLICY_DATA:                                                                          \
		USE((facts)->frame.data);                                                          \
	case POLICY_TAGS:                                                                          \
		USE((facts)->frame.tags);                                                          \
	case POLICY_LINES:                                                                         \
		USE((facts)->frame.lines);                                                         \
	case POLICY_SLOT:                                                                          \
		USE((facts)->fault.slot);                                                          \
	case POLICY_KIND:                                                                          \
		USE((facts)->fault.kind);                                                          \
	case POLICY_ACCESS:                                                                        \
		USE((facts)->fault.access);                                                        \
	case POLICY_MAX_ORDER:                                                                     \
		USE((facts)->memory.max_order);                                                    \
	case POLICY_ORDER:                                                                         \
		USE((facts)->fault.order);                                                         \
	case POLICY_XNX:                                                                           \
		USE((facts)->machine.arm64.xnx);                                                   \
	case POLICY_ENGINE:                                                                        \
		USE((facts)->machine.x86.engine);                                                  \
	case POLICY_SELF_SNOOP:                                                                    \
		USE((facts)->machine.x86.self_snoop);                                              \
	case POLICY_HONOUR_MTRR:                                                                   \
		USE((facts)->guest.x86.honour_mtrr);                                               \
	case POLICY_MTRR:                                                                          \
		USE((facts)->guest.x86.mtrr);                                                      \
	case POLICY_CR0_CD:                                                                        \
		USE((facts)->guest.x86.cr0_cd)

static inline void policy_set(struct mezzo_facts *facts, enum policy_field field, uint8_t value)
{
#define POLICY_STORE(lvalue)                                                                       \
	lvalue = value;                                                                            \
	break
	switch (field) {
		POLICY_FIELD_CASES(facts, POLICY_STORE);
	case POLICY_FIELDS:
		break;
	}
#undef POLICY_STORE
}

static inline uint8_t policy_get(const struct mezzo_facts *facts, enum policy_field field)
{
#define POLICY_LOAD(lvalue) return (uint8_t)(lvalue)
	switch (field) {
		POLICY_FIELD_CASES(facts, POLICY_LOAD);
	case POLICY_FIELDS:
		break;
	}
#undef POLICY_LOAD
	return 0;
}

/* Stand on the first point of @domain. Its first value must be admissible: zero is. */
void policy_walk_start(struct policy_walk *walk, const struct policy_domain *domain);

/* Step to the next admissible point; false when there is none. */
static inline bool policy_walk_next(struct policy_walk *walk)
{
	unsigned int field = POLICY_FIELDS;

	for (;;) {
		if (field == 0)
			return false;
		field--;
		if (walk->domain->count[field] == 1)
			continue;
		if (++walk->digit[field] == walk->domain->count[field])
			walk->digit[field] = 0;
		policy_set(&walk->facts, (enum policy_field)field,
			   walk->domain->value[field][walk->digit[field]]);
		if (walk->digit[field] == 0)
			continue;
		if (field > POLICY_LAST_ADMISSIBLE || walk->any_machine ||
		    policy_admissible(&walk->facts))
			return true;
		field = POLICY_LAST_ADMISSIBLE + 1;
	}
}

#endif
