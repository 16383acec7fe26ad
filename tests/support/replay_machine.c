/* SPDX-License-Identifier: BSD-2-Clause */
/* What a replay's engine runs on: a platform that may lack a duty, and the policy that is judged. */
#include "replay.h"

/* One at a time: neither operations of a platform nor decisions can be told whose they are. */
static struct replay *running;
static const struct mezzo_platform *real;

/* --- a platform that lacks a duty ---------------------------------------------------------------------- */

static void no_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	(void)ctx;
	(void)vmid;
	(void)ipa;
	(void)level;
}

static void no_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		     unsigned int level)
{
	(void)pages;
	no_entry(ctx, vmid, ipa, level);
}

static void no_vmid(void *ctx, uint16_t vmid)
{
	(void)ctx;
	(void)vmid;
}

static struct mezzo_pa opened; /* where the window is, while there is one */

static void *open_noted(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	opened = pa;
	return real->window_open(ctx, window, pa, bytes);
}

static void close_noted(void *ctx, enum mezzo_window window, void *va, uint64_t bytes)
{
	opened.addr = 0;
	real->window_close(ctx, window, va, bytes);
}

/* Cleaned through a window that is cacheable: until it is closed the line may be there again. */
static void clean_cached(void *ctx, void *va, uint64_t bytes)
{
	void *cached;

	if (!opened.addr) {
		real->cache_clean_invalidate(ctx, va, bytes);
		return;
	}
	cached = real->window_open(ctx, MEZZO_WINDOW_WRITE_BACK, opened, bytes);
	real->cache_clean_invalidate(ctx, va, bytes);
	real->barrier(ctx, MEZZO_BARRIER_COMPLETE);
	real->window_close(ctx, MEZZO_WINDOW_WRITE_BACK, cached, bytes);
}

/* Unmapped it is, but the TLBs keep it: the model has no better word than to leave it open. */
static void close_not(void *ctx, enum mezzo_window window, void *va, uint64_t bytes)
{
	if (window == MEZZO_WINDOW_UNCACHED)
		real->window_close(ctx, window, va, bytes);
}

/* --- Linux: a kernel cleans through its own mapping of all RAM, and invalidates by address -------------- */

static bool has_mapping(void)
{
	if (replay_place(running)->linear)
		return true;
	mezzo_model_fail(running->machine, MEZZO_MODEL_WINDOW_MISUSE,
			 "the kernel has no mapping of the page");
	return false;
}

static void *direct(void *ctx, struct mezzo_pa pa, uint64_t bytes)
{
	(void)has_mapping();
	return real->direct(ctx, pa, bytes);
}

static void icache_invalidate(void *ctx)
{
	if (has_mapping())
		real->icache_invalidate(ctx);
}

/* --- an embedder whose IOMMU keeps what it is told to take out --------------------------------------- */

static void keep_dma(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	(void)pages;
	no_entry(ctx, vmid, ipa, 0);
}

static bool at_once(void *ctx, uint16_t vmid)
{
	no_vmid(ctx, vmid);
	return true;
}

void replay_make_platform(struct replay *r)
{
	running = r;
	real = mezzo_model_platform(r->machine);
	r->platform = *real;
	if (replay_lacks(r, PAGE_DUTY_TLBI)) {
		r->platform.tlb_invalidate_entry = no_entry;
		if (r->platform.tlb_invalidate_range)
			r->platform.tlb_invalidate_range = no_range;
		r->platform.tlb_invalidate_combined = no_vmid;
		r->platform.tlb_invalidate_space = no_vmid;
	}
	if (replay_lacks(r, PAGE_DUTY_WINDOW_UNCACHED)) {
		r->platform.window_open = open_noted;
		r->platform.window_close = close_noted;
		r->platform.cache_clean_invalidate = clean_cached;
	}
	if (replay_lacks(r, PAGE_DUTY_WINDOW_CLOSED))
		r->platform.window_close = close_not;
	if (replay_lacks(r, PAGE_DUTY_IOMMU_REVOKE)) {
		r->platform.dma_unmap = keep_dma;
		r->platform.dma_complete = at_once;
	}
	if (!r->model->mezzo) {
		r->platform.direct = direct;
		r->platform.icache_invalidate = icache_invalidate;
	}
}

