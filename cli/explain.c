/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo explain: what memory a guest gets, and why. */
#include "answer.h"
#include "render.h"

static int run(const struct cli_args *args)
{
	struct question question;
	struct answer answer;
	int status = question_from(args, &question);

	if (status)
		return status;
	answer_question(mezzo_arm64_decide, &question, &answer);
	if (args->given[EXPLAIN_JSON])
		render_json(answer_json(&question, &answer));
	else
		answer_text(&question, &answer);
	return answer.refused ? CLI_NO : CLI_YES;
}

static const struct cli_example examples[] = {
	{"explain --cpu cortex-a72 --contract cached --maintenance none",
	 "GPU memory, cached by the host, on a CPU without FWB: refused, and why"},
	{"explain --cpu max --contract combining --access exec",
	 "what happens when a guest fetches from a prefetchable BAR"},
	{"explain --cpu neoverse-n1 --contract exclusive --maintenance window --access write",
	 "what is done to a page before its guest may write it"},
	{"explain --cpu cortex-a710 --contract cached --policy linux-6.17 "
	 "--vma mixedmap,cached --backing none",
	 "the same memory on the Linux host that you have"},
	{NULL, NULL},
};

const struct cli_command cli_explain = {
	.name = "explain",
	.summary = "what memory a guest gets: type, permissions, work to do, and why",
	.description =
		"States facts about memory, machine, guest and access, and prints what Mezzo's rule\n"
		"makes of them: whether a slot of such memory is accepted, what a stage-2 fault ends\n"
		"in, what is done to the page before its entry is visible and after it is taken back,\n"
		"which type the guest sees for each type that its own tables may ask for, and why.\n"
		"What was not stated is assumed, and the answer says so. A refusal says what would be\n"
		"accepted, and exits with 1. With --policy the answer of KVM on that Linux stands\n"
		"beside; it does not change the exit status.",
	.options = explain_options,
	.examples = examples,
	.run = run,
};
