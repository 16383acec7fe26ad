/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hypervisor is told of arm64 stage-2 tables of any geometry. */
#include <mezzo/arch.h>

/* Bits of a descriptor that are alike in all geometries. */
#define DESC_VALID UINT64_C(1)
#define DESC_TABLE UINT64_C(2)
#define DESC_PERMISSIONS (UINT64_C(3) << 6 | UINT64_C(3) << 53 | DESC_DBM)
#define DESC_DBM (UINT64_C(1) << 51)
#define DESC_CONTIGUOUS (UINT64_C(1) << 52)
#define DESC_NT (UINT64_C(1) << 16) /* of a block */
#define DESC_ACCESSED (UINT64_C(1) << 10)
#define DESC_SOFTWARE (UINT64_C(0xf) << 55)

#define VTCR_SL0_SHIFT 6
#define VTCR_WALK_WB (UINT64_C(1) << 8 | UINT64_C(1) << 10) /* IRGN0, ORGN0 */
#define VTCR_SH0_INNER (UINT64_C(3) << 12)
#define VTCR_TG0_64K (UINT64_C(1) << 14)
#define VTCR_TG0_16K (UINT64_C(2) << 14)
#define VTCR_PS_SHIFT 16
#define VTCR_HA (UINT64_C(1) << 21)
#define VTCR_HD (UINT64_C(1) << 22)
#define VTCR_RES1 (UINT64_C(1) << 31)
#define VTCR_DS (UINT64_C(1) << 32)
#define VTCR_SL2 (UINT64_C(1) << 33)

/* Block and table, either way, with everything else the caller's to answer for. */
static bool size_may_change(uint64_t from, uint64_t to, unsigned int bbm)
{
	const uint64_t block = from & DESC_TABLE ? to : from;

	return bbm == 2 || (bbm == 1 && (block & DESC_NT));
}

bool mezzo_stage2_change_is_live(uint64_t from, uint64_t to, int level, unsigned int bbm)
{
	uint64_t may = DESC_PERMISSIONS | DESC_ACCESSED | DESC_SOFTWARE;

	if (!(from & DESC_VALID) || !(to & DESC_VALID))
		return true;
	if (level != 3 && ((from ^ to) & DESC_TABLE))
		return size_may_change(from, to, bbm);
	if (level != 3 && (from & DESC_TABLE))
		return from == to;
	if (bbm)
		may |= DESC_CONTIGUOUS | (level != 3 ? DESC_NT : 0);
	return !((from ^ to) & ~may);
}

static uint64_t granule(const struct mezzo_table *table)
{
	return table->page_shift == 16 ? VTCR_TG0_64K : table->page_shift == 14 ? VTCR_TG0_16K : 0;
}

/* SL2:SL0. A 4 KiB granule counts down from level 2 and has no level 3 start; others from 3. */
static uint64_t start(const struct mezzo_table *table)
{
	if (table->start_level < 0)
		return VTCR_SL2;
	return (uint64_t)((table->page_shift == 12 ? 2 : 3) - table->start_level) << VTCR_SL0_SHIFT;
}

uint64_t mezzo_stage2_vtcr(const struct mezzo_table *table)
{
	static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48, 52};
	uint64_t vtcr = VTCR_RES1 | VTCR_WALK_WB | VTCR_SH0_INNER;
	uint64_t ps = 0;

	while (pa_bits[ps] < table->pa_bits)
		ps++;
	vtcr |= (64u - table->ipa_bits) | start(table) | granule(table) | ps << VTCR_PS_SHIFT;
	vtcr |= table->features.access ? VTCR_HA : 0;
	vtcr |= table->features.dirty ? VTCR_HD : 0;
	return vtcr | (table->hint & MEZZO_HINT_LPA2 ? VTCR_DS : 0);
}

/* The root is a whole table, so its low bits have room for the address bits above 47. */
uint64_t mezzo_stage2_vttbr(const struct mezzo_table *table)
{
	const uint64_t root = table->root_pa.addr & ((UINT64_C(1) << 48) - 1);

	return (uint64_t)table->vmid << 48 | root | table->root_pa.addr >> 48 << 2;
}
