/* SPDX-License-Identifier: BSD-2-Clause */
/* Which configurations a run has, and what refuted ones have in common. */
#include "check/judge_internal.h"

#define BIT(field) CHECK_FIELD_BIT(CHECK_FIELD_##field)
#define MACHINE (BIT(FWB) | BIT(IDC) | BIT(DIC))
/* What does not change when a frame moves to another object. */
#define STAYS                                                                                      \
	(MACHINE | BIT(MTE_PERM) | BIT(GUEST_MTE) | BIT(LOGGING) | BIT(MTE_ALLOWED) | BIT(DMA))

bool judge_compile(const struct judge_run *run, const struct check_world world[2],
		   union judge_model *model)
{
	struct check_change change = run->change;

	/* A contract stays what it is while its object lives: that is not assumed, it is so. */
	if (run->family != &check_family_debate)
		change.doubted &= ~(1u << CHECK_A4_VMA_STAYS);
	memset(model, 0, run->subject->model_bytes);
	return run->subject->compile(run->policy, world, run->kind, &change, model);
}

static bool alike(const struct check_world world[2])
{
	return memcmp(&world[0], &world[1], sizeof(world[0])) == 0;
}

bool judge_each(struct judge *j, const struct judge_run *run, judge_visit_fn *visit, void *arg)
{
	const struct check_family *family = run->family;
	uint64_t blind = run->policy->blind;
	/* of a second configuration, what is the first's */
	uint64_t kept = run->kind == CHECK_MOVE ? STAYS : ~MACHINE;
	struct check_world world[2] = {run->policy->stands, run->policy->stands};

	for (bool more = check_world_first(family, blind, run->change.doubted, &world[0]); more;
	     more = check_world_next(family, blind, run->change.doubted, &world[0])) {
		world[1] = world[0];
		if (run->kind == CHECK_ONE) {
			if (!visit(j, run, world, arg))
				return false;
			continue;
		}
		for (bool pair = check_world_first(family, blind | kept, run->change.doubted,
						   &world[1]);
		     pair;
		     pair = check_world_next(family, blind | kept, run->change.doubted, &world[1]))
			if (!alike(world) && !visit(j, run, world, arg))
				return false;
	}
	return true;
}

/* --- what came of them ---------------------------------------------------------------------------- */

struct sum {
	struct judge_verdict *verdict;
	uint32_t at; /* next accepted case */
};

static void see(uint8_t set[2][CHECK_FIELDS], const struct check_world world[2])
{
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int field = 0; field < CHECK_FIELDS; field++)
			set[w][field] |= (uint8_t)(1u << world[w].field[field]);
}

/* Facts that are not the usual ones: the fewer, the simpler. */
static unsigned int strangeness(const struct check_world world[2])
{
	unsigned int count = 0;

	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		count += (world[0].field[field] != 0) + (world[1].field[field] != 0);
	return count;
}

static void note(struct judge_finding *finding, unsigned int length,
		 const struct check_world world[2])
{
	finding->refuted++;
	see(finding->seen, world);
	if (finding->length &&
	    (length > finding->length ||
	     (length == finding->length && strangeness(world) >= strangeness(finding->world))))
		return;
	finding->length = length;
	finding->world[0] = world[0];
	finding->world[1] = world[1];
}

static bool add_up(struct judge *j, const struct judge_run *run, const struct check_world world[2],
		   void *arg)
{
	struct sum *sum = arg;
	union judge_model model;
	const struct known *known;

	sum->verdict->worlds++;
	if (!judge_compile(run, world, &model))
		return true;
	sum->verdict->accepted++;
	see(sum->verdict->seen, world);
	known = &j->known[j->of_case[sum->at++]];
	sum->verdict->broken |= known->broken;
	sum->verdict->judged |= known->judged;
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		if (known->broken >> p & 1)
			note(&sum->verdict->finding[p], known->length[p], world);
	return true;
}

uint32_t judge_sum_up(struct judge *j, const struct judge_run *run, uint32_t first,
		      struct judge_verdict *verdict)
{
	struct sum sum = {.verdict = verdict, .at = first};

	*verdict = (struct judge_verdict){0};
	judge_each(j, run, add_up, &sum);
	return sum.at;
}
