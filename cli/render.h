/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H
/*
 * Output: text for people in columns, JSON by jansson.
 *
 * Colour only on a terminal, and never when NO_COLOR is set. Lines are as wide as the terminal,
 * at most 100 columns; 80 where there is no terminal (or what COLUMNS says).
 */
#include <jansson.h>
#include <mezzo/decide.h>
#include <stdbool.h>

enum render_colour {
	RENDER_PLAIN,
	RENDER_GOOD,
	RENDER_BAD,
	RENDER_CAUTION,
	RENDER_HEADING,
};

unsigned int render_width(void);

/* A heading on a line of its own, after an empty line unless it is the first output. */
void render_heading(const char *text);
/* As printf, in a colour. */
void render_in(enum render_colour colour, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Paragraphs (separated by empty lines, broken to the width) behind @indent spaces. */
void render_paragraphs(const char *text, unsigned int indent);

/*
 * A table of up to RENDER_COLUMNS columns. The last column is broken to what is left of the
 * width; a cell may be empty. Rows are printed by render_end. Cells are copied.
 */
#define RENDER_COLUMNS 10
struct render_table;
struct render_table *render_begin(const char *const *headings, unsigned int columns);
void render_row(struct render_table *table, enum render_colour colour,
		const char *const cells[RENDER_COLUMNS]);
void render_end(struct render_table *table);

/* Two columns, name and text. */
void render_pair(struct render_table *table, enum render_colour colour, const char *name,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Prints, frees, and ends with a line feed. */
void render_json(json_t *root);

/* "4K", "2M", "1G". */
const char *render_order(unsigned int order);
/* "rwx", "r--". */
const char *render_permissions(bool read, bool write, bool exec);
/* "device, normal-nc" from a set of enum mezzo_class, into @text. */
const char *render_classes(unsigned int set, char *text, size_t size);
/* "zero, clean-invalidate", "none" from a list that ends with MEZZO_ACTION_NONE or at @max. */
const char *render_actions(const uint8_t *actions, unsigned int max, char *text, size_t size);

#endif
