/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random traces of every table operation, in every geometry and with every feature, against a flat
 * array of pages and a TLB that forgets nothing unless it is told to (table_oracle.h); the checker
 * looks at the tables after every step.
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

#include "budget.h"
#include "table/flush.h"
#include "table_oracle.h"
#include "x86_entries.h"

#define FLUSHES 3

struct trace {
	struct oracle o; /* first: see there */
	struct mezzo_flush flush[FLUSHES];
	uint64_t visited, told;
};

static uint64_t below(struct trace *t, uint64_t limit)
{
	return oracle_below(&t->o, limit);
}

static bool chance(struct trace *t, unsigned int in)
{
	return !below(t, in);
}

static struct mezzo_ipa ipa_of(const struct trace *t, uint64_t page)
{
	return oracle_ipa(&t->o, page);
}

/* One of the sizes of leaves that fit into the array; the smaller the more often. */
static unsigned int random_order(struct trace *t)
{
	const uint64_t orders = t->o.rig.table.orders & ((UINT64_C(2) << 18) - 1);
	unsigned int order = (unsigned int)__builtin_ctzll(orders);

	for (uint64_t rest = orders & (orders - 1); rest && below(t, 5) < 2; rest &= rest - 1)
		order = (unsigned int)__builtin_ctzll(rest);
	return order;
}

static bool is_x86(const struct rig_geometry *geometry)
{
	return geometry >= &rig_geometries[RIG_ARM64_GEOMETRIES];
}

/* What there is on x86, as far as the others have it too: a type, and what has to be readable. */
static void make_x86(struct trace *t, struct mezzo_attr *attr)
{
	const bool ept = t->o.rig.ops == &mezzo_ept_ops;

	attr->type = (uint8_t)(ept ? below(t, MEZZO_X86_STAGE2_TYPES)
				   : MEZZO_X86_STAGE2_UC + below(t, 5));
	attr->no_tag_access = false;
	attr->read |= attr->write || !attr->exec || !t->o.rig.table.features.exec_only;
}

static struct mezzo_attr random_attr(struct trace *t)
{
	const struct mezzo_table *table = &t->o.rig.table;
	const uint64_t bits = oracle_random(&t->o);
	struct mezzo_attr attr = {
		.type = bits & 3,
		.read = bits & 4,
		.write = bits & 8,
		.exec = bits & 16,
		.clean_after = bits & 32,
		.accessed = bits & 64,
	};

	attr.no_tag_access = table->mte_perm && attr.type >= 2 && (bits & 128);
	if (table->features.xnx && attr.exec)
		attr.exec_for = (bits >> 8 & 0xff) % MEZZO_EXEC_VALUES;
	attr.logged = table->features.dirty && attr.write && (bits >> 16 & 3);
	attr.dirty = attr.logged && (bits >> 18 & 1);
	if (is_x86(t->o.geometry))
		make_x86(t, &attr);
	return attr;
}

/* Are the tables sound, with @held entries held? Large trees are looked at now and then. */
static void look(struct trace *t, uint64_t held)
{
	if (rig_tables(&t->o.rig) < 32 || chance(t, 16))
		rig_check(&t->o.rig, held);
	if (!is_x86(t->o.geometry))
		return;
	for (unsigned int n = 0; n < 16; n++)
		x86_walk_check(&t->o.rig, ipa_of(t, below(t, t->o.pages)).addr);
	if (rig_tables(&t->o.rig) < 32 || chance(t, 16))
		x86_entries_check(&t->o.rig);
}

/* --- walkers --------------------------------------------------------------------------------- */

