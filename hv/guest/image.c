/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include <string.h>

#define HEADER_TEXT_OFFSET 8
#define HEADER_IMAGE_SIZE 16
#define HEADER_MAGIC 56

#define FLAT_OFFSET UINT64_C(0x80000)
#define MiB (UINT64_C(1) << 20)
#define BLOCK (2 * MiB)
/* A flat binary's header does not say how much memory it uses behind its end. */
#define FLAT_ROOM (16 * MiB)

static uint64_t le64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned int i = 8; i--;)
		value = value << 8 | p[i];
	return value;
}

int hv_image_parse(const uint8_t header[HV_IMAGE_HEADER_BYTES], uint64_t file_bytes,
		   struct hv_image *image, struct hv_why *why)
{
	if (!file_bytes)
		return hv_why(why, "kernel: the image is empty");
	*image = (struct hv_image){.file_bytes = file_bytes, .image_bytes = file_bytes};
	image->linux =
		file_bytes >= HV_IMAGE_HEADER_BYTES && !memcmp(header + HEADER_MAGIC, "ARM\x64", 4);
	if (!image->linux) {
		image->text_offset = FLAT_OFFSET;
		return MEZZO_OK;
	}
	image->text_offset = le64(header + HEADER_TEXT_OFFSET);
	/* Before Linux 3.17 both fields were undefined, and this was the offset. */
	if (!le64(header + HEADER_IMAGE_SIZE))
		image->text_offset = FLAT_OFFSET;
	else if (le64(header + HEADER_IMAGE_SIZE) > file_bytes)
		image->image_bytes = le64(header + HEADER_IMAGE_SIZE);
	if (image->text_offset >= BLOCK || image->text_offset % 4)
		return hv_why(why,
			      "kernel: text_offset 0x%lx of its header is not below 2 MiB and a "
			      "multiple of 4",
			      (unsigned long)image->text_offset);
	return MEZZO_OK;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

int hv_layout_place(uint64_t ram, uint64_t ram_bytes, const struct hv_image *image,
		    uint64_t initrd_bytes, uint64_t fdt_bytes, struct hv_layout *layout,
		    struct hv_why *why)
{
	uint64_t kernel = image->image_bytes, room = image->linux ? 0 : FLAT_ROOM;
	uint64_t next;

	/* Bounded first, so that no sum below can wrap. */
	if (kernel > ram_bytes || image->text_offset > ram_bytes - kernel)
		return hv_why(why, "kernel: 0x%lx bytes at RAM + 0x%lx do not fit 0x%lx of RAM",
			      (unsigned long)kernel, (unsigned long)image->text_offset,
			      (unsigned long)ram_bytes);
	if (initrd_bytes > ram_bytes)
		return hv_why(why, "initrd: 0x%lx bytes do not fit 0x%lx of RAM",
			      (unsigned long)initrd_bytes, (unsigned long)ram_bytes);
	next = round_up(image->text_offset + kernel, BLOCK);
	if (next + room + BLOCK <= ram_bytes)
		next += room;
	*layout = (struct hv_layout){.kernel = ram + image->text_offset};
	if (initrd_bytes) {
		layout->initrd = ram + next;
		next = round_up(next + initrd_bytes, BLOCK);
	}
	layout->fdt = ram + next;
	if (next > ram_bytes || fdt_bytes > ram_bytes - next)
		return hv_why(why,
			      "kernel (0x%lx bytes), initrd (0x%lx) and device tree (0x%lx) do not "
			      "fit 0x%lx of RAM together",
			      (unsigned long)kernel, (unsigned long)initrd_bytes,
			      (unsigned long)fdt_bytes, (unsigned long)ram_bytes);
	return MEZZO_OK;
}
