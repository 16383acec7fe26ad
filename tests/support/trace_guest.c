/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's CPU: accesses of every kind, and the faults they take. */
#include "trace.h"

#define TRIES 8

static struct trace_slot *random_slot(struct trace *trace, unsigned int space)
{
	if (trace->config.migrate)
		return &trace->space[space].slot[0];
	return &trace->space[space].slot[trace_random(trace, TRACE_SLOTS)];
}

/* The edges of an object more often than its middle. */
static uint32_t random_page(struct trace *trace, uint32_t pages)
{
	switch (trace_random(trace, 4)) {
	case 0:
		return 0;
	case 1:
		return pages - 1;
	case 2:
		return trace_random(trace, pages < 4 ? pages : 4);
	default:
		return trace_random(trace, pages);
	}
}

static enum mezzo_class random_class(struct trace *trace)
{
	return (enum mezzo_class)(1u << trace_random(trace, 3));
}

static enum mezzo_class class_for(struct trace *trace, const struct trace_slot *slot)
{
	switch (slot->style) {
	case TRACE_ALWAYS_WB:
		return MEZZO_CLASS_WB;
	case TRACE_ALWAYS_NC:
		return MEZZO_CLASS_NC;
	case TRACE_ALWAYS_DEVICE:
		return MEZZO_CLASS_DEVICE;
	case TRACE_RETYPE:
		return slot->type;
	default:
		return random_class(trace);
	}
}

/*
 * Hand a fault to the engine. Returns whether to try again; *@quiet: an entry was made and nobody
 * else was at work in the space, so it must be there. (A fault that finds what it wants there has
 * come before the entry was seen; so may the next.)
 */
static bool fault(const struct trace_guest *guest, const struct trace_promise *promise,
		  struct mezzo_ipa ipa, enum mezzo_access access, enum mezzo_model_result result,
		  bool *quiet)
{
	struct trace_space *space = &guest->trace->space[guest->space];
	struct mezzo_fault_info info = {
		.ipa = ipa,
		.access = (uint8_t)access,
		.kind = result == MEZZO_MODEL_FAULT_MISSING ? MEZZO_FAULT_MISSING
							    : MEZZO_FAULT_PERMISSION,
	};
	uint64_t calls = space->calls, published = space->published;
	bool alone = space->active == 0;
	struct mezzo_fault_result answer;

	trace_enter(space);
	if (mezzo_space_fault(&space->space, guest->vcpu, &info, &answer) != MEZZO_OK)
		mezzo_model_fail(guest->trace->model, MEZZO_MODEL_TEST_ERROR, "no table memory");
	trace_leave(space);
	guest->trace->faults++;
	mezzo_model_note(guest->trace->model, "space %u vcpu %u: fault at %#llx: %s", guest->space,
			 guest->vcpu, (unsigned long long)ipa.addr,
			 answer.retry ? "retry"
				      : mezzo_reason((enum mezzo_reason)answer.reason)->name);
	if (answer.reason == MEZZO_WHY_DEVICE_ACCESS || answer.reason == MEZZO_WHY_FETCH_NO_SLOT)
		trace_saw_device(guest->trace, promise, ipa);
	if (answer.outcome != MEZZO_GRANT)
		return false;
	*quiet = alone && space->calls == calls + 1 && space->published != published;
	return true;
}

static void access_memory(const struct trace_guest *guest, struct trace_slot *slot,
			  struct mezzo_model_access *access)
{
	static const enum mezzo_access kinds[] = {
		[MEZZO_MODEL_READ] = MEZZO_ACCESS_READ,
		[MEZZO_MODEL_WRITE] = MEZZO_ACCESS_WRITE,
		[MEZZO_MODEL_FETCH] = MEZZO_ACCESS_EXEC,
		[MEZZO_MODEL_TAG_READ] = MEZZO_ACCESS_READ,
		[MEZZO_MODEL_TAG_WRITE] = MEZZO_ACCESS_WRITE,
	};
	const bool writes = kinds[access->kind] == MEZZO_ACCESS_WRITE;
	enum mezzo_model_result result;
	bool quiet = false;

