/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo table: every table of memory types, as text, JSON and Markdown. */
#include "answer.h"
#include "render.h"
#include "table/grid.h"

#include <string.h>

enum table_option {
	TABLE_MARKDOWN,
	TABLE_JSON,
	TABLE_OPTIONS
};

static const struct cli_option options[TABLE_OPTIONS + 1] = {
	[TABLE_MARKDOWN] = {"markdown", NULL, NULL, CLI_FLAG,
			    "As Markdown; all of them are docs/memory-types.md", NULL},
	[TABLE_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

/* Sections, in the order in which a reader needs them. */
static const struct {
	const char *title, *words;
	const struct grid_table *tables;
} sections[] = {
	{"What a guest gets",
	 "Look up the declaration and the processor: that is the entry, or the reason why there is "
	 "none. Then look up the entry by the type that the guest's own page asks for, in the tables of "
	 "EPT, NPT or arm64 below: that is the type its accesses have.",
	 grid_rules},
	{"How types combine",
	 "What the hardware makes of two types. MTRR x PAT on Intel is compared with Bochs by a test "
	 "(tests/oracle). What EPT entries, the ignore-PAT bit, nested PAT and guest PAT give has no "
	 "executable judge: no emulator applies them. arm64's combination is compared with QEMU.",
	 grid_types},
	{"Registers and aliases", "What decides on a machine before any hypervisor does.",
	 grid_ranges},
	{"History and sources", "What others did, and where all this was read.", grid_history},
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/* The @n-th table of all; NULL: there are fewer. */
static const struct grid_table *table_at(unsigned int n)
{
	for (unsigned int i = 0; i < SECTIONS; i++)
		for (const struct grid_table *table = sections[i].tables; table->name; table++)
			if (n-- == 0)
				return table;
	return NULL;
}

static const char *table_word(unsigned int i, const void *arg)
{
	const struct grid_table *table = table_at(i);

	(void)arg;
	return table ? table->name : NULL;
}

static const struct grid *compute(const struct grid_table *table)
{
	static struct grid grid;

	memset(&grid, 0, sizeof(grid));
	table->fill(&grid);
	return &grid;
}

/* The sources of a table's cells, each once, in order. Returns how many there are. */
static unsigned int sources_of(const struct grid *grid, uint8_t sources[MEZZO_SOURCES])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < grid->rows; i++)
		for (unsigned int j = 0; j < grid->columns; j++) {
			uint8_t source = grid->cell[i][j].source;

			if (source < MEZZO_SOURCES && !memchr(sources, source, count))
				sources[count++] = source;
		}
	return count;
}

/* The letter of a source where a table has several, behind what it is the source of. */
static const char *letter_of(uint8_t source, const uint8_t *sources, unsigned int count, char *text,
			     size_t size)
{
	const uint8_t *at = memchr(sources, source, count);

	text[0] = '\0';
	if (count > 1 && at)
		snprintf(text, size, " [%c]", (char)('a' + (at - sources)));
	return text;
}

static bool row_has_one_source(const struct grid *grid, unsigned int row)
{
	for (unsigned int j = 1; j < grid->columns; j++)
		if (grid->cell[row][j].source != grid->cell[row][0].source)
			return false;
	return true;
}

/* A row's name; its cells' source is marked once where it is the same. */
static const char *row_name(const struct grid *grid, unsigned int row, const uint8_t *sources,
			    unsigned int count, char *text, size_t size)
{
	char letter[8] = "";

	if (row_has_one_source(grid, row))
		letter_of(grid->cell[row][0].source, sources, count, letter, sizeof(letter));
	snprintf(text, size, "%s%s", grid->row[row], letter);
	return text;
}

/* A cell with its marks: * for what was undefined, its source's letter, UNVERIFIED. */
static const char *cell_text(const struct grid *grid, unsigned int row, unsigned int column,
			     const uint8_t *sources, unsigned int count, char *text, size_t size)
{
	const struct grid_cell *cell = &grid->cell[row][column];
	bool known = cell->source < MEZZO_SOURCES;
	bool unverified =
		known && mezzo_source_text(cell->source)->standing == MEZZO_STANDING_UNVERIFIED;
	char letter[8] = "";

	if (!row_has_one_source(grid, row))
		letter_of(cell->source, sources, count, letter, sizeof(letter));
	snprintf(text, size, "%s%s%s%s", cell->text, cell->formerly_undefined ? " *" : "", letter,
		 unverified ? " UNVERIFIED" : "");
	return text;
}

static bool has_formerly_undefined(const struct grid *grid)
{
	for (unsigned int i = 0; i < grid->rows; i++)
		for (unsigned int j = 0; j < grid->columns; j++)
			if (grid->cell[i][j].formerly_undefined)
				return true;
	return false;
}

#define FORMERLY "* undefined by older manuals: processors may differ."

/* "Source: a SDM EPT (agreed); b ..." into @text. */
static void source_line(const uint8_t *sources, unsigned int count, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "Source: ");

	for (unsigned int i = 0; i < count; i++) {
		const struct mezzo_source_text *source = mezzo_source_text(sources[i]);
		char letter[8] = "";

		if (count > 1)
			snprintf(letter, sizeof(letter), "[%c] ", (char)('a' + i));
		used += (size_t)snprintf(text + used, size - used, "%s%s%s (%s)", i ? "; " : "",
					 letter, source->name,
					 mezzo_standing_name(source->standing));
	}
	snprintf(text + used, size - used, ".");
}

