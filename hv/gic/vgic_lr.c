/* SPDX-License-Identifier: BSD-2-Clause */
#include "vgic_priv.h"

/* ICH_LR<n>_EL2 */
#define LR_INTID UINT64_C(0xffffffff)
#define LR_PINTID_SHIFT 32
#define LR_EOI (UINT64_C(1) << 41) /* maintenance interrupt at the end; only if not LR_HW */
#define LR_PRIORITY_SHIFT 48
#define LR_GROUP1 (UINT64_C(1) << 60)
#define LR_HW (UINT64_C(1) << 61)
#define LR_PENDING (UINT64_C(1) << 62)
#define LR_ACTIVE (UINT64_C(1) << 63)

/* ICH_HCR_EL2 */
#define HCR_EN (UINT64_C(1) << 0)
#define HCR_LRENPIE (UINT64_C(1) << 2)
#define HCR_NPIE (UINT64_C(1) << 3)
#define HCR_VGRP0EIE (UINT64_C(1) << 4)
#define HCR_VGRP0DIE (UINT64_C(1) << 5)
#define HCR_VGRP1EIE (UINT64_C(1) << 6)
#define HCR_VGRP1DIE (UINT64_C(1) << 7)
#define HCR_TDIR (UINT64_C(1) << 14)
#define HCR_EOICOUNT_SHIFT 27
#define HCR_EOICOUNT 0x1f

/* ICH_VMCR_EL2 */
#define VMCR_VENG0 (UINT64_C(1) << 0)
#define VMCR_VENG1 (UINT64_C(1) << 1)

/* The best of many candidates, sorted: by priority, then by number. */
struct best {
	uint16_t key[VGIC_LRS_MAX];
	unsigned int room;
	unsigned int count;
	bool overflow;
};

static void best_add(struct best *best, uint16_t key)
{
	unsigned int i;

	if (best->count == best->room) {
		best->overflow = true;
		if (!best->room || key > best->key[best->room - 1])
			return;
		best->count--;
	}
	for (i = best->count++; i && best->key[i - 1] > key; i--)
		best->key[i] = best->key[i - 1];
	best->key[i] = key;
}

static void best_add_bits(struct best *best, const struct vgic_bank *b, unsigned int bank,
			  uint32_t bits)
{
	for (; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);

		best_add(best, (uint16_t)((unsigned int)b->priority[n] << 8 | (32 * bank + n)));
	}
}

/* What is active in the model and this vCPU's to end. */
static uint32_t active_here(struct vgic *vgic, unsigned int vcpu, unsigned int bank)
{
	uint32_t active = vgic_bank(vgic, vcpu, bank)->active;

	return bank ? active & vgic->vcpu[vcpu].owned[bank] : active;
}

/* The list register @n and its interrupt part. */
static void unlist(struct vgic *vgic, unsigned int vcpu, unsigned int n, uint32_t intid)
{
	struct vgic_vcpu *self = &vgic->vcpu[vcpu];
	struct vgic_bank *b = vgic_bank(vgic, vcpu, intid / 32);
	uint32_t bit = vgic_bit(intid);

	b->latch |= bit & b->lr_latch & ~b->drop_latch;
	b->active |= bit & b->lr_active;
	b->listed &= ~bit;
	b->lr_latch &= ~bit;
	b->lr_active &= ~bit;
	b->drop_latch &= ~bit;
	b->drop_active &= ~bit;
	b->raised &= ~bit;
	self->lrs_used &= ~(1U << n);
	self->lrs_spent |= 1U << n;
}

/* The guest has ended an interrupt in a list register. */
static void ended(struct vgic *vgic, unsigned int vcpu, unsigned int n, uint64_t lr)
{
	uint32_t intid = lr & LR_INTID;
	unsigned int bank = intid / 32;
	struct vgic_bank *b = vgic_bank(vgic, vcpu, bank);
	uint32_t bit = vgic_bit(intid);

	if (lr & LR_HW)
		b->phys &= ~(bit & ~b->raised);
	unlist(vgic, vcpu, n, intid);
	if (bank)
		vgic->vcpu[vcpu].owned[bank] &= ~(bit & ~b->active);
	vgic_update(vgic, vcpu, bank, bit);
}

/* Look at the list registers; take note of what the guest has done there. */
static void look(struct vgic *vgic, unsigned int vcpu, const struct vgic_interface *interface)
{
	for (uint32_t used = vgic->vcpu[vcpu].lrs_used; used; used &= used - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(used);
		uint64_t lr = interface->lr[n];
		uint32_t bit = vgic_bit(lr & LR_INTID);
		struct vgic_bank *b;

		if ((lr & LR_INTID) >= VGIC_INTIDS)
			continue;
		b = vgic_bank(vgic, vcpu, (unsigned int)(lr & LR_INTID) / 32);
		if (!(lr & LR_PENDING))
			b->lr_latch &= ~bit;
		if (lr & LR_ACTIVE)
			b->lr_active |= bit & ~b->drop_active;
		else
			b->lr_active &= ~bit;
		if (!(lr & (LR_PENDING | LR_ACTIVE)))
			ended(vgic, vcpu, n, lr);
	}
}

