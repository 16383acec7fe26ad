/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LIMITS_H
#define HV_LIMITS_H
/* Sizes that assembler and C both know. */

#define HV_CPUS_MAX 8
/* sizeof(struct hv_cpu), checked where it is defined. */
#define HV_CPU_BYTES 64

#endif
