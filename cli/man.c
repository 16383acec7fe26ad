/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo man [COMMAND]: the manual pages, from the tables. docs/man/ is its output. */
#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text to roff: hyphens that are typed, backslashes, and no line that begins with a dot. */
static void roff(const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		start = *text == '\n';
		if (*text == '-' || *text == '\\')
			printf("\\%s", *text == '-' ? "-" : "e");
		else
			putchar(*text);
	}
}

static void roff_option(const struct cli_option *option)
{
	printf(".TP\n\\fB\\-\\-");
	roff(option->name);
	printf("\\fR");
	if (option->kind == CLI_MAYBE)
		printf("[=\\fI%s\\fR]", option->metavar);
	else if (option->metavar)
		printf(" \\fI%s\\fR", option->metavar);
	putchar('\n');
	roff(option->help);
	if (option->unstated) {
		fputs(". Unstated: ", stdout);
		roff(option->unstated);
	}
	fputs(".\n", stdout);
	if (!option->values)
		return;
	fputs(".RS\n", stdout);
	for (const struct cli_value *value = option->values; value->name; value++) {
		fputs(".IP \\(bu 2\n\\fB", stdout);
		roff(value->name);
		fputs("\\fR", stdout);
		if (value->help) {
			fputs(": ", stdout);
			roff(value->help);
		}
		putchar('\n');
	}
	fputs(".RE\n", stdout);
}

static void roff_synopsis(const struct cli_command *command)
{
	fputs(".B mezzo ", stdout);
	roff(command->name);
	if (command->options)
		fputs("\n[\\fIOPTION\\fR]...", stdout);
	if (command->operand)
		printf(command->operand_optional ? "\n[\\fI%s\\fR]" : "\n\\fI%s\\fR",
		       command->operand);
	putchar('\n');
}

static void roff_examples(const struct cli_example *example)
{
	for (; example && example->command; example++) {
		fputs(".TP\n", stdout);
		roff(example->shows);
		fputs("\n.B mezzo ", stdout);
		roff(example->command);
		putchar('\n');
	}
}

static void roff_exit_status(void)
{
	fputs(".SH EXIT STATUS\n"
	      ".TP\n0\nYes: accepted, or simply answered. An access that ends in an abort to the\n"
	      "guest or an exit to the embedder is answered, too.\n"
	      ".TP\n1\nNo: refused, something was found wrong, or incompatible. The output says what\n"
	      "would be accepted, or what to do.\n"
	      ".TP\n2\nUsage, or it could not look: the message says what would be understood.\n",
	      stdout);
}

static void roff_title(const char *command)
{
	printf(".\\\" SPDX-License-Identifier: BSD-2-Clause\n"
	       ".\\\" Made by `mezzo man%s%s` from the command's own tables: do not edit.\n"
	       ".TH MEZZO%s",
	       command ? " " : "", command ? command : "", command ? "\\-" : "");
	for (const char *at = command; at && *at; at++)
		putchar(toupper((unsigned char)*at));
	printf(" 1 \"\" \"Mezzo %s\" \"User Commands\"\n.SH NAME\nmezzo%s%s \\- ", VERSION,
	       command ? "\\-" : "", command ? command : "");
}

static void page_of_command(const struct cli_command *command)
{
	roff_title(command->name);
	roff(command->summary);
	fputs("\n.SH SYNOPSIS\n", stdout);
	roff_synopsis(command);
	fputs(".SH DESCRIPTION\n", stdout);
	roff(command->description);
	putchar('\n');
	if (command->options)
		fputs(".SH OPTIONS\n", stdout);
	for (const struct cli_option *option = command->options; option && option->name; option++)
		roff_option(option);
	roff_exit_status();
	if (command->examples && command->examples->command)
		fputs(".SH EXAMPLES\n", stdout);
	roff_examples(command->examples);
	fputs(".SH SEE ALSO\n.BR mezzo (1)\n", stdout);
}

static void page_of_all(void)
{
	roff_title(NULL);
	roff(cli_summary);
	fputs("\n.SH SYNOPSIS\n.B mezzo\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n"
	      ".SH DESCRIPTION\n"
	      "Memory that a virtual machine is given has a type: device, write\\-combining, cached,\n"
	      "or the guest's own choice. Mezzo decides it from what the owner of the memory\n"
	      "declares, and always says why. This command asks the same rule that the library\n"
	      "and the hypervisor use.\n"
	      ".SH COMMANDS\n",
	      stdout);
	for (unsigned int i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden) {
			printf(".TP\n.BR mezzo\\-%s (1)\n", cli_commands[i]->name);
			roff(cli_commands[i]->summary);
			putchar('\n');
		}
	fputs(".TP\n.B mezzo help \\fR[\\fICOMMAND\\fR]\nThis, in short, or all about one command\n",
	      stdout);
	roff_exit_status();
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B NO_COLOR\nNo colour, also on a terminal.\n"
	      ".TP\n.B COLUMNS\nThe width of the output, at most 100.\n"
	      ".SH EXAMPLES\n",
	      stdout);
	for (unsigned int i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			roff_examples(cli_commands[i]->examples);
}

static const struct cli_command *visible(unsigned int i)
{
	for (unsigned int at = 0; cli_commands[at]; at++)
		if (!cli_commands[at]->hidden && i-- == 0)
			return cli_commands[at];
	return NULL;
}

static const char *command_word(unsigned int i, const void *arg)
{
	(void)arg;
	return visible(i) ? visible(i)->name : NULL;
}

static int run(const struct cli_args *args)
{
	const struct cli_command *command;

	if (!args->operand) {
		page_of_all();
		return CLI_YES;
	}
	for (unsigned int i = 0; (command = visible(i)); i++)
		if (!strcmp(command->name, args->operand))
			break;
	if (!command)
		return cli_unknown(&cli_man, "command", "", args->operand, command_word, NULL);
	page_of_command(command);
	return CLI_YES;
}

const struct cli_command cli_man = {
	.name = "man",
	.operand = "COMMAND",
	.operand_optional = true,
	.operand_word = command_word,
	.summary = "the manual page, of all or of one command",
	.hidden = true,
	.run = run,
};
