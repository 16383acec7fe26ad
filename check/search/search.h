/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SEARCH_SEARCH_H
#define CHECK_SEARCH_SEARCH_H
/*
 * Explicit-state search: every state that a small machine can reach, breadth first, to the
 * fixpoint. There is no bound on depth; there is one on memory.
 *
 * A machine is a pure function from a state to the moves that are possible in it. A state is at
 * most 64 bits. A move may break properties; the first move that breaks one ends a shortest
 * counterexample, because states are met in the order of their distance. The search goes on beyond
 * it, so that one broken property never hides another.
 *
 * A search belongs to one thread; searches of several threads share a budget.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK_PROPERTIES_MAX 64
/* No machine has more moves from one state. */
#define CHECK_MOVES_MAX 128

/* One move. */
struct check_move {
	uint64_t to;
	uint64_t broken; /* set of properties that the move itself breaks */
	uint64_t judged; /* set of properties that it puts to the test */
	uint16_t action; /* the machine's own number for it */
	uint8_t agent;   /* who moves, for fairness; below CHECK_AGENTS_MAX */
	bool settles;    /* something is achieved: see check_search_stuck() */
};
#define CHECK_AGENTS_MAX 8

struct check_machine {
	const char *name;
	unsigned int state_bits;
	uint64_t (*start)(const void *model);
	/* Fill @moves; returns how many. @model is whatever the machine was made from. */
	unsigned int (*moves)(const void *model, uint64_t state,
			      struct check_move moves[CHECK_MOVES_MAX]);
};

/* Memory that all searches together may use. */
struct check_budget {
	size_t limit_bytes;
	_Atomic size_t used_bytes;
	_Atomic size_t peak_bytes;
};

enum check_status {
	CHECK_OK = 0,
	CHECK_NO_BUDGET = -1, /* the budget is exhausted: what was found is right, but not all */
};

struct check_search;

/* NULL: no memory, or none left in the budget. */
struct check_search *check_search_new(struct check_budget *budget);
void check_search_free(struct check_search *search);

/**
 * check_search_run() - visit every state that @model can reach
 * @stop: set of properties; the search ends early once one of them is broken (0: never)
 *
 * What an earlier run found is forgotten.
 */
int check_search_run(struct check_search *search, const struct check_machine *machine,
		     const void *model, uint64_t stop);

uint32_t check_search_states(const struct check_search *search);
uint64_t check_search_moves(const struct check_search *search);
/* The set of properties that some move broke. */
uint64_t check_search_broken(const struct check_search *search);
/* The set of properties that some move put to the test: what holds of others holds of nothing. */
uint64_t check_search_judged(const struct check_search *search);
/* Steps of the shortest counterexample, or 0: not broken. */
unsigned int check_search_length(const struct check_search *search, unsigned int property);

struct check_step {
	uint64_t from, to;
	uint16_t action;
};

/* The shortest counterexample; returns its length, at most @max steps of which are filled. */
unsigned int check_search_path(const struct check_search *search, unsigned int property,
			       struct check_step *steps, unsigned int max);
/* The way to a state that was reached, by its number in [0, states). */
unsigned int check_search_path_to(const struct check_search *search, uint32_t number,
				  struct check_step *steps, unsigned int max);

/**
 * check_search_stuck() - is there a run that goes on for ever and achieves nothing?
 * @search: after a run with @stop 0, of the same machine and model
 * @loop: the run's way to a state of its cycle, and then once round it
 * @max: room for steps in @loop
 * @length: how many steps @loop has (at most @max are filled)
 * @back: from which of them on the cycle begins
 * @found: whether there is one
 *
 * Moves that settle something are left out of the graph; what cycles remain are judged under weak
 * fairness: every agent moves in the cycle, or is at some point of it unable to. A state in which
 * nobody can move is no cycle.
 */
int check_search_stuck(struct check_search *search, struct check_step *loop, unsigned int max,
		       unsigned int *length, unsigned int *back, bool *found);

#endif
