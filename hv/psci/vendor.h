/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PSCI_VENDOR_H
#define HV_PSCI_VENDOR_H
/*
 * Our own calls, in the vendor-specific hypervisor range of SMCCC (DEN 0028, table 6-2), offered to
 * a guest whose description says `unmap-call`, respectively `log-writes`: docs/guest-binding.md.
 */
#include "../vm.h"

#define HV_VENDOR_UNMAP UINT64_C(0xc6000000)
#define HV_VENDOR_WRITTEN UINT64_C(0xc6000001)

#define SMCCC_INVALID_PARAMETER (-3)

/*
 * Answer the call in x0 of the vCPU. False: not one of ours, or not offered. Bounded: at most
 * 2 MiB are taken back or looked at.
 */
bool hv_vendor_call(struct vcpu *vcpu);

#endif
