/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of the boot log that matter, and whether the log still begins at the boot: only then
 * does a missing line mean something. And the drivers that kernel modules offer for vfio.
 */
#include "audit/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool matters(const char *message)
{
	static const char *const beginning[] = {
		"CPU features: detected:",
		"CPU: All CPU(s) started at",
		"kvm [",
		"kvm: ",
		"kvm_amd: ",
		"kvm_intel: ",
		"VFIO",
		"vfio",
		"arm-smmu",
		"DMAR: IOMMU enabled",
		"AMD-Vi: ",
		"iommu: Default",
		"x86/PAT: ",
		"mtrr: ",
		"MTRR",
	};

	for (size_t i = 0; i < sizeof(beginning) / sizeof(beginning[0]); i++)
		if (strncmp(message, beginning[i], strlen(beginning[i])) == 0)
			return true;
	return false;
}

int live_boot_log(struct live_text *t)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	bool first = true;
	ssize_t n;

	if (fd < 0)
		return errno;
	while ((n = read(fd, record, sizeof(record) - 1)) >= 0 || errno == EPIPE) {
		char *message;

		if (n <= 0)
			continue; /* a record was overwritten while we read */
		record[n] = '\0';
		/* "priority,sequence,time,flags;message\n" */
		if (first)
			live_add(t, "complete %s\n",
				 strtoul(record + strcspn(record, ",") + 1, NULL, 10) ? "no"
										      : "yes");
		first = false;
		message = strchr(record, ';');
		if (!message++)
			continue;
		message[strcspn(message, "\n")] = '\0';
		if (matters(message))
			live_add(t, "%s\n", message);
	}
	n = errno == EAGAIN ? 0 : errno;
	close(fd);
	return (int)n;
}

int live_vfio_aliases(struct live_text *t)
{
	static const char prefix[] = "alias vfio_pci:";
	struct utsname name;
	char path[sizeof(name.release) + 32], line[512];
	FILE *file;

	if (uname(&name) != 0)
		return errno;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias", name.release);
	file = fopen(path, "re");
	if (!file)
		return errno;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, prefix, sizeof(prefix) - 1) == 0)
			live_add(t, "%s", line);
	fclose(file);
	return 0;
}
