/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/guest/describe.c hv/guest/image.c hv/guest/fdt.c hv/guest/modules.c */
/* sources: hv/lib/format.c */
/* What a boot loader may say of a guest, where its images go, and the device tree it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>
#include <mezzo/decide.h>

#include "hv/guest/describe.h"
#include "hv/guest/fdt.h"
#include "hv/guest/image.h"
#include "hv/guest/machine.h"
#include "hv/guest/modules.h"

#define MiB (UINT64_C(1) << 20)

static struct hv_why why;

#define assert_says(words) assert_non_null(strstr(why.text, words))

/* --- mezzo,guest --------------------------------------------------------------------------- */

static char tree[8192];
static int guest;

static void new_tree(void)
{
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	guest = fdt_add_subnode(tree, 0, "guest");
	assert_true(guest > 0);
	assert_int_equal(fdt_setprop_string(tree, guest, "compatible", "mezzo,guest"), 0);
}

static int add_function(const char *name, uint32_t segment, uint32_t bus, uint32_t device,
			uint32_t function)
{
	const uint32_t address[4] = {cpu_to_fdt32(segment), cpu_to_fdt32(bus), cpu_to_fdt32(device),
				     cpu_to_fdt32(function)};
	int node = fdt_add_subnode(tree, guest, name);

	assert_true(node > 0);
	assert_int_equal(fdt_setprop_string(tree, node, "compatible", "mezzo,pci-function"), 0);
	assert_int_equal(fdt_setprop(tree, node, "address", address, 16), 0);
	return node;
}

static int describe(struct hv_guest_description *d)
{
	memset(&why, 0, sizeof(why));
	return hv_guest_describe(tree, guest, d, &why);
}

static void no_node_means_defaults(void **state)
{
	struct hv_guest_description d;

	(void)state;
	assert_int_equal(hv_guest_describe(tree, -FDT_ERR_NOTFOUND, &d, &why), MEZZO_OK);
	assert_true(d.ram_bytes == 512 * MiB && d.vcpus == 1 && !d.mte && !d.functions);
	new_tree();
	assert_int_equal(describe(&d), MEZZO_OK);
	assert_true(d.ram_bytes == 512 * MiB && d.vcpus == 1 && !d.mte && !d.functions);
}

static void a_description_is_read(void **state)
{
	struct hv_guest_description d;
	int node;

	(void)state;
	new_tree();
	fdt_setprop_u64(tree, guest, "memory", 6 * 1024 * MiB);
	fdt_setprop_u32(tree, guest, "vcpus", 4);
	fdt_setprop_empty(tree, guest, "mte");
	fdt_setprop_empty(tree, guest, "log-writes");
	node = add_function("function@1", 0, 3, 5, 7);
	fdt_setprop_string(tree, node, "bar0", "device");
	fdt_setprop_string(tree, node, "bar5", "exclusive");
	assert_int_equal(describe(&d), MEZZO_OK);
	assert_true(d.ram_bytes == 6 * 1024 * MiB && d.vcpus == 4 && d.mte && d.log_writes &&
		    !d.unmap_call);
	assert_int_equal(d.functions, 1);
	assert_int_equal(d.function[0].bdf, 3 << 8 | 5 << 3 | 7);
	assert_int_equal(d.function[0].preset[0], MEZZO_PRESET_DEVICE);
	assert_int_equal(d.function[0].preset[5], MEZZO_PRESET_EXCLUSIVE);
	for (int i = 1; i < 5; i++)
		assert_int_equal(d.function[0].preset[i], HV_GUEST_BAR_HIDDEN);
}

static void functions_are_in_order_of_address(void **state)
{
	const uint32_t device[] = {5, 1, 9, 3};
	struct hv_guest_description d;
	char name[16];

	(void)state;
	new_tree();
	for (uint32_t i = 0; i < 4; i++) {
		hv_format(name, sizeof(name), "function@%u", i);
		add_function(name, 0, 0, device[i], 0);
	}
	assert_int_equal(describe(&d), MEZZO_OK);
	assert_int_equal(d.functions, 4);
	for (unsigned int i = 1; i < 4; i++)
		assert_true(d.function[i - 1].bdf < d.function[i].bdf);
}

