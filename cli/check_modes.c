/* SPDX-License-Identifier: BSD-2-Clause */
/* One scenario; one property. */
#include "check_modes.h"
#include "render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* The picture of --svg, if one is asked for. 0, or CLI_USAGE with the message printed. */
static int draw(const struct check_session *session, const struct judge_story *story)
{
	const char *path = session->args->text[CHECK_SVG];

	if (!session->args->given[CHECK_SVG])
		return 0;
	if (!story->length) {
		fprintf(stderr,
			"mezzo check: nothing is refuted, so that there is no trace to draw\n");
		return CLI_USAGE;
	}
	if (check_svg(path, story))
		return 0;
	fprintf(stderr, "mezzo check: %s: %s\n", path, strerror(errno));
	return CLI_USAGE;
}

/* --- a scenario ----------------------------------------------------------------------------------------- */

struct scenario_run {
	struct check_session *session;
	const struct check_scenario *scenario;
	struct judge_story *story; /* the last that was told */
	json_t *policies;
	unsigned int surprises;
	bool drawn;
};

static void text_scenario(const struct check_scenario *s)
{
	char text[512];

	render_heading(s->title);
	render_paragraphs(s->setting, 2);
	printf("\n");
	snprintf(text, sizeof(text), "%s. %s%s", s->thread, s->argument,
		 check_full_stop(s->argument));
	render_paragraphs(text, 2);
	printf("\n");
	snprintf(text, sizeof(text), "Mezzo: %s", s->mezzo);
	render_paragraphs(text, 2);
}

static void text_outcome(const struct scenario_run *r, const struct check_outcome *o)
{
	bool good = !o->accepted || o->told == CHECK_PROPERTIES;
	char words[160];

	check_outcome_words(o, words, sizeof(words));
	printf("\n");
	render_in(RENDER_HEADING, "%s", o->policy->name);
	printf(": ");
	render_in(!o->expected ? RENDER_CAUTION : good ? RENDER_GOOD : RENDER_BAD, "%s", words);
	printf("%s%s\n", o->policy->reconstruction ? " (a reconstruction)" : "",
	       o->expected ? "" : " -- not expected");
	if (r->story->length)
		check_text_story(r->story);
}

static json_t *json_outcome(const struct scenario_run *r, const struct check_outcome *o)
{
	json_t *object = json_object(), *breaks = json_array();
	bool tells = o->accepted && o->told != CHECK_PROPERTIES;

	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		if (o->accepted && o->broken >> p & 1)
			json_array_append_new(breaks, json_string(check_property_texts[p].id));
	set(object, "name", json_string(o->policy->name));
	set(object, "reconstruction", json_boolean(o->policy->reconstruction));
	set(object, "verdict", json_string(!o->accepted ? "refused" : tells ? "refuted" : "holds"));
	set(object, "reason", o->accepted ? json_null() : json_string(o->answer.why));
	set(object, "errno",
	    !o->accepted && o->answer.error ? json_string(o->answer.error) : json_null());
	set(object, "breaks", breaks);
	set(object, "steps", json_integer(tells ? o->length[o->told] : 0));
	set(object, "trace", check_json_story(r->story));
	set(object, "expected", json_boolean(o->expected));
	return object;
}

static int scenario_row(struct scenario_run *r, unsigned int row)
{
	const struct check_scenario *s = r->scenario;
	struct check_outcome o;
	struct check_world world[2];
	struct judge_run run;
	int status = check_scenario_outcome(r->session->judge, s, row, &o);

	r->surprises += !o.expected;
	r->story->length = 0;
	if (status == CHECK_OK && o.accepted && o.told != CHECK_PROPERTIES &&
	    check_scenario_world(s, o.policy, world)) {
		run = check_scenario_run(s, row, &o.own);
		status = judge_tell(r->session->judge, &run, world, o.told, r->story);
		if (status == CHECK_OK && !r->drawn) {
			r->drawn = true;
			if (draw(r->session, r->story))
				return CLI_USAGE;
		}
	}
	if (check_searched(r->session, status) != CHECK_OK)
		return CLI_USAGE;
	if (r->policies)
		json_array_append_new(r->policies, json_outcome(r, &o));
	else
		text_outcome(r, &o);
	return 0;
}

static json_t *json_scenario(const struct check_scenario *s)
{
	json_t *o = json_object();

	set(o, "name", json_string(s->name));
	set(o, "title", json_string(s->title));
	set(o, "thread", json_string(s->thread));
	set(o, "argument", json_string(s->argument));
	set(o, "setting", json_string(s->setting));
	set(o, "mezzo", json_string(s->mezzo));
	return o;
}

