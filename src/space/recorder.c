/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the flight recorder; record() in internal.h writes it. */
#include "internal.h"

bool mezzo_space_record(const struct mezzo_space *space, uint64_t number, struct mezzo_record *out)
{
	const struct mezzo_record_cell *cell;
	uint64_t rest;

	if (!space->config.max_records || number == 0)
		return false;
	cell = &space->config.records[number & (space->config.max_records - 1)];
	if (atomic_load_explicit(&cell->number, memory_order_acquire) != number)
		return false;
	out->ipa.addr = atomic_load_explicit(&cell->ipa, memory_order_acquire);
	rest = atomic_load_explicit(&cell->rest, memory_order_acquire);
	if (atomic_load_explicit(&cell->number, memory_order_relaxed) != number)
		return false;

	out->number = number;
	out->vcpu = (uint16_t)rest;
	out->access = (uint8_t)(rest >> 16);
	out->kind = (uint8_t)(rest >> 24);
	out->outcome = (uint8_t)(rest >> 32);
	out->reason = (uint8_t)(rest >> 40);
	out->type = (uint8_t)(rest >> 48);
	out->order = (uint8_t)(rest >> 56);
	return true;
}

uint64_t mezzo_space_recorded(const struct mezzo_space *space)
{
	return atomic_load_explicit(&space->recorded, memory_order_relaxed);
}
