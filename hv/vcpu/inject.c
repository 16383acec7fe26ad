/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject.h"

#include "decode.h"

#define ESR_EC_SHIFT 26
#define ESR_IL (UINT64_C(1) << 25) /* 32-bit instruction; also set for every abort of a fetch */
#define ESR_FNV (UINT64_C(1) << 10)
#define ESR_CM (UINT64_C(1) << 8)
#define ESR_WNR (UINT64_C(1) << 6)

static bool from_el0(uint64_t pstate)
{
	return (pstate & PSTATE_AARCH32) || (pstate & PSTATE_MODE) == PSTATE_EL0;
}

static uint64_t vector(uint64_t pstate)
{
	if (pstate & PSTATE_AARCH32)
		return 0x600;
	switch (pstate & PSTATE_MODE) {
	case PSTATE_EL0:
		return 0x400;
	case PSTATE_EL1T:
		return 0x000;
	default:
		return 0x200;
	}
}

static uint64_t syndrome(const struct hv_guest_state *state, const struct hv_guest_fault *fault)
{
	uint64_t class;
	uint64_t iss = fault->fsc;

	if (fault->kind == HV_FAULT_UNDEFINED)
		return (uint64_t)EC_UNKNOWN << ESR_EC_SHIFT | ESR_IL;
	class = fault->kind == HV_FAULT_FETCH ? EC_FETCH_ABORT : EC_DATA_ABORT;
	if (!from_el0(state->pstate))
		class |= 1;
	if (!fault->far_valid)
		iss |= ESR_FNV;
	if (fault->kind == HV_FAULT_DATA)
		iss |= (fault->write ? ESR_WNR : 0) | (fault->cache_op ? ESR_CM : 0);
	return class << ESR_EC_SHIFT | ESR_IL | iss;
}

/* Condition flags and DIT stay; BTYPE, SS, IL and UAO become zero. */
static uint64_t new_pstate(const struct hv_guest_state *state,
			   const struct hv_pstate_features *features)
{
	uint64_t pstate = PSTATE_RESET | (state->pstate & PSTATE_NZCV);

	if (features->dit)
		pstate |= state->pstate & PSTATE_DIT;
	if (features->pan)
		pstate |= state->sctlr & SCTLR_SPAN ? state->pstate & PSTATE_PAN : PSTATE_PAN;
	if (features->ssbs && state->sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	if (features->tags)
		pstate |= PSTATE_TCO;
	return pstate;
}

void hv_inject(struct hv_guest_state *state, const struct hv_guest_fault *fault,
	       const struct hv_pstate_features *features)
{
	uint64_t pstate = new_pstate(state, features);

	state->esr = syndrome(state, fault);
	state->far_set = fault->kind != HV_FAULT_UNDEFINED && fault->far_valid;
	state->far = fault->far;
	state->elr = state->pc;
	state->spsr = state->pstate;
	state->pc = state->vbar + vector(state->pstate);
	state->pstate = pstate;
}
