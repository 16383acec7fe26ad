/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/json.md describes every key; a test holds the two together. */
#include "audit/report.h"

#include "answer.h"

#include <stdio.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* Text of others' making may hold anything: what is no UTF-8 is left out. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *hex(uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
	return json_string(text);
}

static json_t *three(enum answer3 answer)
{
	return answer == ANSWER_UNKNOWN ? json_null() : json_boolean(answer == ANSWER_YES);
}

static json_t *facts_json(const struct host *host)
{
	json_t *facts = json_object();

	for (unsigned int id = 0; id < FACTS; id++) {
		const struct fact *fact = &host->fact[id];
		json_t *o;

		if (fact_texts[id].arch && !host_is(host, fact_texts[id].arch))
			continue;
		o = json_object();
		if (!fact->known)
			set(o, "value", json_null());
		else if (fact_texts[id].kind == FACT_BOOL)
			set(o, "value", json_boolean(fact->number));
		else if (fact_texts[id].kind == FACT_NUMBER)
			set(o, "value", json_integer((json_int_t)fact->number));
		else
			set(o, "value", text_or_null(fact->text));
		set(o, "source", text_or_null(fact->source));
		set(facts, fact_texts[id].name, o);
	}
	return facts;
}

static json_t *prediction_json(const struct prediction *p)
{
	json_t *o = json_object();

	set(o, "known", json_boolean(p->known));
	set(o, "why_unknown", text_or_null(p->why_unknown));
	set(o, "certain", json_boolean(p->certain));
	set(o, "mapped", json_boolean(p->mapped));
	set(o, "slot_errno", text_or_null(p->slot_error));
	set(o, "log_errno", text_or_null(p->log_error));
	set(o, "mte_errno", text_or_null(p->mte_error));
	set(o, "fault_errno", text_or_null(p->fault_error));
	set(o, "type", text_or_null(p->type));
	set(o, "effective", json_classes(p->classes));
	set(o, "unaligned", three(p->unaligned));
	set(o, "combining", three(p->combining));
	set(o, "cached", three(p->cached));
	set(o, "exec", three(p->exec));
	set(o, "block_bytes",
	    p->block_bytes ? json_integer((json_int_t)p->block_bytes) : json_null());
	set(o, "reason", p->reason ? json_reason(p->reason) : json_null());
	return o;
}

static json_t *bars_json(struct host *host, const struct device *d)
{
	json_t *bars = json_array();

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		const struct bar *b = &d->bar[i];
		struct prediction p;
		json_t *o;

		if (!b->present)
			continue;
		p = predict_bar(host, d, i);
		o = json_object();
		set(o, "index", json_integer(i));
		set(o, "start", hex(b->start));
		set(o, "bytes", json_integer((json_int_t)b->bytes));
		set(o, "prefetchable", json_boolean(b->prefetchable));
		set(o, "guest", prediction_json(&p));
		json_array_append_new(bars, o);
	}
	return bars;
}

static json_t *devices_json(struct host *host)
{
	json_t *devices = json_array();

	for (unsigned int i = 0; i < host->devices; i++) {
		const struct device *d = &host->device[i];
		json_t *o = json_object();
		char id[16];

		set(o, "bus", json_string(d->bus));
		set(o, "address", text_or_null(d->address));
		snprintf(id, sizeof(id), "%04x:%04x", d->vendor & 0xffff, d->id & 0xffff);
		set(o, "id", json_string(id));
		snprintf(id, sizeof(id), "%06x", d->class_code & 0xffffff);
		set(o, "class", json_string(id));
		set(o, "driver", text_or_null(d->driver));
		set(o, "pass_driver", text_or_null(d->pass_driver));
		set(o, "passed", json_boolean(d->passed));
		set(o, "iommu_group", d->group >= 0 ? json_integer(d->group) : json_null());
		set(o, "iommu_type", text_or_null(d->group_type));
		set(o, "memory_enabled",
		    d->memory_known ? json_boolean(d->memory_enabled) : json_null());
		set(o, "power", text_or_null(d->power));
		set(o, "snoops", three(device_snoops(host, d)));
		set(o, "bars", bars_json(host, d));
		json_array_append_new(devices, o);
	}
	return devices;
}

static json_t *flags_json(unsigned int flags)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} table[] = {
		{AREA_FLAG_IO, "io"},
		{AREA_FLAG_PFNMAP, "pfnmap"},
		{AREA_FLAG_MIXEDMAP, "mixedmap"},
		{AREA_FLAG_ANY_UNCACHED, "any-uncached"},
		{AREA_FLAG_MTE, "mte"},
		{AREA_FLAG_HUGEPAGE, "hugepage"},
		{AREA_FLAG_NOHUGEPAGE, "nohugepage"},
	};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (flags & table[i].flag)
			json_array_append_new(array, json_string(table[i].name));
	return array;
}

