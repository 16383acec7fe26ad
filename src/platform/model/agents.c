/* SPDX-License-Identifier: BSD-2-Clause */
/* Whoever else reaches memory: the host through its permanent mappings, devices. */
#include "internal.h"

static struct frame *look_up(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line)
{
	struct frame *frame = model_frame(model, pa.addr);

	model->now++;
	tables_look(model);
	if (frame && line < LINES)
		return frame;
	mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "no line at %#llx",
			 (unsigned long long)pa.addr);
	return NULL;
}

static void expect(struct cell *cell, value_t value, bool valid)
{
	cell->expected = value;
	cell->expected_valid = valid;
	cell->code_synced = false;
}

static void check_expected(struct mezzo_model *model, const struct cell *cell,
			   const struct mezzo_model_values *seen, const char *who)
{
	if (cell->expected_valid && (seen->count != 1 || seen->value[0] != cell->expected))
		mezzo_model_fail(model, MEZZO_MODEL_LOST_WRITE,
				 "%s may not see the last write to its memory", who);
}

static bool has_alias(struct mezzo_model *model, const struct frame *frame, enum mezzo_class alias)
{
	if (frame->alias & alias)
		return true;
	mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "the host has no such mapping");
	return false;
}

uint32_t mezzo_model_host_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
				enum mezzo_class alias)
{
	struct frame *frame = look_up(model, pa, line);
	value_t value;

	if (!frame || !has_alias(model, frame, alias))
		return 0;
	value = model_new_value(model, frame);
	mezzo_model_note(model, "host writes %#llx line %u", (unsigned long long)pa.addr, line);
	cell_write(model, frame, line, way_of(alias), value);
	expect(&frame->cell[line], value, frame_coherent(frame));
	return value;
}

void mezzo_model_host_read(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			   enum mezzo_class alias, struct mezzo_model_values *seen)
{
	struct frame *frame = look_up(model, pa, line);

	seen->count = 0;
	if (!frame || !has_alias(model, frame, alias))
		return;
	mezzo_model_note(model, "host reads %#llx line %u", (unsigned long long)pa.addr, line);
	cell_read(model, frame, line, way_of(alias), seen);
	if (frame_coherent(frame))
		check_expected(model, &frame->cell[line], seen, "the host");
}

void mezzo_model_copy_out(struct mezzo_model *model, struct mezzo_pa pa)
{
	struct frame *frame = look_up(model, pa, 0);
	struct mezzo_model_values seen;

	if (!frame)
		return;
	mezzo_model_note(model, "host copies %#llx out", (unsigned long long)pa.addr);
	for (unsigned int i = 0; i < LINES; i++) {
		cell_read(model, frame, i, way_of(MEZZO_CLASS_NC), &seen);
		check_expected(model, &frame->cell[i], &seen, "the host, uncached,");
	}
}

uint32_t agent_dma_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			 bool snooped, bool allocates)
{
	struct frame *frame = look_up(model, pa, line);
	value_t value;

	if (!frame)
		return 0;
	value = model_new_value(model, frame);
	mezzo_model_note(model, "device writes %#llx line %u, %s%s", (unsigned long long)pa.addr,
			 line, snooped ? "snooped" : "not snooped", allocates ? ", stashed" : "");
	if (snooped)
		cell_write_snooped(model, frame, line, value, allocates);
	else
		cell_write(model, frame, line, way_of(MEZZO_CLASS_NC), value);
	/* Who goes past the caches need not see what was left in one. */
	if (allocates)
		frame->classes |= MEZZO_CLASS_WB;
	expect(&frame->cell[line], value,
	       snooped ? frame_coherent(frame) : !(frame->classes & MEZZO_CLASS_WB));
	return value;
}

uint32_t mezzo_model_dma_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			       bool snooped)
{
	return agent_dma_write(model, pa, line, snooped, false);
}

void mezzo_model_dma_read(struct mezzo_model *model, unsigned int space, struct mezzo_pa pa,
			  unsigned int line, bool snooped, struct mezzo_model_values *seen)
{
	struct frame *frame = look_up(model, pa, line);

	seen->count = 0;
	if (!frame)
		return;
	mezzo_model_note(model, "device reads %#llx line %u, %s", (unsigned long long)pa.addr, line,
			 snooped ? "snooped" : "not snooped");
	if (!(frame->owners & 1u << space)) {
		mezzo_model_fail(model, MEZZO_MODEL_STALE_TRANSLATION,
				 "a device of space %u reads frame %#llx, which is not its own",
				 space, (unsigned long long)pa.addr);
		return;
	}
	if (snooped)
		cell_read_snooped(model, frame, line, seen);
	else
		cell_read(model, frame, line, way_of(MEZZO_CLASS_NC), seen);
	if (!judge_may_see(frame, seen))
		mezzo_model_fail(model, MEZZO_MODEL_LEAK,
				 "a device may see another's data at %#llx",
				 (unsigned long long)pa.addr);
	if (snooped ? frame_coherent(frame) : !(frame->classes & MEZZO_CLASS_WB))
		check_expected(model, &frame->cell[line], seen, "a device");
}
