/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of its own where none can be: in BARs, in devices, nowhere. */
#include "attack.h"

#define UNMAP UINT64_C(0xc6000000)
#define PROBE UINT64_C(0x41000000) /* any address below 512 GiB */

static void flush_tlb(void)
{
	__asm__ volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
}

/* Runs in the upper half, through TTBR1, and says nothing: the UART is in the lower half. */
static struct guest_fault walked;
static void walk(uint64_t table)
{
	uint64_t own = guest_mrs(ttbr0_el1);
	struct guest_fault fault;

	guest_msr(ttbr0_el1, table);
	flush_tlb();
	guest_expect();
	(void)attack_poke(PROBE, 0, 2);
	fault = guest_caught();
	guest_msr(ttbr0_el1, own);
	flush_tlb();
	walked = fault;
}

static bool aborts(uint64_t table)
{
	attack_high(walk, table);
	return guest_esr_class(walked.esr) == EC_DATA &&
	       (guest_esr_code(walked.esr) & ~3u) == FSC_EXTERNAL_WALK;
}

/* A root in a BAR, that leads to the table of the lower half. */
static void bars(void)
{
	for (unsigned int device = 1; device <= 4; device++) {
		uint64_t base = attack_bars[device].base;
		uint64_t own = guest_mrs(ttbr0_el1);

		if (!base)
			continue;
		*(volatile uint64_t *)(uintptr_t)base = *(volatile uint64_t *)(uintptr_t)own;
		__asm__ volatile("dsb sy" ::: "memory");
		if (device <= 2) {
			/*
			 * HCR_EL2.PTW keeps walks away from Device memory. From Normal memory that
			 * is not cached nothing does, once an access has mapped it.
			 */
			(void)guest_hvc(UNMAP, base, 1, 0);
			guest_ok(aborts(base), "tables in BAR %u abort the walk", device);
		} else {
			attack_high(walk, base);
			guest_ok(!walked.esr, "tables in BAR %u work", device);
		}
	}
}

void attack_walks(void)
{
	uint64_t state = 2;
	unsigned int faults = 0;

	attack_mmu(true, ATTACK_UNCACHED);
	bars();
	guest_ok(aborts(GUEST_UART), "tables in the UART");
	guest_ok(aborts(UINT64_C(0x08000000)), "in the interrupt controller");
	guest_ok(aborts(GUEST_ECAM), "in configuration space");
	guest_ok(aborts(UINT64_C(0x50000000)), "in memory of the host's");
	guest_ok(aborts(UINT64_C(0x7000000000)), "and nowhere");
	for (unsigned int i = 0; i < 2000; i++) {
		attack_high(walk, attack_address(&state) & ~UINT64_C(0xffff000000000fff));
		faults += walked.esr != 0;
	}
	attack_mmu(false, ATTACK_DEVICE);
	guest_ok(faults, "%u of 2000 tables at random addresses fault", faults);
	guest_ok(attack_pattern_holds(), "memory holds after walks");
}
