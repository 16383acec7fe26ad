/* SPDX-License-Identifier: BSD-2-Clause */
/* The host: slots come and go, memory is taken back and given away; devices do DMA. */
#include "trace.h"

/* Small objects lie in one 2 MiB, so that their slots share tables; large ones are aligned. */
static struct mezzo_ipa place_of(unsigned int number, const struct trace_object *object)
{
	if (object->pages < TRACE_BLOCK_PAGES)
		return (struct mezzo_ipa){TRACE_IPA + ((uint64_t)number << 16)};
	return (struct mezzo_ipa){TRACE_IPA + ((uint64_t)(number + 1) << 22)};
}

static bool coin(struct trace *trace)
{
	return trace_random(trace, 2) != 0;
}

/* A call may touch every space. */
static void enter_all(struct trace *trace)
{
	for (unsigned int s = 0; s < TRACE_SPACES; s++)
		trace_enter(&trace->space[s]);
}

static void leave_all(struct trace *trace)
{
	for (unsigned int s = 0; s < TRACE_SPACES; s++)
		trace_leave(&trace->space[s]);
}

/* --- devices ----------------------------------------------------------------------------------- */

/* What the guest's devices may reach: entered beforehand, taken away at times. */
static void dma(struct trace *trace, unsigned int s, const struct trace_slot *slot, bool whole)
{
	struct trace_space *space = &trace->space[s];
	uint32_t first = whole ? 0 : trace_random(trace, slot->object->pages);
	uint32_t pages = slot->object->pages - first;
	struct mezzo_ipa ipa = {slot->ipa.addr + ((uint64_t)first << MEZZO_PAGE_SHIFT)};
	bool take = !whole && trace_random(trace, 3) == 0, write = coin(trace);
	struct mezzo_refusal why = {0};
	uint64_t done = 0;
	int status;

	mezzo_model_note(trace->model, "host %s %#llx + %u pages for devices of space %u",
			 take ? "takes" : "enters", (unsigned long long)ipa.addr, pages, s);
	do {
		trace_enter(space);
		status = take ? mezzo_space_dma_unmap(&space->space, ipa, pages)
			      : mezzo_space_dma_map(&space->space, ipa, pages, write, &done, &why);
		trace_leave(space);
		mezzo_model_yield(trace->model);
	} while (status == MEZZO_ERR_AGAIN);
	if (status != MEZZO_OK && why.reason != MEZZO_WHY_DMA_NOT_DECLARED &&
	    why.reason != MEZZO_WHY_WRITE_READ_ONLY_SLOT)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "dma: %s",
				 mezzo_reason(why.reason)->name);
}

/* --- slots ------------------------------------------------------------------------------------ */

static bool may_map(const struct trace_object *object, unsigned int space)
{
	if (object->owners == 0)
		return object->mapped == 0;
	if (!(object->owners & 1u << space))
		return false;
	return object->shared || object->mapped == 0;
}

static void create(struct trace *trace)
{
	unsigned int s = trace_random(trace, TRACE_SPACES), n = trace_random(trace, TRACE_SLOTS);
	struct trace_object *object = &trace->object[trace_random(trace, TRACE_OBJECTS)];
	struct trace_slot *slot = &trace->space[s].slot[n];
	struct mezzo_slot_config config = {
		.id = n,
		.ipa = place_of(n, object),
		.pages = object->pages,
		.object = &object->object,
		.shared = object->kind == TRACE_PRIVATE ? &object->private.shared : NULL,
		.flags = trace_random(trace, 8) == 0 ? MEZZO_SLOT_FLAG_READ_ONLY : 0,
	};
	struct mezzo_refusal why;
	int status;

	if (slot->used || !may_map(object, s))
		return;
	if (object->owners == 0)
		trace_object_give(object, object->shared ? (1u << TRACE_SPACES) - 1 : 1u << s);
	trace_enter(&trace->space[s]);
	status = mezzo_slot_create(&trace->space[s].space, &config, &why);
	trace_leave(&trace->space[s]);
	mezzo_model_note(trace->model, "host maps object %u at slot %u of space %u: %s",
			 (unsigned int)(object - trace->object), n, s,
			 mezzo_status_name((enum mezzo_status)status));
	if (status != MEZZO_OK)
		return;
	object->mapped++;
	*slot = (struct trace_slot){
		.used = true,
		.object = object,
		.ipa = config.ipa,
		.style = (enum trace_style)trace_random(trace, TRACE_STYLES),
		.type = MEZZO_CLASS_NC,
		.flags = config.flags,
		.turns = slot->turns + 1,
	};
	trace_watch(slot);
	if (object->contract.dma != MEZZO_DMA_NONE && coin(trace))
		dma(trace, s, slot, true);
}

