/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdatomic.h>

#include <mezzo/status.h>

#include "table/marker.h"
#include "table/memory.h"

static size_t table_bytes(const struct mezzo_table *table)
{
	return (size_t)1 << table->page_shift;
}

/* The root stands: a claim needs a table for each level below it. */
static unsigned int stock_needed(const struct mezzo_table *table)
{
	return (unsigned int)(3 - table->start_level);
}

int mezzo_table_stock_fill(struct mezzo_table *table, struct mezzo_stock *stock)
{
	const struct mezzo_platform *platform = table->platform;
	const unsigned int needed = stock_needed(table);
	const unsigned int before = stock->count;

	stock->enough = needed;
	while (stock->count < needed) {
		void *entries = platform->table_alloc(platform->ctx, table_bytes(table));

		if (!entries)
			break;
		stock->table[stock->count++] = entries;
	}
	/* The zeroes must be visible before anything leads to them. */
	if (stock->count != before)
		platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	return stock->count < needed ? MEZZO_ERR_NOMEM : MEZZO_OK;
}

void mezzo_table_stock_drain(struct mezzo_table *table, struct mezzo_stock *stock)
{
	const struct mezzo_platform *platform = table->platform;

	while (stock->count)
		platform->table_free(platform->ctx, stock->table[--stock->count],
				     table_bytes(table));
}

/*
 * The link is an entry too, for a walker that is still inside: a dead one, whose address part is
 * the next table's.
 */
void mezzo_table_retire(struct mezzo_table *table, void *entries)
{
	_Atomic uint64_t *first = entries;
	uint64_t link = MARKER_DEAD;

	if (table->retired)
		link |= (uint64_t)(uintptr_t)table->retired - table->platform->table_offset;
	atomic_store_explicit(first, link ^ table->empty, memory_order_relaxed);
	table->retired = entries;
}

void mezzo_table_reclaim(struct mezzo_table *table)
{
	while (table->retired) {
		void *entries = table->retired;
		_Atomic uint64_t *first = entries;
		uint64_t link = (atomic_load_explicit(first, memory_order_relaxed) ^ table->empty) &
				~MARKER_MASK;

		table->retired =
			link ? (void *)(uintptr_t)(link + table->platform->table_offset) : NULL;
		mezzo_table_free(table, entries);
	}
}

void mezzo_table_free(struct mezzo_table *table, void *entries)
{
	const struct mezzo_platform *platform = table->platform;

	atomic_fetch_sub_explicit(&table->tables, 1, memory_order_relaxed);
	platform->table_free(platform->ctx, entries, table_bytes(table));
}
