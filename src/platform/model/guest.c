/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's accesses: through any translation that its CPU may use. */
#include "internal.h"

#define CHOICES 16

struct choice {
	const struct translation *translation; /* NULL: no entry is found */
	enum mezzo_model_result result;
};

static bool writes(const struct mezzo_model_access *access)
{
	return access->kind == MEZZO_MODEL_WRITE || access->kind == MEZZO_MODEL_TAG_WRITE;
}

static enum mezzo_model_result permitted(struct mezzo_model *model, const struct translation *t,
					 const struct mezzo_model_access *access)
{
	bool tag = access->kind == MEZZO_MODEL_TAG_READ || access->kind == MEZZO_MODEL_TAG_WRITE;
	bool write = writes(access);

	if (write && !t->entry.write && !noted_may_write(model, t))
		return MEZZO_MODEL_FAULT_PERMISSION;
	if (!write && !t->entry.read)
		return MEZZO_MODEL_FAULT_PERMISSION;
	if (access->kind == MEZZO_MODEL_FETCH && !t->entry.exec)
		return MEZZO_MODEL_FAULT_PERMISSION;
	if (tag && t->entry.no_tag_access)
		return MEZZO_MODEL_FAULT_TAG;
	return MEZZO_MODEL_DONE;
}

/* It could be written if the hardware noted that, and is not what it was made from any more. */
static bool is_outdated(struct mezzo_model *model, const struct translation *t)
{
	return model->space[t->space].config.notes && t->entry.notes_write && !t->entry.write &&
	       !noted_may_write(model, t);
}

static unsigned int choices(struct mezzo_model *model, const struct mezzo_model_access *access,
			    struct choice choice[CHOICES])
{
	const struct translation *t;
	unsigned int count = 0;
	int32_t at = 0;

	while (count < CHOICES - 1 &&
	       (t = tlb_next(model, access->space, access->ipa.addr, false, &at))) {
		/* The walk that would note the write finds something else: that is the answer. */
		if (writes(access) && is_outdated(model, t))
			continue;
		choice[count].translation = t;
		choice[count++].result = permitted(model, t, access);
	}
	if (walk_may_miss(model, access->space, access->ipa.addr, access->granted)) {
		choice[count].translation = NULL;
		choice[count++].result = MEZZO_MODEL_FAULT_MISSING;
	}
	/* All that a TLB holds is outdated. */
	if (!count)
		choice[count++] = (struct choice){NULL, MEZZO_MODEL_FAULT_PERMISSION};
	return count;
}

/* Stale translations first: three times in four. */
static const struct choice *pick(struct mezzo_model *model, const struct choice *choice,
				 unsigned int count)
{
	if (mezzo_model_random(model, 4))
		for (unsigned int i = 0; i < count; i++)
			if (choice[i].translation && !choice[i].translation->rooted)
				return &choice[i];
	return &choice[mezzo_model_random(model, count)];
}

static struct frame *frame_of(struct mezzo_model *model, const struct translation *t, uint64_t ipa)
{
	return model_frame(model, t->entry.pa + (ipa - t->ipa));
}

/* The class by which others have to go as well, to see what is written. */
static uint8_t way_counts(struct way way)
{
	return way.looks ? 0 : (uint8_t)way.class;
}

/*
 * Note which types the guest maps the frame with. A mixture has no guarantees. But where only
 * uncached mappings have been no line can be, so that a first cached one finds what is in memory;
 * and who looks into the caches agrees with everybody.
 */
static void use_way(struct frame *frame, unsigned int space, enum mezzo_class stage1,
		    struct way way)
{
	frame->stage1[space] |= (uint8_t)stage1;
	if (way.class == MEZZO_CLASS_WB && !(frame->classes & MEZZO_CLASS_WB))
		frame->classes = frame->alias;
	frame->classes |= way_counts(way);
	for (unsigned int i = 0; i < CELLS; i++)
		frame->cell[i].expected_valid &= frame_coherent(frame);
}

static void write_cell(struct mezzo_model *model, struct frame *frame, unsigned int index,
		       struct way way, struct mezzo_model_access *access)
{
	struct cell *cell = &frame->cell[index];

	access->written = model_new_value(model, frame);
	cell_write(model, frame, index, way, access->written);
	cell->expected = access->written;
	cell->expected_valid = frame_coherent(frame);
	cell->code_synced = false;
}

static void fetch(struct mezzo_model *model, struct frame *frame, struct way way,
		  struct mezzo_model_access *access)
{
	const struct cell *cell = &frame->cell[access->line];

	cell_fetch(model, frame, access->line, way, &access->seen);
	cell_executed(model, frame, access->line, &access->seen);
	if (!judge_may_see(frame, &access->seen))
		mezzo_model_fail(model, MEZZO_MODEL_STALE_CODE,
				 "a guest fetches what is not its own");
	if (cell->code_synced && cell->expected_valid &&
	    (access->seen.count != 1 || access->seen.value[0] != cell->expected))
		mezzo_model_fail(model, MEZZO_MODEL_STALE_CODE,
				 "a guest may fetch code older than what it made fit to run");
}

static void perform(struct mezzo_model *model, const struct translation *t, struct frame *frame,
		    struct mezzo_model_access *access)
{
	struct way way = translation_way(model, t, frame, access->stage1);

