/* SPDX-License-Identifier: BSD-2-Clause */
/* The graph of moves, its strongly connected components (Tarjan), and ways inside one. */
#include "graph.h"

static void *new_array(struct check_budget *budget, size_t count, size_t bytes)
{
	return check_budget_resize(budget, NULL, 0, (count ? count : 1) * bytes);
}

static void drop_array(struct check_budget *budget, void *array, size_t count, size_t bytes)
{
	check_budget_release(budget, array, (count ? count : 1) * bytes);
}

void graph_drop(struct graph *g)
{
	drop_array(g->budget, g->arc, g->room, sizeof(*g->arc));
	drop_array(g->budget, g->first, (size_t)g->states + 1, sizeof(*g->first));
	drop_array(g->budget, g->able, g->states, sizeof(*g->able));
	drop_array(g->budget, g->component, g->states, sizeof(*g->component));
	*g = (struct graph){0};
}

static int add_arc(struct graph *g, struct arc arc)
{
	if (g->arcs == g->room) {
		uint32_t room = g->room * 2;
		void *moved = check_budget_resize(g->budget, g->arc, g->room * sizeof(*g->arc),
						  room * sizeof(*g->arc));

		if (!moved)
			return CHECK_NO_BUDGET;
		g->arc = moved;
		g->room = room;
	}
	g->arc[g->arcs++] = arc;
	return CHECK_OK;
}

static int add_state(struct graph *g, const struct check_search *s, uint32_t number)
{
	struct check_move moves[CHECK_MOVES_MAX];
	unsigned int count = s->machine->moves(s->model, s->state[number], moves);
	int status = CHECK_OK;

	g->first[number] = g->arcs;
	g->able[number] = 0;
	for (unsigned int i = 0; i < count && status == CHECK_OK; i++) {
		g->able[number] |= (uint8_t)(1u << moves[i].agent);
		if (!moves[i].settles)
			status = add_arc(g, (struct arc){check_search_find(s, moves[i].to),
							 moves[i].action, moves[i].agent});
	}
	g->agents |= g->able[number];
	return status;
}

struct tarjan {
	uint32_t *order, *low, *stack, *frame, *next;
	uint32_t count, depth, frames;
};

#define UNSEEN 0

static void enter(struct tarjan *t, const struct graph *g, uint32_t state)
{
	t->order[state] = t->low[state] = ++t->count;
	t->stack[t->depth++] = state;
	t->next[state] = g->first[state];
	t->frame[t->frames++] = state;
}

static void leave(struct tarjan *t, struct graph *g, uint32_t state)
{
	t->frames--;
	if (t->frames) {
		uint32_t above = t->frame[t->frames - 1];

		if (t->low[state] < t->low[above])
			t->low[above] = t->low[state];
	}
	if (t->low[state] != t->order[state])
		return;
	for (;;) {
		uint32_t member = t->stack[--t->depth];

		g->component[member] = g->components;
		if (member == state)
			break;
	}
	g->components++;
}

static void visit(struct tarjan *t, struct graph *g, uint32_t root)
{
	enter(t, g, root);
	while (t->frames) {
		uint32_t state = t->frame[t->frames - 1], to;

		if (t->next[state] == g->first[state + 1]) {
			leave(t, g, state);
			continue;
		}
		to = g->arc[t->next[state]++].to;
		if (t->order[to] == UNSEEN)
			enter(t, g, to);
		else if (g->component[to] == NO_STATE && t->order[to] < t->low[state])
			t->low[state] = t->order[to];
	}
}

static int components(struct graph *g)
{
	struct tarjan t = {0};
	uint32_t *memory = new_array(g->budget, g->states, 5 * sizeof(uint32_t));

	if (!memory)
		return CHECK_NO_BUDGET;
	t.order = memory;
	t.low = memory + g->states;
	t.stack = t.low + g->states;
	t.frame = t.stack + g->states;
	t.next = t.frame + g->states;
	for (uint32_t i = 0; i < g->states; i++) {
		t.order[i] = UNSEEN;
		g->component[i] = NO_STATE;
	}
	for (uint32_t i = 0; i < g->states; i++)
		if (t.order[i] == UNSEEN)
			visit(&t, g, i);
	drop_array(g->budget, memory, g->states, 5 * sizeof(uint32_t));
	return CHECK_OK;
}

int graph_make(struct graph *g, const struct check_search *s)
{
	int status = CHECK_OK;

	*g = (struct graph){.budget = s->budget, .states = s->states, .room = 64};
	g->arc = new_array(g->budget, g->room, sizeof(*g->arc));
	g->first = new_array(g->budget, (size_t)g->states + 1, sizeof(*g->first));
	g->able = new_array(g->budget, g->states, sizeof(*g->able));
	g->component = new_array(g->budget, g->states, sizeof(*g->component));
	if (!g->arc || !g->first || !g->able || !g->component)
		status = CHECK_NO_BUDGET;
	for (uint32_t i = 0; i < g->states && status == CHECK_OK; i++)
		status = add_state(g, s, i);
	if (status == CHECK_OK) {
		g->first[g->states] = g->arcs;
		status = components(g);
	}
	if (status != CHECK_OK)
		graph_drop(g);
	return status;
}

/* The arcs that led to @arc, backwards in @came, forwards in @way. */
static uint32_t unwind(const uint32_t *came, const uint32_t *source, uint32_t last, uint32_t *way,
		       uint32_t max)
{
	uint32_t length = 0, left;

	for (uint32_t arc = last; arc != NO_STATE; arc = came[source[arc]])
		length++;
	left = length;
	for (uint32_t arc = last; arc != NO_STATE; arc = came[source[arc]])
		if (--left < max)
			way[left] = arc;
	return length;
}

uint32_t graph_way(const struct graph *g, uint32_t from, unsigned int agent, uint32_t target,
		   uint32_t *way, uint32_t max)
{
	size_t count = (size_t)g->states * 2 + g->arcs;
	uint32_t *memory = new_array(g->budget, count, sizeof(*memory)), found = NO_STATE;
	uint32_t *came = memory, *queue, *source, head = 0, tail = 0;

	if (!memory)
		return NO_STATE;
	queue = came + g->states;
	source = queue + g->states;
	for (uint32_t i = 0; i < g->states; i++)
		came[i] = NO_STATE;
	queue[tail++] = from;
	while (head < tail && found == NO_STATE) {
		uint32_t state = queue[head++];

		for (uint32_t i = g->first[state]; i < g->first[state + 1]; i++) {
			const struct arc *arc = &g->arc[i];

			source[i] = state;
			if (g->component[arc->to] != g->component[from])
				continue;
			if (agent < CHECK_AGENTS_MAX ? arc->agent == agent : arc->to == target) {
				found = i;
				break;
			}
			if (arc->to != from && came[arc->to] == NO_STATE) {
				came[arc->to] = i;
				queue[tail++] = arc->to;
			}
		}
	}
	if (found != NO_STATE)
		found = unwind(came, source, found, way, max);
	drop_array(g->budget, memory, count, sizeof(*memory));
	return found;
}
