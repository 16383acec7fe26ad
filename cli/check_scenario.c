/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios: one configuration under every policy, and whether all is as expected. */
#include "check.h"

#include <string.h>

/* The policy of that name that the scenario's machine can run. */
static const struct check_policy *policy_for(const struct check_scenario *s, const char *name)
{
	for (unsigned int part = 0; part < PARTS; part++)
		if (check_parts[part].subject == s->subject) {
			int column = check_part_column(&check_parts[part], name);

			if (column >= 0)
				return check_parts[part].column[column].policy;
		}
	return NULL;
}

/* "mezzo without clean-before": Mezzo's policy, and the duty that is left out. */
static uint32_t left_out(const struct check_scenario *s, const char *policy)
{
	if (!s->without || strcmp(policy, "mezzo") == 0 || strncmp(policy, "mezzo ", 6) != 0)
		return 0;
	for (unsigned int i = 0; i < s->subject->duties_count; i++)
		if (strcmp(s->subject->duties[i].name, s->without) == 0)
			return 1u << i;
	return 0;
}

struct judge_run check_scenario_run(const struct check_scenario *s, unsigned int row,
				    struct check_policy *room)
{
	const char *name = s->expect[row].policy;
	uint32_t lacks = left_out(s, name);
	const struct check_policy *policy = policy_for(s, lacks ? "mezzo" : name);
	struct judge_run run = {
		.subject = s->subject,
		.policy = policy,
		.family = s->family,
		.kind = s->kind,
		.change = s->change,
	};

	run.change.lacks |= lacks;
	if (policy && lacks) {
		*room = *policy;
		room->name = name;
		run.policy = room;
	}
	return run;
}

/* What is told of a configuration: what is expected, if it is broken; else the first thing. */
static enum check_property told(const struct check_expectation *expect, uint64_t broken)
{
	uint64_t failures = broken & ~CHECK_REPORTS;

	if (expect->verdict == CHECK_BREAKS && broken >> expect->breaks & 1)
		return expect->breaks;
	if (!failures)
		return CHECK_PROPERTIES;
	return (enum check_property)__builtin_ctzll(failures);
}

static bool as_expected(const struct check_expectation *expect, const struct check_outcome *o)
{
	switch (expect->verdict) {
	case CHECK_HOLDS:
		return o->accepted && !(o->broken & ~CHECK_REPORTS);
	case CHECK_REFUSES:
		return !o->accepted;
	default:
		return o->accepted && o->told == expect->breaks &&
		       o->length[o->told] == expect->steps;
	}
}

int check_scenario_outcome(struct judge *judge, const struct check_scenario *s, unsigned int row,
			   struct check_outcome *o)
{
	struct judge_run run = check_scenario_run(s, row, &o->own);
	struct check_world world[2];
	int status;

	o->policy = run.policy;
	o->expected = false;
	o->accepted = false;
	o->broken = 0;
	o->told = CHECK_PROPERTIES;
	if (!o->policy || !check_scenario_world(s, o->policy, world))
		return CHECK_OK;
	o->policy->accepts(o->policy, &world[0], &o->answer);
	o->accepted_there = s->kind != CHECK_MIGRATE ||
			    o->policy->accepts(o->policy, &world[1], &o->answer_there);
	status = judge_one(judge, &run, world, &o->accepted, &o->broken, o->length);
	o->told = told(&s->expect[row], o->broken);
	o->expected = as_expected(&s->expect[row], o);
	return status;
}
