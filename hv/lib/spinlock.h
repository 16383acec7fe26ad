/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LIB_SPINLOCK_H
#define HV_LIB_SPINLOCK_H
/*
 * A ticket lock: fair, so that the time any CPU waits at EL2 is bounded by the others' sections.
 * EL2 runs with interrupts masked, so there is nothing to save. Needs the MMU on.
 */
#include <stdint.h>

struct hv_spinlock {
	uint32_t next;
	uint32_t owner;
};

static inline void hv_spin_lock(struct hv_spinlock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		__asm__ volatile("wfe");
}

static inline void hv_spin_unlock(struct hv_spinlock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

#endif
