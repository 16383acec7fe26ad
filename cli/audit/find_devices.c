/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with devices that are passed through. */
#include "audit/drivers.h"
#include "audit/findings.h"

#include <stdio.h>
#include <string.h>

static const char *bar_name(struct host *host, const struct device *d, unsigned int bar)
{
	return arena_printf(&host->arena, "%s BAR %u", d->address, bar);
}

static bool held(const struct host *host, const struct device *d)
{
	for (unsigned int i = 0; i < host->guests; i++)
		if (guest_holds(&host->guest[i], d))
			return true;
	return false;
}

static void find_uncached(struct host *host, struct findings *f, const struct device *d,
			  unsigned int bar, const struct prediction *p)
{
	const struct bar *b = &d->bar[bar];

	if (b->prefetchable && p->unaligned == ANSWER_NO)
		finding_add(host, f, FINDING_BAR_DEVICE_ONLY, bar_name(host, d, bar),
			    kernel_text(host),
			    "prefetchable, and a guest gets it as %s: unaligned accesses fault and "
			    "nothing is combined",
			    p->type);
}

static void find_refused(struct host *host, struct findings *f, const struct device *d,
			 unsigned int bar, const struct prediction *p)
{
	struct linux_facts vma = {0};
	const struct driver *driver = driver_find(d->pass_driver);

	if (!driver)
		return;
	driver_maps(driver, bar, true, &vma);
	if (vma.attr != LINUX_ATTR_CACHED || !host_is(host, "arm64"))
		return;
	if (p->slot_error)
		finding_add(host, f, FINDING_CACHED_REFUSED, bar_name(host, d, bar),
			    kernel_text(host), "%s maps it cacheable, and its slot is refused: %s",
			    d->pass_driver, p->slot_error);
	else if (p->cached == ANSWER_NO)
		finding_add(host, f, FINDING_STALE_LINES, bar_name(host, d, bar), kernel_text(host),
			    "%s maps it cacheable, and a guest gets it as %s: it reads past the "
			    "host's cache",
			    d->pass_driver, p->type);
}

static void find_of_bar(struct host *host, struct findings *f, const struct device *d,
			unsigned int bar)
{
	const struct bar *b = &d->bar[bar];
	struct prediction p = predict_bar(host, d, bar);
	bool arm64 = host_is(host, "arm64");

	if (!p.known)
		return;
	/* Below 4 KiB no host is better, and VMMs know how to live with it. */
	if (host->fact[FACT_PAGE_BYTES].known && b->bytes >= 4096 &&
	    b->bytes < host->fact[FACT_PAGE_BYTES].number)
		finding_add(host, f, FINDING_BAR_SMALLER_THAN_PAGE, bar_name(host, d, bar),
			    "KVM_SET_USER_MEMORY_REGION takes whole pages of the host",
			    "%llu bytes, less than the host's page of %llu: %s",
			    (unsigned long long)b->bytes,
			    (unsigned long long)host->fact[FACT_PAGE_BYTES].number,
			    p.mapped ? "a slot of its size is EINVAL"
				     : "it shares its page, and every access exits to the VMM");
	if (!p.mapped)
		return;
	if (arm64)
		find_uncached(host, f, d, bar, &p);
	find_refused(host, f, d, bar, &p);
	if (b->bytes >= 1ull << 30 && !linux_release_from(&host->release, 6, 12) &&
	    !host->release.backports)
		finding_add(host, f, FINDING_BAR_BY_SMALL_PAGES, bar_name(host, d, bar),
			    kernel_text(host),
			    "%llu GiB are mapped page by page: %llu faults or entries",
			    (unsigned long long)(b->bytes >> 30),
			    (unsigned long long)(b->bytes >> 12));
}

/* Others in its group that a host driver holds. */
static void find_of_group(struct host *host, struct findings *f, const struct device *d)
{
	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *other = &host->device[i];

		if (other == d || other->group != d->group || !other->driver || other->passed ||
		    strcmp(other->driver, "pcieport") == 0 ||
		    strcmp(other->driver, "pci-stub") == 0)
			continue;
		finding_add(host, f, FINDING_GROUP_NOT_VIABLE, d->address,
			    "vfio: a group is handed out whole",
			    "IOMMU group %d holds %s too, which the host drives by %s", d->group,
			    other->address, other->driver);
		return;
	}
}

static void find_of_power(struct host *host, struct findings *f, const struct device *d)
{
	bool asleep = d->power && strncmp(d->power, "D3", 2) == 0;

	if (!held(host, d) || !(asleep || (d->memory_known && !d->memory_enabled)))
		return;
	finding_add(host, f, FINDING_BAR_MEMORY_DISABLED, d->address,
		    "vfio-pci takes every mapping away while memory is disabled",
		    "a guest holds it, and %s: an access to a BAR is an error of KVM_RUN",
		    asleep ? "it sleeps" : "its memory decoding is off");
}

