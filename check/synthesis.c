/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/synthesis.h"
#include "check/judge_internal.h"

#include <stdio.h>

/* A grant, as a number: type in the lowest two bits. */
#define GRANT_TYPE 3u
#define GRANT_EXEC 4u
#define GRANT_CLEAN 8u
#define GRANT_ICACHE 16u
#define GRANT_TAGS 32u
#define GRANT_CLEAN_AFTER 64u
#define GRANTS 128u

/* What must hold of a grant that is called safe, and of one that is also what was declared. */
#define SAFETY (~(CHECK_REPORTS | CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL)))
#define AS_DECLARED CHECK_BIT(CHECK_L4_INTENT_HONOURED)

void synthesis_describe(uint32_t grant, char *text, size_t size)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = {
		{GRANT_EXEC, ", executable"},
		{GRANT_CLEAN, ", cleaned before"},
		{GRANT_ICACHE, ", I-cache invalidated before"},
		{GRANT_TAGS, ", tags zeroed before"},
		{GRANT_CLEAN_AFTER, ", cleaned after"},
	};
	size_t used = (size_t)snprintf(text, size, "%s",
				       mezzo_arm64_stage2_name(
					       (enum mezzo_arm64_stage2)(grant & GRANT_TYPE)));

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]) && used < size; i++)
		if (grant & words[i].bit)
			used += (size_t)snprintf(text + used, size - used, "%s", words[i].word);
}

/* --- a policy that makes one grant ----------------------------------------------------------------- */

static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	(void)policy;
	(void)world;
	*answer = (struct check_answer){.why = "tried"};
	return true;
}

static void grant_work(uint32_t grant, const struct check_fault *fault, struct mezzo_decision *d)
{
	bool wb = d->type == MEZZO_STAGE2_NORMAL_WB || d->type == MEZZO_STAGE2_GUEST_CHOICE;
	bool missing = fault->kind == MEZZO_FAULT_MISSING;
	bool zero = missing && fault->frame.data == MEZZO_CONTENT_UNOWNED;
	uint8_t *next = d->before_visible;

	if (zero && !wb && grant & GRANT_CLEAN)
		*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (zero)
		*next++ = wb ? MEZZO_ACTION_ZERO : MEZZO_ACTION_ZERO_UNCACHED;
	if (missing && grant & GRANT_TAGS && fault->frame.tags == MEZZO_CONTENT_UNOWNED)
		*next++ = MEZZO_ACTION_ZERO_TAGS;
	if (missing && grant & GRANT_CLEAN && !(zero && !wb))
		*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (d->exec && grant & GRANT_ICACHE)
		*next++ = MEZZO_ACTION_INVALIDATE_ICACHE;
	d->frame_after = fault->frame;
	if (zero)
		d->frame_after.data = MEZZO_CONTENT_INITIALISED;
	if (missing && grant & GRANT_TAGS)
		d->frame_after.tags = MEZZO_CONTENT_INITIALISED;
	if (wb)
		d->frame_after.lines = MEZZO_LINES_MAYBE;
	else if (missing && grant & GRANT_CLEAN)
		d->frame_after.lines = MEZZO_LINES_CLEAN;
	d->clean_after = grant & GRANT_CLEAN_AFTER;
}

static void fault(const struct check_policy *policy, const struct check_world *world,
		  const struct check_fault *fault, struct check_answer *answer)
{
	struct mezzo_decision *d = &answer->decision;
	bool logging = world->field[CHECK_FIELD_LOGGING];
	uint32_t grant = policy->version;

	*answer = (struct check_answer){.why = "tried"};
	d->outcome = MEZZO_GRANT;
	d->type = (uint8_t)(grant & GRANT_TYPE);
	d->read = true;
	d->write = world->field[CHECK_FIELD_WRITABLE] &&
		   (!logging || fault->access == MEZZO_ACCESS_WRITE);
	if (fault->access == MEZZO_ACCESS_EXEC) {
		d->exec = grant & GRANT_EXEC;
		if (!d->exec) {
			d->outcome = MEZZO_ABORT;
			return;
		}
	}
	grant_work(grant, fault, d);
	if (d->write && logging)
		for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
			if (!d->before_visible[i]) {
				d->before_visible[i] = MEZZO_ACTION_LOG_DIRTY;
				break;
			}
}

/* --- all of them ---------------------------------------------------------------------------------------- */

