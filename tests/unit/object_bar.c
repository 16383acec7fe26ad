/* SPDX-License-Identifier: BSD-2-Clause */
/* BARs: smaller than a page, around what is trapped, moved, switched off and on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define BAR UINT64_C(0x40000000)
#define PA UINT64_C(0x8000000000)
#define PAGE MEZZO_PAGE_BYTES
#define KIB UINT64_C(1024)

static const struct world_options fwb = {.machine = {.fwb = true, .idc = true, .dic = true}};

static struct mezzo_contract contract_of(enum mezzo_preset preset)
{
	return mezzo_contract_preset(preset, MEZZO_MAINTENANCE_NONE);
}

static int init(struct world *world, struct mezzo_bar *bar, uint64_t pa, uint64_t bytes, bool rest,
		struct mezzo_refusal *why)
{
	const struct mezzo_contract contract = contract_of(MEZZO_PRESET_DEVICE);

	*why = (struct mezzo_refusal){.reason = MEZZO_REASONS};
	return mezzo_bar_init_bytes(bar, &world->hosted.platform, &contract, (struct mezzo_pa){pa},
				    bytes, rest, why);
}

/* --- T22 --------------------------------------------------------------------------------------- */

static void T22_subpage_bar_expand_safe(void **state)
{
	static const struct {
		uint64_t pa, bytes;
		enum mezzo_field field; /* of the refusal without the embedder's word, or NONE */
		uint64_t want;
		uint64_t first, pages;
	} rows[] = {
		{PA, PAGE, MEZZO_FIELD_NONE, 0, PA, 1},
		{PA, 3 * PAGE, MEZZO_FIELD_NONE, 0, PA, 3},
		{PA, 256, MEZZO_FIELD_BYTES, PAGE, PA, 1},
		{PA, 1, MEZZO_FIELD_BYTES, PAGE, PA, 1},
		{PA, PAGE + 1, MEZZO_FIELD_BYTES, 2 * PAGE, PA, 2},
		{PA + 0x100, 256, MEZZO_FIELD_BASE, PA, PA, 1},
		{PA + 0xf00, 256, MEZZO_FIELD_BASE, PA, PA, 1},
		/* Over the edge of a page: both are touched. */
		{PA + 0xf01, 256, MEZZO_FIELD_BASE, PA, PA, 2},
		{PA + 0x800, PAGE, MEZZO_FIELD_BASE, PA, PA, 2},
	};
	struct world *world = world_new(&fwb);

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool shares = rows[i].field != MEZZO_FIELD_NONE;
		struct mezzo_refusal why;
		struct mezzo_frame frame;
		struct mezzo_bar bar;

		assert_int_equal(init(world, &bar, rows[i].pa, rows[i].bytes, false, &why),
				 shares ? MEZZO_ERR_REFUSED : MEZZO_OK);
		if (shares) {
			assert_int_equal(why.reason, MEZZO_WHY_BAR_SHARES_PAGE);
			assert_int_equal(why.field, rows[i].field);
			assert_int_equal(why.want, rows[i].want);
		}
		assert_int_equal(init(world, &bar, rows[i].pa, rows[i].bytes, true, &why),
				 MEZZO_OK);
		assert_int_equal(bar.object.pages, rows[i].pages);
		assert_int_equal(bar.object.ops->resolve(&bar.object, 0, false, &frame), MEZZO_OK);
		assert_int_equal(frame.pa.addr, rows[i].first);
		assert_int_equal(frame.from_pages, rows[i].pages);
	}
	world_free(world);
}

static void bar_of_no_bytes_or_past_the_end_is_invalid(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_contract contract = contract_of(MEZZO_PRESET_DEVICE);
	struct mezzo_refusal why;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(init(world, &bar, PA, 0, true, &why), MEZZO_ERR_INVALID);
	assert_int_equal(why.reason, MEZZO_WHY_SLOT_EMPTY);
	for (unsigned int i = 0; i < 2; i++) {
		const uint64_t pa = i ? UINT64_MAX - 5 * PAGE : PA;

		assert_int_equal(init(world, &bar, pa, UINT64_MAX - pa + 1, true, &why),
				 MEZZO_ERR_INVALID);
		assert_int_equal(why.reason, MEZZO_WHY_SLOT_WRAPS);
		/* As many as it says do, and not one more. */
		assert_int_equal(init(world, &bar, pa, why.want + 1, true, &why),
				 MEZZO_ERR_INVALID);
		assert_int_equal(init(world, &bar, pa, why.want, true, &why), MEZZO_OK);
	}
	assert_int_equal(init(world, &bar, UINT64_MAX, 1, true, &why), MEZZO_ERR_INVALID);
	assert_int_equal(why.want, 0);
	/* Content that somebody would have to zero is refused by name. */
	contract.promise.tags = MEZZO_CONTENT_UNOWNED;
	assert_int_equal(mezzo_bar_init_bytes(&bar, &world->hosted.platform, &contract,
					      (struct mezzo_pa){PA}, PAGE, true, &why),
			 MEZZO_ERR_REFUSED);
	assert_int_equal(why.reason, MEZZO_WHY_UNOWNED_NO_MAINTENANCE);
	assert_int_equal(why.field, MEZZO_FIELD_TAGS);
	world_free(world);
}

