/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_ARENA_H
#define CLI_AUDIT_ARENA_H
/*
 * Memory of one audit: what it read and what it made of it lives until the whole is freed, so
 * records point at each other and at text freely. Out of memory ends the command (exit 2).
 */
#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *newest;
};

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* @length bytes and a zero. */
char *arena_copy(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

/* A list of @count elements with room for one more: itself, or a copy of twice the size. */
void *arena_grow(struct arena *arena, void *list, unsigned int count, size_t element);

#endif
