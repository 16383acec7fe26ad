/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant.h"

#include "arch/sysreg.h"
#include "platform.h"

#define MEMATTR_SHIFT 2
#define MEMATTR_MASK (UINT64_C(15) << MEMATTR_SHIFT)
#define MEMATTR_nGnRE 1
#define MEMATTR_NC 5

/* The address in a table descriptor: tables of ours lie below 2^48, wherever else a format puts it. */
static uint64_t next_table(const struct mezzo_table *table, uint64_t bits)
{
	return bits & ((UINT64_C(1) << 48) - (UINT64_C(1) << table->page_shift));
}

/* The leaf that covers @ipa, by walking the table as the hardware does. */
static _Atomic uint64_t *find_leaf(const struct mezzo_table *table, uint64_t ipa)
{
	const unsigned int index_bits = table->page_shift - 3u;
	unsigned int shift =
		table->page_shift + index_bits * (unsigned int)(3 - table->start_level);
	_Atomic uint64_t *entries = table->root;
	uint64_t mask = (uint64_t)table->root_bytes / 8 - 1;

	for (;; shift -= index_bits) {
		_Atomic uint64_t *entry = &entries[ipa >> shift & mask];
		uint64_t bits = *entry;

		if (!(bits & 1))
			return NULL;
		if (shift == table->page_shift || !(bits & 2))
			return entry;
		entries = (_Atomic uint64_t *)(uintptr_t)next_table(table, bits);
		mask = (UINT64_C(1) << index_bits) - 1;
	}
}

bool hv_plant_error(struct mezzo_space *space, struct mezzo_ipa ipa)
{
	const struct mezzo_platform *p = &hv_platform;
	_Atomic uint64_t *entry = find_leaf(&space->table, ipa.addr);
	uint64_t bits, wrong;

	if (!entry)
		return false;
	bits = *entry;
	wrong = (bits & MEMATTR_MASK) >> MEMATTR_SHIFT == MEMATTR_NC ? MEMATTR_nGnRE : MEMATTR_NC;
	*entry = 0;
	p->barrier(p->ctx, MEZZO_BARRIER_TABLES);
	p->tlb_invalidate_space(p->ctx, space->table.vmid);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	*entry = (bits & ~MEMATTR_MASK) | wrong << MEMATTR_SHIFT;
	p->barrier(p->ctx, MEZZO_BARRIER_TABLES);
	return true;
}
