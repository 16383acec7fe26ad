/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include "arch/machine.h"
#include "heap.h"
#include "lib/panic.h"
#include "lib/print.h"
#include "platform.h"
#include "vcpu/el1.h"
#include "vcpu/run.h"

#include <mezzo/dirty.h>

#define BLOCK (UINT64_C(2) << 20)
#define GIGABYTE (UINT64_C(1) << 30)

/* A PA size of the architecture that holds the machine's highest windows and the guest's. */
#define IPA_BITS 40

static int create_space(struct vm *vm, const struct hv_vm_config *config)
{
	const struct hv_id *id = hv_machine_id();
	struct mezzo_space_config space = {
		.size = sizeof(space),
		.arch = &mezzo_arch_arm64,
		.platform = &hv_platform,
		.machine = hv_id_machine(id),
		.features = hv_id_tables(id),
		.guest_mte = config->mte,
		.pa_bits = (uint8_t)hv_id_pa_bits(id),
		.vmid = config->vmid,
		.slots = vm->slots,
		.index = vm->index,
		.max_slots = HV_SLOTS_MAX,
		.vcpus = vm->engine,
		.max_vcpus = HV_CPUS_MAX,
		.records = vm->records,
		.max_records = HV_RECORDS_MAX,
	};

	/* The hardware would note writes and nobody lose a fault: what is asked for is to be seen. */
	if (config->log_writes)
		space.features.dirty = false;
	space.ipa_bits = space.pa_bits < IPA_BITS ? space.pa_bits : IPA_BITS;
	vm->id.mte = config->mte;
	vm->id.pa_bits = space.ipa_bits;
	return mezzo_space_init(&vm->space, &space);
}

/* As large an alignment as lets the guest's addresses and the machine's agree on blocks. */
static int take_frames(const struct hv_vm_config *config, uint64_t *pa)
{
	if (config->ram_bytes >= GIGABYTE && !hv_frames_alloc(config->ram_bytes, GIGABYTE, pa))
		return MEZZO_OK;
	return hv_frames_alloc(config->ram_bytes, BLOCK, pa);
}

/*
 * The guest's alone: no mapping but the windows reaches it. What lies in it is the boot loader's,
 * and may still be in caches.
 */
static int create_ram(struct vm *vm, const struct hv_vm_config *config, struct mezzo_refusal *why)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	uint64_t pages = config->ram_bytes >> MEZZO_PAGE_SHIFT;
	struct mezzo_slot_config slot = {
		.id = HV_SLOT_RAM,
		.ipa = {config->ram_ipa},
		.pages = pages,
		.object = &vm->ram.object,
	};
	void *state = hv_heap_alloc(mezzo_pool_state_bytes(pages));
	struct mezzo_pa pa;
	int error = take_frames(config, &pa.addr);

	if (config->log_writes) {
		slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
		slot.bitmap = hv_heap_alloc(MEZZO_DIRTY_WORDS(pages) * sizeof(uint64_t));
	}
	if (error || !state || (slot.flags && !slot.bitmap))
		return MEZZO_ERR_NOMEM;
	contract.max_order = config->ram_order;
	contract.tag_storage = vm->space.config.machine.arm64.mte;
	vm->ram_ipa = config->ram_ipa;
	vm->unmap_call = config->unmap_call;
	vm->log_writes = config->log_writes;
	vm->ram_bytes = config->ram_bytes;
	error = mezzo_pool_init(&vm->ram, &hv_platform, &contract, pa, pages, state);
	return error ? error : mezzo_slot_create(&vm->space, &slot, why);
}

/* vCPU n runs on CPU n, and has Aff0 = n. */
static int create_vcpus(struct vm *vm, uint32_t count)
{
	vm->vcpu = hv_heap_alloc(count * sizeof(struct vcpu));
	if (!vm->vcpu)
		return MEZZO_ERR_NOMEM;
	vm->vcpus = count;
	for (uint32_t i = 0; i < count; i++) {
		vm->vcpu[i].vm = vm;
		vm->vcpu[i].id = i;
		vm->vcpu[i].cpu = &hv_cpus[i];
		vm->vcpu[i].mpidr = i;
	}
	return MEZZO_OK;
}

int hv_vm_create(struct vm **out, const struct hv_vm_config *config, struct mezzo_refusal *why)
{
	struct vm *vm;
	int error;

	if (!config->vcpus || config->vcpus > HV_CPUS_MAX || !config->ram_bytes ||
	    (config->ram_bytes | config->ram_ipa) % BLOCK)
		return MEZZO_ERR_INVALID;
	vm = hv_heap_alloc(sizeof(*vm));
	if (!vm)
		return MEZZO_ERR_NOMEM;
	error = create_space(vm, config);
	error = error ? error : create_vcpus(vm, config->vcpus);
	error = error ? error : create_ram(vm, config, why);
	*out = vm;
	return error;
}

struct vcpu *hv_vm_vcpu(struct vm *vm, uint64_t mpidr)
{
	for (uint32_t i = 0; i < vm->vcpus; i++)
		if (vm->vcpu[i].mpidr == mpidr)
			return &vm->vcpu[i];
	return NULL;
}

/* One piece of bounded work: at most 2 MiB are cleaned. Returns where to go on. */
static uint64_t flush_piece(struct vcpu *vcpu, uint64_t at, uint64_t end)
{
	struct mezzo_space *space = &vcpu->vm->space;
	uint64_t next = end;
	int error;

	for (unsigned int holes = 0; at < end && holes < 512; holes++, at = next) {
		struct mezzo_mapping mapping;

		mezzo_space_query(space, vcpu->id, (struct mezzo_ipa){at}, &mapping);
		next = (at | (mezzo_order_bytes(mapping.leaf.order) - 1)) + 1;
		if (mapping.leaf.state == MEZZO_ENTRY_NONE)
			continue;
		next = (at | (BLOCK - 1)) + 1;
		error = mezzo_space_unmap(space, (struct mezzo_ipa){at},
					  (next - at) >> MEZZO_PAGE_SHIFT);
		if (error)
			hv_panic("flush: %s", mezzo_status_name((enum mezzo_status)error));
		return next;
	}
	return at;
}

void hv_vm_flush(struct vcpu *vcpu)
{
	uint64_t end = UINT64_C(1) << vcpu->vm->space.config.ipa_bits;

	for (uint64_t at = 0; at < end;) {
		at = flush_piece(vcpu, at, end);
		hv_vcpu_breathe(vcpu);
	}
}

void hv_vm_report(const struct vm *vm)
{
	for (uint32_t i = 0; i < vm->vcpus; i++)
		hv_print("mezzo: vcpu %u: %lu exits, longest time at EL2 %lu ticks\n", i,
			 vm->vcpu[i].exits, vm->vcpu[i].longest_ticks);
}
