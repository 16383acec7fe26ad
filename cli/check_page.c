/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/debates.md: every scenario, its verdicts and its shortest stories. */
#include "check_modes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 118

/* A paragraph broken to the page's width; lists and tables are not broken. */
static void paragraph(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + 1 + length > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : "", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputs("\n", stdout);
}

static void text(const char *const *paragraphs)
{
	for (unsigned int i = 0; paragraphs[i]; i++)
		paragraph(paragraphs[i]);
}

static void policies(void)
{
	fputs("| policy | what it does | where it comes from |\n|---|---|---|\n", stdout);
	for (unsigned int i = 0; check_policies[i]; i++)
		printf("| %s%s | %s | %s |\n", check_policies[i]->name,
		       check_policies[i]->reconstruction ? " *" : "", check_policies[i]->summary,
		       check_policies[i]->source);
	fputs("\n\\* A reconstruction: made from mails, commit texts or memory, not from the code that "
	      "ran.\n\n",
	      stdout);
}

static void properties(void)
{
	fputs("| | property | from |\n|---|---|---|\n", stdout);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		printf("| %s %s | %s | %s |\n", check_property_texts[p].id,
		       check_property_texts[p].name, check_property_texts[p].statement,
		       check_property_texts[p].source);
	fputs("\n", stdout);
	for (unsigned int a = 0; a < CHECK_ASSUMPTIONS; a++)
		printf("- %s. %s\n", check_assumption_texts[a].id,
		       check_assumption_texts[a].statement);
}

/* --- one scenario ----------------------------------------------------------------------------------------- */

struct told {
	struct check_outcome outcome;
	struct judge_story *story; /* NULL: there is nothing to tell */
	bool done;
};

static bool same_story(const struct judge_story *a, const struct judge_story *b)
{
	if (!a || !b || a->length != b->length)
		return false;
	for (unsigned int i = 0; i < a->length; i++)
		if (strcmp(a->step[i].text, b->step[i].text) != 0)
			return false;
	return true;
}

/* One scenario, run. */
struct section {
	const struct check_scenario *scenario;
	struct told told[CHECK_SCENARIO_POLICIES];
	unsigned int rows;
};
#define SECTIONS_MAX 64

/* A link to a heading of this page; anchors are derived so where such pages are shown. */
static void print_link(const char *heading)
{
	printf("[%s](#", heading);
	for (; *heading; heading++)
		if (*heading == ' ' || *heading == '-')
			putchar('-');
		else if (isalnum((unsigned char)*heading))
			putchar(tolower((unsigned char)*heading));
	putchar(')');
}

/* The policies of which one story is true: "**a**, **b** and **c**". */
static void name_tellers(struct told *told, unsigned int rows, unsigned int first)
{
	unsigned int left = 0, said = 0;

	for (unsigned int i = first; i < rows; i++)
		left += same_story(told[first].story, told[i].story);
	for (unsigned int i = first; i < rows; i++) {
		if (!same_story(told[first].story, told[i].story))
			continue;
		told[i].done = true;
		printf("%s**%s**",
		       said == 0          ? ""
		       : said + 1 == left ? " and "
					  : ", ",
		       told[i].outcome.policy->name);
		said++;
	}
}

/* The section before @sections[at] that tells this story already, or NULL. */
static const struct section *told_before(const struct section *sections, unsigned int at,
					 const struct judge_story *story)
{
	for (unsigned int i = 0; i < at; i++)
		for (unsigned int row = 0; row < sections[i].rows; row++)
			if (same_story(sections[i].told[row].story, story))
				return &sections[i];
	return NULL;
}

static void print_story(const struct judge_story *story)
{
	fputs(":\n\n", stdout);
	for (unsigned int s = 0; s < story->length; s++)
		printf("%u. %s\n", s + 1, story->step[s].text);
	if (story->back < story->length)
		printf("\nFrom step %u on it goes on so for ever.\n", story->back + 1);
	putchar('\n');
}

static void stories(struct section *sections, unsigned int at)
{
	struct told *told = sections[at].told;

	for (unsigned int i = 0; i < sections[at].rows; i++) {
		const struct judge_story *story = told[i].story;
		const struct section *before;

		if (!story || told[i].done)
			continue;
		fputs("How it fails under ", stdout);
		name_tellers(told, sections[at].rows, i);
		before = told_before(sections, at, story);
		if (before) {
			fputs(" was told before: ", stdout);
			print_link(before->scenario->title);
			fputs(".\n\n", stdout);
		} else {
			print_story(story);
		}
	}
}

static void verdicts(const struct told *told, unsigned int rows)
{
	fputs("| policy | verdict |\n|---|---|\n", stdout);
	for (unsigned int i = 0; i < rows; i++) {
		const struct check_outcome *o = &told[i].outcome;
		bool bad = o->accepted && o->told != CHECK_PROPERTIES;
		char words[160];

		check_outcome_words(o, words, sizeof(words));
		printf("| %s | %s%s%s |\n", o->policy->name, bad ? "**" : "", words,
		       bad ? "**" : "");
	}
	putchar('\n');
}

static int tell_row(struct judge *judge, const struct check_scenario *s, unsigned int row,
		    struct told *told)
{
	struct check_world world[2];
	struct judge_run run;
	int status = check_scenario_outcome(judge, s, row, &told->outcome);

