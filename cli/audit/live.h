/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_LIVE_H
#define CLI_AUDIT_LIVE_H
/*
 * What the running system answers where no file does. Each answer is made as text when it is first
 * asked for, holds nothing that an audit does not need, and is what a capture stores.
 */
#include "audit/arena.h"

#include <stdbool.h>

struct live;
struct live *live_new(struct arena *arena, bool passive, bool anonymous);
/* The text of one of root.h's own files; NULL: @error says why. */
const char *live_read(const struct live *live, const char *path, size_t *length, int *error);

/* A growing text. */
struct live_text {
	struct arena *arena;
	char *text;
	size_t length, room;
};
void live_add(struct live_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The parts, a file each. */
void live_answers(struct live_text *text, bool passive); /* ROOT_ANSWERS */
void live_kvm(struct live_text *text);                   /* of it, what /dev/kvm answers */
int live_boot_log(struct live_text *text);               /* 0, or an errno */
int live_vfio_aliases(struct live_text *text);
int live_processes(struct live_text *text, bool anonymous);
int live_smaps(struct live_text *text, const char *pid);

#endif
