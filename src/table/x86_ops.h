/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_X86_OPS_H
#define MEZZO_TABLE_X86_OPS_H
/*
 * The operations of x86 tables, for a format that is included before: X86_OPS is the structure to
 * define, X86_FEATURES_VALID(features) says what else the format can, X86_FILL(table, config) fills
 * what it needs of struct mezzo_table and says whether it can work with it.
 *
 * The hardware's walk always begins at level 0, or at -1 with five levels. Ours begins lower: the
 * tables above the first that has more to say than 16 ways to go are made once and never change, and
 * the tables that they lead to lie side by side, like the concatenated root of arm64.
 */
#include <mezzo/x86.h>

#include "table/memory.h"
#include "table/walk_ops.h"

#define X86_ADDRESS_BITS_MIN 32
#define X86_LEAF_LEVEL 1

/* The level of a table of whose entries there is none, or only one, to a whole space. */
static int x86_start_level(unsigned int ipa_bits)
{
	return ipa_bits <= 43 ? 1 : 0;
}

static int x86_top_level(const struct mezzo_table_config *config)
{
	return config->x86.levels == 5 ? -1 : 0;
}

static uint64_t x86_leaf_orders(const struct mezzo_table_config *config)
{
	return UINT64_C(1) << MEZZO_ORDER_4K | UINT64_C(1) << MEZZO_ORDER_2M |
	       (config->features.leaf_1g ? UINT64_C(1) << MEZZO_ORDER_1G : 0);
}

static bool x86_config_valid(const struct mezzo_table_config *config)
{
	const struct mezzo_table_features *features = &config->features;
	const unsigned int ipa_bits_max = config->x86.levels == 5 ? 52 : 48;

	return config->size == sizeof(*config) &&
	       config->platform->size == sizeof(*config->platform) &&
	       (config->x86.levels == 4 || config->x86.levels == 5) &&
	       config->ipa_bits >= X86_ADDRESS_BITS_MIN && config->ipa_bits <= ipa_bits_max &&
	       config->pa_bits >= X86_ADDRESS_BITS_MIN && config->pa_bits <= 52 && !config->fwb &&
	       !config->mte_perm && !features->contiguous && !features->shared &&
	       features->bbm <= 2 && X86_FEATURES_VALID(features);
}

/* One table, each of whose first @count entries leads to the next of those that begin at @below. */
static void *x86_table_above(const struct mezzo_table *table, const void *below, uint64_t count)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t *entries = platform->table_alloc(platform->ctx, WALK_PAGE_BYTES);
	const uint64_t first = table_physical(table, below);

	if (!entries)
		return NULL;
	for (unsigned int i = 0; i < WALK_ENTRIES; i++)
		entries[i] =
			(i < count ? format_table(first + i * WALK_PAGE_BYTES) : 0) ^ FORMAT_FLIP;
	return entries;
}

/* The root, and what the hardware has to pass through to get there. */
static int x86_build(struct mezzo_table *table, int top)
{
	const struct mezzo_platform *platform = table->platform;
	uint64_t count = table->root_bytes / WALK_PAGE_BYTES;
	void *below;

	table->root = platform->table_alloc(platform->ctx, table->root_bytes);
	if (!table->root)
		return MEZZO_ERR_NOMEM;
	for (uint64_t i = 0; i < count; i++)
		make_empty((uint64_t *)table->root + i * WALK_ENTRIES);
	below = table->root;
	for (int level = table->start_level; level > top; level--) {
		void *above = x86_table_above(table, below, count);

		if (!above) {
			fini(table);
			return MEZZO_ERR_NOMEM;
		}
		table->above[table->above_count++] = above;
		below = above;
		count = 1;
	}
	table->root_pa.addr = table_physical(table, below);
	table->tables = table->root_bytes / WALK_PAGE_BYTES + table->above_count;
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

static int init(struct mezzo_table *table, const struct mezzo_table_config *config)
{
	const int start = x86_start_level(config->ipa_bits);
	uint64_t bytes;

	if (!x86_config_valid(config))
		return MEZZO_ERR_INVALID;
	bytes = (UINT64_C(1) << (config->ipa_bits - level_shift(start))) * sizeof(uint64_t);
	if (bytes < WALK_PAGE_BYTES)
		bytes = WALK_PAGE_BYTES;

	*table = (struct mezzo_table){
		.ops = &X86_OPS,
		.platform = config->platform,
		.root_bytes = (uint32_t)bytes,
		.ipa_bits = config->ipa_bits,
		.pa_bits = config->pa_bits,
		.page_shift = FORMAT_PAGE_SHIFT,
		.start_level = (int8_t)start,
		.start_shift = (uint8_t)level_shift(start),
		.dic = true, /* instruction caches are coherent */
		.vmid = config->vmid,
		.features = config->features,
		.empty = FORMAT_FLIP,
		.orders = x86_leaf_orders(config),
	};
	table->features.access = true;
	/* Level 1 is Arm's nT; break-before-make is right everywhere. */
	if (table->features.bbm == 1)
		table->features.bbm = 0;
	if (!X86_FILL(table, config))
		return MEZZO_ERR_INVALID;
	return x86_build(table, x86_top_level(config));
}

const struct mezzo_table_ops X86_OPS = {
	.init = init,
	WALK_OPS,
};

#endif
