/* SPDX-License-Identifier: BSD-2-Clause */
/* Words to arguments. */
#include "cli.h"

#include <string.h>

static const char *option_word(unsigned int i, const void *arg)
{
	const struct cli_option *options = arg;

	return options ? options[i].name : NULL;
}

static const char *value_word(unsigned int i, const void *arg)
{
	const struct cli_value *values = arg;

	return values[i].name;
}

static int find_value(const struct cli_value *values, const char *word, size_t length)
{
	for (int i = 0; values[i].name; i++)
		if (strlen(values[i].name) == length && memcmp(values[i].name, word, length) == 0)
			return i;
	return -1;
}

static int unknown_value(const struct cli_command *command, const struct cli_option *option,
			 const char *word, size_t length)
{
	char what[64], got[64];

	snprintf(what, sizeof(what), "value of --%s:", option->name);
	snprintf(got, sizeof(got), "%.*s", (int)length, word);
	return cli_unknown(command, what, "", got, value_word, option->values);
}

static bool is_file(const char *text)
{
	return strpbrk(text, "./") || strcmp(text, "live") == 0;
}

static int take_value(const struct cli_command *command, const struct cli_option *option,
		      const char *text, struct cli_args *args)
{
	size_t index = (size_t)(option - command->options);

	args->given[index] = true;
	args->set[index] = 0;
	args->text[index] = NULL;
	if (option->kind == CLI_TEXT || (option->kind == CLI_LIST_OR_FILE && is_file(text))) {
		args->text[index] = text;
		return *text ? 0
			     : cli_usage(command, "--%s needs a value: %s", option->name,
					 option->metavar);
	}
	for (;;) {
		size_t length = cli_is_list(option) ? strcspn(text, ",") : strlen(text);
		int value = find_value(option->values, text, length);

		if (value < 0)
			return unknown_value(command, option, text, length);
		args->one[index] = (unsigned int)value;
		args->set[index] |= UINT64_C(1) << value;
		if (!cli_is_list(option) || text[length] == '\0')
			return 0;
		text += length + 1;
	}
}

static const struct cli_option *find_option(const struct cli_command *command, const char *word,
					    size_t length)
{
	for (const struct cli_option *option = command->options; option && option->name; option++)
		if (strlen(option->name) == length && memcmp(option->name, word, length) == 0)
			return option;
	return NULL;
}

/* One "--option"; @next is the word after it, or NULL. Returns the number of words used. */
static int take_option(const struct cli_command *command, const char *word, const char *next,
		       struct cli_args *args, int *used)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(command, word, length);
	char got[64];

	*used = 1;
	if (!option) {
		snprintf(got, sizeof(got), "%.*s", (int)length, word);
		return cli_unknown(command, "option", "--", got, option_word, command->options);
	}
	if (option->kind == CLI_FLAG && equals)
		return cli_usage(command, "--%s takes no value", option->name);
	if (option->kind == CLI_FLAG || (option->kind == CLI_MAYBE && !equals)) {
		args->given[option - command->options] = true;
		args->one[option - command->options] = 0;
		return 0;
	}
	if (equals)
		return take_value(command, option, equals + 1, args);
	if (!next)
		return cli_usage(command, "--%s needs a value: %s", option->name, option->metavar);
	*used = 2;
	return take_value(command, option, next, args);
}

static bool take_operand(const struct cli_command *command, const char *word, struct cli_args *args)
{
	unsigned int max = command->operands_max ? command->operands_max : 1;

	if (!command->operand || args->operand_count == max)
		return false;
	args->operands[args->operand_count++] = word;
	args->operand = args->operands[0];
	return true;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args)
{
	bool options = true;

	*args = (struct cli_args){0};
	for (int i = 0, used; i < argc; i += used) {
		const char *word = argv[i];
		int status;

		used = 1;
		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			cli_help_command(stdout, command);
			return -1;
		} else if (options && strncmp(word, "--", 2) == 0) {
			status = take_option(command, word + 2, i + 1 < argc ? argv[i + 1] : NULL,
					     args, &used);
			if (status)
				return status;
		} else if (options && word[0] == '-' && word[1]) {
			return cli_usage(command, "unknown option '%s': options begin with --",
					 word);
		} else if (!take_operand(command, word, args)) {
			return cli_usage(command, "unexpected word '%s'", word);
		}
	}
	if (command->operand && !command->operand_optional && !args->operand)
		return cli_usage(command, "%s is missing", command->operand);
	return 0;
}
