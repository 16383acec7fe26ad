/* SPDX-License-Identifier: BSD-2-Clause */
/* Table memory. Stores are seen late: walkers may find the old value until a barrier. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_ALIGN (UINT64_C(64) << 10)
#define FREED UINT64_C(0xdead00000000d1ed)

bool tables_create(struct mezzo_model *model)
{
	struct tables *t = &model->tables;
	size_t entries;
	void *memory;

	t->pages = model->config.tables ? model->config.tables : TABLE_PAGES;
	entries = (size_t)t->pages * ENTRIES;
	if (posix_memalign(&memory, TABLE_ALIGN, entries * sizeof(uint64_t)) != 0)
		return false;
	t->memory = memory;
	t->seen = calloc(entries, sizeof(*t->seen));
	t->late = calloc(entries, sizeof(*t->late));
	t->touched = calloc(entries, sizeof(*t->touched));
	return t->seen && t->late && t->touched;
}

void tables_destroy(struct mezzo_model *model)
{
	free(model->tables.memory);
	free(model->tables.seen);
	free(model->tables.late);
	free(model->tables.touched);
}

static uint64_t *entries_of(const struct tables *t, unsigned int page)
{
	return (uint64_t *)(void *)(t->memory + (size_t)page * MEZZO_PAGE_BYTES);
}

static bool run_is_free(const struct tables *t, unsigned int first, unsigned int pages)
{
	for (unsigned int i = first; i < first + pages; i++)
		if (t->page[i].used)
			return false;
	return true;
}

void *tables_alloc(struct mezzo_model *model, size_t bytes)
{
	struct tables *t = &model->tables;
	unsigned int pages = (unsigned int)(bytes >> MEZZO_PAGE_SHIFT);

	for (unsigned int first = 0; first + pages <= t->pages; first += pages) {
		if (!run_is_free(t, first, pages))
			continue;
		memset(entries_of(t, first), 0, bytes);
		memset(t->seen + (size_t)first * ENTRIES, 0, bytes);
		for (unsigned int i = first; i < first + pages; i++)
			t->page[i] = (struct table_page){
				.used = true,
				.fresh = true,
				.fresh_cpu = (uint8_t)model->cpu,
			};
		return entries_of(t, first);
	}
	return NULL;
}

static void forget_late(struct tables *t, uint32_t first, uint32_t end)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->touched_count; i++) {
		uint32_t entry = t->touched[i];

		if (entry >= first && entry < end)
			t->late[entry].count = 0;
		else
			t->touched[kept++] = entry;
	}
	t->touched_count = kept;
}

void tables_free(struct mezzo_model *model, void *table, size_t bytes)
{
	struct tables *t = &model->tables;
	uint64_t offset = (uint64_t)((unsigned char *)table - t->memory);
	unsigned int first = (unsigned int)(offset >> MEZZO_PAGE_SHIFT);
	unsigned int pages = (unsigned int)(bytes >> MEZZO_PAGE_SHIFT);
	bool reachable = tlb_holds_table(model, TABLES_PA + offset, bytes);

	for (unsigned int i = first; i < first + pages; i++) {
		reachable |= t->page[i].reachable;
		t->page[i] = (struct table_page){.used = false};
		for (unsigned int j = 0; j < ENTRIES; j++)
			entries_of(t, i)[j] = FREED;
	}
	forget_late(t, first * ENTRIES, (first + pages) * ENTRIES);
	if (reachable)
		mezzo_model_fail(model, MEZZO_MODEL_TABLE_IN_USE,
				 "table %#llx is freed while walkers may still read it",
				 (unsigned long long)(TABLES_PA + offset));
}

struct table_page *tables_page(struct mezzo_model *model, uint64_t pa)
{
	uint64_t page = (pa - TABLES_PA) >> MEZZO_PAGE_SHIFT;

	if (pa < TABLES_PA || page >= model->tables.pages || !model->tables.page[page].used)
		return NULL;
	return &model->tables.page[page];
}

uint64_t *tables_entry(struct mezzo_model *model, uint64_t pa)
{
	return (uint64_t *)(void *)(model->tables.memory + (pa - TABLES_PA));
}

void tables_note(struct mezzo_model *model, uint64_t pa, uint64_t bits)
{
	struct tables *t = &model->tables;
	const uint32_t entry = (uint32_t)((pa - TABLES_PA) / sizeof(uint64_t));

	*tables_entry(model, pa) |= bits;
	t->seen[entry] |= bits;
	forget_late(t, entry, entry + 1);
	walk_all(model);
}

unsigned int mezzo_model_tables(const struct mezzo_model *model)
{
	unsigned int used = 0;

	for (unsigned int page = 0; page < model->tables.pages; page++)
		used += model->tables.page[page].used;
	return used;
}

static void remember(struct mezzo_model *model, uint32_t entry, uint64_t old)
{
	struct late *late = &model->tables.late[entry];

	if (late->count == 0)
		model->tables.touched[model->tables.touched_count++] = entry;
	/* However late: the oldest store has been seen by now. */
	if (late->count == LATE) {
		late->count--;
		memmove(late->old, late->old + 1, late->count * sizeof(late->old[0]));
		memmove(late->cpu, late->cpu + 1, late->count * sizeof(late->cpu[0]));
	}
	late->old[late->count] = old;
	late->cpu[late->count++] = (uint8_t)model->cpu;
}

