/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_X86_RANGES_H
#define CLI_AUDIT_X86_RANGES_H
/* /proc/mtrr and /sys/kernel/debug/x86/pat_memtype_list. */
#include "audit/host.h"

struct mtrr *mtrr_parse(struct arena *arena, const char *text, unsigned int *count);
struct pat_range *pat_parse(struct arena *arena, const char *text, unsigned int *count);

#endif
