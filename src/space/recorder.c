/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder. Writers are vCPUs that take a number each; a cell's number is zero while it
 * is written, so a reader that finds the same number before and after has read one record.
 */
#include "internal.h"

void record(struct mezzo_space *space, uint64_t ipa, uint64_t part, uint32_t vcpu, uint8_t kind,
	    uint8_t order)
{
	struct mezzo_record_cell *cell;
	uint64_t number;

	if (!space->config.max_records)
		return;
	number = atomic_fetch_add_explicit(&space->recorded, 1, memory_order_relaxed) + 1;
	cell = &space->config.records[number & (space->config.max_records - 1)];
	part |= (uint64_t)(vcpu & 0xffff) | (uint64_t)kind << 24 | (uint64_t)order << 56;

	atomic_store_explicit(&cell->number, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->ipa, ipa, memory_order_release);
	atomic_store_explicit(&cell->rest, part, memory_order_release);
	atomic_store_explicit(&cell->number, number, memory_order_release);
}

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
