/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory is copied while three vCPUs use it: all of it once logging has begun, then what
 * was written since, again and again; and what is left when the guest has stopped. In the end the
 * copy is the guest's memory.
 */
#include "trace.h"

#define SPACE 0u
#define SLOT 0u

static void must(struct trace *trace, int status, const char *what)
{
	if (status != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "%s: %s", what,
				 mezzo_status_name((enum mezzo_status)status));
}

/* False: the rule does not accept the object on this machine. */
static bool create(struct trace *trace, struct trace_object *object)
{
	struct trace_space *space = &trace->space[SPACE];
	struct mezzo_slot_config config = {
		.id = SLOT,
		.ipa = {TRACE_IPA + (UINT64_C(1) << 22)},
		.pages = object->pages,
		.object = &object->object,
	};
	struct mezzo_refusal why;
	int status;

	trace_object_give(object, 1u << SPACE);
	status = mezzo_slot_create(&space->space, &config, &why);
	if (status == MEZZO_ERR_REFUSED)
		return false;
	must(trace, status, "slot");
	object->mapped++;
	space->slot[SLOT] = (struct trace_slot){
		.used = true,
		.object = object,
		.ipa = config.ipa,
		.style = TRACE_ALWAYS_WB,
		.type = MEZZO_CLASS_WB,
	};
	trace_watch(&space->slot[SLOT]);
	return true;
}

static void give_rings(struct trace *trace)
{
	struct trace_space *space = &trace->space[SPACE];
	struct mezzo_refusal why;

	space->rings = trace_random(trace, 3) == 0;
	if (space->rings)
		must(trace, mezzo_dirty_rings(&space->space, space->ring, TRACE_RING, &why),
		     "rings");
}

static void begin_log(struct trace *trace)
{
	struct trace_space *space = &trace->space[SPACE];
	struct trace_slot *slot = &space->slot[SLOT];
	struct mezzo_slot_config to = {
		.id = SLOT,
		.flags = MEZZO_SLOT_FLAG_LOG_DIRTY,
		.ipa = slot->ipa,
		.pages = slot->object->pages,
		.object = &slot->object->object,
		.bitmap = slot->bitmap,
	};
	struct mezzo_refusal why;
	int status;

	if (trace_random(trace, 2))
		to.flags |= MEZZO_SLOT_FLAG_STARTS_DIRTY;
	mezzo_model_note(trace->model, "host begins to log, flags %u", to.flags);
	do {
		trace_enter(space);
		status = mezzo_slot_change(&space->space, &to, &why);
		trace_leave(space);
		mezzo_model_yield(trace->model);
	} while (status == MEZZO_ERR_AGAIN);
	must(trace, status, "log");
	slot->flags = to.flags;
	slot->turns++;
	trace_watch(slot);
}

/* All of it, in no hurry. Where a log starts dirty its pages are copied by and by. */
static void copy_all(struct trace *trace)
{
	struct trace_slot *slot = &trace->space[SPACE].slot[SLOT];

	for (uint32_t page = 0; page < slot->object->pages; page++) {
		if (slot->flags & MEZZO_SLOT_FLAG_STARTS_DIRTY)
			slot->copied[page] = UINT32_MAX;
		else
			slot->copied[page] = slot->version[page];
		if (trace_random(trace, 64) == 0)
			mezzo_model_yield(trace->model);
	}
}

/* A device that the host emulates writes to a page, and says so. */
static void device_writes(struct trace *trace)
{
	struct trace_space *space = &trace->space[SPACE];
	struct trace_slot *slot = &space->slot[SLOT];
	uint32_t page = trace_random(trace, slot->object->pages);
	struct mezzo_ipa ipa = {slot->ipa.addr + ((uint64_t)page << MEZZO_PAGE_SHIFT)};

	slot->version[page]++;
	mezzo_model_yield(trace->model);
	trace_enter(space);
	must(trace, mezzo_dirty_mark(&space->space, ipa, 1), "mark");
	trace_leave(space);
}

/* Somebody else has other plans with the same memory. */
static void disturb(struct trace *trace)
{
	struct trace_space *space = &trace->space[SPACE];
	struct trace_slot *slot = &space->slot[SLOT];
	struct mezzo_fault_result result;
	uint64_t done, page;
	bool accessed;

	trace_enter(space);
	switch (trace_random(trace, 4)) {
	case 0:
		must(trace, mezzo_space_unmap(&space->space, slot->ipa, slot->object->pages),
		     "unmap");
		break;
	case 1:
		must(trace,
		     mezzo_space_age(&space->space, slot->ipa, slot->object->pages, &accessed),
		     "age");
		break;
	case 2:
		page = trace_random(trace, 4);
		while (mezzo_object_revoke(&slot->object->object, page, 1) == MEZZO_ERR_AGAIN)
			mezzo_model_yield(trace->model);
		break;
	default:
		(void)!mezzo_space_prefault(&space->space, TRACE_VCPUS - 1, slot->ipa,
					    slot->object->pages, &done, &result);
	}
	trace_leave(space);
}

static void step(struct trace *trace)
{
	switch (trace_random(trace, 8)) {
	case 0:
		device_writes(trace);
		break;
	case 1:
		trace_reshape(trace, SPACE, SLOT);
		break;
	case 2:
		disturb(trace);
		break;
	case 3:
	case 4:
		mezzo_model_yield(trace->model);
		break;
	default:
		trace_make_clean(trace, SPACE, SLOT);
	}
}

static void compare(struct trace *trace)
{
	const struct trace_slot *slot = &trace->space[SPACE].slot[SLOT];

	for (uint32_t page = 0; page < slot->object->pages; page++)
		if (slot->copied[page] != slot->version[page])
			mezzo_model_fail(trace->model, MEZZO_MODEL_LOST_WRITE,
					 "page %u of the copy is not what the guest wrote last",
					 page);
}

void trace_migrate_run(void *arg)
{
	struct trace *trace = arg;
	const unsigned int first = trace_random(trace, 2);

	if (!create(trace, &trace->object[first]) && !create(trace, &trace->object[!first]))
		return;
	give_rings(trace);
	for (uint32_t i = trace_random(trace, 40); i > 0; i--)
		mezzo_model_yield(trace->model);
	begin_log(trace);
	copy_all(trace);
	while (trace->running && mezzo_model_violation(trace->model) == MEZZO_MODEL_NO_VIOLATION) {
		step(trace);
		mezzo_model_yield(trace->model);
	}
	/* The guest has stopped. A round may leave some for the next. */
	for (unsigned int i = 0; i < 64; i++)
		trace_make_clean(trace, SPACE, SLOT);
	compare(trace);
}
