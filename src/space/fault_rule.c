/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule, as a fault asks it: once for each question that a vCPU puts again and again. */
#include "fault.h"

static bool logs(const struct mezzo_decision *decision)
{
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		if (decision->before_visible[i] == MEZZO_ACTION_LOG_DIRTY)
			return true;
	return false;
}

/* @slot: the one that was touched, or NULL. */
static void note_ruling(const struct mezzo_space *space, const struct mezzo_vcpu *vcpu,
			const struct mezzo_slot *slot, uint8_t access, struct mezzo_ruling *ruling)
{
	const struct mezzo_decision *decision = &ruling->decision;

	ruling->recorded = record_part(space, vcpu, access, decision);
	ruling->result = (struct mezzo_fault_result){
		.outcome = decision->outcome,
		.reason = decision->reason,
		.slot = slot ? slot->config.id : 0,
	};
}

static uint8_t work_of(const struct mezzo_facts *facts, const struct mezzo_decision *decision)
{
	uint8_t work = decision->before_visible[0] ? WORK_BEFORE : 0;

	if (decision->outcome != MEZZO_GRANT)
		return WORK_NONE;
	if (needs_frames(decision))
		work |= WORK_FRAMES;
	else if (decision->frame_after.lines == MEZZO_LINES_MAYBE &&
		 (decision->clean_after || facts->frame.lines == MEZZO_LINES_CLEAN))
		/* What must be cleaned may have been, since the resolver looked: tell it again. */
		work |= WORK_LINES;
	if (logs(decision))
		work |= WORK_LOG;
	return work;
}

/*
 * The hardware notes the write, and nobody else has to. So the first read may open the page, if
 * nothing but the log forbids it.
 */
static void note_by_hardware(const struct mezzo_facts *facts, struct mezzo_ruling *ruling)
{
	struct mezzo_attr *attr = &ruling->attr;

	if (ruling->decision.outcome != MEZZO_GRANT)
		return;
	if (facts->fault.kind == MEZZO_FAULT_MISSING && facts->memory.writable &&
	    facts->fault.slot == MEZZO_SLOT_READ_WRITE)
		attr->write = true;
	attr->logged = attr->write;
	ruling->work &= (uint8_t)~WORK_LOG;
}

/* The table's leaves up to @bound; the smallest where all are larger. */
static uint64_t orders_up_to(uint64_t orders, unsigned int bound)
{
	const uint64_t some = orders & ((UINT64_C(2) << bound) - 1);

	return some ? some : orders & -orders;
}

RARE void fault_ask(const struct fault *f, const struct mezzo_fault *fault,
		    struct mezzo_ruling *ruling)
{
	struct mezzo_table *table = &f->space->table;
	struct mezzo_facts facts;

	facts_gather(f->space, f->slot, f->ipa, f->object, &f->frame, &facts);
	facts.fault.access = fault->access;
	facts.fault.kind = fault->kind;
	facts.fault.order = fault->order;
	f->space->config.arch->decide(&facts, &ruling->decision);
	ruling->attr = mezzo_attr_of(&ruling->decision);
	ruling->orders = orders_up_to(table->orders, ruling->decision.max_order);
	if (f->space->config.guest_types)
		ruling->orders = f->space->config.arch->guest_types->orders(f->space, f->ipa,
									    ruling->orders);
	ruling->work = work_of(&facts, &ruling->decision);
	if (facts.guest.dirty_log && hardware_logs(f->space))
		note_by_hardware(&facts, ruling);
	ruling->leaf = table->ops->encode(table, &ruling->attr);
	note_ruling(f->space, f->vcpu, f->slot, fault->access, ruling);
}

/* Nothing else is looked at where there is no slot. */
static RARE void ask_without_slot(const struct fault *f, struct mezzo_ruling *ruling)
{
	struct mezzo_facts facts;

	facts.frame = (struct mezzo_frame_state){0};
	facts.fault.slot = MEZZO_SLOT_NONE;
	facts.fault.access = f->access;
	f->space->config.arch->decide(&facts, &ruling->decision);
	ruling->work = WORK_NONE;
	note_ruling(f->space, f->vcpu, NULL, f->access, ruling);
}

RARE const struct mezzo_ruling *fault_leave(const struct fault *f, enum mezzo_reason reason)
{
	struct mezzo_ruling *ruling = &f->vcpu->other_ruling;

	ruling->decision = (struct mezzo_decision){
		.outcome = reason == MEZZO_WHY_FRAME_POISONED ? MEZZO_ABORT : MEZZO_EXIT,
		.reason = (uint8_t)reason,
	};
	note_ruling(f->space, f->vcpu, f->slot, f->access, ruling);
	return ruling;
}

#define NO_SLOT UINT64_C(1) /* slots are numbered from 1, at bit 16 */
#define OTHER_VIEW UINT64_C(16)

static const struct mezzo_ruling *rule_without_slot(const struct fault *f,
						    struct mezzo_ruling *ruling)
{
	const uint64_t asked = NO_SLOT | (uint64_t)f->access << 8;

	if (ruling->question != asked) {
		ask_without_slot(f, ruling);
		ruling->question = asked;
	}
	return ruling;
}

const struct mezzo_ruling *fault_rule(const struct fault *f)
{
	struct mezzo_ruling *ruling = &f->vcpu->ruling[f->access % MEZZO_RULINGS];
	const struct mezzo_fault missing = {.kind = MEZZO_FAULT_MISSING, .access = f->access};
	uint64_t view, asked;

	if (!f->slot)
		return rule_without_slot(f, ruling);
	/* But the guest's types, which are no part of the question, may change, and differ by address. */
	if (f->space->config.guest_types) {
		fault_ask(f, &missing, &f->vcpu->other_ruling);
		return &f->vcpu->other_ruling;
	}
	view = f->object == f->slot->config.shared ? OTHER_VIEW : 0;
	asked = question(number_of(f->slot), f->access, &f->frame) | view;
	if (ruling->question != asked) {
		/* What the number stands for is looked at after it: see mezzo_space_set_mte. */
		asked = question(atomic_load_explicit(&f->slot->number, memory_order_acquire),
				 f->access, &f->frame) |
			view;
		fault_ask(f, &missing, ruling);
		ruling->question = asked;
	}
	return ruling;
}
