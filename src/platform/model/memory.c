/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory: frames, their owners, and what an object may believe of them. */
#include "internal.h"

struct frame *model_frame(struct mezzo_model *model, uint64_t pa)
{
	uint64_t index = (pa - MEZZO_MODEL_FRAMES_PA) >> MEZZO_PAGE_SHIFT;

	return pa >= MEZZO_MODEL_FRAMES_PA && index < model->config.frames ? &model->frames[index]
									   : NULL;
}

bool model_frame_fillable(const struct frame *frame)
{
	if ((frame->alias & MEZZO_CLASS_WB) || frame->cached_windows || frame->forced)
		return true;
	for (unsigned int s = 0; s < SPACES; s++)
		if (frame->cacheable[s] && (frame->stage1[s] & MEZZO_CLASS_WB))
			return true;
	return false;
}

value_t model_new_value(struct mezzo_model *model, const struct frame *frame)
{
	return value_make(frame->epoch, ++model->serials);
}

static uint32_t new_epoch(struct mezzo_model *model)
{
	if (++model->epochs > 0xffff)
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many ownerships in one run");
	return model->epochs;
}

static value_t next_value(struct mezzo_model *model, uint32_t epoch)
{
	return value_make(epoch, ++model->serials);
}

/* Contents that are nobody's. With lines: dirty, or clean and stale. */
static void fill_secret(struct mezzo_model *model, struct cell *cell, uint32_t secret, bool lines)
{
	value_t mem = next_value(model, secret);

	cell_reset(cell, mem, ABSENT, 0);
	cell->expected_valid = false;
	if (!lines)
		return;
	cell_add(model, cell, (struct cell_state){mem, next_value(model, secret), DIRTY, 0});
	cell_add(model, cell, (struct cell_state){mem, next_value(model, secret), CLEAN, 0});
}

/* Contents of the owners. With lines: perhaps dirty, with a secret still in memory below. */
static void fill_owned(struct mezzo_model *model, struct cell *cell, uint32_t epoch,
		       uint32_t secret, bool lines)
{
	value_t value = next_value(model, epoch);

	cell_reset(cell, value, ABSENT, 0);
	cell->expected_valid = true;
	cell->expected = value;
	if (!lines)
		return;
	cell_add(model, cell, (struct cell_state){next_value(model, secret), value, DIRTY, 0});
	cell_add(model, cell, (struct cell_state){value, value, CLEAN, 0});
}

static void begin_ownership(struct mezzo_model *model, struct frame *frame, uint32_t epoch,
			    unsigned int owners)
{
	for (unsigned int s = 0; s < SPACES; s++) {
		if ((frame->reach[s] || frame->devices[s]) && !(owners & 1u << s))
			mezzo_model_fail(model, MEZZO_MODEL_FLUSH_OWED,
					 "frame %#llx changes hands while %s space %u can reach it",
					 (unsigned long long)((uint64_t)(frame - model->frames) *
								      MEZZO_PAGE_BYTES +
							      MEZZO_MODEL_FRAMES_PA),
					 frame->reach[s] ? "CPUs of" : "devices of", s);
		frame->stage1[s] = 0;
	}
	frame_settle(model, frame);
	frame->epoch = epoch;
	frame->owners = (uint8_t)owners;
	frame->given_up = false;
	frame->classes = frame->alias;
	for (unsigned int i = 0; i < CELLS; i++) {
		frame->cell[i].expected_valid = false;
		frame->cell[i].code_synced = false;
	}
}

static struct frame *frames_at(struct mezzo_model *model, uint64_t pa, uint64_t pages)
{
	struct frame *frame = model_frame(model, pa);

	if (!frame || pages == 0 || !model_frame(model, pa + (pages - 1) * MEZZO_PAGE_BYTES)) {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "no frames at %#llx",
				 (unsigned long long)pa);
		return NULL;
	}
	return frame;
}

/* The host executed here once: instruction lines of its own may be left. */
static void place_frame(struct mezzo_model *model, struct frame *frame,
			const struct mezzo_model_frames *frames, uint32_t secret)
{
	bool lines = frames->state.lines == MEZZO_LINES_MAYBE;

	for (unsigned int i = 0; i < CELLS; i++) {
		struct cell *cell = &frame->cell[i];
		unsigned int content = i == TAGS ? frames->state.tags : frames->state.data;

		if (content == MEZZO_CONTENT_UNOWNED)
			fill_secret(model, cell, secret, lines);
		else
			fill_owned(model, cell, frame->epoch, secret, lines);
		cell->fetched[0] = (struct fetched){next_value(model, secret), model->now};
		cell->fetched_count = 1;
	}
}

void mezzo_model_place(struct mezzo_model *model, const struct mezzo_model_frames *frames)
{
	struct frame *frame = frames_at(model, frames->pa.addr, frames->pages);
	uint32_t secret = new_epoch(model);
	uint32_t epoch = new_epoch(model);

	tables_look(model);
	model->now++;
	for (uint64_t i = 0; frame && i < frames->pages; i++, frame++) {
		frame->alias = (uint8_t)frames->alias;
		frame->tag_storage = frames->tag_storage;
		frame->mmio = frames->mmio;
		begin_ownership(model, frame, epoch, frames->owners);
		place_frame(model, frame, frames, secret);
	}
}