/* The policy of --policy; NULL: all. */
static const char *only(const struct cli_args *args)
{
	return args->given[CHECK_POLICY] ? check_policies[args->one[CHECK_POLICY]]->name : NULL;
}

static bool is_asked(const struct cli_args *args, const char *policy)
{
	return !only(args) || strcmp(only(args), policy) == 0;
}

static bool has_rows(const struct cli_args *args, const struct check_scenario *s)
{
	for (unsigned int row = 0; row < CHECK_SCENARIO_POLICIES && s->expect[row].policy; row++)
		if (is_asked(args, s->expect[row].policy))
			return true;
	return false;
}

static int scenario_rows(struct scenario_run *r)
{
	const struct cli_args *args = r->session->args;
	int status = 0;

	for (unsigned int row = 0;
	     row < CHECK_SCENARIO_POLICIES && r->scenario->expect[row].policy && status == 0; row++)
		if (is_asked(args, r->scenario->expect[row].policy))
			status = scenario_row(r, row);
	if (status == 0 && args->given[CHECK_SVG] && !r->drawn)
		return draw(r->session, r->story);
	return status;
}

int check_mode_scenario(struct check_session *session)
{
	struct scenario_run r = {
		.session = session,
		.scenario = check_scenario_at(session->args->one[CHECK_SCENARIO]),
		.story = calloc(1, sizeof(*r.story)),
		.policies = session->args->given[CHECK_JSON] ? json_array() : NULL,
	};
	json_t *root;
	int status;

	if (!r.story)
		return CLI_USAGE;
	if (!has_rows(session->args, r.scenario)) {
		json_decref(r.policies);
		free(r.story);
		return cli_usage(&cli_check, "%s has nothing to say about %s", r.scenario->name,
				 only(session->args));
	}
	if (!r.policies)
		text_scenario(r.scenario);
	status = scenario_rows(&r);
	if (r.policies && status == 0) {
		root = json_object();
		set(root, "command", json_string("check"));
		set(root, "scenario", json_scenario(r.scenario));
		set(root, "policies", r.policies);
		set(root, "expected", json_boolean(r.surprises == 0));
		render_json(root);
	} else {
		json_decref(r.policies);
	}
	free(r.story);
	return status ? status : r.surprises ? CLI_NO : CLI_YES;
}

/* --- a property ------------------------------------------------------------------------------------------ */

static void text_property(enum check_property p)
{
	const struct check_property_text *text = &check_property_texts[p];
	char heading[80];

	snprintf(heading, sizeof(heading), "%s %s", text->id, text->name);
	render_heading(heading);
	render_paragraphs(text->statement, 2);
	printf("  Source: %s\n", text->source);
}

static int text_verdict(struct check_session *session, const struct check_results *r,
			unsigned int part, unsigned int i, struct judge_story *story)
{
	enum check_property p = (enum check_property)session->args->one[CHECK_PROPERTY];
	struct check_change change = {.doubted = (uint32_t)session->args->set[CHECK_DOUBT]};
	struct judge_run run = check_part_run(&check_parts[part], i, &change);
	const struct judge_verdict *verdict = &r->verdict[part][i];
	const struct judge_finding *finding = &verdict->finding[p];
	uint64_t facts[2];
	char text[512];

	printf("\n");
	render_in(RENDER_HEADING, "%s", run.policy->name);
	printf(", %s: ", check_parts[part].title);
	if (!(verdict->judged >> p & 1)) {
		printf("nothing there puts it to the test\n");
		return CHECK_OK;
	}
	if (!finding->refuted) {
		render_in(RENDER_GOOD, "proved in %u of %u configurations", verdict->accepted,
			  verdict->worlds);
		if (i == 0 && check_under_words(r, part, p, text, sizeof(text)))
			printf(", under %s", text);
		if (verdict->accepted < verdict->worlds)
			printf("; the others are refused");
		printf("\n");
		return CHECK_OK;
	}
	render_in(RENDER_BAD, "refuted in %u of %u configurations", finding->refuted,
		  verdict->accepted);
	printf("%s\n", run.policy->reconstruction ? " (a reconstruction)" : "");
	judge_facts(session->judge, &run, verdict, finding, facts);
	check_facts_words(&run, finding, facts, text, sizeof(text));
	printf("  Always with: %s\n", text[0] ? text : "(anything)");
	check_world_words(&run, finding->world, text, sizeof(text));
	printf("  For example:\n");
	render_paragraphs(text, 4);
	if (judge_tell(session->judge, &run, finding->world, p, story) != CHECK_OK)
		return CHECK_NO_BUDGET;
	check_text_story(story);
	return CHECK_OK;
}