static void expect_claim_refused(struct trace *t, uint64_t at, unsigned int order, int status,
				 const struct mezzo_claim *claim, bool empty)
{
	const unsigned int smallest = t->o.geometry->order[0];

	if (status == MEZZO_ERR_EXISTS && claim->old.state == MEZZO_ENTRY_LEAF) {
		assert_int_equal(t->o.page[at].state, MEZZO_ENTRY_LEAF);
		assert_int_equal(claim->old.order, t->o.page[at].order);
		assert_true(rig_attr_equal(&claim->old.attr, &t->o.page[at].attr) ||
			    t->o.rig.table.features.access);
	} else if (status == MEZZO_ERR_EXISTS) {
		assert_int_equal(claim->old.state, MEZZO_ENTRY_TABLE);
		assert_true(order > smallest);
	} else { /* owed: by this page, or by a table that is on its way out */
		assert_int_equal(status, MEZZO_ERR_AGAIN);
	}
	assert_false(empty && order == smallest && status == MEZZO_ERR_EXISTS);
}

static void op_map(struct trace *t)
{
	const unsigned int order = random_order(t);
	const uint64_t count = oracle_span(&t->o, order);
	const uint64_t at = below(t, t->o.pages), first = oracle_first(&t->o, at, order);
	const struct mezzo_pa pa = {below(t, UINT64_C(1) << (36 - order)) << (12 + order)};
	const struct mezzo_attr attr = random_attr(t);
	struct rig *rig = &t->o.rig;
	struct mezzo_claim claim;
	bool empty = true;
	int status;

	for (uint64_t i = first; i < first + count; i++)
		empty &= t->o.page[i].state == MEZZO_ENTRY_NONE;
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	status = rig->ops->claim(&rig->table, &rig->stock, ipa_of(t, at), order, &claim);
	if (status) {
		expect_claim_refused(t, at, order, status, &claim, empty);
		return;
	}
	assert_true(empty);
	assert_int_equal(claim.ipa.addr, ipa_of(t, first).addr);
	look(t,
	     oracle_span(&t->o, order) / oracle_span(&t->o, rig_entry_order(t->o.geometry, order)));
	if (chance(t, 8)) {
		rig->ops->abandon(&rig->table, &claim);
		oracle_expect(&t->o, first, count);
		return;
	}
	/* Nothing of what was there before can still be used. */
	oracle_expect_forgotten(&t->o, first, count);
	rig->ops->publish(&rig->table, &claim, pa, &attr);
	for (uint64_t i = first; i < first + count; i++) {
		struct oracle_page *page = &t->o.page[i];

		page->state = MEZZO_ENTRY_LEAF;
		page->order = (uint8_t)order;
		page->pa = pa.addr + ((i - first) << t->o.shift);
		page->attr = attr;
		oracle_cache(page, &t->o);
	}
	oracle_expect(&t->o, first, count);
}

/* What hold and publish make of a leaf that is widened. */
static struct mezzo_attr widened(struct mezzo_attr attr, struct mezzo_attr more)
{
	attr.read |= more.read;
	if (more.exec && !attr.exec)
		attr.exec_for = more.exec_for;
	else if (more.exec && attr.exec_for != more.exec_for)
		attr.exec_for = MEZZO_EXEC_ALL;
	attr.exec |= more.exec;
	attr.accessed |= more.accessed;
	/* Once written at will is no longer logged. */
	if (more.write && !more.logged)
		attr.logged = attr.dirty = false;
	else if (more.write && !attr.write)
		attr.logged = more.logged;
	attr.write |= more.write;
	return attr;
}

