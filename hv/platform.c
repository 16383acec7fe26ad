/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform.h"

#include "arch/cache.h"
#include "arch/machine.h"
#include "arch/sysreg.h"
#include "heap.h"
#include "lock.h"
#include "map.h"

#include <mezzo/status.h>
#include <string.h>

#define WINDOWS 3
#define WINDOW_BASE UINT64_C(0xc00080000000)
/* One 2 MiB for page entries and one for a block entry, of each kind. */
#define WINDOW_STRIDE (2 * MEZZO_WINDOW_BYTES)
#define CPU_STRIDE (4 * WINDOW_STRIDE)

/* Memory types of windows, in the order of enum mezzo_window. */
static const struct mezzo_stage1_attr window_attr[WINDOWS] = {
	[MEZZO_WINDOW_UNCACHED] = {.type = MEZZO_STAGE1_NORMAL_NC, .writable = true},
	[MEZZO_WINDOW_WRITE_BACK] = {.type = MEZZO_STAGE1_NORMAL_WB, .writable = true},
	[MEZZO_WINDOW_TAGGED] = {.type = MEZZO_STAGE1_TAGGED_WB, .writable = true},
};

static struct {
	struct mezzo_stage1_entry *page[HV_CPUS_MAX][WINDOWS];
	struct mezzo_stage1_entry *block[HV_CPUS_MAX][WINDOWS];
} windows;

static struct {
	bool tags;
	uint64_t line_bytes; /* smallest data line of any cache: CTR_EL0.DminLine */
	uint64_t zero_bytes; /* block of DC ZVA, or 0: prohibited */
} cpu_can;

static uint64_t window_va(unsigned int cpu, enum mezzo_window window)
{
	return WINDOW_BASE + cpu * CPU_STRIDE + (uint64_t)window * WINDOW_STRIDE;
}

/* --- windows ------------------------------------------------------------------------------ */

static void *window_open(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	unsigned int cpu = hv_cpu_current()->index;
	uint64_t va = window_va(cpu, window);
	bool block = bytes == MEZZO_WINDOW_BYTES;

	(void)ctx;
	if (block) {
		va += MEZZO_WINDOW_BYTES;
		mezzo_stage1_write(windows.block[cpu][window],
				   mezzo_stage1_encode(pa, 2, window_attr[window]));
	} else {
		for (uint64_t i = 0; i < bytes >> MEZZO_PAGE_SHIFT; i++) {
			struct mezzo_pa page = {pa.addr + (i << MEZZO_PAGE_SHIFT)};

			mezzo_stage1_write(windows.page[cpu][window] + i,
					   mezzo_stage1_encode(page, 3, window_attr[window]));
		}
	}
	hv_dsb(ishst);
	hv_isb();
	return (void *)(uintptr_t)va;
}

static void tlbi_va(uint64_t va)
{
	__asm__ volatile("tlbi vale2is, %0" ::"r"(va >> MEZZO_PAGE_SHIFT) : "memory");
}

/* Other CPUs walk the same tables, so they are told too. */
static void window_close(void *ctx, enum mezzo_window window, void *va, uint64_t bytes)
{
	unsigned int cpu = hv_cpu_current()->index;
	const struct mezzo_stage1_entry none = {0};
	uint64_t start = (uint64_t)(uintptr_t)va;
	uint64_t pages = bytes >> MEZZO_PAGE_SHIFT;

	(void)ctx;
	if (bytes == MEZZO_WINDOW_BYTES) {
		mezzo_stage1_write(windows.block[cpu][window], none);
		pages = 1;
	} else {
		for (uint64_t i = 0; i < pages; i++)
			mezzo_stage1_write(windows.page[cpu][window] + i, none);
	}
	hv_dsb(ishst);
	for (uint64_t i = 0; i < pages; i++)
		tlbi_va(start + (i << MEZZO_PAGE_SHIFT));
	hv_dsb(ish);
	hv_isb();
}

