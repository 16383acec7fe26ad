/* SPDX-License-Identifier: BSD-2-Clause */
/* Refused: the declaration contradicts itself, or the machine cannot honour it. */
#include "reasons.h"

const struct reason_story reason_contracts[MEZZO_REASONS] = {
	[MEZZO_WHY_FACTS_INADMISSIBLE] =
		{
			"The facts cannot all be true of one machine. A CPU with FEAT_S2FWB also has "
			"CTR_EL0.IDC, because the architecture requires the one for the other; "
			"FEAT_MTE_PERM is an extension of MTE; a guest cannot use tags that the "
			"machine does not have; and memory of which no type at all is allowed cannot "
			"be given to anybody. Rather than guess which fact is wrong, the rule refuses.",
			"An emulator reports FWB but not IDC (QEMU 7.2 does).\n"
			"A hypervisor that believes FWB skips cleaning.\n"
			"If the missing IDC was the true half, the guest runs stale instructions.",
			"Look at the facts again: fwb implies idc, mte_perm implies mte, --guest mte "
			"needs a --cpu with mte.\n"
			"Read the ID registers of every CPU of the machine and take what all of them "
			"have.\n"
			"For QEMU with tags: -machine mte=on, and --cpu max,mte.",
		},
	[MEZZO_WHY_PRIVATE_WITH_ALIAS] =
		{
			"Private memory is memory of which no host mapping exists, so that the host "
			"cannot read it, by design or by mistake. The declaration calls it private and "
			"at the same time says that somebody else reaches it. One of the two is not "
			"true.",
			"A confidential guest is told that its memory is private.\n"
			"It keeps its disk key there.\n"
			"The host's mapping, declared as an alias, is used by a backup process.\n"
			"The key is in the backup.",
			"Take the mapping away and declare no aliases: --aliases none --maintenance "
			"window.\n"
			"Or do not call it private: leave out --private. Use a shared buffer for what "
			"both have to see.",
		},
	[MEZZO_WHY_DIRECT_NOT_CACHED] =
		{
			"Maintenance 'direct' means that the host has a permanent, cached mapping of "
			"this memory and cleans it through that: the kernel's linear map of all RAM. "
			"Such a mapping is a cached alias by itself, even if nobody ever uses it, "
			"because the CPU may read ahead through any cached mapping at any time. So it "
			"contradicts a declaration that says: device, uncached, or no aliases.",
			"RAM is handed to a guest as exclusive memory, but stays in the linear map.\n"
			"The CPU speculatively fills a cache line through the linear map.\n"
			"The guest writes the page uncached, then maps it cached.\n"
			"It reads the old line. Its write is lost, and nobody ever touched the "
			"mapping.",
			"Take the memory out of the linear map, and clean it through a temporary "
			"mapping: --maintenance window.\n"
			"If the host does keep it mapped, declare that: --contract cached.\n"
			"Device memory that is never mapped cached needs no maintenance: "
			"--maintenance none.",
		},
	[MEZZO_WHY_MMIO_WRITE_BACK] =
		{
			"These are registers (mmio), and the declaration would let a guest map them as "
			"ordinary cached memory. A cached mapping lets the CPU read whole lines at any "
			"moment, and write whole lines back at any later moment, whatever the program "
			"does. For registers either is a disaster; on some machines it is a machine "
			"check that stops the host.",
			"A guest maps a GPU's registers write-back.\n"
			"It touches nothing yet; the CPU reads ahead and fills a line from the "
			"registers.\n"
			"The bus cannot answer a 64-byte burst from a register block.\n"
			"The host dies with a machine check. (This has happened: legacy VGA memory "
			"mapped write-back.)",
			"Declare registers as what they are: --contract device.\n"
			"If this is memory on a device and not registers, leave out --mmio, and "
			"declare it combining or cached.",
		},
	[MEZZO_WHY_ALIAS_CACHED_GUEST_NOT] =
		{
			"Others use this memory through the caches; the guest is allowed types that go "
			"past the caches. Then the two look at different bytes: what one wrote sits in "
			"a cache line, and the other reads memory. No cleaning at the start repairs "
			"that, because both go on writing.",
			"The host's virtio back end writes a packet; it sits in a dirty cache line.\n"
			"The guest, which mapped the buffer uncached, reads memory: the previous "
			"packet.\n"
			"Later the line is evicted and overwrites what the guest wrote meanwhile.",
			"Allow the guest write-back only: --allow normal-wb (contract cached).\n"
			"Or change how the others reach it: map it uncached everywhere and declare "
			"combining: --aliases uncached --allow device,normal-nc.\n"
			"Or give the memory to the guest alone: --contract exclusive.",
		},
	[MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED] =
		{
			"Others reach this memory past the caches, the guest would be allowed to cache "
			"it. What the guest writes then stays in its cache where the others do not "
			"look, and what they write does not reach the lines that the guest reads.",
			"The host maps a GPU buffer write-combining and draws into it.\n"
			"The guest maps the same buffer write-back and reads it once: its cache keeps "
			"the lines.\n"
			"The host draws the next frame.\n"
			"The guest sees the old frame, in stripes of 64 bytes. (Reported as corrupted "
			"vertices on real hardware.)",
			"Keep the guest to uncached types: --contract combining.\n"
			"If the others can use it cached, let them, and declare cached: --contract "
			"cached.\n"
			"If nobody else needs it, say so: --contract exclusive.",
		},
	[MEZZO_WHY_ALLOW_NOT_ENFORCEABLE] =
		{
			"The declaration allows some types and not others, but the hardware cannot "
			"hold a guest to that. The guest's own tables can always ask for a stricter "
			"type than the hypervisor's (Device instead of Normal, uncached instead of "
			"cached), and get it. The one exception is FEAT_S2FWB, which can force "
			"write-back, alone. A declaration that cannot be kept is refused rather than "
			"quietly weakened.",
			"Memory is declared exclusive and write-back only, on a CPU without FWB.\n"
			"Its owner therefore does not clean it when it comes back.\n"
			"The guest maps it uncached and leaves data in memory, past the owner's cache "
			"lines.\n"
			"The next owner reads a mixture of both.",
			"Allow what the guest can reach anyway: --allow all, for exclusive memory.\n"
			"For device memory allow Device along with NC: --allow device,normal-nc.\n"
			"Use a CPU that can force write-back: --cpu ...,fwb.",
		},
	[MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW] =
		{
			"Memory that nobody else reaches still has a history: the owner before left "
			"data and cache lines. Before the guest sees it, and after it comes back, it "
			"must be zeroed and cleaned, and cache operations work through an address. "
			"The host must have no permanent mapping (that would be an alias), so what is "
			"needed is a temporary one, made for the operation and taken away again: a "
			"window. FEAT_S2FWB does not help, because the guest itself may go past the "
			"cache.",
			"A page comes back from guest A with dirty lines still in a cache, and nothing "
			"cleans it.\n"
			"It is given to guest B, which maps it uncached.\n"
			"A's lines are evicted, one by one, over B's data.\n"
			"Or B maps it cached, and reads A's key out of the lines.",
			"Give the host a window and say so: --maintenance window.\n"
			"If the host does map this memory for good, declare it cached: --contract "
			"cached --maintenance direct.",
		},
	[MEZZO_WHY_CACHED_NEEDS_MAINTENANCE] =
		{
			"The memory is used through caches, and this CPU has no FEAT_S2FWB: a guest "
			"can map it uncached and look past the cache at what is really in memory. Then "
			"memory must be clean before the guest sees it, and cleaning needs some mapping "
			"through which the host can do it. This memory has none: device memory that "
			"the host kernel does not map, for example.\n"
			"\n"
			"Older systems map such memory Device instead, as a fallback. That does not "
			"help, it is the leak itself: Device reads go past the cache, too. Hence no "
			"fallback: the slot is refused when it is made.",
			"VM A writes its key into the memory, and ends.\n"
			"The VMM zeroes the memory through its cached mapping. The zeroes sit in the "
			"cache; A's key is still in memory.\n"
			"VM B gets the memory, and reads it uncached.\n"
			"VM B has A's key.",
			"Give the host a way to clean: a temporary mapping (--maintenance window), or "
			"the linear map if the memory is in it (--maintenance direct).\n"
			"Use a CPU with FEAT_S2FWB: --cpu ...,fwb. Then the guest cannot look past "
			"the cache.\n"
			"If the memory need not be cached at all, declare it combining: --contract "
			"combining.",
		},
	[MEZZO_WHY_MTE_NO_TAG_STORAGE] =
		{
			"The guest has memory tagging (MTE), this memory could be mapped write-back, "
			"and there is no storage for tags behind it. The hypervisor cannot see which "
			"pages the guest will treat as tagged: that is the guest's own table. A tag "
			"access to memory without tag storage is answered by the bus with an error. "
			"Device and uncached mappings are exempt: they are never tagged.",
			"The guest maps a GPU's cached memory as tagged and stores a tag.\n"
			"The GPU's memory has no tags; the interconnect returns an error.\n"
			"An external abort arrives in the guest, or asynchronously somewhere else.",
			"Do not give this guest MTE: leave mte out of --guest.\n"
			"Use memory with tag storage, if the machine has some: --tags.\n"
			"Use a CPU with FEAT_MTE_PERM, which can deny tag accesses alone: --cpu "
			"...,mte_perm.\n"
			"Declare the memory combining: --contract combining.",
		},
	[MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA] =
		{
			"The guest's accesses are forced to be cached (FEAT_S2FWB, write-back only), "
			"and a device reaches the same memory without looking into the caches. A "
			"driver in the guest knows this situation, and maps its buffers uncached, or "
			"cleans them. But here its uncached mapping is turned into a cached one behind "
			"its back, so it believes its data is in memory when it is in a cache.",
			"The guest's driver maps a descriptor ring uncached and writes a descriptor.\n"
			"Stage 2 forces write-back: the descriptor sits in a cache line.\n"
			"The device does not snoop, reads memory, and finds the old descriptor.\n"
			"It does DMA to a buffer that belongs to something else by now.",
			"Make the device snoop, if the IOMMU can force it: --dma snooped.\n"
			"Let the guest choose its types, with memory of its own: --contract exclusive "
			"--maintenance window.\n"
			"Keep the device away from this memory: --dma none.",
		},
	[MEZZO_WHY_DIRTY_LOG_BESIDE_DMA] =
		{
			"Writes are logged by mapping pages read-only and catching the guest's first "
			"write. A device does not go through the guest's page table: what it writes "
			"into memory leaves no trace in the log. A migration that trusts such a log "
			"copies old pages, and nobody notices until the guest does.",
			"Migration starts: all pages are copied, and the log is switched on.\n"
			"A network card writes a packet into a page that was already copied.\n"
			"The log does not show it.\n"
			"The destination resumes without the packet, or with half of one.",
			"Unplug the device before logging, and declare it: --dma none.\n"
			"Do without the log: leave dirty-log out of --guest.\n"
			"When the IOMMU can report what devices wrote, the pair will be accepted; "
			"until then it is not.",
		},
};
