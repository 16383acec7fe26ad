/* SPDX-License-Identifier: BSD-2-Clause */
/* The host: it zeroes between owners, gives pages away, shares, copies out, reads the log. */
#include "check/machines/page_state.h"

/* How the owner reaches the page for itself. */
static bool owner_cached(const struct page_place *p)
{
	return p->alias == PAGE_ALIAS_CACHED || (p->alias == PAGE_ALIAS_NONE && p->linear);
}

static void zero_as(const struct page_place *p, struct page_state *s, bool cached)
{
	if (cached) {
		write_cached(s, V_ZERO);
		s->frame |= FRAME_LINES;
	} else {
		/* Without any mapping it is the device itself that zeroes. */
		write_memory(s, V_ZERO);
	}
	s->frame &= ~FRAME_DATA;
	if (p->scrubs_tags) {
		s->tag = T_ZERO;
		s->frame &= ~FRAME_TAGS;
	}
}

/*
 * What only devices have used nobody has cleaned. There may be lines of it, or, where they do not
 * snoop, older ones than memory has: see dma.h.
 */
static void clean_after_devices(const struct page_moves *k, struct page_state *s, bool cached)
{
	if (k->model->mezzo && s->devices == D_LAST &&
	    (!cached || k->place->dma == MEZZO_DMA_UNSNOOPED) &&
	    !lacks(k->model, PAGE_DUTY_DEVICE_CLEAN))
		clean_invalidate(s);
}

static void scrub(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	bool cached = owner_cached(p);
	struct page_state other = s;

	s.phase = P_READY;
	if (!p->scrubs_data) {
		if (p->scrubs_tags) {
			s.tag = T_ZERO;
			s.frame &= ~FRAME_TAGS;
		}
		page_emit(k, s, ACT_SCRUB, ARG_HIT, AGENT_HOST, 0);
		return;
	}
	clean_after_devices(k, &s, cached);
	zero_as(p, &s, cached);
	page_emit(k, s, ACT_SCRUB, cached ? WAY_CACHED : 0, AGENT_HOST, 0);
	if (doubted(k->model, CHECK_E1_SCRUB_AS_DECLARED)) {
		other.phase = P_READY;
		zero_as(p, &other, !cached);
		page_emit(k, other, ACT_SCRUB, ARG_UNLIKE | (cached ? 0 : WAY_CACHED), AGENT_HOST,
			  0);
	}
}

/*
 * The frame moves to another object. Old aliases are gone then. An object that nobody reaches
 * through caches promises that no line is left of before, and its owner zeroes past them: who moves
 * a frame there cleans it.
 */
static void move(struct page_moves *k, struct page_state s)
{
	const struct page_place *to = &k->model->place[1];

	s.place = 1;
	if (!owner_cached(to) && !lacks(k->model, PAGE_DUTY_MOVE_CLEAN)) {
		clean_invalidate(&s);
		s.frame &= ~FRAME_LINES;
	}
	if (to->alias == PAGE_ALIAS_CACHED || to->linear)
		s.frame |= FRAME_LINES;
	page_emit(k, s, ACT_MOVE, 0, AGENT_HOST, 0);
}

static void give(struct page_moves *k, struct page_state s)
{
	s.phase = P_B;
	s.latest = V_ZERO;
	s.ok_u = s.ok_w = 1;
	s.logged = 0; /* it is another guest's log */
	s.devices = D_NONE;
	if (k->place->dma && lacks(k->model, PAGE_DUTY_IOMMU_LAST)) {
		s.iommu = 1;
		s.devices = D_LAST;
	}
	page_emit(k, s, ACT_GIVE_B, 0, AGENT_HOST, 0);
}

/* Host and guest share the memory: each may expect to see the other, through one type. */
static void share(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	bool cached = p->alias == PAGE_ALIAS_CACHED;
	struct page_state written = s;
	uint64_t broken = 0;
	enum value seen;

	/* What is not zeroed yet is nobody's to use. */
	if (p->alias == PAGE_ALIAS_NONE || s.frame & FRAME_DATA)
		return;
	if (cached)
		line_fill(&s);
	seen = cached ? s.line_value : s.mem;
	if (s.latest != V_ZERO && (cached ? s.ok_w : s.ok_u) && !s.by_set_way) {
		put_to_test(k, CHECK_S8_SHARED_SEEN);
		if (seen != s.latest)
			broken = CHECK_BIT(CHECK_S8_SHARED_SEEN);
	}
	page_emit(k, s, ACT_HOST_READ, cached, AGENT_HOST, broken);

	overtake(&written, V_HOST);
	if (cached)
		write_cached(&written, V_HOST);
	else
		write_memory(&written, V_HOST);
	page_expect(p, &written, V_HOST, cached);
	page_emit(k, written, ACT_HOST_WRITE, cached, AGENT_HOST, 0);
}

/* Copied out as it lies after a take-back: for swap, for migration, for a bounce buffer. */
static void copy_out(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	bool cached = owner_cached(p);
	uint64_t broken = 0;
	enum value seen;

	if (!s.zapped || s.iommu || (s.valid && !lacks(k->model, PAGE_DUTY_TLBI)))
		return;
	if (p->alias == PAGE_ALIAS_NONE && !p->linear && !p->window)
		return;
	clean_after_devices(k, &s, cached);
	if (cached)
		line_fill(&s);
	seen = cached ? s.line_value : s.mem;
	if (s.latest != V_ZERO && (s.ok_u || s.ok_w) && !s.by_set_way) {
		put_to_test(k, CHECK_S8X_COPY_OUT);
		if (seen != s.latest)
			broken = CHECK_BIT(CHECK_S8X_COPY_OUT);
	}
	page_emit(k, s, ACT_COPY_OUT, cached ? WAY_CACHED : 0, AGENT_HOST, broken);
}

static void harvest(struct page_moves *k, struct page_state s)
{
	if (!k->place->logging || (!s.logged && !s.write))
		return;
	s.logged = 0;
	s.write = 0;
	page_emit(k, s, ACT_HARVEST_LOG, 0, AGENT_HOST, 0);
}

/* Before guest A touched the page, it was used through the cache for something else. */
static void former_use(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;

	if (s.valid || s.iommu || (p->alias != PAGE_ALIAS_CACHED && !p->linear))
		return;
	write_cached(&s, V_SECRET);
	page_emit(k, s, ACT_FORMER_USE, 0, AGENT_HOST, 0);
}

void page_host_moves(struct page_moves *k, struct page_state s)
{
	switch (s.phase) {
	case P_A:
		former_use(k, s);
		break;
	case P_FREE:
		if (k->model->kind == CHECK_MOVE && !s.place)
			move(k, s);
		else
			scrub(k, s);
		break;
	case P_READY:
		give(k, s);
		break;
	case P_B:
		share(k, s);
		copy_out(k, s);
		harvest(k, s);
		break;
	default:
		break;
	}
}
