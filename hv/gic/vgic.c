/* SPDX-License-Identifier: BSD-2-Clause */
#include <mezzo/status.h>

#include "vgic_priv.h"

/* ICC_SGI1R_EL1 and its siblings. */
#define SGIR_TARGETS UINT64_C(0xffff)
#define SGIR_ALL_BUT_SELF (UINT64_C(1) << 40)

void vgic_wake(struct vgic *vgic, uint32_t vcpus)
{
	for (unsigned int v = 0; v < vgic->vcpus; v++)
		if (vcpus & 1U << v && !atomic_exchange(&vgic->vcpu[v].dirty, true))
			atomic_fetch_or(&vgic->kicks, 1U << v);
}

void vgic_update(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t changed)
{
	const struct vgic_bank *b = vgic_bank(vgic, vcpu, bank);
	uint32_t ready = vgic_ready(vgic, b);
	uint32_t wake = 0;

	if (changed & vgic_done(b))
		wake |= 1U << vcpu;
	if (!bank && changed & (ready | b->active | b->listed))
		wake |= 1U << vcpu;
	for (unsigned int v = 0; bank && v < vgic->vcpus; v++)
		if (changed & (vgic->vcpu[v].owned[bank] | (ready & vgic->vcpu[v].routed[bank])))
			wake |= 1U << v;
	vgic_wake(vgic, wake);
}

void vgic_own(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits)
{
	if (!bank)
		return;
	for (unsigned int v = 0; v < vgic->vcpus; v++)
		bits &= ~vgic->vcpu[v].owned[bank];
	for (unsigned int v = 0; v < vgic->vcpus; v++) {
		uint32_t here = bits & vgic->vcpu[v].routed[bank];

		vgic->vcpu[v].owned[bank] |= here;
		bits &= ~here;
	}
	vgic->vcpu[vcpu].owned[bank] |= bits;
}

void vgic_activate(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits)
{
	vgic_bank(vgic, vcpu, bank)->active |= bits;
	vgic_own(vgic, vcpu, bank, bits);
	vgic_update(vgic, vcpu, bank, bits);
}

void vgic_deactivate(struct vgic *vgic, unsigned int vcpu, unsigned int bank, uint32_t bits)
{
	struct vgic_bank *b = vgic_bank(vgic, vcpu, bank);

	b->active &= ~bits;
	b->lr_active &= ~bits;
	b->drop_active |= bits & b->listed;
	vgic_update(vgic, vcpu, bank, bits);
}

void vgic_route(struct vgic *vgic, uint32_t intid, uint64_t affinity)
{
	uint32_t bit = vgic_bit(intid);
	unsigned int bank = intid / 32;
	uint64_t folded = (affinity >> 8 & UINT64_C(0xff000000)) | (affinity & 0xffffff);

	vgic->irouter[intid] = affinity;
	for (unsigned int v = 0; v < vgic->vcpus; v++) {
		if (vgic->vcpu[v].affinity == folded)
			vgic->vcpu[v].routed[bank] |= bit;
		else
			vgic->vcpu[v].routed[bank] &= ~bit;
	}
	vgic_update(vgic, 0, bank, bit);
}

static void reset_vcpu(struct vgic_vcpu *vcpu)
{
	vcpu->bank = (struct vgic_bank){.edge = VGIC_SGIS};
	vcpu->lrs_used = vcpu->lrs_spent = 0;
	for (unsigned int bank = 0; bank < VGIC_BANKS; bank++)
		vcpu->routed[bank] = vcpu->owned[bank] = 0;
	vcpu->asleep = true;
	atomic_store(&vcpu->dirty, true);
}

void vgic_reset(struct vgic *vgic, uint32_t release[VGIC_BANKS])
{
	hv_lock_acquire(&vgic->lock);
	vgic->ctlr = 0;
	release[0] = 0;
	for (unsigned int v = 0; v < vgic->vcpus; v++)
		reset_vcpu(&vgic->vcpu[v]);
	for (unsigned int bank = 1; bank < VGIC_BANKS; bank++) {
		/* What a device drives does not change because the controller is reset. */
		uint32_t line = vgic->shared[bank].line;

		release[bank] = vgic->shared[bank].phys;
		vgic->shared[bank] = (struct vgic_bank){.line = line};
	}
	for (uint32_t intid = VGIC_SPI_BASE; intid < VGIC_INTIDS; intid++)
		vgic_route(vgic, intid, 0);
	hv_lock_release(&vgic->lock);
}