	for (unsigned int i = 0; i < TRIES; i++) {
		struct trace_promise promise =
			trace_promise_of(&guest->trace->space[guest->space], slot, access->ipa);

		access->granted = quiet;
		result = mezzo_model_access(guest->trace->model, access);
		if (result == MEZZO_MODEL_DONE || result == MEZZO_MODEL_FAULT_TAG ||
		    !fault(guest, &promise, access->ipa, kinds[access->kind], result, &quiet)) {
			if (result == MEZZO_MODEL_DONE && writes)
				trace_wrote(guest->trace, &promise, access->ipa);
			break;
		}
	}
	guest->trace->accesses++;
}

/* The guest's cache maintenance by address, which may fault like any access. */
static void maintain(const struct trace_guest *guest, struct trace_slot *slot, struct mezzo_ipa ipa,
		     bool code)
{
	struct mezzo_model *model = guest->trace->model;
	enum mezzo_model_result result;
	bool quiet;

	for (unsigned int i = 0; i < TRIES; i++) {
		struct trace_promise promise =
			trace_promise_of(&guest->trace->space[guest->space], slot, ipa);

		result = code ? mezzo_model_guest_sync_code(model, guest->space, ipa)
			      : mezzo_model_guest_retype(model, guest->space, ipa, slot->type);
		if (result == MEZZO_MODEL_DONE ||
		    !fault(guest, &promise, ipa, MEZZO_ACCESS_CACHE_OP, result, &quiet))
			return;
	}
}

/* The type belongs to all the pages of a slot: all of them are maintained. */
static void retype(const struct trace_guest *guest, struct trace_slot *slot, uint32_t pages)
{
	slot->type = random_class(guest->trace);
	for (uint32_t page = 0; page < pages; page++)
		maintain(guest, slot,
			 (struct mezzo_ipa){slot->ipa.addr + ((uint64_t)page << MEZZO_PAGE_SHIFT)},
			 false);
}

static enum mezzo_model_access_kind random_kind(struct trace *trace, unsigned int space)
{
	uint32_t n = trace_random(trace, trace->space[space].mte ? 12 : 10);

	if (n < 4)
		return MEZZO_MODEL_READ;
	if (n < 8)
		return MEZZO_MODEL_WRITE;
	if (n < 10)
		return MEZZO_MODEL_FETCH;
	return n == 10 ? MEZZO_MODEL_TAG_READ : MEZZO_MODEL_TAG_WRITE;
}

/* The guest lets a device work; what it may not do it does not. */
static void device(const struct trace_guest *guest, const struct trace_slot *slot, uint32_t pages)
{
	struct trace *trace = guest->trace;
	struct mezzo_ipa ipa = {slot->ipa.addr +
				((uint64_t)random_page(trace, pages) << MEZZO_PAGE_SHIFT)};
	unsigned int line = trace_random(trace, MEZZO_MODEL_LINES);
	struct mezzo_model_values seen;

	if (mezzo_model_device_access(trace->model, guest->space, ipa, line,
				      trace_random(trace, 2) != 0, &seen))
		trace->device_accesses++;
}

static void step(const struct trace_guest *guest)
{
	struct trace *trace = guest->trace;
	struct trace_slot *slot = random_slot(trace, guest->space);
	struct trace_slot now = *slot;
	struct mezzo_model_access access;
	uint32_t pages;

	/* Where no slot is, the guest knocks in vain. */
	pages = now.used ? now.object->pages : 2;
	if (trace_random(trace, 4) == 0) {
		device(guest, &now, pages);
		return;
	}
	access = (struct mezzo_model_access){
		.space = guest->space,
		.ipa = {now.ipa.addr + ((uint64_t)random_page(trace, pages) << MEZZO_PAGE_SHIFT)},
		.line = trace_random(trace, MEZZO_MODEL_LINES),
		.kind = random_kind(trace, guest->space),
		.stage1 = class_for(trace, &now),
	};
	if (now.style == TRACE_RETYPE && pages <= 4 && trace_random(trace, 8) == 0)
		retype(guest, slot, pages);
	else if (access.kind == MEZZO_MODEL_FETCH && trace_random(trace, 2))
		maintain(guest, slot, access.ipa, true);
	access_memory(guest, slot, &access);
}

void trace_guest_run(void *arg)
{
	const struct trace_guest *guest = arg;

	for (unsigned int i = 0; i < guest->trace->config.guest_steps; i++) {
		step(guest);
		mezzo_model_yield(guest->trace->model);
	}
	guest->trace->running--;
}
