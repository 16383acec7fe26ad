/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of huge pages, IOMMUs and module parameters. */
#include "audit/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "always [madvise] never": the word in brackets. */
static const char *chosen(struct host *host, const char *text)
{
	const char *open = text ? strchr(text, '[') : NULL;
	const char *close = open ? strchr(open, ']') : NULL;

	return close ? arena_copy(&host->arena, open + 1, (size_t)(close - open - 1)) : NULL;
}

static void read_choice(struct host *host, struct root *root, enum fact_id id, const char *path)
{
	const char *word = chosen(host, root_text(root, "%s", path));

	if (word)
		fact_set_text(host, id, word, arena_printf(&host->arena, "/%s", path));
	else
		fact_unknown(host, id, arena_printf(&host->arena, "/%s cannot be read", path));
}

/* "2048kB=3/8 1048576kB=0/0" */
static void read_hugetlb(struct host *host, struct root *root)
{
	static const char directory[] = "sys/kernel/mm/hugepages";
	const char *const *names;
	int count = root_list(root, directory, &names);
	const char *text = "";

	for (int i = 0; i < count; i++) {
		const char *total = root_text(root, "%s/%s/nr_hugepages", directory, names[i]);
		const char *left = root_text(root, "%s/%s/free_hugepages", directory, names[i]);

		if (!total || !left || strncmp(names[i], "hugepages-", 10) != 0)
			continue;
		text = arena_printf(&host->arena, "%s%s%s=%s/%s", text, *text ? " " : "",
				    names[i] + 10, left, total);
	}
	if (count >= 0)
		fact_set_text(host, FACT_HUGETLB, *text ? text : "none",
			      "/sys/kernel/mm/hugepages");
	else
		fact_unknown(host, FACT_HUGETLB, "/sys/kernel/mm/hugepages cannot be read");
}

static void read_iommu(struct host *host, struct root *root)
{
	const char *const *names;
	int count = root_list(root, "sys/class/iommu", &names);
	const char *text = "";

	for (int i = 0; i < count; i++)
		text = arena_printf(&host->arena, "%s%s%s", text, *text ? " " : "", names[i]);
	if (count < 0 && errno != ENOENT)
		fact_unknown(host, FACT_IOMMU, "/sys/class/iommu cannot be read");
	else
		fact_set_text(host, FACT_IOMMU, *text ? text : "none", "/sys/class/iommu");
	count = root_list(root, "sys/kernel/iommu_groups", &names);
	if (count < 0 && errno != ENOENT)
		fact_unknown(host, FACT_IOMMU_GROUPS, "/sys/kernel/iommu_groups cannot be read");
	else
		fact_set_number(host, FACT_IOMMU_GROUPS, count < 0 ? 0 : (uint64_t)count,
				"/sys/kernel/iommu_groups");
}

/* Every parameter of some modules, as "module.parameter=value ...". */
static void read_parameters(struct host *host, struct root *root, enum fact_id id,
			    const char *const *modules)
{
	const char *text = "";
	bool any = false;

	for (; *modules; modules++) {
		const char *const *names;
		const char *path = arena_printf(&host->arena, "sys/module/%s/parameters", *modules);
		int count = root_list(root, path, &names);

		for (int i = 0; i < count; i++) {
			const char *value = root_text(root, "%s/%s", path, names[i]);

			any = true;
			if (value)
				text = arena_printf(&host->arena, "%s%s%s.%s=%s", text,
						    *text ? " " : "", *modules, names[i], value);
		}
	}
	if (any)
		fact_set_text(host, id, text, "/sys/module/*/parameters");
	else
		fact_unknown(host, id, "no such module is loaded");
}

void facts_read_memory(struct host *host, struct root *root)
{
	static const char *const kvm[] = {"kvm", "kvm_intel", "kvm_amd", NULL};
	static const char *const vfio[] = {"vfio", "vfio_iommu_type1", "vfio_pci", "vfio_pci_core",
					   NULL};

	read_choice(host, root, FACT_THP, "sys/kernel/mm/transparent_hugepage/enabled");
	read_choice(host, root, FACT_THP_SHMEM, "sys/kernel/mm/transparent_hugepage/shmem_enabled");
	read_hugetlb(host, root);
	read_iommu(host, root);
	read_parameters(host, root, FACT_KVM_PARAMETERS, kvm);
	read_parameters(host, root, FACT_VFIO_PARAMETERS, vfio);
}
