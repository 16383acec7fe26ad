/* SPDX-License-Identifier: BSD-2-Clause */
/* What if: an action left out; every other grant tried. */
#include "check_modes.h"
#include "render.h"

#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* --- without an action -------------------------------------------------------------------------------------- */

#define WHERE_MAX 6

/* Where Mezzo is judged once more. */
struct where {
	unsigned int count;
	unsigned int part[WHERE_MAX];
	struct judge_run run[WHERE_MAX];
	struct judge_verdict verdict[WHERE_MAX];
};

static void add(struct where *w, const struct cli_args *args, unsigned int part,
		const struct check_change *change)
{
	if (args->given[CHECK_PART] && !(args->set[CHECK_PART] >> part & 1))
		return;
	w->part[w->count] = part;
	w->run[w->count++] = check_part_run(&check_parts[part], 0, change);
}

static void find_where(const struct cli_args *args, struct where *w)
{
	struct check_change page = {.doubted = (uint32_t)args->set[CHECK_DOUBT]}, race = {0};
	uint32_t bit;

	for (unsigned int i = 0; check_options[CHECK_WITHOUT].values[i].name; i++) {
		if (!(args->set[CHECK_WITHOUT] >> i & 1))
			continue;
		if (check_duty(i, &bit) == check_parts[PART_RACE].subject)
			race.lacks |= bit;
		else
			page.lacks |= bit;
	}
	if (page.lacks) {
		add(w, args, PART_ARM64, &page);
		add(w, args, PART_CONTRACTS, &page);
		add(w, args, PART_MOVES, &page);
		add(w, args, PART_X86, &page);
		add(w, args, PART_X86_CONTRACTS, &page);
	}
	if (race.lacks)
		add(w, args, PART_RACE, &race);
}

static void text_what(const struct cli_args *args)
{
	uint32_t bit;
	char text[160];

	render_heading("Mezzo, without");
	for (unsigned int i = 0; check_options[CHECK_WITHOUT].values[i].name; i++)
		if (args->set[CHECK_WITHOUT] >> i & 1) {
			const struct check_subject *subject = check_duty(i, &bit);
			const struct check_duty *duty = &subject->duties[__builtin_ctz(bit)];

			snprintf(text, sizeof(text), "%s: %s", duty->name, duty->what);
			render_paragraphs(text, 2);
		}
}

/* The shortest story of all; NULL: nothing breaks. */
static const struct judge_finding *shortest(const struct where *w, unsigned int *where,
					    unsigned int *property)
{
	const struct judge_finding *best = NULL;

	for (unsigned int i = 0; i < w->count; i++)
		for (unsigned int p = 0; p < CHECK_PROPERTIES; p++) {
			const struct judge_finding *f = &w->verdict[i].finding[p];

			if (!f->refuted || CHECK_REPORTS >> p & 1 ||
			    (best && f->length >= best->length))
				continue;
			best = f;
			*where = i;
			*property = p;
		}
	return best;
}

static void text_broken(const struct where *w)
{
	const char *headings[] = {"property", "refuted", "where"};
	struct render_table *t = render_begin(headings, 3);

	for (unsigned int i = 0; i < w->count; i++)
		for (unsigned int p = 0; p < CHECK_PROPERTIES; p++) {
			const struct judge_finding *f = &w->verdict[i].finding[p];
			char name[64], count[32];

			if (!f->refuted || CHECK_REPORTS >> p & 1)
				continue;
			snprintf(name, sizeof(name), "%s %s", check_property_texts[p].id,
				 check_property_texts[p].name);
			snprintf(count, sizeof(count), "%u of %u", f->refuted,
				 w->verdict[i].accepted);
			render_row(t, RENDER_BAD,
				   (const char *const[RENDER_COLUMNS]){
					   name, count, check_parts[w->part[i]].title});
		}
	render_end(t);
}

static json_t *json_without(const struct where *w, const struct judge_story *story)
{
	json_t *root = json_object(), *array = json_array();

	for (unsigned int i = 0; i < w->count; i++)
		for (unsigned int p = 0; p < CHECK_PROPERTIES; p++) {
			const struct judge_finding *f = &w->verdict[i].finding[p];
			json_t *o;

			if (!f->refuted || CHECK_REPORTS >> p & 1)
				continue;
			o = json_object();
			set(o, "part", json_string(check_parts[w->part[i]].name));
			set(o, "id", json_string(check_property_texts[p].id));
			set(o, "refuted", json_integer(f->refuted));
			set(o, "accepted", json_integer(w->verdict[i].accepted));
			set(o, "steps", json_integer(f->length));
			json_array_append_new(array, o);
		}
	set(root, "command", json_string("check"));
	set(root, "broken", array);
	set(root, "trace", check_json_story(story));
	return root;
}

