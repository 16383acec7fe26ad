/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_ID_H
#define HV_ARCH_ID_H
#include "vcpu/idregs.h"

/* This CPU's ID registers, raw. */
void hv_id_read(struct hv_id *id);

#endif
