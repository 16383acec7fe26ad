/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_MUTANTS_H
#define POLICY_MUTANTS_H
/* Wrong copies of the policy, and the invariants that each of them must break. */
#include "policy_invariants.h"

/* Columns of the matrix beyond the invariants: the table's reach (I17) and its digest (I18). */
#define POLICY_I17_REACHED POLICY_INVARIANTS
#define POLICY_I18_DIGEST (POLICY_INVARIANTS + 1)
#define POLICY_COLUMNS (POLICY_INVARIANTS + 2)

struct policy_mutant {
	const char *name;
	mezzo_decide_fn *decide;
	uint64_t kills; /* bits of enum policy_invariant_id and the two above; no more, no less */
};

/* The first is the right policy: it breaks nothing. */
extern const struct policy_mutant policy_mutants[];
extern const unsigned int policy_mutants_count;

#endif
