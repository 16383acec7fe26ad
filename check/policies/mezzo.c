/* SPDX-License-Identifier: BSD-2-Clause */
/* The shipped policy: the very function that the library and the hypervisor call. */
#include "check/policies/policy.h"

static void ask(const struct check_policy *policy, const struct mezzo_facts *facts,
		struct check_answer *answer)
{
	*answer = (struct check_answer){0};
	policy->decide(facts, &answer->decision);
	answer->why = mezzo_reason((enum mezzo_reason)answer->decision.reason)->name;
}

static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	struct mezzo_facts facts;

	/* Rule 11: the slot check is the same function on (missing, read), with the promise. */
	check_world_facts(world, &facts);
	facts.fault.access = MEZZO_ACCESS_READ;
	facts.fault.kind = MEZZO_FAULT_MISSING;
	ask(policy, &facts, answer);
	return answer->decision.outcome != MEZZO_REFUSE;
}

static void fault(const struct check_policy *policy, const struct check_world *world,
		  const struct check_fault *fault, struct check_answer *answer)
{
	struct mezzo_facts facts;

	check_world_facts(world, &facts);
	facts.fault.access = fault->access;
	facts.fault.kind = fault->kind;
	facts.frame = fault->frame;
	ask(policy, &facts, answer);
}

#define MEZZO(rule, file)                                                                          \
	{                                                                                          \
		.name = "mezzo",                                                                   \
		.summary = "memory declares itself; one function decides",                         \
		.source = file ", the object code that ships",                                     \
		.engine = CHECK_ENGINE_MEZZO,                                                      \
		.blind = CHECK_FIELD_BIT(CHECK_FIELD_IO),                                          \
		.accepts = accepts,                                                                \
		.fault = fault,                                                                    \
		.decide = rule,                                                                    \
	}

const struct check_policy check_policy_mezzo = MEZZO(mezzo_arm64_decide, "src/policy/arm64.c");
const struct check_policy check_policy_mezzo_x86 = MEZZO(mezzo_x86_decide, "src/policy/x86.c");

struct check_policy check_policy_with(mezzo_decide_fn *decide)
{
	return (struct check_policy)MEZZO(decide, "a test");
}
