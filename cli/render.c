/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for people: width, colour, paragraphs, tables. */
#include "render.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MAX 100
#define WIDTH_MIN 40
#define WIDTH_PIPE 80

static bool coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static const char *sequence(enum render_colour colour)
{
	static const char *const name[] = {
		[RENDER_PLAIN] = NULL,        [RENDER_GOOD] = "\033[32m",
		[RENDER_BAD] = "\033[31m",    [RENDER_CAUTION] = "\033[33m",
		[RENDER_HEADING] = "\033[1m",
	};

	return coloured() ? name[colour] : NULL;
}

unsigned int render_width(void)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize window;

	if (!width && isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
		width = window.ws_col;
	if (!width)
		width = WIDTH_PIPE;
	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	return width < WIDTH_MIN ? WIDTH_MIN : (unsigned int)width;
}

void render_heading(const char *text)
{
	static bool printed;
	const char *on = sequence(RENDER_HEADING);

	printf("%s%s%s%s\n", printed ? "\n" : "", on ? on : "", text, on ? "\033[0m" : "");
	printed = true;
}

void render_in(enum render_colour colour, const char *format, ...)
{
	const char *on = sequence(colour);
	va_list args;

	fputs(on ? on : "", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fputs(on ? "\033[0m" : "", stdout);
}

/* Copy @text with spaces turned into line feeds so that no line is wider than @width. */
static char *broken(const char *text, unsigned int width)
{
	char *copy = strdup(text), *line = copy, *space = NULL;

	for (char *p = copy; p && *p; p++) {
		if (*p == '\n') {
			line = p + 1;
			space = NULL;
			continue;
		}
		if (*p == ' ')
			space = p;
		if ((unsigned int)(p - line) >= width && space) {
			*space = '\n';
			line = space + 1;
			space = NULL;
			p = line - 1;
		}
	}
	return copy;
}

void render_paragraphs(const char *text, unsigned int indent)
{
	char *copy = broken(text, render_width() - indent), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		printf("%*s%s\n", *line ? (int)indent : 0, "", line);
	free(copy);
}

struct render_table {
	struct libscols_table *table;
	unsigned int columns;
	unsigned int rows;
	char ***cell; /* rows of columns */
	enum render_colour *colour;
	char heading[RENDER_COLUMNS][64];
	bool has_headings;
};

static void *checked(void *memory)
{
	if (!memory) {
		fprintf(stderr, "mezzo: out of memory\n");
		exit(2);
	}
	return memory;
}

struct render_table *render_begin(const char *const *headings, unsigned int columns)
{
	struct render_table *t = checked(calloc(1, sizeof(*t)));

	t->columns = columns;
	t->has_headings = headings;
	for (unsigned int i = 0; i < columns; i++)
		snprintf(t->heading[i], sizeof(t->heading[i]), "%s%s", i ? "" : "  ",
			 headings ? headings[i] : "");
	return t;
}

void render_row(struct render_table *t, enum render_colour colour,
		const char *const cells[RENDER_COLUMNS])
{
	char **row = checked(calloc(t->columns, sizeof(*row)));

	t->cell = checked(reallocarray(t->cell, t->rows + 1, sizeof(*t->cell)));
	t->colour = checked(reallocarray(t->colour, t->rows + 1, sizeof(*t->colour)));
	for (unsigned int i = 0; i < t->columns; i++) {
		/* Tables stand two spaces behind the heading above them. */
		int length = asprintf(&row[i], "%s%s", i ? "" : "  ", cells[i] ? cells[i] : "");

		checked(length < 0 ? NULL : row[i]);
	}
	t->cell[t->rows] = row;
	t->colour[t->rows++] = colour;
}

void render_pair(struct render_table *t, enum render_colour colour, const char *name,
		 const char *format, ...)
{
	const char *cells[RENDER_COLUMNS] = {name};
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	cells[1] = checked(text);
	render_row(t, colour, cells);
	free(text);
}

static unsigned int natural_width(const struct render_table *t, unsigned int column)
{
	size_t widest = strlen(t->heading[column]);

	for (unsigned int r = 0; r < t->rows; r++)
		if (strlen(t->cell[r][column]) > widest)
			widest = strlen(t->cell[r][column]);
	return (unsigned int)widest;
}

#define LAST_COLUMN_MIN 24

/*
 * The last column gets what the others leave. Where that is too little, all but the first, which
 * holds names, get the same.
 */
static void limit_columns(const struct render_table *t, unsigned int limit[RENDER_COLUMNS])
{
	unsigned int last = t->columns - 1, left = render_width() - 1, room;

	for (unsigned int c = 0; c < last; c++) {
		limit[c] = natural_width(t, c);
		left -= limit[c] + 2 < left ? limit[c] + 2 : left;
	}
	limit[last] = left;
	if (left >= LAST_COLUMN_MIN || last == 0 || natural_width(t, last) <= left)
		return;
	room = render_width() > limit[0] + 3 * last ? render_width() - limit[0] - 3 * last : 1;
	for (unsigned int c = 1; c <= last; c++)
		limit[c] = room / last;
}

/* Columns that a text takes on a terminal: bytes that continue a UTF-8 character take none. */
static unsigned int text_width(const char *text, size_t bytes)
{
	unsigned int width = 0;

	for (size_t i = 0; i < bytes; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* The column that is coloured: the second; the first is a name. */
#define COLOURED_COLUMN 1

static void print_cell(const char *text, size_t bytes, unsigned int pad, const char *colour)
{
	if (colour && bytes)
		printf("%s%.*s\033[0m", colour, (int)bytes, text);
	else
		printf("%.*s", (int)bytes, text);
	printf("%*s", (int)pad, "");
}

/* One row: its cells are broken already, and each goes on in its own column. */
static void print_row(const struct render_table *t, char *const *cells, enum render_colour colour,
		      const unsigned int width[RENDER_COLUMNS])
{
	const char *rest[RENDER_COLUMNS];
	bool more = true;

	for (unsigned int c = 0; c < RENDER_COLUMNS; c++)
		rest[c] = c < t->columns ? cells[c] : "";
	while (more) {
		unsigned int pad = 0;

		more = false;
		for (unsigned int c = 0; c < t->columns; c++) {
			size_t bytes = strcspn(rest[c], "\n");

			if (bytes) {
				print_cell("", 0, pad, NULL);
				print_cell(rest[c], bytes, 0,
					   c == COLOURED_COLUMN ? sequence(colour) : NULL);
				pad = 0;
			}
			pad += width[c] - text_width(rest[c], bytes) + 2;
			rest[c] += bytes;
			if (*rest[c]) {
				rest[c]++;
				more = true;
			}
		}
		putchar('\n');
	}
}

static void free_row(const struct render_table *t, char **cells)
{
	for (unsigned int c = 0; c < t->columns; c++)
		free(cells[c]);
	free(cells);
}

/* Breaks every cell to its column's limit; a column is as wide as its widest line. */
static void break_cells(struct render_table *t, unsigned int width[RENDER_COLUMNS])
{
	unsigned int limit[RENDER_COLUMNS];

	limit_columns(t, limit);
	for (unsigned int c = 0; c < t->columns; c++)
		width[c] = t->has_headings ? (unsigned int)strlen(t->heading[c]) : 0;
	for (unsigned int r = 0; r < t->rows; r++) {
		for (unsigned int c = 0; c < t->columns; c++) {
			char *text = checked(broken(t->cell[r][c], limit[c]));

			free(t->cell[r][c]);
			t->cell[r][c] = text;
			for (const char *p = text; *p; p += *p == '\n') {
				size_t bytes = strcspn(p, "\n");

				if (text_width(p, bytes) > width[c])
					width[c] = text_width(p, bytes);
				p += bytes;
			}
		}
	}
}

void render_end(struct render_table *t)
{
	unsigned int width[RENDER_COLUMNS] = {0};
	char *headings[RENDER_COLUMNS];

	break_cells(t, width);
	for (unsigned int c = 0; c < RENDER_COLUMNS; c++)
		headings[c] = t->heading[c];
	if (t->has_headings)
		print_row(t, headings, RENDER_PLAIN, width);
	for (unsigned int r = 0; r < t->rows; r++) {
		print_row(t, t->cell[r], t->colour[r], width);
		free_row(t, t->cell[r]);
	}
	free(t->cell);
	free(t->colour);
	free(t);
}

const char *render_order(unsigned int order)
{
	return order >= MEZZO_ORDER_1G ? "1G" : order >= MEZZO_ORDER_2M ? "2M" : "4K";
}

const char *render_permissions(bool read, bool write, bool exec)
{
	static const char *const text[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};

	return text[read | write << 1 | exec << 2];
}

static void append(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? ", " : "", word);
}

const char *render_classes(unsigned int set, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned int one = MEZZO_CLASS_DEVICE; one <= MEZZO_CLASS_WB; one <<= 1)
		if (set & one)
			append(text, size, mezzo_class_name((enum mezzo_class)one));
	return text;
}

const char *render_actions(const uint8_t *actions, unsigned int max, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned int i = 0; i < max && actions[i] != MEZZO_ACTION_NONE; i++)
		append(text, size, mezzo_action_name((enum mezzo_action)actions[i]));
	return text[0] ? text : "none";
}

void render_json(json_t *root)
{
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(root);
}