/* --- the policy in the decision's place -------------------------------------------------------------- */

/* Without what is left out, and with the cleaning first where it is to come first. */
static void leave_out(const struct replay *r, struct mezzo_decision *d)
{
	static const uint8_t duty[MEZZO_ACTIONS] = {
		[MEZZO_ACTION_CLEAN_INVALIDATE] = PAGE_DUTY_CLEAN_BEFORE,
		[MEZZO_ACTION_ZERO] = PAGE_DUTY_ZERO,
		[MEZZO_ACTION_ZERO_UNCACHED] = PAGE_DUTY_ZERO,
		[MEZZO_ACTION_ZERO_TAGS] = PAGE_DUTY_ZERO_TAGS,
		[MEZZO_ACTION_INVALIDATE_ICACHE] = PAGE_DUTY_ICACHE_BEFORE,
		[MEZZO_ACTION_LOG_DIRTY] = PAGE_DUTY_LOG_DIRTY,
	};
	uint8_t all[MEZZO_BEFORE_MAX];
	unsigned int count = 0;

	memcpy(all, d->before_visible, sizeof(all));
	memset(d->before_visible, 0, sizeof(d->before_visible));
	for (unsigned int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && all[i]; i++) {
			bool first = replay_lacks(r, PAGE_DUTY_CLEAN_LAST) &&
				     all[i] == MEZZO_ACTION_CLEAN_INVALIDATE;

			if (first == (pass == 0) && !replay_lacks(r, (enum page_duty)duty[all[i]]))
				d->before_visible[count++] = all[i];
		}
	/* What is to be done too early is the replay's, not the engine's. */
	d->clean_after &= !replay_lacks(r, PAGE_DUTY_CLEAN_AFTER) &&
			  !replay_lacks(r, PAGE_DUTY_INVALID_FIRST);
	if (replay_lacks(r, PAGE_DUTY_ICACHE_AFTER) || replay_lacks(r, PAGE_DUTY_INVALID_FIRST))
		memset(d->after_invalid, 0, sizeof(d->after_invalid));
}

bool replay_entry_type(const struct check_answer *answer, uint8_t *type)
{
	static const uint8_t types[] = {
		[MEZZO_X86_UC] = MEZZO_X86_STAGE2_UC, [MEZZO_X86_WC] = MEZZO_X86_STAGE2_WC,
		[MEZZO_X86_WT] = MEZZO_X86_STAGE2_WT, [MEZZO_X86_WP] = MEZZO_X86_STAGE2_WP,
		[MEZZO_X86_WB] = MEZZO_X86_STAGE2_WB,
	};

	*type = answer->decision.type;
	if (!answer->history)
		return true;
	*type = types[answer->entry.type];
	if (!answer->entry.ignore_pat)
		return true;
	*type = answer->entry.type == MEZZO_X86_UC ? MEZZO_X86_STAGE2_UC_ONLY
						   : MEZZO_X86_STAGE2_WB_ONLY;
	return answer->entry.type == MEZZO_X86_UC || answer->entry.type == MEZZO_X86_WB;
}

static void decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	const struct check_policy *policy = running->run->policy;
	struct check_fault fault = {facts->fault.kind, facts->fault.access, facts->frame};
	struct check_answer answer = {0};

	if (policy->decide) {
		policy->decide(facts, out);
		leave_out(running, out);
		return;
	}
	if (running->asked_for_slot && policy->accepts(policy, &running->world, &answer)) {
		*out = (struct mezzo_decision){.outcome = MEZZO_GRANT};
		return;
	}
	policy->fault(policy, &running->world, &fault, &answer);
	*out = answer.decision;
	(void)replay_entry_type(&answer, &out->type);
	out->max_order = MEZZO_ORDER_4K;
}

static bool any_facts(const struct mezzo_facts *facts)
{
	(void)facts;
	return true;
}

void replay_make_arch(struct replay *r)
{
	r->arch = !replay_is_x86(r)                                     ? mezzo_arch_arm64
		  : r->world.field[CHECK_FIELD_ENGINE] == MEZZO_X86_EPT ? mezzo_arch_x86_ept
									: mezzo_arch_x86_npt;
	r->arch.decide = decide;
	r->arch.facts_valid = any_facts;
}
