/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 descriptors as the hardware reads them: written from the manual's tables, apart from the
 * engine's encoder, so that a mistake there is not repeated here.
 */
#include "internal.h"

#define DESC_VALID UINT64_C(1)
#define DESC_TABLE UINT64_C(2)
#define DESC_READ (UINT64_C(1) << 6)
#define DESC_SHAREABLE (UINT64_C(3) << 8)
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)
#define DESC_DBM (UINT64_C(1) << 51)
#define DESC_XN (UINT64_C(3) << 53)
#define DESC_SOFTWARE UINT64_C(0x0780000000000000)
#define DESC_PERMISSIONS (DESC_READ | DESC_WRITE | DESC_DBM | DESC_XN)

enum stage2_type {
	S2_DEVICE,
	S2_NC,
	S2_WEAKEST,
	S2_FORCED_WB,
	S2_STAGE1,
	S2_RESERVED
};

static bool is_leaf(uint64_t desc, unsigned int level)
{
	return level == 3 ? (desc & DESC_TABLE) != 0 : !(desc & DESC_TABLE) && level > 0;
}

static bool is_table(uint64_t desc, unsigned int level)
{
	return level < 3 && (desc & DESC_TABLE);
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
static enum stage2_type type_of(uint64_t desc, bool fwb, bool *no_tag_access)
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

static enum mezzo_class class_of(enum stage2_type type, enum mezzo_class stage1)
{
	switch (type) {
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

/* Cacheable memory that is not shareable is not coherent. */
static bool is_good(const struct mezzo_model *model, const struct entry *entry, uint64_t desc)
{
	enum stage2_type type = (enum stage2_type)entry->type;

	return type != S2_RESERVED && (!entry->no_tag_access || model->config.machine.mte_perm) &&
	       (class_of(type, MEZZO_CLASS_WB) != MEZZO_CLASS_WB ||
		(desc & DESC_SHAREABLE) == DESC_SHAREABLE);
}

static struct entry read_leaf(const struct mezzo_model *model, uint64_t desc)
{
	struct entry entry = {
		.kind = ENTRY_LEAF,
		.pa = desc & DESC_ADDRESS,
		.read = desc & DESC_READ,
		.write = desc & DESC_WRITE,
		.exec = (desc & DESC_XN) != UINT64_C(2) << 53,
		.faults = !(desc & DESC_AF),
		.notes_write = desc & DESC_DBM,
	};

	entry.type = (uint8_t)type_of(desc, model->config.machine.fwb, &entry.no_tag_access);
	if (!entry.faults && !is_good(model, &entry, desc))
		entry.kind = ENTRY_BAD;
	return entry;
}

static struct entry read_entry(const struct mezzo_model *model, uint64_t desc, unsigned int level)
{
	struct entry entry = {.kind = ENTRY_NONE};

	if (!(desc & DESC_VALID))
		return entry;
	if (is_leaf(desc, level))
		return read_leaf(model, desc);
	entry.kind = is_table(desc, level) ? ENTRY_TABLE : ENTRY_BAD;
	entry.pa = desc & DESC_ADDRESS;
	return entry;
}

static struct way way(const struct mezzo_model *model, unsigned int space,
		      const struct entry *entry, const struct frame *frame, enum mezzo_class stage1)
{
	(void)model, (void)space, (void)frame;
	return way_of(class_of((enum stage2_type)entry->type, stage1));
}

const struct format format_stage2 = {
	.present = DESC_VALID,
	.ignored = DESC_SOFTWARE,
	.live = DESC_PERMISSIONS | DESC_AF | DESC_SOFTWARE,
	.read = read_entry,
	.way = way,
};
