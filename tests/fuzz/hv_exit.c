/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/vcpu/decode.c hv/vcpu/inject.c */
/*
 * Any syndrome, in any state of the guest: what is decoded stays within its enumerations, what is
 * injected lets the guest run on at EL1 and nowhere else.
 */
#include <stdlib.h>
#include <string.h>

#include "hv/vcpu/decode_exit.h"
#include "hv/vcpu/inject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

struct input {
	struct hv_syndrome syndrome;
	struct hv_guest_state state;
	uint8_t features, far_valid, kind, unused;
};

static void check_exit(const struct hv_exit *exit)
{
	struct hv_abort abort_of = hv_exit_abort(exit);
	struct hv_sysreg_access access;
	struct hv_transfer transfer;

	CHECK(exit->kind <= HV_EXIT_UNDEFINED);
	CHECK(exit->access < MEZZO_ACCESS_KINDS);
	CHECK(exit->ipa < UINT64_C(1) << 52);
	CHECK(hv_exit_sysreg(exit, &access) < 32);
	CHECK(!abort_of.fetch || (!abort_of.write && !abort_of.cache_op));
	if (hv_exit_transfer(exit, &transfer)) {
		CHECK(!abort_of.fetch && transfer.write == abort_of.write && transfer.reg < 32);
		CHECK(transfer.bytes == 1 || transfer.bytes == 2 || transfer.bytes == 4 ||
		      transfer.bytes == 8);
		CHECK(transfer.wide || hv_transfer_extend(&transfer, UINT64_MAX) >> 32 == 0);
	}
	if (exit->kind == HV_EXIT_MEMORY && !(exit->means & HV_FSC_HPFAR))
		CHECK(exit->access != MEZZO_ACCESS_WALK && exit->access != MEZZO_ACCESS_WALK_WRITE);
}

static void check_injection(const struct hv_guest_state *before, const struct hv_guest_state *after)
{
	CHECK((after->pstate & (PSTATE_MODE | PSTATE_AARCH32)) == PSTATE_EL1H);
	CHECK((after->pstate & PSTATE_DAIF) == PSTATE_DAIF);
	CHECK((after->pstate & PSTATE_SS) == 0);
	CHECK((after->pstate & PSTATE_NZCV) == (before->pstate & PSTATE_NZCV));
	CHECK(after->elr == before->pc && after->spsr == before->pstate);
	CHECK((after->pc - before->vbar) % 0x200 == 0 && after->pc - before->vbar <= 0x600);
	CHECK(after->esr >> 32 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hv_pstate_features features;
	struct hv_guest_fault fault;
	struct hv_abort abort_of;
	struct hv_guest_state state;
	struct hv_exit exit;
	struct input in;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	hv_exit_decode(&in.syndrome, &exit);
	check_exit(&exit);

	abort_of = hv_exit_abort(&exit);
	features = (struct hv_pstate_features){in.features & 1, in.features & 2, in.features & 4,
					       in.features & 8};
	fault = (struct hv_guest_fault){
		.kind = in.kind % 3,
		.fsc = exit.fsc,
		.write = abort_of.write,
		.cache_op = abort_of.cache_op,
		.far_valid = in.far_valid & 1,
		.far = in.syndrome.far,
	};
	state = in.state;
	hv_inject(&state, &fault, &features);
	check_injection(&in.state, &state);
	return 0;
}
