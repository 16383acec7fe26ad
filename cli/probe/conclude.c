/* SPDX-License-Identifier: BSD-2-Clause */
/* What accesses and times say of the memory type. */
#include "probe/probe.h"

const char *probe_type_name(enum probe_type type)
{
	static const char *const name[PROBE_TYPES] = {
		"unknown", "device", "combining", "cached", "not-device",
	};

	return name[type];
}

static void conclude(struct probe *p, enum probe_type type, const char *confidence, const char *why)
{
	p->type = type;
	p->confidence = confidence;
	p->why = why;
}

/* How many times slower than a cached line a load is where nothing is cached. */
#define UNCACHED_LOADS 4.0
/* Stores that are not combined are slower than cached ones by more than that. */
#define UNCOMBINED_STORES 40.0

/* By times alone: stores tell combining from device, loads tell cached from both. */
static void by_times(struct probe *p, bool maybe_device)
{
	const struct probe_times *t = &p->times;

	if (!t->known || !t->caches_show) {
		conclude(p, maybe_device ? PROBE_UNKNOWN : PROBE_NOT_DEVICE,
			 maybe_device ? "none" : "certain",
			 maybe_device
				 ? "times mean nothing here: the machine shows no caches"
				 : "unaligned accesses work; combining or cached cannot be told "
				   "apart, because the machine shows no caches");
	} else if (t->load_ns < UNCACHED_LOADS * t->cached_load_ns) {
		conclude(p, PROBE_CACHED, "likely",
			 "loads are as fast as those of a cached buffer");
	} else if (!maybe_device) {
		conclude(p, PROBE_COMBINING, "likely",
			 "unaligned accesses work, and loads are slower than a cache's");
	} else if (t->store_mib_s == 0) {
		conclude(p, PROBE_UNKNOWN, "none",
			 "loads are not cached; only stores would tell combining from device: name "
			 "a --range that may be written");
	} else if (t->cached_store_mib_s < UNCOMBINED_STORES * t->store_mib_s) {
		conclude(p, PROBE_COMBINING, "likely",
			 "loads are not cached, and sequential stores are fast");
	} else {
		conclude(p, PROBE_DEVICE, "likely",
			 "loads are not cached, and sequential stores are slow");
	}
}

void probe_conclude(struct probe *p, bool arm64)
{
	enum probe_outcome plain = p->outcome[PROBE_LOAD];
	enum probe_outcome unaligned = p->outcome[PROBE_LOAD_UNALIGNED];

	if (plain != PROBE_WORKS)
		conclude(p, PROBE_UNKNOWN, "none",
			 "a plain load does not work: is the function enabled (echo 1 >enable)?");
	else if (arm64 && unaligned == PROBE_SIGBUS)
		conclude(p, PROBE_DEVICE, "certain",
			 "an unaligned load faults, and only Device memory does that");
	else
		by_times(p, !arm64);
}
