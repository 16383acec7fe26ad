/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_DECODE_EXIT_H
#define HV_VCPU_DECODE_EXIT_H
/*
 * From the syndrome registers to a record. Inlined, because every fault of a guest waits for it.
 */
#include "decode.h"

#define HV_ESR_S1PTW (UINT64_C(1) << 7)
#define HV_ESR_CM (UINT64_C(1) << 8)
#define HV_ESR_WNR (UINT64_C(1) << 6)

#define HV_LEVELS(code, meaning)                                                                   \
	[code] = (meaning), [(code) + 1] = (meaning), [(code) + 2] = (meaning),                    \
	[(code) + 3] = (meaning)

/*
 * Zero: an external abort, of a walk or of memory that failed, or a code that is not assigned.
 * HPFAR_EL2 is valid for translation and access flag faults, and for any of a walk.
 */
static const uint8_t hv_fsc_meaning[64] = {
	HV_LEVELS(FSC_TRANSLATION, HV_FSC_STAGE2 | HV_FSC_HPFAR),
	HV_LEVELS(FSC_ACCESS_FLAG, HV_FSC_STAGE2 | HV_FSC_HPFAR | HV_FSC_PRESENT),
	HV_LEVELS(FSC_PERMISSION, HV_FSC_STAGE2 | HV_FSC_PRESENT | HV_FSC_MAY_NOT),
	[FSC_ALIGNMENT] = HV_FSC_STAGE2 | HV_FSC_PRESENT | HV_FSC_OTHER,
	[FSC_UNSUPPORTED_EXCLUSIVE] = HV_FSC_STAGE2 | HV_FSC_PRESENT | HV_FSC_OTHER,
	[FSC_TLB_CONFLICT] = HV_FSC_CONFLICT,
	[FSC_TAG_CHECK] = HV_FSC_AS_IS,
	[FSC_UNSUPPORTED_UPDATE] = HV_FSC_AS_IS,
};

static inline unsigned int hv_esr_class(uint64_t esr)
{
	return (unsigned int)(esr >> 26) & 0x3f;
}

/*
 * A walk of the guest's that stage 2 lets read but not write faults again when it has to set an
 * access or dirty flag; there is no other way to tell (WnR is not about the walk).
 */
static inline uint8_t hv_abort_access(uint64_t esr, unsigned int means)
{
	if (esr & HV_ESR_S1PTW)
		return means & HV_FSC_MAY_NOT ? MEZZO_ACCESS_WALK_WRITE : MEZZO_ACCESS_WALK;
	if (hv_esr_class(esr) == EC_FETCH_ABORT)
		return MEZZO_ACCESS_EXEC;
	if (means & HV_FSC_OTHER)
		return (esr & 0x3f) == FSC_ALIGNMENT ? MEZZO_ACCESS_UNALIGNED
						     : MEZZO_ACCESS_EXCLUSIVE;
	if (esr & HV_ESR_CM)
		return MEZZO_ACCESS_CACHE_OP;
	return esr & HV_ESR_WNR ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
}

static inline __attribute__((always_inline)) void hv_decode_abort(const struct hv_syndrome *s,
								  struct hv_exit *exit)
{
	const unsigned int fsc = s->esr & 0x3f;
	const unsigned int means = hv_fsc_meaning[fsc];
	const uint64_t page = (s->hpfar & UINT64_C(0xffffffffff0)) << 8;

	exit->fsc = (uint8_t)fsc;
	if (means & HV_FSC_STAGE2) {
		exit->kind = HV_EXIT_MEMORY;
		exit->access = hv_abort_access(s->esr, means);
		exit->means = (uint8_t)(means | (s->esr & HV_ESR_S1PTW ? HV_FSC_HPFAR : 0));
		/* FAR says where in the page; for a walk it is the address being translated. */
		exit->ipa = s->esr & HV_ESR_S1PTW ? page : page | (s->far & 0xfff);
	} else if (means & HV_FSC_CONFLICT) {
		exit->kind = HV_EXIT_TLB_CONFLICT;
	} else {
		exit->kind = HV_EXIT_ABORT;
		if (!(means & HV_FSC_AS_IS))
			exit->fsc = FSC_EXTERNAL;
	}
}

/* Defined for every value; @exit is overwritten. */
static inline __attribute__((always_inline)) void hv_exit_decode(const struct hv_syndrome *syndrome,
								 struct hv_exit *exit)
{
	const unsigned int class = hv_esr_class(syndrome->esr);

	*exit = (struct hv_exit){.esr = (uint32_t)syndrome->esr};
	if ((class & ~4u) == EC_FETCH_ABORT)
		hv_decode_abort(syndrome, exit);
	else
		exit->kind = class == EC_SYSREG  ? HV_EXIT_SYSREG
			     : class == EC_HVC64 ? HV_EXIT_HVC
			     : class == EC_SMC64 ? HV_EXIT_SMC
						 : HV_EXIT_UNDEFINED;
}

#endif
