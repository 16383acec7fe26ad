/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci.h"

#include "../arch/try.h"
#include "../guest/machine.h"
#include "../heap.h"
#include "../map.h"
#include "../platform.h"
#include "scan.h"

#include <string.h>

/* --- the machine's configuration space ------------------------------------------------------ */

struct ecam {
	volatile uint8_t *base;
	uint32_t bus_first;
};

static volatile uint32_t *ecam_reg(const struct ecam *ecam, uint32_t bdf, unsigned int reg)
{
	uint64_t offset = ((uint64_t)(bdf - (ecam->bus_first << 8)) << 12) + reg;

	return (volatile uint32_t *)(ecam->base + offset);
}

static uint32_t ecam_read(void *ctx, uint32_t bdf, unsigned int reg)
{
	return *ecam_reg(ctx, bdf, reg);
}

static void ecam_write(void *ctx, uint32_t bdf, unsigned int reg, uint32_t value)
{
	*ecam_reg(ctx, bdf, reg) = value;
}

/* --- slots ---------------------------------------------------------------------------------- */

static int slot_create(void *ctx, unsigned int device, unsigned int bar, uint64_t ipa)
{
	struct hv_pci *pci = ctx;
	struct hv_pci_passed *passed = &pci->passed[device - 1];
	struct mezzo_object *object = &passed->memory[bar].object.object;
	const struct mezzo_slot_config config = {
		.id = hv_pci_slot_id(device, bar),
		.ipa = {ipa},
		.pages = object->pages,
		.object = object,
	};
	struct mezzo_refusal why;

	return mezzo_slot_create(&pci->vm->space, &config, &why);
}

static int slot_remove(void *ctx, unsigned int device, unsigned int bar)
{
	struct hv_pci *pci = ctx;

	return mezzo_slot_delete(&pci->vm->space, hv_pci_slot_id(device, bar), NULL);
}

static bool follow(struct hv_pci *pci)
{
	const struct hv_pci_slot_ops ops = {slot_create, slot_remove, pci};

	return hv_pci_slots_follow(&pci->slots, &pci->bus, &ops);
}

/* --- accesses of the guest ------------------------------------------------------------------ */

static enum hv_mmio_result config_access(void *dev, struct hv_mmio *mmio)
{
	struct hv_pci *pci = dev;
	uint64_t offset = mmio->ipa - HV_GUEST_ECAM;
	bool done = true;

	hv_lock_acquire(&pci->lock);
	if (mmio->write) {
		hv_pci_config_write(&pci->bus, offset, mmio->bytes, mmio->value);
		/* The same write again finds the registers as they are and goes on here. */
		done = follow(pci);
	} else {
		mmio->value = hv_pci_config_read(&pci->bus, offset, mmio->bytes);
	}
	hv_lock_release(&pci->lock);
	return done ? HV_MMIO_DONE : HV_MMIO_RETRY;
}

/*
 * Forward to a BAR smaller than a page; @regs + @offset holds all of the access. A device that
 * rejects it answers as one that does not decode it: ones, and writes are lost.
 */
static void regs_access(volatile uint8_t *regs, uint64_t offset, struct hv_mmio *mmio)
{
	/* EL2 maps the registers as Device, where an unaligned access would fault. */
	unsigned int step = offset % mmio->bytes ? 1 : mmio->bytes;
	uint64_t value = 0;

	for (unsigned int i = 0; i < mmio->bytes; i += step) {
		uint64_t part = UINT64_MAX >> (64 - 8 * step);

		if (mmio->write)
			hv_try_write(regs + offset + i, step, mmio->value >> 8 * i);
		else
			hv_try_read(regs + offset + i, step, &part);
		value |= part << 8 * i;
	}
	if (!mmio->write)
		mmio->value = value;
}

static enum hv_mmio_result window_access(void *dev, struct hv_mmio *mmio)
{
	struct hv_pci *pci = dev;
	volatile uint8_t *regs = NULL;
	unsigned int device, bar;
	uint64_t offset = 0;

	hv_lock_acquire(&pci->lock);
	if (hv_pci_trapped(&pci->bus, mmio->ipa, mmio->bytes, &device, &bar, &offset))
		regs = pci->passed[device - 1].memory[bar].regs;
	hv_lock_release(&pci->lock);
	/* What nothing decodes ends in a master abort: ones, and writes are lost. */
	if (regs)
		regs_access(regs, offset, mmio);
	else if (!mmio->write)
		mmio->value = UINT64_MAX >> (64 - 8 * mmio->bytes);
	return HV_MMIO_DONE;
}

/* --- contracts ------------------------------------------------------------------------------ */

/*
 * What a preset means for a BAR. Its content is the device's, so nothing is ever zeroed; EL2 has no
 * mapping of it and reaches it through windows.
 */
