/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <mezzo/status.h>
#include <string.h>

#define HEADER_BYTES 0x40

static void copy(struct hv_pci_function *function, const uint8_t *raw, unsigned int at,
		 unsigned int bytes)
{
	memcpy(function->image + at, raw + at, bytes);
}

/* Mark bytes as part of the list; false where some were already. */
static bool take(bool *taken, unsigned int at, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		if (taken[at + i])
			return false;
		taken[at + i] = true;
	}
	return true;
}

/* Link what a guest may have of the capability list; offsets stay as they are. */
static void keep_capabilities(struct hv_pci_function *function, const uint8_t *raw)
{
	bool taken[HV_PCI_CONFIG_BYTES] = {false};
	unsigned int at = raw[HV_PCI_CAPABILITIES] & ~3u;
	unsigned int link = HV_PCI_CAPABILITIES;

	if (!(raw[HV_PCI_COMMAND + 2] & HV_PCI_STATUS_CAPABILITIES >> 16))
		return;
	for (; at >= HEADER_BYTES; at = raw[at + 1] & ~3u) {
		bool vendor = raw[at] == HV_PCI_CAP_VENDOR;
		unsigned int bytes = vendor ? raw[at + 2] : 2;

		if (bytes < 2 || bytes > HV_PCI_CONFIG_BYTES - at || !take(taken, at, bytes))
			return;
		if (!vendor)
			continue;
		copy(function, raw, at, bytes);
		function->image[at + 1] = 0;
		function->image[link] = (uint8_t)at;
		link = at + 1;
		function->image[HV_PCI_COMMAND + 2] = HV_PCI_STATUS_CAPABILITIES >> 16;
	}
}

void hv_pci_function_init(struct hv_pci_function *function, const uint8_t raw[HV_PCI_CONFIG_BYTES])
{
	memset(function, 0, sizeof(*function));
	copy(function, raw, HV_PCI_ID, 4);
	copy(function, raw, HV_PCI_CLASS, 4);
	copy(function, raw, HV_PCI_SUBSYSTEM, 4);
	keep_capabilities(function, raw);
}

int hv_pci_bar_declare(struct hv_pci_function *function, unsigned int number,
		       enum hv_pci_bar_kind kind, uint64_t bytes, bool wide, bool prefetch)
{
	uint64_t least = kind == HV_PCI_BAR_MAPPED ? MEZZO_PAGE_BYTES : 16;

	if (kind != HV_PCI_BAR_MAPPED && kind != HV_PCI_BAR_TRAPPED)
		return MEZZO_ERR_INVALID;
	if (bytes < least || bytes & (bytes - 1) || (!wide && bytes > UINT32_C(1) << 31))
		return MEZZO_ERR_INVALID;
	if (number + wide >= HV_PCI_BARS || function->bar[number].kind ||
	    (wide && function->bar[number + 1].kind))
		return MEZZO_ERR_INVALID;
	function->bar[number] = (struct hv_pci_bar){.kind = (uint8_t)kind,
						    .wide = wide,
						    .prefetch = prefetch,
						    .bytes = bytes};
	if (wide)
		function->bar[number + 1].kind = HV_PCI_BAR_UPPER;
	return MEZZO_OK;
}

/* --- one register -------------------------------------------------------------------------- */

static uint32_t bar_read(const struct hv_pci_function *function, unsigned int number)
{
	const struct hv_pci_bar *bar = &function->bar[number];

	switch (bar->kind) {
	case HV_PCI_BAR_UPPER:
		return (uint32_t)(bar[-1].address >> 32);
	case HV_PCI_BAR_MAPPED:
	case HV_PCI_BAR_TRAPPED:
		return (uint32_t)bar->address | (bar->wide ? HV_PCI_BAR_WIDE : 0) |
		       (bar->prefetch ? HV_PCI_BAR_PREFETCH : 0);
	default:
		return 0;
	}
}

static uint32_t reg_read(const struct hv_pci_function *function, unsigned int reg)
{
	uint32_t value = 0;

	if (reg >= HV_PCI_CONFIG_BYTES)
		return UINT32_MAX;
	if (reg >= HV_PCI_BAR0 && reg < HV_PCI_BAR0 + 4 * HV_PCI_BARS)
		return bar_read(function, (reg - HV_PCI_BAR0) / 4);
	for (unsigned int i = 0; i < 4; i++)
		value |= (uint32_t)function->image[reg + i] << 8 * i;
	switch (reg) {
	case HV_PCI_COMMAND:
		return value | (function->memory ? HV_PCI_COMMAND_MEMORY : 0);
	case HV_PCI_HEADER:
		return value | function->cache_line | (uint32_t)function->latency << 8;
	case HV_PCI_INTERRUPT:
		return value | function->interrupt_line;
	default:
		return value;
	}
}

