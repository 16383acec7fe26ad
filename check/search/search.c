/* SPDX-License-Identifier: BSD-2-Clause */
/* Breadth first: the states met are the queue, and the hash table says which those are. */
#include "internal.h"

#include <string.h>

#define FIRST_STATES 4096u
#define STATES_MAX (UINT32_C(1) << 30)

static uint32_t hash(uint64_t state)
{
	state *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(state >> 32) ^ (uint32_t)(state >> 17);
}

/* Room for @capacity states, and for twice as many slots. */
static int reserve(struct check_search *s, uint32_t capacity)
{
	struct check_budget *budget = s->budget;
	uint32_t slots = capacity * 2;
	void *state, *origin, *slot;

	if (capacity > STATES_MAX)
		return CHECK_NO_BUDGET;
	state = check_budget_resize(budget, s->state, s->capacity * sizeof(*s->state),
				    capacity * sizeof(*s->state));
	if (!state)
		return CHECK_NO_BUDGET;
	s->state = state;
	origin = check_budget_resize(budget, s->origin, s->capacity * sizeof(*s->origin),
				     capacity * sizeof(*s->origin));
	if (!origin) {
		/* As it was, so that what is counted stays what is held. */
		state = check_budget_resize(budget, s->state, capacity * sizeof(*s->state),
					    s->capacity * sizeof(*s->state));
		if (state)
			s->state = state;
		return CHECK_NO_BUDGET;
	}
	s->origin = origin;
	s->capacity = capacity;
	slot = check_budget_resize(budget, s->slot, s->slots * sizeof(*s->slot),
				   slots * sizeof(*s->slot));
	if (!slot)
		return CHECK_NO_BUDGET;
	s->slot = slot;
	s->slots = slots;
	memset(s->slot, 0, slots * sizeof(*s->slot));
	for (uint32_t i = 0; i < s->states; i++) {
		uint32_t at = hash(s->state[i]) & (slots - 1);

		while (s->slot[at])
			at = (at + 1) & (slots - 1);
		s->slot[at] = i + 1;
	}
	return CHECK_OK;
}

struct check_search *check_search_new(struct check_budget *budget)
{
	struct check_search *s = check_budget_resize(budget, NULL, 0, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct check_search){.budget = budget};
	if (reserve(s, FIRST_STATES) != CHECK_OK) {
		check_search_free(s);
		return NULL;
	}
	return s;
}

void check_search_free(struct check_search *s)
{
	if (!s)
		return;
	check_budget_release(s->budget, s->state, s->capacity * sizeof(*s->state));
	check_budget_release(s->budget, s->origin, s->capacity * sizeof(*s->origin));
	check_budget_release(s->budget, s->slot, s->slots * sizeof(*s->slot));
	check_budget_release(s->budget, s, sizeof(*s));
}

/* Forget every state; the slots of a few are cheaper to find than all are to clear. */
static void forget(struct check_search *s)
{
	if (s->states < s->slots / 16) {
		for (uint32_t i = 0; i < s->states; i++) {
			uint32_t at = hash(s->state[i]) & (s->slots - 1);

			while (s->slot[at]) {
				s->slot[at] = 0;
				at = (at + 1) & (s->slots - 1);
			}
		}
	} else {
		memset(s->slot, 0, s->slots * sizeof(*s->slot));
	}
	s->states = 0;
	s->moves = 0;
	s->broken = 0;
	s->judged = 0;
	memset(s->finding, 0, sizeof(s->finding));
}

static int add(struct check_search *s, uint64_t state, uint32_t parent, uint16_t action)
{
	uint32_t at = hash(state) & (s->slots - 1);

	while (s->slot[at]) {
		if (s->state[s->slot[at] - 1] == state)
			return CHECK_OK;
		at = (at + 1) & (s->slots - 1);
	}
	s->state[s->states] = state;
	s->origin[s->states] = (struct origin){parent, action};
	s->slot[at] = ++s->states;
	return s->states < s->capacity ? CHECK_OK : reserve(s, s->capacity * 2);
}

uint32_t check_search_find(const struct check_search *s, uint64_t state)
{
	uint32_t at = hash(state) & (s->slots - 1);

	while (s->slot[at]) {
		if (s->state[s->slot[at] - 1] == state)
			return s->slot[at] - 1;
		at = (at + 1) & (s->slots - 1);
	}
	return NO_STATE;
}

static void note_broken(struct check_search *s, uint64_t broken, uint32_t from,
			const struct check_move *move, unsigned int length)
{
	s->broken |= broken;
	while (broken) {
		unsigned int property = (unsigned int)__builtin_ctzll(broken);

		s->finding[property] = (struct finding){from, move->action, move->to, length};
		broken &= broken - 1;
	}
}

int check_search_run(struct check_search *s, const struct check_machine *machine, const void *model,
		     uint64_t stop)
{
	struct check_move moves[CHECK_MOVES_MAX];
	uint32_t level_end = 1;
	unsigned int length = 1;
	int status;

	forget(s);
	s->machine = machine;
	s->model = model;
	status = add(s, machine->start(model), NO_STATE, 0);
	for (uint32_t at = 0; at < s->states && status == CHECK_OK; at++) {
		unsigned int count;

		if (at == level_end) {
			level_end = s->states;
			length++;
		}
		count = machine->moves(model, s->state[at], moves);
		s->moves += count;
		for (unsigned int i = 0; i < count && status == CHECK_OK; i++) {
			uint64_t fresh = moves[i].broken & ~s->broken;

			s->judged |= moves[i].judged;
			if (fresh)
				note_broken(s, fresh, at, &moves[i], length);
			if (moves[i].to != s->state[at])
				status = add(s, moves[i].to, at, moves[i].action);
		}
		if (stop & s->broken)
			break;
	}
	return status;
}

uint32_t check_search_states(const struct check_search *s)
{
	return s->states;
}

uint64_t check_search_moves(const struct check_search *s)
{
	return s->moves;
}

uint64_t check_search_broken(const struct check_search *s)
{
	return s->broken;
}

uint64_t check_search_judged(const struct check_search *s)
{
	return s->judged;
}

unsigned int check_search_length(const struct check_search *s, unsigned int property)
{
	return s->finding[property].length;
}

unsigned int check_search_path_to(const struct check_search *s, uint32_t number,
				  struct check_step *steps, unsigned int max)
{
	unsigned int length = 0, left;

	for (uint32_t at = number; s->origin[at].parent != NO_STATE; at = s->origin[at].parent)
		length++;
	left = length;
	for (uint32_t at = number; s->origin[at].parent != NO_STATE; at = s->origin[at].parent)
		if (--left < max)
			steps[left] = (struct check_step){s->state[s->origin[at].parent],
							  s->state[at], s->origin[at].action};
	return length;
}

unsigned int check_search_path(const struct check_search *s, unsigned int property,
			       struct check_step *steps, unsigned int max)
{
	const struct finding *finding = &s->finding[property];
	unsigned int length;

	if (!finding->length)
		return 0;
	length = check_search_path_to(s, finding->from, steps, max);
	if (length < max)
		steps[length] =
			(struct check_step){s->state[finding->from], finding->to, finding->action};
	return length + 1;
}