static void op_widen(struct trace *t)
{
	const uint64_t at = below(t, t->o.pages);
	const struct oracle_page was = t->o.page[at];
	struct rig *rig = &t->o.rig;
	struct mezzo_claim claim;
	struct mezzo_attr to;
	uint64_t count, first;
	int status = rig->ops->hold(&rig->table, ipa_of(t, at), &claim);

	if (was.state != MEZZO_ENTRY_LEAF) {
		/* A page in a table on its way out is neither there nor gone. */
		assert_true(status == MEZZO_ERR_AGAIN ||
			    (status == MEZZO_ERR_NOENT && was.state == MEZZO_ENTRY_NONE));
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	assert_int_equal(claim.order, was.order);
	assert_true(rig_attr_equal(&claim.old.attr, &was.attr));
	look(t, 1);
	if (chance(t, 8)) {
		rig->ops->abandon(&rig->table, &claim);
		oracle_expect(&t->o, at, 1);
		return;
	}
	to = widened(claim.old.attr, random_attr(t));
	rig->ops->publish(&rig->table, &claim, claim.old.pa, &to);
	count = oracle_span(&t->o, claim.order);
	first = oracle_first(&t->o, at, claim.order);
	oracle_expect_forgotten(&t->o, first, count);
	for (uint64_t i = first; i < first + count; i++) {
		t->o.page[i].attr = to;
		oracle_cache(&t->o.page[i], &t->o);
	}
	oracle_expect(&t->o, first, count);
}

/* The hardware notes an access, in one entry. */
static void op_note(struct trace *t)
{
	for (unsigned int n = 0; n < 32; n++) {
		const uint64_t at = below(t, t->o.pages);
		const struct oracle_page was = t->o.page[at];
		const bool write = below(t, 2);
		uint64_t first;

		if (!rig_note_access(&t->o.rig, ipa_of(t, at).addr, write))
			continue;
		assert_int_equal(was.state, MEZZO_ENTRY_LEAF);
		assert_true(!write || was.attr.write);
		first = oracle_first(&t->o, at, was.order);
		for (uint64_t i = first; i < first + oracle_span(&t->o, was.order); i++) {
			t->o.page[i].attr.accessed = true;
			t->o.page[i].attr.dirty |= was.attr.logged && write;
			/* From now on a TLB lets it be written. */
			if (t->o.page[i].cached == was.order)
				t->o.page[i].writable |= write;
		}
		oracle_expect(&t->o, at, 1);
	}
}

/* --- taking away ----------------------------------------------------------------------------- */

static void random_range(struct trace *t, uint64_t *first, uint64_t *count)
{
	const unsigned int order = random_order(t);
	const uint64_t unit = oracle_span(&t->o, order);

	*first = oracle_first(&t->o, below(t, t->o.pages), order);
	*count = unit * (1 + below(t, mezzo_order_bytes(order) >= UINT64_C(1) << 29 ? 2 : 600));
	if (chance(t, 2))
		*count = unit;
	if (*count > t->o.pages - *first)
		*count = t->o.pages - *first;
}

static bool flush_covers(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	for (unsigned int i = 0; i < flush->ranges; i++) {
		const uint64_t from = flush->range[i].ipa.addr, ipa = ipa_of(t, page).addr;

		if (ipa >= from && ipa < from + (flush->range[i].pages << 12))
			return true;
	}
	return false;
}

/* Does it cover the page's leaf, all of it, and does its invalidation reach it by its hints? */
static bool flush_reaches(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	const unsigned int order = t->o.page[page].order;
	const uint64_t bytes = mezzo_order_bytes(order);
	const uint64_t start = ipa_of(t, page).addr & ~(bytes - 1);

	if (t->o.page[page].state == MEZZO_ENTRY_NONE)
		return false;
	for (unsigned int i = 0; i < flush->ranges; i++) {
		const unsigned int level = flush->tables ? 0 : flush->range[i].level;
		const uint64_t from = flush->range[i].ipa.addr;

		if (start >= from && start + bytes <= from + (flush->range[i].pages << 12))
			return !level || (int)level == rig_level(t->o.geometry, order);
	}
	return false;
}

/* Does its settlement free the page? Not what another flush owes and this one does not reach. */
static bool flush_pays(const struct trace *t, const struct mezzo_flush *flush, uint64_t page)
{
	return flush->owed && t->o.page[page].state == MEZZO_ENTRY_OWED &&
	       flush_reaches(t, flush, page);
}

static void op_unmap(struct trace *t)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	const uint64_t before = flush->pages;
	struct rig *rig = &t->o.rig;
	uint64_t first, count, taken = 0;
	bool live;
	int status;

	random_range(t, &first, &count);
	live = oracle_crosses(&t->o, first) || oracle_crosses(&t->o, first + count);
	status = rig->ops->unmap(&rig->table, ipa_of(t, first), oracle_pages(&t->o, count),
				 below(t, 2), flush);
	assert_int_equal(status, live ? MEZZO_ERR_LIVE : MEZZO_OK);
	if (live)
		assert_int_equal(flush->pages, before);
	for (uint64_t i = first; !live && i < first + count; i++) {
		struct oracle_page *page = &t->o.page[i];

		if (page->state == MEZZO_ENTRY_NONE)
			continue;
		taken += oracle_pages(&t->o, 1);
		/* A group is so many leaves from now on. */
		page->state = MEZZO_ENTRY_OWED;
		page->order = (uint8_t)rig_entry_order(t->o.geometry, page->order);
		assert_true(flush->owed);
		assert_true(flush->icache || !page->attr.exec || rig->table.dic);
		assert_true(flush_covers(t, flush, i));
	}
	assert_true(flush->pages >= before + taken || flush->tables);
	oracle_expect(&t->o, first, count);
}

