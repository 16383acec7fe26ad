/* SPDX-License-Identifier: BSD-2-Clause */
/* The shape of a stage-2 tree: roots, registers, edges of the space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "table_rig.h"

struct shape {
	uint8_t ipa_bits, start_level;
	uint32_t root_bytes;
	uint64_t vtcr; /* T0SZ [5:0], SL0 [7:6]; PS for 48 bits [18:16] */
};

/* Worked out by hand from the manual's table of start levels and concatenation. */
static const struct shape shapes[] = {
	{32, 1, 4096, 0x50060},  {33, 1, 4096, 0x5005f},  {34, 1, 4096, 0x5005e},
	{35, 1, 4096, 0x5005d},  {36, 1, 4096, 0x5005c},  {37, 1, 4096, 0x5005b},
	{38, 1, 4096, 0x5005a},  {39, 1, 4096, 0x50059},  {40, 1, 8192, 0x50058},
	{41, 1, 16384, 0x50057}, {42, 1, 32768, 0x50056}, {43, 1, 65536, 0x50055},
	{44, 0, 4096, 0x50094},  {45, 0, 4096, 0x50093},  {46, 0, 4096, 0x50092},
	{47, 0, 4096, 0x50091},  {48, 0, 4096, 0x50090},
};

static void every_ipa_size_has_its_root_and_vtcr(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct rig_options options = {.ipa_bits = shapes[i].ipa_bits};
		struct rig rig;

		rig_open(&rig, &options);
		assert_int_equal(rig.table.start_level, shapes[i].start_level);
		assert_int_equal(rig.table.root_bytes, shapes[i].root_bytes);
		assert_int_equal(rig.table.root_pa.addr % shapes[i].root_bytes, 0);
		assert_int_equal(mezzo_stage2_vtcr(&rig.table), shapes[i].vtcr);
		assert_int_equal(rig_tables(&rig), shapes[i].root_bytes / 4096);
		rig_close(&rig);
	}
}

static void output_size_follows_pa_bits(void **state)
{
	static const uint8_t ps[][2] = {{32, 0}, {33, 1}, {36, 1}, {37, 2}, {40, 2}, {41, 3},
					{42, 3}, {43, 4}, {44, 4}, {45, 5}, {48, 5}};

	(void)state;
	for (size_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
		const struct rig_options options = {.pa_bits = ps[i][0]};
		struct rig rig;

		rig_open(&rig, &options);
		assert_int_equal(mezzo_stage2_vtcr(&rig.table) >> 16 & 7, ps[i][1]);
		rig_close(&rig);
	}
}

/* T30 range_ops_half_open_edges */
static void first_and_last_page_of_every_space(void **state)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);

	(void)state;
	for (uint8_t bits = 32; bits <= 48; bits++) {
		const struct rig_options options = {.ipa_bits = bits};
		const uint64_t end = UINT64_C(1) << bits;
		struct rig rig;

		rig_open(&rig, &options);
		rig_map(&rig, 0, 0x1000, 0, attr);
		rig_map(&rig, end - 0x1000, 0xfffffffff000, 0, attr);
		rig_map(&rig, end / 2 - 0x1000, 0x5000, 0, attr);
		rig_map(&rig, end / 2, 0x6000, 0, attr);
		rig_expect_leaf(&rig, 0, 0, 0x1000, attr);
		rig_expect_leaf(&rig, end - 1, 0, 0xfffffffff000, attr);
		rig_expect_leaf(&rig, end / 2 - 1, 0, 0x5000, attr);
		rig_expect_leaf(&rig, end / 2, 0, 0x6000, attr);
		rig_expect_state(&rig, 0x1000, MEZZO_ENTRY_NONE);
		rig_expect_state(&rig, end - 0x1001, MEZZO_ENTRY_NONE);
		rig_expect_state(&rig, end, MEZZO_ENTRY_NONE);
		rig_expect_state(&rig, UINT64_MAX, MEZZO_ENTRY_NONE);
		rig_unmap(&rig, end - 0x1000, 1, true);
		rig_expect_leaf(&rig, 0, 0, 0x1000, attr);
		rig_expect_state(&rig, end - 1, MEZZO_ENTRY_NONE);
		rig_unmap(&rig, 0, end >> 12, true);
		assert_int_equal(rig_tables(&rig), rig.table.root_bytes / 4096);
		rig_close(&rig);
	}
}

