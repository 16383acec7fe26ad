/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM by year; and where everything was read. */
#include "grid.h"

#include "check/policies/x86_history.h"
#include <string.h>

static const struct {
	const char *name;
	uint8_t allow, dma, mtrr;
	bool self_snoop, cr0_cd;
} cases[] = {
	{"device memory", MEZZO_CLASS_DEVICE, MEZZO_DMA_NONE, MEZZO_X86_UC, true, false},
	{"device memory, guest MTRR WB", MEZZO_CLASS_DEVICE, MEZZO_DMA_NONE, MEZZO_X86_WB, true,
	 false},
	{"RAM", MEZZO_CLASS_WB, MEZZO_DMA_NONE, MEZZO_X86_WB, true, false},
	{"RAM, guest MTRR UC", MEZZO_CLASS_WB, MEZZO_DMA_NONE, MEZZO_X86_UC, true, false},
	{"RAM, no self-snoop", MEZZO_CLASS_WB, MEZZO_DMA_NONE, MEZZO_X86_WB, false, false},
	{"RAM, non-coherent DMA", MEZZO_CLASS_WB, MEZZO_DMA_UNSNOOPED, MEZZO_X86_WB, true, false},
	{"RAM, non-coherent DMA, guest MTRR UC", MEZZO_CLASS_WB, MEZZO_DMA_UNSNOOPED, MEZZO_X86_UC,
	 true, false},
	{"RAM, non-coherent DMA, CR0.CD = 1", MEZZO_CLASS_WB, MEZZO_DMA_UNSNOOPED, MEZZO_X86_WB,
	 true, true},
};

static void fill_kvm(struct grid *grid)
{
	for (unsigned int j = 0; j < X86_HISTORIES; j++)
		grid_column(grid, "%s", x86_histories[j].name + strlen("kvm-"));
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mezzo_facts facts = {
			.memory = {.allow = cases[i].allow, .dma = cases[i].dma},
			.machine.x86.self_snoop = cases[i].self_snoop,
			.guest.x86 = {.mtrr = cases[i].mtrr, .cr0_cd = cases[i].cr0_cd},
		};
		unsigned int row = grid_row(grid, "%s", cases[i].name);

		for (unsigned int j = 0; j < X86_HISTORIES; j++) {
			struct x86_history_entry entry = x86_histories[j].entry(&facts);

			grid_text(grid, row, j, "%s%s", mezzo_x86_type_name(entry.type),
				  entry.ignore_pat ? ", PAT ignored" : "");
		}
	}
}

static void fill_versions(struct grid *grid)
{
	grid_column(grid, "Linux");
	grid_column(grid, "what it does");
	grid_column(grid, "read in");
	for (unsigned int i = 0; i < X86_HISTORIES; i++) {
		const struct x86_history *history = &x86_histories[i];
		unsigned int row = grid_row(grid, "%s", history->name);

		grid_text(grid, row, 0, "%s", history->years);
		grid_text(grid, row, 1, "%s", history->summary);
		grid_text(grid, row, 2, "%s%s", history->source,
			  history->reconstruction ? " (reconstructed)" : "");
	}
}

static void fill_sources(struct grid *grid)
{
	grid_column(grid, "standing");
	grid_column(grid, "read in");
	for (unsigned int i = 0; i < MEZZO_SOURCES; i++) {
		const struct mezzo_source_text *text = mezzo_source_text(i);
		unsigned int row = grid_row(grid, "%s", text->name);

		grid_text(grid, row, 0, "%s", mezzo_standing_name(text->standing));
		grid_text(grid, row, 1, "%s", text->text);
	}
}

const struct grid_table grid_history[] = {
	{"kvm", "KVM on x86, by year",
	 "What KVM put into the entry: its type, and whether the guest's PAT was ignored. None of "
	 "them flushes before a map or after an unmap.",
	 "memory, by policy", fill_kvm},
	{"kvm-versions", "Which KVM that was",
	 "--policy NAME of mezzo explain shows one beside Mezzo. Reconstructed ones were made from "
	 "commit messages and mails.",
	 "policy", fill_versions},
	{"sources", "Sources",
	 "agreed: stated by the manual, read in texts that agree. one text: stated by the manual, read "
	 "in one text. measured: read in a program's source and measured on another. inferred: "
	 "concluded, stated by no manual. UNVERIFIED: from memory.",
	 "source", fill_sources},
	{NULL, NULL, NULL, NULL, NULL},
};
