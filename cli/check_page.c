/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/debates.md: every scenario, its verdicts and its shortest stories. */
#include "check_modes.h"

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

/* --- what a reader must know -------------------------------------------------------------------------- */

static const char *const primer[] = {
	"Six years of mail about guest memory, run as experiments. Each section takes one argument, "
	"builds the machine that it is about, and lets every policy that was ever proposed act in it, "
	"in every order in which things can happen. Nobody's word is taken: a policy *holds* when no "
	"order of events breaks anything, and where one does, the shortest such story is told.",
	"",
	"This page is written by `mezzo debates`; a test holds it to what the tool finds.",
	"",
	"## What you need to know first",
	"",
	"**Two tables.** A program's addresses are translated by tables that its operating system keeps. "
	"In a virtual machine the result is translated once more, by tables that the *hypervisor* keeps: "
	"the second stage, *stage 2*. The guest never sees them. An entry says where a page of the guest "
	"really is, what may be done with it, and what *type* of memory it is. When an entry is missing "
	"the guest *faults*, the hypervisor makes one, and the guest goes on.",
	"",
	"**A cache, and memory behind it.** The processor keeps copies of memory in its cache. A write "
	"changes the copy, and the copy is then *dirty*: memory still holds the old value, and gets the "
	"new one when the line is *written back*, at a moment of the processor's choosing. Lines are also "
	"*filled* whenever the processor likes. To *clean and invalidate* a line is to write it back and "
	"drop it, and it needs an address, that is, a mapping of the page.",
	"",
	"**Types.** Memory that is mapped *write-back* is read and written through the cache. Memory that is "
	"mapped *Normal-NC* (non-cacheable) or *Device* is read and written past it, straight in memory. "
	"The guest's own tables choose a type; stage 2 can only make the choice more restrictive, except "
	"on processors with **FWB**, where stage 2 can force write-back whatever the guest says.",
	"",
	"**All trouble has one root.** If two parties reach the same page, one through the cache and one "
	"past it, they see different contents. One writes zeroes into the cache; the other reads memory, "
	"and finds what was there before. In the stories below *guest A* had the page and left its secret "
	"in it, the host zeroes it, and *guest B* gets it.",
	"",
	"**More words.** *Slot*: a range of guest addresses that the VMM (the program around a virtual "
	"machine) fills with memory. *VMA*: the VMM's own mapping of that memory, from which Linux infers "
	"the type. *Linear map*: the kernel's permanent cached mapping of all RAM; what is not in it the "
	"kernel cannot clean. *Struct page*: the kernel's record of a page of memory, which does not imply "
	"the linear map. **DIC**: the processor keeps instruction caches coherent by itself. **MTE**: memory "
	"with a *tag* beside every 16 bytes. *DMA*: a device reads or writes memory by itself; it *snoops* if "
	"it looks into caches. *Window*: a mapping that is made for one operation and taken away again.",
	"",
	"## The policies",
	"",
	NULL,
};

static const char *const epilogue[] = {
	"## What \"holds\" means",
	"",
	"Every state that the model can reach was visited; there is no bound on the length of a story. The "
	"model is one line of one page, its tags, one instruction cache line, two guests one after the other, "
	"the host, one device. It says nothing about silicon, about ordering between addresses, or about "
	"timing. The policies act through their own code: Mezzo's is the object code that ships; the "
	"others are restated or reconstructed, as the table above says. `mezzo check` judges all of them in "
	"every configuration, not only in these; `mezzo check --list` explains what is judged, and "
	"docs/policy.md the rule that came out of it.",
	"",
	"These are the properties, and the assumptions under which they were judged:",
	"",
	NULL,
};

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

/* The policies of which one story is true, as one heading. */
static void name_tellers(struct told *told, unsigned int rows, unsigned int first)
{
	unsigned int left = 0, said = 0;

	for (unsigned int i = first; i < rows; i++)
		left += same_story(told[first].story, told[i].story);
	fputs("How it fails under ", stdout);
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
	fputs(":\n\n", stdout);
}

static void stories(struct told *told, unsigned int rows)
{
	for (unsigned int i = 0; i < rows; i++) {
		const struct judge_story *story = told[i].story;

		if (!story || told[i].done)
			continue;
		name_tellers(told, rows, i);
		for (unsigned int s = 0; s < story->length; s++)
			printf("%u. %s\n", s + 1, story->step[s].text);
		if (story->back < story->length)
			printf("\nFrom step %u on it goes on so for ever.\n", story->back + 1);
		putchar('\n');
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
	    told->outcome.told == CHECK_PROPERTIES || !check_scenario_world(s, world))
		return status;
	told->story = calloc(1, sizeof(*told->story));
	if (!told->story)
		return CHECK_NO_BUDGET;
	run = check_scenario_run(s, row, &told->outcome.own);
	return judge_tell(judge, &run, world, told->outcome.told, told->story);
}

static int scenario(struct judge *judge, const struct check_scenario *s)
{
	struct told told[CHECK_SCENARIO_POLICIES] = {0};
	unsigned int rows = 0;
	char line[640];
	int status = CHECK_OK;

	printf("## %s\n\n", s->title);
	paragraph(s->setting);
	snprintf(line, sizeof(line), "*%c%s.* %s.", s->thread[0] - 'a' + 'A', s->thread + 1,
		 s->argument);
	putchar('\n');
	paragraph(line);
	putchar('\n');
	while (rows < CHECK_SCENARIO_POLICIES && s->expect[rows].policy && status == CHECK_OK) {
		status = tell_row(judge, s, rows, &told[rows]);
		rows++;
	}
	if (status == CHECK_OK) {
		verdicts(told, rows);
		stories(told, rows);
		snprintf(line, sizeof(line), "**What Mezzo does.** %s", s->mezzo);
		paragraph(line);
		printf("\nTry it: `mezzo check --scenario %s`\n\n", s->name);
	}
	for (unsigned int i = 0; i < rows; i++)
		free(told[i].story);
	return status;
}

static int run(const struct cli_args *args)
{
	struct judge *judge = judge_new((size_t)256 << 20, 2);
	int status = CHECK_OK;

	(void)args;
	if (!judge)
		return CLI_USAGE;
	fputs("# The debates, decided by running them\n\n", stdout);
	text(primer);
	policies();
	for (unsigned int i = 0; i < check_scenarios_count && status == CHECK_OK; i++)
		status = scenario(judge, &check_scenarios[i]);
	if (status == CHECK_OK) {
		text(epilogue);
		properties();
	} else {
		fprintf(stderr, "mezzo debates: %s\n", judge_trouble(judge));
	}
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
