/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRACE_H
#define TRACE_H
/*
 * A random trace on the model machine: two guests (one of them with two vCPUs), a host and its
 * devices, each a CPU of its own, all from one seed. Objects of every kind move between the
 * guests; the model judges.
 */
#include <mezzo/mezzo.h>
#include <platform/model/model.h>

#define TRACE_SPACES 2
#define TRACE_OBJECTS 6
#define TRACE_SLOTS 4
#define TRACE_IPA UINT64_C(0x40000000) /* slots lie from here on */
#define TRACE_VCPUS 4                  /* the last is the host's, for queries */
#define TRACE_RING 4                   /* entries */
#define TRACE_BLOCK_PAGES 512

struct trace_config {
	uint64_t seed;
	unsigned int guest_steps, host_steps;
	bool changes; /* slots move and log, and what logging does with the tables */
	bool migrate; /* one guest with three vCPUs, whose memory is copied while it runs */
	bool device;  /* and it is cacheable memory of a device, reached through windows alone */
	struct mezzo_model_mutation mutation;
};

enum trace_kind {
	TRACE_POOL,
	TRACE_HOSTMAP,
	TRACE_BAR,
	TRACE_PRIVATE,
	TRACE_KINDS
};

struct trace_object {
	enum trace_kind kind;
	union {
		struct mezzo_object object;
		struct mezzo_pool pool;
		struct mezzo_hostmap hostmap;
		struct mezzo_bar bar;
		struct mezzo_private private;
	};
	const struct mezzo_object_ops *real;
	struct trace *trace;
	struct mezzo_contract contract;
	void *state;
	struct mezzo_pa base;
	uint32_t pages;
	uint32_t turn;       /* of a host mapping: which of its two sets of frames is in use */
	bool shared;         /* both guests may map it at once */
	unsigned int owners; /* spaces; 0: nobody's */
	unsigned int mapped; /* slots */
};

/* How a guest uses the memory of a slot. */
enum trace_style {
	TRACE_ALWAYS_WB,
	TRACE_ALWAYS_NC,
	TRACE_ALWAYS_DEVICE,
	TRACE_RETYPE, /* changes the type, with maintenance */
	TRACE_MIX,    /* changes it without */
	TRACE_STYLES
};

struct trace_slot {
	bool used;
	struct trace_object *object;
	struct mezzo_ipa ipa;
	enum trace_style style;
	enum mezzo_class type; /* at present */
	/* With changes: */
	uint32_t flags;
	_Atomic uint64_t bitmap[MEZZO_DIRTY_WORDS(TRACE_BLOCK_PAGES)];
	bool armed;                          /* no write may go unnoticed */
	bool clearing;                       /* pages are being made clean */
	uint32_t clearings;                  /* so far */
	uint32_t version[TRACE_BLOCK_PAGES]; /* of each page: writes so far, */
	uint32_t copied[TRACE_BLOCK_PAGES];  /* and when the host last copied it */
	/* Where the slot is and will be, whatever the host is about; and what it has done so far. */
	struct mezzo_ipa steady;
	uint32_t steady_pages, turns;
};

struct trace_space {
	struct mezzo_space space;
	struct mezzo_slot slots[2 * TRACE_SLOTS];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(2 * TRACE_SLOTS)];
	struct mezzo_vcpu vcpus[TRACE_VCPUS];
	struct trace_slot slot[TRACE_SLOTS];
	struct mezzo_dirty_entry ring[TRACE_VCPUS * TRACE_RING];
	uint32_t cursor[TRACE_VCPUS]; /* in each vCPU's */
	bool rings;                   /* they are in use */
	bool mte;
	unsigned int active; /* engine calls under way that touch the space */
	uint64_t calls;      /* begun so far */
	uint64_t published;  /* entries */
};

struct trace {
	struct trace_config config;
	struct mezzo_arm64_machine machine;
	bool notes; /* the hardware notes accesses and writes in the tables */
	struct mezzo_model *model;
	const struct mezzo_platform *p;
	struct trace_space space[TRACE_SPACES];
	struct trace_object object[TRACE_OBJECTS];
	uint64_t faults, accesses, device_accesses;
	unsigned int running;    /* guests */
	uint64_t copies, writes; /* of pages */
};

/* Run one trace to its end, or to a violation; look at it with mezzo_model_violation(). */
struct trace *trace_run(const struct trace_config *config);
void trace_free(struct trace *trace);
/* What machine and what objects it had. */
void trace_describe(const struct trace *trace, const char *prefix);

/* --- steps that other CPUs may come between (trace_arch.c) --------------------------------- */

const struct mezzo_arch *trace_arch(struct trace *trace);
void trace_object_slow(struct trace_object *object);

/* --- the actors ---------------------------------------------------------------------------- */

static inline uint32_t trace_random(struct trace *trace, uint32_t below)
{
	return mezzo_model_random(trace->model, below);
}

/* An engine call on a space begins; ends. */
void trace_enter(struct trace_space *space);
void trace_leave(struct trace_space *space);

/* One of @trace's objects and the memory behind it (trace_objects.c). */
void trace_object_make(struct trace *trace, unsigned int number);
void trace_object_give(struct trace_object *object, unsigned int owners);
/* Pages of private memory become shared, or private. */
void trace_object_convert(struct trace_object *object, uint32_t first, uint32_t pages,
			  bool to_shared, bool keep);
/* What the object promises to hold is put into its frames; a new ownership begins. */
void trace_object_place(struct trace_object *object, unsigned int owners);
void trace_object_take(struct trace_object *object);
struct mezzo_pa trace_object_frame(const struct trace_object *object, uint32_t page);

struct trace_guest {
	struct trace *trace;
	unsigned int space, vcpu;
};
void trace_guest_run(void *guest);
void trace_host_run(void *trace);
/* Instead: copy the memory of a guest that runs, all of it (trace_migrate.c). */
void trace_migrate_run(void *trace);
/* Move a slot, or let it begin or cease to log (trace_change.c). */
void trace_change(struct trace *trace, unsigned int space, unsigned int slot);
/*
 * Copy what was written since it was copied last, as whoever migrates a guest does; or split or
 * collapse leaves (trace_dirty.c).
 */
void trace_dirty(struct trace *trace, unsigned int space, unsigned int slot);
void trace_make_clean(struct trace *trace, unsigned int space, unsigned int slot);
void trace_reshape(struct trace *trace, unsigned int space, unsigned int slot);
/* Would whoever looks into the log now hear of the page? */
bool trace_noticed(struct trace_space *space, struct trace_slot *slot, uint64_t page);
/* What is to be watched of a slot that was just made, and of one that is about to be deleted. */
void trace_watch(struct trace_slot *slot);
void trace_unwatch(struct trace_slot *slot);
/* Of an access: what must hold when it is over, as seen before it began. */
struct trace_promise {
	struct trace_space *space;
	struct trace_slot *slot;
	uint32_t turns, clearings;
	bool there, armed;
};
struct trace_promise trace_promise_of(struct trace_space *space, struct trace_slot *slot,
				      struct mezzo_ipa ipa);
/* A guest was told that a device is there. */
void trace_saw_device(struct trace *trace, const struct trace_promise *promise,
		      struct mezzo_ipa ipa);
/* A guest has written. */
void trace_wrote(struct trace *trace, const struct trace_promise *promise, struct mezzo_ipa ipa);
/* Take every slot away. */
void trace_host_clear(struct trace *trace);

#endif
