/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested entries as an AMD processor reads them: written from the manual's tables, apart from the
 * engine's encoder and from its tables of types. What the processor would have to note in an entry
 * (accessed, dirty) must be noted there from the start. Frames that are registers are UC by the host's
 * MTRRs, all others WB.
 *
 * Types are told apart as far as they differ in which accesses go through a cache: write-through and
 * write-protected are write-back. Source: AMD APM vol. 2, 5.3, 15.25.8 with tables 15-19 and 15-20,
 * table 7-11; 15.25 for CR0.CD.
 */
#include "internal.h"

#define PRESENT (UINT64_C(1) << 0)
#define WRITE (UINT64_C(1) << 1)
#define USER (UINT64_C(1) << 2)
#define PWT_PCD UINT64_C(0x18)
#define ACCESSED (UINT64_C(1) << 5)
#define DIRTY (UINT64_C(1) << 6)
#define LEAF (UINT64_C(1) << 7) /* above the last level; there it is PAT */
#define LEAF_PAT (UINT64_C(1) << 12)
#define NO_EXEC (UINT64_C(1) << 63)
#define ADDRESS UINT64_C(0x000ffffffffff000)
#define IGNORED (UINT64_C(0x7ff0000000000000) | UINT64_C(0xe00))

/* The PAT's encodings. */
#define UC 0
#define WC 1
#define UC_MINUS 7

static struct entry read_table(uint64_t desc)
{
	const uint64_t rights = PRESENT | WRITE | USER | ACCESSED;
	/* One that takes a right away, or is read uncached, would mean something. */
	bool good = (desc & rights) == rights && !(desc & (NO_EXEC | PWT_PCD));

	return (struct entry){.kind = good ? ENTRY_TABLE : ENTRY_BAD, .pa = desc & ADDRESS};
}

static struct entry read_leaf(const struct mezzo_model *model, uint64_t desc, unsigned int level)
{
	bool pat = desc & (level == 3 ? LEAF : LEAF_PAT);
	unsigned int index = (unsigned int)(desc >> 3 & 3) | (pat ? 4u : 0);
	struct entry entry = {
		.kind = ENTRY_LEAF,
		.pa = desc & ADDRESS & ~(level == 3 ? 0 : LEAF_PAT),
		.type = model->config.host_pat >> 8 * index & 7,
		.read = true,
		.write = desc & WRITE,
		.exec = !(desc & NO_EXEC),
	};
	bool noted = (desc & ACCESSED) && (!entry.write || (desc & DIRTY));

	if (level == 0 || !(desc & USER) || !noted || entry.pa & (level_bytes(level) - 1))
		entry.kind = ENTRY_BAD;
	return entry;
}

static struct entry read_entry(const struct mezzo_model *model, uint64_t desc, unsigned int level)
{
	if (!(desc & PRESENT))
		return (struct entry){.kind = ENTRY_NONE};
	return level < 3 && !(desc & LEAF) ? read_table(desc) : read_leaf(model, desc, level);
}

static bool is_cacheable(unsigned int type)
{
	return type != UC && type != UC_MINUS && type != WC;
}

/*
 * The guest's page and the nested one. UC of the guest stays; WC of the guest over a cacheable entry
 * is WC+, which looks into the caches, unless the MTRRs say that there is nothing in them. Over RAM
 * UC is as good as CD, which looks; WC does not. With CR0.CD the guest's cacheable accesses are CD.
 */
static struct way way(const struct mezzo_model *model, unsigned int space,
		      const struct entry *entry, const struct frame *frame, enum mezzo_class stage1)
{
	const bool ram = !frame->mmio;

	if (stage1 == MEZZO_CLASS_NC)
		return (struct way){MEZZO_CLASS_NC, ram && is_cacheable(entry->type)};
	if (stage1 == MEZZO_CLASS_WB && entry->type == WC)
		return (struct way){MEZZO_CLASS_NC, false};
	if (stage1 == MEZZO_CLASS_WB && ram && is_cacheable(entry->type) &&
	    !model->space[space].config.caches_off)
		return (struct way){MEZZO_CLASS_WB, false};
	return (struct way){MEZZO_CLASS_DEVICE, ram};
}

const struct format format_npt = {
	.present = PRESENT,
	.ignored = IGNORED,
	.live = WRITE | NO_EXEC | ACCESSED | DIRTY | IGNORED,
	.read = read_entry,
	.way = way,
};
