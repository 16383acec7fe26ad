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

bool check_part_wanted(const struct cli_args *args, unsigned int part)
{
	if (args->given[CHECK_PART] && !(args->set[CHECK_PART] >> part & 1))
		return false;
	return !args->given[CHECK_POLICY] ||
	       check_part_column(&check_parts[part],
				 check_policies[args->one[CHECK_POLICY]]->name) >= 0;
}

/*
 * Mezzo's verdicts with each assumption doubted alone: which of them a proof rests on. A private
 * page and the race read none.
 */
static bool can_doubt(unsigned int part)
{
	return check_parts[part].subject == &arm64_subject ||
	       (check_parts[part].subject == &x86_subject &&
		check_parts[part].column[0].policy->decide);
}

/* Is it done, and would anybody be told? */
static bool doubts(const struct cli_args *args, const struct check_results *r, unsigned int part)
{
	return r->ran[part] && can_doubt(part) && !args->given[CHECK_DOUBT] &&
	       (!args->given[CHECK_POLICY] ||
		check_part_column(&check_parts[part],
				  check_policies[args->one[CHECK_POLICY]]->name) == 0);
}

static unsigned int add_doubts(const struct cli_args *args, const struct check_results *r,
			       struct judge_run *runs)
{
	unsigned int count = 0;

	for (unsigned int part = 0; part < PARTS; part++)
		for (unsigned int a = 0; doubts(args, r, part) && a < CHECK_ASSUMPTIONS; a++) {
			struct check_change change = {.doubted = 1u << a};

			runs[count++] = check_part_run(&check_parts[part], 0, &change);
		}
	return count;
}

static void note_needs(const struct cli_args *args, struct check_results *r,
		       const struct judge_verdict *verdicts)
{
	unsigned int at = 0;

	for (unsigned int part = 0; part < PARTS; part++) {
		r->needs_known[part] = doubts(args, r, part);
		for (unsigned int a = 0; doubts(args, r, part) && a < CHECK_ASSUMPTIONS; a++) {
			uint64_t broken = verdicts[at++].broken;

			for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
				if (broken >> p & 1)
					r->needs[part][p] |= 1u << a;
		}
	}
}

/* --- all of it -------------------------------------------------------------------------------------------- */

#define RUNS_MAX (PARTS * (PART_COLUMNS + CHECK_ASSUMPTIONS))

static unsigned int add_parts(const struct cli_args *args, struct check_results *r,
			      struct judge_run *runs)
{
	struct check_change change = {.doubted = (uint32_t)args->set[CHECK_DOUBT]};
	unsigned int count = 0;

	for (unsigned int part = 0; part < PARTS; part++) {
		r->ran[part] = check_part_wanted(args, part);
		for (unsigned int i = 0; r->ran[part] && i < check_part_columns(&check_parts[part]);
		     i++)
			runs[count++] = check_part_run(&check_parts[part], i, &change);
	}
	return count;
}

/* Returns how many there were. */
static unsigned int note_parts(struct check_results *r, const struct judge_verdict *verdicts)
{
	unsigned int at = 0;

	for (unsigned int part = 0; part < PARTS; part++)
		for (unsigned int i = 0; r->ran[part] && i < check_part_columns(&check_parts[part]);
		     i++)
			r->verdict[part][i] = verdicts[at++];
	return at;
}

/* At once, because what is alike is searched only once. */
int check_run_parts(struct check_session *session, struct check_results *r)
{
	struct judge_run runs[RUNS_MAX];
	struct judge_verdict *verdicts;
	unsigned int count = add_parts(session->args, r, runs);
	int status;

	count += add_doubts(session->args, r, runs + count);
	verdicts = calloc(count ? count : 1, sizeof(*verdicts));
	if (!verdicts)
		return CHECK_NO_BUDGET;
	status = check_searched(session, judge_runs(session->judge, runs, count, verdicts));
	if (status == CHECK_OK)
		note_needs(session->args, r, verdicts + note_parts(r, verdicts));
	r->cost = judge_cost(session->judge);
	free(verdicts);
	return status;
}

static int run_all(struct check_session *session)
{
	struct check_results *r = calloc(1, sizeof(*r));
	int status, exit;

	if (!r)
		return CLI_USAGE;
	status = check_run_parts(session, r);
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
