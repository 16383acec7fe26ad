/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_TAR_H
#define CLI_AUDIT_TAR_H
/*
 * A capture as a file: POSIX ustar with regular files and symbolic links, long names in pax
 * headers. Written by `mezzo capture`; read from there or as any tar(1) made it (ustar, pax, GNU
 * long names).
 */
#include "audit/arena.h"

#include <stdbool.h>
#include <stdio.h>

struct tar_member {
	const char *path; /* without a leading "./" or "/" */
	const char *data; /* a file's bytes (and a zero), or a link's target */
	size_t length;
	bool is_link;
};

struct tar {
	struct tar_member *member; /* in the order of the archive */
	unsigned int count;
};

/*
 * Members of the archive in @data. What is neither a file nor a symbolic link is passed over.
 * False: not a tar, or cut short; @why says which.
 */
bool tar_parse(struct arena *arena, const char *data, size_t length, struct tar *tar,
	       const char **why);

/* Appends one member, or (tar_end) the end of the archive. False: the write failed. */
bool tar_write(FILE *out, const struct tar_member *member);
bool tar_end(FILE *out);

#endif
