/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PCI_CONFIG_H
#define HV_PCI_CONFIG_H
/*
 * The configuration space that a guest sees of a passed-through function. A model: once it is
 * filled at boot no access of a guest reaches the real function's configuration space.
 *
 * The guest sees a conventional function (256 bytes) with the real vendor, device, class and
 * subsystem, its declared BARs, and vendor-specific capabilities. It sees no I/O space, expansion
 * ROM, bus mastering, interrupt, MSI, MSI-X, power management, PCI Express nor any extended
 * capability (ATS, PRI, SR-IOV, resizable BAR): their bits read zero and ignore writes, as in a
 * function that was built without them. Writes change the memory enable bit, the BARs' addresses
 * and three scratch registers; nothing else.
 *
 * Pure: no hardware, no locks, no allocation. The caller serialises.
 */
#include <mezzo/types.h>

#define HV_PCI_BARS 6
#define HV_PCI_DEVICES 32
#define HV_PCI_CONFIG_BYTES 256    /* of a conventional function */
#define HV_PCI_FUNCTION_BYTES 4096 /* of ECAM, per function */
#define HV_PCI_BUS_BYTES (HV_PCI_DEVICES * 8 * HV_PCI_FUNCTION_BYTES)

/* Registers of a type 0 header. Source: PCI Local Bus Specification 3.0, section 6.1. */
#define HV_PCI_ID 0x00
#define HV_PCI_COMMAND 0x04 /* status in the upper half */
#define HV_PCI_CLASS 0x08   /* revision in the lowest byte */
#define HV_PCI_HEADER 0x0c  /* cache line size, latency timer, header type, BIST */
#define HV_PCI_BAR0 0x10
#define HV_PCI_SUBSYSTEM 0x2c
#define HV_PCI_CAPABILITIES 0x34
#define HV_PCI_INTERRUPT 0x3c

#define HV_PCI_COMMAND_IO (1u << 0)
#define HV_PCI_COMMAND_MEMORY (1u << 1)
#define HV_PCI_COMMAND_MASTER (1u << 2)
#define HV_PCI_COMMAND_INTX_OFF (1u << 10)
#define HV_PCI_STATUS_CAPABILITIES (1u << 20) /* in the dword at HV_PCI_COMMAND */

#define HV_PCI_BAR_IO (1u << 0)
#define HV_PCI_BAR_TYPE (3u << 1)
#define HV_PCI_BAR_WIDE (2u << 1)
#define HV_PCI_BAR_PREFETCH (1u << 3)

#define HV_PCI_CAP_VENDOR 0x09
#define HV_PCI_CAP_EXPRESS 0x10
#define HV_PCI_CAP_MSIX 0x11

enum hv_pci_bar_kind {
	HV_PCI_BAR_NONE,    /* reads zero */
	HV_PCI_BAR_UPPER,   /* the upper half of the 64-bit BAR before it */
	HV_PCI_BAR_MAPPED,  /* the engine maps it: whole pages */
	HV_PCI_BAR_TRAPPED, /* smaller than a page: accesses are forwarded one by one */
};

struct hv_pci_bar {
	uint8_t kind; /* enum hv_pci_bar_kind */
	bool wide;    /* 64-bit: the next register is its upper half */
	bool prefetch;
	uint64_t bytes;   /* a power of two, at least 16 */
	uint64_t address; /* where the guest has put it; a multiple of @bytes */
};

struct hv_pci_function {
	/* What is read where nothing below answers; fixed at boot. */
	uint8_t image[HV_PCI_CONFIG_BYTES];
	bool memory;                                 /* the command register's memory enable */
	uint8_t cache_line, latency, interrupt_line; /* scratch */
	struct hv_pci_bar bar[HV_PCI_BARS];
};

/* Guest-physical ranges in which a BAR can decode; bus addresses are equal to them. */
struct hv_pci_window {
	uint64_t base;
	uint64_t bytes;
};

/* Function 0 of each device of bus 0; NULL: nothing there. */
struct hv_pci_bus {
	struct hv_pci_function *device[HV_PCI_DEVICES];
	struct hv_pci_window window[2];
};

/**
 * hv_pci_function_init() - a function without BARs, as the guest will see it
 * @raw: the real function's first 256 bytes of configuration space, type 0
 *
 * Capabilities other than vendor-specific ones are unlinked and read as zero. A list that loops,
 * leaves the space or overlaps itself ends where it does so.
 */
void hv_pci_function_init(struct hv_pci_function *function, const uint8_t raw[HV_PCI_CONFIG_BYTES]);

/**
 * hv_pci_bar_declare() - give a function a BAR
 * @number: of the BAR's (first) register
 * @bytes: a power of two: at least 16 when trapped, 4096 when mapped; below 2 GiB unless wide
 *
 * INVALID: a size that cannot be, a register in use, or a wide BAR in the last register.
 */
MEZZO_MUST_CHECK int hv_pci_bar_declare(struct hv_pci_function *function, unsigned int number,
					enum hv_pci_bar_kind kind, uint64_t bytes, bool wide,
					bool prefetch);

/*
 * Read or write an access of 1, 2, 4 or 8 bytes at any offset below HV_PCI_BUS_BYTES of bus 0's
 * configuration space, aligned or not. What is not there reads as ones and ignores writes; so do
 * bytes beyond the bus. A write returns whether some BAR may decode elsewhere now.
 */
uint64_t hv_pci_config_read(const struct hv_pci_bus *bus, uint64_t offset, unsigned int bytes);
bool hv_pci_config_write(struct hv_pci_bus *bus, uint64_t offset, unsigned int bytes,
			 uint64_t value);

/*
 * Does the BAR decode, and where? Only with memory enable set, and only when all of it lies in one
 * window: what the guest writes while it sizes a BAR decodes nothing.
 */
bool hv_pci_bar_decodes(const struct hv_pci_bus *bus, const struct hv_pci_function *function,
			unsigned int number, uint64_t *ipa);

/*
 * The trapped BAR that holds all of [ipa, ipa + bytes): its function, or NULL. Of two that were
 * put at one address the lower device and BAR answers.
 */
const struct hv_pci_function *hv_pci_trapped(const struct hv_pci_bus *bus, uint64_t ipa,
					     unsigned int bytes, unsigned int *device,
					     unsigned int *number, uint64_t *offset);

#endif
