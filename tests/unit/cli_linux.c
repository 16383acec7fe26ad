/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/slot.c cli/linux/fault.c cli/linux/risk.c cli/linux/text.c */
/*
 * What `mezzo explain --policy linux-...` says of KVM: its slot ladder and its fault ladder, row
 * by row, and where the versions differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "cli/linux/linux.h"

enum {
	ANY = -1
};

/* Ordinary RAM under an ordinary VM: each test changes what it is about. */
static struct linux_facts ram(enum linux_version version)
{
	return (struct linux_facts){
		.version = version,
		.mte_allowed = true,
		.host_writable = true,
		.attr = LINUX_ATTR_CACHED,
		.backing = LINUX_BACKING_LINEAR,
		.fwb = true,
		.dic = true,
		.slot = MEZZO_SLOT_READ_WRITE,
		.access = MEZZO_ACCESS_READ,
		.kind = MEZZO_FAULT_MISSING,
		.order = MEZZO_ORDER_1G,
	};
}

/* A BAR that vfio-pci maps. */
static struct linux_facts bar(enum linux_version version)
{
	struct linux_facts facts = ram(version);

	facts.pfnmap = true;
	facts.io = true;
	facts.any_uncached = true;
	facts.mte_allowed = false;
	facts.attr = LINUX_ATTR_DEVICE;
	facts.backing = LINUX_BACKING_NONE;
	return facts;
}

/* Memory that a driver maps cacheable and the kernel does not: Grace Hopper's. */
static struct linux_facts device_ram(enum linux_version version)
{
	struct linux_facts facts = bar(version);

	facts.any_uncached = false;
	facts.attr = LINUX_ATTR_CACHED;
	return facts;
}

static void assert_slot(const struct linux_facts *facts, const char *error)
{
	struct linux_slot slot = linux_slot(facts);

	assert_int_equal(slot.ok, error == NULL);
	if (error)
		assert_string_equal(slot.error, error);
}

static void assert_refused(const struct linux_facts *facts, const char *error)
{
	struct linux_fault fault = linux_fault(facts);

	assert_int_equal(fault.outcome, MEZZO_REFUSE);
	assert_string_equal(fault.error, error);
	assert_false(fault.mapped);
}

static void assert_mapped(const struct linux_facts *facts, enum mezzo_arm64_stage2 type,
			  const char *permissions)
{
	struct linux_fault fault = linux_fault(facts);
	char got[4] = {fault.read ? 'r' : '-', fault.write ? 'w' : '-', fault.exec ? 'x' : '-'};

	assert_int_equal(fault.outcome, MEZZO_GRANT);
	assert_true(fault.mapped);
	assert_null(fault.error);
	assert_int_equal(fault.type, type);
	assert_string_equal(got, permissions);
}

#define R MEZZO_ACCESS_READ
#define W MEZZO_ACCESS_WRITE
#define X MEZZO_ACCESS_EXEC
#define WB MEZZO_STAGE2_NORMAL_WB
#define NC MEZZO_STAGE2_NORMAL_NC
#define DEV MEZZO_STAGE2_DEVICE_nGnRE

/* The rule since 6.17 as data: PFNMAP or MIXEDMAP, map_memory, cacheable, ANY_UNCACHED, FWB, DIC. */
struct row {
	int special, linear, cached, any, fwb, dic;
	enum mezzo_access access;
	const char *permissions; /* NULL: refused with EFAULT, or aborted where error is "SEA" */
	enum mezzo_arm64_stage2 type;
	const char *error;
};

