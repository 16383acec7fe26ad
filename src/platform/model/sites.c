/* SPDX-License-Identifier: BSD-2-Clause */
/* Call sites of the platform's operations, and the one that is mutated. */
#include "internal.h"

enum mezzo_model_mutation_kind sites_visit(struct mezzo_model *model, enum mezzo_model_op op,
					   const void *address, size_t *number)
{
	const struct mezzo_model_mutation *mutation = &model->config.mutation;
	struct sites *sites = &model->sites;
	struct mezzo_model_site *site;
	size_t i = 0;

	while (i < sites->count && (sites->site[i].address != address || sites->site[i].op != op))
		i++;
	*number = i;
	if (i == SITES) {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many call sites");
		return MEZZO_MODEL_FAITHFUL;
	}
	site = &sites->site[i];
	if (i == sites->count) {
		*site = (struct mezzo_model_site){.address = address, .op = op};
		sites->count++;
	}
	site->calls++;
	if (mutation->address != address || mutation->op != op ||
	    (mutation->nth && mutation->nth != site->calls))
		return MEZZO_MODEL_FAITHFUL;
	return mutation->kind;
}

const struct mezzo_model_site *mezzo_model_sites(const struct mezzo_model *model, size_t *count)
{
	*count = model->sites.count;
	return model->sites.site;
}
