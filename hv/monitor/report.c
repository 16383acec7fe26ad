/* SPDX-License-Identifier: BSD-2-Clause */
#include "../lib/print.h"
#include "../pci/pci.h"
#include "../vcpu/plant.h"
#include "canary.h"
#include "monitor.h"
#include "par.h"
#include "probe.h"

static bool ready;
static int planted = MEZZO_PRESETS; /* preset; that one: none */

static int prepare_report(const char *bootargs)
{
	int error;

	if (!hv_bootarg(bootargs, "report"))
		return MEZZO_OK;
	for (int i = 0; i < MEZZO_PRESETS; i++) {
		char word[24];

		hv_format(word, sizeof(word), "plant=%s", mezzo_preset_name((enum mezzo_preset)i));
		if (hv_bootarg(bootargs, word))
			planted = i;
	}
	error = hv_probe_init();
	ready = !error;
	return error;
}

int hv_monitor_init(const struct hv_host *host)
{
	int error = prepare_report(host->bootargs);

	if (!error && hv_bootarg(host->bootargs, "canary"))
		error = hv_canary_plant(host);
	return error;
}

/* A slot of the guest, named. */
struct region {
	char name[24];
	uint64_t ipa, bytes;
	const struct mezzo_contract *contract;
	int preset; /* declared for a BAR; -1: RAM */
};

/* What stands in the tables for a region. */
struct standing {
	uint64_t leaves[3]; /* of 4 KiB, 2 MiB, 1 GiB */
	bool read, write, exec;
	int type;        /* enum mezzo_arm64_stage2; -1: none yet, -2: more than one */
	uint64_t mapped; /* an address that is mapped, when any is */
};

/* --- what is there ------------------------------------------------------------------------- */

static void add_leaf(struct standing *s, const struct mezzo_leaf *leaf, uint64_t ipa)
{
	if (s->type == -1)
		s->mapped = ipa;
	s->leaves[leaf->order / MEZZO_ORDER_2M]++;
	s->read |= leaf->attr.read;
	s->write |= leaf->attr.write;
	s->exec |= leaf->attr.exec;
	s->type = s->type == -1 || s->type == leaf->attr.type ? leaf->attr.type : -2;
}

static struct standing look(struct vcpu *vcpu, const struct region *region)
{
	struct standing s = {.type = -1};
	uint64_t ipa = region->ipa;

	while (ipa < region->ipa + region->bytes) {
		struct mezzo_mapping mapping;

		mezzo_space_query(&vcpu->vm->space, vcpu->id, (struct mezzo_ipa){ipa}, &mapping);
		if (mapping.leaf.state == MEZZO_ENTRY_LEAF)
			add_leaf(&s, &mapping.leaf, ipa);
		ipa = (ipa | (mezzo_order_bytes(mapping.leaf.order) - 1)) + 1;
	}
	return s;
}

static const char *preset_of(const struct mezzo_contract *contract)
{
	for (unsigned int i = 0; i < MEZZO_PRESETS; i++) {
		struct mezzo_contract preset =
			mezzo_contract_preset((enum mezzo_preset)i,
					      (enum mezzo_maintenance)contract->maintenance);

		if (preset.aliases == contract->aliases && preset.allow == contract->allow)
			return mezzo_preset_name((enum mezzo_preset)i);
	}
	return "none";
}

static void print_map(const struct region *region, const struct standing *s)
{
	hv_print("report: map 0x%010lx 0x%lx %s %s %s %c%c%c 4K %lu 2M %lu 1G %lu\n", region->ipa,
		 region->bytes, region->name, preset_of(region->contract),
		 s->type == -1   ? "none"
		 : s->type == -2 ? "mixed"
				 : mezzo_arm64_stage2_name((enum mezzo_arm64_stage2)s->type),
		 s->read ? 'r' : '-', s->write ? 'w' : '-', s->exec ? 'x' : '-', s->leaves[0],
		 s->leaves[1], s->leaves[2]);
}

/* --- what it is and why -------------------------------------------------------------------- */

