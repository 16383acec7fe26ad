/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_RUN_H
#define HV_VCPU_RUN_H
#include "vm.h"

/*
 * Before the guest runs on, wherever a device, PSCI or another CPU may have changed something:
 * refill the list registers; if the vCPU is off or the VM has ended, do not return.
 */
void hv_vcpu_settle(struct vcpu *vcpu);

/* EL2 begins to work for a vCPU: the time it takes is counted from here. */
void hv_vcpu_begin(struct vcpu *vcpu);
/* In work that takes long: take the machine's interrupts now, and count the time anew. */
void hv_vcpu_breathe(struct vcpu *vcpu);

#endif
