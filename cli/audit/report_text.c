/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/report.h"

#include "audit/drivers.h"
#include "render.h"

#include <stdio.h>
#include <string.h>

const char *report_size(uint64_t bytes, char *text, size_t size)
{
	static const char units[] = "KMGTP";
	unsigned int unit = 0;

	if (bytes < 1024 || bytes % 1024) {
		snprintf(text, size, "%llu B", (unsigned long long)bytes);
		return text;
	}
	for (bytes >>= 10; bytes >= 1024 && bytes % 1024 == 0 && units[unit + 1]; bytes >>= 10)
		unit++;
	snprintf(text, size, "%llu%c", (unsigned long long)bytes, units[unit]);
	return text;
}

static enum render_colour colour_of(enum severity severity)
{
	static const enum render_colour colour[SEVERITIES] = {RENDER_BAD, RENDER_BAD,
							      RENDER_CAUTION, RENDER_PLAIN};

	return colour[severity];
}

static void text_findings(const struct findings *f)
{
	struct render_table *t;

	render_heading("Findings");
	t = render_begin(NULL, 2);
	if (!f->count)
		render_pair(t, RENDER_GOOD, "none", "nothing was found wrong");
	for (unsigned int i = 0; i < f->count; i++) {
		const struct finding *one = &f->finding[i];
		const struct finding_text *text = finding_text(one->id);

		render_pair(t, colour_of(text->severity), severity_name(text->severity), "%s",
			    text->reason.name);
		render_pair(t, RENDER_PLAIN, "", "%s: %s.", one->object, one->what);
		render_pair(t, RENDER_PLAIN, "", "Why: %s.", one->why);
		render_pair(t, RENDER_PLAIN, "", "Do: %.*s", (int)strcspn(text->story.change, "\n"),
			    text->story.change);
	}
	render_end(t);
	if (f->count)
		printf("\nMore: mezzo reason NAME\n");
}

static void text_facts(const struct host *host, bool verbose)
{
	const char *headings[] = {"fact", "value", "source"};
	struct render_table *t;

	render_heading("Host");
	t = render_begin(verbose ? headings : NULL, verbose ? 3 : 2);
	for (unsigned int id = 0; id < FACTS; id++) {
		const struct fact *fact = &host->fact[id];
		const char *arch = fact_texts[id].arch;
		char value[512];

		if (arch && !host_is(host, arch))
			continue;
		fact_value(host, (enum fact_id)id, value, sizeof(value));
		if (verbose)
			render_row(t, RENDER_PLAIN,
				   (const char *const[RENDER_COLUMNS]){
					   fact_texts[id].name,
					   fact_value(host, (enum fact_id)id, value, sizeof(value)),
					   fact->source});
		else if (fact->known)
			render_pair(t, RENDER_PLAIN, fact_texts[id].name, "%s",
				    fact_value(host, (enum fact_id)id, value, sizeof(value)));
		else
			render_pair(t, RENDER_CAUTION, fact_texts[id].name, "unknown: %s",
				    fact->source);
	}
	render_end(t);
}

static const char *outcome_text(const struct prediction *p, char *text, size_t size)
{
	if (!p->known)
		snprintf(text, size, "unknown: %s", p->why_unknown);
	else if (!p->mapped)
		snprintf(text, size, "not mapped: every access exits to the VMM");
	else if (p->slot_error)
		snprintf(text, size, "slot refused: %s", p->slot_error);
	else if (p->fault_error)
		snprintf(text, size, "KVM_RUN fails: %s", p->fault_error);
	else
		snprintf(text, size, "%s%s", p->type, p->certain ? "" : " (uncertain)");
	return text;
}

/* In words: "unaligned access, write-combining; no caching, execution". */
static const char *abilities(const struct prediction *p, char *text, size_t size)
{
	const struct {
		const char *name;
		enum answer3 answer;
	} list[] = {
		{"unaligned access", p->unaligned},
		{"write-combining", p->combining},
		{"caching", p->cached},
		{"execution", p->exec},
	};
	size_t length = 0;

	text[0] = '\0';
	for (unsigned int pass = 0; pass < 2; pass++) {
		const char *joint = pass && length ? "; no " : pass ? "no " : "";

		for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
			if (list[i].answer != (pass ? ANSWER_NO : ANSWER_YES))
				continue;
			length += (size_t)snprintf(text + length, size - length, "%s%s", joint,
						   list[i].name);
			joint = ", ";
		}
	}
	return text;
}

