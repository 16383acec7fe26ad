/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SEARCH_GRAPH_H
#define CHECK_SEARCH_GRAPH_H
/* The moves that settle nothing, as a graph over the states of a search. */
#include "internal.h"

struct arc {
	uint32_t to;
	uint16_t action;
	uint8_t agent;
};

struct graph {
	struct check_budget *budget;
	uint32_t states;
	uint32_t arcs, room;
	struct arc *arc;
	uint32_t *first;     /* states + 1: arcs of a state are [first, next first) */
	uint8_t *able;       /* agents that can move, in whatever way */
	uint32_t *component; /* strongly connected component of a state */
	uint32_t components;
	uint8_t agents; /* all that ever move */
};

/* Make the graph of a finished search, and its components. */
int graph_make(struct graph *graph, const struct check_search *search);
void graph_drop(struct graph *graph);

/*
 * The shortest way inside one component from @from to an arc of @agent, or, with @agent
 * CHECK_AGENTS_MAX, to state @target. The arcs' indices go to @way; returns how many, or NO_STATE
 * when there is none or no memory.
 */
uint32_t graph_way(const struct graph *graph, uint32_t from, unsigned int agent, uint32_t target,
		   uint32_t *way, uint32_t max);

#endif
