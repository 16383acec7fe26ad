/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries before a guest needs them. */
#include "internal.h"

static bool is_mapped(struct mezzo_space *space, struct mezzo_vcpu *vcpu, uint64_t ipa,
		      struct mezzo_leaf *leaf)
{
	walker_enter(space, vcpu);
	space->table.ops->lookup(&space->table, (struct mezzo_ipa){ipa}, leaf);
	walker_leave(vcpu);
	return leaf->state == MEZZO_ENTRY_LEAF;
}

/* Make the entry at @ipa. OK: there is one, of result->order. */
static int make(struct mezzo_space *space, uint32_t vcpu, uint64_t ipa,
		struct mezzo_fault_result *result)
{
	const struct mezzo_fault_info info = {.ipa = {ipa}, .access = MEZZO_ACCESS_READ};
	int status = mezzo_space_fault(space, vcpu, &info, result);

	if (status)
		return status;
	if (result->retry)
		return MEZZO_ERR_AGAIN;
	if (result->outcome == MEZZO_GRANT)
		return MEZZO_OK;
	return result->reason == MEZZO_WHY_DEVICE_ACCESS ? MEZZO_ERR_NOENT : MEZZO_ERR_REFUSED;
}

int mezzo_space_prefault(struct mezzo_space *space, uint32_t vcpu, struct mezzo_ipa ipa,
			 uint64_t pages, uint64_t *done_pages, struct mezzo_fault_result *result)
{
	const uint64_t limit = behind(ipa.addr, MEZZO_ORDER_2M);
	uint64_t end, at = ipa.addr;
	int status = MEZZO_OK;

	*result = (struct mezzo_fault_result){0};
	*done_pages = 0;
	if (!range_is_valid(space, ipa, pages))
		return MEZZO_ERR_INVALID;
	end = ipa.addr + pages_to_bytes(pages);
	while (at < end && at < limit) {
		struct mezzo_leaf leaf;

		if (!is_mapped(space, &space->config.vcpus[vcpu], at, &leaf)) {
			status = make(space, vcpu, at, result);
			leaf.order = result->order;
		}
		if (status)
			break;
		at = behind(at, leaf.order);
	}
	*done_pages = bytes_to_pages((at < end ? at : end) - ipa.addr);
	return status || at >= end ? status : MEZZO_ERR_AGAIN;
}
