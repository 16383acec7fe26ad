/* SPDX-License-Identifier: BSD-2-Clause */
/* From the boot loader's hands to a machine that works: memory, console, all CPUs. */
#include "arch/machine.h"
#include "arch/sysreg.h"
#include "boot.h"
#include "devices.h"
#include "heap.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "map.h"
#include "platform.h"

static void console_init(const struct hv_host *host)
{
	const struct hv_range *regs = &host->uart.regs;

	if (regs->bytes)
		hv_uart_init((volatile uint32_t *)hv_map_registers(regs->base, regs->bytes));
}

/* Console first, so that everything else can complain. */
static void find_machine(struct hv_host *host)
{
	struct hv_range image = {hv_boot.image_pa, (uintptr_t)hv_image_end - (uintptr_t)hv_image};
	const void *fdt = (const void *)(uintptr_t)hv_boot.fdt_pa;
	int error;

	hv_cpus[0].mpidr = hv_sysreg_read(mpidr_el1) & HV_MPIDR_AFFINITY;
	error = hv_host_read(host, fdt, hv_boot.fdt_pa, hv_cpus[0].mpidr);
	hv_exit_init(!error && hv_bootarg(host->bootargs, "exit=semihosting"), host->psci);
	console_init(host);
	hv_print("mezzo %s: image at %lx\n", MEZZO_VERSION, image.base);
	hv_check(error, "device tree");
	hv_check(hv_heap_init(host, image), "heap");
}

/* Returns the number of CPUs that run. */
static unsigned int start_cpus(const struct hv_host *host)
{
	const struct hv_id *id = hv_machine_id();
	struct mezzo_arm64_machine has;
	unsigned int cpus;

	hv_machine_join();
	hv_check(hv_gic_init(host), "interrupt controller");
	hv_check(hv_gic_cpu_init(), "interrupt controller");
	cpus = hv_cpus_start(host);
	hv_machine_freeze();
	has = hv_id_machine(id).arm64;
	hv_check(hv_platform_init(cpus, has.mte, hv_id_field(id, HV_ISAR0, 56) >= 2), "windows");
	hv_cpu_setup();
	hv_print("mezzo: %u cpus, %u-bit addresses, fwb %d idc %d dic %d mte %d xnx %d\n", cpus,
		 hv_id_pa_bits(id), has.fwb, has.idc, has.dic, has.mte, has.xnx);
	return cpus;
}

unsigned int hv_boot_machine(struct hv_host *host)
{
	hv_map_init();
	find_machine(host);
	return start_cpus(host);
}
