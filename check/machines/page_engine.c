/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine: faults, the IOMMU, take-back, reset, migration. */
#include "check/machines/page_state.h"

/* --- work on a frame ------------------------------------------------------------------------------ */

bool page_engine_clean(const struct page_model *model, const struct page_place *p,
		       struct page_state *s)
{
	if (!p->reach)
		return false;
	clean_invalidate(s);
	/* A cacheable window fills the line again, with what is in memory now. */
	if (p->window && lacks(model, PAGE_DUTY_WINDOW_UNCACHED))
		line_fill(s);
	return true;
}

static void zero(const struct page_model *model, const struct page_place *p, struct page_state *s)
{
	write_cached(s, V_ZERO);
	if (p->window && lacks(model, PAGE_DUTY_WINDOW_CLOSED))
		s->window = 1;
}

bool page_work(const struct page_model *model, const struct page_place *p,
	       const struct page_grant *grant, struct page_state *s)
{
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && grant->before[i]; i++) {
		switch (grant->before[i]) {
		case MEZZO_ACTION_CLEAN_INVALIDATE:
			if (!page_engine_clean(model, p, s))
				return false;
			break;
		case MEZZO_ACTION_ZERO:
			if (!p->reach)
				return false;
			zero(model, p, s);
			break;
		case MEZZO_ACTION_ZERO_UNCACHED:
			if (!p->reach)
				return false;
			write_memory(s, V_ZERO);
			break;
		case MEZZO_ACTION_ZERO_TAGS:
			if (!p->reach)
				return false;
			s->tag = T_ZERO;
			/* through a write-back window, which may fill the data line */
			line_fill(s);
			break;
		case MEZZO_ACTION_INVALIDATE_ICACHE:
			if (p->icache_needs_reach && !p->reach)
				return false;
			icache_drop(s);
			break;
		default:
			s->logged = 1;
		}
	}
	return true;
}

/* --- faults ----------------------------------------------------------------------------------------- */

static const struct page_grant *answer(const struct page_place *p, const struct page_state *s,
				       unsigned int access)
{
	return s->valid ? &p->permission[access] : &p->missing[s->frame][access];
}

/* What an entry makes possible by itself, whatever the guest then does. */
static uint64_t judge_grant(struct page_moves *k, const struct page_grant *g)
{
	const struct page_place *p = k->place;
	bool cached = g->reach & MEZZO_CLASS_WB;
	uint64_t broken = 0;

	put_to_test(k, CHECK_S17_NO_WIDENING);
	put_to_test(k, CHECK_L4_INTENT_HONOURED);
	if (g->before[0])
		put_to_test(k, CHECK_S4_NO_HOST_CRASH);
	if (p->mmio)
		put_to_test(k, CHECK_S6_NO_MACHINE_CHECK);
	if ((g->write && !p->may_write) || (g->reach & ~p->may_reach) ||
	    (g->exec && p->fetch_needs_cache && !cached))
		broken |= CHECK_BIT(CHECK_S17_NO_WIDENING);
	if (p->mmio && cached)
		broken |= CHECK_BIT(CHECK_S6_NO_MACHINE_CHECK);
	if (!(g->reach & p->should_reach))
		broken |= CHECK_BIT(CHECK_L4_INTENT_HONOURED);
	return broken;
}

static void enter(struct page_state *s, const struct page_grant *g)
{
	if (!s->valid) {
		s->valid = 1;
		s->through = g->through & 7;
		s->looks = g->looks & 7;
		s->no_tag = g->no_tag;
		s->clean_after = g->clean_after;
		s->write = 0;
		s->exec = 0;
		s->icache_after = 0;
		s->frame = g->frame_after & 7;
	}
	s->write |= g->write;
	s->exec |= g->exec;
	s->icache_after |= g->icache_after;
}

static void dead(struct page_state *s)
{
	*s = (struct page_state){.phase = P_DEAD};
}

static void fault(struct page_moves *k, struct page_state s, unsigned int access)
{
	const struct page_grant *g = answer(k->place, &s, access);
	uint64_t broken;

	put_to_test(k, CHECK_L1_NO_LATE_REFUSAL);
	if (g->outcome == MEZZO_REFUSE) {
		page_emit(k, s, ACT_FAULT_READ + access, 0, AGENT_GUEST,
			  CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL));
		return;
	}
	if (g->outcome != MEZZO_GRANT) {
		k->judged = 0;
		return;
	}
	broken = judge_grant(k, g);
	if (page_work(k->model, k->place, g, &s)) {
		enter(&s, g);
	} else {
		broken |= CHECK_BIT(CHECK_S4_NO_HOST_CRASH);
		dead(&s);
	}
	page_emit(k, s, ACT_FAULT_READ + access, 0, AGENT_GUEST, broken);
}