static void count_visit(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	struct trace *t = arg;
	const uint64_t first = oracle_number(&t->o, ipa);

	for (uint64_t i = first; i < first + oracle_span(&t->o, leaf->order); i++) {
		const struct oracle_page *page = &t->o.page[i];

		assert_int_equal(page->state, MEZZO_ENTRY_OWED);
		assert_int_equal(page->order, leaf->order);
		assert_int_equal(page->pa, leaf->pa.addr + ((i - first) << t->o.shift));
		t->visited++;
		t->told += leaf->attr.dirty;
	}
	/* The frame is worked on: nobody may reach it any more. */
	oracle_expect_forgotten(&t->o, first, oracle_span(&t->o, leaf->order));
}

static void op_settle(struct trace *t)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	struct mezzo_flush owed = *flush;
	struct rig *rig = &t->o.rig;
	uint64_t visits = 0;

	mezzo_flush_normalise(&owed);
	for (uint64_t i = 0; owed.pages && i < t->o.pages; i++) {
		const struct mezzo_attr *attr = &t->o.page[i].attr;

		visits += (attr->clean_after || attr->dirty) && flush_pays(t, &owed, i);
	}
	t->visited = 0;
	rig->ops->settle(&rig->table, flush, count_visit, t);
	rig->ops->reclaim(&rig->table);
	assert_int_equal(t->visited, visits);
	assert_int_equal(flush->pages, 0);
	for (uint64_t i = 0; owed.pages && i < t->o.pages; i++) {
		struct oracle_page *page = &t->o.page[i];

		if (!flush_reaches(t, &owed, i))
			continue;
		if (flush_pays(t, &owed, i)) {
			oracle_expect_forgotten(&t->o, i, 1);
			page->state = MEZZO_ENTRY_NONE;
		} else if (page->state == MEZZO_ENTRY_LEAF) {
			/* Protected before, or collected: no TLB lets it be written unnoticed. */
			assert_false(
				page->writable &&
				(!page->attr.write || (page->attr.logged && !page->attr.dirty)) &&
				(page->combined || page->cached != ORDER_NONE));
		}
	}
	for (unsigned int i = 0; i < owed.ranges; i++)
		oracle_expect(&t->o, oracle_number(&t->o, owed.range[i].ipa), 4096);
}

/* --- narrowing ------------------------------------------------------------------------------- */

enum narrowing {
	PROTECT,
	AGE,
	STOP,
	REARM,
	CLEAN
};

static bool narrow_page(struct mezzo_attr *attr, enum narrowing how)
{
	const struct mezzo_attr was = *attr;

	switch (how) {
	case PROTECT:
		attr->write = attr->logged = attr->dirty = false;
		break;
	case AGE:
		attr->accessed = false;
		break;
	case REARM:
		attr->dirty = false;
		break;
	case CLEAN:
		attr->write = attr->logged;
		attr->dirty = false;
		break;
	default:
		if (attr->logged)
			attr->write = attr->logged = attr->dirty = false;
	}
	return !rig_attr_equal(&was, attr);
}