static void find_of_dma(struct host *host, struct findings *f, const struct device *d)
{
	bool intel = host->fact[FACT_TDP].known && strcmp(host->fact[FACT_TDP].text, "ept") == 0;

	if (device_snoops(host, d) != ANSWER_NO)
		return;
	if (host_is(host, "arm64") && fact_yes(host, FACT_FWB))
		finding_add(host, f, FINDING_DMA_NOT_SNOOPED, d->address, kernel_text(host),
			    "its DMA does not snoop, and FWB forces the guest's RAM write-back: "
			    "uncached buffers of its driver are not uncached");
	if (intel && host->x86_rules == LINUX_X86_6_10)
		finding_add(host, f, FINDING_GUEST_MTRR_HONOURED, d->address, kernel_text(host),
			    "its DMA cannot be made to snoop: the guest's MTRRs and CR0.CD decide "
			    "the type of all its RAM");
	else if (intel)
		finding_add(host, f, FINDING_GUEST_PAT_HONOURED, d->address, kernel_text(host),
			    "its DMA cannot be made to snoop: the guest's PAT decides the type of "
			    "all its RAM");
}

/* "vfio-pci 0000:00:01.0: probe with driver vfio-pci failed with error -22" */
static void find_failed_probe(struct host *host, struct findings *f, const struct device *d)
{
	const char *line = host->boot_log;

	if (d->what_if && d->group < 0) {
		finding_add(host, f, FINDING_NO_IOMMU_GROUP, d->address,
			    "vfio: a device without an IOMMU group cannot be held",
			    "it has no IOMMU group now");
		return;
	}
	while (line && !d->driver && (line = strstr(line, d->address))) {
		size_t length = strcspn(line, "\n");

		if (memmem(line, length, "vfio", 4) &&
		    memmem(line, length, "failed with error -22", 21)) {
			finding_add(host, f, FINDING_NO_IOMMU_GROUP, d->address,
				    "vfio: a device without an IOMMU group cannot be held",
				    "a vfio driver was to hold it and could not (error -22)%s",
				    d->group < 0 ? ": it has no IOMMU group" : "");
			return;
		}
		line += length;
	}
}

/* 1af4:1050 is virtio-gpu; its shared memory is a large prefetchable BAR. */
static void find_hostmem(struct host *host, struct findings *f, const struct device *d)
{
	if (d->vendor != 0x1af4 || d->id != 0x1050)
		return;
	for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
		const struct bar *b = &d->bar[bar];

		for (unsigned int i = 0; i < host->mtrrs && b->prefetchable; i++) {
			const struct mtrr *m = &host->mtrr[i];

			if (b->bytes < 64u << 20 || strcmp(m->type, "uncachable") != 0 ||
			    b->start < m->base || b->start - m->base >= m->bytes)
				continue;
			finding_add(host, f, FINDING_HOSTMEM_UNCACHED, bar_name(host, d, bar),
				    "MTRRs that the firmware set; PAT cannot make UC write-back",
				    "host memory of the GPU lies under an uncached MTRR at %#llx",
				    (unsigned long long)m->base);
			return;
		}
	}
}

/* What concerns every function alike is said once, of how many. */
static void find_of_all(struct host *host, struct findings *f)
{
	unsigned int passed = 0, registers = 0;

	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *d = &host->device[i];

		if (!d->passed || strcmp(d->bus, "pci") != 0)
			continue;
		passed++;
		for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
			struct prediction p;

			if (!d->bar[bar].present || d->bar[bar].prefetchable)
				continue;
			p = predict_bar(host, d, bar);
			registers += p.type && strcmp(p.type, "normal-nc") == 0;
		}
	}
	if (registers)
		finding_add(host, f, FINDING_BAR_REGISTERS_NC, "host", kernel_text(host),
			    "%u BARs that are not prefetchable: a guest may map them Normal-NC all "
			    "the same",
			    registers);
	if (passed && fact_yes(host, FACT_MTE))
		finding_add(host, f, FINDING_BAR_AND_MTE, "host", kernel_text(host),
			    "a guest with MTE cannot have one of the %u functions (EINVAL), unless "
			    "its slots are made before MTE is enabled",
			    passed);
}

void find_of_devices(struct host *host, struct findings *f)
{
	find_of_all(host, f);
	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *d = &host->device[i];

		find_failed_probe(host, f, d);
		find_hostmem(host, f, d);
		if (!d->passed)
			continue;
		for (unsigned int bar = 0; bar < PCI_BARS; bar++)
			if (d->bar[bar].present)
				find_of_bar(host, f, d, bar);
		if (strcmp(d->bus, "pci") != 0 && host_is(host, "arm64"))
			finding_add(host, f, FINDING_BAR_DEVICE_ONLY, d->address, kernel_text(host),
				    "%s gives a guest device-nGnRE in every version: unaligned "
				    "accesses fault and nothing is combined",
				    d->driver);
		if (d->group >= 0)
			find_of_group(host, f, d);
		find_of_power(host, f, d);
		find_of_dma(host, f, d);
	}
}
