/* SPDX-License-Identifier: BSD-2-Clause */
/* Names, reasons, presets and the check of facts that come from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/decide.h>
#include <mezzo/status.h>

static void every_reason_tells_name_sentence_and_source(void **state)
{
	(void)state;
	for (int reason = 0; reason < MEZZO_REASONS; reason++) {
		const struct mezzo_reason_text *text = mezzo_reason(reason);
		size_t length;

		assert_non_null(text->name);
		assert_non_null(text->sentence);
		assert_non_null(text->source);
		length = strlen(text->sentence);
		assert_true(length > 20);
		assert_int_equal(text->sentence[length - 1], '.');
		assert_true(strlen(text->source) > 4);
		assert_int_equal(mezzo_reason_parse(text->name), reason);
		assert_int_equal(strspn(text->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(text->name));
	}
}

static void what_is_no_reason_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(mezzo_reason(MEZZO_REASONS)->name, "unknown");
	assert_int_equal(mezzo_reason_parse("unknown"), -1);
	assert_int_equal(mezzo_reason_parse(""), -1);
	assert_int_equal(mezzo_reason_parse("cached-force"), -1);
	assert_int_equal(mezzo_reason_parse("cached-forced-"), -1);
}

/* The groups are those of the outcomes; a number outside belongs to none. */
static void every_reason_belongs_to_a_group(void **state)
{
	unsigned int seen = 0;

	(void)state;
	for (int reason = 0; reason < MEZZO_REASONS; reason++) {
		assert_true(mezzo_reason_group(reason) < MEZZO_REASON_GROUPS);
		seen |= 1u << mezzo_reason_group(reason);
	}
	assert_int_equal(seen, (1u << MEZZO_REASON_GROUPS) - 1);
	assert_int_equal(mezzo_reason_group(MEZZO_REASONS), MEZZO_REASON_GROUPS);
	assert_int_equal(mezzo_reason_group(-1), MEZZO_REASON_GROUPS);
	assert_int_equal(mezzo_reason_group(MEZZO_WHY_OBJECT_REVOKED), MEZZO_REASON_EXIT);
	assert_int_equal(mezzo_reason_group(MEZZO_WHY_UC_PAT_IGNORED), MEZZO_REASON_GRANT);
	assert_int_equal(mezzo_reason_group(MEZZO_WHY_DMA_NEEDS_MAINTENANCE), MEZZO_REASON_REFUSE);
}

#define NAMES_DIFFER(name, first, end)                                                             \
	do {                                                                                       \
		for (int a = (first); a < (end); a++) {                                            \
			assert_string_not_equal(name(a), "unknown");                               \
			for (int b = (first); b < a; b++)                                          \
				assert_string_not_equal(name(a), name(b));                         \
		}                                                                                  \
		assert_string_equal(name(end), "unknown");                                         \
		assert_string_equal(name((first) - 1), "unknown");                                 \
	} while (0)

static void enumerators_have_names_of_their_own(void **state)
{
	(void)state;
	NAMES_DIFFER(mezzo_aliases_name, 0, MEZZO_ALIASES_VALUES);
	NAMES_DIFFER(mezzo_maintenance_name, 0, MEZZO_MAINTENANCE_VALUES);
	NAMES_DIFFER(mezzo_dma_name, 0, MEZZO_DMA_VALUES);
	NAMES_DIFFER(mezzo_content_name, 0, MEZZO_CONTENT_VALUES);
	NAMES_DIFFER(mezzo_lines_name, 0, MEZZO_LINES_VALUES);
	NAMES_DIFFER(mezzo_action_name, 0, MEZZO_ACTIONS);
	NAMES_DIFFER(mezzo_outcome_name, 0, MEZZO_OUTCOMES);
	NAMES_DIFFER(mezzo_access_name, 0, MEZZO_ACCESS_KINDS);
	NAMES_DIFFER(mezzo_field_name, 0, MEZZO_FIELDS);
	NAMES_DIFFER(mezzo_preset_name, 0, MEZZO_PRESETS);
	NAMES_DIFFER(mezzo_status_name, MEZZO_ERR_POISONED, 1);
}

static void presets_parse_back(void **state)
{
	(void)state;
	for (int preset = 0; preset < MEZZO_PRESETS; preset++)
		assert_int_equal(mezzo_preset_parse(mezzo_preset_name(preset)), preset);
	assert_int_equal(mezzo_preset_parse("device2"), -1);
	assert_int_equal(mezzo_preset_parse("dev"), -1);
}

