/* SPDX-License-Identifier: BSD-2-Clause */
#include "vendor.h"

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

bool hv_vendor_call(struct vcpu *vcpu)
{
	uint64_t *x = vcpu->regs.x;

	/* The function is a word; what stands above it does not count. */
	if ((uint32_t)x[0] != HV_VENDOR_UNMAP || !vcpu->vm->unmap_call)
		return false;
	x[0] = (uint64_t)unmap(vcpu->vm, x[1], x[2]);
	return true;
}