static void delete(struct trace *trace, unsigned int s, unsigned int n, bool take)
{
	struct trace_slot *slot = &trace->space[s].slot[n];
	struct trace_object *object = slot->object;
	int status;

	if (!slot->used)
		return;
	mezzo_model_note(trace->model, "host deletes slot %u of space %u", n, s);
	trace_unwatch(slot);
	do {
		trace_enter(&trace->space[s]);
		status = mezzo_slot_delete(&trace->space[s].space, n, NULL);
		trace_leave(&trace->space[s]);
		mezzo_model_yield(trace->model);
	} while (status == MEZZO_ERR_AGAIN);
	if (status != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "slot delete: %s",
				 mezzo_status_name((enum mezzo_status)status));
	slot->used = false;
	object->mapped--;
	if (take && object->mapped == 0)
		trace_object_take(object);
}

void trace_host_clear(struct trace *trace)
{
	for (unsigned int s = 0; s < TRACE_SPACES; s++)
		for (unsigned int n = 0; n < TRACE_SLOTS; n++)
			delete (trace, s, n, true);
}

/* --- taking back ----------------------------------------------------------------------------- */

static bool is_mapped(const struct mezzo_table *table, struct mezzo_ipa ipa)
{
	struct mezzo_leaf leaf;

	mezzo_stage2_ops.lookup(table, ipa, &leaf);
	return leaf.state == MEZZO_ENTRY_LEAF;
}

static bool is_shared(const struct trace_object *object, uint32_t page)
{
	return object->kind == TRACE_PRIVATE && mezzo_private_is_shared(&object->private, page);
}

/*
 * What the guest has lost for now is in memory, for a host that goes past the caches. What it has
 * touched again in the meantime is its own again.
 */
static void copy_out(struct trace *trace, const struct trace_object *object, uint32_t page)
{
	struct mezzo_pa pa = trace_object_frame(object, page);

	if (object->contract.aliases == MEZZO_ALIASES_NONE && !is_shared(object, page) &&
	    !mezzo_model_reachable(trace->model, pa))
		mezzo_model_copy_out(trace->model, pa);
}

static void unmap(struct trace *trace, unsigned int s, const struct trace_slot *slot)
{
	struct trace_space *space = &trace->space[s];
	const struct trace_object *object = slot->object;
	uint32_t first = trace_random(trace, object->pages);
	uint32_t pages = 1 + trace_random(trace, object->pages - first);
	struct mezzo_ipa ipa = {slot->ipa.addr + ((uint64_t)first << MEZZO_PAGE_SHIFT)};
	bool mapped[TRACE_BLOCK_PAGES];
	int status;

	mezzo_model_note(trace->model, "host unmaps %#llx + %u pages of space %u",
			 (unsigned long long)ipa.addr, pages, s);
	for (uint32_t i = 0; i < pages; i++)
		mapped[i] = is_mapped(&space->space.table,
				      (struct mezzo_ipa){ipa.addr + i * MEZZO_PAGE_BYTES});
	do {
		trace_enter(space);
		status = mezzo_space_unmap(&space->space, ipa, pages);
		trace_leave(space);
	} while (status == MEZZO_ERR_AGAIN);
	if (status != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "unmap");
	for (uint32_t i = 0; i < pages; i++)
		if (mapped[i])
			copy_out(trace, object, first + i);
}

/* Devices may be slow. */
static void revoke_all(struct trace_object *object, uint32_t first)
{
	while (mezzo_object_revoke(&object->object, first, object->pages - first) ==
	       MEZZO_ERR_AGAIN)
		mezzo_model_yield(object->trace->model);
}

/* A pool resolves as before: the guest's memory comes back with its data. */
static void revoke_pool(struct trace *trace, struct trace_object *object)
{
	uint32_t first = trace_random(trace, object->pages);

	mezzo_model_note(trace->model, "host revokes object %u from page %u",
			 (unsigned int)(object - trace->object), first);
	revoke_all(object, first);
}

/* A BAR is disabled: after that nobody may reach the device. */
static void revoke_bar(struct trace *trace, struct trace_object *object)
{
	mezzo_bar_enable(&object->bar, false);
	revoke_all(object, 0);
	mezzo_model_own(trace->model, object->base, object->pages, 0);
	trace_object_place(object, object->owners);
	mezzo_bar_enable(&object->bar, true);
}

/* Memory moves: other frames from now on, and the old ones are somebody else's. */
static void revoke_hostmap(struct trace *trace, struct trace_object *object)
{
	struct mezzo_pa old = trace_object_frame(object, 0);

	object->turn ^= 1;
	trace_object_place(object, object->owners);
	revoke_all(object, 0);
	mezzo_model_own(trace->model, old, object->pages, 0);
}

static void revoke(struct trace *trace, struct trace_object *object)
{
	enter_all(trace);
	if (object->kind == TRACE_POOL || object->kind == TRACE_PRIVATE)
		revoke_pool(trace, object);
	else if (object->kind == TRACE_BAR)
		revoke_bar(trace, object);
	else
		revoke_hostmap(trace, object);
	leave_all(trace);
}

/* --- tables ------------------------------------------------------------------------------------ */

