/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_GUEST_TYPES_RUN_H
#define TEST_GUEST_TYPES_RUN_H
/* A guest of several slots that writes MTRRs and CR0.CD at random. */
#include "x86_world.h"

#define RUN_SLOTS 6
#define RUN_SLOT_PAGES 2048 /* 8 MiB: one from address 0 on, for fixed ranges, and others */

struct types_run {
	struct world *world;
	struct mezzo_guest_types types[2];
	struct mezzo_guest_types now;
	struct mezzo_bar bar[RUN_SLOTS];
	uint64_t seed;
};

uint64_t types_run_random(uint64_t *seed);
uint64_t types_run_below(uint64_t *seed, uint64_t limit);

void types_run_open(struct types_run *run, uint64_t seed);
/* Change something of run->now, as firmware could, or any guest. */
void types_run_write(struct types_run *run);

struct mezzo_leaf types_run_leaf(struct types_run *run, unsigned int slot, uint64_t page);
/* What an entry of the slot has to say at that page, by run->now. */
uint8_t types_run_due(const struct types_run *run, unsigned int slot, uint64_t page);
/* A page that is not there is touched. */
struct mezzo_fault_result types_run_touch(struct types_run *run, uint32_t vcpu, unsigned int slot,
					  uint64_t page, bool write);
/* A leaf that is there and of a type that is not due; in @slot, @page. */
bool types_run_wrong(struct types_run *run, unsigned int *slot, uint64_t *page);

#endif
