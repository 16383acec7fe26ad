/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dirty log of a slot of 64 GiB that is mapped page by page: reading it, clearing it, and a write
 * fault, beside loops that touch as much memory and do nothing else. One thread, hosted platform.
 *
 * bench/dirty [FILE]: writes FILE, or build/bench/dirty.json.
 */
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#include "measure.h"

#define PAGES (UINT64_C(64) << 30 >> MEZZO_PAGE_SHIFT)
#define WORDS MEZZO_DIRTY_WORDS(PAGES)
#define SPARSE 4096u /* pages between two that are written */
#define FAULTS (UINT64_C(1) << 20)

struct bench {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slot;
	struct mezzo_index_node index[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpu;
	struct mezzo_bar bar;
	_Atomic uint64_t *bitmap;
	uint64_t *bits, *other;
	uint64_t *entries; /* as many as pages, for controls */
};

static struct measure_report report;

static void fault(struct bench *b, uint64_t page, enum mezzo_access access,
		  enum mezzo_fault_kind kind)
{
	const struct mezzo_fault_info info = {
		.ipa = {page << MEZZO_PAGE_SHIFT},
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct mezzo_fault_result result;

	must(mezzo_space_fault(&b->space, 0, &info, &result) == MEZZO_OK &&
		     result.outcome == MEZZO_GRANT,
	     "fault");
}

/* Every page is mapped, for reads. */
static void bench_init(struct bench *b)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	struct mezzo_space_config config = {
		.size = sizeof(config),
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
	struct mezzo_refusal why;

	b->bitmap = calloc(WORDS, sizeof(*b->bitmap));
	b->bits = malloc(WORDS * sizeof(*b->bits));
	b->other = malloc(WORDS * sizeof(*b->other));
	b->entries = malloc(PAGES * sizeof(*b->entries));
	must(b->bitmap && b->bits && b->other && b->entries, "memory");
	memset(b->bits, 1, WORDS * sizeof(*b->bits));
	memset(b->other, 1, WORDS * sizeof(*b->other));
	memset(b->entries, 1, PAGES * sizeof(*b->entries));
	must(mezzo_hosted_init(&b->hosted, NULL) == MEZZO_OK, "platform");
	must(mezzo_bar_init(&b->bar, &b->hosted.platform, &contract, (struct mezzo_pa){0}, PAGES) ==
		     MEZZO_OK,
	     "object");
	must(mezzo_space_init(&b->space, &config) == MEZZO_OK, "space");
	must(mezzo_slot_create(&b->space,
			       &(struct mezzo_slot_config){
				       .flags = MEZZO_SLOT_FLAG_LOG_DIRTY,
				       .pages = PAGES,
				       .object = &b->bar.object,
				       .bitmap = b->bitmap,
			       },
			       &why) == MEZZO_OK,
	     "slot");
	for (uint64_t page = 0; page < PAGES; page++)
		fault(b, page, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
}

static void write_every(struct bench *b, uint64_t stride)
{
	for (uint64_t page = 0; page < PAGES; page += stride)
		fault(b, page, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
}

static void take(struct bench *b)
{
	struct mezzo_refusal why;

	must(mezzo_dirty_take(&b->space, 0, 0, PAGES, b->bits, &why) == MEZZO_OK, "take");
}

/* --- figures ----------------------------------------------------------------------------------- */

static double get(void *arg)
{
	struct bench *b = arg;
	struct mezzo_refusal why;
	const double start = measure_now();

	must(mezzo_dirty_get(&b->space, 0, 0, PAGES, b->bits, &why) == MEZZO_OK, "get");
	return measure_now() - start;
}

static double clear(struct bench *b)
{
	struct mezzo_refusal why;
	const double start = measure_now();

	must(mezzo_dirty_clear(&b->space, 0, 0, PAGES, b->bits, &why) == MEZZO_OK, "clear");
	return measure_now() - start;
}

static double get_clear_none(void *arg)
{
	const double got = get(arg);

	return got + clear(arg);
}

static double get_clear_sparse(void *arg)
{
	write_every(arg, SPARSE);
	return get_clear_none(arg);
}

static double get_clear_all(void *arg)
{
	write_every(arg, 1);
	return get_clear_none(arg);
}

static double write_faults(void *arg)
{
	struct bench *b = arg;
	double seconds;
	double start;

	take(b);
	start = measure_now();
	for (uint64_t page = 0; page < FAULTS; page++)
		fault(b, page, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
	seconds = measure_now() - start;
	take(b);
	return seconds;
}

static double control_copy(void *arg)
{
	struct bench *b = arg;
	const double start = measure_now();

	memcpy(b->bits, b->other, WORDS * sizeof(*b->bits));
	__asm__ volatile("" : : "r"(b->bits) : "memory");
	return measure_now() - start;
}

/* Every entry that says a thing, without it: what write-protecting is at least. */
static double control_swap(void *arg)
{
	struct bench *b = arg;
	const double start = measure_now();

	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t value = b->entries[i];

		__atomic_compare_exchange_n(&b->entries[i], &value, value ^ 2, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	return measure_now() - start;
}

static void microseconds(struct bench *b, const char *name, double (*run)(void *))
{
	measure_write(&report, name, measure_median(run, b, 1) * 1e6, "us");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench/dirty.json";
	static struct bench b;

	measure_open(&report, path);
	bench_init(&b);
	microseconds(&b, "dirty_get_64g", get);
	microseconds(&b, "dirty_get_clear_64g_none", get_clear_none);
	microseconds(&b, "dirty_get_clear_64g_sparse", get_clear_sparse);
	microseconds(&b, "dirty_get_clear_64g_all", get_clear_all);
	microseconds(&b, "control_dirty_copy", control_copy);
	microseconds(&b, "control_dirty_swap", control_swap);
	measure_write(&report, "dirty_write_fault", measure_median(write_faults, &b, FAULTS) * 1e9,
		      "ns");
	measure_close(&report, path);
	return 0;
}
