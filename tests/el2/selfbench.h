/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_SELFBENCH_H
#define TESTS_EL2_SELFBENCH_H
/*
 * The engine measured where it runs, by boot argument "selfbench": ticks of each phase of a fault,
 * and what whole operations ask of the hardware. With an instruction count for a clock (QEMU's
 * -icount) ticks are instructions.
 *
 *	bench: phase NAME TICKS
 *	bench: counted NAME tlbi N combined N space N dsb N isb N cleaned BYTES zeroed BYTES
 *			    windows N icache N
 *
 * What a window itself costs is counted as one window: opening it takes a DSB and an ISB, closing
 * it two DSBs, an ISB and a TLBI for each of its entries.
 */

/* Boot CPU, no guest. Returns the exit status: 0 when everything could be done. */
int hv_selfbench(void);

#endif
