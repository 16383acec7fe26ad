/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_RACE_STATE_H
#define CHECK_MACHINES_RACE_STATE_H
/* The state of the race machine. */
#include "check/machines/race.h"

enum fault_pc {
	F_RUN,
	F_SEQUENCE,
	F_RESOLVE,
	F_CLAIM,
	F_RECHECK,
	F_WORK,
	F_PUBLISH,
	F_WORK_LATE, /* RACE_VISIBLE_FIRST: after it was published */
};

enum revoke_pc {
	R_IDLE,
	R_RESOLVER,
	R_RAISE,
	R_WALK,
	R_RAISE_LATE,
	R_TLBI,
	R_CLEAN_EARLY,
	R_AWAIT,
	R_CLEAN,
	R_EMPTY,
	R_RESOLVER_LATE,
	R_FREE,
};

enum entry {
	E_EMPTY,
	E_BUSY,
	E_VALID,
	E_OWED,
};

#define TLB_NONE 2u
#define ROUNDS 2u
#define SEQUENCE_NONE 3u /* not taken yet */

struct vcpu {
	uint8_t pc, sequence, frame, tlb;
};

struct race_state {
	struct vcpu vcpu[2];
	uint8_t entry, entry_frame, holder;
	uint8_t current; /* the frame that the object resolves to */
	uint8_t sequence;
	uint8_t revoke_pc, rounds, old;
	bool tlbi;       /* issued, not complete */
	bool was_mapped; /* the walk took a leaf */
	/* by frame */
	uint8_t ours;  /* bits: the guest's */
	uint8_t dirty; /* bits: somebody else's lines may be there */
	uint8_t used;  /* bits: the guest's own lines may be there */
};
#define RACE_STATE_BITS 43

uint64_t race_pack(const struct race_state *state);
void race_unpack(uint64_t word, struct race_state *state);

enum action {
	DO_ACCESS,
	DO_FORGET, /* a TLB drops its entry by itself */
	DO_FAULT_STEP,
	DO_REVOKE_STEP,
};

#define REVOKER 2u

#endif
