/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_MTE_H
#define TESTS_EL2_MTE_H
/*
 * Allocation tags switched on for a space that has slots already, by boot argument "mte": every slot
 * is checked again at once, a refusal changes nothing, and what is mapped afterwards has no tags of
 * anybody else's. The MMU is asked after each step (probe.h); tags are read and written through the
 * platform's windows. Needs a machine with tags.
 */
/* Boot CPU, no guest. Returns the exit status: 0 when all is so. */
int el2_mte(void);
#endif
