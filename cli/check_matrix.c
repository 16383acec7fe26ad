/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts as text: a matrix of policies by properties; what a run cost. */
#include "check.h"
#include "render.h"

#include <string.h>

#define NAME_WIDTH 26

/* "proposal-2024-v2" is as wide as its column without the word that they share. */
const char *check_short_name(const struct check_policy *policy)
{
	static const char *const prefix[] = {"proposal-", "linux-", "kvm-"};

	for (unsigned int i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (strncmp(policy->name, prefix[i], strlen(prefix[i])) == 0)
			return policy->name + strlen(prefix[i]);
	return policy->name;
}

/* As wide as the policy's name, and a number or "proved" at the least. */
static int cell_width(const struct check_part *part, unsigned int column)
{
	int width = (int)strlen(check_short_name(part->column[column].policy));

	return width < 7 ? 7 : width;
}

static void heading(const struct check_part *part)
{
	render_heading(part->title);
	render_paragraphs(part->what, 2);
	printf("  %-*s", NAME_WIDTH, "");
	for (unsigned int i = 0; i < check_part_columns(part); i++)
		printf(" %*s", cell_width(part, i), check_short_name(part->column[i].policy));
	printf("\n");
}

static void counts(const struct check_part *part, const struct judge_verdict *verdict)
{
	static const char *const names[] = {"configurations", "slot accepted"};

	for (unsigned int row = 0; row < 2; row++) {
		printf("  %-*s", NAME_WIDTH, names[row]);
		for (unsigned int i = 0; i < check_part_columns(part); i++)
			printf(" %*u", cell_width(part, i),
			       row ? verdict[i].accepted : verdict[i].worlds);
		printf("\n");
	}
}

static void cell(const struct check_results *r, unsigned int part, unsigned int i, unsigned int p)
{
	const struct judge_verdict *verdict = &r->verdict[part][i];
	bool report = CHECK_REPORTS >> p & 1, surprise = check_surprise(r, part, i, p);
	uint32_t refuted = verdict->finding[p].refuted;
	char text[32];

	if (!(verdict->judged >> p & 1))
		snprintf(text, sizeof(text), "."); /* never put to the test */
	else if (!refuted)
		snprintf(text, sizeof(text), report ? "-" : "proved");
	else if (verdict->worlds == 1)
		snprintf(text, sizeof(text), "refuted");
	else
		snprintf(text, sizeof(text), "%u", refuted);
	render_in(surprise                   ? RENDER_CAUTION
		  : report || text[0] == '.' ? RENDER_PLAIN
		  : refuted                  ? RENDER_BAD
					     : RENDER_GOOD,
		  " %*s%s", cell_width(&check_parts[part], i) - (int)surprise, text,
		  surprise ? "!" : "");
}

static void under(const struct check_results *r, unsigned int part, unsigned int p)
{
	char text[64];

	if (check_under_words(r, part, p, text, sizeof(text)))
		printf("   under %s", text);
}

static void matrix(const struct check_results *r, unsigned int number)
{
	const struct check_part *part = &check_parts[number];

	heading(part);
	counts(part, r->verdict[number]);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++) {
		char name[64];

		if (!(part->subject->judges >> p & 1))
			continue;
		snprintf(name, sizeof(name), "%s %s", check_property_texts[p].id,
			 check_property_texts[p].name);
		printf("  %-*s", NAME_WIDTH, name);
		for (unsigned int i = 0; i < check_part_columns(part); i++)
			cell(r, number, i, p);
		under(r, number, p);
		printf("\n");
	}
}

void check_text_matrix(const struct check_results *r)
{
	unsigned int surprises = check_surprises(r);

	for (unsigned int part = 0; part < PARTS; part++)
		if (r->ran[part])
			matrix(r, part);
	printf("\nA number counts the configurations in which a property is refuted; a dot: nothing there\n"
	       "puts it to the test. L4 counts what is slower than it need be; it is no failure. Under: what\n"
	       "Mezzo's proof rests on (--list states it); without one it holds whichever is doubted.\n");
	if (surprises)
		render_in(RENDER_BAD, "\n%u verdict%s not expected, marked with '!'.\n", surprises,
			  surprises == 1 ? " is" : "s are");
	else
		render_in(RENDER_GOOD, "\nEvery verdict is the one that is expected.\n");
}

void check_text_cost(const struct check_results *r, const struct judge *judge)
{
	unsigned int bits = 0;

	for (unsigned int part = 0; part < PARTS; part++)
		if (r->ran[part] && check_parts[part].subject->machine->state_bits > bits)
			bits = check_parts[part].subject->machine->state_bits;
	printf("%u searches to the fixpoint, %llu states of at most %u bits (%u in the largest), "
	       "%llu moves;\n%.1f s, %zu MiB.\n",
	       r->cost.searches, (unsigned long long)r->cost.states, bits, r->cost.largest,
	       (unsigned long long)r->cost.moves, r->seconds,
	       (judge_peak_bytes(judge) + (1 << 20) - 1) >> 20);
}
