/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/pci/config.c hv/pci/slots.c */
/*
 * A guest does anything to its configuration space: sizes stay as declared, nothing hidden becomes
 * settable, and every slot that is asked for is aligned to its size and inside a window.
 */
#include <mezzo/status.h>
#include <stdlib.h>
#include <string.h>

#include "hv/pci/config.h"
#include "hv/pci/slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

static const struct hv_pci_window window[2] = {
	{UINT64_C(0x10000000), UINT64_C(0x2eff0000)},
	{UINT64_C(0x8000000000), UINT64_C(0x8000000000)},
};

struct guest {
	struct hv_pci_function function[3];
	struct hv_pci_bus bus;
	struct hv_pci_slots slots;
	bool live[HV_PCI_DEVICES][HV_PCI_BARS];
	uint8_t moods; /* what the engine answers next */
};

static int answer(struct guest *guest)
{
	guest->moods = (uint8_t)(guest->moods >> 1 | guest->moods << 7);
	return guest->moods & 1 ? MEZZO_ERR_AGAIN : guest->moods & 2 ? MEZZO_ERR_EXISTS : MEZZO_OK;
}

static int create(void *ctx, unsigned int device, unsigned int bar, uint64_t ipa)
{
	struct guest *guest = ctx;
	uint64_t bytes = guest->bus.device[device]->bar[bar].bytes;
	bool inside = false;
	int status = answer(guest);

	for (unsigned int i = 0; i < 2; i++)
		inside |= ipa >= window[i].base && bytes <= window[i].bytes &&
			  ipa - window[i].base <= window[i].bytes - bytes;
	CHECK(inside && ipa % bytes == 0 && !guest->live[device][bar]);
	guest->live[device][bar] = status == MEZZO_OK;
	return status;
}

static int discard(void *ctx, unsigned int device, unsigned int bar)
{
	struct guest *guest = ctx;
	int status = answer(guest);

	CHECK(guest->live[device][bar]);
	if (status == MEZZO_ERR_AGAIN)
		return status;
	guest->live[device][bar] = false;
	return MEZZO_OK;
}

static void declare(struct hv_pci_function *function, const uint8_t *data)
{
	for (unsigned int i = 0; i < HV_PCI_BARS; i++) {
		int status =
			hv_pci_bar_declare(function, i, 1 + data[i] % 4,
					   UINT64_C(1) << (data[i] >> 2), data[i] & 1, data[i] & 2);

		(void)status; /* what cannot be is not there */
	}
}

static void check(const struct guest *guest)
{
	for (unsigned int i = 0; i < 3; i++) {
		const struct hv_pci_function *function = &guest->function[i];
		uint64_t base = (uint64_t)(4 * i) << 15;
		uint64_t command = hv_pci_config_read(&guest->bus, base + HV_PCI_COMMAND, 2);

		CHECK(!(command & ~(uint64_t)HV_PCI_COMMAND_MEMORY));
		CHECK(!hv_pci_config_read(&guest->bus, base + 0x30, 4));
		CHECK(!hv_pci_config_read(&guest->bus, base + HV_PCI_INTERRUPT + 1, 1));
		for (unsigned int b = 0; b < HV_PCI_BARS; b++)
			if (function->bar[b].bytes)
				CHECK(function->bar[b].address % function->bar[b].bytes == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest guest;
	struct hv_pci_slot_ops ops = {create, discard, &guest};
	uint8_t raw[HV_PCI_CONFIG_BYTES] = {0};

	if (size < 64)
		return 0;
	memset(&guest, 0, sizeof(guest));
	memcpy(raw, data, 32);
	for (unsigned int i = 0; i < 128; i++)
		raw[HV_PCI_CONFIG_BYTES - 1 - i] = data[i % size];
	for (unsigned int i = 0; i < 3; i++) {
		hv_pci_function_init(&guest.function[i], raw);
		declare(&guest.function[i], data + 32 + 6 * i);
		guest.bus.device[4 * i] = &guest.function[i];
	}
	memcpy(guest.bus.window, window, sizeof(window));
	guest.moods = data[63];
	for (data += 64, size -= 64; size >= 11; data += 11, size -= 11) {
		uint64_t offset = data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] % 32 << 16;
		unsigned int bytes = 1u << data[2] / 64;
		uint64_t value;

		memcpy(&value, data + 3, sizeof(value));
		hv_pci_config_write(&guest.bus, offset, bytes, value);
		hv_pci_config_read(&guest.bus, offset, bytes);
		(void)!hv_pci_slots_follow(&guest.slots, &guest.bus, &ops);
		check(&guest);
	}
	return 0;
}
