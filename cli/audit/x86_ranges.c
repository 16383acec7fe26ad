/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/x86_ranges.h"

#include <stdlib.h>
#include <string.h>

/* "reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable" */
static bool parse_mtrr(struct arena *arena, const char *line, size_t length, struct mtrr *mtrr)
{
	const char *base = memmem(line, length, "base=0x", 7);
	const char *size = memmem(line, length, "size=", 5);
	const char *type = memmem(line, length, ": ", 2);
	char *unit;

	/* The first colon stands behind the register's number. */
	type = type ? memmem(type + 2, length - (size_t)(type + 2 - line), ": ", 2) : NULL;
	if (!base || !size || !type)
		return false;
	mtrr->base = strtoull(base + 7, NULL, 16);
	mtrr->bytes = strtoull(size + 5, &unit, 10);
	mtrr->bytes <<= *unit == 'M' ? 20 : *unit == 'G' ? 30 : 10;
	mtrr->type = arena_copy(arena, type + 2, length - (size_t)(type + 2 - line));
	return mtrr->bytes;
}

struct mtrr *mtrr_parse(struct arena *arena, const char *text, unsigned int *count)
{
	struct mtrr *list = NULL, one;

	*count = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (parse_mtrr(arena, text, length, &one)) {
			list = arena_grow(arena, list, *count, sizeof(one));
			list[(*count)++] = one;
		}
		text += length + (text[length] == '\n');
	}
	return list;
}

/* "PAT: [mem 0x00000000fd000000-0x00000000fe000000] write-combining" */
static bool parse_pat(struct arena *arena, const char *line, size_t length, struct pat_range *range)
{
	const char *mem = memmem(line, length, "[mem 0x", 7);
	const char *stop = memmem(line, length, "] ", 2);
	char *end;

	if (!mem || !stop || stop < mem)
		return false;
	range->start = strtoull(mem + 7, &end, 16);
	if (strncmp(end, "-0x", 3) != 0)
		return false;
	range->end = strtoull(end + 3, NULL, 16);
	range->type = arena_copy(arena, stop + 2, length - (size_t)(stop + 2 - line));
	return range->end > range->start;
}

struct pat_range *pat_parse(struct arena *arena, const char *text, unsigned int *count)
{
	struct pat_range *list = NULL, one;

	*count = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (parse_pat(arena, text, length, &one)) {
			list = arena_grow(arena, list, *count, sizeof(one));
			list[(*count)++] = one;
		}
		text += length + (text[length] == '\n');
	}
	return list;
}
