/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that hold KVM descriptors, and their memory areas. Command lines, environments and
 * names of ordinary files are never read. A process may come and go meanwhile: what is gone is
 * left out.
 */
#include "audit/live.h"
#include "audit/smaps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Descriptors that say something about guest memory. */
static bool matters(const char *target)
{
	static const char *const beginning[] = {
		"/dev/kvm",
		"anon_inode:kvm-",
		"anon_inode:[kvm-",
		"/dev/vfio/",
		"anon_inode:[vfio",
		"/dev/iommu",
		"/dev/dri/",
		"/dev/dax",
		"/dev/mem",
		"/[kvm-gmem]",
		"anon_inode:[guest_memfd]",
		"/dmabuf:",
		"anon_inode:[iommufd",
	};

	for (size_t i = 0; i < sizeof(beginning) / sizeof(beginning[0]); i++)
		if (begins(target, beginning[i]))
			return true;
	return begins(target, "/sys/") && strstr(target, "/resource");
}

/* One word of a file in /proc/PID, or "". */
static void read_line(const char *pid, const char *name, const char *key, char *text, size_t size)
{
	char path[64], line[4096], *value;
	FILE *file;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%.20s/%.32s", pid, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!begins(line, key))
			continue;
		line[strcspn(line, "\n")] = '\0';
		value = line + strlen(key) + strspn(line + strlen(key), " \t");
		value[strnlen(value, size - 1)] = '\0';
		memcpy(text, value, strlen(value) + 1);
		break;
	}
	if (file)
		fclose(file);
}

static void describe(struct live_text *t, const char *pid, bool anonymous)
{
	char comm[64];

	read_line(pid, "comm", "", comm, sizeof(comm));
	for (char *p = comm; *p; p++)
		if (!isgraph((unsigned char)*p))
			*p = '_';
	live_add(t, "process %s %s\n", pid, anonymous || !comm[0] ? "-" : comm);
}

/* The descriptors of one process; true if a VM is among them. */
static bool descriptors(struct live_text *t, const char *pid, DIR *dir)
{
	struct dirent *entry;
	bool vm = false;

	while ((entry = readdir(dir))) {
		char path[64], target[512], device[512];
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (!matters(target))
			continue;
		vm |= strcmp(target, "anon_inode:kvm-vm") == 0;
		live_add(t, "fd %s %s %s\n", pid, entry->d_name, target);
		if (!begins(target, "anon_inode:[vfio-device]"))
			continue;
		snprintf(path, sizeof(path), "fdinfo/%.20s", entry->d_name);
		read_line(pid, path, "vfio-device-syspath:", device, sizeof(device));
		if (device[0])
			live_add(t, "device %s %s %s\n", pid, entry->d_name, device);
	}
	return vm;
}

/* Lines of one process are kept only if it holds a VM. */
static int look_at(struct live_text *t, const char *pid, bool anonymous)
{
	char path[64];
	size_t before = t->length;
	DIR *dir;
	bool vm;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return errno;
	describe(t, pid, anonymous);
	vm = descriptors(t, pid, dir);
	closedir(dir);
	if (!vm)
		t->length = before;
	t->text[t->length] = '\0';
	return 0;
}

/* Other users' processes are hidden (hidepid), or we are in a PID namespace: no kthreadd. */
static const char *view(void)
{
	char comm[64];

	if (access("/proc/1", F_OK) != 0)
		return "hidden";
	read_line("2", "comm", "", comm, sizeof(comm));
	return strcmp(comm, "kthreadd") == 0 ? "all" : "namespace";
}

int live_processes(struct live_text *t, bool anonymous)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned int denied = 0;
	char self[16];

	if (!proc)
		return errno;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	live_add(t, "view %s\n", view());
	while ((entry = readdir(proc))) {
		const char *pid = entry->d_name;
		int error;

		if (!isdigit((unsigned char)pid[0]) || strcmp(pid, self) == 0)
			continue;
		error = look_at(t, pid, anonymous);
		denied += error == EACCES || error == EPERM;
	}
	closedir(proc);
	live_add(t, "denied %u\n", denied);
	return 0;
}

struct one_area {
	char header[512];
	struct live_text lines; /* those that are kept */
};

static void finish_area(struct live_text *t, struct one_area *one)
{
	struct areas areas;
	size_t length;
	char path[512];

	if (!one->header[0])
		return;
	smaps_parse(t->arena, arena_printf(t->arena, "%s\n%s", one->header, one->lines.text),
		    &areas);
	if (areas.count == 1 && area_can_back_guest(&areas.area[0])) {
		smaps_reduce_path(path, sizeof(path), areas.area[0].path);
		length = strlen(one->header) - strlen(areas.area[0].path);
		one->header[length] = '\0';
		live_add(t, "%s%s\n%s", one->header, path, one->lines.text);
	}
	one->header[0] = '\0';
	one->lines.length = 0;
	one->lines.text[0] = '\0';
}

int live_smaps(struct live_text *t, const char *pid)
{
	struct one_area one = {.header = "", .lines = {.arena = t->arena}};
	char path[64], line[4096];
	FILE *file;
	int error;

	if (strspn(pid, "0123456789") != strlen(pid))
		return ENOENT;
	snprintf(path, sizeof(path), "/proc/%.20s/smaps", pid);
	file = fopen(path, "re");
	if (!file)
		return errno;
	live_add(&one.lines, "%s", "");
	errno = 0;
	while (fgets(line, sizeof(line), file)) {
		if (smaps_keeps_line(line)) {
			live_add(&one.lines, "%s", line);
		} else if (!isupper((unsigned char)line[0])) {
			/* Fields begin with a capital, headers with an address. */
			finish_area(t, &one);
			line[strcspn(line, "\n")] = '\0';
			line[sizeof(one.header) - 1] = '\0';
			memcpy(one.header, line, strlen(line) + 1);
		}
	}
	error = ferror(file) ? errno : 0;
	fclose(file);
	finish_area(t, &one);
	return error;
}
