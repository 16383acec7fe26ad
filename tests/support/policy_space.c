/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_space.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t count;
	uint8_t value[POLICY_VALUES_MAX];
} fields[POLICY_FIELDS] = {
	[POLICY_FWB] = {"fwb", 2, {0, 1}},
	[POLICY_IDC] = {"idc", 2, {0, 1}},
	[POLICY_MTE] = {"mte", 2, {0, 1}},
	[POLICY_MTE_PERM] = {"mte_perm", 2, {0, 1}},
	[POLICY_GUEST_MTE] = {"guest_mte", 2, {0, 1}},
	[POLICY_DIC] = {"dic", 2, {0, 1}},
	[POLICY_DIRTY_LOG] = {"dirty_log", 2, {0, 1}},
	[POLICY_ALIASES] = {"aliases", MEZZO_ALIASES_VALUES, {0, 1, 2, 3}},
	[POLICY_ALLOW] = {"allow", MEZZO_CLASS_ALL, {1, 2, 3, 4, 5, 6, 7}},
	[POLICY_MAINTENANCE] = {"maintenance", MEZZO_MAINTENANCE_VALUES, {0, 1, 2}},
	[POLICY_DMA] = {"dma", MEZZO_DMA_VALUES, {0, 1, 2}},
	[POLICY_TAG_STORAGE] = {"tag_storage", 2, {0, 1}},
	[POLICY_PRIVATE] = {"private", 2, {0, 1}},
	[POLICY_MMIO] = {"mmio", 2, {0, 1}},
	[POLICY_WRITABLE] = {"writable", 2, {0, 1}},
	[POLICY_DATA] = {"data", MEZZO_CONTENT_VALUES, {0, 1}},
	[POLICY_TAGS] = {"tags", MEZZO_CONTENT_VALUES, {0, 1}},
	[POLICY_LINES] = {"lines", MEZZO_LINES_VALUES, {0, 1}},
	[POLICY_SLOT] = {"slot", MEZZO_SLOT_KINDS, {0, 1, 2}},
	[POLICY_KIND] = {"kind", MEZZO_FAULT_KINDS, {0, 1}},
	[POLICY_ACCESS] = {"access", MEZZO_ACCESS_KINDS, {0, 1, 2, 3, 4, 5, 6, 7}},
	[POLICY_MAX_ORDER] = {"max_order", 3, {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G}},
	[POLICY_ORDER] = {"order", 3, {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G}},
	[POLICY_XNX] = {"xnx", 2, {0, 1}},
	[POLICY_ENGINE] = {"engine", MEZZO_X86_ENGINES, {0, 1}},
	[POLICY_SELF_SNOOP] = {"self_snoop", 2, {0, 1}},
	[POLICY_HONOUR_MTRR] = {"honour_mtrr", 2, {0, 1}},
	[POLICY_MTRR] = {"mtrr",
			 5,
			 {MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WT, MEZZO_X86_WP, MEZZO_X86_WB}},
	[POLICY_CR0_CD] = {"cr0_cd", 2, {0, 1}},
};

static void domain_full(struct policy_domain *domain)
{
	for (unsigned int field = 0; field < POLICY_FIELDS; field++) {
		domain->count[field] = fields[field].count;
		memcpy(domain->value[field], fields[field].value, sizeof(domain->value[field]));
	}
}

void policy_domain_all(struct policy_domain *domain)
{
	domain_full(domain);
	for (unsigned int field = POLICY_ENGINE; field < POLICY_FIELDS; field++)
		policy_domain_fix(domain, (enum policy_field)field, 0);
}

void policy_domain_x86(struct policy_domain *domain)
{
	static const uint8_t arm64[] = {POLICY_FWB,       POLICY_IDC, POLICY_MTE, POLICY_MTE_PERM,
					POLICY_GUEST_MTE, POLICY_DIC, POLICY_XNX};

	domain_full(domain);
	for (unsigned int i = 0; i < sizeof(arm64); i++)
		policy_domain_fix(domain, (enum policy_field)arm64[i], 0);
	domain->count[POLICY_ACCESS] = MEZZO_ACCESS_WALK_WRITE + 1;
}

void policy_domain_fix(struct policy_domain *domain, enum policy_field field, uint8_t value)
{
	domain->count[field] = 1;
	domain->value[field][0] = value;
}

const char *policy_field_name(enum policy_field field)
{
	return fields[field].name;
}

void policy_walk_start(struct policy_walk *walk, const struct policy_domain *domain)
{
	*walk = (struct policy_walk){.domain = domain};
	for (unsigned int field = 0; field < POLICY_FIELDS; field++)
		policy_set(&walk->facts, (enum policy_field)field, domain->value[field][0]);
}

const char *policy_describe(const struct mezzo_facts *facts, const struct mezzo_decision *decision)
{
	static char text[1024];
	size_t used = 0;

	for (unsigned int field = 0; field < POLICY_FIELDS; field++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s=%u ",
					 fields[field].name,
					 policy_get(facts, (enum policy_field)field));
	used += (size_t)snprintf(
		text + used, sizeof(text) - used,
		"-> %s %s type=%u effective=%u r%uw%ux%u no_tag=%u clean_after=%u order=%u before",
		mezzo_outcome_name(decision->outcome), mezzo_reason(decision->reason)->name,
		decision->type, decision->effective, decision->read, decision->write,
		decision->exec, decision->no_tag_access, decision->clean_after,
		decision->max_order);
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && decision->before_visible[i]; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
					 mezzo_action_name(decision->before_visible[i]));
	used += (size_t)snprintf(text + used, sizeof(text) - used, " after");
	for (unsigned int i = 0; i < MEZZO_AFTER_MAX && decision->after_invalid[i]; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
					 mezzo_action_name(decision->after_invalid[i]));
	snprintf(text + used, sizeof(text) - used, " frame data=%u tags=%u lines=%u",
		 decision->frame_after.data, decision->frame_after.tags,
		 decision->frame_after.lines);
	return text;
}
