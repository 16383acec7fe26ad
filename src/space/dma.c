/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices' entries, beside the CPUs'. All of it under the locks of object and space: whoever takes a
 * frame away either comes before it is resolved here, or finds the entry.
 */
#include "internal.h"

#include <mezzo/dma.h>

/* --- taking away ------------------------------------------------------------------------------ */

/* So often is asked, before the caller hears that some device is slow. */
#define POLLS 64

bool dma_taken(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages)
{
	const struct mezzo_platform *platform = space->config.platform;

	if (!space->devices)
		return true;
	platform->dma_unmap(platform->ctx, space->config.vmid, ipa, pages);
	for (unsigned int i = 0; i < POLLS; i++)
		if (platform->dma_complete(platform->ctx, space->config.vmid))
			return true;
	return false;
}

int mezzo_space_dma_unmap(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages)
{
	const struct mezzo_platform *platform = space->config.platform;
	bool taken;

	if (!range_is_valid(space, ipa, pages))
		return MEZZO_ERR_INVALID;
	platform->lock(platform->ctx, &space->lock);
	taken = dma_taken(space, ipa, pages);
	platform->unlock(platform->ctx, &space->lock);
	return taken ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

/* --- entering ---------------------------------------------------------------------------------- */

/* A run of pages of one slot that is to be entered. */
struct piece {
	struct mezzo_space *space;
	const struct mezzo_slot *slot;
	struct mezzo_object *object;
	struct mezzo_ipa ipa;
	uint64_t offset, pages;
	bool write;
	struct mezzo_frame frame;
	struct mezzo_decision decision;
};

static int resolve(struct piece *piece, struct mezzo_refusal *why)
{
	const int status = slot_resolve(piece->slot, MEZZO_VIEW_ANY, piece->offset, piece->write,
					&piece->object, &piece->frame);

	if (status)
		return refuse(why, status, reason_unresolved(status), MEZZO_FIELD_OFFSET,
			      piece->offset, piece->offset);
	if (piece->pages > piece->frame.from_pages)
		piece->pages = piece->frame.from_pages;
	return MEZZO_OK;
}

/* The rule is the CPUs': a device is one more that reaches what the object declares. */
static int decide(struct piece *piece, struct mezzo_refusal *why)
{
	const struct mezzo_contract *contract = &piece->object->contract;
	struct mezzo_facts facts;

	if (contract->dma == MEZZO_DMA_NONE)
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_DMA_NOT_DECLARED, MEZZO_FIELD_DMA,
			      MEZZO_DMA_NONE, MEZZO_DMA_SNOOPED);
	facts_gather(piece->space, piece->slot, piece->ipa.addr, piece->object, &piece->frame,
		     &facts);
	facts.fault.kind = MEZZO_FAULT_MISSING;
	facts.fault.access = piece->write ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
	piece->space->config.arch->decide(&facts, &piece->decision);
	if (piece->decision.outcome == MEZZO_GRANT)
		return MEZZO_OK;
	return refuse(why, MEZZO_ERR_REFUSED, piece->decision.reason, MEZZO_FIELD_NONE, 0, 0);
}

/* Zero and clean what fits a window; and no more of the piece than that is entered. */
static int prepare(struct piece *piece)
{
	const struct mezzo_object_ops *ops = piece->object->ops;
	unsigned int order = MEZZO_ORDER_2M;

	while (order && (mezzo_order_pages(order) > piece->pages ||
			 piece->frame.pa.addr & (mezzo_order_bytes(order) - 1)))
		order--;
	piece->pages = mezzo_order_pages(order);
	if (ops->frames_begin(piece->object, piece->offset, piece->pages, piece->frame.state))
		return MEZZO_ERR_AGAIN;
	frame_prepare(piece->space->config.platform, &piece->object->contract, piece->frame.pa,
		      mezzo_order_bytes(order), &piece->decision);
	ops->frames_end(piece->object, piece->offset, piece->pages, piece->decision.frame_after);
	return MEZZO_OK;
}

static unsigned int entry_flags(const struct piece *piece)
{
	const struct mezzo_contract *contract = &piece->object->contract;

	return (piece->write ? MEZZO_IOMMU_WRITE : 0) |
	       (contract->dma == MEZZO_DMA_SNOOPED ? MEZZO_IOMMU_SNOOP : 0) |
	       (piece->decision.effective & MEZZO_CLASS_WB ? MEZZO_IOMMU_CACHEABLE : 0);
}

static int enter(struct piece *piece)
{
	const struct mezzo_platform *platform = piece->space->config.platform;
	int status = MEZZO_OK;

	if (needs_frames(&piece->decision))
		status = prepare(piece);
	else if (piece->decision.frame_after.lines == MEZZO_LINES_MAYBE)
		piece->object->ops->frames_lines(piece->object, piece->offset, piece->pages,
						 MEZZO_LINES_MAYBE);
	if (status)
		return status;
	piece->space->devices = true;
	return platform->dma_map(platform->ctx, piece->space->config.vmid, piece->ipa,
				 piece->frame.pa, piece->pages, entry_flags(piece));
}

/* One run from @ipa on, of at most @pages; *@done: how many it was. With the slot's locks. */
static int map_run(struct mezzo_space *space, const struct mezzo_slot *slot, struct mezzo_ipa ipa,
		   uint64_t pages, bool write, uint64_t *done, struct mezzo_refusal *why)
{
	const uint64_t left = bytes_to_pages(slot_end(slot) - ipa.addr);
	struct piece piece = {
		.space = space,
		.slot = slot,
		.ipa = ipa,
		.offset = slot_offset(slot, ipa.addr),
		.pages = pages < left ? pages : left,
		.write = write,
	};
	int status = MEZZO_ERR_AGAIN;

	if (atomic_load(&slot->state) == SLOT_LIVE)
		status = resolve(&piece, why);
	if (!status)
		status = decide(&piece, why);
	if (!status)
		status = enter(&piece);
	if (!status)
		*done = piece.pages;
	return status;
}

static int check_range(const struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages,
		       struct mezzo_refusal *why)
{
	const uint64_t mask = MEZZO_PAGE_BYTES - 1;

	if (!space->config.platform->dma_map)
		return refuse(why, MEZZO_ERR_REFUSED, MEZZO_WHY_DMA_NOT_AVAILABLE, MEZZO_FIELD_NONE,
			      0, 0);
	if (!pages)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES, 0,
			      1);
	if (ipa.addr & mask)
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED, MEZZO_FIELD_IPA,
			      ipa.addr, ipa.addr & ~mask);
	if (!range_is_valid(space, ipa, pages))
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_IPA, MEZZO_FIELD_PAGES,
			      pages, pages_within(space, ipa));
	return MEZZO_OK;
}

int mezzo_space_dma_map(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages, bool write,
			uint64_t *done_pages, struct mezzo_refusal *why)
{
	struct mezzo_object *object;
	struct mezzo_slot *slot;
	uint64_t done = 0;
	int status = check_range(space, ipa, pages, why);

	if (status || *done_pages >= pages)
		return status;
	ipa.addr += pages_to_bytes(*done_pages);
	status = slot_lock_at(space, ipa, &slot);
	if (status == MEZZO_ERR_NOENT)
		return refuse(why, status, MEZZO_WHY_DMA_NO_SLOT, MEZZO_FIELD_IPA, ipa.addr,
			      ipa.addr);
	if (status)
		return status;
	object = slot->config.object;
	status = map_run(space, slot, ipa, pages - *done_pages, write, &done, why);
	slot_unlock(space, object);
	*done_pages += done;
	return status || *done_pages == pages ? status : MEZZO_ERR_AGAIN;
}
