/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random traces of every table operation against a flat array of pages, and against a TLB that
 * forgets nothing unless it is told to: what may be cached of a page is remembered with the size
 * of the leaf it came from, and an invalidation with the wrong level hint does not remove it.
 *
 * MEZZO_SEED=number repeats a run; MEZZO_TRACE_OPS=number sets its length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "table/flush.h"
#include "table_rig.h"

#define PAGES (UINT64_C(2) << 18) /* 2 GiB */
#define FLUSHES 3
#define FORGOTTEN 64
#define ORDER_NONE 0xff

/* What the oracle knows of a page: the leaf that covers it. */
struct page {
	uint64_t pa; /* of the page */
	struct mezzo_attr attr;
	uint8_t state, order;
	/* What a TLB may hold of it: the order of the leaf it came from, and may it write? */
	uint8_t cached;
	bool cached_writable, combined;
};

struct trace {
	struct rig rig;
	uint64_t seed;
	uint64_t base; /* IPA of the first page */
	struct page *page;
	struct mezzo_flush flush[FLUSHES];
	uint64_t visited;
	/* Ranges that TLB invalidations reached in this step. */
	struct {
		uint64_t first, end;
	} forgotten[FORGOTTEN];
	unsigned int forgotten_count;
};

static uint64_t random_bits(struct trace *t)
{
	/* splitmix64 */
	uint64_t z = (t->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t below(struct trace *t, uint64_t limit)
{
	return random_bits(t) % limit;
}

static struct mezzo_ipa ipa_of(const struct trace *t, uint64_t page)
{
	return (struct mezzo_ipa){t->base + (page << 12)};
}

/* --- the TLB ------------------------------------------------------------------------------- */

/* What a TLB may hold again as soon as it was forgotten: everything that is mapped. */
static void refill(struct trace *t)
{
	for (unsigned int n = 0; n < t->forgotten_count; n++) {
		for (uint64_t i = t->forgotten[n].first; i < t->forgotten[n].end; i++) {
			struct page *page = &t->page[i];

			if (page->state != MEZZO_ENTRY_LEAF || page->cached != ORDER_NONE)
				continue;
			page->cached = page->order;
			page->cached_writable = page->attr.write;
			page->combined = true;
		}
	}
	t->forgotten_count = 0;
}

static void forget(struct trace *t, uint64_t first, uint64_t end, unsigned int level)
{
	for (uint64_t i = first; i < end; i++) {
		if (level == MEZZO_LEVEL_ANY || t->page[i].cached == 9 * (3 - level))
			t->page[i].cached = ORDER_NONE;
	}
	assert_true(t->forgotten_count < FORGOTTEN);
	t->forgotten[t->forgotten_count].first = first;
	t->forgotten[t->forgotten_count++].end = end;
}

static void tlb_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		      unsigned int level)
{
	struct trace *t = ctx;
	uint64_t first, end;

	(void)vmid;
	if (ipa.addr + (pages << 12) <= t->base || ipa.addr >= t->base + (PAGES << 12))
		return;
	first = ipa.addr < t->base ? 0 : (ipa.addr - t->base) >> 12;
	end = (ipa.addr + (pages << 12) - t->base) >> 12;
	if (end > PAGES)
		end = PAGES;
	/* A leaf that reaches over the edge goes with it: any of its addresses will do. */
	if (t->page[first].cached != ORDER_NONE)
		first &= ~(mezzo_order_pages(t->page[first].cached) - 1);
	if (t->page[end - 1].cached != ORDER_NONE)
		end = ((end - 1) | (mezzo_order_pages(t->page[end - 1].cached) - 1)) + 1;
	forget(t, first, end, level);
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	tlb_range(ctx, vmid, ipa, 1, level);
}

/* A combined entry can be made again from a stage-2 entry that is still there. */
static void tlb_combined(void *ctx, uint16_t vmid)
{
	struct trace *t = ctx;

	(void)vmid;
	for (unsigned int n = 0; n < t->forgotten_count; n++) {
		for (uint64_t i = t->forgotten[n].first; i < t->forgotten[n].end; i++) {
			if (t->page[i].cached == ORDER_NONE)
				t->page[i].combined = false;
		}
	}
}

static void tlb_space(void *ctx, uint16_t vmid)
{
	tlb_range(ctx, vmid, ipa_of(ctx, 0), PAGES, MEZZO_LEVEL_ANY);
	tlb_combined(ctx, vmid);
}

static void no_event(void *ctx, enum mezzo_barrier barrier)
{
	(void)ctx, (void)barrier;
}

static void no_icache(void *ctx)
{
	(void)ctx;
}

static void fill_tlb(struct page *page)
{
	page->cached = page->order;
	page->cached_writable = page->attr.write;
	page->combined = true;
}

/* --- comparing ----------------------------------------------------------------------------- */

static void check_page(struct trace *t, uint64_t i)
{
	const struct page *page = &t->page[i];
	struct mezzo_leaf leaf;

	t->rig.ops->lookup(&t->rig.table, ipa_of(t, i), &leaf);
	assert_int_equal(leaf.state, page->state);
	if (page->state == MEZZO_ENTRY_NONE)
		return;
	assert_int_equal(leaf.order, page->order);
	assert_int_equal(leaf.pa.addr + ((i & (mezzo_order_pages(leaf.order) - 1)) << 12),
			 page->pa);
	assert_true(rig_attr_equal(&leaf.attr, &page->attr));
}

static void check_range(struct trace *t, uint64_t first, uint64_t count)
{
	for (uint64_t i = first ? first - 1 : 0; i < first + count + 1 && i < PAGES;) {
		check_page(t, i);
		i += count > 4096 ? 1 + below(t, 64) : 1;
	}
}

/* --- operations ---------------------------------------------------------------------------- */

static unsigned int random_order(struct trace *t)
{
	static const uint8_t order[] = {0, 0, 0, 0, 0, 9, 9, 18};

	return order[below(t, sizeof(order))];
}

static struct mezzo_attr random_attr(struct trace *t)
{
	const uint64_t bits = random_bits(t);
	struct mezzo_attr attr = {
		.type = bits & 3,
		.read = bits & 4,
		.write = bits & 8,
		.exec = bits & 16,
		.clean_after = bits & 32,
		.accessed = bits & 64,
	};

	attr.no_tag_access = t->rig.table.mte_perm && attr.type >= 2 && (bits & 128);
	return attr;
}

static void op_map(struct trace *t)
{
	const unsigned int order = random_order(t);
	const uint64_t count = mezzo_order_pages(order);
	const uint64_t at = below(t, PAGES), first = at & ~(count - 1);
	const struct mezzo_pa pa = {below(t, UINT64_C(1) << (36 - order)) << (12 + order)};
	const struct mezzo_attr attr = random_attr(t);
	struct rig *rig = &t->rig;
	struct mezzo_claim claim;
	bool empty = true;
	int status;

	for (uint64_t i = first; i < first + count; i++)
		empty &= t->page[i].state == MEZZO_ENTRY_NONE;
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	status = rig->ops->claim(&rig->table, &rig->stock, ipa_of(t, at), order, &claim);
	if (status) {
		if (status == MEZZO_ERR_EXISTS && claim.old.state == MEZZO_ENTRY_LEAF)
			assert_int_equal(t->page[at].state, MEZZO_ENTRY_LEAF);
		else if (status == MEZZO_ERR_EXISTS)
			assert_true(order > 0);
		else /* owed: by this page, or by a table that is on its way out */
			assert_int_equal(status, MEZZO_ERR_AGAIN);
		assert_false(empty && order == 0 && status == MEZZO_ERR_EXISTS);
		return;
	}
	assert_true(empty);
	assert_int_equal(claim.ipa.addr, ipa_of(t, first).addr);
	if (below(t, 8) == 0) {
		rig->ops->abandon(&rig->table, &claim);
		check_range(t, first, count);
		return;
	}
	rig->ops->publish(&rig->table, &claim, pa, &attr);
	for (uint64_t i = first; i < first + count; i++) {
		struct page *page = &t->page[i];

		/* Nothing of what was there before can still be used: break-before-make. */
		assert_int_equal(page->cached, ORDER_NONE);
		assert_false(page->combined);
		page->state = MEZZO_ENTRY_LEAF;
		page->order = (uint8_t)order;
		page->pa = pa.addr + ((i - first) << 12);
		page->attr = attr;
		fill_tlb(page);
	}
	check_range(t, first, count);
}

static void op_widen(struct trace *t)
{
	const uint64_t at = below(t, PAGES);
	const struct mezzo_attr more = random_attr(t);
	const struct page *page = &t->page[at];
	struct rig *rig = &t->rig;
	struct mezzo_claim claim;
	uint64_t count, first;
	int status = rig->ops->hold(&rig->table, ipa_of(t, at), &claim);

	if (page->state != MEZZO_ENTRY_LEAF) {
		/* A page in a table on its way out is neither there nor gone. */
		assert_true(status == MEZZO_ERR_AGAIN ||
			    (status == MEZZO_ERR_NOENT && page->state == MEZZO_ENTRY_NONE));
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	assert_true(rig_attr_equal(&claim.old.attr, &page->attr));
	claim.old.attr.read |= more.read;
	claim.old.attr.write |= more.write;
	claim.old.attr.exec |= more.exec;
	claim.old.attr.accessed |= more.accessed;
	rig->ops->publish(&rig->table, &claim, claim.old.pa, &claim.old.attr);
	count = mezzo_order_pages(claim.order);
	first = at & ~(count - 1);
	for (uint64_t i = first; i < first + count; i++) {
		t->page[i].attr = claim.old.attr;
		assert_int_equal(t->page[i].cached, ORDER_NONE);
		assert_false(t->page[i].combined);
		fill_tlb(&t->page[i]);
	}
	check_range(t, first, count);
}

static void random_range(struct trace *t, uint64_t *first, uint64_t *count)
{
	const unsigned int order = random_order(t);
	const uint64_t unit = mezzo_order_pages(order);

	*first = below(t, PAGES) & ~(unit - 1);
	*count = unit * (1 + below(t, order == 18 ? 2 : 600));
	if (below(t, 2))
		*count = unit;
	if (*count > PAGES - *first)
		*count = PAGES - *first;
}

static bool crosses(const struct trace *t, uint64_t edge)
{
	return edge < PAGES && t->page[edge].state == MEZZO_ENTRY_LEAF &&
	       (edge & (mezzo_order_pages(t->page[edge].order) - 1));
}

static bool flush_covers(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		uint64_t from = flush->range[i].ipa.addr;

		if (ipa_of(t, page).addr >= from &&
		    ipa_of(t, page).addr < from + (flush->range[i].pages << 12))
			return true;
	}
	return false;
}

/* Does it cover the page's leaf, all of it, and does its invalidation reach it by its hints? */
static bool flush_reaches(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	const unsigned int order = t->page[page].order;
	const uint64_t bytes = mezzo_order_bytes(order);
	const uint64_t start = ipa_of(t, page).addr & ~(bytes - 1);

	for (unsigned int i = 0; i < flush->ranges; i++) {
		const unsigned int level = flush->tables ? 0 : flush->range[i].level;
		const uint64_t from = flush->range[i].ipa.addr;

		if (start >= from && start + bytes <= from + (flush->range[i].pages << 12))
			return !level || order == 9 * (3 - level);
	}
	return false;
}

/* Does its settlement free the page? Not what another flush owes and this one does not reach. */
static bool flush_pays(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	return flush->owed && t->page[page].state == MEZZO_ENTRY_OWED &&
	       flush_reaches(t, flush, page);
}

static void op_unmap(struct trace *t)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	const uint64_t before = flush->pages;
	struct rig *rig = &t->rig;
	uint64_t first, count, taken = 0;
	bool live;
	int status;

	random_range(t, &first, &count);
	live = crosses(t, first) || crosses(t, first + count);
	status = rig->ops->unmap(&rig->table, ipa_of(t, first), count, below(t, 2), flush);
	assert_int_equal(status, live ? MEZZO_ERR_LIVE : MEZZO_OK);
	if (live)
		assert_int_equal(flush->pages, before);
	for (uint64_t i = first; !live && i < first + count; i++) {
		struct page *page = &t->page[i];

		if (page->state == MEZZO_ENTRY_NONE)
			continue;
		taken++;
		page->state = MEZZO_ENTRY_OWED;
		assert_true(flush->owed);
		assert_true(flush->icache || !page->attr.exec || rig->table.dic);
		assert_true(flush_covers(t, flush, i));
	}
	assert_true(flush->pages >= before + taken || flush->tables);
	check_range(t, first, count);
}