/* Take the state of what is still listed back into the model. */
static void unlist_all(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface)
{
	for (uint32_t used = vgic->vcpu[vcpu].lrs_used; used; used &= used - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(used);
		uint32_t intid = interface->lr[n] & LR_INTID;

		if (intid < VGIC_INTIDS)
			unlist(vgic, vcpu, n, intid);
	}
	for (unsigned int n = 0; n < interface->lrs; n++)
		interface->lr[n] = 0;
	vgic->vcpu[vcpu].lrs_used = vgic->vcpu[vcpu].lrs_spent = 0;
}

/*
 * The guest has ended active interrupts that had no list register. It ends the one of highest
 * priority first (or, with EOImode 1 and no trap of ICC_DIR_EL1, we cannot know which).
 */
static void end_unlisted(struct vgic *vgic, unsigned int vcpu, unsigned int count)
{
	struct best best = {.room = 1};

	for (; count; count--) {
		best.count = 0;
		for (unsigned int bank = 0; bank < VGIC_BANKS; bank++)
			best_add_bits(&best, vgic_bank(vgic, vcpu, bank), bank,
				      active_here(vgic, vcpu, bank));
		if (!best.count)
			return;
		vgic_deactivate(vgic, vcpu, (best.key[0] & 0xffU) / 32, vgic_bit(best.key[0]));
	}
}

/* Put one interrupt into a list register. */
static uint64_t list(struct vgic *vgic, unsigned int vcpu, uint32_t intid)
{
	struct vgic_bank *b = vgic_bank(vgic, vcpu, intid / 32);
	uint32_t bit = vgic_bit(intid);
	bool active = b->active & bit;
	bool latch = b->latch & bit;
	bool level = b->line & ~b->edge & bit;
	bool phys = b->phys & bit;
	bool here = vgic_ready(vgic, b) & bit &&
		    (intid < VGIC_SPI_BASE || vgic->vcpu[vcpu].routed[intid / 32] & bit);
	/* Active and pending cannot be linked; a level is looked at again after the end. */
	bool pending = active ? latch && here : true;
	bool linked = phys && !(active && (latch || level));
	uint64_t lr = intid | (uint64_t)b->priority[intid & 31] << LR_PRIORITY_SHIFT;

	if (b->group1 & bit)
		lr |= LR_GROUP1;
	if (active)
		lr |= LR_ACTIVE;
	if (pending)
		lr |= LR_PENDING;
	if (linked)
		lr |= LR_HW | (uint64_t)vgic->pintid[intid] << LR_PINTID_SHIFT;
	else if (level || (latch && !pending) || phys)
		lr |= LR_EOI;

	b->listed |= bit;
	if (pending) {
		b->lr_latch |= b->latch & bit;
		b->latch &= ~bit;
	}
	b->lr_active |= b->active & bit;
	b->active &= ~bit;
	if (intid >= VGIC_SPI_BASE)
		vgic->vcpu[vcpu].owned[intid / 32] |= bit;
	return lr;
}

static uint32_t enabled_groups(const struct vgic_bank *b, uint64_t vmcr)
{
	return (vmcr & VMCR_VENG0 ? ~b->group1 : 0) | (vmcr & VMCR_VENG1 ? b->group1 : 0);
}

/* What waits for this vCPU in one bank: enabled, pending, not active, and routed here. */
static uint32_t ready_here(const struct vgic *vgic, unsigned int vcpu, const struct vgic_bank *b,
			   unsigned int bank)
{
	uint32_t ready = vgic_ready(vgic, b) & ~b->active & ~b->listed;

	return bank ? ready & vgic->vcpu[vcpu].routed[bank] : ready;
}

