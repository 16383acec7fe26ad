/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker's steps, one by one, as calls of the engine and of the model platform. */
#include "replay_steps.h"

#include <stdlib.h>

/* --- faults ------------------------------------------------------------------------------------------------- */

static struct mezzo_fault_result fault(const struct replay_doing *d, enum mezzo_access access,
				       enum mezzo_fault_kind kind)
{
	const struct mezzo_fault_info info = {
		.ipa = {REPLAY_IPA},
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct mezzo_fault_result result;
	unsigned int tries = 0;

	do
		if (mezzo_space_fault(&d->r->space[replay_guest_of(&d->from)].space, 0, &info,
				      &result))
			abort();
	while (result.retry && ++tries < REPLAY_PATIENCE);
	mezzo_model_check_visible(d->r->machine);
	return result;
}

static enum replay_result faults(const struct replay_doing *d)
{
	enum mezzo_access access = (enum mezzo_access)(d->action - ACT_FAULT_READ);
	struct mezzo_fault_result result;

	mezzo_model_set_cpu(d->r->machine, replay_guest_of(&d->from));
	result = fault(d, access, d->from.valid ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING);
	if (mezzo_model_violation(d->r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	if (result.retry)
		return replay_differs(d->r, "the fault is to be tried again, and again");
	if (result.outcome == MEZZO_REFUSE)
		return REPLAY_REFUSED;
	if (result.outcome != MEZZO_GRANT)
		return replay_differs(d->r, "the fault is answered by %u (%s)", result.outcome,
				      mezzo_reason((enum mezzo_reason)result.reason)->name);
	return replay_compare(d);
}

/* An access of another kind: what it needs is there, and it is refused. */
static enum replay_result faults_otherwise(const struct replay_doing *d)
{
	const struct page_place *p = replay_place_of(d);
	unsigned int refused = d->from.valid ? p->refuses_permission : p->refuses[d->from.frame];
	unsigned int access = PAGE_ACCESSES;

	while (!(refused >> access & 1))
		access++;
	mezzo_model_set_cpu(d->r->machine, replay_guest_of(&d->from));
	if (fault(d, (enum mezzo_access)access,
		  d->from.valid ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING)
		    .outcome != MEZZO_REFUSE)
		return replay_differs(d->r, "access %u is not refused", access);
	return REPLAY_REFUSED;
}

static enum replay_result iommu_maps(const struct replay_doing *d)
{
	struct mezzo_space *space = &d->r->space[replay_guest_of(&d->from)].space;
	struct mezzo_refusal why;
	uint64_t done = 0;
	unsigned int tries = 0;
	int status;

	mezzo_model_set_cpu(d->r->machine, REPLAY_HOST);
	if (replay_lacks(d->r, PAGE_DUTY_IOMMU_LAST)) {
		replay_map_early(d->r, replay_guest_of(&d->from));
		return replay_compare(d);
	}
	do
		status = mezzo_space_dma_map(space, (struct mezzo_ipa){REPLAY_IPA}, 1,
					     replay_place_of(d)->may_write, &done, &why);
	while (status == MEZZO_ERR_AGAIN && ++tries < REPLAY_PATIENCE);
	if (status)
		return replay_differs(d->r, "nothing is mapped for the device: %d", status);
	return replay_compare(d);
}

/* --- guests, devices ---------------------------------------------------------------------------------------- */

/*
 * The type of the guest's next access: for a guest that cleans in order to change it. One that has
 * all its mappings at once, as the checker's has, may fetch ahead by the other type; the model's
 * changes it before it cleans.
 */
static enum mezzo_class next_type(const struct replay_doing *d)
{
	if (d->from.exec && !replay_place_of(d)->dic)
		return MEZZO_CLASS_WB;
	for (unsigned int i = 0; i < d->count; i++) {
		enum page_action action = (enum page_action)(d->after[i].action >> ARG_BITS);

		if (action == ACT_READ || action == ACT_WRITE || action == ACT_FETCH)
			return replay_stage1(d->r, d->after[i].action & ARG_WAY);
	}
	return MEZZO_CLASS_WB;
}

static unsigned int fetched(const struct replay_doing *d)
{
	const struct page_place *p = replay_place_of(d);

	if (d->arg & ARG_HIT)
		return d->from.icache_value;
	return is_through(&d->from, d->arg & ARG_WAY) && p->idc && d->from.line ? d->from.line_value
										: d->now.mem;
}

/*
 * An access that cannot fault; or one that need not, where a TLB may still have what the tables
 * have no more. False: it faults.
 */
static bool touches(struct replay *r, struct mezzo_model_access *access)
{
	bool stale = replay_lacks(r, PAGE_DUTY_TLBI);
	enum mezzo_model_result result;

	access->granted = !stale;
	mezzo_model_set_cpu(r->machine, access->space);
	for (unsigned int i = 0; i < 64; i++) {
		result = mezzo_model_access(r->machine, access);
		if (result == MEZZO_MODEL_DONE || !stale)
			break;
	}
	return result == MEZZO_MODEL_DONE ||
	       mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION;
}

static enum replay_result accesses(const struct replay_doing *d)
{
	static const enum mezzo_model_access_kind kinds[] = {MEZZO_MODEL_READ, MEZZO_MODEL_WRITE,
							     MEZZO_MODEL_FETCH};
	struct replay *r = d->r;
	unsigned int way = d->arg & ARG_WAY;
	struct mezzo_model_access access = {
		.space = replay_guest_of(&d->from),
		.ipa = {REPLAY_IPA},
		.kind = kinds[d->action - ACT_READ],
		.stage1 = replay_stage1(r, way),
	};

	if (!touches(r, &access))
		return replay_differs(r, "the guest's access faults");
	if (d->action == ACT_WRITE) {
		if (d->from.phase == P_B)
			replay_know(r, V_B, access.written);
		return replay_compare(d);
	}
	if (d->from.phase == P_A)
		return replay_compare(d);
	return replay_saw(r,
			  d->action == ACT_FETCH      ? fetched(d)
			  : is_through(&d->from, way) ? d->now.line_value
						      : d->now.mem,
			  &access.seen);
}

/* The checker says whose tags these are. */
static enum replay_result saw_tags(struct replay *r, unsigned int whose,
				   const struct mezzo_model_values *seen)
{
	if (mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	for (unsigned int i = 0; i < seen->count; i++) {
		uint32_t value = seen->value[i];

		if (whose == T_ZERO ? value == 0
		    : whose == T_B  ? value == r->last_tag
				    : value != 0 && value != r->last_tag)
			return REPLAY_SAME;
	}
	return replay_differs(r, "tags %u are none of the %u that the model may see", whose,
			      seen->count);
}

static enum replay_result uses_tags(const struct replay_doing *d)
{
	struct replay *r = d->r;
	struct mezzo_model_access access = {
		.space = replay_guest_of(&d->from),
		.ipa = {REPLAY_IPA},
		.kind = d->action == ACT_TAG_READ ? MEZZO_MODEL_TAG_READ : MEZZO_MODEL_TAG_WRITE,
		.stage1 = MEZZO_CLASS_WB,
	};

	if (!touches(r, &access))
		return replay_differs(r, "the guest's use of tags faults");
	if (d->from.phase == P_B && d->action == ACT_TAG_READ && !r->tags_restored)
		return saw_tags(r, d->from.tag, &access.seen);
	if (d->from.phase == P_B && d->action == ACT_TAG_WRITE) {
		r->last_tag = access.written;
		r->tags_restored = false;
	}
	return replay_compare(d);
}

static enum replay_result maintains(const struct replay_doing *d)
{
	struct replay *r = d->r;
	const struct mezzo_ipa ipa = {REPLAY_IPA};

	mezzo_model_set_cpu(r->machine, 1);
	if (d->action == ACT_CLEAN)
		mezzo_model_guest_retype(r->machine, 1, ipa, next_type(d));
	else
		mezzo_model_guest_sync_code(r->machine, 1, ipa);
	return replay_compare(d);
}

/* By set and way, or a cache that is turned on: what was not trapped does nothing that counts. */
static enum replay_result set_way(const struct replay_doing *d)
{
	bool reaches = d->from.valid ? d->from.through : d->from.iommu;

	mezzo_model_set_cpu(d->r->machine, REPLAY_HOST);
	if (replay_place_of(d)->traps && reaches && !replay_lacks(d->r, PAGE_DUTY_TRAP_SET_WAY))
		replay_clean(d);
	return replay_compare(d);
}

static enum replay_result stale_write(const struct replay_doing *d)
{
	struct mezzo_model_access access = {
		.ipa = {REPLAY_IPA},
		.kind = MEZZO_MODEL_WRITE,
		.stage1 = replay_stage1(d->r, d->arg & ARG_WAY),
	};

	mezzo_model_set_cpu(d->r->machine, 0);
	mezzo_model_access(d->r->machine, &access);
	return replay_compare(d);
}

static enum replay_result dma(const struct replay_doing *d)
{
	struct replay *r = d->r;
	bool snooped = replay_place_of(d)->dma == MEZZO_DMA_SNOOPED,
	     write = d->action == ACT_DMA_WRITE;
	struct mezzo_model_values seen;

	mezzo_model_set_cpu(r->machine, REPLAY_HOST);
	if (!mezzo_model_device_access(r->machine, d->from.phase == P_B,
				       (struct mezzo_ipa){REPLAY_IPA}, 0, write, &seen))
		return replay_differs(r, "the device has no entry for it");
	if (d->from.phase != P_B)
		return replay_compare(d);
	if (!write)
		return replay_saw(r, snooped && d->from.line ? d->from.line_value : d->from.mem,
				  &seen);
	replay_know(r, V_DEVICE, seen.value[0]);
	return replay_compare(d);
}

enum replay_result replay_step(struct replay *r, const struct check_step *step,
			       const struct check_step *after, unsigned int count)
{
	struct replay_doing d = {
		.r = r,
		.action = (enum page_action)(step->action >> ARG_BITS),
		.arg = step->action & ((1u << ARG_BITS) - 1),
		.from = state_unpack(step->from),
		.now = state_unpack(step->to),
		.after = after,
		.count = count,
	};

	if (r->space[0].space.numbered == 0 && !replay_make_slot(r, 0))
		return replay_differs(r, "guest A gets no slot");
	if (d.action <= ACT_HOST_WRITE)
		return replay_host_acts(&d);
	if (d.action <= ACT_FAULT_EXEC)
		return faults(&d);
	if (d.action == ACT_FAULT_OTHER)
		return faults_otherwise(&d);
	if (d.action == ACT_READ || d.action == ACT_WRITE || d.action == ACT_FETCH)
		return accesses(&d);
	if (d.action == ACT_TAG_READ || d.action == ACT_TAG_WRITE)
		return uses_tags(&d);
	if (d.action == ACT_CLEAN || d.action == ACT_MAKE_CODE)
		return maintains(&d);
	if (d.action == ACT_SET_WAY || d.action == ACT_TOGGLE)
		return set_way(&d);
	if (d.action == ACT_STALE)
		return stale_write(&d);
	if (d.action == ACT_IOMMU_MAP)
		return iommu_maps(&d);
	if (d.action == ACT_DMA_READ || d.action == ACT_DMA_WRITE)
		return dma(&d);
	return replay_compare(&d); /* caches by themselves */
}
