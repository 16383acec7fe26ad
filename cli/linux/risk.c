/* SPDX-License-Identifier: BSD-2-Clause */
/* Known ways in which an answer of KVM goes wrong. */
#include "linux.h"

#define BIT(risk) (1u << (risk))

static struct linux_fault first_read(const struct linux_facts *facts)
{
	struct linux_facts read = *facts;

	read.access = MEZZO_ACCESS_READ;
	read.kind = MEZZO_FAULT_MISSING;
	return linux_fault(&read);
}

static unsigned int mapped_risks(const struct linux_facts *facts, const struct linux_fault *fault)
{
	bool linear = facts->backing == LINUX_BACKING_LINEAR;
	unsigned int risks = 0;

	if (fault->type != MEZZO_STAGE2_NORMAL_WB)
		return facts->attr == LINUX_ATTR_CACHED ? BIT(LINUX_RISK_STALE_LINES) : 0;
	if (facts->attr != LINUX_ATTR_CACHED)
		risks |= BIT(LINUX_RISK_ALIAS_MISMATCH);
	/* dcache_clean_inval_poc() and icache_inval_pou() work on the kernel's linear address. */
	if (!linear && (!facts->fwb || !facts->dic))
		risks |= BIT(LINUX_RISK_NO_KERNEL_MAPPING);
	return risks;
}

unsigned int linux_risks(const struct linux_facts *facts)
{
	struct linux_slot slot = linux_slot(facts);
	struct linux_fault read;
	unsigned int risks = 0;

	if (facts->slot == MEZZO_SLOT_NONE)
		return 0;
	read = first_read(facts);
	if (!slot.ok) {
		/* Logging of VM_PFNMAP is rightly refused: its faults would not be logged. */
		if (slot.rule != LINUX_SLOT_PFNMAP_LOGGING && read.mapped &&
		    !mapped_risks(facts, &read))
			risks |= BIT(LINUX_RISK_NEEDLESS_REFUSAL);
		return risks;
	}
	if (!read.mapped)
		return BIT(LINUX_RISK_LATE_REFUSAL);
	risks = mapped_risks(facts, &read);
	if (facts->logging && read.write)
		risks |= BIT(LINUX_RISK_UNLOGGED_WRITES);
	return risks;
}