/* --- T21 --------------------------------------------------------------------------------------- */

struct split {
	const char *what;
	uint64_t bytes;
	unsigned int order;
	struct mezzo_bar_trap trap[3];
	unsigned int traps, pieces;
	struct mezzo_bar_piece piece[4];
};

static void T21_bar_split_around_msix(void **state)
{
	static const struct split rows[] = {
		{"nothing trapped", 64 * KIB, 0, {{0, 0}}, 0, 1, {{0, 16}}},
		{"table in the middle", 64 * KIB, 0, {{0x3000, 0x100}}, 1, 2, {{0, 3}, {4, 12}}},
		{"table and pending bits in one page",
		 64 * KIB,
		 0,
		 {{0x3000, 0x800}, {0x3800, 0x20}},
		 2,
		 2,
		 {{0, 3}, {4, 12}}},
		{"apart, the second first",
		 64 * KIB,
		 0,
		 {{0xf000, 8}, {0x2000, 0x1000}},
		 2,
		 2,
		 {{0, 2}, {3, 12}}},
		{"at the start", 64 * KIB, 0, {{0, 0x10}}, 1, 1, {{1, 15}}},
		{"over a page's edge", 64 * KIB, 0, {{0x1ff0, 0x20}}, 1, 2, {{0, 1}, {3, 13}}},
		{"all of it", 64 * KIB, 0, {{0, 64 * KIB}}, 1, 0, {{0, 0}}},
		{"a BAR of the table alone", 4 * KIB, 0, {{0, 16}}, 1, 0, {{0, 0}}},
		{"empty and beyond", 64 * KIB, 0, {{0x1000, 0}, {64 * KIB, 16}}, 2, 1, {{0, 16}}},
		{"a tail of less than a page", 64 * KIB + 512, 0, {{0, 16}}, 1, 1, {{1, 15}}},
		{"past the end of everything",
		 64 * KIB,
		 0,
		 {{0xe000, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}},
		 2,
		 1,
		 {{0, 14}}},
		{"pages of 16 KiB", 64 * KIB, 2, {{0x5000, 0x100}}, 1, 2, {{0, 4}, {8, 8}}},
		{"pages of 64 KiB", 256 * KIB, 4, {{0x1f000, 0x1001}}, 1, 2, {{0, 16}, {48, 16}}},
		{"less than a page of 64 KiB", 32 * KIB, 4, {{0, 0}}, 0, 0, {{0, 0}}},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mezzo_bar_piece piece[4];
		unsigned int count = mezzo_bar_pieces(rows[i].bytes, rows[i].order, rows[i].trap,
						      rows[i].traps, piece);

		if (count != rows[i].pieces ||
		    memcmp(piece, rows[i].piece, count * sizeof(piece[0])) != 0)
			fail_msg("%s: %u pieces", rows[i].what, count);
	}
}

/* Whatever is trapped, against a list of pages. */
static void pieces_are_all_pages_that_are_not_trapped(void **state)
{
	unsigned int seed = 5;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		const uint64_t bytes = (uint64_t)rand_r(&seed) % (64 * PAGE);
		const unsigned int order = (unsigned int)rand_r(&seed) % 5;
		const uint64_t page = mezzo_order_bytes(order);
		const unsigned int traps = (unsigned int)rand_r(&seed) % 6;
		struct mezzo_bar_trap trap[6];
		struct mezzo_bar_piece piece[7];
		bool mapped[64] = {false};
		unsigned int count;
		uint64_t end = 0;

		for (unsigned int i = 0; i < traps; i++)
			trap[i] = (struct mezzo_bar_trap){
				(uint64_t)rand_r(&seed) % (66 * PAGE),
				(uint64_t)rand_r(&seed) % (4 * PAGE),
			};
		count = mezzo_bar_pieces(bytes, order, trap, traps, piece);
		assert_in_range(count, 0, traps + 1);
		for (unsigned int i = 0; i < count; i++) {
			/* In order, and apart: what touches is one piece. */
			assert_true(piece[i].pages > 0 && (i == 0 || piece[i].offset_pages > end));
			end = piece[i].offset_pages + piece[i].pages;
			for (uint64_t at = piece[i].offset_pages; at < end; at++)
				mapped[at] = true;
		}
		for (uint64_t at = 0; at < 64; at++) {
			const uint64_t start = at * PAGE & ~(page - 1);
			bool want = start + page <= bytes;

			for (unsigned int i = 0; i < traps; i++)
				want &= !(trap[i].bytes && trap[i].offset_bytes < start + page &&
					  start < trap[i].offset_bytes + trap[i].bytes);
			assert_int_equal(mapped[at], want);
		}
	}
}

