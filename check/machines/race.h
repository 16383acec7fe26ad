/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_RACE_H
#define CHECK_MACHINES_RACE_H
/*
 * The micro-steps of a fault against those of a revocation: two CPUs of a guest fault on one page
 * while the page's object takes the frame away, twice, so that the first frame comes back.
 *
 * The protocol is the engine's (docs/architecture.md); what is due on the frame, before and after,
 * is what the policy answers.
 */
#include "check/subject.h"

/* Steps that can be left out or put in the wrong place. */
enum race_flaw {
	RACE_NO_SEQUENCE,       /* the fault does not look whether something was taken meanwhile */
	RACE_SEQUENCE_LATE,     /* the fault reads the sequence after the frame */
	RACE_RAISE_LATE,        /* the revocation raises the sequence after it has walked */
	RACE_RESOLVER_LATE,     /* the object resolves to the new frame after the revocation */
	RACE_SKIP_BUSY,         /* the revocation does not wait for an entry that is being made */
	RACE_NO_TLBI,           /* TLBs are not invalidated */
	RACE_TLBI_NOT_AWAITED,  /* ... and not waited for */
	RACE_VISIBLE_FIRST,     /* the entry is visible before the work is done */
	RACE_CLEAN_AFTER_EARLY, /* the frame is cleaned before the invalidation is complete */
	RACE_KEEP_BUSY,         /* a fault that must retry leaves its entry busy */
	RACE_KEEP_OWED,         /* the revocation leaves the entry owed */
	RACE_FLAWS
};

/* As duties: what is left out, or done too late. */
extern const struct check_duty race_flaws[RACE_FLAWS];

struct race_model {
	uint32_t flaws;     /* set of enum race_flaw */
	bool before, after; /* work is due before an entry is visible, after it is taken back */
	uint16_t padding;
};

extern const struct check_machine race_machine;

#define RACE_JUDGES                                                                                \
	(CHECK_BIT(CHECK_S1_NO_LEAK) | CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) |                       \
	 CHECK_BIT(CHECK_S15_CLEAN_BEFORE_VISIBLE) | CHECK_BIT(CHECK_L3_PROGRESS))

/* As struct check_subject has it. */
bool race_compile(const struct check_policy *policy, const struct check_world world[2],
		  enum check_kind kind, const struct check_change *change, void *model);

#endif
