/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef X86_INVARIANTS_H
#define X86_INVARIANTS_H
/*
 * What must hold of every decision on x86, each as one predicate over one point of the space: I1
 * to I18 of the project's coherence study in x86 terms, and more. Written from the words of
 * docs/policy.md, not from the policy's code.
 */
#include "policy_invariants.h"

enum x86_invariant_id {
	X86_I1_WORK,
	X86_I2_TYPE,
	X86_I3_CLEAN,
	X86_I4_ICACHE,
	X86_I5_TAGS,
	X86_I6_EXEC,
	X86_I7_WRITE,
	X86_I8_SIZE,
	X86_I9_NOTHING,
	X86_I10_REGISTERS,
	X86_I11_IGNORE_PAT,
	X86_I12_PRIVATE,
	X86_I13_SLOT,
	X86_I14_MONOTONE,
	X86_I15_UNNAMED,
	X86_I16_PERMISSION,
	X86_ZERO,
	X86_COMBINE,
	X86_ALLOW_KEPT,
	X86_ALIASES,
	X86_DEVICES,
	X86_BARE_METAL,
	X86_MTRR,
	X86_CONTRADICTION,
	X86_REASON_TRUE,
	X86_ACCESS_ENDS,
	X86_PROGRESS,
	X86_SEQUENCE,
	X86_NEEDLESS,
	X86_TAKE_BACK,
	X86_FRAME_AFTER,
	X86_AGAIN,
	X86_SIZES,
	X86_INVARIANTS
};
extern const struct policy_invariant x86_invariants[X86_INVARIANTS];

/* As policy_tally_missing: what the x86 rule can answer. */
const char *x86_tally_missing(const struct policy_tally *tally);

/*
 * What the digest calls a reason: its place among those that the x86 rule gives, so that a reason
 * of something else moves no number. Beyond them for one that the rule does not give.
 */
unsigned int x86_reason_number(enum mezzo_reason reason);

#endif
