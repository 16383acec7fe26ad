/* SPDX-License-Identifier: BSD-2-Clause */
/* What Mezzo's rules make of declarations: the very functions decide. */
#include "grid.h"

#include <stdio.h>

static const struct {
	const char *name;
	uint8_t aliases, allow;
} declarations[] = {
	{"DEVICE", MEZZO_ALIASES_DEVICE, MEZZO_CLASS_DEVICE},
	{"device, NC or WC tolerated", MEZZO_ALIASES_DEVICE, MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC},
	{"COMBINING", MEZZO_ALIASES_UNCACHED, MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC},
	{"CACHED", MEZZO_ALIASES_CACHED, MEZZO_CLASS_WB},
	{"cached, everything allowed", MEZZO_ALIASES_CACHED, MEZZO_CLASS_ALL},
	{"EXCLUSIVE", MEZZO_ALIASES_NONE, MEZZO_CLASS_ALL},
	{"exclusive, WB only", MEZZO_ALIASES_NONE, MEZZO_CLASS_WB},
};
#define DECLARATIONS (sizeof(declarations) / sizeof(declarations[0]))

/* A slot of such memory, before its first access; lines of it may be in caches where they can. */
static struct mezzo_facts facts_of(unsigned int declaration)
{
	bool device = !(declarations[declaration].allow & MEZZO_CLASS_WB);

	return (struct mezzo_facts){
		.memory =
			{
				.aliases = declarations[declaration].aliases,
				.allow = declarations[declaration].allow,
				.maintenance =
					device ? MEZZO_MAINTENANCE_NONE : MEZZO_MAINTENANCE_WINDOW,
				.writable = true,
				.max_order = MEZZO_ORDER_1G,
			},
		.frame = {.lines = device ? MEZZO_LINES_CLEAN : MEZZO_LINES_MAYBE},
	};
}

static void decision_cell(struct grid *grid, unsigned int row, unsigned int column,
			  const struct mezzo_decision *d, const char *type)
{
	bool before = d->before_visible[0] == MEZZO_ACTION_CLEAN_INVALIDATE;
	bool after = d->clean_after;

	if (d->outcome == MEZZO_REFUSE)
		grid_text(grid, row, column, "refused: %s", mezzo_reason(d->reason)->name);
	else
		grid_text(grid, row, column, "%s (%s)%s", type, mezzo_reason(d->reason)->name,
			  before && after ? ", clean before, after"
			  : before        ? ", clean before"
			  : after         ? ", clean after"
					  : "");
}

static void fill_x86(struct grid *grid, enum mezzo_dma dma)
{
	static const struct {
		const char *name;
		struct mezzo_x86_machine machine;
	} machines[] = {
		{"EPT", {MEZZO_X86_EPT, false}},
		{"EPT, self-snoop", {MEZZO_X86_EPT, true}},
		{"NPT", {MEZZO_X86_NPT, true}},
	};

	for (unsigned int j = 0; j < 3; j++)
		grid_column(grid, "%s", machines[j].name);
	for (unsigned int i = 0; i < DECLARATIONS; i++) {
		unsigned int row = grid_row(grid, "%s", declarations[i].name);

		for (unsigned int j = 0; j < 3; j++) {
			struct mezzo_facts facts = facts_of(i);
			struct mezzo_decision d;

			facts.machine.x86 = machines[j].machine;
			facts.memory.dma = (uint8_t)dma;
			mezzo_x86_decide(&facts, &d);
			decision_cell(grid, row, j, &d, mezzo_x86_stage2_name(d.type));
		}
	}
}

static void fill_x86_coherent(struct grid *grid)
{
	fill_x86(grid, MEZZO_DMA_NONE);
}

static void fill_x86_unsnooped(struct grid *grid)
{
	fill_x86(grid, MEZZO_DMA_UNSNOOPED);
}

