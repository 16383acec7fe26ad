/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PCI_SLOTS_H
#define HV_PCI_SLOTS_H
/*
 * Slots follow BARs: what the guest's configuration space says decodes is brought about by making
 * and deleting slots, a bounded piece at a time.
 */
#include "config.h"

/*
 * How slots are made and deleted; returns as mezzo_slot_create and mezzo_slot_delete. Tests give
 * their own.
 */
struct hv_pci_slot_ops {
	int (*create)(void *ctx, unsigned int device, unsigned int bar, uint64_t ipa);
	int (*remove)(void *ctx, unsigned int device, unsigned int bar);
	void *ctx;
};

enum hv_pci_slot_state {
	HV_PCI_SLOT_NONE,
	HV_PCI_SLOT_LIVE,
	HV_PCI_SLOT_LEAVING, /* deletion has begun */
	HV_PCI_SLOT_REFUSED, /* by the policy, wherever it lies: not asked again */
};

struct hv_pci_slots {
	struct {
		uint8_t state; /* enum hv_pci_slot_state */
		uint64_t ipa;
		int status; /* why there is none though the BAR decodes: a mezzo_status, or 0 */
	} slot[HV_PCI_DEVICES][HV_PCI_BARS];
};

/**
 * hv_pci_slots_follow() - make slots agree with what the mapped BARs decode
 *
 * Everything that has to go goes before anything new comes, so that BARs can change places. A
 * slot whose place is refused (it overlaps RAM, another BAR, ...) leaves its BAR decoding nothing,
 * and is tried again at the next call. One that the policy refuses never comes: its answer does
 * not depend on the place, and finding the nearest accepted declaration is long work that a guest
 * must not be able to ask for again and again. True: nothing is left to do. False: bounded work was done and
 * there is more; call again. Cost: at most one unfinished deletion.
 */
MEZZO_MUST_CHECK bool hv_pci_slots_follow(struct hv_pci_slots *slots, const struct hv_pci_bus *bus,
					  const struct hv_pci_slot_ops *ops);

#endif