static bool bar_write(struct hv_pci_function *function, unsigned int number, uint32_t value)
{
	struct hv_pci_bar *bar = &function->bar[number];
	uint64_t old, address;

	switch (bar->kind) {
	case HV_PCI_BAR_UPPER:
		bar--;
		address = (uint64_t)value << 32 | (uint32_t)bar->address;
		break;
	case HV_PCI_BAR_MAPPED:
	case HV_PCI_BAR_TRAPPED:
		address = (bar->address & ~(uint64_t)UINT32_MAX) | value;
		break;
	default:
		return false;
	}
	old = bar->address;
	bar->address = address & ~(bar->bytes - 1);
	return bar->address != old;
}

/* @enable: the bits that the access carries; the others keep what they read. */
static bool reg_write(struct hv_pci_function *function, unsigned int reg, uint32_t value,
		      uint32_t enable)
{
	bool memory = function->memory;

	if (reg >= HV_PCI_CONFIG_BYTES)
		return false;
	value = (value & enable) | (reg_read(function, reg) & ~enable);
	if (reg >= HV_PCI_BAR0 && reg < HV_PCI_BAR0 + 4 * HV_PCI_BARS)
		return bar_write(function, (reg - HV_PCI_BAR0) / 4, value);
	switch (reg) {
	case HV_PCI_COMMAND:
		function->memory = value & HV_PCI_COMMAND_MEMORY;
		return function->memory != memory;
	case HV_PCI_HEADER:
		function->cache_line = (uint8_t)value;
		function->latency = (uint8_t)(value >> 8);
		return false;
	case HV_PCI_INTERRUPT:
		function->interrupt_line = (uint8_t)value;
		return false;
	default:
		return false;
	}
}

/* --- the bus ------------------------------------------------------------------------------- */

static struct hv_pci_function *at(const struct hv_pci_bus *bus, uint64_t offset)
{
	uint64_t number = offset / HV_PCI_FUNCTION_BYTES;

	if (number >= HV_PCI_DEVICES * 8 || number % 8)
		return NULL;
	return bus->device[number / 8];
}

uint64_t hv_pci_config_read(const struct hv_pci_bus *bus, uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++) {
		const struct hv_pci_function *function = at(bus, offset + i);
		unsigned int byte = (unsigned int)((offset + i) % HV_PCI_FUNCTION_BYTES);
		uint32_t reg = function ? reg_read(function, byte & ~3u) : UINT32_MAX;

		value |= (uint64_t)(reg >> 8 * (byte & 3) & 0xff) << 8 * i;
	}
	return value;
}

bool hv_pci_config_write(struct hv_pci_bus *bus, uint64_t offset, unsigned int bytes,
			 uint64_t value)
{
	bool moved = false;

	/* One register at a time, so that a BAR never stands half written. */
	for (unsigned int i = 0; i < bytes;) {
		struct hv_pci_function *function = at(bus, offset + i);
		unsigned int byte = (unsigned int)((offset + i) % HV_PCI_FUNCTION_BYTES);
		uint32_t data = 0, enable = 0;

		for (unsigned int lane = byte & 3; lane < 4 && i < bytes; lane++, i++) {
			data |= (uint32_t)(value >> 8 * i & 0xff) << 8 * lane;
			enable |= UINT32_C(0xff) << 8 * lane;
		}
		if (function)
			moved |= reg_write(function, byte & ~3u, data, enable);
	}
	return moved;
}

bool hv_pci_bar_decodes(const struct hv_pci_bus *bus, const struct hv_pci_function *function,
			unsigned int number, uint64_t *ipa)
{
	const struct hv_pci_bar *bar = &function->bar[number];

	if (!function->memory ||
	    (bar->kind != HV_PCI_BAR_MAPPED && bar->kind != HV_PCI_BAR_TRAPPED))
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		const struct hv_pci_window *window = &bus->window[i];
		uint64_t into = bar->address - window->base;

		if (into < window->bytes && window->bytes - into >= bar->bytes) {
			*ipa = bar->address;
			return true;
		}
	}
	return false;
}

const struct hv_pci_function *hv_pci_trapped(const struct hv_pci_bus *bus, uint64_t ipa,
					     unsigned int bytes, unsigned int *device,
					     unsigned int *number, uint64_t *offset)
{
	for (unsigned int d = 0; d < HV_PCI_DEVICES; d++) {
		const struct hv_pci_function *function = bus->device[d];

		for (unsigned int b = 0; function && b < HV_PCI_BARS; b++) {
			const struct hv_pci_bar *bar = &function->bar[b];
			uint64_t base;

			if (bar->kind != HV_PCI_BAR_TRAPPED ||
			    !hv_pci_bar_decodes(bus, function, b, &base))
				continue;
			if (ipa - base < bar->bytes && bar->bytes - (ipa - base) >= bytes) {
				*device = d;
				*number = b;
				*offset = ipa - base;
				return function;
			}
		}
	}
	return NULL;
}
