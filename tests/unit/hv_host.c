/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/host/host.c */
/* What is read from a host's device tree, and what is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "hv/host/host.h"

#define PA UINT64_C(0x48000000)
#define BOOT_CPU UINT64_C(1)

static _Alignas(8) char tree[16384];

static void must(int result)
{
	assert_int_equal(result, 0);
}

static void begin(const char *name)
{
	must(fdt_begin_node(tree, name));
}

static void end(void)
{
	must(fdt_end_node(tree));
}

static void text(const char *name, const char *value)
{
	must(fdt_property_string(tree, name, value));
}

static void cells(const char *name, unsigned int count, const uint32_t *values)
{
	fdt32_t big[64];

	for (unsigned int i = 0; i < count; i++)
		big[i] = cpu_to_fdt32(values[i]);
	must(fdt_property(tree, name, big, (int)(count * 4)));
}

#define CELLS(name, ...)                                                                           \
	cells(name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

static void sizes(uint32_t address, uint32_t size)
{
	CELLS("#address-cells", address);
	CELLS("#size-cells", size);
}

static void open_tree(void)
{
	must(fdt_create(tree, sizeof(tree)));
	must(fdt_add_reservemap_entry(tree, 0x50000000, 0x1000));
	must(fdt_finish_reservemap(tree));
	begin("");
	sizes(2, 2);
}

static void close_tree(void)
{
	end();
	must(fdt_finish(tree));
}

static void memory(uint32_t base, uint32_t bytes)
{
	begin("memory@40000000");
	text("device_type", "memory");
	CELLS("reg", 0, base, 0, bytes);
	end();
}

static void cpu(const char *name, uint32_t mpidr, const char *status)
{
	begin(name);
	text("device_type", "cpu");
	CELLS("reg", mpidr);
	if (status)
		text("status", status);
	end();
}

static void cpus(void)
{
	begin("cpus");
	sizes(1, 0);
	cpu("cpu@0", 0, NULL);
	cpu("cpu@1", 1, "okay");
	cpu("cpu@2", 2, "disabled");
	cpu("cpu@100", 0x100, NULL);
	end();
}

static void devices(void)
{
	begin("intc@8000000");
	text("compatible", "arm,gic-v3");
	CELLS("reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0xf60000);
	CELLS("interrupts", 1, 9, 4);
	end();
	begin("timer");
	text("compatible", "arm,armv8-timer");
	CELLS("interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	end();
	begin("serial@1000");
	text("compatible", "arm,pl011");
	CELLS("reg", 0, 0x1000, 0, 0x1000);
	CELLS("interrupts", 0, 7, 4);
	end();
	begin("serial@9000000");
	text("compatible", "arm,pl011");
	CELLS("reg", 0, 0x9000000, 0, 0x1000);
	CELLS("interrupts", 0, 1, 4);
	end();
	begin("pcie@10000000");
	text("compatible", "pci-host-ecam-generic");
	CELLS("reg", 0x40, 0x10000000, 0, 0x10000000);
	CELLS("bus-range", 0, 15);
	CELLS("ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x2000000, 0, 0x10000000, 0,
	      0x20000000, 0, 0x2eff0000, 0x43000000, 0x80, 0, 0x90, 0, 0x10, 0);
	end();
	begin("psci");
	text("compatible", "arm,psci-0.2");
	text("method", "smc");
	end();
}

static void reserved(void)
{
	begin("reserved-memory");
	sizes(2, 2);
	begin("firmware@41000000");
	CELLS("reg", 0, 0x41000000, 0, 0x200000);
	end();
	end();
}

static void module(const char *name, const char *compatible, int bytes, uint32_t base)
{
	begin(name);
	must(fdt_property(tree, "compatible", compatible, bytes));
	CELLS("reg", 0, base, 0, 0x1234);
	if (base == 0x60000000)
		text("bootargs", "console=ttyAMA0 quiet");
	end();
}

#define MODULE(name, compatible, base) module(name, compatible, sizeof(compatible), base)

static void chosen(void)
{
	begin("chosen");
	sizes(2, 2);
	text("stdout-path", "/serial@9000000:115200");
	text("bootargs", "selftest plant=cached");
	MODULE("module@60000000", "multiboot,module\0multiboot,kernel", 0x60000000);
	MODULE("module@62000000", "multiboot,module\0multiboot,ramdisk", 0x62000000);
	MODULE("module@63000000", "multiboot,module", 0x63000000);
	begin("guest");
	text("compatible", "mezzo,guest");
	end();
	end();
}

static void whole_tree(void)
{
	open_tree();
	memory(0x40000000, 0x40000000);
	cpus();
	devices();
	reserved();
	chosen();
	close_tree();
}

static struct hv_host host;

static void read_whole(void)
{
	whole_tree();
	must(hv_host_read(&host, tree, PA, BOOT_CPU));
}

static void memory_and_what_is_reserved_of_it(void **state)
{
	(void)state;
	read_whole();
	assert_int_equal(host.memories, 1);
	assert_int_equal(host.memory[0].base, 0x40000000);
	assert_int_equal(host.memory[0].bytes, 0x40000000);
	assert_int_equal(host.reserveds, 2);
	assert_int_equal(host.reserved[0].base, 0x50000000);
	assert_int_equal(host.reserved[1].base, 0x41000000);
	assert_int_equal(host.reserved[1].bytes, 0x200000);
	assert_int_equal(host.fdt_at.base, PA);
	assert_int_equal(host.fdt_at.bytes, fdt_totalsize(tree));
}

static void the_boot_cpu_comes_first_and_disabled_ones_not_at_all(void **state)
{
	static const uint64_t want[] = {1, 0, 0x100};

	(void)state;
	read_whole();
	assert_int_equal(host.cpus, 3);
	assert_memory_equal(host.cpu, want, sizeof(want));
}

static void interrupts_are_numbered_as_the_gic_does(void **state)
{
	(void)state;
	read_whole();
	assert_int_equal(host.gic.version, 3);
	assert_int_equal(host.gic.dist.base, 0x8000000);
	assert_int_equal(host.gic.redists, 1);
	assert_int_equal(host.gic.redist[0].bytes, 0xf60000);
	assert_int_equal(host.gic.maintenance, 25);
	assert_int_equal(host.timer.physical, 30);
	assert_int_equal(host.timer.virtual, 27);
	assert_int_equal(host.timer.hypervisor, 26);
	assert_int_equal(host.uart.intid, 33);
}

static void the_console_is_what_chosen_says(void **state)
{
	(void)state;
	read_whole();
	assert_int_equal(host.uart.regs.base, 0x9000000);
	assert_true(host.psci);
	assert_string_equal(host.bootargs, "selftest plant=cached");
}

static void io_space_is_no_window(void **state)
{
	(void)state;
	read_whole();
	assert_int_equal(host.pcie.ecam.base, UINT64_C(0x4010000000));
	assert_int_equal(host.pcie.bus_last, 15);
	assert_int_equal(host.pcie.windows, 2);
	assert_false(host.pcie.window[0].wide);
	assert_int_equal(host.pcie.window[0].pci, 0x10000000);
	assert_int_equal(host.pcie.window[0].cpu.base, 0x20000000);
	assert_int_equal(host.pcie.window[0].cpu.bytes, 0x2eff0000);
	assert_true(host.pcie.window[1].wide);
	assert_int_equal(host.pcie.window[1].pci, UINT64_C(0x8000000000));
	assert_int_equal(host.pcie.window[1].cpu.base, UINT64_C(0x9000000000));
}

static void modules_have_a_kind_and_the_kernel_arguments(void **state)
{
	(void)state;
	read_whole();
	assert_int_equal(host.modules, 3);
	for (unsigned int i = 0; i < host.modules; i++) {
		const struct hv_host_module *m = &host.module[i];

		assert_int_equal(m->at.bytes, 0x1234);
		assert_int_equal(m->kind, m->at.base == 0x60000000   ? HV_MODULE_KERNEL
					  : m->at.base == 0x62000000 ? HV_MODULE_RAMDISK
								     : HV_MODULE_OTHER);
		assert_string_equal(m->bootargs,
				    m->at.base == 0x60000000 ? "console=ttyAMA0 quiet" : "");
	}
	assert_true(host.guest_node >= 0);
}

static void what_a_tree_leaves_out_is_empty(void **state)
{
	(void)state;
	open_tree();
	memory(0x40000000, 0x1000);
	close_tree();
	must(hv_host_read(&host, tree, PA, BOOT_CPU));
	assert_int_equal(host.cpus, 1);
	assert_int_equal(host.gic.version, 0);
	assert_int_equal(host.uart.regs.bytes, 0);
	assert_int_equal(host.pcie.ecam.bytes, 0);
	assert_int_equal(host.modules, 0);
	assert_false(host.psci);
	assert_string_equal(host.bootargs, "");
	assert_true(host.guest_node < 0);
}

static void no_tree_and_no_memory_are_refused(void **state)
{
	(void)state;
	memset(tree, 0, sizeof(tree));
	assert_int_equal(hv_host_read(&host, tree, PA, BOOT_CPU), MEZZO_ERR_INVALID);
	open_tree();
	close_tree();
	assert_int_equal(hv_host_read(&host, tree, PA, BOOT_CPU), MEZZO_ERR_INVALID);
}

/* Lengths that do not hold what is asked for: nothing is read beyond them. */
static void short_properties_are_passed_over(void **state)
{
	(void)state;
	open_tree();
	memory(0x40000000, 0x1000);
	begin("intc");
	text("compatible", "arm,gic-v3");
	CELLS("reg", 0, 0x8000000, 0);
	end();
	begin("timer");
	text("compatible", "arm,armv8-timer");
	CELLS("interrupts", 1, 13, 4, 1, 14);
	end();
	begin("pcie");
	text("compatible", "pci-host-ecam-generic");
	CELLS("reg", 0x40, 0x10000000, 0, 0x10000000);
	CELLS("bus-range", 0);
	CELLS("ranges", 0x2000000, 0, 0x10000000, 0, 0x20000000, 0);
	end();
	close_tree();
	must(hv_host_read(&host, tree, PA, BOOT_CPU));
	assert_int_equal(host.gic.version, 0);
	assert_int_equal(host.timer.physical, 0);
	assert_int_equal(host.pcie.windows, 0);
	assert_int_equal(host.pcie.bus_last, 255);
}

