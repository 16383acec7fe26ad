/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault, in order: look up the slot; take the sequences; resolve; decide; claim the entry; check
 * the sequences again; prepare the frame; publish.
 */
#include "internal.h"

/*
 * One fault under way. A guest waits: only what is inlined is given a pointer to it, so that it is
 * kept in registers; RARE paths get a copy.
 */
struct fault {
	struct mezzo_space *space;
	struct mezzo_vcpu *vcpu;
	struct mezzo_slot *slot;
	struct mezzo_object *object;
	uint64_t ipa;
	uint64_t offset_pages;
	uint64_t space_sequence, object_sequence;
	uint8_t access, kind; /* as the CPU reported it */
	uint8_t order;        /* of the entry made or widened */
	struct mezzo_frame *frame;
	const struct mezzo_ruling *ruling; /* what was decided */
};

/* What a step says: go on, or the fault is answered. */
enum step {
	STEP_DONE,
	STEP_RETRY, /* somebody else is at work: run the guest, it will fault again */
	STEP_NOMEM,
	STEP_GRANTED, /* there is a slot, a frame and a grant: an entry is to be made */
	STEP_PRESENT, /* a leaf is there: the fault is about permissions */
};

/* --- the rule ------------------------------------------------------------------------------- */

/* struct mezzo_ruling.work */
#define WORK_BEFORE 1u /* actions before it is visible */
#define WORK_FRAMES 2u /* on the frames themselves: the object is told before and after */
#define WORK_LINES 4u  /* lines may be in caches from now on: the object is told */
#define WORK_LOG 8u    /* a write that is logged */

static bool needs_frames(const struct mezzo_decision *decision)
{
	uint8_t first = decision->before_visible[0];

	return first == MEZZO_ACTION_CLEAN_INVALIDATE || first == MEZZO_ACTION_ZERO ||
	       first == MEZZO_ACTION_ZERO_UNCACHED || first == MEZZO_ACTION_ZERO_TAGS;
}

static bool logs(const struct mezzo_decision *decision)
{
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		if (decision->before_visible[i] == MEZZO_ACTION_LOG_DIRTY)
			return true;
	return false;
}

static void ask(const struct mezzo_space *space, const struct mezzo_facts *facts,
		struct mezzo_ruling *ruling)
{
	const struct mezzo_decision *decision = &ruling->decision;

	space->config.arch->decide(facts, &ruling->decision);
	ruling->attr = mezzo_attr_of(decision);
	ruling->recorded = record_part(facts->fault.access, decision);
	ruling->work = decision->before_visible[0] ? WORK_BEFORE : 0;
	if (needs_frames(decision))
		ruling->work |= WORK_FRAMES;
	else if (decision->frame_after.lines == MEZZO_LINES_MAYBE &&
		 (decision->clean_after || facts->frame.lines == MEZZO_LINES_CLEAN))
		/* What must be cleaned may have been, since the resolver looked: tell it again. */
		ruling->work |= WORK_LINES;
	if (logs(decision))
		ruling->work |= WORK_LOG;
}

static RARE const struct mezzo_ruling *ask_without_slot(const struct mezzo_space *space,
							struct mezzo_vcpu *vcpu, uint8_t access)
{
	struct mezzo_facts facts;

	facts.frame = (struct mezzo_frame_state){0};
	facts.fault.slot = MEZZO_SLOT_NONE;
	facts.fault.access = access;
	ask(space, &facts, &vcpu->other_ruling);
	return &vcpu->other_ruling;
}

static RARE void ask_with_slot(const struct mezzo_slot *slot, const struct mezzo_frame *frame,
			       const struct mezzo_fault *fault, struct mezzo_ruling *ruling)
{
	struct mezzo_facts facts;

	facts_gather(slot->space, slot, frame, &facts);
	facts.fault.access = fault->access;
	facts.fault.kind = fault->kind;
	facts.fault.order = fault->order;
	ask(slot->space, &facts, ruling);
}

static RARE void ask_about_missing(const struct mezzo_slot *slot, const struct mezzo_frame *frame,
				   uint8_t access, struct mezzo_ruling *ruling)
{
	const struct mezzo_fault fault = {.kind = MEZZO_FAULT_MISSING, .access = access};

	ask_with_slot(slot, frame, &fault, ruling);
}