	if (status != CHECK_OK || !told->outcome.accepted ||
	    told->outcome.told == CHECK_PROPERTIES ||
	    !check_scenario_world(s, told->outcome.policy, world))
		return status;
	told->story = calloc(1, sizeof(*told->story));
	if (!told->story)
		return CHECK_NO_BUDGET;
	run = check_scenario_run(s, row, &told->outcome.own);
	return judge_tell(judge, &run, world, told->outcome.told, told->story);
}

/* --- the page ----------------------------------------------------------------------------------------- */

static int run_section(struct judge *judge, const struct check_scenario *s, struct section *section)
{
	int status = CHECK_OK;

	section->scenario = s;
	while (section->rows < CHECK_SCENARIO_POLICIES && s->expect[section->rows].policy &&
	       status == CHECK_OK) {
		status = tell_row(judge, s, section->rows, &section->told[section->rows]);
		section->rows++;
	}
	return status;
}

static void free_sections(struct section *sections)
{
	for (unsigned int i = 0; i < SECTIONS_MAX; i++)
		for (unsigned int row = 0; row < sections[i].rows; row++)
			free(sections[i].told[row].story);
	free(sections);
}

static void print_section(struct section *sections, unsigned int at)
{
	const struct check_scenario *s = sections[at].scenario;
	char line[640];

	if (!s)
		return;
	printf("### %s\n\n", s->title);
	paragraph(s->setting);
	snprintf(line, sizeof(line), "*%c%s.* %s%s", s->thread[0] - 'a' + 'A', s->thread + 1,
		 s->argument, check_full_stop(s->argument));
	putchar('\n');
	paragraph(line);
	putchar('\n');
	verdicts(sections[at].told, sections[at].rows);
	stories(sections, at);
	snprintf(line, sizeof(line), "**What Mezzo does.** %s", s->mezzo);
	paragraph(line);
	printf("\nTry it: `mezzo check --scenario %s`\n\n", s->name);
}

/* What became of a policy, in the glance. */
enum fate {
	HOLDS,
	REFUSES,
	REFUSES_LATE,
	SLOW,
	FAILS
};

static enum fate fate(const struct check_outcome *o)
{
	if (!o->accepted)
		return REFUSES;
	if (o->told == CHECK_PROPERTIES)
		return HOLDS;
	if (o->told == CHECK_L1_NO_LATE_REFUSAL)
		return REFUSES_LATE;
	return CHECK_REPORTS >> o->told & 1 ? SLOW : FAILS;
}

/* Those of one fate: "linux-6.17, kvm-npt"; of Mezzo only what it would be without something. */
static void print_fate(const struct section *section, enum fate which)
{
	unsigned int said = 0;

	fputs(" | ", stdout);
	for (unsigned int i = 1; i < section->rows; i++) {
		const struct check_outcome *o = &section->told[i].outcome;

		if (fate(o) == which)
			printf("%s%s", said++ ? ", " : "", check_short_name(o->policy));
	}
}

static void glance(const struct section *sections, unsigned int count)
{
	static const char *const words[] = {
		[HOLDS] = "holds",  [REFUSES] = "refuses", [REFUSES_LATE] = "refuses late",
		[SLOW] = "is slow", [FAILS] = "**fails**",
	};

	fputs("## At a glance\n\n"
	      "| argument | Mezzo | refuse | refuse too late | are slow | **fail** |\n"
	      "|---|---|---|---|---|---|\n",
	      stdout);
	for (unsigned int i = 0; i < count; i++) {
		fputs("| ", stdout);
		print_link(sections[i].scenario->title);
		printf(" | %s", words[fate(&sections[i].told[0].outcome)]);
		for (enum fate f = REFUSES; f <= FAILS; f++)
			print_fate(&sections[i], f);
		fputs(" |\n", stdout);
	}
	putchar('\n');
}

static void print_page(struct section *sections, unsigned int count)
{
	unsigned int at = 0;

	fputs("# The debates, decided by running them\n\n", stdout);
	text(check_page_primer);
	policies();
	glance(sections, count);
	for (unsigned int c = 0; c < CHECK_CHAPTERS; c++) {
		printf("## %s\n\n", check_chapters[c].title);
		if (check_chapters[c].about) {
			paragraph(check_chapters[c].about);
			putchar('\n');
		}
		for (const struct check_scenario *s = check_chapters[c].scenarios; s->name; s++)
			print_section(sections, at++);
	}
	text(check_page_epilogue);
	properties();
}

static int run(const struct cli_args *args)
{
	struct judge *judge = judge_new((size_t)256 << 20, 2);
	struct section *sections = calloc(SECTIONS_MAX, sizeof(*sections));
	unsigned int count = 0;
	int status = judge && sections ? CHECK_OK : CHECK_NO_BUDGET;

	(void)args;
	while (status == CHECK_OK && count < SECTIONS_MAX && check_scenario_at(count)) {
		status = run_section(judge, check_scenario_at(count), &sections[count]);
		count++;
	}
	if (status == CHECK_OK)
		print_page(sections, count);
	else
		fputs("mezzo debates: not enough memory\n", stderr);
	if (sections)
		free_sections(sections);
	judge_free(judge);
	return status == CHECK_OK ? CLI_YES : CLI_USAGE;
}

const struct cli_command cli_debates = {
	.name = "debates",
	.summary = "the page of the threads' arguments",
	.description = "For developers: docs/debates.md is its output.",
	.hidden = true,
	.run = run,
};
