/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LOCK_H
#define HV_LOCK_H
/*
 * A ticket lock: first come, first served, so that no vCPU can keep another one from a device by
 * asking for it without end. All zero is unlocked. Held for bounded work only, never across an
 * entry to the guest; EL2 runs with interrupts masked, so nothing interrupts the holder.
 *
 * Order, where two are held: a device's own lock before the interrupt controller's (vgic).
 */
#include <stdatomic.h>
#include <stdint.h>

struct hv_lock {
	_Atomic uint32_t next;
	_Atomic uint32_t serving;
};

static inline void hv_lock_acquire(struct hv_lock *lock)
{
	uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket)
		;
}

static inline void hv_lock_release(struct hv_lock *lock)
{
	uint32_t ticket = atomic_load_explicit(&lock->serving, memory_order_relaxed);

	atomic_store_explicit(&lock->serving, ticket + 1, memory_order_release);
}

#endif
