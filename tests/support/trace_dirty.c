/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host that copies a guest's memory while the guest runs: it asks which pages are dirty, makes
 * them clean, and copies them. At any time a page that was written and not copied since is dirty.
 */
#include "trace.h"

#include <stdatomic.h>

#define WORDS MEZZO_DIRTY_WORDS(TRACE_BLOCK_PAGES)

static bool in_a_ring(struct trace_space *space, uint64_t page)
{
	for (unsigned int i = 0; i < TRACE_VCPUS * TRACE_RING; i++)
		if (atomic_load(&space->ring[i].flags) == MEZZO_DIRTY_DIRTY &&
		    space->ring[i].page == page)
			return true;
	return false;
}

/* The hardware has noted it, and so whoever collects hears of it; as who has the entry in hand. */
static bool in_the_tables(struct trace_space *space, const struct trace_slot *slot, uint64_t page)
{
	const struct mezzo_table *table = &space->space.table;
	struct mezzo_leaf leaf;

	if (!table->features.dirty)
		return false;
	mezzo_stage2_ops.lookup(table,
				(struct mezzo_ipa){slot->ipa.addr + (page << MEZZO_PAGE_SHIFT)},
				&leaf);
	if (leaf.state == MEZZO_ENTRY_BUSY)
		return true;
	return leaf.state != MEZZO_ENTRY_NONE && leaf.attr.logged && leaf.attr.dirty;
}

bool trace_noticed(struct trace_space *space, struct trace_slot *slot, uint64_t page)
{
	return (atomic_load(&slot->bitmap[page / 64]) >> page % 64 & 1) || in_a_ring(space, page) ||
	       in_the_tables(space, slot, page);
}

static bool bit(const uint64_t *bits, uint64_t page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static void copy_page(struct trace *trace, struct trace_slot *slot, uint32_t page)
{
	slot->copied[page] = slot->version[page];
	trace->copies++;
}

/* What was made clean is copied, and what was not is dirty. */
static void copy(struct trace *trace, struct trace_space *space, struct trace_slot *slot,
		 const uint64_t *bits)
{
	for (uint32_t page = 0; page < slot->object->pages; page++) {
		if (bit(bits, page))
			copy_page(trace, slot, page);
		else if (slot->copied[page] != slot->version[page] &&
			 !trace_noticed(space, slot, page))
			mezzo_model_fail(trace->model, MEZZO_MODEL_LOST_WRITE,
					 "page %u was written and not copied, and is clean", page);
	}
}

/* What vCPUs wrote, collected in some of their rings and reset. */
static void empty_rings(struct trace *trace, struct trace_space *space, uint64_t *bits)
{
	const uint32_t first = trace_random(trace, TRACE_VCPUS);
	uint32_t slot, count;
	uint64_t page;

	for (uint32_t vcpu = first; space->rings && vcpu < TRACE_VCPUS; vcpu++)
		while (mezzo_dirty_next(&space->space, vcpu, &space->cursor[vcpu], &slot, &page))
			bits[page / 64] |= UINT64_C(1) << page % 64;
	if (space->rings && mezzo_dirty_reset(&space->space, &count) != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "rings");
}

/* The pages that are dirty, or some of them. */
static int make_clean(struct trace *trace, struct mezzo_space *space, unsigned int n,
		      uint64_t pages, uint64_t *bits)
{
	struct mezzo_refusal why;
	int status;

	if (trace_random(trace, 2))
		return mezzo_dirty_take(space, n, 0, pages, bits, &why);
	status = mezzo_dirty_get(space, n, 0, pages, bits, &why);
	if (status)
		return status;
	for (unsigned int i = 0; i < WORDS; i++)
		if (trace_random(trace, 4) == 0)
			bits[i] &= (uint64_t)trace_random(trace, UINT32_MAX) * 0x100000001;
	return mezzo_dirty_clear(space, n, 0, pages, bits, &why);
}

void trace_make_clean(struct trace *trace, unsigned int s, unsigned int n)
{
	struct trace_space *space = &trace->space[s];
	struct trace_slot *slot = &space->slot[n];
	uint64_t bits[WORDS] = {0};

	mezzo_model_note(trace->model, "host makes slot %u of space %u clean", n, s);
	slot->clearing = true;
	trace_enter(space);
	if (make_clean(trace, &space->space, n, slot->object->pages, bits) != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "dirty log");
	empty_rings(trace, space, bits);
	trace_leave(space);
	slot->clearing = false;
	slot->clearings++;
	if (slot->armed)
		copy(trace, space, slot, bits);
}

void trace_reshape(struct trace *trace, unsigned int s, unsigned int n)
{
	struct trace_space *space = &trace->space[s];
	const struct trace_slot *slot = &space->slot[n];
	struct mezzo_refusal why;
	int status;

	mezzo_model_note(trace->model, "host reshapes slot %u of space %u", n, s);
	do {
		trace_enter(space);
		if (slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY)
			status = mezzo_slot_split(&space->space, n, &why);
		else
			status = mezzo_slot_collapse(&space->space, n, &why);
		trace_leave(space);
	} while (status == MEZZO_ERR_AGAIN);
	if (status != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "reshape: %s",
				 mezzo_status_name((enum mezzo_status)status));
}

void trace_dirty(struct trace *trace, unsigned int s, unsigned int n)
{
	if (trace->space[s].slot[n].flags & MEZZO_SLOT_FLAG_LOG_DIRTY && trace_random(trace, 4))
		trace_make_clean(trace, s, n);
	else
		trace_reshape(trace, s, n);
}