/* Fill the list registers; the registers' owner has nothing listed. */
static void fill(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface)
{
	struct vgic_vcpu *self = &vgic->vcpu[vcpu];
	struct best active = {.room = interface->lrs}, pending = {.room = interface->lrs};
	unsigned int n = 0, actives = 0, pendings = 0;

	interface->hcr = HCR_EN | (interface->traps_dir ? HCR_TDIR : 0);
	for (unsigned int bank = 0; bank < VGIC_BANKS; bank++) {
		struct vgic_bank *b = vgic_bank(vgic, vcpu, bank);
		uint32_t ready = self->asleep ? 0 : ready_here(vgic, vcpu, b, bank);
		uint32_t waits = ready & ~enabled_groups(b, interface->vmcr);

		if (waits & b->group1)
			interface->hcr |= HCR_VGRP1EIE;
		if (waits & ~b->group1)
			interface->hcr |= HCR_VGRP0EIE;
		best_add_bits(&active, b, bank, active_here(vgic, vcpu, bank));
		best_add_bits(&pending, b, bank, ready & ~waits);
	}
	for (; n < interface->lrs; n++) {
		uint16_t key;

		if (actives < active.count && (!n || pendings == pending.count))
			key = active.key[actives++];
		else if (pendings < pending.count)
			key = pending.key[pendings++];
		else
			break;
		interface->lr[n] = list(vgic, vcpu, key & 0xff);
		self->lrs_used |= 1U << n;
	}
	/*
	 * Pending ones wait: for the listed ones to be taken, or to be held back by the guest. With
	 * none listed NPIE would ask at once and for ever; two registers always list one.
	 */
	if (pendings && (pending.overflow || pendings < pending.count)) {
		interface->hcr |= HCR_NPIE;
		interface->hcr |= interface->vmcr & VMCR_VENG0 ? HCR_VGRP0DIE : 0;
		interface->hcr |= interface->vmcr & VMCR_VENG1 ? HCR_VGRP1DIE : 0;
	}
	if (active.overflow || actives < active.count)
		interface->hcr |= HCR_LRENPIE;
}

/* Machine interrupts that the guest is done with. */
static void release(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface)
{
	for (unsigned int bank = 0; bank < VGIC_BANKS; bank++) {
		struct vgic_bank *b = vgic_bank(vgic, vcpu, bank);

		interface->release[bank] = vgic_done(b);
		b->phys &= ~interface->release[bank];
	}
}

/* SPIs that were this vCPU's and are no longer may be another's to take. */
static void disown(struct vgic *vgic, unsigned int vcpu, const uint32_t *was)
{
	struct vgic_vcpu *self = &vgic->vcpu[vcpu];

	for (unsigned int bank = 1; bank < VGIC_BANKS; bank++) {
		struct vgic_bank *b = &vgic->shared[bank];

		self->owned[bank] &= b->active | b->listed;
		vgic_update(vgic, vcpu, bank, was[bank] & ~self->owned[bank]);
	}
}

void vgic_sync(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface)
{
	struct vgic_vcpu *self = &vgic->vcpu[vcpu];
	unsigned int count = (unsigned int)(interface->hcr >> HCR_EOICOUNT_SHIFT) & HCR_EOICOUNT;
	uint32_t was[VGIC_BANKS];

	hv_lock_acquire(&vgic->lock);
	for (unsigned int bank = 0; bank < VGIC_BANKS; bank++)
		was[bank] = self->owned[bank];
	look(vgic, vcpu, interface);
	/* Otherwise all that was active was listed, and ends of what was not mean nothing. */
	if (interface->hcr & HCR_LRENPIE)
		end_unlisted(vgic, vcpu, count);
	unlist_all(vgic, vcpu, interface);
	fill(vgic, vcpu, interface);
	release(vgic, vcpu, interface);
	disown(vgic, vcpu, was);
	atomic_store(&self->dirty, false);
	atomic_fetch_and(&vgic->kicks, ~(1U << vcpu));
	hv_lock_release(&vgic->lock);
}

bool vgic_wake_request(struct vgic *vgic, unsigned int vcpu)
{
	uint32_t waiting = 0;

	hv_lock_acquire(&vgic->lock);
	for (unsigned int bank = 0; vgic->vcpu[vcpu].asleep && bank < VGIC_BANKS; bank++)
		waiting |= ready_here(vgic, vcpu, vgic_bank(vgic, vcpu, bank), bank);
	hv_lock_release(&vgic->lock);
	return waiting;
}

void vgic_fold(struct vgic *vgic, unsigned int vcpu, const struct vgic_interface *interface)
{
	hv_lock_acquire(&vgic->lock);
	look(vgic, vcpu, interface);
	hv_lock_release(&vgic->lock);
}

void vgic_stop(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface)
{
	struct vgic_bank *own = &vgic->vcpu[vcpu].bank;
	uint32_t was[VGIC_BANKS];

	hv_lock_acquire(&vgic->lock);
	for (unsigned int bank = 0; bank < VGIC_BANKS; bank++)
		was[bank] = vgic->vcpu[vcpu].owned[bank];
	look(vgic, vcpu, interface);
	unlist_all(vgic, vcpu, interface);
	/* Its timers are off from here on: their interrupts are over, taken or not. */
	own->latch &= ~own->phys;
	own->active &= ~own->phys;
	release(vgic, vcpu, interface);
	disown(vgic, vcpu, was);
	hv_lock_release(&vgic->lock);
}
