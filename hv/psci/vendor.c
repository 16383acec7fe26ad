/* SPDX-License-Identifier: BSD-2-Clause */
#include "vendor.h"

#include <mezzo/dirty.h>

#define BLOCK_BYTES (MEZZO_PAGE_BYTES << MEZZO_ORDER_2M)

/* Pages from @ipa to the end of the block around it, or @pages if that is less. */
static uint64_t one_step(uint64_t ipa, uint64_t pages)
{
	uint64_t left = (BLOCK_BYTES - ipa % BLOCK_BYTES) >> MEZZO_PAGE_SHIFT;

	return pages < left ? pages : left;
}

static int64_t unmap(struct vm *vm, uint64_t ipa, uint64_t pages)
{
	const uint64_t limit = UINT64_C(1) << (vm->space.config.ipa_bits - MEZZO_PAGE_SHIFT);
	const uint64_t page = ipa >> MEZZO_PAGE_SHIFT;
	uint64_t step;

	if (ipa % MEZZO_PAGE_BYTES || !pages || page >= limit || pages > limit - page)
		return SMCCC_INVALID_PARAMETER;
	step = one_step(ipa, pages);
	if (mezzo_space_unmap(&vm->space, (struct mezzo_ipa){ipa}, step))
		return SMCCC_INVALID_PARAMETER;
	return (int64_t)step;
}

/* RAM begins at a 2 MiB boundary and has whole blocks: one block is eight words of the log. */
static int64_t written(struct vm *vm, uint64_t ipa)
{
	const uint64_t first = (ipa - vm->ram_ipa) >> MEZZO_PAGE_SHIFT;
	uint64_t bits[MEZZO_DIRTY_WORDS(BLOCK_BYTES >> MEZZO_PAGE_SHIFT)];
	struct mezzo_refusal why;
	int64_t count = 0;

	if (ipa % BLOCK_BYTES || mezzo_dirty_take(&vm->space, HV_SLOT_RAM, first,
						  BLOCK_BYTES >> MEZZO_PAGE_SHIFT, bits, &why))
		return SMCCC_INVALID_PARAMETER;
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		for (; bits[i]; bits[i] &= bits[i] - 1)
			count++;
	return count;
}

bool hv_vendor_call(struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	uint64_t *x = vcpu->regs.x;

	/* The function is a word; what stands above it does not count. */
	if ((uint32_t)x[0] == HV_VENDOR_UNMAP && vm->unmap_call)
		x[0] = (uint64_t)unmap(vcpu->vm, x[1], x[2]);
	else if ((uint32_t)x[0] == HV_VENDOR_WRITTEN && vm->log_writes)
		x[0] = (uint64_t)written(vcpu->vm, x[1]);
	else
		return false;
	return true;
}
