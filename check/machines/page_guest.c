/* SPDX-License-Identifier: BSD-2-Clause */
/* The guests, and what guest B may expect to see. */
#include "check/machines/page_state.h"

/* --- expectations -------------------------------------------------------------------------------- */

/*
 * Bare metal's guarantees. A write-back write is seen by write-back reads. An uncached write is
 * seen by uncached reads, unless a dirty line may be evicted over it, and by write-back reads,
 * unless a line may have been there before. Memory that is declared to be cached by others may
 * have a line at any time.
 */
void page_expect(const struct page_place *p, struct page_state *s, enum value v, bool cached)
{
	s->latest = v & 7;
	s->ok_f = 0;
	if (cached) {
		s->ok_w = 1;
		s->ok_u = 0;
		s->may_line = 1;
		s->may_dirty = 1;
	} else {
		s->ok_w = !s->may_line && p->alias != PAGE_ALIAS_CACHED;
		s->ok_u = !s->may_dirty;
	}
}

/* Clean and invalidate by address, as the guest believes it done. */
static void expect_clean(struct page_state *s)
{
	bool any = s->ok_w || s->ok_u;

	s->ok_w = any;
	s->ok_u = any;
	s->may_line = 0;
	s->may_dirty = 0;
}

static enum check_property whose(const struct page_state *s)
{
	switch (s->latest) {
	case V_HOST:
		return CHECK_S8_SHARED_SEEN;
	case V_DEVICE:
		return CHECK_S9I_DMA_IN;
	case V_IMAGE:
		return CHECK_S11_RESET_IMAGE;
	default:
		return s->zapped ? CHECK_S7Z_DATA_SURVIVE : CHECK_S7_OWN_WRITE_KEPT;
	}
}

uint64_t page_judge_read(struct page_moves *k, const struct page_state *s, bool cached,
			 enum value v)
{
	uint64_t broken = v == V_SECRET ? CHECK_BIT(CHECK_S1_NO_LEAK) : 0;
	enum check_property own = s->by_set_way ? CHECK_S7B_SET_WAY : whose(s);

	put_to_test(k, CHECK_S1_NO_LEAK);
	/* Of a page that nobody has written yet it is only asked that it holds no secret. */
	if (s->latest == V_ZERO || !(cached ? s->ok_w : s->ok_u))
		return broken;
	put_to_test(k, own);
	return v == s->latest ? broken : broken | CHECK_BIT(own);
}

/* --- data ------------------------------------------------------------------------------------------ */

/* What the guest takes an access for, whatever it really is. */
static bool means_cached(const struct page_place *p, enum page_way way)
{
	return p->means_cached >> way & 1;
}

static void read(struct page_moves *k, struct page_state s, enum page_way way)
{
	bool judged = s.phase == P_B, cached = means_cached(k->place, way);

	if (is_through(&s, way)) {
		line_fill(&s);
		if (cached)
			s.may_line = judged;
		page_emit(k, s, ACT_READ, way, AGENT_GUEST,
			  judged ? page_judge_read(k, &s, cached, s.line_value) : 0);
		return;
	}
	if (!judged)
		return;
	if (s.line && !s.looks && doubted(k->model, CHECK_A5_UNCACHED_BYPASSES))
		page_emit(k, s, ACT_READ, way | ARG_HIT, AGENT_GUEST,
			  page_judge_read(k, &s, cached, s.line_value));
	look_first(&s, way);
	page_emit(k, s, ACT_READ, way, AGENT_GUEST, page_judge_read(k, &s, cached, s.mem));
}

static uint64_t judge_write(struct page_moves *k, const struct page_state *s)
{
	if (!k->place->logging || s->phase != P_B)
		return 0;
	put_to_test(k, CHECK_S10_DIRTY_LOG);
	return s->logged ? 0 : CHECK_BIT(CHECK_S10_DIRTY_LOG);
}

