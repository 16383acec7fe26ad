/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo completion: completions for the shells, from the tables. */
#include "cli.h"

#include <string.h>

enum shell {
	SHELL_BASH,
	SHELL_ZSH,
	SHELL_FISH,
	SHELLS
};

static const char *shell_word(unsigned int i, const void *arg)
{
	static const char *const name[SHELLS] = {"bash", "zsh", "fish"};

	(void)arg;
	return i < SHELLS ? name[i] : NULL;
}

/* In single quotes, with those inside escaped. */
static void quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (const char[]){*text, '\0'}, stdout);
	putchar('\'');
}

static void words(cli_word_fn *word)
{
	for (unsigned int i = 0; word && word(i, NULL); i++)
		printf("%s%s", i ? " " : "", word(i, NULL));
}

static void value_words(const struct cli_value *value)
{
	for (const char *joint = ""; value && value->name; value++, joint = " ")
		printf("%s%s", joint, value->name);
}

static const struct cli_command *visible(unsigned int i)
{
	return cli_commands[i] && !cli_commands[i]->hidden ? cli_commands[i] : NULL;
}

static void command_words(void)
{
	for (unsigned int i = 0; visible(i); i++)
		printf("%s ", visible(i)->name);
	fputs("help", stdout);
}

/* An operand whose words are not known is a file. */
static bool takes_file(const struct cli_command *command)
{
	return command->operand && !command->operand_word;
}

/* Words after a subcommand, and words after an option that takes a value. */
static void bash_command(const struct cli_command *command)
{
	char synopsis[64];

	printf("\t%s)\n\t\tcase $prev in\n", command->name);
	for (const struct cli_option *o = command->options; o && o->name; o++) {
		if (o->kind == CLI_TEXT)
			printf("\t\t--%s) files; return ;;\n", o->name);
		if (o->kind != CLI_ONE && !cli_is_list(o))
			continue;
		printf("\t\t--%s) %s ", o->name, cli_is_list(o) ? "list" : "words");
		fputs("'", stdout);
		value_words(o->values);
		fputs("'; return ;;\n", stdout);
	}
	fputs("\t\tesac\n\t\twords '", stdout);
	words(command->operand_word);
	for (const struct cli_option *o = command->options; o && o->name; o++) {
		cli_option_synopsis(o, synopsis, sizeof(synopsis));
		printf(" --%s", o->name);
	}
	fputs(" --help'\n", stdout);
	if (takes_file(command))
		fputs("\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n", stdout);
	fputs("\t\t;;\n", stdout);
}

static void bash(void)
{
	fputs("# bash completion for mezzo, made by `mezzo completion bash`\n"
	      "_mezzo()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\twords() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
	      "\tfiles() { COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames; }\n"
	      "\t# the last word of a list that is joined by commas\n"
	      "\tlist() {\n"
	      "\t\tlocal done=\n"
	      "\t\tcase $cur in *,*) done=${cur%,*}, ;; esac\n"
	      "\t\tCOMPREPLY=($(compgen -P \"$done\" -W \"$1\" -- \"${cur##*,}\"))\n"
	      "\t\tcompopt -o nospace\n"
	      "\t}\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords '",
	      stdout);
	command_words();
	fputs("'\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n\thelp) words '", stdout);
	command_words();
	fputs("' ;;\n", stdout);
	for (unsigned int i = 0; visible(i); i++)
		bash_command(visible(i));
	fputs("\tesac\n}\ncomplete -F _mezzo mezzo\n", stdout);
}

static void zsh_option(const struct cli_option *o)
{
	fputs("\t\t\t", stdout);
	switch (o->kind) {
	case CLI_FLAG:
		printf("'--%s[", o->name);
		break;
	case CLI_MAYBE:
		printf("'--%s=-[", o->name);
		break;
	default:
		printf("'*--%s=[", o->name);
		break;
	}
	/* Within the brackets a bracket or a colon would end the text; within the quotes a quote. */
	for (const char *p = o->help; *p; p++) {
		if (*p == '[' || *p == ']' || *p == ':')
			putchar('\\');
		fputs(*p == '\'' ? "'\\''" : (const char[]){*p, '\0'}, stdout);
	}
	putchar(']');
	if (o->kind == CLI_TEXT)
		printf(":%s:_files", o->metavar);
	if (o->values) {
		printf("%s%s:", o->kind == CLI_MAYBE ? "::" : ":", o->metavar);
		fputs(cli_is_list(o) ? "_values -s , value " : "(", stdout);
		value_words(o->values);
		if (!cli_is_list(o))
			putchar(')');
	}
	fputs("' \\\n", stdout);
}

