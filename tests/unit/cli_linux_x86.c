/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/x86.c cli/linux/release.c cli/linux/slot.c */
/* What audit says of KVM's memory types on x86: every combination of facts, by version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "cli/linux/x86.h"

#define UC MEZZO_CLASS_DEVICE
#define WC MEZZO_CLASS_NC
#define WB MEZZO_CLASS_WB
#define ALL MEZZO_CLASS_ALL

static void every_combination_by_version(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < 8 * LINUX_X86_RULES * 3; bits++) {
		struct linux_x86_facts f = {
			.mmio = bits & 1,
			.noncoherent_dma = bits & 2,
			.quirk_disabled = bits & 4,
			.rules = (enum linux_x86_rules)(bits / 8 % LINUX_X86_RULES),
			.paging = (enum linux_x86_paging)(bits / 8 / LINUX_X86_RULES),
		};
		struct linux_x86_leaf leaf = linux_x86_leaf(&f);
		bool honours;

		assert_non_null(linux_x86_rule_text(leaf.rule)->name);
		switch (f.paging) {
		case LINUX_X86_NPT:
			/* The CPU combines: nothing that KVM knows of makes a difference. */
			assert_int_equal(leaf.classes, f.mmio ? UC | WC : ALL);
			break;
		case LINUX_X86_SHADOW:
			assert_int_equal(leaf.classes, f.mmio ? UC : WB);
			break;
		case LINUX_X86_EPT:
			honours = f.noncoherent_dma ||
				  (f.quirk_disabled && f.rules == LINUX_X86_6_16);
			assert_int_equal(leaf.classes, f.mmio ? UC | WC : honours ? ALL : WB);
			assert_int_equal(leaf.ignore_pat, !f.mmio && !honours);
			assert_int_equal(leaf.rule == LINUX_X86_GUEST_MTRR,
					 !f.mmio && f.noncoherent_dma && f.rules == LINUX_X86_6_10);
			break;
		}
		/* Device memory is cached by nobody, in no version. */
		if (f.mmio)
			assert_false(leaf.classes & WB);
	}
}

static void rules_by_release(void **state)
{
	static const struct {
		const char *release;
		enum linux_x86_rules rules;
	} table[] = {
		{"6.1.0", LINUX_X86_6_10},  {"6.10.3", LINUX_X86_6_10}, {"6.11.0", LINUX_X86_6_11},
		{"6.15.9", LINUX_X86_6_11}, {"6.16.0", LINUX_X86_6_16}, {"7.0.1", LINUX_X86_6_16},
	};
	struct linux_release r;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(linux_release_parse(table[i].release, NULL, &r));
		assert_int_equal(linux_x86_rules(&r), table[i].rules);
	}
	assert_string_equal(linux_x86_rules_name(LINUX_X86_6_10), "6.10");
	assert_string_equal(linux_x86_rules_name(LINUX_X86_6_16), "6.16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_by_version),
		cmocka_unit_test(rules_by_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