static int json_verdict(struct check_session *session, const struct check_results *r,
			unsigned int part, unsigned int i, struct judge_story *story, json_t *into)
{
	enum check_property p = (enum check_property)session->args->one[CHECK_PROPERTY];
	struct check_change change = {.doubted = (uint32_t)session->args->set[CHECK_DOUBT]};
	struct judge_run run = check_part_run(&check_parts[part], i, &change);
	const struct judge_verdict *verdict = &r->verdict[part][i];
	const struct judge_finding *finding = &verdict->finding[p];
	uint64_t facts[2] = {0, 0};
	char always[512] = "", example[512] = "";
	json_t *o = json_object();

	story->length = 0;
	if (finding->refuted) {
		judge_facts(session->judge, &run, verdict, finding, facts);
		check_facts_words(&run, finding, facts, always, sizeof(always));
		check_world_words(&run, finding->world, example, sizeof(example));
		if (judge_tell(session->judge, &run, finding->world, p, story) != CHECK_OK)
			return CHECK_NO_BUDGET;
	}
	set(o, "part", json_string(check_parts[part].name));
	set(o, "policy", json_string(run.policy->name));
	set(o, "reconstruction", json_boolean(run.policy->reconstruction));
	set(o, "configurations", json_integer(verdict->worlds));
	set(o, "accepted", json_integer(verdict->accepted));
	set(o, "refuted", json_integer(finding->refuted));
	set(o, "facts", json_string(always));
	set(o, "example", json_string(example));
	set(o, "trace", check_json_story(story));
	json_array_append_new(into, o);
	return CHECK_OK;
}

struct property_run {
	struct judge_story story, first; /* the last told; the first that has a trace */
	json_t *verdicts;
};

static bool is_judged(const struct cli_args *args, enum check_property p)
{
	for (unsigned int part = 0; part < PARTS; part++)
		if (check_part_wanted(args, part) && check_parts[part].subject->judges >> p & 1)
			return true;
	return false;
}

static int property_rows(struct check_session *session, const struct check_results *r,
			 struct property_run *run)
{
	const struct cli_args *args = session->args;
	enum check_property p = (enum check_property)args->one[CHECK_PROPERTY];
	int status = CHECK_OK;

	for (unsigned int part = 0; part < PARTS && status == CHECK_OK; part++) {
		if (!r->ran[part] || !(check_parts[part].subject->judges >> p & 1))
			continue;
		for (unsigned int i = 0;
		     i < check_part_columns(&check_parts[part]) && status == CHECK_OK; i++) {
			if (!is_asked(args, check_parts[part].column[i].policy->name))
				continue;
			run->story.length = 0;
			status = run->verdicts ? json_verdict(session, r, part, i, &run->story,
							      run->verdicts)
					       : text_verdict(session, r, part, i, &run->story);
			if (!run->first.length)
				run->first = run->story;
		}
	}
	return check_searched(session, status);
}

static json_t *json_property(enum check_property p, json_t *verdicts)
{
	json_t *root = json_object(), *property = json_object();

	set(property, "id", json_string(check_property_texts[p].id));
	set(property, "name", json_string(check_property_texts[p].name));
	set(property, "statement", json_string(check_property_texts[p].statement));
	set(property, "source", json_string(check_property_texts[p].source));
	set(root, "command", json_string("check"));
	set(root, "property", property);
	set(root, "verdicts", verdicts);
	return root;
}

static bool surprised(const struct check_results *r, enum check_property p)
{
	for (unsigned int part = 0; part < PARTS; part++)
		for (unsigned int i = 0; r->ran[part] && i < check_part_columns(&check_parts[part]);
		     i++)
			if (check_surprise(r, part, i, p))
				return true;
	return false;
}

int check_mode_property(struct check_session *session)
{
	enum check_property p = (enum check_property)session->args->one[CHECK_PROPERTY];
	struct check_results *r = calloc(1, sizeof(*r));
	struct property_run *run = calloc(1, sizeof(*run));
	int status = CLI_USAGE;

	if (!is_judged(session->args, p)) {
		status = cli_usage(&cli_check,
				   p == CHECK_L2_NO_NEEDLESS_REFUSAL
					   ? "%s is what --synthesise finds out"
					   : "%s is not judged there",
				   check_property_texts[p].id);
		goto out;
	}
	if (!r || !run || check_run_parts(session, r) != CHECK_OK)
		goto out;
	if (session->args->given[CHECK_JSON])
		run->verdicts = json_array();
	else
		text_property(p);
	if (property_rows(session, r, run) != CHECK_OK)
		goto out;
	status = draw(session, &run->first);
	if (status)
		goto out;
	if (run->verdicts) {
		render_json(json_property(p, run->verdicts));
		run->verdicts = NULL;
	}
	status = surprised(r, p) ? CLI_NO : CLI_YES;
out:
	if (run)
		json_decref(run->verdicts);
	free(run);
	free(r);
	return status;
}
