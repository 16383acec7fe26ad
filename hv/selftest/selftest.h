/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_SELFTEST_SELFTEST_H
#define HV_SELFTEST_SELFTEST_H
/*
 * The hypervisor on trial, by boot argument "selftest": the engine maps every preset in a stage 2
 * of its own, and the MMU says what an access would really get. Prints TAP on the console.
 *
 * With "plant=PRESET" one wrong encoding is put where that preset is mapped, which must be found.
 * With "plant=fault" and "plant=overflow" EL2 itself fails, which must be reported.
 */
#include <stdbool.h>

/* Boot CPU, no guest. Returns the exit status: 0 when everything agrees. */
int hv_selftest(const char *bootargs);

/* The parts; each reports its own TAP lines (tap.h). */
void hv_selftest_map(void);
void hv_selftest_try(void);
void hv_selftest_windows(bool tags);
void hv_selftest_types(const char *plant);

#endif
