/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RACE_REPLAY_H
#define RACE_REPLAY_H
/*
 * A run of the checker's race machine, done over on the engine: two vCPUs of a space fault, and an
 * object revokes, each on a CPU of the model that is stopped between any two of the checker's steps: in
 * the object's resolver, around the tables' operations, at barriers. After each step sequence and entry
 * must be what the checker says.
 *
 * A step of the protocol that is left out or comes too late does so here, too, by whatever the engine
 * calls: the platform, the tables' operations, the object, the rule. The engine's code is the same.
 */
#include <mezzo/mezzo.h>
#include <platform/model/model.h>

#include "check/judge.h"
#include "check/machines/race_state.h"

struct race_replay;

/* Why such a run cannot be done over; NULL: it can. */
const char *race_replay_obstacle(const struct check_world *world, const struct race_model *model);
struct race_replay *race_replay_begin(const struct check_world *world,
				      const struct race_model *model);
/* False: it is not the same, or the model's judge has found a rule broken. */
bool race_replay_step(struct race_replay *race, const struct check_step *step);
void race_replay_end(struct race_replay *race);

/* MEZZO_MODEL_NO_VIOLATION: what is different is in the message. */
enum mezzo_model_rule race_replay_rule(const struct race_replay *race);
const char *race_replay_message(const struct race_replay *race);

/* --- its parts ---------------------------------------------------------------------------------------- */

#define RACE_IPA UINT64_C(0x40000000)
#define RACE_FRAMES 2
#define RACE_SOMEBODY 1 /* a space that is none: who gets frames that were taken */

/* Where a vCPU's fault, or the revocation, stands. */
enum race_place {
	AT_START,
	AT_RESOLVE,
	AT_CLAIM,
	AT_CLAIMED,
	AT_WORK,
	AT_ENTER,
	AT_UNMAP,
	AT_UNMAPPED,
	AT_BARRIER,
	AT_INVALIDATED,
	AT_CLEANED,
	AT_SETTLED,
};

struct race_vcpu {
	struct race_replay *race;
	uint32_t number;
	enum race_place at;
	uint64_t sequence, late; /* of the space, as the fault took it; and when it had its frame */
};

struct race_replay {
	struct check_world world;
	const struct race_model *model;
	struct mezzo_model *machine;
	const struct mezzo_platform *real;
	struct mezzo_platform platform;
	struct mezzo_arch arch;
	struct mezzo_table_ops tables;
	struct mezzo_space space;
	struct mezzo_slot slots[1];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpus[2];
	struct mezzo_object object;
	struct race_vcpu vcpu[2];
	unsigned int current; /* the frame that the object resolves to */
	uint64_t first;       /* of the space's sequences */
	uint64_t hidden;      /* one that is not seen for a moment */
	bool hides;
	enum race_place revocation;
	enum mezzo_model_op last; /* what the revocation has issued */
	char message[200];
};

static inline bool race_lacks(const struct race_replay *race, enum race_flaw flaw)
{
	return race->model->flaws >> flaw & 1;
}

static inline struct mezzo_pa race_frame(unsigned int frame)
{
	return (struct mezzo_pa){MEZZO_MODEL_FRAMES_PA + frame * MEZZO_PAGE_BYTES};
}

/* What the engine calls, which stops it where the checker does, and may lack a step (race_engine.c). */
void race_make_engine(struct race_replay *race);
enum mezzo_entry_state race_entry_state(const struct race_replay *race, struct mezzo_leaf *leaf);
/* Clean and invalidate a frame, as the engine does it, but by somebody else. */
void race_clean(const struct mezzo_platform *platform, struct mezzo_pa pa);

#endif
