/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with guests that run. */
#include "audit/findings.h"
#include "audit/stage2.h"

#include <stdio.h>
#include <string.h>

static const char *process_name(struct host *host, const struct guest *g)
{
	if (strcmp(g->name, "-") == 0)
		return arena_printf(&host->arena, "process %u", g->pid);
	return arena_printf(&host->arena, "process %u (%s)", g->pid, g->name);
}

static const char *area_name(struct host *host, const struct guest *g, const struct area *a)
{
	return arena_printf(&host->arena, "%s, %#llx", process_name(host, g),
			    (unsigned long long)a->start);
}

static bool is_ram(const struct area *a)
{
	return a->kind == AREA_ANONYMOUS || a->kind == AREA_SHMEM || a->kind == AREA_HUGETLB;
}

/* The device's memory stands in a hole of what is one mapping of RAM on both sides of it. */
static void find_inside_ram(struct host *host, struct findings *f, const struct guest *g,
			    unsigned int i)
{
	const struct area *a = &g->areas.area[i], *left, *right;

	if (i == 0 || i + 1 >= g->areas.count)
		return;
	left = a - 1;
	right = a + 1;
	if (left->end != a->start || right->start != a->end || !is_ram(left) ||
	    left->kind != right->kind || left->flags != right->flags ||
	    (left->kind != AREA_ANONYMOUS &&
	     left->offset + (right->start - left->start) != right->offset))
		return;
	finding_add(host, f, FINDING_BAR_INSIDE_RAM, area_name(host, g, a), kernel_text(host),
		    "device memory is mapped into the middle of RAM (%llu KiB at it): if the slot "
		    "logs writes or the guest has MTE, KVM's checks did not see it",
		    (unsigned long long)(a->end - a->start) >> 10);
}

static void find_of_device_area(struct host *host, struct findings *f, const struct guest *g,
				unsigned int i)
{
	const struct area *a = &g->areas.area[i];

	find_inside_ram(host, f, g, i);
	if (a->kind != AREA_SYSFS_BAR)
		return;
	if (host_is(host, "arm64"))
		finding_add(host, f, FINDING_BAR_THROUGH_SYSFS, area_name(host, g, a),
			    kernel_text(host), "%s is not write-combining in the guest%s",
			    strrchr(a->path, '/') + 1,
			    strstr(a->path, "_wc") ? ", though it is on the host" : "");
}

/* Linux 7.1 began to refuse writes to a mapping whose host entry is read-only for now. */
static void find_of_drm(struct host *host, struct findings *f, const struct guest *g,
			const struct area *a)
{
	bool special = a->flags & (AREA_FLAG_PFNMAP | AREA_FLAG_MIXEDMAP);

	if (special && host_is(host, "arm64") && linux_release_from(&host->release, 7, 1))
		finding_add(
			host, f, FINDING_DRM_READ_ONLY, area_name(host, g, a), kernel_text(host),
			"a GPU buffer: the guest's first write to a page that the driver mapped "
			"read-only ends the VM with \"Bad address\"");
	finding_add(host, f, FINDING_DRM_ALIAS, area_name(host, g, a), kernel_text(host),
		    "a GPU buffer: if its driver maps it write-combining, the guest may have it "
		    "cached beside that");
}

static void find_of_mixedmap(struct host *host, struct findings *f, const struct guest *g,
			     const struct area *a)
{
	if (!(a->flags & AREA_FLAG_MIXEDMAP) || !host_is(host, "arm64") ||
	    host->rules != LINUX_6_17 || !(fact_no(host, FACT_FWB) || fact_no(host, FACT_DIC)))
		return;
	finding_add(host, f, FINDING_MIXEDMAP_LATE, area_name(host, g, a), kernel_text(host),
		    "a slot of it is accepted; if it is cached memory outside the linear map, the "
		    "guest's first access ends the VM: this CPU has no %s",
		    fact_no(host, FACT_FWB) ? "FWB" : "DIC");
}

static void find_of_vga(struct host *host, struct findings *f, const struct guest *g,
			const struct area *a)
{
	if (a->kind != AREA_DEV_MEM || a->offset >= 0x100000 ||
	    a->offset + (a->end - a->start) <= 0xa0000 || !host->fact[FACT_TDP].known ||
	    strcmp(host->fact[FACT_TDP].text, "ept") != 0)
		return;
	finding_add(host, f, FINDING_VGA_WRITE_BACK, area_name(host, g, a), kernel_text(host),
		    "the ISA hole at %#llx through /dev/mem: KVM takes it for RAM and maps it "
		    "write-back",
		    (unsigned long long)a->offset);
}

/* Less than that, and large pages are not worth a word. */
#define RAM_KIB_MIN (64u << 10)

