/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots, one thread: looking one up among 4096, and making, moving and deleting them, beside loops
 * that touch as much memory and do nothing else. The platform is the hosted one.
 *
 * bench/slots [FILE]: writes FILE, or build/bench/slots.json.
 */
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>
#include <space/internal.h>

#include "measure.h"

#define SLOTS 4096u
#define MANY 32768u
#define LOOKUPS (UINT64_C(1) << 20)
#define SLOT_PAGES 2u
#define STRIDE_PAGES 4u /* slots have gaps between them */

struct bench {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot *slots;
	struct mezzo_index_node *nodes;
	struct mezzo_vcpu vcpu;
	struct mezzo_bar bar;
	uint32_t count;    /* of slots in use */
	uint32_t *order;   /* of their creation: 0 to MANY - 1, shuffled */
	uint64_t *address; /* LOOKUPS of them, within slots, in no order */
	uint64_t *starts;  /* of the slots, in order: for the control */
	uint64_t sink;
	_Atomic uint64_t bitmap; /* of every slot that logs: nobody writes */
};

static uint64_t slot_ipa(uint32_t n)
{
	return (uint64_t)n * STRIDE_PAGES * MEZZO_PAGE_BYTES;
}

static struct mezzo_slot_config slot_config(struct bench *b, uint32_t n)
{
	return (struct mezzo_slot_config){
		.id = n,
		.ipa = {slot_ipa(n)},
		.pages = SLOT_PAGES,
		.object = &b->bar.object,
		.offset_pages = (uint64_t)n * SLOT_PAGES,
		.bitmap = &b->bitmap,
	};
}

static void space_open(struct bench *b)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &b->hosted.platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.slots = b->slots,
		.index = b->nodes,
		.max_slots = MANY,
		.vcpus = &b->vcpu,
		.max_vcpus = 1,
	};

	memset(b->slots, 0, MANY * sizeof(*b->slots));
	b->count = 0;
	must(mezzo_space_init(&b->space, &config) == MEZZO_OK, "space");
}

static void create(struct bench *b, uint32_t n)
{
	const struct mezzo_slot_config config = slot_config(b, n);
	struct mezzo_refusal why;

	must(mezzo_slot_create(&b->space, &config, &why) == MEZZO_OK, "create");
	b->count++;
}

/* The first @count numbers of the shuffled order that are below @count. */
static void fill(struct bench *b, uint32_t count)
{
	for (uint32_t i = 0; i < MANY; i++)
		if (b->order[i] < count)
			create(b, b->order[i]);
}

static void space_close(struct bench *b)
{
	for (uint32_t n = 0; b->count; n++)
		if (mezzo_slot_delete(&b->space, n, NULL) == MEZZO_OK)
			b->count--;
	must(mezzo_space_fini(&b->space) == MEZZO_OK, "fini");
}

/* --- looking up -------------------------------------------------------------------------------- */

static double lookup(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t i = 0; i < LOOKUPS; i++)
		b->sink += slot_find(&b->space, b->address[i])->config.id;
	return measure_now() - start;
}

/* The same addresses, looked for in an array: as many steps, each of which needs the last. */
static double control_search(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t i = 0; i < LOOKUPS; i++) {
		const uint64_t *base = b->starts;

		for (uint32_t half = SLOTS / 2; half; half /= 2)
			base += base[half] <= b->address[i] ? half : 0;
		b->sink += (uint64_t)(base - b->starts);
	}
	return measure_now() - start;
}

static void fault(struct bench *b, uint64_t ipa)
{
	const struct mezzo_fault_info info = {
		.ipa = {ipa},
		.access = MEZZO_ACCESS_READ,
		.kind = MEZZO_FAULT_PERMISSION,
	};
	struct mezzo_fault_result result;

	must(mezzo_space_fault(&b->space, 0, &info, &result) == MEZZO_OK, "fault");
	b->sink += result.slot;
}

/* Faults at pages that are mapped: everything but making an entry. */
static double fault_hint_misses(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t i = 0; i < LOOKUPS; i++)
		fault(b, b->address[i]);
	return measure_now() - start;
}

static double fault_hint_hits(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t i = 0; i < LOOKUPS; i++)
		fault(b, slot_ipa(7) + (i & 1) * MEZZO_PAGE_BYTES);
	return measure_now() - start;
}

/* --- changing ---------------------------------------------------------------------------------- */

static double create_some(struct bench *b, uint32_t count)
{
	double start, end;

	space_open(b);
	start = measure_now();
	fill(b, count);
	end = measure_now();
	space_close(b);
	return end - start;
}

static double create_4096(void *arg)
{
	return create_some(arg, SLOTS);
}

static double create_32768(void *arg)
{
	return create_some(arg, MANY);
}

