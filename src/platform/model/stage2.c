/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 descriptors as the hardware reads them: written from the manual's tables, apart from the
 * engine's encoder, so that a mistake there is not repeated here.
 */
#include "internal.h"

bool desc_is_leaf(uint64_t desc, unsigned int level)
{
	if (!(desc & DESC_VALID))
		return false;
	return level == 3 ? (desc & DESC_TABLE) != 0 : !(desc & DESC_TABLE) && level > 0;
}

bool desc_is_table(uint64_t desc, unsigned int level)
{
	return level < 3 && (desc & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

static enum stage2_type type_fwb(unsigned int memattr, bool *no_tag_access)
{
	*no_tag_access = memattr == 0xe || memattr == 0xf;
	switch (memattr) {
	case 0x1:
		return S2_DEVICE;
	case 0x5:
		return S2_NC;
	case 0x6:
	case 0xe:
		return S2_FORCED_WB;
	case 0x7:
	case 0xf:
		return S2_STAGE1;
	default:
		return S2_RESERVED;
	}
}

/* The engine has no use for the other encodings (nGnRnE, nGRE, GRE, write-through, mixed). */
enum stage2_type desc_type(uint64_t desc, bool fwb, bool *no_tag_access)
{
	unsigned int memattr = (unsigned int)(desc >> 2) & 0xf;

	if (fwb)
		return type_fwb(memattr, no_tag_access);
	*no_tag_access = memattr == 0x4;
	switch (memattr) {
	case 0x1:
		return S2_DEVICE;
	case 0x5:
		return S2_NC;
	case 0x4:
	case 0xf:
		return S2_WEAKEST;
	default:
		return S2_RESERVED;
	}
}

bool desc_may_change_live(uint64_t from, uint64_t to)
{
	return ((from ^ to) & ~(DESC_PERMISSIONS | DESC_AF | DESC_SOFTWARE)) == 0;
}

enum mezzo_class desc_class(uint64_t desc, bool fwb, enum mezzo_class stage1)
{
	bool no_tag_access;

	switch (desc_type(desc, fwb, &no_tag_access)) {
	case S2_NC:
		return stage1 == MEZZO_CLASS_DEVICE ? MEZZO_CLASS_DEVICE : MEZZO_CLASS_NC;
	case S2_FORCED_WB:
		return MEZZO_CLASS_WB;
	case S2_WEAKEST:
	case S2_STAGE1:
		return stage1;
	default:
		return MEZZO_CLASS_DEVICE;
	}
}

bool desc_cacheable(uint64_t desc, bool fwb)
{
	return desc_class(desc, fwb, MEZZO_CLASS_WB) == MEZZO_CLASS_WB;
}

bool desc_forced(uint64_t desc, bool fwb)
{
	return desc_class(desc, fwb, MEZZO_CLASS_DEVICE) == MEZZO_CLASS_WB;
}
