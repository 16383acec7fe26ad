/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap.h"

#include "lock.h"
#include "map.h"

#include <string.h>

#define RANGES (HV_HOST_MEMORY_MAX + HV_HOST_RESERVED_MAX + HV_HOST_MODULES_MAX + 8)
#define BLOCK (UINT64_C(2) << 20)
#define TABLE_SIZES 5 /* 4, 8, 16, 32, 64 KiB */

static struct {
	struct hv_range range[RANGES];
	unsigned int count;
} frames;

static struct {
	uint64_t next, end;
	struct hv_lock lock;
	void *tables[TABLE_SIZES]; /* free ones; the first word links them */
} heap;

static int add(uint64_t start, uint64_t end)
{
	if (start >= end)
		return MEZZO_OK;
	if (frames.count == RANGES)
		return MEZZO_ERR_LIMIT;
	frames.range[frames.count++] = (struct hv_range){start, end - start};
	return MEZZO_OK;
}

/* Take [start, end) out of every range; what is left above it becomes a range of its own. */
static int take(uint64_t start, uint64_t end)
{
	int error = MEZZO_OK;

	start &= ~(MEZZO_PAGE_BYTES - 1);
	end = (end + MEZZO_PAGE_BYTES - 1) & ~(MEZZO_PAGE_BYTES - 1);
	for (unsigned int i = 0; i < frames.count && !error; i++) {
		struct hv_range *r = &frames.range[i];
		uint64_t r_end = r->base + r->bytes;

		if (start >= r_end || end <= r->base)
			continue;
		error = add(end, r_end);
		if (start > r->base)
			r->bytes = start - r->base;
		else
			r->bytes = 0;
	}
	return error;
}

static int take_range(struct hv_range range)
{
	return take(range.base, range.base + range.bytes);
}

int hv_frames_alloc(uint64_t bytes, uint64_t align, uint64_t *pa)
{
	for (unsigned int i = 0; i < frames.count; i++) {
		struct hv_range *r = &frames.range[i];
		uint64_t start = (r->base + align - 1) & ~(align - 1);

		if (start < r->base || start - r->base > r->bytes ||
		    r->bytes - (start - r->base) < bytes)
			continue;
		*pa = start;
		return take(start, start + bytes);
	}
	return MEZZO_ERR_NOMEM;
}

bool hv_frames_free(unsigned int index, struct hv_range *range)
{
	if (index >= frames.count)
		return false;
	*range = frames.range[index];
	return true;
}

static int find_free(const struct hv_host *host, struct hv_range image)
{
	int error = MEZZO_OK;

	for (unsigned int i = 0; i < host->memories && !error; i++) {
		const struct hv_range *r = &host->memory[i];

		error = add((r->base + MEZZO_PAGE_BYTES - 1) & ~(MEZZO_PAGE_BYTES - 1),
			    (r->base + r->bytes) & ~(MEZZO_PAGE_BYTES - 1));
	}
	for (unsigned int i = 0; i < host->reserveds && !error; i++)
		error = take_range(host->reserved[i]);
	for (unsigned int i = 0; i < host->modules && !error; i++)
		error = take_range(host->module[i].at);
	error = error ? error : take_range(host->fdt_at);
	return error ? error : take_range(image);
}

/*
 * Tables for 4 KiB pages are 1/512 of what they map, a pool's state 1/4096 of it; a 64th of all
 * memory leaves room for BARs as large as memory, and more.
 */
static uint64_t heap_bytes(const struct hv_host *host)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < host->memories; i++)
		total += host->memory[i].bytes;
	return ((total / 64 + BLOCK - 1) & ~(BLOCK - 1)) + 2 * BLOCK;
}

int hv_heap_init(const struct hv_host *host, struct hv_range image)
{
	uint64_t bytes = heap_bytes(host);
	uint64_t pa;
	int error = find_free(host, image);

	error = error ? error : hv_frames_alloc(bytes, BLOCK, &pa);
	error = error ? error : hv_map_memory(pa, bytes);
	if (error)
		return error;
	heap.next = pa;
	heap.end = pa + bytes;
	return MEZZO_OK;
}

static void *bump(size_t bytes, uint64_t align)
{
	uint64_t start = (heap.next + align - 1) & ~(align - 1);

	if (start > heap.end || heap.end - start < bytes)
		return NULL;
	heap.next = start + bytes;
	return (void *)(uintptr_t)start;
}

void *hv_heap_alloc(size_t bytes)
{
	void *memory;

	hv_lock_acquire(&heap.lock);
	memory = bump(bytes, bytes < MEZZO_PAGE_BYTES ? 64 : MEZZO_PAGE_BYTES);
	hv_lock_release(&heap.lock);
	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

static unsigned int table_class(size_t bytes)
{
	unsigned int class = 0;

	while (MEZZO_PAGE_BYTES << class < bytes)
		class ++;
	return class;
}

void *hv_table_alloc(size_t bytes)
{
	unsigned int class = table_class(bytes);
	void *table;

	if (class >= TABLE_SIZES)
		return NULL;
	hv_lock_acquire(&heap.lock);
	table = heap.tables[class];
	if (table)
		memcpy(&heap.tables[class], table, sizeof(void *));
	else
		table = bump(bytes, MEZZO_PAGE_BYTES << class);
	hv_lock_release(&heap.lock);
	if (table)
		memset(table, 0, bytes);
	return table;
}

void hv_table_free(void *table, size_t bytes)
{
	unsigned int class = table_class(bytes);

	hv_lock_acquire(&heap.lock);
	memcpy(table, &heap.tables[class], sizeof(void *));
	heap.tables[class] = table;
	hv_lock_release(&heap.lock);
}
