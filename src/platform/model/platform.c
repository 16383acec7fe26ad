/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of struct mezzo_platform on the model machine. */
#include "internal.h"

#include <mezzo/status.h>

#define CALLER __builtin_return_address(0)

/* Zeroing tags disturbs nobody who cannot access them. */
static bool disturbs(const struct mezzo_model *model, const struct frame *frame, bool tags)
{
	for (unsigned int s = 0; s < SPACES; s++)
		if ((frame->reach[s] && (!tags || model->space[s].config.mte)) ||
		    (frame->devices[s] && !tags))
			return true;
	return false;
}

/* What its owner gave up: from now on zeroes are to be seen. All else is still to be as written. */
static void zero_cell(struct mezzo_model *model, struct frame *frame, unsigned int index,
		      enum mezzo_class class)
{
	cell_write(model, frame, index, way_of(class), VALUE_ZERO);
	if (frame->given_up)
		frame->cell[index].expected = VALUE_ZERO;
}

static void zero_cells(struct mezzo_model *model, const struct op *op)
{
	uint64_t pa = op->pa & ~(MEZZO_PAGE_BYTES - 1);
	enum mezzo_class class = op->level ? MEZZO_CLASS_WB : MEZZO_CLASS_NC;
	bool tags = op->kind == MEZZO_MODEL_ZERO_TAGS;

	for (; pa < op->pa + op->bytes; pa += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, pa);
		bool head = op->pa <= pa, tail = op->pa + op->bytes >= pa + MEZZO_PAGE_BYTES;

		if (disturbs(model, frame, tags))
			mezzo_model_fail(model, MEZZO_MODEL_FLUSH_OWED,
					 "frame %#llx is zeroed while a guest may reach it",
					 (unsigned long long)pa);
		if (tags && head && tail)
			zero_cell(model, frame, TAGS, class);
		if (!tags && head)
			zero_cell(model, frame, 0, class);
		if (!tags && tail)
			zero_cell(model, frame, LINES - 1, class);
	}
}

static void execute(struct mezzo_model *model, const struct op *op)
{
	switch (op->kind) {
	case MEZZO_MODEL_BARRIER_TABLES:
		tables_barrier(model);
		break;
	case MEZZO_MODEL_BARRIER_COMPLETE:
		tables_barrier(model);
		pending_complete(model, op->cpu);
		break;
	case MEZZO_MODEL_BARRIER_CONTEXT:
		break;
	case MEZZO_MODEL_ZERO:
	case MEZZO_MODEL_ZERO_TAGS:
		zero_cells(model, op);
		break;
	case MEZZO_MODEL_WINDOW_CLOSE:
		window_close(model, op);
		break;
	case MEZZO_MODEL_DMA_UNMAP:
		iommu_unmap(model, op);
		break;
	default:
		pending_add(model, op);
	}
}

/* Is it one that needs its address to be mapped still? */
static bool by_address(enum mezzo_model_op kind)
{
	return kind == MEZZO_MODEL_CLEAN_INVALIDATE || kind == MEZZO_MODEL_ZERO ||
	       kind == MEZZO_MODEL_ZERO_TAGS;
}

/* A delayed operation happens after the next one of its CPU that does something. */
static void execute_held(struct mezzo_model *model, enum mezzo_model_op after)
{
	struct sites *sites = &model->sites;
	struct op *held = &sites->held[model->cpu];
	enum mezzo_class class;
	bool tagged;

	if (!sites->holds[model->cpu] || after == MEZZO_MODEL_BARRIER_CONTEXT)
		return;
	sites->holds[model->cpu] = false;
	held->issued = ++model->now;
	if (!by_address(held->kind) ||
	    window_find(model, held->va, held->bytes, &held->pa, &class, &tagged))
		execute(model, held);
}

static void describe(struct mezzo_model *model, const struct op *op, size_t site,
		     enum mezzo_model_mutation_kind mutation)
{
	static const char *const effect[] = {"", " DROPPED", " DELAYED"};
	bool frames = op->bytes != 0;

