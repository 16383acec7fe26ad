/* SPDX-License-Identifier: BSD-2-Clause */
#include "x86_entries.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool bit(uint64_t entry, unsigned int n)
{
	return entry >> n & 1;
}

/* Bits [high:low]. */
static uint64_t bits(uint64_t entry, unsigned int high, unsigned int low)
{
	return entry >> low & ((UINT64_C(2) << (high - low)) - 1);
}

bool x86_entry_present(const struct x86_entry_rules *rules, uint64_t entry)
{
	if (!rules->ept)
		return bit(entry, 0);
	/* SDM vol. 3, 29.3.2: bits 2:0 are all 0, and bit 10 where execution is mode-based. */
	return bits(entry, 2, 0) || (rules->mode_based && bit(entry, 10));
}

bool x86_entry_is_leaf(const struct x86_entry_rules *rules, uint64_t entry, int level)
{
	return x86_entry_present(rules, entry) && (level == 3 || bit(entry, 7));
}

/* SDM vol. 3, 29.3.3.1 "EPT misconfigurations", and the tables of formats in 29.3.2. */
static const char *ept_misconfigured(const struct x86_entry_rules *rules, uint64_t entry, int level)
{
	const uint64_t type = bits(entry, 5, 3);

	if (!bit(entry, 0) && bit(entry, 1))
		return "written and not read";
	if (!bit(entry, 0) && !rules->exec_only &&
	    (bit(entry, 2) || (rules->mode_based && bit(entry, 10))))
		return "executed and not read";
	if (level <= 0 && bits(entry, 7, 3))
		return "bits 7:3 above the third level";
	if (level == 1 && bit(entry, 7) && !rules->leaf_1g)
		return "a leaf of 1 GiB";
	if ((level == 1 || level == 2) && !bit(entry, 7) && bits(entry, 6, 3))
		return "bits 6:3 of a table";
	if (level == 1 && bit(entry, 7) && bits(entry, 29, 12))
		return "bits 29:12 of a leaf of 1 GiB";
	if (level == 2 && bit(entry, 7) && bits(entry, 20, 12))
		return "bits 20:12 of a leaf of 2 MiB";
	if (x86_entry_is_leaf(rules, entry, level) && (type == 2 || type == 3 || type == 7))
		return "a reserved memory type";
	return NULL;
}

/* APM vol. 2, 5.3 (formats of long mode), 15.25.5 (every nested access is a user's). */
static const char *npt_reserved(const struct x86_entry_rules *rules, uint64_t entry, int level)
{
	if (!bit(entry, 2))
		return "not the user's";
	if (level <= 0 && bits(entry, 8, 7))
		return "bits 8:7 above the third level";
	if (level == 1 && bit(entry, 7) && !rules->leaf_1g)
		return "a leaf of 1 GiB";
	if (level == 1 && bit(entry, 7) && bits(entry, 29, 13))
		return "bits 29:13 of a leaf of 1 GiB";
	if (level == 2 && bit(entry, 7) && bits(entry, 20, 13))
		return "bits 20:13 of a leaf of 2 MiB";
	return NULL;
}

const char *x86_entry_wrong(const struct x86_entry_rules *rules, uint64_t entry, int level)
{
	const char *wrong;

	/* Whatever is not there: with #VE the processor looks at bit 63 all the same. */
	if (rules->ept && !bit(entry, 63))
		return "not suppressing #VE";
	if (!x86_entry_present(rules, entry))
		return NULL;
	if (rules->address_bits < 52 && bits(entry, 51, rules->address_bits))
		return "an address beyond the processor's";
	wrong = rules->ept ? ept_misconfigured(rules, entry, level)
			   : npt_reserved(rules, entry, level);
	if (wrong)
		return wrong;
	/* The tables narrow nothing that a leaf grants, and no walk writes to them. */
	if (!x86_entry_is_leaf(rules, entry, level) &&
	    (!bit(entry, 1) || !bit(entry, rules->ept ? 8 : 5)))
		return "a table that is read-only, or not accessed";
	if (!x86_entry_is_leaf(rules, entry, level) &&
	    (rules->ept ? !bit(entry, 2) || !bit(entry, 10) : bit(entry, 63)))
		return "a table that nothing is executed from";
	return NULL;
}

