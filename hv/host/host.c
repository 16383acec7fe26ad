/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"

#include <libfdt.h>
#include <string.h>

struct cells {
	int address, size;
};

static uint64_t number(const fdt32_t *cell, int cells)
{
	uint64_t value = 0;

	while (cells-- > 0)
		value = value << 32 | fdt32_ld(cell++);
	return value;
}

/* Without cells of its own a parent has the root's: so boot loaders write /chosen. */
static struct cells cells_of(const void *fdt, int parent)
{
	if (!fdt_getprop(fdt, parent, "#address-cells", NULL))
		parent = 0;
	return (struct cells){fdt_address_cells(fdt, parent), fdt_size_cells(fdt, parent)};
}

/* Entry @index of "reg" of a node that hangs below the root or another node without "ranges". */
static bool read_reg(const void *fdt, int node, int index, struct hv_range *range)
{
	struct cells c = cells_of(fdt, fdt_parent_offset(fdt, node));
	int bytes;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &bytes);
	int entry = c.address + c.size;

	if (!reg || c.address < 0 || c.size < 0 || bytes < (index + 1) * entry * 4)
		return false;
	range->base = number(reg + index * entry, c.address);
	range->bytes = number(reg + index * entry + c.address, c.size);
	return true;
}

static uint32_t read_u32(const void *fdt, int node, const char *name, uint32_t missing)
{
	int bytes;
	const fdt32_t *value = fdt_getprop(fdt, node, name, &bytes);

	return value && bytes >= 4 ? fdt32_ld(value) : missing;
}

static const char *read_string(const void *fdt, int node, const char *name)
{
	int bytes;
	const char *value = node < 0 ? NULL : fdt_getprop(fdt, node, name, &bytes);

	return value && bytes > 0 && !value[bytes - 1] ? value : "";
}

/* Interrupt @index of a node, as INTID: the GIC's three cells are kind, number, flags. */
static hv_intid read_interrupt(const void *fdt, int node, int index)
{
	int bytes;
	const fdt32_t *cell = fdt_getprop(fdt, node, "interrupts", &bytes);

	if (!cell || bytes < (index + 1) * 12)
		return 0;
	cell += index * 3;
	return fdt32_ld(cell + 1) + (fdt32_ld(cell) ? 16 : 32);
}

static bool usable(const void *fdt, int node)
{
	const char *status = read_string(fdt, node, "status");

	return !*status || !strcmp(status, "okay") || !strcmp(status, "ok");
}

static bool is_compatible(const void *fdt, int node, const char *with)
{
	return !fdt_node_check_compatible(fdt, node, with);
}

static int find(const void *fdt, const char *with)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, with);

	while (node >= 0 && !usable(fdt, node))
		node = fdt_node_offset_by_compatible(fdt, node, with);
	return node;
}

static int reserve(struct hv_host *host, struct hv_range range)
{
	if (!range.bytes)
		return MEZZO_OK;
	if (host->reserveds == HV_HOST_RESERVED_MAX)
		return MEZZO_ERR_LIMIT;
	host->reserved[host->reserveds++] = range;
	return MEZZO_OK;
}

static int read_memory(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int node;

	fdt_for_each_subnode(node, fdt, 0)
	{
		struct hv_range range;

		if (strcmp(read_string(fdt, node, "device_type"), "memory") || !usable(fdt, node))
			continue;
		for (int i = 0; read_reg(fdt, node, i, &range); i++) {
			if (host->memories == HV_HOST_MEMORY_MAX)
				return MEZZO_ERR_LIMIT;
			host->memory[host->memories++] = range;
		}
	}
	return host->memories ? MEZZO_OK : MEZZO_ERR_INVALID;
}

static int read_reserved(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	int error = MEZZO_OK;
	int node;

	for (int i = 0; i < fdt_num_mem_rsv(fdt) && !error; i++) {
		struct hv_range range;

		if (!fdt_get_mem_rsv(fdt, i, &range.base, &range.bytes))
			error = reserve(host, range);
	}
	if (parent < 0)
		return error;
	fdt_for_each_subnode(node, fdt, parent)
	{
		struct hv_range range;

		for (int i = 0; !error && read_reg(fdt, node, i, &range); i++)
			error = reserve(host, range);
	}
	return error;
}

/* The boot CPU first; CPUs beyond what we can hold are left alone. */
static void read_cpus(struct hv_host *host, uint64_t boot_mpidr)
{
	const void *fdt = host->fdt;
	int parent = fdt_path_offset(fdt, "/cpus");
	int node;

	host->cpu[host->cpus++] = boot_mpidr;
	if (parent < 0)
		return;
	fdt_for_each_subnode(node, fdt, parent)
	{
		int bytes;
		const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &bytes);
		uint64_t mpidr;

		if (strcmp(read_string(fdt, node, "device_type"), "cpu") || !reg || bytes < 4 ||
		    !usable(fdt, node))
			continue;
		mpidr = number(reg, bytes >= 8 ? 2 : 1);
		if (mpidr != boot_mpidr && host->cpus < HV_CPUS_MAX)
			host->cpu[host->cpus++] = mpidr;
	}
}

