/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_EL1_H
#define HV_VCPU_EL1_H
/*
 * What a guest finds in its CPU, and what of it EL2 keeps. A vCPU is alone on its CPU, so its EL1
 * registers, pointer authentication keys, debug and FP registers stay in the CPU while EL2 works.
 */
#include "vm.h"

/* EL2's control of the guest regime for this vCPU: HCR, VTCR, VTTBR, CPTR, MDCR and the ID
 * registers that are not trapped. On the vCPU's CPU. */
void hv_el2_setup(struct vcpu *vcpu);

/* EL1's system registers as after a reset; what the architecture leaves unknown is zero. */
void hv_el1_reset(void);

/* A trapped system register access, other than ICC and CNT. False: undefined for the guest. */
bool hv_sysreg_trap(struct vcpu *vcpu, struct hv_sysreg_access *access);

/*
 * Take all memory back from the guest's tables, cleaned as its contract demands; faults bring it
 * back. On the vCPU's CPU; other vCPUs may run. Linear in what is mapped, but the machine's
 * interrupts are taken between pieces of 2 MiB.
 */
void hv_vm_flush(struct vcpu *vcpu);

#endif
