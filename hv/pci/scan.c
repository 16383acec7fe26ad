/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan.h"

#include "config.h"

#include <string.h>

/* Type 1 header. Source: PCI-to-PCI Bridge Architecture Specification 1.2, section 3.2. */
#define BRIDGE_BUSES 0x18
#define BRIDGE_IO 0x1c
#define BRIDGE_MEMORY 0x20
#define BRIDGE_PREFETCH 0x24
#define BRIDGE_PREFETCH_BASE_HIGH 0x28
#define BRIDGE_PREFETCH_LIMIT_HIGH 0x2c
#define BRIDGE_PREFETCH_WIDE 1u
#define CLOSED 0x0000fff0u /* base above limit */

#define TYPE(header) ((header) >> 16 & 0x7f)
#define MULTIFUNCTION (1u << 23)

#define MiB (UINT64_C(1) << 20)

/* What is left of a window: bus addresses, and how far the CPU's lie above them. */
struct room {
	uint64_t next, end;
	uint64_t cpu_minus_pci;
};

struct scan {
	struct hv_pci_tree *tree;
	const struct hv_pci_io *io;
	unsigned int bus_next, bus_last;
	struct room low, high;
};

static uint32_t get(const struct scan *scan, uint32_t bdf, unsigned int reg)
{
	return scan->io->read(scan->io->ctx, bdf, reg);
}

static void put(const struct scan *scan, uint32_t bdf, unsigned int reg, uint32_t value)
{
	scan->io->write(scan->io->ctx, bdf, reg, value);
}

/* --- finding ------------------------------------------------------------------------------- */

/* Returns whether the next register belongs to this BAR. */
static bool size_bar(const struct scan *scan, uint32_t bdf, unsigned int number,
		     unsigned int registers, struct hv_pci_found_bar *bar)
{
	unsigned int reg = HV_PCI_BAR0 + 4 * number;
	uint64_t mask;
	uint32_t low;
	bool wide;

	put(scan, bdf, reg, UINT32_MAX);
	low = get(scan, bdf, reg);
	put(scan, bdf, reg, 0);
	if (!low || low & HV_PCI_BAR_IO)
		return false;
	wide = (low & HV_PCI_BAR_TYPE) == HV_PCI_BAR_WIDE;
	if (wide && number + 1 == registers)
		return false;
	mask = (low & ~UINT32_C(0xf)) | (uint64_t)UINT32_MAX << 32;
	if (wide) {
		put(scan, bdf, reg + 4, UINT32_MAX);
		mask = (low & ~UINT32_C(0xf)) | (uint64_t)get(scan, bdf, reg + 4) << 32;
		put(scan, bdf, reg + 4, 0);
	}
	/* The lowest bit that can be set is the size; above it all must be. */
	if (mask && !((mask | (mask - 1)) + 1)) {
		bar->bytes = mask & -mask;
		bar->wide = wide;
		bar->prefetch = low & HV_PCI_BAR_PREFETCH;
	}
	return wide;
}

static uint8_t msix_bars(const struct scan *scan, uint32_t bdf)
{
	unsigned int at;

	if (!(get(scan, bdf, HV_PCI_COMMAND) & HV_PCI_STATUS_CAPABILITIES))
		return 0;
	at = get(scan, bdf, HV_PCI_CAPABILITIES) & 0xfc;
	for (unsigned int i = 0; i < 48 && at >= 0x40; i++) {
		uint32_t head = get(scan, bdf, at);

		if ((head & 0xff) == HV_PCI_CAP_MSIX && at <= 0xf4)
			return (uint8_t)(1u << (get(scan, bdf, at + 4) & 7) |
					 1u << (get(scan, bdf, at + 8) & 7));
		at = head >> 8 & 0xfc;
	}
	return 0;
}

static void find_bus(struct scan *scan, unsigned int bus, unsigned int depth);

