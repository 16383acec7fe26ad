/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo check --list: everything that has a name. */
#include "check_modes.h"
#include "render.h"

static void row(struct render_table *t, const char *name, const char *more, const char *text)
{
	render_row(t, RENDER_PLAIN, (const char *const[RENDER_COLUMNS]){name, more, text});
}

static void text_policies(void)
{
	struct render_table *t = render_begin(NULL, 3);

	render_heading("Policies");
	for (unsigned int i = 0; check_policies[i]; i++)
		row(t, check_policies[i]->name,
		    check_policies[i]->reconstruction ? "reconstruction" : "shipped",
		    check_policies[i]->summary);
	render_end(t);
}

static void text_properties(void)
{
	struct render_table *t = render_begin(NULL, 3);

	render_heading("Properties");
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		row(t, check_property_texts[p].id, check_property_texts[p].name,
		    check_property_texts[p].statement);
	render_end(t);
}

static void text_pairs(void)
{
	struct render_table *t = render_begin(NULL, 2);
	uint32_t bit;

	render_heading("Assumptions");
	for (unsigned int a = 0; a < CHECK_ASSUMPTIONS; a++)
		row(t, check_assumption_texts[a].id, check_assumption_texts[a].statement, NULL);
	render_end(t);
	t = render_begin(NULL, 2);
	render_heading("Actions, for --without");
	for (unsigned int i = 0; check_options[CHECK_WITHOUT].values[i].name; i++) {
		const struct check_subject *subject = check_duty(i, &bit);
		const struct check_duty *duty = &subject->duties[__builtin_ctz(bit)];

		row(t, duty->name, duty->what, NULL);
	}
	render_end(t);
	t = render_begin(NULL, 2);
	render_heading("Scenarios");
	for (unsigned int i = 0; check_scenario_at(i); i++)
		row(t, check_scenario_at(i)->name, check_scenario_at(i)->title, NULL);
	render_end(t);
}

static json_t *pair(const char *name, const char *text)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "text", json_string(text));
	return o;
}

static json_t *json_policies(void)
{
	json_t *array = json_array();

	for (unsigned int i = 0; check_policies[i]; i++) {
		json_t *o = pair(check_policies[i]->name, check_policies[i]->summary);

		json_object_set_new(o, "source", json_string(check_policies[i]->source));
		json_object_set_new(o, "reconstruction",
				    json_boolean(check_policies[i]->reconstruction));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *json_properties(void)
{
	json_t *array = json_array();

	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++) {
		json_t *o = pair(check_property_texts[p].name, check_property_texts[p].statement);

		json_object_set_new(o, "id", json_string(check_property_texts[p].id));
		json_object_set_new(o, "source", json_string(check_property_texts[p].source));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *json_list(void)
{
	json_t *root = json_object(), *assumptions = json_array(), *actions = json_array(),
	       *scenarios = json_array();
	uint32_t bit;

	for (unsigned int a = 0; a < CHECK_ASSUMPTIONS; a++)
		json_array_append_new(assumptions, pair(check_assumption_texts[a].id,
							check_assumption_texts[a].statement));
	for (unsigned int i = 0; check_options[CHECK_WITHOUT].values[i].name; i++) {
		const struct check_subject *subject = check_duty(i, &bit);
		const struct check_duty *duty = &subject->duties[__builtin_ctz(bit)];

		json_array_append_new(actions, pair(duty->name, duty->what));
	}
	for (unsigned int i = 0; check_scenario_at(i); i++)
		json_array_append_new(scenarios, pair(check_scenario_at(i)->name,
						      check_scenario_at(i)->title));
	json_object_set_new(root, "command", json_string("check"));
	json_object_set_new(root, "policies", json_policies());
	json_object_set_new(root, "properties", json_properties());
	json_object_set_new(root, "assumptions", assumptions);
	json_object_set_new(root, "actions", actions);
	json_object_set_new(root, "scenarios", scenarios);
	return root;
}

int check_list(const struct cli_args *args)
{
	if (args->given[CHECK_JSON]) {
		render_json(json_list());
		return CLI_YES;
	}
	text_policies();
	text_properties();
	text_pairs();
	return CLI_YES;
}
