/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's mappings of frames: windows, and the permanent one of frames that have it. */
#include "internal.h"

#define WINDOW_VA UINT64_C(0x700000000000)
#define DIRECT_VA UINT64_C(0x600000000000)

static void count_cached(struct mezzo_model *model, const struct window *window, int by)
{
	if (window->kind == MEZZO_WINDOW_UNCACHED)
		return;
	for (uint64_t at = 0; at < window->bytes; at += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, window->pa + at);

		if (!frame)
			continue;
		frame_settle(model, frame);
		frame->cached_windows = (uint16_t)(frame->cached_windows + by);
		frame_settle(model, frame);
	}
}

static void check_frames(struct mezzo_model *model, enum mezzo_window kind, uint64_t pa,
			 uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, pa + at);

		if (!frame)
			mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE,
					 "window to no frame: %#llx",
					 (unsigned long long)(pa + at));
		else if (kind != MEZZO_WINDOW_UNCACHED && frame->mmio)
			mezzo_model_fail(model, MEZZO_MODEL_MMIO_WRITE_BACK,
					 "write-back window to registers at %#llx",
					 (unsigned long long)(pa + at));
		else if (kind == MEZZO_WINDOW_TAGGED && !frame->tag_storage)
			mezzo_model_fail(model, MEZZO_MODEL_NO_TAG_STORAGE,
					 "tagged window to memory without tags at %#llx",
					 (unsigned long long)(pa + at));
		if (model_failed(model))
			return;
	}
}

static struct window *free_window(struct mezzo_model *model, enum mezzo_window kind)
{
	struct window *found = NULL;

	for (unsigned int i = 0; i < WINDOWS; i++) {
		struct window *window = &model->window[i];

		if (!window->open)
			found = window;
		else if (window->cpu == model->cpu && window->kind == kind)
			mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE,
					 "a second window of a kind on one CPU");
	}
	return found;
}

uint64_t window_open(struct mezzo_model *model, enum mezzo_window kind, uint64_t pa, uint64_t bytes)
{
	struct window *window = free_window(model, kind);

	if (bytes == 0 || bytes > MEZZO_WINDOW_BYTES || (bytes & (bytes - 1)) || pa % bytes ||
	    bytes % MEZZO_PAGE_BYTES)
		mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE,
				 "window of %llu bytes at %#llx: size or alignment",
				 (unsigned long long)bytes, (unsigned long long)pa);
	check_frames(model, kind, pa, bytes);
	if (!window)
		return WINDOW_VA;
	model->window_va += 2 * MEZZO_WINDOW_BYTES;
	*window = (struct window){
		.open = true,
		.kind = (uint8_t)kind,
		.cpu = (uint8_t)model->cpu,
		.va = WINDOW_VA + model->window_va,
		.pa = pa,
		.bytes = bytes,
	};
	count_cached(model, window, 1);
	return window->va;
}

void window_close(struct mezzo_model *model, const struct op *op)
{
	for (unsigned int i = 0; i < WINDOWS; i++) {
		struct window *window = &model->window[i];

		if (!window->open || window->va != op->va || window->kind != op->window ||
		    window->bytes != op->bytes)
			continue;
		count_cached(model, window, -1);
		window->open = false;
		return;
	}
	mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE, "closes a window that is not open");
}

uint64_t window_direct(struct mezzo_model *model, uint64_t pa, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += MEZZO_PAGE_BYTES) {
		const struct frame *frame = model_frame(model, pa + at);

		if (!frame || !(frame->alias & MEZZO_CLASS_WB))
			mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE,
					 "no permanent cached mapping of %#llx",
					 (unsigned long long)(pa + at));
	}
	return DIRECT_VA + pa;
}

bool window_find(struct mezzo_model *model, uint64_t va, uint64_t bytes, uint64_t *pa,
		 enum mezzo_class *class, bool *tagged)
{
	for (unsigned int i = 0; i < WINDOWS; i++) {
		const struct window *window = &model->window[i];

		if (!window->open || window->cpu != model->cpu || va < window->va ||
		    va - window->va >= window->bytes || bytes > window->bytes - (va - window->va))
			continue;
		*pa = window->pa + (va - window->va);
		*class = window->kind == MEZZO_WINDOW_UNCACHED ? MEZZO_CLASS_NC : MEZZO_CLASS_WB;
		*tagged = window->kind == MEZZO_WINDOW_TAGGED;
		return true;
	}
	*pa = va - DIRECT_VA;
	*class = MEZZO_CLASS_WB;
	*tagged = true;
	if (model_frame(model, *pa) && bytes && model_frame(model, *pa + bytes - 1) &&
	    (model_frame(model, *pa)->alias & MEZZO_CLASS_WB))
		return true;
	mezzo_model_fail(model, MEZZO_MODEL_WINDOW_MISUSE, "nothing is mapped at that address");
	return false;
}
