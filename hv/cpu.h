/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_CPU_H
#define HV_CPU_H
/*
 * The physical CPU: what each has for itself. TPIDR_EL2 holds its address.
 */
#include "host/host.h"
#include "limits.h"

struct vcpu;

struct hv_cpu {
	struct vcpu *vcpu; /* first: the exit path knows the offset; NULL: it runs no guest */
	uint32_t index;    /* in struct hv_host.cpu */
	_Atomic uint32_t online;
	uint64_t mpidr; /* affinity */
	uint64_t unused[5];
};

_Static_assert(sizeof(struct hv_cpu) == HV_CPU_BYTES, "head.S strides over these");

extern struct hv_cpu hv_cpus[HV_CPUS_MAX];

static inline struct hv_cpu *hv_cpu_current(void)
{
	struct hv_cpu *cpu;

	/* Not volatile: it never changes on a CPU, so the compiler may keep it. */
	__asm__("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}

/* MPIDR_EL1 without its U, MT and RES1 bits. */
#define HV_MPIDR_AFFINITY UINT64_C(0xff00ffffff)

#endif
