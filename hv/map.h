/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MAP_H
#define HV_MAP_H
/*
 * EL2's own map: the image, the heap, the device tree and device registers; nothing else. Memory
 * of guests, RAM and BARs, is reached through the platform's windows only.
 */
#include <mezzo/platform.h>
#include <mezzo/types.h>

/*
 * Map device registers Device-nGnRE, never executable, at their physical address. Page aligned
 * outward; mapping the same range again is OK. NULL: no memory, or the range overlaps a mapping
 * of another kind. Boot CPU only.
 */
volatile void *hv_map_registers(uint64_t pa, uint64_t bytes);

/* The engine's platform. Windows of one kind do not nest on a CPU. */
const struct mezzo_platform *hv_platform(void);

#endif
