/* SPDX-License-Identifier: BSD-2-Clause */
/* How types combine in hardware: Intel, AMD, Arm. */
#include "grid.h"

#include <stdarg.h>
#include <stdio.h>

const uint8_t grid_pat[6] = {MEZZO_X86_UC, MEZZO_X86_UC_MINUS, MEZZO_X86_WC,
			     MEZZO_X86_WP, MEZZO_X86_WT,       MEZZO_X86_WB};
const uint8_t grid_mtrr[5] = {MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WP, MEZZO_X86_WT, MEZZO_X86_WB};

unsigned int grid_row(struct grid *grid, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(grid->row[grid->rows], sizeof(grid->row[0]), format, args);
	va_end(args);
	return grid->rows++;
}

unsigned int grid_column(struct grid *grid, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(grid->column[grid->columns], sizeof(grid->column[0]), format, args);
	va_end(args);
	return grid->columns++;
}

void grid_text(struct grid *grid, unsigned int row, unsigned int column, const char *format, ...)
{
	struct grid_cell *cell = &grid->cell[row][column];
	va_list args;

	va_start(args, format);
	vsnprintf(cell->text, sizeof(cell->text), format, args);
	va_end(args);
	cell->source = MEZZO_SOURCES;
}

void grid_type(struct grid *grid, unsigned int row, unsigned int column,
	       const struct mezzo_x86_cell *cell)
{
	struct grid_cell *to = &grid->cell[row][column];

	/* UC is not always the same: see the tables of Intel. */
	snprintf(to->text, sizeof(to->text), "%s%s", mezzo_x86_type_name(cell->type),
		 cell->type == MEZZO_X86_UC && cell->snoops ? " (page)" : "");
	to->source = cell->source;
	to->formerly_undefined = cell->formerly_undefined;
}

static void pat_columns(struct grid *grid)
{
	for (unsigned int i = 0; i < sizeof(grid_pat); i++)
		grid_column(grid, "%s", mezzo_x86_type_name(grid_pat[i]));
}

static void fill_intel(struct grid *grid)
{
	pat_columns(grid);
	for (unsigned int i = 0; i < sizeof(grid_mtrr); i++) {
		unsigned int row = grid_row(grid, "%s", mezzo_x86_type_name(grid_mtrr[i]));

		for (unsigned int j = 0; j < sizeof(grid_pat); j++) {
			struct mezzo_x86_cell cell =
				mezzo_x86_combine_intel(grid_mtrr[i], grid_pat[j]);

			grid_type(grid, row, j, &cell);
		}
	}
}

static void fill_ept(struct grid *grid)
{
	pat_columns(grid);
	for (unsigned int type = 0; type < MEZZO_X86_STAGE2_TYPES; type++) {
		unsigned int row = grid_row(grid, "%s", mezzo_x86_stage2_name(type));

		for (unsigned int j = 0; j < sizeof(grid_pat); j++) {
			const struct mezzo_x86_access access = {
				.engine = MEZZO_X86_EPT,
				.stage2 = (uint8_t)type,
				.guest_pat = grid_pat[j],
			};
			struct mezzo_x86_cell cell = mezzo_x86_effective(&access);

			grid_type(grid, row, j, &cell);
		}
	}
}

static void fill_nested(struct grid *grid)
{
	pat_columns(grid);
	for (unsigned int i = 0; i < sizeof(grid_pat); i++) {
		unsigned int row = grid_row(grid, "%s", mezzo_x86_type_name(grid_pat[i]));

		for (unsigned int j = 0; j < sizeof(grid_pat); j++) {
			struct mezzo_x86_cell cell =
				mezzo_x86_combine_nested(grid_pat[i], grid_pat[j]);

			grid_type(grid, row, j, &cell);
		}
	}
}

static void fill_amd(struct grid *grid)
{
	static const uint8_t rows[] = {MEZZO_X86_UC,      MEZZO_X86_UC_MINUS, MEZZO_X86_WC,
				       MEZZO_X86_WC_PLUS, MEZZO_X86_WP,       MEZZO_X86_WT,
				       MEZZO_X86_WB};

	for (unsigned int j = 0; j < sizeof(grid_mtrr); j++)
		grid_column(grid, "%s", mezzo_x86_type_name(grid_mtrr[j]));
	for (unsigned int i = 0; i < sizeof(rows); i++) {
		unsigned int row = grid_row(grid, "%s", mezzo_x86_type_name(rows[i]));

		for (unsigned int j = 0; j < sizeof(grid_mtrr); j++) {
			struct mezzo_x86_cell cell = mezzo_x86_combine_amd(rows[i], grid_mtrr[j]);

			grid_type(grid, row, j, &cell);
		}
	}
}

