/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GIC_VGIC_H
#define HV_GIC_VGIC_H
/*
 * The interrupt controller of one guest: an emulated GICv3 distributor and redistributors, and the
 * contents of the list registers through which the CPU delivers interrupts to the guest.
 *
 * This is the pure model: memory of the caller's, no hardware access. hv/gic/hw.c joins it to the
 * machine. Numbers of registers and their rules are those of the Arm GIC architecture
 * specification (IHI 0069), named where they matter.
 *
 * What the guest sees: a GICv3 without security (GICD_CTLR.DS and .ARE read as one and cannot be
 * changed), VGIC_INTIDS interrupts, both groups, five bits of priority, no LPIs, no message-based
 * SPIs, no 1-of-N routing. The guest reaches its CPU interface (ICC_*_EL1) natively, except the
 * registers that generate SGIs and, where the CPU can trap it, ICC_DIR_EL1.
 *
 * An access of a size or at an offset that the specification does not define reads as zero and is
 * ignored when written; nothing a guest does here is an error.
 *
 * Where an interrupt's state is. An interrupt in a list register ("listed") may be acknowledged or
 * ended by the guest without an exit, so the list register holds the truth and this model what it
 * last saw there. vgic_sync() folds the registers into the model and computes them anew. A vCPU
 * whose registers must be computed anew is marked dirty; vgic_take_kicks() says which vCPUs became
 * dirty and must be made to leave the guest, in bounded time. A read of pending or active state of
 * an interrupt that another vCPU holds listed returns what was last seen and marks that vCPU
 * dirty: who polls sees the truth one exit later.
 *
 * Interrupts of the machine. A timer, or a device of the machine if the guest has one, raises an
 * interrupt there, which stays active (and cannot fire again) until the guest is done with it. In
 * the common case the list register is linked (HW = 1): the guest's deactivation deactivates the
 * machine's. Where a linked register cannot say what is true (pending and active at once), it is
 * not linked and vgic_sync() names the interrupt in `release` when the time has come.
 *
 * Locking: every function takes the lock of the struct vgic where it needs it and may be called on
 * any CPU, concurrently, unless it says otherwise. Work under the lock is bounded by constants
 * (vCPUs, banks, list registers), whatever the guest asks.
 */
#include <stdatomic.h>

#include "../lock.h"
#include "../mmio.h"

#define VGIC_VCPUS_MAX 8
#define VGIC_INTIDS 64 /* 16 SGIs, 16 PPIs, 32 SPIs */
#define VGIC_BANKS (VGIC_INTIDS / 32)
#define VGIC_LRS_MAX 16
#define VGIC_SPI_BASE 32

/* The guest's interrupts that something here raises; as QEMU's `virt` machine numbers them. */
#define VGIC_INTID_VTIMER 27
#define VGIC_INTID_PTIMER 30
#define VGIC_INTID_UART 33

#define VGIC_DIST_BYTES UINT64_C(0x10000)
#define VGIC_REDIST_BYTES UINT64_C(0x20000) /* of each vCPU */

/* The state of 32 interrupts, one bit each. */
struct vgic_bank {
	uint32_t enabled;
	uint32_t group1;
	uint32_t edge;   /* configured edge-triggered, else level-sensitive */
	uint32_t line;   /* level of the input, as a device of ours drives it */
	uint32_t sample; /* level behind an interrupt of the machine, when last looked at */
	uint32_t latch;  /* pending by an edge, a write, an SGI or an interrupt of the machine */
	uint32_t active; /* and not (or not only) in a list register */
	uint32_t phys;   /* the machine's interrupt is active and waits for the guest's end of it */
	uint32_t listed; /* in a list register of some vCPU */
	uint32_t lr_latch;   /* ... which took the latch along; still pending as last seen */
	uint32_t lr_active;  /* ... active as last seen */
	uint32_t drop_latch; /* ... what a write cleared meanwhile: not to be taken back */
	uint32_t drop_active;
	uint32_t raised; /* ... which the machine has raised anew: the register's link is over */
	uint8_t priority[32];
};

