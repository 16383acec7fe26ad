/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/pci/scan.c */
/* Finding and placing PCI functions, on a bus that behaves as registers do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv/pci/config.h"
#include "hv/pci/scan.h"

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)
#define FUNCTIONS 96

/* A function: registers, and which of their bits can be written. */
struct fake {
	uint32_t bdf; /* of a function behind a bridge: as the bridge will be numbered */
	uint32_t reg[64], writable[64];
};

struct world {
	struct fake fake[FUNCTIONS];
	unsigned int count;
};

static const struct hv_pci_host_window low = {0x10000000, 0x10000000, 0x2eff0000};
static const struct hv_pci_host_window high = {0x8000000000, 0x8000000000, 0x8000000000};

/* A function answers when every bridge above it forwards its bus number. */
static bool reached(const struct world *world, uint32_t bdf)
{
	unsigned int bus = bdf >> 8;

	for (unsigned int hops = 0; bus && hops < 64; hops++) {
		const struct fake *above = NULL;

		for (unsigned int i = 0; i < world->count; i++) {
			const struct fake *fake = &world->fake[i];
			uint32_t buses = fake->reg[0x18 / 4];

			if (fake->reg[3] >> 16 & 1 && (buses >> 8 & 0xff) &&
			    (buses >> 8 & 0xff) <= bus && bus <= (buses >> 16 & 0xff) &&
			    (!above || (buses >> 8 & 0xff) > (above->reg[0x18 / 4] >> 8 & 0xff)))
				above = fake;
		}
		if (!above || (above->reg[0x18 / 4] >> 8 & 0xff) != bus)
			return false;
		bus = above->bdf >> 8;
	}
	return !bus;
}

static struct fake *find(struct world *world, uint32_t bdf)
{
	for (unsigned int i = 0; i < world->count; i++)
		if (world->fake[i].bdf == bdf && reached(world, bdf))
			return &world->fake[i];
	return NULL;
}

static uint32_t fake_read(void *ctx, uint32_t bdf, unsigned int reg)
{
	struct fake *fake = find(ctx, bdf);

	assert_true(reg < 256 && reg % 4 == 0);
	return fake ? fake->reg[reg / 4] : UINT32_MAX;
}

static void fake_write(void *ctx, uint32_t bdf, unsigned int reg, uint32_t value)
{
	struct fake *fake = find(ctx, bdf);

	assert_true(reg < 256 && reg % 4 == 0);
	if (!fake)
		return;
	reg /= 4;
	fake->reg[reg] = (fake->reg[reg] & ~fake->writable[reg]) | (value & fake->writable[reg]);
}

static struct fake *add(struct world *world, uint32_t bdf)
{
	struct fake *fake = &world->fake[world->count++];

	assert_true(world->count <= FUNCTIONS);
	memset(fake, 0, sizeof(*fake));
	fake->bdf = bdf;
	fake->reg[0] = 0x11101af4;
	fake->reg[1] = 0x7; /* left on by somebody */
	fake->writable[1] = 0x407;
	return fake;
}

static void bar(struct fake *fake, unsigned int n, uint64_t bytes, uint32_t flags)
{
	fake->reg[4 + n] = flags;
	fake->writable[4 + n] = (uint32_t)-bytes & ~UINT32_C(0xf);
	if (flags & HV_PCI_BAR_WIDE)
		fake->writable[5 + n] = (uint32_t)(-bytes >> 32);
}

static struct fake *bridge(struct world *world, uint32_t bdf)
{
	struct fake *fake = add(world, bdf);

	fake->reg[3] = 1u << 16;
	fake->writable[0x18 / 4] = 0x00ffffff;
	fake->writable[0x20 / 4] = 0xfff0fff0;
	fake->reg[0x24 / 4] = 0x00010001;
	fake->writable[0x24 / 4] = 0xfff0fff0;
	fake->writable[0x28 / 4] = fake->writable[0x2c / 4] = UINT32_MAX;
	return fake;
}

static struct hv_pci_tree tree;

static void scan(struct world *world, unsigned int last)
{
	const struct hv_pci_io io = {fake_read, fake_write, world};

	hv_pci_scan(&tree, &io, 0, last, &low, &high);
}

static uint64_t address(const struct fake *fake, unsigned int n)
{
	uint64_t value = fake->reg[4 + n] & ~UINT32_C(0xf);

	if ((fake->reg[4 + n] & HV_PCI_BAR_TYPE) == HV_PCI_BAR_WIDE)
		value |= (uint64_t)fake->reg[5 + n] << 32;
	return value;
}

