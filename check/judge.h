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
#include "check/search/parallel.h"
#include "check/subject.h"

/* What is to be searched. */
struct judge_run {
	const struct check_subject *subject;
	const struct check_policy *policy;
	const struct check_family *family;
	enum check_kind kind;
	struct check_change change;
};

/* What came of a run, per property. */
struct judge_finding {
	uint32_t refuted;    /* configurations */
	unsigned int length; /* of the shortest counterexample; 0: none */
	/* the configuration of the simplest of the shortest ones */
	struct check_world world[2];
	/* by field, the set of values that refuted configurations have */
	uint8_t seen[2][CHECK_FIELDS];
};

struct judge_verdict {
	uint32_t worlds;   /* configurations that there are */
	uint32_t accepted; /* ... in which the policy accepts the slot */
	struct judge_finding finding[CHECK_PROPERTIES];
	uint64_t broken; /* set of properties */
	uint64_t judged; /* ... that were put to the test at all */
	/* by field, the set of values that accepted configurations have */
	uint8_t seen[2][CHECK_FIELDS];
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
/**
 * judge_facts() - what all refuted configurations have in common and accepted ones have not
 * @facts: out, for each of the two configurations a set of fields; their values are those of
 *	   @finding->seen. A fact that follows from the others is left out.
 */
void judge_facts(struct judge *judge, const struct judge_run *run,
		 const struct judge_verdict *verdict, const struct judge_finding *finding,
		 uint64_t facts[2]);

struct judge_cost judge_cost(const struct judge *judge);
size_t judge_peak_bytes(const struct judge *judge);
/* A sentence about the search that did not fit. */
const char *judge_trouble(const struct judge *judge);

/* A counterexample, told. */
#define JUDGE_STEPS_MAX 64
struct judge_story {
	const struct judge_run *run;
	struct check_world world[2];
	enum check_property property;
	unsigned int length; /* 0: the property holds in this configuration */
	unsigned int back; /* of a run that goes on for ever: from here on it repeats; or length */
	struct {
		const char *actor;
		struct check_cells cells;
		struct check_step step;
		char text[360];
	} step[JUDGE_STEPS_MAX];
};

/* The shortest counterexample of one configuration. @run must outlive @story. */
int judge_tell(struct judge *judge, const struct judge_run *run, const struct check_world world[2],
	       enum check_property property, struct judge_story *story);

/* One configuration searched: the set of broken properties; accepted false: refused. */
int judge_one(struct judge *judge, const struct judge_run *run, const struct check_world world[2],
	      bool *accepted, uint64_t *broken, unsigned int length[CHECK_PROPERTIES]);

#endif