static void a_slip_is_an_error_that_names_it(void **state)
{
	struct hv_guest_description d;

	(void)state;
	new_tree();
	fdt_setprop_u64(tree, guest, "memory", 17 * MiB);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("memory");
	new_tree();
	fdt_setprop_u64(tree, guest, "memory", 14 * MiB);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	fdt_setprop_u64(tree, guest, "memory", UINT64_C(1) << 63);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	fdt_setprop_u32(tree, guest, "memory", 0x20000000);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("two cells");
	new_tree();
	fdt_setprop_u32(tree, guest, "vcpus", 0);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("vcpus");
	new_tree();
	fdt_setprop_u32(tree, guest, "vcpus", 9);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	fdt_setprop_u64(tree, guest, "vcpus", 1);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	fdt_setprop_empty(tree, guest, "guest-mte");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("guest-mte: no such property");
	new_tree();
	fdt_add_subnode(tree, guest, "disk");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("disk");
}

static void bad_functions_are_refused(void **state)
{
	struct hv_guest_description d;
	char name[16];
	int node;

	(void)state;
	new_tree();
	add_function("function@1", 1, 0, 1, 0);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("function@1: address");
	new_tree();
	add_function("function@1", 0, 0, 32, 0);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	add_function("function@1", 0, 256, 0, 0);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop_u32(tree, node, "address", 1);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_delprop(tree, node, "address");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("no address");
	new_tree();
	add_function("function@1", 0, 0, 1, 0);
	add_function("function@2", 0, 0, 1, 0);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("twice");
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop_string(tree, node, "bar2", "wc");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("bar2: \"wc\"");
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop(tree, node, "bar2", "device", 6); /* not terminated */
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop(tree, node, "bar2", "device\0cached", 14);
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop_string(tree, node, "bar6", "device");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("bar6: no such property");
	new_tree();
	for (uint32_t i = 0; i <= HV_GUEST_FUNCTIONS_MAX; i++) {
		hv_format(name, sizeof(name), "function@%u", i);
		add_function(name, 0, 0, i, 0);
	}
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("more than");
}

static void dma_is_refused_with_the_reason(void **state)
{
	struct hv_guest_description d;
	int node;

	(void)state;
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop_empty(tree, node, "dma");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("IOMMU");
	new_tree();
	node = add_function("function@1", 0, 0, 1, 0);
	fdt_setprop_empty(tree, node, "msi");
	assert_int_equal(describe(&d), MEZZO_ERR_INVALID);
	assert_says("IOMMU");
}

/* --- images -------------------------------------------------------------------------------- */

static uint8_t header[HV_IMAGE_HEADER_BYTES];

static void le64(unsigned int at, uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++)
		header[at + i] = (uint8_t)(value >> 8 * i);
}

static void linux_header(uint64_t text_offset, uint64_t image_size)
{
	memset(header, 0, sizeof(header));
	memcpy(header + 56, "ARM\x64", 4);
	le64(8, text_offset);
	le64(16, image_size);
}

static void linux_images_go_where_they_ask(void **state)
{
	struct hv_image image;
	struct hv_layout at;

	(void)state;
	linux_header(0, 0x24f0000);
	assert_int_equal(hv_image_parse(header, 37660608, &image, &why), MEZZO_OK);
	assert_true(image.linux && image.image_bytes == 0x24f0000 && image.file_bytes == 37660608);
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 512 * MiB, &image, 1000, 4096, &at, &why),
			 MEZZO_OK);
	assert_true(at.kernel == HV_GUEST_RAM);
	assert_true(at.initrd == HV_GUEST_RAM + 0x2600000);
	assert_true(at.fdt == HV_GUEST_RAM + 0x2800000);
	/* an old kernel's offset */
	linux_header(0x80000, 0x100000);
	assert_int_equal(hv_image_parse(header, 4096, &image, &why), MEZZO_OK);
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, 0, 4096, &at, &why),
			 MEZZO_OK);
	assert_true(at.kernel == HV_GUEST_RAM + 0x80000 && !at.initrd);
	assert_true(at.fdt == HV_GUEST_RAM + 2 * MiB);
	/* before 3.17: no size, and an offset that means nothing */
	linux_header(0x12345678, 0);
	assert_int_equal(hv_image_parse(header, 5 * MiB, &image, &why), MEZZO_OK);
	assert_true(image.text_offset == 0x80000 && image.image_bytes == 5 * MiB);
}

static void anything_else_is_entered_at_its_first_byte(void **state)
{
	struct hv_image image;
	struct hv_layout at;

	(void)state;
	memset(header, 0x5a, sizeof(header));
	assert_int_equal(hv_image_parse(header, 4, &image, &why), MEZZO_OK);
	assert_false(image.linux);
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, 5, 4096, &at, &why),
			 MEZZO_OK);
	assert_true(at.kernel == HV_GUEST_RAM + 0x80000);
	assert_true(at.initrd >= at.kernel + 4 + 14 * MiB);
	assert_true(at.fdt >= at.initrd + 5);
	/* the magic behind the end of a short file does not count */
	linux_header(0, 4096);
	assert_int_equal(hv_image_parse(header, 60, &image, &why), MEZZO_OK);
	assert_false(image.linux);
}