/* Laws of any tree: what is assigned is what the register says, aligned, in a window, and alone. */
static void check_laws(struct world *world)
{
	for (unsigned int i = 0; i < tree.count; i++) {
		const struct hv_pci_found *f = &tree.found[i];
		struct fake *fake = find(world, f->bdf);

		assert_non_null(fake);
		assert_false(fake->reg[1] & (f->bridge ? 0x5 : 0x7));
		assert_true(fake->reg[1] & HV_PCI_COMMAND_INTX_OFF);
		for (unsigned int n = 0; n < 6; n++) {
			const struct hv_pci_found_bar *b = &f->bar[n];
			uint64_t end = b->pa + (b->bytes < 4096 ? 4096 : b->bytes);

			if (!b->assigned)
				continue;
			assert_true(b->pa == address(fake, n));
			assert_true(b->pa % b->bytes == 0 && b->pa % 4096 == 0);
			assert_true((b->pa >= low.cpu && end <= low.cpu + low.bytes) ||
				    (b->wide && b->pa >= high.cpu && end <= high.cpu + high.bytes));
			for (unsigned int j = 0; j < tree.count; j++)
				for (unsigned int m = 0; m < 6; m++) {
					const struct hv_pci_found_bar *o = &tree.found[j].bar[m];

					if (o != b && o->assigned)
						assert_true(o->pa >= end ||
							    o->pa + o->bytes <= b->pa);
				}
		}
	}
}

static void inside_bridge(const struct fake *above, const struct hv_pci_found_bar *b)
{
	uint32_t memory = above->reg[0x20 / 4], prefetch = above->reg[0x24 / 4];
	uint64_t base = (memory & 0xfff0ull) << 16, limit = (memory >> 16 & 0xfff0ull) << 16;
	uint64_t pbase = (prefetch & 0xfff0ull) << 16 | (uint64_t)above->reg[0x28 / 4] << 32;
	uint64_t plimit = (prefetch >> 16 & 0xfff0ull) << 16 | (uint64_t)above->reg[0x2c / 4] << 32;

	assert_true(above->reg[1] & HV_PCI_COMMAND_MEMORY);
	assert_true((b->pa >= base && b->pa + b->bytes - 1 <= (limit | 0xfffff)) ||
		    (b->wide && b->prefetch && b->pa >= pbase &&
		     b->pa + b->bytes - 1 <= (plimit | 0xfffff)));
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void bars_are_sized_and_placed(void **state)
{
	struct world *w = *state;
	struct fake *f = add(w, 1 << 3);

	bar(f, 0, 256, 0);
	bar(f, 1, 64, HV_PCI_BAR_IO);
	bar(f, 2, 4 * MiB, HV_PCI_BAR_WIDE | HV_PCI_BAR_PREFETCH);
	bar(f, 4, 16 * KiB, HV_PCI_BAR_WIDE);
	f = add(w, 2 << 3);
	bar(f, 0, 8 * GiB, HV_PCI_BAR_WIDE | HV_PCI_BAR_PREFETCH);
	bar(f, 5, MiB, 0);
	scan(w, 255);
	assert_int_equal(tree.count, 2);
	assert_false(tree.more);
	check_laws(w);
	assert_int_equal(tree.found[0].bar[0].bytes, 256);
	assert_int_equal(tree.found[0].bar[1].bytes, 0); /* I/O */
	assert_int_equal(tree.found[0].bar[2].bytes, 4 * MiB);
	assert_true(tree.found[0].bar[2].wide && tree.found[0].bar[2].prefetch);
	assert_true(tree.found[0].bar[2].pa >= high.cpu);
	assert_true(tree.found[0].bar[4].wide && !tree.found[0].bar[4].prefetch);
	assert_true(tree.found[1].bar[0].bytes == 8 * GiB);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int n = 0; n < 6; n++)
			assert_int_equal(tree.found[i].bar[n].assigned,
					 tree.found[i].bar[n].bytes != 0);
	assert_ptr_equal(hv_pci_find(&tree, 2 << 3), &tree.found[1]);
	assert_null(hv_pci_find(&tree, 3 << 3));
}

static void a_small_bar_has_its_page_alone(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 1; i < 5; i++)
		bar(add(w, i << 3), 0, 16, 0);
	scan(w, 0);
	check_laws(w);
	assert_true(tree.found[1].bar[0].pa - tree.found[0].bar[0].pa >= 4096);
}

static void functions_of_one_device_are_found(void **state)
{
	struct world *w = *state;

	add(w, 1 << 3)->reg[3] = 1u << 23;
	add(w, 1 << 3 | 7);
	add(w, 2 << 3);
	add(w, 2 << 3 | 3); /* function 0 says that it is alone */
	scan(w, 0);
	assert_int_equal(tree.count, 3);
	assert_int_equal(tree.found[1].bdf, 1 << 3 | 7);
}

