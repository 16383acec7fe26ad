/* SPDX-License-Identifier: BSD-2-Clause */
/* A call of strace's, taken apart: name, arguments, result. */
#include "strace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS 4096

/* The end of a string literal that begins at @text, or NULL. */
static char *skip_string(char *text)
{
	for (text++; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"')
			return text + 1;
	}
	return NULL;
}

static bool is_quoted(const char *text)
{
	return *text == '"' || (text[0] == '/' && text[1] == '*');
}

/* A string or a comment at @text; NULL: neither is there, or it does not end. */
static char *skip_quoted(char *text)
{
	char *end;

	if (*text == '"')
		return skip_string(text);
	if (text[0] != '/' || text[1] != '*')
		return NULL;
	end = strstr(text + 2, "*/");
	return end ? end + 2 : NULL;
}

/* What -y puts behind a descriptor: "3</dev/kvm>". @begin: nothing before it counts. */
static char *skip_path(const char *begin, char *text)
{
	char *end;

	if (*text != '<' || text == begin || !isdigit((unsigned char)text[-1]))
		return NULL;
	end = strchr(text, '>');
	return end ? end + 1 : NULL;
}

/* The first of @stops in @text that stands in no bracket, string, comment or path; or NULL. */
static char *find_outside(char *text, const char *stops)
{
	const char *begin = text;
	unsigned int depth = 0;

	while (*text) {
		char *over = is_quoted(text) ? skip_quoted(text) : skip_path(begin, text);

		if (over) {
			text = over;
			continue;
		}
		if (is_quoted(text))
			return NULL;
		if (depth == 0 && strchr(stops, *text))
			return text;
		if (strchr("({[", *text))
			depth++;
		else if (strchr(")}]", *text) && depth)
			depth--;
		text++;
	}
	return NULL;
}

/* --- arguments ---------------------------------------------------------------------------------- */

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* "argp={...": -N puts a name before each argument. */
static char *skip_argument_name(char *text)
{
	size_t length = 0;

	while (islower((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length && text[length] == '=' ? text + length + 1 : text;
}

static void split_arguments(char *text, struct strace_call *call)
{
	text = trim(text);
	while (*text && call->arguments < STRACE_ARGUMENTS) {
		char *comma = find_outside(text, ",");

		if (comma)
			*comma = '\0';
		call->argument[call->arguments++] = skip_argument_name(trim(text));
		if (!comma)
			return;
		text = comma + 1;
	}
}

/* --- the result --------------------------------------------------------------------------------- */

/* "EINVAL"; and "ERRNO_524", which strace says where it knows no name. */
static int error_of(const char *name, size_t length)
{
	if (length > 6 && strncmp(name, "ERRNO_", 6) == 0)
		return (int)strtol(name + 6, NULL, 10);
	for (int error = 1; error < ERRORS; error++) {
		const char *known = strerrorname_np(error);

		if (known && strlen(known) == length && memcmp(known, name, length) == 0)
			return error;
	}
	return 0;
}

/* Behind a result may stand: a path, a comment, text in brackets, a time. */
static bool is_tail(char *text)
{
	for (;;) {
		text += strspn(text, " \t");
		if (!*text)
			return true;
		if (*text == '(' || *text == '<') {
			text = *text == '(' ? find_outside(text + 1, ")") : strchr(text, '>');
			if (!text)
				return false;
			text++;
		} else if (*text == '/') {
			text = skip_quoted(text);
			if (!text)
				return false;
		} else {
			return false;
		}
	}
}

static bool parse_error(char *text, struct strace_call *call)
{
	size_t length = strcspn(text, " \t");

	call->result = STRACE_ERROR;
	call->value = error_of(text, length);
	return call->value > 0 && is_tail(text + length);
}

static bool parse_result(char *text, struct strace_call *call)
{
	const bool negative = *text == '-';
	char *end;
	uint64_t number;

	if (*text == '?') {
		call->result = STRACE_UNKNOWN;
		return true;
	}
	if (!isdigit((unsigned char)text[negative]))
		return false;
	errno = 0;
	number = strtoull(text + negative, &end, 0);
	if (errno || number > INT64_MAX)
		return false;
	if (negative && number == 1 && *end == ' ' && isupper((unsigned char)end[1]))
		return parse_error(end + 1, call);
	call->result = STRACE_VALUE;
	call->value = negative ? -(int64_t)number : (int64_t)number;
	return is_tail(end);
}

bool strace_call_parse(char *text, struct strace_call *call, const char **wrong)
{
	char *open = strchr(text, '('), *close = open ? find_outside(open + 1, ")") : NULL;
	char *result, *mark;

	*call = (struct strace_call){.name = text};
	if (!close) {
		*wrong = "the call's arguments do not end";
		return false;
	}
	*open = *close = '\0';
	/* A thread that is killed in a call leaves this in its arguments. */
	mark = strstr(open + 1, "<unfinished ...>");
	if (mark)
		*mark = '\0';
	split_arguments(open + 1, call);
	result = trim(close + 1);
	if (*result != '=') {
		*wrong = "the call has no result";
		return false;
	}
	if (!parse_result(trim(result + 1), call)) {
		*wrong = "the call's result is no number and no error";
		return false;
	}
	return true;
}

/* --- values ------------------------------------------------------------------------------------- */

bool strace_number(const char *text, uint64_t *number)
{
	char *end, *copy;
	bool fine;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	if (errno)
		return false;
	copy = strdup(end);
	fine = copy && is_tail(copy);
	free(copy);
	return fine;
}

size_t strace_name(const char *text, const char **name)
{
	size_t length = 0;

	if (isdigit((unsigned char)*text)) {
		text = strstr(text, "/* ");
		if (!text)
			return 0;
		text += 3;
	}
	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	*name = text;
	return isalpha((unsigned char)*text) ? length : 0;
}

bool strace_flags(const char *text, uint64_t (*bit_of)(const char *name, size_t length),
		  uint64_t *flags)
{
	*flags = 0;
	for (;;) {
		size_t length = strcspn(text, "|");
		const char *slash = memchr(text, '/', length);
		uint64_t bits;

		/* A number with a comment is all of it, whatever bars the comment holds. */
		if (isdigit((unsigned char)*text) && slash)
			return *flags == 0 && strace_number(text, flags);
		if (isdigit((unsigned char)*text)) {
			char word[32];

			if (length >= sizeof(word))
				return false;
			memcpy(word, text, length);
			word[length] = '\0';
			if (!strace_number(word, &bits))
				return false;
		} else {
			bits = bit_of(text, length);
			if (!bits)
				return false;
		}
		*flags |= bits;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

bool strace_is_structure(const char *text)
{
	return *text == '{';
}

char *strace_field(const char *structure, const char *field)
{
	char *copy = strdup(structure), *text = copy, *found = NULL;
	size_t length = strlen(field);

	if (copy && *copy == '{')
		text = copy + 1;
	while (text && !found) {
		char *end = find_outside(text, ",}");
		const bool last = !end || *end == '}';

		if (end)
			*end = '\0';
		text = trim(text);
		/* What does not end may have been cut short. */
		if (end && strncmp(text, field, length) == 0 && text[length] == '=')
			found = strdup(trim(text + length + 1));
		text = last ? NULL : end + 1;
	}
	free(copy);
	return found;
}