static double delete_4096(void *arg)
{
	struct bench *b = arg;
	double start;

	space_open(b);
	fill(b, SLOTS);
	start = measure_now();
	for (uint32_t i = 0; i < MANY; i++)
		if (b->order[i] < SLOTS)
			must(mezzo_slot_delete(&b->space, b->order[i], NULL) == MEZZO_OK, "delete");
	b->count = 0;
	start = measure_now() - start;
	space_close(b);
	return start;
}

/* Each of 4096 slots goes into the gap behind it, or begins to log. */
static double change(struct bench *b, uint64_t bytes, uint32_t flags)
{
	double start, end;

	space_open(b);
	fill(b, SLOTS);
	start = measure_now();
	for (uint32_t i = 0; i < MANY; i++) {
		struct mezzo_slot_config config = slot_config(b, b->order[i]);
		struct mezzo_refusal why;

		if (b->order[i] >= SLOTS)
			continue;
		config.ipa.addr += bytes;
		config.flags = flags;
		must(mezzo_slot_change(&b->space, &config, &why) == MEZZO_OK, "change");
	}
	end = measure_now();
	space_close(b);
	return end - start;
}

static double move_4096(void *arg)
{
	return change(arg, SLOT_PAGES * MEZZO_PAGE_BYTES, 0);
}

static double log_4096(void *arg)
{
	return change(arg, 0, MEZZO_SLOT_FLAG_LOG_DIRTY);
}

/* The memory of 4096 slots, in that order, and nothing else. */
static double control_fill(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint32_t i = 0; i < MANY; i++)
		if (b->order[i] < SLOTS)
			memset(&b->slots[b->order[i]], (int)i, sizeof(*b->slots));
	return measure_now() - start;
}

/* --- report ------------------------------------------------------------------------------------ */

static struct measure_report report;

static void nanoseconds(struct bench *b, const char *name, double (*run)(void *arg), uint64_t count)
{
	measure_write(&report, name, 1e9 * measure_median(run, b, count), "ns");
}

static void run_all(struct bench *b)
{
	printf("slots, one thread, %u of them, median of %d runs\n", SLOTS, MEASURE_RUNS);
	space_open(b);
	fill(b, SLOTS);
	nanoseconds(b, "slot_lookup_4096", lookup, LOOKUPS);
	nanoseconds(b, "control_slot_lookup_array", control_search, LOOKUPS);
	for (uint32_t n = 0; n < SLOTS; n++)
		for (uint64_t page = 0; page < SLOT_PAGES; page++)
			fault(b, slot_ipa(n) + page * MEZZO_PAGE_BYTES);
	for (uint64_t i = 0; i < LOOKUPS; i++)
		fault(b, b->address[i]);
	nanoseconds(b, "fault_mapped_other_slot", fault_hint_misses, LOOKUPS);
	nanoseconds(b, "fault_mapped_same_slot", fault_hint_hits, LOOKUPS);
	space_close(b);
	nanoseconds(b, "slot_create_4096", create_4096, SLOTS);
	nanoseconds(b, "slot_create_32768", create_32768, MANY);
	nanoseconds(b, "slot_delete_4096", delete_4096, SLOTS);
	nanoseconds(b, "slot_move_4096", move_4096, SLOTS);
	nanoseconds(b, "slot_log_4096", log_4096, SLOTS);
	nanoseconds(b, "control_slot_memory", control_fill, SLOTS);
}

static void shuffle(struct bench *b)
{
	uint64_t seed = 1;

	for (uint32_t i = 0; i < MANY; i++)
		b->order[i] = i;
	for (uint32_t i = MANY - 1; i; i--) {
		uint32_t other, mine = b->order[i];

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		other = (uint32_t)((seed >> 33) % (i + 1));
		b->order[i] = b->order[other];
		b->order[other] = mine;
	}
	for (uint64_t i = 0; i < LOOKUPS; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		b->address[i] = slot_ipa((uint32_t)(seed >> 33) % SLOTS) + (seed >> 20) % 8192;
	}
	for (uint32_t n = 0; n < SLOTS; n++)
		b->starts[n] = slot_ipa(n);
}

static void bench_init(struct bench *b)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);

	contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	b->slots = malloc(MANY * sizeof(*b->slots));
	b->nodes = aligned_alloc(64, MEZZO_INDEX_NODES(MANY) * sizeof(*b->nodes));
	b->order = malloc(MANY * sizeof(*b->order));
	b->address = malloc(LOOKUPS * sizeof(*b->address));
	b->starts = malloc(SLOTS * sizeof(*b->starts));
	must(b->slots && b->nodes && b->order && b->address && b->starts, "memory");
	must(mezzo_hosted_init(&b->hosted, NULL) == MEZZO_OK, "platform");
	must(mezzo_bar_init(&b->bar, &b->hosted.platform, &contract, (struct mezzo_pa){0},
			    (uint64_t)MANY * SLOT_PAGES) == MEZZO_OK,
	     "bar");
	shuffle(b);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench/slots.json";
	static struct bench b;

	measure_open(&report, path);
	bench_init(&b);
	run_all(&b);
	measure_close(&report, path);
	must(b.sink, path);
	return 0;
}
