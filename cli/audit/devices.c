/* SPDX-License-Identifier: BSD-2-Clause */
/* Every PCI function, and devices of other buses that a vfio driver holds. */
#include "audit/drivers.h"
#include "audit/host.h"
#include "audit/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The last part of what a link points to. */
static const char *link_name(struct host *host, struct root *root, const char *base,
			     const char *name)
{
	const char *target = root_link(root, arena_printf(&host->arena, "%s/%s", base, name));
	const char *slash = target ? strrchr(target, '/') : NULL;

	return slash ? slash + 1 : target;
}

static void read_group(struct host *host, struct root *root, const char *base, struct device *d)
{
	const char *group = link_name(host, root, base, "iommu_group");

	d->group = group ? (int)strtol(group, NULL, 10) : -1;
	if (group)
		d->group_type = root_text(root, "sys/kernel/iommu_groups/%s/type", group);
}

static unsigned int hex_file(struct root *root, const char *base, const char *name)
{
	const char *text = root_text(root, "%s/%s", base, name);

	return text ? (unsigned int)strtoul(text, NULL, 16) : 0;
}

/* Reading configuration space would wake a function that sleeps without power. */
static void read_command(struct host *host, struct root *root, const char *base, struct device *d)
{
	unsigned int command;
	const char *config;
	size_t length;

	d->power = root_text(root, "%s/power_state", base);
	if (d->power && strcmp(d->power, "D3cold") == 0)
		return;
	config = root_head(root, arena_printf(&host->arena, "%s/config", base), 64, &length);
	d->memory_known = config && pci_command_parse(config, length, &command);
	d->memory_enabled = d->memory_known && (command & 2);
}

/* ARM: the device tree says of the host bridge whether its devices snoop. */
static void read_coherent(struct host *host, struct root *root, struct device *d)
{
	/* "../../devices/platform/4010000000.pcie/pci0000:00/pci_bus/0000:00" */
	const char *target =
		root_link(root, arena_printf(&host->arena, "sys/class/pci_bus/%.7s", d->address));
	const char *bridge = target ? strstr(target, "/pci0") : NULL;
	const char *base;

	if (!bridge || strncmp(target, "../../", 6) != 0)
		return;
	base = arena_printf(&host->arena, "sys/%.*s/of_node", (int)(bridge - target - 6),
			    target + 6);
	if (!root_text(root, "%s/device_type", base))
		return;
	d->coherent_known = true;
	d->coherent = root_text(root, "%s/dma-coherent", base);
}

static void read_function(struct host *host, struct root *root, const char *aliases,
			  const char *address)
{
	const char *base = arena_printf(&host->arena, "sys/bus/pci/devices/%s", address);
	const char *resource = root_text(root, "%s/resource", base);
	struct device d = {.bus = "pci", .address = address};

	if (!resource)
		return; /* gone meanwhile */
	pci_resource_parse(resource, d.bar);
	d.vendor = hex_file(root, base, "vendor");
	d.id = hex_file(root, base, "device");
	d.class_code = hex_file(root, base, "class");
	d.driver = link_name(host, root, base, "driver");
	d.passed = d.driver && driver_find(d.driver);
	d.pass_driver = d.passed ? d.driver : pci_vfio_module(&host->arena, aliases, &d);
	if (!d.pass_driver)
		d.pass_driver = "vfio-pci";
	read_group(host, root, base, &d);
	read_command(host, root, base, &d);
	if (host_is(host, "arm64"))
		read_coherent(host, root, &d);
	host->device = arena_grow(&host->arena, host->device, host->devices, sizeof(d));
	host->device[host->devices++] = d;
}

static void read_functions(struct host *host, struct root *root)
{
	const char *aliases = root_read(root, ROOT_VFIO_ALIASES, NULL);
	const char *const *names;
	int count = root_list(root, "sys/bus/pci/devices", &names);

	if (count < 0 && errno != ENOENT)
		host_miss(host, "PCI functions", strerror(errno));
	for (int i = 0; i < count; i++)
		read_function(host, root, aliases, names[i]);
}

/* Devices in the directory of a driver: their links. */
static void read_bus(struct host *host, struct root *root, const char *bus, const char *driver)
{
	const char *directory = arena_printf(&host->arena, "sys/bus/%s/drivers/%s", bus, driver);
	const char *const *names;
	int count = root_list(root, directory, &names);

	for (int i = 0; i < count; i++) {
		const char *base = arena_printf(&host->arena, "%s/%s", directory, names[i]);
		struct device d = {
			.bus = bus,
			.address = names[i],
			.driver = driver,
			.pass_driver = driver,
			.passed = true,
		};

		/* Besides devices there are bind, unbind, uevent and the module. */
		if (strcmp(names[i], "module") == 0 || !root_link(root, base))
			continue;
		read_group(host, root, base, &d);
		host->device = arena_grow(&host->arena, host->device, host->devices, sizeof(d));
		host->device[host->devices++] = d;
	}
}

void devices_read(struct host *host, struct root *root)
{
	read_functions(host, root);
	read_bus(host, root, "platform", "vfio-platform");
	read_bus(host, root, "amba", "vfio-amba");
	read_bus(host, root, "fsl-mc", "vfio-fsl-mc");
	read_bus(host, root, "cdx", "vfio-cdx");
}
