/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo check: the shipped rule and others in a model of a machine, explored exhaustively. */
#include "check_modes.h"

#include "render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- the judge of this run -------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* On a terminal, once it takes longer than a second. */
static void show_progress(void *arg, uint32_t done, uint32_t items)
{
	struct check_session *session = arg;

	if (!isatty(STDERR_FILENO) || now() - session->began < 1 || items == 0)
		return;
	fprintf(stderr, "\r%u of %u searches (%u %%) ", done, items,
		(unsigned int)(UINT64_C(100) * done / items));
	session->shown = true;
}

static void clear_progress(struct check_session *session)
{
	if (session->shown)
		fprintf(stderr, "\r%40s\r", "");
	session->shown = false;
}

int check_searched(struct check_session *session, int status)
{
	clear_progress(session);
	if (status == CHECK_OK)
		return CHECK_OK;
	fprintf(stderr, "mezzo check: %s: raise --memory\n", judge_trouble(session->judge));
	return status;
}

static int open_session(struct check_session *session)
{
	const struct cli_args *args = session->args;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long mib = 256;
	char *end;

	if (args->given[CHECK_MEMORY]) {
		mib = strtoul(args->text[CHECK_MEMORY], &end, 10);
		if (*end || mib == 0 || mib > 1 << 20 || args->text[CHECK_MEMORY][0] == '-')
			return cli_usage(&cli_check, "--memory takes a number of MiB: '%s'",
					 args->text[CHECK_MEMORY]);
	}
	session->judge = judge_new(mib << 20, processors > 1 ? (unsigned int)processors : 1);
	if (!session->judge) {
		fprintf(stderr,
			"mezzo check: %lu MiB are not even enough to start: raise --memory\n", mib);
		return CLI_USAGE;
	}
	session->began = now();
	judge_on_progress(session->judge, show_progress, session);
	return 0;
}

/* --- everything ---------------------------------------------------------------------------------------- */

/* Which parts are asked for: those of --part that know the policy of --policy. */
static bool wanted(const struct cli_args *args, unsigned int part)
{
	if (args->given[CHECK_PART] && !(args->set[CHECK_PART] >> part & 1))
		return false;
	return !args->given[CHECK_POLICY] ||
	       check_part_column(&check_parts[part],
				 check_policies[args->one[CHECK_POLICY]]->name) >= 0;
}

int check_run_parts(struct check_session *session, struct check_results *r)
{
	struct check_change change = {.doubted = (uint32_t)session->args->set[CHECK_DOUBT]};
	struct judge_run runs[PARTS * PART_COLUMNS];
	struct judge_verdict *verdicts;
	unsigned int count = 0, at = 0;
	int status;

	for (unsigned int part = 0; part < PARTS; part++) {
		r->ran[part] = wanted(session->args, part);
		for (unsigned int i = 0; r->ran[part] && i < check_part_columns(&check_parts[part]);
		     i++)
			runs[count++] = check_part_run(&check_parts[part], i, &change);
	}
	verdicts = calloc(count ? count : 1, sizeof(*verdicts));
	if (!verdicts)
		return CHECK_NO_BUDGET;
	status = check_searched(session, judge_runs(session->judge, runs, count, verdicts));
	for (unsigned int part = 0; part < PARTS && status == CHECK_OK; part++)
		for (unsigned int i = 0; r->ran[part] && i < check_part_columns(&check_parts[part]);
		     i++)
			r->verdict[part][i] = verdicts[at++];
	r->cost = judge_cost(session->judge);
	free(verdicts);
	return status;
}

/* Where Mezzo runs with each assumption doubted alone: host mappings, presets, x86. */
static const struct {
	enum check_part_id part;
	const struct check_family *family;
} doubts[] = {
	{PART_ARM64, &check_family_debate},
	{PART_ARM64, &check_family_object},
	{PART_X86, &check_family_x86_debate},
};
#define DOUBTS (sizeof(doubts) / sizeof(doubts[0]))

/* What is found out about one part holds for all that run the same machine. */
static bool speaks_for(unsigned int doubt, unsigned int part)
{
	const struct check_part *of = &check_parts[doubts[doubt].part], *to = &check_parts[part];

	return to->subject == of->subject && to->column[0].policy == of->column[0].policy &&
	       to->kind == CHECK_ONE;
}

static void note_needs(struct check_results *r, const struct judge_verdict *verdicts)
{
	for (unsigned int i = 0; i < DOUBTS * CHECK_ASSUMPTIONS; i++)
		for (unsigned int part = 0; part < PARTS; part++) {
			if (!speaks_for(i / CHECK_ASSUMPTIONS, part))
				continue;
			r->needs_known[part] = true;
			for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
				if (verdicts[i].broken >> p & 1)
					r->needs[part][p] |= 1u << i % CHECK_ASSUMPTIONS;
		}
}