	use_way(frame, access->space, access->stage1, way);
	switch (access->kind) {
	case MEZZO_MODEL_READ:
		cell_read(model, frame, access->line, way, &access->seen);
		break;
	case MEZZO_MODEL_WRITE:
		write_cell(model, frame, access->line, way, access);
		break;
	case MEZZO_MODEL_FETCH:
		fetch(model, frame, way, access);
		break;
	case MEZZO_MODEL_TAG_READ:
		if (way.class == MEZZO_CLASS_WB)
			cell_read(model, frame, TAGS, way, &access->seen);
		break;
	default:
		if (way.class == MEZZO_CLASS_WB)
			write_cell(model, frame, TAGS, way, access);
	}
	judge_frame(model, frame, t);
}

static bool valid(struct mezzo_model *model, const struct mezzo_model_access *access)
{
	bool tag = access->kind == MEZZO_MODEL_TAG_READ || access->kind == MEZZO_MODEL_TAG_WRITE;

	if (access->space < SPACES && model->space[access->space].used && access->line < LINES &&
	    access->ipa.addr % MEZZO_PAGE_BYTES == 0 &&
	    !(tag && !model->space[access->space].config.mte))
		return true;
	mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "an access that no guest can make");
	return false;
}

/* One of the translations the guest may meet, or its fault. */
static enum mezzo_model_result meet(struct mezzo_model *model, struct mezzo_model_access *access,
				    const struct translation **t)
{
	struct choice choice[CHOICES];
	const struct choice *chosen;
	unsigned int count;

	access->seen.count = 0;
	access->written = 0;
	model->now++;
	tables_look(model);
	if (model_failed(model) || !valid(model, access))
		return MEZZO_MODEL_FAULT_MISSING;
	noted_access(model, access->space, access->ipa.addr);
	count = choices(model, access, choice);
	for (unsigned int i = 0; access->granted && i < count; i++)
		if (choice[i].result == MEZZO_MODEL_FAULT_MISSING ||
		    choice[i].result == MEZZO_MODEL_FAULT_PERMISSION)
			mezzo_model_fail(
				model, MEZZO_MODEL_NO_PROGRESS,
				"space %u, IPA %#llx: a granted access may fault again (%s)",
				access->space, (unsigned long long)access->ipa.addr,
				choice[i].translation ? "permission" : "no entry");
	chosen = pick(model, choice, count);
	*t = chosen->translation;
	return chosen->result;
}

enum mezzo_model_result mezzo_model_access(struct mezzo_model *model,
					   struct mezzo_model_access *access)
{
	static const char *const kinds[] = {"reads", "writes", "fetches", "reads tags",
					    "writes tags"};
	const struct translation *t = NULL;
	enum mezzo_model_result result = meet(model, access, &t);
	struct frame *frame;

	mezzo_model_note(model, "cpu%u space %u %s %#llx line %u, stage 1 %s: %s", model->cpu,
			 access->space, kinds[access->kind], (unsigned long long)access->ipa.addr,
			 access->line, mezzo_class_name(access->stage1),
			 result == MEZZO_MODEL_DONE            ? "done"
			 : result == MEZZO_MODEL_FAULT_MISSING ? "no entry"
							       : "no permission");
	if (result != MEZZO_MODEL_DONE || model_failed(model))
		return result;
	frame = frame_of(model, t, access->ipa.addr);
	if (writes(access) && !t->entry.write)
		noted_write(model, t);
	if (frame)
		perform(model, t, frame, access);
	return result;
}

static struct frame *maintain(struct mezzo_model *model, unsigned int space, struct mezzo_ipa ipa,
			      enum mezzo_model_result *result, const struct translation **t)
{
	struct mezzo_model_access access = {
		.space = space,
		.ipa = ipa,
		.kind = MEZZO_MODEL_READ,
		.stage1 = MEZZO_CLASS_NC,
	};

	*result = meet(model, &access, t);
	if (*result != MEZZO_MODEL_DONE || model_failed(model))
		return NULL;
	return frame_of(model, *t, ipa.addr);
}

enum mezzo_model_result mezzo_model_guest_retype(struct mezzo_model *model, unsigned int space,
						 struct mezzo_ipa ipa, enum mezzo_class stage1)
{
	const struct translation *t = NULL;
	enum mezzo_model_result result;
	struct frame *frame = maintain(model, space, ipa, &result, &t);

	if (!frame)
		return result;
	frame_settle(model, frame);
	frame->stage1[space] = (uint8_t)stage1;
	frame->classes = frame->alias | way_counts(translation_way(model, t, frame, stage1));
	for (unsigned int i = 0; i < CELLS; i++)
		cell_clean(model, frame, i);
	return result;
}

enum mezzo_model_result mezzo_model_guest_sync_code(struct mezzo_model *model, unsigned int space,
						    struct mezzo_ipa ipa)
{
	const struct translation *t = NULL;
	enum mezzo_model_result result;
	struct frame *frame = maintain(model, space, ipa, &result, &t);

	if (!frame)
		return result;
	for (unsigned int i = 0; i < LINES; i++) {
		if (!model->config.machine.idc)
			cell_write_back(model, frame, i);
		cell_settle(model, frame, i);
		model->now++;
		cell_icache_invalidate(model, frame, i, model->now);
		frame->cell[i].code_synced = true;
	}
	return result;
}
