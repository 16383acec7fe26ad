/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HARDWARE_H
#define TEST_HARDWARE_H
/*
 * What each operation of a space asks of the hardware that hardware pays for: TLB invalidations,
 * barriers, bytes of maintenance. On the hosted platform, which counts; so the same on every machine.
 * For a test that pins the counts, and for `make bench`, which prints them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A machine: whose tables, and what it has. */
enum hardware_machine {
	HARDWARE_ARM64_FWB_RANGE, /* FEAT_S2FWB, FEAT_TLBIRANGE; IDC and DIC */
	HARDWARE_ARM64_FWB,
	HARDWARE_ARM64_RANGE, /* neither FWB nor DIC */
	HARDWARE_ARM64,
	HARDWARE_EPT,
	HARDWARE_NPT,
	HARDWARE_MACHINES
};

struct hardware_counts {
	unsigned int entry, range; /* TLB invalidations of stage 2: of one leaf, of a range */
	unsigned int combined;     /* of stage 1 and combined entries of the VMID */
	unsigned int space;        /* of everything of it; x86: INVEPT, a new ASID */
	unsigned int dsb, isb;     /* barriers: of table stores or completion; of context */
	unsigned int icache;
	unsigned int cleaned_kib, zeroed_kib;
};

extern const char *const hardware_machine_name[HARDWARE_MACHINES];

/* Operations have numbers from 0; NULL behind the last. */
const char *hardware_operation_name(size_t operation);

/*
 * Do one, on a space of its own, and count. Tables are set aside before, as they usually are. False:
 * something on the way was refused.
 */
bool hardware_measure(enum hardware_machine machine, size_t operation,
		      struct hardware_counts *counts);

/* "entry 1 combined 1 dsb 3 ...": what is not 0, or "nothing". */
void hardware_print(const struct hardware_counts *counts, char *text, size_t bytes);

#endif
