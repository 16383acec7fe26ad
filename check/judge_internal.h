/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_JUDGE_INTERNAL_H
#define CHECK_JUDGE_INTERNAL_H
/* The parts of a judge. */
#include "check/judge.h"
#include "check/search/budget.h"

#include <string.h>

#define NO_MODEL UINT32_MAX

/* A machine, and what its search found. Its model lies in the judge's arena. */
struct known {
	const struct check_subject *subject;
	uint64_t hash;
	uint64_t broken, judged, moves;
	size_t model; /* offset in the arena */
	uint32_t states;
	uint8_t length[CHECK_PROPERTIES];
};

struct judge {
	struct check_budget budget;
	unsigned int workers;
	struct check_search *search[CHECK_WORKERS_MAX];
	struct known *known;
	uint32_t models, room;
	unsigned char *arena; /* models, one after the other */
	size_t arena_used, arena_room;
	uint32_t *slot; /* hash index: 0, or a model's number + 1 */
	uint32_t slots;
	uint32_t *of_case; /* model of each accepted configuration, in order */
	uint32_t cases, case_room;
	check_progress_fn *progress;
	void *progress_arg;
	struct judge_cost cost;
	atomic_bool failed;
	char trouble[160];
};

/* A model, aligned for any. */
union judge_model {
	uint64_t word[CHECK_MODEL_BYTES / 8];
	unsigned char bytes[CHECK_MODEL_BYTES];
};

/* Every configuration of a run, in order. @visit returns false to end. */
typedef bool judge_visit_fn(struct judge *judge, const struct judge_run *run,
			    const struct check_world world[2], void *arg);
bool judge_each(struct judge *judge, const struct judge_run *run, judge_visit_fn *visit, void *arg);

/* false: refused. */
bool judge_compile(const struct judge_run *run, const struct check_world world[2],
		   union judge_model *model);

/* Sum up one run, whose accepted configurations start at @first; returns the next run's first. */
uint32_t judge_sum_up(struct judge *judge, const struct judge_run *run, uint32_t first,
		      struct judge_verdict *verdict);

#endif
