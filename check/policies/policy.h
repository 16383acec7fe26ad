/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_POLICIES_POLICY_H
#define CHECK_POLICIES_POLICY_H
/*
 * A policy on arm64, as the model sees it: what it answers when a slot is made and when a guest
 * faults, and what the engine around it does that no answer says.
 */
#include "check/policies/world.h"
#include "check/policies/x86_history.h"

#include <mezzo/decide.h>

/* A fault as the policy meets it. */
struct check_fault {
	uint8_t kind;   /* enum mezzo_fault_kind */
	uint8_t access; /* enum mezzo_access */
	struct mezzo_frame_state frame;
};

/* An answer: the decision, and the name under which the policy gives it. */
struct check_answer {
	struct mezzo_decision decision;
	const char *why;   /* a reason's name, or a sentence */
	const char *error; /* "EINVAL"; NULL where there is none */
	/* Of KVM on x86: the entry, which Mezzo's types cannot say; else NULL. */
	const struct x86_history *history;
	struct x86_history_entry entry;
};

/* How the engine around a policy reaches memory and what it does unasked. */
enum check_engine {
	/* Mezzo's: through what the contract declares; take-back before a reset */
	CHECK_ENGINE_MEZZO,
	/* KVM's: through the linear map alone; the VMM zeroes; no FWB: traps and unmaps */
	CHECK_ENGINE_LINUX,
};

struct check_policy {
	const char *name;
	const char *summary;
	const char *source;  /* what it was written after */
	bool reconstruction; /* not the code that ran: made from mails and commit texts */
	enum check_engine engine;
	uint64_t blind;            /* set of fields that mean nothing to it: they do not run, */
	struct check_world stands; /* and stand as they do here */
	/* Is a slot over this memory accepted? @answer says why. */
	bool (*accepts)(const struct check_policy *policy, const struct check_world *world,
			struct check_answer *answer);
	void (*fault)(const struct check_policy *policy, const struct check_world *world,
		      const struct check_fault *fault, struct check_answer *answer);
	/* The rule it asks, where there is one: mezzo_arm64_decide, or a mutant of it. */
	mezzo_decide_fn *decide;
	unsigned int version; /* the policy's own use */
};

extern const struct check_policy check_policy_mezzo;
/* Proposals that were argued about and never merged. */
extern const struct check_policy check_policy_2023_v3, check_policy_2024_v2, check_policy_2025_v3;

/* x86: the shipped rule, and KVM by year. */
extern const struct check_policy check_policy_mezzo_x86;
extern const struct check_policy check_policies_kvm_x86[X86_HISTORIES];
/* Some of them with what would have mended them. */
#define CHECK_KVM_FLUSH 3
extern const struct check_policy check_policies_kvm_flush[CHECK_KVM_FLUSH];

/* Mezzo's policy with another rule in its place. */
struct check_policy check_policy_with(mezzo_decide_fn *decide);

#endif
