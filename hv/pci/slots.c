/* SPDX-License-Identifier: BSD-2-Clause */
#include "slots.h"

#include <mezzo/status.h>

/* Where the BAR wants its slot; false: nowhere. */
static bool wanted(const struct hv_pci_bus *bus, unsigned int device, unsigned int bar,
		   uint64_t *ipa)
{
	const struct hv_pci_function *function = bus->device[device];

	return function && function->bar[bar].kind == HV_PCI_BAR_MAPPED &&
	       hv_pci_bar_decodes(bus, function, bar, ipa);
}

static bool leave(struct hv_pci_slots *slots, const struct hv_pci_bus *bus,
		  const struct hv_pci_slot_ops *ops, unsigned int device, unsigned int bar)
{
	uint64_t ipa = 0;
	bool want = wanted(bus, device, bar, &ipa);
	uint8_t *state = &slots->slot[device][bar].state;

	if (*state == HV_PCI_SLOT_LIVE && !(want && ipa == slots->slot[device][bar].ipa))
		*state = HV_PCI_SLOT_LEAVING;
	if (*state != HV_PCI_SLOT_LEAVING)
		return true;
	if (ops->remove(ops->ctx, device, bar) == MEZZO_ERR_AGAIN)
		return false;
	*state = HV_PCI_SLOT_NONE;
	return true;
}

static bool come(struct hv_pci_slots *slots, const struct hv_pci_bus *bus,
		 const struct hv_pci_slot_ops *ops, unsigned int device, unsigned int bar)
{
	uint64_t ipa;
	int status = MEZZO_OK;

	if (slots->slot[device][bar].state != HV_PCI_SLOT_NONE)
		return true;
	if (wanted(bus, device, bar, &ipa)) {
		status = ops->create(ops->ctx, device, bar, ipa);
		if (status == MEZZO_ERR_AGAIN)
			return false;
		if (status == MEZZO_OK) {
			slots->slot[device][bar].state = HV_PCI_SLOT_LIVE;
			slots->slot[device][bar].ipa = ipa;
		} else if (status == MEZZO_ERR_REFUSED) {
			slots->slot[device][bar].state = HV_PCI_SLOT_REFUSED;
		}
	}
	slots->slot[device][bar].status = status;
	return true;
}

bool hv_pci_slots_follow(struct hv_pci_slots *slots, const struct hv_pci_bus *bus,
			 const struct hv_pci_slot_ops *ops)
{
	for (unsigned int device = 0; device < HV_PCI_DEVICES; device++)
		for (unsigned int bar = 0; bar < HV_PCI_BARS; bar++)
			if (!leave(slots, bus, ops, device, bar))
				return false;
	for (unsigned int device = 0; device < HV_PCI_DEVICES; device++)
		for (unsigned int bar = 0; bar < HV_PCI_BARS; bar++)
			if (!come(slots, bus, ops, device, bar))
				return false;
	return true;
}
