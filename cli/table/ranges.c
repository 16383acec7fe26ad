/* SPDX-License-Identifier: BSD-2-Clause */
/* PAT, MTRRs, and aliases of one page. */
#include "grid.h"

#include <stdio.h>

/* Every cell of the grid was read in one place. */
static void all_from(struct grid *grid, enum mezzo_source source)
{
	for (unsigned int i = 0; i < grid->rows; i++)
		for (unsigned int j = 0; j < grid->columns; j++)
			grid->cell[i][j].source = (uint8_t)source;
}

static void fill_pat(struct grid *grid)
{
	grid_column(grid, "PAT");
	grid_column(grid, "PCD");
	grid_column(grid, "PWT");
	grid_column(grid, "after reset");
	for (unsigned int i = 0; i < MEZZO_X86_PAT_ENTRIES; i++) {
		unsigned int row = grid_row(grid, "PA%u", i);

		grid_text(grid, row, 0, "%u", i >> 2);
		grid_text(grid, row, 1, "%u", i >> 1 & 1);
		grid_text(grid, row, 2, "%u", i & 1);
		grid_text(grid, row, 3, "%s",
			  mezzo_x86_type_name(mezzo_x86_pat_type(MEZZO_X86_PAT_RESET, i)));
	}
	all_from(grid, MEZZO_SOURCE_PAT);
}

static void fill_encodings(struct grid *grid)
{
	grid_column(grid, "type");
	grid_column(grid, "in a PAT entry");
	grid_column(grid, "in an MTRR");
	grid_column(grid, "in an EPT leaf");
	for (unsigned int i = 0; i < 8; i++) {
		bool pat = mezzo_x86_pat_valid(i), mtrr = pat && i != MEZZO_X86_UC_MINUS;
		unsigned int row = grid_row(grid, "%u", i);

		grid_text(grid, row, 0, "%s", mezzo_x86_type_name(i));
		grid_text(grid, row, 1, "%s", pat ? "valid" : "#GP");
		grid_text(grid, row, 2, "%s", mtrr ? "valid" : "#GP");
		grid_text(grid, row, 3, "%s", mtrr ? "valid" : "misconfiguration");
	}
	all_from(grid, MEZZO_SOURCE_PAT);
}

#define ENABLE (UINT64_C(1) << 11)
#define VALID (UINT64_C(1) << 11)

/* Two variable ranges over the same memory. */
static void fill_overlaps(struct grid *grid)
{
	for (unsigned int j = 0; j < sizeof(grid_mtrr); j++)
		grid_column(grid, "%s", mezzo_x86_type_name(grid_mtrr[j]));
	for (unsigned int i = 0; i < sizeof(grid_mtrr); i++) {
		unsigned int row = grid_row(grid, "%s", mezzo_x86_type_name(grid_mtrr[i]));

		for (unsigned int j = 0; j < sizeof(grid_mtrr); j++) {
			const struct mezzo_x86_mtrr mtrr = {
				.def_type = ENABLE | MEZZO_X86_WB,
				.variable = {{grid_mtrr[i], VALID}, {grid_mtrr[j], VALID}},
				.count = 2,
				.pa_bits = 40,
			};
			struct mezzo_x86_mtrr_run run = mezzo_x86_mtrr_at(&mtrr, 0);

			if (run.rule == MEZZO_X86_MTRR_UNDEFINED)
				grid_text(grid, row, j, "undefined");
			else
				grid_text(grid, row, j, "%s", mezzo_x86_type_name(run.type));
		}
	}
	all_from(grid, MEZZO_SOURCE_MTRR);
}

/* One write of each kind that faults, and one that does not. */
static void fill_writes(struct grid *grid)
{
	static const struct {
		uint32_t msr;
		uint64_t value;
		const char *what;
	} writes[] = {
		{0xfe, 0, "MTRRcap"},
		{0x2ff, 0xc06, "MTRRdefType: enabled, fixed ranges too, WB"},
		{0x2ff, 0xc07, "MTRRdefType: type 7"},
		{0x2ff, 0x1c06, "MTRRdefType: bit 12"},
		{0x250, UINT64_C(0x0606060606060606), "MTRRfix64K_00000: WB"},
		{0x250, UINT64_C(0x0606060602060606), "MTRRfix64K_00000: type 2"},
		{0x200, 0xc0000001, "MTRRphysBase0: WC at 3 GiB"},
		{0x200, 0xc0000102, "MTRRphysBase0: type 2"},
		{0x200, 0xc0000101, "MTRRphysBase0: bit 8"},
		{0x200, (UINT64_C(1) << 46) | 1, "MTRRphysBase0: bit 46 of 46"},
		{0x201, UINT64_C(0x3fffc0000800), "MTRRphysMask0: 1 GiB"},
		{0x201, UINT64_C(0x3fffc0000c00), "MTRRphysMask0: bit 10"},
		{0x201, UINT64_C(0x7fffc0000800), "MTRRphysMask0: bit 46 of 46"},
		{0x210, 0, "MTRRphysBase8 of eight"},
	};

	grid_column(grid, "value");
	grid_column(grid, "result");
	for (unsigned int i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct mezzo_x86_mtrr mtrr = {.count = 8, .pa_bits = 46};
		unsigned int row = grid_row(grid, "%s", writes[i].what);

		grid_text(grid, row, 0, "%#llx", (unsigned long long)writes[i].value);
		grid_text(grid, row, 1, "%s",
			  mezzo_x86_mtrr_fault_text(
				  mezzo_x86_mtrr_write(&mtrr, writes[i].msr, writes[i].value)));
	}
	all_from(grid, MEZZO_SOURCE_MTRR);
}