/* Which assumptions a proof rests on. */
static int find_needs(struct check_session *session, struct check_results *r)
{
	struct judge_run runs[DOUBTS * CHECK_ASSUMPTIONS];
	struct judge_verdict *verdicts = calloc(DOUBTS * CHECK_ASSUMPTIONS, sizeof(*verdicts));
	int status;

	if (!verdicts)
		return CHECK_NO_BUDGET;
	for (unsigned int i = 0; i < DOUBTS * CHECK_ASSUMPTIONS; i++) {
		struct check_change change = {.doubted = 1u << i % CHECK_ASSUMPTIONS};

		runs[i] = check_part_run(&check_parts[doubts[i / CHECK_ASSUMPTIONS].part], 0,
					 &change);
		runs[i].family = doubts[i / CHECK_ASSUMPTIONS].family;
	}
	status = check_searched(session, judge_runs(session->judge, runs,
						    DOUBTS * CHECK_ASSUMPTIONS, verdicts));
	if (status == CHECK_OK)
		note_needs(r, verdicts);
	free(verdicts);
	return status;
}

/* Would anybody be told? */
static bool needs_matter(const struct check_session *session, const struct check_results *r)
{
	for (unsigned int part = 0; part < PARTS; part++)
		for (unsigned int i = 0; i < DOUBTS; i++)
			if (r->ran[part] && speaks_for(i, part))
				return !session->args->given[CHECK_DOUBT];
	return false;
}

static int run_all(struct check_session *session)
{
	struct check_results *r = calloc(1, sizeof(*r));
	int status, exit;

	if (!r)
		return CLI_USAGE;
	status = check_run_parts(session, r);
	if (status == CHECK_OK && needs_matter(session, r))
		status = find_needs(session, r);
	r->seconds = now() - session->began;
	exit = status != CHECK_OK ? CLI_USAGE : check_surprises(r) ? CLI_NO : CLI_YES;
	if (status == CHECK_OK && session->args->given[CHECK_JSON]) {
		render_json(check_json_results(r, session->judge));
	} else if (status == CHECK_OK) {
		check_text_matrix(r);
		check_text_cost(r, session->judge);
	}
	free(r);
	return exit;
}

static int run(const struct cli_args *args)
{
	struct check_session session = {.args = args};
	int status;

	if (args->given[CHECK_LIST])
		return check_list(args);
	if (args->given[CHECK_SVG] && !args->given[CHECK_SCENARIO] && !args->given[CHECK_PROPERTY])
		return cli_usage(&cli_check,
				 "--svg draws one trace: name a --scenario or a --property");
	if (args->given[CHECK_SCENARIO] &&
	    (args->given[CHECK_PROPERTY] || args->given[CHECK_WITHOUT] ||
	     args->given[CHECK_DOUBT] || args->given[CHECK_SYNTHESISE]))
		return cli_usage(&cli_check, "--scenario says itself what is judged");
	status = open_session(&session);
	if (status)
		return status;
	if (args->given[CHECK_SCENARIO])
		status = check_mode_scenario(&session);
	else if (args->given[CHECK_SYNTHESISE])
		status = check_mode_synthesise(&session);
	else if (args->given[CHECK_WITHOUT])
		status = check_mode_without(&session);
	else if (args->given[CHECK_PROPERTY])
		status = check_mode_property(&session);
	else
		status = run_all(&session);
	judge_free(session.judge);
	return status;
}

static const struct cli_example examples[] = {
	{"check", "prove or refute everything"},
	{"check --policy linux-legacy --property S1", "how a policy leaks, and on which machines"},
	{"check --scenario fallback-to-device", "one argument of the threads, and who was right"},
	{"check --without clean-before", "why a page is cleaned"},
	{"check --scenario fallback-to-device --policy linux-legacy --svg leak.svg",
	 "the same as a picture"},
	{NULL, NULL},
};

const struct cli_command cli_check = {
	.name = "check",
	.summary = "proof or a counterexample, for every rule and every policy",
	.description =
		"Runs the shipped decision function, and policies of the past, inside a small model of\n"
		"a machine: memory, caches, tags, a host, two guests one after the other, a device,\n"
		"revocation in the middle of a fault. Every state that can be reached is visited, in\n"
		"every admissible configuration. What holds is proved for that model; what does not is\n"
		"told as the shortest story of how it fails.\n"
		"\n"
		"Exits with 0 when every verdict is the one that the repository expects, with 1 when one\n"
		"is not, and with 2 when the search needs more memory than it may use.",
	.options = check_options,
	.examples = examples,
	.run = run,
};
