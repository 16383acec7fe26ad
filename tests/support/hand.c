/* SPDX-License-Identifier: BSD-2-Clause */
#include "hand.h"

struct mezzo_model_config hand_plain(uint64_t seed)
{
	return (struct mezzo_model_config){
		.size = sizeof(struct mezzo_model_config),
		.seed = seed,
		.frames = HAND_FRAMES,
		.range = true,
		.machine = {.mte = true},
	};
}

struct mezzo_model_config hand_forced(uint64_t seed)
{
	struct mezzo_model_config config = hand_plain(seed);

	config.machine = (struct mezzo_arm64_machine){
		.fwb = true,
		.idc = true,
		.dic = true,
		.mte = true,
	};
	return config;
}

void hand_tables(struct hand *hand)
{
	hand->p->barrier(hand->p->ctx, MEZZO_BARRIER_TABLES);
}

void hand_complete(struct hand *hand)
{
	hand->p->barrier(hand->p->ctx, MEZZO_BARRIER_COMPLETE);
}

static uint64_t table_descriptor(const struct hand *hand, const uint64_t *table)
{
	return ((uint64_t)(uintptr_t)table - hand->p->table_offset) | HAND_PAGE;
}

void hand_open(struct hand *hand, const struct mezzo_model_config *config)
{
	struct mezzo_model_space space = {
		.vmid = HAND_VMID,
		.root_bytes = 4096,
		.start_level = 1,
		.mte = config->machine.mte,
	};

	hand->model = mezzo_model_create(config);
	assert_non_null(hand->model);
	hand->fwb = config->machine.fwb;
	hand->p = mezzo_model_platform(hand->model);
	hand->root = hand->p->table_alloc(hand->p->ctx, 4096);
	hand->level2 = hand->p->table_alloc(hand->p->ctx, 4096);
	hand->level3 = hand->p->table_alloc(hand->p->ctx, 4096);
	hand_tables(hand);
	hand->level2[0] = table_descriptor(hand, hand->level3);
	hand->root[0] = table_descriptor(hand, hand->level2);
	hand_tables(hand);
	space.root.addr = (uint64_t)(uintptr_t)hand->root - hand->p->table_offset;
	mezzo_model_bind(hand->model, 0, &space);
	assert_no_violation(hand);
}

void hand_close(struct hand *hand)
{
	mezzo_model_destroy(hand->model);
}

struct mezzo_pa hand_frame(unsigned int n)
{
	return (struct mezzo_pa){MEZZO_MODEL_FRAMES_PA + ((uint64_t)n << 12)};
}

void hand_place(struct hand *hand, unsigned int n, unsigned int alias, unsigned int content,
		enum mezzo_lines lines)
{
	struct mezzo_model_frames frames = {
		.pa = hand_frame(n),
		.pages = 1,
		.owners = 1,
		.alias = alias,
		.tag_storage = true,
		.state = {content & 1, content & 1, lines & 1},
	};

	mezzo_model_place(hand->model, &frames);
}

uint32_t hand_access(struct hand *hand, enum mezzo_model_access_kind kind, struct mezzo_ipa ipa,
		     enum mezzo_class stage1, struct mezzo_model_values *seen)
{
	struct mezzo_model_access access = {.ipa = ipa, .kind = kind, .stage1 = stage1};

	assert_int_equal(mezzo_model_access(hand->model, &access), MEZZO_MODEL_DONE);
	assert_no_violation(hand);
	if (seen)
		*seen = access.seen;
	return access.written;
}

bool hand_may_see(const struct mezzo_model_values *seen, uint32_t value)
{
	for (unsigned int i = 0; i < seen->count; i++)
		if (seen->value[i] == value)
			return true;
	return false;
}

uint64_t hand_guest_choice(const struct hand *hand)
{
	return HAND_MEMATTR(hand->fwb ? 0x7 : 0xf);
}

uint64_t hand_write_back(const struct hand *hand)
{
	return HAND_MEMATTR(hand->fwb ? 0x6 : 0xf);
}

void hand_set(struct hand *hand, uint64_t *entry, uint64_t desc)
{
	*entry = desc;
	hand_tables(hand);
}

void hand_break(struct hand *hand, uint64_t *entry, struct mezzo_ipa ipa, unsigned int level)
{
	hand_set(hand, entry, 0);
	hand->p->tlb_invalidate_entry(hand->p->ctx, HAND_VMID, ipa, level);
	hand_complete(hand);
	hand->p->tlb_invalidate_combined(hand->p->ctx, HAND_VMID);
	hand_complete(hand);
}
