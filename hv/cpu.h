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
	struct vcpu *vcpu;      /* first: the exit path knows the offset; NULL: it runs no guest */
	uint32_t index;         /* in struct hv_host.cpu; vectors.S knows the offset */
	_Atomic uint32_t state; /* enum hv_cpu_state */
	uint64_t mpidr;         /* affinity */
	_Atomic(struct vcpu *) to_serve; /* given to it by hv_cpu_serve() */
	uint64_t reserved[4];
};

_Static_assert(sizeof(struct hv_cpu) == HV_CPU_BYTES, "head.S strides over these");

enum hv_cpu_state {
	HV_CPU_ABSENT,
	HV_CPU_ONLINE,
	HV_CPU_REFUSED, /* it has less than guests were told */
};

extern struct hv_cpu hv_cpus[HV_CPUS_MAX];

static inline struct hv_cpu *hv_cpu_current(void)
{
	struct hv_cpu *cpu;

	/* Not volatile: it never changes on a CPU, so the compiler may keep it. */
	__asm__("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}

/**
 * hv_cpus_start() - start every CPU of the host but this one, and wait for them
 *
 * By PSCI CPU_ON, into EL2. A CPU that does not come within a second is left out; it may come
 * later. Returns how many run, this one with them: they are hv_cpus[0] to hv_cpus[n - 1].
 */
unsigned int hv_cpus_start(const struct hv_host *host);

/* Let another CPU serve a vCPU (hv_vm_run). */
void hv_cpu_serve(struct hv_cpu *cpu, struct vcpu *vcpu);

/* MPIDR_EL1 without its U, MT and RES1 bits. */
#define HV_MPIDR_AFFINITY UINT64_C(0xff00ffffff)

#endif
