/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of the machine and of KVM. */
#include "audit/host.h"
#include "audit/kvm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fact_text fact_texts[FACTS] = {
	[FACT_ARCH] = {"arch", FACT_TEXT, NULL, "architecture"},
	[FACT_KERNEL] = {"kernel", FACT_TEXT, NULL, "kernel release"},
	[FACT_KVM_RULES] = {"kvm_rules", FACT_TEXT, NULL,
			    "the rules by which KVM decides memory types"},
	[FACT_KVM] = {"kvm", FACT_BOOL, NULL, "KVM can be used"},
	[FACT_PAGE_BYTES] = {"page_bytes", FACT_NUMBER, NULL, "page size of the host"},
	[FACT_CPUS] = {"cpus", FACT_NUMBER, NULL, "CPUs online"},
	[FACT_FWB] = {"fwb", FACT_BOOL, "arm64", "FEAT_S2FWB: stage 2 can force write-back"},
	[FACT_IDC] = {"idc", FACT_BOOL, "arm64", "fetches need no D-cache clean"},
	[FACT_DIC] = {"dic", FACT_BOOL, "arm64", "fetches need no I-cache invalidation"},
	[FACT_DCACHE_LINE_BYTES] = {"dcache_line_bytes", FACT_NUMBER, "arm64",
				    "smallest D-cache line"},
	[FACT_ICACHE_LINE_BYTES] = {"icache_line_bytes", FACT_NUMBER, "arm64",
				    "smallest I-cache line"},
	[FACT_MTE] = {"mte", FACT_BOOL, "arm64", "a guest can have allocation tags"},
	[FACT_IPA_BITS] = {"ipa_bits", FACT_NUMBER, "arm64", "largest guest-physical address"},
	[FACT_BLOCK_BYTES] = {"block_bytes", FACT_TEXT, "arm64", "sizes of stage-2 leaves"},
	[FACT_VHE] = {"kvm_mode", FACT_TEXT, "arm64", "how KVM runs: vhe, nvhe, protected"},
	[FACT_CACHEABLE_PFNMAP] = {"cacheable_pfnmap", FACT_BOOL, "arm64",
				   "cached device memory can be given to a guest"},
	[FACT_CPU_VENDOR] = {"cpu_vendor", FACT_TEXT, "x86", "vendor of the CPU"},
	[FACT_PHYSICAL_BITS] = {"physical_bits", FACT_NUMBER, "x86", "physical address bits"},
	[FACT_SELF_SNOOP] = {"self_snoop", FACT_BOOL, "x86", "the CPU snoops its own caches"},
	[FACT_TDP] = {"tdp", FACT_TEXT, "x86", "two-stage paging in use: ept, npt, none"},
	[FACT_PAT] = {"pat", FACT_BOOL, "x86", "the page attribute table is in use"},
	[FACT_GUEST_PAT_QUIRK] = {"guest_pat_quirk", FACT_TEXT, "x86",
				  "does KVM ignore the guest's PAT: always, by-default, never"},
	[FACT_MTRRS] = {"mtrrs", FACT_NUMBER, "x86", "variable MTRRs in use"},
	[FACT_PAT_RANGES] = {"pat_ranges", FACT_NUMBER, "x86",
			     "physical ranges with a type in the PAT's books"},
	[FACT_MEMSLOTS] = {"memslots", FACT_NUMBER, NULL, "memory slots a VM can have"},
	[FACT_GUEST_MEMFD] = {"guest_memfd", FACT_BOOL, NULL, "guest_memfd is offered"},
	[FACT_GUEST_MEMFD_FLAGS] = {"guest_memfd_flags", FACT_NUMBER, NULL,
				    "its flags: 1 MMAP, 2 INIT_SHARED"},
	[FACT_MEMORY_ATTRIBUTES] = {"memory_attributes", FACT_NUMBER, NULL,
				    "per-page attributes: 8 private"},
	[FACT_PRE_FAULT] = {"pre_fault", FACT_BOOL, NULL, "KVM_PRE_FAULT_MEMORY is offered"},
	[FACT_DIRTY_RING] = {"dirty_ring_bytes", FACT_NUMBER, NULL, "largest dirty ring"},
	[FACT_KVM_PARAMETERS] = {"kvm_parameters", FACT_TEXT, NULL, "parameters of KVM's modules"},
	[FACT_THP] = {"thp", FACT_TEXT, NULL, "transparent huge pages: always, madvise, never"},
	[FACT_THP_SHMEM] = {"thp_shmem", FACT_TEXT, NULL, "the same for shared memory"},
	[FACT_HUGETLB] = {"hugetlb", FACT_TEXT, NULL, "reserved huge pages: SIZE=FREE/TOTAL"},
	[FACT_IOMMU] = {"iommu", FACT_TEXT, NULL, "IOMMUs"},
	[FACT_IOMMU_GROUPS] = {"iommu_groups", FACT_NUMBER, NULL, "groups of the IOMMU"},
	[FACT_IOMMU_SNOOP] = {"iommu_snoop", FACT_BOOL, "x86",
			      "the IOMMU can force devices to snoop"},
	[FACT_VFIO_PARAMETERS] = {"vfio_parameters", FACT_TEXT, NULL,
				  "parameters of vfio's modules"},
};

