/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/predict.h"

#include "audit/drivers.h"

#include <stdlib.h>
#include <string.h>

const char *answer3_name(enum answer3 answer)
{
	return answer == ANSWER_YES ? "yes" : answer == ANSWER_NO ? "no" : "unknown";
}

static enum answer3 yes_if(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static struct prediction unknown(const char *why)
{
	return (struct prediction){.why_unknown = why};
}

/* --- arm64 ----------------------------------------------------------------------------------- */

/* The facts that decide may be unknown: then both values are tried. */
static struct prediction predict_arm64(const struct host *host, const struct linux_facts *vma,
				       bool fwb, bool dic)
{
	struct linux_facts facts = *vma;
	struct prediction p = {.known = true, .certain = host->rules_certain, .mapped = true};
	struct linux_slot slot;
	struct linux_fault fault;
	enum mezzo_class most;

	facts.version = host->rules;
	facts.fwb = fwb;
	facts.dic = dic;
	facts.slot = MEZZO_SLOT_READ_WRITE;
	facts.access = MEZZO_ACCESS_READ;
	facts.kind = MEZZO_FAULT_MISSING;
	facts.order = MEZZO_ORDER_1G;
	slot = linux_slot(&facts);
	fault = linux_fault(&facts);
	p.slot_error = slot.error;
	p.fault_error = fault.error;
	p.reason = linux_rule_text(slot.ok ? fault.rule : slot.rule);
	facts.logging = true;
	p.log_error = linux_slot(&facts).error;
	facts.logging = false;
	facts.vm_mte = true;
	p.mte_error = linux_slot(&facts).error;
	if (!fault.mapped)
		return p;
	p.type = mezzo_arm64_stage2_name(fault.type);
	p.classes = mezzo_arm64_reachable(fault.type, fwb);
	most = p.classes & MEZZO_CLASS_WB   ? MEZZO_CLASS_WB
	       : p.classes & MEZZO_CLASS_NC ? MEZZO_CLASS_NC
					    : MEZZO_CLASS_DEVICE;
	p.unaligned = yes_if(most != MEZZO_CLASS_DEVICE);
	p.combining = yes_if(most != MEZZO_CLASS_DEVICE);
	p.cached = yes_if(most == MEZZO_CLASS_WB);
	facts.vm_mte = false;
	facts.access = MEZZO_ACCESS_EXEC;
	p.exec = yes_if(linux_fault(&facts).outcome == MEZZO_GRANT);
	return p;
}

static bool same(const struct prediction *a, const struct prediction *b)
{
	bool types = a->type == b->type || (a->type && b->type && strcmp(a->type, b->type) == 0);

	return types && a->classes == b->classes && a->exec == b->exec &&
	       !a->slot_error == !b->slot_error && !a->fault_error == !b->fault_error;
}

/* What does not depend on an unknown fact is known all the same. */
static struct prediction arm64_prediction(const struct host *host, const struct linux_facts *vma)
{
	const struct fact *fwb = &host->fact[FACT_FWB], *dic = &host->fact[FACT_DIC];
	struct prediction p =
		predict_arm64(host, vma, fwb->known && fwb->number, dic->known && dic->number);

	for (unsigned int bits = 0; bits < 4; bits++) {
		struct prediction q;

		if ((fwb->known && fwb->number != (bits & 1)) ||
		    (dic->known && dic->number != bits >> 1))
			continue;
		q = predict_arm64(host, vma, bits & 1, bits & 2);
		if (!same(&p, &q))
			return unknown("it depends on FWB or DIC, which are not known");
	}
	return p;
}

/* --- x86 ------------------------------------------------------------------------------------- */

enum answer3 device_snoops(const struct host *host, const struct device *device)
{
	if (host_is(host, "x86")) {
		const struct fact *snoop = &host->fact[FACT_IOMMU_SNOOP];

		return !snoop->known ? ANSWER_UNKNOWN : yes_if(snoop->number);
	}
	return !device->coherent_known ? ANSWER_UNKNOWN : yes_if(device->coherent);
}

static struct prediction predict_x86(const struct host *host, bool mmio, bool noncoherent)
{
	struct prediction p = {.known = true, .certain = host->rules_certain, .mapped = true};
	const struct fact *tdp = &host->fact[FACT_TDP];
	struct linux_x86_facts facts = {
		.rules = host->x86_rules,
		.mmio = mmio,
		.noncoherent_dma = noncoherent,
	};
	struct linux_x86_leaf leaf;

	if (!tdp->known)
		return unknown("neither kvm_intel nor kvm_amd is loaded");
	facts.paging = strcmp(tdp->text, "ept") == 0   ? LINUX_X86_EPT
		       : strcmp(tdp->text, "npt") == 0 ? LINUX_X86_NPT
						       : LINUX_X86_SHADOW;
	leaf = linux_x86_leaf(&facts);
	p.type = leaf.type;
	p.classes = leaf.classes;
	p.unaligned = ANSWER_YES; /* x86 has no alignment faults by type */
	p.combining = yes_if(leaf.classes & (MEZZO_CLASS_NC | MEZZO_CLASS_WB));
	p.cached = yes_if(leaf.classes & MEZZO_CLASS_WB);
	p.exec = ANSWER_YES; /* KVM has no rule about fetches */
	p.reason = linux_x86_rule_text(leaf.rule);
	return p;
}

/* --- BARs ------------------------------------------------------------------------------------ */

/*
 * Leaves follow the host's own page tables, on arm64 up to 2 MiB. Until a stable update arm64 looked
 * at the alignment of a device's mapping instead: 6.1.192 and 6.12.118 have the update, 6.12.107
 * and earlier have not; for what lies between, and other series before 7.1, nobody looked.
 */
static bool leaves_follow_host(const struct linux_release *r)
{
	return linux_release_from(r, 7, 1) ||
	       (r->major == 6 &&
		((r->minor == 1 && r->patch >= 192) || (r->minor == 12 && r->patch >= 118)));
}

/* The largest leaf of the host's granule. */
static uint64_t largest_leaf(const struct host *host)
{
	uint64_t page = host->fact[FACT_PAGE_BYTES].number;

	if (page != 4096)
		return page == 65536 ? 512ull << 20 : 32ull << 20;
	return host_is(host, "arm64") ? 2ull << 20 : 1ull << 30;
}

/* The largest leaf of a BAR: vfio makes the host's mapping large from 6.12 on. */
static uint64_t block_of(const struct host *host, const struct bar *bar)
{
	const struct linux_release *r = &host->release;
	uint64_t page = host->fact[FACT_PAGE_BYTES].number, most = largest_leaf(host);
	bool large = linux_release_from(r, 6, 12);

	if (!host->fact[FACT_PAGE_BYTES].known)
		return 0;
	if (host_is(host, "arm64") && !large && !leaves_follow_host(r))
		return 0;
	if (!large)
		return page;
	while (most > page && (bar->bytes < most || bar->start % most))
		most = most == 1ull << 30 ? 2ull << 20 : page;
	return most;
}

/* The same of an area, unless the slot logs writes: then it is single pages. */
static uint64_t area_block(const struct host *host, const struct area *area)
{
	uint64_t page = host->fact[FACT_PAGE_BYTES].number, bytes = area->end - area->start;
	bool follows = !host_is(host, "arm64") || leaves_follow_host(&host->release);
	struct bar as_bar = {.start = area->start, .bytes = bytes};

	if (!host->fact[FACT_PAGE_BYTES].known)
		return 0;
	switch (area->kind) {
	case AREA_VFIO:
		return block_of(host, &as_bar);
	case AREA_SYSFS_BAR: /* mapped page by page */
		return follows ? page : 0;
	case AREA_HUGETLB:
		return area->kernel_page_bytes;
	case AREA_ANONYMOUS:
	case AREA_SHMEM:
		/* All huge or none: of a mixture nobody knows which part. */
		if (!area->huge_kib && area->resident_kib)
			return page;
		return area->huge_kib && area->huge_kib >= area->resident_kib && page == 4096
			       ? 2ull << 20
			       : 0;
	default:
		return 0;
	}
}

struct prediction predict_bar(const struct host *host, const struct device *device,
			      unsigned int bar)
{
	const struct driver *driver = driver_find(device->pass_driver);
	uint64_t page =
		host->fact[FACT_PAGE_BYTES].known ? host->fact[FACT_PAGE_BYTES].number : 4096;
	const struct bar *b = &device->bar[bar];
	struct linux_facts vma = {0};
	struct prediction p;

	if (!host->release.known)
		return unknown("the kernel's version is not known");
	if (b->bytes < page && b->start % page) {
		p = (struct prediction){.known = true, .certain = true};
		return p;
	}
	if (host_is(host, "x86")) {
		p = predict_x86(host, true, device_snoops(host, device) == ANSWER_NO);
	} else if (!host_is(host, "arm64")) {
		return unknown("no rules are known of this architecture");
	} else if (!driver) {
		return unknown("nothing is known of this driver");
	} else {
		driver_maps(driver, bar, host->rules >= LINUX_6_9, &vma);
		p = arm64_prediction(host, &vma);
	}
	p.block_bytes = block_of(host, b);
	return p;
}

/* --- areas of a process ---------------------------------------------------------------------- */

static bool vma_of(const struct area *area, struct linux_facts *vma)
{
	bool special = area->flags & (AREA_FLAG_PFNMAP | AREA_FLAG_MIXEDMAP);

	*vma = (struct linux_facts){
		.pfnmap = area->flags & AREA_FLAG_PFNMAP,
		.mixedmap = area->flags & AREA_FLAG_MIXEDMAP,
		.io = area->flags & AREA_FLAG_IO,
		.any_uncached = area->flags & AREA_FLAG_ANY_UNCACHED,
		.mte_allowed = !special && area->kind != AREA_FILE,
		.host_writable = area->write,
		.attr = LINUX_ATTR_CACHED,
		.backing = special ? LINUX_BACKING_NONE : LINUX_BACKING_LINEAR,
	};
	switch (area->kind) {
	case AREA_VFIO:
	case AREA_SYSFS_BAR:
		vma->attr = strstr(area->path, "_wc") ? LINUX_ATTR_WC : LINUX_ATTR_DEVICE;
		return true;
	case AREA_DRM:
	case AREA_DEV_MEM:
	case AREA_DEVICE:
		return !special; /* smaps shows no page protection, nor what is behind */
	default:
		return true;
	}
}

bool guest_noncoherent(const struct host *host, const struct guest *guest)
{
	for (unsigned int i = 0; i < host->devices; i++)
		if (host->device[i].passed && guest_holds(guest, &host->device[i]) &&
		    device_snoops(host, &host->device[i]) == ANSWER_NO)
			return true;
	return false;
}

static struct prediction area_type(const struct host *host, const struct guest *guest,
				   const struct area *area)
{
	struct linux_facts vma;
	bool clear = vma_of(area, &vma);

	if (!host->release.known)
		return unknown("the kernel's version is not known");
	if (!area->has_flags)
		return unknown("smaps shows no VmFlags");
	if (!clear)
		return unknown("neither the mapping's type nor what is behind it can be seen");
	if (host_is(host, "x86"))
		return predict_x86(host, vma.pfnmap, guest_noncoherent(host, guest));
	if (!host_is(host, "arm64"))
		return unknown("no rules are known of this architecture");
	return arm64_prediction(host, &vma);
}

struct prediction predict_area(const struct host *host, const struct guest *guest,
			       const struct area *area)
{
	struct prediction p = area_type(host, guest, area);

	if (p.known && !p.slot_error && !p.fault_error)
		p.block_bytes = area_block(host, area);
	return p;
}

/*
 * Where in its BAR an area begins. vfio's regions lie at (index << 40) in the file; up to 6.9 smaps
 * shows the bus address in place of that, and stable kernels differ: the likelier is tried first.
 */
static bool offset_in_bar(const struct host *host, const struct area *area, const struct bar *b,
			  unsigned int bar, uint64_t *in_bar)
{
	bool index = linux_release_from(&host->release, 6, 10);

	for (unsigned int i = 0; i < 2; i++, index = !index) {
		uint64_t base = index ? (uint64_t)bar << 40 : b->start;

		if (area->offset < base || area->offset - base >= b->bytes)
			continue;
		*in_bar = area->offset - base;
		return true;
	}
	return false;
}

static bool region_is(const struct host *host, const struct device *d, const struct area *area,
		      unsigned int bar)
{
	const struct bar *b = &d->bar[bar];
	uint64_t bytes = area->end - area->start, in_bar, page;

	if (!b->present || !offset_in_bar(host, area, b, bar, &in_bar))
		return false;
	/* A BAR smaller than a page is mapped with the rest of its page. */
	page = host->fact[FACT_PAGE_BYTES].known ? host->fact[FACT_PAGE_BYTES].number : 4096;
	return in_bar + bytes <= b->bytes || (in_bar == 0 && b->bytes < page && bytes == page);
}

bool guest_holds(const struct guest *g, const struct device *d)
{
	for (unsigned int i = 0; i < g->devices; i++)
		if (strcmp(g->device[i], d->address) == 0)
			return true;
	if (g->devices)
		return false;
	for (unsigned int i = 0; i < g->groups; i++)
		if ((int)g->group[i] == d->group)
			return true;
	return false;
}

const struct device *area_device(const struct host *host, const struct guest *guest,
				 const struct area *area, unsigned int *bar)
{
	const struct device *found = NULL;

	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *d = &host->device[i];
		bool candidate =
			area->kind == AREA_SYSFS_BAR
				? strstr(area->path, d->address) != NULL
				: area->kind == AREA_VFIO && d->passed && guest_holds(guest, d);

		for (unsigned int b = 0; candidate && b < PCI_BARS; b++) {
			if (!region_is(host, d, area, b))
				continue;
			if (found && found != d)
				return NULL;
			found = d;
			*bar = b;
		}
	}
	return found;
}
