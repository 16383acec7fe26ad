/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_BOOT_BOOT_H
#define HV_BOOT_BOOT_H
/*
 * From the boot loader to C, shared with assembler.
 */
#include "limits.h"

/*
 * A CPU's stacks, from low to high: guard, stack, guard, emergency stack. The guards are not
 * mapped; EL2's own exceptions are taken on the emergency stack, so that an overflow is reported.
 */
#define HV_STACK_GUARD_BYTES 0x1000
#define HV_STACK_BYTES 0x4000
#define HV_STACK_EMERGENCY_BYTES 0x1000
#define HV_STACKS_BYTES (2 * HV_STACK_GUARD_BYTES + HV_STACK_BYTES + HV_STACK_EMERGENCY_BYTES)
/* Of the tops, from the start of the CPU's stacks. */
#define HV_STACK_TOP (HV_STACK_GUARD_BYTES + HV_STACK_BYTES)
#define HV_STACK_EMERGENCY_TOP HV_STACKS_BYTES

/*
 * SCTLR_EL2 with HCR_EL2.E2H = 0: the RES1 bits of the first Armv8.0 revision (29, 28, 23, 22, 18,
 * 16, 11, 5, 4), and with the MMU on M, C, SA, I and WXN. Source: Arm ARM, SCTLR_EL2.
 */
#define HV_SCTLR_OFF 0x30c50830
#define HV_SCTLR_ON (HV_SCTLR_OFF | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The linker's. Taken with the MMU off, their addresses are physical. */
extern char hv_image[], hv_rodata[], hv_data[], hv_bss[], hv_bss_end[], hv_stacks[], hv_image_end[];

/*
 * What a CPU needs to turn its MMU on. Written by the boot CPU; a CPU that starts reads it with
 * its MMU off, so it is cleaned to the PoC.
 */
struct hv_boot {
	uint64_t ttbr; /* offsets are known to head.S */
	uint64_t tcr;
	uint64_t mair;
	uint64_t image_pa;
	uint64_t fdt_pa;
};
extern struct hv_boot hv_boot;

/* Build the first map, with the MMU off. Zero, or not: the CPU then stops. */
int hv_boot_map(uint64_t fdt_pa, uint64_t pa_range);

/*
 * Find memory and console, start every CPU, and agree on what all of them can do; fill @host. Returns
 * how many CPUs run. What is missing is said on the console, and the machine ends.
 */
struct hv_host;
unsigned int hv_boot_machine(struct hv_host *host);

/* C begins. The stack, TPIDR_EL2 and the vectors are set. */
_Noreturn void hv_main(void);
_Noreturn void hv_main_secondary(void);

/* Physical address at which PSCI CPU_ON starts a CPU; its argument is the CPU's index. */
extern char hv_secondary_entry[];
#endif

#endif
