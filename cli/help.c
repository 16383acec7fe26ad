/* SPDX-License-Identifier: BSD-2-Clause */
/* Help, from the tables. */
#include "cli.h"

#include <string.h>

void cli_option_synopsis(const struct cli_option *option, char *text, size_t size)
{
	if (option->kind == CLI_FLAG)
		snprintf(text, size, "--%s", option->name);
	else if (option->kind == CLI_MAYBE)
		snprintf(text, size, "--%s[=%s]", option->name, option->metavar);
	else
		snprintf(text, size, "--%s %s", option->name, option->metavar);
}

void cli_help(FILE *out)
{
	fprintf(out, "mezzo: %s\n\nUsage: mezzo COMMAND [OPTION]...\n\n", cli_summary);
	for (unsigned int i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			fprintf(out, "  %-16s %s\n", cli_commands[i]->name,
				cli_commands[i]->summary);
	fprintf(out, "  %-16s %s\n", "help [COMMAND]", "this, or all about one command");
	fprintf(out,
		"\nExit status: 0 yes, 1 no (refused, wrong, incompatible), 2 usage or could not look.\n");
}

static void help_values(const struct cli_option *option, char *text, size_t size)
{
	size_t length = strlen(text);
	const char *joint = ": ";

	for (const struct cli_value *value = option->values; value && value->name; value++) {
		if (value->help)
			length += (size_t)snprintf(text + length, size - length, "%s%s (%s)", joint,
						   value->name, value->help);
		else
			length += (size_t)snprintf(text + length, size - length, "%s%s", joint,
						   value->name);
		if (length >= size)
			return;
		joint = ", ";
	}
}

/* Two columns, as render.h's tables, but to any stream: help may go to standard error. */
static void help_option(FILE *out, const struct cli_option *option)
{
	char synopsis[64], text[4096];
	const char *word;
	size_t column = 0;

	cli_option_synopsis(option, synopsis, sizeof(synopsis));
	snprintf(text, sizeof(text), "%s", option->help);
	help_values(option, text, sizeof(text));
	if (option->unstated) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length, ". Unstated: %s.", option->unstated);
	}
	fprintf(out, "  %s\n", synopsis);
	for (word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		if (column && column + strlen(word) + 1 > 72) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%s", column ? " " : "      ", word);
	}
	fputc('\n', out);
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
	fprintf(out, "mezzo %s: %s\n\nUsage: mezzo %s%s", command->name, command->summary,
		command->name, command->options ? " [OPTION]..." : "");
	if (command->operand)
		fprintf(out, command->operand_optional ? " [%s]" : " %s", command->operand);
	fputs("\n\n", out);
	if (command->description)
		fprintf(out, "%s\n\n", command->description);
	for (const struct cli_option *option = command->options; option && option->name; option++)
		help_option(out, option);
	if (!command->examples)
		return;
	fputs("\nExamples:\n", out);
	for (const struct cli_example *example = command->examples; example->command; example++)
		fprintf(out, "  # %s\n  mezzo %s\n", example->shows, example->command);
}
