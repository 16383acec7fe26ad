/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations of bench/tables through the whole engine: slot, object, rule, log and tables. One
 * thread, hosted platform, arm64 with FWB; a slot of 4 GiB, page by page, in order and in none,
 * beside loops that touch one word for each page and do nothing else.
 *
 * bench/engine [FILE]: writes FILE, or build/bench/engine.json.
 */
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#include "measure.h"

#define PAGES (UINT64_C(4) << 30 >> MEZZO_PAGE_SHIFT)
#define BLOCK_PAGES (UINT64_C(1) << MEZZO_ORDER_2M)

struct bench {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slot;
	struct mezzo_index_node index[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpu;
	struct mezzo_bar bar;
	_Atomic uint64_t *bitmap;
	uint32_t *order; /* all pages, shuffled */
	bool random;     /* in that order, or in their own */
	uint64_t *words; /* one a page, for controls */
	uint64_t sink;
};

static struct measure_report report;

static uint64_t nth(const struct bench *b, uint64_t n)
{
	return b->random ? b->order[n] : n;
}

static struct mezzo_ipa ipa_of(uint64_t page)
{
	return (struct mezzo_ipa){page << MEZZO_PAGE_SHIFT};
}

/* --- what is measured -------------------------------------------------------------------------- */

static void fault(struct bench *b, uint64_t page, enum mezzo_access access,
		  enum mezzo_fault_kind kind)
{
	const struct mezzo_fault_info info = {
		.ipa = ipa_of(page),
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct mezzo_fault_result result;

	must(mezzo_space_fault(&b->space, 0, &info, &result) == MEZZO_OK &&
		     result.outcome == MEZZO_GRANT,
	     "fault");
}

static struct mezzo_slot_config slot_config(struct bench *b, uint32_t flags)
{
	return (struct mezzo_slot_config){.flags = flags,
					  .pages = PAGES,
					  .object = &b->bar.object,
					  .bitmap = b->bitmap};
}

static void change(struct bench *b, uint32_t flags)
{
	const struct mezzo_slot_config config = slot_config(b, flags);
	struct mezzo_refusal why;
	int status;

	do
		status = mezzo_slot_change(&b->space, &config, &why);
	while (status == MEZZO_ERR_AGAIN);
	must(status == MEZZO_OK, "change");
}

static void unmap_all(struct bench *b)
{
	must(mezzo_space_unmap(&b->space, ipa_of(0), PAGES) == MEZZO_OK, "unmap");
}

/* While writes are logged a fault enters single pages. */
static void map_pages(struct bench *b)
{
	unmap_all(b);
	change(b, MEZZO_SLOT_FLAG_LOG_DIRTY);
	for (uint64_t page = 0; page < PAGES; page++)
		fault(b, page, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
	change(b, 0);
}

static double map_4k(void *arg)
{
	struct bench *b = arg;
	double start, end;

	unmap_all(b);
	change(b, MEZZO_SLOT_FLAG_LOG_DIRTY);
	start = measure_now();
	for (uint64_t n = 0; n < PAGES; n++)
		fault(b, nth(b, n), MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	end = measure_now();
	change(b, 0);
	return end - start;
}

static double map_2m(void *arg)
{
	struct bench *b = arg;
	double start;

	unmap_all(b);
	start = measure_now();
	for (uint64_t page = 0; page < PAGES; page += BLOCK_PAGES)
		fault(b, page, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
	return measure_now() - start;
}

static double lookup(void *arg)
{
	struct bench *b = arg;
	struct mezzo_mapping mapping = {0};
	double start;

	map_pages(b);
	start = measure_now();
	for (uint64_t n = 0; n < PAGES; n++)
		mezzo_space_query(&b->space, 0, ipa_of(nth(b, n)), &mapping);
	b->sink += mapping.leaf.pa.addr;
	return measure_now() - start;
}

static double write_protect(void *arg)
{
	struct bench *b = arg;
	double start, end;

	map_pages(b);
	start = measure_now();
	change(b, MEZZO_SLOT_FLAG_LOG_DIRTY);
	end = measure_now();
	change(b, 0);
	return end - start;
}

/* Nobody logs any more, and every page is still write-protected. */
static double relax(void *arg)
{
	struct bench *b = arg;
	double start;

	map_pages(b);
	change(b, MEZZO_SLOT_FLAG_LOG_DIRTY);
	change(b, 0);
	start = measure_now();
	for (uint64_t n = 0; n < PAGES; n++)
		fault(b, nth(b, n), MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	return measure_now() - start;
}

static double unmap_4k(void *arg)
{
	struct bench *b = arg;
	double start;

	map_pages(b);
	start = measure_now();
	for (uint64_t n = 0; n < PAGES; n++)
		must(mezzo_space_unmap(&b->space, ipa_of(nth(b, n)), 1) == MEZZO_OK, "unmap");
	return measure_now() - start;
}

static double unmap_range(void *arg)
{
	struct bench *b = arg;
	double start;

	map_pages(b);
	start = measure_now();
	unmap_all(b);
	return measure_now() - start;
}

/* Eager splitting before a log: a bounded piece a call. */
static double split(void *arg)
{
	struct bench *b = arg;
	struct mezzo_refusal why;
	double start, end;
	int status;

	map_2m(b);
	change(b, MEZZO_SLOT_FLAG_LOG_DIRTY);
	start = measure_now();
	do
		status = mezzo_slot_split(&b->space, 0, &why);
	while (status == MEZZO_ERR_AGAIN);
	end = measure_now();
	must(status == MEZZO_OK, "split");
	change(b, 0);
	return end - start;
}

static double collapse(void *arg)
{
	struct bench *b = arg;
	struct mezzo_refusal why;
	double start;
	int status;

	map_pages(b);
	start = measure_now();
	do
		status = mezzo_slot_collapse(&b->space, 0, &why);
	while (status == MEZZO_ERR_AGAIN);
	must(status == MEZZO_OK, "collapse");
	return measure_now() - start;
}

/* --- controls ---------------------------------------------------------------------------------- */

static double control_swap(void *arg)
{
	struct bench *b = arg;
	const double start = measure_now();

	for (uint64_t n = 0; n < PAGES; n++) {
		uint64_t *word = &b->words[nth(b, n)];
		uint64_t value = *word;

		__atomic_compare_exchange_n(word, &value, value ^ 2, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
	}
	return measure_now() - start;
}

/* Each address is that of the load before, which is 0: a chain, as a walk is. */
static double control_loads(void *arg)
{
	struct bench *b = arg;
	const double start = measure_now();
	uint64_t last = 0;

	for (uint64_t n = 0; n < PAGES; n++)
		last = ((volatile uint64_t *)b->words)[nth(b, n) + (last & 1)];
	b->sink += last;
	return measure_now() - start;
}

static double control_memset(void *arg)
{
	struct bench *b = arg;
	const double start = measure_now();

	memset(b->words, 2, PAGES * sizeof(*b->words));
	__asm__ volatile("" : : "r"(b->words) : "memory");
	return measure_now() - start;
}

/* --- report ------------------------------------------------------------------------------------ */

static void rate(struct bench *b, const char *name, double (*run)(void *), uint64_t count,
		 bool random)
{
	char full[64];

	b->random = random;
	snprintf(full, sizeof(full), "%s%s", name, random ? "_random" : "");
	measure_write(&report, full, 1e-6 / measure_median(run, b, count), "M/s");
}

static void both(struct bench *b, const char *name, double (*run)(void *))
{
	rate(b, name, run, PAGES, false);
	rate(b, name, run, PAGES, true);
}

static void shuffle(struct bench *b)
{
	uint64_t seed = 1;

	for (uint32_t i = 0; i < PAGES; i++)
		b->order[i] = i;
	for (uint32_t i = PAGES - 1; i > 0; i--) {
		uint32_t j, other = b->order[i];

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		j = (uint32_t)((seed >> 33) % (i + 1));
		b->order[i] = b->order[j];
		b->order[j] = other;
	}
}

static void bench_init(struct bench *b)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	const struct mezzo_space_config space = {
		.size = sizeof(space),
		.arch = &mezzo_arch_arm64,
		.platform = &b->hosted.platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.slots = &b->slot,
		.index = b->index,
		.max_slots = 1,
		.vcpus = &b->vcpu,
		.max_vcpus = 1,
	};
	struct mezzo_slot_config config;
	struct mezzo_refusal why;

	contract.max_order = MEZZO_ORDER_2M;
	b->bitmap = calloc(MEZZO_DIRTY_WORDS(PAGES), sizeof(*b->bitmap));
	b->order = malloc(PAGES * sizeof(*b->order));
	b->words = malloc(PAGES * sizeof(*b->words));
	must(b->bitmap && b->order && b->words, "memory");
	memset(b->words, 0, PAGES * sizeof(*b->words));
	shuffle(b);
	must(mezzo_hosted_init(&b->hosted, NULL) == MEZZO_OK, "platform");
	must(mezzo_bar_init(&b->bar, &b->hosted.platform, &contract, (struct mezzo_pa){0}, PAGES) ==
		     MEZZO_OK,
	     "object");
	must(mezzo_space_init(&b->space, &space) == MEZZO_OK, "space");
	config = slot_config(b, 0);
	must(mezzo_slot_create(&b->space, &config, &why) == MEZZO_OK, "slot");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench/engine.json";
	static struct bench b;

	measure_open(&report, path);
	bench_init(&b);
	printf("the whole engine, one thread, a slot of 4 GiB, median of %d runs\n", MEASURE_RUNS);
	both(&b, "engine_map_4k", map_4k);
	rate(&b, "engine_map_2m", map_2m, PAGES / BLOCK_PAGES, false);
	both(&b, "engine_lookup", lookup);
	rate(&b, "engine_write_protect", write_protect, PAGES, false);
	both(&b, "engine_relax", relax);
	both(&b, "engine_unmap_4k", unmap_4k);
	rate(&b, "engine_unmap_range", unmap_range, PAGES, false);
	rate(&b, "engine_split", split, PAGES, false);
	rate(&b, "engine_collapse", collapse, PAGES, false);
	both(&b, "control_engine_swap", control_swap);
	both(&b, "control_engine_loads", control_loads);
	rate(&b, "control_engine_memset", control_memset, PAGES, false);
	measure_close(&report, path);
	return 0;
}
