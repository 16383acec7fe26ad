/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64 stage 2: 4 KiB granule, 48-bit addresses. */
#define S2_PAGE_SHIFT 12
#define S2_LPA2 0
#define S2_PLAIN 0
#define S2_OPS mezzo_stage2_4k_ops

#include "table/stage2_ops.h"
