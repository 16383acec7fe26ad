/* SPDX-License-Identifier: BSD-2-Clause */
#include "vgic_priv.h"

/* Offsets in the distributor; those from IGROUPR to ICFGR also in a redistributor's SGI frame. */
#define GICD_CTLR 0x0000
#define GICD_TYPER 0x0004
#define GICD_IIDR 0x0008
#define GIC_BITS 0x0080 /* IGROUPR, then the set and clear registers, 0x80 apart */
#define GIC_BITS_END 0x0400
#define GIC_IPRIORITYR 0x0400
#define GIC_ICFGR 0x0c00
#define GICD_IROUTER 0x6000
#define GIC_PIDR2 0xffe8

#define GICR_IIDR 0x0004
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI_FRAME UINT64_C(0x10000)

#define GICD_CTLR_ARE (UINT32_C(1) << 4)
#define GICD_CTLR_DS (UINT32_C(1) << 6)
/* No 1-of-N, Aff3 valid, ten bits of INTID. */
#define GICD_TYPER_VALUE                                                                           \
	(UINT32_C(1) << 25 | UINT32_C(1) << 24 | UINT32_C(9) << 19 | (VGIC_BANKS - 1))
/*
 * Product 'Z'. There is no JEP106 code for us; Arm's is what other emulations give too, and zero
 * would be taken by Linux for a part with an erratum.
 */
#define GIC_IIDR_VALUE UINT32_C(0x5a00043b)
#define GIC_PIDR2_VALUE 0x3b /* architecture revision 3 */
#define GICR_TYPER_LAST (UINT64_C(1) << 4)
#define GICR_WAKER_PROCESSOR_SLEEP UINT32_C(2)
#define GICR_WAKER_CHILDREN_ASLEEP UINT32_C(4)

#define IROUTER_AFFINITY UINT64_C(0xff00ffffff)
#define PRIORITY_BITS 0xf8

enum bits {
	BITS_GROUP = 1,
	BITS_SET_ENABLE,
	BITS_CLEAR_ENABLE,
	BITS_SET_PENDING,
	BITS_CLEAR_PENDING,
	BITS_SET_ACTIVE,
	BITS_CLEAR_ACTIVE,
};

/* A decoded access: where, and what. */
struct access {
	struct vgic *vgic;
	unsigned int vcpu; /* who makes it */
	unsigned int of;   /* whose bank 0 is meant */
	uint32_t offset;
	uint32_t bytes;
	bool write;
	uint64_t value;
};

static uint32_t bits_read(const struct vgic_bank *b, enum bits kind)
{
	switch (kind) {
	case BITS_GROUP:
		return b->group1;
	case BITS_SET_ENABLE:
	case BITS_CLEAR_ENABLE:
		return b->enabled;
	case BITS_SET_PENDING:
	case BITS_CLEAR_PENDING:
		return vgic_pending(b) | (b->lr_latch & ~b->drop_latch) | (b->sample & ~b->edge);
	case BITS_SET_ACTIVE:
	case BITS_CLEAR_ACTIVE:
		return b->active | b->lr_active;
	}
	return 0;
}

static void bits_write(const struct access *a, unsigned int bank, enum bits kind)
{
	struct vgic_bank *b = vgic_bank(a->vgic, a->of, bank);
	uint32_t value = (uint32_t)a->value;
	uint32_t changed = value;

	switch (kind) {
	case BITS_GROUP:
		changed = b->group1 ^ value;
		b->group1 = value;
		break;
	case BITS_SET_ENABLE:
		b->enabled |= value;
		break;
	case BITS_CLEAR_ENABLE:
		b->enabled &= ~value;
		break;
	case BITS_SET_PENDING:
		b->latch |= value;
		break;
	case BITS_CLEAR_PENDING:
		b->latch &= ~value;
		b->drop_latch |= value & b->lr_latch;
		break;
	case BITS_SET_ACTIVE:
		vgic_activate(a->vgic, a->of, bank, value);
		return;
	case BITS_CLEAR_ACTIVE:
		vgic_deactivate(a->vgic, a->of, bank, value);
		return;
	}
	vgic_update(a->vgic, a->of, bank, changed);
}

/*
 * What a vCPU holds in its list registers may have moved on. The one that reads has folded its own;
 * have the others do so, for the next read.
 */