static struct mezzo_contract contract(enum mezzo_preset preset)
{
	bool cacheable = preset == MEZZO_PRESET_CACHED || preset == MEZZO_PRESET_EXCLUSIVE;
	struct mezzo_contract contract =
		mezzo_contract_preset(preset, cacheable ? MEZZO_MAINTENANCE_WINDOW
							: MEZZO_MAINTENANCE_NONE);

	contract.mmio = preset == MEZZO_PRESET_DEVICE;
	contract.promise.data = MEZZO_CONTENT_INITIALISED;
	contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	return contract;
}

/* Ask the policy now, so that the guest never finds a BAR that will not be mapped. */
static int check_contract(const struct vm *vm, const struct mezzo_contract *contract,
			  const char *name, struct hv_why *why)
{
	const struct mezzo_space_config *space = &vm->space.config;
	const struct mezzo_facts facts = {
		.memory = *contract,
		.frame = contract->promise,
		.machine = space->machine,
		.guest = {.mte = space->guest_mte},
		.fault = {.slot = MEZZO_SLOT_READ_WRITE,
			  .kind = MEZZO_FAULT_MISSING,
			  .access = MEZZO_ACCESS_READ},
	};
	struct mezzo_change change[MEZZO_CHANGES_MAX];
	struct mezzo_decision decision;

	space->arch->decide(&facts, &decision);
	if (decision.outcome != MEZZO_REFUSE)
		return MEZZO_OK;
	if (!mezzo_arm64_nearest(space->arch->decide, &facts, change))
		return hv_why(why, "%s: refused: %s", name, mezzo_reason(decision.reason)->name);
	return hv_why(why, "%s: refused: %s (accepted with %s %u, which is %u)", name,
		      mezzo_reason(decision.reason)->name, mezzo_field_name(change[0].field),
		      change[0].to, change[0].from);
}

/* --- making --------------------------------------------------------------------------------- */

static int pass_bar(struct hv_pci *pci, struct hv_pci_passed *passed,
		    const struct hv_pci_found *found, unsigned int number, const char *name,
		    struct hv_why *why)
{
	const struct hv_pci_found_bar *bar = &found->bar[number];
	struct hv_pci_memory *memory = &passed->memory[number];
	bool mapped = bar->bytes >= MEZZO_PAGE_BYTES;
	struct mezzo_contract declared = contract(memory->preset);

	if (!bar->bytes)
		return hv_why(why, "%s: the function has no such memory BAR", name);
	if (!bar->assigned)
		return hv_why(why, "%s: its 0x%lx bytes find no room on the bus", name, bar->bytes);
	if (found->msix_bars & 1u << number)
		return hv_why(why, "%s: refused, because MSI-X structures lie in it", name);
	if (!mapped && memory->preset != MEZZO_PRESET_DEVICE)
		return hv_why(why, "%s: %lu bytes are less than a page, so only device will do",
			      name, bar->bytes);
	if (hv_pci_bar_declare(&passed->function, number,
			       mapped ? HV_PCI_BAR_MAPPED : HV_PCI_BAR_TRAPPED, bar->bytes,
			       bar->wide, bar->prefetch))
		return hv_why(why, "%s: the upper half of the BAR before it", name);
	if (!mapped) {
		memory->regs = hv_map_registers(bar->pa, MEZZO_PAGE_BYTES);
		return memory->regs ? MEZZO_OK : hv_why(why, "%s: EL2 cannot map it", name);
	}
	if (check_contract(pci->vm, &declared, name, why))
		return MEZZO_ERR_INVALID;
	if (mezzo_bar_init(&memory->object, &hv_platform, &declared, (struct mezzo_pa){bar->pa},
			   bar->bytes >> MEZZO_PAGE_SHIFT))
		return hv_why(why, "%s: not a range of pages: 0x%lx", name, bar->pa);
	return MEZZO_OK;
}

static int pass_function(struct hv_pci *pci, struct ecam *ecam, const struct hv_pci_tree *tree,
			 const struct hv_guest_function *described, struct hv_why *why)
{
	struct hv_pci_passed *passed = &pci->passed[pci->count];
	const struct hv_pci_found *found = hv_pci_find(tree, described->bdf);
	uint32_t raw[HV_PCI_CONFIG_BYTES / 4];
	char name[40];
	int error = MEZZO_OK;

	hv_format(name, sizeof(name), "pci 0000:%02x:%02x.%x", described->bdf >> 8,
		  described->bdf >> 3 & 31, described->bdf & 7);
	if (!found)
		return hv_why(why, "%s: there is no such function", name);
	if (found->bridge)
		return hv_why(why, "%s: a bridge cannot be passed through", name);
	for (unsigned int i = 0; i < HV_PCI_CONFIG_BYTES / 4; i++)
		raw[i] = ecam_read(ecam, found->bdf, 4 * i);
	passed->bdf = found->bdf;
	hv_pci_function_init(&passed->function, (const uint8_t *)raw);
	for (unsigned int i = 0; i < HV_PCI_BARS && !error; i++) {
		if (described->preset[i] == HV_GUEST_BAR_HIDDEN)
			continue;
		passed->memory[i].preset = (enum mezzo_preset)described->preset[i];
		hv_format(name + 16, sizeof(name) - 16, " bar%u", i);
		error = pass_bar(pci, passed, found, i, name, why);
	}
	if (error)
		return error;
	ecam_write(ecam, found->bdf, HV_PCI_COMMAND,
		   HV_PCI_COMMAND_MEMORY | HV_PCI_COMMAND_INTX_OFF);
	pci->count++;
	pci->bus.device[pci->count] = &passed->function;
	return MEZZO_OK;
}

