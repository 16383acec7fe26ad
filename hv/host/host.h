/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_HOST_HOST_H
#define HV_HOST_HOST_H
/*
 * The machine we run on, as its device tree describes it: read once at boot, on the boot CPU, with
 * the MMU on; read-only afterwards.
 */
#include "../limits.h"

#include <mezzo/status.h>
#include <mezzo/types.h>

#define HV_HOST_MEMORY_MAX 8
#define HV_HOST_RESERVED_MAX 32
#define HV_HOST_MODULES_MAX 8
#define HV_HOST_REDISTS_MAX 4
#define HV_HOST_PCI_WINDOWS_MAX 3

/* Physical addresses. */
struct hv_range {
	uint64_t base;
	uint64_t bytes;
};

/* An interrupt as the GIC numbers it (INTID): SGI 0-15, PPI 16-31, SPI from 32; 0: none. */
typedef uint32_t hv_intid;

struct hv_host_gic {
	uint32_t version; /* 3; 0: not found */
	struct hv_range dist;
	struct hv_range redist[HV_HOST_REDISTS_MAX];
	unsigned int redists;
	uint64_t redist_stride; /* bytes, or 0: by architecture */
	hv_intid maintenance;
};

struct hv_host_timer {
	hv_intid physical; /* EL1 non-secure physical */
	hv_intid virtual;
	hv_intid hypervisor; /* EL2 physical */
};

struct hv_host_uart {
	struct hv_range regs; /* an arm,pl011; bytes 0: none */
	hv_intid intid;
};

/* A window of CPU addresses onto a PCI bus ("ranges" of the host bridge). */
struct hv_host_pci_window {
	struct hv_range cpu;
	uint64_t pci; /* the bus address of its first byte */
	bool wide;    /* 64-bit space (code 3), else 32-bit (code 2) */
};

struct hv_host_pcie {
	struct hv_range ecam; /* bytes 0: no host bridge */
	uint8_t bus_first, bus_last;
	struct hv_host_pci_window window[HV_HOST_PCI_WINDOWS_MAX]; /* memory space only */
	unsigned int windows;
};

/* What the boot loader loaded for a guest: nodes "multiboot,module" under /chosen. */
enum hv_module_kind {
	HV_MODULE_KERNEL,
	HV_MODULE_RAMDISK,
	HV_MODULE_OTHER,
};

struct hv_host_module {
	enum hv_module_kind kind;
	struct hv_range at;   /* physical; EL2 does not map it: read it through a window */
	const char *bootargs; /* of the kernel; "" if none; points into the device tree */
};

struct hv_host {
	const void *fdt; /* mapped, read-only, for as long as we run */
	struct hv_range fdt_at;
	const char *bootargs; /* /chosen/bootargs: the hypervisor's own; "" if none */
	bool psci;            /* conduit is SMC; a PSCI that asks for HVC is of no use at EL2 */

	struct hv_range memory[HV_HOST_MEMORY_MAX];
	unsigned int memories;
	struct hv_range reserved[HV_HOST_RESERVED_MAX]; /* reserve map and /reserved-memory */
	unsigned int reserveds;

	uint64_t cpu[HV_CPUS_MAX]; /* MPIDR affinity values, the boot CPU's first */
	unsigned int cpus;

	struct hv_host_gic gic;
	struct hv_host_timer timer;
	struct hv_host_uart uart;
	struct hv_host_pcie pcie;

	struct hv_host_module module[HV_HOST_MODULES_MAX];
	unsigned int modules;
	int guest_node; /* offset of the node compatible "mezzo,guest" in @fdt, or negative */
};

/**
 * hv_host_read() - read a device tree
 * @host: out
 * @fdt: the tree, complete and readable; kept by reference
 * @pa: where it lies
 * @boot_mpidr: affinity of the CPU we run on
 *
 * INVALID: no device tree, or no memory in it; LIMIT: more of something than we can hold. What a
 * tree leaves out is left empty.
 */
MEZZO_MUST_CHECK int hv_host_read(struct hv_host *host, const void *fdt, uint64_t pa,
				  uint64_t boot_mpidr);

/*
 * Is @word one of the blank-separated words of @args? With a "=" at the end of @word: does a word
 * start so? Returns what follows @word (up to a blank or the end), or NULL.
 */
const char *hv_bootarg(const char *args, const char *word);

#endif
