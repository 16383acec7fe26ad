/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_IDREGS_H
#define HV_VCPU_IDREGS_H
/*
 * What the CPUs can do, and what a guest is told of it. The ID registers are trapped (HCR_EL2.TID3)
 * and every feature is decided, one by one, in the table of idregs.c: a guest sees what is saved,
 * restored or enabled for it, and of that only what every CPU has.
 *
 * Pure: the registers are read by arch/id.c.
 */
#include <mezzo/arch.h>

/* The AArch64 ID registers that say something we use or pass on; all others read as zero. */
enum hv_idreg {
	HV_PFR0,
	HV_PFR1,
	HV_DFR0,
	HV_ISAR0,
	HV_ISAR1,
	HV_ISAR2,
	HV_MMFR0,
	HV_MMFR1,
	HV_MMFR2,
	HV_IDREGS
};

/* One CPU's registers, or the safe minimum over several. */
struct hv_id {
	uint64_t reg[HV_IDREGS];
	uint64_t ctr;   /* CTR_EL0 */
	uint64_t dczid; /* DCZID_EL0 */
};

/* What a guest is given, as far as its ID registers depend on it. */
struct hv_id_guest {
	bool mte;
	uint8_t pa_bits; /* of its address space: 32, 36, 40, 42, 44 or 48 */
};

/**
 * hv_id_merge() - the safe minimum of @sum and @cpu, into @sum
 *
 * Field by field: the smaller value, signed where the field is; fields that are not in the table
 * become zero. CTR_EL0: the smaller of each line size, IDC and DIC only where both have them.
 * DCZID_EL0: DC ZVA only where both permit it with one block size.
 */
void hv_id_merge(struct hv_id *sum, const struct hv_id *cpu);

/* Would merging @cpu change @sum? Such a CPU may not join once guests were told @sum. */
bool hv_id_lowers(const struct hv_id *sum, const struct hv_id *cpu);

/* A field of a register as a number; a signed field that says "not there" is negative. */
int hv_id_field(const struct hv_id *id, enum hv_idreg reg, unsigned int shift);

/* The facts that the policy looks at. */
struct mezzo_machine hv_id_machine(const struct hv_id *id);

/* What stage 2 may use: BBM, HAFDBS and XNX. */
struct mezzo_table_features hv_id_tables(const struct hv_id *id);

/* Bits of a physical address (ID_AA64MMFR0_EL1.PARange), at most 48. */
unsigned int hv_id_pa_bits(const struct hv_id *id);

/**
 * hv_id_guest() - what the guest reads from an ID register
 * @crm, @op2: of S3_0_C0_C<crm>_<op2>, crm 1 to 7
 *
 * Zero for every register that is not in enum hv_idreg: the AArch32 registers too, as the guest is
 * not offered AArch32.
 */
uint64_t hv_id_guest(const struct hv_id *id, const struct hv_id_guest *guest, unsigned int crm,
		     unsigned int op2);

#endif
