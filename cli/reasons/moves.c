/* SPDX-License-Identifier: BSD-2-Clause */
/* Refused by another machine: a space, before its guest leaves. */
#include "reasons.h"

const struct reason_story reason_moves[MEZZO_REASONS] = {
	[MEZZO_WHY_IPA_TOO_SMALL] =
		{
			"A guest is made with a size of guest-physical addresses, which its ID "
			"registers tell it and its own page tables rely on. The other machine's "
			"stage 2 has fewer bits (ID_AA64MMFR0_EL1.PARange, or what its host offers), "
			"so such a space cannot be made there.",
			"A guest with 48 bits has a PCI window at 128 TiB.\n"
			"The other machine has 40 bits: the window's slot would be refused, and the "
			"guest has run for a week by then.",
			"Make the guest with as few bits as the smallest machine that it may go to.",
		},
	[MEZZO_WHY_GUEST_HAS_TAGS] =
		{
			"The guest was given allocation tags (MTE), and uses them: its pointers carry "
			"tags, and its memory holds them. The other machine has no tags, or none with "
			"storage, so they can be neither kept nor checked there.",
			"A guest whose heap checks pointers by tags moves to a machine without.\n"
			"Its tag instructions are undefined there: it dies at the first allocation.",
			"Give tags to guests only where every machine that they may go to has them.",
		},
	[MEZZO_WHY_GUEST_TOLD_IDC] =
		{
			"CTR_EL0.IDC=1 tells a guest that it need not clean the data cache before it "
			"runs code that it wrote. Where the other machine says 0 that is needed, and "
			"the guest leaves it out.",
			"A guest compiles a function and jumps to it, on a machine with IDC=0.\n"
			"The instruction fetch goes to memory, the new code is still in the data "
			"cache: the guest runs what was there before.",
			"Trap CTR_EL0 and tell the guest 0 from its start: it then cleans, which costs "
			"a little where it need not.\n"
			"Move it among machines with IDC=1 only.",
		},
	[MEZZO_WHY_GUEST_TOLD_DIC] =
		{
			"CTR_EL0.DIC=1 tells a guest that it need not invalidate the instruction cache "
			"before it runs code that it wrote. Where the other machine says 0 that is "
			"needed, and the guest leaves it out.",
			"A guest replaces a function while it runs, on a machine with DIC=0.\n"
			"The instruction cache still has the old one: sometimes, and only there, the "
			"guest runs it.",
			"Trap CTR_EL0 and tell the guest 0 from its start.\n"
			"Move it among machines with DIC=1 only.",
		},
	[MEZZO_WHY_TYPES_WIDER] =
		{
			"With FEAT_S2FWB the hardware makes memory write-back whatever the guest maps "
			"it as. Without it the guest's own uncached mappings take effect: they look "
			"past the cache, in which the host's side of the same memory lies. The "
			"requirements hold the guest to fewer types than it could reach there.",
			"A guest maps its display buffer uncached. Here that is write-back, and the "
			"host reads what the guest drew.\n"
			"On the machine without FWB the guest writes to memory and the host reads its "
			"own stale lines.",
			"Move it among machines with FWB only.\n"
			"If the guest is known to use write-back alone, say so: allow the other types "
			"in `held_to`.",
		},
	[MEZZO_WHY_BLOCK_TOO_SMALL] =
		{
			"The requirements ask for leaves of some size, because TLB misses cost time. "
			"The other machine's tables have none so large: another granule, work that "
			"bounds them there (memory that must be cleaned is mapped in at most 2 MiB), or "
			"the object's own bound.",
			"A guest was tuned with 1 GiB blocks.\n"
			"Without FWB each of its blocks would have to be cleaned in one go when it is "
			"taken back, so they are of 2 MiB, and the guest is slower for no reason that "
			"it could see.",
			"Ask for less, if the guest can live with it.\n"
			"Choose a machine with the granule and the features that the size needs.",
		},
};
