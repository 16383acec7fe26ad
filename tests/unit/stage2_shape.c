/* SPDX-License-Identifier: BSD-2-Clause */
/* The shape of a stage-2 tree: roots, registers, edges of the space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "table_rig.h"

struct shape {
	const struct mezzo_table_ops *ops;
	uint8_t ipa_bits, pa_bits;
	int8_t start_level;
	uint32_t root_bytes;
	/* T0SZ [5:0], SL0 [7:6], TG0 [15:14], PS [18:16], DS [32], SL2 [33] */
	uint64_t vtcr;
};

/* RES1, and walks write-back and inner shareable: as every table has it. */
#define WALKS UINT64_C(0x80003500)

#define K4 &mezzo_stage2_ops
#define K4W &mezzo_stage2_4k_lpa2_ops
#define K16 &mezzo_stage2_16k_ops
#define K16W &mezzo_stage2_16k_lpa2_ops
#define K64 &mezzo_stage2_64k_ops

/* Worked out by hand from the manual's tables of start levels and concatenation. */
static const struct shape shapes[] = {
	{K4, 32, 48, 1, 4096, 0x50060},        {K4, 33, 48, 1, 4096, 0x5005f},
	{K4, 34, 48, 1, 4096, 0x5005e},        {K4, 35, 48, 1, 4096, 0x5005d},
	{K4, 36, 48, 1, 4096, 0x5005c},        {K4, 37, 48, 1, 4096, 0x5005b},
	{K4, 38, 48, 1, 4096, 0x5005a},        {K4, 39, 48, 1, 4096, 0x50059},
	{K4, 40, 48, 1, 8192, 0x50058},        {K4, 41, 48, 1, 16384, 0x50057},
	{K4, 42, 48, 1, 32768, 0x50056},       {K4, 43, 48, 1, 65536, 0x50055},
	{K4, 44, 48, 0, 4096, 0x50094},        {K4, 45, 48, 0, 4096, 0x50093},
	{K4, 46, 48, 0, 4096, 0x50092},        {K4, 47, 48, 0, 4096, 0x50091},
	{K4, 48, 48, 0, 4096, 0x50090},        {K4W, 40, 52, 1, 8192, 0x100060058},
	{K4W, 43, 48, 1, 65536, 0x100050055},  {K4W, 48, 52, 0, 4096, 0x100060090},
	{K4W, 49, 52, -1, 4096, 0x30006000f},  {K4W, 50, 52, -1, 4096, 0x30006000e},
	{K4W, 51, 52, -1, 4096, 0x30006000d},  {K4W, 52, 52, -1, 4096, 0x30006000c},
	{K16, 32, 48, 2, 16384, 0x58060},      {K16, 36, 48, 2, 16384, 0x5805c},
	{K16, 37, 48, 2, 32768, 0x5805b},      {K16, 40, 48, 2, 262144, 0x58058},
	{K16, 41, 48, 1, 16384, 0x58097},      {K16, 47, 48, 1, 16384, 0x58091},
	{K16, 48, 48, 1, 32768, 0x58090},      {K16W, 40, 52, 2, 262144, 0x100068058},
	{K16W, 48, 52, 1, 32768, 0x100068090}, {K16W, 49, 52, 0, 16384, 0x1000680cf},
	{K16W, 52, 52, 0, 16384, 0x1000680cc}, {K64, 32, 48, 2, 65536, 0x54060},
	{K64, 42, 48, 2, 65536, 0x54056},      {K64, 43, 48, 1, 65536, 0x54095},
	{K64, 48, 52, 1, 65536, 0x64090},      {K64, 52, 52, 1, 65536, 0x6408c},
};

static void every_ipa_size_has_its_root_and_vtcr(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *shape = &shapes[i];
		const struct rig_options options = {
			.ops = shape->ops,
			.ipa_bits = shape->ipa_bits,
			.pa_bits = shape->pa_bits,
		};
		struct rig rig;

		rig_open(&rig, &options);
		assert_int_equal(rig.table.start_level, shape->start_level);
		assert_int_equal(rig.table.root_bytes, shape->root_bytes);
		assert_int_equal(rig.table.root_pa.addr % shape->root_bytes, 0);
		assert_int_equal(mezzo_stage2_vtcr(&rig.table), shape->vtcr | WALKS);
		assert_int_equal(rig_tables(&rig), rig_root_tables(&rig));
		rig_close(&rig);
	}
}

