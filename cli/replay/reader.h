/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REPLAY_READER_H
#define CLI_REPLAY_READER_H
/* Lines to calls: what threads have split is put together again. */
#include <stddef.h>
#include <stdint.h>

/* What is done with a call that is whole, and with a line that is damaged. */
struct reader_ops {
	/* @text: from its name to its result; may be written to. @line: where it ends. */
	void (*call)(void *arg, uint64_t line, uint64_t thread, char *text);
	void (*damaged)(void *arg, uint64_t line, const char *what);
};

/*
 * Read @length bytes of @text, which is written to and has room for one byte more. Calls come in the
 * order in which they end.
 * Returns 0, or -1 when there is no memory.
 */
int reader_run(char *text, size_t length, const struct reader_ops *ops, void *arg);

#endif
