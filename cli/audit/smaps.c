/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/smaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum area_kind area_kind_of(const char *path, bool shared)
{
	static const struct {
		const char *prefix;
		enum area_kind kind;
	} table[] = {
		{"anon_inode:[vfio-device]", AREA_VFIO},
		{"/dev/vfio/", AREA_VFIO},
		{"anon_inode:[kvm-gmem]", AREA_GUEST_MEMFD},
		{"anon_inode:[guest_memfd]", AREA_GUEST_MEMFD},
		{"/[kvm-gmem]", AREA_GUEST_MEMFD},
		{"/memfd:", AREA_SHMEM},
		{"/dev/shm/", AREA_SHMEM},
		{"/dev/zero (deleted)", AREA_SHMEM},
		{"/SYSV", AREA_SHMEM},
		{"/anon_hugepage", AREA_HUGETLB},
		{"/dev/hugepages", AREA_HUGETLB},
		{"/dev/mem", AREA_DEV_MEM},
		{"/dev/dri/", AREA_DRM},
		{"/dmabuf:", AREA_DRM},
		{"anon_inode:i915.gem", AREA_DRM},
		{"/dev/dax", AREA_DAX},
		{"/dev/", AREA_DEVICE},
	};

	if (!*path || begins(path, "[heap]") || begins(path, "[anon:") ||
	    begins(path, "[anon_shmem:"))
		return shared ? AREA_SHMEM : AREA_ANONYMOUS;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (begins(path, table[i].prefix))
			return table[i].kind;
	if (begins(path, "/sys/") && strstr(path, "/resource"))
		return AREA_SYSFS_BAR;
	return AREA_FILE;
}

const char *area_kind_name(enum area_kind kind)
{
	static const char *const name[AREA_KINDS] = {
		"anonymous", "shmem", "hugetlb", "guest_memfd", "vfio", "sysfs-bar",
		"dev-mem",   "drm",   "dax",     "device",      "file",
	};

	return name[kind];
}

/* Names of files are nobody's business but those of devices; of the rest the kind is kept. */
void smaps_reduce_path(char *text, size_t size, const char *path)
{
	switch (area_kind_of(path, false)) {
	case AREA_SHMEM:
		snprintf(text, size, "%s",
			 begins(path, "/memfd:")     ? "/memfd:"
			 : begins(path, "/dev/shm/") ? "/dev/shm/"
			 : begins(path, "/SYSV")     ? "/SYSV"
						     : path);
		break;
	case AREA_HUGETLB:
		snprintf(text, size, "%s", begins(path, "/dev/") ? "/dev/hugepages" : path);
		break;
	case AREA_ANONYMOUS:
		text[0] = '\0';
		break;
	case AREA_DRM:
		snprintf(text, size, "%s", begins(path, "/dmabuf:") ? "/dmabuf:" : path);
		break;
	case AREA_FILE:
		snprintf(text, size, "%s", path[0] == '[' ? path : "file");
		break;
	default:
		snprintf(text, size, "%s", path);
		break;
	}
}

/* A header: "start-end perms offset dev inode   path". */
static bool parse_header(struct arena *arena, const char *line, size_t length, struct area *area)
{
	char *end;
	const char *p = line, *stop = line + length;

	*area = (struct area){0};
	area->start = strtoull(p, &end, 16);
	if (end == p || *end != '-')
		return false;
	p = end + 1;
	area->end = strtoull(p, &end, 16);
	if (end == p || *end != ' ' || stop - end < 6 || area->end < area->start)
		return false;
	p = end + 1;
	area->read = p[0] == 'r';
	area->write = p[1] == 'w';
	area->exec = p[2] == 'x';
	area->shared = p[3] == 's';
	if (p[4] != ' ')
		return false;
	area->offset = strtoull(p + 5, &end, 16);
	p = end;
	/* device and inode */
	for (unsigned int word = 0; word < 2; word++) {
		while (p < stop && *p == ' ')
			p++;
		while (p < stop && *p != ' ')
			p++;
	}
	while (p < stop && *p == ' ')
		p++;
	area->path = arena_copy(arena, p, p < stop ? (size_t)(stop - p) : 0);
	area->kind = area_kind_of(area->path, area->shared);
	return true;
}

