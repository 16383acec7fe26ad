/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search on machines so small that one can see what it must find: every state, the shortest
 * counterexample, cycles that are fair and cycles that are not, and the end of its memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "check/search/parallel.h"
#include "check/search/search.h"

static struct check_budget budget;

static struct check_search *new_search(size_t bytes)
{
	struct check_search *s;

	budget = (struct check_budget){.limit_bytes = bytes};
	s = check_search_new(&budget);
	assert_non_null(s);
	return s;
}

static void end(struct check_search *s)
{
	check_search_free(s);
	assert_int_equal(budget.used_bytes, 0);
}

static uint64_t zero(const void *model)
{
	(void)model;
	return 0;
}

/* --- a grid: from (x, y) one step right or up -------------------------------------------------- */

#define SIDE 200u

static unsigned int grid_moves(const void *model, uint64_t state, struct check_move *moves)
{
	const uint64_t *target = model;
	uint64_t x = state % SIDE, y = state / SIDE;
	unsigned int count = 0;

	if (x + 1 < SIDE)
		moves[count++] = (struct check_move){.to = state + 1, .action = 1};
	if (y + 1 < SIDE)
		moves[count++] = (struct check_move){.to = state + SIDE, .action = 2};
	for (unsigned int i = 0; i < count; i++)
		if (target && moves[i].to == *target)
			moves[i].broken = 1;
	return count;
}

static const struct check_machine grid = {"grid", 16, zero, grid_moves};

static void every_state_is_visited_once(void **state)
{
	struct check_search *s = new_search(64 << 20);

	(void)state;
	for (unsigned int again = 0; again < 2; again++) {
		assert_int_equal(check_search_run(s, &grid, NULL, 0), CHECK_OK);
		assert_int_equal(check_search_states(s), SIDE * SIDE);
		assert_int_equal(check_search_moves(s), 2 * SIDE * (SIDE - 1));
		assert_int_equal(check_search_broken(s), 0);
	}
	end(s);
}

static void a_counterexample_is_the_shortest(void **state)
{
	uint64_t target = 17 + UINT64_C(5) * SIDE;
	struct check_search *s = new_search(64 << 20);
	struct check_step steps[32];

	(void)state;
	assert_int_equal(check_search_run(s, &grid, &target, 0), CHECK_OK);
	assert_int_equal(check_search_broken(s), 1);
	assert_int_equal(check_search_length(s, 0), 22);
	assert_int_equal(check_search_path(s, 0, steps, 32), 22);
	assert_int_equal(steps[0].from, 0);
	for (unsigned int i = 0; i + 1 < 22; i++)
		assert_int_equal(steps[i].to, steps[i + 1].from);
	assert_int_equal(steps[21].to, target);
	/* Nothing is written where there is no room. */
	assert_int_equal(check_search_path(s, 0, steps, 3), 22);
	/* A broken property does not end the search; being asked to does. */
	assert_int_equal(check_search_states(s), SIDE * SIDE);
	assert_int_equal(check_search_run(s, &grid, &target, 1), CHECK_OK);
	assert_true(check_search_states(s) < SIDE * SIDE / 4);
	end(s);
}

static void what_breaks_first_is_kept(void **state)
{
	/* One step from the start; and again from far away. */
	uint64_t target = 1;
	struct check_search *s = new_search(64 << 20);

	(void)state;
	assert_int_equal(check_search_run(s, &grid, &target, 0), CHECK_OK);
	assert_int_equal(check_search_length(s, 0), 1);
	end(s);
}

static void memory_ends_with_an_error_and_nothing_lost(void **state)
{
	struct check_search *s = new_search(256 << 10);

	(void)state;
	assert_int_equal(check_search_run(s, &grid, NULL, 0), CHECK_NO_BUDGET);
	assert_true(check_search_states(s) > 0);
	assert_true(budget.peak_bytes <= 256 << 10);
	assert_null(check_search_new(&(struct check_budget){.limit_bytes = 100}));
	end(s);
}

static void two_searches_share_a_budget(void **state)
{
	struct check_search *a = new_search(3 << 20), *b = check_search_new(&budget);

	(void)state;
	assert_non_null(b);
	assert_int_equal(check_search_run(a, &grid, NULL, 0), CHECK_OK);
	assert_int_equal(check_search_run(b, &grid, NULL, 0), CHECK_NO_BUDGET);
	check_search_free(a);
	assert_int_equal(check_search_run(b, &grid, NULL, 0), CHECK_OK);
	end(b);
}