static const struct row golden[] = {
	{0, ANY, ANY, ANY, ANY, 0, R, "rw-", WB, NULL},
	{0, ANY, ANY, ANY, ANY, 0, X, "rwx", WB, NULL},
	{0, ANY, ANY, ANY, ANY, 1, R, "rwx", WB, NULL},
	{0, ANY, ANY, ANY, ANY, 1, W, "rwx", WB, NULL},
	{1, 1, ANY, ANY, ANY, 0, R, "rw-", WB, NULL},
	{1, 0, 1, ANY, 1, 1, R, "rwx", WB, NULL},
	{1, 0, 1, ANY, 1, 1, X, "rwx", WB, NULL},
	{1, 0, 1, ANY, 1, 0, R, NULL, WB, "EFAULT"},
	{1, 0, 1, ANY, 1, 0, X, NULL, WB, "EFAULT"},
	{1, 0, 1, ANY, 0, ANY, R, NULL, WB, "EFAULT"},
	{1, 0, 1, ANY, 0, ANY, W, NULL, WB, "EFAULT"},
	{1, 0, 0, 1, ANY, ANY, R, "rw-", NC, NULL},
	{1, 0, 0, 1, ANY, ANY, W, "rw-", NC, NULL},
	{1, 0, 0, 0, ANY, ANY, R, "rw-", DEV, NULL},
	{1, 0, 0, 0, ANY, ANY, W, "rw-", DEV, NULL},
	{1, 0, 0, ANY, ANY, ANY, X, NULL, DEV, "SEA"},
};

static bool matches(int wanted, bool value)
{
	return wanted == ANY || wanted == value;
}

/* The combination numbered @bits, if @row speaks of it. */
static bool combination(const struct row *row, unsigned int bits, struct linux_facts *facts)
{
	*facts = ram(LINUX_6_17);
	facts->pfnmap = (bits & 1) && !(bits & 64);
	facts->mixedmap = (bits & 1) && (bits & 64);
	facts->backing = bits & 2 ? LINUX_BACKING_LINEAR : LINUX_BACKING_NONE;
	facts->attr = bits & 4 ? LINUX_ATTR_CACHED : LINUX_ATTR_WC;
	facts->any_uncached = bits & 8;
	facts->fwb = bits & 16;
	facts->dic = bits & 32;
	facts->access = row->access;
	return matches(row->special, bits & 1) && matches(row->linear, bits & 2) &&
	       matches(row->cached, bits & 4) && matches(row->any, bits & 8) &&
	       matches(row->fwb, bits & 16) && matches(row->dic, bits & 32);
}

/* Points of the rows above: a row that no longer matches anything would pass unseen. */
#define ROWS_TRIED 224

static void fault_table_of_6_17(void **state)
{
	unsigned int tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		const struct row *row = &golden[i];
		struct linux_facts facts;

		for (unsigned int bits = 0; bits < 128; bits++) {
			if (!combination(row, bits, &facts))
				continue;
			tried++;
			if (row->permissions)
				assert_mapped(&facts, row->type, row->permissions);
			else if (strcmp(row->error, "SEA") == 0)
				assert_int_equal(linux_fault(&facts).outcome, MEZZO_ABORT);
			else
				assert_refused(&facts, row->error);
		}
	}
	assert_int_equal(tried, ROWS_TRIED);
}

static void uncached_bar_by_version(void **state)
{
	struct linux_facts facts = bar(LINUX_6_8);

	(void)state;
	assert_mapped(&facts, DEV, "rw-");
	facts = bar(LINUX_6_9);
	assert_mapped(&facts, NC, "rw-");
	facts = bar(LINUX_6_17);
	assert_mapped(&facts, NC, "rw-");
	facts.any_uncached = false;
	assert_mapped(&facts, DEV, "rw-");
}

static void cacheable_device_memory_by_version(void **state)
{
	struct linux_facts facts = device_ram(LINUX_6_8);

	(void)state;
	assert_slot(&facts, NULL);
	assert_mapped(&facts, DEV, "rw-");
	assert_true(linux_risks(&facts) & 1u << LINUX_RISK_STALE_LINES);
	facts.version = LINUX_6_9;
	assert_mapped(&facts, DEV, "rw-");
	assert_true(linux_risks(&facts) & 1u << LINUX_RISK_STALE_LINES);
	facts.version = LINUX_6_17;
	assert_slot(&facts, NULL);
	assert_mapped(&facts, WB, "rwx");
	assert_int_equal(linux_risks(&facts), 0);
}

/* Without FWB or DIC the newest refuses at the slot what the older ones leak. */
static void cacheable_device_memory_needs_fwb_and_dic(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < 3; bits++) {
		struct linux_facts facts = device_ram(LINUX_6_17);

		facts.fwb = bits & 1;
		facts.dic = bits & 2;
		assert_slot(&facts, "EINVAL");
		assert_refused(&facts, "EFAULT");
		facts.attr = LINUX_ATTR_WC;
		assert_slot(&facts, NULL);
		facts.attr = LINUX_ATTR_CACHED;
		facts.version = LINUX_6_9;
		assert_slot(&facts, NULL);
	}
}

