/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_COUNTING_H
#define TESTS_EL2_COUNTING_H
/* The platform of EL2, with every operation counted before it is done. */
#include <mezzo/platform.h>

struct hv_counts {
	uint64_t tlbi;     /* of entries and ranges of stage 2 */
	uint64_t combined; /* of stage 1 and combined entries of a VMID */
	uint64_t space;    /* of everything of a VMID */
	uint64_t dsb, isb;
	uint64_t windows;
	uint64_t cleaned_bytes, zeroed_bytes;
	uint64_t icache;
};

/*
 * Fill @platform: hv_platform, with what it is asked for added up in @into. The operations that are
 * not counted are its own; they ignore their context.
 */
void hv_counting_init(struct mezzo_platform *platform, struct hv_counts *into);

#endif
