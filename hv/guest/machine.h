/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_MACHINE_H
#define HV_GUEST_MACHINE_H
/*
 * The machine that a guest sees: guest-physical addresses and interrupts, as on QEMU's `virt`.
 */
#include <mezzo/types.h>

#define HV_GUEST_GICD UINT64_C(0x08000000)
#define HV_GUEST_GICD_BYTES UINT64_C(0x10000)
#define HV_GUEST_GICR UINT64_C(0x080a0000)
#define HV_GUEST_GICR_BYTES UINT64_C(0x20000) /* of each vCPU */
#define HV_GUEST_UART UINT64_C(0x09000000)
#define HV_GUEST_UART_BYTES UINT64_C(0x1000)
#define HV_GUEST_UART_SPI 1

#define HV_GUEST_PCI_LOW UINT64_C(0x10000000)
#define HV_GUEST_PCI_LOW_BYTES UINT64_C(0x2eff0000)
#define HV_GUEST_RAM UINT64_C(0x40000000)
#define HV_GUEST_ECAM UINT64_C(0x4010000000)
#define HV_GUEST_ECAM_BYTES UINT64_C(0x100000) /* bus 0 */
#define HV_GUEST_PCI_HIGH UINT64_C(0x8000000000)
#define HV_GUEST_PCI_HIGH_BYTES UINT64_C(0x8000000000)

/* RAM ends below the configuration space. */
#define HV_GUEST_RAM_BYTES_MAX (HV_GUEST_ECAM - HV_GUEST_RAM)
#define HV_GUEST_RAM_BYTES_MIN (UINT64_C(16) << 20)
/* Guest-physical addresses go up to the end of the upper PCI window. */
#define HV_GUEST_IPA_BITS 40

#endif
