/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/audit/arena.c cli/audit/tar.c cli/audit/root.c cli/audit/live.c cli/audit/live_answers.c cli/audit/live_kvm.c cli/audit/live_log.c cli/audit/live_process.c cli/audit/smaps.c cli/audit/pci.c cli/audit/stage2.c cli/audit/x86_ranges.c cli/audit/guests.c cli/audit/facts.c cli/audit/facts_memory.c cli/audit/facts_x86.c cli/linux/release.c */
/* sources: cli/audit/host.c cli/audit/devices.c cli/audit/drivers.c cli/audit/predict.c cli/audit/findings.c cli/audit/find_devices.c cli/audit/find_guests.c cli/audit/finding_texts_devices.c cli/audit/finding_texts_guests.c cli/audit/compat.c cli/audit/host_json.c cli/linux/slot.c cli/linux/fault.c cli/linux/text.c cli/linux/x86.c */
/*
 * A host whose files say anything: every parser of an audit, what is predicted from it, what is
 * found and how it compares with another. Records of the input replace files of a plain host.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/audit/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

static const struct {
	const char *path, *text;
} plain[] = {
	{"mezzo/answers", "machine aarch64\npage_size 4096\ncpus 2\nctr_el0 0xb444c004\nkvm ok\n"
			  "kvm.system.ARM_VM_IPA_SIZE 48\nkvm.vm.ARM_CACHEABLE_PFNMAP_SUPPORTED 1\n"
			  "kvm.vcpu.id_aa64mmfr2_el1 0x1221011112011011\n"},
	{"mezzo/boot-log", "complete yes\nkvm [1]: VHE mode initialized successfully\n"},
	{"mezzo/errors", "EACCES sys/kernel/debug/x86/pat_memtype_list\n"},
	{"mezzo/listed", "sys/class/iommu/dmar0\nsys/kernel/iommu_groups/0\n"},
	{"mezzo/processes",
	 "view all\nprocess 7 qemu\nfd 7 3 anon_inode:kvm-vm\nfd 7 4 /dev/vfio/0\n"
	 "fd 7 5 anon_inode:[vfio-device]\ndenied 0\n"},
	{"mezzo/smaps/7",
	 "7f0000000000-7f0000400000 rw-p 0 00:00 0 \nRss: 4096 kB\nVmFlags: rd wr\n"
	 "7f0000400000-7f0000800000 rw-s 20000000000 00:0d 53 anon_inode:[vfio-device]\n"
	 "VmFlags: rd wr sh pf io ??\n"
	 "7f0000800000-7f0000c00000 rw-p 0 00:00 0 \nVmFlags: rd wr\n"},
	{"mezzo/vfio-aliases", "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"},
	{"proc/cpuinfo",
	 "vendor_id\t: GenuineIntel\nflags\t\t: ss pat\naddress sizes\t: 46 bits\n"},
	{"proc/mtrr", "reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable\n"},
	{"proc/sys/kernel/osrelease", "6.12.118+deb13-arm64\n"},
	{"proc/sys/kernel/version", "#1 SMP Debian 6.12.118-1\n"},
	{"sys/bus/pci/devices/0000:00:01.0/config", "\xf4\x1a\x10\x11\x06\x04"},
	{"sys/bus/pci/devices/0000:00:01.0/resource",
	 "0x10044000 0x100440ff 0x40200\n0 0 0\n0x8000000000 0x80003fffff 0x14220c\n"},
	{"sys/bus/pci/devices/0000:00:01.0/vendor", "0x1af4\n"},
	{"sys/bus/pci/devices/0000:00:01.0/power_state", "D0\n"},
	{"sys/class/iommu/dmar0/intel-iommu/ecap", "f020df\n"},
	{"sys/kernel/debug/kvm/7-3/stage2_page_tables",
	 "0x0000000040000000-0x0000000040200000           2M 2   R W px ux AF BLK\n"},
	{"sys/kernel/debug/x86/pat_memtype_list", "PAT: [mem 0xfd000000-0xfe000000] uncached\n"},
	{"sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
	{"sys/module/kvm_intel/parameters/ept", "Y\n"},
	{"sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n"},
};
static const struct tar_member links[] = {
	{"sys/bus/pci/devices/0000:00:01.0/driver", "../../bus/pci/drivers/vfio-pci", 0, true},
	{"sys/bus/pci/devices/0000:00:01.0/iommu_group", "../../kernel/iommu_groups/0", 0, true},
	{"sys/class/pci_bus/0000:00",
	 "../../devices/platform/4010000000.pcie/pci0000:00/pci_bus/0000:00", 0, true},
};
#define PLAIN (sizeof(plain) / sizeof(plain[0]))
#define LINKS (sizeof(links) / sizeof(links[0]))

/* Records: which file or link, length in two bytes, content. */
static void build(struct arena *arena, struct tar *tar, const uint8_t *data, size_t size)
{
	tar->member = arena_alloc(arena, (PLAIN + LINKS) * sizeof(*tar->member));
	tar->count = PLAIN + LINKS;
	for (size_t i = 0; i < PLAIN; i++)
		tar->member[i] = (struct tar_member){plain[i].path, plain[i].text,
						     strlen(plain[i].text), false};
	memcpy(tar->member + PLAIN, links, sizeof(links));
	while (size > 3) {
		size_t length = data[1] | (size_t)data[2] << 8;
		struct tar_member *m = &tar->member[data[0] % (PLAIN + LINKS)];

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		m->data = arena_copy(arena, (const char *)data, length);
		m->length = length;
		data += length;
		size -= length;
	}
}

static void look_at_everything(struct host *host)
{
	struct findings findings;
	char text[64];

	findings_make(host, &findings);
	for (unsigned int i = 0; i < findings.count; i++) {
		CHECK(findings.finding[i].object && findings.finding[i].what);
		CHECK(i == 0 || finding_text(findings.finding[i - 1].id)->severity <=
					finding_text(findings.finding[i].id)->severity);
	}
	for (unsigned int id = 0; id < FACTS; id++) {
		CHECK(fact_value(host, (enum fact_id)id, text, sizeof(text)));
		/* Whatever is known came from somewhere. */
		CHECK(!host->fact[id].known || host->fact[id].source);
	}
	for (unsigned int i = 0; i < host->guests; i++)
		for (unsigned int j = 0; j < host->guest[i].areas.count; j++) {
			struct prediction p =
				predict_area(host, &host->guest[i], &host->guest[i].areas.area[j]);

			CHECK(p.known || p.why_unknown);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = {.stage2 = true}, other = {0};
	struct compat compat;
	struct tar tar, none = {0};

	build(&host.arena, &tar, data, size);
	if (!host_read(&host, root_of_tar(&host.arena, &tar))) {
		look_at_everything(&host);
		build(&other.arena, &none, NULL, 0);
		CHECK(!host_read(&other, root_of_tar(&other.arena, &none)));
		compat_make(&host, &other, &compat);
		compat_make(&other, &host, &compat);
	}
	host_free(&other);
	host_free(&host);
	return 0;
}
