/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64: stage 2 and FWB decide which of a guest's accesses go through the cache. */
#include "check/machines/page_state.h"

static void place(const struct check_world *world, const struct page_model *model,
		  struct page_place *p)
{
	const uint8_t *f = world->field;

	(void)model;
	p->ways = 2;
	p->means_cached = WAY_BIT(WAY_CACHED);
	p->fetch_needs_cache = true;
	p->fwb = f[CHECK_FIELD_FWB];
	p->idc = f[CHECK_FIELD_IDC];
	p->dic = f[CHECK_FIELD_DIC];
}

static void entry(const struct check_world *world, const struct check_answer *answer,
		  struct page_grant *g)
{
	static const enum mezzo_arm64_type stage1[] = {
		[WAY_UNCACHED] = MEZZO_ARM64_nGnRE,
		[WAY_CACHED] = MEZZO_ARM64_WB,
	};
	enum mezzo_arm64_stage2 type = (enum mezzo_arm64_stage2)answer->decision.type;
	bool fwb = world->field[CHECK_FIELD_FWB];

	for (unsigned int way = 0; way < 2; way++)
		if (mezzo_arm64_class(mezzo_arm64_combine(stage1[way], type, fwb)) ==
		    MEZZO_CLASS_WB)
			g->through |= (uint8_t)WAY_BIT(way);
	g->reach = (uint8_t)mezzo_arm64_reachable(type, fwb);
}

static const struct page_arch arch = {
	.accesses = MEZZO_ACCESS_KINDS,
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
	 CHECK_BIT(CHECK_S3_NO_TAG_LEAK) | CHECK_BIT(CHECK_S3Z_TAGS_SURVIVE) |                     \
	 CHECK_BIT(CHECK_S4_NO_HOST_CRASH) | CHECK_BIT(CHECK_S5_NO_EXTERNAL_ABORT) |               \
	 CHECK_BIT(CHECK_S6_NO_MACHINE_CHECK) | CHECK_BIT(CHECK_S7_OWN_WRITE_KEPT) |               \
	 CHECK_BIT(CHECK_S7B_SET_WAY) | CHECK_BIT(CHECK_S7Z_DATA_SURVIVE) |                        \
	 CHECK_BIT(CHECK_S8_SHARED_SEEN) | CHECK_BIT(CHECK_S8X_COPY_OUT) |                         \
	 CHECK_BIT(CHECK_S9O_DMA_OUT) | CHECK_BIT(CHECK_S9I_DMA_IN) |                              \
	 CHECK_BIT(CHECK_S10_DIRTY_LOG) | CHECK_BIT(CHECK_S10D_DIRTY_LOG_DMA) |                    \
	 CHECK_BIT(CHECK_S11_RESET_IMAGE) | CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) |                  \
	 CHECK_BIT(CHECK_S17_NO_WIDENING) | CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL) |                  \
	 CHECK_BIT(CHECK_L4_INTENT_HONOURED))

const struct check_subject arm64_subject = {
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
_Static_assert(sizeof(struct page_model) <= CHECK_MODEL_BYTES, "a model fits a judge's room");
