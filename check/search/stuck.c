/* SPDX-License-Identifier: BSD-2-Clause */
/* Liveness: cycles in which nothing is achieved although everybody gets his turn. */
#include "graph.h"

/* What is known of one component. */
struct summary {
	uint32_t entry; /* the state of it that was met first; NO_STATE: not met */
	uint8_t moved;  /* agents that move inside it */
	uint8_t unable; /* agents that somewhere in it cannot move */
};

static void look(struct summary *summary, const struct graph *g)
{
	for (uint32_t i = 0; i < g->components; i++)
		summary[i] = (struct summary){.entry = NO_STATE};
	for (uint32_t state = 0; state < g->states; state++) {
		struct summary *of = &summary[g->component[state]];

		if (of->entry == NO_STATE)
			of->entry = state;
		of->unable |= (uint8_t)~g->able[state];
		for (uint32_t i = g->first[state]; i < g->first[state + 1]; i++)
			if (g->component[g->arc[i].to] == g->component[state])
				of->moved |= (uint8_t)(1u << g->arc[i].agent);
	}
}

static bool fair(const struct summary *of, uint8_t agents)
{
	return of->moved && !(agents & ~(of->moved | of->unable));
}

/* A state of the component in which @agent cannot move. */
static uint32_t where_unable(const struct graph *g, uint32_t component, unsigned int agent)
{
	for (uint32_t state = 0; state < g->states; state++)
		if (g->component[state] == component && !(g->able[state] >> agent & 1))
			return state;
	return NO_STATE;
}

/* The cycle as it is told: from @entry past whatever makes it fair, and back. */
struct round {
	const struct graph *g;
	const struct check_search *s;
	struct check_step *steps;
	unsigned int max, length;
	uint32_t at;
};

static void go(struct round *r, unsigned int agent, uint32_t target)
{
	uint32_t way[64];
	uint32_t count = graph_way(r->g, r->at, agent, target, way, 64);

	if (count == NO_STATE)
		return;
	for (uint32_t i = 0; i < count && i < 64; i++) {
		const struct arc *arc = &r->g->arc[way[i]];

		if (r->length < r->max)
			r->steps[r->length] =
				(struct check_step){r->s->state[r->at], r->s->state[arc->to],
						    arc->action};
		r->length++;
		r->at = arc->to;
	}
}

static void go_round(struct round *r, const struct summary *of, uint32_t component, uint8_t agents)
{
	uint32_t entry = r->at;

	for (unsigned int agent = 0; agent < CHECK_AGENTS_MAX; agent++) {
		uint32_t state;

		if (!(agents >> agent & 1))
			continue;
		if (of->moved >> agent & 1) {
			go(r, agent, NO_STATE);
			continue;
		}
		state = where_unable(r->g, component, agent);
		if (state != r->at)
			go(r, CHECK_AGENTS_MAX, state);
	}
	if (r->at != entry)
		go(r, CHECK_AGENTS_MAX, entry);
}

static void tell(const struct check_search *s, const struct graph *g, const struct summary *of,
		 struct check_step *loop, unsigned int max, unsigned int *length,
		 unsigned int *back)
{
	struct round r = {.g = g, .s = s, .steps = loop, .max = max, .at = of->entry};

	r.length = check_search_path_to(s, of->entry, loop, max);
	*back = r.length;
	go_round(&r, of, g->component[of->entry], g->agents);
	*length = r.length;
}

int check_search_stuck(struct check_search *s, struct check_step *loop, unsigned int max,
		       unsigned int *length, unsigned int *back, bool *found)
{
	const struct summary *first = NULL;
	struct summary *summary;
	struct graph g;
	int status = graph_make(&g, s);

	*found = false;
	if (status != CHECK_OK)
		return status;
	summary = check_budget_resize(s->budget, NULL, 0, (g.components + 1) * sizeof(*summary));
	if (!summary) {
		graph_drop(&g);
		return CHECK_NO_BUDGET;
	}
	look(summary, &g);
	for (uint32_t i = 0; i < g.components; i++)
		if (fair(&summary[i], g.agents) && (!first || summary[i].entry < first->entry))
			first = &summary[i];
	if (first) {
		tell(s, &g, first, loop, max, length, back);
		*found = true;
	}
	check_budget_release(s->budget, summary, (g.components + 1) * sizeof(*summary));
	graph_drop(&g);
	return CHECK_OK;
}