/* T05 block_goes_to_right_level: every space, the smallest too, has leaves of every size. */
static void every_space_has_every_leaf_size(void **state)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};

	(void)state;
	for (uint8_t bits = 32; bits <= 48; bits++) {
		const struct rig_options options = {.ipa_bits = bits};

		for (size_t i = 0; i < sizeof(orders); i++) {
			const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_NC);
			const uint64_t bytes = mezzo_order_bytes(orders[i]);
			const uint64_t ipa = (UINT64_C(1) << bits) - 2 * bytes;
			struct rig rig;

			rig_open(&rig, &options);
			rig_map(&rig, ipa, 0, orders[i], attr);
			rig_expect_leaf(&rig, ipa, orders[i], 0, attr);
			rig_expect_leaf(&rig, ipa + bytes - 1, orders[i], 0, attr);
			rig_expect_state(&rig, ipa - 1, MEZZO_ENTRY_NONE);
			rig_expect_state(&rig, ipa + bytes, MEZZO_ENTRY_NONE);
			rig_close(&rig);
		}
	}
}

static void a_bad_configuration_is_refused(void **state)
{
	struct mezzo_hosted hosted;
	const struct mezzo_table_config good = {
		.size = sizeof(good),
		.platform = &hosted.platform,
		.ipa_bits = 40,
		.pa_bits = 48,
	};
	struct mezzo_table_config bad[5];
	struct mezzo_table table;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	for (size_t i = 0; i < 5; i++)
		bad[i] = good;
	bad[0].ipa_bits = 31;
	bad[1].ipa_bits = 49;
	bad[2].pa_bits = 31;
	bad[3].pa_bits = 49;
	bad[4].size--;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(mezzo_stage2_ops.init(&table, &bad[i]), MEZZO_ERR_INVALID);
	assert_int_equal(hosted.counts.table_allocs, 0);
	hosted.allocs_left = 0;
	assert_int_equal(mezzo_stage2_ops.init(&table, &good), MEZZO_ERR_NOMEM);
	hosted.allocs_left = 1;
	assert_int_equal(mezzo_stage2_ops.init(&table, &good), MEZZO_OK);
	mezzo_stage2_ops.fini(&table);
	assert_int_equal(hosted.counts.table_bytes, 0);
}

static void fini_frees_every_table_whatever_is_mapped(void **state)
{
	const struct rig_options options = {.ipa_bits = 48};
	struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	struct mezzo_flush flush = {0};
	struct rig rig;

	(void)state;
	rig_open(&rig, &options);
	for (unsigned int i = 0; i < 40; i++)
		rig_map(&rig, (UINT64_C(0x123456789000) * i) & 0xfffffffff000, 0, 0, attr);
	rig_map(&rig, UINT64_C(0x7fc0000000), 0, MEZZO_ORDER_1G, attr);
	/* Tables that wait for a settle, or to be reclaimed. */
	rig_map(&rig, 0x40000000, 0, 0, attr);
	rig_unmap(&rig, 0x40000000, 1, true);
	rig_map(&rig, 0x40000000, 0, 0, attr);
	assert_int_equal(rig.ops->unmap(&rig.table, (struct mezzo_ipa){0x40000000}, 1, true,
					&flush),
			 MEZZO_OK);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ipa_size_has_its_root_and_vtcr),
		cmocka_unit_test(output_size_follows_pa_bits),
		cmocka_unit_test(first_and_last_page_of_every_space),
		cmocka_unit_test(every_space_has_every_leaf_size),
		cmocka_unit_test(a_bad_configuration_is_refused),
		cmocka_unit_test(fini_frees_every_table_whatever_is_mapped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
