/* SPDX-License-Identifier: BSD-2-Clause */
#include "idregs.h"

/* What becomes of a field. */
enum rule {
	HIDE,  /* the guest reads "not there" */
	PASS,  /* what all CPUs have; needs nothing from EL2, or EL2 does it */
	LIMIT, /* PASS, at most `value` */
	FIX,   /* `value`, whatever the CPUs have */
	MTE,   /* LIMIT for a guest that was given tags, else HIDE */
	RANGE, /* the guest's own physical address size */
};

struct field {
	uint8_t reg;
	uint8_t shift;
	uint8_t rule;
	uint8_t value;
	bool is_signed; /* 0xf is "not there" */
};

#define F(reg, shift, rule) {HV_##reg, shift, rule, 0, false}
#define FV(reg, shift, rule, value) {HV_##reg, shift, rule, value, false}
#define FS(reg, shift, rule, value) {HV_##reg, shift, rule, value, true}

/*
 * Every field of four bits. The comment says why. Source of fields: Arm ARM, the register's page;
 * a field that is not here is hidden, and EL2 leaves its enable bits (HCRX_EL2, CPTR_EL2, fine
 * grained traps) off.
 */
static const struct field fields[] = {
	FV(PFR0, 0, FIX, 1),    /* EL0: AArch64 only; 32-bit traps would need a decoder of theirs */
	FV(PFR0, 4, FIX, 1),    /* EL1: AArch64 only */
	F(PFR0, 8, HIDE),       /* EL2: none for the guest */
	F(PFR0, 12, HIDE),      /* EL3 */
	FS(PFR0, 16, PASS, 0),  /* FP: the registers are the guest's, EL2 uses none */
	FS(PFR0, 20, PASS, 0),  /* AdvSIMD */
	FV(PFR0, 24, LIMIT, 1), /* GIC: the GICv3 CPU interface, virtual */
	F(PFR0, 28, HIDE),      /* RAS: error records are trapped, SErrors are injected */
	F(PFR0, 32, HIDE),      /* SVE: CPTR_EL2.TZ traps it */
	F(PFR0, 36, HIDE),      /* SEL2 */
	F(PFR0, 40, HIDE),      /* MPAM: partitioning belongs to the host */
	F(PFR0, 44, HIDE),      /* AMU: CPTR_EL2.TAM traps it */
	F(PFR0, 48, PASS),      /* DIT: a bit of PSTATE */
	F(PFR0, 52, HIDE),      /* RME */
	FV(PFR0, 56, LIMIT, 1), /* CSV2: 2 would promise SCXTNUM_ELx, which EL2 does not enable */
	F(PFR0, 60, PASS),      /* CSV3: a property of the CPU */
	F(PFR1, 0, PASS),       /* BTI: page attributes and PSTATE of the guest */
	F(PFR1, 4, PASS),       /* SSBS: a bit of PSTATE */
	FV(PFR1, 8, MTE, 3),    /* MTE: HCR_EL2.ATA, and memory with tags, for a guest given them */
	F(PFR1, 24, HIDE),      /* SME: CPTR_EL2.TSM traps it */
	F(DFR0, 0, PASS),       /* DebugVer: the debug registers are the guest's alone */
	F(DFR0, 4, HIDE),       /* TraceVer: CPTR_EL2.TTA traps it */
	F(DFR0, 8, HIDE),       /* PMUVer: MDCR_EL2.TPM traps it; counters would see EL2 */
	F(DFR0, 12, PASS),      /* BRPs */
	F(DFR0, 20, PASS),      /* WRPs */
	F(DFR0, 28, PASS),      /* CTX_CMPs */
	F(DFR0, 32, HIDE),      /* PMSVer: profiling buffers are written behind stage 2's back */
	FV(DFR0, 36, FIX, 15),  /* DoubleLock: not there; MDCR_EL2.TDOSA traps OSDLR_EL1 */
	F(ISAR0, 4, PASS),      /* AES, and down to RNDR: instructions without state */
	F(ISAR0, 8, PASS),      /* SHA1 */
	F(ISAR0, 12, PASS),     /* SHA2 */
	F(ISAR0, 16, PASS),     /* CRC32 */
	F(ISAR0, 20, PASS),     /* Atomic */
	F(ISAR0, 24, HIDE),     /* TME: withdrawn from the architecture */
	F(ISAR0, 28, PASS),     /* RDM */
	F(ISAR0, 32, PASS),     /* SHA3 */
	F(ISAR0, 36, PASS),     /* SM3 */
	F(ISAR0, 40, PASS),     /* SM4 */
	F(ISAR0, 44, PASS),     /* DP */
	F(ISAR0, 48, PASS),     /* FHM */
	F(ISAR0, 52, PASS),     /* TS */
	F(ISAR0, 56, PASS),     /* TLB: the guest invalidates its own VMID's stage 1 only */
	F(ISAR0, 60, PASS),     /* RNDR */
	F(ISAR1, 0, PASS),      /* DPB */
	F(ISAR1, 4, PASS),  /* APA: pointer authentication, HCR_EL2.API and APK; the keys stay in
				* the CPU, which no other guest uses, and EL2 signs nothing */
	F(ISAR1, 8, PASS),  /* API: as APA */
	F(ISAR1, 12, PASS), /* JSCVT */
	F(ISAR1, 16, PASS), /* FCMA */
	F(ISAR1, 20, PASS), /* LRCPC */
	F(ISAR1, 24, PASS), /* GPA */
	F(ISAR1, 28, PASS), /* GPI */
	F(ISAR1, 32, PASS), /* FRINTTS */
	F(ISAR1, 36, PASS), /* SB */
	F(ISAR1, 40, PASS), /* SPECRES: restricts the guest's own context */
	F(ISAR1, 44, PASS), /* BF16 */
	F(ISAR1, 48, PASS), /* DGH */
	F(ISAR1, 52, PASS), /* I8MM */
	F(ISAR1, 56, HIDE), /* XS: HCRX_EL2 is left at zero */
	F(ISAR1, 60, HIDE), /* LS64: HCRX_EL2.EnALS; would be a 64-byte MMIO access to decode */
	F(ISAR2, 0, PASS),  /* WFxT: WFI and WFE do not trap */
	F(ISAR2, 4, PASS),  /* RPRES */
	F(ISAR2, 8, PASS),  /* GPA3 */
	F(ISAR2, 12, PASS), /* APA3: as APA */
	F(ISAR2, 16, HIDE), /* MOPS: HCRX_EL2.MSCEn, and exceptions of its own */
	F(ISAR2, 20, PASS), /* BC */
	F(ISAR2, 24, PASS), /* PAC_frac */
	F(ISAR2, 28, PASS), /* CLRBHB */
	F(ISAR2, 48, PASS), /* RPRFM: a hint */
	F(ISAR2, 52, PASS), /* CSSC */
	F(MMFR0, 0, RANGE), /* PARange: the guest's address space, not the machine's */
	F(MMFR0, 4, PASS),  /* ASIDBits */
	F(MMFR0, 8, PASS),  /* BigEnd */
	F(MMFR0, 12, HIDE), /* SNSMem: no Secure state here */
	F(MMFR0, 16, PASS), /* BigEndEL0 */
	FV(MMFR0, 20, LIMIT, 1), /* TGran16: 52-bit descriptors exceed a 48-bit address space */
	FS(MMFR0, 24, PASS, 0),  /* TGran64 */
	FS(MMFR0, 28, LIMIT, 0), /* TGran4: as TGran16 */
	F(MMFR0, 44, PASS),      /* ExS */
	F(MMFR0, 56, HIDE),      /* FGT: EL2's */
	F(MMFR0, 60, HIDE),      /* ECV: CNTHCTL_EL2 is not set up for it */
	FV(MMFR1, 0, LIMIT, 2),  /* HAFDBS: the guest's own tables */
	F(MMFR1, 4, HIDE),       /* VMIDBits: EL2's */
	F(MMFR1, 8, HIDE),       /* VH: EL2's */
	F(MMFR1, 12, PASS),      /* HPDS */
	F(MMFR1, 16, HIDE),      /* LO: HCR_EL2.TLOR traps it */
	F(MMFR1, 20, PASS),      /* PAN */
	F(MMFR1, 28, HIDE),      /* XNX: EL2's */
	F(MMFR1, 32, HIDE),      /* TWED: EL2's */
	F(MMFR1, 36, PASS),      /* ETS */
	F(MMFR1, 40, HIDE),      /* HCX: EL2's */
	F(MMFR1, 44, PASS),      /* AFP */
	F(MMFR1, 48, PASS),      /* nTLBPA */
	F(MMFR1, 56, HIDE),      /* CMOW: HCRX_EL2 is left at zero */
	F(MMFR1, 60, PASS),      /* ECBHB */
	F(MMFR2, 0, PASS),       /* CnP: one CPU per vCPU, so shared entries are the guest's own */
	F(MMFR2, 4, PASS),       /* UAO */
	F(MMFR2, 8, PASS),       /* LSM */
	F(MMFR2, 12, HIDE),      /* IESB: with RAS */
	F(MMFR2, 16, PASS),      /* VARange */
	F(MMFR2, 20, PASS),      /* CCIDX: how CCSIDR_EL1 reads, which is not trapped */
	F(MMFR2, 24, HIDE),      /* NV: EL2's */
	F(MMFR2, 28, PASS),      /* ST */
	F(MMFR2, 32, PASS),      /* AT: LSE2 */
	F(MMFR2, 36, PASS),      /* IDS */
	F(MMFR2, 40, HIDE),      /* FWB: EL2's */
	F(MMFR2, 48, PASS),      /* TTL */
	F(MMFR2, 52, PASS),      /* BBM: of the guest's stage 1 */
	F(MMFR2, 56, HIDE),      /* EVT: EL2's */
	F(MMFR2, 60, PASS),      /* E0PD */
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static int extract(uint64_t value, const struct field *f)
{
	int field = (int)(value >> f->shift & 15);

	return f->is_signed && field == 15 ? -1 : field;
}

static uint64_t insert(int field, const struct field *f)
{
	return (uint64_t)(field & 15) << f->shift;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* IminLine [3:0] and DminLine [19:16] are sizes; IDC and DIC promises; the rest is the boot CPU's. */
static uint64_t merge_ctr(uint64_t a, uint64_t b)
{
	const uint64_t promises = UINT64_C(3) << 28;
	uint64_t i = (a & 0xf) < (b & 0xf) ? a & 0xf : b & 0xf;
	uint64_t d = (a & 0xf0000) < (b & 0xf0000) ? a & 0xf0000 : b & 0xf0000;

	return (a & ~(promises | 0xf000f)) | (a & b & promises) | i | d;
}

void hv_id_merge(struct hv_id *sum, const struct hv_id *cpu)
{
	uint64_t merged[HV_IDREGS] = {0};

	for (unsigned int i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];

		merged[f->reg] |=
			insert(smaller(extract(sum->reg[f->reg], f), extract(cpu->reg[f->reg], f)),
			       f);
	}
	for (unsigned int i = 0; i < HV_IDREGS; i++)
		sum->reg[i] = merged[i];
	sum->ctr = merge_ctr(sum->ctr, cpu->ctr);
	if (sum->dczid != cpu->dczid)
		sum->dczid |= 16; /* DZP */
}

bool hv_id_lowers(const struct hv_id *sum, const struct hv_id *cpu)
{
	struct hv_id merged = *sum;

	hv_id_merge(&merged, cpu);
	for (unsigned int i = 0; i < HV_IDREGS; i++)
		if (merged.reg[i] != sum->reg[i])
			return true;
	return merged.ctr != sum->ctr || merged.dczid != sum->dczid;
}

int hv_id_field(const struct hv_id *id, enum hv_idreg reg, unsigned int shift)
{
	for (unsigned int i = 0; i < FIELDS; i++)
		if (fields[i].reg == reg && fields[i].shift == shift)
			return extract(id->reg[reg], &fields[i]);
	return 0;
}

struct mezzo_machine hv_id_machine(const struct hv_id *id)
{
	struct mezzo_machine machine = {0};

	machine.arm64.idc = id->ctr >> 28 & 1;
	machine.arm64.dic = id->ctr >> 29 & 1;
	/* FWB promises IDC (LoUIS and LoUU are zero); a machine that breaks this gets neither. */
	machine.arm64.fwb = hv_id_field(id, HV_MMFR2, 40) >= 1 && machine.arm64.idc;
	machine.arm64.mte = hv_id_field(id, HV_PFR1, 8) >= 2;
	machine.arm64.xnx = hv_id_field(id, HV_MMFR1, 28) >= 1;
	return machine;
}

struct mezzo_table_features hv_id_tables(const struct hv_id *id)
{
	const int bbm = hv_id_field(id, HV_MMFR2, 52), noted = hv_id_field(id, HV_MMFR1, 0);

	return (struct mezzo_table_features){
		.bbm = (uint8_t)(bbm < 2 ? bbm : 2),
		.access = noted >= 1,
		.dirty = noted >= 2,
		.xnx = hv_id_field(id, HV_MMFR1, 28) >= 1,
	};
}

static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48};

