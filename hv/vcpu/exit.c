/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest stopped. Entered from arch/vectors.S with its registers saved (all, but for
 * hv_vcpu_fault); returning runs it on.
 */
#include "arch/machine.h"
#include "arch/sysreg.h"
#include "decode_exit.h"
#include "devices.h"
#include "el1.h"
#include "inject.h"
#include "lib/print.h"
#include "run.h"

/* Off the path of a fault that is granted. */
#define RARE __attribute__((noinline, cold))

/* Called by arch/vectors.S. */
bool hv_vcpu_fault(struct vcpu *vcpu);
void hv_vcpu_sync(struct vcpu *vcpu);
void hv_vcpu_irq(struct vcpu *vcpu);
void hv_vcpu_serror(struct vcpu *vcpu);

void hv_vcpu_begin(struct vcpu *vcpu)
{
	vcpu->since = hv_sysreg_read(cntpct_el0);
}

static void note_time(struct vcpu *vcpu)
{
	uint64_t spent = hv_sysreg_read(cntpct_el0) - vcpu->since;

	if (spent > vcpu->longest_ticks)
		vcpu->longest_ticks = spent;
}

static void end(struct vcpu *vcpu)
{
	vcpu->exits++;
	note_time(vcpu);
}

void hv_vcpu_breathe(struct vcpu *vcpu)
{
	note_time(vcpu);
	hv_vcpu_begin(vcpu);
	if (hv_sysreg_read(isr_el1))
		hv_gic_interrupt(vcpu);
}

static void step(void)
{
	hv_sysreg_write(elr_el2, hv_sysreg_read(elr_el2) + 4);
	hv_sysreg_write(spsr_el2, hv_sysreg_read(spsr_el2) & ~PSTATE_SS);
}

static uint64_t get_reg(const struct vcpu *vcpu, unsigned int reg)
{
	return reg < 31 ? vcpu->regs.x[reg] : 0;
}

static void set_reg(struct vcpu *vcpu, unsigned int reg, uint64_t value)
{
	if (reg < 31)
		vcpu->regs.x[reg] = value;
}

/* --- exceptions for the guest ------------------------------------------------------------- */

static void inject(struct vcpu *vcpu, const struct hv_guest_fault *fault)
{
	const struct hv_id *id = hv_machine_id();
	struct hv_pstate_features features = {
		.pan = hv_id_field(id, HV_MMFR1, 20) > 0,
		.dit = hv_id_field(id, HV_PFR0, 48) > 0,
		.ssbs = hv_id_field(id, HV_PFR1, 4) > 0,
		.tags = hv_id_field(id, HV_PFR1, 8) >= 2 && vcpu->vm->id.mte,
	};
	struct hv_guest_state state = {
		.pc = hv_sysreg_read(elr_el2),
		.pstate = hv_sysreg_read(spsr_el2),
		.vbar = hv_sysreg_read(vbar_el1),
		.sctlr = hv_sysreg_read(sctlr_el1),
	};

	hv_inject(&state, fault, &features);
	hv_sysreg_write(elr_el1, state.elr);
	hv_sysreg_write(spsr_el1, state.spsr);
	hv_sysreg_write(esr_el1, state.esr);
	if (state.far_set)
		hv_sysreg_write(far_el1, state.far);
	hv_sysreg_write(elr_el2, state.pc);
	hv_sysreg_write(spsr_el2, state.pstate);
}

static void inject_undefined(struct vcpu *vcpu)
{
	inject(vcpu, &(struct hv_guest_fault){.kind = HV_FAULT_UNDEFINED});
}

static void inject_abort(struct vcpu *vcpu, const struct hv_exit *exit, uint8_t fsc)
{
	struct hv_abort abort = hv_exit_abort(exit);
	struct hv_guest_fault fault = {
		.kind = abort.fetch ? HV_FAULT_FETCH : HV_FAULT_DATA,
		.fsc = fsc,
		.write = abort.write,
		.cache_op = abort.cache_op,
		.far_valid = abort.far_valid,
		.far = hv_sysreg_read(far_el2),
	};

	inject(vcpu, &fault);
}

