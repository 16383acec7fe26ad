/* SPDX-License-Identifier: BSD-2-Clause */
/* A space's life. */
#include "internal.h"

/* What the guest's types can ask for the tables must be able to say. */
static int init_tables(struct mezzo_space *space, const struct mezzo_table_config *table)
{
	const struct mezzo_arch *arch = space->config.arch;
	int status = arch->table->init(&space->table, table);

	if (status || !space->config.guest_types ||
	    (arch->guest_types && arch->guest_types->possible(space)))
		return status;
	arch->table->fini(&space->table);
	return MEZZO_ERR_INVALID;
}

int mezzo_space_init(struct mezzo_space *space, const struct mezzo_space_config *config)
{
	struct mezzo_table_config table = {
		.size = sizeof(table),
		.platform = config->platform,
		.ipa_bits = config->ipa_bits,
		.pa_bits = config->pa_bits,
		.vmid = config->vmid,
		.x86 = config->x86,
		.features = config->features,
	};

	if (config->size != sizeof(*config) ||
	    config->platform->size != sizeof(*config->platform) ||
	    config->arch->size != sizeof(*config->arch))
		return MEZZO_ERR_INVALID;
	if (!config->max_slots || !config->max_vcpus ||
	    (config->max_records & (config->max_records - 1)))
		return MEZZO_ERR_INVALID;

	config->arch->configure(&config->machine, &table);
	*space = (struct mezzo_space){.config = *config};
	for (unsigned int i = 0; i < 2; i++)
		btree_init(&space->index[i],
			   config->index + i * (MEZZO_INDEX_NODES(config->max_slots) / 2));
	atomic_store(&space->epoch, 1);
	atomic_store(&space->mte, config->guest_mte);
	return init_tables(space, &table);
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
