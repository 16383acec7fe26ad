/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walkers beside one that takes away, splits and collapses, under ThreadSanitizer.
 *
 * Every page has two frames and a generation that says which one is its own now. The taker moves
 * on to the other frame, raises the sequence, unmaps and settles: from then on nothing may lead
 * to the frame that the page had before, and the taker writes to it as its owner. Walkers write
 * to a frame only while they hold its entry. All of that is plain memory, so an ordering that is
 * missing anywhere is a data race.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <mezzo/arch.h>
#include <mezzo/platform_hosted.h>
#include <mezzo/status.h>

#define WALKERS 3
#define PAGES (3 * 512u)
#define BASE UINT64_C(0x3fe00000) /* the pages lie in two level-2 tables */
#define FRAMES UINT64_C(0x80000000)
#define FRAME_STRIDE UINT64_C(0x40000000)
#define ROUNDS 200

struct walker {
	_Alignas(64) _Atomic unsigned int inside; /* odd: at work */
	uint64_t seed;
	struct mezzo_stock stock;
	unsigned int made, widened, stale;
};

static struct world {
	struct mezzo_hosted hosted;
	struct mezzo_table table;
	_Atomic unsigned int sequence;
	_Atomic uint8_t generation[PAGES];
	unsigned int data[2][PAGES]; /* of the frames: plain memory on purpose */
	struct walker walker[WALKERS];
	_Atomic bool stop;
} world;

static const struct mezzo_table_ops *const ops = &mezzo_stage2_ops;

/* Not in a thread of cmocka's: say it and stop. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static uint64_t below(uint64_t *seed, uint64_t limit)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % limit;
}

static struct mezzo_ipa ipa_of(unsigned int page)
{
	return (struct mezzo_ipa){BASE + page * MEZZO_PAGE_BYTES};
}

static struct mezzo_pa frame_of(unsigned int page, unsigned int generation)
{
	return (struct mezzo_pa){FRAMES + (generation & 1) * FRAME_STRIDE +
				 page * MEZZO_PAGE_BYTES};
}

/* Whoever holds an entry, or has settled it, owns its frames. */
static void own(struct mezzo_pa pa, unsigned int order)
{
	unsigned int which = pa.addr >= FRAMES + FRAME_STRIDE;
	unsigned int page = (unsigned int)((pa.addr - FRAMES - which * FRAME_STRIDE) >> 12);

	for (unsigned int i = 0; i < mezzo_order_pages(order); i++)
		world.data[which][page + i]++;
}

/* --- walkers ------------------------------------------------------------------------------- */

/* All pages of the block have the same frame generation, or it cannot be a block. */
static bool resolve(unsigned int page, unsigned int order, struct mezzo_pa *pa)
{
	unsigned int first = page & ~((1u << order) - 1);
	unsigned int generation = atomic_load(&world.generation[first]);

	for (unsigned int i = 1; i < 1u << order; i++) {
		if ((atomic_load(&world.generation[first + i]) ^ generation) & 1)
			return false;
	}
	*pa = frame_of(first, generation);
	return true;
}

static void make(struct walker *w)
{
	const unsigned int page = (unsigned int)below(&w->seed, PAGES);
	const unsigned int order = below(&w->seed, 8) ? MEZZO_ORDER_4K : MEZZO_ORDER_2M;
	const struct mezzo_attr attr = {
		.type = MEZZO_STAGE2_GUEST_CHOICE,
		.read = true,
		.clean_after = true,
		.accessed = below(&w->seed, 2),
	};
	const unsigned int sequence = atomic_load(&world.sequence);
	struct mezzo_claim claim;
	struct mezzo_pa pa;

	if (!resolve(page, order, &pa))
		return;
	if (ops->claim(&world.table, &w->stock, ipa_of(page), order, &claim))
		return;
	if (atomic_load(&world.sequence) != sequence) {
		ops->abandon(&world.table, &claim);
		w->stale++;
		return;
	}
	own(pa, order);
	ops->publish(&world.table, &claim, pa, &attr);
	w->made++;
}