/* --- liveness ------------------------------------------------------------------------------------ */

/*
 * Two agents and a baton. Agent 0 runs in a circle of three states; in the last, where the model
 * says so, agent 1 can finish the work (settle), or take part, or cannot move.
 */
enum baton {
	NEVER_ABLE,    /* agent 1 never moves: agent 0 runs for ever, and that is fair */
	ALWAYS_ABLE,   /* agent 1 can settle it everywhere: running on is unfair */
	SOMETIMES,     /* ... in one state of the circle only: running past it is fair */
	TAKES_PART,    /* agent 1 moves inside the circle, and never settles */
	SETTLED_ROUND, /* the circle itself settles something */
};

#define WORK_DONE 100

static unsigned int baton_moves(const void *model, uint64_t state, struct check_move *moves)
{
	enum baton kind = *(const enum baton *)model;
	unsigned int count = 0;

	if (state == WORK_DONE)
		return 0;
	moves[count++] = (struct check_move){.to = (state + 1) % 3,
					     .action = 1,
					     .settles = kind == SETTLED_ROUND && state == 2};
	if (kind == ALWAYS_ABLE || (kind == SOMETIMES && state == 1))
		moves[count++] = (struct check_move){.to = WORK_DONE,
						     .action = 2,
						     .agent = 1,
						     .settles = true};
	if (kind == TAKES_PART)
		moves[count++] = (struct check_move){.to = state, .action = 3, .agent = 1};
	return count;
}

static const struct check_machine baton = {"baton", 8, zero, baton_moves};

static bool stuck(enum baton kind, unsigned int *length, unsigned int *back)
{
	struct check_search *s = new_search(1 << 20);
	struct check_step loop[16];
	bool found;

	assert_int_equal(check_search_run(s, &baton, &kind, 0), CHECK_OK);
	assert_int_equal(check_search_stuck(s, loop, 16, length, back, &found), CHECK_OK);
	if (found)
		assert_int_equal(loop[*length - 1].to, loop[*back].from);
	end(s);
	return found;
}

static void only_fair_cycles_are_stuck(void **state)
{
	unsigned int length, back;

	(void)state;
	assert_true(stuck(NEVER_ABLE, &length, &back));
	assert_int_equal(length - back, 3);
	assert_false(stuck(ALWAYS_ABLE, &length, &back));
	assert_true(stuck(SOMETIMES, &length, &back));
	assert_true(stuck(TAKES_PART, &length, &back));
	assert_false(stuck(SETTLED_ROUND, &length, &back));
}

static void a_line_is_not_stuck(void **state)
{
	struct check_search *s = new_search(8 << 20);
	unsigned int length, back;
	struct check_step loop[4];
	bool found;

	(void)state;
	assert_int_equal(check_search_run(s, &grid, NULL, 0), CHECK_OK);
	assert_int_equal(check_search_stuck(s, loop, 4, &length, &back, &found), CHECK_OK);
	assert_false(found);
	end(s);
}

/* --- threads ---------------------------------------------------------------------------------------- */

static void count_item(void *arg, unsigned int worker, uint32_t item)
{
	uint32_t *items = arg;

	(void)worker;
	items[item]++;
}

static void every_item_is_done_once(void **state)
{
	static uint32_t items[1000];

	(void)state;
	for (unsigned int workers = 0; workers <= 4; workers++) {
		for (unsigned int i = 0; i < 1000; i++)
			items[i] = 0;
		check_parallel(workers, 1000, count_item, items, NULL, NULL);
		for (unsigned int i = 0; i < 1000; i++)
			assert_int_equal(items[i], 1);
	}
	check_parallel(2, 0, count_item, items, NULL, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_visited_once),
		cmocka_unit_test(a_counterexample_is_the_shortest),
		cmocka_unit_test(what_breaks_first_is_kept),
		cmocka_unit_test(memory_ends_with_an_error_and_nothing_lost),
		cmocka_unit_test(two_searches_share_a_budget),
		cmocka_unit_test(only_fair_cycles_are_stuck),
		cmocka_unit_test(a_line_is_not_stuck),
		cmocka_unit_test(every_item_is_done_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