	mezzo_model_note(model, "cpu%u site%zu %s%s %#llx + %#llx vmid %u level %u", op->cpu, site,
			 mezzo_model_op_name(op->kind), effect[mutation],
			 (unsigned long long)(frames ? op->pa : op->ipa),
			 (unsigned long long)(frames ? op->bytes : op->pages * MEZZO_PAGE_BYTES),
			 op->vmid, op->level);
}

/* Before an operation: its CPU's stores so far are noticed, and another CPU may come first. */
static void arrive(struct mezzo_model *model)
{
	model->ops++;
	model->now++;
	tables_look(model);
	mezzo_model_yield(model);
}

static void submit(struct mezzo_model *model, struct op *op, const void *caller)
{
	struct sites *sites = &model->sites;
	enum mezzo_model_mutation_kind mutation;
	size_t site;

	op->cpu = (uint8_t)model->cpu;
	op->issued = ++model->now;
	mutation = sites_visit(model, op->kind, caller, &site);
	describe(model, op, site, mutation);
	if (mutation == MEZZO_MODEL_FAITHFUL)
		execute(model, op);
	execute_held(model, op->kind);
	if (mutation == MEZZO_MODEL_DELAY) {
		sites->held[model->cpu] = *op;
		sites->holds[model->cpu] = true;
	}
	mezzo_model_yield(model);
}

static void *table_alloc(void *ctx, size_t bytes)
{
	arrive(ctx);
	return tables_alloc(ctx, bytes);
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	arrive(ctx);
	tables_free(ctx, table, bytes);
}

