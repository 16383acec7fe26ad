/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong bits: each in tables of its own, put there when everything that the engine says of them has
 * been written down.
 */
#include "maker.h"

#include <mezzo/status.h>

#define BASE UINT64_C(0x100000000)
#define WB MEZZO_X86_STAGE2_WB
#define UC MEZZO_X86_STAGE2_UC

struct plant {
	const char *name;
	enum probe_format format;
	uint8_t order; /* of the leaf at BASE */
	uint8_t type;
	const char *permissions; /* in capitals: logged */
	int level;               /* of the entry on the way to it; 3 is the last, -1 the fifth */
	uint64_t flip;
};

static const struct plant plants[] = {
	{"ept-read", FORMAT_EPT, MEZZO_ORDER_4K, WB, "r", 3, 1},
	{"ept-write-only", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 3, 1},
	{"ept-write", FORMAT_EPT, MEZZO_ORDER_4K, WB, "r", 3, 2},
	{"ept-write-lost", FORMAT_EPT, MEZZO_ORDER_2M, WB, "rw", 2, 2},
	{"ept-execute", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 3, 4},
	{"ept-execute-lost", FORMAT_EPT, MEZZO_ORDER_1G, WB, "rwx", 1, 4},
	{"ept-type-7", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 3, 1 << 3},
	{"ept-type-2", FORMAT_EPT, MEZZO_ORDER_2M, UC, "rw", 2, 2 << 3},
	{"ept-type-3", FORMAT_EPT, MEZZO_ORDER_1G, UC, "rw", 1, 3 << 3},
	{"ept-leaf", FORMAT_EPT, MEZZO_ORDER_2M, UC, "rw", 2, 1 << 7},
	{"ept-dirty", FORMAT_EPT, MEZZO_ORDER_4K, WB, "RW", 3, 1 << 9},
	{"ept-page-address", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 3, 1 << 12},
	{"ept-block-address", FORMAT_EPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 21},
	{"ept-block-address-12", FORMAT_EPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 12},
	{"ept-block-address-13", FORMAT_EPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 13},
	{"ept-address-51", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 3, UINT64_C(1) << 51},
	{"ept-table-write", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rwx", 2, 2},
	{"ept-table-reserved", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 2, 1 << 3},
	{"ept-table-address", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 2, 1 << 12},
	{"ept-top-reserved", FORMAT_EPT, MEZZO_ORDER_4K, WB, "rw", 0, 1 << 7},
	{"npt-present", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 3, 1},
	{"npt-write", FORMAT_NPT, MEZZO_ORDER_4K, WB, "r", 3, 2},
	{"npt-write-lost", FORMAT_NPT, MEZZO_ORDER_2M, WB, "rw", 2, 2},
	{"npt-user", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 3, 4},
	{"npt-leaf", FORMAT_NPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 7},
	{"npt-dirty", FORMAT_NPT, MEZZO_ORDER_4K, WB, "RW", 3, 1 << 6},
	{"npt-page-address", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 3, 1 << 12},
	{"npt-block-address", FORMAT_NPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 21},
	{"npt-block-address-13", FORMAT_NPT, MEZZO_ORDER_2M, WB, "rw", 2, 1 << 13},
	{"npt-address-51", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 3, UINT64_C(1) << 51},
	{"npt-execute", FORMAT_NPT, MEZZO_ORDER_1G, WB, "rw", 1, UINT64_C(1) << 63},
	{"npt-execute-lost", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rwx", 3, UINT64_C(1) << 63},
	{"npt-table-write", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rwx", 2, 2},
	{"npt-table-user", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 2, 4},
	{"npt-table-address", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 2, 1 << 12},
	{"npt-top-reserved-7", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 0, 1 << 7},
	{"npt-top-reserved-8", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", 0, 1 << 8},
	{"npt-fifth-present", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", -1, 1},
	{"npt-fifth-write", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", -1, 2},
	{"npt-fifth-address", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", -1, 1 << 12},
	{"npt-fifth-reserved-7", FORMAT_NPT, MEZZO_ORDER_4K, WB, "rw", -1, 1 << 7},
};

/* Every one touches a slot of its own: what a write leaves where it should not have come stays. */
static void plant_make(struct maker *m, const struct plant *plant, unsigned int number)
{
	const uint64_t offset = plant->order == MEZZO_ORDER_1G ? FRAMES_PA : 0;
	const bool logged = plant->permissions[0] == 'R';
	struct mezzo_attr attr = attr_of(plant->type, logged ? "rw" : plant->permissions);

	attr.logged = logged;
	scene_open(m, plant->name, plant->format,
		   &(struct scene_config){.levels = plant->level < 0 ? 5 : 4,
					  .features = {.leaf_1g = true, .dirty = true}});
	map(m, BASE, offset ? 0 : FRAMES_PA, plant->order, attr);
	probe(m, BASE + offset + number * SLOT_BYTES);
	scene_close(m);
	*entry_at(m, BASE, plant->level) ^= plant->flip;
}

void plants_make(struct maker *m)
{
	for (unsigned int i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		plant_make(m, &plants[i], i + 1);
}
