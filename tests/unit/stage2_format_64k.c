/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of a 64 KiB granule: [51:48] of an address lie in [15:12]. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S2_PAGE_SHIFT 16
#define S2_LPA2 0
#define S2_PLAIN 0
#include "table/stage2_format.h"

#include "format_laws.h"

/* By hand, from the manual's figures of descriptors. */
static void golden_descriptors(void **state)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	assert_int_equal(format_encode(laws_table(0), (struct mezzo_pa){UINT64_C(0xfffffffff0000)},
				       3, &attr),
			 UINT64_C(0xfffffffff7ff));
	assert_int_equal(format_encode(laws_table(0), (struct mezzo_pa){UINT64_C(0xf000020000000)},
				       2, &attr),
			 UINT64_C(0x2000f7fd));
	assert_int_equal(format_encode(laws_table(0), (struct mezzo_pa){UINT64_C(0x0fc0000000000)},
				       1, &attr),
			 UINT64_C(0xfc00000007fd));
	assert_int_equal(format_table(UINT64_C(0xa000000010000)), UINT64_C(0x1a003));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_descriptors),
		LAWS,
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