int vgic_init(struct vgic *vgic, const struct vgic_config *config)
{
	uint32_t release[VGIC_BANKS];

	if (!config->vcpus || config->vcpus > VGIC_VCPUS_MAX)
		return MEZZO_ERR_INVALID;
	*vgic = (struct vgic){
		.vcpus = config->vcpus,
		.dist_ipa = config->dist_ipa,
		.redist_ipa = config->redist_ipa,
	};
	for (unsigned int v = 0; v < config->vcpus; v++) {
		uint64_t mpidr = config->mpidr[v];

		vgic->vcpu[v].affinity =
			(uint32_t)((mpidr >> 8 & UINT64_C(0xff000000)) | (mpidr & 0xffffff));
		for (unsigned int w = 0; w < v; w++)
			if (vgic->vcpu[w].affinity == vgic->vcpu[v].affinity)
				return MEZZO_ERR_INVALID;
	}
	vgic_reset(vgic, release);
	return MEZZO_OK;
}

int vgic_link(struct vgic *vgic, uint32_t intid, uint32_t pintid)
{
	if (intid < 16 || intid >= VGIC_INTIDS || pintid < 16 || pintid > 1019)
		return MEZZO_ERR_INVALID;
	vgic->pintid[intid] = (uint16_t)pintid;
	return MEZZO_OK;
}

static void generate(struct vgic *vgic, unsigned int from, uint64_t value, bool group1)
{
	/* Aff3.Aff2.Aff1 and the upper half of Aff0 (RS) as an affinity. */
	uint32_t cluster = (uint32_t)((value >> 48 & 0xff) << 24 | (value >> 32 & 0xff) << 16 |
				      (value >> 16 & 0xff) << 8 | (value >> 44 & 0xf) << 4);
	uint32_t bit = vgic_bit((uint32_t)(value >> 24 & 0xf));

	hv_lock_acquire(&vgic->lock);
	for (unsigned int v = 0; v < vgic->vcpus; v++) {
		struct vgic_vcpu *vcpu = &vgic->vcpu[v];
		bool to = value & SGIR_ALL_BUT_SELF ? v != from
						    : (vcpu->affinity & ~0xfU) == cluster &&
							      value >> (vcpu->affinity & 0xf) & 1;

		if (!to || (!group1 && vcpu->bank.group1 & bit))
			continue;
		vcpu->bank.latch |= bit;
		vgic_update(vgic, v, 0, bit);
	}
	hv_lock_release(&vgic->lock);
}

void vgic_sgi1r(struct vgic *vgic, unsigned int vcpu, uint64_t value)
{
	generate(vgic, vcpu, value, true);
}

void vgic_sgi0r(struct vgic *vgic, unsigned int vcpu, uint64_t value)
{
	generate(vgic, vcpu, value, false);
}

void vgic_dir(struct vgic *vgic, unsigned int vcpu, uint64_t value)
{
	uint32_t intid = value & 0xffffff;

	if (intid >= VGIC_INTIDS)
		return;
	hv_lock_acquire(&vgic->lock);
	vgic_deactivate(vgic, vcpu, intid / 32, vgic_bit(intid));
	hv_lock_release(&vgic->lock);
}

static bool has_input(uint32_t intid)
{
	return intid >= 16 && intid < VGIC_INTIDS;
}

void vgic_set_line(struct vgic *vgic, unsigned int vcpu, uint32_t intid, bool high)
{
	uint32_t bit = vgic_bit(intid);
	struct vgic_bank *b;

	if (!has_input(intid))
		return;
	b = vgic_bank(vgic, vcpu, intid / 32);
	hv_lock_acquire(&vgic->lock);
	if (high != !!(b->line & bit)) {
		b->line ^= bit;
		if (high)
			b->latch |= bit & b->edge;
		vgic_update(vgic, vcpu, intid / 32, bit);
	}
	hv_lock_release(&vgic->lock);
}

void vgic_raise_phys(struct vgic *vgic, unsigned int vcpu, uint32_t intid)
{
	uint32_t bit = vgic_bit(intid);
	struct vgic_bank *b;

	if (!has_input(intid))
		return;
	b = vgic_bank(vgic, vcpu, intid / 32);
	hv_lock_acquire(&vgic->lock);
	/* It can only fire anew when the guest has ended it, in a register not looked at yet. */
	b->raised |= bit & b->phys & b->listed;
	b->phys |= bit;
	b->latch |= bit;
	vgic_update(vgic, vcpu, intid / 32, bit);
	hv_lock_release(&vgic->lock);
}

void vgic_sample_phys(struct vgic *vgic, unsigned int vcpu, uint32_t intid, bool high)
{
	uint32_t bit = vgic_bit(intid);
	struct vgic_bank *b;

	if (!has_input(intid))
		return;
	b = vgic_bank(vgic, vcpu, intid / 32);
	hv_lock_acquire(&vgic->lock);
	b->sample = high ? b->sample | bit : b->sample & ~bit;
	if (!high && b->phys & bit) {
		b->latch &= ~bit;
		b->drop_latch |= bit & b->lr_latch;
		vgic_update(vgic, vcpu, intid / 32, bit);
	}
	hv_lock_release(&vgic->lock);
}
