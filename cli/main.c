/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo: explains what memory a guest gets, and why. */
#include "cli.h"

#include <string.h>

const char cli_summary[] = "guest memory: what a virtual machine gets, and why";

const struct cli_command *const cli_commands[] = {
	&cli_explain, &cli_reason,  &cli_table,  &cli_check, &cli_replay,
	&cli_audit,   &cli_capture, &cli_compat, &cli_probe, &cli_completion,
	&cli_debates, &cli_man,     NULL,
};

static const struct cli_command *find(const char *name)
{
	for (unsigned int i = 0; cli_commands[i]; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

static const char *command_word(unsigned int i, const void *arg)
{
	(void)arg;
	/* Hidden commands stand last. */
	return cli_commands[i] && !cli_commands[i]->hidden ? cli_commands[i]->name : NULL;
}

static int help(int argc, char **argv)
{
	const struct cli_command *command;

	if (argc == 0) {
		cli_help(stdout);
		return CLI_YES;
	}
	command = find(argv[0]);
	if (!command)
		return cli_unknown(NULL, "command", "", argv[0], command_word, NULL);
	cli_help_command(stdout, command);
	return CLI_YES;
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	struct cli_args args;
	int status;

	if (argc < 2) {
		cli_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(argc - 2, argv + 2);
	if (strcmp(argv[1], "--version") == 0) {
		printf("mezzo %s\n", VERSION);
		return CLI_YES;
	}
	command = find(argv[1]);
	if (!command)
		return cli_unknown(NULL, "command", "", argv[1], command_word, NULL);
	status = cli_parse(command, argc - 2, argv + 2, &args);
	if (status)
		return status < 0 ? CLI_YES : status;
	status = command->run(&args);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("mezzo: standard output");
		return CLI_USAGE;
	}
	return status;
}
