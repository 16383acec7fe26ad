/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

#define ESR_S1PTW (UINT64_C(1) << 7)

/* What a fault status code means, apart from its level. */
enum {
	STAGE2 = 1,  /* stage 2 stopped it: MEMORY */
	PRESENT = 2, /* there is an entry */
	HPFAR = 4,   /* HPFAR_EL2 holds the address, though it is no walk */
	MAY_NOT = 8, /* a permission fault */
	EXCLUSIVE = 16,
	UNALIGNED = 32,
	CONFLICT = 64,
	AS_IS = 128, /* ABORT, with this very code */
};

#define LEVELS(code, meaning)                                                                      \
	[code] = (meaning), [(code) + 1] = (meaning), [(code) + 2] = (meaning),                    \
	[(code) + 3] = (meaning)

/*
 * Zero: an external abort, of a walk or of memory that failed, or a code that is not assigned.
 * HPFAR_EL2 is valid for translation and access flag faults, and for any of a walk.
 */
static const uint8_t meaning[64] = {
	LEVELS(FSC_TRANSLATION, STAGE2 | HPFAR),
	LEVELS(FSC_ACCESS_FLAG, STAGE2 | HPFAR | PRESENT),
	LEVELS(FSC_PERMISSION, STAGE2 | PRESENT | MAY_NOT),
	[FSC_ALIGNMENT] = STAGE2 | PRESENT | UNALIGNED,
	[FSC_UNSUPPORTED_EXCLUSIVE] = STAGE2 | PRESENT | EXCLUSIVE,
	[FSC_TLB_CONFLICT] = CONFLICT,
	[FSC_TAG_CHECK] = AS_IS,
	[FSC_UNSUPPORTED_UPDATE] = AS_IS,
};

static unsigned int bits(uint64_t value, unsigned int shift, unsigned int width)
{
	return (unsigned int)(value >> shift) & ((1u << width) - 1);
}

static bool bit(uint64_t value, unsigned int shift)
{
	return value >> shift & 1;
}

static unsigned int class_of(uint64_t esr)
{
	return bits(esr, 26, 6);
}

/*
 * A walk of the guest's that stage 2 lets read but not write faults again when it has to set an
 * access or dirty flag; there is no other way to tell (WnR is not about the walk).
 */
static uint8_t access_of(uint64_t esr, unsigned int means)
{
	if (esr & ESR_S1PTW)
		return means & MAY_NOT ? MEZZO_ACCESS_WALK_WRITE : MEZZO_ACCESS_WALK;
	if (class_of(esr) == EC_FETCH_ABORT)
		return MEZZO_ACCESS_EXEC;
	if (means & EXCLUSIVE)
		return MEZZO_ACCESS_EXCLUSIVE;
	if (means & UNALIGNED)
		return MEZZO_ACCESS_UNALIGNED;
	if (bit(esr, 8))
		return MEZZO_ACCESS_CACHE_OP;
	return bit(esr, 6) ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
}

static void decode_abort(const struct hv_syndrome *s, struct hv_exit *exit)
{
	unsigned int fsc = bits(s->esr, 0, 6);
	unsigned int means = meaning[fsc];
	uint64_t page = (s->hpfar & UINT64_C(0xffffffffff0)) << 8;

	exit->fsc = (uint8_t)fsc;
	if (means & STAGE2) {
		exit->kind = HV_EXIT_MEMORY;
		exit->access = access_of(s->esr, means);
		exit->fault_kind = means & PRESENT ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING;
		exit->ipa_valid = means & HPFAR || s->esr & ESR_S1PTW;
		/* FAR says where in the page; for a walk it is the address being translated. */
		exit->ipa = s->esr & ESR_S1PTW ? page : page | (s->far & 0xfff);
	} else if (means & CONFLICT) {
		exit->kind = HV_EXIT_TLB_CONFLICT;
	} else {
		exit->kind = HV_EXIT_ABORT;
		if (!(means & AS_IS))
			exit->fsc = FSC_EXTERNAL;
	}
}

void hv_exit_decode(const struct hv_syndrome *syndrome, struct hv_exit *exit)
{
	*exit = (struct hv_exit){.esr = syndrome->esr};
	switch (class_of(syndrome->esr)) {
	case EC_DATA_ABORT:
	case EC_FETCH_ABORT:
		decode_abort(syndrome, exit);
		break;
	case EC_SYSREG:
		exit->kind = HV_EXIT_SYSREG;
		break;
	case EC_HVC64:
		exit->kind = HV_EXIT_HVC;
		break;
	case EC_SMC64:
		exit->kind = HV_EXIT_SMC;
		break;
	default:
		exit->kind = HV_EXIT_UNDEFINED;
	}
}

struct hv_abort hv_exit_abort(const struct hv_exit *exit)
{
	bool fetch = class_of(exit->esr) == EC_FETCH_ABORT;

	return (struct hv_abort){
		.fetch = fetch,
		.write = !fetch && bit(exit->esr, 6),
		.cache_op = !fetch && bit(exit->esr, 8),
		.far_valid = !bit(exit->esr, 10),
	};
}

/* ISV, SAS, SSE, SRT, SF. */
bool hv_exit_transfer(const struct hv_exit *exit, struct hv_transfer *transfer)
{
	uint64_t esr = exit->esr;

	*transfer = (struct hv_transfer){
		.bytes = (uint8_t)(1u << bits(esr, 22, 2)),
		.reg = (uint8_t)bits(esr, 16, 5),
		.write = bit(esr, 6),
		.sign_extend = bit(esr, 21),
		.wide = bit(esr, 15),
	};
	return class_of(esr) == EC_DATA_ABORT && bit(esr, 24);
}

/* ISS of EC 0x18: Op0 [21:20], Op2 [19:17], Op1 [16:14], CRn [13:10], Rt [9:5], CRm [4:1], read. */
unsigned int hv_exit_sysreg(const struct hv_exit *exit, struct hv_sysreg_access *access)
{
	uint64_t esr = exit->esr;

	*access = (struct hv_sysreg_access){
		.reg = HV_SYSREG(bits(esr, 20, 2), bits(esr, 14, 3), bits(esr, 10, 4),
				 bits(esr, 1, 4), bits(esr, 17, 3)),
		.write = !bit(esr, 0),
	};
	return bits(esr, 5, 5);
}

uint64_t hv_transfer_extend(const struct hv_transfer *transfer, uint64_t value)
{
	unsigned int width = transfer->bytes * 8u;

	if (width < 64) {
		uint64_t mask = (UINT64_C(1) << width) - 1;
		uint64_t sign = UINT64_C(1) << (width - 1);

		value &= mask;
		if (transfer->sign_extend && value & sign)
			value |= ~mask;
	}
	return transfer->wide ? value : value & UINT32_MAX;
}
