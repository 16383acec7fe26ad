/* SPDX-License-Identifier: BSD-2-Clause */
/* The configurations of x86. */
#include "check/policies/world.h"

#define BIT(field) CHECK_FIELD_BIT(CHECK_FIELD_##field)

/* Under NPT what looks into caches does so by its type, and self-snoop decides nothing. */
static bool machine_exists(const uint8_t *f)
{
	return f[CHECK_FIELD_ENGINE] == MEZZO_X86_EPT || f[CHECK_FIELD_SELF_SNOOP];
}

/* --- debate: RAM that the VMM maps write-back, and what devices have -------------------------- */

static bool complete_debate(struct check_world *w, unsigned int doubted)
{
	uint8_t *f = w->field;
	bool ram = f[CHECK_FIELD_MAP] == CHECK_MAP_WB, combining = f[CHECK_FIELD_ANY_UNCACHED];

	(void)doubted;
	if (!machine_exists(f) || (!ram && f[CHECK_FIELD_MAP] != CHECK_MAP_DEVICE) ||
	    (ram ? combining : f[CHECK_FIELD_DMA] != MEZZO_DMA_NONE))
		return false;
	f[CHECK_FIELD_BACKING] = ram ? CHECK_BACKING_LINEAR : CHECK_BACKING_NONE;
	f[CHECK_FIELD_SHAPE] = ram ? CHECK_SHAPE_ORDINARY : CHECK_SHAPE_PFNMAP;
	f[CHECK_FIELD_ALIASES] = ram         ? MEZZO_ALIASES_CACHED
				 : combining ? MEZZO_ALIASES_UNCACHED
					     : MEZZO_ALIASES_DEVICE;
	f[CHECK_FIELD_ALLOW] = (ram         ? MEZZO_CLASS_WB
				: combining ? MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC
					    : MEZZO_CLASS_DEVICE) -
			       1;
	f[CHECK_FIELD_MAINTENANCE] = ram ? MEZZO_MAINTENANCE_DIRECT : MEZZO_MAINTENANCE_NONE;
	f[CHECK_FIELD_DATA] = MEZZO_CONTENT_INITIALISED;
	f[CHECK_FIELD_TAGS] = MEZZO_CONTENT_INITIALISED;
	f[CHECK_FIELD_LINES] = ram ? MEZZO_LINES_MAYBE : MEZZO_LINES_CLEAN;
	f[CHECK_FIELD_MMIO] = !ram;
	f[CHECK_FIELD_WRITABLE] = true;
	return true;
}

const struct check_family check_family_x86_debate = {
	.name = "x86-debate",
	.summary = "RAM and device memory as a host maps them",
	.free = BIT(MAP) | BIT(ANY_UNCACHED) | BIT(DMA) | BIT(ENGINE) | BIT(SELF_SNOOP) |
		BIT(GUEST_MTRR) | BIT(GUEST_CD) | BIT(HONOUR_MTRR),
	.complete = complete_debate,
};

/* --- contract ------------------------------------------------------------------------------------ */

static bool complete_contract(struct check_world *w, unsigned int doubted)
{
	uint8_t *f = w->field;
	bool honours = f[CHECK_FIELD_HONOUR_MTRR];

	/* What is ignored need not run; NPT obeys CR0.CD by itself. */
	if (!machine_exists(f) || (!honours && f[CHECK_FIELD_GUEST_MTRR]) ||
	    (!honours && f[CHECK_FIELD_GUEST_CD] && f[CHECK_FIELD_ENGINE] == MEZZO_X86_EPT))
		return false;
	f[CHECK_FIELD_TAGS] = MEZZO_CONTENT_INITIALISED;
	return check_family_contract.complete(w, doubted);
}

const struct check_family check_family_x86_contract = {
	.name = "x86-contract",
	.summary = "memory as its owner declares it: every contract",
	.free = BIT(ALIASES) | BIT(ALLOW) | BIT(MAINTENANCE) | BIT(DATA) | BIT(LINES) | BIT(MMIO) |
		BIT(WRITABLE) | BIT(DMA) | BIT(ENGINE) | BIT(SELF_SNOOP) | BIT(LOGGING) |
		BIT(GUEST_MTRR) | BIT(GUEST_CD) | BIT(HONOUR_MTRR),
	.complete = complete_contract,
};
