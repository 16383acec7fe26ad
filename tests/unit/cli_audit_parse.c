/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/audit/arena.c cli/audit/smaps.c cli/audit/pci.c cli/audit/stage2.c cli/audit/x86_ranges.c cli/audit/guests.c cli/audit/facts.c cli/audit/facts_memory.c cli/audit/facts_x86.c cli/audit/root.c cli/audit/tar.c cli/audit/live.c cli/audit/live_answers.c cli/audit/live_kvm.c cli/audit/live_log.c cli/audit/live_process.c cli/linux/release.c */
/* Texts of the kernel, as they were captured, and as they might be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "cli/audit/guests.h"
#include "cli/audit/pci.h"
#include "cli/audit/stage2.h"
#include "cli/audit/x86_ranges.h"

static struct arena arena;

static int forget(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* --- smaps ------------------------------------------------------------------------------------ */

static const char vfio_6_12[] =
	"ffff9f000000-ffff9f400000 rw-s 20000000000 00:0d 53                      "
	"anon_inode:[vfio-device]\n"
	"Size:               4096 kB\n"
	"KernelPageSize:        4 kB\n"
	"Rss:                   0 kB\n"
	"VmFlags: rd wr sh mr mw me ms pf io de dd ?? \n";

static void vfio_area_with_the_flag_that_has_no_name(void **state)
{
	struct areas areas;

	(void)state;
	smaps_parse(&arena, vfio_6_12, &areas);
	assert_int_equal(areas.count, 1);
	assert_int_equal(areas.area[0].start, 0xffff9f000000);
	assert_int_equal(areas.area[0].end, 0xffff9f400000);
	assert_int_equal(areas.area[0].offset, 0x20000000000);
	assert_int_equal(areas.area[0].kind, AREA_VFIO);
	assert_true(areas.area[0].shared && areas.area[0].write && !areas.area[0].exec);
	assert_int_equal(areas.area[0].flags, AREA_FLAG_IO | AREA_FLAG_PFNMAP |
						      AREA_FLAG_ANY_UNCACHED | AREA_FLAG_SHARED |
						      AREA_FLAG_WRITE);
	assert_int_equal(areas.area[0].kernel_page_bytes, 4096);
}

static void huge_pages_of_every_kind_are_counted(void **state)
{
	struct areas areas;

	(void)state;
	smaps_parse(
		&arena,
		"1000-2000 rw-p 00000000 00:00 0 \nRss: 10 kB\nAnonHugePages: 2048 kB\n"
		"VmFlags: rd wr hg lo\n"
		"2000-3000 rw-s 00000000 00:01 7 /memfd:ram (deleted)\nShmemPmdMapped: 4096 kB\n"
		"VmFlags: rd wr sh\n"
		"3000-4000 rw-s 00000000 00:01 7 /mnt/huge/ram\nShared_Hugetlb: 6144 kB\n"
		"KernelPageSize: 2048 kB\nVmFlags: rd wr sh ht\n",
		&areas);
	assert_int_equal(areas.count, 3);
	assert_int_equal(areas.area[0].kind, AREA_ANONYMOUS);
	assert_int_equal(areas.area[0].huge_kib, 2048);
	assert_true(areas.area[0].flags & AREA_FLAG_LOCKED);
	assert_int_equal(areas.area[1].kind, AREA_SHMEM);
	assert_int_equal(areas.area[1].huge_kib, 4096);
	assert_int_equal(areas.area[2].kind, AREA_HUGETLB);
	assert_int_equal(areas.area[2].huge_kib, 6144);
	assert_int_equal(areas.area[2].kernel_page_bytes, 2 << 20);
}

static void what_is_no_area_is_passed_over(void **state)
{
	struct areas areas;

	(void)state;
	smaps_parse(&arena, "", &areas);
	assert_int_equal(areas.count, 0);
	smaps_parse(&arena, "VmFlags: rd\nRss: 1 kB\nnonsense\n10-\n10-20\n20-10 rw-p 0 0 0\n",
		    &areas);
	assert_int_equal(areas.count, 0);
	smaps_parse(&arena, "10-20 rw-p 0 00:00 0", &areas);
	assert_int_equal(areas.count, 1);
	assert_false(areas.area[0].has_flags);
}

