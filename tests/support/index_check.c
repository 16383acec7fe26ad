/* SPDX-License-Identifier: BSD-2-Clause */
#include "index_check.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <mezzo/space.h>

static unsigned int check_node(const struct mezzo_index_node *node, unsigned int level, bool root)
{
	unsigned int count = 0, places = 0;

	for (; places < MEZZO_INDEX_FAN && node->key[places] != UINT64_MAX; places++) {
		if (places)
			assert_true(node->key[places] > node->key[places - 1]);
		if (level == 1) {
			const struct mezzo_slot *slot = node->below[places];

			assert_int_equal(slot->config.ipa.addr, node->key[places]);
			count++;
		} else {
			const struct mezzo_index_node *below = node->below[places];

			assert_int_equal(below->key[0], node->key[places]);
			count += check_node(below, level - 1, false);
		}
	}
	for (unsigned int i = places; i < MEZZO_INDEX_FAN; i++)
		assert_true(node->key[i] == UINT64_MAX && !node->below[i]);
	assert_in_range(places, root ? (level > 1) * 2 : MEZZO_INDEX_FAN / 2, MEZZO_INDEX_FAN);
	return count;
}

unsigned int index_check(const struct mezzo_index *index)
{
	return check_node(index->root, index->levels, true);
}
