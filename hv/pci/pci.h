/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PCI_PCI_H
#define HV_PCI_PCI_H
/*
 * The PCI functions that a guest is given: the model of their configuration space (config.h) joined
 * to the machine (scan.h) and to the engine: one object per BAR, with the contract that was
 * declared, and one slot while the guest lets it decode.
 */
#include "../guest/describe.h"
#include "../lock.h"
#include "../vm.h"
#include "config.h"
#include "slots.h"

/* A BAR that the guest has. */
struct hv_pci_memory {
	struct mezzo_bar object; /* MAPPED */
	volatile uint8_t *regs;  /* TRAPPED: at EL2 */
	enum mezzo_preset preset;
};

struct hv_pci_passed {
	uint32_t bdf; /* on the machine */
	struct hv_pci_function function;
	struct hv_pci_memory memory[HV_PCI_BARS];
};

struct hv_pci {
	struct hv_lock lock; /* everything below, once the guest runs */
	struct vm *vm;
	struct hv_pci_bus bus;
	struct hv_pci_slots slots;
	struct hv_pci_passed *passed; /* the n-th is device n + 1 */
	unsigned int count;
};

/**
 * hv_pci_create() - find the machine's functions and give the guest its own
 *
 * Fills vm->pci, which stays NULL where the machine has no PCI. Boot CPU, before the guest runs.
 * INVALID, with @why: a function or BAR that is described but not there, not placeable, holds
 * MSI-X, is too small for its preset, or whose contract the policy refuses on this machine (the
 * reason is named, and what would be accepted). NOMEM.
 */
MEZZO_MUST_CHECK int hv_pci_create(struct vm *vm, const struct hv_host *host,
				   const struct hv_guest_description *description,
				   struct hv_why *why);

/* As after power-on: nothing decodes. No vCPU runs. @pci may be NULL. */
void hv_pci_reset(struct hv_pci *pci);

/* The slot id of a BAR. */
static inline uint32_t hv_pci_slot_id(unsigned int device, unsigned int bar)
{
	return HV_SLOT_PCI + device * HV_PCI_BARS + bar;
}

#endif