struct vgic_vcpu {
	struct vgic_bank bank;       /* SGIs and PPIs */
	uint32_t affinity;           /* Aff3.Aff2.Aff1.Aff0, eight bits each */
	uint32_t lrs_used;           /* list registers that hold an interrupt */
	uint32_t lrs_spent;          /* ... that held one which the guest has ended */
	uint32_t routed[VGIC_BANKS]; /* SPIs that GICD_IROUTER sends here; [0] unused */
	uint32_t owned[VGIC_BANKS];  /* SPIs that are active here or listed here */
	bool asleep;                 /* GICR_WAKER.ProcessorSleep */
	_Atomic bool dirty;
};

struct vgic {
	struct hv_lock lock;
	unsigned int vcpus;
	uint32_t ctlr;                       /* GICD_CTLR.EnableGrp0 and .EnableGrp1 */
	struct vgic_bank shared[VGIC_BANKS]; /* SPIs; [0] unused */
	uint64_t irouter[VGIC_INTIDS];       /* affinity as GICD_IROUTER holds it */
	uint16_t pintid[VGIC_INTIDS];        /* the machine's INTID, or 0 */
	_Atomic uint32_t kicks;
	uint64_t dist_ipa, redist_ipa;
	struct vgic_vcpu vcpu[VGIC_VCPUS_MAX];
};

struct vgic_config {
	unsigned int vcpus;             /* 1 to VGIC_VCPUS_MAX */
	uint64_t mpidr[VGIC_VCPUS_MAX]; /* affinity fields as MPIDR_EL1 has them */
	uint64_t dist_ipa;              /* of the distributor */
	uint64_t redist_ipa;            /* of the first redistributor; they follow each other */
};

/* A CPU's virtual interface: in and out of vgic_sync(). */
struct vgic_interface {
	unsigned int lrs;             /* list registers, 2 to 16: ICH_VTR_EL2.ListRegs + 1 */
	bool traps_dir;               /* ICH_VTR_EL2.TDS: ICH_HCR_EL2.TDIR is implemented */
	uint64_t lr[VGIC_LRS_MAX];    /* ICH_LR<n>_EL2, in and out */
	uint64_t vmcr;                /* ICH_VMCR_EL2, in */
	uint64_t hcr;                 /* ICH_HCR_EL2, in and out */
	uint32_t release[VGIC_BANKS]; /* out: guest INTIDs whose machine interrupt to deactivate */
};

/**
 * vgic_init() - make a controller, in the state after reset, linked to nothing
 * @vgic: any memory; whatever was there is forgotten
 * @config: copied
 *
 * INVALID: no vCPU or too many, or two of equal affinity. Nobody else may use @vgic meanwhile.
 */
MEZZO_MUST_CHECK int vgic_init(struct vgic *vgic, const struct vgic_config *config);

/*
 * The machine's interrupt @pintid is the source of the guest's @intid, a PPI (on every vCPU's CPU)
 * or an SPI. INVALID: no such. Before the guest runs.
 */
MEZZO_MUST_CHECK int vgic_link(struct vgic *vgic, uint32_t intid, uint32_t pintid);

/*
 * Back to the state after reset; links and the levels that devices drive stay. After vgic_stop() of
 * every vCPU. @release: the SPIs whose machine interrupt the caller deactivates, as vgic_sync().
 */
void vgic_reset(struct vgic *vgic, uint32_t release[VGIC_BANKS]);

/* An access to the distributor or to a redistributor; @dev is the struct vgic. */
enum hv_mmio_result vgic_dist_access(void *dev, struct hv_mmio *mmio);
enum hv_mmio_result vgic_redist_access(void *dev, struct hv_mmio *mmio);

/* A vCPU wrote ICC_SGI1R_EL1: SGIs of either group. */
void vgic_sgi1r(struct vgic *vgic, unsigned int vcpu, uint64_t value);
/* A vCPU wrote ICC_SGI0R_EL1 or ICC_ASGI1R_EL1: SGIs of group 0 only. */
void vgic_sgi0r(struct vgic *vgic, unsigned int vcpu, uint64_t value);
/*
 * A vCPU wrote ICC_DIR_EL1 and it was trapped. Its list registers must have been folded just
 * before, and will be computed anew.
 */
