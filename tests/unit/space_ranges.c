/* SPDX-License-Identifier: BSD-2-Clause */
/* Ordered sets of ranges, beside a list that is searched from one end to the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <space/internal.h>

#define RANGES 200
#define SPAN 1000 /* ranges lie in [0, SPAN) */

struct set {
	struct mezzo_ranges ranges;
	struct mezzo_range range[RANGES];
	bool in[RANGES];
	unsigned int seed;
};

static unsigned int below(struct set *set, unsigned int limit)
{
	return (unsigned int)rand_r(&set->seed) % limit;
}

/* Height, order, parents and the largest end of everything below a node. Returns the height. */
static unsigned int check_below(const struct mezzo_range *node, const struct mezzo_range *parent,
				uint64_t low, uint64_t high, unsigned int *count)
{
	unsigned int left, right;
	uint64_t last_end;

	if (!node)
		return 0;
	assert_ptr_equal(node->parent, parent);
	assert_in_range(node->first, low, high);
	left = check_below(node->child[0], node, low, node->first, count);
	right = check_below(node->child[1], node, node->first, high, count);
	assert_in_range(left + 1 - right, 0, 2);
	assert_int_equal(node->height, 1 + (left > right ? left : right));
	last_end = node->end;
	for (unsigned int i = 0; i < 2; i++)
		if (node->child[i] && node->child[i]->last_end > last_end)
			last_end = node->child[i]->last_end;
	assert_int_equal(node->last_end, last_end);
	++*count;
	return node->height;
}

static void check(struct set *set)
{
	unsigned int count = 0, in = 0;

	check_below(set->ranges.root, NULL, 0, UINT64_MAX, &count);
	for (unsigned int i = 0; i < RANGES; i++)
		in += set->in[i];
	assert_int_equal(count, in);
}

static bool overlaps(const struct mezzo_range *range, uint64_t first, uint64_t end)
{
	return range->first < end && range->end > first;
}

static void check_search(struct set *set, uint64_t first, uint64_t end)
{
	bool found[RANGES] = {false};
	uint64_t last = 0;

	for (struct mezzo_range *range = ranges_first(&set->ranges, first, end); range;
	     range = ranges_next(range, first, end)) {
		assert_true(overlaps(range, first, end));
		assert_true(range->first >= last);
		last = range->first;
		assert_false(found[range - set->range]);
		found[range - set->range] = true;
	}
	for (unsigned int i = 0; i < RANGES; i++)
		assert_int_equal(found[i], set->in[i] && overlaps(&set->range[i], first, end));
}

static void check_gap(struct set *set, uint64_t first, uint64_t length, uint64_t limit)
{
	uint64_t at = first;

	for (unsigned int i = 0; i < RANGES && at + length <= limit; i++) {
		if (!set->in[i] || !overlaps(&set->range[i], at, at + length))
			continue;
		at++;
		i = UINT32_MAX; /* from the start: the order in the list means nothing */
	}
	if (at + length > limit)
		at = UINT64_MAX;
	assert_int_equal(ranges_gap(&set->ranges, first, length, limit), at);
}

static void turn(struct set *set, unsigned int i)
{
	set->in[i] = !set->in[i];
	if (!set->in[i]) {
		ranges_remove(&set->ranges, &set->range[i]);
		return;
	}
	set->range[i].first = below(set, SPAN);
	set->range[i].end = set->range[i].first + 1 + below(set, 1 + below(set, 40));
	ranges_insert(&set->ranges, &set->range[i]);
}

static void a_set_agrees_with_a_list(void **state)
{
	struct set *set = calloc(1, sizeof(*set));

	(void)state;
	assert_non_null(set);
	set->seed = 1;
	for (unsigned int round = 0; round < 6000; round++) {
		uint64_t first = below(set, SPAN);

		/* Mostly empty, half full, nearly full, and back. */
		turn(set, below(set, 1 + round % 2000 * RANGES / 2000));
		check(set);
		check_search(set, first, first + 1 + below(set, 100));
		if (round % 16 == 0)
			check_gap(set, first, 1 + below(set, 60), first + below(set, SPAN));
	}
	for (unsigned int i = 0; i < RANGES; i++)
		if (set->in[i])
			turn(set, i);
	assert_null(set->ranges.root);
	free(set);
}

static void a_search_is_a_logarithm(void **state)
{
	static struct mezzo_range range[1 << 15];
	static const unsigned int strides[] = {1, (1 << 15) - 1, 12345};

	(void)state;
	for (unsigned int s = 0; s < 3; s++) {
		struct mezzo_ranges set = {0};

		for (unsigned int i = 0; i < 1 << 15; i++) {
			range[i].first = (uint64_t)(i * strides[s] % (1 << 15)) * 2;
			range[i].end = range[i].first + 1;
			ranges_insert(&set, &range[i]);
		}
		/* An AVL tree of 2^15 nodes is at most 21 high. */
		assert_in_range(set.root->height, 16, 21);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_agrees_with_a_list),
		cmocka_unit_test(a_search_is_a_logarithm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
