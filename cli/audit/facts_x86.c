/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of an x86 machine: caches, MTRRs, PAT, and KVM's quirk about the guest's PAT. */
#include "audit/host.h"
#include "audit/x86_ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The value of "key : value" in /proc/cpuinfo's first processor. */
static const char *cpuinfo_value(struct host *host, const char *cpuinfo, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = cpuinfo; line && *line && *line != '\n';) {
		size_t end = strcspn(line, "\n");

		if (strncmp(line, key, length) == 0 && strchr("\t :", line[length])) {
			const char *value = memchr(line, ':', end);

			if (!value)
				return NULL;
			value += value[1] == ' ' ? 2 : 1;
			return arena_copy(&host->arena, value, (size_t)(line + end - value));
		}
		line += end + (line[end] == '\n');
	}
	return NULL;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = words; p && *p; p += strspn(p, " ")) {
		size_t end = strcspn(p, " ");

		if (end == length && memcmp(p, word, length) == 0)
			return true;
		p += end;
	}
	return false;
}

static void read_cpu(struct host *host, struct root *root)
{
	static const char source[] = "/proc/cpuinfo", why[] = "/proc/cpuinfo cannot be read";
	const char *cpuinfo = root_text(root, "proc/cpuinfo");
	const char *vendor = cpuinfo_value(host, cpuinfo, "vendor_id");
	const char *flags = cpuinfo_value(host, cpuinfo, "flags");
	const char *sizes = cpuinfo_value(host, cpuinfo, "address sizes");

	if (vendor)
		fact_set_text(host, FACT_CPU_VENDOR, vendor, source);
	else
		fact_unknown(host, FACT_CPU_VENDOR, why);
	if (sizes)
		fact_set_number(host, FACT_PHYSICAL_BITS, strtoull(sizes, NULL, 10), source);
	else
		fact_unknown(host, FACT_PHYSICAL_BITS, why);
	if (flags) {
		fact_set_bool(host, FACT_SELF_SNOOP, has_word(flags, "ss"), "/proc/cpuinfo: ss");
		fact_set_bool(host, FACT_PAT, has_word(flags, "pat"), "/proc/cpuinfo: pat");
	} else {
		fact_unknown(host, FACT_SELF_SNOOP, why);
		fact_unknown(host, FACT_PAT, why);
	}
	if (host->boot_log && strstr(host->boot_log, "x86/PAT: PAT not supported"))
		fact_set_bool(host, FACT_PAT, false, "boot log");
}

static void read_tdp(struct host *host, struct root *root)
{
	const char *ept = root_text(root, "sys/module/kvm_intel/parameters/ept");
	const char *npt = root_text(root, "sys/module/kvm_amd/parameters/npt");

	if (ept)
		fact_set_text(host, FACT_TDP, strchr("Y1", *ept) ? "ept" : "none",
			      "/sys/module/kvm_intel/parameters/ept");
	else if (npt)
		fact_set_text(host, FACT_TDP, strchr("Y1", *npt) ? "npt" : "none",
			      "/sys/module/kvm_amd/parameters/npt");
	else
		fact_unknown(host, FACT_TDP, "neither kvm_intel nor kvm_amd is loaded");
}

#define QUIRK_IGNORE_GUEST_PAT (1u << 9)

/*
 * Where the kernel has the quirk, KVM_CAP_DISABLE_QUIRKS2 lists it among those that a VM may
 * disable; on AMD, and where the CPU does not snoop itself, it may not be.
 */
static void read_quirk(struct host *host, const char *answers)
{
	bool intel = host->fact[FACT_TDP].known && strcmp(host->fact[FACT_TDP].text, "ept") == 0;
	char text[64];
	unsigned long mask;

	if (!host->fact[FACT_TDP].known) {
		fact_unknown(host, FACT_GUEST_PAT_QUIRK, "the way of paging is not known");
	} else if (strcmp(host->fact[FACT_TDP].text, "none") == 0) {
		fact_set_text(host, FACT_GUEST_PAT_QUIRK, "always", "shadow paging");
	} else if (!intel) {
		fact_set_text(host, FACT_GUEST_PAT_QUIRK, "never",
			      "nested paging: the CPU combines the guest's PAT");
	} else if (!answer_of(answers, "kvm.vm.DISABLE_QUIRKS2", text, sizeof(text)) ||
		   (mask = strtoul(text, NULL, 0), !mask)) {
		fact_unknown(host, FACT_GUEST_PAT_QUIRK, "needs a VM of /dev/kvm");
	} else if (mask & QUIRK_IGNORE_GUEST_PAT) {
		fact_set_text(host, FACT_GUEST_PAT_QUIRK, "by-default",
			      "KVM_CAP_DISABLE_QUIRKS2: bit 9 may be disabled");
	} else {
		fact_set_text(host, FACT_GUEST_PAT_QUIRK, "always",
			      "KVM_CAP_DISABLE_QUIRKS2: bit 9 is not there");
	}
}

static void read_ranges(struct host *host, struct root *root)
{
	const char *mtrr = root_text(root, "proc/mtrr");
	const char *pat;

	if (mtrr) {
		host->mtrr = mtrr_parse(&host->arena, mtrr, &host->mtrrs);
		fact_set_number(host, FACT_MTRRS, host->mtrrs, "/proc/mtrr");
	} else {
		fact_unknown(host, FACT_MTRRS, "/proc/mtrr cannot be read");
	}
	pat = root_text(root, "sys/kernel/debug/x86/pat_memtype_list");
	if (pat) {
		host->pat = pat_parse(&host->arena, pat, &host->pats);
		fact_set_number(host, FACT_PAT_RANGES, host->pats,
				"/sys/kernel/debug/x86/pat_memtype_list");
	} else {
		fact_unknown(host, FACT_PAT_RANGES,
			     errno == ENOENT
				     ? "debugfs is not mounted or has no x86/pat_memtype_list"
				     : "debugfs needs root");
	}
}

/* VT-d: ECAP.SC; an AMD IOMMU always can. */
static void read_snoop(struct host *host, struct root *root)
{
	const char *const *names;
	int count = root_list(root, "sys/class/iommu", &names);
	unsigned int intel = 0, can = 0, amd = 0;

	for (int i = 0; i < count; i++) {
		const char *ecap;

		amd += strncmp(names[i], "ivhd", 4) == 0;
		if (strncmp(names[i], "dmar", 4) != 0)
			continue;
		intel++;
		ecap = root_text(root, "sys/class/iommu/%s/intel-iommu/ecap", names[i]);
		can += ecap && strtoull(ecap, NULL, 16) >> 7 & 1;
	}
	if (intel)
		fact_set_bool(host, FACT_IOMMU_SNOOP, can == intel, "VT-d ECAP.SC");
	else if (amd)
		fact_set_bool(host, FACT_IOMMU_SNOOP, true, "an AMD IOMMU");
	else
		fact_unknown(host, FACT_IOMMU_SNOOP, "there is no IOMMU");
}

void facts_read_x86(struct host *host, struct root *root)
{
	const char *answers = root_read(root, ROOT_ANSWERS, NULL);

	read_cpu(host, root);
	read_tdp(host, root);
	read_quirk(host, answers);
	read_ranges(host, root);
	read_snoop(host, root);
}
