/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is inside: epochs of walkers, so that what they may look at is not reused
 * under them. */
#include "internal.h"

void walker_enter(struct mezzo_space *space, struct mezzo_vcpu *vcpu)
{
	/*
	 * Sequentially consistent: the store must be seen before anything the walker then looks at
	 * is loaded, or walkers_left() could miss a walker that holds an old pointer.
	 */
	atomic_store(&vcpu->epoch, atomic_load(&space->epoch));
}

void walker_leave(struct mezzo_vcpu *vcpu)
{
	atomic_store_explicit(&vcpu->epoch, 0, memory_order_release);
}

uint64_t walkers_stamp(struct mezzo_space *space)
{
	return atomic_fetch_add(&space->epoch, 1);
}

bool walkers_left(const struct mezzo_space *space, uint64_t stamp)
{
	for (uint32_t i = 0; i < space->config.max_vcpus; i++) {
		uint64_t epoch = atomic_load(&space->config.vcpus[i].epoch);

		if (epoch && epoch <= stamp)
			return false;
	}
	return true;
}