static void too_many_modules_are_an_error(void **state)
{
	(void)state;
	open_tree();
	memory(0x40000000, 0x1000);
	begin("chosen");
	sizes(2, 2);
	for (int i = 0; i <= HV_HOST_MODULES_MAX; i++) {
		char name[16] = "module@0";

		name[7] = (char)('a' + i);
		MODULE(name, "multiboot,module", 0x1000);
	}
	end();
	close_tree();
	assert_int_equal(hv_host_read(&host, tree, PA, BOOT_CPU), MEZZO_ERR_LIMIT);
}

static void boot_arguments_are_whole_words(void **state)
{
	const char *args = "selftest plant=cached exit=semihosting x=";

	(void)state;
	assert_non_null(hv_bootarg(args, "selftest"));
	assert_null(hv_bootarg(args, "self"));
	assert_null(hv_bootarg(args, "test"));
	assert_null(hv_bootarg(args, "plant"));
	assert_true(!strncmp(hv_bootarg(args, "plant="), "cached ", 7));
	assert_string_equal(hv_bootarg(args, "x="), "");
	assert_null(hv_bootarg(args, "ant="));
	assert_null(hv_bootarg("", "selftest"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_what_is_reserved_of_it),
		cmocka_unit_test(the_boot_cpu_comes_first_and_disabled_ones_not_at_all),
		cmocka_unit_test(interrupts_are_numbered_as_the_gic_does),
		cmocka_unit_test(the_console_is_what_chosen_says),
		cmocka_unit_test(io_space_is_no_window),
		cmocka_unit_test(modules_have_a_kind_and_the_kernel_arguments),
		cmocka_unit_test(what_a_tree_leaves_out_is_empty),
		cmocka_unit_test(no_tree_and_no_memory_are_refused),
		cmocka_unit_test(short_properties_are_passed_over),
		cmocka_unit_test(too_many_modules_are_an_error),
		cmocka_unit_test(boot_arguments_are_whole_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_host", tests, NULL, NULL);
}
