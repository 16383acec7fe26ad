/* SPDX-License-Identifier: BSD-2-Clause */
#include "attack.h"

/* xorshift64*: Marsaglia, Vigna. */
uint64_t attack_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* Where things begin or end, for the guest or for the host beneath it. */
static const uint64_t edges[] = {
	0,
	UINT64_C(0x08000000), /* interrupt controller */
	UINT64_C(0x08010000),
	UINT64_C(0x08080000), /* what the host has and the guest has not: ITS */
	UINT64_C(0x080a0000),
	UINT64_C(0x080c0000),
	UINT64_C(0x080e0000),
	UINT64_C(0x08fff000),
	UINT64_C(0x09001000), /* RTC, fw_cfg, GPIO, SMMU and virtio of the host */
	UINT64_C(0x09010000),
	UINT64_C(0x09020000),
	UINT64_C(0x09030000),
	UINT64_C(0x09050000),
	UINT64_C(0x0a000000),
	UINT64_C(0x0c000000),
	GUEST_PCI_LOW,
	UINT64_C(0x3eff0000),
	UINT64_C(0x3f000000),
	GUEST_RAM + 32 * MiB, /* behind RAM: the hypervisor's RAM, if addresses were the host's */
	GUEST_RAM + 64 * MiB,
	UINT64_C(0x48000000),
	UINT64_C(0x48200000),
	UINT64_C(0x50000000),
	UINT64_C(0x60000000),
	GUEST_ECAM,
	GUEST_ECAM + GUEST_ECAM_BYTES,
	GUEST_PCI_HIGH,
	GUEST_PCI_HIGH + 4 * MiB,
	GUEST_PCI_HIGH + 64 * MiB,
	UINT64_C(1) << IPA_BITS,
	UINT64_C(0xc00000000000), /* where EL2 lies in its own space */
	UINT64_C(0xc00080000000),
	UINT64_C(1) << 48,
	UINT64_MAX - 15,
};
#define EDGES (sizeof(edges) / sizeof(*edges))

uint64_t attack_address(uint64_t *state)
{
	uint64_t chance = attack_random(state);
	uint64_t offset = attack_random(state);
	const struct attack_bar *bar = &attack_bars[1 + (chance >> 8) % 4];

	switch (chance % 8) {
	case 0:
	case 1:
		return edges[(chance >> 8) % EDGES] + offset % 64 - 32;
	case 2:
		return offset & ((UINT64_C(1) << IPA_BITS) - 1);
	case 3:
		return SCRATCH + offset % SCRATCH_BYTES;
	case 4:
		return bar->base + bar->bytes * (offset & 1) + (offset >> 1) % 32 - 16;
	default:
		return bar->base + (bar->bytes ? offset % bar->bytes : 0);
	}
}
