/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_SMAPS_H
#define CLI_AUDIT_SMAPS_H
/* /proc/PID/smaps: the memory areas of a process. */
#include "audit/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum area_kind {
	AREA_ANONYMOUS,
	AREA_SHMEM, /* memfd, tmpfs, System V, shared anonymous */
	AREA_HUGETLB,
	AREA_GUEST_MEMFD,
	AREA_VFIO,      /* a region of a device, through vfio */
	AREA_SYSFS_BAR, /* the same through /sys/.../resourceN */
	AREA_DEV_MEM,
	AREA_DRM, /* a GPU buffer: /dev/dri, dma-buf */
	AREA_DAX,
	AREA_DEVICE, /* some other device's */
	AREA_FILE,
	AREA_KINDS
};

/* VmFlags, those that say something about memory types. */
enum area_flag {
	AREA_FLAG_IO = 1 << 0,           /* io: VM_IO */
	AREA_FLAG_PFNMAP = 1 << 1,       /* pf: VM_PFNMAP */
	AREA_FLAG_MIXEDMAP = 1 << 2,     /* mm: VM_MIXEDMAP */
	AREA_FLAG_LOCKED = 1 << 3,       /* lo */
	AREA_FLAG_HUGETLB = 1 << 4,      /* ht */
	AREA_FLAG_HUGEPAGE = 1 << 5,     /* hg: madvise(MADV_HUGEPAGE) */
	AREA_FLAG_NOHUGEPAGE = 1 << 6,   /* nh */
	AREA_FLAG_MTE = 1 << 7,          /* mt: VM_MTE, the process uses tags in it */
	AREA_FLAG_ANY_UNCACHED = 1 << 8, /* ??: no name; VM_ALLOW_ANY_UNCACHED is the one */
	AREA_FLAG_SHARED = 1 << 9,       /* sh */
	AREA_FLAG_WRITE = 1 << 10,       /* wr */
};

struct area {
	uint64_t start, end; /* half open */
	uint64_t offset;
	bool read, write, exec, shared;
	enum area_kind kind;
	const char *path; /* reduced: see smaps_reduce */
	unsigned int flags;
	bool has_flags; /* VmFlags was there */
	uint64_t kernel_page_bytes, resident_kib, huge_kib, locked_kib;
};

struct areas {
	struct area *area;
	unsigned int count;
};

/* Every area of a text; lines that are not understood are passed over. */
void smaps_parse(struct arena *arena, const char *text, struct areas *areas);

/* "anonymous", "vfio", ... */
const char *area_kind_name(enum area_kind kind);
enum area_kind area_kind_of(const char *path, bool shared);

/*
 * What is kept of a text: areas that can back guest memory, of those the lines that smaps_parse
 * reads, and names of files reduced to what they are.
 */
bool area_can_back_guest(const struct area *area);
bool smaps_keeps_line(const char *line);
void smaps_reduce_path(char *text, size_t size, const char *path);

#endif
