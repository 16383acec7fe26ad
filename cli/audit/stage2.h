/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_STAGE2_H
#define CLI_AUDIT_STAGE2_H
/*
 * debugfs kvm/PID-FD/stage2_page_tables of kernels that have it (6.13,
 * CONFIG_PTDUMP_STAGE2_DEBUGFS). It tells ranges, levels and permissions; memory types it does not
 * tell.
 */
#include "audit/host.h"

struct stage2_range *stage2_parse(struct arena *arena, const char *text, unsigned int *count);

/* Bytes of a leaf at that level under the host's page size; 0: there is none. */
uint64_t stage2_leaf_bytes(unsigned int level, uint64_t page_bytes);

#endif