/* --- caches, zeroing, tags ---------------------------------------------------------------- */

static void clean_invalidate(void *ctx, void *va, uint64_t bytes)
{
	const uint64_t line = cpu_can.line_bytes;
	const uint64_t start = (uint64_t)(uintptr_t)va;

	(void)ctx;
	if (cpu_can.tags)
		hv_clean_invalidate_tags(start & ~(line - 1), start + bytes, line);
	else
		hv_clean_invalidate(start & ~(line - 1), start + bytes, line);
}

static void icache_invalidate(void *ctx)
{
	(void)ctx;
	__asm__ volatile("ic ialluis" ::: "memory");
}

/* Is it an address in one of our uncached windows? */
static bool is_uncached(uint64_t va)
{
	uint64_t offset = va - WINDOW_BASE;

	return offset < HV_CPUS_MAX * CPU_STRIDE &&
	       offset % CPU_STRIDE / WINDOW_STRIDE == MEZZO_WINDOW_UNCACHED;
}

static void zero(void *ctx, void *va, uint64_t bytes)
{
	uint64_t at = (uint64_t)(uintptr_t)va;
	uint64_t end = at + bytes;
	uint64_t block = cpu_can.zero_bytes;

	(void)ctx;
	if (block && !is_uncached(at) && (at | end) % block == 0) {
		for (; at < end; at += block)
			__asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
		return;
	}
	for (; at < end; at += 64)
		__asm__ volatile("stp xzr, xzr, [%0]\n\t"
				 "stp xzr, xzr, [%0, #16]\n\t"
				 "stp xzr, xzr, [%0, #32]\n\t"
				 "stp xzr, xzr, [%0, #48]" ::"r"(at)
				 : "memory");
}

/* The tag that is written comes from the address, whose top byte is zero. */
static void zero_tags(void *ctx, void *va, uint64_t bytes)
{
	uint64_t at = (uint64_t)(uintptr_t)va;
	uint64_t end = at + bytes;
	uint64_t block = cpu_can.zero_bytes;

	(void)ctx;
	if (block && (at | end) % block == 0) {
		for (; at < end; at += block) /* DC GVA: tags only */
			__asm__ volatile("sys #3, c7, c4, #3, %0" ::"r"(at) : "memory");
		return;
	}
	for (; at < end; at += 32) {
		register uint64_t x0 __asm__("x0") = at;

		__asm__ volatile(".inst 0xd9a00800 /* st2g x0, [x0] */" ::"r"(x0) : "memory");
	}
}

/* --- TLB ---------------------------------------------------------------------------------- */

/*
 * TLBI acts on the VMID in VTTBR_EL2. A CPU that runs another guest, or none, borrows the VMID:
 * with HCR_EL2.VM as it is and EL1 not running, nothing is walked with the borrowed value but by
 * speculation, which the ISBs keep away from the invalidation itself.
 */
static struct hv_borrowed {
	uint64_t vttbr;
	bool changed;
} vmid_enter(uint16_t vmid)
{
	struct hv_borrowed was = {hv_sysreg_read(vttbr_el2), false};

	if (was.vttbr >> 48 != vmid) {
		was.changed = true;
		hv_sysreg_write(vttbr_el2, (uint64_t)vmid << 48);
		hv_isb();
	}
	return was;
}

static void vmid_leave(struct hv_borrowed was)
{
	if (!was.changed)
		return;
	hv_dsb(ish);
	hv_sysreg_write(vttbr_el2, was.vttbr);
	hv_isb();
}

/* 1, 2 or 3: as TTL and TG say it. */
static uint64_t granule(unsigned int hint)
{
	return (hint >> 2 & 3) + 1;
}

/*
 * The operand of IPAS2E1IS: the page, and TTL, which is granule (from 1) and level as the hint has
 * them, or zero where the level is not known.
 */
