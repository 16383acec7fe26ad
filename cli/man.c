/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo man: the manual page, from the tables. For developers: docs/man/mezzo.1 is its output. */
#include "cli.h"

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

static void roff_command(const struct cli_command *command)
{
	fputs(".SS \"mezzo ", stdout);
	roff(command->name);
	if (command->options)
		fputs(" [OPTION]...", stdout);
	if (command->operand)
		printf(command->operand_optional ? " [%s]" : " %s", command->operand);
	fputs("\"\n", stdout);
	roff(command->description);
	putchar('\n');
	for (const struct cli_option *option = command->options; option && option->name; option++)
		roff_option(option);
}

static void roff_examples(void)
{
	fputs(".SH EXAMPLES\n", stdout);
	for (unsigned int i = 0; cli_commands[i]; i++) {
		const struct cli_example *example = cli_commands[i]->examples;

		for (; !cli_commands[i]->hidden && example && example->command; example++) {
			fputs(".TP\n", stdout);
			roff(example->shows);
			fputs("\n.B mezzo ", stdout);
			roff(example->command);
			putchar('\n');
		}
	}
}

static int run(const struct cli_args *args)
{
	(void)args;
	printf(".\\\" SPDX-License-Identifier: BSD-2-Clause\n"
	       ".\\\" Made by `mezzo man` from the command's own tables: do not edit.\n"
	       ".TH MEZZO 1 \"\" \"Mezzo %s\" \"User Commands\"\n"
	       ".SH NAME\nmezzo \\- ",
	       VERSION);
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
		if (!cli_commands[i]->hidden)
			roff_command(cli_commands[i]);
	fputs(".SS \"mezzo help [COMMAND]\"\nThis, in short, or all about one command.\n"
	      ".SH EXIT STATUS\n"
	      ".TP\n0\nYes: accepted, or simply answered. An access that ends in an abort to the\n"
	      "guest or an exit to the embedder is answered, too.\n"
	      ".TP\n1\nNo: refused, something was found wrong, or incompatible. The output says what\n"
	      "would be accepted, or what to do.\n"
	      ".TP\n2\nUsage, or it could not look: the message says what would be understood.\n"
	      ".SH ENVIRONMENT\n"
	      ".TP\n.B NO_COLOR\nNo colour, also on a terminal.\n"
	      ".TP\n.B COLUMNS\nThe width of the output, at most 100.\n",
	      stdout);
	roff_examples();
	return CLI_YES;
}

const struct cli_command cli_man = {
	.name = "man",
	.summary = "the manual page",
	.hidden = true,
	.run = run,
};
