/* SPDX-License-Identifier: BSD-2-Clause */
#include "scene.h"

#include "arch/sysreg.h"
#include "probe.h"
#include "selftest/tap.h"

#include <mezzo/status.h>

#define LEAVES_MAX 16

struct scene {
	struct mezzo_table table;
	struct mezzo_stock stock;
	/* What was asked for. Address and type hold to the end. */
	struct leaf {
		uint64_t ipa, pa;
		uint8_t order;
		struct mezzo_attr attr;
	} leaf[LEAVES_MAX];
	unsigned int count;
	uint64_t end; /* of what is used of the space */
	bool right;
};

static void expect(struct scene *s, bool ok, const char *what, unsigned int leaf)
{
	if (ok)
		return;
	s->right = false;
	tap_note("%s: leaf of order %u at %lx", what, s->leaf[leaf].order, s->leaf[leaf].ipa);
}

static bool fill(struct scene *s)
{
	return !s->table.ops->stock_fill(&s->table, &s->stock);
}

static uint64_t middle(const struct leaf *leaf)
{
	return leaf->ipa + mezzo_order_bytes(leaf->order) / 2;
}

/* Largest first, with as much free behind each; output addresses from the top of the PA space down. */
static void plan(struct scene *s)
{
	const uint64_t limit = UINT64_C(1) << s->table.ipa_bits, top = UINT64_C(1)
								       << s->table.pa_bits;
	uint64_t used = 0;

	for (unsigned int order = 64; order-- > 0;) {
		const uint64_t bytes = order < 52 ? mezzo_order_bytes(order) : 0;
		struct leaf *leaf = &s->leaf[s->count];

		if (!(s->table.orders >> order & 1) || 2 * bytes > limit - s->end ||
		    2 * bytes > top - used || s->count == LEAVES_MAX)
			continue;
		used += 2 * bytes;
		*leaf = (struct leaf){.ipa = s->end, .pa = top - used, .order = (uint8_t)order};
		leaf->attr = (struct mezzo_attr){
			.type = (uint8_t)(s->count % MEZZO_STAGE2_TYPES),
			.read = true,
			.write = s->count & 1,
			.exec = s->count & 2,
			.accessed = true,
		};
		s->end += 2 * bytes;
		s->count++;
	}
}

/* First and last byte, what lies in between, and what lies beside it. */
static void ask(struct scene *s, const char *when)
{
	el2_probe_enter(&s->table);
	for (unsigned int i = 0; i < s->count; i++) {
		const struct leaf *leaf = &s->leaf[i];
		const uint64_t bytes = mezzo_order_bytes(leaf->order);

		s->right &= el2_probe(&s->table, leaf->ipa, when);
		s->right &= el2_probe(&s->table, leaf->ipa + bytes - 1, when);
		s->right &= el2_probe(&s->table, middle(leaf), when);
		s->right &= el2_probe(&s->table, middle(leaf) - 1, when);
		s->right &= el2_probe(&s->table, leaf->ipa + bytes, when);
		if (leaf->ipa)
			s->right &= el2_probe(&s->table, leaf->ipa - 1, when);
	}
	el2_probe_leave();
}

/* Where there is a leaf at @at, it leads where it was asked to, with that type. */
static void remember_at(struct scene *s, unsigned int leaf, uint64_t at, const char *when)
{
	struct mezzo_leaf found;
	uint64_t pa;

	s->table.ops->lookup(&s->table, (struct mezzo_ipa){at}, &found);
	if (found.state != MEZZO_ENTRY_LEAF)
		return;
	pa = found.pa.addr + (at & (mezzo_order_bytes(found.order) - 1));
	expect(s,
	       pa == s->leaf[leaf].pa + (at - s->leaf[leaf].ipa) &&
		       found.attr.type == s->leaf[leaf].attr.type,
	       when, leaf);
}

static void remember(struct scene *s, const char *when)
{
	for (unsigned int i = 0; i < s->count; i++) {
		remember_at(s, i, s->leaf[i].ipa, when);
		remember_at(s, i, middle(&s->leaf[i]), when);
	}
	ask(s, when);
}

static unsigned int order_at(const struct scene *s, unsigned int leaf)
{
	struct mezzo_leaf found;

	s->table.ops->lookup(&s->table, (struct mezzo_ipa){middle(&s->leaf[leaf])}, &found);
	return found.state == MEZZO_ENTRY_LEAF ? found.order : 64;
}

/* --- steps ----------------------------------------------------------------------------------- */

static void map(struct scene *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const struct leaf *leaf = &s->leaf[i];

		expect(s,
		       fill(s) &&
			       !s->table.ops->map(&s->table, &s->stock,
						  (struct mezzo_ipa){leaf->ipa},
						  (struct mezzo_pa){leaf->pa}, leaf->order,
						  &leaf->attr) &&
			       order_at(s, i) == leaf->order,
		       "not mapped", i);
	}
}

