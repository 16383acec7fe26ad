/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a bare-metal guest can do with the PCI functions it was given, and to them: started with
 * --bar device:4M --bar combining:4M --bar cached:4M --bar exclusive:8M, so devices 1 to 4. With a
 * second CPU, that one touches the windows while the first moves BARs about.
 */
#include "pci.h"

#define MiB UINT64_C(0x100000)
#define BAR 2
#define SPOT 0x1000 /* in a BAR: what is written there is looked for later */

#define ONES UINT32_MAX
#define RET UINT32_C(0xd65f03c0)

#define EC_FETCH 0x21
#define EC_DATA 0x25
#define FSC_EXTERNAL 0x10

void functions_load_pair(uint64_t address);
void functions_store_pair(uint64_t address);
void functions_exclusive(uint64_t address);

static volatile uint32_t other_cpu; /* 1: hammer, 2: stop, 3: stopped */
static volatile uint64_t hammered;

static uint64_t random64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A place for each device's BAR, n MiB apart, in the upper window. */
static uint64_t place(unsigned int device)
{
	return GUEST_PCI_HIGH + device * 16 * MiB;
}

static uint32_t tag(unsigned int device)
{
	return 0xba5e0000 + device;
}

static bool holds(unsigned int device, uint64_t address)
{
	return guest_read32(address + SPOT) == tag(device);
}

static void put_back(void)
{
	for (unsigned int device = 1; device <= 4; device++)
		guest_pci_decode(device, false);
	for (unsigned int device = 1; device <= 4; device++)
		guest_pci_place(device, BAR, place(device));
}

static bool all_at_home(void)
{
	for (unsigned int device = 1; device <= 4; device++)
		if (!holds(device, place(device)))
			return false;
	return true;
}

/* --- configuration space ------------------------------------------------------------------- */

static void discovery(void)
{
	unsigned int found = 0;

	for (unsigned int device = 0; device < 32; device++)
		found |= guest_pci_present(device) ? 1u << device : 0;
	guest_ok(found == 0x1e, "devices 1 to 4 are there, and nothing else: %x", found);
	guest_ok(guest_read32(guest_pci_config(1, 0)) == 0x11101af4, "they say what they are");
	guest_ok(guest_pci_size(1, BAR) == 4 * MiB && guest_pci_size(4, BAR) == 8 * MiB,
		 "BARs tell their sizes");
	guest_ok(guest_read32(GUEST_PCI_HIGH) == ONES && guest_read32(GUEST_PCI_LOW) == ONES,
		 "windows without a BAR read as ones");
	guest_write32(guest_pci_config(1, GUEST_PCI_COMMAND), ONES);
	guest_ok(guest_read32(guest_pci_config(1, GUEST_PCI_COMMAND)) == 2,
		 "bus mastering cannot be set");
	guest_pci_decode(1, false);
	guest_ok(guest_read32(guest_pci_config(1, 0x34)) == 0, "no capabilities");
}

static void sizes(void)
{
	uint64_t config = guest_pci_config(1, 0);
	uint64_t wide = *(volatile uint64_t *)(uintptr_t)config;

	guest_ok(*(volatile uint16_t *)(uintptr_t)(config + 2) == 0x1110, "two bytes");
	guest_ok(*(volatile uint8_t *)(uintptr_t)(config + 1) == 0x1a, "one byte");
	guest_ok((uint32_t)wide == 0x11101af4, "eight bytes: %lx", wide);
	guest_expect();
	functions_load_pair(config);
	functions_store_pair(config);
	functions_exclusive(config);
	guest_caught();
	guest_ok(guest_read32(config) == 0x11101af4, "odd instructions do it no harm");
}

/* --- the small BAR ------------------------------------------------------------------------- */

/* The interrupt mask of the device keeps what is written, and has no effect. */
static void registers(void)
{
	uint64_t at = GUEST_PCI_LOW + 0x300;

	guest_write32(guest_pci_config(1, GUEST_PCI_BAR(0)), (uint32_t)at);
	guest_pci_decode(1, true);
	guest_write32(at, 0x5a5a1234);
	guest_ok(guest_read32(at) == 0x5a5a1234, "registers can be written and read");
	guest_ok(guest_read32(at + 0x100) == ONES && guest_read32(at - 4) == ONES,
		 "beside them is nothing");
	guest_write32(guest_pci_config(1, GUEST_PCI_BAR(0)), (uint32_t)(at + 0x100));
	guest_ok(guest_read32(at) == ONES && guest_read32(at + 0x100) == 0x5a5a1234,
		 "they move with their BAR");
	guest_write32(at + 0x100, 0);
	guest_pci_decode(1, false);
	guest_ok(guest_read32(at + 0x100) == ONES, "and go when the BAR is off");
}

/* --- memory -------------------------------------------------------------------------------- */

