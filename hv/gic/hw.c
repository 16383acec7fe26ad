/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's GICv3: distributor, redistributors, CPU interface. */
#include "hw.h"

#include "arch/sysreg.h"
#include "devices.h"
#include "map.h"

#include <mezzo/status.h>

/* Offsets (IHI 0069, chapter 12); those from IGROUPR on also in a redistributor's SGI frame. */
#define GICD_CTLR 0x0000
#define GICD_TYPER 0x0004
#define GIC_IGROUPR 0x0080
#define GIC_ISENABLER 0x0100
#define GIC_ICENABLER 0x0180
#define GIC_ICPENDR 0x0280
#define GIC_ICACTIVER 0x0380
#define GIC_IPRIORITYR 0x0400
#define GICD_IROUTER 0x6000
#define GIC_PIDR2 0xffe8
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI_FRAME 0x10000

/* The same bits with one security state and, seen from non-secure, with two. */
#define GICD_CTLR_GRP1 UINT32_C(2)
#define GICD_CTLR_ARE UINT32_C(0x10)
#define GICD_CTLR_RWP (UINT32_C(1) << 31)
#define GICR_TYPER_VLPIS HV_BIT(1)
#define GICR_TYPER_LAST HV_BIT(4)
#define GICR_WAKER_SLEEP UINT32_C(2)
#define GICR_WAKER_CHILDREN UINT32_C(4)

/*
 * System registers, no bypass. Not Enable: EL1 cannot reach ICC_SRE_EL1, by which it could leave
 * the virtual interface for one in memory that it does not have.
 */
#define ICC_SRE 7
#define ICC_CTLR_EOIMODE 2

#define PRIORITY 0xa0a0a0a0
#define SPURIOUS 1020
#define SPI_FIRST 32
#define SPI_END 1020
/* Register polls are for things that take a few cycles; a machine where they do not is refused. */
#define POLLS 1000000
/* Interrupts taken in one visit; more are still pending and end the guest's next run at once. */
#define BURST 16

/* An SPI that EL2 takes. */
struct spi {
	hv_intid pintid;
	hv_gic_handler_fn *handler;
	void *ctx;
};
#define SPIS_MAX 16

static struct {
	volatile uint8_t *dist;
	volatile uint8_t *redist[HV_HOST_REDISTS_MAX];
	struct hv_host_gic host;
	hv_intid virtual_timer, physical_timer;
	uint32_t spi_end;
	struct spi spi[SPIS_MAX];
	unsigned int spis;
} gic;

static uint32_t read32(volatile uint8_t *base, uint64_t offset)
{
	return *(volatile uint32_t *)(base + offset);
}

static void write32(volatile uint8_t *base, uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(base + offset) = value;
}

static uint64_t read64(volatile uint8_t *base, uint64_t offset)
{
	return *(volatile uint64_t *)(base + offset);
}

static void write64(volatile uint8_t *base, uint64_t offset, uint64_t value)
{
	*(volatile uint64_t *)(base + offset) = value;
}

static int poll_clear(volatile uint8_t *base, uint64_t offset, uint32_t bits)
{
	for (unsigned int i = 0; i < POLLS; i++)
		if (!(read32(base, offset) & bits))
			return MEZZO_OK;
	return MEZZO_ERR_INVALID;
}

/* 32 interrupts: non-secure group 1, one priority, disabled and at rest. */
static void init_bank(volatile uint8_t *base, unsigned int bank)
{
	write32(base, GIC_ICENABLER + 4 * bank, UINT32_MAX);
	write32(base, GIC_IGROUPR + 4 * bank, UINT32_MAX);
	write32(base, GIC_ICPENDR + 4 * bank, UINT32_MAX);
	write32(base, GIC_ICACTIVER + 4 * bank, UINT32_MAX);
	for (unsigned int i = 0; i < 32; i += 4)
		write32(base, GIC_IPRIORITYR + 32 * bank + i, PRIORITY);
}

