/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory types, one thread: the decision of every architecture; the MTRRs of an address and of
 * ranges; and what a guest's write of an MTRR costs where they are honoured, in entries taken away.
 *
 * bench/types [FILE]: writes FILE, or build/bench/types.json.
 */
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>
#include <mezzo/x86.h>

#include "measure.h"

#define OPS (UINT64_C(1) << 22)
#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define BLOCK (2 * MIB)
#define RAM_BLOCKS 4096 /* 8 GiB: 3 GiB from 0 on, the rest from 4 GiB on */
#define LOW_BLOCKS 1536
#define BAR_IPA (3 * GIB)
#define BAR_BLOCKS 128
#define IPA_BITS 42

static struct measure_report report;
static uint64_t sink;

/* --- the decision -------------------------------------------------------------------------- */

#define FACTS 16
struct decide_run {
	mezzo_decide_fn *decide;
	struct mezzo_facts facts[FACTS];
};

static double decide(void *arg)
{
	const struct decide_run *run = arg;
	struct mezzo_decision decision;
	const double start = measure_now();
	uint64_t reasons = 0; /* in a register: a sum in memory costs as much as half a decision */
	double seconds;

	for (uint64_t i = 0; i < OPS; i++) {
		run->decide(&run->facts[i % FACTS], &decision);
		reasons += decision.reason;
	}
	seconds = measure_now() - start;
	sink += reasons;
	return seconds;
}

/* What calling anything costs that is told the facts and fills in a decision: the control. */
static void decide_nothing(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	_Static_assert(sizeof(*out) <= sizeof(*facts), "enough to copy");
	memcpy(out, facts, sizeof(*out));
}

/* Every preset, on machines that can force a type and that cannot, read and written. */
static void decide_figure(const char *name, mezzo_decide_fn *function, struct mezzo_machine able,
			  struct mezzo_machine unable, bool honour)
{
	static const enum mezzo_preset preset[] = {MEZZO_PRESET_DEVICE, MEZZO_PRESET_COMBINING,
						   MEZZO_PRESET_CACHED, MEZZO_PRESET_EXCLUSIVE};
	struct decide_run run = {.decide = function};

	for (unsigned int i = 0; i < FACTS; i++) {
		struct mezzo_facts *facts = &run.facts[i];

		facts->memory = mezzo_contract_preset(preset[i % 4], MEZZO_MAINTENANCE_WINDOW);
		facts->frame = facts->memory.promise;
		facts->machine = i & 4 ? able : unable;
		facts->fault.access = i & 8 ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ;
		facts->guest.x86 =
			(struct mezzo_x86_guest){.honour_mtrr = honour, .mtrr = MEZZO_X86_WB};
	}
	measure_write(&report, name, 1e9 * measure_median(decide, &run, OPS), "ns");
}

static void decide_figures(void)
{
	const struct mezzo_machine none = {.x86.engine = MEZZO_X86_EPT};
	const struct mezzo_machine fwb = {.arm64 = {.fwb = true, .idc = true}};
	const struct mezzo_machine snoop = {.x86 = {MEZZO_X86_EPT, .self_snoop = true}};
	const struct mezzo_machine npt = {.x86.engine = MEZZO_X86_NPT};

	decide_figure("control_decide", decide_nothing, fwb, none, false);
	decide_figure("decide", mezzo_arm64_decide, fwb, none, false);
	decide_figure("decide_ept", mezzo_x86_decide, snoop, none, false);
	decide_figure("decide_ept_honour", mezzo_x86_decide, snoop, none, true);
	decide_figure("decide_npt", mezzo_x86_decide, npt, npt, false);
}

/* --- MTRRs ------------------------------------------------------------------------------------ */

static void range(struct mezzo_x86_mtrr *mtrr, unsigned int index, uint64_t addr, uint64_t bytes,
		  enum mezzo_x86_type type)
{
	const uint64_t all = (UINT64_C(1) << mtrr->pa_bits) - 1;

	must(!mezzo_x86_mtrr_write(mtrr, 0x200 + 2 * index, addr | type) &&
		     !mezzo_x86_mtrr_write(mtrr, 0x201 + 2 * index, (all & ~(bytes - 1)) | 0x800),
	     "an MTRR");
}

/* As firmware leaves them: WB, UC from 3 GiB to 4 GiB, the ranges below 1 MiB in use. */
static struct mezzo_x86_mtrr firmware(void)
{
	struct mezzo_x86_mtrr mtrr = {.def_type = 0xc06, .count = 8, .pa_bits = IPA_BITS};

