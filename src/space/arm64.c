/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64 as a space binds it: its rule, and the tables that hold what the rule decides. */
#include <mezzo/arch.h>

struct mezzo_attr mezzo_attr_of(const struct mezzo_decision *decision)
{
	return (struct mezzo_attr){
		.type = decision->type,
		.read = decision->read,
		.write = decision->write,
		.exec = decision->exec,
		.no_tag_access = decision->no_tag_access,
		.clean_after = decision->clean_after,
		.accessed = true,
	};
}

static unsigned int reachable(const struct mezzo_machine *machine, uint8_t type)
{
	return mezzo_arm64_reachable(type, machine->arm64.fwb);
}

static void configure(const struct mezzo_machine *machine, struct mezzo_table_config *config)
{
	config->fwb = machine->arm64.fwb;
	config->mte_perm = machine->arm64.mte_perm;
	config->dic = machine->arm64.dic;
	config->features.xnx |= machine->arm64.xnx;
}

static const uint8_t machine_fields[] = {MEZZO_FIELD_FWB, MEZZO_FIELD_IDC, MEZZO_FIELD_MTE_PERM,
					 MEZZO_FIELD_NONE};

/* One rule for all granules. */
#define ARCH(tables, text)                                                                         \
	{.size = sizeof(struct mezzo_arch),                                                        \
	 .name = (text),                                                                           \
	 .family = MEZZO_FAMILY_ARM64,                                                             \
	 .machine_fields = machine_fields,                                                         \
	 .decide = mezzo_arm64_decide,                                                             \
	 .facts_valid = mezzo_arm64_facts_valid,                                                   \
	 .nearest = mezzo_arm64_nearest,                                                           \
	 .reachable = reachable,                                                                   \
	 .configure = configure,                                                                   \
	 .table = &(tables)}

const struct mezzo_arch mezzo_arch_arm64 = ARCH(mezzo_stage2_ops, "arm64");
const struct mezzo_arch mezzo_arch_arm64_4k = ARCH(mezzo_stage2_4k_ops, "arm64-4k");
const struct mezzo_arch mezzo_arch_arm64_4k_lpa2 = ARCH(mezzo_stage2_4k_lpa2_ops, "arm64-4k-lpa2");
const struct mezzo_arch mezzo_arch_arm64_16k = ARCH(mezzo_stage2_16k_ops, "arm64-16k");
const struct mezzo_arch mezzo_arch_arm64_16k_lpa2 =
	ARCH(mezzo_stage2_16k_lpa2_ops, "arm64-16k-lpa2");
const struct mezzo_arch mezzo_arch_arm64_64k = ARCH(mezzo_stage2_64k_ops, "arm64-64k");
