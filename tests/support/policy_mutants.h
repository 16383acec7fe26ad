/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_MUTANTS_H
#define POLICY_MUTANTS_H
/* Wrong copies of the policy, and the invariants that each of them must break. */
#include "policy_invariants.h"

struct policy_mutant {
	const char *name;
	mezzo_decide_fn *decide;
	uint64_t kills; /* bits of the invariants and the two below; no more, no less */
};

/* A rule under study: its invariants, its mutants (the first is the right rule), a sample. */
struct policy_study {
	const char *name;
	const struct policy_invariant *invariants;
	unsigned int invariants_count;
	const struct policy_mutant *mutants;
	unsigned int mutants_count;
	const char *(*missing)(const struct policy_tally *tally);
	const struct policy_domain *domain; /* of the sample: values may stand there twice */
};

/* Columns of the matrix beyond the invariants: the table's reach (I17) and its digest (I18). */
#define POLICY_I17_REACHED POLICY_INVARIANTS
#define POLICY_I18_DIGEST (POLICY_INVARIANTS + 1)

/* The first is the right policy: it breaks nothing. */
extern const struct policy_mutant policy_mutants[];
extern const unsigned int policy_mutants_count;
extern const struct policy_mutant x86_mutants[];
extern const unsigned int x86_mutants_count;

/*
 * Every mutant breaks exactly the invariants that it should, and every invariant is broken by
 * some. Judged on a sample of the space. A test program's main.
 */
int policy_matrix(const struct policy_study *study);

/* @values instead of all: a value that stands there twice is drawn twice as often. */
static inline void policy_weight(struct policy_domain *domain, enum policy_field field,
				 unsigned int count, const uint8_t *values)
{
	domain->count[field] = (uint8_t)count;
	for (unsigned int i = 0; i < count; i++)
		domain->value[field][i] = values[i];
}

/* --- what mutants do to lists of actions ----------------------------------------------------- */

static inline bool remove_action(uint8_t *list, unsigned int length, enum mezzo_action action)
{
	for (unsigned int i = 0; i < length; i++) {
		if (list[i] != action)
			continue;
		memmove(list + i, list + i + 1, length - i - 1);
		list[length - 1] = MEZZO_ACTION_NONE;
		return true;
	}
	return false;
}

static inline void put_first(uint8_t *list, unsigned int length, enum mezzo_action action)
{
	memmove(list + 1, list, length - 1);
	list[0] = (uint8_t)action;
}

static inline void put_last(uint8_t *list, unsigned int length, enum mezzo_action action)
{
	unsigned int i = 0;

	while (i < length - 1 && list[i] != MEZZO_ACTION_NONE)
		i++;
	list[i] = (uint8_t)action;
}

static inline bool drop(struct mezzo_decision *d, enum mezzo_action action)
{
	return remove_action(d->before_visible, MEZZO_BEFORE_MAX, action);
}

#endif