static void look_at_page(struct mezzo_model *model, unsigned int page)
{
	struct tables *t = &model->tables;
	uint64_t *seen = t->seen + (size_t)page * ENTRIES;
	const uint64_t present = model->format->present;
	const uint64_t *memory = entries_of(t, page);

	if (memcmp(seen, memory, MEZZO_PAGE_BYTES) == 0)
		return;
	t->changed = true;
	for (unsigned int i = 0; i < ENTRIES; i++) {
		uint64_t old = seen[i], new = memory[i];

		if (old == new)
			continue;
		seen[i] = new;
		remember(model, page * ENTRIES + i, old);
		if (t->page[page].reachable && (old & present) && (new &present) &&
		    (old ^ new) & ~model->format->live)
			mezzo_model_fail(model, MEZZO_MODEL_LIVE_CHANGE,
					 "live entry changed from %#llx to %#llx",
					 (unsigned long long)old, (unsigned long long)new);
	}
}

void tables_look(struct mezzo_model *model)
{
	for (unsigned int page = 0; page < model->tables.pages; page++)
		if (model->tables.page[page].used)
			look_at_page(model, page);
	if (model->tables.changed && !model_failed(model))
		walk_all(model);
}

/* This CPU's last store is seen by all, so nothing older than it is any more. */
static bool drop_late(struct late *late, unsigned int cpu)
{
	unsigned int seen = late->count;
	uint8_t kept = 0;

	while (seen && late->cpu[seen - 1] != cpu)
		seen--;
	for (unsigned int i = seen; i < late->count; i++) {
		late->old[kept] = late->old[i];
		late->cpu[kept++] = late->cpu[i];
	}
	late->count = kept;
	return seen != 0;
}

void tables_barrier(struct mezzo_model *model)
{
	struct tables *t = &model->tables;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->touched_count; i++) {
		uint32_t entry = t->touched[i];

		if (drop_late(&t->late[entry], model->cpu))
			t->changed = true;
		if (t->late[entry].count)
			t->touched[kept++] = entry;
	}
	t->touched_count = kept;
	for (unsigned int page = 0; page < model->tables.pages; page++)
		if (t->page[page].fresh_cpu == model->cpu)
			t->page[page].fresh = false;
	if (t->changed && !model_failed(model))
		walk_all(model);
}

static void check_visible(struct mezzo_model *model, const struct late *late, uint64_t newest)
{
	for (unsigned int i = 0; i < late->count; i++) {
		uint64_t stored = i + 1u < late->count ? late->old[i + 1] : newest;

		if (late->cpu[i] == model->cpu &&
		    ((late->old[i] | stored) & model->format->present))
			mezzo_model_fail(model, MEZZO_MODEL_NO_PROGRESS,
					 "walkers may still see %#llx where %#llx was stored",
					 (unsigned long long)late->old[i],
					 (unsigned long long)stored);
	}
}

void mezzo_model_check_visible(struct mezzo_model *model)
{
	const struct tables *t = &model->tables;

	tables_look(model);
	for (uint32_t i = 0; i < t->touched_count; i++)
		check_visible(model, &t->late[t->touched[i]], t->seen[t->touched[i]]);
}

void mezzo_model_drain(struct mezzo_model *model)
{
	model->now++;
	tables_look(model);
	tables_barrier(model);
}

static bool readable(struct mezzo_model *model, uint64_t pa)
{
	const struct table_page *page = tables_page(model, pa);

	if (page && !page->fresh)
		return true;
	mezzo_model_fail(model, MEZZO_MODEL_TABLE_GARBAGE, "a walk reads %#llx, which is %s",
			 (unsigned long long)pa, page ? "not yet seen zeroed" : "no table");
	return false;
}

static unsigned int read_entry(const struct tables *t, uint64_t entry, unsigned int late,
			       uint64_t value[TABLE_VALUES])
{
	unsigned int count = 0;

	value[count++] = t->seen[entry];
	for (unsigned int i = 0; i < late; i++)
		value[count++] = t->late[entry].old[i];
	return count;
}

unsigned int tables_read(struct mezzo_model *model, uint64_t pa, uint64_t value[TABLE_VALUES])
{
	uint64_t entry = (pa - TABLES_PA) / sizeof(uint64_t);

	if (!readable(model, pa))
		return 0;
	return read_entry(&model->tables, entry, model->tables.late[entry].count, value);
}

unsigned int tables_read_own(struct mezzo_model *model, uint64_t pa, uint64_t value[TABLE_VALUES])
{
	uint64_t entry = (pa - TABLES_PA) / sizeof(uint64_t);
	const struct late *late;
	unsigned int count;

	if (!readable(model, pa))
		return 0;
	late = &model->tables.late[entry];
	count = late->count;
	while (count && late->cpu[count - 1] != model->cpu)
		count--;
	return read_entry(&model->tables, entry, count, value);
}