	for (unsigned int i = 0; i < MEZZO_X86_MTRR_FIXED; i++)
		mtrr.fixed[i] = UINT64_C(0x0606060606060606);
	mtrr.fixed[2] = 0; /* 0xa0000 to 0xbffff: VGA */
	range(&mtrr, 0, 3 * GIB, GIB, MEZZO_X86_UC);
	return mtrr;
}

struct mtrr_run {
	struct mezzo_x86_mtrr mtrr;
	uint64_t bytes;
};

/* The types of all of [4 GiB, 4 GiB + bytes), from run to run. */
static double mtrr_walk(void *arg)
{
	const struct mtrr_run *run = arg;
	const double start = measure_now();

	for (uint64_t i = 0; i < OPS / 64; i++)
		for (uint64_t at = 4 * GIB; at < 4 * GIB + run->bytes;) {
			const struct mezzo_x86_mtrr_run one = mezzo_x86_mtrr_at(&run->mtrr, at);

			sink += one.type;
			at = one.last + 1;
			if (!at)
				break;
		}
	return measure_now() - start;
}

static void mtrr_figures(void)
{
	struct mtrr_run run = {.mtrr = firmware()};

	run.bytes = MEZZO_PAGE_BYTES;
	measure_write(&report, "mtrr_lookup_page", 1e9 * measure_median(mtrr_walk, &run, OPS / 64),
		      "ns");
	run.bytes = 1024 * GIB;
	measure_write(&report, "mtrr_lookup_1t", 1e9 * measure_median(mtrr_walk, &run, OPS / 64),
		      "ns");
	for (unsigned int i = 1; i < 8; i++)
		range(&run.mtrr, i, i * 64 * GIB, GIB, MEZZO_X86_UC);
	measure_write(&report, "mtrr_lookup_1t_8_ranges",
		      1e9 * measure_median(mtrr_walk, &run, OPS / 64), "ns");
}

/* --- a guest that writes them ------------------------------------------------------------------- */

struct guest {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[4];
	struct mezzo_index_node nodes[MEZZO_INDEX_NODES(4)];
	struct mezzo_vcpu vcpu;
	struct mezzo_bar ram, bar;
	struct mezzo_guest_types types[2], now;
};

static void slot(struct guest *g, uint32_t id, uint64_t ipa, struct mezzo_object *object,
		 uint64_t offset_pages, uint64_t blocks)
{
	const struct mezzo_slot_config config = {
		.id = id,
		.ipa = {ipa},
		.pages = blocks * (BLOCK / MEZZO_PAGE_BYTES),
		.object = object,
		.offset_pages = offset_pages,
	};

	must(mezzo_slot_create(&g->space, &config, NULL) == MEZZO_OK, "a slot");
}

static void object(struct guest *g, struct mezzo_bar *bar, enum mezzo_preset preset, uint64_t pa,
		   uint64_t blocks)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	contract.max_order = MEZZO_ORDER_2M;
	must(mezzo_bar_init(bar, &g->hosted.platform, &contract, (struct mezzo_pa){pa},
			    blocks * (BLOCK / MEZZO_PAGE_BYTES)) == MEZZO_OK,
	     "an object");
}

static void guest_open(struct guest *g)
{
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_x86_ept,
		.platform = &g->hosted.platform,
		.machine.x86 = {MEZZO_X86_EPT, .self_snoop = true},
		.ipa_bits = IPA_BITS,
		.pa_bits = 46,
		.vmid = 1,
		.slots = g->slots,
		.index = g->nodes,
		.max_slots = 4,
		.vcpus = &g->vcpu,
		.max_vcpus = 1,
		.x86.levels = 4,
		.guest_types = g->types,
	};

	memset(g, 0, sizeof(*g));
	g->now.mtrr = firmware();
	g->types[0] = g->now;
	must(mezzo_hosted_init(&g->hosted, NULL) == MEZZO_OK, "the platform");
	/* Address spaces are all that x86 invalidates. */
	g->hosted.platform.tlb_invalidate_entry = NULL;
	g->hosted.platform.tlb_invalidate_range = NULL;
	g->hosted.platform.tlb_invalidate_combined = NULL;
	must(mezzo_space_init(&g->space, &config) == MEZZO_OK, "a space");
	object(g, &g->ram, MEZZO_PRESET_EXCLUSIVE, 16 * GIB, RAM_BLOCKS);
	object(g, &g->bar, MEZZO_PRESET_COMBINING, 64 * GIB, BAR_BLOCKS);
	slot(g, 0, 0, &g->ram.object, 0, LOW_BLOCKS);
	slot(g, 1, 4 * GIB, &g->ram.object, LOW_BLOCKS * (BLOCK / MEZZO_PAGE_BYTES),
	     RAM_BLOCKS - LOW_BLOCKS);
	slot(g, 2, BAR_IPA, &g->bar.object, 0, BAR_BLOCKS);
}

