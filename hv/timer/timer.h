/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_TIMER_TIMER_H
#define HV_TIMER_TIMER_H
/*
 * The guest's timers. A vCPU is alone on its CPU, so it gets both EL1 timers of the generic timer
 * (Arm ARM, chapter D12) natively, virtual and physical, as a machine without a hypervisor has
 * them: no access traps, and CNTVOFF_EL2 is zero, so both count the same. Their interrupts fire at
 * EL2, where hv/gic lists them for the guest as PPI 27 and PPI 30, linked to the machine's. The
 * guest cannot reach EL2's own timers from EL1.
 *
 * What a guest can learn from it, the count since the machine was switched on, is what it would
 * learn on the machine itself. A guest that is reset does not see the count start again.
 *
 * What the core calls is in devices.h.
 */
#include <stdbool.h>
#include <stdint.h>

/* CNTV_CTL_EL0 and CNTP_CTL_EL0. */
#define HV_TIMER_ENABLE UINT64_C(1)
#define HV_TIMER_IMASK UINT64_C(2)
#define HV_TIMER_ISTATUS UINT64_C(4)

/* Is the timer's interrupt line high, by the value of its control register? */
static inline bool hv_timer_line(uint64_t control)
{
	return (control & (HV_TIMER_ENABLE | HV_TIMER_IMASK | HV_TIMER_ISTATUS)) ==
	       (HV_TIMER_ENABLE | HV_TIMER_ISTATUS);
}

/* The lines of this CPU's EL1 timers now. */
bool hv_timer_virtual_asserted(void);
bool hv_timer_physical_asserted(void);

#endif