/* Before 6.17 the type of the page decided, not the flags of the VMA. */
static void ordinary_vma_of_device_memory_by_version(void **state)
{
	struct linux_facts facts = ram(LINUX_6_9);

	(void)state;
	facts.backing = LINUX_BACKING_PAGE;
	assert_mapped(&facts, DEV, "rw-");
	facts.version = LINUX_6_17;
	assert_mapped(&facts, WB, "rwx");
	assert_false(linux_risks(&facts) & 1u << LINUX_RISK_NO_KERNEL_MAPPING);
	facts.fwb = false;
	assert_true(linux_risks(&facts) & 1u << LINUX_RISK_NO_KERNEL_MAPPING);
	facts.fwb = true;
	facts.dic = false;
	assert_true(linux_risks(&facts) & 1u << LINUX_RISK_NO_KERNEL_MAPPING);
}

/* The slot looks at VM_PFNMAP alone, the fault at VM_MIXEDMAP too. */
static void mixedmap_dies_at_its_first_fault(void **state)
{
	struct linux_facts facts = device_ram(LINUX_6_17);

	(void)state;
	facts.pfnmap = false;
	facts.mixedmap = true;
	facts.dic = false;
	assert_slot(&facts, NULL);
	assert_refused(&facts, "EFAULT");
	assert_int_equal(linux_risks(&facts), 1u << LINUX_RISK_LATE_REFUSAL);
}

static void linear_pfnmap_is_refused_needlessly(void **state)
{
	struct linux_facts facts = device_ram(LINUX_6_17);

	(void)state;
	facts.backing = LINUX_BACKING_LINEAR;
	facts.fwb = false;
	assert_slot(&facts, "EINVAL");
	assert_mapped(&facts, WB, "rwx");
	assert_int_equal(linux_risks(&facts), 1u << LINUX_RISK_NEEDLESS_REFUSAL);
}

static void uncached_mapping_of_ram_is_an_alias(void **state)
{
	struct linux_facts facts = ram(LINUX_6_17);

	(void)state;
	facts.pfnmap = true;
	facts.attr = LINUX_ATTR_WC;
	assert_mapped(&facts, WB, "rwx");
	assert_int_equal(linux_risks(&facts), 1u << LINUX_RISK_ALIAS_MISMATCH);
}

static void mte_at_the_slot_and_at_the_fault(void **state)
{
	struct linux_facts facts = bar(LINUX_6_17);

	(void)state;
	facts.vm_mte = true;
	assert_slot(&facts, "EINVAL");
	assert_mapped(&facts, NC, "rw-");
	assert_int_equal(linux_risks(&facts), 1u << LINUX_RISK_NEEDLESS_REFUSAL);
	/* Refused for another reason than the one that would have been right. */
	facts = device_ram(LINUX_6_9);
	facts.vm_mte = true;
	assert_slot(&facts, "EINVAL");
	assert_int_equal(linux_risks(&facts), 0);
	facts = ram(LINUX_6_9);
	facts.vm_mte = true;
	assert_slot(&facts, NULL);
	assert_int_equal(linux_fault(&facts).before[0], MEZZO_ACTION_ZERO_TAGS);
	facts.mte_allowed = false;
	assert_slot(&facts, "EINVAL");
	assert_refused(&facts, "EFAULT");
	facts.kind = MEZZO_FAULT_PERMISSION;
	facts.access = W;
	assert_mapped(&facts, WB, "rwx");
}