static void widen(struct walker *w)
{
	const unsigned int page = (unsigned int)below(&w->seed, PAGES);
	const unsigned int sequence = atomic_load(&world.sequence);
	struct mezzo_claim claim;

	if (ops->hold(&world.table, ipa_of(page), &claim))
		return;
	CHECK(claim.old.state == MEZZO_ENTRY_LEAF);
	if (atomic_load(&world.sequence) != sequence) {
		ops->abandon(&world.table, &claim);
		w->stale++;
		return;
	}
	own(claim.old.pa, MEZZO_ORDER_4K);
	claim.old.attr.write |= !below(&w->seed, 64);
	claim.old.attr.exec |= !below(&w->seed, 64);
	claim.old.attr.accessed = true;
	ops->publish(&world.table, &claim, claim.old.pa, &claim.old.attr);
	w->widened++;
}

static void look(struct walker *w)
{
	const unsigned int page = (unsigned int)below(&w->seed, PAGES);
	struct mezzo_leaf leaf;
	uint64_t pa;

	ops->lookup(&world.table, ipa_of(page), &leaf);
	if (leaf.state != MEZZO_ENTRY_LEAF && leaf.state != MEZZO_ENTRY_OWED)
		return;
	pa = leaf.pa.addr +
	     ((ipa_of(page).addr & (mezzo_order_bytes(leaf.order) - 1)) & ~(MEZZO_PAGE_BYTES - 1));
	CHECK(pa == frame_of(page, 0).addr || pa == frame_of(page, 1).addr);
	CHECK(leaf.attr.type == MEZZO_STAGE2_GUEST_CHOICE && leaf.attr.clean_after);
}

static void *walk(void *arg)
{
	struct walker *w = arg;

	while (!atomic_load(&world.stop)) {
		CHECK(!ops->stock_fill(&world.table, &w->stock));
		atomic_fetch_add(&w->inside, 1);
		switch (below(&w->seed, 4)) {
		case 0:
			widen(w);
			break;
		case 1:
			look(w);
			break;
		default:
			make(w);
		}
		atomic_fetch_add(&w->inside, 1);
	}
	ops->stock_drain(&world.table, &w->stock);
	return NULL;
}

/* --- the taker ----------------------------------------------------------------------------- */

static void reclaim(void)
{
	if (!world.table.retired)
		return;
	for (unsigned int i = 0; i < WALKERS; i++) {
		unsigned int inside = atomic_load(&world.walker[i].inside);

		while ((inside & 1) && atomic_load(&world.walker[i].inside) == inside)
			sched_yield();
	}
	ops->reclaim(&world.table);
}

static void visit(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	unsigned int *visits = arg;

	(void)ipa;
	own(leaf->pa, leaf->order);
	++*visits;
}

/* The pages move on to their other frame. What they had is ours when this returns. */
static unsigned int revoke(uint64_t *seed, unsigned int first, unsigned int count)
{
	struct mezzo_flush flush = {0};
	unsigned int visits = 0;

	for (unsigned int i = first; i < first + count; i++)
		atomic_fetch_add(&world.generation[i], 1);
	atomic_fetch_add(&world.sequence, 1);
	/* A block that reaches over an edge goes whole. */
	if (ops->unmap(&world.table, ipa_of(first), count, below(seed, 2), &flush)) {
		unsigned int from = first & ~511u, to = (first + count + 511) & ~511u;

		CHECK(!ops->unmap(&world.table, ipa_of(from), to - from, below(seed, 2), &flush));
	}
	ops->settle(&world.table, &flush, visit, &visits);
	for (unsigned int i = first; i < first + count; i++) {
		const uint64_t old = frame_of(i, atomic_load(&world.generation[i]) + 1u).addr;
		struct mezzo_leaf leaf;
		uint64_t offset;

		own((struct mezzo_pa){old}, MEZZO_ORDER_4K);
		ops->lookup(&world.table, ipa_of(i), &leaf);
		offset = ipa_of(i).addr & (mezzo_order_bytes(leaf.order) - 1);
		CHECK(leaf.state != MEZZO_ENTRY_LEAF || leaf.pa.addr + offset != old);
	}
	reclaim();
	return visits;
}

/* Empty a block, and let its pages have frames that follow one another. */
static unsigned int unite(uint64_t *seed, unsigned int first)
{
	unsigned int visits = 0;

	for (unsigned int i = first; i < first + 512; i++) {
		if (atomic_load(&world.generation[i]) & 1)
			visits += revoke(seed, i, 1);
	}
	return visits + revoke(seed, first, 512);
}