static void write(struct page_moves *k, struct page_state s, enum page_way way)
{
	enum value v = s.phase == P_B ? V_B : V_SECRET;
	struct page_state hit;
	uint64_t broken;

	if (!s.write)
		return;
	broken = judge_write(k, &s);
	if (s.phase == P_B) {
		overtake(&s, v);
		page_expect(k->place, &s, v, means_cached(k->place, way));
	}
	hit = s;
	if (is_through(&s, way)) {
		write_cached(&s, v);
	} else {
		look_first(&s, way);
		write_memory(&s, v);
	}
	page_emit(k, s, ACT_WRITE, way, AGENT_GUEST, broken);
	if (hit.line && !hit.looks && !is_through(&hit, way) &&
	    doubted(k->model, CHECK_A5_UNCACHED_BYPASSES)) {
		write_cached(&hit, v);
		page_emit(k, hit, ACT_WRITE, way | ARG_HIT, AGENT_GUEST, broken);
	}
}

static void clean(struct page_moves *k, struct page_state s)
{
	clean_invalidate(&s);
	expect_clean(&s);
	s.by_set_way = 0;
	page_emit(k, s, ACT_CLEAN, 0, AGENT_GUEST, 0);
}

/* --- what is not by address --------------------------------------------------------------------------- */

/* The hypervisor does for the guest what its set/way operation or cache toggle would have done. */
static bool trapped(struct page_moves *k, struct page_state *s)
{
	if (!k->place->traps || lacks(k->model, PAGE_DUTY_TRAP_SET_WAY))
		return true;
	/* All that the guest reaches, by its CPUs or by its devices, and could have in caches. */
	if (s->valid ? !s->through : !s->iommu)
		return true;
	return page_engine_clean(k->model, k->place, s);
}

/* Done by the CPU alone it reaches no other's cache: in the model, it does nothing. */
static void set_way(struct page_moves *k, struct page_state s)
{
	if (!s.may_line)
		return;
	if (!trapped(k, &s)) {
		s = (struct page_state){.phase = P_DEAD};
		page_emit(k, s, ACT_SET_WAY, 0, AGENT_GUEST, CHECK_BIT(CHECK_S4_NO_HOST_CRASH));
		return;
	}
	expect_clean(&s);
	s.by_set_way = 1;
	page_emit(k, s, ACT_SET_WAY, 0, AGENT_GUEST, 0);
}

/* The guest has run with its caches off, so that no line can be; now it turns them on. */
static void toggle(struct page_moves *k, struct page_state s)
{
	if (s.may_line || !s.ok_u || s.ok_w)
		return;
	if (!trapped(k, &s)) {
		s = (struct page_state){.phase = P_DEAD};
		page_emit(k, s, ACT_TOGGLE, 0, AGENT_GUEST, CHECK_BIT(CHECK_S4_NO_HOST_CRASH));
		return;
	}
	s.ok_w = 1;
	s.by_set_way = 1;
	page_emit(k, s, ACT_TOGGLE, 0, AGENT_GUEST, 0);
}

/* --- code ---------------------------------------------------------------------------------------------- */

/* Clean to PoU unless it was told IDC, invalidate the I-cache unless it was told DIC. */
static void make_code(struct page_moves *k, struct page_state s)
{
	if (s.ok_f || !(s.ok_u || s.ok_w))
		return;
	if (!k->model->view_idc && s.line == L_DIRTY) {
		s.mem = s.line_value;
		s.line = L_CLEAN;
	}
	if (!k->model->view_dic)
		icache_drop(&s);
	s.ok_f = 1;
	page_emit(k, s, ACT_MAKE_CODE, 0, AGENT_GUEST, 0);
}

static uint64_t judge_fetch(struct page_moves *k, const struct page_state *s, bool cached,
			    enum value v)
{
	uint64_t broken = v == V_SECRET ? CHECK_BIT(CHECK_S2_NO_STALE_EXEC) : 0;
	enum check_property own = s->by_set_way          ? CHECK_S7B_SET_WAY
				  : s->latest == V_IMAGE ? CHECK_S11_RESET_IMAGE
							 : CHECK_S2B_OWN_CODE;

