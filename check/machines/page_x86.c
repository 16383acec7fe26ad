/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86: EPT or NPT, the guest's PAT and the host's MTRRs decide whether an access goes through the
 * cache, looks into it first, or goes past it. The tables are the library's (src/policy/x86_types.c).
 */
#include "check/machines/page_state.h"

#include <mezzo/x86.h>

static const enum mezzo_x86_type pat[WAYS] = {
	[WAY_UNCACHED] = MEZZO_X86_UC,
	[WAY_CACHED] = MEZZO_X86_WB,
	[WAY_WC] = MEZZO_X86_WC,
};

/* What the guest takes its accesses for: under G1 its PAT says it, else its MTRRs and CR0.CD too. */
static void place(const struct check_world *world, const struct page_model *model,
		  struct page_place *p)
{
	const uint8_t *f = world->field;
	enum mezzo_x86_type mtrr = check_mtrr_type((enum check_mtrr)f[CHECK_FIELD_GUEST_MTRR]);

	p->x86 = true;
	p->ways = WAYS;
	p->idc = true;
	p->dic = true;
	for (unsigned int way = 0; way < WAYS; way++) {
		enum mezzo_x86_type meant = pat[way];

		if (doubted(model, CHECK_G1_PAT_IS_INTENT))
			meant = f[CHECK_FIELD_GUEST_CD]
					? MEZZO_X86_UC
					: (enum mezzo_x86_type)mezzo_x86_combine_intel(mtrr, meant)
						  .type;
		if (mezzo_x86_class(meant) == MEZZO_CLASS_WB)
			p->means_cached |= (uint8_t)WAY_BIT(way);
	}
}

static struct mezzo_x86_cell effective(const struct check_world *world,
				       const struct check_answer *answer, enum mezzo_x86_type guest)
{
	const uint8_t *f = world->field;
	enum mezzo_x86_type host = f[CHECK_FIELD_MMIO] ? MEZZO_X86_UC : MEZZO_X86_WB;
	const struct mezzo_x86_access access = {
		.engine = f[CHECK_FIELD_ENGINE],
		.stage2 = answer->decision.type,
		.guest_pat = (uint8_t)guest,
		.host_mtrr = (uint8_t)host,
		.cr0_cd = f[CHECK_FIELD_GUEST_CD],
	};

	if (answer->history)
		return x86_history_effective(answer->history, &answer->entry, guest, host);
	return mezzo_x86_effective(&access);
}

static void entry(const struct check_world *world, const struct check_answer *answer,
		  struct page_grant *g)
{
	static const enum mezzo_x86_type all[] = {MEZZO_X86_UC, MEZZO_X86_UC_MINUS, MEZZO_X86_WC,
						  MEZZO_X86_WT, MEZZO_X86_WP,       MEZZO_X86_WB};
	const uint8_t *f = world->field;
	bool self_snoop = f[CHECK_FIELD_ENGINE] == MEZZO_X86_EPT && f[CHECK_FIELD_SELF_SNOOP];

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		g->reach |= (uint8_t)mezzo_x86_class(
			(enum mezzo_x86_type)effective(world, answer, all[i]).type);
	for (unsigned int way = 0; way < WAYS; way++) {
		struct mezzo_x86_cell cell = effective(world, answer, pat[way]);

		if (mezzo_x86_class((enum mezzo_x86_type)cell.type) == MEZZO_CLASS_WB)
			g->through |= (uint8_t)WAY_BIT(way);
		else if (cell.snoops || self_snoop)
			g->looks |= (uint8_t)WAY_BIT(way);
	}
	if (answer->history)
		g->type = answer->entry.type;
}

static const struct page_arch arch = {
	.accesses = MEZZO_ACCESS_WALK_WRITE + 1,
	.place = place,
	.entry = entry,
};

static bool compile(const struct check_policy *policy, const struct check_world world[2],
		    enum check_kind kind, const struct check_change *change, void *model)
{
	return page_compile(&arch, policy, world, kind, change, model);
}

#define JUDGES                                                                                     \
	(CHECK_BIT(CHECK_S1_NO_LEAK) | CHECK_BIT(CHECK_S1D_NO_LEAK_DMA) |                          \
	 CHECK_BIT(CHECK_S2_NO_STALE_EXEC) | CHECK_BIT(CHECK_S2B_OWN_CODE) |                       \
	 CHECK_BIT(CHECK_S4_NO_HOST_CRASH) | CHECK_BIT(CHECK_S6_NO_MACHINE_CHECK) |                \
	 CHECK_BIT(CHECK_S7_OWN_WRITE_KEPT) | CHECK_BIT(CHECK_S7Z_DATA_SURVIVE) |                  \
	 CHECK_BIT(CHECK_S8_SHARED_SEEN) | CHECK_BIT(CHECK_S8X_COPY_OUT) |                         \
	 CHECK_BIT(CHECK_S9O_DMA_OUT) | CHECK_BIT(CHECK_S9I_DMA_IN) |                              \
	 CHECK_BIT(CHECK_S10_DIRTY_LOG) | CHECK_BIT(CHECK_S10D_DIRTY_LOG_DMA) |                    \
	 CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) | CHECK_BIT(CHECK_S17_NO_WIDENING) |                  \
	 CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL) | CHECK_BIT(CHECK_L4_INTENT_HONOURED))

const struct check_subject x86_subject = {
	.machine = &page_machine,
	.model_bytes = (sizeof(struct page_model) + 7) / 8 * 8,
	.judges = JUDGES,
	.duties = page_duties,
	.duties_count = PAGE_DUTIES,
	.compile = compile,
	.retell = page_retell,
	.tell = page_tell,
	.actor = page_actor,
	.cells = page_cells,
};
