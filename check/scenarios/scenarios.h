/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SCENARIOS_SCENARIOS_H
#define CHECK_SCENARIOS_SCENARIOS_H
/*
 * The arguments of the threads, each as one configuration, and what every policy is expected to
 * make of it. docs/debates.md is written from this, and a test holds every line of it.
 */
#include "check/subject.h"

/* What is expected of one policy. */
struct check_expectation {
	const char *policy;
	enum {
		CHECK_HOLDS,   /* accepted, and nothing is broken */
		CHECK_REFUSES, /* no slot */
		CHECK_BREAKS,  /* accepted, and `breaks` is broken in `steps` */
	} verdict;
	enum check_property breaks; /* the one that is told */
	unsigned int steps;
};

struct check_fact {
	enum check_field field;
	uint8_t value;
};

#define CHECK_SCENARIO_FACTS 10
#define CHECK_SCENARIO_POLICIES 10

struct check_scenario {
	const char *name;
	const char *title;    /* of a section of the page */
	const char *thread;   /* "thread 004" */
	const char *argument; /* who argued what, in one line */
	const char *setting;  /* what the configuration is, for a reader who knows nothing */
	const char *mezzo;    /* what Mezzo does about it */
	const struct check_subject *subject;
	const struct check_family *family;
	enum check_kind kind;
	struct check_change change; /* of every policy */
	const char *without;        /* "mezzo" is also run without this duty */
	struct check_fact facts[2]
			       [CHECK_SCENARIO_FACTS]; /* those that are not 0; ends with {0, 0} */
	struct check_expectation expect[CHECK_SCENARIO_POLICIES]; /* ends with a NULL policy */
};

/* Scenarios that belong together: a chapter of the page. */
struct check_chapter {
	const char *title;
	const char *about;                      /* what a reader must know first; NULL: nothing */
	const struct check_scenario *scenarios; /* ends with one without a name */
};

#define CHECK_CHAPTERS 5
extern const struct check_chapter check_chapters[CHECK_CHAPTERS];

/* All of them by number, chapter by chapter; NULL past the last. */
const struct check_scenario *check_scenario_at(unsigned int number);

/* The configuration, as @policy sees it. false: there is none such, which is a mistake in the table. */
bool check_scenario_world(const struct check_scenario *scenario, const struct check_policy *policy,
			  struct check_world world[2]);

#endif
