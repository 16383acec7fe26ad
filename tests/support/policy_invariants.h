/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_INVARIANTS_H
#define POLICY_INVARIANTS_H
/*
 * What must hold of every decision, each as one predicate over one point of the space. They are
 * written from the words of docs/policy.md, not from the policy's code, and take the policy as a
 * pointer: a neighbouring point is judged by the same policy.
 *
 * I1 to I18 are the invariants of the project's coherence study, restated for this engine's
 * records. I10 to I12 are about x86 and private resolution, I17 and I18 about the whole table: see
 * struct policy_tally.
 */
#include "policy_space.h"

#include <string.h>

struct policy_case {
	const struct mezzo_facts *facts;
	mezzo_decide_fn *decide;
	struct mezzo_decision decision;
	unsigned int before; /* sets of enum mezzo_action */
	unsigned int after;
};

struct policy_invariant {
	const char *name;
	const char *words;
	bool (*holds)(const struct policy_case *at);
};

enum policy_invariant_id {
	POLICY_I1_WORK,
	POLICY_I2_TYPE,
	POLICY_I3_CLEAN,
	POLICY_I4_ICACHE,
	POLICY_I5_TAGS,
	POLICY_I6_EXEC,
	POLICY_I7_WRITE,
	POLICY_I8_SIZE,
	POLICY_I9_NOTHING,
	POLICY_I13_SLOT,
	POLICY_I14_MONOTONE,
	POLICY_I15_UNNAMED,
	POLICY_I16_PERMISSION,
	POLICY_ZERO,
	POLICY_REGISTERS,
	POLICY_COMBINE,
	POLICY_ALLOW_KEPT,
	POLICY_CONTRADICTION,
	POLICY_REASON_TRUE,
	POLICY_ACCESS_ENDS,
	POLICY_PROGRESS,
	POLICY_SEQUENCE,
	POLICY_NEEDLESS,
	POLICY_TAKE_BACK,
	POLICY_FRAME_AFTER,
	POLICY_AGAIN,
	POLICY_SIZES,
	POLICY_INVARIANTS
};
extern const struct policy_invariant policy_invariants[POLICY_INVARIANTS];

/* Ask @decide at @facts and fill @at. */
static inline void policy_ask(struct policy_case *at, mezzo_decide_fn *decide,
			      const struct mezzo_facts *facts)
{
	at->facts = facts;
	at->decide = decide;
	decide(facts, &at->decision);
	at->before = at->after = 0;
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		at->before |= 1u << at->decision.before_visible[i];
	for (unsigned int i = 0; i < MEZZO_AFTER_MAX; i++)
		at->after |= 1u << at->decision.after_invalid[i];
	at->before &= ~(1u << MEZZO_ACTION_NONE);
	at->after &= ~(1u << MEZZO_ACTION_NONE);
}

/* The whole table: which values of the outputs were seen (I17), and a digest of it (I18). */
struct policy_tally {
	uint64_t points;
	uint64_t digest;
	bool reasons[MEZZO_REASONS];
	uint64_t outcomes, types, effective, before, after, max_orders, frames, permissions;
};
void policy_tally_start(struct policy_tally *tally);

/*
 * The decision's bytes in the order of the header, as little-endian words; a frame state is three
 * bits of the last.
 */
struct policy_words {
	uint64_t a, b, c;
};
#define POLICY_WORDS_B_ORDER UINT64_C(0xff00) /* max_order, in b */

static inline struct policy_words policy_pack(const struct mezzo_decision *decision)
{
	struct policy_words words;
	uint8_t last[3];

	_Static_assert(offsetof(struct mezzo_decision, clean_after) == 8, "in word b");
	_Static_assert(offsetof(struct mezzo_decision, max_order) == 9, "in word b");
	_Static_assert(offsetof(struct mezzo_decision, after_invalid) == 16, "in word c");
	_Static_assert(offsetof(struct mezzo_decision, frame_after) == 18, "in word c");
	_Static_assert(sizeof(struct mezzo_decision) == 19, "the words hold it all");
	memcpy(&words.a, decision, 8);
	memcpy(&words.b, (const char *)decision + 8, 8);
	memcpy(last, (const char *)decision + 16, 3);
	words.c = (uint64_t)last[0] | (uint64_t)last[1] << 8 | (uint64_t)(last[2] & 7) << 16;
	return words;
}

/* Equal in every field. */
static inline bool policy_same(const struct mezzo_decision *a, const struct mezzo_decision *b)
{
	struct policy_words x = policy_pack(a), y = policy_pack(b);

	return x.a == y.a && x.b == y.b && x.c == y.c;
}

/* Fold a decision into the digest: a bijection of the digest, so nothing before it is forgotten. */
static inline void policy_tally_add(struct policy_tally *tally, struct policy_words words)
{
	uint64_t mixed = (words.a ^ words.b * UINT64_C(0x9e3779b97f4a7c15)) +
			 words.c * UINT64_C(0xc2b2ae3d27d4eb4f);

	tally->digest = (tally->digest ^ mixed) * UINT64_C(0xff51afd7ed558ccd);
	tally->digest ^= tally->digest >> 32;
	tally->points++;
}

static inline void policy_tally_see(struct policy_tally *tally, const struct policy_case *at)
{
	const struct mezzo_decision *d = &at->decision;

	tally->reasons[d->reason] = true;
	tally->outcomes |= UINT64_C(1) << d->outcome;
	if (d->outcome != MEZZO_GRANT)
		return;
	tally->types |= UINT64_C(1) << d->type;
	tally->effective |= UINT64_C(1) << d->effective;
	tally->before |= at->before;
	tally->after |= at->after;
	tally->max_orders |= UINT64_C(1) << d->max_order;
	tally->frames |= UINT64_C(1) << (d->frame_after.data | d->frame_after.tags << 1 |
					 d->frame_after.lines << 2);
	tally->permissions |= UINT64_C(1) << (d->read | d->write << 1 | d->exec << 2 |
					      d->no_tag_access << 3 | d->clean_after << 4);
}

/* The first output value that no point reaches, in words; NULL when all are reached. */
const char *policy_tally_missing(const struct policy_tally *tally);

/* What a sweep finds: of each invariant how many points break it, and the first of them. */
#define POLICY_JUDGED_MAX 64
struct policy_verdict {
	uint64_t failures[POLICY_JUDGED_MAX];
	struct mezzo_facts first[POLICY_JUDGED_MAX];
};

static inline void policy_broken(struct policy_verdict *verdict, unsigned int invariant,
				 const struct mezzo_facts *facts)
{
	if (!verdict->failures[invariant]++)
		verdict->first[invariant] = *facts;
}

/* NULL: @decide keeps @invariants[@i]; or in words how often it is broken, and where first. */
const char *policy_verdict_told(const struct policy_verdict *verdict,
				const struct policy_invariant *invariants, unsigned int i,
				mezzo_decide_fn *decide);

#endif
