/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots by address: a B+ tree, because a search is a chain of loads, and a node that is two cache
 * lines of keys needs fewer of them than any binary tree. Slots do not overlap, so that an address
 * alone is a key.
 *
 * In every node but the root at least half of the places are used. A key is the lowest address at
 * or below its place, exactly; places that are not used have the key NOTHING.
 */
#include "internal.h"

#define FAN MEZZO_INDEX_FAN
#define HALF (FAN / 2)
#define NOTHING UINT64_MAX

/* Half full nodes: eight times eight and so on are more slots than have ids. */
#define LEVELS_MAX 12

/* The way to a key: at each level, from the lowest, the node and the place in it. */
struct place {
	struct mezzo_index_node *node;
	unsigned int at;
};

/* The last place whose key is at most @key; the first, if none is. No branch depends on a key. */
static inline unsigned int place_of(const struct mezzo_index_node *node, uint64_t key)
{
	unsigned int at = 0;

	_Static_assert(FAN == 16, "four steps");
	at += node->key[8] <= key ? 8 : 0;
	at += node->key[at + 4] <= key ? 4 : 0;
	at += node->key[at + 2] <= key ? 2 : 0;
	at += node->key[at + 1] <= key ? 1 : 0;
	return at;
}

struct mezzo_slot *btree_find(const struct mezzo_index *index, uint64_t ipa)
{
	void *below = index->root;

	for (unsigned int level = index->levels; level; level--) {
		const struct mezzo_index_node *node = below;

		below = node->below[place_of(node, ipa)];
	}
	return below;
}

static RARE unsigned int used(const struct mezzo_index_node *node)
{
	return place_of(node, NOTHING - 1) + (node->key[0] != NOTHING);
}

RARE struct mezzo_slot *btree_after(const struct mezzo_index *index, uint64_t ipa)
{
	const struct mezzo_index_node *node = index->root;
	void *next = NULL;
	unsigned int next_level = 0;

	for (unsigned int level = index->levels; level; level--) {
		unsigned int at = place_of(node, ipa);

		at += node->key[at] <= ipa;
		if (at < FAN && node->key[at] != NOTHING) {
			next = node->below[at];
			next_level = level - 1;
		}
		if (at == 0 || level == 1)
			break;
		node = node->below[at - 1];
	}
	for (; next && next_level; next_level--)
		next = ((const struct mezzo_index_node *)next)->below[0];
	return next;
}

/* --- nodes ------------------------------------------------------------------------------------- */

static RARE void clear(struct mezzo_index_node *node, unsigned int from)
{
	for (unsigned int i = from; i < FAN; i++) {
		node->key[i] = NOTHING;
		node->below[i] = NULL;
	}
}

static RARE struct mezzo_index_node *take(struct mezzo_index *index)
{
	struct mezzo_index_node *node = index->free;

	if (node)
		index->free = node->below[0];
	else
		node = &index->node[index->touched++];
	clear(node, 0);
	return node;
}

static void give(struct mezzo_index *index, struct mezzo_index_node *node)
{
	node->below[0] = index->free;
	index->free = node;
}

static RARE void put(struct mezzo_index_node *node, unsigned int at, uint64_t key, void *below)
{
	for (unsigned int i = FAN - 1; i > at; i--) {
		node->key[i] = node->key[i - 1];
		node->below[i] = node->below[i - 1];
	}
	node->key[at] = key;
	node->below[at] = below;
}

static RARE void cut(struct mezzo_index_node *node, unsigned int at)
{
	for (unsigned int i = at; i + 1 < FAN; i++) {
		node->key[i] = node->key[i + 1];
		node->below[i] = node->below[i + 1];
	}
	clear(node, FAN - 1);
}

/* The last @count places of one node go to the front of the next. */
static RARE void shift_up(struct mezzo_index_node *from, struct mezzo_index_node *to,
			  unsigned int count)
{
	const unsigned int have = used(from);

	for (unsigned int i = 1; i <= count; i++)
		put(to, 0, from->key[have - i], from->below[have - i]);
	clear(from, have - count);
}