void fact_set_bool(struct host *host, enum fact_id id, bool value, const char *source)
{
	host->fact[id] = (struct fact){.known = true, .number = value, .source = source};
}

void fact_set_number(struct host *host, enum fact_id id, uint64_t value, const char *source)
{
	host->fact[id] = (struct fact){.known = true, .number = value, .source = source};
}

void fact_set_text(struct host *host, enum fact_id id, const char *value, const char *source)
{
	value = arena_copy(&host->arena, value, strlen(value));
	host->fact[id] = (struct fact){.known = true, .text = value, .source = source};
}

void fact_unknown(struct host *host, enum fact_id id, const char *why)
{
	host->fact[id] = (struct fact){.source = why};
}

const char *fact_value(const struct host *host, enum fact_id id, char *text, size_t size)
{
	const struct fact *fact = &host->fact[id];

	if (!fact->known)
		return "unknown";
	switch (fact_texts[id].kind) {
	case FACT_BOOL:
		return fact->number ? "yes" : "no";
	case FACT_NUMBER:
		snprintf(text, size, "%llu", (unsigned long long)fact->number);
		return text;
	default:
		return fact->text;
	}
}

bool fact_yes(const struct host *host, enum fact_id id)
{
	return host->fact[id].known && host->fact[id].number;
}

bool fact_no(const struct host *host, enum fact_id id)
{
	return host->fact[id].known && !host->fact[id].number;
}

bool host_is(const struct host *host, const char *arch)
{
	return host->fact[FACT_ARCH].known && strcmp(host->fact[FACT_ARCH].text, arch) == 0;
}

void host_miss(struct host *host, const char *what, const char *why)
{
	host->missing =
		arena_grow(&host->arena, host->missing, host->missings, sizeof(*host->missing));
	host->missing[host->missings++] = (struct missing){what, why};
}

const char *answer_of(const char *answers, const char *key, char *text, size_t size)
{
	size_t length = strlen(key);

	for (const char *line = answers; line && *line; line += *line == '\n') {
		size_t end = strcspn(line, "\n");

		if (end > length && memcmp(line, key, length) == 0 && line[length] == ' ') {
			snprintf(text, size, "%.*s", (int)(end - length - 1), line + length + 1);
			return text;
		}
		line += end;
	}
	return NULL;
}

/* A number among the answers; false: not there, or an error. */
static bool number_of(const char *answers, const char *key, uint64_t *value)
{
	char text[64], *end;

	if (!answer_of(answers, key, text, sizeof(text)))
		return false;
	*value = strtoull(text, &end, 0);
	return end != text && !*end;
}