/* --- text ---------------------------------------------------------------------------------- */

static void text_table(const struct grid_table *table, bool one)
{
	const struct grid *grid = compute(table);
	const char *headings[RENDER_COLUMNS] = {table->corner};
	uint8_t sources[MEZZO_SOURCES];
	unsigned int count = sources_of(grid, sources);
	struct render_table *t;
	char text[1024];

	render_heading(table->title);
	render_paragraphs(table->note, 2);
	putchar('\n');
	for (unsigned int j = 0; j < grid->columns; j++)
		headings[j + 1] = grid->column[j];
	t = render_begin(headings, grid->columns + 1);
	for (unsigned int i = 0; i < grid->rows; i++) {
		char name[80], buffer[GRID_COLUMNS][GRID_TEXT + 32];
		const char *cells[RENDER_COLUMNS] = {
			row_name(grid, i, sources, count, name, sizeof(name))};

		for (unsigned int j = 0; j < grid->columns; j++)
			cells[j + 1] =
				cell_text(grid, i, j, sources, count, buffer[j], sizeof(buffer[j]));
		render_row(t, RENDER_PLAIN, cells);
	}
	render_end(t);
	if (has_formerly_undefined(grid))
		render_paragraphs(FORMERLY, 2);
	if (count) {
		source_line(sources, count, text, sizeof(text));
		render_paragraphs(text, 2);
	}
	snprintf(text, sizeof(text), "Alone: mezzo table %s", table->name);
	if (!one)
		render_paragraphs(text, 2);
}

/* --- Markdown ------------------------------------------------------------------------------- */

static void markdown_row(const struct grid *grid, unsigned int row, const uint8_t *sources,
			 unsigned int count)
{
	char text[GRID_TEXT + 32];

	printf("| %s |", row_name(grid, row, sources, count, text, sizeof(text)));
	for (unsigned int j = 0; j < grid->columns; j++)
		printf(" %s |", cell_text(grid, row, j, sources, count, text, sizeof(text)));
	putchar('\n');
}

static void markdown_table(const struct grid_table *table)
{
	const struct grid *grid = compute(table);
	uint8_t sources[MEZZO_SOURCES];
	unsigned int count = sources_of(grid, sources);
	char text[1024];

	printf("### %s\n%s\n\n| %s |", table->title, table->note, table->corner);
	for (unsigned int j = 0; j < grid->columns; j++)
		printf(" %s |", grid->column[j]);
	printf("\n|");
	for (unsigned int j = 0; j <= grid->columns; j++)
		printf("---|");
	putchar('\n');
	for (unsigned int i = 0; i < grid->rows; i++)
		markdown_row(grid, i, sources, count);
	putchar('\n');
	if (has_formerly_undefined(grid))
		printf("\\%s ", FORMERLY);
	if (count) {
		source_line(sources, count, text, sizeof(text));
		printf("%s ", text);
	}
	printf("`mezzo table %s`\n\n", table->name);
}

static void markdown_all(void)
{
	printf("<!-- Made by `mezzo table --markdown`: do not edit. A test compares. -->\n"
	       "# Memory types\n"
	       "What a guest gets, for every declaration, processor and choice of its own, and why. The "
	       "rules in words are\nin docs/policy.md. Every cell is computed by the functions that "
	       "the engine uses, and carries its source.\n\n");
	for (unsigned int i = 0; i < SECTIONS; i++) {
		printf("## %s\n%s\n\n", sections[i].title, sections[i].words);
		for (const struct grid_table *table = sections[i].tables; table->name; table++)
			markdown_table(table);
	}
}

