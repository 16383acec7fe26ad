/* SPDX-License-Identifier: BSD-2-Clause */
#include "requirements.h"

#include "reader.h"

#include <stdlib.h>

static const char *aliases(unsigned int value)
{
	return mezzo_aliases_name((enum mezzo_aliases)value);
}

static const char *maintenance(unsigned int value)
{
	return mezzo_maintenance_name((enum mezzo_maintenance)value);
}

static const char *dma(unsigned int value)
{
	return mezzo_dma_name((enum mezzo_dma)value);
}

static const char *content(unsigned int value)
{
	return mezzo_content_name((enum mezzo_content)value);
}

static const char *lines(unsigned int value)
{
	return mezzo_lines_name((enum mezzo_lines)value);
}

static const char *family(unsigned int value)
{
	return mezzo_family_name((enum mezzo_family)value);
}

static const char *preset(unsigned int value)
{
	return mezzo_preset_name((enum mezzo_preset)value);
}

static const char *class_by_bit(unsigned int bit)
{
	return mezzo_class_name((enum mezzo_class)(1u << bit));
}

static const struct words aliases_words = {aliases, MEZZO_ALIASES_VALUES};
static const struct words maintenance_words = {maintenance, MEZZO_MAINTENANCE_VALUES};
static const struct words dma_words = {dma, MEZZO_DMA_VALUES};
static const struct words content_words = {content, MEZZO_CONTENT_VALUES};
static const struct words lines_words = {lines, MEZZO_LINES_VALUES};
static const struct words family_words = {family, MEZZO_FAMILIES};
static const struct words preset_words = {preset, MEZZO_PRESETS};
static const struct words class_words = {class_by_bit, 3};

static struct mezzo_contract take_contract(struct reader *r, const json_t *o)
{
	const enum mezzo_maintenance reach =
		(enum mezzo_maintenance)reader_word(r, o, "maintenance", &maintenance_words,
						    MEZZO_MAINTENANCE_NONE);
	struct mezzo_contract c = mezzo_contract_preset(
		(enum mezzo_preset)reader_word(r, o, "contract", &preset_words, 0), reach);

	if (!json_object_get(o, "contract") &&
	    !(json_object_get(o, "aliases") && json_object_get(o, "allow")))
		reader_blame(r, "contract", "is missing, or aliases and allow");
	c.aliases = reader_word(r, o, "aliases", &aliases_words, c.aliases);
	c.allow = reader_words(r, o, "allow", &class_words, c.allow);
	c.dma = reader_word(r, o, "dma", &dma_words, c.dma);
	c.promise.data = reader_word(r, o, "content", &content_words, c.promise.data) & 1;
	c.promise.tags = reader_word(r, o, "tag_content", &content_words, c.promise.tags) & 1;
	c.promise.lines = reader_word(r, o, "lines", &lines_words, c.promise.lines) & 1;
	c.tag_storage = reader_bool(r, o, "tags", c.tag_storage);
	c.writable = reader_bool(r, o, "writable", c.writable);
	c.is_private = reader_bool(r, o, "private", c.is_private);
	c.mmio = reader_bool(r, o, "mmio", c.mmio);
	c.max_order = reader_order(r, o, "block_bytes", c.max_order);
	return c;
}

static struct mezzo_slot_needs take_slot(struct reader *r, json_t *o)
{
	static const char *const known[] = {
		"id",           "ipa",      "pages",       "read_only",   "log_dirty",
		"starts_dirty", "contract", "aliases",     "allow",       "maintenance",
		"dma",          "content",  "tag_content", "lines",       "tags",
		"writable",     "private",  "mmio",        "block_bytes", "min_block_bytes",
		"held_to",      NULL,
	};
	struct mezzo_slot_needs slot;