static void tell(void *arg, struct mezzo_ipa ipa, uint64_t pages)
{
	struct trace *t = arg;
	const uint64_t first = oracle_number(&t->o, ipa);

	for (uint64_t i = first; i < first + (pages << 12 >> t->o.shift); i++) {
		assert_int_equal(t->o.page[i].state, MEZZO_ENTRY_LEAF);
		assert_int_equal(mezzo_order_pages(t->o.page[i].order), pages);
		/* Of a leaf that is not logged: nobody asked. */
		assert_true(t->o.page[i].attr.dirty);
		t->told++;
	}
}

static enum mezzo_collect collecting(enum narrowing how)
{
	switch (how) {
	case STOP:
		return MEZZO_COLLECT_STOP;
	case REARM:
		return MEZZO_COLLECT_REARM;
	default:
		return MEZZO_COLLECT_CLEAN;
	}
}

/* Leaves that reach over an edge are changed whole. */
static void op_narrow(struct trace *t, enum narrowing how)
{
	struct mezzo_flush *flush = &t->flush[below(t, FLUSHES)];
	const uint64_t before = flush->pages;
	struct rig *rig = &t->o.rig;
	uint64_t first, count, from, to, pages, changed = 0, dirty = 0;

	random_range(t, &first, &count);
	pages = oracle_pages(&t->o, count);
	from = oracle_crosses(&t->o, first) ? oracle_first(&t->o, first, t->o.page[first].order)
					    : first;
	to = first + count;
	if (oracle_crosses(&t->o, to))
		to = oracle_first(&t->o, to, t->o.page[to].order) +
		     oracle_span(&t->o, t->o.page[to].order);
	t->told = 0;
	for (uint64_t i = from; i < to; i++)
		dirty += t->o.page[i].state == MEZZO_ENTRY_LEAF && t->o.page[i].attr.dirty;
	if (how >= STOP) {
		rig->ops->collect(&rig->table, ipa_of(t, first), pages, collecting(how), tell, t,
				  flush);
		assert_int_equal(t->told, dirty);
	} else if (how == PROTECT) {
		rig->ops->protect(&rig->table, ipa_of(t, first), pages,
				  !rig->table.features.access && below(t, 2), flush);
	}
	for (uint64_t i = from; how != AGE && i < to; i++) {
		if (t->o.page[i].state == MEZZO_ENTRY_LEAF)
			changed += narrow_page(&t->o.page[i].attr, how);
	}
	if (how == AGE) {
		const bool any = rig->ops->age(&rig->table, ipa_of(t, first), pages, flush);

		for (uint64_t i = from; i < to; i++) {
			if (t->o.page[i].state == MEZZO_ENTRY_LEAF)
				changed += narrow_page(&t->o.page[i].attr, how);
		}
		assert_int_equal(any, changed != 0);
		/* Of a group those entries count in which it was noted. */
		assert_in_range(flush->pages, before + !!changed,
				before + oracle_pages(&t->o, changed));
	} else {
		assert_int_equal(flush->pages, before + oracle_pages(&t->o, changed));
	}
	oracle_expect(&t->o, first, count);
}

static void op_protect(struct trace *t)
{
	op_narrow(t, PROTECT);
}

static void op_age(struct trace *t)
{
	op_narrow(t, AGE);
}

static void op_collect(struct trace *t)
{
	static const uint8_t how[] = {REARM, REARM, CLEAN, STOP};

	op_narrow(t, (enum narrowing)how[below(t, 4)]);
}

/* --- reshaping ------------------------------------------------------------------------------- */

