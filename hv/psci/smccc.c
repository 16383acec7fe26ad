/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"
#include "gic/hw.h"
#include "psci.h"
#include "vendor.h"

#include <mezzo/status.h>

static int find(void *ctx, uint64_t affinity)
{
	struct vcpu *vcpu = hv_vm_vcpu(ctx, affinity);

	return vcpu ? (int)vcpu->id : -1;
}

static enum psci_state state(void *ctx, int id)
{
	struct vm *vm = ctx;

	switch (atomic_load(&vm->vcpu[id].state)) {
	case HV_VCPU_ON:
		return PSCI_STATE_ON;
	case HV_VCPU_STARTING:
		return PSCI_STATE_ON_PENDING;
	default:
		return PSCI_STATE_OFF;
	}
}

static enum psci_error start(void *ctx, int id, uint64_t entry, uint64_t context)
{
	struct vm *vm = ctx;
	const struct hv_vcpu_start at = {.pc = entry, .x0 = context};

	switch (hv_vcpu_start(&vm->vcpu[id], &at)) {
	case MEZZO_OK:
		return PSCI_SUCCESS;
	case MEZZO_ERR_EXISTS:
		return PSCI_ALREADY_ON;
	case MEZZO_ERR_AGAIN:
		return PSCI_ON_PENDING;
	default:
		return PSCI_INTERNAL_FAILURE;
	}
}

static bool entry_valid(void *ctx, uint64_t ipa)
{
	struct vm *vm = ctx;

	return ipa - vm->ram_ipa < vm->ram_bytes;
}

static const struct psci_ops ops = {
	.find = find,
	.state = state,
	.start = start,
	.entry_valid = entry_valid,
};

void hv_smccc(struct vcpu *vcpu)
{
	struct psci_answer answer;

	if (hv_vendor_call(vcpu))
		return;
	answer = psci_call(&ops, vcpu->vm, vcpu->regs.x);
	switch (answer.next) {
	case PSCI_NEXT_SUSPEND:
		if (!hv_vgic_pending(vcpu))
			hv_gic_wait();
		break;
	case PSCI_NEXT_OFF:
		hv_vcpu_off(vcpu);
		return;
	case PSCI_NEXT_SYSTEM_OFF:
		hv_vm_stop(vcpu->vm, HV_VM_POWERED_OFF);
		return;
	case PSCI_NEXT_SYSTEM_RESET:
		hv_vm_stop(vcpu->vm, HV_VM_RESET);
		return;
	case PSCI_NEXT_RETURN:
		break;
	}
	vcpu->regs.x[0] = (uint64_t)answer.value;
}
