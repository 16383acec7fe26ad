/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons of the x86 rule alone. */
#include "reasons.h"

const struct reason_story reason_x86[MEZZO_REASONS] = {
	[MEZZO_WHY_UC_PAT_IGNORED] =
		{
			"The memory is registers: every access must reach the device, one by one and in "
			"order. EPT can say UC, but UC alone is not enough: where the guest's own page "
			"tables say write combining, the combination of the two is write combining. So "
			"the entry also sets the bit that makes the processor ignore the guest's PAT.",
			"EPT says UC for a device's registers, and nothing more.\n"
			"The guest's driver maps them write-combining by mistake.\n"
			"Two writes to one register become one, and the device misses a command.",
			"If the device tolerates any uncached access, say so, and the guest may choose "
			"write combining: --contract combining.",
		},
	[MEZZO_WHY_UC_PAT_HONOURED] =
		{
			"The owner has declared that this memory tolerates combined and reordered "
			"writes: a frame buffer, or another BAR without side effects. The entry says "
			"UC, which keeps every access out of the caches whatever the guest asks for, "
			"and leaves it one choice: write combining, where its PAT says so.",
			"The entry said WB, to leave the type to the guest.\n"
			"The guest maps the BAR cached, and the CPU reads a line ahead.\n"
			"On some machines a cached access to device memory is a machine check: the "
			"host is down.",
			"If the memory must never be combined, declare registers: --contract device "
			"(under EPT).",
		},
	[MEZZO_WHY_CACHED_PAT_IGNORED] =
		{
			"The host, or a device, reaches this memory through the caches. On this "
			"processor, without self-snoop, a guest that maps it write-combining would "
			"write past those caches and neither side would see the other's data. So the "
			"entry says WB and makes the processor ignore the guest's PAT.",
			"The host's backend keeps a ring buffer in a dirty line.\n"
			"The guest maps the ring write-combining and writes a descriptor to memory.\n"
			"The line is evicted over it: the descriptor is gone.",
			"On a processor with self-snoop the guest may choose: --cpu self-snoop.\n"
			"Memory that nobody else reaches leaves the type to the guest: --contract "
			"exclusive.",
		},
	[MEZZO_WHY_CACHED_PAT_HONOURED] =
		{
			"The host, or a device, reaches this memory through the caches, and so does the "
			"guest, unless its own page tables ask for something weaker. That is safe here: "
			"with self-snoop, and under NPT, the processor looks into the caches before it "
			"goes to memory, whatever the type.\n\n"
			"It is not free. A driver that maps ordinary RAM uncached, because it takes it "
			"for a device's, gets what it asked for: some processors need hundreds of "
			"cycles for each such access.",
			"The guest's PAT was ignored, and the guest shares a buffer with a device that "
			"does not snoop.\n"
			"It maps the buffer write-combining and writes; the data stays in a cache.\n"
			"The device reads memory: the old frame.",
			"If the guest is slow, look for drivers in it that map RAM uncached (bochs and "
			"cirrus frame buffers are known).\n"
			"Memory that nobody else reaches can be forced under EPT: --aliases none "
			"--allow wb --maintenance window.",
		},
	[MEZZO_WHY_EXCLUSIVE_PAT_IGNORED] =
		{
			"Nobody but this guest reaches the memory, and its owner allows write-back "
			"only. Under EPT that can be kept: the entry says WB and makes the processor "
			"ignore the guest's PAT.",
			"The owner allowed write-back only, for a device of its own that snoops.\n"
			"The guest maps a page write-combining.\n"
			"The device finds an old line in a cache.",
			"If the guest may choose, say so: --contract exclusive.",
		},
	[MEZZO_WHY_TYPE_BY_GUEST_MTRR] =
		{
			"The space was told to honour the guest's MTRRs, and this memory leaves the "
			"type to the guest. So the entry says what the guest's MTRRs say of the "
			"address, and the guest's PAT chooses within that, as on a machine.\n\n"
			"Beside a cached alias of the host only WB, WT and WP are honoured, and in "
			"memory that tolerates uncached accesses only UC and WC.",
			"An old driver marks its buffer UC in an MTRR and leaves its page tables alone.\n"
			"The MTRR is ignored: the guest writes into a cache.\n"
			"The device, which does not snoop, reads memory: the old data.",
			"Most guests state their types by PAT: leave honour-mtrr out of --guest, as "
			"Linux does since 6.11, and no MTRR write costs anything.",
		},
	[MEZZO_WHY_WC_NOT_FORBIDDABLE] =
		{
			"The owner declares registers, which must never be written in combined form. "
			"Under NPT the guest's PAT always takes part in the type, and write combining "
			"wins over anything that the nested entry can say. There is no bit to ignore "
			"it. Rather than hope that the guest's driver maps the registers right, the "
			"slot is refused.",
			"A BAR is mapped for a guest under NPT, as UC.\n"
			"The guest maps it write-combining.\n"
			"Writes to two registers arrive as one, in another order.",
			"Declare that the memory tolerates write combining, if it does, as Linux does "
			"for every BAR: --contract combining, or --allow device,nc.\n"
			"Emulate the registers: leave the range without a slot.\n"
			"On a machine with EPT it can be forbidden: --arch x86-ept.",
		},
	[MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA] =
		{
			"Two parties pull in opposite directions. The host reaches the memory through "
			"caches that this processor does not look into for write-combining accesses, "
			"so the guest's PAT would have to be ignored. The device reaches it past the "
			"caches, so the guest needs an uncached type for what it shares with the "
			"device, and its PAT would have to be honoured. No type serves both.",
			"The guest's PAT is honoured, for the device's sake.\n"
			"The guest writes a page write-combining while the host's cached line of it is "
			"dirty.\n"
			"The line is evicted over the guest's data.\n"
			"Had the PAT been ignored, the device would have read what was there before.",
			"Have the IOMMU force snooping: --dma snooped.\n"
			"Give the guest memory that nobody else reaches: --contract exclusive "
			"--maintenance window.\n"
			"Use a processor with self-snoop: --cpu self-snoop.",
		},
	[MEZZO_WHY_DMA_NEEDS_MAINTENANCE] =
		{
			"A device reads and writes this memory past the caches. What the host or a "
			"guest left in a cache line is invisible to it, and what it writes is hidden "
			"behind such a line. So lines have to be flushed before the guest, and with it "
			"the device, gets the memory, and again after it is taken back; and the host "
			"has declared that it has no way to do that.",
			"The host zeroes a page for VM B; the zeroes are in a cache.\n"
			"VM B has its device read the page.\n"
			"The device reads memory: what VM A left there.",
			"Give the host a way to flush it: --maintenance direct, or window.\n"
			"Have the IOMMU force snooping: --dma snooped.",
		},
};