/* --- memory ------------------------------------------------------------------------------- */

/* What the access gets on a machine: the status code goes with what was decided. */
static uint8_t abort_code(const struct hv_exit *exit)
{
	switch (exit->access) {
	case MEZZO_ACCESS_WALK:
	case MEZZO_ACCESS_WALK_WRITE:
		/* The level of the guest's walk is not in the syndrome: the last one is named. */
		return FSC_EXTERNAL_WALK + 3;
	case MEZZO_ACCESS_EXCLUSIVE:
		return FSC_UNSUPPORTED_EXCLUSIVE;
	case MEZZO_ACCESS_UNALIGNED:
		return FSC_ALIGNMENT;
	default:
		return FSC_EXTERNAL;
	}
}

/* The guest's stage 1 says where the access went. False: not any more; let it try again. */
static bool translate(uint64_t va, uint64_t *ipa)
{
	uint64_t guests = hv_sysreg_read(par_el1);
	uint64_t par;

	__asm__ volatile("at s1e1r, %0" ::"r"(va));
	hv_isb();
	par = hv_sysreg_read(par_el1);
	hv_sysreg_write(par_el1, guests);
	*ipa = (par & UINT64_C(0xfffffffff000)) | (va & 0xfff);
	return !(par & 1);
}

static enum hv_mmio_result device(struct vcpu *vcpu, const struct hv_exit *exit, uint64_t ipa)
{
	struct hv_transfer transfer;
	struct hv_mmio mmio = {.ipa = ipa, .vcpu = vcpu->id};
	enum hv_mmio_result result;

	if (!hv_exit_transfer(exit, &transfer))
		return HV_MMIO_FAULT;
	mmio.bytes = transfer.bytes;
	mmio.write = transfer.write;
	if (mmio.write)
		mmio.value =
			hv_transfer_extend(&(struct hv_transfer){.bytes = mmio.bytes, .wide = true},
					   get_reg(vcpu, transfer.reg));
	result = hv_mmio_access(&vcpu->vm->bus, &mmio);
	if (result == HV_MMIO_DONE && !mmio.write)
		set_reg(vcpu, transfer.reg, hv_transfer_extend(&transfer, mmio.value));
	return result;
}

static void emulate(struct vcpu *vcpu, const struct hv_exit *exit, uint64_t ipa)
{
	switch (device(vcpu, exit, ipa)) {
	case HV_MMIO_DONE:
		step();
		break;
	case HV_MMIO_FAULT:
		inject_abort(vcpu, exit, FSC_EXTERNAL);
		break;
	case HV_MMIO_RETRY:
		break;
	}
	hv_vcpu_settle(vcpu);
}

/*
 * The syndrome stands until EL2 itself takes an exception: it can be decoded again. Returns the
 * guest's virtual address.
 */
static inline __attribute__((always_inline)) uint64_t stopped(struct hv_exit *exit)
{
	const struct hv_syndrome syndrome = {
		.esr = hv_sysreg_read(esr_el2),
		.far = hv_sysreg_read(far_el2),
		.hpfar = hv_sysreg_read(hpfar_el2),
	};

	hv_exit_decode(&syndrome, exit);
	return syndrome.far;
}

static RARE void no_tables(struct vcpu *vcpu, uint64_t ipa)
{
	hv_print("mezzo: no memory for tables at guest address %lx\n", ipa);
	hv_vm_stop(vcpu->vm, HV_VM_FAILED);
}

/*
 * Most exits: memory was touched that has no entry, and now it has. Returns true, or false when
 * there is more to do: in hv_vcpu_sync(), once all registers of the guest are saved.
 */
