/* SPDX-License-Identifier: BSD-2-Clause */
#include "describe.h"

#include "machine.h"

#include <libfdt.h>
#include <mezzo/decide.h>
#include <string.h>

#define VCPUS_MAX 8

struct property {
	const char *name;
	const void *value;
	int bytes;
};

static uint32_t cell(const struct property *property, int index)
{
	return fdt32_ld((const fdt32_t *)property->value + index);
}

static bool is(const struct property *property, const char *name)
{
	return !strcmp(property->name, name);
}

/* What any node may have. */
static bool is_common(const struct property *property)
{
	return is(property, "compatible") || is(property, "phandle") || is(property, "name") ||
	       is(property, "#address-cells") || is(property, "#size-cells");
}

/* --- functions ----------------------------------------------------------------------------- */

static int read_address(struct hv_guest_function *function, const struct property *property,
			struct hv_why *why)
{
	if (property->bytes != 16)
		return hv_why(why, "address: %d bytes are not <segment bus device function>",
			      property->bytes);
	if (cell(property, 0) || cell(property, 1) > 255 || cell(property, 2) > 31 ||
	    cell(property, 3) > 7)
		return hv_why(why, "address: <%u %u %u %u> is outside <0 0..255 0..31 0..7>",
			      cell(property, 0), cell(property, 1), cell(property, 2),
			      cell(property, 3));
	function->bdf = cell(property, 1) << 8 | cell(property, 2) << 3 | cell(property, 3);
	return MEZZO_OK;
}

static int read_preset(struct hv_guest_function *function, const struct property *property,
		       struct hv_why *why)
{
	unsigned int number = (unsigned int)(property->name[3] - '0');
	const char *text = property->value;
	int preset;

	if (property->bytes < 1 || text[property->bytes - 1])
		return hv_why(why, "%s: not a string", property->name);
	preset = mezzo_preset_parse(text);
	if (preset < 0 || strlen(text) + 1 != (size_t)property->bytes)
		return hv_why(why, "%s: \"%s\" is none of device, combining, cached, exclusive",
			      property->name, text);
	function->preset[number] = (int8_t)preset;
	return MEZZO_OK;
}

static bool is_bar(const char *name)
{
	return !strncmp(name, "bar", 3) && name[3] >= '0' && name[3] <= '5' && !name[4];
}

/* Nodes have no order that means anything; functions are kept in that of their addresses. */
static void insert(struct hv_guest_description *description,
		   const struct hv_guest_function *function)
{
	unsigned int at = description->functions++;

	for (; at && description->function[at - 1].bdf > function->bdf; at--)
		description->function[at] = description->function[at - 1];
	description->function[at] = *function;
}

static int read_function(const void *fdt, int node, struct hv_guest_function *function,
			 struct hv_why *why)
{
	bool address = false;
	int at;

	memset(function->preset, HV_GUEST_BAR_HIDDEN, sizeof(function->preset));
	fdt_for_each_property_offset(at, fdt, node)
	{
		struct property property;
		int error = MEZZO_OK;

		property.value = fdt_getprop_by_offset(fdt, at, &property.name, &property.bytes);
		if (!property.value)
			return hv_why(why, "the device tree is damaged");
		if (is(&property, "dma") || is(&property, "msi"))
			return hv_why(why,
				      "%s: refused, because no IOMMU is driven that would confine "
				      "what the function writes to memory",
				      property.name);
		if (is(&property, "address")) {
			address = true;
			error = read_address(function, &property, why);
		} else if (is_bar(property.name)) {
			error = read_preset(function, &property, why);
		} else if (!is_common(&property)) {
			error = hv_why(why, "%s: no such property", property.name);
		}
		if (error)
			return error;
	}
	return address ? MEZZO_OK : hv_why(why, "no address");
}

/* --- the guest ----------------------------------------------------------------------------- */

static int read_memory(struct hv_guest_description *description, const struct property *property,
		       struct hv_why *why)
{
	uint64_t bytes;