static void zsh(void)
{
	fputs("#compdef mezzo\n# zsh completion for mezzo, made by `mezzo completion zsh`\n"
	      "_mezzo()\n{\n\tif (( CURRENT == 2 )); then\n\t\t_values command \\\n",
	      stdout);
	for (unsigned int i = 0; visible(i); i++)
		printf("\t\t\t'%s[%s]' \\\n", visible(i)->name, visible(i)->summary);
	fputs("\t\t\t'help[all about a command]'\n\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n"
	      "\tcase $command in\n\thelp) _arguments '1:command:(",
	      stdout);
	command_words();
	fputs(")' ;;\n", stdout);
	for (unsigned int i = 0; visible(i); i++) {
		const struct cli_command *command = visible(i);

		printf("\t%s)\n\t\t_arguments \\\n", command->name);
		for (const struct cli_option *o = command->options; o && o->name; o++)
			zsh_option(o);
		if (takes_file(command)) {
			printf("\t\t\t'*:%s:_files' \\\n", command->operand);
		} else if (command->operand) {
			printf("\t\t\t'1:%s:(", command->operand);
			words(command->operand_word);
			fputs(")' \\\n", stdout);
		}
		fputs("\t\t\t'--help[all about it]'\n\t\t;;\n", stdout);
	}
	fputs("\tesac\n}\n_mezzo \"$@\"\n", stdout);
}

static void fish_option(const struct cli_command *command, const struct cli_option *o)
{
	bool list = cli_is_list(o);

	printf("complete -c mezzo -n '__fish_seen_subcommand_from %s' -l %s -d ", command->name,
	       o->name);
	quoted(o->help);
	if (o->kind == CLI_ONE || list) {
		fputs(list ? " -x -a \"(__fish_append , " : " -x -a '", stdout);
		value_words(o->values);
		fputs(list ? ")\"" : "'", stdout);
	}
	if (o->kind == CLI_TEXT)
		fputs(" -r -F", stdout);
	putchar('\n');
}

static void fish(void)
{
	fputs("# fish completion for mezzo, made by `mezzo completion fish`\n"
	      "complete -c mezzo -f\n",
	      stdout);
	for (unsigned int i = 0; visible(i); i++) {
		const struct cli_command *command = visible(i);

		printf("complete -c mezzo -n __fish_use_subcommand -a %s -d ", command->name);
		quoted(command->summary);
		putchar('\n');
		for (const struct cli_option *o = command->options; o && o->name; o++)
			fish_option(command, o);
		if (command->operand_word) {
			printf("complete -c mezzo -n '__fish_seen_subcommand_from %s' -a '",
			       command->name);
			words(command->operand_word);
			fputs("'\n", stdout);
		} else if (takes_file(command)) {
			printf("complete -c mezzo -n '__fish_seen_subcommand_from %s' -F\n",
			       command->name);
		}
	}
	fputs("complete -c mezzo -n __fish_use_subcommand -a help -d 'all about a command'\n"
	      "complete -c mezzo -n '__fish_seen_subcommand_from help' -a '",
	      stdout);
	command_words();
	fputs("'\n", stdout);
}

static int run(const struct cli_args *args)
{
	static void (*const print[SHELLS])(void) = {bash, zsh, fish};

	for (unsigned int i = 0; i < SHELLS; i++) {
		if (strcmp(shell_word(i, NULL), args->operand) != 0)
			continue;
		print[i]();
		return CLI_YES;
	}
	return cli_unknown(&cli_completion, "shell", "", args->operand, shell_word, NULL);
}

static const struct cli_example examples[] = {
	{"completion bash > ~/.local/share/bash-completion/completions/mezzo",
	 "complete words in bash"},
	{NULL, NULL},
};

const struct cli_command cli_completion = {
	.name = "completion",
	.operand = "SHELL",
	.operand_word = shell_word,
	.summary = "completions for a shell: bash, zsh or fish",
	.description =
		"Prints a completion script, to be installed where the shell looks for them.",
	.examples = examples,
	.run = run,
};
