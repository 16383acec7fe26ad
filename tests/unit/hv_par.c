/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/monitor/par.c */
/* Reading the memory type out of PAR_EL1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/monitor/par.h"

static void attributes_are_read(void **state)
{
	const struct {
		unsigned int attr;
		int type;
	} rows[] = {
		{0x00, MEZZO_ARM64_nGnRnE},
		{0x04, MEZZO_ARM64_nGnRE},
		{0x08, MEZZO_ARM64_nGRE},
		{0x0c, MEZZO_ARM64_GRE},
		{0x44, MEZZO_ARM64_NC},
		{0xbb, MEZZO_ARM64_WT},
		{0x88, MEZZO_ARM64_WT},
		{0x33, MEZZO_ARM64_WT},
		{0xff, MEZZO_ARM64_WB},
		{0xee, MEZZO_ARM64_WB},
		{0x77, MEZZO_ARM64_WB},
		{0xf0, MEZZO_ARM64_WB},
		/* outer and inner differ, or nothing that an entry of ours makes */
		{0x4f, -1},
		{0xb4, -1},
		{0xfb, -1},
		{0x01, -1},
		{0x40, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(hv_par_type((uint64_t)rows[i].attr << 56 | 0x80000180),
				 rows[i].type);
}

static void a_fault_has_no_type(void **state)
{
	(void)state;
	assert_int_equal(hv_par_type(UINT64_C(0xff) << 56 | 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_read),
		cmocka_unit_test(a_fault_has_no_type),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
