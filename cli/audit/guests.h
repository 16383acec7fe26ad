/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_GUESTS_H
#define CLI_AUDIT_GUESTS_H
/* The text of ROOT_PROCESSES. */
#include "audit/host.h"

struct processes {
	const char *view;    /* "all", "hidden", "namespace" */
	unsigned int denied; /* processes that may not be looked at */
	struct guest *guest; /* without areas */
	unsigned int guests;
};

void processes_parse(struct arena *arena, const char *text, struct processes *processes);

#endif