struct x86_entry_rules x86_entry_rules_of(const struct rig *rig)
{
	return (struct x86_entry_rules){
		.ept = rig->ops == &mezzo_ept_ops,
		.exec_only = rig->table.features.exec_only,
		.mode_based = rig->table.features.xnx,
		.leaf_1g = rig->table.features.leaf_1g,
		.address_bits = rig->table.pa_bits,
	};
}

struct x86_walk x86_walk(const struct rig *rig, uint64_t gpa)
{
	const struct x86_entry_rules rules = x86_entry_rules_of(rig);
	const uint64_t pointer =
		rules.ept ? mezzo_ept_pointer(&rig->table) : rig->table.root_pa.addr;
	const unsigned int levels = rules.ept ? 1 + (pointer >> 3 & 7) : rig->levels;
	struct x86_walk walk = {.entry = pointer & ~UINT64_C(0xfff), .level = 3 - (int)levels};
	uint64_t mask = 0;

	assert_true(levels == 4 || levels == 5);
	while (++walk.level <= 3) {
		const uint64_t *table =
			(const uint64_t *)(uintptr_t)(bits(walk.entry, 51, 12) << 12);
		const unsigned int shift = 12 + 9 * (3 - (unsigned int)walk.level);

		walk.entry = table[gpa >> shift & 511];
		mask = (UINT64_C(1) << shift) - 1;
		if (!x86_entry_present(&rules, walk.entry))
			return walk;
		if (x86_entry_is_leaf(&rules, walk.entry, walk.level))
			break;
	}
	walk.leaf = true;
	walk.pa =
		(walk.entry & ((UINT64_C(1) << 52) - 1) & ~UINT64_C(0xfff) & ~mask) | (gpa & mask);
	return walk;
}

void x86_walk_check(struct rig *rig, uint64_t gpa)
{
	const bool ept = rig->ops == &mezzo_ept_ops;
	const struct x86_walk walk = x86_walk(rig, gpa);
	const struct mezzo_leaf leaf = rig_lookup(rig, gpa);
	const uint64_t offset = gpa & (mezzo_order_bytes(leaf.order) - 1);

	assert_int_equal(walk.leaf, leaf.state == MEZZO_ENTRY_LEAF);
	if (!walk.leaf)
		return;
	assert_int_equal(walk.pa, leaf.pa.addr + offset);
	assert_int_equal(walk.level, 3 - leaf.order / 9);
	assert_int_equal(bit(walk.entry, 1), leaf.attr.write);
	assert_int_equal(ept ? bit(walk.entry, 0) : 1, leaf.attr.read);
	assert_int_equal(bit(walk.entry, ept ? 8 : 5), leaf.attr.accessed);
	if (leaf.attr.write)
		assert_int_equal(bit(walk.entry, ept ? 9 : 6),
				 !leaf.attr.logged || leaf.attr.dirty);
	if (!leaf.attr.exec)
		assert_true(ept ? !bit(walk.entry, 2) && !bit(walk.entry, 10)
				: bit(walk.entry, 63));
	else
		assert_true(ept ? bit(walk.entry, 2) || bit(walk.entry, 10) : !bit(walk.entry, 63));
}

static void check_one(const struct x86_entry_rules *rules, uint64_t entry, int level, uint64_t ipa)
{
	const char *wrong = x86_entry_wrong(rules, entry, level);

	if (wrong)
		fail_msg("level %d, GPA %#llx: %#llx: %s", level, (unsigned long long)ipa,
			 (unsigned long long)entry, wrong);
}

void x86_entries_check(const struct rig *rig)
{
	struct x86_entry_rules rules = x86_entry_rules_of(rig);
	struct rig_dump dump;

	/* Tables of ours lie where the host has its memory: nothing is said of their addresses. */
	for (unsigned int i = 0; i < rig->table.above_count; i++)
		for (unsigned int n = 0; n < 512; n++)
			check_one(&rules, ((const uint64_t *)rig->table.above[i])[n],
				  rig->table.start_level - 1 - (int)i, 0);
	rig_dump(rig, &dump);
	for (size_t i = 0; i < dump.count; i++)
		check_one(&rules, dump.entry[i].value, dump.entry[i].level, dump.entry[i].ipa);
	rig_dump_free(&dump);
}