static void moves(void)
{
	put_back();
	for (unsigned int device = 1; device <= 4; device++)
		guest_write32(place(device) + SPOT, tag(device));
	guest_ok(all_at_home(), "each BAR holds its own");
	guest_pci_place(1, BAR, GUEST_PCI_LOW + 4 * MiB);
	guest_ok(holds(1, GUEST_PCI_LOW + 4 * MiB), "what a BAR holds moves with it");
	guest_ok(guest_read32(place(1) + SPOT) == ONES, "and is gone from where it was");
	guest_pci_decode(1, false);
	guest_pci_decode(2, false);
	guest_pci_place(1, BAR, place(2));
	guest_pci_place(2, BAR, place(1));
	guest_ok(holds(1, place(2)) && holds(2, place(1)), "BARs change places");
	put_back();
	guest_ok(all_at_home(), "and back");
}

static void overlaps(void)
{
	guest_pci_place(2, BAR, place(1));
	guest_ok(holds(1, place(1)), "a BAR on top of another decodes nothing");
	guest_pci_decode(1, false);
	guest_ok(holds(2, place(1)), "until the other one goes");
	guest_pci_decode(1, true);
	guest_ok(holds(2, place(1)), "then the other one has to wait");
	put_back();
	guest_ok(all_at_home(), "and back");
}

/* Places where a BAR has no business: nothing there may change. */
static void intrusions(void)
{
	static const uint64_t bad[] = {0,
				       0x08000000,
				       0x09000000,
				       0x3f000000,
				       GUEST_RAM,
				       GUEST_RAM + 4 * MiB,
				       UINT64_C(0x4010000000),
				       UINT64_C(0x10000000000),
				       UINT64_C(0x8000000000000000),
				       UINT64_C(0xffffffffffc00000),
				       0x3ec00000};
	uint32_t code = guest_read32(GUEST_RAM + 0x80000);

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		for (unsigned int device = 1; device <= 4; device++) {
			guest_pci_place(device, BAR, bad[i]);
			if (guest_read32(GUEST_RAM + 0x80000) != code || !guest_pci_present(1)) {
				guest_ok(false, "BAR %u at %lx", device, bad[i]);
				return;
			}
		}
	guest_ok(true, "BARs on RAM, devices and nowhere decode nothing");
	put_back();
	guest_ok(all_at_home(), "and come back whole");
}

static bool is(struct guest_fault fault, unsigned int class)
{
	return guest_esr_class(fault.esr) == class && guest_esr_code(fault.esr) == FSC_EXTERNAL;
}

static void fetches(void)
{
	for (unsigned int device = 1; device <= 4; device++)
		guest_write32(place(device), RET);
	__asm__ volatile("dsb sy\n\tic ialluis\n\tdsb sy\n\tisb" ::: "memory");
	guest_ok(is(guest_try_call(place(1)), EC_FETCH), "no fetch from device");
	guest_ok(is(guest_try_call(place(2)), EC_FETCH), "nor from combining");
	guest_ok(guest_try_call(place(3)).esr == 0, "code runs from cached");
	guest_ok(guest_try_call(place(4)).esr == 0, "and from exclusive");
	guest_ok(is(guest_try_call(GUEST_PCI_LOW), EC_FETCH), "no fetch from an empty window");
	guest_ok(all_at_home(), "and nothing else has changed");
}

/* --- anything ------------------------------------------------------------------------------ */

void guest_cpu_main(uint64_t cpu)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15) + cpu;
	uint32_t value;

	while (other_cpu != 2) {
		uint64_t r = random64(&state);
		uint64_t address = (r & 1 ? GUEST_PCI_HIGH : GUEST_PCI_LOW) +
				   (r >> 8) % (96 * MiB / 4096) * 4096 + 0x800;

		if (r & 2)
			guest_try_write(address, (uint32_t)r);
		else
			guest_try_read(address, &value);
		if (r % 64 == 0)
			guest_try_read(guest_pci_config((unsigned int)(r >> 32) % 32, 0x18),
				       &value);
		hammered++;
	}
	other_cpu = 3;
	for (;;)
		__asm__ volatile("wfi");
}

static void hammer(unsigned int times)
{
	uint64_t state = UINT64_C(0x2545f4914f6cdd1d);

	for (unsigned int i = 0; i < times; i++) {
		uint64_t r = random64(&state);
		unsigned int device = 1 + (unsigned int)(r >> 8) % 4;

		if (r % 4 == 0)
			guest_pci_place(device, BAR,
					(r & 16 ? GUEST_PCI_HIGH : GUEST_PCI_LOW) +
						(r >> 16) % 24 * 4 * MiB);
		else if (r % 4 == 1)
			guest_try_write(guest_pci_config(device, (r >> 12) % 64 * 4),
					(uint32_t)(r >> 32));
		else
			guest_try_write(GUEST_ECAM + (r >> 16) % GUEST_ECAM_BYTES / 4 * 4,
					(uint32_t)(r >> 24));
	}
}

static void anything(void)
{
	bool second = guest_cpu_on(1) == 0;

	other_cpu = 1;
	hammer(4000);
	if (second) {
		other_cpu = 2;
		while (other_cpu != 3)
			;
		guest_ok(hammered > 100, "the other CPU made %lu accesses", hammered);
	}
	put_back();
	guest_ok(all_at_home(), "after all that the BARs are what they were");
}

void guest_main(uint64_t fdt)
{
	(void)fdt;
	discovery();
	sizes();
	registers();
	moves();
	overlaps();
	intrusions();
	fetches();
	anything();
	guest_done();
}
