/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GIC_HW_H
#define HV_GIC_HW_H
/*
 * The machine's GICv3 as EL2 uses it, and what devices need of it. What the core calls is in
 * devices.h.
 *
 * EL2 runs with interrupts masked: an interrupt of the machine is taken when it ends a guest's run
 * or when a CPU wakes from WFI. EOImode is 1: acknowledging and dropping the priority is done at
 * once, deactivation by whoever is done with the interrupt.
 *
 * A vCPU's list registers stay in its CPU from exit to exit, because nobody else uses them: an exit
 * that concerns no interrupt costs nothing here.
 */
#include "../host/host.h"
#include "vgic.h"

struct vm;
struct vcpu;

/* The SGI by which EL2 makes another CPU leave its guest. */
#define HV_GIC_SGI_KICK 0

/* Called on the CPU that took the interrupt, interrupts masked; must not block. */
typedef void hv_gic_handler_fn(void *ctx);

/*
 * Take an SPI of the machine for EL2: routed to this CPU and enabled. When it fires @handler is
 * called, and afterwards the interrupt is deactivated. INVALID: no SPI of this machine; EXISTS: has
 * a taker; LIMIT: too many. Boot CPU, before guests run.
 */
MEZZO_MUST_CHECK int hv_gic_take_spi(hv_intid pintid, hv_gic_handler_fn *handler, void *ctx);

/* Drive the line of a guest's SPI from a device that is emulated, and kick whom it concerns. Any
 * CPU. */
void hv_vgic_set_spi(struct vm *vm, uint32_t intid, bool high);

/* Is an interrupt pending for the vCPU of this CPU, its priority mask apart? */
bool hv_vgic_pending(struct vcpu *vcpu);

/* --- between hw.c, which has the physical GIC, and virtual.c, which has the virtual interface --- */

struct hv_vgic {
	struct vgic model;
};

/* Deactivate an interrupt of the machine that was acknowledged on this CPU, or an SPI. */
void hv_gic_deactivate(hv_intid pintid);
/* The machine's INTIDs of the EL1 timers. */
hv_intid hv_gic_virtual_timer(void);
hv_intid hv_gic_physical_timer(void);
/* The machine's interrupt behind @intid of this CPU's vCPU has been acknowledged. */
void hv_vgic_raise(struct vcpu *vcpu, uint32_t intid);
/* The maintenance interrupt of this CPU's virtual interface. */
void hv_vgic_maintain(struct vcpu *vcpu);
/* This CPU's virtual interface, off and empty. INVALID: fewer list registers than needed. */
MEZZO_MUST_CHECK int hv_vgic_cpu_init(void);

#endif
