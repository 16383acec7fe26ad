/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_MODULES_H
#define HV_GUEST_MODULES_H
/* The images that the boot loader left for the guest. Pure. */
#include "../host/host.h"
#include "why.h"

struct hv_guest_modules {
	struct hv_range kernel;
	struct hv_range initrd; /* bytes 0: none */
	const char *bootargs;
};

/**
 * hv_guest_modules() - take them out of the host's list and check them
 *
 * NOENT: no kernel, so no guest. INVALID, with @why: two of a kind, an empty or wrapping range, one
 * that is not wholly RAM, or that overlaps the device tree or another module.
 */
MEZZO_MUST_CHECK int hv_guest_modules(const struct hv_host *host, struct hv_guest_modules *modules,
				      struct hv_why *why);

#endif
