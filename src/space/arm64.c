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

const struct mezzo_arch mezzo_arch_arm64 = {
	.size = sizeof(mezzo_arch_arm64),
	.name = "arm64",
	.decide = mezzo_arm64_decide,
	.table = &mezzo_stage2_ops,
};
