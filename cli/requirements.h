/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REQUIREMENTS_H
#define CLI_REQUIREMENTS_H
/* What a space needs, from a file: mezzo_requirements_write, or by hand (docs/requirements.md). */
#include "audit/arena.h"

#include <mezzo/admit.h>

/* The requirements that a text states. NULL, or why not: what is wrong, and where. */
const char *requirements_parse(struct arena *arena, const char *text, size_t length,
			       struct mezzo_requirements *needs);

#endif