static void names_of_files_are_reduced(void **state)
{
	static const char *const pair[][2] = {
		{"/home/joe/disk.qcow2", "file"},
		{"/memfd:guest-of-joe (deleted)", "/memfd:"},
		{"/dev/shm/joe", "/dev/shm/"},
		{"/dev/hugepages/joe", "/dev/hugepages"},
		{"/dmabuf:joe", "/dmabuf:"},
		{"/SYSV12345678 (deleted)", "/SYSV"},
		{"[stack]", "[stack]"},
		{"/dev/dri/renderD128", "/dev/dri/renderD128"},
		{"anon_inode:[vfio-device]", "anon_inode:[vfio-device]"},
		{"/sys/devices/pci0000:00/0000:00:03.0/resource2_wc",
		 "/sys/devices/pci0000:00/0000:00:03.0/resource2_wc"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		smaps_reduce_path(text, sizeof(text), pair[i][0]);
		assert_string_equal(text, pair[i][1]);
		/* What is reduced stays what it is. */
		assert_int_equal(area_kind_of(text, true), area_kind_of(pair[i][0], true));
	}
}

/* --- PCI -------------------------------------------------------------------------------------- */

static void bars_by_their_flags(void **state)
{
	struct bar bar[PCI_BARS];

	(void)state;
	pci_resource_parse("0x0000000010044000 0x00000000100440ff 0x0000000000040200\n"
			   "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
			   "0x0000008000000000 0x00000080003fffff 0x000000000014220c\n"
			   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
			   "0x0000000000000000 0xffffffffffffffff 0x0000000000140204\n",
			   bar);
	assert_true(bar[0].present && !bar[0].prefetchable && !bar[0].wide);
	assert_int_equal(bar[0].bytes, 256);
	assert_false(bar[1].present); /* I/O ports */
	assert_true(bar[2].present && bar[2].prefetchable && bar[2].wide);
	assert_int_equal(bar[2].start, 0x8000000000);
	assert_int_equal(bar[2].bytes, 4 << 20);
	assert_false(bar[3].present || bar[4].present || bar[5].present);
}

static void command_of_a_head_that_is_there(void **state)
{
	unsigned int command = 0;

	(void)state;
	assert_true(pci_command_parse("\xf4\x1a\x10\x11\x06\x04", 6, &command));
	assert_int_equal(command, 0x406);
	assert_false(pci_command_parse("\xf4\x1a\x10\x11\x06", 5, &command));
	assert_false(pci_command_parse("\xff\xff\xff\xff\xff\xff", 6, &command));
}

static void most_exact_alias_names_the_driver(void **state)
{
	static const char aliases[] =
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		"alias vfio_pci:v000010DEd00002345sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci\n"
		"alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* mlx5_vfio_pci\n";
	struct device gpu = {.vendor = 0x10de, .id = 0x2345};
	struct device nic = {.vendor = 0x15b3, .id = 0x101e};
	struct device other = {.vendor = 0x8086, .id = 0x1234};

	(void)state;
	assert_string_equal(pci_vfio_module(&arena, aliases, &gpu), "nvgrace_gpu_vfio_pci");
	assert_string_equal(pci_vfio_module(&arena, aliases, &nic), "mlx5_vfio_pci");
	assert_string_equal(pci_vfio_module(&arena, aliases, &other), "vfio_pci");
	assert_null(pci_vfio_module(&arena, "alias pci:v*d* something\n", &other));
	assert_null(pci_vfio_module(&arena, NULL, &other));
}

/* --- stage 2, MTRRs, PAT ---------------------------------------------------------------------- */

static void stage2_lines_of_both_forms(void **state)
{
	struct stage2_range *r;
	unsigned int count;

	(void)state;
	r = stage2_parse(
		&arena,
		"---[ Guest IPA ]---\n"
		"0x0000000000000000-0x0000000008000000         128M 2 F   \n"
		"0x0000000040000000-0x0000000040200000           2M 2   R W px ux AF BLK\n"
		"0x0000000080000000-0x0000000080004000          16K 3   R W PXNUXN AF    \n"
		"0x0000000090000000-0x0000000090001000           4K 3   NX R   AF    \n"
		"---[ end ]---\n",
		&count);
	assert_int_equal(count, 3);
	assert_int_equal(r[0].start, 0x40000000);
	assert_int_equal(r[0].level, 2);
	assert_true(r[0].read && r[0].write && r[0].exec);
	assert_int_equal(r[1].end - r[1].start, 16384);
	assert_true(r[1].write && !r[1].exec);
	assert_true(r[2].read && !r[2].write && !r[2].exec);
	assert_int_equal(stage2_leaf_bytes(3, 4096), 4096);
	assert_int_equal(stage2_leaf_bytes(2, 4096), 2 << 20);
	assert_int_equal(stage2_leaf_bytes(1, 4096), 1 << 30);
	assert_int_equal(stage2_leaf_bytes(2, 16384), 32 << 20);
	assert_int_equal(stage2_leaf_bytes(2, 65536), 512 << 20);
	assert_int_equal(stage2_leaf_bytes(4, 4096), 0);
	assert_int_equal(stage2_leaf_bytes(3, 0), 0);
}

static void mtrrs_and_pat_ranges(void **state)
{
	unsigned int count;
	struct mtrr *m =
		mtrr_parse(&arena,
			   "reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable\n"
			   "reg01: base=0x000000000 (    0MB), size=  512KB, count=1: write-back\n"
			   "nonsense\nreg02: base=0x0 (0MB), size=0MB, count=1: write-back\n",
			   &count);
	struct pat_range *p;

	(void)state;
	assert_int_equal(count, 2);
	assert_int_equal(m[0].base, 0xc0000000);
	assert_int_equal(m[0].bytes, 1 << 30);
	assert_string_equal(m[0].type, "uncachable");
	assert_int_equal(m[1].bytes, 512 << 10);
	p = pat_parse(&arena,
		      "PAT memtype list:\n"
		      "PAT: [mem 0x00000000fd000000-0x00000000fe000000] write-combining\n"
		      "PAT: [mem 0x2-0x1] uncached\n",
		      &count);
	assert_int_equal(count, 1);
	assert_int_equal(p[0].start, 0xfd000000);
	assert_string_equal(p[0].type, "write-combining");
}

/* --- processes, releases ---------------------------------------------------------------------- */

static void processes_and_their_descriptors(void **state)
{
	struct processes all;

	(void)state;
	processes_parse(
		&arena,
		"view hidden\nfd 1 3 /dev/kvm\n"
		"process 12 qemu-system-aar\n"
		"fd 12 9 anon_inode:kvm-vm\nfd 12 10 anon_inode:kvm-vcpu:0\n"
		"fd 12 11 anon_inode:kvm-vcpu:1\nfd 12 12 /dev/vfio/7\nfd 12 13 /dev/vfio/7\n"
		"fd 12 14 /dev/vfio/vfio\nfd 12 15 anon_inode:[vfio-device]\n"
		"device 12 15 /sys/devices/pci0000:00/0000:00:01.0\nfd 99 1 /dev/iommu\n"
		"process 13 -\nfd 13 4 anon_inode:kvm-vm\nfd 13 5 /dev/iommu\n"
		"fd 13 6 anon_inode:[kvm-gmem]\ndenied 4\n",
		&all);
	assert_string_equal(all.view, "hidden");
	assert_int_equal(all.denied, 4);
	assert_int_equal(all.guests, 2);
	assert_int_equal(all.guest[0].pid, 12);
	assert_string_equal(all.guest[0].name, "qemu-system-aar");
	assert_int_equal(all.guest[0].vms, 1);
	assert_int_equal(all.guest[0].vcpus, 2);
	assert_int_equal(all.guest[0].groups, 1);
	assert_int_equal(all.guest[0].group[0], 7);
	assert_string_equal(all.guest[0].device[0], "0000:00:01.0");
	assert_false(all.guest[0].iommufd);
	assert_true(all.guest[1].iommufd);
	assert_int_equal(all.guest[1].guest_memfds, 1);
}

static void releases_of_distributions(void **state)
{
	static const struct {
		const char *release, *version, *backports;
		unsigned int major, minor, patch;
		enum linux_version rules;
	} table[] = {
		{"6.1.0-56-arm64", "#1 SMP Debian 6.1.192-2 (2026-01-01)", NULL, 6, 1, 192,
		 LINUX_6_8},
		{"6.12.118+deb13-arm64", "#1 SMP Debian 6.12.118-1", NULL, 6, 12, 118, LINUX_6_9},
		{"7.3.4+deb13-arm64", NULL, NULL, 7, 3, 4, LINUX_6_17},
		{"6.9.0", "#1 SMP", NULL, 6, 9, 0, LINUX_6_9},
		{"6.8.0-45-generic", "#45-Ubuntu SMP", "Ubuntu", 6, 8, 0, LINUX_6_8},
		{"6.8.0-1010-nvidia-64k", "#10-Ubuntu SMP", "NVIDIA", 6, 8, 0, LINUX_6_8},
		{"5.14.0-503.el9.aarch64+64k", "#1 SMP", "Red Hat", 5, 14, 0, LINUX_6_8},
		{"6.4.0-150600.23-default", "#1 SMP", "SUSE", 6, 4, 0, LINUX_6_8},
		{"6.17.0-rc1", "#1 SMP", NULL, 6, 17, 0, LINUX_6_17},
	};
	struct linux_release r;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(linux_release_parse(table[i].release, table[i].version, &r));
		assert_int_equal(r.major, table[i].major);
		assert_int_equal(r.minor, table[i].minor);
		assert_int_equal(r.patch, table[i].patch);
		assert_int_equal(linux_release_rules(&r), table[i].rules);
		if (table[i].backports)
			assert_string_equal(r.backports, table[i].backports);
		else
			assert_null(r.backports);
	}
	assert_false(linux_release_parse("", NULL, &r));
	assert_false(linux_release_parse("six", NULL, &r));
	assert_false(linux_release_parse("6", NULL, &r));
	assert_false(linux_release_parse("6.x", NULL, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(vfio_area_with_the_flag_that_has_no_name, forget),
		cmocka_unit_test_teardown(huge_pages_of_every_kind_are_counted, forget),
		cmocka_unit_test_teardown(what_is_no_area_is_passed_over, forget),
		cmocka_unit_test_teardown(names_of_files_are_reduced, forget),
		cmocka_unit_test_teardown(bars_by_their_flags, forget),
		cmocka_unit_test_teardown(command_of_a_head_that_is_there, forget),
		cmocka_unit_test_teardown(most_exact_alias_names_the_driver, forget),
		cmocka_unit_test_teardown(stage2_lines_of_both_forms, forget),
		cmocka_unit_test_teardown(mtrrs_and_pat_ranges, forget),
		cmocka_unit_test_teardown(processes_and_their_descriptors, forget),
		cmocka_unit_test_teardown(releases_of_distributions, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
