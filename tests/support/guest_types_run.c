/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_types_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SLOT_PA UINT64_C(0x2000000000)

uint64_t types_run_random(uint64_t *seed)
{
	/* splitmix64 */
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t types_run_below(uint64_t *seed, uint64_t limit)
{
	return types_run_random(seed) % limit;
}

static uint64_t slot_ipa(unsigned int slot)
{
	return slot ? (UINT64_C(1) << 30) + slot * (UINT64_C(12) << 20) : 0;
}

static struct mezzo_contract contract_of(unsigned int slot, uint64_t *seed)
{
	static const uint8_t presets[RUN_SLOTS] = {
		MEZZO_PRESET_EXCLUSIVE, MEZZO_PRESET_EXCLUSIVE, MEZZO_PRESET_CACHED,
		MEZZO_PRESET_COMBINING, MEZZO_PRESET_EXCLUSIVE, MEZZO_PRESET_CACHED,
	};
	struct mezzo_contract contract =
		mezzo_contract_preset((enum mezzo_preset)presets[slot], MEZZO_MAINTENANCE_WINDOW);

	contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	contract.max_order = types_run_below(seed, 2) ? MEZZO_ORDER_2M : MEZZO_ORDER_4K;
	return contract;
}

void types_run_open(struct types_run *run, uint64_t seed)
{
	memset(run, 0, sizeof(*run));
	run->seed = seed;
	run->now = run->types[0] = x86_types(MEZZO_X86_WB);
	run->world = x86_world(types_run_below(&run->seed, 2) ? MEZZO_X86_NPT : MEZZO_X86_EPT,
			       types_run_below(&run->seed, 2), run->types);
	for (unsigned int i = 0; i < RUN_SLOTS; i++) {
		const struct mezzo_contract contract = contract_of(i, &run->seed);

		assert_int_equal(mezzo_bar_init(&run->bar[i], &run->world->hosted.platform,
						&contract,
						(struct mezzo_pa){SLOT_PA + ((uint64_t)i << 30)},
						RUN_SLOT_PAGES),
				 MEZZO_OK);
		world_slot(run->world, i, slot_ipa(i), &run->bar[i].object, RUN_SLOT_PAGES, 0);
	}
}

uint8_t types_run_due(const struct types_run *run, unsigned int slot, uint64_t page)
{
	const struct mezzo_contract *contract = &run->bar[slot].object.contract;
	const uint64_t ipa = slot_ipa(slot) + (page << 12);
	struct mezzo_decision decision;
	const struct mezzo_facts facts = {
		.memory = *contract,
		.frame = contract->promise,
		.machine = run->world->space.config.machine,
		.guest.x86 = {.honour_mtrr = true,
			      .cr0_cd = run->now.cr0_cd,
			      .mtrr = mezzo_x86_mtrr_at(&run->now.mtrr, ipa).type},
		.fault = {.slot = MEZZO_SLOT_READ_WRITE, .access = MEZZO_ACCESS_WRITE},
	};

	mezzo_x86_decide(&facts, &decision);
	assert_int_equal(decision.outcome, MEZZO_GRANT);
	return decision.type;
}

void types_run_write(struct types_run *run)
{
	static const uint8_t types[] = {MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WT, MEZZO_X86_WP,
					MEZZO_X86_WB};
	static const uint16_t fixed[] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
					 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};
	uint64_t *seed = &run->seed;
	const uint8_t type = types[types_run_below(seed, 5)];
	const unsigned int slot = (unsigned int)types_run_below(seed, RUN_SLOTS);
	const uint64_t bytes = UINT64_C(1) << (12 + types_run_below(seed, 13));
	const uint64_t at =
		(slot_ipa(slot) + (types_run_below(seed, 2 * RUN_SLOT_PAGES) << 12)) & ~(bytes - 1);

	switch (types_run_below(seed, 8)) {
	case 0:
		run->now.cr0_cd = !run->now.cr0_cd;
		break;
	case 1:
		run->now.mtrr.def_type = (types_run_random(seed) & 0xc00) | type;
		break;
	case 2:
		assert_int_equal(mezzo_x86_mtrr_write(&run->now.mtrr,
						      fixed[types_run_below(seed, 11)],
						      type * UINT64_C(0x0100010000010001)),
				 MEZZO_X86_MTRR_OK);
		break;
	case 3: /* off */
		run->now.mtrr.variable[types_run_below(seed, 8)].mask = 0;
		break;
	default:
		x86_types_range(&run->now, (unsigned int)types_run_below(seed, 8), at, bytes,
				(enum mezzo_x86_type)type);
	}
}

struct mezzo_fault_result types_run_touch(struct types_run *run, uint32_t vcpu, unsigned int slot,
					  uint64_t page, bool write)
{
	const struct mezzo_fault_info info = {
		.ipa = {slot_ipa(slot) + (page << 12)},
		.access = write ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
		.kind = MEZZO_FAULT_MISSING,
	};
	struct mezzo_fault_result result = {.outcome = MEZZO_OUTCOMES};

	if (mezzo_space_fault(&run->world->space, vcpu, &info, &result))
		result.outcome = MEZZO_OUTCOMES;
	return result;
}

struct mezzo_leaf types_run_leaf(struct types_run *run, unsigned int slot, uint64_t page)
{
	return world_leaf(run->world, slot_ipa(slot) + (page << 12));
}

bool types_run_wrong(struct types_run *run, unsigned int *slot, uint64_t *page)
{
	for (*slot = 0; *slot < RUN_SLOTS; ++*slot)
		for (*page = 0; *page < RUN_SLOT_PAGES; ++*page) {
			const struct mezzo_leaf leaf = types_run_leaf(run, *slot, *page);

			if (leaf.state == MEZZO_ENTRY_LEAF &&
			    leaf.attr.type != types_run_due(run, *slot, *page))
				return true;
		}
	return false;
}
