/* SPDX-License-Identifier: BSD-2-Clause */
/* One cache line: every pair of memory and cache that it may be in. */
#include "internal.h"

#include <string.h>

void values_add(struct mezzo_model_values *values, value_t value)
{
	for (unsigned int i = 0; i < values->count; i++)
		if (values->value[i] == value)
			return;
	if (values->count < MEZZO_MODEL_VALUES)
		values->value[values->count++] = value;
}

static bool same_state(const struct cell_state *a, const struct cell_state *b)
{
	return a->mem == b->mem && a->cache == b->cache && a->presence == b->presence &&
	       a->done == b->done;
}

void cell_add(struct mezzo_model *model, struct cell *cell, struct cell_state state)
{
	for (unsigned int i = 0; i < cell->states; i++)
		if (same_state(&cell->state[i], &state))
			return;
	if (cell->states == CELL_STATES)
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many states of one line");
	else
		cell->state[cell->states++] = state;
}

void cell_reset(struct cell *cell, value_t mem, enum presence presence, value_t cache)
{
	cell->state[0] = (struct cell_state){
		.mem = mem,
		.cache = cache,
		.presence = (uint8_t)presence,
	};
	cell->states = 1;
	cell->pending = 0;
}

static struct cell_state cleaned(struct cell_state state)
{
	if (state.presence == DIRTY)
		state.mem = state.cache;
	state.presence = ABSENT;
	state.cache = 0;
	return state;
}

/* What the caches may do next from one state, without anybody's asking. */
static void step(struct mezzo_model *model, struct cell *cell, struct cell_state from,
		 bool fillable)
{
	struct cell_state to = from;

	switch (from.presence) {
	case DIRTY:
		to.mem = from.cache;
		to.presence = CLEAN;
		cell_add(model, cell, to);
		break;
	case CLEAN:
		to.presence = ABSENT;
		to.cache = 0;
		cell_add(model, cell, to);
		break;
	default:
		if (!fillable)
			break;
		to.presence = CLEAN;
		to.cache = from.mem;
		cell_add(model, cell, to);
	}
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		if (!(cell->pending & 1u << cpu) || (from.done & 1u << cpu))
			continue;
		to = cleaned(from);
		to.done |= (uint8_t)(1u << cpu);
		cell_add(model, cell, to);
	}
}

static void add_fetched(struct mezzo_model *model, struct cell *cell, value_t value)
{
	for (unsigned int i = 0; i < cell->fetched_count; i++) {
		if (cell->fetched[i].value == value) {
			cell->fetched[i].until = model->now;
			return;
		}
	}
	if (cell->fetched_count == CELL_FETCHED) {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many instruction lines");
		return;
	}
	cell->fetched[cell->fetched_count++] = (struct fetched){value, model->now};
}

/* DIC says that no instruction cache needs to be invalidated; that dirty lines are found, IDC. */
static bool seen_by_fetch_cached(const struct mezzo_model *model, const struct cell_state *state)
{
	return state->presence != ABSENT && model->config.machine.idc;
}

static void fetch_speculatively(struct mezzo_model *model, const struct frame *frame,
				struct cell *cell)
{
	bool cacheable = model_frame_fillable(frame);

	if (frame->exec == 0 || model->config.machine.dic)
		return;
	for (unsigned int i = 0; i < cell->states; i++) {
		if (cacheable && seen_by_fetch_cached(model, &cell->state[i]))
			add_fetched(model, cell, cell->state[i].cache);
		else
			add_fetched(model, cell, cell->state[i].mem);
	}
}

void cell_settle(struct mezzo_model *model, struct frame *frame, unsigned int index)
{
	struct cell *cell = &frame->cell[index];
	bool fillable = model_frame_fillable(frame);

	for (unsigned int i = 0; i < cell->states && !model_failed(model); i++)
		step(model, cell, cell->state[i], fillable);
	if (index < LINES)
		fetch_speculatively(model, frame, cell);
}

void frame_settle(struct mezzo_model *model, struct frame *frame)
{
	for (unsigned int i = 0; i < CELLS; i++)
		cell_settle(model, frame, i);
}

/* Begin a new set of states that a function of the old ones fills. */
static unsigned int take_states(struct cell *cell, struct cell_state old[CELL_STATES])
{
	unsigned int count = cell->states;

	memcpy(old, cell->state, count * sizeof(old[0]));
	cell->states = 0;
	return count;
}

static void write_cached(struct mezzo_model *model, struct cell *cell, struct cell_state state,
			 value_t value)
{
	state.cache = value;
	state.presence = DIRTY;
	cell_add(model, cell, state);
}

void cell_write(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
		value_t value)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count;

	cell_settle(model, frame, index);
	count = take_states(cell, old);
	for (unsigned int i = 0; i < count; i++) {
		if (way.class == MEZZO_CLASS_WB) {
			write_cached(model, cell, old[i], value);
			continue;
		}
		if (model->config.uncached_may_hit && old[i].presence != ABSENT)
			write_cached(model, cell, old[i], value);
		if (way.looks)
			old[i] = cleaned(old[i]);
		old[i].mem = value;
		cell_add(model, cell, old[i]);
	}
	cell_settle(model, frame, index);
}

