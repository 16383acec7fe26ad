/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPLAY_STEPS_H
#define REPLAY_STEPS_H
/* One step of a replay, and what its parts share. */
#include "replay.h"

#define REPLAY_SLOT 1
/* Devices take a while; who has to be asked more often than that never comes to an end. */
#define REPLAY_PATIENCE 1000
/* Who acts, as CPUs of the machine; the host is none of the guests' CPUs. */
#define REPLAY_HOST 2

/* A step under way. */
struct replay_doing {
	struct replay *r;
	enum page_action action;
	unsigned int arg;
	struct page_state from, now;
	const struct check_step *after;
	unsigned int count;
};

static inline unsigned int replay_guest_of(const struct page_state *s)
{
	return s->phase == P_A ? 0 : 1;
}

static inline const struct page_place *replay_place_of(const struct replay_doing *d)
{
	return replay_place(d->r);
}

/* --- what is seen (replay_compare.c) ---------------------------------------------------------------- */

/* A value that guest B may see from now on. */
void replay_know(struct replay *r, unsigned int v, uint32_t value);
/* The checker says that @v was seen. */
enum replay_result replay_saw(struct replay *r, unsigned int v,
			      const struct mezzo_model_values *seen);
/* What stands in tables, object and log is what the checker says. */
enum replay_result replay_compare(const struct replay_doing *d);
/* The guest's own type for an access: of arm64's two uncached ones, Normal-NC. */
enum mezzo_class replay_stage1(const struct replay *r, unsigned int way);

/* --- the host (replay_host.c) ------------------------------------------------------------------------ */

enum replay_result replay_host_acts(const struct replay_doing *d);
bool replay_make_slot(struct replay *r, unsigned int guest);
/* Clean and invalidate the frame, as the engine does it, but by the embedder. */
void replay_clean(const struct replay_doing *d);
/* An embedder that does not wait for the frame's work. */
void replay_map_early(struct replay *r, unsigned int guest);

#endif
