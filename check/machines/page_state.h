/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PAGE_STATE_H
#define CHECK_MACHINES_PAGE_STATE_H
/* The state of the arm64 machine, and what caches and memory do. */
#include "check/machines/page.h"

#include <string.h>

enum value {
	V_ZERO,
	V_SECRET, /* somebody else's: guest A's, or of the frame's former use */
	V_B,      /* guest B's last write */
	V_OLD,    /* something that was B's to see, and is overtaken */
	V_HOST,   /* the host's last write to memory it shares */
	V_DEVICE, /* the device's last write */
	V_IMAGE,  /* what reset or migration put there */
};

enum phase {
	P_A,     /* guest A has the page */
	P_FREE,  /* taken back from it */
	P_READY, /* fit to be given away, as far as its owner is concerned */
	P_B,     /* guest B has it */
	P_DEAD,  /* the host has crashed */
};

enum line {
	L_ABSENT,
	L_CLEAN,
	L_DIRTY
};

enum tag {
	T_ZERO,
	T_SECRET,
	T_B,
};

/* Of the guest's devices, as far as the page is concerned. */
enum devices {
	D_NONE,
	D_SEEN, /* they have reached it, and CPUs have since: what was due was done when it was taken */
	D_LAST, /* they have reached it, and it has not been taken from a CPU since */
};

struct page_state {
	uint64_t phase : 3;
	uint64_t place : 1;
	/* memory, the line, an instruction cache line, tags */
	uint64_t mem : 3;
	uint64_t line : 2;
	uint64_t line_value : 3;
	uint64_t icache : 1;
	uint64_t icache_value : 3;
	uint64_t tag : 2;
	/* the stage-2 entry, and the IOMMU's */
	uint64_t valid : 1;
	uint64_t write : 1;
	uint64_t exec : 1;
	uint64_t through : 3; /* ways */
	uint64_t looks : 3;   /* ways */
	uint64_t no_tag : 1;
	uint64_t clean_after : 1;
	uint64_t icache_after : 1;
	uint64_t iommu : 1;
	uint64_t devices : 2; /* enum devices */
	uint64_t stale : 1;   /* guest A's translation survives in a TLB */
	uint64_t frame : 3;   /* FRAME_*: what the object believes */
	uint64_t window : 1;  /* a write-back window was left mapped */
	/* what guest B may expect */
	uint64_t latest : 3;     /* enum value: the last write by whomever */
	uint64_t ok_u : 1;       /* uncached reads must see it */
	uint64_t ok_w : 1;       /* write-back reads must see it */
	uint64_t ok_f : 1;       /* fetches must see it: it was made fit to run */
	uint64_t may_line : 1;   /* on bare metal, a line could exist by what B did */
	uint64_t may_dirty : 1;  /* ... and be dirty */
	uint64_t by_set_way : 1; /* the expectation rests on a set/way operation */
	uint64_t tag_written : 1;
	/* once per life of B */
	uint64_t logged : 1;
	uint64_t reset : 1;
	uint64_t zapped : 1; /* B's mapping was taken away, and its ownership kept */
	uint64_t early : 1;  /* what is due after the invalidation was done before it */
	uint64_t padding : 6;
};
_Static_assert(sizeof(struct page_state) == sizeof(uint64_t), "a state is one word");
#define PAGE_STATE_BITS 58

static inline uint64_t state_pack(struct page_state s)
{
	uint64_t word;

	memcpy(&word, &s, sizeof(word));
	return word;
}

static inline struct page_state state_unpack(uint64_t word)
{
	struct page_state s;

	memcpy(&s, &word, sizeof(s));
	return s;
}

/* --- accesses to memory ------------------------------------------------------------------------ */

/* Does an access by @way go through the cache? */
static inline bool is_through(const struct page_state *s, unsigned int way)
{
	return s->through >> way & 1;
}

static inline void line_drop(struct page_state *s)
{
	s->line = L_ABSENT;
	s->line_value = 0;
}

static inline void clean_invalidate(struct page_state *s)
{
	if (s->line == L_DIRTY)
		s->mem = s->line_value;
	line_drop(s);
}

static inline void line_fill(struct page_state *s)
{
	if (s->line == L_ABSENT) {
		s->line = L_CLEAN;
		s->line_value = s->mem;
	}
}

static inline void write_cached(struct page_state *s, enum value v)
{
	s->line = L_DIRTY;
	s->line_value = v;
}

static inline void write_memory(struct page_state *s, enum value v)
{
	s->mem = v;
}