/* --- architecture, kernel -------------------------------------------------------------------- */

static void read_arch(struct host *host, const char *answers)
{
	char machine[64];

	if (!answer_of(answers, "machine", machine, sizeof(machine))) {
		fact_unknown(host, FACT_ARCH, "no answer of uname(2)");
		return;
	}
	if (strcmp(machine, "aarch64") == 0)
		fact_set_text(host, FACT_ARCH, "arm64", "uname(2)");
	else if (strcmp(machine, "x86_64") == 0)
		fact_set_text(host, FACT_ARCH, "x86", "uname(2)");
	else
		fact_set_text(host, FACT_ARCH, machine, "uname(2)");
}

static void read_kernel(struct host *host, struct root *root)
{
	const char *release = root_text(root, "proc/sys/kernel/osrelease");
	const char *version = root_text(root, "proc/sys/kernel/version");

	if (!release || !linux_release_parse(release, version, &host->release))
		fact_unknown(host, FACT_KERNEL, "/proc/sys/kernel/osrelease cannot be read");
	else
		fact_set_text(host, FACT_KERNEL, release, "/proc/sys/kernel/osrelease");
}

static void read_boot_log(struct host *host, struct root *root)
{
	static const char whole[] = "complete yes\n";
	const char *log = root_read(root, ROOT_BOOT_LOG, NULL);

	if (!log) {
		host_miss(host, "the boot log",
			  errno == EPERM || errno == EACCES
				  ? "needs CAP_SYSLOG (kernel.dmesg_restrict)"
				  : "there is none");
		return;
	}
	host->boot_log = log;
	host->boot_log_whole = strncmp(log, whole, sizeof(whole) - 1) == 0;
}

/* --- arm64 ----------------------------------------------------------------------------------- */

/* What the boot log says of a CPU feature: 1 it is there, 0 it is not, -1 nothing. */
static int detected(const struct host *host, const char *feature)
{
	if (!host->boot_log)
		return -1;
	if (strstr(host->boot_log, feature))
		return 1;
	return host->boot_log_whole && strstr(host->boot_log, "CPU features: detected:") ? 0 : -1;
}

static void read_fwb(struct host *host, const char *answers)
{
	int logged = detected(host, "detected: Stage-2 Force Write-Back");
	uint64_t mmfr2, pfnmap;

	if (number_of(answers, "kvm.vcpu.id_aa64mmfr2_el1", &mmfr2) && mmfr2 >> 40 & 15)
		fact_set_bool(host, FACT_FWB, true, "ID_AA64MMFR2_EL1.FWB of a vCPU");
	else if (number_of(answers, "kvm.vm.ARM_CACHEABLE_PFNMAP_SUPPORTED", &pfnmap) && pfnmap)
		fact_set_bool(host, FACT_FWB, true, "KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED");
	else if (logged >= 0)
		fact_set_bool(host, FACT_FWB, logged, "boot log: Stage-2 Force Write-Back");
	else if (number_of(answers, "kvm.vcpu.id_aa64mmfr2_el1", &mmfr2))
		fact_set_bool(host, FACT_FWB, false, "ID_AA64MMFR2_EL1.FWB of a vCPU");
	else
		fact_unknown(host, FACT_FWB, "needs /dev/kvm, or the boot log from its beginning");
}

static void read_ctr(struct host *host, const char *answers)
{
	static const char source[] = "CTR_EL0", why[] = "CTR_EL0 was not read";
	uint64_t ctr;

	if (!number_of(answers, "ctr_el0", &ctr)) {
		fact_unknown(host, FACT_IDC, why);
		fact_unknown(host, FACT_DIC, why);
		fact_unknown(host, FACT_DCACHE_LINE_BYTES, why);
		fact_unknown(host, FACT_ICACHE_LINE_BYTES, why);
		return;
	}
	/* FEAT_S2FWB implies that no clean to the PoU is needed, whatever CTR_EL0.IDC says. */
	fact_set_bool(host, FACT_IDC, ctr >> 28 & 1, source);
	fact_set_bool(host, FACT_DIC, ctr >> 29 & 1, source);
	fact_set_number(host, FACT_DCACHE_LINE_BYTES, 4ull << (ctr >> 16 & 15), source);
	fact_set_number(host, FACT_ICACHE_LINE_BYTES, 4ull << (ctr & 15), source);
}

