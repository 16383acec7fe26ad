/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MONITOR_PAR_H
#define HV_MONITOR_PAR_H
#include <mezzo/memtype.h>

/**
 * hv_par_type() - the memory type in a PAR_EL1 that AT has written
 *
 * Pure. -1: the translation faulted, or inner and outer types differ, which no entry of ours makes
 * of types that do not. Source: Arm ARM, PAR_EL1 (F = 0) and MAIR_EL1.
 */
int hv_par_type(uint64_t par);

#endif