/* An uncached access by @way, before it happens: does it look into the cache first? */
static inline void look_first(struct page_state *s, unsigned int way)
{
	if (s->looks >> way & 1)
		clean_invalidate(s);
}

static inline void icache_drop(struct page_state *s)
{
	s->icache = 0;
	s->icache_value = 0;
}

/* What a write makes of the values that are already there. */
static inline void overtake(struct page_state *s, enum value v)
{
	if (s->mem == v)
		s->mem = V_OLD;
	if (s->line && s->line_value == v)
		s->line_value = V_OLD;
	if (s->icache && s->icache_value == v)
		s->icache_value = V_OLD;
}

/* --- moves -------------------------------------------------------------------------------------- */

enum page_action {
	/* the host, as owner of the memory */
	ACT_FORMER_USE,
	ACT_MOVE,
	ACT_SCRUB,
	ACT_GIVE_B,
	ACT_TAKE_A,
	ACT_ZAP,
	ACT_MAINTAIN_EARLY,
	ACT_COPY_OUT,
	ACT_RESET,
	ACT_MIGRATE,
	ACT_HARVEST_LOG,
	ACT_HOST_READ,
	ACT_HOST_WRITE,
	/* guests; the argument holds intent and choice */
	ACT_FAULT_READ,
	ACT_FAULT_WRITE,
	ACT_FAULT_EXEC,
	ACT_FAULT_OTHER,
	ACT_READ,
	ACT_WRITE,
	ACT_FETCH,
	ACT_TAG_READ,
	ACT_TAG_WRITE,
	ACT_CLEAN,
	ACT_SET_WAY,
	ACT_TOGGLE,
	ACT_MAKE_CODE,
	ACT_STALE,
	/* devices */
	ACT_IOMMU_MAP,
	ACT_DMA_READ,
	ACT_DMA_WRITE,
	/* caches, by themselves */
	ACT_FILL,
	ACT_DROP,
	ACT_WRITE_BACK,
};

#define ARG_WAY 3u    /* enum page_way */
#define ARG_HIT 4u    /* it hit a line or, of fetches, an instruction cache line */
#define ARG_UNLIKE 8u /* of a scrub: not through a mapping of the declared type */
#define ARG_BITS 4

static inline uint16_t action_code(enum page_action action, unsigned int arg)
{
	return (uint16_t)(action << ARG_BITS | arg);
}

enum page_agent {
	AGENT_HOST,
	AGENT_GUEST,
	AGENT_DEVICE,
	AGENT_CACHE,
};

struct page_moves {
	const struct page_model *model;
	const struct page_place *place;
	struct check_move *out;
	unsigned int count;
	uint64_t judged; /* what the next move puts to the test */
};

static inline void put_to_test(struct page_moves *moves, enum check_property property)
{
	moves->judged |= CHECK_BIT(property);
}

/* A move; what it puts to the test was said before. */
void page_emit(struct page_moves *moves, struct page_state state, enum page_action action,
	       unsigned int arg, enum page_agent agent, uint64_t broken);

void page_host_moves(struct page_moves *moves, struct page_state state);
void page_engine_moves(struct page_moves *moves, struct page_state state);
void page_guest_moves(struct page_moves *moves, struct page_state state);
void page_device_moves(struct page_moves *moves, struct page_state state);

/* --- the engine (page_engine.c) ------------------------------------------------------------------ */

static inline bool lacks(const struct page_model *model, enum page_duty duty)
{
	return model->lacks >> duty & 1;
}

static inline bool doubted(const struct page_model *model, enum check_assumption assumption)
{
	return model->doubted >> assumption & 1;
}

/*
 * Do @grant's work on the frame, in its order. Returns false when the host crashes: there is no
 * mapping to do it through.
 */
bool page_work(const struct page_model *model, const struct page_place *place,
	       const struct page_grant *grant, struct page_state *state);
/* Take the page from whoever has it: tables, IOMMU, TLBs, then what is due. As page_work. */
bool page_take_back(const struct page_model *model, const struct page_place *place,
		    struct page_state *state);
/* Clean+invalidate by the engine. As page_work. */
bool page_engine_clean(const struct page_model *model, const struct page_place *place,
		       struct page_state *state);

/* --- what B may expect (page_guest.c) ------------------------------------------------------------- */

/* Somebody whose writes B may expect to see has written; @cached: for B, through the cache. */
void page_expect(const struct page_place *place, struct page_state *state, enum value v,
		 bool cached);
/* The properties that a read of @v breaks. */
uint64_t page_judge_read(struct page_moves *moves, const struct page_state *state, bool cached,
			 enum value v);

#endif
