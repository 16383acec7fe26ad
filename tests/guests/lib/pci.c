/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci.h"

#define COMMAND_MEMORY 2u
#define BAR_FLAGS UINT64_C(0xf)

bool guest_pci_present(unsigned int device)
{
	return guest_read32(guest_pci_config(device, 0)) != UINT32_MAX;
}

void guest_pci_decode(unsigned int device, bool on)
{
	guest_write32(guest_pci_config(device, GUEST_PCI_COMMAND), on ? COMMAND_MEMORY : 0);
}

static void write_bar(unsigned int device, unsigned int bar, uint64_t value)
{
	guest_write32(guest_pci_config(device, GUEST_PCI_BAR(bar)), (uint32_t)value);
	guest_write32(guest_pci_config(device, GUEST_PCI_BAR(bar + 1)), (uint32_t)(value >> 32));
}

static uint64_t read_bar(unsigned int device, unsigned int bar)
{
	return guest_read32(guest_pci_config(device, GUEST_PCI_BAR(bar))) |
	       (uint64_t)guest_read32(guest_pci_config(device, GUEST_PCI_BAR(bar + 1))) << 32;
}

uint64_t guest_pci_size(unsigned int device, unsigned int bar)
{
	uint64_t old, mask;

	guest_pci_decode(device, false);
	old = read_bar(device, bar);
	write_bar(device, bar, UINT64_MAX);
	mask = read_bar(device, bar) & ~BAR_FLAGS;
	write_bar(device, bar, old);
	return ~mask + 1;
}

void guest_pci_place(unsigned int device, unsigned int bar, uint64_t address)
{
	guest_pci_decode(device, false);
	write_bar(device, bar, address);
	guest_pci_decode(device, true);
}
