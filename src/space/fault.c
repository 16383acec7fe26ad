/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault, in order: look up the slot; take the sequences; resolve; decide; claim the entry; check
 * the sequences again; prepare the frame; publish.
 *
 * A guest waits. The usual fault is answered by quick(), which does the same in the same order but
 * gives up, having done nothing, where something is not as usual.
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
	uint64_t sequence;          /* of the space, when the fault began */
	uint8_t access, kind, view; /* as the CPU reported it */
	uint8_t order;              /* of the entry made or widened */
	struct mezzo_frame frame;
	const struct mezzo_ruling *ruling; /* what was decided */
};

/* What a step says: go on, or the fault is answered. */
enum step {
	STEP_DONE,
	STEP_RETRY, /* somebody else is at work: run the guest, it will fault again */
	STEP_NOMEM,
	STEP_TOO_SMALL, /* what is there does not fill the smallest leaf */
	STEP_GRANTED,   /* there is a slot, a frame and a grant: an entry is to be made */
	STEP_PRESENT,   /* a leaf is there: the fault is about permissions */
};

/* --- the rule ------------------------------------------------------------------------------- */

/* struct mezzo_ruling.work */
#define WORK_BEFORE 1u /* actions before it is visible */
#define WORK_FRAMES 2u /* on the frames themselves: the object is told before and after */
#define WORK_LINES 4u  /* lines may be in caches from now on: the object is told */
#define WORK_LOG 8u    /* a write that is logged */
#define WORK_NONE 16u  /* there is none to do, because nothing is granted */

static bool logs(const struct mezzo_decision *decision)
{
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		if (decision->before_visible[i] == MEZZO_ACTION_LOG_DIRTY)
			return true;
	return false;
}

