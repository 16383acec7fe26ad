/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot.h"
#include "devices.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "selftest/selftest.h"

static struct hv_host host;

static _Noreturn void run_guest(unsigned int cpus)
{
	struct hv_vm_config config;
	struct mezzo_refusal why = {0};
	struct hv_vcpu_start start;
	struct vm *vm;
	int error;

	hv_check(hv_guest_config(&host, &config), "guest");
	if (config.vcpus > cpus)
		hv_panic("the guest asks for %u cpus, there are %u", config.vcpus, cpus);
	error = hv_vm_create(&vm, &config, &why);
	if (error == MEZZO_ERR_REFUSED)
		hv_panic("guest memory is refused: %s", mezzo_reason(why.reason)->name);
	hv_check(error, "guest memory");
	hv_check(hv_vgic_create(vm), "guest interrupts");
	hv_check(hv_console_create(vm, &host), "guest console");
	hv_check(hv_guest_build(vm, &host), "guest machine");
	hv_check(hv_guest_load(vm, &start), "guest images");
	hv_check(hv_vcpu_start(&vm->vcpu[0], &start), "guest start");
	for (uint32_t i = 1; i < vm->vcpus; i++)
		hv_cpu_serve(vm->vcpu[i].cpu, &vm->vcpu[i]);
	hv_vm_run(&vm->vcpu[0]);
}

_Noreturn void hv_main(void)
{
	const unsigned int cpus = hv_boot_machine(&host);

	if (hv_bootarg(host.bootargs, "selftest"))
		hv_exit(hv_selftest(host.bootargs));
	run_guest(cpus);
}