static void faults(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	unsigned int refused = s.valid ? p->refuses_permission : p->refuses[s.frame];

	if (!s.valid)
		fault(k, s, MEZZO_ACCESS_READ);
	if (!s.valid || !s.write)
		fault(k, s, MEZZO_ACCESS_WRITE);
	if (!s.valid || !s.exec)
		fault(k, s, MEZZO_ACCESS_EXEC);
	if (refused >> PAGE_ACCESSES)
		page_emit(k, s, ACT_FAULT_OTHER, 0, AGENT_GUEST,
			  CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL));
}

/*
 * 10: an IOMMU entry is visible only after the frame's work, even if no CPU has faulted. The
 * engine asks as for a write, because a device may write.
 */
static void iommu_map(struct page_moves *k, struct page_state s)
{
	unsigned int access = k->place->may_write ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
	const struct page_grant *g = &k->place->missing[s.frame][access];
	uint64_t broken = 0;

	if (!k->place->dma || s.iommu || g->outcome != MEZZO_GRANT)
		return;
	if (!lacks(k->model, PAGE_DUTY_IOMMU_LAST)) {
		if (page_work(k->model, k->place, g, &s)) {
			s.frame = g->frame_after & 7;
			/* Mezzo's leaves that to who uses the page next. */
			if (!k->model->mezzo && !s.valid)
				s.clean_after = g->clean_after;
		} else {
			broken = CHECK_BIT(CHECK_S4_NO_HOST_CRASH);
			dead(&s);
		}
	}
	if (s.phase != P_DEAD) {
		s.iommu = 1;
		s.devices = D_LAST;
	}
	page_emit(k, s, ACT_IOMMU_MAP, 0, AGENT_HOST, broken);
}

/* --- taking back ------------------------------------------------------------------------------------- */

static bool work_after(const struct page_model *model, const struct page_place *p,
		       struct page_state *s)
{
	if (s->clean_after) {
		if (!page_engine_clean(model, p, s))
			return false;
		/* None is any more, and nobody is left who makes one. */
		if (p->alias != PAGE_ALIAS_CACHED && !p->linear && !s->devices)
			s->frame &= ~FRAME_LINES;
	}
	if (s->icache_after) {
		if (p->icache_needs_reach && !p->reach)
			return false;
		icache_drop(s);
	}
	return true;
}

bool page_take_back(const struct page_model *model, const struct page_place *p,
		    struct page_state *s)
{
	/* Where a device alone has reached the page nobody cleans yet: see PAGE_DUTY_DEVICE_CLEAN. */
	bool worked = s->early || (model->mezzo && !s->valid) || work_after(model, p, s);

	if (!lacks(model, PAGE_DUTY_IOMMU_REVOKE))
		s->iommu = 0;
	if (s->valid && s->devices)
		s->devices = D_SEEN;
	if (lacks(model, PAGE_DUTY_TLBI) && s->valid) {
		/* The entry is gone from the tables, and not from the TLBs. */
		if (s->phase == P_A)
			s->stale = 1;
		else
			return worked;
	}
	s->valid = 0;
	s->write = 0;
	s->exec = 0;
	s->through = 0;
	s->looks = 0;
	s->no_tag = 0;
	s->clean_after = 0;
	s->icache_after = 0;
	s->early = 0;
	return worked;
}

static void take(struct page_moves *k, struct page_state s, enum page_action action)
{
	uint64_t broken = 0;

	/* In the wrong order there is a time in between: ACT_MAINTAIN_EARLY. */
	if (lacks(k->model, PAGE_DUTY_INVALID_FIRST) && s.valid && !s.early)
		return;
	put_to_test(k, CHECK_S12_NO_REUSED_PAGE);
	if (!page_take_back(k->model, k->place, &s)) {
		broken = CHECK_BIT(CHECK_S4_NO_HOST_CRASH);
		dead(&s);
	} else if (action == ACT_TAKE_A) {
		s.phase = P_FREE;
		s.frame |= (FRAME_DATA | FRAME_TAGS) & k->place->frame_mask;
	} else {
		s.zapped = 1;
		if (lacks(k->model, PAGE_DUTY_KEEP_CONTENT))
			s.frame |= (FRAME_DATA | FRAME_TAGS) & k->place->frame_mask;
	}
	page_emit(k, s, action, 0, AGENT_HOST, broken);
}

