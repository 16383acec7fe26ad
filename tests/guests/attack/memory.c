/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address that can be formed, by every kind of access. */
#include "attack.h"

struct attack_bar attack_bars[5];
bool attack_bars_move;

/* --- what must hold ------------------------------------------------------------------------ */

static uint64_t pattern(uint64_t address)
{
	return (address ^ UINT64_C(0xa5a5000000005a5a)) * UINT64_C(0x9e3779b97f4a7c15);
}

void attack_fill_pattern(void)
{
	for (uint64_t at = PATTERN; at < PATTERN + PATTERN_BYTES; at += 8)
		*(volatile uint64_t *)(uintptr_t)at = pattern(at);
}

bool attack_pattern_holds(void)
{
	for (uint64_t at = PATTERN; at < PATTERN + PATTERN_BYTES; at += 8)
		if (*(volatile uint64_t *)(uintptr_t)at != pattern(at))
			return false;
	return true;
}

/* --- BARs ---------------------------------------------------------------------------------- */

/* 16 MiB apart. */
void attack_place_bars(void)
{
	for (unsigned int device = 1; device <= 4; device++) {
		attack_bars[device] = (struct attack_bar){0};
		if (!guest_pci_present(device))
			continue;
		attack_bars[device].bytes = guest_pci_size(device, 2);
		attack_bars[device].base = GUEST_PCI_HIGH + device * 16 * MiB;
		guest_pci_place(device, 2, attack_bars[device].base);
	}
}

/* Fetches are aborted where memory is not write-back; elsewhere the guest may run what it wrote. */
static void fetches(void)
{
	for (unsigned int device = 1; device <= 4; device++) {
		uint64_t base = attack_bars[device].base;
		struct guest_fault fault;

		if (!base)
			continue;
		guest_write32(base, 0xd65f03c0); /* ret */
		__asm__ volatile("dsb sy; isb" ::: "memory");
		fault = guest_try_call(base);
		if (device <= 2)
			guest_ok(guest_esr_class(fault.esr) == EC_FETCH &&
					 guest_esr_code(fault.esr) == FSC_EXTERNAL,
				 "a fetch from BAR %u is an external abort", device);
		else
			guest_ok(!fault.esr, "a fetch from BAR %u runs", device);
	}
}

/* --- the MMU ------------------------------------------------------------------------------- */

#define BLOCK 0x401 /* access flag, outer/inner attributes from MAIR, valid */
#define TABLE 0x3
#define SHARED (3 << 8)

/* 40 bits: two tables of 512 GiB below a root of two. MAIR: 0 Device-nGnRE, 1 NC, 2 WB. */
static _Alignas(4096) uint64_t root[512], low[512], high[512];

static uint64_t block(uint64_t gigabyte, enum attack_type type)
{
	uint64_t attr = type == ATTACK_DEVICE ? 0 : type == ATTACK_UNCACHED ? 1 : 2;

	return gigabyte << 30 | BLOCK | SHARED | attr << 2;
}

void attack_mmu(bool on, enum attack_type bar_type)
{
	uint64_t sctlr = guest_mrs(sctlr_el1);

	for (uint64_t i = 0; i < 512; i++) {
		low[i] = block(i, i == 1 ? ATTACK_CACHED : ATTACK_DEVICE);
		high[i] = block(512 + i, bar_type);
	}
	root[0] = (uintptr_t)low | TABLE;
	root[1] = (uintptr_t)high | TABLE;
	__asm__ volatile("dsb sy" ::: "memory");
	guest_msr(mair_el1, 0xff4404);
	/* 40 bits each way, 40-bit output, write-back walks, inner shareable */
	guest_msr(tcr_el1, (24 | 1 << 8 | 1 << 10 | 3 << 12) * UINT64_C(0x10001) |
				   UINT64_C(2) << 30 | UINT64_C(2) << 32);
	guest_msr(ttbr0_el1, (uintptr_t)root);
	guest_msr(ttbr1_el1, (uintptr_t)root);
	__asm__ volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
	guest_msr(sctlr_el1, on ? sctlr | 0x1005 : sctlr & ~UINT64_C(0x1005));
	__asm__ volatile("isb" ::: "memory");
}

