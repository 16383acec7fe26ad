/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_PROBE_H
#define TESTS_EL2_PROBE_H
/*
 * What the MMU makes of a stage-2 table, asked by AT S12E1R and S12E1W: address, combined type, or
 * the fault and its level. EL1's own stage 1 is off, so that a virtual address is the IPA; its type
 * is Device-nGnRnE, or Write-Back with HCR_EL2.DC.
 */
#include <mezzo/arch.h>

/* Put the table in front of EL1, and none again. @fwb: HCR_EL2.FWB. No guest may run on this CPU. */
void el2_probe_enter(const struct mezzo_table *table);
void el2_probe_leave(void);

/*
 * Does the MMU say of @ipa what the engine's own walk says, of reads and writes, with both types?
 * What differs is said on the console, with @when. Between the two above.
 */
bool el2_probe(const struct mezzo_table *table, uint64_t ipa, const char *when);

/*
 * So many answers were compared, of which so many were faults. QEMU 10.0.2 aborts where AT ends in a
 * permission fault of stage 2 (do_ats_write; 10.0.13 does not), so that is asked only with
 * `permissions`, and otherwise counted.
 */
extern struct el2_probes {
	bool permissions;
	unsigned int asked, faults, spared;
} el2_probes;

#endif
