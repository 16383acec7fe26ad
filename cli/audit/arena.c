/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	max_align_t memory[];
};

void *arena_alloc(struct arena *arena, size_t bytes)
{
	struct arena_block *block = calloc(1, sizeof(*block) + bytes);

	if (!block) {
		fprintf(stderr, "mezzo: out of memory\n");
		exit(2);
	}
	block->older = arena->newest;
	arena->newest = block;
	return block->memory;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	int length;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->newest) {
		struct arena_block *block = arena->newest;

		arena->newest = block->older;
		free(block);
	}
}

void *arena_grow(struct arena *arena, void *list, unsigned int count, size_t element)
{
	void *larger;

	/* Lists have room for 4, 8, 16, ... elements. */
	if (count && (count < 4 || (count & (count - 1))))
		return list;
	larger = arena_alloc(arena, (count ? 2 * (size_t)count : 4) * element);
	if (count)
		memcpy(larger, list, count * element);
	return larger;
}
