/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm_arch_prepare_memory_region(): what is looked at when a slot is created. */
#include "linux.h"

static struct linux_slot refused(const char *error, enum linux_rule rule)
{
	return (struct linux_slot){.ok = false, .error = error, .rule = rule};
}

struct linux_slot linux_slot(const struct linux_facts *facts)
{
	/* Asked of every VMA in the range, device memory included, whatever its type. */
	if (facts->vm_mte && !facts->mte_allowed)
		return refused("EINVAL", LINUX_SLOT_MTE_NOT_ALLOWED);
	if (facts->pfnmap) {
		if (facts->logging)
			return refused("EINVAL", LINUX_SLOT_PFNMAP_LOGGING);
		/* Neither VM_MIXEDMAP nor pfn_is_map_memory() is looked at here, as faults do. */
		if (facts->version >= LINUX_6_17 && facts->attr == LINUX_ATTR_CACHED &&
		    !(facts->fwb && facts->dic))
			return refused("EINVAL", LINUX_SLOT_CACHEABLE_PFNMAP);
	}
	return (struct linux_slot){.ok = true, .rule = LINUX_SLOT_ACCEPTED};
}

const char *linux_version_name(enum linux_version version)
{
	static const char *const name[LINUX_VERSIONS] = {"6.8", "6.9", "6.17"};

	return name[version];
}