/* A leaf, if one is found soon: most of the array is empty. */
static uint64_t some_leaf(struct trace *t)
{
	uint64_t at = 0;

	for (unsigned int n = 0; n < 16; n++) {
		at = below(t, t->o.pages);
		if (t->o.page[at].state == MEZZO_ENTRY_LEAF)
			break;
	}
	return at;
}

static void op_split(struct trace *t)
{
	const uint64_t at = some_leaf(t);
	const unsigned int order = random_order(t);
	const struct oracle_page was = t->o.page[at];
	struct rig *rig = &t->o.rig;
	const struct mezzo_table_features *features = &rig->table.features;
	uint64_t count, first;
	int status;

	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	status = rig->ops->split(&rig->table, &rig->stock, ipa_of(t, at), order);
	if (was.state != MEZZO_ENTRY_LEAF) {
		assert_true(status == MEZZO_ERR_AGAIN ||
			    (status == MEZZO_ERR_NOENT && was.state == MEZZO_ENTRY_NONE));
		return;
	}
	if (was.order > order && features->shared && !features->bbm) {
		assert_int_equal(status, MEZZO_ERR_LIVE);
		oracle_expect(&t->o, at, 1);
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	if (was.order <= order)
		return;
	count = oracle_span(&t->o, was.order);
	first = oracle_first(&t->o, at, was.order);
	oracle_split(&t->o, at, order);
	for (uint64_t i = first; i < first + count; i++) {
		/* What is still one entry, of a group that was broken up around it, was told to go. */
		oracle_expect_forgotten(&t->o, i, 1);
		oracle_cache(&t->o.page[i], &t->o);
	}
	oracle_expect(&t->o, first, count);
}

/* Make it likely that there is something to collapse: contiguous leaves, alike. */
static void fill(struct trace *t, uint64_t first, uint64_t count, struct mezzo_pa pa,
		 unsigned int part)
{
	struct mezzo_attr attr = random_attr(t);
	struct rig *rig = &t->o.rig;
	const uint64_t step = oracle_span(&t->o, part);

	attr.dirty = false;
	for (uint64_t i = first; i < first + count; i += step) {
		const struct mezzo_pa at = {pa.addr + ((i - first) << t->o.shift)};

		assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
		if (rig->ops->map(&rig->table, &rig->stock, ipa_of(t, i), at, part, &attr))
			continue;
		for (uint64_t j = i; j < i + step; j++) {
			struct oracle_page *page = &t->o.page[j];

			page->state = MEZZO_ENTRY_LEAF;
			page->order = (uint8_t)part;
			page->pa = at.addr + ((j - i) << t->o.shift);
			page->attr = attr;
			oracle_cache(page, &t->o);
		}
	}
}

static void op_collapse(struct trace *t)
{
	const unsigned int order = random_order(t);
	const uint64_t at = chance(t, 2) ? some_leaf(t) : below(t, t->o.pages);
	const uint64_t count = oracle_span(&t->o, order), first = oracle_first(&t->o, at, order);
	struct rig *rig = &t->o.rig;
	int status;

	if (order == t->o.geometry->order[0]) {
		assert_int_equal(rig->ops->collapse(&rig->table, ipa_of(t, at), order),
				 MEZZO_ERR_INVALID);
		return;
	}
	if (chance(t, 2)) {
		const struct mezzo_pa pa = {below(t, UINT64_C(1) << (36 - order)) << (12 + order)};
		unsigned int part = random_order(t);

		/* Not a million pages for a gigabyte. */
		while (part >= order || part + 13 < order)
			part = random_order(t);
		fill(t, first, count, pa, part);
	}
	status = rig->ops->collapse(&rig->table, ipa_of(t, at), order);
	rig->ops->reclaim(&rig->table);
	if (t->o.page[at].state == MEZZO_ENTRY_LEAF && t->o.page[at].order >= order) {
		assert_int_equal(status, MEZZO_OK);
		return;
	}
	if (rig->table.features.shared || !oracle_collapse(&t->o, at, order)) {
		assert_true(status == MEZZO_ERR_LIVE || status == MEZZO_ERR_AGAIN);
		oracle_expect(&t->o, first, count);
		return;
	}
	assert_int_equal(status, MEZZO_OK);
	oracle_expect_forgotten(&t->o, first, count);
	for (uint64_t i = first; i < first + count; i++)
		oracle_cache(&t->o.page[i], &t->o);
	oracle_expect(&t->o, first, count);
}

/* --- running --------------------------------------------------------------------------------- */

static void step(struct trace *t)
{
	static void (*const op[])(struct trace *t) = {
		op_map,   op_map,   op_map,     op_map,      op_map,      op_widen,    op_widen,
		op_unmap, op_unmap, op_settle,  op_note,     op_age,      op_collect,  op_split,
		op_split, op_split, op_protect, op_collapse, op_collapse, op_collapse,
	};

	op[below(t, sizeof(op) / sizeof(op[0]))](t);
	oracle_refill(&t->o);
	look(t, 0);
}

static void run(struct trace *t, const struct rig_geometry *geometry,
		const struct rig_options *options, unsigned int ops)
{
	memset(t->flush, 0, sizeof(t->flush));
	oracle_open(&t->o, geometry, options);
	for (unsigned int i = 0; i < ops; i++)
		step(t);
	oracle_expect(&t->o, 0, t->o.pages);
	oracle_close(&t->o);
}

static void options_of_x86(struct trace *t, const struct rig_geometry *g,
			   struct rig_options *options)
{
	const bool ept = g->ops == &mezzo_ept_ops;

	options->levels = options->ipa_bits > 48 || below(t, 2) ? 5 : 4;
	options->fwb = options->mte_perm = options->dic = false;
	options->features.access = options->features.shared = false;
	options->features.dirty = below(t, 2);
	options->features.xnx &= ept;
	options->features.exec_only = ept && below(t, 2);
	options->features.leaf_1g = below(t, 4);
}

/* Features and facts by the bits of a number; what the geometry cannot have, it has not. */
static struct rig_options options_of(struct trace *t, const struct rig_geometry *g, unsigned int n)
{
	static const uint8_t ipa_bits[] = {32, 36, 40, 43, 44, 48, 52};
	uint8_t bits = ipa_bits[below(t, sizeof(ipa_bits))];
	struct rig_options options = {
		.ops = g->ops,
		.ipa_bits = bits < g->address_bits ? bits : g->address_bits,
		.pa_bits = 48,
		.fwb = below(t, 2),
		.no_range = below(t, 2),
		.mte_perm = below(t, 2),
		.dic = below(t, 2),
		.features = {.bbm = (uint8_t)(n % 3),
			     .access = n & 4,
			     .dirty = (n & 12) == 12,
			     .xnx = below(t, 2)},
	};

	options.features.contiguous = !g->plain && (n & 16 || chance(t, 4));
	options.features.shared = !g->plain && chance(t, 4);
	if (is_x86(g))
		options_of_x86(t, g, &options);
	return options;
}

static void tables_are_what_a_flat_array_says(void **state)
{
	const uint64_t seed = number_from("MEZZO_SEED", (uint64_t)time(NULL));
	const unsigned int ops = (unsigned int)number_from("MEZZO_TRACE_OPS", 32);
	struct trace *t = calloc(1, sizeof(*t));

	(void)state;
	print_message("# MEZZO_SEED=%llu\n", (unsigned long long)seed);
	assert_non_null(t);
	t->o.seed = seed;
	t->o.page = malloc((ORACLE_BYTES >> 12) * sizeof(*t->o.page));
	assert_non_null(t->o.page);
	for (unsigned int n = 0; n < 24 * RIG_GEOMETRIES; n++) {
		const struct rig_geometry *g = &rig_geometries[n % RIG_GEOMETRIES];
		const struct rig_options options = options_of(t, g, n / RIG_GEOMETRIES);

		run(t, g, &options, ops);
	}
	free(t->o.page);
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