static void find_small_pages(struct host *host, struct findings *f, const struct guest *g)
{
	uint64_t resident = 0, huge = 0;
	char thp[64];

	for (unsigned int i = 0; i < g->areas.count; i++) {
		const struct area *a = &g->areas.area[i];

		if (!is_ram(a))
			continue;
		/* hugetlb pages are not counted as resident. */
		resident += a->kind == AREA_HUGETLB ? a->huge_kib : a->resident_kib;
		huge += a->huge_kib;
	}
	if (resident < RAM_KIB_MIN || huge >= resident / 2)
		return;
	finding_add(host, f, FINDING_RAM_BY_SMALL_PAGES, process_name(host, g),
		    "stage 2 maps no larger than the host's own page tables",
		    "%llu of %llu MiB of RAM are in huge pages (transparent huge pages: %s)",
		    (unsigned long long)huge >> 10, (unsigned long long)resident >> 10,
		    fact_value(host, FACT_THP, thp, sizeof(thp)));
}

/* What debugfs shows of stage 2, against the pages that the host has. */
static void find_stage2(struct host *host, struct findings *f, const struct guest *g)
{
	uint64_t page = host->fact[FACT_PAGE_BYTES].number, small = 0, all = 0, huge = 0;

	for (unsigned int i = 0; i < g->stage2_ranges; i++) {
		const struct stage2_range *r = &g->stage2[i];

		all += r->end - r->start;
		if (stage2_leaf_bytes(r->level, page) == page)
			small += r->end - r->start;
	}
	for (unsigned int i = 0; i < g->areas.count; i++)
		huge += g->areas.area[i].huge_kib << 10;
	/* Half of the huge pages at least should have large leaves. */
	if (huge < (uint64_t)RAM_KIB_MIN << 10 || small < huge / 2 || all - small >= huge / 2)
		return;
	finding_add(host, f, FINDING_STAGE2_SMALLER, process_name(host, g), kernel_text(host),
		    "%llu MiB of its RAM are huge pages, and %llu of %llu MiB at stage 2 are "
		    "single pages",
		    (unsigned long long)huge >> 20, (unsigned long long)small >> 20,
		    (unsigned long long)all >> 20);
}

static void find_of_guest(struct host *host, struct findings *f, const struct guest *g)
{
	bool vfio = false;

	for (unsigned int i = 0; i < g->areas.count; i++) {
		const struct area *a = &g->areas.area[i];

		vfio |= a->kind == AREA_VFIO;
		if (a->kind == AREA_VFIO || a->kind == AREA_SYSFS_BAR)
			find_of_device_area(host, f, g, i);
		if (a->kind == AREA_DRM)
			find_of_drm(host, f, g, a);
		find_of_mixedmap(host, f, g, a);
		find_of_vga(host, f, g, a);
	}
	find_small_pages(host, f, g);
	find_stage2(host, f, g);
	if (g->iommufd && vfio)
		finding_add(host, f, FINDING_IOMMUFD_PEER, process_name(host, g),
			    "iommufd cannot pin VM_PFNMAP mappings",
			    "its DMA goes through iommufd: BARs cannot be mapped for other devices "
			    "(EFAULT, \"Bad address\")");
	if (host_is(host, "arm64") && fact_no(host, FACT_FWB))
		finding_add(host, f, FINDING_GUEST_PAST_CACHE, process_name(host, g),
			    "CPU without FEAT_S2FWB: the guest's own uncached mappings win",
			    "what the VMM reads through its cache (a linear framebuffer, a device "
			    "without dma-coherent) the guest may have written past it");
}

void find_of_guests(struct host *host, struct findings *f)
{
	for (unsigned int i = 0; i < host->guests; i++)
		find_of_guest(host, f, &host->guest[i]);
}

/* --- the host itself ------------------------------------------------------------------------- */

static bool parameter_on(const struct host *host, const char *parameter)
{
	const struct fact *all = &host->fact[FACT_VFIO_PARAMETERS];
	const char *at = all->known ? strstr(all->text, parameter) : NULL;

	return at && at[strlen(parameter)] == '=' && strchr("Yy1", at[strlen(parameter) + 1]);
}

void find_of_host(struct host *host, struct findings *f)
{
	static const char *const unsafe[] = {
		"vfio.enable_unsafe_noiommu_mode",
		"vfio_iommu_type1.allow_unsafe_interrupts",
	};

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (parameter_on(host, unsafe[i]))
			finding_add(host, f, FINDING_IOMMU_UNSAFE, unsafe[i], "the parameter is on",
				    "a guest's device can reach what is not its own");
	if (fact_no(host, FACT_KVM))
		finding_add(host, f, FINDING_NO_KVM, "host", host->fact[FACT_KVM].source,
			    "KVM cannot be used here; what is said of guests holds once it can");
	if (host->fact[FACT_KVM_RULES].known && !host->rules_certain)
		finding_add(host, f, FINDING_RULES_UNCERTAIN, "host",
			    host->fact[FACT_KVM_RULES].source,
			    "this kernel may follow later rules than its version says");
	if (host_is(host, "arm64") && fact_yes(host, FACT_GUEST_MEMFD))
		finding_add(host, f, FINDING_GUEST_MEMFD_MMAP, "host", kernel_text(host),
			    "a slot of guest_memfd must be of a file made with the MMAP flag: "
			    "others are EINVAL");
}
