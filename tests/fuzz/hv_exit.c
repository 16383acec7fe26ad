/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/vcpu/decode.c hv/vcpu/inject.c */
/*
 * Any syndrome, in any state of the guest: what is decoded stays within its enumerations, what is
 * injected lets the guest run on at EL1 and nowhere else.
 */
#include <stdlib.h>
#include <string.h>

#include "hv/vcpu/decode.h"
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
	CHECK(exit->kind <= HV_EXIT_UNDEFINED);
	CHECK(exit->access < MEZZO_ACCESS_KINDS);
	CHECK(exit->fault_kind < MEZZO_FAULT_KINDS);
	CHECK(exit->ipa < UINT64_C(1) << 52);
	CHECK(exit->rt < 32 && exit->transfer.reg < 32);
	CHECK(!exit->fetch || (!exit->write && !exit->has_transfer));
	if (exit->has_transfer) {
		CHECK(exit->kind == HV_EXIT_MEMORY);
		CHECK(exit->transfer.bytes == 1 || exit->transfer.bytes == 2 ||
		      exit->transfer.bytes == 4 || exit->transfer.bytes == 8);
		CHECK(exit->transfer.wide ||
		      hv_transfer_extend(&exit->transfer, UINT64_MAX) >> 32 == 0);
	}
	if (exit->kind == HV_EXIT_MEMORY && !exit->ipa_valid)
		CHECK(!exit->walk);
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
	struct hv_guest_state state;
	struct hv_exit exit;
	struct input in;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	hv_exit_decode(&in.syndrome, &exit);
	check_exit(&exit);

	features = (struct hv_pstate_features){in.features & 1, in.features & 2, in.features & 4,
					       in.features & 8};
	fault = (struct hv_guest_fault){
		.kind = in.kind % 3,
		.fsc = exit.fsc,
		.write = exit.write,
		.cache_op = exit.cache_op,
		.far_valid = in.far_valid & 1,
		.far = in.syndrome.far,
	};
	state = in.state;
	hv_inject(&state, &fault, &features);
	check_injection(&in.state, &state);
	return 0;
}
