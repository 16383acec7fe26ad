/* SPDX-License-Identifier: BSD-2-Clause */
#include "fdt.h"

#include "machine.h"

#include <libfdt.h>
#include <string.h>

#define PHANDLE_GIC 1
#define PHANDLE_CLOCK 2

#define SPI 0
#define PPI 1
#define LEVEL_HIGH 4

#define PCI_MEMORY_32 0x02000000
#define PCI_MEMORY_64 0x03000000

#define CELLS64(x) (uint32_t)((x) >> 32), (uint32_t)(x)

/*
 * Errors of libfdt's sequential writer stay: every later call fails too, so one look at the end is
 * enough.
 */
struct writer {
	void *fdt;
	int error;
};

static void note(struct writer *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void begin(struct writer *w, const char *name)
{
	note(w, fdt_begin_node(w->fdt, name));
}

static void end(struct writer *w)
{
	note(w, fdt_end_node(w->fdt));
}

static void bytes(struct writer *w, const char *name, const void *value, size_t size)
{
	note(w, fdt_property(w->fdt, name, value, (int)size));
}

static void text(struct writer *w, const char *name, const char *value)
{
	bytes(w, name, value, strlen(value) + 1);
}

static void cells(struct writer *w, const char *name, const uint32_t *value, unsigned int count)
{
	void *to;

	note(w, fdt_property_placeholder(w->fdt, name, (int)(4 * count), &to));
	for (unsigned int i = 0; i < count && !w->error; i++)
		fdt32_st((uint8_t *)to + 4 * i, value[i]);
}

#define CELLS(w, name, ...)                                                                        \
	cells(w, name, (const uint32_t[]){__VA_ARGS__},                                            \
	      sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void flag(struct writer *w, const char *name)
{
	bytes(w, name, NULL, 0);
}

static void write_chosen(struct writer *w, const struct hv_guest_machine *machine)
{
	begin(w, "chosen");
	text(w, "bootargs", machine->bootargs);
	text(w, "stdout-path", "/pl011@9000000");
	if (machine->initrd_bytes) {
		CELLS(w, "linux,initrd-start", CELLS64(machine->initrd));
		CELLS(w, "linux,initrd-end", CELLS64(machine->initrd + machine->initrd_bytes));
	}
	end(w);
}

static void write_cpus(struct writer *w, const struct hv_guest_machine *machine)
{
	begin(w, "cpus");
	CELLS(w, "#address-cells", 2);
	CELLS(w, "#size-cells", 0);
	for (uint32_t i = 0; i < machine->vcpus; i++) {
		char name[24];

		hv_format(name, sizeof(name), "cpu@%lx", (unsigned long)machine->mpidr[i]);
		begin(w, name);
		text(w, "device_type", "cpu");
		text(w, "compatible", "arm,armv8");
		CELLS(w, "reg", CELLS64(machine->mpidr[i]));
		text(w, "enable-method", "psci");
		end(w);
	}
	end(w);
	begin(w, "psci");
	bytes(w, "compatible", "arm,psci-1.0\0arm,psci-0.2", sizeof("arm,psci-1.0\0arm,psci-0.2"));
	text(w, "method", "hvc");
	end(w);
}

static void write_memory(struct writer *w, const struct hv_guest_machine *machine)
{
	char name[32];

	hv_format(name, sizeof(name), "memory@%lx", (unsigned long)machine->ram);
	begin(w, name);
	text(w, "device_type", "memory");
	CELLS(w, "reg", CELLS64(machine->ram), CELLS64(machine->ram_bytes));
	end(w);
}

static void write_gic(struct writer *w, const struct hv_guest_machine *machine)
{
	begin(w, "intc@8000000");
	text(w, "compatible", "arm,gic-v3");
	flag(w, "interrupt-controller");
	CELLS(w, "#interrupt-cells", 3);
	CELLS(w, "#redistributor-regions", 1);
	CELLS(w, "reg", CELLS64(HV_GUEST_GICD), CELLS64(HV_GUEST_GICD_BYTES),
	      CELLS64(HV_GUEST_GICR), CELLS64(HV_GUEST_GICR_BYTES * machine->vcpus));
	CELLS(w, "phandle", PHANDLE_GIC);
	end(w);
	begin(w, "timer");
	text(w, "compatible", "arm,armv8-timer");
	/* secure, non-secure, virtual, hypervisor: the first and last are not a guest's */
	CELLS(w, "interrupts", PPI, 13, LEVEL_HIGH, PPI, 14, LEVEL_HIGH, PPI, 11, LEVEL_HIGH, PPI,
	      10, LEVEL_HIGH);
	flag(w, "always-on");
	end(w);
}

static void write_uart(struct writer *w)
{
	begin(w, "apb-pclk");
	text(w, "compatible", "fixed-clock");
	CELLS(w, "#clock-cells", 0);
	CELLS(w, "clock-frequency", 24000000);
	text(w, "clock-output-names", "clk24mhz");
	CELLS(w, "phandle", PHANDLE_CLOCK);
	end(w);
	begin(w, "pl011@9000000");
	bytes(w, "compatible", "arm,pl011\0arm,primecell", sizeof("arm,pl011\0arm,primecell"));
	CELLS(w, "reg", CELLS64(HV_GUEST_UART), CELLS64(HV_GUEST_UART_BYTES));
	CELLS(w, "interrupts", SPI, HV_GUEST_UART_SPI, LEVEL_HIGH);
	CELLS(w, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
	bytes(w, "clock-names", "uartclk\0apb_pclk", sizeof("uartclk\0apb_pclk"));
	end(w);
}

/* One bus, no interrupts: the functions behind it have none. */
static void write_pci(struct writer *w)
{
	begin(w, "pcie@10000000");
	text(w, "compatible", "pci-host-ecam-generic");
	text(w, "device_type", "pci");
	CELLS(w, "#address-cells", 3);
	CELLS(w, "#size-cells", 2);
	CELLS(w, "linux,pci-domain", 0);
	CELLS(w, "bus-range", 0, 0);
	CELLS(w, "reg", CELLS64(HV_GUEST_ECAM), CELLS64(HV_GUEST_ECAM_BYTES));
	CELLS(w, "ranges", PCI_MEMORY_32, CELLS64(HV_GUEST_PCI_LOW), CELLS64(HV_GUEST_PCI_LOW),
	      CELLS64(HV_GUEST_PCI_LOW_BYTES), PCI_MEMORY_64, CELLS64(HV_GUEST_PCI_HIGH),
	      CELLS64(HV_GUEST_PCI_HIGH), CELLS64(HV_GUEST_PCI_HIGH_BYTES));
	end(w);
}

int hv_guest_fdt(const struct hv_guest_machine *machine, void *buffer, size_t size,
		 struct hv_why *why)
{
	struct writer w = {buffer, 0};

	note(&w, fdt_create(buffer, (int)size));
	note(&w, fdt_finish_reservemap(buffer));
	begin(&w, "");
	text(&w, "compatible", "linux,dummy-virt");
	text(&w, "model", "Mezzo guest");
	CELLS(&w, "#address-cells", 2);
	CELLS(&w, "#size-cells", 2);
	CELLS(&w, "interrupt-parent", PHANDLE_GIC);
	write_chosen(&w, machine);
	write_cpus(&w, machine);
	write_memory(&w, machine);
	write_gic(&w, machine);
	write_uart(&w);
	if (machine->pci)
		write_pci(&w);
	end(&w);
	note(&w, fdt_finish(buffer));
	if (w.error)
		return hv_why(why, "device tree: %s", fdt_strerror(w.error));
	return MEZZO_OK;
}
