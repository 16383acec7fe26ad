/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables alone, in every format, one thread, over 64 GiB of IPA: what an operation costs beside
 * loops that touch the same memory and do nothing else. The platform counts and does nothing, and
 * its table memory comes zeroed from an arena.
 *
 * bench/tables [FILE]: writes FILE, or build/bench/tables.json.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include <mezzo/arch.h>
#include <mezzo/status.h>

#include "measure.h"

#define SPACE_PAGES (UINT64_C(64) << 18)
#define SPACE_BLOCKS (UINT64_C(64) << 9)
#define RANDOM_OPS (UINT64_C(1) << 20)
#define ARENA_BYTES (UINT64_C(192) << 20)
#define PA UINT64_C(0x1000000000)
#define SETTLE_EVERY 512

/* A format, and how its figures are called: those of arm64 by the operation alone. */
struct format {
	const char *prefix;
	const struct mezzo_table_ops *ops;
	uint8_t type; /* of a leaf: write-back */
	bool fwb;
};

static const struct format formats[] = {
	{"", &mezzo_stage2_ops, MEZZO_STAGE2_NORMAL_WB, true},
	{"ept_", &mezzo_ept_ops, MEZZO_X86_STAGE2_WB, false},
	{"npt_", &mezzo_npt_ops, MEZZO_X86_STAGE2_WB, false},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The host's PAT, as Linux has it. */
#define HOST_PAT UINT64_C(0x0407050600070106)

struct bench {
	const struct format *format;
	struct mezzo_platform platform;
	struct mezzo_table table;
	struct mezzo_stock stock;
	unsigned char *arena;
	uint64_t used;
	void *free_list;
	uint64_t *random_page; /* RANDOM_OPS page numbers */
	uint64_t sink;
};

static const struct mezzo_table_ops *ops; /* of the format */
static struct mezzo_attr writable;

/* --- platform ------------------------------------------------------------------------------ */

static void *table_alloc(void *ctx, size_t bytes)
{
	struct bench *b = ctx;
	unsigned char *table = b->free_list;

	if (table && bytes == MEZZO_PAGE_BYTES) {
		b->free_list = *(void **)table;
	} else {
		b->used = (b->used + bytes - 1) & ~(uint64_t)(bytes - 1);
		if (b->used + bytes > ARENA_BYTES)
			return NULL;
		table = b->arena + b->used;
		b->used += bytes;
	}
	return memset(table, 0, bytes);
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	struct bench *b = ctx;

	if (bytes != MEZZO_PAGE_BYTES)
		return;
	*(void **)table = b->free_list;
	b->free_list = table;
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	(void)ctx, (void)vmid, (void)ipa, (void)level;
}

static void tlb_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		      unsigned int level)
{
	(void)ctx, (void)vmid, (void)ipa, (void)pages, (void)level;
}

static void tlb_all(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	(void)ctx, (void)kind;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void table_open(struct bench *b)
{
	const struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &b->platform,
		.ipa_bits = 40,
		.pa_bits = 48,
		.vmid = 1,
		.fwb = b->format->fwb,
		.x86 = {.levels = 4, .host_pat = HOST_PAT},
		.features = {.leaf_1g = !b->format->fwb},
	};

	b->used = 0;
	b->free_list = NULL;
	b->stock.count = 0;
	must(ops->init(&b->table, &config) == MEZZO_OK, "init");
}

static void map(struct bench *b, uint64_t page, unsigned int order)
{
	const struct mezzo_ipa ipa = {page << MEZZO_PAGE_SHIFT};
	const struct mezzo_pa pa = {PA + (page << MEZZO_PAGE_SHIFT)};

	if (b->stock.count < 2)
		must(ops->stock_fill(&b->table, &b->stock) == MEZZO_OK, "stock");
	must(ops->map(&b->table, &b->stock, ipa, pa, order, &writable) == MEZZO_OK, "map");
}

static void fill(struct bench *b, unsigned int order)
{
	table_open(b);
	for (uint64_t page = 0; page < SPACE_PAGES; page += mezzo_order_pages(order))
		map(b, page, order);
}

static void settle(struct bench *b, struct mezzo_flush *flush)
{
	ops->settle(&b->table, flush, NULL, NULL);
	ops->reclaim(&b->table);
}

/* --- operations: each returns the seconds of one run ----------------------------------------- */

static double map_sequential(void *arg)
{
	struct bench *b = arg;
	double start;

	table_open(b);
	start = measure_now();
	for (uint64_t page = 0; page < SPACE_PAGES; page++)
		map(b, page, MEZZO_ORDER_4K);
	return measure_now() - start;
}

