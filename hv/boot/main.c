/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sysreg.h"
#include "boot.h"
#include "cpu.h"
#include "heap.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "map.h"

#include <mezzo/mezzo.h>

struct hv_cpu hv_cpus[HV_CPUS_MAX];
static struct hv_host host;

static void console_init(void)
{
	const struct hv_range *regs = &host.uart.regs;

	if (regs->bytes)
		hv_uart_init((volatile uint32_t *)hv_map_registers(regs->base, regs->bytes));
}

_Noreturn void hv_main(void)
{
	struct hv_range image = {hv_boot.image_pa, (uint64_t)(hv_image_end - hv_image)};
	int error;

	hv_map_init();
	hv_cpus[0].mpidr = hv_sysreg_read(mpidr_el1) & HV_MPIDR_AFFINITY;
	error = hv_host_read(&host, (const void *)(uintptr_t)hv_boot.fdt_pa, hv_boot.fdt_pa,
			     hv_cpus[0].mpidr);
	hv_exit_init(!error && hv_bootarg(host.bootargs, "exit=semihosting"), host.psci);
	console_init();
	hv_print("mezzo %s, image at %lx\n", MEZZO_VERSION, image.base);
	if (error)
		hv_panic("device tree: %s", mezzo_status_name(error));
	error = hv_heap_init(&host, image);
	if (error)
		hv_panic("heap: %s", mezzo_status_name(error));
	hv_print("cpus %u\n", host.cpus);
	hv_exit(0);
}

_Noreturn void hv_main_secondary(uint64_t index)
{
	hv_print("cpu %lu\n", index);
	for (;;)
		__asm__ volatile("wfi");
}