static void malformed_images_are_refused(void **state)
{
	struct hv_image image;
	struct hv_layout at;

	(void)state;
	assert_int_equal(hv_image_parse(header, 0, &image, &why), MEZZO_ERR_INVALID);
	assert_says("empty");
	linux_header(2 * MiB, 4096);
	assert_int_equal(hv_image_parse(header, 4096, &image, &why), MEZZO_ERR_INVALID);
	assert_says("text_offset 0x200000");
	linux_header(2, 4096);
	assert_int_equal(hv_image_parse(header, 4096, &image, &why), MEZZO_ERR_INVALID);
	linux_header(0, UINT64_MAX);
	assert_int_equal(hv_image_parse(header, 4096, &image, &why), MEZZO_OK);
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, 0, 4096, &at, &why),
			 MEZZO_ERR_INVALID);
	assert_says("kernel");
	linux_header(0, 30 * MiB);
	assert_int_equal(hv_image_parse(header, 4096, &image, &why), MEZZO_OK);
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, UINT64_MAX, 4096, &at,
					 &why),
			 MEZZO_ERR_INVALID);
	assert_says("initrd");
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, 34 * MiB, 4096, &at, &why),
			 MEZZO_ERR_INVALID);
	assert_says("together");
	assert_int_equal(hv_layout_place(HV_GUEST_RAM, 64 * MiB, &image, 32 * MiB, 4096, &at, &why),
			 MEZZO_OK);
}

/* --- device tree --------------------------------------------------------------------------- */

static char blob[HV_GUEST_FDT_BYTES];

static const uint64_t mpidr[8] = {0, 1, 2, 3, 0x100, 0x101, 0x102, 0x100000000};

static int make(uint32_t vcpus, bool pci, const char *bootargs)
{
	const struct hv_guest_machine machine = {
		.ram = HV_GUEST_RAM,
		.ram_bytes = 5 * 1024 * MiB,
		.mpidr = mpidr,
		.vcpus = vcpus,
		.pci = pci,
		.bootargs = bootargs,
		.initrd = 0x48000000,
		.initrd_bytes = 12345,
	};

	memset(blob, 0xff, sizeof(blob));
	return hv_guest_fdt(&machine, blob, sizeof(blob), &why);
}

static uint64_t cell64(const char *path, const char *name, int index)
{
	int bytes;
	const fdt32_t *cell = fdt_getprop(blob, fdt_path_offset(blob, path), name, &bytes);

	assert_non_null(cell);
	assert_true(bytes >= 4 * (index + 2));
	return (uint64_t)fdt32_ld(cell + index) << 32 | fdt32_ld(cell + index + 1);
}

