/* SPDX-License-Identifier: BSD-2-Clause */
/* The objects of a trace: which there are, and who owns the memory behind them. */
#include "trace.h"

#include <stdlib.h>

/* Frames are laid out by object: the first has a whole block, the others a few pages. */
#define SMALL_PAGES 4
#define SMALL_STRIDE 16

static uint32_t first_frame(unsigned int number)
{
	return number == 0 ? 0 : TRACE_BLOCK_PAGES + number * SMALL_STRIDE;
}

struct mezzo_pa trace_object_frame(const struct trace_object *object, uint32_t page)
{
	return (struct mezzo_pa){object->base.addr + ((uint64_t)(object->turn * SMALL_PAGES + page)
						      << MEZZO_PAGE_SHIFT)};
}

static int hostmap_lookup(void *arg, uint64_t offset_pages, bool write, struct mezzo_frame *frame)
{
	const struct trace_object *object = arg;

	(void)write;
	*frame = (struct mezzo_frame){
		.pa = trace_object_frame(object, (uint32_t)offset_pages),
		.from_pages = 1,
		.state = object->contract.promise,
		.writable = true,
	};
	return MEZZO_OK;
}

static enum mezzo_preset random_preset(struct trace *trace, enum trace_kind kind)
{
	static const enum mezzo_preset bars[] = {MEZZO_PRESET_DEVICE, MEZZO_PRESET_COMBINING};
	static const enum mezzo_preset maps[] = {MEZZO_PRESET_CACHED, MEZZO_PRESET_EXCLUSIVE};

	if (kind == TRACE_PRIVATE)
		return MEZZO_PRESET_EXCLUSIVE;
	if (kind == TRACE_BAR)
		return bars[trace_random(trace, 2)];
	if (kind == TRACE_HOSTMAP)
		return maps[trace_random(trace, 2)];
	return (enum mezzo_preset)trace_random(trace, MEZZO_PRESETS);
}

static enum mezzo_maintenance random_maintenance(struct trace *trace, enum trace_kind kind,
						 enum mezzo_preset preset)
{
	if (kind == TRACE_BAR)
		return MEZZO_MAINTENANCE_NONE;
	if (preset != MEZZO_PRESET_CACHED)
		return MEZZO_MAINTENANCE_WINDOW;
	return trace_random(trace, 2) ? MEZZO_MAINTENANCE_DIRECT : MEZZO_MAINTENANCE_WINDOW;
}

/* As coherent device memory is: cached by everybody, without tags; a BAR holds what it holds. */
static struct mezzo_contract device_memory(enum trace_kind kind)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);

	contract.max_order = MEZZO_ORDER_2M;
	if (kind == TRACE_BAR)
		contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	return contract;
}

static void make_contract(struct trace *trace, struct trace_object *object, unsigned int number)
{
	enum mezzo_preset preset =
		number == 0 ? MEZZO_PRESET_EXCLUSIVE : random_preset(trace, object->kind);
	struct mezzo_contract *contract = &object->contract;

	*contract = mezzo_contract_preset(preset, random_maintenance(trace, object->kind, preset));
	contract->is_private = object->kind == TRACE_PRIVATE;
	contract->mmio = object->kind == TRACE_BAR && trace_random(trace, 2);
	contract->tag_storage =
		object->kind != TRACE_BAR && trace->machine.mte && trace_random(trace, 4);
	contract->max_order = MEZZO_ORDER_2M;
	if (preset != MEZZO_PRESET_DEVICE)
		contract->dma = (uint8_t)trace_random(trace, MEZZO_DMA_VALUES);
	if (preset == MEZZO_PRESET_EXCLUSIVE && trace->machine.fwb && trace_random(trace, 3) == 0)
		contract->allow = MEZZO_CLASS_WB;
	if (object->kind == TRACE_HOSTMAP ||
	    (object->kind != TRACE_PRIVATE && trace_random(trace, 4) == 0))
		contract->promise.data = contract->promise.tags = MEZZO_CONTENT_INITIALISED;
	if (preset == MEZZO_PRESET_EXCLUSIVE && trace_random(trace, 4) == 0)
		contract->promise.lines = MEZZO_LINES_CLEAN;
	/* What is copied while it is used must be used by nobody else. */
	if (trace->config.migrate)
		contract->dma = MEZZO_DMA_NONE;
	if (trace->config.device && number < 2)
		*contract = device_memory(object->kind);
	object->shared = preset == MEZZO_PRESET_CACHED && trace_random(trace, 2);
}

static unsigned int alias_of(const struct mezzo_contract *contract)
{
	static const unsigned int classes[] = {
		[MEZZO_ALIASES_NONE] = 0,
		[MEZZO_ALIASES_DEVICE] = MEZZO_CLASS_DEVICE,
		[MEZZO_ALIASES_UNCACHED] = MEZZO_CLASS_NC,
		[MEZZO_ALIASES_CACHED] = MEZZO_CLASS_WB,
	};

	return classes[contract->aliases];
}

void trace_object_place(struct trace_object *object, unsigned int owners)
{
	struct mezzo_model_frames frames = {
		.pa = trace_object_frame(object, 0),
		.pages = object->pages,
		.owners = owners,
		.alias = alias_of(&object->contract),
		.tag_storage = object->contract.tag_storage,
		.mmio = object->contract.mmio,
		.state = object->contract.promise,
	};

	mezzo_model_place(object->trace->model, &frames);
}

