/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GIC_HW_H
#define HV_GIC_HW_H
/*
 * The machine's GICv3 as EL2 uses it. What the core calls is in devices.h; here is what devices
 * need: interrupts of the machine that EL2 takes for itself or gives to a guest.
 *
 * EL2 runs with interrupts masked: an interrupt of the machine is taken when it ends a guest's run
 * or when a CPU wakes from WFI. EOImode is 1: acknowledging and dropping the priority is done at
 * once, deactivation by whoever is done with the interrupt.
 */
#include "vgic.h"
#include "../host/host.h"

struct vm;
struct vcpu;

/* The SGI by which EL2 makes another CPU leave its guest. */
#define HV_GIC_SGI_KICK 0

/* Called on the CPU that took the interrupt, interrupts masked; must not block. */
typedef void hv_gic_handler_fn(void *ctx);

/*
 * Take an SPI of the machine for EL2: level-sensitive, routed to this CPU, enabled. When it fires
 * @handler is called, and afterwards the interrupt is deactivated. INVALID: no SPI; EXISTS: has a
 * taker; LIMIT: too many. Boot CPU, before guests run.
 */
MEZZO_MUST_CHECK int hv_gic_take_spi(hv_intid pintid, hv_gic_handler_fn *handler, void *ctx);

/*
 * Give a level-sensitive SPI of the machine to a guest as its interrupt @intid, which has no other
 * source: it fires on this CPU and stays active until the guest has ended it. Results and caller
 * as above.
 */
MEZZO_MUST_CHECK int hv_gic_give_spi(struct vm *vm, uint32_t intid, hv_intid pintid);

/* Drive the line of a guest's interrupt from a device that is emulated, and kick whom it
 * concerns. An SPI: any CPU. */
void hv_vgic_set_spi(struct vm *vm, uint32_t intid, bool high);

/* Has the vCPU of this CPU an interrupt in a list register, or an unsynchronised one? What WFI in
 * the guest would wake for, give or take its priority mask. */
bool hv_vgic_pending(struct vcpu *vcpu);

#endif
