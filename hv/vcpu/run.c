/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU's life: wait for its vCPU to be started, run it, wait again.
 */
#include "run.h"

#include "arch/sysreg.h"
#include "devices.h"
#include "el1.h"
#include "inject.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "monitor/monitor.h"

#include <stdatomic.h>

/* arch/vectors.S */
_Noreturn void hv_on_empty_stack(void (*go_on)(void));
_Noreturn void hv_guest_enter(void);

static _Noreturn void start(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < 31; i++)
		vcpu->regs.x[i] = 0;
	vcpu->regs.x[0] = vcpu->start.x0;
	hv_el2_setup(vcpu);
	/* It starts with its caches off, and is to see what others wrote through theirs. */
	hv_vcpu_begin(vcpu);
	hv_vm_flush(vcpu);
	hv_el1_reset();
	hv_sysreg_write(elr_el2, vcpu->start.pc);
	hv_sysreg_write(spsr_el2, PSTATE_RESET);
	atomic_store(&vcpu->state, HV_VCPU_ON);
	hv_vcpu_settle(vcpu);
	hv_guest_enter();
}

static bool all_off(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->vcpus; i++)
		if (atomic_load(&vm->vcpu[i].state) != HV_VCPU_OFF)
			return false;
	return true;
}

/* SYSTEM_RESET, once nobody runs: all memory back, images loaded anew, vCPU 0 from the top. */
static void restart(struct vm *vm)
{
	struct vcpu *first = &vm->vcpu[0];
	int error;

	hv_console_reset(vm);
	hv_vgic_reset_vm(vm);
	hv_vcpu_begin(first);
	hv_vm_flush(first);
	error = hv_guest_load(vm, &first->start);
	if (error)
		hv_panic("guest does not load again: %s", mezzo_status_name(error));
	/* Nobody runs, so nobody starts anybody: what was begun before the reset is void. */
	for (uint32_t i = 0; i < vm->vcpus; i++)
		atomic_store(&vm->vcpu[i].ready, false);
	atomic_store(&vm->exit, HV_VM_RUNNING);
	atomic_store(&first->state, HV_VCPU_STARTING);
	atomic_store(&first->ready, true);
}

static _Noreturn void wait(void)
{
	struct vcpu *vcpu = hv_vcpu_current();
	struct vm *vm = vcpu->vm;

	/* Timers first: what they raise is over then. */
	hv_timer_reset();
	hv_vgic_reset(vcpu);
	for (;;) {
		if (atomic_load(&vm->exit) == HV_VM_RUNNING && atomic_exchange(&vcpu->ready, false))
			start(vcpu);
		if (atomic_load(&vm->exit) == HV_VM_RESET) {
			atomic_store(&vcpu->ready, false);
			atomic_store(&vcpu->state, HV_VCPU_OFF);
			if (vcpu->id == 0 && all_off(vm)) {
				restart(vm);
				continue;
			}
			if (vcpu->id != 0)
				hv_vcpu_kick(&vm->vcpu[0]);
		}
		hv_gic_wait();
	}
}

void hv_vcpu_settle(struct vcpu *vcpu)
{
	if (atomic_load_explicit(&vcpu->state, memory_order_relaxed) != HV_VCPU_ON ||
	    atomic_load_explicit(&vcpu->vm->exit, memory_order_relaxed) != HV_VM_RUNNING)
		hv_on_empty_stack(wait);
	if (atomic_load_explicit(&vcpu->kicked, memory_order_relaxed) &&
	    atomic_exchange(&vcpu->kicked, false))
		hv_vgic_sync(vcpu);
}

int hv_vcpu_start(struct vcpu *vcpu, const struct hv_vcpu_start *start)
{
	uint32_t state = HV_VCPU_OFF;

	if (!atomic_compare_exchange_strong(&vcpu->state, &state, HV_VCPU_STARTING))
		return state == HV_VCPU_ON ? MEZZO_ERR_EXISTS : MEZZO_ERR_AGAIN;
	vcpu->start = *start;
	atomic_store(&vcpu->ready, true);
	hv_vcpu_kick(vcpu);
	return MEZZO_OK;
}

void hv_vcpu_off(struct vcpu *vcpu)
{
	atomic_store(&vcpu->state, HV_VCPU_OFF);
}

void hv_vcpu_kick(struct vcpu *vcpu)
{
	atomic_store(&vcpu->kicked, true);
	if (vcpu->cpu != hv_cpu_current())
		hv_gic_kick(vcpu->cpu);
}

_Noreturn void hv_vm_run(struct vcpu *vcpu)
{
	hv_cpu_current()->vcpu = vcpu;
	hv_on_empty_stack(wait);
}

void hv_vm_stop(struct vm *vm, enum hv_vm_exit why)
{
	uint32_t running = HV_VM_RUNNING;

	if (!atomic_compare_exchange_strong(&vm->exit, &running, why))
		return;
	if (why == HV_VM_POWERED_OFF)
		hv_monitor_report(vm);
	if (why != HV_VM_RESET) {
		hv_vm_report(vm);
		hv_exit(why == HV_VM_POWERED_OFF ? 0 : 1);
	}
	for (uint32_t i = 0; i < vm->vcpus; i++)
		hv_vcpu_kick(&vm->vcpu[i]);
}
