/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_HEAP_H
#define HV_HEAP_H
/*
 * Memory. Frames are physical and not mapped: a guest's RAM is given out of them. The heap is the
 * part of them that EL2 maps for itself, in the order it is asked for; it is never returned, but
 * for table pages, which have a pool.
 */
#include "host/host.h"

#include <mezzo/types.h>

/**
 * hv_frames_alloc() - take a run of physical memory that nobody uses
 * @bytes, @align: powers of two not required for @bytes; both multiples of 4 KiB
 *
 * NOMEM. Boot CPU only. Modules, the device tree and reserved memory are never given out. The
 * content is whatever it was and is not mapped.
 */
MEZZO_MUST_CHECK int hv_frames_alloc(uint64_t bytes, uint64_t align, uint64_t *pa);

/* Zeroed memory, aligned to 64 bytes, for as long as we run; NULL: none left. Boot CPU only. */
void *hv_heap_alloc(size_t bytes);

/* Zeroed memory aligned to itself for page tables, 4 to 64 KiB; any CPU. */
void *hv_table_alloc(size_t bytes);
void hv_table_free(void *table, size_t bytes);

#endif