/* The guest's MTRRs, where they are honoured. */
static void fill_mtrr(struct grid *grid)
{
	for (unsigned int j = 0; j < sizeof(grid_mtrr); j++)
		grid_column(grid, "%s", mezzo_x86_type_name(grid_mtrr[j]));
	for (unsigned int i = 0; i < DECLARATIONS; i++) {
		unsigned int row = grid_row(grid, "%s", declarations[i].name);

		for (unsigned int j = 0; j < sizeof(grid_mtrr); j++) {
			struct mezzo_facts facts = facts_of(i);
			struct mezzo_decision d;

			facts.machine.x86 = (struct mezzo_x86_machine){MEZZO_X86_EPT, true};
			facts.guest.x86.honour_mtrr = true;
			facts.guest.x86.mtrr = grid_mtrr[j];
			mezzo_x86_decide(&facts, &d);
			grid_text(grid, row, j, "%s", mezzo_x86_stage2_name(d.type));
		}
	}
}

static void fill_arm64(struct grid *grid)
{
	static const struct {
		const char *name;
		bool fwb;
		uint8_t dma;
	} columns[] = {
		{"FWB", true, MEZZO_DMA_NONE},
		{"no FWB", false, MEZZO_DMA_NONE},
		{"FWB, unsnooped device", true, MEZZO_DMA_UNSNOOPED},
		{"no FWB, unsnooped device", false, MEZZO_DMA_UNSNOOPED},
	};

	for (unsigned int j = 0; j < 4; j++)
		grid_column(grid, "%s", columns[j].name);
	for (unsigned int i = 0; i < DECLARATIONS; i++) {
		unsigned int row = grid_row(grid, "%s", declarations[i].name);

		for (unsigned int j = 0; j < 4; j++) {
			struct mezzo_facts facts = facts_of(i);
			struct mezzo_decision d;

			facts.machine.arm64.fwb = facts.machine.arm64.idc = columns[j].fwb;
			facts.memory.dma = columns[j].dma;
			mezzo_arm64_decide(&facts, &d);
			decision_cell(grid, row, j, &d, mezzo_arm64_stage2_name(d.type));
		}
	}
}

/* Why: what the cells above name. */
static void fill_reasons(struct grid *grid)
{
	grid_column(grid, "why");
	grid_column(grid, "source");
	for (unsigned int reason = 0; reason < MEZZO_REASONS; reason++) {
		enum mezzo_reason_group group = mezzo_reason_group(reason);
		unsigned int row;

		if (group != MEZZO_REASON_GRANT && group != MEZZO_REASON_REFUSE)
			continue;
		row = grid_row(grid, "%s", mezzo_reason(reason)->name);
		grid_text(grid, row, 0, "%s", mezzo_reason(reason)->sentence);
		grid_text(grid, row, 1, "%s", mezzo_reason(reason)->source);
	}
}

#define HOW                                                                                            \
	"The entry that a slot of such memory gets and the reason, or why it is refused. Memory that " \
	"may be write-back has maintenance window and lines that may be in caches; the other none, "   \
	"and clean lines. Clean before, after: lines are cleaned and invalidated before an entry is "  \
	"visible and after it is gone."

const struct grid_table grid_rules[] = {
	{"x86", "x86: what a declaration becomes", HOW " Devices snoop, or there are none.",
	 "declared, by processor", fill_x86_coherent},
	{"x86-unsnooped", "x86: what a declaration becomes beside a device that does not snoop",
	 "The same with dma unsnooped.", "declared, by processor", fill_x86_unsnooped},
	{"x86-mtrr", "x86: the guest's MTRRs, where they are honoured",
	 "Under EPT with self-snoop, with honour-mtrr. Where they are ignored, which is the default, "
	 "every row is its last column. CR0.CD = 1 counts as UC under EPT; under NPT it acts by "
	 "itself.",
	 "declared, by the guest's MTRR type", fill_mtrr},
	{"arm64-rule", "arm64: what a declaration becomes", HOW, "declared, by processor",
	 fill_arm64},
	{"reasons", "Why",
	 "Every reason of a grant or a refusal; mezzo reason NAME tells what would happen otherwise and "
	 "what to change.",
	 "reason", fill_reasons},
	{NULL, NULL, NULL, NULL, NULL},
};