/* UC by the entry or an MTRR, and UC by the page, are two. */
static const struct {
	const char *name;
	struct mezzo_x86_cell cell;
} sides[] = {
	{"UC", {.type = MEZZO_X86_UC}},
	{"UC (page)", {.type = MEZZO_X86_UC, .snoops = true}},
	{"CD", {.type = MEZZO_X86_CD, .snoops = true}},
	{"WC", {.type = MEZZO_X86_WC}},
	{"WC+", {.type = MEZZO_X86_WC_PLUS, .snoops = true}},
	{"WP", {.type = MEZZO_X86_WP, .snoops = true}},
	{"WT", {.type = MEZZO_X86_WT, .snoops = true}},
	{"WB", {.type = MEZZO_X86_WB, .snoops = true}},
};
#define SIDES (sizeof(sides) / sizeof(sides[0]))

static void fill_aliases(struct grid *grid, bool self_snoop)
{
	for (unsigned int j = 0; j < SIDES; j++)
		grid_column(grid, "%s", sides[j].name);
	for (unsigned int i = 0; i < SIDES; i++) {
		unsigned int row = grid_row(grid, "%s", sides[i].name);

		for (unsigned int j = 0; j < SIDES; j++) {
			struct mezzo_x86_alias alias =
				mezzo_x86_alias(&sides[i].cell, &sides[j].cell, self_snoop);

			grid_text(grid, row, j, "%s", mezzo_x86_verdict_name(alias.verdict));
			grid->cell[row][j].source = alias.source;
		}
	}
}

static void fill_aliases_alone(struct grid *grid)
{
	fill_aliases(grid, false);
}

static void fill_aliases_snoop(struct grid *grid)
{
	fill_aliases(grid, true);
}

/* Each sentence once, in the order in which the table has them. */
static void fill_alias_words(struct grid *grid)
{
	const char *said[GRID_ROWS] = {NULL};

	grid_column(grid, "why");
	for (unsigned int i = 0; i < SIDES * SIDES * 2; i++) {
		struct mezzo_x86_alias alias = mezzo_x86_alias(&sides[i / 2 / SIDES].cell,
							       &sides[i / 2 % SIDES].cell, i % 2);
		unsigned int row = 0;

		while (row < grid->rows && said[row] != alias.sentence)
			row++;
		if (row < grid->rows)
			continue;
		said[row] = alias.sentence;
		grid_row(grid, "%s: %s, %s%s", mezzo_x86_verdict_name(alias.verdict),
			 sides[i / 2 / SIDES].name, sides[i / 2 % SIDES].name,
			 i % 2 ? ", self-snoop" : "");
		grid_text(grid, row, 0, "%s", alias.sentence);
		grid->cell[row][0].source = alias.source;
	}
}

const struct grid_table grid_ranges[] = {
	{"pat", "The page attribute table",
	 "Which entry of IA32_PAT a page selects: PWT is bit 3, PCD bit 4, PAT bit 7 of a 4 KiB leaf "
	 "and bit 12 of a larger one. Entries that point to a table, and CR3, have no PAT bit: they "
	 "select among PA0 to PA3 the type in which that table is read.",
	 "entry", fill_pat},
	{"encodings", "Encodings of types",
	 "What a register or an EPT leaf may hold. Any other value of a PAT entry or an MTRR's type "
	 "field, or a reserved bit, is a general protection fault.",
	 "value", fill_encodings},
	{"mtrr-overlaps", "MTRRs: where two variable ranges overlap",
	 "UC wins, WT wins over WB, and anything else is undefined; Mezzo takes it as UC and says so. "
	 "Below 1 MiB the fixed ranges win over all, if they are enabled. Where no range matches the "
	 "default type holds, and everything is UC while MTRRs are disabled.",
	 "one range, by the other", fill_overlaps},
	{"mtrr-writes", "MTRRs: which writes fault",
	 "Of a guest with eight variable ranges and 46 address bits. AMD's RdMem and WrMem bits in "
	 "fixed ranges are not there: they are reserved until the system enables them.",
	 "write", fill_writes},
	{"aliases", "Aliases of one page, without self-snoop",
	 "May host and guest reach one page so? \"UC\" is by an MTRR or an entry, \"UC (page)\" what "
	 "page tables ask for.",
	 "host, by guest", fill_aliases_alone},
	{"aliases-self-snoop", "Aliases of one page, with self-snoop",
	 "CPUID.01H:EDX.SS: accesses of any type look into the processor's own caches.",
	 "host, by guest", fill_aliases_snoop},
	{"alias-reasons", "Why aliases are judged so", "One pair of each kind.",
	 "verdict, host, guest", fill_alias_words},
	{NULL, NULL, NULL, NULL, NULL},
};
