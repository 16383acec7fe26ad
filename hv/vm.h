/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VM_H
#define HV_VM_H
/*
 * A virtual machine: the engine's space, the objects and slots in it, the devices that are
 * emulated, and its vCPUs. A vCPU is pinned to one physical CPU, which runs nothing else.
 *
 * Every piece of memory here is allocated once, when the VM is made (heap.h), and stays.
 */
#include "cpu.h"
#include "mmio.h"
#include "vcpu/decode.h"
#include "vcpu/idregs.h"

#include <mezzo/mezzo.h>

struct vm;
struct vcpu;

/* The guest's general registers, as the exit path saves them. pc and pstate stay in ELR_EL2 and
 * SPSR_EL2: nothing else uses those while a vCPU is being served. */
struct hv_regs {
	uint64_t x[31];
};

enum hv_vcpu_state {
	HV_VCPU_OFF,
	HV_VCPU_STARTING, /* somebody starts it; its CPU has not taken it yet */
	HV_VCPU_ON,
};

/* Where a vCPU begins: EL1h, MMU off, interrupts masked. */
struct hv_vcpu_start {
	uint64_t pc;
	uint64_t x0;
};

struct vcpu {
	struct hv_regs regs; /* first: the exit path knows the offset */
	struct vm *vm;
	uint32_t id; /* in the VM, from 0; also the vCPU number of the space */
	struct hv_cpu *cpu;
	uint64_t mpidr; /* the guest's affinity, as MPIDR_EL1 reads without its RES1 and U bits */

	_Atomic uint32_t state; /* enum hv_vcpu_state */
	struct hv_vcpu_start start;
	_Atomic bool ready;  /* STARTING, and `start` is filled */
	_Atomic bool kicked; /* look at the VM's state before the guest goes on */

	/* Of a memory fault that the engine did not grant; for the rest of its exit. */
	struct {
		uint64_t ipa;
		uint8_t outcome; /* enum mezzo_outcome */
	} fault;

	uint64_t exits;         /* for the monitor */
	uint64_t since;         /* CNTPCT when EL2 began to work for it */
	uint64_t longest_ticks; /* longest unbroken time at EL2, in CNTPCT ticks */
};

enum hv_vm_exit {
	HV_VM_RUNNING,
	HV_VM_POWERED_OFF,
	HV_VM_RESET,
	HV_VM_FAILED, /* the hypervisor cannot go on with it */
};

#define HV_SLOTS_MAX 16
#define HV_RECORDS_MAX 256

struct vm {
	struct mezzo_space space;
	struct mezzo_pool ram; /* the guest's own memory, EXCLUSIVE */
	struct hv_id_guest id;
	uint64_t ram_ipa;
	uint64_t ram_bytes;
	bool unmap_call, log_writes;

	struct hv_mmio_bus bus;
	struct vcpu *vcpu;
	uint32_t vcpus;
	_Atomic uint32_t exit; /* enum hv_vm_exit */

	struct hv_vgic *gic;        /* hv/gic */
	struct hv_console *console; /* hv/console */
	struct hv_pci *pci;         /* hv/pci */

	struct mezzo_slot slots[HV_SLOTS_MAX];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(HV_SLOTS_MAX)];
	struct mezzo_vcpu engine[HV_CPUS_MAX];
	struct mezzo_record_cell records[HV_RECORDS_MAX];
};

/* What a guest is given. */
struct hv_vm_config {
	uint32_t vcpus;
	uint64_t ram_ipa, ram_bytes; /* multiples of 2 MiB */
	bool mte;
	uint8_t ram_order; /* largest leaf of RAM: MEZZO_ORDER_4K, _2M or _1G */
	bool unmap_call;   /* offer that vendor call (psci/vendor.h) */
	bool log_writes;   /* log writes to RAM in a bitmap, and offer the call that reads it */
	uint16_t vmid;     /* from 1 */
};

/* The slot id of the guest's RAM; PCI takes ids from HV_SLOT_PCI. */
#define HV_SLOT_RAM 0
#define HV_SLOT_PCI 16

/**
 * hv_vm_create() - make a VM: its space, its RAM and its vCPUs, all off
 * @why: filled when the engine refuses the RAM slot
 *
 * Boot CPU, once per VM. INVALID, NOMEM (of heap or guest RAM), REFUSED.
 */
MEZZO_MUST_CHECK int hv_vm_create(struct vm **vm, const struct hv_vm_config *config,
				  struct mezzo_refusal *why);

/* Serve a vCPU on this CPU from now on. Once on each CPU of the VM. */
_Noreturn void hv_vm_run(struct vcpu *vcpu);

/* One line per vCPU on the console: exits, longest time at EL2. */
void hv_vm_report(const struct vm *vm);

/**
 * hv_vm_write() - put bytes into the guest's RAM, through a window
 * hv_vm_load() - the same from physical memory, which need not be mapped
 *
 * What is written is the guest's from then on: the rest of a page that it did not own yet is
 * zeroed, and no line of it is left in a cache. Before vCPU 0 starts; boot CPU. INVALID: not all
 * of [ipa, ipa + bytes) is RAM.
 */
MEZZO_MUST_CHECK int hv_vm_write(struct vm *vm, uint64_t ipa, const void *from, uint64_t bytes);
MEZZO_MUST_CHECK int hv_vm_load(struct vm *vm, uint64_t ipa, uint64_t pa, uint64_t bytes);

/* The vCPU of an affinity (Aff3..Aff0 as in MPIDR_EL1), or NULL. */
struct vcpu *hv_vm_vcpu(struct vm *vm, uint64_t mpidr);

/*
 * End the VM: every vCPU leaves its guest, caches are as after a reset, the machine exits with
 * status 0 for POWERED_OFF, 1 otherwise. RESET restarts the guest instead when it can. Any CPU;
 * returns, the caller's guest does not run on.
 */
void hv_vm_stop(struct vm *vm, enum hv_vm_exit why);

/*
 * CPU_ON: set an OFF vCPU going. OK; EXISTS: on already; AGAIN: being started.
 */
MEZZO_MUST_CHECK int hv_vcpu_start(struct vcpu *vcpu, const struct hv_vcpu_start *start);
/* CPU_OFF of the calling vCPU: it does not return to its guest until started again. */
void hv_vcpu_off(struct vcpu *vcpu);

/* Make another CPU's vCPU leave its guest and look around. Any CPU. */
void hv_vcpu_kick(struct vcpu *vcpu);

/* The vCPU of this CPU. */
static inline struct vcpu *hv_vcpu_current(void)
{
	return hv_cpu_current()->vcpu;
}

#endif
