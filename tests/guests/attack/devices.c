/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of devices: every offset, every size, every value. */
#include "attack.h"

#define GICD UINT64_C(0x08000000)
#define GICD_BYTES UINT64_C(0x10000)
#define GICR UINT64_C(0x080a0000)
#define GICR_BYTES UINT64_C(0x40000) /* of two CPUs */
#define GICD_PIDR2 (GICD + 0xffe8)

#define UART(n) (GUEST_UART + (n))
#define UART_DR 0x00
#define UART_LCR_H 0x2c
#define UART_CR 0x30
#define UART_IMSC 0x38
#define UART_DMACR 0x48
#define UART_ID 0xfe0

/* Accesses of every kind that a device could be meant by, anywhere in it. */
static void hammer(uint64_t *state, uint64_t base, uint64_t bytes, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t address = base + attack_random(state) % bytes;
		uint64_t kind = attack_random(state) >> 32 & (ATTACK_POKES - 1);

		/* Mostly aligned, as others are refused before they reach the device. */
		if (attack_random(state) & 0x300)
			address &= ~UINT64_C(7);
		guest_expect();
		(void)attack_poke(address, attack_random(state), kind);
		(void)guest_caught();
	}
}

static void interrupt_controller(uint64_t *state)
{
	uint32_t pidr = guest_read32(GICD_PIDR2);

	hammer(state, GICD, GICD_BYTES, 20000);
	hammer(state, GICR, GICR_BYTES, 20000);
	guest_ok(guest_read32(GICD_PIDR2) == pidr, "the interrupt controller is what it was");
}

/* The CPU interface: acknowledge, end, send, enable, in any order and with any value. */
static void cpu_interface(uint64_t *state)
{
	for (unsigned int i = 0; i < 4000; i++) {
		uint64_t value = attack_random(state);

		guest_expect();
		switch (attack_random(state) >> 32 & 15) {
		case 0:
			guest_msr(s3_0_c12_c11_5, value); /* SGI1R, ASGI1R, SGI0R */
			break;
		case 1:
			guest_msr(s3_0_c12_c11_6, value);
			break;
		case 2:
			guest_msr(s3_0_c12_c11_7, value);
			break;
		case 3:
			guest_msr(s3_0_c4_c6_0, value); /* PMR */
			break;
		case 4:
			guest_msr(s3_0_c12_c12_7, value); /* IGRPEN1, IGRPEN0 */
			break;
		case 5:
			guest_msr(s3_0_c12_c12_6, value);
			break;
		case 6:
			guest_msr(s3_0_c12_c12_1, value); /* EOIR1, EOIR0, DIR */
			break;
		case 7:
			guest_msr(s3_0_c12_c8_1, value);
			break;
		case 8:
			guest_msr(s3_0_c12_c11_1, value);
			break;
		case 9:
			guest_msr(s3_0_c12_c12_3, value); /* BPR1 */
			break;
		case 10:
			guest_msr(s3_0_c12_c12_4, value); /* CTLR */
			break;
		case 11:
			guest_msr(s3_0_c12_c9_0, value); /* AP1R0 */
			break;
		default:
			(void)guest_mrs(s3_0_c12_c12_0); /* IAR1 */
		}
		(void)guest_caught();
	}
	guest_msr(s3_0_c12_c9_0, 0);
	guest_msr(s3_0_c12_c12_7, 0);
}

/* All but its data register, which is the test's own voice. */
static void uart(uint64_t *state)
{
	uint32_t id = guest_read32(UART(UART_ID));

	hammer(state, UART(8), PAGE - 16, 10000);
	guest_write32(UART(UART_IMSC), 0);
	guest_write32(UART(UART_DMACR), 0);
	guest_write32(UART(UART_LCR_H), 0x70);
	guest_write32(UART(UART_CR), 0x301);
	guest_ok(guest_read32(UART(UART_ID)) == id, "the UART is what it was");
}

static void configuration_space(uint64_t *state)
{
	uint32_t id[5], master = 0;
	bool same = true;

	for (unsigned int device = 1; device <= 4; device++)
		id[device] = guest_read32(guest_pci_config(device, 0));
	hammer(state, GUEST_ECAM, GUEST_ECAM_BYTES, 5000);
	/* Where there is something. */
	for (unsigned int i = 0; i < 40; i++)
		hammer(state, guest_pci_config(1 + i % 4, 0), 256, 500);
	for (unsigned int device = 1; device <= 4; device++) {
		same &= guest_read32(guest_pci_config(device, 0)) == id[device];
		guest_write32(guest_pci_config(device, GUEST_PCI_COMMAND), 0xffff);
		if (guest_pci_present(device))
			master |= guest_read32(guest_pci_config(device, GUEST_PCI_COMMAND)) & 4;
	}
	guest_ok(same && !master, "functions are who they were, and no bus master");
	attack_place_bars();
}

void attack_devices(void)
{
	uint64_t state = 4;

	interrupt_controller(&state);
	cpu_interface(&state);
	uart(&state);
	configuration_space(&state);
	guest_ok(attack_pattern_holds(), "memory holds after devices");
}