/* The host's own mappings go at once: they are gone from its TLBs, too. */
static int unshare(void *arg, uint64_t offset_pages, uint64_t pages)
{
	struct trace_object *object = arg;

	mezzo_model_alias(object->trace->model, trace_object_frame(object, (uint32_t)offset_pages),
			  pages, 0);
	mezzo_model_yield(object->trace->model);
	return trace_random(object->trace, 4) ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

static int init_private(struct trace_object *object)
{
	struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_refusal why;

	shared.tag_storage = object->contract.tag_storage;
	shared.dma = object->contract.dma;
	shared.max_order = object->contract.max_order;
	return mezzo_private_init(&object->private, object->trace->p, &object->contract, &shared,
				  object->base, object->pages, object->state, unshare, object,
				  &why);
}

static void give_up(struct trace_object *object, const struct mezzo_conversion *conversion,
		    bool given)
{
	for (uint64_t page = 0; page < conversion->pages; page++)
		mezzo_model_give_up(object->trace->model,
				    trace_object_frame(object,
						       (uint32_t)(conversion->offset_pages + page)),
				    1, given);
}

void trace_object_convert(struct trace_object *object, uint32_t first, uint32_t pages,
			  bool to_shared, bool keep)
{
	struct mezzo_conversion conversion = {.offset_pages = first,
					      .pages = pages,
					      .to_shared = to_shared,
					      .keep = keep};
	struct mezzo_model *model = object->trace->model;

	mezzo_model_note(model, "host makes object %u %s from page %u, %u pages, %s",
			 (unsigned int)(object - object->trace->object),
			 to_shared ? "shared" : "private", first, pages, keep ? "kept" : "zeroed");
	give_up(object, &conversion, !keep);
	while (mezzo_private_convert(&object->private, &conversion) == MEZZO_ERR_AGAIN)
		mezzo_model_yield(model);
	give_up(object, &conversion, false);
	for (uint32_t page = first; to_shared && page < first + pages; page++) {
		struct mezzo_pa pa = trace_object_frame(object, page);

		/* Nothing of anybody else is shown to the host. */
		mezzo_model_check(model, pa,
				  (struct mezzo_frame_state){.tags = MEZZO_CONTENT_UNOWNED,
							     .lines = MEZZO_LINES_MAYBE});
		mezzo_model_alias(model, pa, 1, MEZZO_CLASS_WB);
	}
}

static bool init(struct trace_object *object)
{
	struct trace *trace = object->trace;
	int status;

	if (object->kind == TRACE_POOL)
		status = mezzo_pool_init(&object->pool, trace->p, &object->contract, object->base,
					 object->pages, object->state);
	else if (object->kind == TRACE_PRIVATE)
		status = init_private(object);
	else if (object->kind == TRACE_HOSTMAP)
		status = mezzo_hostmap_init(&object->hostmap, trace->p, &object->contract,
					    object->pages, hostmap_lookup, object);
	else
		status = mezzo_bar_init(&object->bar, trace->p, &object->contract, object->base,
					object->pages);
	if (status != MEZZO_OK)
		return false;
	trace_object_slow(object);
	return true;
}

void trace_object_make(struct trace *trace, unsigned int number)
{
	struct trace_object *object = &trace->object[number];

	object->trace = trace;
	object->kind = number < 3 ? TRACE_POOL : (enum trace_kind)trace_random(trace, TRACE_KINDS);
	if (trace->config.device && number == 1)
		object->kind = TRACE_BAR;
	object->pages = number == 0 ? TRACE_BLOCK_PAGES : SMALL_PAGES;
	object->base.addr =
		MEZZO_MODEL_FRAMES_PA + ((uint64_t)first_frame(number) << MEZZO_PAGE_SHIFT);
	object->state = calloc(1, mezzo_pool_state_bytes(object->pages));
	make_contract(trace, object, number);
	if (!object->state || !init(object))
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "object %u", number);
	trace_object_place(object, 0);
}

/* A new owner. What is promised to be the owner's is put there; the rest is the last one's. */
void trace_object_give(struct trace_object *object, unsigned int owners)
{
	bool promised = object->contract.promise.data == MEZZO_CONTENT_INITIALISED;

	object->owners = owners;
	if (!promised) {
		mezzo_model_own(object->trace->model, object->base, object->pages, owners);
		return;
	}
	trace_object_place(object, owners);
	if (!init(object))
		mezzo_model_fail(object->trace->model, MEZZO_MODEL_TEST_ERROR, "object again");
}

static int disown(struct trace_object *object)
{
	return object->kind == TRACE_PRIVATE ? mezzo_private_disown(&object->private)
					     : mezzo_pool_disown(&object->pool);
}

/* The owner is gone; nothing maps the object. */
void trace_object_take(struct trace_object *object)
{
	bool promised = object->contract.promise.data == MEZZO_CONTENT_INITIALISED;

	if (object->kind == TRACE_PRIVATE)
		trace_object_convert(object, 0, object->pages, false, false);
	if (!promised && disown(object) != MEZZO_OK)
		mezzo_model_fail(object->trace->model, MEZZO_MODEL_TEST_ERROR, "disown");
	object->owners = 0;
	mezzo_model_own(object->trace->model, trace_object_frame(object, 0), object->pages, 0);
}
