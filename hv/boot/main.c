/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/machine.h"
#include "arch/sysreg.h"
#include "boot.h"
#include "devices.h"
#include "heap.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "map.h"
#include "platform.h"
#include "selftest/selfbench.h"
#include "selftest/selftest.h"

static struct hv_host host;

static void check(int error, const char *what)
{
	if (error)
		hv_panic("%s: %s", what, mezzo_status_name((enum mezzo_status)error));
}

static void console_init(void)
{
	const struct hv_range *regs = &host.uart.regs;

	if (regs->bytes)
		hv_uart_init((volatile uint32_t *)hv_map_registers(regs->base, regs->bytes));
}

/* Console first, so that everything else can complain. */
static void find_machine(void)
{
	struct hv_range image = {hv_boot.image_pa, (uintptr_t)hv_image_end - (uintptr_t)hv_image};
	const void *fdt = (const void *)(uintptr_t)hv_boot.fdt_pa;
	int error;

	hv_cpus[0].mpidr = hv_sysreg_read(mpidr_el1) & HV_MPIDR_AFFINITY;
	error = hv_host_read(&host, fdt, hv_boot.fdt_pa, hv_cpus[0].mpidr);
	hv_exit_init(!error && hv_bootarg(host.bootargs, "exit=semihosting"), host.psci);
	console_init();
	hv_print("mezzo %s: image at %lx\n", MEZZO_VERSION, image.base);
	check(error, "device tree");
	check(hv_heap_init(&host, image), "heap");
}

/* Returns the number of CPUs that run. */
static unsigned int start_cpus(void)
{
	const struct hv_id *id = hv_machine_id();
	struct mezzo_arm64_machine has;
	unsigned int cpus;

	hv_machine_join();
	check(hv_gic_init(&host), "interrupt controller");
	check(hv_gic_cpu_init(), "interrupt controller");
	cpus = hv_cpus_start(&host);
	hv_machine_freeze();
	has = hv_id_machine(id).arm64;
	check(hv_platform_init(cpus, has.mte, hv_id_field(id, HV_ISAR0, 56) >= 2), "windows");
	hv_cpu_setup();
	hv_print("mezzo: %u cpus, %u-bit addresses, fwb %d idc %d dic %d mte %d xnx %d\n", cpus,
		 hv_id_pa_bits(id), has.fwb, has.idc, has.dic, has.mte, has.xnx);
	return cpus;
}

static _Noreturn void run_guest(unsigned int cpus)
{
	struct hv_vm_config config;
	struct mezzo_refusal why = {0};
	struct hv_vcpu_start start;
	struct vm *vm;
	int error;

	check(hv_guest_config(&host, &config), "guest");
	if (config.vcpus > cpus)
		hv_panic("the guest asks for %u cpus, there are %u", config.vcpus, cpus);
	error = hv_vm_create(&vm, &config, &why);
	if (error == MEZZO_ERR_REFUSED)
		hv_panic("guest memory is refused: %s", mezzo_reason(why.reason)->name);
	check(error, "guest memory");
	check(hv_vgic_create(vm), "guest interrupts");
	check(hv_console_create(vm, &host), "guest console");
	check(hv_guest_build(vm, &host), "guest machine");
	check(hv_guest_load(vm, &start), "guest images");
	check(hv_vcpu_start(&vm->vcpu[0], &start), "guest start");
	for (uint32_t i = 1; i < vm->vcpus; i++)
		hv_cpu_serve(vm->vcpu[i].cpu, &vm->vcpu[i]);
	hv_vm_run(&vm->vcpu[0]);
}

_Noreturn void hv_main(void)
{
	unsigned int cpus;

	hv_map_init();
	find_machine();
	cpus = start_cpus();
	if (hv_bootarg(host.bootargs, "selftest"))
		hv_exit(hv_selftest(host.bootargs));
	if (hv_bootarg(host.bootargs, "selfbench"))
		hv_exit(hv_selfbench());
	run_guest(cpus);
}
