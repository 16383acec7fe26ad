/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_PCI_H
#define CLI_AUDIT_PCI_H
/* What sysfs says of a PCI function, and which driver would pass it through. */
#include "audit/host.h"

/* /sys/bus/pci/devices/.../resource: a line each of start, end, flags; the first six are BARs. */
void pci_resource_parse(const char *text, struct bar bar[PCI_BARS]);

/* PCI_COMMAND of the head of configuration space; false: cut short or no device answers. */
bool pci_command_parse(const char *config, size_t length, unsigned int *command);

/*
 * The module that "alias vfio_pci:v000010DEd00002345..." lines name for a function, the most
 * exact one; NULL: none.
 */
const char *pci_vfio_module(struct arena *arena, const char *aliases, const struct device *device);

#endif