	if (s->phase != P_B)
		return 0;
	put_to_test(k, CHECK_S2_NO_STALE_EXEC);
	if (!s->ok_f || !(cached ? s->ok_w : s->ok_u))
		return broken;
	put_to_test(k, own);
	return v == s->latest ? broken : broken | CHECK_BIT(own);
}

static void fetch(struct page_moves *k, struct page_state s, enum page_way way)
{
	const struct page_place *p = k->place;
	bool cached = means_cached(p, way);
	uint64_t broken;
	enum value v;

	if (!s.exec)
		return;
	if (s.icache && !p->dic)
		page_emit(k, s, ACT_FETCH, way | ARG_HIT, AGENT_GUEST,
			  judge_fetch(k, &s, cached, s.icache_value));
	/* A write-back fetch finds the line where the data side is coherent to PoU without us. */
	if (!is_through(&s, way))
		look_first(&s, way);
	v = is_through(&s, way) && p->idc && s.line ? s.line_value : s.mem;
	broken = judge_fetch(k, &s, cached, v);
	if (!p->dic) {
		s.icache = 1;
		s.icache_value = v & 7;
		/* Fetched as another type than it was written: what is cached now is its own doing. */
		s.ok_f &= cached ? s.ok_w : s.ok_u;
	}
	page_emit(k, s, ACT_FETCH, way, AGENT_GUEST, broken);
}

/* --- tags ------------------------------------------------------------------------------------------------ */

static void tags(struct page_moves *k, struct page_state s)
{
	uint64_t broken = 0;

	/* Tags are reached only where the access is write-back. */
	if (!k->place->mte || !s.through || s.no_tag)
		return;
	put_to_test(k, CHECK_S5_NO_EXTERNAL_ABORT);
	if (!k->place->tag_storage) {
		page_emit(k, s, ACT_TAG_READ, 0, AGENT_GUEST,
			  CHECK_BIT(CHECK_S5_NO_EXTERNAL_ABORT));
		return;
	}
	if (s.phase == P_B) {
		put_to_test(k, CHECK_S3_NO_TAG_LEAK);
		if (s.tag == T_SECRET)
			broken |= CHECK_BIT(CHECK_S3_NO_TAG_LEAK);
		if (s.tag_written && s.zapped)
			put_to_test(k, CHECK_S3Z_TAGS_SURVIVE);
		if (s.tag_written && s.tag != T_B)
			broken |= CHECK_BIT(CHECK_S3Z_TAGS_SURVIVE);
		page_emit(k, s, ACT_TAG_READ, 0, AGENT_GUEST, broken);
	}
	if (!s.write)
		return;
	s.tag = s.phase == P_B ? T_B : T_SECRET;
	s.tag_written = s.phase == P_B;
	page_emit(k, s, ACT_TAG_WRITE, 0, AGENT_GUEST, 0);
}

/* Guest A, through a translation that was not invalidated. */
static void stale(struct page_moves *k, struct page_state s)
{
	uint64_t broken = CHECK_BIT(CHECK_S12_NO_REUSED_PAGE);
	struct page_state cached = s;

	if (!s.stale)
		return;
	write_memory(&s, V_SECRET);
	page_emit(k, s, ACT_STALE, WAY_UNCACHED, AGENT_GUEST, broken);
	write_cached(&cached, V_SECRET);
	page_emit(k, cached, ACT_STALE, WAY_CACHED, AGENT_GUEST, broken);
}

void page_guest_moves(struct page_moves *k, struct page_state s)
{
	if (s.phase == P_B) {
		stale(k, s);
		/* x86 has no maintenance by set and way; WBINVD is not modelled. */
		if (s.latest && !k->place->x86)
			set_way(k, s);
		if (!k->place->x86)
			toggle(k, s);
	}
	if (!s.valid)
		return;
	for (unsigned int way = 0; way < k->place->ways; way++) {
		read(k, s, (enum page_way)way);
		write(k, s, (enum page_way)way);
		fetch(k, s, (enum page_way)way);
	}
	tags(k, s);
	if (s.phase == P_B) {
		clean(k, s);
		make_code(k, s);
	}
}
