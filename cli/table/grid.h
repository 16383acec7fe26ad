/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_TABLE_GRID_H
#define CLI_TABLE_GRID_H
/*
 * Tables of effective types and of what follows from them, as `mezzo table` prints them and as
 * docs/memory-types.md holds them. Every cell is computed by the functions that the engine uses;
 * none is written down twice.
 */
#include <mezzo/x86.h>

#define GRID_ROWS 40
#define GRID_COLUMNS 9
#define GRID_TEXT 320

struct grid_cell {
	char text[GRID_TEXT];
	uint8_t source;          /* enum mezzo_source; MEZZO_SOURCES: the note says where from */
	bool formerly_undefined; /* by older manuals */
};

struct grid {
	unsigned int rows, columns;
	char row[GRID_ROWS][64];
	char column[GRID_COLUMNS][32];
	struct grid_cell cell[GRID_ROWS][GRID_COLUMNS];
};

/* A table: what it is called, what it says, and how it is computed. */
struct grid_table {
	const char *name;   /* "intel" */
	const char *title;  /* a heading */
	const char *note;   /* paragraphs: how to read it, where it comes from */
	const char *corner; /* what the rows are, and the columns */
	void (*fill)(struct grid *grid);
};

/* Each ends with a NULL name. */
extern const struct grid_table grid_types[];   /* hardware: how types combine (types.c) */
extern const struct grid_table grid_ranges[];  /* PAT, MTRRs and aliases (ranges.c) */
extern const struct grid_table grid_rules[];   /* what Mezzo's rules make of it (rules.c) */
extern const struct grid_table grid_history[]; /* KVM by year, and sources (history.c) */

/* The next row or column, named. Returns its index. */
unsigned int grid_row(struct grid *grid, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
unsigned int grid_column(struct grid *grid, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A cell whose source the note tells. */
void grid_text(struct grid *grid, unsigned int row, unsigned int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void grid_type(struct grid *grid, unsigned int row, unsigned int column,
	       const struct mezzo_x86_cell *cell);

/* The six types of PAT entries and the five of MTRRs, in the manuals' order. */
extern const uint8_t grid_pat[6], grid_mtrr[5];

#endif
