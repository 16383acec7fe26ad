/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MONITOR_PROBE_H
#define HV_MONITOR_PROBE_H
/*
 * A stage-1 translation of our own inside a guest's address space, to ask the CPU which type an
 * access has under both stages.
 *
 * Its table is a page that the guest has for that long, at an address where nothing else is.
 * The vCPU's translation registers are borrowed on this CPU and given back.
 */
#include "../vm.h"

/* A frame for the table. Boot CPU. NOMEM. */
MEZZO_MUST_CHECK int hv_probe_init(void);

/* Give the guest the page. False: the engine would not. On the CPU of @vcpu, as all below. */
bool hv_probe_begin(struct vcpu *vcpu);
void hv_probe_end(struct vcpu *vcpu);

/* PAR_EL1 of a read of @ipa by EL1 with that type at stage 1: nGnRE, NC or WB. */
uint64_t hv_probe_par(struct vcpu *vcpu, uint64_t ipa, enum mezzo_arm64_type type);

/* Have the engine map @ipa, as a guest's read would. False: it is not granted. */
bool hv_probe_touch(struct vcpu *vcpu, uint64_t ipa, enum mezzo_access access);

#endif
