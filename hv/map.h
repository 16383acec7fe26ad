/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MAP_H
#define HV_MAP_H
/*
 * EL2's own map: the image, the heap, the device tree and device registers; nothing else. Memory
 * of guests, RAM and BARs, is reached through the platform's windows only.
 *
 * Everything here is for the boot CPU, before the others start.
 */
#include <mezzo/platform.h>
#include <mezzo/types.h>

#include "table/stage1.h"

/* After the MMU is on: the tables are at their linked address from now on. */
void hv_map_init(void);

/**
 * hv_map_registers() - map device registers at their physical address
 *
 * Device-nGnRE, never executable, page aligned outward. Mapping the same range again is fine.
 * NULL: no table is left, or the range overlaps a mapping of another kind.
 */
volatile void *hv_map_registers(uint64_t pa, uint64_t bytes);

/* Map memory of our own at its physical address: write-back, never executable. As stage 1's map. */
MEZZO_MUST_CHECK int hv_map_memory(uint64_t pa, uint64_t bytes);

/* The entry behind a window's address: see mezzo_stage1_leaf_entry(). */
MEZZO_MUST_CHECK int hv_map_window(uint64_t va, unsigned int level,
				   struct mezzo_stage1_entry **entry);

/* The physical address of something in the image. */
uint64_t hv_image_pa(const void *va);

#endif
