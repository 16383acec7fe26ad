/* SPDX-License-Identifier: BSD-2-Clause */
#include "table/flush.h"

static uint64_t range_end(const struct mezzo_flush *flush, unsigned int index)
{
	return flush->range[index].ipa.addr + (flush->range[index].pages << MEZZO_PAGE_SHIFT);
}

/* Bytes between two ranges; 0 when they touch or overlap. */
static uint64_t gap(const struct mezzo_flush *flush, unsigned int index, uint64_t start,
		    uint64_t end)
{
	if (start > range_end(flush, index))
		return start - range_end(flush, index);
	if (flush->range[index].ipa.addr > end)
		return flush->range[index].ipa.addr - end;
	return 0;
}

/* Widen the range to cover [start, end) too, and whatever lies between. */
static void join(struct mezzo_flush *flush, unsigned int index, uint64_t start, uint64_t end,
		 uint8_t level)
{
	if (range_end(flush, index) > end)
		end = range_end(flush, index);
	if (flush->range[index].ipa.addr < start)
		start = flush->range[index].ipa.addr;
	if (flush->range[index].level != level)
		flush->range[index].level = MEZZO_LEVEL_ANY;
	flush->range[index].ipa.addr = start;
	flush->range[index].pages = (end - start) >> MEZZO_PAGE_SHIFT;
}

void mezzo_flush_insert(struct mezzo_flush *flush, uint64_t ipa, uint64_t pages, uint8_t level)
{
	const uint64_t end = ipa + (pages << MEZZO_PAGE_SHIFT);
	unsigned int nearest = 0;

	for (unsigned int i = 0; i < flush->ranges; i++) {
		if (gap(flush, i, ipa, end) < gap(flush, nearest, ipa, end))
			nearest = i;
	}
	if (flush->ranges && gap(flush, nearest, ipa, end) == 0) {
		join(flush, nearest, ipa, end, level);
	} else if (flush->ranges < MEZZO_FLUSH_RANGES) {
		flush->range[flush->ranges].ipa.addr = ipa;
		flush->range[flush->ranges].pages = pages;
		flush->range[flush->ranges].level = level;
		flush->ranges++;
	} else {
		flush->whole = true;
		join(flush, nearest, ipa, end, level);
	}
}

void mezzo_flush_normalise(struct mezzo_flush *flush)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		for (unsigned int j = i + 1u; j < flush->ranges; j++) {
			const uint64_t start = flush->range[j].ipa.addr;

			if (gap(flush, i, start, range_end(flush, j)))
				continue;
			join(flush, i, start, range_end(flush, j), flush->range[j].level);
			flush->range[j] = flush->range[--flush->ranges];
			/* What did not touch the range before may touch what it has become. */
			j = i;
		}
	}
}

/*
 * The entries of @level, or of the smallest leaves when that is not known, in steps of which a
 * range is invalidated one by one.
 */
static unsigned int step_order(const struct mezzo_table *table, unsigned int level)
{
	const unsigned int page = table->page_shift - MEZZO_PAGE_SHIFT;

	if (level == MEZZO_LEVEL_ANY)
		return page;
	return page + (table->page_shift - 3) * (3 - level);
}

static uint64_t steps(const struct mezzo_table *table, const struct mezzo_flush *flush,
		      unsigned int index, unsigned int level)
{
	const unsigned int order = table->platform->tlb_invalidate_range
					   ? MEZZO_FLUSH_STEP_SHIFT + step_order(table, 0)
					   : step_order(table, level);

	return (flush->range[index].pages + mezzo_order_pages(order) - 1) >> order;
}

/* The level of all leaves in the range, where that is known and nothing else is to be reached. */
static unsigned int known_level(const struct mezzo_flush *flush, unsigned int index, bool splitting)
{
	return flush->tables || splitting ? MEZZO_LEVEL_ANY : flush->range[index].level;
}

static void invalidate_range(const struct mezzo_table *table, const struct mezzo_flush *flush,
			     unsigned int index, unsigned int level)
{
	const struct mezzo_platform *platform = table->platform;
	const uint64_t stride = mezzo_order_pages(step_order(table, level));
	struct mezzo_ipa ipa = flush->range[index].ipa;
	uint64_t pages = flush->range[index].pages;

	if (platform->tlb_invalidate_range && pages > stride) {
		platform->tlb_invalidate_range(platform->ctx, table->vmid, ipa, pages,
					       table->hint | level);
		return;
	}
	while (pages) {
		platform->tlb_invalidate_entry(platform->ctx, table->vmid, ipa,
					       table->hint | level);
		ipa.addr += stride << MEZZO_PAGE_SHIFT;
		pages -= pages < stride ? pages : stride;
	}
}

void mezzo_flush_tlb(const struct mezzo_table *table, const struct mezzo_flush *flush)
{
	const struct mezzo_platform *platform = table->platform;
	const bool splitting = mezzo_is_splitting(table);
	uint64_t total = 0;

	for (unsigned int i = 0; i < flush->ranges; i++)
		total += steps(table, flush, i, known_level(flush, i, splitting));
	platform->barrier(platform->ctx, MEZZO_BARRIER_TABLES);
	if (flush->whole || total > MEZZO_FLUSH_STEPS_MAX || !platform->tlb_invalidate_entry) {
		platform->tlb_invalidate_space(platform->ctx, table->vmid);
	} else {
		for (unsigned int i = 0; i < flush->ranges; i++)
			invalidate_range(table, flush, i, known_level(flush, i, splitting));
		platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
		platform->tlb_invalidate_combined(platform->ctx, table->vmid);
	}
	platform->barrier(platform->ctx, MEZZO_BARRIER_COMPLETE);
}

void mezzo_flush_tlb_leaf(const struct mezzo_table *table, uint64_t ipa, int level)
{
	mezzo_flush_leaf(table, ipa, level);
}
