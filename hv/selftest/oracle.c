/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include "arch/machine.h"
#include "arch/sysreg.h"
#include "heap.h"
#include "platform.h"

/* Attribute bytes of MAIR_EL1, index 0 to 7. Source: Arm ARM, MAIR_EL1. */
#define MAIR UINT64_C(0xf0ffbb440c080400)

#define SCTLR_ORACLE 0x30d01805 /* RES1 bits, M, C and I */
#define TCR_T0SZ_39 UINT64_C(25)
#define TCR_WALK_WB (UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12)
#define TCR_EPD1 HV_BIT(23)

/* A level 1 block: valid, AF, inner shareable, EL1 only. */
#define BLOCK (UINT64_C(1) | UINT64_C(3) << 8 | HV_BIT(10))

struct regime {
	uint64_t sctlr, tcr, ttbr0, mair, par;
};

int hv_oracle_init(struct hv_oracle *oracle, struct mezzo_space *space, uint64_t ipa, uint32_t slot)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_slot_config config = {
		.id = slot,
		.flags = MEZZO_SLOT_FLAG_READ_ONLY,
		.ipa = {ipa},
		.pages = 1,
		.object = &oracle->pool.object,
	};
	struct mezzo_refusal why;
	void *state = hv_heap_alloc(mezzo_pool_state_bytes(1));
	int error;

	oracle->table = hv_heap_alloc(MEZZO_PAGE_BYTES);
	if (!oracle->table || !state)
		return MEZZO_ERR_NOMEM;
	/* It is ours, and zero; tags are of no use to anybody but must have an owner. */
	contract.promise = (struct mezzo_frame_state){.lines = MEZZO_LINES_MAYBE,
						      .tags = MEZZO_CONTENT_UNOWNED};
	contract.tag_storage = space->config.machine.arm64.mte;
	contract.max_order = MEZZO_ORDER_4K;
	oracle->space = space;
	oracle->ipa = ipa;
	oracle->ips = (uint8_t)(hv_machine_id()->reg[HV_MMFR0] & 15);
	oracle->ips = oracle->ips > 5 ? 5 : oracle->ips;
	error = mezzo_pool_init(&oracle->pool, &hv_platform, &contract,
				(struct mezzo_pa){(uint64_t)(uintptr_t)oracle->table}, 1, state);
	return error ? error : mezzo_slot_create(space, &config, &why);
}

static struct regime save(void)
{
	return (struct regime){
		.sctlr = hv_sysreg_read(sctlr_el1),
		.tcr = hv_sysreg_read(tcr_el1),
		.ttbr0 = hv_sysreg_read(ttbr0_el1),
		.mair = hv_sysreg_read(mair_el1),
		.par = hv_sysreg_read(par_el1),
	};
}

/* EL1 does not run, so the registers may change in any order; nothing of the other regime stays. */
static void load(const struct regime *regime)
{
	hv_sysreg_write(sctlr_el1, regime->sctlr);
	hv_sysreg_write(tcr_el1, regime->tcr);
	hv_sysreg_write(ttbr0_el1, regime->ttbr0);
	hv_sysreg_write(mair_el1, regime->mair);
	hv_sysreg_write(par_el1, regime->par);
	hv_isb();
	__asm__ volatile("tlbi vmalle1" ::: "memory");
	hv_dsb(nsh);
	hv_isb();
}

uint64_t hv_oracle_read(struct hv_oracle *oracle, uint64_t ipa, unsigned int type)
{
	const struct mezzo_fault_info fault = {.ipa = {oracle->ipa}, .access = MEZZO_ACCESS_READ};
	struct mezzo_fault_result result;
	struct regime guest = save();
	struct regime ours = {
		.sctlr = SCTLR_ORACLE,
		.tcr = TCR_T0SZ_39 | TCR_WALK_WB | TCR_EPD1 | (uint64_t)oracle->ips << 32,
		.ttbr0 = oracle->ipa,
		.mair = MAIR,
	};
	uint64_t par;

	if (mezzo_space_fault(oracle->space, 0, &fault, &result))
		return 1;
	oracle->table[0] = (ipa & ~(HV_BIT(30) - 1)) | (uint64_t)type << 2 | BLOCK;
	hv_dsb(ish);
	load(&ours);
	__asm__ volatile("at s12e1r, %0" ::"r"(ipa & (HV_BIT(30) - 1)));
	hv_isb();
	par = hv_sysreg_read(par_el1);
	load(&guest);
	return par;
}

unsigned int hv_oracle_shareability(uint64_t par)
{
	return (unsigned int)(par >> 7) & 3;
}

void hv_oracle_enter(const struct mezzo_space *space)
{
	uint64_t hcr = HCR_VM | HCR_SWIO | HCR_RW | (space->table.fwb ? HCR_FWB : 0);

	hv_sysreg_write(vtcr_el2, mezzo_stage2_vtcr(&space->table));
	hv_sysreg_write(vttbr_el2, mezzo_stage2_vttbr(&space->table));
	hv_sysreg_write(hcr_el2, hcr);
	hv_isb();
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_isb();
}

void hv_oracle_leave(void)
{
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_sysreg_write(vttbr_el2, 0);
	hv_sysreg_write(hcr_el2, HCR_RW);
	hv_isb();
}