static double map_blocks(void *arg)
{
	struct bench *b = arg;
	double start;

	table_open(b);
	start = measure_now();
	for (uint64_t page = 0; page < SPACE_PAGES; page += 512)
		map(b, page, MEZZO_ORDER_2M);
	return measure_now() - start;
}

/* Pages of tables that are there: what a fault does while its neighbours are mapped. */
static double map_random(void *arg)
{
	struct bench *b = arg;
	struct mezzo_flush flush = {0};
	double start;

	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		must(ops->unmap(&b->table,
				(struct mezzo_ipa){b->random_page[i] << MEZZO_PAGE_SHIFT}, 1, false,
				&flush) == MEZZO_OK,
		     "unmap");
	settle(b, &flush);
	start = measure_now();
	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		map(b, b->random_page[i], MEZZO_ORDER_4K);
	return measure_now() - start;
}

static double unmap_random(void *arg)
{
	struct bench *b = arg;
	struct mezzo_flush flush = {0};
	double start, end;

	start = measure_now();
	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		must(ops->unmap(&b->table,
				(struct mezzo_ipa){b->random_page[i] << MEZZO_PAGE_SHIFT}, 1, false,
				&flush) == MEZZO_OK,
		     "unmap");
	end = measure_now();
	settle(b, &flush);
	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		map(b, b->random_page[i], MEZZO_ORDER_4K);
	return end - start;
}

static double unmap_sequential(void *arg)
{
	struct bench *b = arg;
	struct mezzo_flush flush = {0};
	double start;

	fill(b, MEZZO_ORDER_4K);
	start = measure_now();
	for (uint64_t page = 0; page < SPACE_PAGES; page++) {
		must(ops->unmap(&b->table, (struct mezzo_ipa){page << MEZZO_PAGE_SHIFT}, 1, true,
				&flush) == MEZZO_OK,
		     "unmap");
		if (page % SETTLE_EVERY == SETTLE_EVERY - 1)
			settle(b, &flush);
	}
	return measure_now() - start;
}

static double unmap_range(void *arg)
{
	struct bench *b = arg;
	struct mezzo_flush flush = {0};
	double start;

	fill(b, MEZZO_ORDER_4K);
	start = measure_now();
	must(ops->unmap(&b->table, (struct mezzo_ipa){0}, SPACE_PAGES, true, &flush) == MEZZO_OK,
	     "unmap");
	settle(b, &flush);
	return measure_now() - start;
}

static double lookup_sequential(void *arg)
{
	struct bench *b = arg;
	struct mezzo_leaf leaf = {0};
	double start = measure_now();

	for (uint64_t page = 0; page < SPACE_PAGES; page++)
		ops->lookup(&b->table, (struct mezzo_ipa){page << MEZZO_PAGE_SHIFT}, &leaf);
	b->sink += leaf.pa.addr;
	return measure_now() - start;
}

static double lookup_random(void *arg)
{
	struct bench *b = arg;
	struct mezzo_leaf leaf = {0};
	double start = measure_now();

	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		ops->lookup(&b->table, (struct mezzo_ipa){b->random_page[i] << MEZZO_PAGE_SHIFT},
			    &leaf);
	b->sink += leaf.pa.addr;
	return measure_now() - start;
}

static void relax(struct bench *b, uint64_t page)
{
	const struct mezzo_ipa ipa = {page << MEZZO_PAGE_SHIFT};
	struct mezzo_claim claim;

	must(ops->hold(&b->table, ipa, &claim) == MEZZO_OK, "hold");
	ops->publish(&b->table, &claim, claim.old.pa, &writable);
}

static double relax_sequential(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t page = 0; page < SPACE_PAGES / 16; page++)
		relax(b, page);
	return measure_now() - start;
}

static double relax_random(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		relax(b, b->random_page[i]);
	return measure_now() - start;
}

/* Give write permission back where protect took it: not measured. */
static void unprotect(struct bench *b)
{
	for (uint64_t page = 0; page < SPACE_PAGES; page++)
		relax(b, page);
}

static double protect(struct bench *b, bool exclusive)
{
	struct mezzo_flush flush = {0};
	double start, end;

	start = measure_now();
	ops->protect(&b->table, (struct mezzo_ipa){0}, SPACE_PAGES, exclusive, &flush);
	settle(b, &flush);
	end = measure_now();
	unprotect(b);
	return end - start;
}

static double protect_exclusive(void *arg)
{
	return protect(arg, true);
}

static double protect_shared(void *arg)
{
	return protect(arg, false);
}

