/* SPDX-License-Identifier: BSD-2-Clause */
#include "deviations.h"

#include "tap.h"

/*
 * QEMU 10.0.2 (and 7.2), target/arm/ptw.c. Evidence: AT S12E1R for all 8 stage-1 and 16 stage-2
 * encodings, compared with R_VRJSW and R_RHWZM (FWB) and R_HMNDG and R_TNHFM (no FWB).
 *
 * FWB: combined_attrs_fwb() gives the stage-2 Device type whatever stage 1 says, where the rule
 * takes the stronger of the two.
 * No FWB: combined_attrs_nofwb() answers Device-nGnRE for Non-cacheable with nGRE or GRE, where
 * the rule keeps the Device type.
 */
static struct deviation {
	uint8_t stage1, stage2;
	bool fwb;
	uint8_t got;
	unsigned int seen;
} list[] = {
	{MEZZO_ARM64_nGnRnE, MEZZO_STAGE2_DEVICE_nGnRE, true, MEZZO_ARM64_nGnRE, 0},
	{MEZZO_ARM64_nGRE, MEZZO_STAGE2_NORMAL_NC, false, MEZZO_ARM64_nGnRE, 0},
	{MEZZO_ARM64_GRE, MEZZO_STAGE2_NORMAL_NC, false, MEZZO_ARM64_nGnRE, 0},
};

#define LISTED (sizeof(list) / sizeof(list[0]))

bool hv_deviation_known(enum mezzo_arm64_type stage1, enum mezzo_arm64_stage2 stage2, bool fwb,
			enum mezzo_arm64_type got)
{
	for (unsigned int i = 0; i < LISTED; i++) {
		struct deviation *d = &list[i];

		if (d->stage1 == stage1 && d->stage2 == stage2 && d->fwb == fwb && d->got == got) {
			d->seen++;
			return true;
		}
	}
	return false;
}

void hv_deviations_report(bool fwb_tried)
{
	for (unsigned int i = 0; i < LISTED; i++) {
		const struct deviation *d = &list[i];

		if (d->fwb && !fwb_tried)
			continue;
		tap_note("deviation%s: %s at stage 1, %s at stage 2, %s: %s, %u times",
			 d->seen ? "" : " that did not occur",
			 mezzo_arm64_type_name((enum mezzo_arm64_type)d->stage1),
			 mezzo_arm64_stage2_name((enum mezzo_arm64_stage2)d->stage2),
			 d->fwb ? "FWB" : "no FWB",
			 mezzo_arm64_type_name((enum mezzo_arm64_type)d->got), d->seen);
	}
}
