/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_MACHINE_H
#define HV_ARCH_MACHINE_H
/*
 * What all CPUs have in common. Every CPU joins when it comes up; the first guest is told the
 * result, so from then on it is frozen, and a CPU that has less is refused.
 */
#include "vcpu/idregs.h"

/* This CPU joins. False: it would lower what guests were told already; it must not be used. */
bool hv_machine_join(void);

/* From now on nothing may be lowered. Boot CPU. */
void hv_machine_freeze(void);

/* The safe minimum. Constant after hv_machine_freeze(). */
const struct hv_id *hv_machine_id(void);

#endif
