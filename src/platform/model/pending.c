/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that have been issued and have not been waited for. */
#include "internal.h"

typedef void cell_fn(struct mezzo_model *model, struct frame *frame, unsigned int index,
		     unsigned int cpu);

static uint64_t line_offset(unsigned int line)
{
	return line == 0 ? 0 : MEZZO_PAGE_BYTES - LINE_BYTES;
}

/* Does [pa, pa + bytes) touch the cell of the frame at @frame_pa? The tags: only as a whole. */
static bool touches(const struct op *op, uint64_t frame_pa, unsigned int index)
{
	uint64_t start = frame_pa + (index == TAGS ? 0 : line_offset(index));
	uint64_t last = index == TAGS ? frame_pa + line_offset(LINES - 1) : start;

	return op->pa < start + LINE_BYTES && last < op->pa + op->bytes;
}

static void each_cell(struct mezzo_model *model, const struct op *op, cell_fn *fn)
{
	uint64_t pa = op->pa & ~(MEZZO_PAGE_BYTES - 1);

	for (; pa < op->pa + op->bytes; pa += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, pa);

		for (unsigned int i = 0; frame && i < CELLS; i++)
			if (touches(op, pa, i))
				fn(model, frame, i, op->cpu);
	}
}

void pending_add(struct mezzo_model *model, const struct op *op)
{
	struct pending *pending = &model->pending;

	if (pending->count == PENDING) {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR,
				 "too many operations never waited for");
		return;
	}
	pending->op[pending->count++] = *op;
	if (op->kind == MEZZO_MODEL_CLEAN_INVALIDATE)
		each_cell(model, op, cell_clean_issue);
}

static void icache_invalidate(struct mezzo_model *model, const struct op *op)
{
	for (uint32_t i = 0; i < model->config.frames; i++) {
		struct frame *frame = &model->frames[i];

		for (unsigned int line = 0; line < LINES; line++)
			if (frame->exec || frame->cell[line].fetched_count)
				cell_icache_invalidate(model, frame, line, op->issued);
	}
}

static void take_effect(struct mezzo_model *model, const struct op *op)
{
	switch (op->kind) {
	case MEZZO_MODEL_CLEAN_INVALIDATE:
		each_cell(model, op, cell_clean_complete);
		break;
	case MEZZO_MODEL_ICACHE:
		icache_invalidate(model, op);
		break;
	default:
		tlb_invalidate(model, op);
	}
}

void pending_complete(struct mezzo_model *model, unsigned int cpu)
{
	struct pending *pending = &model->pending;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < pending->count; i++) {
		if (pending->op[i].cpu == cpu)
			take_effect(model, &pending->op[i]);
		else
			pending->op[kept++] = pending->op[i];
	}
	pending->count = kept;
}
