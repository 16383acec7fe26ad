/* SPDX-License-Identifier: BSD-2-Clause */
#include "table_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

uint64_t oracle_random(struct oracle *o)
{
	/* splitmix64 */
	uint64_t z = (o->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t oracle_below(struct oracle *o, uint64_t limit)
{
	return oracle_random(o) % limit;
}

struct mezzo_ipa oracle_ipa(const struct oracle *o, uint64_t page)
{
	return (struct mezzo_ipa){o->base + (page << o->shift)};
}

uint64_t oracle_number(const struct oracle *o, struct mezzo_ipa ipa)
{
	return (ipa.addr - o->base) >> o->shift;
}

uint64_t oracle_span(const struct oracle *o, unsigned int order)
{
	return mezzo_order_bytes(order) >> o->shift;
}

uint64_t oracle_first(const struct oracle *o, uint64_t page, unsigned int order)
{
	return page & ~(oracle_span(o, order) - 1);
}

uint64_t oracle_pages(const struct oracle *o, uint64_t count)
{
	return count << (o->shift - 12);
}

bool oracle_crosses(const struct oracle *o, uint64_t page)
{
	return page < o->pages && o->page[page].state == MEZZO_ENTRY_LEAF &&
	       oracle_first(o, page, o->page[page].order) != page;
}

/* --- the TLB ------------------------------------------------------------------------------- */

void oracle_cache(struct oracle_page *page, const struct oracle *o)
{
	page->cached = page->order;
	page->single = true;
	page->group = page->order != rig_entry_order(o->geometry, page->order);
	page->writable = page->attr.write && (!page->attr.logged || page->attr.dirty);
	page->combined = true;
}

void oracle_refill(struct oracle *o)
{
	for (unsigned int n = 0; n < o->forgotten_count; n++) {
		for (uint64_t i = o->forgotten[n].first; i < o->forgotten[n].end; i++) {
			struct oracle_page *page = &o->page[i];

			if (page->state == MEZZO_ENTRY_LEAF && page->cached == ORDER_NONE)
				oracle_cache(page, o);
		}
	}
	o->forgotten_count = 0;
}

/* The entries that hold page @i are told to go, as far as @level says so. Returns where to go on. */
static uint64_t forget_at(struct oracle *o, uint64_t i, unsigned int level)
{
	const unsigned int order = o->page[i].cached;
	const bool group = o->page[i].group;
	uint64_t first, next;

	if (order == ORDER_NONE)
		return i + 1;
	first = oracle_first(o, i, rig_entry_order(o->geometry, order));
	next = first + oracle_span(o, rig_entry_order(o->geometry, order));
	if (level != MEZZO_LEVEL_ANY && (int)level != rig_level(o->geometry, order))
		return next;
	for (uint64_t j = first; j < next; j++)
		o->page[j].single &= o->page[j].cached != order;
	/* Any address of a group removes what holds all of it. */
	first = oracle_first(o, i, order);
	for (uint64_t j = first; group && j < first + oracle_span(o, order); j++)
		o->page[j].group &= o->page[j].cached != order;
	return next;
}

static void forget(struct oracle *o, uint64_t first, uint64_t end, unsigned int level)
{
	const uint64_t widest = UINT64_C(1) << 30 >> o->shift;

	for (uint64_t i = first; i < end;)
		i = forget_at(o, i, level);
	first &= ~(widest - 1);
	end = (end + widest - 1) & ~(widest - 1);
	for (uint64_t i = first; i < end; i++) {
		struct oracle_page *page = &o->page[i];

		if (!page->single && !page->group)
			page->cached = ORDER_NONE;
	}
	assert_true(o->forgotten_count < ORACLE_FORGOTTEN);
	o->forgotten[o->forgotten_count].first = first;
	o->forgotten[o->forgotten_count++].end = end;
}

static void tlb_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		      unsigned int hint)
{
	struct oracle *o = ctx;
	const uint64_t end = ipa.addr + (pages << 12);
	uint64_t last;

	(void)vmid;
	assert_int_equal(mezzo_hint_page_shift(hint), o->geometry->page_shift);
	assert_int_equal(!!(hint & MEZZO_HINT_LPA2),
			 o->geometry->page_shift != 16 && o->geometry->address_bits == 52);
	if (end <= o->base || ipa.addr >= o->base + ORACLE_BYTES)
		return;
	last = (end - o->base + (UINT64_C(1) << o->shift) - 1) >> o->shift;
	forget(o, ipa.addr < o->base ? 0 : oracle_number(o, ipa), last < o->pages ? last : o->pages,
	       mezzo_hint_level(hint));
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int hint)
{
	tlb_range(ctx, vmid, ipa, 1, hint);
}

/* A combined entry can be made again from a stage-2 entry that is still there. */
static void tlb_combined(void *ctx, uint16_t vmid)
{
	struct oracle *o = ctx;

	(void)vmid;
	for (unsigned int n = 0; n < o->forgotten_count; n++) {
		for (uint64_t i = o->forgotten[n].first; i < o->forgotten[n].end; i++) {
			if (o->page[i].cached == ORDER_NONE)
				o->page[i].combined = false;
		}
	}
}

static void tlb_space(void *ctx, uint16_t vmid)
{
	struct oracle *o = ctx;

	forget(o, 0, o->pages, MEZZO_LEVEL_ANY);
	tlb_combined(ctx, vmid);
}

void oracle_expect_forgotten(const struct oracle *o, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++) {
		assert_int_equal(o->page[i].cached, ORDER_NONE);
		assert_false(o->page[i].combined);
	}
}

/* --- comparing ----------------------------------------------------------------------------- */

