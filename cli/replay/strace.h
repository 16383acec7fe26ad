/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REPLAY_STRACE_H
#define CLI_REPLAY_STRACE_H
/*
 * What strace prints, line by line, as far as calls of ioctl go: strace 6.1 and later, with any of
 * -f, -o, -t, -r, -T, -y, -i, -k, -n, -X, --decode-pids. Nothing here knows what a call means.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum strace_kind {
	STRACE_NOTHING, /* no call: a signal, an end, a remark of strace's own, a stack */
	STRACE_WHOLE,   /* a call from its name to its result */
	STRACE_BEGUN,   /* its first part; other threads come between */
	STRACE_RESUMED, /* its last part */
	STRACE_CUT,     /* a remark of strace's came between: the rest is on the next line */
	STRACE_ENDED,   /* the thread is no more */
	STRACE_DAMAGED,
};

/* One line. Text points into the line, which is written to. */
struct strace_line {
	enum strace_kind kind;
	uint64_t thread; /* 0: strace followed one alone */
	char *text;      /* the call, or the part of it; of DAMAGED, what is wrong */
};
void strace_line_parse(char *line, size_t length, struct strace_line *parsed);

enum strace_result_kind {
	STRACE_VALUE,
	STRACE_ERROR,
	STRACE_UNKNOWN, /* it never returned, or will be restarted */
};

/* A call, taken apart. Text points into what was parsed, which is written to. */
#define STRACE_ARGUMENTS 6
struct strace_call {
	char *name;
	unsigned int arguments;
	char *argument[STRACE_ARGUMENTS]; /* without what -N puts before it */
	enum strace_result_kind result;
	int64_t value; /* or the number of the error */
};
/* False: *@wrong says why. */
bool strace_call_parse(char *text, struct strace_call *call, const char **wrong);

/* --- values ------------------------------------------------------------------------------------ */

/* A number in any base, with what strace may add behind it. */
bool strace_number(const char *text, uint64_t *number);
/* Names and numbers, joined by bars: "A|B|0x80", "0x80 A comment". @bit_of: 0 for unknown names. */
bool strace_flags(const char *text, uint64_t (*bit_of)(const char *name, size_t length),
		  uint64_t *flags);
/* The name at the start of @text, or in the comment behind a number. Returns its length, or 0. */
size_t strace_name(const char *text, const char **name);
/* "{a=1, b=2}": the value of a field as a copy, to be freed; NULL: there is none. */
char *strace_field(const char *structure, const char *field);
/* A structure was printed, and not its address. */
bool strace_is_structure(const char *text);

#endif
