/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two CPUs, a reset in the middle of their work, and the same again: what the boot loader loaded is
 * there anew, what the guest wrote elsewhere still is, and nothing else of the first time.
 */
#include "guest.h"

#define MARK (GUEST_RAM + 0x2000000) /* RAM where nothing is loaded */
#define MAGIC 0x7e57ab1e
#define PSCI_CPU_OFF UINT64_C(0x84000002)
#define PSCI_AFFINITY_INFO UINT64_C(0xc4000004)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)
#define PSCI_OFF 1

void reset_stain(void);
uint64_t reset_stained(void);

static volatile uint32_t loaded = 12345;
static volatile uint32_t answer;

void guest_cpu_main(uint64_t cpu)
{
	answer = (uint32_t)(0x100 + cpu);
	__asm__ volatile("dsb sy" ::: "memory");
}

static bool other_cpu_works(void)
{
	answer = 0;
	if (guest_cpu_on(1))
		return false;
	while (!answer)
		;
	return answer == 0x101;
}

void guest_main(uint64_t fdt)
{
	bool second = guest_read32(MARK) == MAGIC;

	guest_ok(guest_read32(fdt) == 0xedfe0dd0, "x0 is a device tree");
	guest_ok(loaded == 12345, "what was loaded is as it was loaded");
	guest_ok(!reset_stained(), "registers are as after a reset");
	guest_ok(guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == PSCI_OFF, "the other CPU is off");
	guest_ok(other_cpu_works(), "it starts and works");
	if (second) {
		guest_ok(true, "what was written elsewhere is still there");
		guest_done();
		return;
	}
	loaded = 1;
	guest_write32(MARK, MAGIC);
	reset_stain();
	guest_print("resetting\n");
	guest_hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	guest_print("Bail out! still here\n");
}