/* Nothing is behind the address any more. */
static RARE const struct mezzo_ruling *revoked(struct mezzo_vcpu *vcpu, uint8_t access)
{
	struct mezzo_ruling *ruling = &vcpu->other_ruling;

	ruling->decision = (struct mezzo_decision){
		.outcome = MEZZO_EXIT,
		.reason = MEZZO_WHY_OBJECT_REVOKED,
	};
	ruling->recorded = record_part(access, &ruling->decision);
	return ruling;
}

/* All that may differ from one fault to the next, as a number that is never 0. */
static uint64_t question(const struct fault *f)
{
	return f->slot->number << 16 | (uint64_t)f->access << 8 |
	       (uint64_t)f->frame->writable << 3 | frame_state_bits(f->frame->state);
}

/* The same question has the same answer: see struct mezzo_ruling. */
static const struct mezzo_ruling *rule(const struct fault *f)
{
	struct mezzo_ruling *ruling = &f->vcpu->ruling[f->access % MEZZO_RULINGS];
	const uint64_t asked = question(f);

	if (ruling->question != asked) {
		ask_about_missing(f->slot, f->frame, f->access, ruling);
		ruling->question = asked;
	}
	return ruling;
}

/* --- entries -------------------------------------------------------------------------------- */

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

/* The block of @order around the address: within slot and run, and congruent with its frame. */
static bool block_fits(const struct mezzo_slot *slot, const struct mezzo_frame *frame, uint64_t ipa,
		       uint64_t offset, unsigned int order)
{
	uint64_t bytes = mezzo_order_bytes(order);
	uint64_t start = ipa & ~(bytes - 1);
	uint64_t below = bytes_to_pages(ipa - start);

	if (start < slot->config.ipa.addr || slot_end(slot) - start < bytes)
		return false;
	if ((ipa ^ frame->pa.addr) & (bytes - MEZZO_PAGE_BYTES))
		return false;
	return offset >= frame->run_offset + below &&
	       offset - below + mezzo_order_pages(order) <= frame->run_offset + frame->run_pages;
}

static unsigned int smaller_order(unsigned int order)
{
	return order > MEZZO_ORDER_2M ? MEZZO_ORDER_2M : MEZZO_ORDER_4K;
}

/* @order, or the next smaller one that a leaf can have here. */
static unsigned int largest_order(const struct fault *f, unsigned int order)
{
	while (order > MEZZO_ORDER_4K &&
	       !block_fits(f->slot, f->frame, f->ipa, f->offset_pages, order))
		order = smaller_order(order);
	return order;
}

/* The frames behind an entry. */
struct run {
	uint64_t offset, pages; /* in the object */
	struct mezzo_pa pa;
};

/* What has to be done before the entry may be seen. False: the frames are not as they were. */
static RARE bool prepare(const struct mezzo_platform *platform, struct mezzo_object *object,
			 const struct mezzo_ruling *ruling, struct mezzo_frame_state state,
			 const struct run *run)
{
	if (ruling->work & WORK_FRAMES &&
	    object->ops->frames_begin(object, run->offset, run->pages, state))
		return false;
	if (ruling->work & WORK_BEFORE)
		frame_prepare(platform, &object->contract, run->pa, pages_to_bytes(run->pages),
			      &ruling->decision);
	if (ruling->work & WORK_FRAMES)
		object->ops->frames_end(object, run->offset, run->pages,
					ruling->decision.frame_after);
	return true;
}

/* Somebody must know of the write before it can happen. */
static RARE void log_write(struct mezzo_space *space, const struct mezzo_vcpu *vcpu,
			   const struct mezzo_slot *slot, uint64_t ipa)
{
	space->config.log_write(space->config.log_arg, (uint32_t)(vcpu - space->config.vcpus),
				slot->config.id, bytes_to_pages(ipa - slot->config.ipa.addr));
}

/* The entry is ours. Do the frame's work and make it visible. */
static enum step install(const struct fault *f, const struct mezzo_claim *claim)
{
	struct mezzo_table *table = &f->space->table;
	const uint64_t pages = mezzo_order_pages(f->order);
	const struct run run = {
		.offset = f->offset_pages - (bytes_to_pages(f->ipa) & (pages - 1)),
		.pages = pages,
		.pa = {f->frame->pa.addr & ~(pages_to_bytes(pages) - 1)},
	};

