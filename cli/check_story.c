/* SPDX-License-Identifier: BSD-2-Clause */
/* A counterexample as text. */
#include "check.h"
#include "render.h"

void check_text_story(const struct judge_story *story)
{
	struct render_table *t = render_begin(NULL, 3);
	char number[16];

	for (unsigned int i = 0; i < story->length; i++) {
		snprintf(number, sizeof(number), "%s%u", i >= story->back ? "> " : "", i + 1);
		render_row(t, RENDER_PLAIN,
			   (const char *const[RENDER_COLUMNS]){number, story->step[i].actor,
							       story->step[i].text});
	}
	render_end(t);
	if (story->back < story->length)
		render_paragraphs("From the first > on it goes on so for ever.", 2);
}