/* Everything may be done. */
static void relax(struct scene *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		struct mezzo_claim claim;
		struct mezzo_attr attr;
		const int status =
			s->table.ops->hold(&s->table, (struct mezzo_ipa){middle(&s->leaf[i])},
					   &claim);

		expect(s, !status, "not held", i);
		if (status)
			continue;
		attr = claim.old.attr;
		attr.write = attr.exec = attr.accessed = true;
		s->table.ops->publish(&s->table, &claim, claim.old.pa, &attr);
	}
}

static unsigned int page_order(const struct scene *s)
{
	return (unsigned int)__builtin_ctzll(s->table.orders);
}

static void split(struct scene *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		int status = MEZZO_ERR_NOMEM;

		/* From 1 GiB down to pages takes more than one filling. */
		for (unsigned int tries = 0; tries < 4 && status; tries++)
			status = fill(s) ? s->table.ops->split(&s->table, &s->stock,
							       (struct mezzo_ipa){
								       middle(&s->leaf[i])},
							       page_order(s))
					 : MEZZO_ERR_NOMEM;
		expect(s, !status && order_at(s, i) == page_order(s), "not split", i);
	}
}

/* From the smallest size up, as each is made of leaves of the one before. */
static void collapse(struct scene *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		int status = MEZZO_OK;

		for (unsigned int order = page_order(s) + 1; order <= s->leaf[i].order && !status;
		     order++)
			if (s->table.orders >> order & 1)
				status = s->table.ops->collapse(
					&s->table, (struct mezzo_ipa){middle(&s->leaf[i])}, order);
		expect(s, !status && order_at(s, i) == s->leaf[i].order, "not collapsed", i);
	}
	s->table.ops->reclaim(&s->table);
}

static void settle(struct scene *s, struct mezzo_flush *flush)
{
	s->table.ops->settle(&s->table, flush, NULL, NULL);
	s->table.ops->reclaim(&s->table);
}

static void protect(struct scene *s)
{
	struct mezzo_flush flush = {.vmid = s->table.vmid};

	s->table.ops->protect(&s->table, (struct mezzo_ipa){0}, s->end >> MEZZO_PAGE_SHIFT, false,
			      &flush);
	settle(s, &flush);
}

static void age(struct scene *s)
{
	struct mezzo_flush flush = {.vmid = s->table.vmid};

	if (!s->table.ops->age(&s->table, (struct mezzo_ipa){0}, s->end >> MEZZO_PAGE_SHIFT,
			       &flush))
		expect(s, false, "nothing was accessed", 0);
	settle(s, &flush);
}

/* Every second leaf, and the tables in which nothing is left. */
static void unmap(struct scene *s, unsigned int first)
{
	for (unsigned int i = first; i < s->count; i += 2) {
		struct mezzo_flush flush = {.vmid = s->table.vmid};

		expect(s,
		       !s->table.ops->unmap(&s->table, (struct mezzo_ipa){s->leaf[i].ipa},
					    mezzo_order_pages(s->leaf[i].order), true, &flush),
		       "not unmapped", i);
		settle(s, &flush);
		expect(s, order_at(s, i) == 64, "still there", i);
	}
}

/* Behind the engine's back. */
static void plant(struct scene *s, enum el2_plant what)
{
	struct mezzo_claim claim;

	if (what == EL2_PLANT_ADDRESS &&
	    !s->table.ops->hold(&s->table, (struct mezzo_ipa){s->leaf[0].ipa}, &claim)) {
		s->table.ops->abandon(&s->table, &claim);
		*claim.entry ^= HV_BIT(s->table.pa_bits < 48 ? s->table.pa_bits - 1u : 47);
	}
	if (what == EL2_PLANT_SIZE)
		s->table.pa_bits = s->table.ipa_bits = 32;
}

static void play(struct scene *s, enum el2_plant what)
{
	ask(s, "empty");
	map(s);
	plant(s, what);
	remember(s, "mapped");
	if (what)
		return;
	relax(s);
	remember(s, "relaxed");
	split(s);
	remember(s, "split");
	collapse(s);
	remember(s, "collapsed");
	protect(s);
	remember(s, "protected");
	age(s);
	remember(s, "aged");
	relax(s);
	remember(s, "accessed");
	split(s);
	unmap(s, 0);
	remember(s, "unmapped");
	unmap(s, 1);
	ask(s, "all unmapped");
}

bool el2_scene(const struct mezzo_table_ops *ops, const struct mezzo_table_config *config,
	       enum el2_plant plant_what)
{
	struct mezzo_table_report report;
	struct scene s = {.right = true};

	if (ops->init(&s.table, config)) {
		tap_note("no table");
		return false;
	}
	plan(&s);
	play(&s, plant_what);
	if (!plant_what && !mezzo_table_check(&s.table, NULL, 0, &report)) {
		tap_note("%s at %lx", mezzo_table_flaw_name((enum mezzo_table_flaw)report.flaw),
			 report.ipa.addr);
		s.right = false;
	}
	ops->stock_drain(&s.table, &s.stock);
	ops->fini(&s.table);
	return s.right;
}