int hv_gic_init(const struct hv_host *host)
{
	unsigned int banks;

	if (host->gic.version != 3 || !host->gic.redists)
		return MEZZO_ERR_NOENT;
	gic.host = host->gic;
	gic.virtual_timer = host->timer.virtual;
	gic.physical_timer = host->timer.physical;
	gic.dist = hv_map_registers(host->gic.dist.base, host->gic.dist.bytes);
	if (!gic.dist)
		return MEZZO_ERR_NOMEM;
	for (unsigned int i = 0; i < host->gic.redists; i++) {
		gic.redist[i] =
			hv_map_registers(host->gic.redist[i].base, host->gic.redist[i].bytes);
		if (!gic.redist[i])
			return MEZZO_ERR_NOMEM;
	}
	if ((read32(gic.dist, GIC_PIDR2) >> 4 & 0xf) < 3)
		return MEZZO_ERR_INVALID;
	banks = (read32(gic.dist, GICD_TYPER) & 0x1f) + 1;
	gic.spi_end = 32 * banks < SPI_END ? 32 * banks : SPI_END;

	write32(gic.dist, GICD_CTLR, 0);
	if (poll_clear(gic.dist, GICD_CTLR, GICD_CTLR_RWP))
		return MEZZO_ERR_INVALID;
	/* Affinity routing first: the registers below depend on it. */
	write32(gic.dist, GICD_CTLR, GICD_CTLR_ARE);
	if (poll_clear(gic.dist, GICD_CTLR, GICD_CTLR_RWP))
		return MEZZO_ERR_INVALID;
	for (unsigned int bank = 1; bank < banks; bank++)
		init_bank(gic.dist, bank);
	write32(gic.dist, GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	return poll_clear(gic.dist, GICD_CTLR, GICD_CTLR_RWP);
}

/* This CPU's redistributor, by its affinity, or NULL. */
static volatile uint8_t *find_redist(void)
{
	uint64_t mpidr = hv_cpu_current()->mpidr;
	uint64_t affinity = (mpidr >> 8 & UINT64_C(0xff000000)) | (mpidr & 0xffffff);

	for (unsigned int i = 0; i < gic.host.redists; i++) {
		uint64_t offset = 0, typer = 0;

		for (; offset < gic.host.redist[i].bytes && !(typer & GICR_TYPER_LAST);) {
			typer = read64(gic.redist[i], offset + GICR_TYPER);
			if (typer >> 32 == affinity)
				return gic.redist[i] + offset;
			if (gic.host.redist_stride)
				offset += gic.host.redist_stride;
			else
				offset += typer & GICR_TYPER_VLPIS ? 0x40000 : 0x20000;
		}
	}
	return NULL;
}

static uint32_t own_private(void)
{
	return UINT32_C(1) << HV_GIC_SGI_KICK | UINT32_C(1) << (gic.host.maintenance & 31) |
	       UINT32_C(1) << (gic.virtual_timer & 31) | UINT32_C(1) << (gic.physical_timer & 31);
}

int hv_gic_cpu_init(void)
{
	volatile uint8_t *redist = find_redist();

	if (!redist)
		return MEZZO_ERR_NOENT;
	write32(redist, GICR_WAKER, read32(redist, GICR_WAKER) & ~GICR_WAKER_SLEEP);
	if (poll_clear(redist, GICR_WAKER, GICR_WAKER_CHILDREN))
		return MEZZO_ERR_INVALID;
	init_bank(redist + GICR_SGI_FRAME, 0);
	write32(redist + GICR_SGI_FRAME, GIC_ISENABLER, own_private());

	hv_sysreg_write(icc_sre_el2, ICC_SRE);
	hv_isb();
	hv_sysreg_write(icc_sre_el1, ICC_SRE);
	hv_sysreg_write(icc_pmr_el1, 0xff);
	hv_sysreg_write(icc_bpr1_el1, 0);
	hv_sysreg_write(icc_ctlr_el1, ICC_CTLR_EOIMODE);
	hv_sysreg_write(icc_igrpen1_el1, 1);
	hv_isb();
	return hv_vgic_cpu_init();
}

int hv_gic_take_spi(hv_intid pintid, hv_gic_handler_fn *handler, void *ctx)
{
	if (pintid < SPI_FIRST || pintid >= gic.spi_end)
		return MEZZO_ERR_INVALID;
	for (unsigned int i = 0; i < gic.spis; i++)
		if (gic.spi[i].pintid == pintid)
			return MEZZO_ERR_EXISTS;
	if (gic.spis == SPIS_MAX)
		return MEZZO_ERR_LIMIT;
	gic.spi[gic.spis++] = (struct spi){pintid, handler, ctx};
	write64(gic.dist, GICD_IROUTER + 8 * (uint64_t)pintid, hv_cpu_current()->mpidr);
	hv_dsb(sy);
	write32(gic.dist, GIC_ISENABLER + 4 * (pintid / 32), UINT32_C(1) << (pintid & 31));
	return MEZZO_OK;
}

hv_intid hv_gic_virtual_timer(void)
{
	return gic.virtual_timer;
}

hv_intid hv_gic_physical_timer(void)
{
	return gic.physical_timer;
}

void hv_gic_deactivate(hv_intid pintid)
{
	hv_sysreg_write(icc_dir_el1, pintid);
}

static void take(struct vcpu *vcpu, hv_intid pintid)
{
	if (vcpu && pintid == gic.virtual_timer) {
		hv_vgic_raise(vcpu, VGIC_INTID_VTIMER);
		return;
	}
	if (vcpu && pintid == gic.physical_timer) {
		hv_vgic_raise(vcpu, VGIC_INTID_PTIMER);
		return;
	}
	if (vcpu && pintid == gic.host.maintenance)
		hv_vgic_maintain(vcpu);
	for (unsigned int i = 0; i < gic.spis; i++)
		if (gic.spi[i].pintid == pintid)
			gic.spi[i].handler(gic.spi[i].ctx);
	hv_gic_deactivate(pintid);
}

void hv_gic_interrupt(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < BURST; i++) {
		hv_intid pintid = hv_sysreg_read(icc_iar1_el1) & 0xffffff;

		if (pintid >= SPURIOUS)
			break;
		hv_dsb(sy);
		hv_sysreg_write(icc_eoir1_el1, pintid);
		hv_isb();
		take(vcpu, pintid);
	}
}

void hv_gic_kick(const struct hv_cpu *cpu)
{
	uint64_t mpidr = cpu->mpidr;
	uint64_t value = hv_field(mpidr, 32, 8) << 48 | hv_field(mpidr, 16, 8) << 32 |
			 hv_field(mpidr, 8, 8) << 16 | hv_field(mpidr, 4, 4) << 44 |
			 (uint64_t)HV_GIC_SGI_KICK << 24 | HV_BIT(mpidr & 0xf);

	/* What the other is to see is visible before it wakes. */
	hv_dsb(ishst);
	hv_sysreg_write(icc_sgi1r_el1, value);
	hv_isb();
}

void hv_gic_wait(void)
{
	hv_dsb(sy);
	__asm__ volatile("wfi" ::: "memory");
	hv_gic_interrupt(hv_vcpu_current());
}
