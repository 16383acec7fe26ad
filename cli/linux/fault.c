/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm_handle_guest_abort(), user_mem_abort(): what a stage-2 fault ends in. */
#include "linux.h"

static struct linux_fault ends(enum mezzo_outcome outcome, const char *error, enum linux_rule rule)
{
	return (struct linux_fault){.outcome = outcome, .error = error, .rule = rule};
}

/* memslot_is_logging() */
static bool is_logging(const struct linux_facts *facts)
{
	return facts->logging && facts->slot != MEZZO_SLOT_READ_ONLY;
}

static bool is_walk(const struct linux_facts *facts)
{
	return facts->access == MEZZO_ACCESS_WALK || facts->access == MEZZO_ACCESS_WALK_WRITE;
}

/*
 * kvm_is_write_fault(): a stage-1 walk counts as a write when it was a permission fault; cache
 * maintenance by address is reported with WnR set.
 */
static bool is_write(const struct linux_facts *facts)
{
	if (is_walk(facts))
		return facts->kind == MEZZO_FAULT_PERMISSION;
	return facts->access == MEZZO_ACCESS_WRITE || facts->access == MEZZO_ACCESS_CACHE_OP;
}

/* No slot, or a write to a read-only one: the guest's mistake, or a device to emulate. */
static struct linux_fault outside(const struct linux_facts *facts)
{
	bool none = facts->slot == MEZZO_SLOT_NONE;

	if (facts->access == MEZZO_ACCESS_EXEC)
		return ends(MEZZO_ABORT, NULL, LINUX_FAULT_EXEC_NO_SLOT);
	if (is_walk(facts))
		return ends(MEZZO_ABORT, NULL, LINUX_FAULT_WALK_NO_SLOT);
	if (facts->access == MEZZO_ACCESS_CACHE_OP) {
		if (none)
			return ends(MEZZO_SKIP, NULL, LINUX_FAULT_CACHE_OP_NO_SLOT);
		return ends(MEZZO_REFUSE, "ENOSYS", LINUX_FAULT_MMIO_NO_SYNDROME);
	}
	return ends(MEZZO_EXIT, NULL, none ? LINUX_FAULT_MMIO : LINUX_FAULT_READ_ONLY_SLOT);
}

/* The type, or a refusal. */
struct typed {
	bool device;   /* `device`, from 6.17 on `s2_force_noncacheable` */
	bool unlogged; /* W is granted while logging */
	enum mezzo_arm64_stage2 type;
	enum linux_rule rule;
	const char *error;
};

static struct typed type_of(const struct linux_facts *facts)
{
	bool map_memory = facts->backing == LINUX_BACKING_LINEAR;
	bool special = facts->pfnmap || facts->mixedmap;
	struct typed t = {.type = MEZZO_STAGE2_NORMAL_WB, .rule = LINUX_FAULT_WRITE_BACK};

	if (map_memory || (facts->version >= LINUX_6_17 && !special))
		return t;
	t.unlogged = true;
	if (facts->version >= LINUX_6_17 && facts->attr == LINUX_ATTR_CACHED) {
		t.rule = LINUX_FAULT_WRITE_BACK_PFNMAP;
		if (!(facts->fwb && facts->dic)) {
			t.rule = LINUX_FAULT_CACHEABLE_PFNMAP;
			t.error = "EFAULT";
		}
		return t;
	}
	t.device = true;
	t.type = MEZZO_STAGE2_DEVICE_nGnRE;
	t.rule = facts->version >= LINUX_6_17 ? LINUX_FAULT_DEVICE_UNCACHED : LINUX_FAULT_DEVICE;
	if (facts->version >= LINUX_6_9 && facts->any_uncached) {
		t.type = MEZZO_STAGE2_NORMAL_NC;
		t.rule = LINUX_FAULT_ANY_UNCACHED;
	}
	return t;
}

static unsigned int order_of(const struct linux_facts *facts, bool device)
{
	unsigned int order = facts->order;

	if (is_logging(facts))
		return MEZZO_ORDER_4K;
	if (facts->pfnmap)
		return order; /* get_vma_page_shift(): by alignment of the VMA */
	if (device)
		return MEZZO_ORDER_4K;
	return order > MEZZO_ORDER_2M ? MEZZO_ORDER_2M : order; /* a transparent huge page */
}

static void list_work(const struct linux_facts *facts, struct linux_fault *fault)
{
	bool missing = facts->kind == MEZZO_FAULT_MISSING;
	bool write_back = fault->type == MEZZO_STAGE2_NORMAL_WB;
	uint8_t *next = fault->before;

	if (missing && write_back && facts->vm_mte)
		*next++ = MEZZO_ACTION_ZERO_TAGS;
	if (missing && write_back && !facts->fwb)
		*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (fault->exec && !facts->dic)
		*next++ = MEZZO_ACTION_INVALIDATE_ICACHE;
	if (is_logging(facts) && fault->write)
		*next++ = MEZZO_ACTION_LOG_DIRTY;
	if (write_back && !facts->fwb)
		fault->after[0] = MEZZO_ACTION_CLEAN_INVALIDATE;
}

/* user_mem_abort() */
static struct linux_fault inside(const struct linux_facts *facts)
{
	bool missing = facts->kind == MEZZO_FAULT_MISSING;
	bool write = is_write(facts), exec = facts->access == MEZZO_ACCESS_EXEC;
	struct linux_fault fault = {.outcome = MEZZO_GRANT, .mapped = true, .read = true};
	struct typed t;

	if (!missing && !write && !exec)
		return ends(MEZZO_REFUSE, "EFAULT", LINUX_FAULT_READ_PERMISSION);
	if (write && !facts->host_writable)
		return ends(MEZZO_REFUSE, "EFAULT", LINUX_FAULT_READ_ONLY_MAPPING);
	t = type_of(facts);
	if (t.error)
		return ends(MEZZO_REFUSE, t.error, t.rule);
	if (exec && t.device)
		return ends(MEZZO_ABORT, NULL, LINUX_FAULT_EXEC_DEVICE);
	if (facts->vm_mte && missing && !t.device && !facts->mte_allowed)
		return ends(MEZZO_REFUSE, "EFAULT", LINUX_FAULT_MTE_NOT_ALLOWED);

	fault.type = t.type;
	fault.rule = t.rule;
	fault.write = facts->slot == MEZZO_SLOT_READ_WRITE && facts->host_writable &&
		      (t.unlogged || !is_logging(facts) || write);
	fault.exec = exec || (!t.device && facts->dic);
	fault.order = order_of(facts, t.device);
	list_work(facts, &fault);
	return fault;
}

struct linux_fault linux_fault(const struct linux_facts *facts)
{
	if (facts->access == MEZZO_ACCESS_EXCLUSIVE || facts->access == MEZZO_ACCESS_UNALIGNED)
		return ends(MEZZO_REFUSE, "EFAULT", LINUX_FAULT_UNSUPPORTED_FSC);
	if (facts->slot == MEZZO_SLOT_NONE ||
	    (facts->slot == MEZZO_SLOT_READ_ONLY && is_write(facts)))
		return outside(facts);
	return inside(facts);
}