static void reshape(uint64_t *seed, struct mezzo_stock *stock, unsigned int *done)
{
	const unsigned int page = (unsigned int)below(seed, PAGES);
	struct mezzo_flush flush = {0};

	atomic_fetch_add(&world.sequence, 1);
	CHECK(!ops->stock_fill(&world.table, stock));
	switch (below(seed, 4)) {
	case 0:
		done[0] += !ops->split(&world.table, stock, ipa_of(page), MEZZO_ORDER_4K);
		break;
	case 1:
		done[1] += !ops->collapse(&world.table, ipa_of(page), MEZZO_ORDER_2M);
		reclaim();
		break;
	case 2:
		ops->protect(&world.table, ipa_of(0), PAGES, false, &flush);
		ops->settle(&world.table, &flush, NULL, NULL);
		break;
	default:
		(void)ops->age(&world.table, ipa_of(0), PAGES, &flush);
		ops->settle(&world.table, &flush, NULL, NULL);
	}
}

/* Every page mapped by hand, so that there is something to collapse. */
static void fill(struct mezzo_stock *stock, unsigned int first)
{
	for (unsigned int page = first; page < first + 512; page++) {
		const struct mezzo_attr attr = {
			.type = MEZZO_STAGE2_GUEST_CHOICE,
			.read = true,
			.clean_after = true,
		};
		struct mezzo_claim claim;
		struct mezzo_pa pa;

		CHECK(!ops->stock_fill(&world.table, stock));
		CHECK(resolve(page, 0, &pa));
		if (ops->claim(&world.table, stock, ipa_of(page), 0, &claim))
			continue;
		own(pa, 0);
		ops->publish(&world.table, &claim, pa, &attr);
	}
}

static void walkers_beside_a_taker(void **state)
{
	const struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &world.hosted.platform,
		.ipa_bits = 40,
		.pa_bits = 48,
		.vmid = 1,
	};
	uint64_t seed = getenv("MEZZO_SEED") ? strtoull(getenv("MEZZO_SEED"), NULL, 0)
					     : (uint64_t)time(NULL);
	unsigned int visits = 0, done[2] = {0}, made = 0, widened = 0, stale = 0;
	struct mezzo_stock stock = {0};
	pthread_t thread[WALKERS];

	(void)state;
	print_message("# MEZZO_SEED=%llu\n", (unsigned long long)seed);
	assert_int_equal(mezzo_hosted_init(&world.hosted, NULL), MEZZO_OK);
	assert_int_equal(ops->init(&world.table, &config), MEZZO_OK);
	for (unsigned int i = 0; i < WALKERS; i++) {
		world.walker[i].seed = seed + i + 1;
		assert_int_equal(pthread_create(&thread[i], NULL, walk, &world.walker[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int first = (unsigned int)below(&seed, PAGES);
		unsigned int count = 1 + (unsigned int)below(&seed, round % 8 ? 40 : PAGES);

		if (round % 16 == 0) {
			first = 512 * (unsigned int)below(&seed, PAGES / 512);
			visits += unite(&seed, first);
			fill(&stock, first);
			atomic_fetch_add(&world.sequence, 1);
			done[1] += !ops->collapse(&world.table, ipa_of(first), MEZZO_ORDER_2M);
			reclaim();
		} else if (round % 3) {
			visits +=
				revoke(&seed, first, count < PAGES - first ? count : PAGES - first);
		}
		reshape(&seed, &stock, done);
	}
	atomic_store(&world.stop, true);
	for (unsigned int i = 0; i < WALKERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		made += world.walker[i].made;
		widened += world.walker[i].widened;
		stale += world.walker[i].stale;
	}
	print_message("# made %u, widened %u, abandoned %u, visited %u, split %u, collapsed %u\n",
		      made, widened, stale, visits, done[0], done[1]);
	assert_true(made && widened && visits && done[0] && done[1]);
	revoke(&seed, 0, PAGES);
	ops->stock_drain(&world.table, &stock);
	ops->fini(&world.table);
	assert_int_equal(world.hosted.counts.table_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walkers_beside_a_taker),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
