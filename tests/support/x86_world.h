/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_X86_WORLD_H
#define TEST_X86_WORLD_H
/* A space of an x86 guest, whose MTRRs may be honoured. */
#include "world.h"

#define X86_HOST_PAT UINT64_C(0x0407050600070106) /* WB WC UC- UC WB WP UC- WT, as Linux has it */

/* MTRRs that say @type of everything. */
struct mezzo_guest_types x86_types(enum mezzo_x86_type type);
/* ... and @type of [@addr, @addr + @bytes), through variable range @index. */
void x86_types_range(struct mezzo_guest_types *types, unsigned int index, uint64_t addr,
		     uint64_t bytes, enum mezzo_x86_type type);

/* @types: two, the first as the guest finds them; NULL: ignored. */
struct world *x86_world(enum mezzo_x86_engine engine, bool self_snoop,
			struct mezzo_guest_types *types);
/* Change, however often it must be called. Returns how often. */
unsigned int x86_change(struct world *world, const struct mezzo_guest_types *to);

#endif