unsigned int hv_id_pa_bits(const struct hv_id *id)
{
	unsigned int range = id->reg[HV_MMFR0] & 15;

	return range < sizeof(pa_bits) ? pa_bits[range] : 48;
}

static int pa_range(unsigned int bits)
{
	int range = 0;

	while ((unsigned int)range + 1 < sizeof(pa_bits) && pa_bits[range + 1] <= bits)
		range++;
	return range;
}

static int guest_field(const struct field *f, int host, const struct hv_id_guest *guest)
{
	switch ((enum rule)f->rule) {
	case PASS:
		return host;
	case LIMIT:
		return smaller(host, f->value);
	case FIX:
		return f->value;
	case MTE:
		return guest->mte ? smaller(host, f->value) : 0;
	case RANGE:
		return pa_range(guest->pa_bits);
	case HIDE:
		break;
	}
	return 0;
}

static int reg_of(unsigned int crm, unsigned int op2)
{
	static const uint8_t where[HV_IDREGS] = {
		[HV_PFR0] = 0x40,  [HV_PFR1] = 0x41,  [HV_DFR0] = 0x50,
		[HV_ISAR0] = 0x60, [HV_ISAR1] = 0x61, [HV_ISAR2] = 0x62,
		[HV_MMFR0] = 0x70, [HV_MMFR1] = 0x71, [HV_MMFR2] = 0x72,
	};

	for (int i = 0; i < HV_IDREGS; i++)
		if (where[i] == (crm << 4 | op2))
			return i;
	return -1;
}

uint64_t hv_id_guest(const struct hv_id *id, const struct hv_id_guest *guest, unsigned int crm,
		     unsigned int op2)
{
	int reg = reg_of(crm, op2);
	uint64_t value = 0;

	for (unsigned int i = 0; reg >= 0 && i < FIELDS; i++)
		if (fields[i].reg == reg)
			value |= insert(guest_field(&fields[i], extract(id->reg[reg], &fields[i]),
						    guest),
					&fields[i]);
	return value;
}
