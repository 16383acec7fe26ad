/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_ORACLE_H
#define HV_VCPU_ORACLE_H
/*
 * Asking the MMU what a guest's access would really get: AT S12E1R under a stage 2 of the engine's,
 * with a stage 1 of ours that asks for one memory type. The answer, PAR_EL1, is the combined type;
 * nothing of it comes from the engine.
 *
 * The stage-1 table is read through stage 2, so it is a slot of the space: one page, read-only.
 */
#include <mezzo/mezzo.h>

/* What stage 1 asks for: enum mezzo_arm64_type, or tagged write-back. */
enum {
	HV_ORACLE_TAGGED = MEZZO_ARM64_TYPES,
	HV_ORACLE_TYPES
};

struct hv_oracle {
	struct mezzo_space *space;
	struct mezzo_pool pool;
	uint64_t ipa;
	uint64_t *table; /* stage 1, level 1 */
	uint8_t ips;     /* TCR_EL1.IPS */
};

/**
 * hv_oracle_init() - give a space an oracle
 * @ipa: page aligned, no slot there; @slot: an id that is free
 *
 * NOMEM, and what mezzo_slot_create() returns.
 */
MEZZO_MUST_CHECK int hv_oracle_init(struct hv_oracle *oracle, struct mezzo_space *space,
				    uint64_t ipa, uint32_t slot);

/*
 * Put the space into VTTBR_EL2, and none again. No guest may run on this CPU meanwhile; its EL2
 * controls are to be set up anew afterwards.
 */
void hv_oracle_enter(const struct mezzo_space *space);
void hv_oracle_leave(void);

/*
 * Between the two: PAR_EL1 for a read at @ipa through a stage-1 mapping of @type. Does not fault
 * @ipa in: where nothing is mapped PAR_EL1.F is one.
 */
uint64_t hv_oracle_read(struct hv_oracle *oracle, uint64_t ipa, unsigned int type);

/* PAR_EL1.SH: 0 none, 2 outer, 3 inner. */
unsigned int hv_oracle_shareability(uint64_t par);

#endif
