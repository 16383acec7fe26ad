/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_INSPECT_H
#define MEZZO_TABLE_WALK_INSPECT_H
/* What one entry says, and whether it can say that at all. Part of the walker's template. */
#include "table/walk.h"

/* Whatever @leaf says, attributes and address say it again, bit for bit but for what was noted. */
WALK_RARE enum mezzo_table_flaw inspect_leaf(const struct mezzo_table *table, uint64_t leaf,
					     int level, struct mezzo_entry_view *view)
{
	const uint64_t single = unlocked(leaf, level) & ~FORMAT_GROUP;

	view->leaf = true;
	view->locked = leaf & FORMAT_LOCK;
	view->order = (uint8_t)leaf_order(leaf, level);
	view->group = (uint8_t)(view->order - level_order(level));
	view->attr = format_attr(table, single);
	view->pa = format_pa(single);
	if (!order_valid(table, view->order))
		return MEZZO_TABLE_NO_LEAF_HERE;
	if (view->pa.addr & (level_bytes(level) - 1))
		return MEZZO_TABLE_MISALIGNED;
	if (view->pa.addr >> table->pa_bits)
		return MEZZO_TABLE_BEYOND;
	if (!format_attr_valid(table, &view->attr) ||
	    !is_alike(format_encode(table, view->pa, level, &view->attr), single))
		return MEZZO_TABLE_BITS;
	return (leaf & ~FORMAT_LOCK) == (single | (leaf & FORMAT_GROUP)) ? MEZZO_TABLE_SOUND
									 : MEZZO_TABLE_HALF_DONE;
}

static enum mezzo_table_flaw inspect_link(uint64_t link, int level, struct mezzo_entry_view *view)
{
	view->pa = format_pa(link);
	if (format_table(view->pa.addr) != link)
		return MEZZO_TABLE_LINK_BITS;
	if (level == WALK_LAST_LEVEL || !view->pa.addr || (view->pa.addr & (WALK_PAGE_BYTES - 1)))
		return MEZZO_TABLE_LINK_ADDRESS;
	return MEZZO_TABLE_SOUND;
}

static enum mezzo_table_flaw inspect_marked(const struct mezzo_table *table, uint64_t entry,
					    int level, struct mezzo_entry_view *view)
{
	const uint64_t was = unmark(entry);

	switch (entry & MARKER_MASK) {
	case MARKER_BUSY:
		view->kind = MEZZO_KIND_BUSY;
		if (!was)
			return MEZZO_TABLE_SOUND;
		break;
	case MARKER_OWED:
		view->kind = MEZZO_KIND_OWED;
		/* What was a group is so many leaves by now. */
		if (was & FORMAT_GROUP)
			return MEZZO_TABLE_MARKER;
		break;
	case MARKER_DETACHED:
		view->kind = MEZZO_KIND_DETACHED;
		return inspect_link(was, level, view);
	case MARKER_DEAD:
		view->kind = MEZZO_KIND_DEAD;
		return was ? MEZZO_TABLE_MARKER : MEZZO_TABLE_SOUND;
	default:
		view->kind = MEZZO_KIND_BUSY;
		return MEZZO_TABLE_UNKNOWN_ENTRY;
	}
	if (!format_is_leaf(was, level) || (was & FORMAT_LOCK))
		return MEZZO_TABLE_MARKER;
	return inspect_leaf(table, was, level, view);
}

WALK_RARE void inspect(const struct mezzo_table *table, uint64_t entry, int level,
		       struct mezzo_entry_view *view)
{
	enum mezzo_table_flaw flaw = MEZZO_TABLE_SOUND;

	*view = (struct mezzo_entry_view){.order = (uint8_t)level_order(level)};
	entry ^= FORMAT_FLIP;
	if (!entry)
		return;
	if (!is_present(entry)) {
		flaw = inspect_marked(table, entry, level, view);
	} else if (format_is_table(entry, level)) {
		view->kind = MEZZO_KIND_TABLE;
		flaw = inspect_link(entry, level, view);
	} else {
		view->kind = MEZZO_KIND_LEAF;
		flaw = inspect_leaf(table, entry, level, view);
	}
	view->flaw = (uint8_t)flaw;
}

#endif
