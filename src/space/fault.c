/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault, in order: look up the slot; take the sequences; resolve; decide; claim the entry; check
 * the sequences again; prepare the frame; publish.
 */
#include "internal.h"

/* One fault under way. */
struct fault {
	struct mezzo_space *space;
	struct mezzo_vcpu *vcpu;
	struct mezzo_slot *slot;
	struct mezzo_object *object;
	uint64_t ipa;
	uint64_t offset_pages;
	uint64_t space_sequence, object_sequence;
	struct mezzo_frame frame;
	struct mezzo_facts facts;
	struct mezzo_decision decision;
};

/* What a step says: go on, or the fault is answered. */
enum step {
	STEP_DONE,
	STEP_RETRY, /* somebody else is at work: run the guest, it will fault again */
	STEP_NOMEM,
	STEP_PRESENT, /* a leaf is there: the fault is about permissions */
};

/*
 * Has nothing been taken away since the fault began? Called while the entry is held: whoever takes
 * away raises the sequence first and then waits for the entry, so one of the two sees the other.
 * Both sides are sequentially consistent.
 */
static bool still_current(const struct fault *f)
{
	return atomic_load(&f->space->sequence) == f->space_sequence &&
	       atomic_load(&f->object->sequence) == f->object_sequence;
}

/* The block of @order around the address: within slot and run, and congruent
 * with its frame. */
static bool block_fits(const struct fault *f, unsigned int order)
{
	uint64_t bytes = mezzo_order_bytes(order);
	uint64_t below = f->ipa & (bytes - 1) & ~(MEZZO_PAGE_BYTES - 1);
	uint64_t start = f->ipa & ~(bytes - 1);
	uint64_t first = f->offset_pages - bytes_to_pages(below);

	if (start < f->slot->config.ipa.addr || slot_end(f->slot) - start < bytes)
		return false;
	if (f->offset_pages < bytes_to_pages(below))
		return false;
	if (((f->frame.pa.addr - below) & (bytes - 1)) != 0)
		return false;
	return first >= f->frame.run_offset &&
	       first + mezzo_order_pages(order) <= f->frame.run_offset + f->frame.run_pages;
}

static unsigned int largest_order(const struct fault *f, unsigned int limit)
{
	if (limit >= MEZZO_ORDER_1G && block_fits(f, MEZZO_ORDER_1G))
		return MEZZO_ORDER_1G;
	if (limit >= MEZZO_ORDER_2M && block_fits(f, MEZZO_ORDER_2M))
		return MEZZO_ORDER_2M;
	return MEZZO_ORDER_4K;
}

static bool needs_frames(const struct mezzo_decision *decision)
{
	uint8_t first = decision->before_visible[0];

	return first == MEZZO_ACTION_CLEAN_INVALIDATE || first == MEZZO_ACTION_ZERO ||
	       first == MEZZO_ACTION_ZERO_UNCACHED || first == MEZZO_ACTION_ZERO_TAGS;
}

/* The entry is ours. Do the frame's work and make it visible. */
static enum step install(struct fault *f, struct mezzo_claim *claim)
{
	const struct mezzo_table_ops *ops = f->space->config.arch->table;
	const struct mezzo_object_ops *object = f->object->ops;
	struct mezzo_table *table = &f->space->table;
	uint64_t below = f->ipa - claim->ipa.addr;
	struct mezzo_pa pa = {f->frame.pa.addr - (below & ~(MEZZO_PAGE_BYTES - 1))};
	uint64_t offset = f->offset_pages - bytes_to_pages(below);
	uint64_t pages = mezzo_order_pages(claim->order);
	struct mezzo_attr attr = mezzo_attr_of(&f->decision);
	bool frames = needs_frames(&f->decision);

	if (!still_current(f) ||
	    (frames && object->frames_begin(f->object, offset, pages, f->frame.state))) {
		ops->abandon(table, claim);
		return STEP_RETRY;
	}
	frame_prepare(f->space->config.platform, &f->object->contract, pa, pages_to_bytes(pages),
		      &f->decision);
	if (frames)
		object->frames_end(f->object, offset, pages, f->decision.frame_after);
	else if (f->decision.frame_after.lines != f->frame.state.lines)
		object->frames_lines(f->object, offset, pages, MEZZO_LINES_MAYBE);
	ops->publish(table, claim, pa, &attr);
	return STEP_DONE;
}

static enum step map(struct fault *f, struct mezzo_fault_result *result)
{
	const struct mezzo_table_ops *ops = f->space->config.arch->table;
	unsigned int limit = f->decision.max_order;
	struct mezzo_claim claim;
	enum step step;

	for (;;) {
		unsigned int order = largest_order(f, limit);
		struct mezzo_ipa ipa = {f->ipa & ~(mezzo_order_bytes(order) - 1)};
		int status = ops->claim(&f->space->table, &f->vcpu->stock, ipa, order, &claim);

		if (status == MEZZO_OK)
			break;
		if (status == MEZZO_ERR_NOMEM)
			return STEP_NOMEM;
		if (status != MEZZO_ERR_EXISTS)
			return STEP_RETRY;
		if (claim.old.state != MEZZO_ENTRY_TABLE)
			return STEP_PRESENT;
		limit = order == MEZZO_ORDER_1G ? MEZZO_ORDER_2M : MEZZO_ORDER_4K;
	}
	step = install(f, &claim);
	result->order = claim.order;
	return step;
}

