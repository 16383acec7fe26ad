/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/guest/image.c hv/lib/format.c */
/* Whatever a kernel's header and the sizes say: what is placed lies in RAM, in order and apart. */
#include <stdlib.h>
#include <string.h>

#include "hv/guest/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t ram = UINT64_C(0x40000000);
	uint8_t header[HV_IMAGE_HEADER_BYTES] = {0};
	uint64_t file, initrd, blocks, end, ram_bytes;
	struct hv_image image;
	struct hv_layout at;
	struct hv_why why;

	if (size < 24)
		return 0;
	memcpy(&file, data, 8);
	memcpy(&initrd, data + 8, 8);
	memcpy(&blocks, data + 16, 8);
	ram_bytes = (8 + blocks % 65536) << 21;
	if (data[0] & 1)
		file %= 2 * ram_bytes;
	if (data[8] & 1)
		initrd %= 2 * ram_bytes;
	size -= 24;
	memcpy(header, data + 24, size < sizeof(header) ? size : sizeof(header));
	if (data[16] & 1)
		memcpy(header + 56, "ARM\x64", 4);
	if (hv_image_parse(header, file, &image, &why) ||
	    hv_layout_place(ram, ram_bytes, &image, initrd, 16384, &at, &why)) {
		CHECK(strlen(why.text) > 10);
		return 0;
	}
	end = at.kernel + image.image_bytes;
	CHECK(at.kernel >= ram && end > at.kernel && image.image_bytes >= file);
	if (initrd) {
		CHECK(at.initrd >= end);
		end = at.initrd + initrd;
	}
	CHECK(at.fdt >= end && at.fdt % (2 << 20) == 0);
	CHECK(at.fdt + 16384 <= ram + ram_bytes);
	return 0;
}
