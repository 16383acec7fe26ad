/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo reason: one reason explained, or all of them listed. */
#include "answer.h"
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

static const char *reason_word(unsigned int i, const void *arg)
{
	(void)arg;
	return i < MEZZO_REASONS ? mezzo_reason((enum mezzo_reason)i)->name : NULL;
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

static void text_one(enum mezzo_reason reason)
{
	const struct mezzo_reason_text *text = mezzo_reason(reason);
	const struct reason_story *story = reason_story(reason);

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

	for (unsigned int i = 0; i < MEZZO_REASONS; i++) {
		const struct mezzo_reason_text *text = mezzo_reason((enum mezzo_reason)i);

		render_row(t, RENDER_PLAIN,
			   (const char *const[RENDER_COLUMNS]){text->name,
							       reason_group((enum mezzo_reason)i),
							       text->sentence});
	}
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

static json_t *json_one(enum mezzo_reason reason)
{
	const struct reason_story *story = reason_story(reason);
	json_t *o = json_reason(mezzo_reason(reason));

	json_object_set_new(o, "group", json_string(reason_group(reason)));
	json_object_set_new(o, "why", json_string(story->why));
	json_object_set_new(o, "story", json_lines(story->story));
	json_object_set_new(o, "change", json_lines(story->change));
	return o;
}

static json_t *json_all(void)
{
	json_t *root = json_object(), *array = json_array();

	for (unsigned int i = 0; i < MEZZO_REASONS; i++)
		json_array_append_new(array, json_one((enum mezzo_reason)i));
	json_object_set_new(root, "command", json_string("reason"));
	json_object_set_new(root, "reasons", array);
	return root;
}

static int run(const struct cli_args *args)
{
	int reason;

	if (!args->operand) {
		if (args->given[REASON_JSON])
			render_json(json_all());
		else
			text_all();
		return CLI_YES;
	}
	reason = mezzo_reason_parse(args->operand);
	if (reason < 0)
		return cli_unknown(&cli_reason, "reason", "", args->operand, reason_word, NULL);
	if (args->given[REASON_JSON]) {
		json_t *root = json_one((enum mezzo_reason)reason);

		json_object_set_new(root, "command", json_string("reason"));
		render_json(root);
	} else {
		text_one((enum mezzo_reason)reason);
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
		"Every decision has a reason, with a name. This tells all about one of them, for a\n"
		"reader who has not read the Arm manual; without a name it lists them all.",
	.options = options,
	.examples = examples,
	.run = run,
};
