/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU, and the devices behind it. A device may use an entry from when it is made until an
 * invalidation of it is complete: it may have fetched the translation beforehand (ATS) and go on
 * with it, for as long as that takes. Who asks is told "not yet" now and then.
 */
#include "internal.h"

static unsigned int space_of(const struct mezzo_model *model, uint16_t vmid)
{
	unsigned int s = 0;

	while (s < SPACES && !(model->space[s].used && model->space[s].config.vmid == vmid))
		s++;
	return s;
}

static void count_frame(struct mezzo_model *model, const struct iommu_entry *entry, int by)
{
	struct frame *frame = model_frame(model, entry->pa);

	if (frame)
		frame->devices[entry->space] = (uint16_t)(frame->devices[entry->space] + by);
}

/* All that a device could read through an entry. */
static void judge_entry(struct mezzo_model *model, const struct iommu_entry *entry)
{
	struct frame *frame = model_frame(model, entry->pa);
	struct mezzo_model_values seen;

	if (!frame || !(frame->owners & 1u << entry->space)) {
		mezzo_model_fail(model, MEZZO_MODEL_STALE_TRANSLATION,
				 "devices of space %u get %#llx, which is not its own",
				 entry->space, (unsigned long long)entry->pa);
		return;
	}
	for (unsigned int line = 0; line < LINES; line++) {
		if (entry->flags & MEZZO_IOMMU_SNOOP)
			cell_read_snooped(model, frame, line, &seen);
		else
			cell_read(model, frame, line, way_of(MEZZO_CLASS_NC), &seen);
		if (!judge_may_see(frame, &seen))
			mezzo_model_fail(model, MEZZO_MODEL_LEAK,
					 "a device may see another's data at %#llx",
					 (unsigned long long)entry->pa);
	}
}

static struct iommu_entry *unused(struct mezzo_model *model)
{
	for (unsigned int i = 0; i < IOMMU_ENTRIES; i++)
		if (!model->iommu.entry[i].used)
			return &model->iommu.entry[i];
	mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many IOMMU entries");
	return NULL;
}

static struct iommu_entry *present(struct mezzo_model *model, unsigned int space, uint64_t ipa)
{
	for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
		struct iommu_entry *entry = &model->iommu.entry[i];

		if (entry->used && !entry->gone && entry->space == space && entry->ipa == ipa)
			return entry;
	}
	return NULL;
}

void iommu_map(struct mezzo_model *model, const struct op *op, unsigned int flags)
{
	const unsigned int space = space_of(model, op->vmid);

	if (space == SPACES) {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "no space has VMID %u", op->vmid);
		return;
	}
	for (uint64_t at = 0; at < op->pages * MEZZO_PAGE_BYTES; at += MEZZO_PAGE_BYTES) {
		struct iommu_entry *entry = present(model, space, op->ipa + at);

		if (entry && entry->pa != op->pa + at)
			mezzo_model_fail(model, MEZZO_MODEL_LIVE_CHANGE,
					 "an IOMMU entry for %#llx changes while it is live",
					 (unsigned long long)(op->ipa + at));
		if (entry)
			continue;
		entry = unused(model);
		if (!entry)
			return;
		*entry = (struct iommu_entry){
			.used = true,
			.space = (uint8_t)space,
			.flags = (uint8_t)flags,
			.ipa = op->ipa + at,
			.pa = op->pa + at,
		};
		count_frame(model, entry, 1);
		judge_entry(model, entry);
	}
}

void iommu_unmap(struct mezzo_model *model, const struct op *op)
{
	bool fresh = false;

	for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
		struct iommu_entry *entry = &model->iommu.entry[i];

		if (!entry->used || entry->gone || entry->space != space_of(model, op->vmid) ||
		    entry->ipa - op->ipa >= op->pages * MEZZO_PAGE_BYTES)
			continue;
		entry->gone = true;
		fresh = true;
	}
	/* Most devices answer at once; some, not before their caller has given up once or twice. */
	if (fresh && mezzo_model_random(model, 3) == 0)
		model->iommu.waits = mezzo_model_random(model, 200);
}

bool iommu_complete(struct mezzo_model *model, uint16_t vmid)
{
	if (model->iommu.waits) {
		model->iommu.waits--;
		return false;
	}
	for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
		struct iommu_entry *entry = &model->iommu.entry[i];

		if (!entry->used || !entry->gone || entry->space != space_of(model, vmid))
			continue;
		count_frame(model, entry, -1);
		entry->used = false;
	}
	return true;
}

/* What the device has fetched before it was taken away comes first: three times in four. */
static const struct iommu_entry *pick(struct mezzo_model *model, unsigned int space, uint64_t ipa)
{
	const struct iommu_entry *found = NULL;

	for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
		const struct iommu_entry *entry = &model->iommu.entry[i];

		if (!entry->used || entry->space != space || entry->ipa != ipa)
			continue;
		if (!found || entry->gone == (mezzo_model_random(model, 4) != 0))
			found = entry;
	}
	return found;
}

bool mezzo_model_device_access(struct mezzo_model *model, unsigned int space, struct mezzo_ipa ipa,
			       unsigned int line, bool write, struct mezzo_model_values *seen)
{
	const struct iommu_entry *entry = pick(model, space, ipa.addr);
	struct mezzo_pa pa;
	bool snooped;

	if (!entry || (write && !(entry->flags & MEZZO_IOMMU_WRITE)))
		return false;
	pa.addr = entry->pa;
	snooped = entry->flags & MEZZO_IOMMU_SNOOP;
	if (write && !(model_frame(model, pa.addr)->owners & 1u << space))
		mezzo_model_fail(model, MEZZO_MODEL_STALE_TRANSLATION,
				 "a device of space %u writes frame %#llx, which is not its own",
				 space, (unsigned long long)pa.addr);
	seen->count = 0;
	if (write)
		values_add(seen, agent_dma_write(model, pa, line, snooped,
						 snooped && entry->flags & MEZZO_IOMMU_CACHEABLE));
	else
		mezzo_model_dma_read(model, space, pa, line, snooped, seen);
	return true;
}
