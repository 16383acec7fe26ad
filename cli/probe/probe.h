/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_PROBE_PROBE_H
#define CLI_PROBE_PROBE_H
/*
 * What a mapping really is: accesses that some memory types do not take, each in a child that may
 * die of it, and how fast plain accesses are beside a cached buffer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_access {
	PROBE_LOAD,
	PROBE_LOAD_UNALIGNED,
	PROBE_LOAD_WIDE, /* 16 bytes by one instruction */
	PROBE_LOAD_WIDE_UNALIGNED,
	/* what follows writes */
	PROBE_STORE,
	PROBE_STORE_UNALIGNED,
	PROBE_ATOMIC,
	PROBE_EXCLUSIVE,  /* arm64: load-exclusive and store-exclusive */
	PROBE_ZERO_BLOCK, /* arm64: DC ZVA */
	PROBE_ACCESSES
};
#define PROBE_FIRST_WRITE PROBE_STORE

enum probe_outcome {
	PROBE_NOT_TRIED,
	PROBE_WORKS,
	PROBE_SIGBUS,
	PROBE_SIGSEGV,
	PROBE_SIGILL,
	PROBE_DIED, /* of something else, or did not come back */
	PROBE_OUTCOMES
};

enum probe_type {
	PROBE_UNKNOWN,
	PROBE_DEVICE,
	PROBE_COMBINING,
	PROBE_CACHED,
	PROBE_NOT_DEVICE, /* combining or cached */
	PROBE_TYPES
};

struct probe_times {
	bool known;
	double load_ns, cached_load_ns;         /* one load after another */
	double store_mib_s, cached_store_mib_s; /* sequential; 0: not tried */
	bool caches_show; /* a flushed line is slower than another: times mean something here */
};

struct probe {
	volatile uint8_t *memory; /* the mapping */
	size_t bytes;
	bool write;        /* the range below may be written */
	size_t first, end; /* of the range, half open */
	enum probe_outcome outcome[PROBE_ACCESSES];
	struct probe_times times;
	enum probe_type type;
	const char *confidence; /* "certain", "likely", "none" */
	const char *why;
};

const char *probe_access_name(enum probe_access access);
const char *probe_outcome_name(enum probe_outcome outcome);
const char *probe_type_name(enum probe_type type);

/* Every access that is allowed, at the beginning of the range. */
void probe_accesses(struct probe *probe);
/* Loads always, stores where the range may be written. */
void probe_measure(struct probe *probe);
/* What follows from both: @arm64 is where a misaligned access to Device memory faults. */
void probe_conclude(struct probe *probe, bool arm64);

#endif
