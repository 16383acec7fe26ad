/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's own map, asked of the MMU: AT S1E2R and S1E2W say whether EL2 could read or write.
 */
#include "map.h"
#include "arch/sysreg.h"
#include "arch/try.h"
#include "boot/boot.h"
#include "heap.h"
#include "platform.h"
#include "selftest.h"
#include "tap.h"

#include <string.h>

static bool readable(const void *va)
{
	__asm__ volatile("at s1e2r, %0" ::"r"(va));
	hv_isb();
	return !(hv_sysreg_read(par_el1) & 1);
}

static bool writable(const void *va)
{
	__asm__ volatile("at s1e2w, %0" ::"r"(va));
	hv_isb();
	return !(hv_sysreg_read(par_el1) & 1);
}

void hv_selftest_map(void)
{
	const char *top = hv_stacks + HV_STACK_TOP;
	uint64_t pa;

	tap(readable(hv_image) && !writable(hv_image), "text is not writable");
	tap(readable(hv_rodata) && !writable(hv_rodata), "read-only data is not writable");
	tap(writable(hv_data) && writable(hv_bss), "data is writable");
	tap(writable(top - 1) && !readable(top) && !readable(top - HV_STACK_BYTES - 1),
	    "the stack has a guard at either end");
	if (hv_frames_alloc(MEZZO_PAGE_BYTES, MEZZO_PAGE_BYTES, &pa))
		pa = 0;
	tap(pa && !readable((const void *)(uintptr_t)pa), "memory for guests is not mapped");
}

/*
 * An address of the `virt` machine that nothing decodes: every access to it is a synchronous
 * external abort. EL2 lives, is told, and what waits in ELR_EL2 and SPSR_EL2 survives.
 */
#define NOTHING_THERE UINT64_C(0x0a100000)

void hv_selftest_try(void)
{
	volatile uint8_t *at = hv_map_registers(NOTHING_THERE, MEZZO_PAGE_BYTES);
	static uint64_t memory = 0x1122334455667788;
	uint64_t value = 7;
	bool aborted = true;

	hv_sysreg_write(elr_el2, 0x1234);
	hv_sysreg_write(spsr_el2, 0x3c5);
	for (unsigned int bytes = 1; bytes <= 8; bytes *= 2)
		aborted &= !hv_try_read(at, bytes, &value) && !hv_try_write(at, bytes, 0);
	tap(aborted && value == 7, "a device's abort is survived");
	tap(hv_sysreg_read(elr_el2) == 0x1234 && hv_sysreg_read(spsr_el2) == 0x3c5,
	    "the guest's state survives it");
	tap(hv_try_read(&memory, 8, &value) && value == 0x1122334455667788 &&
		    hv_try_read(&memory, 2, &value) && value == 0x7788 &&
		    hv_try_write(&memory, 1, 0x99) && memory == 0x1122334455667799,
	    "what is there is read and written");
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Zeroing through each kind of window reaches memory, and only where it should. */
static bool zeroes(enum mezzo_window window, uint64_t pa)
{
	const struct mezzo_platform *p = &hv_platform;
	struct mezzo_pa second = {pa + MEZZO_PAGE_BYTES};
	static uint8_t pattern[3 * MEZZO_PAGE_BYTES];
	const size_t page = MEZZO_PAGE_BYTES;
	void *va;

	memset(pattern, 0xa5, sizeof(pattern));
	hv_copy_to_pa(pa, pattern, sizeof(pattern));
	va = p->window_open(p->ctx, window, second, page);
	p->zero(p->ctx, va, page);
	p->cache_clean_invalidate(p->ctx, va, page);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->window_close(p->ctx, window, va, page);
	if (readable(va))
		return false;
	hv_copy_from_pa(pattern, pa, sizeof(pattern));
	return is_zero(pattern + page, page) && pattern[page - 1] == 0xa5 &&
	       pattern[2 * page] == 0xa5;
}

/* Tags of one granule, through a tagged window; FEAT_MTE2 by encoding: STG x0, [x0]; LDG x0. */
static void set_tag(void *granule, uint64_t tag)
{
	register uint64_t x0 __asm__("x0") = (uint64_t)(uintptr_t)granule;
	register uint64_t x1 __asm__("x1") = x0 | tag << 56;

	__asm__ volatile(".inst 0xd9200801 /* stg x1, [x0] */" ::"r"(x0), "r"(x1) : "memory");
}

static uint64_t get_tag(const void *granule)
{
	register uint64_t x0 __asm__("x0") = (uint64_t)(uintptr_t)granule;
	register uint64_t x1 __asm__("x1") = 0;

	__asm__ volatile(".inst 0xd9600001 /* ldg x1, [x0] */" : "+r"(x1) : "r"(x0) : "memory");
	return x1 >> 56 & 15;
}

/* Tags go, data stays. */
static bool zeroes_tags(uint64_t pa)
{
	const struct mezzo_platform *p = &hv_platform;
	struct mezzo_pa first = {pa}, page = {pa + MEZZO_PAGE_BYTES};
	const size_t bytes = MEZZO_PAGE_BYTES;
	const uint8_t pattern = 0x5a;
	uint8_t data = 0;
	char *va;
	bool before, after, beside;

	hv_copy_to_pa(page.addr, &pattern, 1);
	va = p->window_open(p->ctx, MEZZO_WINDOW_TAGGED, first, 2 * bytes);
	set_tag(va, 9);
	set_tag(va + bytes, 7);
	set_tag(va + 2 * bytes - 16, 7);
	before = get_tag(va + bytes) == 7 && get_tag(va + 2 * bytes - 16) == 7;
	p->zero_tags(p->ctx, va + bytes, bytes);
	after = !get_tag(va + bytes) && !get_tag(va + 2 * bytes - 16);
	beside = get_tag(va) == 9;
	p->cache_clean_invalidate(p->ctx, va, 2 * bytes);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->window_close(p->ctx, MEZZO_WINDOW_TAGGED, va, 2 * bytes);
	hv_copy_from_pa(&data, page.addr, 1);
	return before && after && beside && data == pattern;
}

void hv_selftest_windows(bool tags)
{
	uint64_t pa;

	if (hv_frames_alloc(3 * MEZZO_PAGE_BYTES, MEZZO_PAGE_BYTES, &pa)) {
		tap(false, "memory for the windows' test");
		return;
	}
	tap(zeroes(MEZZO_WINDOW_UNCACHED, pa), "an uncached window zeroes one page, then is gone");
	tap(zeroes(MEZZO_WINDOW_WRITE_BACK, pa), "a cached window zeroes one page, then is gone");
	if (tags)
		tap(zeroes_tags(pa), "a tagged window zeroes the tags of one page, and no data");
}