/* What dirty logging and ageing will do: under the space's lock, beside faults. */
static void reshape(struct trace *trace, unsigned int s, const struct trace_slot *slot)
{
	struct trace_space *space = &trace->space[s];
	struct mezzo_table *table = &space->space.table;
	const struct mezzo_table_ops *ops = table->ops;
	struct mezzo_vcpu *vcpu = &space->vcpus[TRACE_VCPUS - 1];
	struct mezzo_flush flush = {0};
	int status = MEZZO_OK;
	uint32_t choice = trace_random(trace, slot->object->pages == TRACE_BLOCK_PAGES ? 6 : 4);

	mezzo_model_note(trace->model, "host reshapes %#llx of space %u: %u",
			 (unsigned long long)slot->ipa.addr, s, choice);
	trace_enter(space);
	trace->p->lock(trace->p->ctx, &space->space.lock);
	if ((choice & 3) < 2 && ops->stock_fill(table, &vcpu->stock) == MEZZO_OK)
		status = ops->split(table, &vcpu->stock, slot->ipa, MEZZO_ORDER_4K);
	if ((choice & 3) == 1)
		status = ops->collapse(table, slot->ipa, MEZZO_ORDER_2M);
	else if (choice == 2)
		ops->protect(table, slot->ipa, slot->object->pages, false, &flush);
	else if (choice == 3)
		(void)ops->age(table, slot->ipa, slot->object->pages, &flush);
	if (flush.pages)
		ops->settle(table, &flush, NULL, NULL);
	if (status == MEZZO_OK)
		mezzo_model_check_visible(trace->model);
	else
		mezzo_model_drain(trace->model);
	trace->p->unlock(trace->p->ctx, &space->space.lock);
	trace_leave(space);
}

/* --- looking on ------------------------------------------------------------------------------- */

/* What pools believe of their frames must be so, at any time. */
static void check(struct trace *trace, struct trace_object *object)
{
	struct mezzo_object *o = &object->object;
	struct mezzo_frame frame;

	if ((object->kind != TRACE_POOL && object->kind != TRACE_PRIVATE) || !object->owners)
		return;
	for (uint32_t page = 0; page < object->pages; page += 1 + trace_random(trace, 64))
		if (object->real->resolve(o, page, false, &frame) == MEZZO_OK)
			mezzo_model_check(trace->model, frame.pa, frame.state);
}

/* The host uses memory that it shares. What still has to be zeroed is nobody's to use. */
static void touch(struct trace *trace, struct trace_object *object)
{
	uint32_t page = trace_random(trace, object->pages);
	unsigned int line = trace_random(trace, MEZZO_MODEL_LINES);
	struct mezzo_object *o = &object->object;
	struct mezzo_model_values seen;
	struct mezzo_frame frame;

	if (is_shared(object, page))
		o = &object->private.shared;
	else if (object->contract.aliases != MEZZO_ALIASES_CACHED)
		return;
	if (o->ops->resolve(o, page, false, &frame) != MEZZO_OK ||
	    frame.state.data != MEZZO_CONTENT_INITIALISED)
		return;
	if (coin(trace))
		mezzo_model_host_write(trace->model, frame.pa, line, MEZZO_CLASS_WB);
	else
		mezzo_model_host_read(trace->model, frame.pa, line, MEZZO_CLASS_WB, &seen);
}

static void convert(struct trace *trace, struct trace_object *object)
{
	uint32_t first = trace_random(trace, object->pages);

	if (object->kind != TRACE_PRIVATE)
		return;
	enter_all(trace);
	trace_object_convert(object, first, 1 + trace_random(trace, object->pages - first),
			     coin(trace), coin(trace));
	leave_all(trace);
}

static void step(struct trace *trace)
{
	unsigned int s = trace_random(trace, TRACE_SPACES), n = trace_random(trace, TRACE_SLOTS);
	struct trace_slot *slot = &trace->space[s].slot[n];
	uint32_t choice = trace_random(trace, 25);

	if (!slot->used || choice < 4) {
		create(trace);
		return;
	}
	if (trace->config.changes && trace_random(trace, 3) == 0)
		trace_change(trace, s, n);
	else if (trace->config.changes && trace_random(trace, 3) == 0)
		trace_dirty(trace, s, n);
	else if (choice < 6)
		delete (trace, s, n, coin(trace));
	else if (choice < 8)
		unmap(trace, s, slot);
	else if (choice < 11)
		revoke(trace, slot->object);
	else if (choice < 14)
		reshape(trace, s, slot);
	else if (choice < 16)
		check(trace, &trace->object[trace_random(trace, TRACE_OBJECTS)]);
	else if (choice < 18)
		touch(trace, slot->object);
	else if (choice < 22)
		dma(trace, s, slot, coin(trace));
	else
		convert(trace, slot->object);
}

void trace_host_run(void *arg)
{
	struct trace *trace = arg;

	for (unsigned int i = 0; i < trace->config.host_steps; i++) {
		step(trace);
		mezzo_model_yield(trace->model);
	}
}
