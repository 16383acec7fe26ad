/* SPDX-License-Identifier: BSD-2-Clause */
#include "modules.h"

#include <mezzo/status.h>

static bool overlap(const struct hv_range *a, const struct hv_range *b)
{
	return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

static bool inside(const struct hv_range *a, const struct hv_range *b)
{
	return a->base - b->base < b->bytes && b->bytes - (a->base - b->base) >= a->bytes;
}

static int check(const struct hv_host *host, const char *name, const struct hv_range *at,
		 struct hv_why *why)
{
	bool ram = false;

	if (!at->bytes || at->base + at->bytes < at->base)
		return hv_why(why, "%s: 0x%lx bytes at 0x%lx are no range", name,
			      (unsigned long)at->bytes, (unsigned long)at->base);
	for (unsigned int i = 0; i < host->memories; i++)
		ram |= inside(at, &host->memory[i]);
	if (!ram)
		return hv_why(why, "%s: 0x%lx bytes at 0x%lx are not RAM of this machine", name,
			      (unsigned long)at->bytes, (unsigned long)at->base);
	if (overlap(at, &host->fdt_at))
		return hv_why(why, "%s: at 0x%lx it overlaps the device tree", name,
			      (unsigned long)at->base);
	return MEZZO_OK;
}

int hv_guest_modules(const struct hv_host *host, struct hv_guest_modules *modules,
		     struct hv_why *why)
{
	*modules = (struct hv_guest_modules){.bootargs = ""};
	for (unsigned int i = 0; i < host->modules; i++) {
		const struct hv_host_module *module = &host->module[i];
		bool kernel = module->kind == HV_MODULE_KERNEL;
		const char *name = kernel ? "kernel" : "initrd";
		struct hv_range *at = kernel ? &modules->kernel : &modules->initrd;

		if (module->kind == HV_MODULE_OTHER)
			continue;
		if (at->bytes)
			return hv_why(why, "%s: there are two of them", name);
		if (check(host, name, &module->at, why))
			return MEZZO_ERR_INVALID;
		*at = module->at;
		if (kernel)
			modules->bootargs = module->bootargs;
	}
	if (!modules->kernel.bytes)
		return MEZZO_ERR_NOENT;
	if (modules->initrd.bytes && overlap(&modules->kernel, &modules->initrd))
		return hv_why(why, "initrd: at 0x%lx it overlaps the kernel",
			      (unsigned long)modules->initrd.base);
	return MEZZO_OK;
}