static void count_visit(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	struct trace *t = arg;
	const uint64_t first = (ipa.addr - t->base) >> 12;

	for (uint64_t i = first; i < first + mezzo_order_pages(leaf->order); i++) {
		assert_int_equal(t->page[i].state, MEZZO_ENTRY_OWED);
		assert_int_equal(t->page[i].order, leaf->order);
		assert_int_equal(t->page[i].pa, leaf->pa.addr + ((i - first) << 12));
		/* The frame is worked on: nobody may reach it any more. */
		assert_int_equal(t->page[i].cached, ORDER_NONE);
		assert_false(t->page[i].combined);
		t->visited++;
	}
}

static void op_settle(struct trace *t)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	struct mezzo_flush owed = *flush;
	struct rig *rig = &t->rig;
	uint64_t visits = 0;

	mezzo_flush_normalise(&owed);
	for (uint64_t i = 0; owed.pages && i < PAGES; i++)
		visits += t->page[i].attr.clean_after && flush_pays(t, &owed, i);
	t->visited = 0;
	rig->ops->settle(&rig->table, flush, count_visit, t);
	rig->ops->reclaim(&rig->table);
	assert_int_equal(t->visited, visits);
	assert_int_equal(flush->pages, 0);
	for (uint64_t i = 0; owed.pages && i < PAGES; i++) {
		struct page *page = &t->page[i];

		if (!flush_reaches(t, &owed, i))
			continue;
		if (flush_pays(t, &owed, i)) {
			assert_int_equal(page->cached, ORDER_NONE);
			assert_false(page->combined);
			page->state = MEZZO_ENTRY_NONE;
		} else if (page->state == MEZZO_ENTRY_LEAF) {
			/* Protected before: no TLB lets it be written. */
			assert_false(page->cached_writable && !page->attr.write &&
				     (page->combined || page->cached != ORDER_NONE));
		}
	}
	for (unsigned int i = 0; i < owed.ranges; i++)
		check_range(t, (owed.range[i].ipa.addr - t->base) >> 12, 4096);
}

