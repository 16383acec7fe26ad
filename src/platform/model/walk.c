/* SPDX-License-Identifier: BSD-2-Clause */
/* Table walkers: everything that a walk may find, given stores that are seen late. */
#include "internal.h"

static void walk_table(struct mezzo_model *model, unsigned int space, uint64_t pa,
		       unsigned int level, uint64_t ipa, unsigned int entries, bool rooted);

static void walk_entry(struct mezzo_model *model, unsigned int space, uint64_t desc,
		       unsigned int level, uint64_t ipa, bool rooted)
{
	struct entry entry = model->format->read(model, desc, level);

	if (entry.kind == ENTRY_TABLE) {
		tlb_found(model, space, level, ipa, desc, &entry, rooted);
		walk_table(model, space, entry.pa, level + 1, ipa, ENTRIES, rooted);
	} else if (entry.kind == ENTRY_LEAF && !entry.faults) {
		tlb_found(model, space, level, ipa, desc, &entry, rooted);
	} else if (entry.kind == ENTRY_BAD) {
		mezzo_model_fail(model, MEZZO_MODEL_BAD_ENTRY,
				 "entry %#llx of level %u is reserved, or says what is not meant",
				 (unsigned long long)desc, level);
	}
}

static void walk_table(struct mezzo_model *model, unsigned int space, uint64_t pa,
		       unsigned int level, uint64_t ipa, unsigned int entries, bool rooted)
{
	uint64_t value[TABLE_VALUES];

	for (unsigned int i = 0; i < entries && !model_failed(model); i++) {
		uint64_t at = pa + i * sizeof(uint64_t);
		unsigned int count = tables_read(model, at, value);
		struct table_page *page = tables_page(model, at);

		if (page)
			page->reachable = true;
		for (unsigned int j = 0; j < count; j++)
			if (value[j] & model->format->present)
				walk_entry(model, space, value[j], level,
					   ipa + i * level_bytes(level), rooted);
	}
}

static void walk_stale_tables(struct mezzo_model *model)
{
	int32_t count = model->tlb->count;

	for (int32_t i = 0; i < count && !model_failed(model); i++) {
		struct translation t = model->tlb->entry[i];

		if (t.table && t.stage2 && !t.rooted)
			walk_table(model, t.space, t.entry.pa, t.level + 1u, t.ipa, ENTRIES, false);
	}
}

void walk_all(struct mezzo_model *model)
{
	model->tables.changed = false;
	for (unsigned int page = 0; page < model->tables.pages; page++)
		model->tables.page[page].reachable = false;
	tlb_walk_begin(model);
	for (unsigned int s = 0; s < SPACES; s++) {
		const struct bound *bound = &model->space[s];

		if (bound->used)
			walk_table(model, s, bound->config.root.addr, bound->config.start_level, 0,
				   bound->config.root_bytes / 8, true);
	}
	walk_stale_tables(model);
}

static bool may_miss(struct mezzo_model *model, uint64_t pa, unsigned int level, uint64_t ipa,
		     unsigned int entries, bool own)
{
	uint64_t value[TABLE_VALUES];
	uint64_t at = pa + (ipa / level_bytes(level)) % entries * sizeof(uint64_t);
	unsigned int count =
		own ? tables_read_own(model, at, value) : tables_read(model, at, value);

	for (unsigned int i = 0; i < count; i++) {
		struct entry entry = model->format->read(model, value[i], level);

		if (entry.kind == ENTRY_TABLE) {
			if (may_miss(model, entry.pa, level + 1, ipa, ENTRIES, own))
				return true;
		} else if (entry.kind == ENTRY_NONE || entry.faults) {
			return true;
		}
	}
	return false;
}

bool walk_may_miss(struct mezzo_model *model, unsigned int space, uint64_t ipa, bool own)
{
	const struct mezzo_model_space *config = &model->space[space].config;
	struct translation *t;
	int32_t at = 0;

	if (may_miss(model, config->root.addr, config->start_level, ipa, config->root_bytes / 8,
		     own))
		return true;
	while ((t = tlb_next(model, space, ipa, true, &at)))
		if (may_miss(model, t->entry.pa, t->level + 1u, ipa, ENTRIES, own))
			return true;
	return false;
}

uint64_t *walk_now(struct mezzo_model *model, unsigned int space, uint64_t ipa, unsigned int *level,
		   uint64_t *at)
{
	const struct mezzo_model_space *config = &model->space[space].config;
	uint64_t pa = config->root.addr, entries = config->root_bytes / sizeof(uint64_t);

	for (*level = config->start_level;; ++*level) {
		struct entry read;
		uint64_t *entry;

		*at = pa + (ipa / level_bytes(*level)) % entries * sizeof(uint64_t);
		if (!tables_page(model, *at))
			return NULL;
		entry = tables_entry(model, *at);
		read = model->format->read(model, *entry, *level);
		if (read.kind != ENTRY_TABLE)
			return entry;
		pa = read.pa;
		entries = ENTRIES;
	}
}

bool mezzo_model_way(struct mezzo_model *model, unsigned int space, struct mezzo_ipa ipa,
		     enum mezzo_class stage1, enum mezzo_class *class, bool *looks)
{
	unsigned int level;
	uint64_t at;
	const uint64_t *desc = walk_now(model, space, ipa.addr, &level, &at);
	struct entry entry = {.kind = ENTRY_NONE};
	const struct frame *frame = NULL;
	struct way way;

	if (desc)
		entry = model->format->read(model, *desc, level);
	if (entry.kind == ENTRY_LEAF)
		frame = model_frame(model, entry.pa + ipa.addr % level_bytes(level));
	if (!frame)
		return false;
	way = model->format->way(model, space, &entry, frame, stage1);
	*class = way.class;
	*looks = way.looks;
	return true;
}
