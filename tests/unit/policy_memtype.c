/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How stage 1 and stage 2 combine, against tables that were not made from this code. Their
 * standing: read out of Linux's AT emulation (arch/arm64/kvm/at.c), which cites R_HMNDG, R_TNHFM,
 * R_GQFSF, R_VRJSW and R_RHWZM of the Arm ARM; measured equal on QEMU 10.0.2 (AT S12E1R, PAR_EL1)
 * but for the cells that tests/oracle lists as its deviations. The tables are whole; the rows of
 * types that no entry of ours has are there to show that the rule is one rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/memtype.h>

#define nGnRnE MEZZO_ARM64_nGnRnE
#define nGnRE MEZZO_ARM64_nGnRE
#define nGRE MEZZO_ARM64_nGRE
#define GRE MEZZO_ARM64_GRE
#define NC MEZZO_ARM64_NC
#define WT MEZZO_ARM64_WT
#define WB MEZZO_ARM64_WB

/* [stage 2][stage 1], without FEAT_S2FWB. */
static const uint8_t without_fwb[MEZZO_ARM64_TYPES][MEZZO_ARM64_TYPES] = {
	[nGnRnE] = {nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE},
	[nGnRE] = {nGnRnE, nGnRE, nGnRE, nGnRE, nGnRE, nGnRE, nGnRE},
	[nGRE] = {nGnRnE, nGnRE, nGRE, nGRE, nGRE, nGRE, nGRE},
	[GRE] = {nGnRnE, nGnRE, nGRE, GRE, GRE, GRE, GRE},
	[NC] = {nGnRnE, nGnRE, nGRE, GRE, NC, NC, NC},
	[WT] = {nGnRnE, nGnRE, nGRE, GRE, NC, WT, WT},
	[WB] = {nGnRnE, nGnRE, nGRE, GRE, NC, WT, WB},
};

/* With it. No entry forces write-through; PASS is MemAttr 0b111, stage 1 unchanged. */
#define PASS MEZZO_ARM64_TYPES
static const uint8_t with_fwb[MEZZO_ARM64_TYPES + 1][MEZZO_ARM64_TYPES] = {
	[nGnRnE] = {nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE, nGnRnE},
	[nGnRE] = {nGnRnE, nGnRE, nGnRE, nGnRE, nGnRE, nGnRE, nGnRE},
	[nGRE] = {nGnRnE, nGnRE, nGRE, nGRE, nGRE, nGRE, nGRE},
	[GRE] = {nGnRnE, nGnRE, nGRE, GRE, GRE, GRE, GRE},
	[NC] = {nGnRnE, nGnRE, nGRE, GRE, NC, NC, NC},
	[WB] = {WB, WB, WB, WB, WB, WB, WB},
	[PASS] = {nGnRnE, nGnRE, nGRE, GRE, NC, WT, WB},
};

/* The rows that our entries are. */
static const struct {
	uint8_t without, with;
} row_of[MEZZO_STAGE2_TYPES] = {
	[MEZZO_STAGE2_DEVICE_nGnRE] = {nGnRE, nGnRE},
	[MEZZO_STAGE2_NORMAL_NC] = {NC, NC},
	[MEZZO_STAGE2_NORMAL_WB] = {WB, WB},
	[MEZZO_STAGE2_GUEST_CHOICE] = {WB, PASS},
};

static void combination_is_the_architectures(void **state)
{
	(void)state;
	for (unsigned int s2 = 0; s2 < MEZZO_STAGE2_TYPES; s2++)
		for (unsigned int s1 = 0; s1 < MEZZO_ARM64_TYPES; s1++) {
			assert_int_equal(mezzo_arm64_combine(s1, s2, false),
					 without_fwb[row_of[s2].without][s1]);
			assert_int_equal(mezzo_arm64_combine(s1, s2, true),
					 with_fwb[row_of[s2].with][s1]);
		}
}

/* What the header says of the order of enum mezzo_arm64_type, on the whole tables. */
static void order_of_types_is_the_rule(void **state)
{
	(void)state;
	for (unsigned int s2 = 0; s2 < MEZZO_ARM64_TYPES; s2++)
		for (unsigned int s1 = 0; s1 < MEZZO_ARM64_TYPES; s1++) {
			unsigned int stronger = s1 < s2 ? s1 : s2;

			assert_int_equal(without_fwb[s2][s1], stronger);
			if (s2 < WT)
				assert_int_equal(with_fwb[s2][s1], stronger);
		}
}

static void classes_split_the_types(void **state)
{
	(void)state;
	for (unsigned int type = nGnRnE; type <= GRE; type++)
		assert_int_equal(mezzo_arm64_class(type), MEZZO_CLASS_DEVICE);
	assert_int_equal(mezzo_arm64_class(NC), MEZZO_CLASS_NC);
	assert_int_equal(mezzo_arm64_class(WT), MEZZO_CLASS_WB);
	assert_int_equal(mezzo_arm64_class(WB), MEZZO_CLASS_WB);
}

static void reachable_is_what_some_stage_1_gets(void **state)
{
	static const uint8_t without[] = {1, 3, 7, 7}, with[] = {1, 3, 4, 7};

	(void)state;
	for (unsigned int s2 = 0; s2 < MEZZO_STAGE2_TYPES; s2++) {
		assert_int_equal(mezzo_arm64_reachable(s2, false), without[s2]);
		assert_int_equal(mezzo_arm64_reachable(s2, true), with[s2]);
	}
}

static void names_are_the_manuals(void **state)
{
	static const char *const types[] = {"Device-nGnRnE", "Device-nGnRE", "Device-nGRE",
					    "Device-GRE",    "Normal-NC",    "Normal-WT",
					    "Normal-WB",     "unknown"};
	static const char *const entries[] = {"device-nGnRE", "normal-nc", "normal-wb",
					      "guest-choice", "unknown"};

	(void)state;
	for (unsigned int type = 0; type <= MEZZO_ARM64_TYPES; type++)
		assert_string_equal(mezzo_arm64_type_name(type), types[type]);
	for (unsigned int s2 = 0; s2 <= MEZZO_STAGE2_TYPES; s2++)
		assert_string_equal(mezzo_arm64_stage2_name(s2), entries[s2]);
	assert_string_equal(mezzo_class_name(MEZZO_CLASS_DEVICE), "device");
	assert_string_equal(mezzo_class_name(MEZZO_CLASS_NC), "normal-nc");
	assert_string_equal(mezzo_class_name(MEZZO_CLASS_WB), "normal-wb");
	assert_string_equal(mezzo_class_name(MEZZO_CLASS_ALL), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(combination_is_the_architectures),
		cmocka_unit_test(order_of_types_is_the_rule),
		cmocka_unit_test(classes_split_the_types),
		cmocka_unit_test(reachable_is_what_some_stage_1_gets),
		cmocka_unit_test(names_are_the_manuals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