static void presets_are_the_documented_contracts(void **state)
{
	static const struct {
		uint8_t aliases, allow;
		bool clean; /* promised whatever the maintenance */
	} expected[MEZZO_PRESETS] = {
		[MEZZO_PRESET_DEVICE] = {MEZZO_ALIASES_DEVICE, MEZZO_CLASS_DEVICE, true},
		[MEZZO_PRESET_COMBINING] = {MEZZO_ALIASES_UNCACHED,
					    MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC, true},
		[MEZZO_PRESET_CACHED] = {MEZZO_ALIASES_CACHED, MEZZO_CLASS_WB, false},
		[MEZZO_PRESET_EXCLUSIVE] = {MEZZO_ALIASES_NONE, MEZZO_CLASS_ALL, false},
	};

	(void)state;
	for (unsigned int p = 0; p < MEZZO_PRESETS; p++)
		for (unsigned int m = 0; m < MEZZO_MAINTENANCE_VALUES; m++) {
			struct mezzo_contract c = mezzo_contract_preset(p, m);
			bool none = m == MEZZO_MAINTENANCE_NONE;
			bool clean = expected[p].clean || (none && p != MEZZO_PRESET_CACHED);

			assert_int_equal(c.aliases, expected[p].aliases);
			assert_int_equal(c.allow, expected[p].allow);
			assert_int_equal(c.maintenance, m);
			assert_int_equal(c.dma, MEZZO_DMA_NONE);
			assert_int_equal(c.max_order, MEZZO_ORDER_1G);
			assert_true(c.writable && !c.tag_storage && !c.is_private && !c.mmio);
			assert_int_equal(c.promise.lines == MEZZO_LINES_CLEAN, clean);
			assert_int_equal(c.promise.data == MEZZO_CONTENT_INITIALISED, none);
			assert_int_equal(c.promise.tags == MEZZO_CONTENT_INITIALISED, none);
		}
}

/* A slot of each preset, with the maintenance its owner would give it, on each kind of machine. */
static void presets_make_slots_where_they_should(void **state)
{
	static const struct {
		uint8_t preset, maintenance;
		bool without_fwb, with_fwb;
	} slots[] = {
		{MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_NONE, true, true},
		{MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_WINDOW, true, true},
		{MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_DIRECT, false, false},
		{MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE, true, true},
		{MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_WINDOW, true, true},
		{MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_DIRECT, false, false},
		{MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE, false, true},
		{MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW, true, true},
		{MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT, true, true},
		{MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_NONE, false, false},
		{MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW, true, true},
		{MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_DIRECT, false, false},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		for (int fwb = 0; fwb < 2; fwb++) {
			struct mezzo_facts facts = {
				.memory = mezzo_contract_preset(slots[i].preset,
								slots[i].maintenance),
				.machine.arm64 = {.fwb = fwb, .idc = fwb},
			};
			struct mezzo_decision decision;

			facts.frame = facts.memory.promise;
			mezzo_arm64_decide(&facts, &decision);
			assert_int_equal(decision.outcome == MEZZO_GRANT,
					 fwb ? slots[i].with_fwb : slots[i].without_fwb);
		}
}

static void facts_beyond_their_enumerations_are_not_valid(void **state)
{
	struct mezzo_facts good = {
		.memory = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT),
	};
	struct mezzo_facts bad;

	(void)state;
	assert_true(mezzo_arm64_facts_valid(&good));
#define INVALID(field, value)                                                                      \
	do {                                                                                       \
		bad = good;                                                                        \
		bad.field = (value);                                                               \
		assert_false(mezzo_arm64_facts_valid(&bad));                                       \
	} while (0)
	INVALID(memory.aliases, MEZZO_ALIASES_VALUES);
	INVALID(memory.allow, 0);
	INVALID(memory.allow, MEZZO_CLASS_ALL + 1);
	INVALID(memory.maintenance, MEZZO_MAINTENANCE_VALUES);
	INVALID(memory.dma, MEZZO_DMA_VALUES);
	INVALID(memory.max_order, MEZZO_ORDER_MAX + 1);
	INVALID(fault.slot, MEZZO_SLOT_KINDS);
	INVALID(fault.kind, MEZZO_FAULT_KINDS);
	INVALID(fault.access, MEZZO_ACCESS_KINDS);
	INVALID(fault.order, MEZZO_ORDER_MAX + 1);
#undef INVALID
}

/* Outside the sweep: nothing allowed, or what is no class, is nothing that can be granted. */
static void an_allowed_set_of_no_classes_is_refused(void **state)
{
	struct mezzo_facts facts = {
		.memory = mezzo_contract_preset(MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_WINDOW),
	};
	struct mezzo_decision decision;

	(void)state;
	for (unsigned int allow = 0; allow < 256; allow += MEZZO_CLASS_ALL + 1) {
		facts.memory.allow = (uint8_t)allow;
		mezzo_arm64_decide(&facts, &decision);
		assert_int_equal(decision.outcome, MEZZO_REFUSE);
		assert_int_equal(decision.reason, MEZZO_WHY_FACTS_INADMISSIBLE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_tells_name_sentence_and_source),
		cmocka_unit_test(what_is_no_reason_is_unknown),
		cmocka_unit_test(every_reason_belongs_to_a_group),
		cmocka_unit_test(enumerators_have_names_of_their_own),
		cmocka_unit_test(presets_parse_back),
		cmocka_unit_test(presets_are_the_documented_contracts),
		cmocka_unit_test(presets_make_slots_where_they_should),
		cmocka_unit_test(facts_beyond_their_enumerations_are_not_valid),
		cmocka_unit_test(an_allowed_set_of_no_classes_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