static void logging(void **state)
{
	struct linux_facts facts = bar(LINUX_6_17);
	struct linux_fault fault;

	(void)state;
	facts.logging = true;
	assert_slot(&facts, "EINVAL");
	assert_int_equal(linux_risks(&facts), 0);
	facts.mixedmap = true;
	facts.pfnmap = false;
	assert_slot(&facts, NULL);
	assert_mapped(&facts, NC, "rw-");
	assert_int_equal(linux_risks(&facts), 1u << LINUX_RISK_UNLOGGED_WRITES);

	facts = ram(LINUX_6_17);
	facts.logging = true;
	assert_mapped(&facts, WB, "r-x");
	assert_int_equal(linux_risks(&facts), 0);
	facts.access = W;
	assert_mapped(&facts, WB, "rwx");
	fault = linux_fault(&facts);
	assert_int_equal(fault.order, MEZZO_ORDER_4K);
	assert_int_equal(fault.before[0], MEZZO_ACTION_LOG_DIRTY);
	facts.slot = MEZZO_SLOT_READ_ONLY;
	facts.access = R;
	assert_int_equal(linux_fault(&facts).order, MEZZO_ORDER_2M);
}

static void cache_maintenance_without_fwb(void **state)
{
	struct linux_facts facts = ram(LINUX_6_17);
	struct linux_fault fault;

	(void)state;
	fault = linux_fault(&facts);
	assert_int_equal(fault.before[0], MEZZO_ACTION_NONE);
	assert_int_equal(fault.after[0], MEZZO_ACTION_NONE);
	facts.fwb = false;
	facts.dic = false;
	facts.access = X;
	fault = linux_fault(&facts);
	assert_int_equal(fault.before[0], MEZZO_ACTION_CLEAN_INVALIDATE);
	assert_int_equal(fault.before[1], MEZZO_ACTION_INVALIDATE_ICACHE);
	assert_int_equal(fault.after[0], MEZZO_ACTION_CLEAN_INVALIDATE);
	facts.kind = MEZZO_FAULT_PERMISSION;
	fault = linux_fault(&facts);
	assert_int_equal(fault.before[0], MEZZO_ACTION_INVALIDATE_ICACHE);
}

static void read_only(void **state)
{
	struct linux_facts facts = ram(LINUX_6_17);

	(void)state;
	facts.slot = MEZZO_SLOT_READ_ONLY;
	assert_mapped(&facts, WB, "r-x");
	facts.access = W;
	assert_int_equal(linux_fault(&facts).outcome, MEZZO_EXIT);
	facts.access = MEZZO_ACCESS_CACHE_OP;
	assert_refused(&facts, "ENOSYS");
	facts.access = MEZZO_ACCESS_WALK_WRITE;
	assert_mapped(&facts, WB, "r-x");
	facts.kind = MEZZO_FAULT_PERMISSION;
	assert_int_equal(linux_fault(&facts).outcome, MEZZO_ABORT);

	facts = ram(LINUX_6_17);
	facts.host_writable = false;
	assert_mapped(&facts, WB, "r-x");
	facts.access = W;
	assert_refused(&facts, "EFAULT");
}

static void where_no_slot_is(void **state)
{
	static const enum mezzo_outcome wanted[MEZZO_ACCESS_KINDS] = {
		[MEZZO_ACCESS_READ] = MEZZO_EXIT,        [MEZZO_ACCESS_WRITE] = MEZZO_EXIT,
		[MEZZO_ACCESS_EXEC] = MEZZO_ABORT,       [MEZZO_ACCESS_WALK] = MEZZO_ABORT,
		[MEZZO_ACCESS_WALK_WRITE] = MEZZO_ABORT, [MEZZO_ACCESS_CACHE_OP] = MEZZO_SKIP,
		[MEZZO_ACCESS_EXCLUSIVE] = MEZZO_REFUSE, [MEZZO_ACCESS_UNALIGNED] = MEZZO_REFUSE,
	};
	struct linux_facts facts = ram(LINUX_6_17);

	(void)state;
	facts.slot = MEZZO_SLOT_NONE;
	for (unsigned int access = 0; access < MEZZO_ACCESS_KINDS; access++) {
		facts.access = (enum mezzo_access)access;
		assert_int_equal(linux_fault(&facts).outcome, wanted[access]);
	}
	assert_int_equal(linux_risks(&facts), 0);
}

static void unexpected_faults_fail_the_vm(void **state)
{
	struct linux_facts facts = ram(LINUX_6_17);

	(void)state;
	facts.kind = MEZZO_FAULT_PERMISSION;
	assert_refused(&facts, "EFAULT");
	assert_int_equal(linux_fault(&facts).rule, LINUX_FAULT_READ_PERMISSION);
	facts.access = MEZZO_ACCESS_UNALIGNED;
	assert_refused(&facts, "EFAULT");
	assert_int_equal(linux_fault(&facts).rule, LINUX_FAULT_UNSUPPORTED_FSC);
}

