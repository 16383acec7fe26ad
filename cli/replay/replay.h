/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REPLAY_REPLAY_H
#define CLI_REPLAY_REPLAY_H
/*
 * A recording of KVM's memory calls, put to the engine: what each is answered, what was recorded,
 * and whether the two agree. The engine's answer never depends on the recorded one; what does is
 * which state it goes on from after a disagreement, so that one difference is told once.
 */
#include "../kvm/kvm.h"
#include "names.h"
#include "strace.h"

enum replay_verdict {
	REPLAY_AGREES,
	REPLAY_DISAGREES,
	REPLAY_FOLLOWS,    /* they differ, because they did before */
	REPLAY_NOT_JUDGED, /* there is nothing to compare */
	REPLAY_VERDICTS
};

/* A memory call. */
struct replay_call {
	uint64_t line; /* where it ends */
	uint64_t thread;
	unsigned int vm; /* from 1; 0: of no VM */
	enum request request;
	char what[128]; /* its arguments, for people */
	struct kvm_region region;
	bool has_region;
	bool answered; /* the engine was asked */
	struct kvm_answer answer;
	enum strace_result_kind recorded;
	int64_t recorded_value;
	enum replay_verdict verdict;
	uint64_t cause; /* of FOLLOWS: the line of the first difference; 0: before the file */
	const char *not_judged; /* why */
};

/* A slot in which engine and recording differ since a line. */
enum replay_difference_kind {
	REPLAY_ENGINE_ONLY,    /* the recording refused it */
	REPLAY_RECORDING_ONLY, /* the engine cannot have it */
	REPLAY_MADE_SO,        /* the engine refused it, and has been told otherwise */
};
struct replay_difference {
	struct replay_difference *next;
	enum replay_difference_kind kind;
	uint64_t line;
	struct kvm_region region; /* as the recording has it, or had it refused */
};

struct replay_vm {
	unsigned int number;
	int64_t descriptor;
	uint64_t line; /* of its creation; 0: before the file begins */
	struct kvm_host host;
	struct kvm_vm
		*kvm; /* made when first asked: until then the host may turn out to be another */
	struct replay_difference *differences;
	bool blind;          /* its slots were changed by what is not known */
	uint64_t blind_line; /* since when */
};

struct replay_damaged {
	uint64_t line;
	const char *what;
};

/* Calls that were passed over, by name. */
struct replay_passed {
	char name[64];
	uint64_t count;
};

struct replay {
	struct kvm_host host;
	struct replay_vm **vm; /* in the order of their creation */
	struct replay_call *call;
	struct replay_damaged *damaged;
	struct replay_passed *passed;
	size_t vms, calls, damages, passed_names;
	uint64_t lines_passed; /* calls passed over, in all */
	uint64_t count[REPLAY_VERDICTS];
	bool failed; /* out of memory: the rest means nothing */
};

/*
 * Judge a recording: @length bytes of @text, which is written to and has room for one byte more.
 * @host: the one whose answers are to be given. Returns false when there is no memory.
 */
bool replay_run(struct replay *replay, const struct kvm_host *host, char *text, size_t length);
void replay_free(struct replay *replay);

const char *replay_verdict_name(enum replay_verdict verdict);
/* "0", "7", "EINVAL"; into @text where it must be put together. */
const char *replay_value_name(int64_t value, char *text, size_t size);

/* --- what the files of cli/replay share --------------------------------------------------------- */

/* replay.c */
/* The array with room for one more; NULL and `failed` where there is no memory. */
void *replay_room(struct replay *replay, void *array, size_t count, size_t size);
void replay_damage(struct replay *replay, uint64_t line, const char *what);
void replay_pass_over(struct replay *replay, const char *name);

/* judge.c: one call. @parsed: of ioctl. */
void replay_judge(struct replay *replay, uint64_t line, uint64_t thread,
		  const struct strace_call *parsed);

/* vms.c */
struct replay_vm *replay_vm_of(struct replay *replay, int64_t descriptor);
struct replay_vm *replay_vm_new(struct replay *replay, int64_t descriptor, uint64_t line);
/* The VM as KVM has it; NULL: out of memory. */
struct kvm_vm *replay_vm_kvm(struct replay *replay, struct replay_vm *vm);
void replay_vm_free(struct replay_vm *vm);

/* differ.c: the two have given different answers. Finds the verdict, and goes on from there. */
void replay_differ(struct replay *replay, struct replay_vm *vm, struct replay_call *call);
/* They agree about a slot: what has been is over. */
void replay_same(struct replay_vm *vm, uint32_t slot);
/* May the engine's answer be another because of an earlier difference? *@line: since when. */
bool replay_explains(const struct replay_vm *vm, const struct replay_call *call, uint64_t *line);

/* report: text for people, and JSON. */
void replay_text(const struct replay *replay, const char *file);
void replay_json(const struct replay *replay, const char *file);

#endif
