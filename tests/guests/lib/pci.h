/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H
/* The functions that were passed through: devices 1, 2, ... of bus 0. */
#include "guest.h"

#define GUEST_ECAM UINT64_C(0x4010000000)
#define GUEST_ECAM_BYTES UINT64_C(0x100000)
#define GUEST_PCI_LOW UINT64_C(0x10000000)
#define GUEST_PCI_HIGH UINT64_C(0x8000000000)

#define GUEST_PCI_COMMAND 0x04
#define GUEST_PCI_BAR(n) (0x10 + 4 * (n))

static inline uint64_t guest_pci_config(unsigned int device, unsigned int offset)
{
	return GUEST_ECAM + ((uint64_t)device << 15) + offset;
}

/* Is there a function? */
bool guest_pci_present(unsigned int device);
/* Bytes of a 64-bit BAR; it decodes nothing while it is asked. */
uint64_t guest_pci_size(unsigned int device, unsigned int bar);
/* Put a 64-bit BAR somewhere, and let the device decode. */
void guest_pci_place(unsigned int device, unsigned int bar, uint64_t address);
void guest_pci_decode(unsigned int device, bool on);

#endif