/* The first @count places of one node go to the end of the one before. */
static RARE void shift_down(struct mezzo_index_node *from, struct mezzo_index_node *to,
			    unsigned int count)
{
	const unsigned int have = used(to);

	for (unsigned int i = 0; i < count; i++) {
		to->key[have + i] = from->key[0];
		to->below[have + i] = from->below[0];
		cut(from, 0);
	}
}

/* --- changes ----------------------------------------------------------------------------------- */

void btree_init(struct mezzo_index *index, struct mezzo_index_node *nodes)
{
	*index = (struct mezzo_index){.node = nodes, .levels = 1};
	index->root = take(index);
}

static RARE void find_path(const struct mezzo_index *index, uint64_t key, struct place *path)
{
	struct mezzo_index_node *node = index->root;
	unsigned int level = index->levels;

	do {
		level--;
		path[level].node = node;
		path[level].at = place_of(node, key);
		node = node->below[path[level].at];
	} while (level);
}

/* Put something into a node that may be full. Returns the node that the other half went to. */
static RARE struct mezzo_index_node *put_or_split(struct mezzo_index *index,
						  struct mezzo_index_node *node, unsigned int at,
						  uint64_t key, void *below)
{
	struct mezzo_index_node *next;

	if (node->key[FAN - 1] == NOTHING) {
		put(node, at, key, below);
		return NULL;
	}
	next = take(index);
	shift_up(node, next, HALF);
	if (at > HALF)
		put(next, at - HALF, key, below);
	else
		put(node, at, key, below);
	return next;
}

RARE void btree_insert(struct mezzo_index *index, uint64_t key, struct mezzo_slot *slot)
{
	struct mezzo_index_node *node, *next;
	struct place path[LEVELS_MAX] = {{NULL, 0}};

	find_path(index, key, path);
	node = path[0].node;
	path[0].at += node->key[path[0].at] < key;
	next = put_or_split(index, node, path[0].at, key, slot);
	for (unsigned int level = 1; level < index->levels; level++) {
		struct mezzo_index_node *below = path[level - 1].node;

		node = path[level].node;
		node->key[path[level].at] = below->key[0];
		if (next)
			next = put_or_split(index, node, path[level].at + 1, next->key[0], next);
	}
	if (!next)
		return;
	node = take(index);
	put(node, 0, next->key[0], next);
	put(node, 0, index->root->key[0], index->root);
	index->root = node;
	index->levels++;
}

/* One of two neighbours has too little: let them share, or become one. */
static RARE void join(struct mezzo_index *index, struct mezzo_index_node *parent,
		      unsigned int first)
{
	struct mezzo_index_node *left = parent->below[first], *right = parent->below[first + 1];
	const unsigned int left_has = used(left), right_has = used(right);

	if (left_has + right_has <= FAN) {
		shift_down(right, left, right_has);
		cut(parent, first + 1);
		give(index, right);
		return;
	}
	if (left_has > right_has)
		shift_up(left, right, (left_has - right_has) / 2);
	else
		shift_down(right, left, (right_has - left_has) / 2);
	parent->key[first + 1] = right->key[0];
}

RARE void btree_remove(struct mezzo_index *index, uint64_t key)
{
	struct mezzo_index_node *root;
	struct place path[LEVELS_MAX] = {{NULL, 0}};

	find_path(index, key, path);
	cut(path[0].node, path[0].at);
	for (unsigned int level = 1; level < index->levels; level++) {
		struct mezzo_index_node *below = path[level - 1].node, *node = path[level].node;
		const unsigned int at = path[level].at;

		node->key[at] = below->key[0];
		if (used(below) < HALF)
			join(index, node, at ? at - 1 : 0);
	}
	root = index->root;
	if (index->levels > 1 && root->key[1] == NOTHING) {
		index->root = root->below[0];
		index->levels--;
		give(index, root);
	}
}
