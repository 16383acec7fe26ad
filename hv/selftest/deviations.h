/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_SELFTEST_DEVIATIONS_H
#define HV_SELFTEST_DEVIATIONS_H
/*
 * Where a machine is known to answer AT otherwise than the architecture's rule. The rule stays the
 * contract; these cells are counted and printed, and any other difference fails.
 */
#include <mezzo/memtype.h>

/* Is it one of the list? Counts it. */
bool hv_deviation_known(enum mezzo_arm64_type stage1, enum mezzo_arm64_stage2 stage2, bool fwb,
			enum mezzo_arm64_type got);

/* Print how often each occurred, and those that did not though their cell was tried. */
void hv_deviations_report(bool fwb_tried);

#endif