static void touch(struct guest *g, uint64_t ipa)
{
	const struct mezzo_fault_info info = {.ipa = {ipa}, .access = MEZZO_ACCESS_WRITE};
	struct mezzo_fault_result result;

	must(mezzo_space_fault(&g->space, 0, &info, &result) == MEZZO_OK &&
		     result.outcome == MEZZO_GRANT,
	     "a fault");
}

/* Every page of the first 2 MiB, which the fixed ranges cut, and of everything else one a block. */
static void touch_all(struct guest *g)
{
	for (uint64_t ipa = 0; ipa < BLOCK; ipa += MEZZO_PAGE_BYTES)
		touch(g, ipa);
	for (uint64_t ipa = BLOCK; ipa < LOW_BLOCKS * BLOCK; ipa += BLOCK)
		touch(g, ipa);
	for (uint64_t ipa = 4 * GIB; ipa < 4 * GIB + (RAM_BLOCKS - LOW_BLOCKS) * BLOCK;
	     ipa += BLOCK)
		touch(g, ipa);
	for (uint64_t ipa = BAR_IPA; ipa < BAR_IPA + BAR_BLOCKS * BLOCK; ipa += BLOCK)
		touch(g, ipa);
}

/* Leaves in the tables. */
static unsigned int entries(struct guest *g)
{
	const struct mezzo_table *table = &g->space.table;
	unsigned int count = 0;

	for (uint64_t ipa = 0; ipa < 16 * GIB;) {
		struct mezzo_leaf leaf;

		table->ops->lookup(table, (struct mezzo_ipa){ipa}, &leaf);
		count += leaf.state == MEZZO_ENTRY_LEAF;
		ipa = (ipa | (mezzo_order_bytes(leaf.order) - 1)) + 1;
	}
	return count;
}

/* What the guest has written takes effect, everything being mapped. */
static void zapped(struct guest *g, const char *name)
{
	unsigned int before;
	char text[64];
	int status;

	touch_all(g);
	before = entries(g);
	mezzo_hosted_reset_counts(&g->hosted);
	while ((status = mezzo_guest_types_change(&g->space, &g->now)) == MEZZO_ERR_AGAIN)
		;
	must(status == MEZZO_OK, name);
	snprintf(text, sizeof(text), "mtrr_zapped_%s", name);
	measure_write(&report, text, before - entries(g), "entries");
	snprintf(text, sizeof(text), "mtrr_flushes_%s", name);
	measure_write(&report, text, (double)g->hosted.counts.tlb_spaces, "TLB flushes");
}

static void guest_figures(struct guest *g)
{
	guest_open(g);
	touch_all(g);
	measure_write(&report, "mtrr_entries", entries(g), "entries");
	zapped(g, "nothing");
	g->now.mtrr.fixed[2] = UINT64_C(0x0101010101010101);
	zapped(g, "fixed_vga_wc");
	range(&g->now.mtrr, 1, BAR_IPA, 16 * MIB, MEZZO_X86_WC);
	zapped(g, "under_uc");
	range(&g->now.mtrr, 1, GIB, 64 * MIB, MEZZO_X86_UC);
	zapped(g, "ram_64m_uc");
	range(&g->now.mtrr, 2, 256 * GIB, 256 * GIB, MEZZO_X86_UC);
	zapped(g, "where_nothing_is");
	g->now.cr0_cd = true;
	zapped(g, "cd_set");
	g->now.cr0_cd = false;
	zapped(g, "cd_cleared");
	g->now.mtrr.def_type = 0;
	zapped(g, "mtrrs_off");
	for (uint32_t id = 0; id < 3; id++)
		while (mezzo_slot_delete(&g->space, id, NULL) == MEZZO_ERR_AGAIN)
			;
	must(mezzo_space_fini(&g->space) == MEZZO_OK, "the end");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench/types.json";
	static struct guest guest;

	measure_open(&report, path);
	printf("memory types, one thread, median of %d runs\n", MEASURE_RUNS);
	decide_figures();
	mtrr_figures();
	printf("a guest of 8 GiB in 2 MiB leaves whose MTRRs are honoured, EPT: one run, counts\n");
	guest_figures(&guest);
	measure_close(&report, path);
	must(sink, path);
	return 0;
}