/* Both halves of a BAR as slots; the table between them is the embedder's, access by access. */
static void trapped_page_exits_and_its_neighbours_do_not(void **state)
{
	const struct mezzo_bar_trap table = {0x3000, 0x100};
	struct world *world = world_new(&fwb);
	struct mezzo_bar_piece piece[2];
	struct mezzo_refusal why;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(init(world, &bar, PA, 64 * KIB, false, &why), MEZZO_OK);
	assert_int_equal(mezzo_bar_pieces(64 * KIB, 0, &table, 1, piece), 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct mezzo_slot_config slot = {
			.id = i,
			.ipa = {BAR + piece[i].offset_pages * PAGE},
			.pages = piece[i].pages,
			.object = &bar.object,
			.offset_pages = piece[i].offset_pages,
		};

		assert_int_equal(mezzo_slot_create(&world->space, &slot, &why), MEZZO_OK);
	}
	for (unsigned int i = 0; i < 16; i++) {
		const struct mezzo_fault_result result =
			world_fault(world, BAR + i * PAGE + 8, MEZZO_ACCESS_WRITE,
				    MEZZO_FAULT_MISSING);

		if (i == 3) {
			assert_int_equal(result.reason, MEZZO_WHY_DEVICE_ACCESS);
			continue;
		}
		assert_int_equal(result.outcome, MEZZO_GRANT);
		assert_int_equal(world_leaf(world, BAR + i * PAGE).pa.addr, PA + i * PAGE);
	}
	world_free(world);
}

/* --- T23 --------------------------------------------------------------------------------------- */

static void T23_bar_move_keeps_type(void **state)
{
	static const enum mezzo_preset presets[] = {MEZZO_PRESET_DEVICE, MEZZO_PRESET_COMBINING,
						    MEZZO_PRESET_CACHED};
	struct world *world = world_new(&fwb);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct mezzo_contract c = contract_of(presets[i]);
		struct mezzo_slot_config to = {.id = 1, .ipa = {BAR}, .pages = 1024};
		struct mezzo_refusal why;
		struct mezzo_leaf before, after;
		struct mezzo_bar bar;

		assert_int_equal(mezzo_bar_init(&bar, &world->hosted.platform, &c,
						(struct mezzo_pa){PA}, 1024),
				 MEZZO_OK);
		to.object = &bar.object;
		assert_int_equal(mezzo_slot_create(&world->space, &to, &why), MEZZO_OK);
		(void)world_fault(world, BAR + 5 * PAGE, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
		before = world_leaf(world, BAR + 5 * PAGE);
		/* The guest's firmware puts it elsewhere; then back, over half of itself. */
		for (unsigned int turn = 0; turn < 3; turn++) {
			const uint64_t was = to.ipa.addr;

			to.ipa.addr = turn == 1 ? was + 512 * PAGE : BAR + (turn + 5) * 1024 * PAGE;
			assert_int_equal(world_change(world, &to, &why), MEZZO_OK);
			assert_int_equal(world_leaf(world, was).state, MEZZO_ENTRY_NONE);
			(void)world_fault(world, to.ipa.addr + 5 * PAGE, MEZZO_ACCESS_WRITE,
					  MEZZO_FAULT_MISSING);
			after = world_leaf(world, to.ipa.addr + 5 * PAGE);
			assert_int_equal(after.attr.type, before.attr.type);
			assert_int_equal(after.pa.addr, before.pa.addr);
			assert_int_equal(after.order, MEZZO_ORDER_2M);
		}
		world_delete(world, 1);
	}
	world_free(world);
}

/* Memory enable cleared and set, as VFIO does around a reset: nothing is reached in between. */
static void disabled_bar_is_gone_until_it_is_enabled(void **state)
{
	struct world *world = world_new(&fwb);
	struct mezzo_refusal why;
	struct mezzo_bar bar;

	(void)state;
	assert_int_equal(init(world, &bar, PA, 64 * KIB, false, &why), MEZZO_OK);
	world_slot(world, 1, BAR, &bar.object, 16, 0);
	for (unsigned int round = 0; round < 2; round++) {
		(void)world_fault(world, BAR, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
		assert_int_equal(world_leaf(world, BAR).state, MEZZO_ENTRY_LEAF);
		mezzo_bar_enable(&bar, false);
		assert_int_equal(mezzo_object_revoke(&bar.object, 0, 16), MEZZO_OK);
		assert_int_equal(world_leaf(world, BAR).state, MEZZO_ENTRY_NONE);
		assert_int_equal(
			world_fault(world, BAR, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING).reason,
			MEZZO_WHY_OBJECT_REVOKED);
		mezzo_bar_enable(&bar, true);
	}
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T22_subpage_bar_expand_safe),
		cmocka_unit_test(bar_of_no_bytes_or_past_the_end_is_invalid),
		cmocka_unit_test(T21_bar_split_around_msix),
		cmocka_unit_test(pieces_are_all_pages_that_are_not_trapped),
		cmocka_unit_test(trapped_page_exits_and_its_neighbours_do_not),
		cmocka_unit_test(T23_bar_move_keeps_type),
		cmocka_unit_test(disabled_bar_is_gone_until_it_is_enabled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