static json_t *areas_json(struct host *host, const struct guest *g)
{
	json_t *areas = json_array();

	for (unsigned int i = 0; i < g->areas.count; i++) {
		const struct area *a = &g->areas.area[i];
		struct prediction p = predict_area(host, g, a);
		unsigned int bar = 0;
		const struct device *d = area_device(host, g, a, &bar);
		json_t *o = json_object();

		set(o, "start", hex(a->start));
		set(o, "bytes", json_integer((json_int_t)(a->end - a->start)));
		set(o, "kind", json_string(area_kind_name(a->kind)));
		set(o, "device", text_or_null(d ? d->address : NULL));
		set(o, "bar", d ? json_integer(bar) : json_null());
		set(o, "page_bytes", json_integer((json_int_t)a->kernel_page_bytes));
		set(o, "resident_bytes", json_integer((json_int_t)(a->resident_kib << 10)));
		set(o, "huge_bytes", json_integer((json_int_t)(a->huge_kib << 10)));
		set(o, "locked", json_boolean(a->flags & AREA_FLAG_LOCKED));
		set(o, "flags", flags_json(a->flags));
		set(o, "guest", prediction_json(&p));
		json_array_append_new(areas, o);
	}
	return areas;
}

static json_t *stage2_json(const struct guest *g)
{
	json_t *ranges = json_array();

	for (unsigned int i = 0; i < g->stage2_ranges; i++) {
		const struct stage2_range *r = &g->stage2[i];
		json_t *o = json_object();

		set(o, "start", hex(r->start));
		set(o, "bytes", json_integer((json_int_t)(r->end - r->start)));
		set(o, "level", json_integer(r->level));
		set(o, "read", json_boolean(r->read));
		set(o, "write", json_boolean(r->write));
		set(o, "exec", json_boolean(r->exec));
		json_array_append_new(ranges, o);
	}
	return ranges;
}

static json_t *guests_json(struct host *host)
{
	json_t *guests = json_array();

	for (unsigned int i = 0; i < host->guests; i++) {
		const struct guest *g = &host->guest[i];
		json_t *o = json_object(), *groups = json_array();

		for (unsigned int j = 0; j < g->groups; j++)
			json_array_append_new(groups, json_integer(g->group[j]));
		set(o, "pid", json_integer(g->pid));
		set(o, "name", strcmp(g->name, "-") ? text_or_null(g->name) : json_null());
		set(o, "vms", json_integer(g->vms));
		set(o, "vcpus", json_integer(g->vcpus));
		set(o, "vfio_devices", json_integer(g->vfio_devices));
		set(o, "vfio_groups", groups);
		set(o, "iommufd", json_boolean(g->iommufd));
		set(o, "guest_memfds", json_integer(g->guest_memfds));
		set(o, "areas_missing", text_or_null(g->areas_missing));
		set(o, "areas", areas_json(host, g));
		set(o, "stage2", stage2_json(g));
		json_array_append_new(guests, o);
	}
	return guests;
}

static json_t *lines_json(const char *lines)
{
	json_t *array = json_array();

	while (*lines) {
		size_t length = strcspn(lines, "\n");

		json_array_append_new(array, json_stringn(lines, length));
		lines += length + (lines[length] == '\n');
	}
	return array;
}

static json_t *findings_json(const struct findings *f)
{
	json_t *findings = json_array();

	for (unsigned int i = 0; i < f->count; i++) {
		const struct finding *one = &f->finding[i];
		const struct finding_text *text = finding_text(one->id);
		json_t *o = json_object();

		set(o, "name", json_string(text->reason.name));
		set(o, "severity", json_string(severity_name(text->severity)));
		set(o, "object", text_or_null(one->object));
		set(o, "what", text_or_null(one->what));
		set(o, "why", text_or_null(one->why));
		set(o, "change", lines_json(text->story.change));
		json_array_append_new(findings, o);
	}
	return findings;
}

static json_t *mtrrs_json(const struct host *host)
{
	json_t *mtrrs = json_array();

	for (unsigned int i = 0; i < host->mtrrs; i++) {
		json_t *o = json_object();

		set(o, "start", hex(host->mtrr[i].base));
		set(o, "bytes", json_integer((json_int_t)host->mtrr[i].bytes));
		set(o, "type", text_or_null(host->mtrr[i].type));
		json_array_append_new(mtrrs, o);
	}
	return mtrrs;
}

static json_t *pat_ranges_json(const struct host *host)
{
	json_t *ranges = json_array();

	for (unsigned int i = 0; i < host->pats; i++) {
		json_t *o = json_object();

		set(o, "start", hex(host->pat[i].start));
		set(o, "bytes", json_integer((json_int_t)(host->pat[i].end - host->pat[i].start)));
		set(o, "type", text_or_null(host->pat[i].type));
		json_array_append_new(ranges, o);
	}
	return ranges;
}

static json_t *missing_json(const struct host *host)
{
	json_t *missing = json_array();

	for (unsigned int i = 0; i < host->missings; i++) {
		json_t *o = json_object();

		set(o, "what", json_string(host->missing[i].what));
		set(o, "why", json_string(host->missing[i].why));
		json_array_append_new(missing, o);
	}
	return missing;
}

json_t *report_json(struct host *host, const struct findings *f)
{
	json_t *root = json_object();

	set(root, "command", json_string("audit"));
	set(root, "version", json_string(VERSION));
	set(root, "facts", facts_json(host));
	if (host_is(host, "x86")) {
		set(root, "mtrrs", mtrrs_json(host));
		set(root, "pat_ranges", pat_ranges_json(host));
	}
	set(root, "devices", devices_json(host));
	set(root, "guests", guests_json(host));
	set(root, "findings", findings_json(f));
	set(root, "missing", missing_json(host));
	return root;
}
