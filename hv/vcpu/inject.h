/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_INJECT_H
#define HV_VCPU_INJECT_H
/*
 * Giving a guest an exception at its EL1, as its CPU would have taken it. Pure; the registers are
 * read and written by the caller. Source: Arm ARM, AArch64.TakeException() and ESR_EL1.
 */
#include <mezzo/types.h>

/* PSTATE as SPSR_ELx holds it. */
#define PSTATE_EL0 UINT64_C(0x0)
#define PSTATE_EL1T UINT64_C(0x4)
#define PSTATE_EL1H UINT64_C(0x5)
#define PSTATE_MODE UINT64_C(0xf)
#define PSTATE_AARCH32 (UINT64_C(1) << 4)
#define PSTATE_DAIF (UINT64_C(0xf) << 6)
#define PSTATE_SSBS (UINT64_C(1) << 12)
#define PSTATE_SS (UINT64_C(1) << 21)
#define PSTATE_PAN (UINT64_C(1) << 22)
#define PSTATE_DIT (UINT64_C(1) << 24)
#define PSTATE_TCO (UINT64_C(1) << 25)
#define PSTATE_NZCV (UINT64_C(0xf) << 28)

#define SCTLR_SPAN (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)

/* What the guest's CPU has, of what shows in PSTATE. */
struct hv_pstate_features {
	bool pan, dit, ssbs, tags;
};

enum hv_fault_kind {
	HV_FAULT_UNDEFINED,
	HV_FAULT_FETCH, /* instruction abort */
	HV_FAULT_DATA,  /* data abort */
};

struct hv_guest_fault {
	uint8_t kind; /* enum hv_fault_kind */
	uint8_t fsc;  /* of an abort */
	bool write;
	bool cache_op;
	bool far_valid;
	uint64_t far;
};

/* The guest when it stopped, and after. */
struct hv_guest_state {
	uint64_t pc, pstate;
	uint64_t vbar, sctlr;         /* of EL1; in only */
	uint64_t elr, spsr, esr, far; /* of EL1; out only; far where far_set */
	bool far_set;
};

/**
 * hv_inject() - make the guest take an exception when it runs on
 *
 * The state that is left: EL1h, interrupts masked, at the vector for where it was (EL1 with SP_EL0
 * or SP_EL1, EL0 AArch64 or AArch32).
 */
void hv_inject(struct hv_guest_state *state, const struct hv_guest_fault *fault,
	       const struct hv_pstate_features *features);

/* PSTATE of a vCPU that starts: EL1h, all interrupts masked. */
#define PSTATE_RESET (PSTATE_EL1H | PSTATE_DAIF)

#endif
