/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest gets, or loses, allocation tags. */
#include "internal.h"

static int check_slots(struct mezzo_space *space, bool mte, struct mezzo_refusal *why)
{
	const struct mezzo_slot *slot = slot_first(space, 0, UINT64_MAX);
	int status = MEZZO_OK;

	for (; slot && !status; slot = slot_next(space, slot, UINT64_MAX))
		status = slot_check_mte(space, slot, mte, why);
	return status;
}

/*
 * Rulings are known by their slot's number, so new numbers void them. A fault that still goes by an
 * old one has taken the sequence before zap raises it, and is noticed as any other.
 */
static void void_rulings(struct mezzo_space *space)
{
	for (struct mezzo_slot *slot = slot_first(space, 0, UINT64_MAX); slot;
	     slot = slot_next(space, slot, UINT64_MAX))
		atomic_store_explicit(&slot->number, ++space->numbered, memory_order_release);
}

int mezzo_space_set_mte(struct mezzo_space *space, bool mte, struct mezzo_refusal *why)
{
	const struct mezzo_platform *platform = space->config.platform;
	const uint64_t pages = bytes_to_pages(UINT64_C(1) << space->config.ipa_bits);
	const struct mezzo_ipa start = {0};
	uint64_t taken;
	int status = MEZZO_OK;

	platform->lock(platform->ctx, &space->lock);
	if (mte && !space->config.machine.arm64.mte)
		status = refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_FACTS_INADMISSIBLE,
				MEZZO_FIELD_MTE, false, true);
	else if (atomic_load(&space->mte) != mte)
		status = check_slots(space, mte, why);
	/* Nothing has changed as long as devices are not done; then nothing can come in between. */
	if (!status && atomic_load(&space->mte) != mte && !dma_taken(space, start, pages))
		status = MEZZO_ERR_AGAIN;
	if (!status && atomic_exchange(&space->mte, mte) != mte) {
		void_rulings(space);
		status = zap(space, start, pages, &taken);
	}
	platform->unlock(platform->ctx, &space->lock);
	return status;
}
