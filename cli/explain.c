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
	answer_question(question_is_x86(&question) ? mezzo_x86_decide : mezzo_arm64_decide,
			&question, &answer);
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
	{"explain --arch x86-ept --cpu no-self-snoop --contract cached --guest noncoherent-dma",
	 "RAM beside a device that does not snoop, on an old Intel processor"},
	{"explain --arch x86-npt --contract combining --pat wc --policy kvm-npt",
	 "a frame buffer's type on AMD, here and under KVM"},
	{NULL, NULL},
};

const struct cli_command cli_explain = {
	.name = "explain",
	.summary = "what memory a guest gets: type, permissions, work to do, and why",
	.description =
		"States facts about memory, machine, guest and access, and prints what Mezzo's rule\n"
		"makes of them: whether a slot of such memory is accepted, what a stage-2 fault ends\n"
		"in (on x86 an EPT violation or nested page fault), what is done to the page before\n"
		"its entry is visible and after it is taken back, which type the guest sees for each\n"
		"type that its own tables may ask for, and why. What was not stated is assumed, and\n"
		"the answer says so. A refusal says what would be accepted, and exits with 1. With\n"
		"--policy the answer of KVM on that Linux stands beside; it does not change the exit\n"
		"status.",
	.options = explain_options,
	.examples = examples,
	.run = run,
};
