/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

static unsigned int bits(uint64_t value, unsigned int shift, unsigned int width)
{
	return (unsigned int)(value >> shift) & ((1u << width) - 1);
}

static bool bit(uint64_t value, unsigned int shift)
{
	return value >> shift & 1;
}

/* ISV, SAS, SSE, SRT, SF: valid for single loads and stores without write-back. */
static void decode_transfer(uint64_t esr, struct hv_exit *exit)
{
	exit->has_transfer = bit(esr, 24);
	exit->transfer = (struct hv_transfer){
		.bytes = (uint8_t)(1u << bits(esr, 22, 2)),
		.reg = (uint8_t)bits(esr, 16, 5),
		.write = exit->write,
		.sign_extend = bit(esr, 21),
		.wide = bit(esr, 15),
	};
}

/* A status code without the level of the walk. */
static unsigned int by_level(unsigned int fsc)
{
	return fsc & ~3u;
}

/*
 * A stage-1 walk that stage 2 lets read but not write faults again when it has to set an access or
 * dirty flag; there is no other way to tell (WnR is not about the walk).
 */
static uint8_t access_of(const struct hv_exit *exit)
{
	if (exit->walk)
		return by_level(exit->fsc) == FSC_PERMISSION ? MEZZO_ACCESS_WALK_WRITE
							     : MEZZO_ACCESS_WALK;
	if (exit->fetch)
		return MEZZO_ACCESS_EXEC;
	if (exit->fsc == FSC_UNSUPPORTED_EXCLUSIVE)
		return MEZZO_ACCESS_EXCLUSIVE;
	if (exit->fsc == FSC_ALIGNMENT)
		return MEZZO_ACCESS_UNALIGNED;
	if (exit->cache_op)
		return MEZZO_ACCESS_CACHE_OP;
	return exit->write ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
}

static void decode_memory(const struct hv_syndrome *s, struct hv_exit *exit,
			  enum mezzo_fault_kind kind, bool hpfar_valid)
{
	uint64_t page = (s->hpfar & UINT64_C(0xffffffffff0)) << 8;

	exit->kind = HV_EXIT_MEMORY;
	exit->access = access_of(exit);
	exit->fault_kind = (uint8_t)kind;
	exit->ipa_valid = exit->walk || hpfar_valid;
	/* FAR says where in the page, but not for a walk: it is the address being translated. */
	exit->ipa = exit->walk ? page : page | (s->far & 0xfff);
	if (!exit->fetch)
		decode_transfer(s->esr, exit);
}

static void decode_abort(const struct hv_syndrome *s, struct hv_exit *exit, bool fetch)
{
	exit->fetch = fetch;
	exit->fsc = (uint8_t)bits(s->esr, 0, 6);
	exit->walk = bit(s->esr, 7);
	exit->write = !fetch && bit(s->esr, 6);
	exit->cache_op = !fetch && bit(s->esr, 8);
	exit->far_valid = !bit(s->esr, 10);

	/* HPFAR_EL2 holds the address of translation and access flag faults, and of walks. */
	switch (by_level(exit->fsc)) {
	case FSC_TRANSLATION:
		decode_memory(s, exit, MEZZO_FAULT_MISSING, true);
		return;
	case FSC_ACCESS_FLAG:
		decode_memory(s, exit, MEZZO_FAULT_PERMISSION, true);
		return;
	case FSC_PERMISSION:
		decode_memory(s, exit, MEZZO_FAULT_PERMISSION, false);
		return;
	}
	switch (exit->fsc) {
	case FSC_ALIGNMENT:
	case FSC_UNSUPPORTED_EXCLUSIVE:
		decode_memory(s, exit, MEZZO_FAULT_PERMISSION, false);
		return;
	case FSC_TLB_CONFLICT:
		exit->kind = HV_EXIT_TLB_CONFLICT;
		return;
	case FSC_TAG_CHECK:
	case FSC_UNSUPPORTED_UPDATE:
		exit->kind = HV_EXIT_ABORT;
		return;
	default:
		/* External aborts, of walks and of memory errors too, and what is not assigned. */
		exit->kind = HV_EXIT_ABORT;
		exit->fsc = FSC_EXTERNAL;
	}
}

/* ISS of EC 0x18: Op0 [21:20], Op2 [19:17], Op1 [16:14], CRn [13:10], Rt [9:5], CRm [4:1], read. */
static void decode_sysreg(uint64_t esr, struct hv_exit *exit)
{
	exit->kind = HV_EXIT_SYSREG;
	exit->rt = (uint8_t)bits(esr, 5, 5);
	exit->sysreg.reg = HV_SYSREG(bits(esr, 20, 2), bits(esr, 14, 3), bits(esr, 10, 4),
				     bits(esr, 1, 4), bits(esr, 17, 3));
	exit->sysreg.write = !bit(esr, 0);
}

void hv_exit_decode(const struct hv_syndrome *syndrome, struct hv_exit *exit)
{
	*exit = (struct hv_exit){0};
	switch (bits(syndrome->esr, 26, 6)) {
	case EC_DATA_ABORT:
		decode_abort(syndrome, exit, false);
		break;
	case EC_FETCH_ABORT:
		decode_abort(syndrome, exit, true);
		break;
	case EC_SYSREG:
		decode_sysreg(syndrome->esr, exit);
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
