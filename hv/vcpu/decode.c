/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_exit.h"

static unsigned int bits(uint64_t value, unsigned int shift, unsigned int width)
{
	return (unsigned int)(value >> shift) & ((1u << width) - 1);
}

static bool bit(uint64_t value, unsigned int shift)
{
	return value >> shift & 1;
}

struct hv_abort hv_exit_abort(const struct hv_exit *exit)
{
	bool fetch = hv_esr_class(exit->esr) == EC_FETCH_ABORT;

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
	return hv_esr_class(esr) == EC_DATA_ABORT && bit(esr, 24);
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
