/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that are part of another, and promise less. */
#include "internal.h"

struct mezzo_object *object_root(struct mezzo_object *object)
{
	while (object->parent)
		object = object->parent;
	return object;
}

uint64_t root_pages(const struct mezzo_object *object, uint64_t pages)
{
	for (; object->parent; object = object->parent)
		pages += object->parent_pages;
	return pages;
}

bool object_holds(const struct mezzo_object *object, const struct mezzo_object *part)
{
	while (part && part != object)
		part = part->parent;
	return part;
}

/* --- what the parent answers -------------------------------------------------------------------- */

static uint64_t clip(uint64_t pages, uint64_t limit)
{
	return pages < limit ? pages : limit;
}

static int derived_resolve(struct mezzo_object *object, uint64_t offset_pages, bool write,
			   struct mezzo_frame *frame)
{
	struct mezzo_derived *derived = (struct mezzo_derived *)object;
	struct mezzo_object *parent = object->parent;
	const bool writable = object->contract.writable;
	int status;

	if (!atomic_load(&derived->enabled))
		return MEZZO_ERR_REVOKED;
	status = parent->ops->resolve(parent, object->parent_pages + offset_pages,
				      write && writable, frame);
	if (status)
		return status;
	frame->before_pages = clip(frame->before_pages, offset_pages);
	frame->from_pages = clip(frame->from_pages, object->pages - offset_pages);
	frame->writable = frame->writable && writable;
	return MEZZO_OK;
}

static int derived_begin(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			 struct mezzo_frame_state expected)
{
	struct mezzo_object *parent = object->parent;

	return parent->ops->frames_begin(parent, object->parent_pages + offset_pages, pages,
					 expected);
}

static void derived_end(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			struct mezzo_frame_state state)
{
	struct mezzo_object *parent = object->parent;

	parent->ops->frames_end(parent, object->parent_pages + offset_pages, pages, state);
}

static void derived_lines(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			  enum mezzo_lines lines)
{
	struct mezzo_object *parent = object->parent;

	parent->ops->frames_lines(parent, object->parent_pages + offset_pages, pages, lines);
}

static const struct mezzo_object_ops derived_ops = {
	.size = sizeof(derived_ops),
	.resolve = derived_resolve,
	.frames_begin = derived_begin,
	.frames_end = derived_end,
	.frames_lines = derived_lines,
};

/* --- narrowing ---------------------------------------------------------------------------------- */

/* The first field that says what the parent's does not, with both values; NONE: it only narrows. */
static enum mezzo_field widened(const struct mezzo_contract *part, const struct mezzo_contract *of,
				uint64_t *got, uint64_t *want)
{
	const struct {
		enum mezzo_field field;
		bool fine;
		uint8_t got, want;
	} fields[] = {
		{MEZZO_FIELD_ALIASES, part->aliases == of->aliases, part->aliases, of->aliases},
		{MEZZO_FIELD_ALLOW, part->allow && !(part->allow & ~of->allow), part->allow,
		 part->allow & of->allow ? part->allow & of->allow : of->allow},
		{MEZZO_FIELD_MAINTENANCE, part->maintenance == of->maintenance, part->maintenance,
		 of->maintenance},
		{MEZZO_FIELD_DMA, part->dma == of->dma || part->dma == MEZZO_DMA_NONE, part->dma,
		 of->dma},
		{MEZZO_FIELD_TAG_STORAGE, part->tag_storage == of->tag_storage, part->tag_storage,
		 of->tag_storage},
		{MEZZO_FIELD_PRIVATE, part->is_private == of->is_private, part->is_private,
		 of->is_private},
		{MEZZO_FIELD_MMIO, part->mmio == of->mmio, part->mmio, of->mmio},
		{MEZZO_FIELD_DATA, part->promise.data == of->promise.data, part->promise.data,
		 of->promise.data},
		{MEZZO_FIELD_TAGS, part->promise.tags == of->promise.tags, part->promise.tags,
		 of->promise.tags},
		{MEZZO_FIELD_LINES, part->promise.lines == of->promise.lines, part->promise.lines,
		 of->promise.lines},
		{MEZZO_FIELD_WRITABLE, part->writable <= of->writable, part->writable,
		 of->writable},
		{MEZZO_FIELD_MAX_ORDER, part->max_order <= of->max_order, part->max_order,
		 of->max_order},
	};

	for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].fine)
			continue;
		*got = fields[i].got;
		*want = fields[i].want;
		return fields[i].field;
	}
	return MEZZO_FIELD_NONE;
}

static int check_part(const struct mezzo_object *parent, uint64_t offset_pages, uint64_t pages,
		      struct mezzo_refusal *why)
{
	*why = (struct mezzo_refusal){
		.reason = MEZZO_WHY_SLOT_BEYOND_OBJECT,
		.field = MEZZO_FIELD_PAGES,
		.got = pages,
	};
	if (!pages) {
		why->reason = MEZZO_WHY_SLOT_EMPTY;
		why->want = 1;
	} else if (offset_pages >= parent->pages) {
		why->field = MEZZO_FIELD_OFFSET;
		why->got = offset_pages;
		why->want = pages < parent->pages ? parent->pages - pages : 0;
	} else if (pages > parent->pages - offset_pages) {
		why->want = parent->pages - offset_pages;
	} else {
		return MEZZO_OK;
	}
	return MEZZO_ERR_INVALID;
}

int mezzo_object_derive(struct mezzo_derived *derived, struct mezzo_object *parent,
			uint64_t offset_pages, uint64_t pages,
			const struct mezzo_contract *contract, struct mezzo_refusal *why)
{
	int status = check_part(parent, offset_pages, pages, why);

	if (status)
		return status;
	*why = (struct mezzo_refusal){.reason = MEZZO_WHY_DERIVED_WIDENS};
	why->field = widened(contract, &parent->contract, &why->got, &why->want);
	if (why->field != MEZZO_FIELD_NONE)
		return MEZZO_ERR_REFUSED;
	*derived = (struct mezzo_derived){
		.object = {.ops = &derived_ops,
			   .platform = parent->platform,
			   .contract = *contract,
			   .pages = pages,
			   .parent = parent,
			   .parent_pages = offset_pages},
	};
	atomic_store(&derived->enabled, true);
	return MEZZO_OK;
}

void mezzo_derived_enable(struct mezzo_derived *derived, bool enabled)
{
	atomic_store(&derived->enabled, enabled);
}
