/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LOCK_H
#define HV_LOCK_H
/*
 * A lock. All zero is free. Held for bounded work only, never across an entry to the guest; EL2
 * runs with interrupts masked, so nothing interrupts the holder.
 *
 * There is no queue. Where the CPUs are themselves virtual, and fewer run than there are, a queue
 * hardly moves: each waits for one that does not run. A guest cannot keep others out by asking
 * without end, because between two of its turns lie a return to the guest and an exit, while who
 * waits does nothing but look.
 *
 * Order, where two are held: a device's own lock before the interrupt controller's (vgic).
 */
#include <stdatomic.h>
#include <stdint.h>

struct hv_lock {
	_Atomic uint32_t held;
};

static inline void hv_lock_acquire(struct hv_lock *lock)
{
	while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire))
		while (atomic_load_explicit(&lock->held, memory_order_relaxed))
			;
}

static inline void hv_lock_release(struct hv_lock *lock)
{
	atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
