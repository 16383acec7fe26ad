/* SPDX-License-Identifier: BSD-2-Clause */
#include "attack.h"

#define AFFINITY_INFO UINT64_C(0xc4000004)
#define SYSTEM_RESET UINT64_C(0x84000009)
#define MAGIC 0x6d657a7au

static void first_boot(void)
{
	bool two = guest_hvc(AFFINITY_INFO, 1, 0, 0) >= 0;

	guest_print("attack: %u CPUs\n", two ? 2u : 1u);
	attack_fill_pattern();
	attack_place_bars();
	attack_memory();
	attack_walks();
	attack_calls();
	attack_registers();
	attack_race(two);
	attack_devices();
	attack_memory();
	guest_done();
	guest_write32(MARK, MAGIC);
	guest_hvc(SYSTEM_RESET, 0, 0, 0);
}

/* Whatever was done to it, the machine is new. */
static void second_boot(void)
{
	bool decodes = false;

	guest_print("attack: second boot\n");
	for (unsigned int device = 1; device <= 4; device++)
		if (guest_pci_present(device))
			decodes |= guest_read32(guest_pci_config(device, GUEST_PCI_COMMAND)) & 2;
	guest_ok(!decodes, "after a reset no function decodes");
	attack_fill_pattern();
	attack_place_bars();
	attack_walks();
	attack_calls();
	guest_done();
	guest_print("attack: end\n");
}

void guest_main(uint64_t fdt)
{
	(void)fdt;
	if (guest_read32(MARK) == MAGIC)
		second_boot();
	else
		first_boot();
}