static void refresh(const struct access *a, unsigned int bank, enum bits kind)
{
	struct vgic *vgic = a->vgic;
	uint32_t stale = 0;

	if (kind < BITS_SET_PENDING)
		return;
	for (unsigned int v = 0; v < vgic->vcpus; v++)
		if (bank ? vgic->shared[bank].listed & vgic->vcpu[v].owned[bank]
			 : v == a->of && (vgic->vcpu[v].bank.listed | vgic->vcpu[v].bank.sample))
			stale |= 1U << v;
	vgic_wake(vgic, stale & ~(1U << a->vcpu));
}

static void bits(struct access *a)
{
	enum bits kind = (enum bits)(a->offset >> 7);
	unsigned int bank = (a->offset & 0x7f) / 4;

	if (a->bytes != 4 || bank >= VGIC_BANKS)
		return;
	if (a->write) {
		bits_write(a, bank, kind);
	} else {
		a->value = bits_read(vgic_bank(a->vgic, a->of, bank), kind);
		refresh(a, bank, kind);
	}
}

static void priority(struct access *a)
{
	uint32_t intid = a->offset - GIC_IPRIORITYR;
	struct vgic_bank *b;

	if ((a->bytes != 4 && a->bytes != 1) || intid >= VGIC_INTIDS)
		return;
	b = vgic_bank(a->vgic, a->of, intid / 32);
	for (uint32_t i = 0; i < a->bytes; i++) {
		uint8_t *p = &b->priority[(intid + i) & 31];

		if (a->write)
			*p = (uint8_t)(a->value >> (8 * i)) & PRIORITY_BITS;
		else
			a->value |= (uint64_t)*p << (8 * i);
	}
	if (a->write)
		vgic_update(a->vgic, a->of, intid / 32,
			    (a->bytes == 4 ? UINT32_C(0xf) : UINT32_C(1)) << (intid & 31));
}

/* GICD_ICFGR: two bits for each interrupt, of which the upper says edge. */
static void config(struct access *a)
{
	unsigned int word = (a->offset - GIC_ICFGR) / 4;
	unsigned int shift = 16 * (word & 1);
	struct vgic_bank *b;
	uint32_t edge;

	if (a->bytes != 4 || word / 2 >= VGIC_BANKS)
		return;
	b = vgic_bank(a->vgic, a->of, word / 2);
	if (!a->write) {
		for (unsigned int i = 0; i < 16; i++)
			a->value |= (uint64_t)(b->edge >> (shift + i) & 1) << (2 * i + 1);
		return;
	}
	if (!word) /* SGIs are edge-triggered */
		return;
	edge = b->edge & ~(UINT32_C(0xffff) << shift);
	for (unsigned int i = 0; i < 16; i++)
		edge |= (uint32_t)(a->value >> (2 * i + 1) & 1) << (shift + i);
	b->edge = edge;
	vgic_update(a->vgic, a->of, word / 2, UINT32_C(0xffff) << shift);
}

static void route(struct access *a)
{
	uint32_t intid = (a->offset - GICD_IROUTER) / 8;
	uint32_t shift = 8 * (a->offset & 7);
	uint64_t mask = (a->bytes == 8 ? UINT64_MAX : UINT32_MAX) << shift;
	uint64_t old;

	if (a->bytes < 4 || intid < VGIC_SPI_BASE || intid >= VGIC_INTIDS)
		return;
	old = a->vgic->irouter[intid];
	if (!a->write)
		a->value = (old & mask) >> shift;
	else
		vgic_route(a->vgic, intid,
			   ((old & ~mask) | (a->value << shift & mask)) & IROUTER_AFFINITY);
}

/* IGROUPR to ICFGR, which distributor and redistributor have in common. */
static void common(struct access *a)
{
	if (a->offset >= GIC_BITS && a->offset < GIC_BITS_END)
		bits(a);
	else if (a->offset >= GIC_IPRIORITYR && a->offset < GIC_IPRIORITYR + 0x400)
		priority(a);
	else if (a->offset >= GIC_ICFGR && a->offset < GIC_ICFGR + 0x100)
		config(a);
}

/* Those of the first 32 interrupts: with affinity routing a redistributor has them, and it only. */
static bool is_private(uint32_t offset)
{
	return (offset >= GIC_BITS && offset < GIC_BITS_END && !(offset & 0x7c)) ||
	       (offset >= GIC_IPRIORITYR && offset < GIC_IPRIORITYR + 32) ||
	       (offset >= GIC_ICFGR && offset < GIC_ICFGR + 8);
}

