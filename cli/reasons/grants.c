/* SPDX-License-Identifier: BSD-2-Clause */
/* Why memory was granted as it was. */
#include "reasons.h"

const struct reason_story reason_grants[MEZZO_REASONS] = {
	[MEZZO_WHY_DEVICE_AS_DECLARED] =
		{
			"The owner of this memory said that it is a device's registers. A read or a "
			"write of a register does something, so the CPU must do exactly the accesses "
			"that the program wrote: no more, no fewer, in that order, of that size. Arm "
			"calls this Device memory. The hypervisor's own table (stage 2) says "
			"Device-nGnRE, and the guest's table (stage 1) can only make it stricter.\n"
			"\n"
			"The price: no unaligned accesses, no write combining, no fetching of "
			"instructions. Graphics and network cards whose memory is merely large, not "
			"full of registers, are much slower this way.",
			"Suppose the guest could choose a weaker type for a FIFO register.\n"
			"The CPU reads ahead, as it may with ordinary memory.\n"
			"The read takes an element out of the FIFO that no program asked for.\n"
			"The driver waits for an element that is gone.",
			"If reads of this memory have no side effects and any size and alignment is "
			"tolerated (a frame buffer, a prefetchable PCI BAR), declare it combining: "
			"--contract combining.\n"
			"If it really is registers there is nothing to change.",
		},
	[MEZZO_WHY_COMBINING_AS_DECLARED] =
		{
			"The owner says that the memory does not mind how it is accessed, as long as "
			"it is not cached: a prefetchable PCI BAR, a frame buffer. So the hypervisor's "
			"table says Normal Non-cacheable, and the guest's own table decides between "
			"that (fast: writes may be combined, unaligned accesses work) and Device "
			"(strict). This is what a driver would have on a real machine.\n"
			"\n"
			"It can never become cached, whatever the guest asks for, and no instructions "
			"can be fetched from it.",
			"Suppose stage 2 said Device instead, to be on the safe side.\n"
			"The guest's graphics driver maps its BAR write-combining and copies with "
			"memcpy, as it does on every machine.\n"
			"memcpy does an unaligned load, which Device memory forbids.\n"
			"The process dies with SIGBUS, or the driver with an oops.",
			"If some pages of the BAR are registers after all, declare those pages device "
			"(an object of their own): --contract device.\n"
			"If the device keeps its memory coherent with the CPU's caches (CXL, Grace "
			"Hopper), declare it cached: --contract cached.",
		},
	[MEZZO_WHY_CACHED_FORCED] =
		{
			"Somebody else uses this memory through the caches: the host, or a device that "
			"looks into them. Guest and host see the same bytes only while both go through "
			"the cache. This CPU has FEAT_S2FWB: the hypervisor's table can say "
			"'write-back, whatever the guest's table says', even while the guest's MMU is "
			"off. Nobody can look past the cache, so nothing needs to be cleaned.",
			"Without the forcing, a guest maps a page of its RAM uncached.\n"
			"The host has just written zeroes there; they still sit in a cache line.\n"
			"The guest reads memory past the cache, and finds what the previous owner "
			"left: another guest's key.",
			"Nothing needs changing: this is the best case.\n"
			"A guest that has to choose its memory types itself, as on bare metal, needs "
			"memory that nobody else reaches: --contract exclusive.",
		},
	[MEZZO_WHY_CACHED_UNFORCED] =
		{
			"The memory is shared through the caches, and mapped write-back. But this CPU "
			"has no FEAT_S2FWB: where the guest's table asks for an uncached type, the "
			"guest gets it. While its MMU is off (at boot) it has no cache at all. "
			"So memory is cleaned before the guest first sees it and after it is taken "
			"away, and the answer's effective set honestly holds all three types: guest "
			"and host see the same bytes only while the guest itself uses write-back.",
			"The guest maps its frame buffer uncached and draws into it.\n"
			"The pixels go to memory, past the cache.\n"
			"The host's display process reads through the cache, where older pixels sit.\n"
			"The screen shows garbage until the line happens to be evicted.",
			"Use a CPU with FEAT_S2FWB (Armv8.4): --cpu ...,fwb.\n"
			"In the guest, use paravirtual drivers that keep shared buffers cached "
			"(virtio-gpu, not a linear frame buffer), or tell it that the device is "
			"dma-coherent.\n"
			"If nobody else needs this memory, declare that: --contract exclusive.",
		},
	[MEZZO_WHY_EXCLUSIVE_FORCED] =
		{
			"Nobody but the guest reaches this memory, and its owner allows write-back "
			"only. FEAT_S2FWB lets the hypervisor's table enforce that, so the guest "
			"cannot leave stale cache lines or uncached data behind.",
			"Without FEAT_S2FWB the same declaration would be a wish.\n"
			"The guest maps the page uncached and writes past the cache.\n"
			"The owner, who relied on write-back, takes the page back and reads an old "
			"cache line.",
			"To let the guest choose its types as on bare metal, allow them: --allow all.",
		},
	[MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE] =
		{
			"The whole piece of memory was handed over: no host mapping, no cached alias, "
			"nothing. Then there is nobody to disagree with, and the guest may do what it "
			"could do on a real machine: cached, uncached, or Device, page by page, as its "
			"own tables say. The hypervisor cleans the memory before and after through a "
			"temporary mapping, because cache lines of earlier owners may remain.\n"
			"\n"
			"Set/way cache operations and switching the MMU on and off have to be trapped "
			"by the hypervisor for such memory: they act on lines that the hardware cannot "
			"attribute to a guest.",
			"Suppose one forgotten cached mapping of the page existed in the host, never "
			"used.\n"
			"The CPU, which may read ahead through any mapping, fills a cache line from "
			"it.\n"
			"The guest writes the page uncached, past that line, then maps it cached.\n"
			"It reads the old line: its own write is lost.",
			"If somebody does need to reach the memory, declare how (--aliases), and the "
			"guest's choice narrows to what is coherent with that.\n"
			"To rule out uncached use altogether, allow write-back only (needs FWB): "
			"--allow normal-wb.",
		},
	[MEZZO_WHY_NO_TAG_ACCESS] =
		{
			"The guest uses memory tagging (MTE): every 16 bytes have a 4-bit tag, kept in "
			"storage beside the memory. This memory has no such storage: typically it "
			"belongs to a device. This CPU has FEAT_MTE_PERM, with which the hypervisor's "
			"table can say 'ordinary accesses yes, tag accesses no'. The guest can use the "
			"memory; a tag access takes an orderly fault.",
			"Without that bit the guest would store a tag.\n"
			"The interconnect has nowhere to put it and answers with an error.\n"
			"The error arrives as an external abort, perhaps late and without an address.",
			"Give the memory tag storage if the machine can: --tags.\n"
			"Or do not give this guest MTE: leave mte out of --guest.",
		},
	[MEZZO_WHY_WRITE_LOGGED] =
		{
			"The slot logs writes, for live migration or snapshots: its pages are mapped "
			"read-only, one at a time, and the first write to each marks it dirty and "
			"makes it writable. That happened here. While logging is on, blocks are not "
			"used: a dirty 2 MiB block would say too little.",
			"Suppose the page had been mapped writable on the read before.\n"
			"The migration copies the page.\n"
			"The guest writes it; no fault, no dirty bit.\n"
			"The destination resumes with the old page.",
			"Nothing needs changing. Write faults end when logging ends: leave dirty-log "
			"out of --guest.",
		},
};
