/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that hold guests. */
#include "audit/guests.h"
#include "audit/stage2.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void add_group(struct arena *arena, struct guest *g, unsigned int group)
{
	for (unsigned int i = 0; i < g->groups; i++)
		if (g->group[i] == group)
			return;
	g->group = arena_grow(arena, g->group, g->groups, sizeof(*g->group));
	g->group[g->groups++] = group;
}

static void take_fd(struct arena *arena, struct guest *g, const char *target)
{
	char *end;

	if (strcmp(target, "anon_inode:kvm-vm") == 0)
		g->vms++;
	else if (begins(target, "anon_inode:kvm-vcpu"))
		g->vcpus++;
	else if (strstr(target, "kvm-gmem") || strstr(target, "guest_memfd"))
		g->guest_memfds++;
	else if (begins(target, "anon_inode:[vfio-device]"))
		g->vfio_devices++;
	else if (begins(target, "/dev/iommu") || begins(target, "anon_inode:[iommufd"))
		g->iommufd = true;
	else if (begins(target, "/dev/dri/") || begins(target, "/dmabuf:"))
		g->drm = true;
	else if (begins(target, "/dev/mem"))
		g->dev_mem = true;
	if (begins(target, "/dev/vfio/")) {
		unsigned long group = strtoul(target + 10, &end, 10);

		if (end != target + 10 && *end == '\0')
			add_group(arena, g, (unsigned int)group);
	}
}

static void take_device(struct arena *arena, struct guest *g, const char *path)
{
	const char *slash = strrchr(path, '/');

	g->device = arena_grow(arena, g->device, g->devices, sizeof(*g->device));
	g->device[g->devices++] = slash ? slash + 1 : path;
}

/* Words of a line, the last one with the rest; returns how many. */
static unsigned int words_of(char *line, char *word[], unsigned int max)
{
	unsigned int count = 0;

	while (count + 1 < max && *line) {
		word[count++] = line;
		line += strcspn(line, " ");
		if (*line)
			*line++ = '\0';
	}
	if (*line)
		word[count++] = line;
	return count;
}

void processes_parse(struct arena *arena, const char *text, struct processes *processes)
{
	char *copy = arena_copy(arena, text, strlen(text)), *line;
	struct guest *g = NULL;

	*processes = (struct processes){.view = "unknown"};
	while ((line = strsep(&copy, "\n"))) {
		char *word[4];
		unsigned int count = words_of(line, word, 4);
		bool ours;

		if (count >= 2 && strcmp(word[0], "view") == 0)
			processes->view = word[1];
		if (count >= 2 && strcmp(word[0], "denied") == 0)
			processes->denied = (unsigned int)strtoul(word[1], NULL, 10);
		if (count >= 3 && strcmp(word[0], "process") == 0) {
			processes->guest =
				arena_grow(arena, processes->guest, processes->guests, sizeof(*g));
			g = &processes->guest[processes->guests++];
			*g = (struct guest){.pid = (unsigned int)strtoul(word[1], NULL, 10),
					    .name = word[2]};
		}
		ours = count == 4 && g && strtoul(word[1], NULL, 10) == g->pid;
		if (ours && strcmp(word[0], "fd") == 0)
			take_fd(arena, g, word[3]);
		if (ours && strcmp(word[0], "device") == 0)
			take_device(arena, g, word[3]);
	}
}

static const char *why_no_areas(int error)
{
	if (error == ENOENT || error == ESRCH)
		return "the process is gone";
	return error == EACCES || error == EPERM ? "needs root or CAP_SYS_PTRACE" : strerror(error);
}

/* debugfs: kvm/PID-FD/stage2_page_tables, of kernels with CONFIG_PTDUMP_STAGE2_DEBUGFS. */
static void read_stage2(struct host *host, struct root *root, struct guest *g, int count,
			const char *const *names)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%u-", g->pid);
	for (int i = 0; i < count; i++) {
		const char *text;

		if (!begins(names[i], prefix))
			continue;
		text = root_text(root, "sys/kernel/debug/kvm/%s/stage2_page_tables", names[i]);
		if (text)
			g->stage2 = stage2_parse(&host->arena, text, &g->stage2_ranges);
	}
}

void guests_read(struct host *host, struct root *root)
{
	const char *text = root_read(root, ROOT_PROCESSES, NULL);
	const char *const *names = NULL;
	struct processes all;
	int debug;

	if (!text) {
		host_miss(host, "guests", "/proc cannot be read");
		return;
	}
	processes_parse(&host->arena, text, &all);
	if (strcmp(all.view, "hidden") == 0)
		host_miss(host, "other users' processes", "/proc hides them (hidepid)");
	if (strcmp(all.view, "namespace") == 0)
		host_miss(host, "processes outside this PID namespace",
			  "they are not visible here");
	if (all.denied)
		host_miss(host,
			  arena_printf(&host->arena, "descriptors of %u processes", all.denied),
			  "needs root or CAP_SYS_PTRACE");
	debug = all.guests && host->stage2 ? root_list(root, "sys/kernel/debug/kvm", &names) : 0;
	if (debug < 0)
		host_miss(host, "stage-2 tables in debugfs",
			  errno == ENOENT ? "debugfs is not mounted" : "needs root");
	for (unsigned int i = 0; i < all.guests; i++) {
		struct guest *g = &all.guest[i];
		const char *smaps =
			root_read(root, arena_printf(&host->arena, ROOT_SMAPS "/%u", g->pid), NULL);

		if (smaps)
			smaps_parse(&host->arena, smaps, &g->areas);
		else
			g->areas_missing = why_no_areas(errno);
		read_stage2(host, root, g, debug, names);
	}
	host->guest = all.guest;
	host->guests = all.guests;
}