	if (!still_current(f) ||
	    (f->ruling->work & (WORK_BEFORE | WORK_FRAMES) &&
	     !prepare(f->space->config.platform, f->object, f->ruling, f->frame->state, &run))) {
		table->ops->abandon(table, claim);
		return STEP_RETRY;
	}
	if (f->ruling->work & WORK_LINES)
		f->object->ops->frames_lines(f->object, run.offset, run.pages, MEZZO_LINES_MAYBE);
	if (f->ruling->work & WORK_LOG)
		log_write(f->space, f->vcpu, f->slot, f->ipa);
	table->ops->publish(table, claim, run.pa, &f->ruling->attr);
	return STEP_DONE;
}

static int claim_block(struct fault *f, unsigned int order, struct mezzo_claim *claim)
{
	struct mezzo_table *table = &f->space->table;
	const struct mezzo_ipa ipa = {f->ipa & ~(mezzo_order_bytes(order) - 1)};

	f->order = (uint8_t)order;
	return table->ops->claim(table, &f->vcpu->stock, ipa, order, claim);
}

static enum step map(struct fault *f)
{
	struct mezzo_claim claim;
	int status = claim_block(f, largest_order(f, f->ruling->decision.max_order), &claim);

	/* Where there is a table already the leaf is a smaller one. */
	while (status == MEZZO_ERR_EXISTS && claim.old.state == MEZZO_ENTRY_TABLE &&
	       f->order > MEZZO_ORDER_4K)
		status = claim_block(f, largest_order(f, smaller_order(f->order)), &claim);
	if (status == MEZZO_OK)
		return install(f, &claim);
	if (status == MEZZO_ERR_NOMEM)
		return STEP_NOMEM;
	return status == MEZZO_ERR_EXISTS ? STEP_PRESENT : STEP_RETRY;
}

/* Does the leaf already allow what is decided? Then another vCPU was faster. */
static bool allows(const struct mezzo_attr *have, const struct mezzo_attr *want)
{
	return have->accessed && have->read >= want->read && have->write >= want->write &&
	       have->exec >= want->exec;
}

/* How widening went, and the order of the leaf. */
struct widened {
	enum step step;
	uint8_t order;
};

/* Cut the leaf down to @order where the fault is; then it is PRESENT as before. */
static enum step split(struct mezzo_table *table, const struct fault *f, unsigned int order)
{
	switch (table->ops->split(table, &f->vcpu->stock, (struct mezzo_ipa){f->ipa}, order)) {
	case MEZZO_OK:
		return STEP_PRESENT;
	case MEZZO_ERR_NOMEM:
		return STEP_NOMEM;
	default:
		return STEP_RETRY;
	}
}

/* A leaf is there: widen its permissions, if the rule still grants them. */
static RARE struct widened widen(const struct fault f)
{
	struct mezzo_fault fault = {.kind = MEZZO_FAULT_PERMISSION, .access = f.access};
	struct mezzo_ruling *ruling = &f.vcpu->other_ruling;
	struct mezzo_table *table = &f.space->table;
	struct mezzo_attr attr;
	struct mezzo_claim claim;

	if (table->ops->hold(table, (struct mezzo_ipa){f.ipa}, &claim))
		return (struct widened){STEP_RETRY, 0};

	fault.order = claim.old.order;
	ask_with_slot(f.slot, f.frame, &fault, ruling);
	attr = ruling->attr;
	if (ruling->decision.outcome != MEZZO_GRANT || allows(&claim.old.attr, &attr)) {
		table->ops->abandon(table, &claim);
		return (struct widened){STEP_DONE, claim.old.order};
	}
	/* Logged page by page: this page gets a leaf of its own, and is held again. */
	if (attr.write && ruling->decision.max_order < claim.old.order) {
		table->ops->abandon(table, &claim);
		return (struct widened){split(table, &f, ruling->decision.max_order),
					claim.old.order};
	}
	/* Only what the fault asked for is new; what the leaf allowed, it keeps. */
	attr.read |= claim.old.attr.read;
	attr.write |= claim.old.attr.write;
	attr.exec |= claim.old.attr.exec;
	if (!still_current(&f)) {
		table->ops->abandon(table, &claim);
		return (struct widened){STEP_RETRY, claim.old.order};
	}
	frame_prepare(f.space->config.platform, &f.object->contract, claim.old.pa,
		      mezzo_order_bytes(claim.old.order), &ruling->decision);
	if (ruling->work & WORK_LOG)
		log_write(f.space, f.vcpu, f.slot, f.ipa);
	table->ops->publish(table, &claim, claim.old.pa, &attr);
	return (struct widened){STEP_DONE, claim.old.order};
}