static void tlb_invalidate_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	struct op op = {
		.kind = MEZZO_MODEL_TLB_ENTRY,
		.vmid = vmid,
		.ipa = ipa.addr,
		.pages = 1,
		.level = (uint8_t)level,
	};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void tlb_invalidate_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
				 unsigned int level)
{
	struct op op = {
		.kind = MEZZO_MODEL_TLB_RANGE,
		.vmid = vmid,
		.ipa = ipa.addr,
		.pages = pages,
		.level = (uint8_t)level,
	};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void tlb_invalidate_combined(void *ctx, uint16_t vmid)
{
	struct op op = {.kind = MEZZO_MODEL_TLB_COMBINED, .vmid = vmid};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void tlb_invalidate_space(void *ctx, uint16_t vmid)
{
	struct op op = {.kind = MEZZO_MODEL_TLB_SPACE, .vmid = vmid};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	static const enum mezzo_model_op ops[] = {
		[MEZZO_BARRIER_TABLES] = MEZZO_MODEL_BARRIER_TABLES,
		[MEZZO_BARRIER_COMPLETE] = MEZZO_MODEL_BARRIER_COMPLETE,
		[MEZZO_BARRIER_CONTEXT] = MEZZO_MODEL_BARRIER_CONTEXT,
	};
	struct op op = {.kind = ops[kind]};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void *open_window(void *ctx, enum mezzo_window kind, struct mezzo_pa pa, uint64_t bytes)
{
	struct mezzo_model *model = ctx;
	uint64_t va;
	size_t site;

	arrive(model);
	sites_visit(model, MEZZO_MODEL_WINDOW_OPEN, CALLER, &site);
	mezzo_model_note(model, "cpu%u site%zu window_open kind %u %#llx + %#llx", model->cpu, site,
			 kind, (unsigned long long)pa.addr, (unsigned long long)bytes);
	va = window_open(model, kind, pa.addr, bytes);
	mezzo_model_yield(model);
	return (void *)(uintptr_t)va;
}

static void close_window(void *ctx, enum mezzo_window kind, void *va, uint64_t bytes)
{
	struct op op = {
		.kind = MEZZO_MODEL_WINDOW_CLOSE,
		.window = (uint8_t)kind,
		.va = (uintptr_t)va,
		.bytes = bytes,
	};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void *direct(void *ctx, struct mezzo_pa pa, uint64_t bytes)
{
	return (void *)(uintptr_t)window_direct(ctx, pa.addr, bytes);
}

/* An operation by address: the address counts when it is issued. */
static void submit_by_address(struct mezzo_model *model, enum mezzo_model_op kind, void *va,
			      uint64_t bytes, const void *caller)
{
	struct op op = {.kind = kind, .va = (uintptr_t)va, .bytes = bytes};
	enum mezzo_class class;
	bool tagged;

	arrive(model);
	if (!window_find(model, op.va, bytes, &op.pa, &class, &tagged))
		return;
	if (kind == MEZZO_MODEL_ZERO_TAGS && !tagged)
		mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE,
				 "tags through an untagged window");
	op.level = class == MEZZO_CLASS_WB;
	submit(model, &op, caller);
}

static void cache_clean_invalidate(void *ctx, void *va, uint64_t bytes)
{
	submit_by_address(ctx, MEZZO_MODEL_CLEAN_INVALIDATE, va, bytes, CALLER);
}

static void icache_invalidate(void *ctx)
{
	struct op op = {.kind = MEZZO_MODEL_ICACHE};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static void zero(void *ctx, void *va, uint64_t bytes)
{
	submit_by_address(ctx, MEZZO_MODEL_ZERO, va, bytes, CALLER);
}

static void zero_tags(void *ctx, void *va, uint64_t bytes)
{
	submit_by_address(ctx, MEZZO_MODEL_ZERO_TAGS, va, bytes, CALLER);
}

static int dma_map(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		   uint64_t pages, unsigned int flags)
{
	struct mezzo_model *model = ctx;
	struct op op = {
		.kind = MEZZO_MODEL_DMA_MAP,
		.cpu = (uint8_t)model->cpu,
		.vmid = vmid,
		.ipa = ipa.addr,
		.pa = pa.addr,
		.pages = pages,
	};
	size_t site;

	arrive(model);
	sites_visit(model, op.kind, CALLER, &site);
	describe(model, &op, site, MEZZO_MODEL_FAITHFUL);
	iommu_map(model, &op, flags);
	mezzo_model_yield(model);
	return MEZZO_OK;
}

static void dma_unmap(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	struct op op = {
		.kind = MEZZO_MODEL_DMA_UNMAP,
		.vmid = vmid,
		.ipa = ipa.addr,
		.pages = pages,
	};

	arrive(ctx);
	submit(ctx, &op, CALLER);
}

static bool dma_complete(void *ctx, uint16_t vmid)
{
	struct mezzo_model *model = ctx;
	bool complete = true;
	size_t site;

	arrive(model);
	if (sites_visit(model, MEZZO_MODEL_DMA_COMPLETE, CALLER, &site) == MEZZO_MODEL_FAITHFUL)
		complete = iommu_complete(model, vmid);
	mezzo_model_note(model, "cpu%u site%zu dma_complete: %s", model->cpu, site,
			 complete ? "yes" : "not yet");
	execute_held(model, MEZZO_MODEL_DMA_COMPLETE);
	mezzo_model_yield(model);
	return complete;
}

static void lock(void *ctx, struct mezzo_lock *lock)
{
	struct mezzo_model *model = ctx;

	arrive(model);
	while (lock->word[0] && !model_failed(model))
		sched_wait(model);
	lock->word[0] = 1;
}

static void unlock(void *ctx, struct mezzo_lock *lock)
{
	lock->word[0] = 0;
	arrive(ctx);
}

static void relax(void *ctx)
{
	struct mezzo_model *model = ctx;

	model->now++;
	sched_wait(model);
}

void platform_fill(struct mezzo_model *model)
{
	model->platform = (struct mezzo_platform){
		.size = sizeof(struct mezzo_platform),
		.ctx = model,
		.table_offset = (uint64_t)(uintptr_t)model->tables.memory - TABLES_PA,
		.table_alloc = table_alloc,
		.table_free = table_free,
		.tlb_invalidate_entry = tlb_invalidate_entry,
		.tlb_invalidate_range = model->config.range ? tlb_invalidate_range : NULL,
		.tlb_invalidate_combined = tlb_invalidate_combined,
		.tlb_invalidate_space = tlb_invalidate_space,
		.barrier = barrier,
		.window_open = open_window,
		.window_close = close_window,
		.direct = direct,
		.cache_clean_invalidate = cache_clean_invalidate,
		.icache_invalidate = icache_invalidate,
		.zero = zero,
		.zero_tags = zero_tags,
		.dma_map = dma_map,
		.dma_unmap = dma_unmap,
		.dma_complete = dma_complete,
		.lock = lock,
		.unlock = unlock,
		.relax = relax,
	};
}
