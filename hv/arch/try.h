/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_TRY_H
#define HV_ARCH_TRY_H
/*
 * Accesses to device registers that may answer with a synchronous external abort: a guest chose
 * their size, and a device may reject it. EL2 survives; the caller is told.
 */
#include <mezzo/types.h>

/**
 * hv_try_read() - one load of 1, 2, 4 or 8 bytes
 * @at: mapped, naturally aligned
 *
 * False: the device gave an abort, and *@value is left alone. Any CPU. The guest's program counter
 * and state, which wait in ELR_EL2 and SPSR_EL2, survive.
 */
bool hv_try_read(const volatile void *at, unsigned int bytes, uint64_t *value);
/* The same for a store. An abort that comes later, as SError, is the guest's. */
bool hv_try_write(volatile void *at, unsigned int bytes, uint64_t value);

#endif
