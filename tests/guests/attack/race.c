/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults on one CPU while the other moves what they are about, takes it away, and turns CPUs on. */
#include "attack.h"

#define CPU_OFF UINT64_C(0x84000002)
#define CPU_ON UINT64_C(0xc4000003)
#define AFFINITY_INFO UINT64_C(0xc4000004)
#define UNMAP UINT64_C(0xc6000000)

#define ROUNDS 3000
#define OWN_WORDS 8192

static volatile uint32_t stop, starts, broken;
static volatile uint64_t own[OWN_WORDS];
static uint64_t other_state;

/* The other CPU's own memory: it fills it on every start and finds it as it left it. */
static void own_check(uint64_t seed, bool fill)
{
	for (uint64_t i = 0; i < OWN_WORDS; i += 8) {
		if (fill)
			own[i] = seed + i;
		else if (own[i] != seed + i)
			broken = 1;
	}
}

void guest_cpu_main(uint64_t cpu)
{
	uint64_t seed;

	(void)cpu;
	starts = starts + 1;
	seed = (uint64_t)starts << 32;
	own_check(seed, true);
	for (unsigned int round = 0; round < 8 && !stop; round++) {
		attack_pokes(&other_state, 20);
		(void)guest_hvc(UNMAP, SCRATCH + attack_random(&other_state) % 512 * PAGE, 1, 0);
		(void)guest_hvc(UNMAP, (uint64_t)(uintptr_t)own & ~(PAGE - 1), 16, 0);
		own_check(seed, false);
	}
	if (attack_random(&other_state) & 1)
		attack_set_way(attack_random(&other_state));
	own_check(seed, false);
	(void)guest_hvc(CPU_OFF, 0, 0, 0);
}

/* Anywhere in the upper window, or partly outside of it. */
static void move_bar(uint64_t *state)
{
	unsigned int device = 1 + attack_random(state) % 4;
	struct attack_bar *bar = &attack_bars[device];

	if (!bar->bytes)
		return;
	if (attack_random(state) & 1)
		guest_pci_decode(device, attack_random(state) & 1);
	else
		guest_pci_place(device, 2,
				GUEST_PCI_HIGH + attack_random(state) % 24 * bar->bytes -
					bar->bytes);
}

static void one_round(uint64_t *state)
{
	switch (attack_random(state) % 4) {
	case 0:
		move_bar(state);
		break;
	case 1:
		(void)guest_hvc(UNMAP, attack_address(state) & ~(PAGE - 1),
				1 + attack_random(state) % 512, 0);
		break;
	case 2:
		attack_pokes(state, 10);
		break;
	default:
		(void)guest_hvc(CPU_ON, 1, GUEST_UART, 0);
		(void)guest_cpu_on(1);
		(void)guest_hvc(AFFINITY_INFO, 1, 0, 0);
	}
}

void attack_race(bool two)
{
	uint64_t state = 6;

	other_state = 7;
	attack_bars_move = true;
	for (unsigned int round = 0; round < ROUNDS; round++)
		one_round(&state);
	stop = 1;
	/* OFF is 1 */
	while (two && guest_hvc(AFFINITY_INFO, 1, 0, 0) != 1)
		;
	guest_ok(!broken && attack_pattern_holds(), "memory holds after %u starts of a CPU",
		 starts);
	guest_ok(two == (starts > 1), "which were some where there is one");
	attack_bars_move = false;
	attack_place_bars();
}
