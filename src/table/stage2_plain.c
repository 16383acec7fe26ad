/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64 stage 2: 4 KiB granule, 48-bit addresses, and nothing that costs other walks. */
#define S2_PAGE_SHIFT 12
#define S2_LPA2 0
#define S2_PLAIN 1
#define S2_OPS mezzo_stage2_ops

#include "table/stage2_ops.h"
