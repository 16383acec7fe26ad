/* SPDX-License-Identifier: BSD-2-Clause */
#include "id.h"

#include "sysreg.h"

void hv_id_read(struct hv_id *id)
{
	id->reg[HV_PFR0] = hv_sysreg_read(id_aa64pfr0_el1);
	id->reg[HV_PFR1] = hv_sysreg_read(id_aa64pfr1_el1);
	id->reg[HV_DFR0] = hv_sysreg_read(id_aa64dfr0_el1);
	id->reg[HV_ISAR0] = hv_sysreg_read(id_aa64isar0_el1);
	id->reg[HV_ISAR1] = hv_sysreg_read(id_aa64isar1_el1);
	id->reg[HV_ISAR2] = hv_sysreg_read(s3_0_c0_c6_2);
	id->reg[HV_MMFR0] = hv_sysreg_read(id_aa64mmfr0_el1);
	id->reg[HV_MMFR1] = hv_sysreg_read(id_aa64mmfr1_el1);
	id->reg[HV_MMFR2] = hv_sysreg_read(s3_0_c0_c7_2);
	id->ctr = hv_sysreg_read(ctr_el0);
	id->dczid = hv_sysreg_read(dczid_el0);
}
