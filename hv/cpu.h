/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_CPU_H
#define HV_CPU_H
/*
 * The physical CPU: what each has for itself. TPIDR_EL2 holds its address.
 */
#include "host/host.h"

struct vcpu;

struct hv_cpu {
	struct vcpu *vcpu; /* first: the exit path knows the offset; NULL: it runs no guest */
	uint32_t index;    /* in struct hv_host.cpu */
	uint64_t mpidr;    /* affinity */
	uint64_t stack_top;
};

static inline struct hv_cpu *hv_cpu_current(void)
{
	struct hv_cpu *cpu;

	/* Not volatile: it never changes on a CPU, so the compiler may keep it. */
	__asm__("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}

#endif
