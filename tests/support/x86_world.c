/* SPDX-License-Identifier: BSD-2-Clause */
#include "x86_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ENABLE 0xc00 /* E and FE of IA32_MTRR_DEF_TYPE */
#define VALID 0x800

struct mezzo_guest_types x86_types(enum mezzo_x86_type type)
{
	struct mezzo_guest_types types = {
		.mtrr = {.count = 8, .pa_bits = WORLD_IPA_BITS, .def_type = ENABLE | type},
	};

	for (unsigned int i = 0; i < MEZZO_X86_MTRR_FIXED; i++)
		types.mtrr.fixed[i] = UINT64_C(0x0101010101010101) * type;
	return types;
}

void x86_types_range(struct mezzo_guest_types *types, unsigned int index, uint64_t addr,
		     uint64_t bytes, enum mezzo_x86_type type)
{
	const uint64_t all = (UINT64_C(1) << WORLD_IPA_BITS) - 1;

	assert_int_equal(mezzo_x86_mtrr_write(&types->mtrr, 0x200 + 2 * index, addr | type),
			 MEZZO_X86_MTRR_OK);
	assert_int_equal(mezzo_x86_mtrr_write(&types->mtrr, 0x201 + 2 * index,
					      (all & ~(bytes - 1)) | VALID),
			 MEZZO_X86_MTRR_OK);
}

struct world *x86_world(enum mezzo_x86_engine engine, bool self_snoop,
			struct mezzo_guest_types *types)
{
	const struct world_options options = {
		.arch = engine == MEZZO_X86_EPT ? &mezzo_arch_x86_ept : &mezzo_arch_x86_npt,
		.x86 = {.engine = (uint8_t)engine, .self_snoop = self_snoop},
		.x86_tables = {.levels = 4, .host_pat = X86_HOST_PAT},
		.features = {.leaf_1g = true},
		.guest_types = types,
	};

	return world_new(&options);
}

unsigned int x86_change(struct world *world, const struct mezzo_guest_types *to)
{
	unsigned int calls = 1;
	int status;

	while ((status = mezzo_guest_types_change(&world->space, to)) == MEZZO_ERR_AGAIN)
		calls++;
	assert_int_equal(status, MEZZO_OK);
	return calls;
}
