/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

#include "arch/sysreg.h"
#include "monitor/par.h"
#include "selftest/deviations.h"
#include "selftest/tap.h"

#define PAR_FAULT UINT64_C(1)
#define PAR_STAGE2 HV_BIT(9)
#define PAR_PTW HV_BIT(8)
#define PAR_PAGE UINT64_C(0x000ffffffffff000)

/* Fault status codes of PAR_EL1.FST, for level 0; of level -1 there is one. Source: Arm ARM. */
#define FST_TRANSLATION 0x04u
#define FST_ACCESS_FLAG 0x08u
#define FST_PERMISSION 0x0cu
#define FST_TRANSLATION_MINUS_1 0x2bu

struct el2_probes el2_probes;

static uint64_t controls(const struct mezzo_table *table, bool write_back)
{
	return HCR_VM | HCR_SWIO | HCR_RW | (table->fwb ? HCR_FWB : 0) | (write_back ? HCR_DC : 0);
}

void el2_probe_enter(const struct mezzo_table *table)
{
	hv_sysreg_write(sctlr_el1, 0x30d00800); /* RES1 bits: the MMU is off */
	hv_sysreg_write(tcr_el1, 0);
	hv_sysreg_write(vtcr_el2, mezzo_stage2_vtcr(table));
	hv_sysreg_write(vttbr_el2, mezzo_stage2_vttbr(table));
	hv_sysreg_write(hcr_el2, controls(table, false));
	hv_isb();
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_isb();
}

void el2_probe_leave(void)
{
	__asm__ volatile("tlbi vmalls12e1" ::: "memory");
	hv_dsb(nsh);
	hv_sysreg_write(vttbr_el2, 0);
	hv_sysreg_write(hcr_el2, HCR_RW);
	hv_isb();
}

static uint64_t translate(uint64_t ipa, bool write)
{
	if (write)
		__asm__ volatile("at s12e1w, %0" ::"r"(ipa));
	else
		__asm__ volatile("at s12e1r, %0" ::"r"(ipa));
	hv_isb();
	return hv_sysreg_read(par_el1);
}

/* The level of an entry that covers @order. */
static int level_of(const struct mezzo_table *table, unsigned int order)
{
	const unsigned int page = table->page_shift - (unsigned int)MEZZO_PAGE_SHIFT;

	return 3 - (int)((order - page) / (table->page_shift - 3u));
}

static unsigned int status_at(unsigned int status, int level)
{
	return level < 0 ? FST_TRANSLATION_MINUS_1 : status | (unsigned int)level;
}

/* The status code that the engine's walk means; 0: none, the access works. */
static unsigned int fault_of(const struct mezzo_table *table, const struct mezzo_leaf *leaf,
			     bool write)
{
	const int level = level_of(table, leaf->order);

	if (leaf->state != MEZZO_ENTRY_LEAF)
		return status_at(FST_TRANSLATION, level);
	if (!leaf->attr.accessed && !table->features.access)
		return status_at(FST_ACCESS_FLAG, level);
	if (write ? leaf->attr.write : leaf->attr.read)
		return 0;
	return status_at(FST_PERMISSION, level);
}

static bool type_right(const struct mezzo_table *table, const struct mezzo_leaf *leaf,
		       enum mezzo_arm64_type stage1, uint64_t par)
{
	const enum mezzo_arm64_stage2 stage2 = (enum mezzo_arm64_stage2)leaf->attr.type;
	const int got = hv_par_type(par);

	if (got == (int)mezzo_arm64_combine(stage1, stage2, table->fwb))
		return true;
	return got >= 0 &&
	       hv_deviation_known(stage1, stage2, table->fwb, (enum mezzo_arm64_type)got);
}

static bool agrees(const struct mezzo_table *table, const struct mezzo_leaf *leaf, uint64_t ipa,
		   uint64_t par, enum mezzo_arm64_type stage1, bool write)
{
	const unsigned int status = fault_of(table, leaf, write);
	const uint64_t within = ipa & (mezzo_order_bytes(leaf->order) - 1);

	el2_probes.asked++;
	if (status) {
		el2_probes.faults++;
		return (par & (PAR_FAULT | PAR_STAGE2 | PAR_PTW)) == (PAR_FAULT | PAR_STAGE2) &&
		       (par >> 1 & 0x3f) == status;
	}
	return !(par & PAR_FAULT) && (par & PAR_PAGE) == ((leaf->pa.addr + within) & PAR_PAGE) &&
	       type_right(table, leaf, stage1, par);
}

bool el2_probe(const struct mezzo_table *table, uint64_t ipa, const char *when)
{
	bool right = true;

	for (unsigned int i = 0; i < 4; i++) {
		const bool write = i & 1, write_back = i & 2;
		struct mezzo_leaf leaf;
		uint64_t par;

		hv_sysreg_write(hcr_el2, controls(table, write_back));
		hv_isb();
		table->ops->lookup(table, (struct mezzo_ipa){ipa}, &leaf);
		if (!el2_probes.permissions &&
		    (fault_of(table, &leaf, write) & ~3u) == FST_PERMISSION) {
			el2_probes.spared++;
			continue;
		}
		par = translate(ipa, write);
		if (agrees(table, &leaf, ipa, par, write_back ? MEZZO_ARM64_WB : MEZZO_ARM64_nGnRnE,
			   write))
			continue;
		tap_note(
			"%s: %s at %lx: the walk ends in state %u, order %u, address %lx; PAR_EL1 %lx",
			when, write ? "write" : "read", ipa, leaf.state, leaf.order, leaf.pa.addr,
			par);
		right = false;
	}
	return right;
}
