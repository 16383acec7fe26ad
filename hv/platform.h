/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PLATFORM_H
#define HV_PLATFORM_H
/*
 * The engine's platform at EL2: the machine's own instructions, tables from the heap, and windows.
 *
 * Windows. Each CPU has one of each kind, at an address of its own, for up to 2 MiB. Opening one
 * writes the entries that the frames need and no others: what lies beside a frame is never mapped,
 * so it can't be read ahead either.
 */
#include <mezzo/platform.h>

#include "cpu.h"

/* The engine's operations; valid after hv_platform_init(). */
extern struct mezzo_platform hv_platform;

/*
 * Make the windows of @cpus CPUs and look at what the CPU can do. @tags: FEAT_MTE2 with storage,
 * on all of them. NOMEM. Boot CPU, before any window is opened.
 */
MEZZO_MUST_CHECK int hv_platform_init(unsigned int cpus, bool tags, bool tlb_range);

/* What each CPU sets for windows: access to allocation tags. After hv_machine_join(). */
void hv_cpu_setup(void);

/*
 * Copies through windows, for images and probes: any length and alignment; bounded pieces.
 * Uncached on the side of @pa: whoever may have lines of it has cleaned them.
 */
void hv_copy_to_pa(uint64_t pa, const void *from, size_t bytes);
void hv_copy_from_pa(void *to, uint64_t pa, size_t bytes);
/* Zero whole pages, through the same uncached window. */
void hv_zero_pa(uint64_t pa, uint64_t bytes);
/* Write lines of [pa, pa + bytes) back to memory and forget them. */
void hv_clean_pa(uint64_t pa, uint64_t bytes);

#endif
