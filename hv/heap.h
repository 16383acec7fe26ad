/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_HEAP_H
#define HV_HEAP_H
/*
 * Memory. Frames are physical and not mapped: a guest's RAM is given out of them. The heap is the
 * part of them that EL2 maps for itself: what is taken from it is never returned, but for tables.
 */
#include "host/host.h"

/**
 * hv_heap_init() - find out what memory is free, and map the heap
 * @image: where the hypervisor lies
 *
 * Free is what the device tree calls memory, without what it reserves, the tree itself, the boot
 * loader's modules and @image. LIMIT, NOMEM.
 */
MEZZO_MUST_CHECK int hv_heap_init(const struct hv_host *host, struct hv_range image);

/**
 * hv_frames_alloc() - take a run of physical memory
 * @bytes, @align: multiples of 4 KiB; @align a power of two
 *
 * NOMEM. Boot CPU only. The content is whatever it was, and lines of it may be in a cache.
 */
MEZZO_MUST_CHECK int hv_frames_alloc(uint64_t bytes, uint64_t align, uint64_t *pa);

/* The @index-th run of physical memory that nobody was given; it may be empty. False: no more. */
bool hv_frames_free(unsigned int index, struct hv_range *range);

/* Zeroed memory, aligned to 64 bytes, or to 4 KiB from that size on; NULL: none. Boot CPU only. */
void *hv_heap_alloc(size_t bytes);

/* Zeroed memory for page tables, 4 to 64 KiB, aligned to itself; NULL: none. Any CPU. */
void *hv_table_alloc(size_t bytes);
void hv_table_free(void *table, size_t bytes);

#endif