/* A root above 2^48 has its upper bits where the table's alignment leaves room. */
static void vttbr_names_root_and_vmid(void **state)
{
	struct mezzo_table table = {.vmid = 0x1234, .root_pa = {UINT64_C(0xfedcba987000)}};

	(void)state;
	assert_int_equal(mezzo_stage2_vttbr(&table), UINT64_C(0x1234fedcba987000));
	table.root_pa.addr = UINT64_C(0x9edcba9870000);
	assert_int_equal(mezzo_stage2_vttbr(&table), UINT64_C(0x1234edcba9870024));
}

static void output_size_follows_pa_bits(void **state)
{
	static const uint8_t ps[][2] = {{32, 0}, {33, 1}, {36, 1}, {37, 2}, {40, 2},
					{41, 3}, {42, 3}, {43, 4}, {44, 4}, {45, 5},
					{48, 5}, {49, 6}, {52, 6}};

	(void)state;
	for (size_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
		const struct rig_options options = {
			.ops = &mezzo_stage2_64k_ops,
			.pa_bits = ps[i][0],
		};
		struct rig rig;

		rig_open(&rig, &options);
		assert_int_equal(mezzo_stage2_vtcr(&rig.table) >> 16 & 7, ps[i][1]);
		rig_close(&rig);
	}
}

static void edges_of(const struct rig_geometry *g, uint8_t bits)
{
	const struct rig_options options = {
		.ops = g->ops,
		.ipa_bits = bits,
		.pa_bits = g->address_bits,
	};
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
	const uint64_t end = UINT64_C(1) << bits, page = UINT64_C(1) << g->page_shift;
	const uint64_t last = (UINT64_C(1) << g->address_bits) - page;
	const unsigned int order = g->order[0];
	struct rig rig;

	rig_open(&rig, &options);
	rig_map(&rig, 0, page, order, attr);
	rig_map(&rig, end - page, last, order, attr);
	rig_map(&rig, end / 2 - page, 5 * page, order, attr);
	rig_map(&rig, end / 2, 6 * page, order, attr);
	rig_expect_leaf(&rig, 0, order, page, attr);
	rig_expect_leaf(&rig, end - 1, order, last, attr);
	rig_expect_leaf(&rig, end / 2 - 1, order, 5 * page, attr);
	rig_expect_leaf(&rig, end / 2, order, 6 * page, attr);
	rig_expect_state(&rig, page, MEZZO_ENTRY_NONE);
	rig_expect_state(&rig, end - page - 1, MEZZO_ENTRY_NONE);
	rig_expect_state(&rig, end, MEZZO_ENTRY_NONE);
	rig_expect_state(&rig, UINT64_MAX, MEZZO_ENTRY_NONE);
	rig_unmap(&rig, end - page, mezzo_order_pages(order), true);
	rig_expect_leaf(&rig, 0, order, page, attr);
	rig_expect_state(&rig, end - 1, MEZZO_ENTRY_NONE);
	rig_unmap(&rig, 0, end >> 12, true);
	assert_int_equal(rig_tables(&rig), rig_root_tables(&rig));
	rig_close(&rig);
}

/* T30 range_ops_half_open_edges */
static void first_and_last_page_of_every_space(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RIG_ARM64_GEOMETRIES; i++) {
		for (uint8_t bits = 32; bits <= rig_geometries[i].address_bits; bits++)
			edges_of(&rig_geometries[i], bits);
	}
}

/* T30: what cuts a page of a larger granule is refused as what cuts a block, and changes nothing. */
static void range_that_cuts_a_page_is_refused(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RIG_ARM64_GEOMETRIES; i++) {
		const struct rig_geometry *g = &rig_geometries[i];
		const struct rig_options options = {.ops = g->ops, .ipa_bits = 44};
		const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_WB);
		const uint64_t pages = mezzo_order_pages(g->order[0]);
		struct mezzo_flush flush = {0};
		struct rig rig;

		if (pages == 1)
			continue;
		rig_open(&rig, &options);
		rig_map_many(&rig, 0, 0, g->order[0], 3, attr);
		for (uint64_t first = 0; first < 3 * pages; first++) {
			for (uint64_t end = first + 1; end <= 3 * pages; end++) {
				const struct mezzo_ipa ipa = {first << 12};

				if (first % pages == 0 && end % pages == 0)
					continue;
				assert_int_equal(rig.ops->unmap(&rig.table, ipa, end - first, true,
								&flush),
						 MEZZO_ERR_LIVE);
				assert_int_equal(flush.pages, 0);
			}
		}
		rig_expect_leaf(&rig, pages << 12, g->order[0], pages << 12, attr);
		rig_unmap(&rig, 0, 3 * pages, true);
		rig_close(&rig);
	}
}