static unsigned int parse_flags(const char *line, size_t length)
{
	static const struct {
		char name[3];
		unsigned int flag;
	} table[] = {
		{"io", AREA_FLAG_IO},           {"pf", AREA_FLAG_PFNMAP},
		{"mm", AREA_FLAG_MIXEDMAP},     {"lo", AREA_FLAG_LOCKED},
		{"ht", AREA_FLAG_HUGETLB},      {"hg", AREA_FLAG_HUGEPAGE},
		{"nh", AREA_FLAG_NOHUGEPAGE},   {"mt", AREA_FLAG_MTE},
		{"??", AREA_FLAG_ANY_UNCACHED}, {"sh", AREA_FLAG_SHARED},
		{"wr", AREA_FLAG_WRITE},
	};
	unsigned int flags = 0;

	for (size_t i = 0; i + 1 < length; i++) {
		if (i && line[i - 1] != ' ')
			continue;
		for (size_t j = 0; j < sizeof(table) / sizeof(table[0]); j++)
			if (memcmp(line + i, table[j].name, 2) == 0)
				flags |= table[j].flag;
	}
	return flags;
}

static void parse_field(const char *line, size_t length, struct area *area)
{
	static const struct {
		const char *key;
		size_t field;
	} table[] = {
		{"Rss:", offsetof(struct area, resident_kib)},
		{"AnonHugePages:", offsetof(struct area, huge_kib)},
		{"ShmemPmdMapped:", offsetof(struct area, huge_kib)},
		{"FilePmdMapped:", offsetof(struct area, huge_kib)},
		{"Shared_Hugetlb:", offsetof(struct area, huge_kib)},
		{"Private_Hugetlb:", offsetof(struct area, huge_kib)},
		{"Locked:", offsetof(struct area, locked_kib)},
	};

	if (begins(line, "VmFlags:")) {
		area->flags = parse_flags(line + 8, length - 8);
		area->has_flags = true;
		if (area->flags & AREA_FLAG_HUGETLB)
			area->kind = AREA_HUGETLB;
	} else if (begins(line, "KernelPageSize:")) {
		area->kernel_page_bytes = strtoull(line + 15, NULL, 10) << 10;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (begins(line, table[i].key))
			*(uint64_t *)((char *)area + table[i].field) +=
				strtoull(line + strlen(table[i].key), NULL, 10);
}

void smaps_parse(struct arena *arena, const char *text, struct areas *areas)
{
	*areas = (struct areas){0};
	while (*text) {
		size_t length = strcspn(text, "\n");
		struct area area;

		if (parse_header(arena, text, length, &area)) {
			areas->area = arena_grow(arena, areas->area, areas->count, sizeof(area));
			areas->area[areas->count++] = area;
		} else if (areas->count) {
			parse_field(text, length, &areas->area[areas->count - 1]);
		}
		text += length + (text[length] == '\n');
	}
}

bool smaps_keeps_line(const char *line)
{
	static const char *const keys[] = {
		"Rss:",           "AnonHugePages:",  "ShmemPmdMapped:",
		"FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:",
		"Locked:",        "VmFlags:",        "KernelPageSize:",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (begins(line, keys[i]))
			return true;
	return false;
}

/* Smaller ones are stacks, heaps and buffers of the VMM itself. */
#define GUEST_RAM_BYTES_MIN (UINT64_C(1) << 20)

bool area_can_back_guest(const struct area *area)
{
	switch (area->kind) {
	case AREA_ANONYMOUS:
		return area->write && !area->exec && area->end - area->start >= GUEST_RAM_BYTES_MIN;
	case AREA_SHMEM:
		return area->end - area->start >= GUEST_RAM_BYTES_MIN;
	case AREA_FILE:
		return area->shared && area->write &&
		       area->end - area->start >= GUEST_RAM_BYTES_MIN;
	case AREA_DEVICE:
		return area->flags & (AREA_FLAG_PFNMAP | AREA_FLAG_MIXEDMAP | AREA_FLAG_IO);
	default:
		return true;
	}
}
