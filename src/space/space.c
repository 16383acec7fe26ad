/* SPDX-License-Identifier: BSD-2-Clause */
/* A space's life. */
#include "internal.h"

int mezzo_space_init(struct mezzo_space *space, const struct mezzo_space_config *config)
{
	struct mezzo_table_config table = {
		.size = sizeof(table),
		.platform = config->platform,
		.ipa_bits = config->ipa_bits,
		.pa_bits = config->pa_bits,
		.vmid = config->vmid,
		.fwb = config->machine.arm64.fwb,
		.mte_perm = config->machine.arm64.mte_perm,
		.dic = config->machine.arm64.dic,
		.features = config->features,
	};

	if (config->size != sizeof(*config) ||
	    config->platform->size != sizeof(*config->platform) ||
	    config->arch->size != sizeof(*config->arch))
		return MEZZO_ERR_INVALID;
	if (!config->max_slots || !config->max_vcpus ||
	    (config->max_records & (config->max_records - 1)))
		return MEZZO_ERR_INVALID;

	table.features.xnx |= config->machine.arm64.xnx;
	*space = (struct mezzo_space){.config = *config};
	for (unsigned int i = 0; i < 2; i++)
		btree_init(&space->index[i],
			   config->index + i * (MEZZO_INDEX_NODES(config->max_slots) / 2));
	atomic_store(&space->epoch, 1);
	atomic_store(&space->mte, config->guest_mte);
	return config->arch->table->init(&space->table, &table);
}

int mezzo_space_fini(struct mezzo_space *space)
{
	const struct mezzo_table_ops *ops = space->config.arch->table;

	if (space->count)
		return MEZZO_ERR_EXISTS;
	for (uint32_t i = 0; i < space->config.max_vcpus; i++)
		ops->stock_drain(&space->table, &space->config.vcpus[i].stock);
	ops->stock_drain(&space->table, &space->stock);
	ops->fini(&space->table);
	return MEZZO_OK;
}
