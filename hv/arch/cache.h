/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_CACHE_H
#define HV_ARCH_CACHE_H
#include <stdint.h>

/*
 * Clean and invalidate lines to the PoC, from @va (the start of one) until @end. Complete after
 * the next barrier. The second one: allocation tags too; needs FEAT_MTE2.
 */
void hv_clean_invalidate(uint64_t va, uint64_t end, uint64_t line_bytes);
void hv_clean_invalidate_tags(uint64_t va, uint64_t end, uint64_t line_bytes);

#endif