/* One page a call: what clearing single pages of a log does. */
static double protect_random(void *arg)
{
	struct bench *b = arg;
	struct mezzo_flush flush = {0};
	double start, end;

	start = measure_now();
	for (uint64_t i = 0; i < RANDOM_OPS; i++)
		ops->protect(&b->table, (struct mezzo_ipa){b->random_page[i] << MEZZO_PAGE_SHIFT},
			     1, false, &flush);
	settle(b, &flush);
	end = measure_now();
	unprotect(b);
	return end - start;
}

static double split(void *arg)
{
	struct bench *b = arg;
	double start;

	fill(b, MEZZO_ORDER_2M);
	start = measure_now();
	for (uint64_t page = 0; page < SPACE_PAGES; page += 512) {
		if (!b->stock.count)
			must(ops->stock_fill(&b->table, &b->stock) == MEZZO_OK, "stock");
		must(ops->split(&b->table, &b->stock, (struct mezzo_ipa){page << MEZZO_PAGE_SHIFT},
				MEZZO_ORDER_4K) == MEZZO_OK,
		     "split");
	}
	return measure_now() - start;
}

static double collapse(void *arg)
{
	struct bench *b = arg;
	double start;

	fill(b, MEZZO_ORDER_4K);
	start = measure_now();
	for (uint64_t page = 0; page < SPACE_PAGES; page += 512) {
		must(ops->collapse(&b->table, (struct mezzo_ipa){page << MEZZO_PAGE_SHIFT},
				   MEZZO_ORDER_2M) == MEZZO_OK,
		     "collapse");
		ops->reclaim(&b->table);
	}
	return measure_now() - start;
}

/* --- controls: the same bytes, one word per page --------------------------------------------- */

static double control_memset(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t page = 0; page < SPACE_PAGES; page += 512)
		memset(b->arena + page * 8, (int)(page >> 9), 4096);
	return measure_now() - start;
}

static double control_modify(void *arg)
{
	struct bench *b = arg;
	_Atomic uint64_t *word = (void *)b->arena;
	double start = measure_now();

	for (uint64_t i = 0; i < SPACE_PAGES; i++) {
		uint64_t value = atomic_load_explicit(&word[i], memory_order_relaxed);

		atomic_store_explicit(&word[i], value ^ 0x80, memory_order_relaxed);
	}
	return measure_now() - start;
}

static double control_swap(void *arg)
{
	struct bench *b = arg;
	_Atomic uint64_t *word = (void *)b->arena;
	double start = measure_now();

	for (uint64_t i = 0; i < SPACE_PAGES; i++) {
		uint64_t value = atomic_load_explicit(&word[i], memory_order_relaxed);

		atomic_compare_exchange_strong(&word[i], &value, value ^ 0x80);
	}
	return measure_now() - start;
}

static double control_swap_random(void *arg)
{
	struct bench *b = arg;
	_Atomic uint64_t *word = (void *)b->arena;
	double start = measure_now();

	for (uint64_t i = 0; i < RANDOM_OPS; i++) {
		uint64_t value =
			atomic_load_explicit(&word[b->random_page[i]], memory_order_relaxed);

		atomic_compare_exchange_strong(&word[b->random_page[i]], &value, value ^ 0x80);
	}
	return measure_now() - start;
}

/* Three loads, each of an address that the one before gave: a walk and nothing else. */
static double control_walk(void *arg, bool random)
{
	struct bench *b = arg;
	uint64_t *root = b->table.root;
	const uint64_t count = random ? RANDOM_OPS : SPACE_PAGES;
	double start = measure_now();

	for (uint64_t i = 0; i < count; i++) {
		const uint64_t page = random ? b->random_page[i] : i;
		const uint64_t mask = UINT64_C(0xfffffffff000);
		const uint64_t *level2 = (void *)(uintptr_t)(root[page >> 18] & mask);
		const uint64_t *level3 = (void *)(uintptr_t)(level2[(page >> 9) & 511] & mask);

		b->sink += ((volatile const uint64_t *)level3)[page & 511];
	}
	return measure_now() - start;
}

static double control_loads(void *arg)
{
	return control_walk(arg, false);
}

static double control_loads_random(void *arg)
{
	return control_walk(arg, true);
}

/* --- report -------------------------------------------------------------------------------- */

static struct measure_report report;

static void write_figure(const struct bench *b, const char *name, double value, const char *unit)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", b->format->prefix, name);
	measure_write(&report, full, value, unit);
}

static void rate(struct bench *b, const char *name, double (*run)(void *arg), uint64_t count)
{
	write_figure(b, name, 1e-6 / measure_median(run, b, count), "M/s");
}

