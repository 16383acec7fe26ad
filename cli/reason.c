/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo reason: one reason explained, or all of them listed. */
#include "answer.h"
#include "audit/findings.h"
#include "cli.h"
#include "reasons/reasons.h"
#include "render.h"

#include <stdlib.h>
#include <string.h>

enum reason_option {
	REASON_JSON,
	REASON_OPTIONS
};

static const struct cli_option options[REASON_OPTIONS + 1] = {
	[REASON_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

/* What has a name and a story: the engine's reasons, then what an audit finds. */
struct entry {
	const struct mezzo_reason_text *text;
	const struct reason_story *story;
	const char *group;
};

static bool entry_at(unsigned int i, struct entry *entry)
{
	if (i < MEZZO_REASONS) {
		enum mezzo_reason reason = (enum mezzo_reason)i;

		*entry = (struct entry){mezzo_reason(reason), reason_story(reason),
					reason_group(reason)};
		return true;
	}
	if (i - MEZZO_REASONS < FINDINGS) {
		const struct finding_text *text =
			finding_text((enum finding_id)(i - MEZZO_REASONS));

		*entry = (struct entry){&text->reason, &text->story, "finding"};
		return true;
	}
	return false;
}

static bool entry_named(const char *name, struct entry *entry)
{
	for (unsigned int i = 0; entry_at(i, entry); i++)
		if (strcmp(entry->text->name, name) == 0)
			return true;
	return false;
}

static const char *reason_word(unsigned int i, const void *arg)
{
	struct entry entry;

	(void)arg;
	return entry_at(i, &entry) ? entry.text->name : NULL;
}

/* One item a line; numbered, or with a dash. */
static void text_list(const char *lines, bool numbered)
{
	char *copy = strdup(lines), *rest = copy, *line;
	struct render_table *t = render_begin(NULL, 2);
	unsigned int count = 0;
	char mark[16];

	while ((line = strsep(&rest, "\n"))) {
		snprintf(mark, sizeof(mark), numbered ? "%u" : "-", ++count);
		render_pair(t, RENDER_PLAIN, mark, "%s", line);
	}
	render_end(t);
	free(copy);
}

static void text_one(const struct entry *entry)
{
	const struct mezzo_reason_text *text = entry->text;
	const struct reason_story *story = entry->story;

	render_heading(text->name);
	render_paragraphs(text->sentence, 2);
	render_heading("Why");
	render_paragraphs(story->why, 2);
	render_heading("What would happen otherwise");
	text_list(story->story, true);
	render_heading("What you can change");
	text_list(story->change, false);
	render_heading("Source");
	render_paragraphs(text->source, 2);
}

static void text_all(void)
{
	static const char *const headings[] = {"reason", "kind", "sentence"};
	struct render_table *t = render_begin(headings, 3);
	struct entry entry;

	for (unsigned int i = 0; entry_at(i, &entry); i++)
		render_row(t, RENDER_PLAIN,
			   (const char *const[RENDER_COLUMNS]){entry.text->name, entry.group,
							       entry.text->sentence});
	render_end(t);
}

static json_t *json_lines(const char *lines)
{
	char *copy = strdup(lines), *rest = copy, *line;
	json_t *array = json_array();

	while ((line = strsep(&rest, "\n")))
		json_array_append_new(array, json_string(line));
	free(copy);
	return array;
}

static json_t *json_one(const struct entry *entry)
{
	const struct reason_story *story = entry->story;
	json_t *o = json_reason(entry->text);

	json_object_set_new(o, "group", json_string(entry->group));
	json_object_set_new(o, "why", json_string(story->why));
	json_object_set_new(o, "story", json_lines(story->story));
	json_object_set_new(o, "change", json_lines(story->change));
	return o;
}

static json_t *json_all(void)
{
	json_t *root = json_object(), *array = json_array();
	struct entry entry;

	for (unsigned int i = 0; entry_at(i, &entry); i++)
		json_array_append_new(array, json_one(&entry));
	json_object_set_new(root, "command", json_string("reason"));
	json_object_set_new(root, "reasons", array);
	return root;
}

static int run(const struct cli_args *args)
{
	struct entry entry;

	if (!args->operand) {
		if (args->given[REASON_JSON])
			render_json(json_all());
		else
			text_all();
		return CLI_YES;
	}
	if (!entry_named(args->operand, &entry))
		return cli_unknown(&cli_reason, "reason", "", args->operand, reason_word, NULL);
	if (args->given[REASON_JSON]) {
		json_t *root = json_one(&entry);

		json_object_set_new(root, "command", json_string("reason"));
		render_json(root);
	} else {
		text_one(&entry);
	}
	return CLI_YES;
}

static const struct cli_example examples[] = {
	{"reason cached-needs-maintenance", "why memory was refused, and what to change"},
	{"reason", "all reasons, each with its sentence"},
	{NULL, NULL},
};

const struct cli_command cli_reason = {
	.name = "reason",
	.operand = "NAME",
	.operand_optional = true,
	.operand_word = reason_word,
	.summary = "one reason explained: why, what happens otherwise, what to change",
	.description =
		"Every decision has a reason, with a name, and so has all that an audit finds. This\n"
		"tells all about one of them, for a reader who has not read a processor's manual;\n"
		"without a name it lists them all.",
	.options = options,
	.examples = examples,
	.run = run,
};
