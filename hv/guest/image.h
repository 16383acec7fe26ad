/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_IMAGE_H
#define HV_GUEST_IMAGE_H
/*
 * What a kernel image asks for, and where everything goes. Pure.
 *
 * Source of the header and of every placement rule: Linux, Documentation/arch/arm64/booting.rst.
 */
#include "why.h"

#include <mezzo/status.h>
#include <mezzo/types.h>

#define HV_IMAGE_HEADER_BYTES 64

struct hv_image {
	bool linux;           /* it has an arm64 Image header */
	uint64_t file_bytes;  /* to be copied */
	uint64_t text_offset; /* from a 2 MiB boundary (Linux), or from the start of RAM */
	uint64_t image_bytes; /* to be left free from there, the file included */
};

/**
 * hv_image_parse() - what is this file?
 * @header: its first HV_IMAGE_HEADER_BYTES, zeroes behind a shorter file's end
 * @file_bytes: its size
 *
 * Without an arm64 Image header it is a flat binary for RAM base + 0x80000. INVALID, with @why:
 * empty, or a header that contradicts itself.
 */
MEZZO_MUST_CHECK int hv_image_parse(const uint8_t header[HV_IMAGE_HEADER_BYTES],
				    uint64_t file_bytes, struct hv_image *image,
				    struct hv_why *why);

struct hv_layout {
	uint64_t kernel; /* first byte of the image, and where it is entered */
	uint64_t initrd; /* 0: none */
	uint64_t fdt;    /* a 2 MiB boundary above everything loaded */
};

/**
 * hv_layout_place() - where in RAM everything goes
 * @ram, @ram_bytes: the guest's RAM; @ram a multiple of 2 MiB
 * @initrd_bytes: 0: none
 * @fdt_bytes: at most 2 MiB
 *
 * INVALID, with @why: what does not fit.
 */
MEZZO_MUST_CHECK int hv_layout_place(uint64_t ram, uint64_t ram_bytes, const struct hv_image *image,
				     uint64_t initrd_bytes, uint64_t fdt_bytes,
				     struct hv_layout *layout, struct hv_why *why);

#endif
