/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is inside: epochs of walkers, so that what they may look at is not reused
 * under them. */
#include "internal.h"

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
