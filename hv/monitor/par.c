/* SPDX-License-Identifier: BSD-2-Clause */
#include "par.h"

#define PAR_FAULT 1u
#define PAR_ATTR_SHIFT 56

#define ATTR_NC 0x4
#define ATTR_TAGGED_WB 0xf0

/* One half of a Normal attribute: 00xx and 10xx are Write-Through, 01xx and 11xx Write-Back. */
static enum mezzo_arm64_type half(unsigned int nibble)
{
	if (nibble == ATTR_NC)
		return MEZZO_ARM64_NC;
	return nibble & 4 ? MEZZO_ARM64_WB : MEZZO_ARM64_WT;
}

int hv_par_type(uint64_t par)
{
	unsigned int attr = (unsigned int)(par >> PAR_ATTR_SHIFT);
	unsigned int outer = attr >> 4, inner = attr & 0xf;

	if (par & PAR_FAULT)
		return -1;
	if (attr == ATTR_TAGGED_WB)
		return MEZZO_ARM64_WB;
	if (!outer)
		return attr & 3 ? -1 : (int)(MEZZO_ARM64_nGnRnE + attr / 4);
	if (!inner || half(outer) != half(inner))
		return -1;
	return (int)half(outer);
}