static void text_bar(struct render_table *t, struct host *host, const struct device *d,
		     unsigned int bar)
{
	struct prediction p = predict_bar(host, d, bar);
	char name[32], size[32], outcome[128], able[128], block[32];

	snprintf(name, sizeof(name), "  BAR %u", bar);
	report_size(d->bar[bar].bytes, size, sizeof(size));
	outcome_text(&p, outcome, sizeof(outcome));
	if (!p.type) {
		render_pair(t, RENDER_PLAIN, name, "%s%s: %s", size,
			    d->bar[bar].prefetchable ? " prefetchable" : "", outcome);
		return;
	}
	render_pair(t, RENDER_PLAIN, name, "%s%s: %s: %s; up to %s", size,
		    d->bar[bar].prefetchable ? " prefetchable" : "", outcome,
		    abilities(&p, able, sizeof(able)),
		    p.block_bytes ? report_size(p.block_bytes, block, sizeof(block)) : "?");
}

static bool interesting(const struct device *d)
{
	for (unsigned int bar = 0; bar < PCI_BARS; bar++)
		if (d->bar[bar].present)
			return true;
	return strcmp(d->bus, "pci") != 0;
}

static void text_devices(struct host *host, bool verbose)
{
	struct render_table *t;

	render_heading("Devices, and what a guest gets of each BAR");
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *d = &host->device[i];
		char group[32] = "no IOMMU group";

		if (!interesting(d) && !verbose)
			continue;
		if (d->group >= 0)
			snprintf(group, sizeof(group), "group %d", d->group);
		render_pair(t, RENDER_PLAIN, d->address, "%04x:%04x, %s%s%s%s, %s", d->vendor,
			    d->id, d->driver ? "driver " : "no driver", d->driver ? d->driver : "",
			    d->passed ? "" : "; by ", d->passed ? "" : d->pass_driver, group);
		for (unsigned int bar = 0; bar < PCI_BARS; bar++)
			if (d->bar[bar].present)
				text_bar(t, host, d, bar);
	}
	render_end(t);
}

static void text_area(struct render_table *t, struct host *host, const struct guest *g,
		      const struct area *a)
{
	struct prediction p = predict_area(host, g, a);
	char start[32], size[32], huge[48] = "", outcome[128], page[32];
	unsigned int bar = 0;
	const struct device *d = area_device(host, g, a, &bar);

	snprintf(start, sizeof(start), "  %#llx", (unsigned long long)a->start);
	if (a->huge_kib)
		snprintf(huge, sizeof(huge), ", %llu MiB huge",
			 (unsigned long long)a->huge_kib >> 10);
	render_pair(t, RENDER_PLAIN, start, "%s %s%s%s%s%s%s%s: %s",
		    report_size(a->end - a->start, size, sizeof(size)), area_kind_name(a->kind),
		    d ? " " : "", d ? d->address : "",
		    a->kernel_page_bytes > 4096 ? ", pages of " : "",
		    a->kernel_page_bytes > 4096
			    ? report_size(a->kernel_page_bytes, page, sizeof(page))
			    : "",
		    huge, a->flags & AREA_FLAG_LOCKED ? ", locked" : "",
		    outcome_text(&p, outcome, sizeof(outcome)));
}

static void text_guests(struct host *host)
{
	struct render_table *t;

	render_heading("Guests, and the memory that can be theirs");
	t = render_begin(NULL, 2);
	if (!host->guests)
		render_pair(t, RENDER_PLAIN, "none",
			    "no process that could be looked at holds a VM");
	for (unsigned int i = 0; i < host->guests; i++) {
		const struct guest *g = &host->guest[i];
		char pid[32];

		snprintf(pid, sizeof(pid), "process %u", g->pid);
		render_pair(t, RENDER_PLAIN, pid, "%s: %u VM%s, %u vCPU%s, %u device%s%s%s",
			    strcmp(g->name, "-") ? g->name : "(no name)", g->vms,
			    g->vms == 1 ? "" : "s", g->vcpus, g->vcpus == 1 ? "" : "s",
			    g->vfio_devices, g->vfio_devices == 1 ? "" : "s",
			    g->areas_missing ? "; memory not known: " : "",
			    g->areas_missing ? g->areas_missing : "");
		for (unsigned int j = 0; j < g->areas.count; j++)
			text_area(t, host, g, &g->areas.area[j]);
	}
	render_end(t);
}

static void text_missing(const struct host *host)
{
	struct render_table *t;

	if (!host->missings)
		return;
	render_heading("What could not be looked at");
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < host->missings; i++)
		render_pair(t, RENDER_CAUTION, host->missing[i].what, "%s", host->missing[i].why);
	render_end(t);
}

void report_text(struct host *host, const struct findings *f, bool verbose, bool whole)
{
	text_findings(f);
	if (whole)
		text_facts(host, verbose);
	text_devices(host, verbose || !whole);
	if (whole)
		text_guests(host);
	text_missing(host);
}
