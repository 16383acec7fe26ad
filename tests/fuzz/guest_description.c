/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/guest/describe.c hv/lib/format.c */
/* Whatever a boot loader writes about a guest: it is refused with words, or means something. */
#include <libfdt.h>
#include <mezzo/decide.h>
#include <stdlib.h>
#include <string.h>

#include "hv/guest/describe.h"
#include "hv/guest/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

static const char *const names[] = {"memory", "vcpus",   "mte", "compatible", "bar0", "bar2",
				    "bar5",   "address", "dma", "msi",        "name", "bar9"};
#define NAMES (sizeof(names) / sizeof(*names))

/* Values that mean something, so that not all of the effort goes into finding them. */
static const char *const values[] = {"device", "combining", "cached", "exclusive"};

static char tree[16384];

static void add_function(int guest, unsigned int number)
{
	char name[16] = "function@a";
	uint32_t address[4] = {0, 0, cpu_to_fdt32(number % 32), 0};
	int node;

	name[9] = (char)('a' + number % 26);
	node = fdt_add_subnode(tree, guest, name);
	if (node < 0)
		return;
	fdt_setprop_string(tree, node, "compatible", "mezzo,pci-function");
	fdt_setprop(tree, node, "address", address, sizeof(address));
}

static const uint8_t *add_property(int guest, const uint8_t *data, size_t *size)
{
	const char *name = names[data[0] % NAMES];
	size_t bytes = data[1] % 24;
	int node = data[1] & 0x80 ? guest : fdt_first_subnode(tree, guest);

	data += 2;
	*size -= 2;
	if (node < 0)
		node = guest;
	if (bytes == 23) {
		fdt_setprop_string(tree, node, name, values[data[-2] / NAMES % 4]);
		return data;
	}
	bytes = bytes < *size ? bytes : *size;
	fdt_setprop(tree, node, name, data, (int)bytes);
	*size -= bytes;
	return data + bytes;
}

static void check(const struct hv_guest_description *d)
{
	CHECK(d->ram_bytes % (2 << 20) == 0 && d->ram_bytes >= HV_GUEST_RAM_BYTES_MIN &&
	      d->ram_bytes <= HV_GUEST_RAM_BYTES_MAX);
	CHECK(d->vcpus >= 1 && d->vcpus <= 8 && d->functions <= HV_GUEST_FUNCTIONS_MAX);
	for (unsigned int i = 0; i < d->functions; i++) {
		CHECK(d->function[i].bdf < 0x10000);
		CHECK(!i || d->function[i - 1].bdf < d->function[i].bdf);
		for (unsigned int n = 0; n < 6; n++)
			CHECK(d->function[i].preset[n] >= HV_GUEST_BAR_HIDDEN &&
			      d->function[i].preset[n] < MEZZO_PRESETS);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hv_guest_description description;
	struct hv_why why = {0};
	int guest;

	if (size < 4 || fdt_create_empty_tree(tree, sizeof(tree)))
		return 0;
	guest = fdt_add_subnode(tree, 0, "guest");
	for (unsigned int i = 0; i < data[0] % 20u; i++)
		add_function(guest, i * data[1]);
	data += 2;
	size -= 2;
	while (size > 2)
		data = add_property(guest, data, &size);
	guest = fdt_subnode_offset(tree, 0, "guest");
	if (hv_guest_describe(tree, guest, &description, &why))
		CHECK(strlen(why.text) > 5);
	else
		check(&description);
	return 0;
}
