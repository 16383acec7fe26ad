/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel EPT. */
#include "table/ept_format.h"

#define X86_OPS mezzo_ept_ops
#define X86_FEATURES_VALID(features) true
#define X86_FILL(table, config) true

#include "table/x86_ops.h"

#define EPTP_WRITE_BACK MEZZO_X86_WB  /* of the processor's own accesses to the tables */
#define EPTP_LEVELS_SHIFT 3           /* how many, less one */
#define EPTP_FLAGS (UINT64_C(1) << 6) /* accessed and dirty */

uint64_t mezzo_ept_pointer(const struct mezzo_table *table)
{
	const unsigned int levels = 4u - (unsigned int)(table->start_level - table->above_count);

	return table->root_pa.addr | EPTP_WRITE_BACK | (uint64_t)(levels - 1) << EPTP_LEVELS_SHIFT |
	       EPTP_FLAGS;
}
