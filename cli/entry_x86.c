/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry that a grant makes, bit by bit: the engine's own tables are asked for one, at guest and
 * machine address 0, on a platform that only counts.
 */
#include "answer.h"
#include "render.h"

#include <mezzo/arch.h>
#include <mezzo/platform_hosted.h>
#include <stdatomic.h>
#include <string.h>

/* The host's PAT, as Linux has it: WB WC UC- UC WB WP UC- WT. */
#define HOST_PAT UINT64_C(0x0407050600070106)

struct bit {
	uint8_t shift, width;
	const char *name;
	bool page_only, block_only;
};

static const struct bit ept_bits[] = {
	{0, 1, "read", false, false},
	{1, 1, "write", false, false},
	{2, 1, "execute", false, false},
	{3, 3, "type", false, false},
	{6, 1, "ignore PAT", false, false},
	{7, 1, "leaf", false, true},
	{8, 1, "accessed", false, false},
	{9, 1, "dirty", false, false},
	{10, 1, "user execute", false, false},
	{52, 1, "clean after (software)", false, false},
	{54, 1, "user execute (software)", false, false},
	{63, 1, "suppress #VE", false, false},
};

static const struct bit npt_bits[] = {
	{0, 1, "present", false, false},
	{1, 1, "write", false, false},
	{2, 1, "user", false, false},
	{3, 1, "PWT", false, false},
	{4, 1, "PCD", false, false},
	{5, 1, "accessed", false, false},
	{6, 1, "dirty", false, false},
	{7, 1, "PAT", true, false},
	{7, 1, "leaf", false, true},
	{12, 1, "PAT", false, true},
	{52, 1, "clean after (software)", false, false},
	{53, 1, "PAT (software)", false, false},
	{54, 1, "leaf (software)", false, false},
	{63, 1, "no execute", false, false},
};

/* The largest leaf up to @order that either format has. */
static unsigned int leaf_order(unsigned int order)
{
	return order >= MEZZO_ORDER_1G   ? MEZZO_ORDER_1G
	       : order >= MEZZO_ORDER_2M ? MEZZO_ORDER_2M
					 : MEZZO_ORDER_4K;
}

bool x86_entry(const struct question *q, const struct mezzo_decision *decision, uint64_t *entry,
	       unsigned int *order)
{
	const bool ept = q->arch == ARCH_X86_EPT;
	const struct mezzo_table_ops *ops = ept ? &mezzo_ept_ops : &mezzo_npt_ops;
	const struct mezzo_attr attr = mezzo_attr_of(decision);
	struct mezzo_stock stock = {.count = 0};
	struct mezzo_hosted hosted;
	struct mezzo_table table;
	struct mezzo_claim claim;
	struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &hosted.platform,
		.ipa_bits = 39,
		.pa_bits = 39,
		.x86 = {.levels = 4, .host_pat = HOST_PAT},
		.features = {.leaf_1g = true},
	};
	bool done;

	if (decision->outcome != MEZZO_GRANT || mezzo_hosted_init(&hosted, NULL) ||
	    ops->init(&table, &config))
		return false;
	*order = leaf_order(decision->max_order);
	done = !ops->stock_fill(&table, &stock) &&
	       !ops->map(&table, &stock, (struct mezzo_ipa){0}, (struct mezzo_pa){0}, *order,
			 &attr) &&
	       !ops->hold(&table, (struct mezzo_ipa){0}, &claim);
	if (done) {
		ops->abandon(&table, &claim);
		*entry = atomic_load(claim.entry);
	}
	ops->stock_drain(&table, &stock);
	ops->fini(&table);
	return done;
}

/* "read, write, type 6, accessed", of what is set. */
void x86_entry_text(const struct question *q, uint64_t entry, unsigned int order, char *text,
		    size_t size)
{
	const bool ept = q->arch == ARCH_X86_EPT;
	const struct bit *bits = ept ? ept_bits : npt_bits;
	const size_t count = ept ? sizeof(ept_bits) / sizeof(ept_bits[0])
				 : sizeof(npt_bits) / sizeof(npt_bits[0]);
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct bit *bit = &bits[i];
		const uint64_t value = entry >> bit->shift & ((UINT64_C(1) << bit->width) - 1);
		const bool typed = bit->width > 1;

		if ((bit->page_only && order) || (bit->block_only && !order) || (!value && !typed))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 bit->name);
		if (typed)
			used += (size_t)snprintf(text + used, size - used, " %u (%s)",
						 (unsigned int)value,
						 mezzo_x86_type_name((unsigned int)value));
	}
}
