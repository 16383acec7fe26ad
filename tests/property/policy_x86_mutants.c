/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every invariant of the x86 rule can fail: wrong rules break exactly the invariants that they
 * should. The invariants are those of tests/property/policy_x86_sweep.c.
 */
#include "policy_mutants.h"
#include "x86_invariants.h"

int main(void)
{
	static const uint8_t allow[] = {1, 2, 3, 3, 4, 4, 5, 7}, rarely[] = {0, 0, 0, 0, 0, 1};
	static const uint8_t aliases[] = {0, 0, 1, 2, 3, 3}, slot[] = {0, 0, 0, 1, 2};
	static const uint8_t maintenance[] = {0, 1, 1, 2};
	static struct policy_domain domain;
	const struct policy_study study = {
		.name = "x86 policy mutants",
		.invariants = x86_invariants,
		.invariants_count = X86_INVARIANTS,
		.mutants = x86_mutants,
		.mutants_count = x86_mutants_count,
		.missing = x86_tally_missing,
		.domain = &domain,
	};

	policy_domain_x86(&domain);
	policy_weight(&domain, POLICY_ALLOW, 8, allow);
	policy_weight(&domain, POLICY_ALIASES, 6, aliases);
	policy_weight(&domain, POLICY_PRIVATE, 6, rarely);
	policy_weight(&domain, POLICY_MMIO, 6, rarely);
	policy_weight(&domain, POLICY_SLOT, 5, slot);
	policy_weight(&domain, POLICY_MAINTENANCE, 4, maintenance);
	return policy_matrix(&study);
}