void mezzo_model_own(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		     unsigned int owners)
{
	struct frame *frame = frames_at(model, pa.addr, pages);
	uint32_t epoch = new_epoch(model);

	tables_look(model);
	model->now++;
	mezzo_model_note(model, "frames %#llx + %llu pages: owned by spaces %#x",
			 (unsigned long long)pa.addr, (unsigned long long)pages, owners);
	for (uint64_t i = 0; frame && i < pages; i++, frame++)
		begin_ownership(model, frame, epoch, owners);
}

void mezzo_model_give_up(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages, bool given)
{
	struct frame *frame = frames_at(model, pa.addr, pages);

	for (uint64_t i = 0; frame && i < pages; i++)
		frame[i].given_up = given;
}

void mezzo_model_scrub_tags(struct mezzo_model *model, struct mezzo_pa pa)
{
	struct frame *frame = frames_at(model, pa.addr, 1);

	if (frame)
		cell_reset(&frame->cell[TAGS], VALUE_ZERO, ABSENT, 0);
}

void mezzo_model_remap(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		       unsigned int alias)
{
	struct frame *frame = frames_at(model, pa.addr, pages);

	for (uint64_t i = 0; frame && i < pages; i++) {
		frame_settle(model, &frame[i]);
		frame[i].alias = (uint8_t)alias;
	}
	mezzo_model_own(model, pa, pages, 0);
}

void mezzo_model_alias(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		       unsigned int alias)
{
	struct frame *frame = frames_at(model, pa.addr, pages);

	tables_look(model);
	model->now++;
	mezzo_model_note(model, "host maps %#llx + %llu pages with classes %#x",
			 (unsigned long long)pa.addr, (unsigned long long)pages, alias);
	for (uint64_t i = 0; frame && i < pages; i++, frame++) {
		frame_settle(model, frame);
		frame->alias = (uint8_t)alias;
		frame->classes |= (uint8_t)alias;
		for (unsigned int c = 0; c < CELLS; c++)
			frame->cell[c].expected_valid &= frame_coherent(frame);
	}
}

bool mezzo_model_reachable(const struct mezzo_model *model, struct mezzo_pa pa)
{
	uint64_t index = (pa.addr - MEZZO_MODEL_FRAMES_PA) >> MEZZO_PAGE_SHIFT;

	for (unsigned int s = 0; index < model->config.frames && s < SPACES; s++)
		if (model->frames[index].reach[s] || model->frames[index].devices[s])
			return true;
	return false;
}

static void check_clean(struct mezzo_model *model, struct frame *frame, uint64_t pa)
{
	bool cacheable = model_frame_fillable(frame);

	for (unsigned int s = 0; s < SPACES; s++)
		cacheable |= frame->cacheable[s] != 0;
	if (cacheable)
		mezzo_model_fail(
			model, MEZZO_MODEL_FALSE_STATE,
			"frame %#llx is said to have no lines, but a cacheable mapping exists",
			(unsigned long long)pa);
	for (unsigned int i = 0; i < CELLS; i++) {
		struct cell *cell = &frame->cell[i];

		if (i == TAGS && !frame->tag_storage)
			continue;
		for (unsigned int j = 0; j < cell->states; j++) {
			if (cell->state[j].presence != ABSENT)
				mezzo_model_fail(model, MEZZO_MODEL_FALSE_STATE,
						 "frame %#llx is said to have no lines, but may",
						 (unsigned long long)pa);
			else if (cell->expected_valid && cell->state[j].mem != cell->expected)
				mezzo_model_fail(
					model, MEZZO_MODEL_LOST_WRITE,
					"clean frame %#llx: memory has lost the last write",
					(unsigned long long)pa);
		}
	}
}

static void check_content(struct mezzo_model *model, struct frame *frame, uint64_t pa,
			  unsigned int index)
{
	struct mezzo_model_values seen;

	cell_read(model, frame, index, way_of(MEZZO_CLASS_WB), &seen);
	if (!judge_may_see(frame, &seen))
		mezzo_model_fail(
			model, MEZZO_MODEL_FALSE_STATE,
			"frame %#llx is said to hold initialised %s, but may hold another's",
			(unsigned long long)pa, index == TAGS ? "tags" : "data");
}

void mezzo_model_check(struct mezzo_model *model, struct mezzo_pa pa,
		       struct mezzo_frame_state state)
{
	struct frame *frame = frames_at(model, pa.addr, 1);

	if (!frame)
		return;
	tables_look(model);
	frame_settle(model, frame);
	if (state.lines == MEZZO_LINES_CLEAN)
		check_clean(model, frame, pa.addr);
	for (unsigned int i = 0; i < LINES; i++)
		if (state.data == MEZZO_CONTENT_INITIALISED)
			check_content(model, frame, pa.addr, i);
	if (state.tags == MEZZO_CONTENT_INITIALISED && frame->tag_storage)
		check_content(model, frame, pa.addr, TAGS);
}
