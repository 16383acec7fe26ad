/* SPDX-License-Identifier: BSD-2-Clause */
/* Which facts are to blame: what refuted configurations share, without what follows from the rest. */
#include "check/judge_internal.h"

/* Those that say least are tried first, whether they follow from the others. */
static const uint8_t least_first[CHECK_FIELDS] = {
	CHECK_FIELD_TAG_STORAGE, CHECK_FIELD_LINES,      CHECK_FIELD_TAGS,
	CHECK_FIELD_MTE_ALLOWED, CHECK_FIELD_IO,         CHECK_FIELD_ANY_UNCACHED,
	CHECK_FIELD_MTE_PERM,    CHECK_FIELD_GUEST_MTE,  CHECK_FIELD_LOGGING,
	CHECK_FIELD_WRITABLE,    CHECK_FIELD_MMIO,       CHECK_FIELD_WINDOW,
	CHECK_FIELD_DATA,        CHECK_FIELD_IDC,        CHECK_FIELD_SHAPE,
	CHECK_FIELD_ENGINE,      CHECK_FIELD_GUEST_MTRR, CHECK_FIELD_GUEST_CD,
	CHECK_FIELD_HONOUR_MTRR, CHECK_FIELD_DMA,        CHECK_FIELD_ALLOW,
	CHECK_FIELD_MAINTENANCE, CHECK_FIELD_DIC,        CHECK_FIELD_FWB,
	CHECK_FIELD_SELF_SNOOP,  CHECK_FIELD_ALIASES,    CHECK_FIELD_BACKING,
	CHECK_FIELD_MAP,
};

struct question {
	const struct judge_finding *finding;
	const uint64_t *facts;     /* that must hold */
	unsigned int which, field; /* that must not */
	bool found;
};

static bool holds(const struct judge_finding *finding, unsigned int w, unsigned int field,
		  const struct check_world world[2])
{
	return finding->seen[w][field] >> world[w].field[field] & 1;
}

/* Is this an accepted configuration in which all other facts hold, and this one does not? */
static bool look(struct judge *j, const struct judge_run *run, const struct check_world world[2],
		 void *arg)
{
	struct question *q = arg;
	union judge_model model;

	(void)j;
	if (holds(q->finding, q->which, q->field, world))
		return true;
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int field = 0; field < CHECK_FIELDS; field++)
			if (q->facts[w] >> field & 1 && !(w == q->which && field == q->field) &&
			    !holds(q->finding, w, field, world))
				return true;
	if (!judge_compile(run, world, &model))
		return true;
	q->found = true;
	return false;
}

void judge_facts(struct judge *j, const struct judge_run *run, const struct judge_verdict *verdict,
		 const struct judge_finding *finding, uint64_t facts[2])
{
	uint64_t free = run->family->free & ~run->policy->blind;

	for (unsigned int w = 0; w < 2; w++) {
		facts[w] = 0;
		for (unsigned int field = 0; field < CHECK_FIELDS; field++)
			if (free >> field & 1 && (w == 0 || run->kind != CHECK_ONE) &&
			    finding->seen[w][field] != verdict->seen[w][field])
				facts[w] |= CHECK_FIELD_BIT(field);
	}
	for (unsigned int i = 0; i < sizeof(least_first); i++)
		for (unsigned int w = 2; w-- > 0;) {
			struct question q = {finding, facts, w, least_first[i], false};

			if (!(facts[w] >> q.field & 1))
				continue;
			judge_each(j, run, look, &q);
			if (!q.found)
				facts[w] &= ~CHECK_FIELD_BIT(q.field);
		}
}