/* --- pokes --------------------------------------------------------------------------------- */

bool attack_poke_writes(uint64_t kind)
{
	const uint32_t writes = 0xf0 | 1 << 9 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15 |
				1 << 22 | 1 << 25 | 1 << 27;

	return writes >> kind & 1;
}

/* The guest's own image, tables, device tree and pattern. */
static bool is_precious(uint64_t address)
{
	return address + 64 >= GUEST_RAM && address < SCRATCH;
}

/* What comes out of the UART is the test's own report. */
static bool is_voice(uint64_t address)
{
	return address >= GUEST_UART - 64 && address < GUEST_UART + PAGE;
}

/*
 * What lies in RAM, or in a BAR that may be executed, is anything: only fetches() runs it. While
 * BARs move they are anywhere in their window.
 */
static bool runs(uint64_t address)
{
	if (address + 64 - GUEST_RAM < 32 * MiB + 64)
		return true;
	if (attack_bars_move)
		return address + 64 >= GUEST_PCI_HIGH - GiB;
	for (unsigned int device = 3; device <= 4; device++) {
		const struct attack_bar *bar = &attack_bars[device];

		if (address + 64 - bar->base < bar->bytes + 128)
			return true;
	}
	return false;
}

static bool is_allowed(uint64_t address, uint64_t kind)
{
	if (is_voice(address))
		return false;
	return kind == ATTACK_POKE_FETCH ? !runs(address)
					 : !attack_poke_writes(kind) || !is_precious(address);
}

void attack_pokes(uint64_t *state, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t address = attack_address(state);
		uint64_t kind = attack_random(state) >> 32 & (ATTACK_POKES - 1);
		uint64_t value = attack_random(state);

		if (!is_allowed(address, kind))
			continue;
		guest_expect();
		(void)attack_poke(address, value, kind);
		(void)guest_caught();
	}
}

/* --- sweeps -------------------------------------------------------------------------------- */

/* Nothing that is read behind the slots is anybody's data: it is an abort, or a device. */
static void sweep(void)
{
	unsigned int read = 0, aborted = 0;
	uint32_t value;

	/* All of the first 8 GiB, and the rest of the space in steps of a gigabyte. */
	for (uint64_t at = 32 * MiB + GUEST_RAM; at < 8 * GiB; at += 2 * MiB)
		guest_try_read(at, &value).esr ? aborted++ : read++;
	for (uint64_t at = 8 * GiB; at < GUEST_ECAM; at += GiB)
		guest_try_read(at + 3 * PAGE, &value).esr ? aborted++ : read++;
	guest_ok(!read, "behind RAM there is nothing: %u aborts, %u reads", aborted, read);
}

/* Off the end of RAM: by one byte, by half of a pair, by a cache line. */
static void off_the_end(void)
{
	const uint64_t end = GUEST_RAM + 32 * MiB;
	unsigned int faults = 0, kinds = 0;

	for (uint64_t kind = 0; kind < 28; kind++)
		for (uint64_t below = 0; below < 16; below++) {
			guest_expect();
			(void)attack_poke(end - below, 0, kind);
			kinds++;
			faults += guest_caught().esr != 0;
		}
	guest_ok(faults && faults < kinds, "the end of RAM: %u of %u accesses abort", faults,
		 kinds);
}

void attack_memory(void)
{
	uint64_t state = 1;

	fetches();
	sweep();
	off_the_end();
	attack_pokes(&state, 20000);
	guest_ok(attack_pattern_holds(), "memory holds after pokes with the MMU off");
	for (unsigned int type = 0; type < ATTACK_TYPES; type++) {
		attack_mmu(true, (enum attack_type)type);
		attack_pokes(&state, 20000);
		attack_set_way(attack_random(&state));
		guest_ok(attack_pattern_holds(), "and with the MMU on, BARs as type %u", type);
		attack_mmu(false, ATTACK_DEVICE);
	}
	guest_ok(attack_pattern_holds(), "and with the MMU off again");
}
