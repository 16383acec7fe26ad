/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPLAY_H
#define REPLAY_H
/*
 * A run of the checker's page machine, done over on the engine: two spaces, a pool of one page, and
 * the model platform as the machine; another pool where the frame moves, another machine where
 * the guest does. Where the checker says what somebody saw, the model must think
 * it possible; where it says what stands in the tables, the engine must have it there.
 *
 * What caches do by themselves needs no action: the model keeps every state that they may be in.
 */
#include <mezzo/mezzo.h>
#include <platform/model/model.h>

#include "check/judge.h"
#include "check/machines/page_state.h"

enum replay_result {
	REPLAY_SAME,      /* the same happened */
	REPLAY_VIOLATION, /* ... and the model's judge has found a rule broken */
	REPLAY_REFUSED,   /* the engine refused the fault, as the checker says */
	REPLAY_DIFFERS,   /* it did not: see replay_message() */
};

struct replay;

/* Why such a run cannot be done over at all; NULL: it can. */
const char *replay_obstacle(const struct judge_run *run, const struct check_world world[2]);

/*
 * One at a time. Both spaces are there; guest A has the slot.
 * @tolerate: set of enum mezzo_model_rule that are not what this is about
 */
struct replay *replay_begin(const struct judge_run *run, const struct check_world world[2],
			    const struct page_model *model, uint32_t tolerate);
/* @after: the steps that follow, by which the guest's next type is known */
enum replay_result replay_step(struct replay *replay, const struct check_step *step,
			       const struct check_step *after, unsigned int count);
void replay_end(struct replay *replay);

enum mezzo_model_rule replay_rule(const struct replay *replay);
/* What is different, in a sentence. */
const char *replay_message(const struct replay *replay);
void replay_print(const struct replay *replay);

/* --- its parts ---------------------------------------------------------------------------------------- */

#define REPLAY_IPA UINT64_C(0x40000000)
#define REPLAY_VALUES 64

struct replay_space {
	struct mezzo_space space;
	struct mezzo_slot slots[2];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(2)];
	struct mezzo_vcpu vcpus[1];
	struct mezzo_guest_types types[2];
};

struct replay {
	const struct judge_run *run;
	struct check_world world, there; /* as it is; where a frame or a guest may go */
	const struct page_model *model;
	unsigned int place; /* of the model: which of the two it is */
	struct mezzo_model *machine;
	struct mezzo_platform platform;
	struct mezzo_arch arch;
	struct mezzo_contract contract;
	struct mezzo_pool pool;
	_Alignas(64) unsigned char state[4096];
	struct replay_space space[2];
	bool asked_for_slot; /* what is decided now is whether there may be a slot */
	_Atomic uint64_t bitmap[1];
	uint32_t tolerate;
	bool proved; /* nothing is tolerated: what the object believes must be so */
	/* what guest B may know: by enum value the last one, and all that there were */
	uint32_t last[8], last_tag;
	bool tags_restored; /* by who migrates the guest: which they are is not known */
	uint32_t known[REPLAY_VALUES];
	unsigned int known_count;
	char message[256];
};

/* The frame goes to another object, with other aliases. false: the object cannot be had. */
bool replay_move(struct replay *replay);
/*
 * Guest B goes on on another machine, in a frame that holds somebody else's secret. It has no slot
 * there yet.
 */
bool replay_migrate(struct replay *replay);

/* The machine: a platform that may lack a duty, a policy in the decision's place. */
void replay_make_platform(struct replay *replay);
void replay_make_arch(struct replay *replay);
/* An entry of a KVM of the past as one of ours; false: there is none that means the same. */
bool replay_entry_type(const struct check_answer *answer, uint8_t *type);

__attribute__((format(printf, 2, 3))) enum replay_result replay_differs(struct replay *replay,
									const char *format, ...);

static inline bool replay_lacks(const struct replay *replay, enum page_duty duty)
{
	return replay->model->lacks >> duty & 1;
}

static inline const struct page_place *replay_place(const struct replay *replay)
{
	return &replay->model->place[replay->place];
}

static inline bool replay_is_x86(const struct replay *replay)
{
	return replay->run->subject == &x86_subject;
}

static inline struct mezzo_pa replay_frame(void)
{
	return (struct mezzo_pa){MEZZO_MODEL_FRAMES_PA};
}

#endif
