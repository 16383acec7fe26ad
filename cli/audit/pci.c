/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/pci.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* include/linux/ioport.h */
#define RESOURCE_MEM 0x200u
#define RESOURCE_PREFETCH 0x2000u
#define RESOURCE_MEM_64 0x100000u

void pci_resource_parse(const char *text, struct bar bar[PCI_BARS])
{
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		uint64_t start, end, flags;
		char *p;

		bar[i] = (struct bar){0};
		start = strtoull(text, &p, 16);
		end = strtoull(p, &p, 16);
		flags = strtoull(p, &p, 16);
		if ((flags & RESOURCE_MEM) && end > start && end - start != UINT64_MAX)
			bar[i] = (struct bar){
				.present = true,
				.prefetchable = flags & RESOURCE_PREFETCH,
				.wide = flags & RESOURCE_MEM_64,
				.start = start,
				.bytes = end - start + 1,
			};
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

bool pci_command_parse(const char *config, size_t length, unsigned int *command)
{
	if (length < 6)
		return false;
	*command = (unsigned char)config[4] | (unsigned int)(unsigned char)config[5] << 8;
	/* All ones: nothing answered. */
	return *command != 0xffff;
}

const char *pci_vfio_module(struct arena *arena, const char *aliases, const struct device *device)
{
	const char *best = NULL;
	size_t wildcards = SIZE_MAX;
	char name[64];

	/* Subsystem and class are "any" in every table there is; fnmatch tells if not. */
	snprintf(name, sizeof(name), "vfio_pci:v%08Xd%08Xsv00000000sd00000000bc%02Xsc%02Xi%02X",
		 device->vendor, device->id, device->class_code >> 16 & 255,
		 device->class_code >> 8 & 255, device->class_code & 255);
	while (aliases && *aliases) {
		size_t length = strcspn(aliases, "\n"), stars = 0;
		char line[256], *pattern, *module;

		snprintf(line, sizeof(line), "%.*s", (int)length, aliases);
		aliases += length + (aliases[length] == '\n');
		if (strncmp(line, "alias ", 6) != 0)
			continue;
		pattern = line + 6;
		module = strchr(pattern, ' ');
		if (!module)
			continue;
		*module++ = '\0';
		for (const char *p = pattern; *p; p++)
			stars += *p == '*';
		if (fnmatch(pattern, name, 0) != 0 || stars >= wildcards)
			continue;
		wildcards = stars;
		best = arena_copy(arena, module, strlen(module));
	}
	return best;
}