static void find_behind(struct scan *scan, struct hv_pci_found *bridge, unsigned int depth)
{
	put(scan, bridge->bdf, BRIDGE_BUSES, 0);
	put(scan, bridge->bdf, BRIDGE_IO, 0x00f0); /* base above limit; clears no status */
	put(scan, bridge->bdf, BRIDGE_MEMORY, CLOSED);
	put(scan, bridge->bdf, BRIDGE_PREFETCH, CLOSED);
	if (scan->bus_next > scan->bus_last || depth == HV_PCI_DEPTH_MAX) {
		scan->tree->more = true;
		return;
	}
	bridge->secondary = (uint8_t)scan->bus_next++;
	/* Until it is known how many buses follow, all that are left lie behind this one. */
	put(scan, bridge->bdf, BRIDGE_BUSES,
	    bridge->bdf >> 8 | (uint32_t)bridge->secondary << 8 | scan->bus_last << 16);
	find_bus(scan, bridge->secondary, depth + 1);
	bridge->subordinate = (uint8_t)(scan->bus_next - 1);
	put(scan, bridge->bdf, BRIDGE_BUSES,
	    bridge->bdf >> 8 | (uint32_t)bridge->secondary << 8 |
		    (uint32_t)bridge->subordinate << 16);
}

static void find_function(struct scan *scan, uint32_t bdf, uint32_t header, unsigned int depth)
{
	struct hv_pci_tree *tree = scan->tree;
	struct hv_pci_found *found = &tree->found[tree->count];
	unsigned int registers = TYPE(header) == 0 ? 6 : TYPE(header) == 1 ? 2 : 0;

	put(scan, bdf, HV_PCI_COMMAND, HV_PCI_COMMAND_INTX_OFF);
	if (tree->count == HV_PCI_FOUND_MAX) {
		tree->more = true;
		return;
	}
	tree->count++;
	memset(found, 0, sizeof(*found));
	found->bdf = bdf;
	found->bridge = TYPE(header) == 1;
	for (unsigned int i = 0; i < registers; i++)
		if (size_bar(scan, bdf, i, registers, &found->bar[i]))
			i++;
	found->msix_bars = msix_bars(scan, bdf);
	if (found->bridge)
		find_behind(scan, found, depth);
}

static void find_bus(struct scan *scan, unsigned int bus, unsigned int depth)
{
	for (uint32_t device = 0; device < 32; device++) {
		unsigned int functions = 1;

		for (uint32_t f = 0; f < functions; f++) {
			uint32_t bdf = bus << 8 | device << 3 | f;
			uint32_t id = get(scan, bdf, HV_PCI_ID);
			uint32_t header;

			if ((id & 0xffff) == 0xffff)
				continue;
			header = get(scan, bdf, HV_PCI_HEADER);
			if (f == 0 && header & MULTIFUNCTION)
				functions = 8;
			find_function(scan, bdf, header, depth);
		}
	}
}

/* --- placing ------------------------------------------------------------------------------- */

static bool align(struct room *room, uint64_t to)
{
	uint64_t next = (room->next + to - 1) & ~(to - 1);

	if (next < room->next || next > room->end)
		return false;
	room->next = next;
	return true;
}

static void place_bar(const struct scan *scan, const struct hv_pci_found *found,
		      unsigned int number, struct hv_pci_found_bar *bar, struct room *room)
{
	unsigned int reg = HV_PCI_BAR0 + 4 * number;
	uint64_t bytes = bar->bytes < MEZZO_PAGE_BYTES ? MEZZO_PAGE_BYTES : bar->bytes;
	struct room before = *room;

	if (!align(room, bytes) || room->end - room->next < bytes) {
		*room = before;
		return;
	}
	put(scan, found->bdf, reg, (uint32_t)room->next);
	if (bar->wide)
		put(scan, found->bdf, reg + 4, (uint32_t)(room->next >> 32));
	bar->pa = room->next + room->cpu_minus_pci;
	bar->assigned = true;
	room->next += bytes;
}

static void place_bus(struct scan *scan, unsigned int bus, bool prefetch_is_wide);