	if (property->bytes != 8)
		return hv_why(why, "memory: %d bytes are not two cells", property->bytes);
	bytes = (uint64_t)cell(property, 0) << 32 | cell(property, 1);
	if (bytes % mezzo_order_bytes(MEZZO_ORDER_2M) || bytes < HV_GUEST_RAM_BYTES_MIN ||
	    bytes > HV_GUEST_RAM_BYTES_MAX)
		return hv_why(why,
			      "memory: 0x%lx is not a multiple of 2 MiB from 16 MiB to 255 GiB",
			      (unsigned long)bytes);
	description->ram_bytes = bytes;
	return MEZZO_OK;
}

static int read_vcpus(struct hv_guest_description *description, const struct property *property,
		      struct hv_why *why)
{
	if (property->bytes != 4)
		return hv_why(why, "vcpus: %d bytes are not a cell", property->bytes);
	description->vcpus = cell(property, 0);
	if (!description->vcpus || description->vcpus > VCPUS_MAX)
		return hv_why(why, "vcpus: %u is outside 1 to %d", description->vcpus, VCPUS_MAX);
	return MEZZO_OK;
}

static int read_block(struct hv_guest_description *description, const struct property *property,
		      struct hv_why *why)
{
	static const struct {
		char name[3];
		uint8_t order;
	} sizes[] = {{"4K", MEZZO_ORDER_4K}, {"2M", MEZZO_ORDER_2M}, {"1G", MEZZO_ORDER_1G}};

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (property->bytes != sizeof(sizes[i].name) ||
		    memcmp(property->value, sizes[i].name, sizeof(sizes[i].name)))
			continue;
		description->ram_order = sizes[i].order;
		return MEZZO_OK;
	}
	return hv_why(why, "block: none of \"4K\", \"2M\", \"1G\"");
}

static int read_property(struct hv_guest_description *description, const struct property *property,
			 struct hv_why *why)
{
	if (is(property, "memory"))
		return read_memory(description, property, why);
	if (is(property, "vcpus"))
		return read_vcpus(description, property, why);
	if (is(property, "block"))
		return read_block(description, property, why);
	if (is(property, "mte"))
		description->mte = true;
	else if (is(property, "unmap-call"))
		description->unmap_call = true;
	else if (is(property, "log-writes"))
		description->log_writes = true;
	else if (!is_common(property))
		return hv_why(why, "%s: no such property", property->name);
	return MEZZO_OK;
}

static int add_function(const void *fdt, int node, struct hv_guest_description *description,
			struct hv_why *why)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	struct hv_guest_function function;
	struct hv_why inner;

	if (fdt_node_check_compatible(fdt, node, "mezzo,pci-function"))
		return hv_why(why, "%s: not a node compatible \"mezzo,pci-function\"", name);
	if (description->functions == HV_GUEST_FUNCTIONS_MAX)
		return hv_why(why, "%s: more than %d functions", name, HV_GUEST_FUNCTIONS_MAX);
	if (read_function(fdt, node, &function, &inner))
		return hv_why(why, "%s: %s", name, inner.text);
	for (unsigned int i = 0; i < description->functions; i++)
		if (description->function[i].bdf == function.bdf)
			return hv_why(why, "%s: the function is named twice", name);
	insert(description, &function);
	return MEZZO_OK;
}

int hv_guest_describe(const void *fdt, int node, struct hv_guest_description *description,
		      struct hv_why *why)
{
	int at;

	*description = (struct hv_guest_description){
		.ram_bytes = UINT64_C(512) << 20,
		.vcpus = 1,
		.ram_order = MEZZO_ORDER_1G,
	};
	if (node < 0)
		return MEZZO_OK;
	fdt_for_each_property_offset(at, fdt, node)
	{
		struct property property;
		int error;

		property.value = fdt_getprop_by_offset(fdt, at, &property.name, &property.bytes);
		if (!property.value)
			return hv_why(why, "the device tree is damaged");
		error = read_property(description, &property, why);
		if (error)
			return error;
	}
	fdt_for_each_subnode(at, fdt, node)
	{
		int error = add_function(fdt, at, description, why);

		if (error)
			return error;
	}
	return MEZZO_OK;
}