/* Does the leaf already allow what is decided? Then another vCPU was faster. */
static bool allows(const struct mezzo_attr *have, const struct mezzo_attr *want)
{
	return have->accessed && have->read >= want->read && have->write >= want->write &&
	       have->exec >= want->exec;
}

/* A leaf is there: widen its permissions, if the rule still grants them. */
static enum step widen(struct fault *f, struct mezzo_fault_result *result)
{
	const struct mezzo_table_ops *ops = f->space->config.arch->table;
	const struct mezzo_platform *platform = f->space->config.platform;
	struct mezzo_table *table = &f->space->table;
	struct mezzo_claim claim;
	struct mezzo_attr attr;

	if (ops->hold(table, (struct mezzo_ipa){f->ipa}, &claim))
		return STEP_RETRY;

	f->facts.fault.kind = MEZZO_FAULT_PERMISSION;
	f->facts.fault.order = claim.old.order;
	f->space->config.arch->decide(&f->facts, &f->decision);
	attr = mezzo_attr_of(&f->decision);
	result->order = claim.old.order;
	if (f->decision.outcome != MEZZO_GRANT || allows(&claim.old.attr, &attr)) {
		ops->abandon(table, &claim);
		return STEP_DONE;
	}
	/* Only what the fault asked for is new; what the leaf allowed, it keeps. */
	attr.read |= claim.old.attr.read;
	attr.write |= claim.old.attr.write;
	attr.exec |= claim.old.attr.exec;
	if (!still_current(f)) {
		ops->abandon(table, &claim);
		return STEP_RETRY;
	}
	frame_prepare(platform, &f->object->contract, claim.old.pa,
		      mezzo_order_bytes(claim.old.order), &f->decision);
	ops->publish(table, &claim, claim.old.pa, &attr);
	return STEP_DONE;
}

/* Slot, sequences, frame, decision. Returns DONE when the decision grants an
 * entry to make. */
static enum step decide(struct fault *f, const struct mezzo_fault_info *info,
			struct mezzo_fault_result *result)
{
	struct mezzo_space *space = f->space;
	struct mezzo_slot *hint = f->vcpu->hint;
	int status;

	f->space_sequence = atomic_load(&space->sequence);
	f->slot = hint && atomic_load(&hint->state) == SLOT_LIVE && slot_covers(hint, f->ipa)
			  ? hint
			  : slot_find(space, f->ipa);
	if (!f->slot) {
		f->facts.fault.slot = MEZZO_SLOT_NONE;
		f->facts.fault.access = info->access;
		space->config.arch->decide(&f->facts, &f->decision);
		return STEP_DONE;
	}
	if (atomic_load(&f->slot->state) != SLOT_LIVE)
		return STEP_RETRY;
	f->vcpu->hint = f->slot;
	result->slot = f->slot->config.id;

	f->object = f->slot->config.object;
	f->object_sequence = atomic_load(&f->object->sequence);
	f->offset_pages = slot_offset(f->slot, f->ipa);
	status = f->object->ops->resolve(f->object, f->offset_pages, access_writes(info->access),
					 &f->frame);
	if (status == MEZZO_ERR_AGAIN)
		return STEP_RETRY;
	if (status) {
		f->decision = (struct mezzo_decision){
			.outcome = MEZZO_EXIT,
			.reason = MEZZO_WHY_OBJECT_REVOKED,
		};
		return STEP_DONE;
	}
	facts_gather(space, f->slot, &f->frame, &f->facts);
	f->facts.fault.access = info->access;
	/*
	 * What the CPU said is a hint: the entry may have come or gone since. A missing entry is
	 * claimed; where one is found after all, widen() decides anew.
	 */
	f->facts.fault.kind = MEZZO_FAULT_MISSING;
	space->config.arch->decide(&f->facts, &f->decision);
	return STEP_DONE;
}

static enum step run(struct fault *f, const struct mezzo_fault_info *info,
		     struct mezzo_fault_result *result)
{
	enum step step = decide(f, info, result);

	/* Cache maintenance is answered by what stands there; everything else by the
	 * decision. */
	if (step != STEP_DONE || f->decision.outcome != MEZZO_GRANT)
		return step;
	step = info->kind == MEZZO_FAULT_PERMISSION ? STEP_PRESENT : map(f, result);
	return step == STEP_PRESENT ? widen(f, result) : step;
}

int mezzo_space_fault(struct mezzo_space *space, uint32_t number,
		      const struct mezzo_fault_info *info, struct mezzo_fault_result *result)
{
	struct mezzo_vcpu *vcpu = &space->config.vcpus[number];
	struct fault f;
	enum step step;

	f.space = space;
	f.vcpu = vcpu;
	f.ipa = info->ipa.addr;
	*result = (struct mezzo_fault_result){0};
	/* A stock that could not be filled may still do: the tables may all be there.
	 */
	if (vcpu->stock.count < MEZZO_STOCK_MAX)
		(void)space->config.arch->table->stock_fill(&space->table, &vcpu->stock);

	walker_enter(space, vcpu);
	step = run(&f, info, result);
	walker_leave(vcpu);

	if (step == STEP_NOMEM)
		return MEZZO_ERR_NOMEM;
	result->retry = step == STEP_RETRY;
	if (!result->retry) {
		result->outcome = f.decision.outcome;
		result->reason = f.decision.reason;
		record(space, number, info, result, f.decision.type);
	}
	return MEZZO_OK;
}
