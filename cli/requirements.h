/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REQUIREMENTS_H
#define CLI_REQUIREMENTS_H
/* What a space needs, from a file: mezzo_requirements_write, or by hand (docs/requirements.md). */
#include "audit/arena.h"

#include <mezzo/admit.h>

/* The requirements of a file. NULL, or why not. */
const char *requirements_read(struct arena *arena, const char *path,
			      struct mezzo_requirements *needs);

#endif