	reader_keys(r, o, known);
	slot = (struct mezzo_slot_needs){
		.id = (uint32_t)reader_number(r, o, "id", UINT32_MAX, NULL),
		.flags = (reader_bool(r, o, "read_only", false) ? MEZZO_SLOT_FLAG_READ_ONLY : 0) |
			 (reader_bool(r, o, "log_dirty", false) ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0) |
			 (reader_bool(r, o, "starts_dirty", false) ? MEZZO_SLOT_FLAG_STARTS_DIRTY
								   : 0),
		.ipa = {reader_number(r, o, "ipa", UINT64_MAX, NULL)},
		.pages = reader_number(r, o, "pages", UINT64_MAX, NULL),
		.contract = take_contract(r, o),
		.effective = reader_words(r, o, "held_to", &class_words, 0),
		.min_order = reader_order(r, o, "min_block_bytes", 0),
	};
	return slot;
}

static int by_address(const void *a, const void *b)
{
	const struct mezzo_slot_needs *x = *(const struct mezzo_slot_needs *const *)a;
	const struct mezzo_slot_needs *y = *(const struct mezzo_slot_needs *const *)b;

	return (x->ipa.addr > y->ipa.addr) - (x->ipa.addr < y->ipa.addr);
}

static int by_id(const void *a, const void *b)
{
	const struct mezzo_slot_needs *x = *(const struct mezzo_slot_needs *const *)a;
	const struct mezzo_slot_needs *y = *(const struct mezzo_slot_needs *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

/* What no space has: two slots of one id, or of one address. */
static void check_pairs(struct reader *r, const struct mezzo_requirements *needs)
{
	const struct mezzo_slot_needs **slot =
		arena_alloc(r->arena, (needs->count + 1) * sizeof(*slot));

	for (uint32_t i = 0; i < needs->count; i++)
		slot[i] = &needs->slots[i];
	qsort(slot, needs->count, sizeof(*slot), by_id);
	for (uint32_t i = 1; i < needs->count; i++)
		if (slot[i]->id == slot[i - 1]->id)
			reader_blame(r, "slots",
				     arena_printf(r->arena, "has two of id %u", slot[i]->id));
	qsort(slot, needs->count, sizeof(*slot), by_address);
	for (uint32_t i = 1; i < needs->count; i++)
		if ((slot[i]->ipa.addr - slot[i - 1]->ipa.addr) >> MEZZO_PAGE_SHIFT <
		    slot[i - 1]->pages)
			reader_blame(r, "slots",
				     arena_printf(r->arena, "%u and %u overlap", slot[i - 1]->id,
						  slot[i]->id));
}

static void take_requirements(struct reader *r, json_t *root, struct mezzo_requirements *needs)
{
	static const char *const known[] = {"format",   "arch",     "ipa_bits", "mte",
					    "told_idc", "told_dic", "slots",    NULL};
	const json_t *list = json_object_get(root, "slots");
	const size_t count = json_array_size(list);
	struct mezzo_slot_needs *slots = arena_alloc(r->arena, (count + 1) * sizeof(*slots));

	reader_keys(r, root, known);
	*needs = (struct mezzo_requirements){
		.size = sizeof(*needs),
		.family = reader_word(r, root, "arch", &family_words, MEZZO_FAMILY_ARM64),
		.ipa_bits = (uint8_t)reader_number(r, root, "ipa_bits", 52, NULL),
		.mte = reader_bool(r, root, "mte", false),
		.told_idc = reader_bool(r, root, "told_idc", false),
		.told_dic = reader_bool(r, root, "told_dic", false),
		.slots = slots,
		.count = (uint32_t)count,
	};
	if (needs->ipa_bits < 32)
		reader_blame(r, "ipa_bits", "is less than 32");
	if (!json_is_array(list))
		reader_blame(r, "slots", "is not a list");
	for (uint32_t i = 0; i < needs->count && !r->why; i++) {
		r->where = arena_printf(r->arena, "slots[%u].", i);
		slots[i] = take_slot(r, json_array_get(list, i));
	}
	r->where = "";
	check_pairs(r, needs);
}

const char *requirements_parse(struct arena *arena, const char *text, size_t length,
			       struct mezzo_requirements *needs)
{
	struct reader r = {.arena = arena, .where = ""};
	json_t *root = reader_open(&r, text, length, "mezzo-requirements");

	if (root)
		take_requirements(&r, root, needs);
	json_decref(root);
	return r.why;
}
