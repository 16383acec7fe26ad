/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/audit/arena.c cli/audit/tar.c */
/*
 * Any bytes as a capture: refused with a reason, or read as members that lie within the archive,
 * and written again they read the same. Checksums are put right, or nothing would get past them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())
#define BLOCK 512
#define CHECKSUM 148

static void put_checksums_right(char *archive, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned int sum = 8 * ' ';

		for (size_t i = 0; i < BLOCK; i++)
			if (i < CHECKSUM || i >= CHECKSUM + 8)
				sum += (unsigned char)archive[at + i];
		snprintf(archive + at + CHECKSUM, 8, "%06o", sum);
	}
}

static void written_again_reads_the_same(const struct tar *tar)
{
	struct arena arena = {0};
	struct tar again;
	const char *why;
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);

	for (unsigned int i = 0; i < tar->count; i++) {
		const struct tar_member *m = &tar->member[i];

		/* Empty names end an archive; longer ones than a path are not written. */
		if (!m->path[0] || !tar_write(out, m)) {
			fclose(out);
			free(text);
			return;
		}
	}
	CHECK(tar_end(out));
	fclose(out);
	CHECK(tar_parse(&arena, text, length, &again, &why));
	CHECK(again.count == tar->count);
	for (unsigned int i = 0; i < tar->count; i++) {
		CHECK(strcmp(again.member[i].path, tar->member[i].path) == 0);
		CHECK(again.member[i].length == tar->member[i].length);
		CHECK(again.member[i].is_link == tar->member[i].is_link);
		CHECK(!memcmp(again.member[i].data, tar->member[i].data, tar->member[i].length));
	}
	arena_free(&arena);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	const char *why = NULL;
	struct tar tar;
	char *archive = malloc(size + 1);

	memcpy(archive, data, size);
	put_checksums_right(archive, size);
	if (tar_parse(&arena, archive, size, &tar, &why))
		written_again_reads_the_same(&tar);
	else
		CHECK(why);
	for (unsigned int i = 0; i < tar.count; i++)
		CHECK(tar.member[i].length <= size || tar.member[i].is_link);
	arena_free(&arena);
	free(archive);
	return 0;
}
