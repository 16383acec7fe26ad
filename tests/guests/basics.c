/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest guest that uses everything the core does for it: console, calls, ID registers,
 * faults given back, caches by set and way, its MMU on and off.
 */
#include "guest.h"

#define NOWHERE UINT64_C(0x0a000000)       /* between devices */
#define FAR_NOWHERE UINT64_C(0x7000000000) /* no slot, no device */
#define EC_UNDEFINED 0x00
#define EC_FETCH 0x21
#define EC_DATA 0x25
#define FSC_EXTERNAL 0x10

uint64_t basics_zcr(void);
uint64_t basics_pmcr(void);
uint64_t basics_impdef(void);
void basics_set_way(void);
void basics_pre_index(uint64_t address);

static volatile uint64_t words[512];

static bool is(struct guest_fault fault, unsigned int class, unsigned int code)
{
	return guest_esr_class(fault.esr) == class && guest_esr_code(fault.esr) == code;
}

static void calls(void)
{
	guest_ok(guest_mrs(currentel) == 1 << 2, "runs at EL1");
	guest_ok((guest_mrs(mpidr_el1) & 0xff00ffffff) == 0, "is CPU 0");
	guest_ok(guest_hvc(0x84000000, 0, 0, 0) == 0x10001, "HVC: PSCI 1.1");
	guest_ok(guest_smc(0x84000000, 0, 0, 0) == 0x10001, "SMC: PSCI 1.1");
	guest_ok(guest_hvc(0xc6001234, 1, 2, 3) == -1, "an unknown call is not supported");
	guest_ok(guest_smc(0x12345678, 1, 2, 3) == -1, "nor by SMC");
}

static bool undefined(uint64_t (*read)(void))
{
	guest_expect();
	read();
	return is(guest_caught(), EC_UNDEFINED, 0);
}

static void registers(void)
{
	uint64_t pfr0 = guest_mrs(id_aa64pfr0_el1), dfr0 = guest_mrs(id_aa64dfr0_el1);

	guest_ok((pfr0 & 0xffff) == 0x11, "ID registers show EL0 and EL1 in AArch64 only");
	guest_ok((pfr0 >> 32 & 15) == 0 && (dfr0 >> 8 & 15) == 0, "and neither SVE nor PMU");
	guest_ok((guest_mrs(id_aa64mmfr0_el1) & 15) == 2, "and 40 bits of address");
	guest_ok(guest_mrs(id_pfr0_el1) == 0, "and no AArch32 registers");
	guest_msr(cpacr_el1, 0x330000); /* let EL2 decide */
	__asm__ volatile("isb");
	guest_ok(undefined(basics_zcr), "what is hidden is undefined: SVE");
	guest_ok(undefined(basics_pmcr), "PMU");
	guest_ok(undefined(basics_impdef), "implementation-defined registers");
	guest_msr(oslar_el1, 0);
	guest_ok((guest_mrs(oslsr_el1) & 2) == 0, "the OS lock opens");
}

static void faults(void)
{
	uint32_t value;
	struct guest_fault fault = guest_try_read(NOWHERE, &value);

	guest_ok(is(fault, EC_DATA, FSC_EXTERNAL) && fault.far == NOWHERE,
		 "a read of nothing is an external abort there");
	fault = guest_try_write(FAR_NOWHERE, 1);
	guest_ok(is(fault, EC_DATA, FSC_EXTERNAL) && fault.esr & 1 << 6, "a write too, as a write");
	fault = guest_try_call(FAR_NOWHERE);
	guest_ok(is(fault, EC_FETCH, FSC_EXTERNAL) && fault.far == FAR_NOWHERE, "a fetch too");
	fault = guest_try_call(GUEST_UART);
	guest_ok(is(fault, EC_FETCH, FSC_EXTERNAL), "and one from a device's registers");
	guest_expect();
	basics_pre_index(GUEST_UART);
	guest_ok(is(guest_caught(), EC_DATA, FSC_EXTERNAL),
		 "a device access that cannot be decoded is one as well");
}

static bool all_are(uint64_t value)
{
	for (unsigned int i = 0; i < 512; i++)
		if (words[i] != value + i)
			return false;
	return true;
}

static void fill(uint64_t value)
{
	for (unsigned int i = 0; i < 512; i++)
		words[i] = value + i;
}

/* One gigabyte of devices, one of RAM as write-back, at their own addresses. */
static void mmu(bool on)
{
	static _Alignas(4096) uint64_t table[512];
	uint64_t sctlr = guest_mrs(sctlr_el1);

	table[0] = 0x401 | 0 << 2;
	table[1] = (UINT64_C(1) << 30) | 0x701 | 1 << 2;
	__asm__ volatile("dsb sy" ::: "memory");
	guest_msr(mair_el1, 0xff04);
	guest_msr(tcr_el1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | UINT64_C(2) << 32);
	guest_msr(ttbr0_el1, (uintptr_t)table);
	__asm__ volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
	guest_msr(sctlr_el1, on ? sctlr | 0x1005 : sctlr & ~UINT64_C(0x1005));
	__asm__ volatile("isb" ::: "memory");
}

static void caches(void)
{
	fill(1000);
	guest_ok(all_are(1000), "memory holds what is written");
	mmu(true);
	guest_ok(all_are(1000), "with the MMU on it is still there");
	fill(2000);
	basics_set_way();
	guest_ok(all_are(2000), "after an operation by set and way");
	mmu(false);
	guest_ok(all_are(2000), "and with the MMU off again");
}

void guest_main(uint64_t fdt)
{
	guest_print("hello from EL1\n");
	guest_ok(guest_read32(fdt) == 0xedfe0dd0, "x0 is a device tree");
	calls();
	registers();
	faults();
	caches();
	guest_done();
}

void guest_cpu_main(uint64_t cpu)
{
	(void)cpu;
}
