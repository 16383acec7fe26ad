/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H
/* What another machine has, from a file (docs/requirements.md) or from what an audit knows of it. */
#include "audit/arena.h"

#include <mezzo/admit.h>

enum machine_assumed {
	ASSUMED_CPU,
	ASSUMED_IPA_BITS,
	ASSUMED_PAGE_BYTES,
	ASSUMED_BLOCK_BYTES,
	ASSUMED_DIRECT,
	ASSUMED_COUNT
};
/* "cpu", "ipa_bits", ... */
extern const char *const machine_assumed_name[ASSUMED_COUNT];

struct machine_there {
	const struct mezzo_arch *arch;
	struct mezzo_machine_facts facts;
	const char *assumed[ASSUMED_COUNT]; /* why; NULL: it was stated */
};

/*
 * From a file of facts, the JSON of an audit, a capture or its directory, or "live". NULL, or why
 * not.
 */
const char *machine_read(struct arena *arena, const char *path, struct machine_there *there);

/* The leaves of tables with such pages, and no more bits than 48: what every arm64 CPU has. */
uint64_t machine_orders(unsigned int page_shift);
/* A machine with such tables, of which nothing else is known but what every x86 processor has. */
void machine_x86(enum mezzo_x86_engine engine, struct machine_there *there);

#endif
