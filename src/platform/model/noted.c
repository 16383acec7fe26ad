/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hardware notes in descriptors: the access flag, and dirty state where DBM is set. It
 * changes the descriptor that is in memory, in one step and only if it is still the one that it has
 * translated by; nothing that is older can be seen afterwards. Source: Arm ARM, hardware management
 * of the access flag and dirty state.
 */
#include "internal.h"

/* Where a walk ends by what is in memory now, and in @at the table's address; NULL: nowhere. */
static uint64_t *entry_now(struct mezzo_model *model, unsigned int space, uint64_t ipa,
			   unsigned int *level, uint64_t *at)
{
	const struct mezzo_model_space *config = &model->space[space].config;
	uint64_t pa = config->root.addr, entries = config->root_bytes / sizeof(uint64_t);

	for (*level = config->start_level;; ++*level) {
		uint64_t *entry;

		*at = pa + (ipa / level_bytes(*level)) % entries * sizeof(uint64_t);
		if (!tables_page(model, *at))
			return NULL;
		entry = tables_entry(model, *at);
		if (!desc_is_table(*entry, *level))
			return entry;
		pa = *entry & DESC_ADDRESS;
		entries = ENTRIES;
	}
}

void noted_access(struct mezzo_model *model, unsigned int space, uint64_t ipa)
{
	unsigned int level;
	uint64_t *entry, at;

	if (!model->space[space].config.notes)
		return;
	entry = entry_now(model, space, ipa, &level, &at);
	if (entry && desc_is_leaf(*entry, level) && !(*entry & DESC_AF))
		tables_note(model, at, DESC_AF);
}

bool noted_may_write(struct mezzo_model *model, const struct translation *t)
{
	unsigned int level;
	uint64_t *entry, at;

	if (!(t->desc & DESC_DBM) || !model->space[t->space].config.notes)
		return false;
	entry = entry_now(model, t->space, t->ipa, &level, &at);
	return entry && level == t->level && !((*entry ^ t->desc) & ~DESC_SOFTWARE);
}

void noted_write(struct mezzo_model *model, const struct translation *t)
{
	unsigned int level;
	uint64_t at;

	if (entry_now(model, t->space, t->ipa, &level, &at))
		tables_note(model, at, DESC_WRITE);
}
