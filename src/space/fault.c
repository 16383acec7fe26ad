/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault, in order: look up the slot; take the sequences; resolve; decide; claim the entry; check
 * the sequences again; prepare the frame; publish.
 *
 * A guest waits. The usual fault is answered by quick(), which does the same in the same order but
 * gives up, having done nothing, where something is not as usual.
 */
#include "fault.h"

/* One that is not live may be filled anew: nothing else of it is looked at. */
HOT bool is_live_at(const struct mezzo_slot *slot, uint64_t ipa)
{
	return slot && atomic_load(&slot->state) == SLOT_LIVE && slot_covers(slot, ipa);
}

/* The largest block around the page that is alike: what failed, failed as a whole. */
static RARE uint8_t run_order(const struct mezzo_frame *frame, uint64_t offset)
{
	unsigned int order = 0;
	uint64_t pages, before;

	do {
		pages = mezzo_order_pages(++order);
		before = offset & (pages - 1);
	} while (before <= frame->before_pages && pages - before <= frame->from_pages);
	return (uint8_t)(order - 1);
}

/* The object has no frame to give. */
static RARE enum step unresolved(struct fault *f, int status)
{
	if (status == MEZZO_ERR_AGAIN)
		return STEP_RETRY;
	if (status == MEZZO_ERR_POISONED)
		f->order = run_order(&f->frame, f->offset_pages);
	f->ruling = fault_leave(f, reason_unresolved(status));
	return STEP_DONE;
}

/* Slot, sequences, frame, decision. */
static enum step decide(struct fault *f)
{
	int status;

	f->sequence = atomic_load(&f->space->sequence);
	f->slot = f->vcpu->hint;
	if (!is_live_at(f->slot, f->ipa)) {
		f->slot = slot_find(f->space, f->ipa);
		if (!f->slot) {
			f->ruling = fault_rule(f);
			return STEP_DONE;
		}
		f->vcpu->hint = f->slot;
		if (atomic_load(&f->slot->state) != SLOT_LIVE)
			return STEP_RETRY;
	}
	f->offset_pages = slot_offset(f->slot, f->ipa);
	status = slot_resolve(f->slot, f->view, f->offset_pages, access_writes(f->access),
			      &f->object, &f->frame);
	if (status)
		return unresolved(f, status);
	/*
	 * What the CPU said is a hint: the entry may have come or gone since. A missing entry is
	 * claimed; where one is found after all, fault_widen() decides anew.
	 */
	f->ruling = fault_rule(f);
	/* Cache maintenance is answered by what stands there; everything else by the decision. */
	return f->ruling->decision.outcome == MEZZO_GRANT ? STEP_GRANTED : STEP_DONE;
}

static enum step run(struct fault *f)
{
	enum step step = decide(f);

	if (step == STEP_GRANTED)
		step = f->kind == MEZZO_FAULT_PERMISSION ? STEP_PRESENT : fault_map(f);
	if (step == STEP_TOO_SMALL) {
		f->ruling = fault_leave(f, MEZZO_WHY_SMALLER_THAN_GRANULE);
		return STEP_DONE;
	}
	while (step == STEP_PRESENT)
		step = fault_widen(f);
	return step;
}

/* The embedder has to do something about it, or the guest to be told. */
static RARE void note_exit(const struct fault *f)
{
	f->vcpu->exit = (struct mezzo_fault_exit){
		.ipa.addr = f->ipa,
		.object = f->object,
		.offset_pages = f->offset_pages,
		.slot = f->slot ? f->slot->config.id : 0,
		.order = f->order,
		.access = f->access,
		.kind = f->kind,
		.view = f->view,
		.outcome = f->ruling->decision.outcome,
		.reason = f->ruling->decision.reason,
		.is_private = f->object && f->object->contract.is_private,
	};
}

void mezzo_fault_exit(const struct mezzo_space *space, uint32_t vcpu, struct mezzo_fault_exit *what)
{
	*what = space->config.vcpus[vcpu].exit;
}

/* Any fault. The caller is a walker, and no longer one on return. */
static RARE int answer(struct mezzo_space *space, struct mezzo_vcpu *vcpu,
		       const struct mezzo_fault_info *info, struct mezzo_fault_result *result)
{
	struct fault f = {
		.space = space,
		.vcpu = vcpu,
		.ipa = info->ipa.addr,
		.access = info->access,
		.kind = info->kind,
		.view = info->view,
	};
	enum step step = run(&f);

	/* Tables are set aside before they are needed, not while a walk goes on. */
	if (step == STEP_NOMEM) {
		walker_leave(f.vcpu);
		(void)space->table.ops->stock_fill(&space->table, &f.vcpu->stock);
		walker_enter(space, f.vcpu);
		step = run(&f);
	}
	if (step == STEP_DONE)
		*result = f.ruling->result;
	else
		*result = (struct mezzo_fault_result){
			.retry = step == STEP_RETRY,
			.slot = f.slot ? f.slot->config.id : 0,
		};
	result->order = f.order;
	if (result->outcome != MEZZO_GRANT)
		note_exit(&f);
	walker_leave(f.vcpu);

	if (step == STEP_DONE)
		record(space, f.ipa, record_whole(f.ruling->recorded, f.kind, f.order));
	return step == STEP_NOMEM ? MEZZO_ERR_NOMEM : MEZZO_OK;
}

/*
 * The usual fault: in the slot of the one before, a question that was put before, granted without
 * work on the frames, nothing there yet, and nobody else at work. Returns the ruling, and in
 * @order what was entered; or NULL.
 */
