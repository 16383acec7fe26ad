/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_TIMER_TIMER_H
#define HV_TIMER_TIMER_H
/*
 * The guest's timers. A vCPU is alone on its CPU, so it gets both EL1 timers of the generic timer
 * (Arm ARM D12) natively, virtual and physical, as a machine without a hypervisor has them: no
 * access traps, and CNTVOFF_EL2 is zero, so both count the same. Their interrupts fire at EL2,
 * where gic/hw.c lists them for the guest as PPI 27 and PPI 30, linked to the machine's. EL2 keeps
 * only its own timer (CNTHP) from the guest, which cannot be reached from EL1.
 *
 * What a guest can learn from it, the count since the machine was switched on, is what it would
 * learn on the machine itself. A guest that is reset does not see the count start again.
 */
#include <mezzo/types.h>

/* CNTV_CTL_EL0 and CNTP_CTL_EL0. */
#define TIMER_CTL_ENABLE UINT64_C(1)
#define TIMER_CTL_IMASK UINT64_C(2)
#define TIMER_CTL_ISTATUS UINT64_C(4)

enum timer {
	TIMER_VIRTUAL,
	TIMER_PHYSICAL,
};

/* Is the timer's interrupt line high, by the value of its control register? */
static inline bool timer_line(uint64_t ctl)
{
	return (ctl & (TIMER_CTL_ENABLE | TIMER_CTL_IMASK | TIMER_CTL_ISTATUS)) ==
	       (TIMER_CTL_ENABLE | TIMER_CTL_ISTATUS);
}

/* Once on each CPU, before a vCPU runs on it. HCR_EL2.E2H must be zero. */
void timer_init_cpu(void);

/* Off, as after reset: before a vCPU starts, and when it stops. */
void timer_reset(void);

/* The line of this CPU's timer now. */
bool timer_asserted(enum timer timer);

#endif
