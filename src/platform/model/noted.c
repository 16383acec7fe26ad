/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hardware notes in descriptors: the access flag, and dirty state where DBM is set. It
 * changes the descriptor that is in memory, in one step and only if it is still the one that it has
 * translated by; nothing that is older can be seen afterwards. Source: Arm ARM, hardware management
 * of the access flag and dirty state.
 */
#include "internal.h"

void noted_access(struct mezzo_model *model, unsigned int space, uint64_t ipa)
{
	unsigned int level;
	uint64_t *entry, at;

	if (!model->space[space].config.notes)
		return;
	entry = walk_now(model, space, ipa, &level, &at);
	if (entry && model->format->read(model, *entry, level).faults)
		tables_note(model, at, DESC_AF);
}

bool noted_may_write(struct mezzo_model *model, const struct translation *t)
{
	unsigned int level;
	uint64_t *entry, at;

	if (!t->entry.notes_write || !model->space[t->space].config.notes)
		return false;
	entry = walk_now(model, t->space, t->ipa, &level, &at);
	return entry && level == t->level && !((*entry ^ t->desc) & ~model->format->ignored);
}

void noted_write(struct mezzo_model *model, const struct translation *t)
{
	unsigned int level;
	uint64_t at;

	if (walk_now(model, t->space, t->ipa, &level, &at))
		tables_note(model, at, DESC_WRITE);
}
