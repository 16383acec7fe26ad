/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_PSCI_PSCI_H
#define HV_PSCI_PSCI_H
/*
 * PSCI 1.1 (DEN 0022) and the discovery calls of SMCCC 1.1 (DEN 0028) for one guest. The pure part:
 * what a call means and answers. The states of vCPUs, and the one step that two callers can race
 * for (CPU_ON), are behind the operations; hv/psci/smccc.c joins them to the VM.
 *
 * Offered: PSCI_VERSION, PSCI_FEATURES, CPU_ON, CPU_OFF, CPU_SUSPEND (both widths where there are
 * two), AFFINITY_INFO, MIGRATE_INFO_TYPE, SYSTEM_OFF, SYSTEM_RESET, SMCCC_VERSION,
 * SMCCC_ARCH_FEATURES. Everything else, known or not, is NOT_SUPPORTED (-1). CPU_SUSPEND takes the
 * original power_state format and every state is a standby state: the call returns where it was
 * made, which PSCI allows for a request to power down too (DEN 0022, 5.4.4).
 */
#include <mezzo/types.h>

/* Function numbers, without the bit that says 64-bit arguments. */
#define SMCCC_64BIT UINT32_C(0x40000000)
#define SMCCC_VERSION UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES UINT32_C(0x80000001)
#define PSCI_FN_VERSION UINT32_C(0x84000000)
#define PSCI_FN_CPU_SUSPEND UINT32_C(0x84000001)
#define PSCI_FN_CPU_OFF UINT32_C(0x84000002)
#define PSCI_FN_CPU_ON UINT32_C(0x84000003)
#define PSCI_FN_AFFINITY_INFO UINT32_C(0x84000004)
#define PSCI_FN_MIGRATE_INFO_TYPE UINT32_C(0x84000006)
#define PSCI_FN_SYSTEM_OFF UINT32_C(0x84000008)
#define PSCI_FN_SYSTEM_RESET UINT32_C(0x84000009)
#define PSCI_FN_FEATURES UINT32_C(0x8400000a)

enum psci_error {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INTERNAL_FAILURE = -6,
	PSCI_INVALID_ADDRESS = -9,
};

/* Of a vCPU, as AFFINITY_INFO returns it. */
enum psci_state {
	PSCI_STATE_ON = 0,
	PSCI_STATE_OFF = 1,
	PSCI_STATE_ON_PENDING = 2,
};

/* What the vCPU that called does next. */
enum psci_next {
	PSCI_NEXT_RETURN,  /* go on behind the HVC or SMC with `value` in x0 */
	PSCI_NEXT_SUSPEND, /* the same, after an interrupt is pending for it */
	PSCI_NEXT_OFF,     /* stop; nothing is returned, unless it cannot: then DENIED */
	PSCI_NEXT_SYSTEM_OFF,
	PSCI_NEXT_SYSTEM_RESET,
};

struct psci_answer {
	enum psci_next next;
	int64_t value;
};

struct psci_ops {
	/*
	 * The number of the vCPU with exactly these affinity fields (MPIDR_EL1 layout, every other
	 * bit zero), or negative.
	 */
	int (*find)(void *ctx, uint64_t affinity);
	enum psci_state (*state)(void *ctx, int vcpu);
	/*
	 * OFF becomes ON_PENDING, in one step however many ask at once, and the vCPU will start at
	 * @entry with x0 = @context. SUCCESS, ALREADY_ON, ON_PENDING or INTERNAL_FAILURE.
	 */
	enum psci_error (*start)(void *ctx, int vcpu, uint64_t entry, uint64_t context);
	/* May a vCPU start at this address: is it the guest's RAM? */
	bool (*entry_valid)(void *ctx, uint64_t ipa);
};

/**
 * psci_call() - HVC or SMC with immediate zero
 * @x: x0 to x3 of the caller: the function and its arguments. Of a 32-bit function only w1 to w3
 *     count.
 *
 * Any CPU, concurrently; what is not changed by `value` in x0 stays as it was, x1 to x17 always.
 * Constant work besides one call of each operation.
 */
struct psci_answer psci_call(const struct psci_ops *ops, void *ctx, const uint64_t x[4]);

#endif
