/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_X86_ENTRIES_H
#define TEST_X86_ENTRIES_H
/*
 * What the processor makes of one entry in memory, as the manuals have it, written without a look
 * at src/table.
 */
#include "table_rig.h"

struct x86_entry_rules {
	bool ept;
	bool exec_only;  /* EPT: IA32_VMX_EPT_VPID_CAP[0] */
	bool mode_based; /* EPT: mode-based execute control is on */
	bool leaf_1g;
	uint8_t address_bits; /* MAXPHYADDR */
};

/* Is anything there for the processor? */
bool x86_entry_present(const struct x86_entry_rules *rules, uint64_t entry);
/* ... and does it end a walk at @level? 3 is the last. */
bool x86_entry_is_leaf(const struct x86_entry_rules *rules, uint64_t entry, int level);

/*
 * Why the processor would take @entry, at @level, for a misconfiguration (EPT) or a reserved bit
 * (NPT), or do with it what no entry of a guest's should let it do; NULL: it would not.
 */
const char *x86_entry_wrong(const struct x86_entry_rules *rules, uint64_t entry, int level);

/* What the rig's table was told. */
struct x86_entry_rules x86_entry_rules_of(const struct rig *rig);
/* What the processor finds for an address, from the register that says where the tables are. */
struct x86_walk {
	uint64_t entry; /* where the walk ended, as it stands in memory */
	int level;
	bool leaf; /* it translates: to @pa */
	uint64_t pa;
};
struct x86_walk x86_walk(const struct rig *rig, uint64_t gpa);
/* Fails the test unless the processor finds for @gpa what lookup says. */
void x86_walk_check(struct rig *rig, uint64_t gpa);

/* Fails the test if any entry of the rig's table is wrong, those above the root included. */
void x86_entries_check(const struct rig *rig);

#endif
