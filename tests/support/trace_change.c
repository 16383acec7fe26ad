/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots that move and log, and what guests may rely on meanwhile: no device where the slot is
 * before and after, no write that is not reported while it logs.
 */
#include "trace.h"

/* Where the slot may go: next to where it is, so that the ranges overlap, or far away. */
static struct mezzo_ipa next_place(struct trace *trace, const struct trace_slot *slot)
{
	const uint64_t bytes = (uint64_t)slot->object->pages << MEZZO_PAGE_SHIFT;
	uint64_t far = bytes < (1u << 16) ? 1u << 15 : UINT64_C(1) << 25;

	if (trace_random(trace, 2))
		return (struct mezzo_ipa){slot->ipa.addr ^ far};
	/* Up and down again. */
	return (struct mezzo_ipa){slot->ipa.addr ^ bytes / 2};
}

void trace_watch(struct trace_slot *slot)
{
	slot->steady = slot->to = slot->ipa;
	slot->steady_pages = slot->object->pages;
	slot->armed = slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY;
}

void trace_unwatch(struct trace_slot *slot)
{
	slot->steady_pages = 0;
	slot->armed = false;
	slot->turns++;
}

/* Only what both places have. */
static void narrow(struct trace_slot *slot, struct mezzo_ipa to)
{
	const uint64_t bytes = (uint64_t)slot->object->pages << MEZZO_PAGE_SHIFT;
	const uint64_t low = slot->ipa.addr < to.addr ? slot->ipa.addr : to.addr;
	const uint64_t high = slot->ipa.addr < to.addr ? to.addr : slot->ipa.addr;

	slot->steady.addr = high;
	slot->steady_pages =
		high - low < bytes ? (uint32_t)((low + bytes - high) >> MEZZO_PAGE_SHIFT) : 0;
}

static void begin(struct trace_slot *slot, const struct mezzo_slot_config *to)
{
	const uint32_t flags = to->flags & slot->flags;

	narrow(slot, to->ipa);
	slot->to = to->ipa;
	/* Reports go on until logging ends, and what was reported before it began does not count. */
	slot->armed = flags & MEZZO_SLOT_FLAG_LOG_DIRTY;
	if (!slot->armed)
		for (uint32_t page = 0; page < TRACE_BLOCK_PAGES; page++)
			slot->reported[page] = false;
}

void trace_change(struct trace *trace, unsigned int s, unsigned int n)
{
	struct trace_space *space = &trace->space[s];
	struct trace_slot *slot = &space->slot[n];
	struct mezzo_slot_config to = {
		.id = n,
		.flags = slot->flags ^ (trace_random(trace, 2) ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0),
		.ipa = trace_random(trace, 2) ? slot->ipa : next_place(trace, slot),
		.pages = slot->object->pages,
		.object = &slot->object->object,
		.shared =
			slot->object->kind == TRACE_PRIVATE ? &slot->object->private.shared : NULL,
	};
	struct mezzo_refusal why;
	int status;

	mezzo_model_note(trace->model, "host changes slot %u of space %u: %#llx, flags %u", n, s,
			 (unsigned long long)to.ipa.addr, to.flags);
	begin(slot, &to);
	do {
		trace_enter(space);
		status = mezzo_slot_change(&space->space, &to, &why);
		trace_leave(space);
		mezzo_model_yield(trace->model);
	} while (status == MEZZO_ERR_AGAIN);
	if (status == MEZZO_OK) {
		slot->ipa = to.ipa;
		slot->flags = to.flags;
	}
	/* What was seen while the slot was neither here nor there means nothing. */
	slot->turns++;
	trace_watch(slot);
}

void trace_log_write(void *arg, uint32_t vcpu, uint32_t slot, uint64_t page)
{
	struct trace_space *space = arg;

	(void)vcpu;
	space->slot[slot].reported[page] = true;
}

/* --- promises ---------------------------------------------------------------------------------- */

static bool is_there(const struct trace_slot *slot, struct mezzo_ipa ipa)
{
	return ipa.addr - slot->steady.addr < (uint64_t)slot->steady_pages << MEZZO_PAGE_SHIFT;
}

struct trace_promise trace_promise_of(const struct trace_slot *slot, struct mezzo_ipa ipa)
{
	return (struct trace_promise){
		.slot = slot,
		.turns = slot->turns,
		.there = is_there(slot, ipa),
		.armed = slot->armed,
	};
}

void trace_saw_device(struct trace *trace, const struct trace_promise *promise,
		      struct mezzo_ipa ipa)
{
	if (promise->there && promise->turns == promise->slot->turns &&
	    is_there(promise->slot, ipa))
		mezzo_model_fail(trace->model, MEZZO_MODEL_NO_PROGRESS,
				 "a device at %#llx, where a slot has been all the time",
				 (unsigned long long)ipa.addr);
}

static bool is_reported(const struct trace_slot *slot, struct mezzo_ipa base, struct mezzo_ipa ipa)
{
	const uint64_t page = (ipa.addr - base.addr) >> MEZZO_PAGE_SHIFT;

	return base.addr <= ipa.addr && page < slot->object->pages && slot->reported[page];
}

void trace_wrote(struct trace *trace, const struct trace_promise *promise, struct mezzo_ipa ipa)
{
	const struct trace_slot *slot = promise->slot;

	if (promise->there && promise->armed && promise->turns == slot->turns && slot->armed &&
	    is_there(slot, ipa) && !is_reported(slot, slot->ipa, ipa) &&
	    !is_reported(slot, slot->to, ipa))
		mezzo_model_fail(trace->model, MEZZO_MODEL_LOST_WRITE,
				 "a write at %#llx that was not reported",
				 (unsigned long long)ipa.addr);
}
