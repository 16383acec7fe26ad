/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SUBJECT_H
#define CHECK_SUBJECT_H
/* A machine as a judge sees it: made from a policy and a configuration, searched, and told. */
#include "check/policies/policy.h"
#include "check/properties/properties.h"
#include "check/search/search.h"

/* How many configurations one search is about, and what the second is. */
enum check_kind {
	CHECK_ONE,     /* one: the same memory for both guests */
	CHECK_MOVE,    /* two: the frame moves from one object to another */
	CHECK_MIGRATE, /* two: the guest moves from one machine to another */
};

/* What is changed for an experiment. */
struct check_change {
	uint32_t lacks;   /* set of the machine's own duties that are left out */
	uint32_t doubted; /* set of enum check_assumption that need not hold */
};

/* One configuration under one policy: enough to tell a path. */
struct check_case {
	const struct check_policy *policy;
	struct check_world world[2];
	const void *model;
};

/* What cache and memory hold after a step, for pictures. NULL: nothing. */
struct check_cells {
	const char *cache, *memory;
	bool dirty;     /* the cache holds what memory does not */
	bool secret[2]; /* cache, memory: somebody else's */
};

/* A duty of the engine, which an experiment may leave out. */
struct check_duty {
	const char *name;
	const char *what; /* what is done, beginning with a verb */
};

struct check_subject {
	const struct check_machine *machine;
	size_t model_bytes; /* a multiple of 8, at most CHECK_MODEL_BYTES */
	uint64_t judges;    /* set of properties */
	const struct check_duty *duties;
	unsigned int duties_count;
	/*
	 * @model: model_bytes of zeroes, filled. Two that are alike byte by byte behave alike.
	 * false: the policy refuses the slot, so that there is nothing to search.
	 */
	bool (*compile)(const struct check_policy *policy, const struct check_world world[2],
			enum check_kind kind, const struct check_change *change, void *model);
	/* The steps of a path again, with values as they are told. NULL: they are already. */
	void (*retell)(const void *model, struct check_step *steps, unsigned int count);
	/*
	 * One step in plain sentences. @broken: the property that it breaks, or CHECK_PROPERTIES.
	 * @text is always terminated.
	 */
	void (*tell)(const struct check_case *at, const struct check_step *step,
		     enum check_property broken, char *text, size_t size);
	/* Who acts: "host", "guest A", "guest B", "device", "cache", ... */
	const char *(*actor)(const struct check_step *step);
	/* NULL: the machine has no caches. */
	void (*cells)(const struct check_step *step, struct check_cells *cells);
};
#define CHECK_MODEL_BYTES 2048

extern const struct check_subject arm64_subject, x86_subject, race_subject, private_subject;

#endif
