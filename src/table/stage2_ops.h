/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_STAGE2_OPS_H
#define MEZZO_TABLE_STAGE2_OPS_H
/*
 * The operations of arm64 stage-2 tables of one geometry: S2_PAGE_SHIFT, S2_LPA2 and S2_PLAIN as
 * stage2_format.h wants them, and S2_OPS, the name of the structure to define.
 */
#include "table/stage2_format.h"

#include "table/walk_ops.h"

#define S2_ADDRESS_BITS_MIN 32

#if S2_PAGE_SHIFT == 12
#define S2_HINT (S2_LPA2 ? MEZZO_HINT_LPA2 : 0u)
#define S2_LEAF_LEVEL (S2_LPA2 ? 0 : 1)
#elif S2_PAGE_SHIFT == 14
#define S2_HINT (MEZZO_HINT_16K | (S2_LPA2 ? MEZZO_HINT_LPA2 : 0u))
#define S2_LEAF_LEVEL (S2_LPA2 ? 1 : 2)
#else
#define S2_HINT MEZZO_HINT_64K
#define S2_LEAF_LEVEL 1 /* for an output of 52 bits; 2 below */
#endif

/*
 * Where a walk begins. A root may be up to 16 concatenated tables; a level is chosen so that no
 * root is larger than it has to be and that blocks have a place in every space.
 *
 * 4 KiB: at level 1 up to 43 bits; 32 to 34 bits could begin at level 2, but such a root has no
 * place for a 1 GiB block. Level 0 up to 48 bits, level -1 above.
 * 16 KiB: at level 2 up to 40 bits, level 1 up to 48, level 0 above. 64 KiB: at level 2 up to 42
 * bits, level 1 above.
 *
 * A level exists only where the CPU has enough physical address bits (4 KiB, level 0: 44 or more;
 * 16 KiB, level 1: 42 or more; 64 KiB, level 1: 44 or more), and so does an IPA that needs it.
 * Source: Arm ARM, AArch64.S2InconsistentSL.
 */
static int start_level(unsigned int ipa_bits)
{
	switch (S2_PAGE_SHIFT) {
	case 12:
		return ipa_bits <= 43 ? 1 : ipa_bits <= 48 ? 0 : -1;
	case 14:
		return ipa_bits <= 40 ? 2 : ipa_bits <= 48 ? 1 : 0;
	default:
		return ipa_bits <= 42 ? 2 : 1;
	}
}

/* The sizes of leaves that fit into both address spaces. */
static uint64_t leaf_orders(const struct mezzo_table_config *config, int start)
{
	const unsigned int bits =
		config->ipa_bits < config->pa_bits ? config->ipa_bits : config->pa_bits;
	int top = start > S2_LEAF_LEVEL ? start : S2_LEAF_LEVEL;
	uint64_t orders = 0;

	/* Source: Arm ARM, the 4 TiB block of a 64 KiB granule needs a 52-bit output. */
	if (S2_PAGE_SHIFT == 16 && config->pa_bits < 52 && top < 2)
		top = 2;
	for (int level = top; level <= WALK_LAST_LEVEL; level++) {
		const unsigned int group = format_group_bits(level);

		if (level_shift(level) <= bits)
			orders |= UINT64_C(1) << level_order(level);
		if (config->features.contiguous && group && level_shift(level) + group <= bits)
			orders |= UINT64_C(1) << (level_order(level) + group);
	}
	return orders;
}

static bool features_valid(const struct mezzo_table_features *features)
{
	if (S2_PLAIN && (features->contiguous || features->shared))
		return false;
	return features->bbm <= 2 && (features->access || !features->dirty);
}

/* Level 1 takes a block that is locked; break-before-make is right on it, too. */
static struct mezzo_table_features features_used(struct mezzo_table_features features)
{
	if (S2_PLAIN && features.bbm == 1)
		features.bbm = 0;
	return features;
}

static bool bits_valid(unsigned int bits)
{
	return bits >= S2_ADDRESS_BITS_MIN && bits <= S2_ADDRESS_BITS;
}

WALK_RARE int init(struct mezzo_table *table, const struct mezzo_table_config *config)
{
	const struct mezzo_platform *platform = config->platform;
	const int start = start_level(config->ipa_bits);
	uint64_t bytes;

	if (config->size != sizeof(*config) || !bits_valid(config->ipa_bits) ||
	    !bits_valid(config->pa_bits) || !features_valid(&config->features) ||
	    platform->size != sizeof(*platform))
		return MEZZO_ERR_INVALID;
	bytes = (UINT64_C(1) << (config->ipa_bits - level_shift(start))) * sizeof(uint64_t);
	if (bytes < WALK_PAGE_BYTES)
		bytes = WALK_PAGE_BYTES;

	*table = (struct mezzo_table){
		.ops = &S2_OPS,
		.platform = platform,
		.root = platform->table_alloc(platform->ctx, bytes),
		.root_bytes = (uint32_t)bytes,
		.ipa_bits = config->ipa_bits,
		.pa_bits = config->pa_bits,
		.page_shift = S2_PAGE_SHIFT,
		.start_level = (int8_t)start,
		.start_shift = (uint8_t)level_shift(start),
		.hint = S2_HINT,
		.fwb = config->fwb,
		.mte_perm = config->mte_perm,
		.dic = config->dic,
		.vmid = config->vmid,
		.features = features_used(config->features),
		.orders = leaf_orders(config, start),
		.tables = bytes / WALK_PAGE_BYTES,
	};
	if (!table->root)
		return MEZZO_ERR_NOMEM;
	table->root_pa.addr = table_physical(table, table->root);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

const struct mezzo_table_ops S2_OPS = {
	.init = init,
	WALK_OPS,
};

#endif