static void npt_row(struct grid *grid, unsigned int type, uint8_t mtrr, bool cr0_cd)
{
	unsigned int row = grid_row(grid, "%s, MTRR %s%s", mezzo_x86_stage2_name(type),
				    mezzo_x86_type_name(mtrr), cr0_cd ? ", CR0.CD" : "");

	for (unsigned int j = 0; j < sizeof(grid_pat); j++) {
		const struct mezzo_x86_access access = {
			.engine = MEZZO_X86_NPT,
			.stage2 = (uint8_t)type,
			.guest_pat = grid_pat[j],
			.host_mtrr = mtrr,
			.cr0_cd = cr0_cd,
		};
		struct mezzo_x86_cell cell = mezzo_x86_effective(&access);

		grid_type(grid, row, j, &cell);
	}
}

static void fill_npt(struct grid *grid)
{
	pat_columns(grid);
	for (unsigned int type = MEZZO_X86_STAGE2_UC; type <= MEZZO_X86_STAGE2_WB; type++)
		for (unsigned int i = 0; i < sizeof(grid_mtrr); i++)
			npt_row(grid, type, grid_mtrr[i], false);
}

static void fill_cr0_cd(struct grid *grid)
{
	pat_columns(grid);
	for (unsigned int i = 0; i < sizeof(grid_mtrr); i++)
		npt_row(grid, MEZZO_X86_STAGE2_WB, grid_mtrr[i], true);
}

static void fill_arm64(struct grid *grid, bool fwb)
{
	for (unsigned int type = 0; type < MEZZO_ARM64_TYPES; type++)
		grid_column(grid, "%s", mezzo_arm64_type_name(type));
	for (unsigned int type = 0; type < MEZZO_STAGE2_TYPES; type++) {
		unsigned int row = grid_row(grid, "%s", mezzo_arm64_stage2_name(type));

		for (unsigned int j = 0; j < MEZZO_ARM64_TYPES; j++) {
			grid_text(grid, row, j, "%s",
				  mezzo_arm64_type_name(mezzo_arm64_combine(j, type, fwb)));
			grid->cell[row][j].source =
				fwb ? MEZZO_SOURCE_ARM_FWB : MEZZO_SOURCE_ARM_COMBINE;
		}
	}
}

static void fill_arm64_plain(struct grid *grid)
{
	fill_arm64(grid, false);
}

static void fill_arm64_fwb(struct grid *grid)
{
	fill_arm64(grid, true);
}

const struct grid_table grid_types[] = {
	{"intel", "Intel: MTRR or EPT type, and PAT",
	 "The type of an access to memory of an MTRR type through a page whose PAT entry has a type. "
	 "The same table holds under EPT, with the entry's type in place of the MTRR's, as long as "
	 "the entry does not ignore the PAT; the host's MTRRs then have no part.\n\n"
	 "\"UC (page)\" is UC that the page asks for where the row is not UC: the memory may be in a "
	 "cache under another mapping, and the processor looks there. Plain UC does not look.",
	 "MTRR or EPT type, by PAT type", fill_intel},
	{"ept", "EPT: what an entry of Mezzo's gives a guest",
	 "\"only\" is the ignore-PAT bit. UC alone lets the guest's PAT reach WC: so registers need "
	 "uc-only. CR0.CD of the guest has no effect, because VM entry does not load it.",
	 "entry, by the guest's PAT type", fill_ept},
	{"amd-nested", "AMD: guest PAT and nested PAT",
	 "The first step under NPT: the guest's PAT type and that of the nested entry, which selects "
	 "from the host's PAT register. There is no way to ignore the guest's.",
	 "guest PAT type, by nested PAT type", fill_nested},
	{"amd-mtrr", "AMD: PAT and MTRR",
	 "The second step under NPT, and all there is without it: the type from the step before, and "
	 "the host's MTRRs by system-physical address. CD is uncached, but the caches are looked into "
	 "first; WC+ is write combining that looks into all caches.",
	 "PAT type, by host MTRR type", fill_amd},
	{"npt", "NPT: what an entry of Mezzo's gives a guest",
	 "Both steps. RAM has MTRR WB; a BAR usually UC. uc-only and wb-only are not there: the "
	 "guest's PAT always counts.",
	 "entry and host MTRR, by the guest's PAT type", fill_npt},
	{"npt-cr0-cd", "NPT: a guest with CR0.CD = 1",
	 "Either CR0.CD, the guest's or the host's, disables caching: what is cacheable becomes CD. "
	 "Shown for an entry that says WB.",
	 "entry and host MTRR, by the guest's PAT type", fill_cr0_cd},
	{"arm64", "arm64: stage 2 and stage 1, without FEAT_S2FWB",
	 "The stronger of the two. normal-wb and guest-choice are encoded alike.",
	 "stage 2, by stage 1", fill_arm64_plain},
	{"arm64-fwb", "arm64: stage 2 and stage 1, with FEAT_S2FWB",
	 "normal-wb forces write-back; guest-choice leaves stage 1 alone.", "stage 2, by stage 1",
	 fill_arm64_fwb},
	{NULL, NULL, NULL, NULL, NULL},
};
