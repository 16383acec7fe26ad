/* SPDX-License-Identifier: BSD-2-Clause */
/* x86 as a space binds it: one rule, and two kinds of tables that hold what the rule decides. */
#include "internal.h"

static unsigned int reachable(const struct mezzo_machine *machine, uint8_t type)
{
	return mezzo_x86_reachable(type, machine->x86.engine);
}

/* The machine's facts are the rule's alone; what tables may use is in the space's configuration. */
static void configure(const struct mezzo_machine *machine, struct mezzo_table_config *config)
{
	(void)machine, (void)config;
}

static const uint8_t machine_fields[] = {MEZZO_FIELD_SELF_SNOOP, MEZZO_FIELD_ENGINE,
					 MEZZO_FIELD_NONE};

#define ARCH(tables, text)                                                                         \
	{.size = sizeof(struct mezzo_arch),                                                        \
	 .name = (text),                                                                           \
	 .family = MEZZO_FAMILY_X86,                                                               \
	 .machine_fields = machine_fields,                                                         \
	 .decide = mezzo_x86_decide,                                                               \
	 .facts_valid = mezzo_x86_facts_valid,                                                     \
	 .nearest = mezzo_x86_nearest,                                                             \
	 .reachable = reachable,                                                                   \
	 .configure = configure,                                                                   \
	 .table = &(tables),                                                                       \
	 .guest_types = &mezzo_guest_types_x86}

const struct mezzo_arch mezzo_arch_x86_ept = ARCH(mezzo_ept_ops, "x86-ept");
const struct mezzo_arch mezzo_arch_x86_npt = ARCH(mezzo_npt_ops, "x86-npt");