static bool print_type(struct vcpu *vcpu, const struct region *region, uint64_t ipa,
		       enum mezzo_arm64_type stage1, const struct mezzo_decision *decision)
{
	uint64_t par = hv_probe_par(vcpu, ipa, stage1);
	enum mezzo_arm64_type engine =
		mezzo_arm64_combine(stage1, (enum mezzo_arm64_stage2)decision->type,
				    vcpu->vm->space.config.machine.arm64.fwb);
	int measured = hv_par_type(par);
	bool agree = measured == (int)engine;

	hv_print("report: type %s %s measured %s engine %s par 0x%016lx %s\n", region->name,
		 mezzo_arm64_type_name(stage1),
		 measured < 0 ? "none" : mezzo_arm64_type_name((enum mezzo_arm64_type)measured),
		 mezzo_arm64_type_name(engine), par,
		 measured < 0 ? "none"
		 : agree      ? "agree"
			      : "differ");
	return agree;
}

static bool report_region(struct vcpu *vcpu, const struct region *region)
{
	static const enum mezzo_arm64_type stage1[] = {MEZZO_ARM64_nGnRE, MEZZO_ARM64_NC,
						       MEZZO_ARM64_WB};
	struct standing s = look(vcpu, region);
	struct mezzo_fault_info info = {.ipa = {region->ipa}, .access = MEZZO_ACCESS_READ};
	struct mezzo_decision decision;
	struct mezzo_facts facts;
	bool agree = true;

	/* What the guest never touched is mapped now, by the same fault. */
	if (s.type == -1 && hv_probe_touch(vcpu, region->ipa, MEZZO_ACCESS_READ))
		s = look(vcpu, region);
	if (region->preset == planted && s.type != -1) {
		hv_plant_error(&vcpu->vm->space, (struct mezzo_ipa){s.mapped});
		hv_print("report: planted %s\n", region->name);
	}
	print_map(region, &s);
	if (s.type != -1)
		info.ipa.addr = s.mapped;
	if (mezzo_space_explain(&vcpu->vm->space, vcpu->id, &info, &facts, &decision)) {
		hv_print("report: why %s unresolved\n", region->name);
		return false;
	}
	for (unsigned int i = 0; i < sizeof(stage1) / sizeof(*stage1); i++)
		agree &= print_type(vcpu, region, info.ipa.addr, stage1[i], &decision);
	hv_print("report: why %s %s %s\n", region->name, mezzo_reason(decision.reason)->name,
		 mezzo_reason(decision.reason)->sentence);
	return agree && s.type == decision.type;
}

static bool report_bar(struct vcpu *vcpu, const struct hv_pci *pci, unsigned int device,
		       unsigned int bar)
{
	const struct hv_pci_passed *passed = &pci->passed[device - 1];
	const struct mezzo_object *object = &passed->memory[bar].object.object;
	struct region region = {
		.ipa = pci->slots.slot[device][bar].ipa,
		.bytes = object->pages << MEZZO_PAGE_SHIFT,
		.contract = &object->contract,
		.preset = (int)passed->memory[bar].preset,
	};

	hv_format(region.name, sizeof(region.name), "0000:00:%02x.0/bar%u", device, bar);
	if (pci->slots.slot[device][bar].state == HV_PCI_SLOT_LIVE)
		return report_region(vcpu, &region);
	if (passed->function.bar[bar].kind == HV_PCI_BAR_MAPPED)
		hv_print("report: map off 0x%lx %s %s none --- 4K 0 2M 0 1G 0\n", region.bytes,
			 region.name, preset_of(region.contract));
	return true;
}

void hv_monitor_report(struct vm *vm)
{
	struct vcpu *vcpu = hv_vcpu_current();
	struct region ram = {"ram", vm->ram_ipa, vm->ram_bytes, &vm->ram.object.contract, -1};
	bool agree;

	(void)hv_canary_report();
	if (!ready || !hv_probe_begin(vcpu))
		return;
	hv_print("report: cpu fwb %d smp %u\n", vm->space.config.machine.arm64.fwb, vm->vcpus);
	agree = report_region(vcpu, &ram);
	for (unsigned int device = 1; vm->pci && device <= vm->pci->count; device++)
		for (unsigned int bar = 0; bar < HV_PCI_BARS; bar++)
			agree &= report_bar(vcpu, vm->pci, device, bar);
	hv_probe_end(vcpu);
	hv_print("report: end %s\n", agree ? "agree" : "differ");
}
