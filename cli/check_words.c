/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts and outcomes of `mezzo check` in words. */
#include "check.h"

#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format,
						      ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* Of two machines or objects the second is marked. */
static const char *mark(const struct judge_run *run, unsigned int which)
{
	if (which == 0)
		return "";
	return run->kind == CHECK_MIGRATE ? "there: " : "then: ";
}

void check_facts_words(const struct judge_run *run, const struct judge_finding *finding,
		       const uint64_t facts[2], char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < CHECK_FIELDS; i++) {
			enum check_field field = (enum check_field)i;
			const char *joint = "=";

			if (!(facts[w] >> field & 1))
				continue;
			add(text, size, "%s%s%s", text[0] ? " " : "", mark(run, w),
			    check_field_name(field));
			for (unsigned int v = 0; v < check_field_values(field); v++)
				if (finding->seen[w][field] >> v & 1) {
					add(text, size, "%s%s", joint, check_field_value(field, v));
					joint = "|";
				}
		}
}

void check_world_words(const struct judge_run *run, const struct check_world world[2], char *text,
		       size_t size)
{
	uint64_t free = run->family->free & ~run->policy->blind;

	text[0] = '\0';
	for (unsigned int w = 0; w < (run->kind == CHECK_ONE ? 1 : 2); w++)
		for (unsigned int i = 0; i < CHECK_FIELDS; i++) {
			enum check_field field = (enum check_field)i;
			unsigned int value = world[w].field[field];

			if (!(free >> field & 1) || (w == 1 && value == world[0].field[field]))
				continue;
			add(text, size, "%s%s%s=%s", text[0] ? " " : "", mark(run, w),
			    check_field_name(field), check_field_value(field, value));
		}
}

static const char *slot_error(const struct check_answer *answer)
{
	return answer->error ? answer->error : answer->why;
}

void check_outcome_words(const struct check_outcome *outcome, char *text, size_t size)
{
	const struct check_property_text *p;

	text[0] = '\0';
	if (!outcome->accepted) {
		add(text, size, "refused when the slot is made (%s)", slot_error(&outcome->answer));
		return;
	}
	if (outcome->told == CHECK_PROPERTIES) {
		add(text, size, "holds");
		if (!outcome->accepted_there)
			add(text, size, ": the other machine refuses the slot (%s)",
			    slot_error(&outcome->answer_there));
		return;
	}
	p = &check_property_texts[outcome->told];
	add(text, size, "%s %s %s in %u step%s",
	    CHECK_REPORTS >> outcome->told & 1 ? "falls short of" : "breaks", p->id, p->name,
	    outcome->length[outcome->told], outcome->length[outcome->told] == 1 ? "" : "s");
}

bool check_under_words(const struct check_results *r, unsigned int part, unsigned int p, char *text,
		       size_t size)
{
	text[0] = '\0';
	if (!r->needs_known[part] || r->verdict[part][0].finding[p].refuted ||
	    !(r->verdict[part][0].judged >> p & 1))
		return false;
	for (unsigned int a = 0; a < CHECK_ASSUMPTIONS; a++)
		if (r->needs[part][p] >> a & 1)
			add(text, size, "%s%s", text[0] ? " " : "", check_assumption_texts[a].id);
	return text[0] != '\0';
}

const char *check_full_stop(const char *sentence)
{
	size_t length = strlen(sentence);

	return length && sentence[length - 1] == '?' ? "" : ".";
}