HOT const struct mezzo_ruling *quick(struct mezzo_space *space, struct mezzo_vcpu *vcpu,
				     uint64_t ipa, uint8_t access, unsigned int *order)
{
	const struct mezzo_ruling *ruling = &vcpu->ruling[access % MEZZO_RULINGS];
	const uint64_t sequence = atomic_load(&space->sequence);
	const struct mezzo_slot *slot = vcpu->hint;
	struct mezzo_table *table = &space->table;
	struct mezzo_object *object;
	struct mezzo_frame frame;
	struct mezzo_claim claim;
	uint64_t offset;
	struct run run;

	/* Worked out once: otherwise the compiler does it again after each call. */
	__asm__("" : "+r"(ruling));
	if (!is_live_at(slot, ipa))
		return NULL;
	object = slot->config.object;
	offset = slot_offset(slot, ipa);
	if (object->ops->resolve(object, offset, access_writes(access), &frame) ||
	    ruling->question != question(number_of(slot), access, &frame) ||
	    ruling->work & ~WORK_LINES)
		return NULL;
	*order = largest_order(slot, &frame, ipa, offset, ruling->orders);
	if (*order == NO_ORDER ||
	    table->ops->claim(table, &vcpu->stock, (struct mezzo_ipa){ipa}, *order, &claim))
		return NULL;
	if (!is_current(space, sequence)) {
		table->ops->abandon(table, &claim);
		return NULL;
	}
	run = run_of(&frame, ipa, offset, *order);
	if (ruling->work)
		object->ops->frames_lines(object, run.offset, run.pages, MEZZO_LINES_MAYBE);
	table->ops->enter(table, &claim, run.pa, ruling->leaf);
	return ruling;
}

/*
 * The usual write of a page that is there, because it is logged: the same as quick(), but the entry
 * that is held is a leaf. What it says besides was decided by the same rule.
 */
HOT bool quick_write(struct mezzo_space *space, struct mezzo_vcpu *vcpu, uint64_t ipa)
{
	const struct mezzo_ruling *ruling = &vcpu->logged;
	const uint64_t sequence = atomic_load(&space->sequence);
	const struct mezzo_slot *slot = vcpu->hint;
	struct mezzo_table *table = &space->table;
	struct mezzo_object *object;
	struct mezzo_frame frame;
	struct mezzo_claim claim;
	uint64_t page;

	/* Nobody is asked for a frame to write to in vain: that can be work. */
	if (!is_live_at(slot, ipa) || !slot_logs(&slot->config))
		return false;
	object = slot->config.object;
	page = bytes_to_pages(ipa - slot->config.ipa.addr);
	if (object->ops->resolve(object, slot->config.offset_pages + page, true, &frame) ||
	    ruling->question != question(number_of(slot), MEZZO_ACCESS_WRITE, &frame) ||
	    table->ops->hold_page(table, (struct mezzo_ipa){ipa}, &claim))
		return false;
	if (!is_current(space, sequence) ||
	    !log_write(vcpu, &slot->config, page, page_order(space))) {
		table->ops->abandon(table, &claim);
		return false;
	}
	table->ops->open_page(table, &claim);
	return true;
}

/* Kind and view, which stand in the byte behind `access`. */
HOT uint8_t kind_and_view(const struct mezzo_fault_info *info)
{
	return ((const uint8_t *)info)[offsetof(struct mezzo_fault_info, access) + 1];
}

/* An entry is missing, and the access had no view. */
HOT bool is_usual(const struct mezzo_fault_info *info)
{
	_Static_assert(!MEZZO_FAULT_MISSING && !MEZZO_VIEW_ANY, "one byte, zero");
	return !kind_and_view(info);
}

/* Access, kind and view: side by side, so this is one load. */
HOT unsigned int what_of(const struct mezzo_fault_info *info)
{
	return (unsigned int)info->access | (unsigned int)kind_and_view(info) << 8;
}

HOT bool is_write_of_present(const struct mezzo_fault_info *info)
{
	const struct mezzo_fault_info write = {
		.access = MEZZO_ACCESS_WRITE,
		.kind = MEZZO_FAULT_PERMISSION,
	};

	return what_of(info) == what_of(&write);
}

/* Not so usual. */
static __attribute__((noinline)) int fault_other(struct mezzo_space *space, uint32_t number,
						 const struct mezzo_fault_info *info,
						 struct mezzo_fault_result *result)
{
	struct mezzo_vcpu *vcpu = &space->config.vcpus[number];

	walker_enter(space, vcpu);
	if (!is_write_of_present(info) || !quick_write(space, vcpu, info->ipa.addr))
		return answer(space, vcpu, info, result);
	*result = vcpu->logged.result;
	walker_leave(vcpu);
	record(space, info->ipa.addr, vcpu->logged.recorded);
	return MEZZO_OK;
}

int mezzo_space_fault(struct mezzo_space *space, uint32_t number,
		      const struct mezzo_fault_info *info, struct mezzo_fault_result *result)
{
	struct mezzo_vcpu *vcpu = &space->config.vcpus[number];
	const struct mezzo_ruling *ruling;
	unsigned int order = 0;

	if (!is_usual(info))
		return fault_other(space, number, info, result);
	walker_enter(space, vcpu);
	ruling = quick(space, vcpu, info->ipa.addr, info->access, &order);
	if (!ruling)
		return answer(space, vcpu, info, result);
	*result = ruling->result;
	result->order = (uint8_t)order;
	walker_leave(vcpu);
	record(space, info->ipa.addr,
	       record_whole(ruling->recorded, MEZZO_FAULT_MISSING, (uint8_t)order));
	return MEZZO_OK;
}
