/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/drivers.h"

#include <fnmatch.h>
#include <stdio.h>

static const struct driver drivers[] = {
	{"nvgrace-gpu-vfio-pci",
	 "BAR 4 (the GPU's memory) cacheable; BAR 2 write-combining; the rest as vfio-pci",
	 "drivers/vfio/pci/nvgrace-gpu/main.c, nvgrace_gpu_mmap()"},
	{"*vfio-pci",
	 "every BAR uncached; from Linux 6.9 on a guest may have it write-combining "
	 "(VM_ALLOW_ANY_UNCACHED)",
	 "drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_mmap(); commit a39d3a966a09"},
	{"vfio-platform", "uncached, no write-combining in any version",
	 "drivers/vfio/platform/vfio_platform_common.c, vfio_platform_mmap_mmio()"},
	{"vfio-amba", "uncached, no write-combining in any version",
	 "drivers/vfio/platform/vfio_platform_common.c, vfio_platform_mmap_mmio()"},
	{"vfio-fsl-mc", "uncached, no write-combining in any version",
	 "drivers/vfio/fsl-mc/vfio_fsl_mc.c, vfio_fsl_mc_mmap_mmio()"},
	{"vfio-cdx", "device memory, no write-combining in any version",
	 "drivers/vfio/cdx/main.c, vfio_cdx_mmap_mmio()"},
};
enum {
	NVGRACE,
	CORE,
};

const struct driver *driver_find(const char *name)
{
	char dashed[64];

	snprintf(dashed, sizeof(dashed), "%s", name);
	for (char *p = dashed; *p; p++)
		*p = *p == '_' ? '-' : *p;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (fnmatch(drivers[i].pattern, dashed, 0) == 0)
			return &drivers[i];
	return NULL;
}

void driver_maps(const struct driver *driver, unsigned int bar, bool nc, struct linux_facts *vma)
{
	bool nvgrace = driver == &drivers[NVGRACE];

	vma->pfnmap = true;
	vma->io = true;
	vma->mixedmap = false;
	vma->mte_allowed = false;
	vma->host_writable = true;
	vma->backing = LINUX_BACKING_NONE;
	vma->attr = LINUX_ATTR_DEVICE;
	vma->any_uncached = nc && (nvgrace || driver == &drivers[CORE]);
	if (nvgrace && bar == 4) {
		vma->attr = LINUX_ATTR_CACHED;
		vma->any_uncached = false;
	} else if (nvgrace && bar == 2) {
		vma->attr = LINUX_ATTR_WC;
	}
}