static enum step present(struct fault *f)
{
	struct widened widened;

	do
		widened = widen(*f);
	while (widened.step == STEP_PRESENT);
	f->ruling = &f->vcpu->other_ruling;
	f->order = widened.order;
	return widened.step;
}

/* --- the fault ------------------------------------------------------------------------------ */

static RARE struct mezzo_slot *find_slot(struct mezzo_space *space, struct mezzo_vcpu *vcpu,
					 uint64_t ipa)
{
	struct mezzo_slot *slot = slot_find(space, ipa);

	if (slot)
		vcpu->hint = slot;
	return slot;
}

static bool is_live(const struct mezzo_slot *slot)
{
	return atomic_load(&slot->state) == SLOT_LIVE;
}

/* Slot, sequences, frame, decision. */
static enum step decide(struct fault *f)
{
	int status;

	f->space_sequence = atomic_load(&f->space->sequence);
	f->slot = f->vcpu->hint;
	/* One that is not live may be filled anew: nothing else of it is looked at. */
	if (!f->slot || !is_live(f->slot) || !slot_covers(f->slot, f->ipa)) {
		f->slot = find_slot(f->space, f->vcpu, f->ipa);
		if (!f->slot) {
			f->ruling = ask_without_slot(f->space, f->vcpu, f->access);
			return STEP_DONE;
		}
		if (!is_live(f->slot))
			return STEP_RETRY;
	}
	f->object = f->slot->config.object;
	f->object_sequence = atomic_load(&f->object->sequence);
	f->offset_pages = slot_offset(f->slot, f->ipa);
	status = f->object->ops->resolve(f->object, f->offset_pages, access_writes(f->access),
					 f->frame);
	if (status) {
		f->ruling = revoked(f->vcpu, f->access);
		return status == MEZZO_ERR_AGAIN ? STEP_RETRY : STEP_DONE;
	}
	/*
	 * What the CPU said is a hint: the entry may have come or gone since. A missing entry is
	 * claimed; where one is found after all, widen() decides anew.
	 */
	f->ruling = rule(f);
	/* Cache maintenance is answered by what stands there; everything else by the decision. */
	return f->ruling->decision.outcome == MEZZO_GRANT ? STEP_GRANTED : STEP_DONE;
}

static enum step run(struct fault *f)
{
	enum step step = decide(f);

	if (step == STEP_GRANTED)
		step = f->kind == MEZZO_FAULT_PERMISSION ? STEP_PRESENT : map(f);
	return step == STEP_PRESENT ? present(f) : step;
}

int mezzo_space_fault(struct mezzo_space *space, uint32_t number,
		      const struct mezzo_fault_info *info, struct mezzo_fault_result *result)
{
	struct mezzo_frame frame;
	struct fault f = {
		.space = space,
		.vcpu = &space->config.vcpus[number],
		.ipa = info->ipa.addr,
		.access = info->access,
		.kind = info->kind,
		.frame = &frame,
	};
	enum step step;

	/* A stock that could not be filled may still do: the tables may all be there. */
	if (!f.vcpu->stock.enough || f.vcpu->stock.count < f.vcpu->stock.enough)
		(void)space->table.ops->stock_fill(&space->table, &f.vcpu->stock);

	walker_enter(space, f.vcpu);
	step = run(&f);
	*result = (struct mezzo_fault_result){
		.order = f.order,
		.slot = f.slot ? f.slot->config.id : 0,
	};
	walker_leave(f.vcpu);

	if (step != STEP_DONE) {
		result->retry = step == STEP_RETRY;
		return step == STEP_NOMEM ? MEZZO_ERR_NOMEM : MEZZO_OK;
	}
	result->outcome = f.ruling->decision.outcome;
	result->reason = f.ruling->decision.reason;
	record(space, f.ipa, f.ruling->recorded, number, f.kind, f.order);
	return MEZZO_OK;
}