/* Open the bridge's windows on what place_bus() takes from @low and @high for the bus behind. */
static void place_behind(struct scan *scan, const struct hv_pci_found *bridge)
{
	bool wide = get(scan, bridge->bdf, BRIDGE_PREFETCH) & BRIDGE_PREFETCH_WIDE;
	struct room low = scan->low, high = scan->high;
	uint64_t from, to;

	if (!align(&scan->low, MiB) || !align(&scan->high, MiB)) {
		scan->low = low;
		scan->high = high;
		return;
	}
	low = scan->low;
	high = scan->high;
	place_bus(scan, bridge->secondary, wide);
	/* Window sizes are whole MiB; the end of the room is one too, or is left unused. */
	from = low.next;
	to = (scan->low.next + MiB - 1) & ~(MiB - 1);
	scan->low.next = to;
	if (to > from)
		put(scan, bridge->bdf, BRIDGE_MEMORY,
		    (uint32_t)(from >> 16) | ((uint32_t)((to - MiB) >> 16) << 16));
	from = high.next;
	to = (scan->high.next + MiB - 1) & ~(MiB - 1);
	scan->high.next = to;
	if (to > from) {
		put(scan, bridge->bdf, BRIDGE_PREFETCH,
		    (uint32_t)(from >> 16 & 0xfff0) |
			    ((uint32_t)((to - MiB) >> 16 & 0xfff0) << 16));
		put(scan, bridge->bdf, BRIDGE_PREFETCH_BASE_HIGH, (uint32_t)(from >> 32));
		put(scan, bridge->bdf, BRIDGE_PREFETCH_LIMIT_HIGH, (uint32_t)((to - 1) >> 32));
	}
	put(scan, bridge->bdf, HV_PCI_COMMAND, HV_PCI_COMMAND_MEMORY | HV_PCI_COMMAND_INTX_OFF);
}

/*
 * @wide_prefetch: what lies above this bus forwards 64-bit addresses for prefetchable memory. On
 * the root bus the host bridge takes any; behind a bridge 64-bit addresses are for prefetchable
 * memory only.
 */
static void place_bus(struct scan *scan, unsigned int bus, bool wide_prefetch)
{
	for (unsigned int i = 0; i < scan->tree->count; i++) {
		struct hv_pci_found *found = &scan->tree->found[i];

		if (found->bdf >> 8 != bus)
			continue;
		for (unsigned int n = 0; n < 6; n++) {
			struct hv_pci_found_bar *bar = &found->bar[n];
			bool high = bar->wide && bar->prefetch && wide_prefetch;

			if (!bar->bytes)
				continue;
			if (high)
				place_bar(scan, found, n, bar, &scan->high);
			if (!bar->assigned)
				place_bar(scan, found, n, bar, &scan->low);
		}
		if (found->bridge && found->secondary)
			place_behind(scan, found);
	}
}

static struct room room(const struct hv_pci_host_window *window)
{
	uint64_t end = window->pci + window->bytes;

	if (end < window->pci)
		return (struct room){0};
	return (struct room){window->pci, end & ~(MiB - 1), window->cpu - window->pci};
}

void hv_pci_scan(struct hv_pci_tree *tree, const struct hv_pci_io *io, unsigned int bus_first,
		 unsigned int bus_last, const struct hv_pci_host_window *low,
		 const struct hv_pci_host_window *high)
{
	struct scan scan = {tree, io, bus_first + 1, bus_last, room(low), room(high)};

	memset(tree, 0, sizeof(*tree));
	if (scan.low.end > UINT64_C(1) << 32)
		scan.low.end = UINT64_C(1) << 32;
	find_bus(&scan, bus_first, 0);
	place_bus(&scan, bus_first, true);
}

const struct hv_pci_found *hv_pci_find(const struct hv_pci_tree *tree, uint32_t bdf)
{
	for (unsigned int i = 0; i < tree->count; i++)
		if (tree->found[i].bdf == bdf)
			return &tree->found[i];
	return NULL;
}
