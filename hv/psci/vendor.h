/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PSCI_VENDOR_H
#define HV_PSCI_VENDOR_H
/*
 * Our own calls, in the vendor-specific hypervisor range of SMCCC (DEN 0028, table 6-2), offered to
 * a guest whose description says `unmap-call`: docs/guest-binding.md.
 */
#include "../vm.h"

#define HV_VENDOR_UNMAP UINT64_C(0xc6000000)

#define SMCCC_INVALID_PARAMETER (-3)

/*
 * Answer the call in x0 of the vCPU. False: not one of ours, or not offered. Bounded: takes at most
 * 2 MiB back.
 */
bool hv_vendor_call(struct vcpu *vcpu);

#endif
