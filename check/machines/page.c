/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine as a whole: where it starts, its devices and caches, and when two states are one. */
#include "check/machines/page_state.h"

/*
 * Two states are one when nothing that can be judged tells them apart: of values it matters only
 * whether they are somebody else's, and whether they are the latest.
 */
static unsigned int as_it_matters(unsigned int v, unsigned int latest)
{
	if (v == V_SECRET || v == latest)
		return v;
	return latest == V_ZERO ? V_OLD : V_ZERO;
}

static void normalise(struct page_state *s)
{
	if (s->phase == P_DEAD)
		return;
	if (!s->ok_u && !s->ok_w) {
		/* Nothing is expected: whose the latest was does not matter. */
		s->ok_f = 0;
		s->by_set_way = 0;
		s->latest = V_ZERO;
		if (s->mem != V_SECRET)
			s->mem = V_ZERO;
		if (s->line_value != V_SECRET)
			s->line_value = V_ZERO;
		if (s->icache_value != V_SECRET)
			s->icache_value = V_ZERO;
		return;
	}
	s->mem = as_it_matters(s->mem, s->latest) & 7;
	if (s->line)
		s->line_value = as_it_matters(s->line_value, s->latest) & 7;
	if (s->icache)
		s->icache_value = as_it_matters(s->icache_value, s->latest) & 7;
}

void page_emit(struct page_moves *k, struct page_state s, enum page_action action, unsigned int arg,
	       enum page_agent agent, uint64_t broken)
{
	if (!k->model->story)
		normalise(&s);
	k->out[k->count++] = (struct check_move){
		.to = state_pack(s),
		.broken = broken,
		.judged = k->judged,
		.action = action_code(action, arg),
		.agent = (uint8_t)agent,
	};
	k->judged = 0;
}

/* --- the device ------------------------------------------------------------------------------------- */

static void dma_read(struct page_moves *k, struct page_state s)
{
	bool snooped = k->place->dma == MEZZO_DMA_SNOOPED;
	enum value v = snooped && s.line ? s.line_value : s.mem;
	uint64_t broken = 0;

	if (s.phase != P_B)
		return;
	put_to_test(k, CHECK_S1D_NO_LEAK_DMA);
	if (v == V_SECRET)
		broken |= CHECK_BIT(CHECK_S1D_NO_LEAK_DMA);
	if (s.latest != V_ZERO && (snooped ? s.ok_w : s.ok_u) && !s.by_set_way) {
		put_to_test(k, CHECK_S9O_DMA_OUT);
		if (v != s.latest)
			broken |= CHECK_BIT(CHECK_S9O_DMA_OUT);
	}
	page_emit(k, s, ACT_DMA_READ, 0, AGENT_DEVICE, broken);
}

/* A write that looks into caches: into a line, or past them where there is none. */
static void dma_write_snooped(struct page_moves *k, struct page_state s, enum value v,
			      uint64_t broken)
{
	struct page_state stashed = s;

	line_drop(&s);
	write_memory(&s, v);
	page_emit(k, s, ACT_DMA_WRITE, 0, AGENT_DEVICE, broken);
	/* Where the page may be cached the interconnect may put the write into a cache. */
	if (k->place->dma_allocates) {
		write_cached(&stashed, v);
		page_emit(k, stashed, ACT_DMA_WRITE, ARG_HIT, AGENT_DEVICE, broken);
	}
}

static void dma_write(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	bool snooped = p->dma == MEZZO_DMA_SNOOPED, ours = s.phase == P_B;
	enum value v = ours ? V_DEVICE : V_SECRET;
	uint64_t broken = 0;

	if (!p->may_write)
		return;
	if (ours && p->logging) {
		put_to_test(k, CHECK_S10D_DIRTY_LOG_DMA);
		if (!s.logged)
			broken = CHECK_BIT(CHECK_S10D_DIRTY_LOG_DMA);
	}
	if (ours) {
		overtake(&s, v);
		page_expect(p, &s, v, snooped && p->dma_allocates);
	}
	if (snooped) {
		dma_write_snooped(k, s, v, broken);
		return;
	}
	write_memory(&s, v);
	page_emit(k, s, ACT_DMA_WRITE, 0, AGENT_DEVICE, broken);
}

void page_device_moves(struct page_moves *k, struct page_state s)
{
	if (!s.iommu)
		return;
	if (s.phase == P_A || s.phase == P_B) {
		dma_read(k, s);
		dma_write(k, s);
	} else {
		/* It was not taken out of the IOMMU: guest A's device still writes. */
		write_memory(&s, V_SECRET);
		page_emit(k, s, ACT_DMA_WRITE, 0, AGENT_DEVICE,
			  CHECK_BIT(CHECK_S12_NO_REUSED_PAGE));
	}
}

/* --- the caches --------------------------------------------------------------------------------------- */

static void cache_moves(struct page_moves *k, struct page_state s)
{
	const struct page_place *p = k->place;
	struct page_state to = s;

	switch (s.line) {
	case L_ABSENT:
		/* A guest's own cacheable mappings fill when the guest reads through them. */
		if (p->alias != PAGE_ALIAS_CACHED && !p->linear && !s.window)
			break;
		line_fill(&to);
		page_emit(k, to, ACT_FILL, 0, AGENT_CACHE, 0);
		break;
	case L_CLEAN:
		line_drop(&to);
		page_emit(k, to, ACT_DROP, 0, AGENT_CACHE, 0);
		break;
	default:
		to.mem = s.line_value;
		to.line = L_CLEAN;
		page_emit(k, to, ACT_WRITE_BACK, 0, AGENT_CACHE, 0);
	}
}

/* --- all of it ----------------------------------------------------------------------------------------- */

/*
 * Guest A has the slot. Its page holds a secret: its own, or that of the frame's former use; tags
 * and, where the I-cache is not coherent, instruction cache lines of that use may be there too.
 */
static uint64_t start(const void *arg)
{
	const struct page_model *m = arg;
	const struct page_place *p = &m->place[0];
	struct page_state s = {
		.phase = P_A,
		.mem = V_SECRET,
		.icache = !p->dic,
		.icache_value = p->dic ? V_ZERO : V_SECRET,
		.tag = p->mte ? T_SECRET : T_ZERO,
		.frame = p->promise & 7,
	};

	return state_pack(s);
}

static unsigned int moves(const void *arg, uint64_t word, struct check_move out[CHECK_MOVES_MAX])
{
	struct page_state s = state_unpack(word);
	struct page_moves k = {.model = arg, .out = out};

	k.place = &k.model->place[s.place];
	if (s.phase == P_DEAD)
		return 0;
	page_engine_moves(&k, s);
	page_guest_moves(&k, s);
	page_host_moves(&k, s);
	page_device_moves(&k, s);
	cache_moves(&k, s);
	return k.count;
}

const struct check_machine page_machine = {
	.name = "page",
	.state_bits = PAGE_STATE_BITS,
	.start = start,
	.moves = moves,
};
