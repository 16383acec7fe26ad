/* SPDX-License-Identifier: BSD-2-Clause */
#include "psci.h"

#define PSCI_VERSION_VALUE 0x10001  /* 1.1 */
#define SMCCC_VERSION_VALUE 0x10001 /* 1.1 */
/* Trusted OS: none, so nothing to migrate (DEN 0022, MIGRATE_INFO_TYPE). */
#define MIGRATE_NOT_REQUIRED 2

/* power_state, original format: power level, state type, state id. */
#define POWER_STATE_RESERVED UINT64_C(0xfcfe0000)

/* What is offered; `wide`: in the 64-bit convention too. */
static const struct {
	uint32_t function;
	bool wide;
} offered[] = {
	{PSCI_FN_VERSION, false},      {PSCI_FN_CPU_SUSPEND, true},
	{PSCI_FN_CPU_OFF, false},      {PSCI_FN_CPU_ON, true},
	{PSCI_FN_AFFINITY_INFO, true}, {PSCI_FN_MIGRATE_INFO_TYPE, false},
	{PSCI_FN_SYSTEM_OFF, false},   {PSCI_FN_SYSTEM_RESET, false},
	{PSCI_FN_FEATURES, false},     {SMCCC_VERSION, false},
	{SMCCC_ARCH_FEATURES, false},
};

static bool is_offered(uint32_t function)
{
	for (unsigned int i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		if (function == offered[i].function ||
		    (offered[i].wide && function == (offered[i].function | SMCCC_64BIT)))
			return true;
	return false;
}

/* PSCI_FEATURES knows PSCI's own and SMCCC_VERSION; SMCCC_ARCH_FEATURES the other two of ours. */
static int64_t features(uint32_t function)
{
	return is_offered(function) && function != SMCCC_ARCH_FEATURES ? PSCI_SUCCESS
								       : PSCI_NOT_SUPPORTED;
}

static int64_t arch_features(uint32_t function)
{
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS
									    : PSCI_NOT_SUPPORTED;
}

static int64_t cpu_on(const struct psci_ops *ops, void *ctx, const uint64_t x[4])
{
	int vcpu = ops->find(ctx, x[1]);

	if (vcpu < 0)
		return PSCI_INVALID_PARAMETERS;
	/* A64 is what runs there: an entry point is aligned. */
	if (x[2] & 3 || !ops->entry_valid(ctx, x[2]))
		return PSCI_INVALID_ADDRESS;
	return ops->start(ctx, vcpu, x[2], x[3]);
}

static int64_t affinity_info(const struct psci_ops *ops, void *ctx, const uint64_t x[4])
{
	int vcpu = ops->find(ctx, x[1]);

	/* Since PSCI 1.0 only single CPUs (level 0) need be answered for. */
	if (vcpu < 0 || x[2])
		return PSCI_INVALID_PARAMETERS;
	return ops->state(ctx, vcpu);
}

static struct psci_answer suspend(uint64_t power_state)
{
	if (power_state & ~UINT64_C(0xffffffff) || power_state & POWER_STATE_RESERVED)
		return (struct psci_answer){PSCI_NEXT_RETURN, PSCI_INVALID_PARAMETERS};
	return (struct psci_answer){PSCI_NEXT_SUSPEND, PSCI_SUCCESS};
}

struct psci_answer psci_call(const struct psci_ops *ops, void *ctx, const uint64_t x[4])
{
	uint32_t function = (uint32_t)x[0];
	uint64_t mask = function & SMCCC_64BIT ? UINT64_MAX : UINT32_MAX;
	const uint64_t arg[4] = {function, x[1] & mask, x[2] & mask, x[3] & mask};
	struct psci_answer answer = {PSCI_NEXT_RETURN, PSCI_NOT_SUPPORTED};

	if (!is_offered(function))
		return answer;
	switch (function & ~SMCCC_64BIT) {
	case SMCCC_VERSION:
		answer.value = SMCCC_VERSION_VALUE;
		break;
	case SMCCC_ARCH_FEATURES:
		answer.value = arch_features((uint32_t)arg[1]);
		break;
	case PSCI_FN_VERSION:
		answer.value = PSCI_VERSION_VALUE;
		break;
	case PSCI_FN_FEATURES:
		answer.value = features((uint32_t)arg[1]);
		break;
	case PSCI_FN_CPU_SUSPEND:
		return suspend(arg[1]);
	case PSCI_FN_CPU_OFF:
		answer.next = PSCI_NEXT_OFF;
		answer.value = PSCI_DENIED;
		break;
	case PSCI_FN_CPU_ON:
		answer.value = cpu_on(ops, ctx, arg);
		break;
	case PSCI_FN_AFFINITY_INFO:
		answer.value = affinity_info(ops, ctx, arg);
		break;
	case PSCI_FN_MIGRATE_INFO_TYPE:
		answer.value = MIGRATE_NOT_REQUIRED;
		break;
	case PSCI_FN_SYSTEM_OFF:
		answer.next = PSCI_NEXT_SYSTEM_OFF;
		break;
	case PSCI_FN_SYSTEM_RESET:
		answer.next = PSCI_NEXT_SYSTEM_RESET;
		break;
	}
	return answer;
}
