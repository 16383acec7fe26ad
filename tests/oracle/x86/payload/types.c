/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page touched under every MTRR type and every PAT type, natively. Each touch is announced and
 * followed by a magic breakpoint, so that a debugger that traces memory accesses finds it.
 */
#include "payload.h"

#define MSR_PAT 0x277
#define MSR_DEF_TYPE 0x2ff
#define MSR_BASE7 0x20e
#define MSR_MASK7 0x20f
#define PAGE FRAMES_PA
#define VALID (1u << 11)

#define CR0_CD (UINT64_C(1) << 30)
#define CR0_CACHE (CR0_CD | UINT64_C(1) << 29) /* and NW */

static uint64_t *leaf_of_page(void)
{
	/* The boot sector's tables: 2 MiB leaves from 0x72000 on. */
	return (uint64_t *)(uintptr_t)0x72000 + (PAGE >> 21);
}

static void set_types(uint64_t mtrr, uint64_t pat)
{
	uint64_t pats = rdmsr(MSR_PAT);

	wrmsr(MSR_BASE7, PAGE | mtrr);
	/* Entry 7: PAT, PCD and PWT. */
	wrmsr(MSR_PAT, (pats & ~(UINT64_C(0xff) << 56)) | pat << 56);
	*leaf_of_page() |= 1u << 12 | 1u << 4 | 1u << 3;
	write_cr3(read_cr3());
}

static void touch_all(unsigned int cd)
{
	static const uint8_t mtrrs[] = {0, 1, 4, 5, 6}, pats[] = {0, 7, 1, 4, 5, 6};
	volatile uint8_t *page = (volatile uint8_t *)(uintptr_t)PAGE;

	write_cr0((read_cr0() & ~CR0_CACHE) | (cd ? CR0_CD : 0));
	for (unsigned int i = 0; i < sizeof(mtrrs); i++)
		for (unsigned int j = 0; j < sizeof(pats); j++) {
			set_types(mtrrs[i], pats[j]);
			print("types ");
			print_field("cd", cd);
			print_field("mtrr", mtrrs[i]);
			print_field("pat", pats[j]);
			print("\n");
			__asm__ volatile("xchg %%bx, %%bx" ::: "memory");
			(void)page[0x123];
			__asm__ volatile("xchg %%bx, %%bx" ::: "memory");
		}
}

void types_touch(void)
{
	/* One range of 2 MiB; whatever the BIOS left elsewhere stays. */
	wrmsr(MSR_MASK7, UINT64_C(0xfffe00000) | VALID);
	wrmsr(MSR_DEF_TYPE, 0x806);
	touch_all(0);
	touch_all(1);
}