/* The sizes that a geometry has, and those of them that fit into a space of that many bits. */
static uint64_t orders_of(const struct rig_geometry *g, unsigned int bits, int8_t start_level,
			  bool contiguous)
{
	const unsigned int index_bits = g->page_shift - 3u;
	uint64_t orders = 0;

	for (unsigned int i = 0; i < g->orders; i++) {
		if (g->order[i] + 12u <= bits && 3 - start_level >= (int)i)
			orders |= UINT64_C(1) << g->order[i];
		if (contiguous && g->group[i] && g->group[i] + 12u <= bits &&
		    3 - start_level >= (int)i)
			orders |= UINT64_C(1) << g->group[i];
		if (i)
			assert_int_equal(g->order[i] - g->order[i - 1], index_bits);
	}
	return orders;
}

static void leaves_of(const struct rig_geometry *g, uint8_t bits, bool contiguous)
{
	const struct mezzo_attr attr = rig_attr(MEZZO_STAGE2_NORMAL_NC);
	const struct rig_options options = {
		.ops = g->ops,
		.ipa_bits = bits,
		.pa_bits = g->address_bits,
		.features = {.contiguous = contiguous},
	};
	struct rig rig;

	rig_open(&rig, &options);
	assert_int_equal(rig.table.orders, orders_of(g, bits, rig.table.start_level, contiguous));
	for (unsigned int order = 0; order < 64; order++) {
		const uint64_t bytes = mezzo_order_bytes(order);
		const uint64_t ipa = (UINT64_C(1) << bits) - bytes;
		struct mezzo_claim claim;

		assert_int_equal(rig.ops->stock_fill(&rig.table, &rig.stock), MEZZO_OK);
		if (!(rig.table.orders >> order & 1)) {
			assert_int_equal(rig.ops->claim(&rig.table, &rig.stock,
							(struct mezzo_ipa){0}, order, &claim),
					 MEZZO_ERR_INVALID);
			continue;
		}
		rig_map(&rig, ipa, 0, order, attr);
		rig_expect_leaf(&rig, ipa, order, 0, attr);
		rig_expect_leaf(&rig, ipa + bytes - 1, order, 0, attr);
		if (ipa)
			rig_expect_state(&rig, ipa - 1, MEZZO_ENTRY_NONE);
		rig_expect_state(&rig, ipa + bytes, MEZZO_ENTRY_NONE);
		rig_check(&rig, 0);
		rig_unmap(&rig, ipa, bytes >> 12, true);
	}
	rig_close(&rig);
}

/* T05 block_goes_to_right_level: every size that the table says it has, and no other. */
static void every_space_has_its_leaf_sizes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RIG_ARM64_GEOMETRIES; i++) {
		for (uint8_t bits = 32; bits <= rig_geometries[i].address_bits; bits++) {
			leaves_of(&rig_geometries[i], bits, false);
			if (!rig_geometries[i].plain)
				leaves_of(&rig_geometries[i], bits, true);
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
	struct mezzo_table_config bad[9];
	struct mezzo_table table;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].ipa_bits = 31;
	bad[1].ipa_bits = 49;
	bad[2].pa_bits = 31;
	bad[3].pa_bits = 49;
	bad[4].size--;
	bad[5].features.bbm = 3;
	bad[6].features.dirty = true; /* without the access flag */
	bad[7].features.contiguous = true;
	bad[8].features.shared = true;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mezzo_stage2_ops.init(&table, &bad[i]), MEZZO_ERR_INVALID);
	/* What plain tables have not, others have. */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (i < 7) {
			assert_int_equal(mezzo_stage2_4k_ops.init(&table, &bad[i]),
					 MEZZO_ERR_INVALID);
			continue;
		}
		assert_int_equal(mezzo_stage2_4k_ops.init(&table, &bad[i]), MEZZO_OK);
		mezzo_stage2_4k_ops.fini(&table);
	}
	memset(&hosted.counts, 0, sizeof(hosted.counts));
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
		cmocka_unit_test(vttbr_names_root_and_vmid),
		cmocka_unit_test(output_size_follows_pa_bits),
		cmocka_unit_test(first_and_last_page_of_every_space),
		cmocka_unit_test(range_that_cuts_a_page_is_refused),
		cmocka_unit_test(every_space_has_its_leaf_sizes),
		cmocka_unit_test(a_bad_configuration_is_refused),
		cmocka_unit_test(fini_frees_every_table_whatever_is_mapped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