static void read_ipa(struct host *host, const char *answers)
{
	uint64_t value;

	if (!number_of(answers, "kvm.system.ARM_VM_IPA_SIZE", &value))
		fact_unknown(host, FACT_IPA_BITS, "needs /dev/kvm");
	else
		fact_set_number(host, FACT_IPA_BITS, value ? value : 40, "KVM_CAP_ARM_VM_IPA_SIZE");
}

static const char *size_text(struct arena *arena, uint64_t bytes)
{
	if (bytes >> 30 && bytes % (1ull << 30) == 0)
		return arena_printf(arena, "%lluG", (unsigned long long)(bytes >> 30));
	if (bytes >> 20 && bytes % (1ull << 20) == 0)
		return arena_printf(arena, "%lluM", (unsigned long long)(bytes >> 20));
	return arena_printf(arena, "%lluK", (unsigned long long)(bytes >> 10));
}

static void read_blocks(struct host *host, const char *answers)
{
	uint64_t bits, page = host->fact[FACT_PAGE_BYTES].number;
	const char *text = "", *source = "KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES";

	if (!number_of(answers, "kvm.vm.ARM_SUPPORTED_BLOCK_SIZES", &bits) || !bits) {
		/* Older kernels do not say; the translation granule is the page size. */
		bits = page == 4096    ? 1ull << 12 | 1ull << 21 | 1ull << 30
		       : page == 16384 ? 1ull << 14 | 1ull << 25
		       : page == 65536 ? 1ull << 16 | 1ull << 29
				       : 0;
		source = "page size: blocks of this granule";
	}
	for (unsigned int bit = 0; bit < 63; bit++)
		if (bits >> bit & 1)
			text = arena_printf(&host->arena, "%s%s%s", text, *text ? " " : "",
					    size_text(&host->arena, 1ull << bit));
	if (*text)
		fact_set_text(host, FACT_BLOCK_BYTES, text, source);
	else
		fact_unknown(host, FACT_BLOCK_BYTES, "the page size is not known");
}

