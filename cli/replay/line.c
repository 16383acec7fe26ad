/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of strace's: who, and which part of a call. */
#include "strace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char unfinished[] = "<unfinished ...>";

static void strip_end(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

static char *skip_spaces(char *text)
{
	return text + strspn(text, " \t");
}

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* --- before the call ------------------------------------------------------------------------- */

/* "<qemu-system-x86>", behind a thread's number. */
static char *skip_name_of_thread(char *text)
{
	char *end;

	if (*text != '<')
		return text;
	end = strchr(text, '>');
	return end ? end + 1 : text;
}

/* "123 " or "[pid 123] ": returns what follows, or NULL. */
static char *take_thread(char *text, uint64_t *thread)
{
	const bool bracket = starts_with(text, "[pid ");
	char *digits = bracket ? skip_spaces(text + 5) : text, *end;
	uint64_t number;

	if (!isdigit((unsigned char)*digits))
		return NULL;
	number = strtoull(digits, &end, 10);
	end = skip_name_of_thread(end);
	if (bracket ? *end != ']' : *end != ' ' && *end != '\t')
		return NULL;
	*thread = number;
	return end + bracket;
}

/* "12:34:56.789", "1700000000.123", "0.000045": -t, -tt, -ttt, -r. */
static char *take_time(char *text)
{
	size_t length = strspn(text, "0123456789.:");

	if (!isdigit((unsigned char)*text) || strcspn(text, ".:") >= length)
		return NULL;
	return text[length] == ' ' || text[length] == '\t' ? text + length : NULL;
}

/* "[00007f41266fbd6b]" of -i, "[  16]" of -n. */
static char *take_bracket(char *text)
{
	size_t length;

	if (*text != '[')
		return NULL;
	length = strspn(text + 1, "0123456789abcdef ?");
	return text[1 + length] == ']' ? text + length + 2 : NULL;
}

/* What stands before the call: who, when, and where, in whatever order. */
static char *skip_prefixes(char *text, struct strace_line *parsed)
{
	bool thread = false;

	for (;;) {
		char *next = NULL;

		text = skip_spaces(text);
		if (!thread) {
			next = take_thread(text, &parsed->thread);
			thread = next;
		}
		if (!next)
			next = take_time(text);
		if (!next)
			next = take_bracket(text);
		if (!next)
			return text;
		text = next;
	}
}

/* --- the call ---------------------------------------------------------------------------------- */

/* "strace: Process 7731 attached", in the middle of somebody's line. */
static bool cut_remark(char *text)
{
	char *remark = strstr(text, "strace: Process ");

	if (!remark || remark == text || !strstr(remark, " attached"))
		return false;
	*remark = '\0';
	return true;
}

static void take_resumed(char *text, struct strace_line *parsed)
{
	char *end = strstr(text, " resumed>");

	if (!end) {
		parsed->text = "a call goes on, but not to the end of its name";
		return;
	}
	parsed->kind = STRACE_RESUMED;
	parsed->text = end + strlen(" resumed>");
}

static bool is_call(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length && text[length] == '(';
}

static void take_call(char *text, struct strace_line *parsed)
{
	size_t length = strlen(text);
	const size_t mark = sizeof(unfinished) - 1;

	parsed->text = text;
	if (cut_remark(text)) {
		parsed->kind = STRACE_CUT;
	} else if (length >= mark && strcmp(text + length - mark, unfinished) == 0) {
		parsed->kind = STRACE_BEGUN;
		text[length - mark] = '\0';
		strip_end(text);
	} else {
		parsed->kind = STRACE_WHOLE;
	}
}

/* Remarks of strace's own, and stacks (-k). */
static bool is_remark(const char *text)
{
	return starts_with(text, "strace: ") || starts_with(text, " > ") ||
	       starts_with(text, "[ Process PID=") || starts_with(text, " VCPU");
}

void strace_line_parse(char *line, size_t length, struct strace_line *parsed)
{
	char *text;

	*parsed = (struct strace_line){.kind = STRACE_NOTHING};
	if (memchr(line, '\0', length)) {
		*parsed = (struct strace_line){STRACE_DAMAGED, 0, "a byte is zero"};
		return;
	}
	strip_end(line);
	if (is_remark(line))
		return;
	text = skip_prefixes(line, parsed);
	if (!*text || is_remark(text) || starts_with(text, "---"))
		return;
	parsed->kind = STRACE_DAMAGED;
	if (starts_with(text, "+++"))
		parsed->kind = STRACE_ENDED;
	else if (starts_with(text, "<..."))
		take_resumed(text, parsed);
	else if (is_call(text))
		take_call(text, parsed);
	else
		parsed->text = "this is not a line of strace's";
}
