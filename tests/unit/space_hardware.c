/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every TLB invalidation, barrier and byte of maintenance that an operation asks of the hardware, on
 * every kind of machine: exactly so many. What is more is waste, and what is less may be a bug: the
 * model platform tells which of them are necessary (tests/property/mutations.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hardware.h"

/* In the order of enum hardware_machine; NULL: as the machine before. */
static const struct {
	const char *operation;
	const char *asked[HARDWARE_MACHINES];
} pinned[] = {
	{"exclusive_grant_4k", {"dsb 3 cleaned_kib 4 zeroed_kib 4", NULL, NULL, NULL, NULL, NULL}},
	{"exclusive_grant_2m",
	 {"dsb 3 cleaned_kib 2048 zeroed_kib 2048", NULL, NULL, NULL, NULL, NULL}},
	{"exclusive_return_2m",
	 {"range 1 combined 1 dsb 5 isb 1 cleaned_kib 2048", "space 1 dsb 4 isb 1 cleaned_kib 2048",
	  "range 1 combined 1 dsb 5 isb 1 cleaned_kib 2048", "space 1 dsb 4 isb 1 cleaned_kib 2048",
	  NULL, NULL}},
	{"fault_read_4k", {"dsb 1", NULL, NULL, NULL, NULL, NULL}},
	{"fault_read_2m", {"dsb 1", NULL, NULL, NULL, NULL, NULL}},
	{"fault_exec_4k",
	 {"entry 1 combined 1 dsb 3", NULL, "entry 1 combined 1 dsb 4 isb 1 icache 1", NULL,
	  "nothing", NULL}},
	{"fault_write_logged_4k",
	 {"entry 1 combined 1 dsb 3", NULL, NULL, NULL, "space 1 dsb 2", NULL}},
	{"unmap_4k",
	 {"entry 1 combined 1 dsb 5 isb 1 cleaned_kib 4", NULL, NULL, NULL,
	  "space 1 dsb 4 isb 1 cleaned_kib 4", NULL}},
	{"unmap_64_pages",
	 {"range 1 combined 1 dsb 68 isb 1 cleaned_kib 256", "space 1 dsb 67 isb 1 cleaned_kib 256",
	  "range 1 combined 1 dsb 68 isb 1 cleaned_kib 256", "space 1 dsb 67 isb 1 cleaned_kib 256",
	  NULL, NULL}},
	{"unmap_2m",
	 {"entry 1 combined 1 dsb 5 isb 1 cleaned_kib 2048", NULL, NULL, NULL,
	  "space 1 dsb 4 isb 1 cleaned_kib 2048", NULL}},
	{"unmap_8_blocks",
	 {"range 1 combined 1 dsb 12 isb 1 cleaned_kib 16384",
	  "space 1 dsb 11 isb 1 cleaned_kib 16384",
	  "range 1 combined 1 dsb 12 isb 1 cleaned_kib 16384",
	  "space 1 dsb 11 isb 1 cleaned_kib 16384", NULL, NULL}},
	{"unmap_cached_2m",
	 {"range 1 combined 1 dsb 3 isb 1", "space 1 dsb 2 isb 1",
	  "range 1 combined 1 dsb 5 isb 1 cleaned_kib 2048", "space 1 dsb 4 isb 1 cleaned_kib 2048",
	  "space 1 dsb 2 isb 1", NULL}},
	{"revoke_2m",
	 {"entry 1 combined 1 dsb 5 isb 1 cleaned_kib 2048", NULL, NULL, NULL,
	  "space 1 dsb 4 isb 1 cleaned_kib 2048", NULL}},
	{"protect_2m",
	 {"entry 1 combined 1 dsb 3 isb 1", NULL, NULL, NULL, "space 1 dsb 2 isb 1", NULL}},
	{"split_2m", {"entry 1 combined 1 dsb 4", NULL, NULL, NULL, "space 1 dsb 3", NULL}},
	{"collapse_2m",
	 {"entry 1 range 1 combined 2 dsb 7 isb 1", "entry 1 combined 1 space 1 dsb 6 isb 1",
	  "entry 1 range 1 combined 2 dsb 7 isb 1", "entry 1 combined 1 space 1 dsb 6 isb 1",
	  "space 2 dsb 5 isb 1", NULL}},
	{"dirty_clear_4k",
	 {"entry 1 combined 1 dsb 3 isb 1", NULL, NULL, NULL, "space 1 dsb 2 isb 1", NULL}},
	{"dirty_clear_64_pages",
	 {"range 1 combined 1 dsb 3 isb 1", "space 1 dsb 2 isb 1", "range 1 combined 1 dsb 3 isb 1",
	  "space 1 dsb 2 isb 1", NULL, NULL}},
	{"age_2m",
	 {"entry 1 combined 1 dsb 3 isb 1", NULL, NULL, NULL, "space 1 dsb 2 isb 1", NULL}},
	{"convert_to_shared_kept_2m",
	 {"range 1 combined 1 dsb 6 isb 1 cleaned_kib 4096", "space 1 dsb 5 isb 1 cleaned_kib 4096",
	  "range 1 combined 1 dsb 6 isb 1 cleaned_kib 4096", "space 1 dsb 5 isb 1 cleaned_kib 4096",
	  NULL, NULL}},
	{"convert_to_shared_zeroed_2m",
	 {"range 1 combined 1 dsb 7 isb 1 cleaned_kib 4096 zeroed_kib 2048",
	  "space 1 dsb 6 isb 1 cleaned_kib 4096 zeroed_kib 2048",
	  "range 1 combined 1 dsb 7 isb 1 cleaned_kib 4096 zeroed_kib 2048",
	  "space 1 dsb 6 isb 1 cleaned_kib 4096 zeroed_kib 2048", NULL, NULL}},
	{"convert_to_private_2m",
	 {"range 1 combined 1 dsb 5 isb 1 cleaned_kib 2048 zeroed_kib 2048",
	  "space 1 dsb 4 isb 1 cleaned_kib 2048 zeroed_kib 2048",
	  "range 1 combined 1 dsb 7 isb 1 cleaned_kib 4096 zeroed_kib 2048",
	  "space 1 dsb 6 isb 1 cleaned_kib 4096 zeroed_kib 2048",
	  "space 1 dsb 4 isb 1 cleaned_kib 2048 zeroed_kib 2048", NULL}},
};
#define PINNED (sizeof(pinned) / sizeof(pinned[0]))

static void operations_ask_exactly_this(void **state)
{
	(void)state;
	for (size_t i = 0; i < PINNED; i++) {
		const char *want = NULL;

		assert_string_equal(hardware_operation_name(i), pinned[i].operation);
		for (int m = 0; m < HARDWARE_MACHINES; m++) {
			struct hardware_counts counts;
			char got[160];

			want = pinned[i].asked[m] ? pinned[i].asked[m] : want;
			assert_true(hardware_measure((enum hardware_machine)m, i, &counts));
			hardware_print(&counts, got, sizeof(got));
			if (strcmp(got, want))
				fail_msg("%s on %s: asked %s, pinned %s", pinned[i].operation,
					 hardware_machine_name[m], got, want);
		}
	}
}

static void every_operation_is_pinned(void **state)
{
	(void)state;
	assert_null(hardware_operation_name(PINNED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_ask_exactly_this),
		cmocka_unit_test(every_operation_is_pinned),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