static void expect_page(struct oracle *o, uint64_t i)
{
	const struct oracle_page *page = &o->page[i];
	struct mezzo_leaf leaf;

	o->rig.ops->lookup(&o->rig.table, oracle_ipa(o, i), &leaf);
	assert_int_equal(leaf.state, page->state);
	if (page->state == MEZZO_ENTRY_NONE)
		return;
	assert_int_equal(leaf.order, page->order);
	assert_int_equal(leaf.pa.addr + ((i - oracle_first(o, i, leaf.order)) << o->shift),
			 page->pa);
	assert_true(rig_attr_equal(&leaf.attr, &page->attr));
}

void oracle_expect(struct oracle *o, uint64_t first, uint64_t count)
{
	for (uint64_t i = first ? first - 1 : 0; i < first + count + 1 && i < o->pages;) {
		expect_page(o, i);
		i += count > 4096 ? 1 + oracle_below(o, 64) : 1;
	}
}

/* --- shapes --------------------------------------------------------------------------------- */

/* The size of the leaves that the entries of @level are, and of the groups that they make up. */
static unsigned int entry_order(const struct oracle *o, int level)
{
	return o->geometry->order[3 - level];
}

static unsigned int largest_order(const struct oracle *o, int level)
{
	const unsigned int group = o->geometry->group[3 - level];

	return group && o->rig.table.features.contiguous ? group : entry_order(o, level);
}

static void set_order(struct oracle *o, uint64_t first, uint64_t count, unsigned int order)
{
	for (uint64_t i = first; i < first + count; i++)
		o->page[i].order = (uint8_t)order;
}

void oracle_split(struct oracle *o, uint64_t page, unsigned int order)
{
	const unsigned int was = o->page[page].order;
	const int target = rig_level(o->geometry, order);
	int level = rig_level(o->geometry, was);
	uint64_t first = oracle_first(o, page, was);

	if (was <= order)
		return;
	/* A group is broken up before anything else. */
	set_order(o, first, oracle_span(o, was), entry_order(o, level));
	while (level < target) {
		const unsigned int whole = largest_order(o, level + 1);

		first = oracle_first(o, page, entry_order(o, level));
		if (++level == target) {
			set_order(o, first, oracle_span(o, entry_order(o, level - 1)), order);
			break;
		}
		/* What lies beside stays as large as it can. */
		set_order(o, first, oracle_span(o, entry_order(o, level - 1)), whole);
		set_order(o, oracle_first(o, page, whole), oracle_span(o, whole),
			  entry_order(o, level));
	}
}

/* The sizes of leaves that a leaf of @order can be made of. */
static bool is_part(const struct oracle *o, unsigned int part, unsigned int order)
{
	const int level = rig_level(o->geometry, order);

	if (order != entry_order(o, level))
		return part == entry_order(o, level);
	return level < 3 &&
	       (part == entry_order(o, level + 1) || part == largest_order(o, level + 1));
}

bool oracle_collapse(struct oracle *o, uint64_t page, unsigned int order)
{
	const uint64_t first = oracle_first(o, page, order), count = oracle_span(o, order);
	const struct oracle_page head = o->page[first];
	struct mezzo_attr noted = head.attr;

	if (head.pa & (mezzo_order_bytes(order) - 1))
		return false;
	for (uint64_t i = first; i < first + count; i++) {
		const struct oracle_page *p = &o->page[i];
		struct mezzo_attr attr = p->attr;

		noted.accessed |= attr.accessed;
		noted.dirty |= attr.dirty;
		attr.accessed = head.attr.accessed;
		attr.dirty = head.attr.dirty;
		if (p->state != MEZZO_ENTRY_LEAF || !is_part(o, p->order, order) ||
		    p->pa != head.pa + ((i - first) << o->shift) ||
		    !rig_attr_equal(&attr, &head.attr))
			return false;
	}
	for (uint64_t i = first; i < first + count; i++) {
		o->page[i].attr = noted;
		o->page[i].order = (uint8_t)order;
	}
	return true;
}

/* --- life ----------------------------------------------------------------------------------- */

static void no_event(void *ctx, enum mezzo_barrier barrier)
{
	(void)ctx, (void)barrier;
}

static void no_icache(void *ctx)
{
	(void)ctx;
}

void oracle_open(struct oracle *o, const struct rig_geometry *geometry,
		 const struct rig_options *options)
{
	const uint64_t places = (UINT64_C(1) << options->ipa_bits) / ORACLE_BYTES;

	rig_open(&o->rig, options);
	o->rig.platform.ctx = o;
	/* Where the platform knows more than the whole space. */
	if (o->rig.platform.tlb_invalidate_range)
		o->rig.platform.tlb_invalidate_range = tlb_range;
	if (o->rig.platform.tlb_invalidate_entry) {
		o->rig.platform.tlb_invalidate_entry = tlb_entry;
		o->rig.platform.tlb_invalidate_combined = tlb_combined;
	}
	o->rig.platform.tlb_invalidate_space = tlb_space;
	o->rig.platform.barrier = no_event;
	o->rig.platform.icache_invalidate = no_icache;
	o->geometry = geometry;
	o->shift = geometry->page_shift;
	o->pages = ORACLE_BYTES >> o->shift;
	/* The last place of the space, or any. */
	o->base = ORACLE_BYTES * (oracle_below(o, 2) ? places - 1 : oracle_below(o, places));
	o->forgotten_count = 0;
	memset(o->page, 0, o->pages * sizeof(*o->page));
	for (uint64_t i = 0; i < o->pages; i++)
		o->page[i].cached = ORDER_NONE;
}

void oracle_close(struct oracle *o)
{
	/* The platform's context is the rig's again: it frees the tables. */
	rig_close(&o->rig);
}
