/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_DRIVERS_H
#define CLI_AUDIT_DRIVERS_H
/*
 * What the mmap of a driver that passes devices through declares: flags and page protection of the
 * VMA, by kernel version.
 */
#include "audit/host.h"

struct driver {
	const char *pattern; /* of its name, with '-' for '_'; as fnmatch(3) */
	const char *maps;    /* what its mmap does, in words, and since when */
	const char *source;
};

/* The driver of that name if it passes devices through, or NULL. */
const struct driver *driver_find(const char *name);

/*
 * The mapping of a BAR by that driver: the VMA's fields of @vma are filled. @nc is whether the
 * kernel has VM_ALLOW_ANY_UNCACHED (6.9).
 */
void driver_maps(const struct driver *driver, unsigned int bar, bool nc, struct linux_facts *vma);

#endif
