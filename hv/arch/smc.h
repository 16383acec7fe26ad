/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_SMC_H
#define HV_ARCH_SMC_H
/* Calls to the firmware below us. Source: SMC Calling Convention (DEN 0028), PSCI (DEN 0022). */
#include <stdint.h>

#define PSCI_CPU_OFF UINT64_C(0x84000002)
#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

/* By version 1.0 of the convention x0 to x17 may be lost. */
static inline int64_t hv_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	__asm__ volatile("smc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			   "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

#endif