struct tried {
	struct synthesis *synthesis;
	struct judge_run attempt; /* with `policy`, the one that makes one grant */
	struct check_policy policy;
	const struct judge_run *run;
	uint8_t all[CHECK_FIELDS];
	uint8_t of_group[4][CHECK_FIELDS];
	int status;
};

static bool sensible(uint32_t grant, const struct check_world *world)
{
	bool wb = (grant & GRANT_TYPE) >= MEZZO_STAGE2_NORMAL_WB;

	/* Work that has no point, and what is not to be executed: not another grant. */
	if (grant & GRANT_EXEC ? !wb : grant & GRANT_ICACHE)
		return false;
	return !(grant & GRANT_TAGS) || (world->field[CHECK_FIELD_GUEST_MTE] && wb);
}

enum found {
	NOTHING,
	WEAKER, /* than what was declared */
	DECLARED,
};

/* The best grant that keeps every safety property. */
static enum found find_safe(struct judge *j, struct tried *t, const struct check_world world[2],
			    uint32_t *found)
{
	enum found best = NOTHING;

	for (uint32_t grant = 0; grant < GRANTS; grant++) {
		union judge_model model;
		uint64_t broken;

		if (!sensible(grant, &world[0]))
			continue;
		t->policy.version = grant;
		t->synthesis->grants++;
		if (!judge_compile(&t->attempt, world, &model))
			continue;
		t->status = check_search_run(j->search[0], t->run->subject->machine, &model,
					     t->run->subject->judges & SAFETY);
		if (t->status != CHECK_OK)
			return NOTHING;
		broken = check_search_broken(j->search[0]);
		if (broken & SAFETY || (best && broken & AS_DECLARED))
			continue;
		*found = grant;
		best = broken & AS_DECLARED ? WEAKER : DECLARED;
		if (best == DECLARED)
			break;
	}
	return best;
}

static void put_in(struct synthesis_group *group, uint8_t seen[CHECK_FIELDS],
		   const struct check_world *world, uint32_t grant)
{
	if (!group->count++) {
		group->world = *world;
		group->grant = grant;
	}
	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		seen[field] |= (uint8_t)(1u << world->field[field]);
}

static bool try_one(struct judge *j, const struct judge_run *run, const struct check_world world[2],
		    void *arg)
{
	struct tried *t = arg;
	struct synthesis *s = t->synthesis;
	struct check_answer answer;
	bool accepted = run->policy->accepts(run->policy, &world[0], &answer);
	enum found safe;
	uint32_t grant = 0;

	s->worlds++;
	s->refused += !accepted;
	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		t->all[field] |= (uint8_t)(1u << world[0].field[field]);
	safe = find_safe(j, t, world, &grant);
	if (t->status != CHECK_OK)
		return false;
	if (!accepted && safe == DECLARED)
		put_in(&s->needless, t->of_group[0], &world[0], grant);
	else if (!accepted && safe == WEAKER)
		put_in(&s->weaker, t->of_group[1], &world[0], grant);
	else if (!accepted)
		put_in(&s->rightly, t->of_group[2], &world[0], grant);
	else if (safe == NOTHING)
		put_in(&s->unsafe, t->of_group[3], &world[0], grant);
	return true;
}

static uint64_t common(const uint8_t all[CHECK_FIELDS], const uint8_t seen[CHECK_FIELDS])
{
	uint64_t set = 0;

	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		if (seen[field] != all[field] && !(seen[field] & (seen[field] - 1)))
			set |= CHECK_FIELD_BIT(field);
	return set;
}

int synthesise(struct judge *j, const struct judge_run *run, struct synthesis *synthesis)
{
	struct tried t = {
		.synthesis = synthesis,
		.run = run,
		.attempt = *run,
		.policy =
			{
				.name = "tried",
				.engine = run->policy->engine,
				.blind = run->policy->blind,
				.accepts = accepts,
				.fault = fault,
			},
	};

	*synthesis = (struct synthesis){0};
	t.attempt.policy = &t.policy;
	judge_each(j, run, try_one, &t);
	synthesis->needless.common = common(t.all, t.of_group[0]);
	synthesis->weaker.common = common(t.all, t.of_group[1]);
	synthesis->rightly.common = common(t.all, t.of_group[2]);
	synthesis->unsafe.common = common(t.all, t.of_group[3]);
	return t.status;
}
