/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD nested paging. */
#include <mezzo/x86.h>

#include "table/npt_format.h"

/* A leaf is readable or not there, and execution knows no modes. */
#define X86_FEATURES_VALID(features) (!(features)->xnx && !(features)->exec_only)
#define X86_FILL(table, config) npt_fill(table, (config)->x86.host_pat)
#define X86_OPS mezzo_npt_ops

/* What each type of entry asks the host's PAT for; there is no ignore-PAT. */
static const uint8_t npt_types[MEZZO_X86_STAGE2_TYPES] = {
	[MEZZO_X86_STAGE2_UC_ONLY] = NPT_PAT_NONE, [MEZZO_X86_STAGE2_UC] = MEZZO_X86_UC,
	[MEZZO_X86_STAGE2_WC] = MEZZO_X86_WC,      [MEZZO_X86_STAGE2_WT] = MEZZO_X86_WT,
	[MEZZO_X86_STAGE2_WP] = MEZZO_X86_WP,      [MEZZO_X86_STAGE2_WB] = MEZZO_X86_WB,
	[MEZZO_X86_STAGE2_WB_ONLY] = NPT_PAT_NONE,
};

/* Of several entries that say the same the first is as good as the others. */
static void npt_find(struct mezzo_table *table, uint64_t pat, unsigned int type)
{
	table->pat_index[type] = NPT_PAT_NONE;
	for (unsigned int i = 8; i-- > 0;)
		if (mezzo_x86_pat_type(pat, i) == npt_types[type]) {
			table->pat_index[type] = (uint8_t)i;
			table->pat_type[i] = (uint8_t)type;
		}
}

/* Entries that lead to tables, and the root's register, choose entry 0. */
static bool npt_fill(struct mezzo_table *table, uint64_t pat)
{
	if (!mezzo_x86_pat_valid(pat) || mezzo_x86_pat_type(pat, 0) != MEZZO_X86_WB)
		return false;
	for (unsigned int type = 0; type < MEZZO_X86_STAGE2_TYPES; type++)
		npt_find(table, pat, type);
	return table->pat_index[MEZZO_X86_STAGE2_UC] != NPT_PAT_NONE;
}

#include "table/x86_ops.h"
