/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots that move and log, and what guests may rely on meanwhile: no device where the slot is
 * before and after, no write that is not reported while it logs.
 */
#include "trace.h"

#include <string.h>

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
	slot->steady = slot->ipa;
	slot->steady_pages = slot->object->pages;
	if (slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY && !slot->armed)
		memcpy(slot->copied, slot->version, sizeof(slot->copied));
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
	/* Writes are noticed until logging ends; what was before it begins does not count. */
	slot->armed = flags & MEZZO_SLOT_FLAG_LOG_DIRTY;
	if (!(slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		for (unsigned int i = 0; i < MEZZO_DIRTY_WORDS(TRACE_BLOCK_PAGES); i++)
			slot->bitmap[i] = 0;
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
		.bitmap = slot->bitmap,
		.shared =
			slot->object->kind == TRACE_PRIVATE ? &slot->object->private.shared : NULL,
	};
	struct mezzo_refusal why;
	int status;

	if (!(to.flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		to.flags &= ~MEZZO_SLOT_FLAG_STARTS_DIRTY;
	else if (!(slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY) && trace_random(trace, 2))
		to.flags |= MEZZO_SLOT_FLAG_STARTS_DIRTY;
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

/* --- promises ---------------------------------------------------------------------------------- */

static bool is_there(const struct trace_slot *slot, struct mezzo_ipa ipa)
{
	return ipa.addr - slot->steady.addr < (uint64_t)slot->steady_pages << MEZZO_PAGE_SHIFT;
}

struct trace_promise trace_promise_of(struct trace_space *space, struct trace_slot *slot,
				      struct mezzo_ipa ipa)
{
	return (struct trace_promise){
		.space = space,
		.slot = slot,
		.turns = slot->turns,
		.clearings = slot->clearings,
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

void trace_wrote(struct trace *trace, const struct trace_promise *promise, struct mezzo_ipa ipa)
{
	struct trace_slot *slot = promise->slot;
	uint64_t page;

	if (promise->turns != slot->turns || !is_there(slot, ipa) || ipa.addr < slot->ipa.addr)
		return;
	page = (ipa.addr - slot->ipa.addr) >> MEZZO_PAGE_SHIFT;
	slot->version[page]++;
	trace->writes++;
	/* While pages are made clean a write may still come to be copied with its page. */
	if (promise->there && promise->armed && slot->armed && !slot->clearing &&
	    promise->clearings == slot->clearings && !trace_noticed(promise->space, slot, page))
		mezzo_model_fail(trace->model, MEZZO_MODEL_LOST_WRITE,
				 "a write at %#llx that was not noticed",
				 (unsigned long long)ipa.addr);
}