/* Nothing has to be done to the frame before the write. */
static bool is_log_only(const struct mezzo_decision *decision)
{
	return decision->before_visible[0] == MEZZO_ACTION_LOG_DIRTY;
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

static RARE void ask_with_slot(const struct fault *f, const struct mezzo_fault *fault,
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

/* An end that no rule decides: there is no frame behind the address, or no room to log the write. */
static RARE const struct mezzo_ruling *leave(const struct fault *f, enum mezzo_reason reason)
{
	struct mezzo_ruling *ruling = &f->vcpu->other_ruling;

	ruling->decision = (struct mezzo_decision){
		.outcome = reason == MEZZO_WHY_FRAME_POISONED ? MEZZO_ABORT : MEZZO_EXIT,
		.reason = (uint8_t)reason,
	};
	note_ruling(f->space, f->vcpu, f->slot, f->access, ruling);
	return ruling;
}

HOT uint64_t number_of(const struct mezzo_slot *slot)
{
	return atomic_load_explicit(&slot->number, memory_order_relaxed);
}

/* All that may differ from one fault to the next, as a number that is never 0. */
#define NO_SLOT UINT64_C(1) /* slots are numbered from 1, at bit 16 */
#define OTHER_VIEW UINT64_C(16)

HOT uint64_t question(uint64_t slot_number, uint8_t access, const struct mezzo_frame *frame)
{
	return slot_number << 16 | (uint64_t)access << 8 | (uint64_t)frame->writable << 3 |
	       frame_state_bits(frame->state);
}

/* The same question has the same answer: see struct mezzo_ruling. */
static const struct mezzo_ruling *rule(const struct fault *f)
{
	struct mezzo_ruling *ruling = &f->vcpu->ruling[f->access % MEZZO_RULINGS];
	const struct mezzo_fault missing = {.kind = MEZZO_FAULT_MISSING, .access = f->access};
	const uint64_t view = f->object == f->slot->config.shared ? OTHER_VIEW : 0;
	uint64_t asked = question(number_of(f->slot), f->access, &f->frame) | view;

	/* But the guest's types, which are not part of it, may change, and differ by address. */
	if (f->space->config.guest_types) {
		ask_with_slot(f, &missing, &f->vcpu->other_ruling);
		return &f->vcpu->other_ruling;
	}
	if (ruling->question != asked) {
		/* What the number stands for is looked at after it: see mezzo_space_set_mte. */
		asked = question(atomic_load_explicit(&f->slot->number, memory_order_acquire),
				 f->access, &f->frame) |
			view;
		ask_with_slot(f, &missing, ruling);
		ruling->question = asked;
	}
	return ruling;
}

static const struct mezzo_ruling *rule_without_slot(const struct fault *f)
{
	struct mezzo_ruling *ruling = &f->vcpu->ruling[f->access % MEZZO_RULINGS];
	const uint64_t asked = NO_SLOT | (uint64_t)f->access << 8;

	if (ruling->question != asked) {
		ask_without_slot(f, ruling);
		ruling->question = asked;
	}
	return ruling;
}

/* --- logging -------------------------------------------------------------------------------- */

/* The next entry of the vCPU's ring, unless it is still somebody's. */
static bool ring_write(struct mezzo_dirty_ring *ring, uint32_t slot, uint64_t page)
{
	struct mezzo_dirty_entry *entry = &ring->entry[ring->written & ring->mask];

	if (atomic_load_explicit(&entry->flags, memory_order_acquire))
		return false;
	entry->slot = slot;
	entry->page = page;
	atomic_store_explicit(&entry->flags, MEZZO_DIRTY_DIRTY, memory_order_release);
	ring->written++;
	return true;
}

/*
 * Somebody must know of the write before it can happen: while the entry is held (see dirty.c).
 * False: there is no room.
 */
HOT bool log_write(struct mezzo_vcpu *vcpu, const struct mezzo_slot_config *slot, uint64_t page,
		   unsigned int order)
{
	uint64_t bits = 1;

	if (__builtin_expect(order != 0, 0)) {
		bits = (UINT64_C(1) << mezzo_order_pages(order)) - 1;
		page &= -mezzo_order_pages(order);
	}
	if (vcpu->ring.entry)
		return ring_write(&vcpu->ring, slot->id, page);
	/* The smallest leaf is at most 64 KiB, and a slot begins at one: all in a word. */
	atomic_fetch_or(&slot->bitmap[page / 64], bits << page % 64);
	return true;
}

HOT bool log_fault(const struct fault *f)
{
	const struct mezzo_slot_config *slot = &f->slot->config;

	return log_write(f->vcpu, slot, bytes_to_pages(f->ipa - slot->ipa.addr), f->order);
}

/* --- entries -------------------------------------------------------------------------------- */

/*
 * Has nothing been taken away since the fault began? Looked at while an entry is held: whoever takes
 * away raises the sequence first and then waits for the entry, so one of the two sees the other.
 * Both sides are sequentially consistent. A revocation has changed what the object answers before
 * it raises the sequence of the first space: what was resolved before is looked at anew, or taken
 * away.
 */
HOT bool is_current(const struct mezzo_space *space, uint64_t sequence)
{
	return atomic_load(&space->sequence) == sequence;
}

/*
 * May a leaf of @order hold the page at @offset of the object? Slot and run go on as far as it
 * reaches, and it is congruent with its frames.
 */
HOT bool block_fits(const struct mezzo_slot *slot, const struct mezzo_frame *frame, uint64_t ipa,
		    uint64_t offset, unsigned int order)
{
	const uint64_t pages = mezzo_order_pages(order);
	const uint64_t before = bytes_to_pages(ipa) & (pages - 1), from = pages - before;
	const uint64_t in_slot = offset - slot->config.offset_pages;

	return before <= in_slot && from <= slot->config.pages - in_slot &&
	       before <= frame->before_pages && from <= frame->from_pages &&
	       !(bytes_to_pages(ipa ^ frame->pa.addr) & (pages - 1));
}

/* The largest order of a set that is not empty. */
HOT unsigned int top_order(uint64_t orders)
{
	return 63u - (unsigned int)__builtin_clzll(orders);
}

#define NO_ORDER 64u

/* The largest leaf of @orders that can be here, or NO_ORDER. A page of 4 KiB always can. */
HOT unsigned int largest_order(const struct mezzo_slot *slot, const struct mezzo_frame *frame,
			       uint64_t ipa, uint64_t offset, uint64_t orders)
{
	unsigned int order = top_order(orders);

	while (order && !block_fits(slot, frame, ipa, offset, order)) {
		orders &= (UINT64_C(1) << order) - 1;
		if (!orders)
			return NO_ORDER;
		order = top_order(orders);
	}
	return order;
}

/* The frames behind an entry. */
struct run {
	uint64_t offset, pages; /* in the object */
	struct mezzo_pa pa;
};

/* Of the leaf of @order that holds the page at @offset, whose frame is @frame. */
HOT struct run run_of(const struct mezzo_frame *frame, uint64_t ipa, uint64_t offset,
		      unsigned int order)
{
	const uint64_t pages = mezzo_order_pages(order);
	const uint64_t before = bytes_to_pages(ipa) & (pages - 1);

	return (struct run){
		.offset = offset - before,
		.pages = pages,
		.pa = {frame->pa.addr - pages_to_bytes(before)},
	};
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
	f->ruling = leave(f, MEZZO_WHY_RING_FULL);
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

static enum step map(struct fault *f)
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
		ask_with_slot(f, fault, &f->vcpu->other_ruling);
		return &f->vcpu->other_ruling;
	}
	/* What the number stands for is looked at after it, as in rule(). */
	asked = question(atomic_load_explicit(&f->slot->number, memory_order_acquire), f->access,
			 &f->frame);
	ask_with_slot(f, fault, logged);
	if (!(logged->work & WORK_LOG) || !is_log_only(&logged->decision))
		asked = 0;
	logged->question = asked;
	/* What is so opened is a page of the tables. */
	logged->result.order = (uint8_t)page_order(f->space);
	logged->recorded =
		record_whole(logged->recorded, MEZZO_FAULT_PERMISSION, logged->result.order);
	return logged;
}

/* A leaf is there: widen its permissions, if the rule still grants them. */
static enum step widen(struct fault *f)
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

/* --- the fault ------------------------------------------------------------------------------ */

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
	f->ruling = leave(f, reason_unresolved(status));
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
			f->ruling = rule_without_slot(f);
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
	if (step == STEP_TOO_SMALL) {
		f->ruling = leave(f, MEZZO_WHY_SMALLER_THAN_GRANULE);
		return STEP_DONE;
	}
	while (step == STEP_PRESENT)
		step = widen(f);
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
