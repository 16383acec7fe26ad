/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_DESCRIBE_H
#define HV_GUEST_DESCRIBE_H
/*
 * The node compatible "mezzo,guest", as docs/guest-binding.md defines it. Pure.
 */
#include "why.h"

#include <mezzo/status.h>
#include <mezzo/types.h>

#define HV_GUEST_FUNCTIONS_MAX 16
#define HV_GUEST_BAR_HIDDEN (-1)

/* A PCI function that is passed through. */
struct hv_guest_function {
	uint32_t bdf;     /* on the machine: bus 15:8, device 7:3, function 2:0; segment 0 */
	int8_t preset[6]; /* enum mezzo_preset of each BAR, or HV_GUEST_BAR_HIDDEN */
};

struct hv_guest_description {
	uint64_t ram_bytes; /* a multiple of 2 MiB */
	uint32_t vcpus;
	bool mte;
	uint8_t ram_order; /* largest leaf of its RAM */
	bool unmap_call;   /* it may take its own entries away (../psci/vendor.h) */
	bool log_writes;   /* writes to its RAM are logged, by faults (../psci/vendor.h) */
	struct hv_guest_function function[HV_GUEST_FUNCTIONS_MAX]; /* by rising address */
	unsigned int functions;
};

/**
 * hv_guest_describe() - read the node
 * @fdt: a checked device tree
 * @node: offset of the node; negative: there is none, and everything is as its default says
 *
 * INVALID, with @why: a property that is malformed, out of range or not known; a function named
 * twice, or that asks for DMA or interrupts.
 */
MEZZO_MUST_CHECK int hv_guest_describe(const void *fdt, int node,
				       struct hv_guest_description *description,
				       struct hv_why *why);

#endif
