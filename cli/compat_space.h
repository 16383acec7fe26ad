/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_COMPAT_SPACE_H
#define CLI_COMPAT_SPACE_H
#include <stdbool.h>
#include <stdint.h>

/*
 * The machine that a space goes to: what the file @facts says, or where that is NULL the list @cpu of
 * a machine of @arch (enum arch); @arch_given: it was not the default.
 */
struct compat_machine {
	const char *facts;
	uint64_t cpu;
	unsigned int arch;
	bool arch_given;
};

/* Would it accept the space whose requirements are in @path? Returns the exit status. */
int compat_space(const char *path, const struct compat_machine *machine, bool json);

#endif
