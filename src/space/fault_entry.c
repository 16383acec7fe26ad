/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault makes an entry, or widens one: held, worked for, logged, and only then seen. */
#include "fault.h"

static bool log_fault(const struct fault *f)
{
	const struct mezzo_slot_config *slot = &f->slot->config;

	return log_write(f->vcpu, slot, bytes_to_pages(f->ipa - slot->ipa.addr), f->order);
}

/* What has to be done before the entry may be seen. False: the frames are not as they were. */
static bool prepare(const struct mezzo_platform *platform, struct mezzo_object *object,
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

/* The entry is left as it was. */
static enum step give_up(const struct fault *f, const struct mezzo_claim *claim)
{
	f->space->table.ops->abandon(&f->space->table, claim);
	return STEP_RETRY;
}

static RARE enum step ring_full(struct fault *f, const struct mezzo_claim *claim)
{
	f->space->table.ops->abandon(&f->space->table, claim);
	f->ruling = fault_leave(f, MEZZO_WHY_RING_FULL);
	return STEP_DONE;
}

/* The entry is ours. Do the frame's work and make it visible. */
static enum step install(struct fault *f, const struct mezzo_claim *claim)
{
	const struct run run = run_of(&f->frame, f->ipa, f->offset_pages, f->order);
	struct mezzo_table *table = &f->space->table;

	if (!is_current(f->space, f->sequence))
		return give_up(f, claim);
	if (f->ruling->work & WORK_LOG && !log_fault(f))
		return ring_full(f, claim);
	if (f->ruling->work & (WORK_BEFORE | WORK_FRAMES) &&
	    !prepare(f->space->config.platform, f->object, f->ruling, f->frame.state, &run))
		return give_up(f, claim);
	if (f->ruling->work & WORK_LINES)
		f->object->ops->frames_lines(f->object, run.offset, run.pages, MEZZO_LINES_MAYBE);
	table->ops->enter(table, claim, run.pa, f->ruling->leaf);
	return STEP_DONE;
}

enum step fault_map(struct fault *f)
{
	struct mezzo_table *table = &f->space->table;
	uint64_t orders = f->ruling->orders;
	struct mezzo_claim claim;
	int status;

	do {
		const unsigned int order =
			largest_order(f->slot, &f->frame, f->ipa, f->offset_pages, orders);

		if (order == NO_ORDER)
			return STEP_TOO_SMALL;
		f->order = (uint8_t)order;
		status = table->ops->claim(table, &f->vcpu->stock, (struct mezzo_ipa){f->ipa},
					   order, &claim);
		/* Where there is a table already the leaf is a smaller one. */
		orders &= (UINT64_C(1) << order) - 1;
	} while (status == MEZZO_ERR_EXISTS && claim.old.state == MEZZO_ENTRY_TABLE && orders);
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

/* Nothing has to be done to the frame before the write. */
static bool is_log_only(const struct mezzo_decision *decision)
{
	return decision->before_visible[0] == MEZZO_ACTION_LOG_DIRTY;
}

/*
 * The rule about a leaf that is there. What a write is answered that is logged, and needs nothing
 * else, is remembered: see quick_write().
 */
static struct mezzo_ruling *rule_present(const struct fault *f, const struct mezzo_fault *fault)
{
	struct mezzo_ruling *logged = &f->vcpu->logged;
	uint64_t asked;

	if (f->access != MEZZO_ACCESS_WRITE || !slot_logs(&f->slot->config) ||
	    f->object != f->slot->config.object || f->space->config.guest_types) {
		fault_ask(f, fault, &f->vcpu->other_ruling);
		return &f->vcpu->other_ruling;
	}
	/* What the number stands for is looked at after it, as in rule(). */
	asked = question(atomic_load_explicit(&f->slot->number, memory_order_acquire), f->access,
			 &f->frame);
	fault_ask(f, fault, logged);
	if (!(logged->work & WORK_LOG) || !is_log_only(&logged->decision))
		asked = 0;
	logged->question = asked;
	/* What is so opened is a page of the tables. */
	logged->result.order = (uint8_t)page_order(f->space);
	logged->recorded =
		record_whole(logged->recorded, MEZZO_FAULT_PERMISSION, logged->result.order);
	return logged;
}

enum step fault_widen(struct fault *f)
{
	struct mezzo_fault fault = {.kind = MEZZO_FAULT_PERMISSION, .access = f->access};
	struct mezzo_ruling *ruling;
	struct mezzo_table *table = &f->space->table;
	struct mezzo_attr attr;
	struct mezzo_claim claim;

	if (table->ops->hold(table, (struct mezzo_ipa){f->ipa}, &claim))
		return STEP_RETRY;

	f->order = fault.order = claim.old.order;
	ruling = rule_present(f, &fault);
	f->ruling = ruling;
	attr = ruling->attr;
	if (ruling->decision.outcome != MEZZO_GRANT || allows(&claim.old.attr, &attr)) {
		table->ops->abandon(table, &claim);
		return STEP_DONE;
	}
	/* The guest's types have changed: the leaf is about to go. */
	if (attr.type != claim.old.attr.type) {
		table->ops->abandon(table, &claim);
		return STEP_RETRY;
	}
	/* Logged page by page: this page gets a leaf of its own, and is held again. */
	if (attr.write && top_order(ruling->orders) < claim.old.order) {
		table->ops->abandon(table, &claim);
		return split(table, f, top_order(ruling->orders));
	}
	/* Only what the fault asked for is new; what the leaf allowed, it keeps. */
	attr.read |= claim.old.attr.read;
	attr.write |= claim.old.attr.write;
	attr.exec |= claim.old.attr.exec;
	attr.logged |= claim.old.attr.logged; /* what was noted by then is not forgotten */
	if (!is_current(f->space, f->sequence))
		return give_up(f, &claim);
	if (ruling->work & WORK_LOG && !log_fault(f))
		return ring_full(f, &claim);
	frame_prepare(f->space->config.platform, &f->object->contract, claim.old.pa,
		      mezzo_order_bytes(claim.old.order), &ruling->decision);
	table->ops->publish(table, &claim, claim.old.pa, &attr);
	return STEP_DONE;
}
