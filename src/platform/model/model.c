/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine: made, bound to tables, unmade. */
#include "internal.h"

#include <stdlib.h>

uint32_t mezzo_model_random(struct mezzo_model *model, uint32_t below)
{
	/* xorshift64*, Vigna 2016 */
	model->random ^= model->random >> 12;
	model->random ^= model->random << 25;
	model->random ^= model->random >> 27;
	return (uint32_t)((model->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

static const struct format *const formats[] = {
	[MEZZO_MODEL_STAGE2] = &format_stage2,
	[MEZZO_MODEL_EPT] = &format_ept,
	[MEZZO_MODEL_NPT] = &format_npt,
};

struct mezzo_model *mezzo_model_create(const struct mezzo_model_config *config)
{
	struct mezzo_model *model = calloc(1, sizeof(*model));

	if (!model || config->size != sizeof(*config)) {
		free(model);
		return NULL;
	}
	model->config = *config;
	model->format = formats[config->format];
	/* Fetches find what was stored. */
	if (config->format != MEZZO_MODEL_STAGE2)
		model->config.machine = (struct mezzo_arm64_machine){.idc = true, .dic = true};
	model->random = config->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	model->frames = calloc(config->frames, sizeof(*model->frames));
	model->tlb = malloc(sizeof(*model->tlb));
	if (!model->frames || !model->tlb || !tables_create(model)) {
		mezzo_model_destroy(model);
		return NULL;
	}
	for (uint32_t i = 0; i < config->frames; i++)
		for (unsigned int j = 0; j < CELLS; j++)
			model->frames[i].cell[j].states = 1;
	tlb_create(model);
	platform_fill(model);
	return model;
}

void mezzo_model_destroy(struct mezzo_model *model)
{
	sched_destroy(model);
	tables_destroy(model);
	free(model->tlb);
	free(model->frames);
	free(model);
}

const struct mezzo_platform *mezzo_model_platform(struct mezzo_model *model)
{
	return &model->platform;
}

uint64_t mezzo_model_ops(const struct mezzo_model *model)
{
	return model->ops;
}

unsigned int mezzo_model_cpu(const struct mezzo_model *model)
{
	return model->cpu;
}

void mezzo_model_set_cpu(struct mezzo_model *model, unsigned int cpu)
{
	tables_look(model);
	model->cpu = cpu;
}

void mezzo_model_bind(struct mezzo_model *model, unsigned int space,
		      const struct mezzo_model_space *config)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		const struct translation *t = &model->tlb->entry[i];

		if (t->vmid == config->vmid && (t->stage2 || t->combined))
			mezzo_model_fail(model, MEZZO_MODEL_TLB_CONFLICT,
					 "VMID %u is used again while TLBs hold entries of it",
					 config->vmid);
	}
	model->space[space].used = true;
	model->space[space].config = *config;
	model->tables.changed = true;
	model->now++;
	tables_look(model);
}

void mezzo_model_unbind(struct mezzo_model *model, unsigned int space)
{
	struct op op = {
		.kind = MEZZO_MODEL_TLB_SPACE,
		.vmid = model->space[space].config.vmid,
	};

	model->space[space].used = false;
	model->tables.changed = true;
	model->now++;
	tables_look(model);
	op.issued = ++model->now;
	tlb_invalidate(model, &op);
}