int check_mode_without(struct check_session *session)
{
	struct where *w = calloc(1, sizeof(*w));
	struct judge_story *story = calloc(1, sizeof(*story));
	const struct judge_finding *best;
	unsigned int where = 0, property = 0;
	int status = CLI_USAGE;

	if (!w || !story)
		goto out;
	find_where(session->args, w);
	if (!w->count) {
		status = cli_usage(&cli_check, "--without has nothing to leave out there");
		goto out;
	}
	if (check_searched(session, judge_runs(session->judge, w->run, w->count, w->verdict)) !=
	    CHECK_OK)
		goto out;
	best = shortest(w, &where, &property);
	if (best && judge_tell(session->judge, &w->run[where], best->world,
			       (enum check_property)property, story) != CHECK_OK)
		goto out;
	status = best ? CLI_NO : CLI_YES;
	if (session->args->given[CHECK_JSON]) {
		render_json(json_without(w, story));
		goto out;
	}
	text_what(session->args);
	if (!best) {
		printf("\nNothing breaks: there it is not needed, or something else does the same work.\n");
		goto out;
	}
	render_heading("What breaks");
	text_broken(w);
	render_heading("The shortest story");
	check_text_story(story);
out:
	free(story);
	free(w);
	return status;
}

/* --- every grant --------------------------------------------------------------------------------------------- */

static void text_group(const char *what, const struct judge_run *run,
		       const struct synthesis_group *group, bool with_grant)
{
	struct check_world world[2] = {group->world, group->world};
	struct judge_finding finding = {0};
	uint64_t facts[2] = {group->common & run->family->free & ~run->policy->blind, 0};
	char text[512], grant[160];

	printf("  %6u  %s\n", group->count, what);
	if (!group->count)
		return;
	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		finding.seen[0][field] = (uint8_t)(1u << group->world.field[field]);
	check_facts_words(run, &finding, facts, text, sizeof(text));
	if (text[0])
		printf("          always with: %s\n", text);
	check_world_words(run, world, text, sizeof(text));
	printf("          for example:\n");
	render_paragraphs(text, 12);
	if (with_grant) {
		synthesis_describe(group->grant, grant, sizeof(grant));
		printf("          safe there: %s\n", grant);
	}
}

static void text_synthesis(const struct judge_run *run, const struct synthesis *s)
{
	char heading[120];

	snprintf(heading, sizeof(heading), "%s, %s", run->policy->name, run->family->summary);
	render_heading(heading);
	printf("  %u configurations, %u refused; %u grants tried\n", s->worlds, s->refused,
	       s->grants);
	text_group("refused, though what was declared could be granted safely", run, &s->needless,
		   true);
	text_group("refused, and only something weaker than declared is safe", run, &s->weaker,
		   true);
	text_group("refused, and nothing is safe", run, &s->rightly, false);
	text_group("accepted, although nothing is safe", run, &s->unsafe, false);
}

static json_t *json_synthesis(const struct judge_run *run, const struct synthesis *s)
{
	json_t *o = json_object();

	set(o, "policy", json_string(run->policy->name));
	set(o, "family", json_string(run->family->name));
	set(o, "configurations", json_integer(s->worlds));
	set(o, "refused", json_integer(s->refused));
	set(o, "needless", json_integer(s->needless.count));
	set(o, "weaker", json_integer(s->weaker.count));
	set(o, "rightly", json_integer(s->rightly.count));
	set(o, "unsafe", json_integer(s->unsafe.count));
	set(o, "grants", json_integer(s->grants));
	return o;
}

static int synthesise_one(struct check_session *session, const struct judge_run *run, json_t *into,
			  bool *unsafe)
{
	struct synthesis s;
	int status = check_searched(session, synthesise(session->judge, run, &s));

	if (status != CHECK_OK)
		return status;
	if (into)
		json_array_append_new(into, json_synthesis(run, &s));
	else
		text_synthesis(run, &s);
	if (strcmp(run->policy->name, "mezzo") == 0)
		*unsafe |= s.unsafe.count != 0;
	return CHECK_OK;
}

int check_mode_synthesise(struct check_session *session)
{
	const struct cli_args *args = session->args;
	const struct check_part *part = &check_parts[PART_ARM64];
	struct check_change change = {.doubted = (uint32_t)args->set[CHECK_DOUBT]};
	json_t *array = args->given[CHECK_JSON] ? json_array() : NULL, *root;
	const char *only =
		args->given[CHECK_POLICY] ? check_policies[args->one[CHECK_POLICY]]->name : NULL;
	struct judge_run run;
	bool unsafe = false;
	int status = CHECK_OK;

	for (unsigned int i = 0; i < check_part_columns(part) && status == CHECK_OK; i++) {
		run = check_part_run(part, i, &change);
		if (!only || strcmp(only, run.policy->name) == 0)
			status = synthesise_one(session, &run, array, &unsafe);
	}
	run = check_part_run(part, 0, &change);
	run.family = &check_family_object;
	if (status == CHECK_OK && (!only || strcmp(only, "mezzo") == 0))
		status = synthesise_one(session, &run, array, &unsafe);
	if (array && status == CHECK_OK) {
		root = json_object();
		set(root, "command", json_string("check"));
		set(root, "synthesis", array);
		render_json(root);
	} else {
		json_decref(array);
	}
	return status != CHECK_OK ? CLI_USAGE : unsafe ? CLI_NO : CLI_YES;
}
