/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EPT entries as an Intel processor reads them: written from the manual's tables, apart from the
 * engine's encoder and from its table of types. Accessed and dirty flags are off (EPTP[6]), and so are
 * mode-based execution, execute-only entries and #VE.
 *
 * Types are told apart as far as they differ in which accesses go through a cache: write-through and
 * write-protected are write-back. Source: Intel SDM vol. 3, "The EPT translation mechanism", "EPT
 * misconfigurations", "EPT and memory typing", "Effective page-level memory types" with its notes.
 */
#include "internal.h"

#define READ (UINT64_C(1) << 0)
#define WRITE (UINT64_C(1) << 1)
#define EXEC (UINT64_C(1) << 2)
#define ALL (READ | WRITE | EXEC)
#define TYPE_SHIFT 3
#define IGNORE_PAT (UINT64_C(1) << 6)
#define LEAF (UINT64_C(1) << 7)
#define RESERVED_OF_TABLES UINT64_C(0xf8)
#define ADDRESS UINT64_C(0x000ffffffffff000)
#define IGNORED (~ADDRESS & ~UINT64_C(0xff))

/* IA32_PAT's and the MTRRs' encodings. */
#define UC 0
#define WC 1

/* With ignore-PAT on top, as the entry has it. */
#define TYPE_IGNORES_PAT 8u

static struct entry read_table(uint64_t desc)
{
	/* One that takes a right away would mean something; the engine does not make any. */
	bool good = (desc & ALL) == ALL && !(desc & RESERVED_OF_TABLES);

	return (struct entry){.kind = good ? ENTRY_TABLE : ENTRY_BAD, .pa = desc & ADDRESS};
}

static bool is_type(unsigned int type)
{
	return type < 7 && type != 2 && type != 3;
}

static struct entry read_leaf(uint64_t desc, unsigned int level)
{
	struct entry entry = {
		.kind = ENTRY_LEAF,
		.pa = desc & ADDRESS,
		.type = desc >> TYPE_SHIFT & 0xf,
		.read = desc & READ,
		.write = desc & WRITE,
		.exec = desc & EXEC,
	};

	if (level == 0 || !entry.read || !is_type(entry.type & 7u) ||
	    entry.pa & (level_bytes(level) - 1))
		entry.kind = ENTRY_BAD;
	return entry;
}

static struct entry read_entry(const struct mezzo_model *model, uint64_t desc, unsigned int level)
{
	(void)model;
	if (!(desc & ALL))
		return (struct entry){.kind = ENTRY_NONE};
	return level < 3 && !(desc & LEAF) ? read_table(desc) : read_leaf(desc, level);
}

static enum mezzo_class class_of(unsigned int type)
{
	return type == UC ? MEZZO_CLASS_DEVICE : type == WC ? MEZZO_CLASS_NC : MEZZO_CLASS_WB;
}

/*
 * The entry's type stands where an MTRR's does. WC of the guest's page wins over every type, UC over
 * all that remain. UC that the page alone asks for is looked up in the caches, since the memory may
 * have been cached; no other access past them is, unless by self-snoop.
 */
static struct way way(const struct mezzo_model *model, unsigned int space,
		      const struct entry *entry, const struct frame *frame, enum mezzo_class stage1)
{
	enum mezzo_class here = class_of(entry->type & 7u), class = stage1;
	bool looks = model->config.self_snoop;

	(void)space, (void)frame;
	if (entry->type & TYPE_IGNORES_PAT || stage1 == MEZZO_CLASS_WB)
		class = here;
	else if (stage1 == MEZZO_CLASS_DEVICE && here != MEZZO_CLASS_DEVICE)
		looks = true;
	return (struct way){class, class != MEZZO_CLASS_WB && looks};
}

const struct format format_ept = {
	.present = ALL,
	.ignored = IGNORED,
	.live = ALL | IGNORED,
	.read = read_entry,
	.way = way,
};
