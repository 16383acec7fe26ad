/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every invariant of the arm64 rule can fail: wrong rules break exactly the invariants that they
 * should. The invariants are those of tests/property/policy_sweep.c.
 */
#include "policy_mutants.h"

int main(void)
{
	static const uint8_t allow[] = {1, 2, 3, 3, 4, 4, 5, 7}, rarely[] = {0, 0, 0, 0, 0, 1};
	static const uint8_t aliases[] = {0, 1, 2, 3, 3}, slot[] = {0, 0, 0, 1, 2};
	static const uint8_t maintenance[] = {0, 1, 1, 2};
	static struct policy_domain domain;
	const struct policy_study study = {
		.name = "policy mutants",
		.invariants = policy_invariants,
		.invariants_count = POLICY_INVARIANTS,
		.mutants = policy_mutants,
		.mutants_count = policy_mutants_count,
		.missing = policy_tally_missing,
		.domain = &domain,
	};

	policy_domain_all(&domain);
	policy_weight(&domain, POLICY_ALLOW, 8, allow);
	policy_weight(&domain, POLICY_ALIASES, 5, aliases);
	policy_weight(&domain, POLICY_PRIVATE, 6, rarely);
	policy_weight(&domain, POLICY_MMIO, 6, rarely);
	policy_weight(&domain, POLICY_SLOT, 5, slot);
	policy_weight(&domain, POLICY_MAINTENANCE, 4, maintenance);
	return policy_matrix(&study);
}
