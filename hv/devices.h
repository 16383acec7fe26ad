/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_DEVICES_H
#define HV_DEVICES_H
/*
 * What the core calls in the parts around it: the interrupt controller, the timer, the console,
 * PSCI, and the guest's machine. Each is defined in the directory named; none may block.
 */
#include "host/host.h"
#include "vm.h"

/* --- hv/gic ------------------------------------------------------------------------------- */

/* The physical distributor, once, on the boot CPU; its registers are mapped (map.h) here. */
MEZZO_MUST_CHECK int hv_gic_init(const struct hv_host *host);
/* This CPU's redistributor and CPU interface: ICC_SRE_EL2, ICH_*, own SGI and PPIs enabled. */
MEZZO_MUST_CHECK int hv_gic_cpu_init(void);
/* The VM's distributor and redistributors, on its bus; fills vm->gic. */
MEZZO_MUST_CHECK int hv_vgic_create(struct vm *vm);
/* An IRQ or FIQ came while the guest ran: acknowledge and deliver all that are pending. */
void hv_gic_interrupt(struct vcpu *vcpu);
/*
 * The vCPU of this CPU does not run, yet or any more, and its timers are off: its CPU interface is
 * as after reset, what it had of interrupts is back in the redistributor.
 */
void hv_vgic_reset(struct vcpu *vcpu);
/* The VM was reset and no vCPU runs: its distributor and redistributors too. Interrupts of the
 * machine that were given to it are inactive then; levels of devices stay. */
void hv_vgic_reset_vm(struct vm *vm);
/* Called before the guest runs on when vcpu->kicked was set: refill list registers. */
void hv_vgic_sync(struct vcpu *vcpu);
/* A trapped ICC_* register. False: not one of ours (the guest gets an undefined instruction). */
bool hv_vgic_sysreg(struct vcpu *vcpu, struct hv_sysreg_access *access);
/* Send the kick SGI to a physical CPU. Any CPU. */
void hv_gic_kick(const struct hv_cpu *cpu);
/* Sleep until an interrupt is pending for this CPU at EL2, and take it: for a vCPU that is off. */
void hv_gic_wait(void);

/* --- hv/timer ----------------------------------------------------------------------------- */

/* The vCPU of this CPU does not run: its timers are off, and its own when it starts. */
void hv_timer_reset(void);

/* --- hv/console --------------------------------------------------------------------------- */

/* The guest's PL011 on its bus, and the host UART's receive interrupt. */
MEZZO_MUST_CHECK int hv_console_create(struct vm *vm, const struct hv_host *host);

/* The VM was reset and no vCPU runs: the guest's PL011 too. */
void hv_console_reset(struct vm *vm);

/* --- hv/psci ------------------------------------------------------------------------------ */

/* HVC or SMC with the function in w0: arguments and results in vcpu->regs. The instruction is
 * stepped over already. An unknown function gets NOT_SUPPORTED in x0. */
void hv_smccc(struct vcpu *vcpu);

/* --- hv/guest ----------------------------------------------------------------------------- */

/* Does the host's device tree describe a guest? Fills @config. NOENT: no kernel module. */
MEZZO_MUST_CHECK int hv_guest_config(const struct hv_host *host, struct hv_vm_config *config);
/* Complete a created VM: its PCI host and the functions passed through. Once. */
MEZZO_MUST_CHECK int hv_guest_build(struct vm *vm, const struct hv_host *host);
/*
 * Device tree and images into its RAM (hv_vm_write, hv_vm_load), devices of hv/guest and hv/pci as
 * after reset; fills @start for vCPU 0. Before the first start, and at every reset of the guest
 * with all its vCPUs off; so it keeps the host's description from hv_guest_build().
 */
MEZZO_MUST_CHECK int hv_guest_load(struct vm *vm, struct hv_vcpu_start *start);

#endif
