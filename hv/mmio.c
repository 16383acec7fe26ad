/* SPDX-License-Identifier: BSD-2-Clause */
#include "mmio.h"

#include <mezzo/status.h>

static bool overlap(const struct hv_mmio_device *a, const struct hv_mmio_device *b)
{
	return a->ipa < b->ipa + b->bytes && b->ipa < a->ipa + a->bytes;
}

int hv_mmio_add(struct hv_mmio_bus *bus, const struct hv_mmio_device *device)
{
	if (!device->access || !device->bytes || device->ipa + device->bytes < device->ipa)
		return MEZZO_ERR_INVALID;
	for (unsigned int i = 0; i < bus->count; i++)
		if (overlap(&bus->device[i], device))
			return MEZZO_ERR_EXISTS;
	if (bus->count == HV_MMIO_DEVICES_MAX)
		return MEZZO_ERR_LIMIT;
	bus->device[bus->count++] = *device;
	return MEZZO_OK;
}

enum hv_mmio_result hv_mmio_access(const struct hv_mmio_bus *bus, struct hv_mmio *mmio)
{
	for (unsigned int i = 0; i < bus->count; i++) {
		const struct hv_mmio_device *device = &bus->device[i];

		if (mmio->ipa - device->ipa < device->bytes &&
		    device->bytes - (mmio->ipa - device->ipa) >= mmio->bytes)
			return device->access(device->dev, mmio);
	}
	return HV_MMIO_FAULT;
}