bool hv_vcpu_fault(struct vcpu *vcpu)
{
	struct mezzo_fault_result result;
	struct mezzo_fault_info info;
	struct hv_exit exit;
	uint64_t far;

	hv_vcpu_begin(vcpu);
	far = stopped(&exit);
	if (exit.kind != HV_EXIT_MEMORY)
		return false;
	info = (struct mezzo_fault_info){
		.ipa.addr = exit.ipa,
		.access = exit.access,
		.kind = exit.means & HV_FSC_PRESENT ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING,
	};
	if (!(exit.means & HV_FSC_HPFAR) && !translate(far, &info.ipa.addr))
		return true;
	if (mezzo_space_fault(&vcpu->vm->space, vcpu->id, &info, &result)) {
		no_tables(vcpu, info.ipa.addr);
		return true;
	}
	if (result.outcome != MEZZO_GRANT) {
		vcpu->fault.ipa = info.ipa.addr;
		vcpu->fault.outcome = result.outcome;
		return false;
	}
	end(vcpu);
	return true;
}

/* The engine has not made an entry. */
static void not_granted(struct vcpu *vcpu, const struct hv_exit *exit)
{
	switch ((enum mezzo_outcome)vcpu->fault.outcome) {
	case MEZZO_EXIT:
		emulate(vcpu, exit, vcpu->fault.ipa);
		break;
	case MEZZO_SKIP:
		step();
		break;
	default:
		inject_abort(vcpu, exit, abort_code(exit));
	}
}

/* --- the rest ----------------------------------------------------------------------------- */

/* The ICC_ registers lie in CRn 4 and 12; of the timers' none traps. */
static bool trapped_sysreg(struct vcpu *vcpu, struct hv_sysreg_access *access)
{
	return hv_sysreg_trap(vcpu, access) || hv_vgic_sysreg(vcpu, access);
}

static void sysreg(struct vcpu *vcpu, const struct hv_exit *exit)
{
	struct hv_sysreg_access access;
	unsigned int rt = hv_exit_sysreg(exit, &access);

	if (access.write)
		access.value = get_reg(vcpu, rt);
	if (trapped_sysreg(vcpu, &access)) {
		if (!access.write)
			set_reg(vcpu, rt, access.value);
		step();
	} else {
		inject_undefined(vcpu);
	}
	hv_vcpu_settle(vcpu);
}

/* A TLB that holds two entries for one address may hold more: all of this VMID's go. */
static void tlb_conflict(void)
{
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_isb();
}

void hv_vcpu_sync(struct vcpu *vcpu)
{
	struct hv_exit exit;

	stopped(&exit);
	switch ((enum hv_exit_kind)exit.kind) {
	case HV_EXIT_MEMORY:
		not_granted(vcpu, &exit);
		break;
	case HV_EXIT_ABORT:
		inject_abort(vcpu, &exit, exit.fsc);
		break;
	case HV_EXIT_TLB_CONFLICT:
		tlb_conflict();
		break;
	case HV_EXIT_SMC: /* stopped at the instruction; HVC stops behind it */
		step();
		hv_smccc(vcpu);
		hv_vcpu_settle(vcpu);
		break;
	case HV_EXIT_HVC:
		hv_smccc(vcpu);
		hv_vcpu_settle(vcpu);
		break;
	case HV_EXIT_SYSREG:
		sysreg(vcpu, &exit);
		break;
	case HV_EXIT_UNDEFINED:
		inject_undefined(vcpu);
		break;
	}
	end(vcpu);
}

void hv_vcpu_irq(struct vcpu *vcpu)
{
	hv_vcpu_begin(vcpu);
	hv_gic_interrupt(vcpu);
	hv_vcpu_settle(vcpu);
	end(vcpu);
}

/* An SError that arrives while the guest runs is the guest's: it gets it as a virtual one, which
 * the CPU delivers when the guest unmasks it and then clears VSE. */
void hv_vcpu_serror(struct vcpu *vcpu)
{
	hv_sysreg_write(hcr_el2, hv_sysreg_read(hcr_el2) | HCR_VSE);
	vcpu->exits++;
}