static void blocks(void **state)
{
	struct linux_facts facts = ram(LINUX_6_17);

	(void)state;
	assert_int_equal(linux_fault(&facts).order, MEZZO_ORDER_2M);
	facts = bar(LINUX_6_17);
	assert_int_equal(linux_fault(&facts).order, MEZZO_ORDER_1G);
	facts.order = MEZZO_ORDER_4K;
	assert_int_equal(linux_fault(&facts).order, MEZZO_ORDER_4K);
	facts.order = MEZZO_ORDER_1G;
	facts.pfnmap = false;
	facts.mixedmap = true;
	assert_int_equal(linux_fault(&facts).order, MEZZO_ORDER_4K);
}

static void every_rule_and_risk_has_its_own_text(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LINUX_RULES; i++) {
		const struct mezzo_reason_text *text = linux_rule_text((enum linux_rule)i);

		assert_non_null(text->name);
		assert_true(strlen(text->sentence) > 20);
		assert_non_null(strstr(text->source, "()"));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(text->name,
						linux_rule_text((enum linux_rule)j)->name);
	}
	for (unsigned int i = 0; i < LINUX_RISKS; i++)
		assert_true(strlen(linux_risk_text((enum linux_risk)i)->sentence) > 20);
}

/* Each rule is given by some facts: none is dead. */
static void every_rule_is_reached(void **state)
{
	bool seen[LINUX_RULES] = {false};

	(void)state;
	for (unsigned int bits = 0; bits < 1u << 11; bits++) {
		struct linux_facts facts = ram(LINUX_6_8);

		facts.pfnmap = bits & 1;
		facts.mixedmap = !facts.pfnmap && (bits & 2);
		facts.any_uncached = bits & 4;
		facts.mte_allowed = bits & 8;
		facts.host_writable = bits & 16;
		facts.attr = bits & 32 ? LINUX_ATTR_CACHED : LINUX_ATTR_DEVICE;
		facts.backing = bits & 64 ? LINUX_BACKING_LINEAR : LINUX_BACKING_NONE;
		facts.fwb = bits & 128;
		facts.vm_mte = bits & 256;
		facts.logging = bits & 512;
		facts.kind = bits & 1024 ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING;
		for (unsigned int i = 0; i < LINUX_VERSIONS * MEZZO_SLOT_KINDS * MEZZO_ACCESS_KINDS;
		     i++) {
			facts.version = (enum linux_version)(i % LINUX_VERSIONS);
			facts.slot = (enum mezzo_slot_kind)(i / LINUX_VERSIONS % MEZZO_SLOT_KINDS);
			facts.access = (enum mezzo_access)(i / LINUX_VERSIONS / MEZZO_SLOT_KINDS);
			seen[linux_slot(&facts).rule] = true;
			seen[linux_fault(&facts).rule] = true;
		}
	}
	for (unsigned int i = 0; i < LINUX_RULES; i++)
		if (!seen[i])
			fail_msg("never given: %s", linux_rule_text((enum linux_rule)i)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_table_of_6_17),
		cmocka_unit_test(uncached_bar_by_version),
		cmocka_unit_test(cacheable_device_memory_by_version),
		cmocka_unit_test(cacheable_device_memory_needs_fwb_and_dic),
		cmocka_unit_test(ordinary_vma_of_device_memory_by_version),
		cmocka_unit_test(mixedmap_dies_at_its_first_fault),
		cmocka_unit_test(linear_pfnmap_is_refused_needlessly),
		cmocka_unit_test(uncached_mapping_of_ram_is_an_alias),
		cmocka_unit_test(mte_at_the_slot_and_at_the_fault),
		cmocka_unit_test(logging),
		cmocka_unit_test(cache_maintenance_without_fwb),
		cmocka_unit_test(read_only),
		cmocka_unit_test(where_no_slot_is),
		cmocka_unit_test(unexpected_faults_fail_the_vm),
		cmocka_unit_test(blocks),
		cmocka_unit_test(every_rule_and_risk_has_its_own_text),
		cmocka_unit_test(every_rule_is_reached),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
