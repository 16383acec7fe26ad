/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GIC_CPU_H
#define HV_GIC_CPU_H
/*
 * A CPU's virtual interrupt interface (IHI 0069, chapter 6), as far as list registers go: what a
 * guest does to them without the hypervisor, and when they ask for maintenance. Written from the
 * specification, apart from the model it judges.
 */
#include "hv/gic/vgic.h"

#define GIC_SPURIOUS 1023

struct gic_cpu {
	struct vgic *vgic;
	unsigned int vcpu;
	struct vgic_interface interface;
	uint8_t running[40]; /* active priorities, the current last */
	unsigned int depth;
	bool eoi_mode;           /* ICC_CTLR_EL1.EOImode of the guest */
	uint64_t deactivated[4]; /* machine INTIDs deactivated so far, a bit each, and how often */
	unsigned int deactivations;
	unsigned int syncs;
	unsigned int illegal; /* list register contents that the specification forbids */
};

void gic_cpu_init(struct gic_cpu *cpu, struct vgic *vgic, unsigned int vcpu, unsigned int lrs);

/* Leave the guest and enter it again while anything asks for it; false: it never ends. */
bool gic_cpu_settle(struct gic_cpu *cpu);

/* The guest reads ICC_IAR1_EL1 (or IAR0), writes ICC_EOIR1_EL1, ICC_DIR_EL1. */
uint32_t gic_cpu_ack(struct gic_cpu *cpu);
void gic_cpu_end(struct gic_cpu *cpu, uint32_t intid);
void gic_cpu_dir(struct gic_cpu *cpu, uint32_t intid);

/* What the guest would be told next, or GIC_SPURIOUS. */
uint32_t gic_cpu_highest(const struct gic_cpu *cpu);

/* Is a maintenance interrupt asserted (ICH_MISR_EL2)? */
bool gic_cpu_maintenance(const struct gic_cpu *cpu);

/* One access to the distributor or a redistributor by this vCPU, as the hypervisor does it. */
uint64_t gic_cpu_read(struct gic_cpu *cpu, uint64_t ipa, unsigned int bytes);
void gic_cpu_write(struct gic_cpu *cpu, uint64_t ipa, unsigned int bytes, uint64_t value);

#define GIC_DIST UINT64_C(0x08000000)
#define GIC_REDIST UINT64_C(0x080a0000)

#endif
