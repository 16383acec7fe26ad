/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_FDT_H
#define HV_GUEST_FDT_H
/* The device tree that a guest gets. Pure. */
#include "why.h"

#include <mezzo/status.h>
#include <mezzo/types.h>

#define HV_GUEST_FDT_BYTES 16384

struct hv_guest_machine {
	uint64_t ram, ram_bytes;
	const uint64_t *mpidr; /* affinity of each vCPU */
	uint32_t vcpus;
	bool pci;
	const char *bootargs;
	uint64_t initrd, initrd_bytes; /* bytes 0: none */
};

/**
 * hv_guest_fdt() - write it
 * @bytes: room in @buffer
 *
 * INVALID, with @why: no room (the command line is the only part without a bound).
 */
MEZZO_MUST_CHECK int hv_guest_fdt(const struct hv_guest_machine *machine, void *buffer,
				  size_t bytes, struct hv_why *why);

#endif
