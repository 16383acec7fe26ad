/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_COMPAT_SPACE_H
#define CLI_COMPAT_SPACE_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Would a machine accept the space whose requirements are in @path? The machine is described by the
 * file @facts, or where that is NULL by the --cpu list @cpu. Returns the exit status.
 */
int compat_space(const char *path, const char *facts, uint64_t cpu, bool json);

#endif
