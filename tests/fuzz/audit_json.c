/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/audit/arena.c cli/audit/tar.c cli/audit/root.c cli/audit/live.c cli/audit/live_answers.c cli/audit/live_kvm.c cli/audit/live_log.c cli/audit/live_process.c cli/audit/smaps.c cli/audit/pci.c cli/audit/stage2.c cli/audit/x86_ranges.c cli/audit/guests.c cli/audit/facts.c cli/audit/facts_memory.c cli/audit/facts_x86.c cli/linux/release.c */
/* sources: cli/audit/host.c cli/audit/devices.c cli/audit/drivers.c cli/audit/predict.c cli/audit/findings.c cli/audit/find_devices.c cli/audit/find_guests.c cli/audit/finding_texts_devices.c cli/audit/finding_texts_guests.c cli/audit/compat.c cli/audit/host_json.c cli/linux/slot.c cli/linux/fault.c cli/linux/text.c cli/linux/x86.c */
/*
 * Any values at the keys of an audit's JSON, of any kind: a host comes of it that can be compared
 * with itself, and is compatible. And any text at all, which is refused with a reason.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static json_t *any_value(struct input *in)
{
	static const char *const words[] = {
		"arm64",       "x86",      "6.12.118",  "linux-6.9",
		"linux-6.17?", "vfio-pci", "1af4:1110", "0000:00:01.0",
		"pci",         "npt",      "",          "0x8000000000",
	};
	uint8_t kind = next(in);
	char text[8] = "";

	switch (kind % 8) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(kind & 8);
	case 2:
		return json_integer((json_int_t)1 << next(in) % 63);
	case 3:
		return json_integer(-(json_int_t)next(in));
	case 4:
		for (unsigned int i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)(next(in) & 127);
		return json_string(text);
	case 5:
		return json_real(next(in));
	case 6:
		return json_array();
	default:
		return json_string(words[next(in) % (sizeof(words) / sizeof(words[0]))]);
	}
}

static json_t *any_bar(struct input *in)
{
	json_t *o = json_object();

	json_object_set_new(o, "index", next(in) & 1 ? any_value(in) : json_integer(next(in) % 7));
	json_object_set_new(o, "bytes", any_value(in));
	json_object_set_new(o, "start", any_value(in));
	json_object_set_new(o, "prefetchable", any_value(in));
	return o;
}

static json_t *any_device(struct input *in)
{
	static const char *const keys[] = {"bus", "address", "id", "driver", "iommu_group"};
	json_t *o = json_object(), *bars = json_array();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(o, keys[i],
				    next(in) & 3 ? json_string("vfio-pci") : any_value(in));
	json_object_set_new(o, "pass_driver",
			    next(in) & 3 ? json_string("nvgrace-gpu-vfio-pci") : any_value(in));
	json_object_set_new(o, "passed", json_boolean(next(in) & 3));
	for (unsigned int i = next(in) % 4; i; i--)
		json_array_append_new(bars, next(in) & 15 ? any_bar(in) : any_value(in));
	json_object_set_new(o, "bars", bars);
	return o;
}

static json_t *any_guest(struct input *in)
{
	json_t *o = json_object();

	json_object_set_new(o, "pid", any_value(in));
	json_object_set_new(o, "name", any_value(in));
	json_object_set_new(o, "vfio_devices", any_value(in));
	return o;
}

static json_t *any_audit(struct input *in)
{
	json_t *root = json_object(), *facts = json_object(), *devices = json_array(),
	       *guests = json_array();

	json_object_set_new(root, "command", json_string("audit"));
	for (unsigned int id = 0; id < FACTS; id++) {
		json_t *o = json_object();

		if (next(in) & 1)
			json_object_set_new(o, "value", any_value(in));
		if (next(in) & 1)
			json_object_set_new(o, "source", any_value(in));
		json_object_set_new(facts, fact_texts[id].name, o);
	}
	json_object_set_new(root, "facts", facts);
	for (unsigned int i = next(in) % 4; i; i--)
		json_array_append_new(devices, next(in) & 15 ? any_device(in) : any_value(in));
	json_object_set_new(root, "devices", devices);
	for (unsigned int i = next(in) % 3; i; i--)
		json_array_append_new(guests, next(in) & 15 ? any_guest(in) : any_value(in));
	json_object_set_new(root, "guests", guests);
	return root;
}

static void compares_with_itself(const char *text, size_t size)
{
	struct host a = {0}, b = {0};
	struct compat compat;

	CHECK(!host_from_json(&a, text, size));
	CHECK(!host_from_json(&b, text, size));
	compat_make(&a, &b, &compat);
	for (unsigned int i = 0; i < compat.items; i++)
		CHECK(!compat.item[i].blocks);
	host_free(&a);
	host_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct host any = {0};
	json_t *root = any_audit(&in);
	char *text = json_dumps(root, 0);

	json_decref(root);
	compares_with_itself(text, strlen(text));
	free(text);
	/* Whatever it says, it says it without harm. */
	host_from_json(&any, (const char *)data, size);
	host_free(&any);
	return 0;
}