/*
 * A snooping device finds the line in the cache, and updates or invalidates it. Where none is, it may
 * put one there: cache stashing.
 */
void cell_write_snooped(struct mezzo_model *model, struct frame *frame, unsigned int index,
			value_t value, bool allocates)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count;

	cell_settle(model, frame, index);
	count = take_states(cell, old);
	for (unsigned int i = 0; i < count; i++) {
		if (old[i].presence != ABSENT || allocates)
			write_cached(model, cell, old[i], value);
		old[i].mem = value;
		old[i].presence = ABSENT;
		old[i].cache = 0;
		cell_add(model, cell, old[i]);
	}
	cell_settle(model, frame, index);
}

void cell_read(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
	       struct mezzo_model_values *seen)
{
	struct cell *cell = &frame->cell[index];

	if (way.looks) {
		cell_read_snooped(model, frame, index, seen);
		return;
	}
	seen->count = 0;
	cell_settle(model, frame, index);
	for (unsigned int i = 0; i < cell->states; i++) {
		const struct cell_state *state = &cell->state[i];
		bool present = state->presence != ABSENT;

		if (present && (way.class == MEZZO_CLASS_WB || model->config.uncached_may_hit))
			values_add(seen, state->cache);
		if (!present || way.class != MEZZO_CLASS_WB)
			values_add(seen, state->mem);
	}
}

void cell_read_snooped(struct mezzo_model *model, struct frame *frame, unsigned int index,
		       struct mezzo_model_values *seen)
{
	struct cell *cell = &frame->cell[index];

	seen->count = 0;
	cell_settle(model, frame, index);
	for (unsigned int i = 0; i < cell->states; i++)
		values_add(seen, cell->state[i].presence != ABSENT ? cell->state[i].cache
								   : cell->state[i].mem);
}

void cell_fetch(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
		struct mezzo_model_values *seen)
{
	struct cell *cell = &frame->cell[index];

	seen->count = 0;
	cell_settle(model, frame, index);
	for (unsigned int i = 0; i < cell->states; i++) {
		bool cached = (way.class == MEZZO_CLASS_WB || way.looks) &&
			      seen_by_fetch_cached(model, &cell->state[i]);

		values_add(seen, cached ? cell->state[i].cache : cell->state[i].mem);
	}
	if (model->config.machine.dic)
		return;
	for (unsigned int i = 0; i < cell->fetched_count; i++)
		values_add(seen, cell->fetched[i].value);
}

void cell_executed(struct mezzo_model *model, struct frame *frame, unsigned int index,
		   const struct mezzo_model_values *seen)
{
	for (unsigned int i = 0; !model->config.machine.dic && i < seen->count; i++)
		add_fetched(model, &frame->cell[index], seen->value[i]);
}

void cell_clean_issue(struct mezzo_model *model, struct frame *frame, unsigned int index,
		      unsigned int cpu)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count = take_states(cell, old);

	for (unsigned int i = 0; i < count; i++) {
		old[i].done &= (uint8_t)~(1u << cpu);
		cell_add(model, cell, old[i]);
	}
	cell->pending |= (uint8_t)(1u << cpu);
	cell_settle(model, frame, index);
}

void cell_clean_complete(struct mezzo_model *model, struct frame *frame, unsigned int index,
			 unsigned int cpu)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count;

	cell_settle(model, frame, index);
	count = take_states(cell, old);
	for (unsigned int i = 0; i < count; i++) {
		struct cell_state state = old[i];

		if (!(state.done & 1u << cpu))
			state = cleaned(state);
		state.done &= (uint8_t)~(1u << cpu);
		cell_add(model, cell, state);
	}
	cell->pending &= (uint8_t)~(1u << cpu);
	cell_settle(model, frame, index);
}

void cell_clean(struct mezzo_model *model, struct frame *frame, unsigned int index)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count;

	cell_settle(model, frame, index);
	count = take_states(cell, old);
	for (unsigned int i = 0; i < count; i++)
		cell_add(model, cell, cleaned(old[i]));
	cell_settle(model, frame, index);
}

/* A line that is there stays, even a stale one. */
void cell_write_back(struct mezzo_model *model, struct frame *frame, unsigned int index)
{
	struct cell *cell = &frame->cell[index];
	struct cell_state old[CELL_STATES];
	unsigned int count;

	cell_settle(model, frame, index);
	count = take_states(cell, old);
	for (unsigned int i = 0; i < count; i++) {
		if (old[i].presence == DIRTY) {
			old[i].mem = old[i].cache;
			old[i].presence = CLEAN;
		}
		cell_add(model, cell, old[i]);
	}
	cell_settle(model, frame, index);
}

void cell_icache_invalidate(struct mezzo_model *model, struct frame *frame, unsigned int index,
			    uint64_t issued)
{
	struct cell *cell = &frame->cell[index];
	uint8_t kept = 0;

	cell_settle(model, frame, index);
	for (unsigned int i = 0; i < cell->fetched_count; i++)
		if (cell->fetched[i].until >= issued)
			cell->fetched[kept++] = cell->fetched[i];
	cell->fetched_count = kept;
}
