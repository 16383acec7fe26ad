/* SPDX-License-Identifier: BSD-2-Clause */
/* What the model says was seen, and what stands where, beside what the checker says. */
#include "replay_steps.h"

/* --- values -------------------------------------------------------------------------------------------- */

void replay_know(struct replay *r, unsigned int v, uint32_t value)
{
	r->last[v] = value;
	if (r->known_count < REPLAY_VALUES)
		r->known[r->known_count++] = value;
}

static bool is_known(const struct replay *r, uint32_t value)
{
	for (unsigned int i = 0; i < r->known_count; i++)
		if (r->known[i] == value)
			return true;
	return false;
}

static bool stands_for(const struct replay *r, unsigned int v, uint32_t value)
{
	switch (v) {
	case V_ZERO:
		return value == 0;
	case V_SECRET:
		return value != 0 && !is_known(r, value);
	case V_OLD:
		return value == 0 || is_known(r, value);
	default:
		return value == r->last[v];
	}
}

enum replay_result replay_saw(struct replay *r, unsigned int v,
			      const struct mezzo_model_values *seen)
{
	if (mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	for (unsigned int i = 0; i < seen->count; i++)
		if (stands_for(r, v, seen->value[i]))
			return REPLAY_SAME;
	return replay_differs(r, "value %u is none of the %u that the model may see, as %#x", v,
			      seen->count, seen->count ? seen->value[0] : 0);
}

/* --- what stands where, after a step ------------------------------------------------------------------- */

enum mezzo_class replay_stage1(const struct replay *r, unsigned int way)
{
	if (way == WAY_CACHED)
		return MEZZO_CLASS_WB;
	return way == WAY_UNCACHED && replay_is_x86(r) ? MEZZO_CLASS_DEVICE : MEZZO_CLASS_NC;
}

/* By the machine's own reading of the entry. */
static enum replay_result compare_ways(const struct replay_doing *d)
{
	const struct mezzo_ipa ipa = {REPLAY_IPA};
	unsigned int through = 0, looks = 0;

	for (unsigned int way = 0; way < replay_place_of(d)->ways; way++) {
		enum mezzo_class class;
		bool look;

		if (!mezzo_model_way(d->r->machine, replay_guest_of(&d->now), ipa,
				     replay_stage1(d->r, way), &class, &look))
			return replay_differs(d->r, "the machine finds no entry");
		through |= class == MEZZO_CLASS_WB ? WAY_BIT(way) : 0;
		looks |= look ? WAY_BIT(way) : 0;
	}
	if (through != d->now.through || looks != d->now.looks)
		return replay_differs(d->r, "accesses go through the cache %#x, look %#x", through,
				      looks);
	return REPLAY_SAME;
}

static enum replay_result compare_entry(const struct replay_doing *d, const struct mezzo_leaf *leaf)
{
	const struct page_state *now = &d->now;

	if (leaf->attr.write != now->write || leaf->attr.exec != now->exec)
		return replay_differs(d->r, "the entry allows writing %d, execution %d",
				      leaf->attr.write, leaf->attr.exec);
	if (leaf->attr.clean_after != now->clean_after &&
	    !replay_lacks(d->r, PAGE_DUTY_INVALID_FIRST))
		return replay_differs(d->r, "clean_after is %d", leaf->attr.clean_after);
	if (leaf->attr.no_tag_access != now->no_tag)
		return replay_differs(d->r, "no_tag_access is %d", leaf->attr.no_tag_access);
	return compare_ways(d);
}

/* What the object believes of its frame. */
static enum replay_result compare_frame(const struct replay_doing *d)
{
	struct mezzo_object *o = &d->r->pool.object;
	unsigned int mask = replay_place_of(d)->frame_mask;
	struct mezzo_frame frame;
	unsigned int bits;

	if (!d->r->model->mezzo)
		return REPLAY_SAME;
	if (o->ops->resolve(o, 0, false, &frame))
		return replay_differs(d->r, "the pool is at work");
	/* It is told of a cleaning by who does it. */
	mask &= ~(replay_lacks(d->r, PAGE_DUTY_CLEAN_BEFORE) ? FRAME_LINES : 0);
	bits = (frame.state.data ? FRAME_DATA : 0) | (frame.state.tags ? FRAME_TAGS : 0) |
	       (frame.state.lines ? FRAME_LINES : 0);
	if ((bits ^ d->now.frame) & mask)
		return replay_differs(d->r, "the object believes %#x, not %#x", bits, d->now.frame);
	/* And it is so, as far as the checker tracks it. */
	frame.state.lines |= !(mask & FRAME_LINES);
	frame.state.tags |= !(mask & FRAME_TAGS);
	if (d->r->proved)
		mezzo_model_check(d->r->machine, replay_frame(), frame.state);
	return mezzo_model_violation(d->r->machine) == MEZZO_MODEL_NO_VIOLATION ? REPLAY_SAME
										: REPLAY_VIOLATION;
}

static bool is_logged(const struct replay *r)
{
	return (atomic_load(&r->bitmap[0]) & 1) && !replay_lacks(r, PAGE_DUTY_LOG_DIRTY);
}

enum replay_result replay_compare(const struct replay_doing *d)
{
	struct mezzo_mapping mapping;
	enum replay_result result = REPLAY_SAME;
	bool there;

	if (mezzo_model_violation(d->r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	if (d->now.phase != P_A && d->now.phase != P_B)
		return REPLAY_SAME;
	mezzo_space_query(&d->r->space[replay_guest_of(&d->now)].space, 0,
			  (struct mezzo_ipa){REPLAY_IPA}, &mapping);
	there = mapping.leaf.state == MEZZO_ENTRY_LEAF;
	/* A translation that a TLB keeps is an entry, to the checker. */
	if (replay_lacks(d->r, PAGE_DUTY_TLBI))
		return REPLAY_SAME;
	if (there != d->now.valid)
		return replay_differs(d->r, "there is %s entry", there ? "an" : "no");
	if (d->now.valid)
		result = compare_entry(d, &mapping.leaf);
	if (result == REPLAY_SAME)
		result = compare_frame(d);
	if (result == REPLAY_SAME && d->r->model->mezzo && replay_place_of(d)->logging &&
	    d->now.phase == P_B && is_logged(d->r) != d->now.logged)
		return replay_differs(d->r, "the page is %s",
				      is_logged(d->r) ? "logged" : "not logged");
	return result;
}