static uint64_t entry_operand(uint64_t ipa, unsigned int hint)
{
	const uint64_t ttl = mezzo_hint_level(hint) == MEZZO_LEVEL_ANY ? 0 : (hint & 15) + 4;

	return ipa >> MEZZO_PAGE_SHIFT | ttl << 44;
}

static void tlbi_entry(uint64_t operand)
{
	__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(operand) : "memory");
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int hint)
{
	const uint64_t operand = entry_operand(ipa.addr, hint);
	struct hv_borrowed was = vmid_enter(vmid);

	(void)ctx;
	tlbi_entry(operand);
	vmid_leave(was);
}

/*
 * RIPAS2E1IS: [63:48] RES0, [47:46] granule, [45:44] SCALE, [43:39] NUM, [38:37] level, [36:0] the
 * page, or with VTCR_EL2.DS the 64 KiB. It covers (NUM + 1) << (5 * SCALE + 1) pages; an odd last
 * page goes by itself, and with DS those before the first 64 KiB boundary.
 */
static void tlb_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		      unsigned int hint)
{
	const unsigned int shift = mezzo_hint_page_shift(hint);
	const unsigned int unit = hint & MEZZO_HINT_LPA2 ? 16 : shift;
	struct hv_borrowed was = vmid_enter(vmid);
	uint64_t at = ipa.addr;

	(void)ctx;
	pages >>= shift - MEZZO_PAGE_SHIFT;
	while (pages) {
		unsigned int scale = 0;
		uint64_t num;

		if (pages == 1 || at & ((UINT64_C(1) << unit) - 1)) {
			tlbi_entry(entry_operand(at, hint));
			at += UINT64_C(1) << shift;
			pages--;
			continue;
		}
		while (scale < 3 && pages >> (5 * scale + 6))
			scale++;
		num = pages >> (5 * scale + 1);
		if (num > 32)
			num = 32;
		__asm__ volatile("sys #4, c8, c0, #2, %0" ::"r"(
					 granule(hint) << 46 | (uint64_t)scale << 44 |
					 (num - 1) << 39 | (uint64_t)mezzo_hint_level(hint) << 37 |
					 at >> unit)
				 : "memory");
		at += num << (5 * scale + 1) << shift;
		pages -= num << (5 * scale + 1);
	}
	vmid_leave(was);
}

static void tlb_combined(void *ctx, uint16_t vmid)
{
	struct hv_borrowed was = vmid_enter(vmid);

	(void)ctx;
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
	vmid_leave(was);
}

static void tlb_space(void *ctx, uint16_t vmid)
{
	struct hv_borrowed was = vmid_enter(vmid);

	(void)ctx;
	__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	vmid_leave(was);
}

static void barrier(void *ctx, enum mezzo_barrier which)
{
	(void)ctx;
	/* The one that every fault waits for comes first; then one bit tells. */
	_Static_assert(MEZZO_BARRIER_COMPLETE == 1 && MEZZO_BARRIER_CONTEXT == 2, "bits");
	if (which == MEZZO_BARRIER_TABLES)
		hv_dsb(ishst);
	else if (!(which & MEZZO_BARRIER_CONTEXT))
		hv_dsb(ish);
	else
		hv_isb();
}

/* --- the rest ----------------------------------------------------------------------------- */

static void *table_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return hv_table_alloc(bytes);
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	(void)ctx;
	hv_table_free(table, bytes);
}

_Static_assert(sizeof(struct hv_lock) <= sizeof(struct mezzo_lock), "a lock of ours must fit");

static void lock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	hv_lock_acquire((struct hv_lock *)(void *)lock);
}

static void unlock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	hv_lock_release((struct hv_lock *)(void *)lock);
}

static void relax(void *ctx)
{
	(void)ctx;
	__asm__ volatile("yield");
}