/* Protect or age: leaves that reach over an edge are changed whole. */
static void op_narrow(struct trace *t, bool age)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	const uint64_t before = flush->pages;
	struct rig *rig = &t->rig;
	uint64_t first, count, from, to, changed = 0;
	bool any = false;

	random_range(t, &first, &count);
	from = first;
	to = first + count;
	while (crosses(t, from))
		from--;
	while (crosses(t, to))
		to++;
	for (uint64_t i = from; i < to; i++) {
		struct page *page = &t->page[i];
		bool *bit = age ? &page->attr.accessed : &page->attr.write;

		if (page->state != MEZZO_ENTRY_LEAF || !*bit)
			continue;
		*bit = false;
		any = true;
		changed++;
	}
	if (age)
		assert_int_equal(rig->ops->age(&rig->table, ipa_of(t, first), count, flush), any);
	else
		rig->ops->protect(&rig->table, ipa_of(t, first), count, below(t, 2), flush);
	assert_int_equal(flush->pages, before + changed);
	check_range(t, first, count);
}

static void op_split(struct trace *t)
{
	const uint64_t at = below(t, PAGES);
	const unsigned int order = below(t, 2) ? 0 : 9;
	const struct page was = t->page[at];
	struct rig *rig = &t->rig;
	uint64_t count, first;
	int status;

	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	status = rig->ops->split(&rig->table, &rig->stock, ipa_of(t, at), order);
	if (was.state != MEZZO_ENTRY_LEAF) {
		assert_true(status == MEZZO_ERR_AGAIN ||
			    (status == MEZZO_ERR_NOENT && was.state == MEZZO_ENTRY_NONE));
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	if (was.order <= order)
		return;
	count = mezzo_order_pages(was.order);
	first = at & ~(count - 1);
	for (uint64_t i = first; i < first + count; i++) {
		assert_int_equal(t->page[i].cached, ORDER_NONE);
		assert_false(t->page[i].combined);
		t->page[i].order = was.order - 9;
		if ((i & ~UINT64_C(511)) == (at & ~UINT64_C(511)))
			t->page[i].order = (uint8_t)order;
		fill_tlb(&t->page[i]);
	}
	check_range(t, first, count);
}

static void op_collapse(struct trace *t)
{
	const unsigned int order = below(t, 4) ? 9 : 18;
	const uint64_t at = below(t, PAGES), count = mezzo_order_pages(order);
	const uint64_t first = at & ~(count - 1);
	struct page *head = &t->page[first];
	struct rig *rig = &t->rig;
	bool alike = head->state == MEZZO_ENTRY_LEAF && head->order == order - 9 &&
		     !(head->pa & ((count << 12) - 1));
	bool accessed = false;
	int status;

	for (uint64_t i = first; alike && i < first + count; i++) {
		struct mezzo_attr attr = t->page[i].attr;

		accessed |= attr.accessed;
		attr.accessed = head->attr.accessed;
		alike = t->page[i].state == MEZZO_ENTRY_LEAF && t->page[i].order == head->order &&
			t->page[i].pa == head->pa + ((i - first) << 12) &&
			rig_attr_equal(&attr, &head->attr);
	}
	status = rig->ops->collapse(&rig->table, ipa_of(t, at), order);
	rig->ops->reclaim(&rig->table);
	if (t->page[at].state == MEZZO_ENTRY_LEAF && t->page[at].order >= order) {
		assert_int_equal(status, MEZZO_OK);
		return;
	}
	if (!alike) {
		assert_true(status == MEZZO_ERR_LIVE || status == MEZZO_ERR_AGAIN);
		check_range(t, first, count);
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	for (uint64_t i = first; i < first + count; i++) {
		assert_int_equal(t->page[i].cached, ORDER_NONE);
		assert_false(t->page[i].combined);
		t->page[i].order = (uint8_t)order;
		t->page[i].attr.accessed = accessed;
		fill_tlb(&t->page[i]);
	}
	check_range(t, first, count);
}

static void op_protect(struct trace *t)
{
	op_narrow(t, false);
}

static void op_age(struct trace *t)
{
	op_narrow(t, true);
}

static void step(struct trace *t)
{
	static void (*const op[])(struct trace *t) = {
		op_map,   op_map,      op_map,     op_map,      op_map, op_widen,
		op_widen, op_unmap,    op_unmap,   op_settle,   op_age, op_split,
		op_split, op_collapse, op_protect, op_collapse,
	};

	op[below(t, sizeof(op) / sizeof(op[0]))](t);
	refill(t);
}

static void run(struct trace *t, const struct rig_options *options, unsigned int ops)
{
	const uint64_t spaces = (UINT64_C(1) << options->ipa_bits) / (PAGES << 12);

	rig_open(&t->rig, options);
	t->rig.platform.ctx = t;
	t->rig.platform.tlb_invalidate_entry = tlb_entry;
	if (!options->no_range)
		t->rig.platform.tlb_invalidate_range = tlb_range;
	t->rig.platform.tlb_invalidate_combined = tlb_combined;
	t->rig.platform.tlb_invalidate_space = tlb_space;
	t->rig.platform.barrier = no_event;
	t->rig.platform.icache_invalidate = no_icache;
	/* The first, the last or any window of the space. */
	t->base = (PAGES << 12) * (below(t, 2) ? spaces - 1 : below(t, spaces));
	memset(t->flush, 0, sizeof(t->flush));
	t->forgotten_count = 0;
	memset(t->page, 0, PAGES * sizeof(*t->page));
	for (uint64_t i = 0; i < PAGES; i++)
		t->page[i].cached = ORDER_NONE;
	for (unsigned int i = 0; i < ops; i++)
		step(t);
	check_range(t, 0, PAGES);
	rig_close(&t->rig);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void tables_are_what_a_flat_array_says(void **state)
{
	static const uint8_t ipa_bits[] = {32, 36, 40, 43, 44, 48};
	const uint64_t seed = from_environment("MEZZO_SEED", (uint64_t)time(NULL));
	const unsigned int ops = (unsigned int)from_environment("MEZZO_TRACE_OPS", 120);
	struct trace *t = calloc(1, sizeof(*t));

	(void)state;
	print_message("# MEZZO_SEED=%llu\n", (unsigned long long)seed);
	assert_non_null(t);
	t->seed = seed;
	t->page = malloc(PAGES * sizeof(*t->page));
	assert_non_null(t->page);
	for (unsigned int i = 0; i < 8 * sizeof(ipa_bits); i++) {
		const struct rig_options options = {
			.ipa_bits = ipa_bits[i / 8],
			.fwb = i & 1,
			.no_range = i & 2,
			.mte_perm = i & 4,
			.dic = i & 4,
		};

		run(t, &options, ops);
	}
	free(t->page);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_what_a_flat_array_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
