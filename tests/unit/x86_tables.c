/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EPT and NPT tables: where the processor's walk begins and ours, what is refused, and what is
 * asked of the platform. What operations do to entries: stage2_trace runs them on x86, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "x86_entries.h"

#define PA UINT64_C(0x40000000)

static const struct mezzo_table_ops *const both[] = {&mezzo_ept_ops, &mezzo_npt_ops};

static struct mezzo_attr writable(void)
{
	return (struct mezzo_attr){
		.type = MEZZO_X86_STAGE2_WB,
		.read = true,
		.write = true,
		.accessed = true,
	};
}

/* --- shape ----------------------------------------------------------------------------------- */

/* Both ends of a space of that many bits: what is mapped there is what the processor finds. */
static void ends_of(const struct mezzo_table_ops *ops, uint8_t ipa_bits, uint8_t levels)
{
	const struct rig_options options = {
		.ops = ops,
		.ipa_bits = ipa_bits,
		.levels = levels,
		.features = {.leaf_1g = true},
	};
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};
	const uint64_t end = UINT64_C(1) << ipa_bits;
	struct rig rig;

	rig_open(&rig, &options);
	if (ops == &mezzo_ept_ops)
		assert_int_equal(mezzo_ept_pointer(&rig.table),
				 rig.table.root_pa.addr | 0x46 | (levels - 1u) << 3);
	assert_int_equal(rig.table.above_count, levels - (ipa_bits <= 43 ? 3 : 4));
	for (unsigned int i = 0; i < 3; i++) {
		const uint64_t bytes = mezzo_order_bytes(orders[i]);

		rig_map(&rig, 0, PA, orders[i], writable());
		rig_map(&rig, end - bytes, PA, orders[i], writable());
		x86_walk_check(&rig, 0);
		x86_walk_check(&rig, bytes - 1);
		x86_walk_check(&rig, bytes);
		x86_walk_check(&rig, end / 2);
		x86_walk_check(&rig, end - bytes);
		x86_walk_check(&rig, end - 1);
		/* Nothing beyond the space's end, and nothing is there twice. */
		if (ipa_bits < 48)
			assert_false(x86_walk(&rig, end).leaf);
		x86_entries_check(&rig);
		rig_check(&rig, 0);
		rig_unmap(&rig, 0, mezzo_order_pages(orders[i]), true);
		rig_unmap(&rig, end - bytes, mezzo_order_pages(orders[i]), true);
	}
	rig_close(&rig);
}

static void the_processor_finds_both_ends_of_every_space(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		for (uint8_t bits = 32; bits <= 52; bits++) {
			if (bits <= 48)
				ends_of(both[i], bits, 4);
			ends_of(both[i], bits, 5);
		}
}

static struct mezzo_table_config config_of(const struct mezzo_platform *platform)
{
	return (struct mezzo_table_config){
		.size = sizeof(struct mezzo_table_config),
		.platform = platform,
		.ipa_bits = 40,
		.pa_bits = 46,
		.vmid = RIG_VMID,
		.x86 = {.levels = 4, .host_pat = RIG_HOST_PAT},
	};
}

static void expect_init(const struct mezzo_table_ops *ops, const struct mezzo_table_config *config,
			int status)
{
	struct mezzo_table table;

	assert_int_equal(ops->init(&table, config), status);
	if (status == MEZZO_OK)
		ops->fini(&table);
}

static void what_x86_has_not_is_refused(void **state)
{
	struct mezzo_hosted hosted;
	struct mezzo_table_config good, bad;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	good = config_of(&hosted.platform);
#define REFUSED(field, value)                                                                      \
	for (unsigned int i = 0; i < 2; i++) {                                                     \
		bad = good;                                                                        \
		bad.field = (value);                                                               \
		expect_init(both[i], &bad, MEZZO_ERR_INVALID);                                     \
	}
	for (unsigned int i = 0; i < 2; i++)
		expect_init(both[i], &good, MEZZO_OK);
	REFUSED(size, sizeof(good) - 1)
	REFUSED(ipa_bits, 31)
	REFUSED(ipa_bits, 49)
	REFUSED(pa_bits, 31)
	REFUSED(pa_bits, 53)
	REFUSED(x86.levels, 0)
	REFUSED(x86.levels, 3)
	REFUSED(x86.levels, 6)
	REFUSED(fwb, true)
	REFUSED(mte_perm, true)
	REFUSED(features.contiguous, true)
	REFUSED(features.shared, true)
	REFUSED(features.bbm, 3)
	good.x86.levels = 5;
	good.ipa_bits = 52;
	for (unsigned int i = 0; i < 2; i++)
		expect_init(both[i], &good, MEZZO_OK);
	REFUSED(ipa_bits, 53)
	/* EPT's alone. */
	good.features.xnx = true;
	expect_init(&mezzo_ept_ops, &good, MEZZO_OK);
	expect_init(&mezzo_npt_ops, &good, MEZZO_ERR_INVALID);
	good.features.xnx = false;
	good.features.exec_only = true;
	expect_init(&mezzo_ept_ops, &good, MEZZO_OK);
	expect_init(&mezzo_npt_ops, &good, MEZZO_ERR_INVALID);
	assert_int_equal(hosted.counts.table_bytes, 0);
}