static void the_tree_tells_the_machine(void **state)
{
	const char *const nodes[] = {
		"/psci",         "/timer",         "/apb-pclk",          "/pl011@9000000",
		"/intc@8000000", "/pcie@10000000", "/cpus/cpu@100000000"};

	(void)state;
	assert_int_equal(make(8, true, "console=ttyAMA0"), MEZZO_OK);
	assert_int_equal(fdt_check_full(blob, sizeof(blob)), 0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		assert_true(fdt_path_offset(blob, nodes[i]) > 0);
	assert_string_equal(fdt_getprop(blob, fdt_path_offset(blob, "/chosen"), "bootargs", NULL),
			    "console=ttyAMA0");
	assert_string_equal(fdt_getprop(blob, fdt_path_offset(blob, "/psci"), "method", NULL),
			    "hvc");
	assert_true(cell64("/memory@40000000", "reg", 0) == HV_GUEST_RAM);
	assert_true(cell64("/memory@40000000", "reg", 2) == 5 * 1024 * MiB);
	assert_true(cell64("/chosen", "linux,initrd-start", 0) == 0x48000000);
	assert_true(cell64("/chosen", "linux,initrd-end", 0) == 0x48000000 + 12345);
	assert_true(cell64("/intc@8000000", "reg", 0) == 0x08000000);
	assert_true(cell64("/intc@8000000", "reg", 4) == 0x080a0000);
	assert_true(cell64("/intc@8000000", "reg", 6) == 0x100000);
	assert_true(cell64("/pcie@10000000", "reg", 0) == UINT64_C(0x4010000000));
	assert_true(cell64("/pcie@10000000", "ranges", 1) == 0x10000000);
	assert_true(cell64("/pcie@10000000", "ranges", 8) == UINT64_C(0x8000000000));
	assert_true(cell64("/cpus/cpu@101", "reg", 0) == 0x101);
	assert_true(fdt_path_offset(blob, "/pl011@9000000") > 0);
}

static void what_is_not_there_is_not_told(void **state)
{
	(void)state;
	assert_int_equal(make(1, false, ""), MEZZO_OK);
	assert_true(fdt_path_offset(blob, "/pcie@10000000") < 0);
	assert_true(fdt_path_offset(blob, "/cpus/cpu@1") < 0);
	assert_true(fdt_path_offset(blob, "/cpus/cpu@0") > 0);
}

static void an_endless_command_line_is_refused(void **state)
{
	static char line[HV_GUEST_FDT_BYTES];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	assert_int_equal(make(1, true, line), MEZZO_ERR_INVALID);
	assert_says("FDT_ERR_NOSPACE");
	line[8192] = 0;
	assert_int_equal(make(8, true, line), MEZZO_OK);
}

/* --- modules ------------------------------------------------------------------------------- */

static struct hv_host host;

static void machine_with(unsigned int modules)
{
	const struct hv_host_module kernel = {HV_MODULE_KERNEL, {0x48200000, 0x100000}, "quiet"};
	const struct hv_host_module other = {HV_MODULE_OTHER, {0, 0}, ""};
	const struct hv_host_module ramdisk = {HV_MODULE_RAMDISK, {0x48400000, 0x1000}, ""};

	memset(&host, 0, sizeof(host));
	host.memory[0] = (struct hv_range){0x40000000, 0x20000000};
	host.memory[1] = (struct hv_range){0x80000000, 0x20000000};
	host.memories = 2;
	host.fdt_at = (struct hv_range){0x48000000, 0x10000};
	host.module[0] = kernel;
	host.module[1] = other;
	host.module[2] = ramdisk;
	host.modules = modules;
}

static int modules_of(struct hv_guest_modules *m)
{
	memset(&why, 0, sizeof(why));
	return hv_guest_modules(&host, m, &why);
}

static void modules_are_taken(void **state)
{
	struct hv_guest_modules m;

	(void)state;
	machine_with(0);
	assert_int_equal(modules_of(&m), MEZZO_ERR_NOENT);
	machine_with(1);
	assert_int_equal(modules_of(&m), MEZZO_OK);
	assert_true(m.kernel.base == 0x48200000 && m.initrd.bytes == 0);
	assert_string_equal(m.bootargs, "quiet");
	machine_with(3);
	host.module[2].at = (struct hv_range){0x9ffff000, 0x1000};
	assert_int_equal(modules_of(&m), MEZZO_OK);
	assert_true(m.initrd.base == 0x9ffff000 && m.initrd.bytes == 0x1000);
}

static void bad_modules_are_refused(void **state)
{
	const struct {
		struct hv_range at;
		const char *says;
	} bad[] = {
		{{0x48400000, 0}, "no range"},         {{0xfffffffffffff000, 0x2000}, "no range"},
		{{0x3ffff000, 0x2000}, "not RAM"},     {{0x5ffff000, 0x2000}, "not RAM"},
		{{0xa0000000, 0x1000}, "not RAM"},     {{0x40000000, 0x40000000}, "not RAM"},
		{{0x4800f000, 0x1000}, "device tree"}, {{0x482fffff, 1}, "overlaps the kernel"},
	};
	struct hv_guest_modules m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		machine_with(3);
		host.module[2].at = bad[i].at;
		assert_int_equal(modules_of(&m), MEZZO_ERR_INVALID);
		assert_says("initrd");
		assert_says(bad[i].says);
	}
	machine_with(3);
	host.module[2].kind = HV_MODULE_KERNEL;
	assert_int_equal(modules_of(&m), MEZZO_ERR_INVALID);
	assert_says("two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_node_means_defaults),
		cmocka_unit_test(a_description_is_read),
		cmocka_unit_test(functions_are_in_order_of_address),
		cmocka_unit_test(a_slip_is_an_error_that_names_it),
		cmocka_unit_test(bad_functions_are_refused),
		cmocka_unit_test(dma_is_refused_with_the_reason),
		cmocka_unit_test(linux_images_go_where_they_ask),
		cmocka_unit_test(anything_else_is_entered_at_its_first_byte),
		cmocka_unit_test(malformed_images_are_refused),
		cmocka_unit_test(modules_are_taken),
		cmocka_unit_test(bad_modules_are_refused),
		cmocka_unit_test(the_tree_tells_the_machine),
		cmocka_unit_test(what_is_not_there_is_not_told),
		cmocka_unit_test(an_endless_command_line_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
