/* SPDX-License-Identifier: BSD-2-Clause */
#include "notes.h"

#include <stdatomic.h>
#include <stdint.h>

#include <space/internal.h>

#define VALID UINT64_C(1)
#define TABLE UINT64_C(2)
#define WRITABLE (UINT64_C(1) << 7)
#define ACCESSED (UINT64_C(1) << 10)
#define DBM (UINT64_C(1) << 51)
#define ADDRESS UINT64_C(0x0000fffffffff000)

static _Atomic uint64_t *descriptor(const struct mezzo_table *table, uint64_t ipa, uint64_t *value)
{
	uint64_t *entries = table->root;
	unsigned int shift = table->start_shift;
	uint64_t index = ipa >> shift;

	for (;;) {
		_Atomic uint64_t *entry = (_Atomic uint64_t *)&entries[index];

		*value = atomic_load(entry);
		if (shift == MEZZO_PAGE_SHIFT || (*value & (VALID | TABLE)) != (VALID | TABLE))
			return entry;
		entries =
			(uint64_t *)(uintptr_t)((*value & ADDRESS) + table->platform->table_offset);
		shift -= 9;
		index = ipa >> shift & 511;
	}
}

static bool write_by(const struct mezzo_table *table, uint64_t ipa)
{
	uint64_t value, to;
	_Atomic uint64_t *entry;

	do {
		entry = descriptor(table, ipa, &value);
		to = value | ACCESSED;
		if (!(value & VALID))
			return false;
		if (value & DBM && table->features.dirty)
			to |= WRITABLE;
		if (!(to & WRITABLE) || (!(value & ACCESSED) && !table->features.access))
			return false;
	} while (!atomic_compare_exchange_weak(entry, &value, to));
	return true;
}

bool notes_write(struct mezzo_space *space, uint32_t vcpu, struct mezzo_ipa ipa)
{
	bool done;

	walker_enter(space, &space->config.vcpus[vcpu]);
	done = write_by(&space->table, ipa.addr);
	walker_leave(&space->config.vcpus[vcpu]);
	return done;
}
