/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts and stories as JSON. docs/json.md describes every key; a test holds the two together. */
#include "check.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *maybe_string(const char *text)
{
	return text ? json_string(text) : json_null();
}

json_t *check_json_story(const struct judge_story *story)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < story->length; i++) {
		json_t *o = json_object();

		set(o, "actor", json_string(story->step[i].actor));
		set(o, "text", json_string(story->step[i].text));
		set(o, "cache", maybe_string(story->step[i].cells.cache));
		set(o, "memory", maybe_string(story->step[i].cells.memory));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *under(const struct check_results *r, unsigned int part, unsigned int p)
{
	json_t *array = json_array();

	for (unsigned int a = 0; a < CHECK_ASSUMPTIONS; a++)
		if (r->needs_known[part] && r->needs[part][p] >> a & 1)
			json_array_append_new(array, json_string(check_assumption_texts[a].id));
	return array;
}

static json_t *property_json(const struct check_results *r, struct judge *judge, unsigned int part,
			     unsigned int i, unsigned int p)
{
	const struct judge_verdict *verdict = &r->verdict[part][i];
	const struct judge_finding *finding = &verdict->finding[p];
	struct check_change none = {0};
	struct judge_run run = check_part_run(&check_parts[part], i, &none);
	bool report = CHECK_REPORTS >> p & 1;
	uint64_t facts[2];
	char text[512] = "";
	json_t *o = json_object();

	if (finding->refuted) {
		judge_facts(judge, &run, verdict, finding, facts);
		check_facts_words(&run, finding, facts, text, sizeof(text));
	}
	set(o, "id", json_string(check_property_texts[p].id));
	set(o, "name", json_string(check_property_texts[p].name));
	set(o, "verdict",
	    json_string(!(verdict->judged >> p & 1) ? "untested"
			: report                    ? "reported"
			: finding->refuted          ? "refuted"
						    : "proved"));
	set(o, "refuted", json_integer(finding->refuted));
	set(o, "steps", json_integer(finding->length));
	set(o, "facts", json_string(text));
	set(o, "under", i == 0 && !finding->refuted ? under(r, part, p) : json_array());
	set(o, "expected", json_boolean(!check_surprise(r, part, i, p)));
	return o;
}

static json_t *policy_json(const struct check_results *r, struct judge *judge, unsigned int part,
			   unsigned int i)
{
	const struct check_policy *policy = check_parts[part].column[i].policy;
	json_t *o = json_object(), *properties = json_array();

	set(o, "name", json_string(policy->name));
	set(o, "source", json_string(policy->source));
	set(o, "reconstruction", json_boolean(policy->reconstruction));
	set(o, "configurations", json_integer(r->verdict[part][i].worlds));
	set(o, "accepted", json_integer(r->verdict[part][i].accepted));
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		if (check_parts[part].subject->judges >> p & 1)
			json_array_append_new(properties, property_json(r, judge, part, i, p));
	set(o, "properties", properties);
	return o;
}

static json_t *part_json(const struct check_results *r, struct judge *judge, unsigned int part)
{
	json_t *o = json_object(), *policies = json_array();

	set(o, "name", json_string(check_parts[part].name));
	set(o, "title", json_string(check_parts[part].title));
	set(o, "state_bits", json_integer(check_parts[part].subject->machine->state_bits));
	for (unsigned int i = 0; i < check_part_columns(&check_parts[part]); i++)
		json_array_append_new(policies, policy_json(r, judge, part, i));
	set(o, "policies", policies);
	return o;
}

json_t *check_json_results(const struct check_results *r, struct judge *judge)
{
	json_t *root = json_object(), *parts = json_array(), *cost = json_object();

	set(root, "command", json_string("check"));
	for (unsigned int part = 0; part < PARTS; part++)
		if (r->ran[part])
			json_array_append_new(parts, part_json(r, judge, part));
	set(root, "parts", parts);
	set(cost, "searches", json_integer(r->cost.searches));
	set(cost, "states", json_integer((json_int_t)r->cost.states));
	set(cost, "moves", json_integer((json_int_t)r->cost.moves));
	set(cost, "largest", json_integer(r->cost.largest));
	set(cost, "bytes", json_integer((json_int_t)judge_peak_bytes(judge)));
	set(root, "cost", cost);
	set(root, "expected", json_boolean(check_surprises(r) == 0));
	return root;
}