static void read_gic(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int node = find(fdt, "arm,gic-v3");
	struct hv_host_gic *gic = &host->gic;
	int bytes;
	const fdt32_t *stride;
	uint32_t regions;

	if (node < 0 || !read_reg(fdt, node, 0, &gic->dist))
		return;
	regions = read_u32(fdt, node, "#redistributor-regions", 1);
	for (; gic->redists < regions && gic->redists < HV_HOST_REDISTS_MAX; gic->redists++)
		if (!read_reg(fdt, node, 1 + (int)gic->redists, &gic->redist[gic->redists]))
			break;
	stride = fdt_getprop(fdt, node, "redistributor-stride", &bytes);
	if (stride && bytes >= 8)
		gic->redist_stride = number(stride, 2);
	gic->maintenance = read_interrupt(fdt, node, 0);
	gic->version = 3;
}

static void read_timer(struct hv_host *host)
{
	int node = find(host->fdt, "arm,armv8-timer");

	/* In the order of the binding: secure, non-secure, virtual, hypervisor. */
	if (node < 0)
		return;
	host->timer.physical = read_interrupt(host->fdt, node, 1);
	host->timer.virtual = read_interrupt(host->fdt, node, 2);
	host->timer.hypervisor = read_interrupt(host->fdt, node, 3);
}

static void read_uart(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *path = read_string(fdt, chosen, "stdout-path");
	const char *options = strchr(path, ':');
	int node = fdt_path_offset_namelen(fdt, path,
					   options ? (int)(options - path) : (int)strlen(path));

	if (node < 0 || !is_compatible(fdt, node, "arm,pl011"))
		node = find(fdt, "arm,pl011");
	if (node < 0 || !read_reg(fdt, node, 0, &host->uart.regs))
		return;
	host->uart.intid = read_interrupt(fdt, node, 0);
}

/* "ranges" of a PCI host: three cells of PCI address, the parent's address, two cells of size. */
static void read_pci_windows(struct hv_host *host, int node)
{
	struct hv_host_pcie *pcie = &host->pcie;
	int parent_cells = fdt_address_cells(host->fdt, fdt_parent_offset(host->fdt, node));
	int entry = 3 + parent_cells + 2;
	int bytes;
	const fdt32_t *cell = fdt_getprop(host->fdt, node, "ranges", &bytes);

	if (!cell || parent_cells < 1)
		return;
	for (; bytes >= entry * 4; bytes -= entry * 4, cell += entry) {
		uint32_t space = fdt32_ld(cell) >> 24 & 3;
		struct hv_host_pci_window *window = &pcie->window[pcie->windows];

		if (space < 2 || pcie->windows == HV_HOST_PCI_WINDOWS_MAX)
			continue;
		window->pci = number(cell + 1, 2);
		window->cpu.base = number(cell + 3, parent_cells);
		window->cpu.bytes = number(cell + 3 + parent_cells, 2);
		window->wide = space == 3;
		pcie->windows++;
	}
}

static void read_pcie(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int node = find(fdt, "pci-host-ecam-generic");
	int bytes;
	const fdt32_t *buses;

	if (node < 0 || !read_reg(fdt, node, 0, &host->pcie.ecam))
		return;
	buses = fdt_getprop(fdt, node, "bus-range", &bytes);
	host->pcie.bus_last = 255;
	if (buses && bytes >= 8) {
		host->pcie.bus_first = (uint8_t)fdt32_ld(buses);
		host->pcie.bus_last = (uint8_t)fdt32_ld(buses + 1);
	}
	read_pci_windows(host, node);
}

static int read_modules(struct hv_host *host)
{
	const void *fdt = host->fdt;
	int chosen = fdt_path_offset(fdt, "/chosen");
	int node;

	if (chosen < 0)
		return MEZZO_OK;
	fdt_for_each_subnode(node, fdt, chosen)
	{
		struct hv_host_module *module = &host->module[host->modules];

		if (!is_compatible(fdt, node, "multiboot,module"))
			continue;
		if (host->modules == HV_HOST_MODULES_MAX)
			return MEZZO_ERR_LIMIT;
		if (!read_reg(fdt, node, 0, &module->at))
			continue;
		module->kind = is_compatible(fdt, node, "multiboot,kernel")    ? HV_MODULE_KERNEL
			       : is_compatible(fdt, node, "multiboot,ramdisk") ? HV_MODULE_RAMDISK
									       : HV_MODULE_OTHER;
		module->bootargs = read_string(fdt, node, "bootargs");
		host->modules++;
	}
	return MEZZO_OK;
}

int hv_host_read(struct hv_host *host, const void *fdt, uint64_t pa, uint64_t boot_mpidr)
{
	int psci, error;

	memset(host, 0, sizeof(*host));
	if (fdt_check_header(fdt))
		return MEZZO_ERR_INVALID;
	host->fdt = fdt;
	host->fdt_at = (struct hv_range){pa, fdt_totalsize(fdt)};
	host->bootargs = read_string(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs");
	psci = find(fdt, "arm,psci-0.2");
	psci = psci < 0 ? find(fdt, "arm,psci-1.0") : psci;
	host->psci = psci >= 0 && !strcmp(read_string(fdt, psci, "method"), "smc");
	host->guest_node = fdt_node_offset_by_compatible(fdt, -1, "mezzo,guest");
	read_cpus(host, boot_mpidr);
	read_gic(host);
	read_timer(host);
	read_uart(host);
	read_pcie(host);
	error = read_memory(host);
	error = error ? error : read_reserved(host);
	return error ? error : read_modules(host);
}

const char *hv_bootarg(const char *args, const char *word)
{
	size_t n = strlen(word);
	bool prefix = n && word[n - 1] == '=';

	for (const char *p = args; *p; p++) {
		if ((p != args && p[-1] != ' ') || strncmp(p, word, n))
			continue;
		if (prefix || !p[n] || p[n] == ' ')
			return p + n;
	}
	return NULL;
}