/* --- JSON ----------------------------------------------------------------------------------- */

static json_t *json_source(uint8_t source)
{
	const struct mezzo_source_text *text = mezzo_source_text(source);
	json_t *o;

	if (source >= MEZZO_SOURCES)
		return json_null();
	o = json_object();
	json_object_set_new(o, "name", json_string(text->name));
	json_object_set_new(o, "text", json_string(text->text));
	json_object_set_new(o, "standing",
			    json_string(mezzo_standing_name((enum mezzo_standing)text->standing)));
	return o;
}

static json_t *json_row(const struct grid *grid, unsigned int row)
{
	json_t *o = json_object(), *cells = json_array();

	json_object_set_new(o, "name", json_string(grid->row[row]));
	for (unsigned int j = 0; j < grid->columns; j++) {
		const struct grid_cell *cell = &grid->cell[row][j];
		json_t *c = json_object();

		json_object_set_new(c, "text", json_string(cell->text));
		json_object_set_new(c, "source", json_source(cell->source));
		json_object_set_new(c, "formerly_undefined",
				    json_boolean(cell->formerly_undefined));
		json_array_append_new(cells, c);
	}
	json_object_set_new(o, "cells", cells);
	return o;
}

static json_t *json_table(const struct grid_table *table)
{
	const struct grid *grid = compute(table);
	json_t *o = json_object(), *columns = json_array(), *rows = json_array();

	json_object_set_new(o, "name", json_string(table->name));
	json_object_set_new(o, "title", json_string(table->title));
	json_object_set_new(o, "note", json_string(table->note));
	json_object_set_new(o, "corner", json_string(table->corner));
	for (unsigned int j = 0; j < grid->columns; j++)
		json_array_append_new(columns, json_string(grid->column[j]));
	for (unsigned int i = 0; i < grid->rows; i++)
		json_array_append_new(rows, json_row(grid, i));
	json_object_set_new(o, "columns", columns);
	json_object_set_new(o, "rows", rows);
	return o;
}

/* --- command --------------------------------------------------------------------------------- */

static void print(const struct cli_args *args, const struct grid_table *one)
{
	json_t *root, *tables;

	if (args->given[TABLE_MARKDOWN]) {
		if (one)
			markdown_table(one);
		else
			markdown_all();
		return;
	}
	if (!args->given[TABLE_JSON]) {
		for (unsigned int i = 0; table_at(i); i++)
			if (!one || one == table_at(i))
				text_table(table_at(i), one);
		return;
	}
	root = json_object();
	tables = json_array();
	for (unsigned int i = 0; table_at(i); i++)
		if (!one || one == table_at(i))
			json_array_append_new(tables, json_table(table_at(i)));
	json_object_set_new(root, "command", json_string("table"));
	json_object_set_new(root, "tables", tables);
	render_json(root);
}

static int run(const struct cli_args *args)
{
	unsigned int i = 0;

	if (args->given[TABLE_MARKDOWN] && args->given[TABLE_JSON])
		return cli_usage(&cli_table, "--markdown and --json exclude each other");
	if (!args->operand) {
		print(args, NULL);
		return CLI_YES;
	}
	while (table_at(i) && strcmp(table_at(i)->name, args->operand) != 0)
		i++;
	if (!table_at(i))
		return cli_unknown(&cli_table, "table", "", args->operand, table_word, NULL);
	print(args, table_at(i));
	return CLI_YES;
}

static const struct cli_example examples[] = {
	{"table npt", "what a guest on AMD gets, for every entry, MTRR and PAT type"},
	{"table x86-unsnooped", "what declarations become beside a device that does not snoop"},
	{NULL, NULL},
};

const struct cli_command cli_table = {
	.name = "table",
	.operand = "NAME",
	.operand_optional = true,
	.operand_word = table_word,
	.summary = "the tables of memory types: what combines to what, and where it was read",
	.description =
		"Prints what the rules make of every declaration, how memory types combine on Intel,\n"
		"AMD and Arm, which PAT and MTRR values are valid, which aliases of a page are legal,\n"
		"and what KVM did by year. Every cell is computed by the functions that the engine\n"
		"uses, and says where it was read. Without a name it prints all of them.",
	.options = options,
	.examples = examples,
	.run = run,
};