static void bridges_forward_what_is_behind_them(void **state)
{
	struct world *w = *state;
	struct fake *outer = bridge(w, 3 << 3), *inner = bridge(w, 1 << 8);
	struct fake *f = add(w, 2 << 8), *empty;

	bar(f, 0, 16 * KiB, HV_PCI_BAR_WIDE);
	bar(f, 2, 64 * MiB, HV_PCI_BAR_WIDE | HV_PCI_BAR_PREFETCH);
	bar(add(w, 1 << 8 | 1 << 3), 1, 2 * MiB, 0);
	empty = bridge(w, 4 << 3);
	bar(add(w, 5 << 3), 0, 4 * MiB, 0);
	scan(w, 255);
	assert_int_equal(tree.count, 6);
	check_laws(w);
	assert_int_equal(outer->reg[6], 0x020100);
	assert_int_equal(inner->reg[6], 0x020201);
	assert_int_equal(empty->reg[6], 0x030300);
	assert_true((empty->reg[8] & 0xffff) > empty->reg[8] >> 16);
	for (unsigned int n = 0; n < 6; n++) {
		const struct hv_pci_found *leaf = hv_pci_find(&tree, 2 << 8);

		if (!leaf->bar[n].bytes)
			continue;
		assert_true(leaf->bar[n].assigned);
		inside_bridge(inner, &leaf->bar[n]);
		inside_bridge(outer, &leaf->bar[n]);
	}
	inside_bridge(outer, &hv_pci_find(&tree, 1 << 8 | 1 << 3)->bar[1]);
	assert_true(hv_pci_find(&tree, 2 << 8)->bar[2].pa >= high.cpu);
	assert_true(hv_pci_find(&tree, 2 << 8)->bar[0].pa < high.cpu);
}

static void narrow_prefetch_windows_stay_below_4g(void **state)
{
	struct world *w = *state;
	struct fake *above = bridge(w, 3 << 3);

	above->reg[0x24 / 4] = 0;
	bar(add(w, 1 << 8), 0, 4 * MiB, HV_PCI_BAR_WIDE | HV_PCI_BAR_PREFETCH);
	scan(w, 255);
	check_laws(w);
	assert_true(tree.found[1].bar[0].assigned && tree.found[1].bar[0].pa < high.cpu);
	inside_bridge(above, &tree.found[1].bar[0]);
}

static void what_finds_no_room_is_not_assigned(void **state)
{
	struct world *w = *state;
	struct fake *f = add(w, 1 << 3);

	bar(f, 0, GiB, 0);
	bar(f, 1, MiB, 0);
	bar(f, 2, UINT64_C(1) << 45, HV_PCI_BAR_WIDE | HV_PCI_BAR_PREFETCH);
	scan(w, 0);
	check_laws(w);
	assert_false(tree.found[0].bar[0].assigned);
	assert_true(tree.found[0].bar[1].assigned);
	assert_false(tree.found[0].bar[2].assigned);
}

static void impossible_devices_are_survived(void **state)
{
	struct world *w = *state;
	struct fake *f = add(w, 1 << 3);

	f->writable[4] = 0x00f0ff00;     /* holes in the mask */
	f->reg[4 + 5] = HV_PCI_BAR_WIDE; /* no register for its upper half */
	f->writable[4 + 5] = 0xfff00000;
	f->reg[1] |= HV_PCI_STATUS_CAPABILITIES;
	f->reg[0x34 / 4] = 0x40;
	f->reg[0x40 / 4] = 0x4005;           /* a list that loops */
	add(w, 2 << 3)->reg[3] = 0x7f << 16; /* no such header */
	scan(w, 0);
	assert_int_equal(tree.count, 2);
	for (unsigned int n = 0; n < 6; n++)
		assert_int_equal(tree.found[0].bar[n].bytes, 0);
	assert_int_equal(tree.found[0].msix_bars, 0);
}

static void msix_bars_are_told(void **state)
{
	struct world *w = *state;
	struct fake *f = add(w, 1 << 3);

	f->reg[1] |= HV_PCI_STATUS_CAPABILITIES;
	f->reg[0x34 / 4] = 0x40;
	f->reg[0x40 / 4] = 0x5001;
	f->reg[0x50 / 4] = 0x0011;
	f->reg[0x54 / 4] = 0x2001;
	f->reg[0x58 / 4] = 0x3004;
	scan(w, 0);
	assert_int_equal(tree.found[0].msix_bars, 1 << 1 | 1 << 4);
}

static void buses_without_end_are_cut(void **state)
{
	struct world *w = *state;

	for (uint32_t bus = 0; bus < 20; bus++)
		bridge(w, bus << 8);
	scan(w, 255);
	assert_true(tree.more);
	assert_int_equal(tree.count, HV_PCI_DEPTH_MAX + 1);
	memset(w, 0, sizeof(*w));
	bridge(w, 1 << 3);
	bridge(w, 2 << 3);
	scan(w, 1); /* one bus to give */
	assert_true(tree.more);
	assert_int_equal(tree.found[0].secondary, 1);
	assert_int_equal(tree.found[1].secondary, 0);
	memset(w, 0, sizeof(*w));
	for (uint32_t i = 0; i < 80; i++)
		add(w, i)->reg[3] = 1u << 23;
	scan(w, 0);
	assert_true(tree.more);
	assert_int_equal(tree.count, HV_PCI_FOUND_MAX);
	/* those too are quiet */
	assert_false(w->fake[79].reg[1] & 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(bars_are_sized_and_placed),
		T(a_small_bar_has_its_page_alone),
		T(functions_of_one_device_are_found),
		T(bridges_forward_what_is_behind_them),
		T(narrow_prefetch_windows_stay_below_4g),
		T(what_finds_no_room_is_not_assigned),
		T(impossible_devices_are_survived),
		T(msix_bars_are_told),
		T(buses_without_end_are_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
