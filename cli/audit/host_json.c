/* SPDX-License-Identifier: BSD-2-Clause */
/* A host from the JSON of its audit: facts, devices, and guests as far as they matter for moving. */
#include "audit/compat.h"
#include "audit/drivers.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(struct host *host, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? arena_copy(&host->arena, text, strlen(text)) : NULL;
}

static void take_facts(struct host *host, const json_t *facts)
{
	for (unsigned int id = 0; id < FACTS; id++) {
		const json_t *o = json_object_get(facts, fact_texts[id].name);
		const json_t *value = json_object_get(o, "value");
		const char *source = text_of(host, o, "source");
		enum fact_kind kind = fact_texts[id].kind;
		enum fact_id fact = (enum fact_id)id;

		/* A value of another kind than the fact's is none. */
		if (json_is_boolean(value) && kind == FACT_BOOL)
			fact_set_bool(host, fact, json_is_true(value), source);
		else if (json_is_integer(value) && json_integer_value(value) >= 0 &&
			 kind == FACT_NUMBER)
			fact_set_number(host, fact, (uint64_t)json_integer_value(value), source);
		else if (json_is_string(value) && kind == FACT_TEXT)
			fact_set_text(host, fact, json_string_value(value), source);
		else
			fact_unknown(host, fact, source ? source : "it is not in the file");
	}
}

static void take_bar(struct host *host, struct device *d, const json_t *o)
{
	json_int_t index = json_integer_value(json_object_get(o, "index"));
	json_int_t bytes = json_integer_value(json_object_get(o, "bytes"));
	const char *start = text_of(host, o, "start");

	if (index < 0 || index >= PCI_BARS || bytes <= 0)
		return;
	d->bar[index] = (struct bar){
		.present = true,
		.prefetchable = json_is_true(json_object_get(o, "prefetchable")),
		.start = start ? strtoull(start, NULL, 16) : 0,
		.bytes = (uint64_t)bytes,
	};
}

static void take_device(struct host *host, const json_t *o)
{
	const char *id = text_of(host, o, "id");
	const json_t *group = json_object_get(o, "iommu_group");
	struct device d = {
		.bus = text_of(host, o, "bus"),
		.address = text_of(host, o, "address"),
		.driver = text_of(host, o, "driver"),
		.pass_driver = text_of(host, o, "pass_driver"),
		.passed = json_is_true(json_object_get(o, "passed")),
		.group = json_is_integer(group) ? (int)json_integer_value(group) : -1,
	};
	const json_t *bars = json_object_get(o, "bars");

	if (!d.bus || !d.address || !d.pass_driver)
		return;
	if (id && strlen(id) == 9) {
		d.vendor = (unsigned int)strtoul(id, NULL, 16);
		d.id = (unsigned int)strtoul(id + 5, NULL, 16);
	}
	for (size_t i = 0; i < json_array_size(bars); i++)
		take_bar(host, &d, json_array_get(bars, i));
	host->device = arena_grow(&host->arena, host->device, host->devices, sizeof(d));
	host->device[host->devices++] = d;
}

static void take_guest(struct host *host, const json_t *o)
{
	struct guest g = {
		.pid = (unsigned int)json_integer_value(json_object_get(o, "pid")),
		.name = text_of(host, o, "name"),
		.vfio_devices =
			(unsigned int)json_integer_value(json_object_get(o, "vfio_devices")),
	};

	if (!g.name)
		g.name = "-";
	host->guest = arena_grow(&host->arena, host->guest, host->guests, sizeof(g));
	host->guest[host->guests++] = g;
}

const char *host_from_json(struct host *host, const char *text, size_t length)
{
	json_error_t error;
	json_t *root = json_loadb(text, length, 0, &error);
	const json_t *facts = json_object_get(root, "facts");
	const json_t *devices = json_object_get(root, "devices");
	const json_t *guests = json_object_get(root, "guests");
	const char *command = json_string_value(json_object_get(root, "command"));

	if (!root)
		return arena_printf(&host->arena, "line %d: %s", error.line, error.text);
	if (!command || strcmp(command, "audit") != 0 || !json_is_object(facts)) {
		json_decref(root);
		return "it is not the JSON of an audit";
	}
	take_facts(host, facts);
	if (host->fact[FACT_KERNEL].known)
		linux_release_parse(host->fact[FACT_KERNEL].text, NULL, &host->release);
	for (size_t i = 0; i < json_array_size(devices); i++)
		take_device(host, json_array_get(devices, i));
	for (size_t i = 0; i < json_array_size(guests); i++)
		take_guest(host, json_array_get(guests, i));
	json_decref(root);
	rules_from_fact(host);
	return NULL;
}
