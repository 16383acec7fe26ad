/* SPDX-License-Identifier: BSD-2-Clause */
#include "table/stage2_format.h"

#include "table/walk_enter.h"
#include "table/walk_narrow.h"
#include "table/walk_settle.h"
#include "table/walk_shape.h"
#include "table/walk_unmap.h"

#define VTCR_SL0_SHIFT 6
#define VTCR_PS_SHIFT 16

#define ADDRESS_BITS_MIN 32
#define ADDRESS_BITS_MAX 48

/*
 * A walk may begin at level 1 with up to 16 concatenated tables, up to 43 bits; above that at
 * level 0. 32 to 34 bits could begin at level 2: not used, because such a root has no place for a
 * 1 GiB block. Level 0 exists only where the CPU has 44 or more physical address bits, and so
 * does an IPA that needs it. Source: Arm ARM, AArch64.S2InconsistentSL.
 */
#define LEVEL1_BITS_MAX 43

static bool bits_valid(unsigned int bits)
{
	return bits >= ADDRESS_BITS_MIN && bits <= ADDRESS_BITS_MAX;
}

static int init(struct mezzo_table *table, const struct mezzo_table_config *config)
{
	const struct mezzo_platform *platform = config->platform;
	const unsigned int start = config->ipa_bits <= LEVEL1_BITS_MAX ? 1 : 0;
	uint64_t bytes;

	if (config->size != sizeof(*config) || !bits_valid(config->ipa_bits) ||
	    !bits_valid(config->pa_bits) || platform->size != sizeof(*platform))
		return MEZZO_ERR_INVALID;
	bytes = (UINT64_C(1) << (config->ipa_bits - level_shift(start))) * sizeof(uint64_t);
	if (bytes < TABLE_BYTES)
		bytes = TABLE_BYTES;

	*table = (struct mezzo_table){
		.ops = &mezzo_stage2_ops,
		.platform = platform,
		.root = platform->table_alloc(platform->ctx, bytes),
		.root_bytes = (uint32_t)bytes,
		.ipa_bits = config->ipa_bits,
		.pa_bits = config->pa_bits,
		.start_level = (uint8_t)start,
		.fwb = config->fwb,
		.mte_perm = config->mte_perm,
		.dic = config->dic,
		.vmid = config->vmid,
		.tables = bytes / TABLE_BYTES,
	};
	if (!table->root)
		return MEZZO_ERR_NOMEM;
	table->root_pa.addr = table_physical(table, table->root);
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return MEZZO_OK;
}

bool mezzo_stage2_change_is_live(uint64_t from, uint64_t to)
{
	return format_change_is_live(from, to);
}

uint64_t mezzo_stage2_vtcr(const struct mezzo_table *table)
{
	static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48};
	const uint64_t t0sz = 64u - table->ipa_bits;
	const uint64_t sl0 = 2u - table->start_level;
	uint64_t ps = 0;

	while (pa_bits[ps] < table->pa_bits)
		ps++;
	return t0sz | sl0 << VTCR_SL0_SHIFT | ps << VTCR_PS_SHIFT;
}

const struct mezzo_table_ops mezzo_stage2_ops = {
	.init = init,
	.fini = fini,
	.lookup = lookup,
	.stock_fill = mezzo_table_stock_fill,
	.stock_drain = mezzo_table_stock_drain,
	.claim = claim,
	.encode = encode,
	.enter = enter,
	.publish = publish,
	.abandon = abandon,
	.map = map,
	.hold = hold,
	.unmap = unmap,
	.settle = settle,
	.protect = protect,
	.age = age,
	.split = split,
	.collapse = collapse,
	.reclaim = mezzo_table_reclaim,
};
