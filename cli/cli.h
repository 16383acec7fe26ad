/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * The command's own grammar, as data. One table of subcommands, each with a table of its options
 * and their values, is all there is: parsing, help, usage errors, the manual page and the shells'
 * completions are made from it (parse.c, help.c, man.c, completion.c).
 *
 * Exit status of every subcommand: 0 yes, 1 no (refused, refuted, wrong, incompatible), 2 usage or
 * could not look.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_exit {
	CLI_YES = 0,
	CLI_NO = 1,
	CLI_USAGE = 2,
};

/* One word that an option accepts. A table of them ends with a NULL name. */
struct cli_value {
	const char *name;
	const char *help; /* NULL: the name says it */
};

enum cli_kind {
	CLI_FLAG, /* --json */
	CLI_ONE,  /* --lines VALUE: one of the values */
	CLI_LIST, /* --cpu LIST: some of the values, separated by commas */
	/* --cpu LIST|FILE: a word with a dot or a slash, or "live", is text instead */
	CLI_LIST_OR_FILE,
	CLI_MAYBE, /* --read-only[=VALUE]: a flag that may say more */
	CLI_TEXT,  /* --root PATH: any word; shells complete it with the names of files */
};

/* One option. A table of them ends with a NULL name; an option is known by its index. */
struct cli_option {
	const char *name; /* without the dashes */
	const char *metavar;
	const struct cli_value *values;
	enum cli_kind kind;
	const char *help;
	const char *unstated; /* what holds when it is not given; NULL for flags */
};

static inline bool cli_is_list(const struct cli_option *option)
{
	return option->kind == CLI_LIST || option->kind == CLI_LIST_OR_FILE;
}

#define CLI_OPTIONS_MAX 32
#define CLI_VALUES_MAX 64
#define CLI_OPERANDS_MAX 2

/*
 * What the user said; of an option given twice, the last. `one` is an index into the option's
 * table of values, `set` a set of such indices.
 */
struct cli_args {
	bool given[CLI_OPTIONS_MAX];
	uint64_t set[CLI_OPTIONS_MAX];     /* CLI_LIST */
	unsigned int one[CLI_OPTIONS_MAX]; /* CLI_ONE, CLI_MAYBE */
	const char *text[CLI_OPTIONS_MAX]; /* CLI_TEXT */
	const char *operand;               /* the first; NULL: none */
	const char *operands[CLI_OPERANDS_MAX];
	unsigned int operand_count;
};

struct cli_example {
	const char *command; /* without "mezzo " */
	const char *shows;
};

/* A list of words: the @i-th, NULL after the last. */
typedef const char *cli_word_fn(unsigned int i, const void *arg);

struct cli_command {
	const char *name;
	const char *operand; /* metavar: "NAME", "A B"; NULL: it takes none */
	bool operand_optional;
	unsigned int operands_max;          /* 0: as 1 */
	cli_word_fn *operand_word;          /* the words it may be; NULL: the names of files */
	const char *summary;                /* one line */
	const char *description;            /* paragraphs, separated by empty lines */
	const struct cli_option *options;   /* NULL: none */
	const struct cli_example *examples; /* ends with a NULL command; NULL: none */
	bool hidden;                        /* for developers: in no list */
	int (*run)(const struct cli_args *args);
};

extern const struct cli_command cli_explain, cli_reason, cli_table, cli_replay, cli_check,
	cli_audit, cli_capture, cli_compat, cli_probe, cli_completion, cli_debates, cli_man;

/* Every command, in the order in which help lists them; ends with NULL. */
extern const struct cli_command *const cli_commands[];
extern const char cli_summary[];

/**
 * cli_parse() - words to arguments, after the option and value tables of @command
 * @argc, @argv: the words after the subcommand's name
 *
 * Prints what was wrong, what would be accepted and the nearest spelling on standard error and
 * returns CLI_USAGE; or 0; or -1 when help was asked for and printed.
 */
int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args);

/*
 * "unknown WHAT 'PREFIXgot'", the nearest of the words, and all of them, on standard error.
 * Returns CLI_USAGE.
 */
int cli_unknown(const struct cli_command *command, const char *what, const char *prefix,
		const char *got, cli_word_fn *word, const void *arg);
/* A usage error in a sentence. Returns CLI_USAGE. */
int cli_usage(const struct cli_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The word nearest to @got by edits, or NULL when none is near. */
const char *cli_nearest_word(const char *got, cli_word_fn *word, const void *arg);

void cli_help(FILE *out);
void cli_help_command(FILE *out, const struct cli_command *command);
/* "--maintenance METHOD", "--read-only[=WHAT]", "--json" */
void cli_option_synopsis(const struct cli_option *option, char *text, size_t size);

#endif
