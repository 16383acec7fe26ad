/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PCI_SCAN_H
#define HV_PCI_SCAN_H
/*
 * The machine's PCI: find the functions, size their BARs, and give bridges and BARs their
 * addresses, because no firmware has. Done once at boot; afterwards no physical BAR ever moves.
 *
 * Every function is left with decoding, bus mastering and INTx off. Nothing is assumed of a
 * device: a list that loops, a BAR that cannot be and a bus that does not end are survived.
 */
#include <mezzo/types.h>

#define HV_PCI_FOUND_MAX 64
#define HV_PCI_DEPTH_MAX 8 /* bridges above a function */

/* The machine's configuration space; tests give their own. @bdf: bus 15:8, device 7:3, function. */
struct hv_pci_io {
	uint32_t (*read)(void *ctx, uint32_t bdf, unsigned int reg);
	void (*write)(void *ctx, uint32_t bdf, unsigned int reg, uint32_t value);
	void *ctx;
};

/* A window of physical addresses onto the bus. */
struct hv_pci_host_window {
	uint64_t cpu;
	uint64_t pci;
	uint64_t bytes;
};

struct hv_pci_found_bar {
	uint64_t bytes; /* 0: none, or I/O space */
	bool wide;      /* 64-bit: the next register is its upper half */
	bool prefetch;
	bool assigned;
	uint64_t pa; /* CPU address; its pages are the BAR's alone */
};

struct hv_pci_found {
	uint32_t bdf;
	bool bridge;
	uint8_t msix_bars;              /* bit n: BAR n holds an MSI-X table or pending array */
	uint8_t secondary, subordinate; /* of a bridge; 0: closed */
	struct hv_pci_found_bar bar[6];
};

struct hv_pci_tree {
	struct hv_pci_found found[HV_PCI_FOUND_MAX]; /* a bridge before what is behind it */
	unsigned int count;
	bool more; /* there were more functions or buses than we take */
};

/**
 * hv_pci_scan() - find and place everything
 * @low: window for 32-bit addresses, below 4 GiB on the bus
 * @high: window for 64-bit addresses; bytes 0: none
 *
 * BARs that find no room are left unassigned, bridges with nothing behind them closed.
 */
void hv_pci_scan(struct hv_pci_tree *tree, const struct hv_pci_io *io, unsigned int bus_first,
		 unsigned int bus_last, const struct hv_pci_host_window *low,
		 const struct hv_pci_host_window *high);

/* The function there, or NULL. */
const struct hv_pci_found *hv_pci_find(const struct hv_pci_tree *tree, uint32_t bdf);

#endif