struct mezzo_platform hv_platform = {
	.size = sizeof(struct mezzo_platform),
	.table_alloc = table_alloc,
	.table_free = table_free,
	.tlb_invalidate_entry = tlb_entry,
	.tlb_invalidate_combined = tlb_combined,
	.tlb_invalidate_space = tlb_space,
	.barrier = barrier,
	.window_open = window_open,
	.window_close = window_close,
	.cache_clean_invalidate = clean_invalidate,
	.icache_invalidate = icache_invalidate,
	.zero = zero,
	.zero_tags = zero_tags,
	.lock = lock,
	.unlock = unlock,
	.relax = relax,
};

int hv_platform_init(unsigned int cpus, bool tags, bool tlb_range_there)
{
	uint64_t dczid = hv_machine_id()->dczid;
	int error = MEZZO_OK;

	cpu_can.tags = tags;
	cpu_can.line_bytes = UINT64_C(4) << hv_field(hv_machine_id()->ctr, 16, 4);
	cpu_can.zero_bytes = dczid & 16 ? 0 : UINT64_C(4) << hv_field(dczid, 0, 4);
	hv_platform.tlb_invalidate_range = tlb_range_there ? tlb_range : NULL;
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		for (unsigned int i = 0; i < WINDOWS && !error; i++) {
			uint64_t va = window_va(cpu, (enum mezzo_window)i);

			error = hv_map_window(va, 3, &windows.page[cpu][i]);
			if (!error)
				error = hv_map_window(va + MEZZO_WINDOW_BYTES, 2,
						      &windows.block[cpu][i]);
		}
	}
	return error;
}

#define SCTLR_ATA HV_BIT(43)

void hv_cpu_setup(void)
{
	if (hv_id_field(hv_machine_id(), HV_PFR1, 8) >= 2)
		hv_sysreg_write(sctlr_el2, hv_sysreg_read(sctlr_el2) | SCTLR_ATA);
	hv_isb();
}

/* --- copies ------------------------------------------------------------------------------- */

/* The piece of [pa, pa + bytes) up to the next page. */
static size_t piece(uint64_t pa, size_t bytes)
{
	uint64_t left = MEZZO_PAGE_BYTES - pa % MEZZO_PAGE_BYTES;

	return bytes < left ? bytes : left;
}

static void *open_page(uint64_t pa)
{
	struct mezzo_pa page = {pa & ~(MEZZO_PAGE_BYTES - 1)};

	return window_open(NULL, MEZZO_WINDOW_UNCACHED, page, MEZZO_PAGE_BYTES);
}

static void close_page(void *va)
{
	window_close(NULL, MEZZO_WINDOW_UNCACHED, va, MEZZO_PAGE_BYTES);
}

void hv_copy_to_pa(uint64_t pa, const void *from, size_t bytes)
{
	const char *source = from;

	while (bytes) {
		size_t n = piece(pa, bytes);
		char *window = open_page(pa);

		memcpy(window + pa % MEZZO_PAGE_BYTES, source, n);
		close_page(window);
		pa += n;
		source += n;
		bytes -= n;
	}
}

void hv_copy_from_pa(void *to, uint64_t pa, size_t bytes)
{
	char *target = to;

	while (bytes) {
		size_t n = piece(pa, bytes);
		char *window = open_page(pa);

		memcpy(target, window + pa % MEZZO_PAGE_BYTES, n);
		close_page(window);
		pa += n;
		target += n;
		bytes -= n;
	}
}

void hv_zero_pa(uint64_t pa, uint64_t bytes)
{
	for (; bytes; pa += MEZZO_PAGE_BYTES, bytes -= MEZZO_PAGE_BYTES) {
		void *window = open_page(pa);

		zero(NULL, window, MEZZO_PAGE_BYTES);
		close_page(window);
	}
}

void hv_clean_pa(uint64_t pa, uint64_t bytes)
{
	while (bytes) {
		size_t n = piece(pa, bytes);
		char *window = open_page(pa);

		clean_invalidate(NULL, window + pa % MEZZO_PAGE_BYTES, n);
		hv_dsb(sy);
		close_page(window);
		pa += n;
		bytes -= n;
	}
}