static void table_bytes(struct bench *b, const char *name, unsigned int order)
{
	uint64_t empty;

	table_open(b);
	empty = b->table.tables;
	ops->fini(&b->table);
	fill(b, order);
	write_figure(b, name, (double)((b->table.tables - empty) * MEZZO_PAGE_BYTES) / 64.0,
		     "bytes");
}

static void run_all(struct bench *b)
{
	rate(b, "map_4k", map_sequential, SPACE_PAGES);
	rate(b, "lookup", lookup_sequential, SPACE_PAGES);
	rate(b, "control_lookup_loads", control_loads, SPACE_PAGES);
	rate(b, "lookup_random", lookup_random, RANDOM_OPS);
	rate(b, "control_lookup_random_loads", control_loads_random, RANDOM_OPS);
	rate(b, "map_4k_random", map_random, RANDOM_OPS);
	rate(b, "unmap_4k_random", unmap_random, RANDOM_OPS);
	rate(b, "relax", relax_sequential, SPACE_PAGES / 16);
	rate(b, "relax_random", relax_random, RANDOM_OPS);
	rate(b, "write_protect", protect_exclusive, SPACE_PAGES);
	rate(b, "write_protect_shared", protect_shared, SPACE_PAGES);
	rate(b, "write_protect_random", protect_random, RANDOM_OPS);
	rate(b, "unmap_4k", unmap_sequential, SPACE_PAGES);
	rate(b, "unmap_range", unmap_range, SPACE_PAGES);
	rate(b, "map_2m", map_blocks, SPACE_BLOCKS);
	rate(b, "split", split, SPACE_PAGES);
	rate(b, "collapse", collapse, SPACE_PAGES);
	table_bytes(b, "table_bytes_per_gib_4k", MEZZO_ORDER_4K);
	table_bytes(b, "table_bytes_per_gib_2m", MEZZO_ORDER_2M);
	table_bytes(b, "table_bytes_per_gib_1g", MEZZO_ORDER_1G);
}

static void run_controls(struct bench *b)
{
	rate(b, "control_memset", control_memset, SPACE_PAGES);
	rate(b, "control_modify", control_modify, SPACE_PAGES);
	rate(b, "control_swap", control_swap, SPACE_PAGES);
	rate(b, "control_swap_random", control_swap_random, RANDOM_OPS);
}

/* x86 invalidates address spaces and nothing smaller. */
static void use_format(struct bench *b, const struct format *format)
{
	const bool x86 = !format->fwb;

	b->format = format;
	b->platform.tlb_invalidate_entry = x86 ? NULL : tlb_entry;
	b->platform.tlb_invalidate_range = x86 ? NULL : tlb_range;
	b->platform.tlb_invalidate_combined = x86 ? NULL : tlb_all;
	ops = format->ops;
	writable = (struct mezzo_attr){
		.type = format->type,
		.read = true,
		.write = true,
		.accessed = true,
	};
}

static void bench_init(struct bench *b)
{
	uint64_t seed = 1;

	b->platform = (struct mezzo_platform){
		.size = sizeof(b->platform),
		.ctx = b,
		.table_alloc = table_alloc,
		.table_free = table_free,
		.tlb_invalidate_space = tlb_all,
		.barrier = barrier,
		.icache_invalidate = nothing,
		.relax = nothing,
	};
	b->arena = aligned_alloc(UINT64_C(2) << 20, ARENA_BYTES);
	b->random_page = malloc(RANDOM_OPS * sizeof(*b->random_page));
	must(b->arena && b->random_page, "memory");
	(void)madvise(b->arena, ARENA_BYTES, MADV_HUGEPAGE);
	memset(b->arena, 1, ARENA_BYTES);
	/* Distinct pages in no order: a full-period generator over the space. */
	for (uint64_t i = 0; i < RANDOM_OPS; i++) {
		seed = (seed * 5 + 12345) & (SPACE_PAGES - 1);
		b->random_page[i] = (seed ^ seed >> 11) & (SPACE_PAGES - 1);
	}
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench/tables.json";
	static struct bench b;

	measure_open(&report, path);
	bench_init(&b);
	printf("tables, one thread, 64 GiB of IPA, median of %d runs\n", MEASURE_RUNS);
	for (unsigned int i = 0; i < FORMATS; i++) {
		use_format(&b, &formats[i]);
		run_all(&b);
	}
	use_format(&b, &formats[0]);
	run_controls(&b);
	measure_close(&report, path);
	must(b.sink, path);
	return 0;
}
