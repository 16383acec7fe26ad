/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H
/*
 * Policies judged: one search per configuration, all configurations of a family, and what came of
 * it per property.
 *
 * Configurations that compile to the same machine share a search: nothing in it could tell them
 * apart. Counts are of configurations all the same.
 */
#include "check/machines/arm64.h"
#include "check/search/parallel.h"

/* What is to be searched. */
struct judge_run {
	const struct check_policy *policy;
	const struct check_family *family;
	enum arm64_kind kind;
	uint32_t lacks;   /* set of enum arm64_duty */
	uint32_t doubted; /* set of enum check_assumption */
};

/* What came of a run, per property. */
struct judge_finding {
	uint32_t refuted;    /* configurations */
	unsigned int length; /* of the shortest counterexample; 0: none */
	/* the configuration of the simplest of the shortest ones */
	struct check_world world[2];
	/* facts that all refuted configurations share and others do not, by configuration */
	uint64_t common[2];
};

struct judge_verdict {
	uint32_t worlds;   /* configurations that there are */
	uint32_t accepted; /* ... in which the policy accepts the slot */
	struct judge_finding finding[CHECK_PROPERTIES];
	uint64_t broken; /* set of properties */
};

struct judge_cost {
	uint64_t states, moves;
	uint32_t searches;
	uint32_t largest; /* states of one search */
};

struct judge;

/* @budget_bytes: memory for everything. NULL: not even a start was possible. */
struct judge *judge_new(size_t budget_bytes, unsigned int workers);
void judge_free(struct judge *judge);
/* Called while searches run. */
void judge_on_progress(struct judge *judge, check_progress_fn *progress, void *arg);

/**
 * judge_runs() - search everything of @count runs, and sum up
 *
 * CHECK_NO_BUDGET: judge_trouble() says how far it got; @verdicts mean nothing then.
 */
int judge_runs(struct judge *judge, const struct judge_run *runs, unsigned int count,
	       struct judge_verdict *verdicts);
struct judge_cost judge_cost(const struct judge *judge);
size_t judge_peak_bytes(const struct judge *judge);
/* A sentence about the search that did not fit. */
const char *judge_trouble(const struct judge *judge);

/**
 * judge_story() - the shortest counterexample of one configuration, ready to be told
 * @length: how many steps there are; 0: @property holds in this configuration
 */
int judge_story(struct judge *judge, const struct judge_run *run, const struct check_world world[2],
		enum check_property property, struct arm64_case *at, struct check_step *steps,
		unsigned int max, unsigned int *length);

#endif
