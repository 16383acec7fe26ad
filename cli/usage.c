/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage errors: what was wrong, what would be accepted, and the nearest spelling. */
#include "cli.h"

#include <stdarg.h>
#include <string.h>

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Levenshtein distance; long words are as far apart as they are long. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[64];
	size_t m = strlen(a), n = strlen(b);

	if (n >= sizeof(row) / sizeof(row[0]))
		return (unsigned int)(m > n ? m : n);
	for (unsigned int j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= m; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= n; j++) {
			unsigned int above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *cli_nearest_word(const char *got, cli_word_fn *word, const void *arg)
{
	const char *nearest = NULL;
	size_t length = strlen(got);
	unsigned int best = (unsigned int)(length / 2 < 4 ? length / 2 : 4) + 1;

	for (unsigned int i = 0; word(i, arg); i++) {
		const char *candidate = word(i, arg);
		unsigned int far = distance(got, candidate);

		/* What was begun right is nearest: "excl" means "exclusive". */
		if (length >= 3 && strncmp(got, candidate, length) == 0)
			far = 0;
		if (far < best) {
			best = far;
			nearest = candidate;
		}
	}
	return nearest;
}

static int see_help(const struct cli_command *command)
{
	if (command)
		fprintf(stderr, "See: mezzo help %s\n", command->name);
	else
		fprintf(stderr, "See: mezzo help\n");
	return CLI_USAGE;
}

int cli_unknown(const struct cli_command *command, const char *what, const char *prefix,
		const char *got, cli_word_fn *word, const void *arg)
{
	const char *nearest = cli_nearest_word(got, word, arg);
	size_t column = strlen("Accepted:");

	fprintf(stderr, "mezzo%s%s: unknown %s '%s%s'", command ? " " : "",
		command ? command->name : "", what, prefix, got);
	if (nearest)
		fprintf(stderr, "; did you mean '%s%s'?", prefix, nearest);
	fprintf(stderr, "\nAccepted:");
	for (unsigned int i = 0; word(i, arg); i++) {
		size_t width = strlen(word(i, arg)) + strlen(prefix) + 1;

		if (column + width > 78) {
			fprintf(stderr, "\n         ");
			column = strlen("Accepted:");
		}
		fprintf(stderr, " %s%s", prefix, word(i, arg));
		column += width;
	}
	fputc('\n', stderr);
	return see_help(command);
}

int cli_usage(const struct cli_command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "mezzo %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return see_help(command);
}
