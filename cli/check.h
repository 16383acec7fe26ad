/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
/* The parts of `mezzo check`: what is judged, what is expected, and how it is told. */
#include "cli.h"
#include <jansson.h>

#include "check/judge.h"
#include "check/scenarios/scenarios.h"
#include "check/synthesis.h"

enum check_option {
	CHECK_POLICY,
	CHECK_PROPERTY,
	CHECK_PART,
	CHECK_WITHOUT,
	CHECK_DOUBT,
	CHECK_SYNTHESISE,
	CHECK_SCENARIO,
	CHECK_LIST,
	CHECK_SVG,
	CHECK_MEMORY,
	CHECK_JSON,
	CHECK_OPTIONS
};

extern const struct cli_option check_options[CHECK_OPTIONS + 1];

/* --- what is judged ------------------------------------------------------------------------------ */

enum check_part_id {
	PART_ARM64,
	PART_CONTRACTS,
	PART_MOVES,
	PART_MIGRATION,
	PART_X86,
	PART_X86_FLUSH,
	PART_X86_CONTRACTS,
	PART_PRIVATE,
	PART_RACE,
	PARTS
};

#define PART_COLUMNS 9

/* One policy of a part, and what the repository expects of it. */
struct check_column {
	const struct check_policy *policy;
	uint64_t refuted; /* set of properties; reports do not count */
};

struct check_part {
	const char *name;  /* "arm64" */
	const char *title; /* "arm64: memory as a host maps it" */
	const char *what;  /* a sentence */
	const struct check_subject *subject;
	const struct check_family *family;
	enum check_kind kind;
	struct check_column column[PART_COLUMNS]; /* ends with a NULL policy */
};

extern const struct check_part check_parts[PARTS];
unsigned int check_part_columns(const struct check_part *part);
struct judge_run check_part_run(const struct check_part *part, unsigned int column,
				const struct check_change *change);

/* The policies of --policy, in its order; ends with NULL. */
extern const struct check_policy *const check_policies[];
/* A part's column for a policy of that name, or -1. */
int check_part_column(const struct check_part *part, const char *policy);

/*
 * A duty of --without: the machine's subject and the bit. The arm64 machine's come first, then
 * those of the race.
 */
const struct check_subject *check_duty(unsigned int number, uint32_t *bit);

/* --- what came of it ---------------------------------------------------------------------------------- */

struct check_results {
	bool ran[PARTS];
	struct judge_verdict verdict[PARTS][PART_COLUMNS];
	struct judge_cost cost;
	double seconds;
	/* of mezzo: what each property needs, a set of assumptions; known where `needs_known` */
	bool needs_known[PARTS];
	uint32_t needs[PARTS][CHECK_PROPERTIES];
};

/* How many verdicts are not those that are expected. */
unsigned int check_surprises(const struct check_results *results);
/* Is this one not? */
bool check_surprise(const struct check_results *results, unsigned int part, unsigned int column,
		    unsigned int property);

/* A scenario's policies, run: one row for each expectation. */
struct check_outcome {
	const struct check_policy *policy; /* NULL: there is none of that name */
	struct check_policy own;           /* where the policy is a variant */
	bool accepted;
	struct check_answer answer; /* to the slot */
	bool accepted_there;        /* of a migration: by the other machine */
	struct check_answer answer_there;
	uint64_t broken;
	unsigned int length[CHECK_PROPERTIES];
	enum check_property told; /* the property that is told, or CHECK_PROPERTIES */
	bool expected;
};

/* The run of one row. */
struct judge_run check_scenario_run(const struct check_scenario *scenario, unsigned int row,
				    struct check_policy *room);
int check_scenario_outcome(struct judge *judge, const struct check_scenario *scenario,
			   unsigned int row, struct check_outcome *outcome);
/* "refused when the slot is made (EINVAL)", "S1 no-leak in 5 steps", "holds" */
void check_outcome_words(const struct check_outcome *outcome, char *text, size_t size);

/* --- telling -------------------------------------------------------------------------------------------- */

/* "2024-v2" of "proposal-2024-v2": where columns are narrow. */
const char *check_short_name(const struct check_policy *policy);
/* "host=WB backing=page-no-linear|no-page FWB=no" */
void check_facts_words(const struct judge_run *run, const struct judge_finding *finding,
		       const uint64_t facts[2], char *text, size_t size);
/* The fields of one configuration that the family runs through, and that are not 0. */
void check_world_words(const struct judge_run *run, const struct check_world world[2], char *text,
		       size_t size);

/* What ends a sentence that may be a question. */
const char *check_full_stop(const char *sentence);
/* "A5 E1": what Mezzo's proof rests on. false: on nothing that can be doubted, or not known. */
bool check_under_words(const struct check_results *results, unsigned int part,
		       unsigned int property, char *text, size_t size);

void check_text_matrix(const struct check_results *results);
void check_text_cost(const struct check_results *results, const struct judge *judge);
void check_text_story(const struct judge_story *story);
json_t *check_json_results(const struct check_results *results, struct judge *judge);
json_t *check_json_story(const struct judge_story *story);

/* Draw a story: lanes for who acts, and for what cache and memory hold. false: errno says why. */
bool check_svg(const char *path, const struct judge_story *story);

#endif