void vgic_dir(struct vgic *vgic, unsigned int vcpu, uint64_t value);

/*
 * Drive the input of @intid: level, or a rising edge where the guest configured edge. @vcpu is
 * looked at for private interrupts only. An unknown INTID or an SGI is ignored.
 */
void vgic_set_line(struct vgic *vgic, unsigned int vcpu, uint32_t intid, bool high);

/*
 * The machine's interrupt behind @intid (vgic_link()) has been acknowledged and is active. It
 * is pending for the guest until taken, cleared or retracted.
 */
void vgic_raise_phys(struct vgic *vgic, unsigned int vcpu, uint32_t intid);

/*
 * The level behind @intid as it is now; to be told before an access to registers and before
 * vgic_sync(). What the guest has taken shows as pending, too, while it is high. What it has not
 * taken is no longer pending once it is low, and is released at the next vgic_sync().
 */
void vgic_sample_phys(struct vgic *vgic, unsigned int vcpu, uint32_t intid, bool high);

/* Must vgic_sync() run before @vcpu enters the guest? No lock. */
static inline bool vgic_dirty(const struct vgic *vgic, unsigned int vcpu)
{
	return atomic_load_explicit(&vgic->vcpu[vcpu].dirty, memory_order_acquire);
}

/* Ask for vgic_sync() of @vcpu: after a maintenance interrupt. No lock. */
static inline void vgic_mark_dirty(struct vgic *vgic, unsigned int vcpu)
{
	atomic_store_explicit(&vgic->vcpu[vcpu].dirty, true, memory_order_release);
}

/* The vCPUs, one bit each, that became dirty and were not kicked since. No lock. */
static inline uint32_t vgic_take_kicks(struct vgic *vgic)
{
	return atomic_exchange_explicit(&vgic->kicks, 0, memory_order_acq_rel);
}

/*
 * Does the redistributor of @vcpu ask for its CPU to be woken (WakeRequest)? One that sleeps
 * (GICR_WAKER.ProcessorSleep) passes no interrupt on; it asks while it would have one.
 */
bool vgic_wake_request(struct vgic *vgic, unsigned int vcpu);

/**
 * vgic_sync() - fold the list registers of @vcpu into the model and compute them anew
 *
 * To be called on the vCPU's own CPU, in EL2, between reading ICH_LR<n>_EL2, ICH_VMCR_EL2 and
 * ICH_HCR_EL2 into @interface and writing `lr` and `hcr` back; then each INTID in `release` is
 * deactivated in the machine (ICC_DIR_EL1 on this CPU). The vCPU is no longer dirty.
 *
 * Which interrupts get a register when there are too few: first the active one of highest
 * priority, then pending ones by priority and number, then other active ones. With more pending
 * than fit, a maintenance interrupt is asked for when none is left pending (NPIE) or the guest
 * turns a group off (VGrp0DIE, VGrp1DIE); with active ones that do not fit, when it ends one of
 * them (LRENPIE). Pending interrupts of a group that the guest has turned off in its CPU interface
 * wait in the model (VGrp0EIE, VGrp1EIE).
 *
 * Cost: a few words per bank, plus work per interrupt that is pending or active, plus @lrs.
 */
void vgic_sync(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface);

/*
 * Fold the list registers of @vcpu into the model and leave them as they are: before an access
 * to registers that show pending or active state. @interface: `lr` and `lrs` are looked at.
 */
void vgic_fold(struct vgic *vgic, unsigned int vcpu, const struct vgic_interface *interface);

/*
 * The vCPU stops (CPU_OFF, reset): fold, empty the registers (`lr` becomes zero), release every
 * machine interrupt of its own. Its interrupts stay pending or active, as a redistributor keeps
 * them while the CPU is off.
 */
void vgic_stop(struct vgic *vgic, unsigned int vcpu, struct vgic_interface *interface);

#endif
