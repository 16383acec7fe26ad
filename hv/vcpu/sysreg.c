/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers that trap. What is not here is undefined for the guest: PMU (MDCR_EL2.TPM),
 * SVE, SME, AMU and trace (CPTR_EL2), RAS error records (TERR), LORegions (TLOR), MTE where it was
 * not given (TID5, ATA = 0), and implementation-defined registers (TIDCP).
 */
#include "arch/sysreg.h"
#include "arch/machine.h"
#include "el1.h"

#define SCTLR_M HV_BIT(0)
#define SCTLR_C HV_BIT(2)

#define DC_ISW HV_SYSREG(1, 0, 7, 6, 2)
#define DC_IGSW HV_SYSREG(1, 0, 7, 6, 4)
#define DC_IGDSW HV_SYSREG(1, 0, 7, 6, 6)
#define DC_CSW HV_SYSREG(1, 0, 7, 10, 2)
#define DC_CGSW HV_SYSREG(1, 0, 7, 10, 4)
#define DC_CGDSW HV_SYSREG(1, 0, 7, 10, 6)
#define DC_CISW HV_SYSREG(1, 0, 7, 14, 2)
#define DC_CIGSW HV_SYSREG(1, 0, 7, 14, 4)
#define DC_CIGDSW HV_SYSREG(1, 0, 7, 14, 6)

#define SYS_SCTLR_EL1 HV_SYSREG(3, 0, 1, 0, 0)
#define SYS_ACTLR_EL1 HV_SYSREG(3, 0, 1, 0, 1)
#define SYS_TTBR0_EL1 HV_SYSREG(3, 0, 2, 0, 0)
#define SYS_TTBR1_EL1 HV_SYSREG(3, 0, 2, 0, 1)
#define SYS_TCR_EL1 HV_SYSREG(3, 0, 2, 0, 2)
#define SYS_AFSR0_EL1 HV_SYSREG(3, 0, 5, 1, 0)
#define SYS_AFSR1_EL1 HV_SYSREG(3, 0, 5, 1, 1)
#define SYS_ESR_EL1 HV_SYSREG(3, 0, 5, 2, 0)
#define SYS_FAR_EL1 HV_SYSREG(3, 0, 6, 0, 0)
#define SYS_MAIR_EL1 HV_SYSREG(3, 0, 10, 2, 0)
#define SYS_AMAIR_EL1 HV_SYSREG(3, 0, 10, 3, 0)
#define SYS_CONTEXTIDR_EL1 HV_SYSREG(3, 0, 13, 0, 1)

#define SYS_OSLAR_EL1 HV_SYSREG(2, 0, 1, 0, 4)
#define SYS_OSLSR_EL1 HV_SYSREG(2, 0, 1, 1, 4)
#define SYS_OSDLR_EL1 HV_SYSREG(2, 0, 1, 3, 4)
#define SYS_DBGPRCR_EL1 HV_SYSREG(2, 0, 1, 4, 4)

static void hcr_change(uint64_t set, uint64_t clear)
{
	hv_sysreg_write(hcr_el2, (hv_sysreg_read(hcr_el2) & ~clear) | set);
}

/* S3_0_C0_C1_0 to S3_0_C0_C7_7 */
static bool is_id(uint32_t reg)
{
	return reg >= HV_SYSREG(3, 0, 0, 1, 0) && reg <= HV_SYSREG(3, 0, 0, 7, 7);
}

/*
 * The guest cleans or invalidates whole caches. It may mean lines that another CPU holds by now,
 * so its memory is taken back, which cleans and invalidates all of it by address; and it is about
 * to change how it uses caches, which is watched from now on (toggle()). A guest walks all sets and
 * ways: the first operation does it for all that follow.
 */
static void set_way(struct vcpu *vcpu)
{
	if (hv_sysreg_read(hcr_el2) & HCR_TVM)
		return;
	hv_vm_flush(vcpu);
	hcr_change(HCR_TVM, 0);
}

static bool caches_on(uint64_t sctlr)
{
	return (sctlr & (SCTLR_M | SCTLR_C)) == (SCTLR_M | SCTLR_C);
}

/*
 * MMU or caches go on or off: what was written the one way must be seen the other way. Once they
 * are on there is nothing to watch until the next operation by set and way.
 */
static void toggle(struct vcpu *vcpu, bool was_on, bool is_on)
{
	if (was_on != is_on)
		hv_vm_flush(vcpu);
	if (is_on)
		hcr_change(0, HCR_TVM);
}

static bool write_translation(struct vcpu *vcpu, uint32_t reg, uint64_t value)
{
	bool was_on = caches_on(hv_sysreg_read(sctlr_el1));

	switch (reg) {
	case SYS_SCTLR_EL1:
		hv_sysreg_write(sctlr_el1, value);
		break;
	case SYS_TTBR0_EL1:
		hv_sysreg_write(ttbr0_el1, value);
		break;
	case SYS_TTBR1_EL1:
		hv_sysreg_write(ttbr1_el1, value);
		break;
	case SYS_TCR_EL1:
		hv_sysreg_write(tcr_el1, value);
		break;
	case SYS_AFSR0_EL1:
		hv_sysreg_write(afsr0_el1, value);
		break;
	case SYS_AFSR1_EL1:
		hv_sysreg_write(afsr1_el1, value);
		break;
	case SYS_ESR_EL1:
		hv_sysreg_write(esr_el1, value);
		break;
	case SYS_FAR_EL1:
		hv_sysreg_write(far_el1, value);
		break;
	case SYS_MAIR_EL1:
		hv_sysreg_write(mair_el1, value);
		break;
	case SYS_AMAIR_EL1:
		hv_sysreg_write(amair_el1, value);
		break;
	case SYS_CONTEXTIDR_EL1:
		hv_sysreg_write(contextidr_el1, value);
		break;
	default:
		return false;
	}
	toggle(vcpu, was_on, caches_on(hv_sysreg_read(sctlr_el1)));
	return true;
}

bool hv_sysreg_trap(struct vcpu *vcpu, struct hv_sysreg_access *access)
{
	uint32_t reg = access->reg;

	if (is_id(reg) && !access->write) {
		access->value = hv_id_guest(hv_machine_id(), &vcpu->vm->id, reg >> 3 & 15, reg & 7);
		return true;
	}
	switch (reg) {
	case DC_ISW:
	case DC_IGSW:
	case DC_IGDSW:
	case DC_CSW:
	case DC_CGSW:
	case DC_CGDSW:
	case DC_CISW:
	case DC_CIGSW:
	case DC_CIGDSW:
		set_way(vcpu);
		return true;
	case SYS_ACTLR_EL1:
	case SYS_OSDLR_EL1:   /* there is no double lock */
	case SYS_DBGPRCR_EL1: /* nor anything that a debugger could power */
		access->value = 0;
		return true;
	case SYS_OSLAR_EL1:
		hv_sysreg_write(oslar_el1, access->value);
		return access->write;
	case SYS_OSLSR_EL1:
		access->value = hv_sysreg_read(oslsr_el1);
		return !access->write;
	}
	return access->write && write_translation(vcpu, reg, access->value);
}
