/* SPDX-License-Identifier: BSD-2-Clause */
#include "el1.h"

#include "arch/machine.h"
#include "arch/sysreg.h"

/* SCTLR_EL1 with everything off: the RES1 bits of Armv8.0 (29, 28, 23, 22, 20, 11). */
#define SCTLR_RESET 0x30d00800

/* CPTR_EL2 with E2H = 0: RES1 bits; TZ and TSM are RES1 without SVE and SME, and wanted with. */
#define CPTR_RES1 0x33ff
#define CPTR_TTA HV_BIT(20)
#define CPTR_TAM HV_BIT(30)

#define MDCR_TPMCR HV_BIT(5)
#define MDCR_TPM HV_BIT(6)
#define MDCR_TDOSA HV_BIT(10)
#define MDCR_TPMS HV_BIT(14)
#define MDCR_TTRF HV_BIT(19)

static bool has(enum hv_idreg reg, unsigned int shift)
{
	int field = hv_id_field(hv_machine_id(), reg, shift);

	return field > 0 && field < 15;
}

/*
 * TSW and TVM: the guest's RAM is as it asks, never forced write-back, so operations by set and
 * way are honoured by taking all its memory back, and so are changes of its caches' enables.
 * PTW: no walk of the guest's tables into Device memory.
 */
static uint64_t hcr(const struct vm *vm)
{
	uint64_t hcr = HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_TID3 |
		       HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_TVM | HCR_RW;

	if (vm->space.table.fwb)
		hcr |= HCR_FWB;
	if (has(HV_PFR0, 28))
		hcr |= HCR_TERR | HCR_TEA;
	if (has(HV_MMFR1, 16))
		hcr |= HCR_TLOR;
	if (has(HV_ISAR1, 4) || has(HV_ISAR1, 8) || has(HV_ISAR2, 12))
		hcr |= HCR_API | HCR_APK;
	if (has(HV_PFR1, 8))
		hcr |= vm->id.mte ? HCR_ATA : HCR_TID5;
	return hcr;
}

static uint64_t cptr(void)
{
	uint64_t cptr = CPTR_RES1;

	if (has(HV_DFR0, 4))
		cptr |= CPTR_TTA;
	if (has(HV_PFR0, 44))
		cptr |= CPTR_TAM;
	return cptr;
}

/* HPMN must not be more than PMCR.N: all counters, none of which the guest can reach. */
static uint64_t mdcr(void)
{
	uint64_t mdcr = MDCR_TDOSA;

	if (has(HV_DFR0, 8))
		mdcr |= MDCR_TPM | MDCR_TPMCR | hv_field(hv_sysreg_read(pmcr_el0), 11, 5);
	if (has(HV_DFR0, 32))
		mdcr |= MDCR_TPMS;
	if (has(HV_DFR0, 40))
		mdcr |= MDCR_TTRF;
	return mdcr;
}

void hv_el2_setup(struct vcpu *vcpu)
{
	const struct mezzo_table *table = &vcpu->vm->space.table;

	hv_sysreg_write(vtcr_el2, mezzo_stage2_vtcr(table));
	hv_sysreg_write(vttbr_el2, mezzo_stage2_vttbr(table));
	hv_sysreg_write(hcr_el2, hcr(vcpu->vm));
	hv_sysreg_write(cptr_el2, cptr());
	hv_sysreg_write(mdcr_el2, mdcr());
	hv_sysreg_write(hstr_el2, 0);
	hv_sysreg_write(vpidr_el2, hv_sysreg_read(midr_el1));
	hv_sysreg_write(vmpidr_el2, vcpu->mpidr | HV_BIT(31));
	if (has(HV_MMFR1, 40)) /* HCRX_EL2 */
		hv_sysreg_write(s3_4_c1_c2_2, 0);
	if (has(HV_MMFR0, 56)) { /* HFGRTR, HFGWTR, HFGITR, HDFGRTR, HDFGWTR */
		hv_sysreg_write(s3_4_c1_c1_4, 0);
		hv_sysreg_write(s3_4_c1_c1_5, 0);
		hv_sysreg_write(s3_4_c1_c1_6, 0);
		hv_sysreg_write(s3_4_c3_c1_4, 0);
		hv_sysreg_write(s3_4_c3_c1_5, 0);
	}
	hv_isb();
	/* Whatever ran with this VMID before; one CPU's TLB, as the others do the same. */
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_isb();
}

static void reset_tags(void)
{
	hv_sysreg_write(s3_0_c1_c0_5, 0); /* RGSR_EL1 */
	hv_sysreg_write(s3_0_c1_c0_6, 0); /* GCR_EL1 */
	hv_sysreg_write(s3_0_c5_c6_0, 0); /* TFSR_EL1 */
	hv_sysreg_write(s3_0_c5_c6_1, 0); /* TFSRE0_EL1 */
}

/* ACTLR_EL1 is the machine's: the guest's accesses to it trap. */
void hv_el1_reset(void)
{
	hv_sysreg_write(sctlr_el1, SCTLR_RESET);
	hv_sysreg_write(cpacr_el1, 0);
	hv_sysreg_write(ttbr0_el1, 0);
	hv_sysreg_write(ttbr1_el1, 0);
	hv_sysreg_write(tcr_el1, 0);
	hv_sysreg_write(mair_el1, 0);
	hv_sysreg_write(amair_el1, 0);
	hv_sysreg_write(vbar_el1, 0);
	hv_sysreg_write(esr_el1, 0);
	hv_sysreg_write(far_el1, 0);
	hv_sysreg_write(afsr0_el1, 0);
	hv_sysreg_write(afsr1_el1, 0);
	hv_sysreg_write(elr_el1, 0);
	hv_sysreg_write(spsr_el1, 0);
	hv_sysreg_write(sp_el0, 0);
	hv_sysreg_write(sp_el1, 0);
	hv_sysreg_write(tpidr_el0, 0);
	hv_sysreg_write(tpidrro_el0, 0);
	hv_sysreg_write(tpidr_el1, 0);
	hv_sysreg_write(contextidr_el1, 0);
	hv_sysreg_write(par_el1, 0);
	hv_sysreg_write(csselr_el1, 0);
	hv_sysreg_write(mdscr_el1, 0);
	if (hv_id_field(hv_machine_id(), HV_PFR1, 8) >= 2)
		reset_tags();
	hv_isb();
}
