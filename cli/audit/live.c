/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/live.h"

#include "audit/root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct live {
	struct arena *arena;
	bool passive, anonymous;
};

struct live *live_new(struct arena *arena, bool passive, bool anonymous)
{
	struct live *live = arena_alloc(arena, sizeof(*live));

	*live = (struct live){arena, passive, anonymous};
	return live;
}

void live_add(struct live_text *t, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (t->length + (size_t)more + 1 > t->room) {
		size_t room = 2 * (t->length + (size_t)more + 512);
		char *larger = arena_alloc(t->arena, room);

		if (t->length)
			memcpy(larger, t->text, t->length);
		t->text = larger;
		t->room = room;
	}
	va_start(args, format);
	vsnprintf(t->text + t->length, t->room - t->length, format, args);
	va_end(args);
	t->length += (size_t)more;
}

const char *live_read(const struct live *live, const char *path, size_t *length, int *error)
{
	struct live_text t = {.arena = live->arena};

	*error = 0;
	live_add(&t, "%s", "");
	if (strcmp(path, ROOT_ANSWERS) == 0)
		live_answers(&t, live->passive);
	else if (strcmp(path, ROOT_BOOT_LOG) == 0)
		*error = live_boot_log(&t);
	else if (strcmp(path, ROOT_VFIO_ALIASES) == 0)
		*error = live_vfio_aliases(&t);
	else if (strcmp(path, ROOT_PROCESSES) == 0)
		*error = live_processes(&t, live->anonymous);
	else if (strncmp(path, ROOT_SMAPS "/", sizeof(ROOT_SMAPS)) == 0)
		*error = live_smaps(&t, path + sizeof(ROOT_SMAPS));
	else
		*error = ENOENT;
	*length = t.length;
	return *error ? NULL : t.text;
}
