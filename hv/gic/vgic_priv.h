/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GIC_VGIC_PRIV_H
#define HV_GIC_VGIC_PRIV_H
/*
 * What the parts of the interrupt controller's model share. All of it is called with vgic->lock
 * held. A bank is 32 interrupts: bank 0 a vCPU's own, the others shared.
 */
#include "vgic.h"

#define VGIC_CTLR_GRP0 UINT32_C(1)
#define VGIC_CTLR_GRP1 UINT32_C(2)

#define VGIC_SGIS UINT32_C(0xffff) /* of bank 0 */

static inline struct vgic_bank *vgic_bank(struct vgic *vgic, unsigned int vcpu, unsigned int bank)
{
	return bank ? &vgic->shared[bank] : &vgic->vcpu[vcpu].bank;
}

static inline uint32_t vgic_bit(uint32_t intid)
{
	return UINT32_C(1) << (intid & 31);
}

/* Interrupts that are pending in the model, list registers apart. */
static inline uint32_t vgic_pending(const struct vgic_bank *bank)
{
	return bank->latch | (bank->line & ~bank->edge);
}

/* ... and that the distributor would forward. */
static inline uint32_t vgic_ready(const struct vgic *vgic, const struct vgic_bank *bank)
{
	uint32_t groups = (vgic->ctlr & VGIC_CTLR_GRP0 ? ~bank->group1 : 0) |
			  (vgic->ctlr & VGIC_CTLR_GRP1 ? bank->group1 : 0);

	return vgic_pending(bank) & bank->enabled & groups;
}

/* Interrupts of the machine that the guest is done with, and that are still active there. */
static inline uint32_t vgic_done(const struct vgic_bank *bank)
{
	return bank->phys & ~(bank->latch | bank->active | bank->listed);
}

/* Make vCPUs (one bit each) compute their list registers anew. */
void vgic_wake(struct vgic *vgic, uint32_t vcpus);

/*
 * Something about @changed of a bank is different: wake whom it concerns. @vcpu: whose bank 0 it
 * is; the one to release machine interrupts that nobody else will.
 */
void vgic_update(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t changed);

/* An SPI has become active by a write: somebody must own it. */
void vgic_own(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits);

/* Set and clear active state, wherever it is. */
void vgic_activate(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits);
void vgic_deactivate(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits);

/* Route an SPI by the affinity in GICD_IROUTER. */
void vgic_route(struct vgic *vgic, uint32_t intid, uint64_t affinity);

#endif