static void maintain_early(struct page_moves *k, struct page_state s)
{
	uint64_t broken = 0;

	if (!lacks(k->model, PAGE_DUTY_INVALID_FIRST) || !s.valid || s.early)
		return;
	if (work_after(k->model, k->place, &s)) {
		s.early = 1;
	} else {
		broken = CHECK_BIT(CHECK_S4_NO_HOST_CRASH);
		dead(&s);
	}
	page_emit(k, s, ACT_MAINTAIN_EARLY, 0, AGENT_HOST, broken);
}

/* --- a new image ------------------------------------------------------------------------------------- */

/* The host writes @v over all of the page, through whatever it has; false: it has nothing. */
static bool host_fills(const struct page_place *p, struct page_state *s, enum value v)
{
	/* Nothing of what was there is left, so that nothing needs to be zeroed. */
	s->frame &= ~FRAME_DATA;
	/* Nobody maps registers write-back for it. */
	if (p->alias == PAGE_ALIAS_UNCACHED ||
	    (p->mmio && p->alias == PAGE_ALIAS_NONE && !p->linear)) {
		write_memory(s, v);
		return true;
	}
	if (p->alias != PAGE_ALIAS_CACHED && !p->linear && !p->window)
		return false;
	write_cached(s, v);
	s->frame |= FRAME_LINES;
	return true;
}

static bool prepare_reset(const struct page_model *model, const struct page_place *p,
			  struct page_state *s)
{
	/* KVM: stage2_unmap_vm() without FWB, icache_inval_all_pou() with it. */
	bool take_back = model->mezzo ? p->unforced || !s->through : !p->fwb;

	if (take_back && !lacks(model, PAGE_DUTY_RESET_TAKE_BACK))
		return page_take_back(model, p, s);
	return true;
}

static void reset(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	bool icache = k->model->mezzo ? !p->dic : p->fwb;
	uint64_t broken = 0;
	bool alive = true;

	/* An x86 guest is reset with write-back memory: nothing was ever argued about it. */
	if (s.reset || p->x86 || lacks(k->model, PAGE_DUTY_INVALID_FIRST))
		return;
	overtake(&s, V_IMAGE);
	if (k->model->mezzo)
		alive = prepare_reset(k->model, p, &s);
	if (!host_fills(p, &s, V_IMAGE))
		return;
	/* The VMM has written the image when it resets the vCPU. */
	if (!k->model->mezzo)
		alive = prepare_reset(k->model, p, &s);
	if (icache && !lacks(k->model, PAGE_DUTY_RESET_ICACHE))
		icache_drop(&s);
	s.latest = V_IMAGE;
	s.ok_u = s.ok_w = s.ok_f = 1;
	s.may_line = s.may_dirty = s.by_set_way = 0;
	s.reset = 1;
	s.zapped = 0;
	if (!alive) {
		broken = CHECK_BIT(CHECK_S4_NO_HOST_CRASH);
		dead(&s);
	}
	page_emit(k, s, ACT_RESET, 0, AGENT_HOST, broken);
}

/*
 * Guest B goes to another machine: what it had is copied out as after any take-back, and written
 * into a frame there that held somebody else's. It goes on as it was, and so do its expectations.
 */
static void migrate(struct page_moves *k, struct page_state s)
{
	const struct page_place *to = &k->model->place[1];
	uint64_t broken = 0;

	if (k->model->kind != CHECK_MIGRATE || s.place || !to->accepted || s.valid || s.iommu ||
	    !s.zapped)
		return;
	s.place = 1;
	s.devices = D_NONE;
	s.mem = V_SECRET;
	line_drop(&s);
	icache_drop(&s);
	if (!to->dic) {
		s.icache = 1;
		s.icache_value = V_SECRET;
	}
	s.frame = to->promise;
	if (!host_fills(to, &s, V_IMAGE))
		return;
	s.frame &= ~FRAME_TAGS;
	s.latest = V_IMAGE;
	s.zapped = 0;
	s.logged = 0; /* it is another machine's log */
	page_emit(k, s, ACT_MIGRATE, 0, AGENT_HOST, broken);
}

void page_engine_moves(struct page_moves *k, struct page_state s)
{
	if (s.phase != P_A && s.phase != P_B)
		return;
	faults(k, s);
	iommu_map(k, s);
	maintain_early(k, s);
	if (s.phase == P_A) {
		take(k, s, ACT_TAKE_A);
		return;
	}
	if (!s.zapped && (s.valid || s.iommu))
		take(k, s, ACT_ZAP);
	reset(k, s);
	migrate(k, s);
}
