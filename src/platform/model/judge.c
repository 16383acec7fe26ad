/* SPDX-License-Identifier: BSD-2-Clause */
/* What must never be, and the story of how it came about. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const rule_names[MEZZO_MODEL_RULES] = {
	[MEZZO_MODEL_NO_VIOLATION] = "none",
	[MEZZO_MODEL_STALE_TRANSLATION] = "stale translation",
	[MEZZO_MODEL_LEAK] = "data leak",
	[MEZZO_MODEL_TAG_LEAK] = "tag leak",
	[MEZZO_MODEL_STALE_CODE] = "stale code",
	[MEZZO_MODEL_LOST_WRITE] = "lost write",
	[MEZZO_MODEL_LIVE_CHANGE] = "live change",
	[MEZZO_MODEL_TLB_CONFLICT] = "TLB conflict",
	[MEZZO_MODEL_FLUSH_OWED] = "flush owed",
	[MEZZO_MODEL_TABLE_IN_USE] = "table in use",
	[MEZZO_MODEL_TABLE_GARBAGE] = "garbage table",
	[MEZZO_MODEL_BAD_ENTRY] = "bad entry",
	[MEZZO_MODEL_WINDOW_MISUSE] = "window misuse",
	[MEZZO_MODEL_NO_TAG_STORAGE] = "no tag storage",
	[MEZZO_MODEL_MMIO_WRITE_BACK] = "write-back registers",
	[MEZZO_MODEL_FALSE_STATE] = "false frame state",
	[MEZZO_MODEL_NO_PROGRESS] = "no progress",
	[MEZZO_MODEL_TEST_ERROR] = "error of the test",
};

const char *mezzo_model_rule_name(enum mezzo_model_rule rule)
{
	return rule < MEZZO_MODEL_RULES ? rule_names[rule] : "?";
}

static const char *const op_names[MEZZO_MODEL_OPS] = {
	[MEZZO_MODEL_TLB_ENTRY] = "tlb_invalidate_entry",
	[MEZZO_MODEL_TLB_RANGE] = "tlb_invalidate_range",
	[MEZZO_MODEL_TLB_COMBINED] = "tlb_invalidate_combined",
	[MEZZO_MODEL_TLB_SPACE] = "tlb_invalidate_space",
	[MEZZO_MODEL_BARRIER_TABLES] = "barrier(TABLES)",
	[MEZZO_MODEL_BARRIER_COMPLETE] = "barrier(COMPLETE)",
	[MEZZO_MODEL_BARRIER_CONTEXT] = "barrier(CONTEXT)",
	[MEZZO_MODEL_CLEAN_INVALIDATE] = "cache_clean_invalidate",
	[MEZZO_MODEL_ICACHE] = "icache_invalidate",
	[MEZZO_MODEL_ZERO] = "zero",
	[MEZZO_MODEL_ZERO_TAGS] = "zero_tags",
	[MEZZO_MODEL_WINDOW_CLOSE] = "window_close",
	[MEZZO_MODEL_DMA_UNMAP] = "dma_unmap",
	[MEZZO_MODEL_DMA_COMPLETE] = "dma_complete",
	[MEZZO_MODEL_WINDOW_OPEN] = "window_open",
	[MEZZO_MODEL_DMA_MAP] = "dma_map",
};

const char *mezzo_model_op_name(enum mezzo_model_op op)
{
	return op < MEZZO_MODEL_OPS ? op_names[op] : "?";
}

enum mezzo_model_rule mezzo_model_violation(const struct mezzo_model *model)
{
	return model->judge.rule;
}

const char *mezzo_model_message(const struct mezzo_model *model)
{
	return model->judge.message;
}

void mezzo_model_note(struct mezzo_model *model, const char *format, ...)
{
	struct judge *judge = &model->judge;
	va_list args;

	if (model_failed(model))
		return;
	va_start(args, format);
	vsnprintf(judge->event[judge->events++ % EVENTS], EVENT_BYTES, format, args);
	va_end(args);
}

void mezzo_model_fail(struct mezzo_model *model, enum mezzo_model_rule rule, const char *format,
		      ...)
{
	va_list args;

	if (model_failed(model) || model->config.tolerate >> rule & 1)
		return;
	va_start(args, format);
	vsnprintf(model->judge.message, sizeof(model->judge.message), format, args);
	va_end(args);
	model->judge.rule = rule;
}

void mezzo_model_print(const struct mezzo_model *model, const char *prefix)
{
	const struct judge *judge = &model->judge;
	uint64_t first = judge->events > EVENTS ? judge->events - EVENTS : 0;

	for (uint64_t i = first; i < judge->events; i++)
		printf("%s%6llu %s\n", prefix, (unsigned long long)i, judge->event[i % EVENTS]);
	printf("%s%s on cpu%u: %s\n", prefix, mezzo_model_rule_name(judge->rule), model->cpu,
	       judge->message);
}

bool judge_may_see(const struct frame *frame, const struct mezzo_model_values *seen)
{
	for (unsigned int i = 0; i < seen->count; i++)
		if (seen->value[i] != VALUE_ZERO && seen->value[i] >> 16 != frame->epoch)
			return false;
	return true;
}

static uint64_t frame_pa(const struct mezzo_model *model, const struct frame *frame)
{
	return (uint64_t)(frame - model->frames) * MEZZO_PAGE_BYTES + MEZZO_MODEL_FRAMES_PA;
}

static void judge_values(struct mezzo_model *model, const struct frame *frame, unsigned int index,
			 const struct mezzo_model_values *seen, struct way way)
{
	const struct cell *cell = &frame->cell[index];
	bool guaranteed = way.class == MEZZO_CLASS_WB || way.looks
				  ? frame_coherent(frame)
				  : !(frame->classes & MEZZO_CLASS_WB);

	if (!judge_may_see(frame, seen))
		mezzo_model_fail(model, index == TAGS ? MEZZO_MODEL_TAG_LEAK : MEZZO_MODEL_LEAK,
				 "frame %#llx: a guest may see another's %s through a %s access",
				 (unsigned long long)frame_pa(model, frame),
				 index == TAGS ? "tags" : "data",
				 way.class == MEZZO_CLASS_WB ? "cached" : "uncached");
	else if (cell->expected_valid && guaranteed &&
		 (seen->count != 1 || seen->value[0] != cell->expected))
		mezzo_model_fail(model, MEZZO_MODEL_LOST_WRITE,
				 "frame %#llx: the last write, %#x, may not be seen but %#x",
				 (unsigned long long)frame_pa(model, frame), cell->expected,
				 seen->value[seen->count > 1 && seen->value[0] == cell->expected]);
}

static void judge_data(struct mezzo_model *model, struct frame *frame, const struct translation *t)
{
	static const enum mezzo_class stage1[] = {MEZZO_CLASS_DEVICE, MEZZO_CLASS_NC,
						  MEZZO_CLASS_WB};
	struct mezzo_model_values seen;

	for (unsigned int s = 0; s < sizeof(stage1) / sizeof(stage1[0]); s++) {
		struct way way = translation_way(model, t, frame, stage1[s]);

		for (unsigned int i = 0; i < LINES; i++) {
			cell_read(model, frame, i, way, &seen);
			judge_values(model, frame, i, &seen, way);
		}
	}
}

static void judge_tags(struct mezzo_model *model, struct frame *frame, const struct translation *t)
{
	struct way way = translation_way(model, t, frame, MEZZO_CLASS_WB);
	struct mezzo_model_values seen;

	if (!model->space[t->space].config.mte || t->entry.no_tag_access ||
	    way.class != MEZZO_CLASS_WB)
		return;
	if (!frame->tag_storage) {
		mezzo_model_fail(model, MEZZO_MODEL_NO_TAG_STORAGE,
				 "a guest may access tags of frame %#llx, which has none",
				 (unsigned long long)frame_pa(model, frame));
		return;
	}
	cell_read(model, frame, TAGS, way, &seen);
	judge_values(model, frame, TAGS, &seen, way);
}

static void judge_code(struct mezzo_model *model, struct frame *frame, const struct translation *t)
{
	struct mezzo_model_values seen;

	if (!t->entry.exec)
		return;
	for (unsigned int i = 0; i < LINES; i++) {
		cell_fetch(model, frame, i, translation_way(model, t, frame, MEZZO_CLASS_WB),
			   &seen);
		if (!judge_may_see(frame, &seen))
			mezzo_model_fail(model, MEZZO_MODEL_STALE_CODE,
					 "frame %#llx: a guest may fetch instructions not its own",
					 (unsigned long long)frame_pa(model, frame));
	}
}

void judge_frame(struct mezzo_model *model, struct frame *frame, const struct translation *t)
{
	if (!(frame->owners & 1u << t->space)) {
		mezzo_model_fail(model, MEZZO_MODEL_STALE_TRANSLATION,
				 "space %u can reach frame %#llx, which is not its own", t->space,
				 (unsigned long long)frame_pa(model, frame));
		return;
	}
	if (frame->mmio && translation_class(model, t, frame, MEZZO_CLASS_WB) == MEZZO_CLASS_WB)
		mezzo_model_fail(model, MEZZO_MODEL_MMIO_WRITE_BACK,
				 "a guest may map registers at %#llx write-back",
				 (unsigned long long)frame_pa(model, frame));
	judge_data(model, frame, t);
	judge_tags(model, frame, t);
	judge_code(model, frame, t);
}

void judge_translation(struct mezzo_model *model, const struct translation *t)
{
	uint64_t pa = t->entry.pa, end = pa + level_bytes(t->level);

	for (; pa < end && !model_failed(model); pa += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, pa);

		if (frame)
			judge_frame(model, frame, t);
		else
			mezzo_model_fail(model, MEZZO_MODEL_STALE_TRANSLATION,
					 "descriptor %#llx maps %#llx, where no frame is",
					 (unsigned long long)t->desc, (unsigned long long)pa);
	}
}
