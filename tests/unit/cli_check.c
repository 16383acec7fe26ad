/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/check_options.c cli/check_parts.c cli/linux/policy.c cli/linux/fault.c */
/* sources: cli/linux/slot.c cli/linux/text.c */
/*
 * The words that `mezzo check` accepts are those of the tables that they index, and the tables of
 * scenarios and parts are sound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../cli/check.h"

static const struct cli_value *values(enum check_option option)
{
	return check_options[option].values;
}

static unsigned int length(enum check_option option)
{
	unsigned int count = 0;

	while (values(option)[count].name)
		count++;
	return count;
}

static void policies_are_in_order(void **state)
{
	unsigned int i = 0;

	(void)state;
	for (; check_policies[i]; i++)
		assert_string_equal(values(CHECK_POLICY)[i].name, check_policies[i]->name);
	assert_int_equal(length(CHECK_POLICY), i);
}

static void properties_are_in_order(void **state)
{
	(void)state;
	assert_int_equal(length(CHECK_PROPERTY), CHECK_PROPERTIES);
	for (unsigned int i = 0; i < CHECK_PROPERTIES; i++) {
		assert_string_equal(values(CHECK_PROPERTY)[i].name, check_property_texts[i].id);
		assert_string_equal(values(CHECK_PROPERTY)[i].help, check_property_texts[i].name);
	}
}

static void parts_are_in_order(void **state)
{
	(void)state;
	assert_int_equal(length(CHECK_PART), PARTS);
	for (unsigned int i = 0; i < PARTS; i++)
		assert_string_equal(values(CHECK_PART)[i].name, check_parts[i].name);
}

static void duties_are_in_order(void **state)
{
	uint32_t bit;

	(void)state;
	for (unsigned int i = 0; i < length(CHECK_WITHOUT); i++) {
		const struct check_subject *subject = check_duty(i, &bit);

		assert_string_equal(values(CHECK_WITHOUT)[i].name,
				    subject->duties[__builtin_ctz(bit)].name);
	}
	assert_int_equal(length(CHECK_WITHOUT),
			 arm64_subject.duties_count + race_subject.duties_count);
}

static void assumptions_are_in_order(void **state)
{
	(void)state;
	assert_int_equal(length(CHECK_DOUBT), CHECK_ASSUMPTIONS);
	for (unsigned int i = 0; i < CHECK_ASSUMPTIONS; i++)
		assert_string_equal(values(CHECK_DOUBT)[i].name, check_assumption_texts[i].id);
}

static void scenarios_are_in_order_and_exist(void **state)
{
	(void)state;
	for (unsigned int i = 0; check_scenario_at(i); i++) {
		const struct check_scenario *s = check_scenario_at(i);
		struct check_world world[2];

		assert_string_equal(values(CHECK_SCENARIO)[i].name, s->name);
		if (!check_scenario_world(s, &check_policy_mezzo, world))
			fail_msg("%s is no configuration of its family", s->name);
		assert_true(i < length(CHECK_SCENARIO));
	}
	assert_null(check_scenario_at(length(CHECK_SCENARIO)));
}

/* A model must fit where a judge keeps it, and be compared by whole words. */
static void models_fit(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < PARTS; i++) {
		assert_true(check_parts[i].subject->model_bytes <= CHECK_MODEL_BYTES);
		assert_int_equal(check_parts[i].subject->model_bytes % 8, 0);
		assert_true(check_parts[i].subject->machine->state_bits <= 64);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_in_order),
		cmocka_unit_test(properties_are_in_order),
		cmocka_unit_test(parts_are_in_order),
		cmocka_unit_test(duties_are_in_order),
		cmocka_unit_test(assumptions_are_in_order),
		cmocka_unit_test(scenarios_are_in_order_and_exist),
		cmocka_unit_test(models_fit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