static void without_memory_nothing_is_left(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		for (uint8_t levels = 4; levels <= 5; levels++)
			for (unsigned int allowed = 0; allowed <= levels - 2u; allowed++) {
				struct mezzo_hosted hosted;
				struct mezzo_table_config config;

				assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
				hosted.allocs_left = allowed;
				config = config_of(&hosted.platform);
				config.x86.levels = levels;
				expect_init(both[i], &config,
					    allowed < levels - 2u ? MEZZO_ERR_NOMEM : MEZZO_OK);
				assert_int_equal(hosted.counts.table_bytes, 0);
			}
}

/* A leaf of 1 GiB only where the processor has it. */
static void leaves_of_1g_are_a_feature(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct rig_options options = {.ops = both[i]};
		const struct mezzo_attr attr = writable();
		struct rig rig;

		rig_open(&rig, &options);
		assert_int_equal(rig.ops->stock_fill(&rig.table, &rig.stock), MEZZO_OK);
		assert_int_equal(rig.ops->map(&rig.table, &rig.stock, (struct mezzo_ipa){0},
					      (struct mezzo_pa){PA}, MEZZO_ORDER_1G, &attr),
				 MEZZO_ERR_INVALID);
		rig_close(&rig);
	}
}

/* --- what is asked of the platform ------------------------------------------------------------ */

/* However much is owed: the processor knows nothing smaller than a guest's address space. */
static void every_invalidation_is_of_the_space(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct rig_options options = {.ops = both[i]};
		struct mezzo_flush flush = {0};
		char log[RIG_LOG_BYTES];
		struct rig rig;

		rig_open(&rig, &options);
		rig_map_many(&rig, 0x200000, PA, MEZZO_ORDER_4K, 8, writable());
		rig_map_many(&rig, 0x40000000, PA, MEZZO_ORDER_2M, 2, writable());
		rig_take_log(&rig, log);
		assert_int_equal(rig.ops->unmap(&rig.table, (struct mezzo_ipa){0x200000}, 1, false,
						&flush),
				 MEZZO_OK);
		rig.ops->protect(&rig.table, (struct mezzo_ipa){0x202000}, 2, false, &flush);
		assert_true(rig.ops->age(&rig.table, (struct mezzo_ipa){0x40000000}, 1024, &flush));
		assert_string_equal(rig_take_log(&rig, log), "");
		rig.ops->settle(&rig.table, &flush, rig_visit, &rig);
		assert_string_equal(rig_take_log(&rig, log), "TABLES SPACE COMPLETE CONTEXT");
		rig_close(&rig);
	}
}

/* Split breaks the leaf before it makes the table, unless sizes may change in place. */
static void split_invalidates_before_or_after(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct rig_options options = {
			.ops = both[i / 2],
			.features = {.bbm = i % 2 ? 2 : 0},
		};
		char log[RIG_LOG_BYTES];
		struct rig rig;

		rig_open(&rig, &options);
		rig_map(&rig, 0x200000, PA, MEZZO_ORDER_2M, writable());
		assert_int_equal(rig.ops->stock_fill(&rig.table, &rig.stock), MEZZO_OK);
		rig_take_log(&rig, log);
		assert_int_equal(rig.ops->split(&rig.table, &rig.stock,
						(struct mezzo_ipa){0x200000}, MEZZO_ORDER_4K),
				 MEZZO_OK);
		assert_string_equal(rig_take_log(&rig, log),
				    i % 2 ? "TABLES SPACE COMPLETE"
					  : "TABLES SPACE COMPLETE TABLES");
		x86_walk_check(&rig, 0x3ff000);
		rig_close(&rig);
	}
}

/*
 * Page-modification logging writes down what the processor sets a dirty flag of: one address for a
 * page that is logged, none for one that is written at will.
 */
static void only_logged_leaves_have_a_dirty_flag_to_be_set(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct rig_options options = {.ops = both[i], .features = {.dirty = true}};
		const uint64_t dirty = UINT64_C(1) << (i ? 6 : 9);
		struct mezzo_attr logged = writable();
		struct mezzo_flush flush = {0};
		struct mezzo_leaf leaf;
		struct rig rig;

		logged.logged = true;
		rig_open(&rig, &options);
		rig_map(&rig, 0x1000, PA, MEZZO_ORDER_4K, writable());
		rig_map(&rig, 0x2000, PA, MEZZO_ORDER_4K, logged);
		assert_int_equal(rig_raw(&rig, 0x1000, 3) & dirty, dirty);
		assert_int_equal(rig_raw(&rig, 0x2000, 3) & dirty, 0);
		assert_true(rig_note_access(&rig, 0x2000, true));
		leaf = rig_lookup(&rig, 0x2000);
		assert_true(leaf.attr.write && leaf.attr.logged && leaf.attr.dirty);
		/* Writes are not noted any more: whoever may write then does so at will. */
		rig.ops->protect(&rig.table, (struct mezzo_ipa){0}, 16, false, &flush);
		assert_int_equal(rig_raw(&rig, 0x2000, 3) & (dirty | 2), 0);
		rig.ops->settle(&rig.table, &flush, NULL, NULL);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_processor_finds_both_ends_of_every_space),
		cmocka_unit_test(what_x86_has_not_is_refused),
		cmocka_unit_test(without_memory_nothing_is_left),
		cmocka_unit_test(leaves_of_1g_are_a_feature),
		cmocka_unit_test(every_invalidation_is_of_the_space),
		cmocka_unit_test(split_invalidates_before_or_after),
		cmocka_unit_test(only_logged_leaves_have_a_dirty_flag_to_be_set),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
