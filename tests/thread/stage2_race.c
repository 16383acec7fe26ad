/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walkers beside one that takes away, splits and collapses, under ThreadSanitizer.
 *
 * Every page has two frames and a generation that says which one is its own now. The taker moves
 * on to the other frame, raises the sequence, unmaps and settles: from then on nothing may lead
 * to the frame that the page had before, and the taker writes to it as its owner. Walkers write
 * to a frame only while they hold its entry. All of that is plain memory, so an ordering that is
 * missing anywhere is a data race. And every page that was ever entered is visited once when it is
 * taken away: none is lost in a table that was on its way out.
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
#define SECONDS 3 /* of each race */

struct walker {
	_Alignas(64) _Atomic unsigned int inside; /* odd: at work */
	uint64_t seed;
	struct mezzo_stock stock;
	unsigned int made, widened, stale;
	uint64_t pages; /* entered */
};

static struct world {
	struct mezzo_hosted hosted;
	struct mezzo_table table;
	_Atomic unsigned int sequence;
	_Atomic uint8_t generation[PAGES];
	unsigned int data[2][PAGES]; /* of the frames: plain memory on purpose */
	struct walker walker[WALKERS];
	_Atomic bool stop;
	unsigned int span; /* pages in use of each 512 */
	bool blocks;       /* claims and revocations are of blocks, mostly */
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

static unsigned int pick(uint64_t *seed)
{
	unsigned int block = (unsigned int)below(seed, PAGES / 512);

	return 512 * block + (unsigned int)below(seed, world.span);
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
	const unsigned int page = pick(&w->seed);
	const unsigned int usual = world.blocks ? MEZZO_ORDER_2M : MEZZO_ORDER_4K;
	const unsigned int order = below(&w->seed, 8) ? usual : MEZZO_ORDER_2M;
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
	w->pages += mezzo_order_pages(order);
	w->made++;
}

static void widen(struct walker *w)
{
	const unsigned int page = pick(&w->seed);
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
	const unsigned int page = pick(&w->seed);
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
	uint64_t *visits = arg;

	(void)ipa;
	own(leaf->pa, leaf->order);
	*visits += mezzo_order_pages(leaf->order);
}

/* The pages move on to their other frame. What they had is ours when this returns. */
static uint64_t revoke(uint64_t *seed, unsigned int first, unsigned int count)
{
	struct mezzo_flush flush = {0};
	uint64_t visits = 0;

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
static uint64_t unite(uint64_t *seed, unsigned int first)
{
	uint64_t visits = 0;

	for (unsigned int i = first; i < first + 512; i++) {
		if (atomic_load(&world.generation[i]) & 1)
			visits += revoke(seed, i, 1);
	}
	return visits + revoke(seed, first, 512);
}

static void reshape(uint64_t *seed, struct mezzo_stock *stock, unsigned int *done)
{
	const unsigned int page = pick(seed);
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

/* Enter every page of a block, so that there is something to collapse. Returns how many. */
static uint64_t fill(struct mezzo_stock *stock, unsigned int first)
{
	const struct mezzo_attr attr = {
		.type = MEZZO_STAGE2_GUEST_CHOICE,
		.read = true,
		.clean_after = true,
	};
	uint64_t pages = 0;

	for (unsigned int page = first; page < first + 512; page++) {
		struct mezzo_claim claim;
		struct mezzo_pa pa;

		CHECK(!ops->stock_fill(&world.table, stock));
		CHECK(resolve(page, 0, &pa));
		if (ops->claim(&world.table, stock, ipa_of(page), 0, &claim))
			continue;
		own(pa, 0);
		ops->publish(&world.table, &claim, pa, &attr);
		pages++;
	}
	return pages;
}

struct taker {
	uint64_t seed;
	struct mezzo_stock stock;
	uint64_t entered, visited; /* pages */
	unsigned int done[2];      /* splits, collapses */
};

static void take_some(struct taker *t)
{
	const unsigned int most = below(&t->seed, 8) ? world.span : PAGES;
	unsigned int first = pick(&t->seed);
	unsigned int count = 1 + (unsigned int)below(&t->seed, most);

	if (world.blocks) {
		first &= ~511u;
		count = 512;
	}
	t->visited += revoke(&t->seed, first, count < PAGES - first ? count : PAGES - first);
}

static void take_collapsed(struct taker *t)
{
	const unsigned int first = 512 * (unsigned int)below(&t->seed, PAGES / 512);

	t->visited += unite(&t->seed, first);
	t->entered += fill(&t->stock, first);
	atomic_fetch_add(&world.sequence, 1);
	t->done[1] += !ops->collapse(&world.table, ipa_of(first), MEZZO_ORDER_2M);
	t->visited += revoke(&t->seed, first, 512);
}

static void race(unsigned int span, bool blocks, bool collapses)
{
	const struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &world.hosted.platform,
		.ipa_bits = 40,
		.pa_bits = 48,
		.vmid = 1,
	};
	struct taker t = {.seed = (uint64_t)time(NULL)};
	unsigned int made = 0, widened = 0, stale = 0;
	const time_t start = time(NULL);
	pthread_t thread[WALKERS];

	if (getenv("MEZZO_SEED"))
		t.seed = strtoull(getenv("MEZZO_SEED"), NULL, 0);
	print_message("# MEZZO_SEED=%llu\n", (unsigned long long)t.seed);
	memset(&world, 0, sizeof(world));
	world.span = span;
	world.blocks = blocks;
	assert_int_equal(mezzo_hosted_init(&world.hosted, NULL), MEZZO_OK);
	assert_int_equal(ops->init(&world.table, &config), MEZZO_OK);
	for (unsigned int i = 0; i < WALKERS; i++) {
		world.walker[i].seed = t.seed + i + 1;
		assert_int_equal(pthread_create(&thread[i], NULL, walk, &world.walker[i]), 0);
	}
	for (unsigned int round = 0; round < 64 || time(NULL) < start + SECONDS; round++) {
		if (collapses && round % 16 == 0)
			take_collapsed(&t);
		else
			take_some(&t);
		reshape(&t.seed, &t.stock, t.done);
	}
	atomic_store(&world.stop, true);
	for (unsigned int i = 0; i < WALKERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		made += world.walker[i].made;
		widened += world.walker[i].widened;
		stale += world.walker[i].stale;
		t.entered += world.walker[i].pages;
	}
	t.visited += revoke(&t.seed, 0, PAGES);
	print_message("# made %u, widened %u, abandoned %u, split %u, collapsed %u, pages %llu\n",
		      made, widened, stale, t.done[0], t.done[1], (unsigned long long)t.visited);
	assert_true(made && widened && t.done[0] && (t.done[1] || !collapses));
	assert_int_equal(t.visited, t.entered);
	ops->stock_drain(&world.table, &t.stock);
	ops->fini(&world.table);
	assert_int_equal(world.hosted.counts.table_bytes, 0);
}

static void walkers_beside_a_taker(void **state)
{
	(void)state;
	race(512, false, true);
}

/* Few pages in many tables: everybody meets at the same entries, and tables come and go. */
static void walkers_in_tables_that_go_away(void **state)
{
	(void)state;
	race(2, false, false);
}

/* Blocks, mostly, that are split under those who hold them. */
static void walkers_on_blocks_that_are_split(void **state)
{
	(void)state;
	race(3, true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walkers_beside_a_taker),
		cmocka_unit_test(walkers_in_tables_that_go_away),
		cmocka_unit_test(walkers_on_blocks_that_are_split),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
