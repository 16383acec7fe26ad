/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SYNTHESIS_H
#define CHECK_SYNTHESIS_H
/*
 * Every possible grant tried: for each configuration every type, execution or not, and every
 * choice of the work before and after that the engine around the policy is able to do. Where a
 * policy refuses, was that needless? Where it grants, was there anything safe to grant?
 */
#include "check/judge.h"

struct synthesis_group {
	uint32_t count;
	/* the plainest configuration of the group, and the grant that would be safe there */
	struct check_world world;
	uint32_t grant;
	uint64_t common; /* fields that all of the group share, and not all configurations */
};

struct synthesis {
	uint32_t worlds, refused;
	struct synthesis_group needless; /* refused, and what was declared could be had safely */
	struct synthesis_group weaker;   /* refused, and only something weaker is safe */
	struct synthesis_group rightly;  /* refused, and nothing is safe */
	struct synthesis_group unsafe;   /* accepted, and nothing is safe */
	uint32_t grants;                 /* tried, in all */
};

/* @run: of the arm64 machine, one configuration at a time. As judge_runs(). */
int synthesise(struct judge *judge, const struct judge_run *run, struct synthesis *synthesis);

/* A grant in words: "write-back, executable; before: clean, invalidate the I-cache". */
void synthesis_describe(uint32_t grant, char *text, size_t size);

#endif