static void read_mode(struct host *host)
{
	static const struct {
		const char *line, *mode;
	} table[] = {
		{"Protected nVHE mode initialized", "protected"},
		{"Protected hVHE mode initialized", "protected"},
		{"hVHE mode initialized", "hvhe"},
		{"nVHE mode initialized", "nvhe"},
		{" VHE mode initialized", "vhe"},
		{"Hyp mode initialized", "nvhe"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && host->boot_log; i++) {
		if (!strstr(host->boot_log, table[i].line))
			continue;
		fact_set_text(host, FACT_VHE, table[i].mode, "boot log");
		return;
	}
	fact_unknown(host, FACT_VHE, "the boot log does not tell");
}

static void read_arm64(struct host *host, const char *answers)
{
	uint64_t value;

	read_fwb(host, answers);
	read_ctr(host, answers);
	read_ipa(host, answers);
	read_blocks(host, answers);
	read_mode(host);
	if (number_of(answers, "kvm.system.ARM_MTE", &value))
		fact_set_bool(host, FACT_MTE, value, "KVM_CAP_ARM_MTE");
	else if (number_of(answers, "hwcap2", &value) && !(value >> 18 & 1))
		fact_set_bool(host, FACT_MTE, false, "HWCAP2_MTE");
	else
		fact_unknown(host, FACT_MTE, "needs /dev/kvm");
	if (number_of(answers, "kvm.vm.ARM_CACHEABLE_PFNMAP_SUPPORTED", &value))
		fact_set_bool(host, FACT_CACHEABLE_PFNMAP, value,
			      "KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED of a VM");
	else
		fact_unknown(host, FACT_CACHEABLE_PFNMAP, "needs a VM of /dev/kvm");
}

/* --- KVM ------------------------------------------------------------------------------------- */

static void read_kvm(struct host *host, const char *answers)
{
	char text[64];

	if (!answer_of(answers, "kvm", text, sizeof(text)))
		fact_unknown(host, FACT_KVM, "/dev/kvm was not asked");
	else if (strcmp(text, "passive") == 0)
		fact_unknown(host, FACT_KVM, "/dev/kvm was not asked (--passive)");
	else if (strcmp(text, "ok") == 0)
		fact_set_bool(host, FACT_KVM, true, "/dev/kvm");
	else if (strtol(text + strcspn(text, "0123456789"), NULL, 10) == EACCES)
		fact_unknown(host, FACT_KVM, "/dev/kvm may not be opened");
	else
		fact_set_bool(host, FACT_KVM, false, "/dev/kvm cannot be opened");
}

static void read_capability(struct host *host, const char *answers, enum fact_id id,
			    const char *const *keys, const char *source)
{
	uint64_t value, most = 0;
	bool any = false;

	for (unsigned int i = 0; keys[i]; i++) {
		if (!number_of(answers, keys[i], &value))
			continue;
		any = true;
		most = value > most ? value : most;
	}
	if (any)
		fact_set_number(host, id, most, source);
	else
		fact_unknown(host, id, "needs /dev/kvm");
}

void facts_read(struct host *host, struct root *root)
{
	static const struct {
		enum fact_id id;
		const char *key[3], *source;
	} capabilities[] = {
		{FACT_MEMSLOTS, {"kvm.system.NR_MEMSLOTS"}, "KVM_CAP_NR_MEMSLOTS"},
		{FACT_GUEST_MEMFD, {"kvm.vm.GUEST_MEMFD"}, "KVM_CAP_GUEST_MEMFD"},
		{FACT_GUEST_MEMFD_FLAGS, {"kvm.vm.GUEST_MEMFD_FLAGS"}, "KVM_CAP_GUEST_MEMFD_FLAGS"},
		{FACT_MEMORY_ATTRIBUTES, {"kvm.vm.MEMORY_ATTRIBUTES"}, "KVM_CAP_MEMORY_ATTRIBUTES"},
		{FACT_PRE_FAULT, {"kvm.vm.PRE_FAULT_MEMORY"}, "KVM_CAP_PRE_FAULT_MEMORY"},
		{FACT_DIRTY_RING,
		 {"kvm.system.DIRTY_LOG_RING_ACQ_REL", "kvm.system.DIRTY_LOG_RING"},
		 "KVM_CAP_DIRTY_LOG_RING, _ACQ_REL"},
	};
	const char *answers = root_read(root, ROOT_ANSWERS, NULL);
	uint64_t value;

	read_arch(host, answers);
	read_kernel(host, root);
	read_boot_log(host, root);
	if (number_of(answers, "page_size", &value))
		fact_set_number(host, FACT_PAGE_BYTES, value, "sysconf(3)");
	else
		fact_unknown(host, FACT_PAGE_BYTES, "no answer of sysconf(3)");
	if (number_of(answers, "cpus", &value))
		fact_set_number(host, FACT_CPUS, value, "sysconf(3)");
	else
		fact_unknown(host, FACT_CPUS, "no answer of sysconf(3)");
	read_kvm(host, answers);
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		read_capability(host, answers, capabilities[i].id, capabilities[i].key,
				capabilities[i].source);
	if (host_is(host, "arm64"))
		read_arm64(host, answers);
	if (host_is(host, "x86"))
		facts_read_x86(host, root);
	facts_read_memory(host, root);
}
