/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest as the boot loader described it: what it is given, and what stands in its RAM. */
#include "../devices.h"
#include "../monitor/monitor.h"
#include "../pci/pci.h"
#include "../platform.h"
#include "describe.h"
#include "fdt.h"
#include "image.h"
#include "machine.h"
#include "modules.h"

/* Kept for resets; see hv_guest_load(). */
static const struct hv_host *machine;

static int fail(int status, const struct hv_why *why)
{
	hv_print("mezzo: guest: %s\n", why->text);
	return status;
}

int hv_guest_config(const struct hv_host *host, struct hv_vm_config *config)
{
	struct hv_guest_description description;
	struct hv_guest_modules modules;
	struct hv_why why;
	int error = hv_guest_modules(host, &modules, &why);

	if (error == MEZZO_ERR_NOENT)
		return error;
	if (!error)
		error = hv_guest_describe(host->fdt, host->guest_node, &description, &why);
	if (!error && description.vcpus > host->cpus)
		error = hv_why(&why, "vcpus: %u are more than this machine's %u CPUs",
			       description.vcpus, host->cpus);
	if (error)
		return fail(error, &why);
	*config = (struct hv_vm_config){
		.vcpus = description.vcpus,
		.ram_ipa = HV_GUEST_RAM,
		.ram_bytes = description.ram_bytes,
		.mte = description.mte,
		.ram_order = description.ram_order,
		.unmap_call = description.unmap_call,
		.log_writes = description.log_writes,
		.vmid = 1,
	};
	return MEZZO_OK;
}

int hv_guest_build(struct vm *vm, const struct hv_host *host)
{
	struct hv_guest_description description;
	struct hv_why why;
	int error = hv_guest_describe(host->fdt, host->guest_node, &description, &why);

	machine = host;
	if (!error)
		error = hv_pci_create(vm, host, &description, &why);
	if (!error && hv_monitor_init(host)) {
		(void)hv_why(&why, "no memory for the report");
		error = MEZZO_ERR_NOMEM;
	}
	return error ? fail(error, &why) : MEZZO_OK;
}

static int parse_kernel(const struct hv_guest_modules *modules, struct hv_image *image,
			struct hv_why *why)
{
	uint8_t header[HV_IMAGE_HEADER_BYTES] = {0};
	uint64_t bytes = modules->kernel.bytes;

	hv_copy_from_pa(header, modules->kernel.base,
			bytes < sizeof(header) ? bytes : sizeof(header));
	return hv_image_parse(header, bytes, image, why);
}

/* Everything that can be wrong is found before the first byte is written. */
static int prepare(const struct vm *vm, const struct hv_guest_modules *modules, void *fdt,
		   struct hv_image *image, struct hv_layout *at, struct hv_why *why)
{
	uint64_t mpidr[HV_CPUS_MAX];
	struct hv_guest_machine guest = {
		.ram = vm->ram_ipa,
		.ram_bytes = vm->ram_bytes,
		.mpidr = mpidr,
		.vcpus = vm->vcpus,
		.pci = vm->pci,
		.bootargs = modules->bootargs,
		.initrd_bytes = modules->initrd.bytes,
	};
	int error = parse_kernel(modules, image, why);

	if (!error)
		error = hv_layout_place(vm->ram_ipa, vm->ram_bytes, image, modules->initrd.bytes,
					HV_GUEST_FDT_BYTES, at, why);
	if (error)
		return error;
	guest.initrd = at->initrd;
	for (uint32_t i = 0; i < vm->vcpus; i++)
		mpidr[i] = vm->vcpu[i].mpidr;
	return hv_guest_fdt(&guest, fdt, HV_GUEST_FDT_BYTES, why);
}

int hv_guest_load(struct vm *vm, struct hv_vcpu_start *start)
{
	static _Alignas(8) uint8_t fdt[HV_GUEST_FDT_BYTES];
	struct hv_guest_modules modules;
	struct hv_image image;
	struct hv_layout at;
	struct hv_why why;
	int error = hv_guest_modules(machine, &modules, &why);

	if (!error)
		error = prepare(vm, &modules, fdt, &image, &at, &why);
	if (error)
		return fail(error, &why);
	hv_print("mezzo: guest: %s of %lu bytes at %lx, initrd at %lx, device tree at %lx\n",
		 image.linux ? "Linux" : "flat binary", image.file_bytes, at.kernel, at.initrd,
		 at.fdt);
	hv_pci_reset(vm->pci);
	error = hv_vm_load(vm, at.kernel, modules.kernel.base, image.file_bytes);
	if (!error && at.initrd)
		error = hv_vm_load(vm, at.initrd, modules.initrd.base, modules.initrd.bytes);
	if (!error)
		error = hv_vm_write(vm, at.fdt, fdt, sizeof(fdt));
	*start = (struct hv_vcpu_start){.pc = at.kernel, .x0 = at.fdt};
	return error;
}
