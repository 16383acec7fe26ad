/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64 stage 2: 64 KiB granule, addresses of up to 52 bits (FEAT_LPA). */
#define S2_PAGE_SHIFT 16
#define S2_LPA2 0
#define S2_PLAIN 0
#define S2_OPS mezzo_stage2_64k_ops

#include "table/stage2_ops.h"
