/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ATTACK_H
#define ATTACK_H
/*
 * A guest that means harm: it does everything it can think of to the hypervisor's memory, to its
 * own devices and to its own translation, from a fixed seed, and expects to live. What it checks is
 * that its own memory holds; whether the host's did is for the hypervisor's canaries to say.
 */
#include "guest.h"
#include "pci.h"

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)
#define PAGE (4 * KiB)
#define IPA_BITS 40

#define EC_UNDEFINED 0x00
#define EC_FETCH 0x21
#define EC_DATA 0x25
#define FSC_EXTERNAL 0x10
#define FSC_EXTERNAL_WALK 0x14 /* to 0x17, by level */

/* RAM: the guest has at least 32 MiB; its image and device tree lie below 20. */
#define PATTERN (GUEST_RAM + 24 * MiB) /* must hold */
#define PATTERN_BYTES (2 * MiB)
#define SCRATCH (GUEST_RAM + 26 * MiB) /* anything may happen to it */
#define SCRATCH_BYTES (2 * MiB)
#define MARK (GUEST_RAM + 28 * MiB) /* survives a reset */

/* --- chance (chance.c) --- */

uint64_t attack_random(uint64_t *state);
/* An address that hurts: near the edges of everything, or anywhere. */
uint64_t attack_address(uint64_t *state);

/* --- single accesses (poke.S) --- */

/* One access to @address, of kind @kind below ATTACK_POKES; what it reads is returned. */
#define ATTACK_POKES 32
#define ATTACK_POKE_FETCH 31
uint64_t attack_poke(uint64_t address, uint64_t value, uint64_t kind);
/* Does the kind write to memory? */
bool attack_poke_writes(uint64_t kind);
/* Call @function(@argument) at its address in the upper half, stack and vectors there too. */
void attack_high(void (*function)(uint64_t argument), uint64_t argument);
void attack_set_way(uint64_t operand);

/* --- memory (memory.c) --- */

/* The first BAR2 that is not there has base 0. */
struct attack_bar {
	uint64_t base, bytes;
};
extern struct attack_bar attack_bars[5]; /* by device; [0] is none */
extern bool attack_bars_move;            /* they need not be where they are said to be */

void attack_place_bars(void);
void attack_fill_pattern(void);
bool attack_pattern_holds(void);
/* The MMU with everything mapped flat in both halves; what lies behind BARs as @bar_type. */
enum attack_type {
	ATTACK_DEVICE,
	ATTACK_UNCACHED,
	ATTACK_CACHED,
	ATTACK_TYPES
};
void attack_mmu(bool on, enum attack_type bar_type);
/* Some accesses of every kind, to anywhere; what is the guest's own is left alone. */
void attack_pokes(uint64_t *state, unsigned int count);
void attack_memory(void);

/* --- its own translation (walks.c), registers (registers.c), devices and calls --- */

void attack_walks(void);
void attack_registers(void);
void attack_devices(void);
void attack_calls(void);

/* --- two at a time (race.c) --- */

void attack_race(bool two);

#endif
