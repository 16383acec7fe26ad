/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include "strace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call that a thread has begun. */
struct pending {
	struct pending *next;
	uint64_t thread, line;
	char *text;
};

struct reader {
	const struct reader_ops *ops;
	void *arg;
	uint64_t line;
	struct pending *pending;
	char *cut; /* the first part of a line that a remark of strace's has cut in two */
	int status;
};

static struct pending **find(struct reader *reader, uint64_t thread)
{
	struct pending **link = &reader->pending;

	while (*link && (*link)->thread != thread)
		link = &(*link)->next;
	return link;
}

static void drop(struct pending **link)
{
	struct pending *pending = *link;

	*link = pending->next;
	free(pending->text);
	free(pending);
}

static void damaged(struct reader *reader, uint64_t line, const char *what)
{
	reader->ops->damaged(reader->arg, line, what);
}

/* A thread makes one call at a time. */
static void give_up(struct reader *reader, uint64_t thread)
{
	struct pending **link = find(reader, thread);

	if (!*link)
		return;
	damaged(reader, (*link)->line, "this call is not resumed: its thread makes another");
	drop(link);
}

static void begin(struct reader *reader, const struct strace_line *line)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	give_up(reader, line->thread);
	if (pending)
		pending->text = strdup(line->text);
	if (!pending || !pending->text) {
		free(pending);
		reader->status = -1;
		return;
	}
	pending->thread = line->thread;
	pending->line = reader->line;
	pending->next = reader->pending;
	reader->pending = pending;
}

static void resume(struct reader *reader, const struct strace_line *line)
{
	struct pending **link = find(reader, line->thread);
	char *whole;

	/* While it follows one thread alone strace does not say which. */
	if (!*link)
		link = find(reader, 0);
	if (!*link) {
		damaged(reader, reader->line, "no call of this thread is unfinished");
		return;
	}
	if (asprintf(&whole, "%s%s", (*link)->text, line->text) < 0) {
		reader->status = -1;
		return;
	}
	drop(link);
	reader->ops->call(reader->arg, reader->line, line->thread, whole);
	free(whole);
}

static void take_line(struct reader *reader, char *text, size_t length)
{
	struct strace_line line;
	char *joined = NULL;

	if (reader->cut) {
		if (asprintf(&joined, "%s%.*s", reader->cut, (int)length, text) < 0) {
			reader->status = -1;
			return;
		}
		free(reader->cut);
		reader->cut = NULL;
		text = joined;
		length = strlen(joined);
	}
	/* What stands before the call stays with a line that is cut. */
	strace_line_parse(text, length, &line);
	switch (line.kind) {
	case STRACE_WHOLE:
		give_up(reader, line.thread);
		reader->ops->call(reader->arg, reader->line, line.thread, line.text);
		break;
	case STRACE_BEGUN:
		begin(reader, &line);
		break;
	case STRACE_RESUMED:
		resume(reader, &line);
		break;
	case STRACE_CUT:
		reader->cut = strdup(text);
		if (!reader->cut)
			reader->status = -1;
		break;
	case STRACE_DAMAGED:
		damaged(reader, reader->line, line.text);
		break;
	default:
		break;
	}
	free(joined);
}

int reader_run(char *text, size_t length, const struct reader_ops *ops, void *arg)
{
	struct reader reader = {.ops = ops, .arg = arg};
	char *end = text + length;

	while (text < end && !reader.status) {
		char *feed = memchr(text, '\n', (size_t)(end - text));
		char *stop = feed ? feed : end;

		*stop = '\0';
		reader.line++;
		take_line(&reader, text, (size_t)(stop - text));
		text = stop + 1;
	}
	if (reader.cut)
		damaged(&reader, reader.line, "the file ends within a call");
	/* A thread that waits in a call when the recording ends is nothing unusual. */
	while (reader.pending)
		drop(&reader.pending);
	free(reader.cut);
	return reader.status;
}
