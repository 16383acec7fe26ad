/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

#include "../arch/sysreg.h"
#include "../heap.h"
#include "../platform.h"

/* Between the guest's PCI window and its RAM; whole pages of nothing. */
#define TABLE_IPA UINT64_C(0x3ff00000)
#define TABLE_SLOT 1

/* Level-1 blocks of 1 GiB: entry n uses attribute n and appears at n GiB. */
#define BLOCK_SHIFT 30
#define BLOCK_MASK ((UINT64_C(1) << BLOCK_SHIFT) - 1)
#define ENTRY_BLOCK (HV_BIT(0) | HV_BIT(10) | UINT64_C(3) << 8 | HV_BIT(53) | HV_BIT(54))
#define ENTRY_ATTR_SHIFT 2

#define MAIR UINT64_C(0xff4404) /* nGnRE, NC, WB */
/* 39-bit addresses, 4 KiB granule, walks non-cacheable, no TTBR1, 40-bit outputs. */
#define TCR (UINT64_C(25) | HV_BIT(23) | UINT64_C(2) << 32)
/* MMU on, data cacheable; the rest as after reset. */
#define SCTLR (UINT64_C(0x30d00800) | HV_BIT(0) | HV_BIT(2))

static struct {
	struct mezzo_pool pool;
	uint8_t state[64];
	bool ready;
} page;

int hv_probe_init(void)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_pa pa;
	int error = hv_frames_alloc(MEZZO_PAGE_BYTES, MEZZO_PAGE_BYTES, &pa.addr);

	if (error || mezzo_pool_state_bytes(1) > sizeof(page.state))
		return MEZZO_ERR_NOMEM;
	contract.tag_storage = true;
	error = mezzo_pool_init(&page.pool, &hv_platform, &contract, pa, 1, page.state);
	page.ready = !error;
	return error;
}

bool hv_probe_touch(struct vcpu *vcpu, uint64_t ipa, enum mezzo_access access)
{
	const struct mezzo_fault_info info = {.ipa = {ipa}, .access = (uint8_t)access};
	struct mezzo_fault_result result;

	do {
		if (mezzo_space_fault(&vcpu->vm->space, vcpu->id, &info, &result))
			return false;
	} while (result.retry);
	return result.outcome == MEZZO_GRANT;
}

bool hv_probe_begin(struct vcpu *vcpu)
{
	const struct mezzo_slot_config slot = {
		.id = TABLE_SLOT,
		.ipa = {TABLE_IPA},
		.pages = 1,
		.object = &page.pool.object,
	};
	struct mezzo_refusal why;
	int error;

	if (!page.ready)
		return false;
	do
		error = mezzo_slot_create(&vcpu->vm->space, &slot, &why);
	while (error == MEZZO_ERR_AGAIN);
	if (error)
		return false;
	if (hv_probe_touch(vcpu, TABLE_IPA, MEZZO_ACCESS_WALK))
		return true;
	hv_probe_end(vcpu);
	return false;
}

void hv_probe_end(struct vcpu *vcpu)
{
	while (mezzo_slot_delete(&vcpu->vm->space, TABLE_SLOT, NULL) == MEZZO_ERR_AGAIN)
		;
}

static void write_table(uint64_t ipa)
{
	uint64_t entry[3];

	for (uint64_t i = 0; i < 3; i++)
		entry[i] = (ipa & ~BLOCK_MASK) | ENTRY_BLOCK | i << ENTRY_ATTR_SHIFT;
	hv_copy_to_pa(page.pool.base.addr, entry, sizeof(entry));
}

/* Everything that was translated through the borrowed registers, on this CPU. */
static void forget(void)
{
	hv_dsb(nshst);
	__asm__ volatile("tlbi vmalle1");
	hv_dsb(nsh);
	hv_isb();
}

uint64_t hv_probe_par(struct vcpu *vcpu, uint64_t ipa, enum mezzo_arm64_type type)
{
	uint64_t sctlr = hv_sysreg_read(sctlr_el1), tcr = hv_sysreg_read(tcr_el1);
	uint64_t ttbr = hv_sysreg_read(ttbr0_el1), mair = hv_sysreg_read(mair_el1);
	uint64_t guest_par = hv_sysreg_read(par_el1), par;
	uint64_t index = type == MEZZO_ARM64_nGnRE ? 0 : type == MEZZO_ARM64_NC ? 1 : 2;

	(void)vcpu;
	write_table(ipa);
	hv_sysreg_write(sctlr_el1, SCTLR & ~HV_BIT(0));
	hv_isb();
	hv_sysreg_write(ttbr0_el1, TABLE_IPA);
	hv_sysreg_write(tcr_el1, TCR);
	hv_sysreg_write(mair_el1, MAIR);
	hv_isb();
	hv_sysreg_write(sctlr_el1, SCTLR);
	forget();
	__asm__ volatile("at s12e1r, %0" ::"r"(index << BLOCK_SHIFT | (ipa & BLOCK_MASK)));
	hv_isb();
	par = hv_sysreg_read(par_el1);
	hv_sysreg_write(sctlr_el1, SCTLR & ~HV_BIT(0));
	hv_isb();
	hv_sysreg_write(ttbr0_el1, ttbr);
	hv_sysreg_write(tcr_el1, tcr);
	hv_sysreg_write(mair_el1, mair);
	hv_sysreg_write(par_el1, guest_par);
	hv_isb();
	hv_sysreg_write(sctlr_el1, sctlr);
	forget();
	return par;
}