static void dist(struct access *a)
{
	bool word = a->bytes == 4;

	if (word && a->offset == GICD_CTLR && a->write) {
		a->vgic->ctlr = (uint32_t)a->value & (VGIC_CTLR_GRP0 | VGIC_CTLR_GRP1);
		vgic_wake(a->vgic, UINT32_MAX);
	} else if (word && a->offset == GICD_CTLR) {
		a->value = a->vgic->ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
	} else if (word && !a->write && a->offset == GICD_TYPER) {
		a->value = GICD_TYPER_VALUE;
	} else if (word && !a->write && a->offset == GICD_IIDR) {
		a->value = GIC_IIDR_VALUE;
	} else if (word && !a->write && a->offset == GIC_PIDR2) {
		a->value = GIC_PIDR2_VALUE;
	} else if (a->offset >= GICD_IROUTER && a->offset < GICD_IROUTER + 8 * VGIC_INTIDS) {
		route(a);
	} else if (!is_private(a->offset)) {
		common(a);
	}
}

static uint64_t redist_typer(const struct vgic *vgic, unsigned int vcpu)
{
	return (uint64_t)vgic->vcpu[vcpu].affinity << 32 | (uint64_t)vcpu << 8 |
	       (vcpu + 1 == vgic->vcpus ? GICR_TYPER_LAST : 0);
}

static void waker(struct access *a)
{
	bool *asleep = &a->vgic->vcpu[a->of].asleep;

	if (a->write) {
		*asleep = a->value & GICR_WAKER_PROCESSOR_SLEEP;
		vgic_wake(a->vgic, 1U << a->of);
	} else {
		a->value = *asleep ? GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP : 0;
	}
}

static void redist(struct access *a)
{
	bool word = a->bytes == 4;

	if (word && a->offset == GICR_WAKER)
		waker(a);
	else if (a->write)
		return;
	else if (word && a->offset == GICR_IIDR)
		a->value = GIC_IIDR_VALUE;
	else if (a->bytes == 8 && a->offset == GICR_TYPER)
		a->value = redist_typer(a->vgic, a->of);
	else if (word && (a->offset & ~4U) == GICR_TYPER)
		a->value = redist_typer(a->vgic, a->of) >> (8 * (a->offset & 4)) & UINT32_MAX;
	else if (word && a->offset == GIC_PIDR2)
		a->value = GIC_PIDR2_VALUE;
}

static void perform(struct access *a, void (*fn)(struct access *a), struct hv_mmio *mmio)
{
	uint64_t mask = mmio->bytes == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * mmio->bytes)) - 1;

	a->vcpu = mmio->vcpu;
	a->bytes = mmio->bytes;
	a->write = mmio->write;
	a->value = mmio->write ? mmio->value & mask : 0;
	if (!(a->offset & (a->bytes - 1))) {
		hv_lock_acquire(&a->vgic->lock);
		fn(a);
		hv_lock_release(&a->vgic->lock);
	}
	if (!mmio->write)
		mmio->value = a->value & mask;
}

enum hv_mmio_result vgic_dist_access(void *dev, struct hv_mmio *mmio)
{
	struct vgic *vgic = dev;
	struct access a = {
		.vgic = vgic,
		.of = mmio->vcpu,
		.offset = (uint32_t)((mmio->ipa - vgic->dist_ipa) & (VGIC_DIST_BYTES - 1)),
	};

	perform(&a, dist, mmio);
	return HV_MMIO_DONE;
}

static void sgi_frame(struct access *a)
{
	if (is_private(a->offset))
		common(a);
}

enum hv_mmio_result vgic_redist_access(void *dev, struct hv_mmio *mmio)
{
	struct vgic *vgic = dev;
	uint64_t offset = mmio->ipa - vgic->redist_ipa;
	struct access a = {
		.vgic = vgic,
		.of = (unsigned int)(offset / VGIC_REDIST_BYTES),
		.offset = (uint32_t)(offset & (GICR_SGI_FRAME - 1)),
	};

	if (offset / VGIC_REDIST_BYTES >= vgic->vcpus)
		return HV_MMIO_FAULT;
	perform(&a, offset & GICR_SGI_FRAME ? sgi_frame : redist, mmio);
	return HV_MMIO_DONE;
}
