/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_ROOT_H
#define CLI_AUDIT_ROOT_H
/*
 * Where an audit reads: the running system, a directory, or a tar that `mezzo capture` made. There
 * is one way to read for all of them, so the same host gives the same answer anywhere.
 *
 * Besides files of /proc and /sys there are a few that only `mezzo` has: answers of ioctls and
 * registers, the lines of the boot log that matter, processes that hold KVM descriptors. The
 * running system makes them when they are read (live.h); in a capture they are files.
 *
 * What was read can be recorded; a capture is that record. What could not be read is recorded too
 * (ROOT_ERRORS), so that "not permitted" stays that.
 */
#include "audit/arena.h"
#include "audit/tar.h"

#include <stdbool.h>

#define ROOT_ERRORS "mezzo/errors" /* "EACCES sys/kernel/debug/kvm", one a line */
#define ROOT_LISTED "mezzo/listed" /* "sys/class/iommu/dmar0": names that were listed */
#define ROOT_ANSWERS "mezzo/answers"
#define ROOT_BOOT_LOG "mezzo/boot-log"
#define ROOT_VFIO_ALIASES "mezzo/vfio-aliases"
#define ROOT_PROCESSES "mezzo/processes"
#define ROOT_SMAPS "mezzo/smaps" /* a directory: one file per process of ROOT_PROCESSES */

/* Nothing that an audit reads is larger. */
#define ROOT_MAX_BYTES (64u << 20)

struct root;

/* @passive: /dev/kvm is not opened. @anonymous: processes have no names. */
struct root *root_live(struct arena *arena, bool passive, bool anonymous);
/* A directory or a tar. NULL: @why says why not. */
struct root *root_open(struct arena *arena, const char *path, const char **why);
/* What a tar holds; @tar is sorted. */
struct root *root_of_tar(struct arena *arena, const struct tar *tar);

/* The bytes of any file, and a zero; NULL and errno. */
const char *root_file(struct arena *arena, const char *path, size_t *length);

/*
 * A file's bytes and a zero, a link's target, sorted names of a directory. Paths are relative:
 * "proc/version". NULL (-1): errno says why; ENOENT if it is not there.
 */
const char *root_read(struct root *root, const char *path, size_t *length);
/* No more than the first @most bytes, and no more is asked for: PCI configuration space. */
const char *root_head(struct root *root, const char *path, size_t most, size_t *length);
const char *root_link(struct root *root, const char *path);
int root_list(struct root *root, const char *path, const char *const **names);

/* root_read of a path made by printf; trailing white space is cut off. */
const char *root_text(struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Everything that was read so far and what could not be, in the order of paths. */
void root_record(struct root *root, struct tar *record);

#endif
