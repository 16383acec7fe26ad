/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/stage2.h"

#include <stdlib.h>
#include <string.h>

/* "0x0000000040000000-0x0000000040200000           2M 2   R W px ux AF BLK" */
static bool parse_line(const char *line, size_t length, struct stage2_range *range)
{
	const char *stop = line + length, *p;
	char *end;

	*range = (struct stage2_range){0};
	if (length < 3 || strncmp(line, "0x", 2) != 0)
		return false;
	range->start = strtoull(line + 2, &end, 16);
	if (strncmp(end, "-0x", 3) != 0)
		return false;
	range->end = strtoull(end + 3, &end, 16);
	strtoull(end, &end, 10); /* its size */
	if (end >= stop || !strchr("KMGTPE", *end) || end[1] != ' ')
		return false;
	range->level = (unsigned int)strtoul(end + 1, &end, 10);
	if (end >= stop || range->level > 3 || range->end <= range->start)
		return false;
	/* Invalid entries say F; only leaves have the access flag. */
	if (!memmem(end, (size_t)(stop - end), "AF", 2))
		return false;
	for (p = end; p < stop; p++) {
		range->read |= *p == 'R';
		range->write |= *p == 'W';
	}
	/* Lower case is "not never": px ux; before 6.17 one word, NX or x. */
	range->exec = memmem(end, (size_t)(stop - end), "px", 2) ||
		      memmem(end, (size_t)(stop - end), "ux", 2) ||
		      memmem(end, (size_t)(stop - end), " x ", 3);
	return true;
}

struct stage2_range *stage2_parse(struct arena *arena, const char *text, unsigned int *count)
{
	struct stage2_range *list = NULL, one;

	*count = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (parse_line(text, length, &one)) {
			list = arena_grow(arena, list, *count, sizeof(one));
			list[(*count)++] = one;
		}
		text += length + (text[length] == '\n');
	}
	return list;
}

uint64_t stage2_leaf_bytes(unsigned int level, uint64_t page_bytes)
{
	unsigned int shift = 0;

	while (page_bytes >> shift > 1)
		shift++;
	/* A table holds a page's worth of 8-byte entries. */
	if (level > 3 || shift < 12 || shift + (3 - level) * (shift - 3) > 47)
		return 0;
	return UINT64_C(1) << (shift + (3 - level) * (shift - 3));
}