static void scan(const struct hv_host *host, struct ecam *ecam, struct hv_pci_tree *tree)
{
	const struct hv_pci_io io = {ecam_read, ecam_write, ecam};
	struct hv_pci_host_window low = {0}, high = {0};

	for (unsigned int i = 0; i < host->pcie.windows; i++) {
		const struct hv_host_pci_window *window = &host->pcie.window[i];
		struct hv_pci_host_window *to = window->wide ? &high : &low;

		*to = (struct hv_pci_host_window){window->cpu.base, window->pci, window->cpu.bytes};
	}
	hv_pci_scan(tree, &io, host->pcie.bus_first, host->pcie.bus_last, &low, &high);
	hv_print("mezzo: pci: %u functions%s\n", tree->count,
		 tree->more ? ", and more that are left alone" : "");
}

static int add_devices(struct vm *vm, struct hv_pci *pci)
{
	const struct hv_mmio_device device[] = {
		{HV_GUEST_ECAM, HV_GUEST_ECAM_BYTES, config_access, pci},
		{HV_GUEST_PCI_LOW, HV_GUEST_PCI_LOW_BYTES, window_access, pci},
		{HV_GUEST_PCI_HIGH, HV_GUEST_PCI_HIGH_BYTES, window_access, pci},
	};
	int error = MEZZO_OK;

	for (unsigned int i = 0; i < sizeof(device) / sizeof(*device) && !error; i++)
		error = hv_mmio_add(&vm->bus, &device[i]);
	return error;
}

static unsigned int mapped_bars(const struct hv_pci *pci)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < pci->count; i++)
		for (unsigned int n = 0; n < HV_PCI_BARS; n++)
			count += pci->passed[i].function.bar[n].kind == HV_PCI_BAR_MAPPED;
	return count;
}

int hv_pci_create(struct vm *vm, const struct hv_host *host,
		  const struct hv_guest_description *description, struct hv_why *why)
{
	struct ecam ecam = {NULL, host->pcie.bus_first};
	struct hv_pci_tree *tree;
	struct hv_pci *pci;

	if (!host->pcie.ecam.bytes)
		return description->functions ? hv_why(why, "pci: this machine has none")
					      : MEZZO_OK;
	ecam.base = hv_map_registers(host->pcie.ecam.base, host->pcie.ecam.bytes);
	tree = hv_heap_alloc(sizeof(*tree));
	pci = hv_heap_alloc(sizeof(*pci));
	if (pci)
		pci->passed = hv_heap_alloc(sizeof(*pci->passed) * HV_GUEST_FUNCTIONS_MAX);
	if (!ecam.base || !tree || !pci || !pci->passed) {
		(void)hv_why(why, "pci: no memory");
		return MEZZO_ERR_NOMEM;
	}
	pci->vm = vm;
	pci->bus.window[0] = (struct hv_pci_window){HV_GUEST_PCI_LOW, HV_GUEST_PCI_LOW_BYTES};
	pci->bus.window[1] = (struct hv_pci_window){HV_GUEST_PCI_HIGH, HV_GUEST_PCI_HIGH_BYTES};
	scan(host, &ecam, tree);
	for (unsigned int i = 0; i < description->functions; i++)
		if (pass_function(pci, &ecam, tree, &description->function[i], why))
			return MEZZO_ERR_INVALID;
	/* RAM has a slot too, and a report borrows one. */
	if (mapped_bars(pci) > HV_SLOTS_MAX - 2)
		return hv_why(why, "pci: more than %d BARs to map", HV_SLOTS_MAX - 2);
	vm->pci = pci;
	return add_devices(vm, pci);
}

void hv_pci_reset(struct hv_pci *pci)
{
	if (!pci)
		return;
	for (unsigned int i = 0; i < pci->count; i++) {
		struct hv_pci_function *function = &pci->passed[i].function;

		function->memory = false;
		function->cache_line = function->latency = function->interrupt_line = 0;
		for (unsigned int n = 0; n < HV_PCI_BARS; n++)
			function->bar[n].address = 0;
	}
	while (!follow(pci))
		;
}
