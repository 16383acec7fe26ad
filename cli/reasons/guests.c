/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses that end without an entry: the guest's own mistakes, and the embedder's work. */
#include "reasons.h"

const struct reason_story reason_guests[MEZZO_REASONS] = {
	[MEZZO_WHY_FETCH_NOT_CACHEABLE] =
		{
			"The guest jumped into memory from which no instructions are to be fetched: "
			"memory that it can never use as ordinary cached memory, such as a device's "
			"BAR. A fetch is a read that the CPU may repeat, widen and start on a guess, so "
			"on registers it would do things nobody asked for. The guest gets the same "
			"external abort that a machine gives; it can handle it, and it lives. This is "
			"not a refusal of the memory: reads and writes work.",
			"A wild pointer sends the guest's kernel into a network card's registers.\n"
			"If the fetch were allowed, each speculative fetch would read registers, some "
			"of which clear on read.\n"
			"If it were an error to the VMM instead, the guest's bug would end the whole "
			"virtual machine.",
			"Copy the code into RAM and run it there, as boot loaders do.\n"
			"If this is memory made for execution (coherent device memory), declare it "
			"cached: --contract cached.\n"
			"Memory handed over whole may be executed from: --contract exclusive.",
		},
	[MEZZO_WHY_FETCH_NO_SLOT] =
		{
			"The guest jumped to a guest-physical address at which nothing is. On a "
			"machine the bus would answer with an error; the guest gets that same external "
			"abort. The embedder is not asked: emulating an instruction fetch from a "
			"device register makes no sense.",
			"A guest's kernel follows a null function pointer while its MMU is off.\n"
			"With the abort it prints an oops with the address.\n"
			"Were it an exit to the VMM, the VMM would see an instruction fetch without "
			"any description, and could only kill the guest.",
			"If there should be memory, create a slot there first.\n"
			"If not, look for the wild jump in the guest.",
		},
	[MEZZO_WHY_WALK_NOT_CACHEABLE] =
		{
			"The guest put its own page tables into memory that is not ordinary cached "
			"memory, such as a BAR. When the CPU walks those tables it reads them on its "
			"own account, speculatively and repeatedly, which device memory must never "
			"see. The guest gets an external abort on the walk, as a machine may give.",
			"An attacker in the guest points a page table at a device's FIFO register.\n"
			"Every TLB miss then pops the FIFO, at moments nobody chose.\n"
			"The device, which the host may be sharing, is confused.",
			"Keep page tables in RAM.\n"
			"If this memory is RAM in truth, declare it cached or exclusive: --contract "
			"cached.",
		},
	[MEZZO_WHY_WALK_NO_SLOT] =
		{
			"A page table of the guest points to another table where nothing is. The CPU "
			"found out while walking, so the guest gets an external abort on a table walk, "
			"with the level at which it happened.",
			"A guest frees a page table and its memory is unplugged, but an entry still "
			"points there.\n"
			"The next access walks into nothing; the abort says 'on a walk, level 2'.\n"
			"Were the walk sent to the VMM as a device read, the VMM would make up page "
			"table entries.",
			"Create a slot there if memory is missing.\n"
			"Otherwise the guest's page tables are wrong: look there.",
		},
	[MEZZO_WHY_WALK_READ_ONLY] =
		{
			"The CPU's table walker sets flags in the guest's page tables (accessed, "
			"dirty) when the guest asks for that. Here the table lies in memory the guest "
			"may not write: flash, ROM, or a read-only object. There is no instruction "
			"that an embedder could emulate, so the guest gets an external abort on the "
			"walk. A walk that only reads such tables is fine: firmware keeps tables in "
			"flash.",
			"Firmware runs on page tables in flash and switches on hardware management of "
			"the accessed flag.\n"
			"The walker wants to write flash.\n"
			"Were the write dropped, the guest would believe pages were never used, and "
			"throw them away.",
			"Copy the tables to RAM before hardware flag updates are enabled.\n"
			"Or make the slot writable: leave out --read-only.",
		},
	[MEZZO_WHY_EXCLUSIVE_UNSUPPORTED] =
		{
			"Atomic instructions (load-exclusive, compare-and-swap, 64-byte stores) only "
			"work on memory types that the system can lock or monitor. The CPU itself "
			"refused this one, because of the type, and told the hypervisor. The guest "
			"gets the fault that it would have had on a machine, with the same code.",
			"A driver takes a spinlock that it placed in a device's BAR.\n"
			"The CPU cannot make that atomic and says so.\n"
			"Were the fault swallowed, the guest would repeat the instruction for ever.",
			"Keep locks and other atomically used data in RAM.\n"
			"If the device's memory is coherent with the caches, declare it cached: "
			"--contract cached.",
		},
	[MEZZO_WHY_UNALIGNED_DEVICE] =
		{
			"A load or store at an address that is not a multiple of its own size reached "
			"Device memory, where the CPU may not split it. Usually the CPU tells the guest "
			"directly; QEMU, for one, may report it to the hypervisor when it was the "
			"hypervisor's table that made the memory Device. Either way it is the guest's "
			"alignment fault.",
			"memcpy in the guest copies from a BAR with unaligned loads.\n"
			"The BAR was declared device, so stage 2 made it Device memory.\n"
			"The process gets SIGBUS, which on the same card in a real machine it would "
			"not: there the BAR is write-combining.",
			"If the BAR tolerates any access, declare it combining: --contract "
			"combining.\n"
			"Otherwise the guest must use aligned accesses (memcpy_fromio).",
		},
	[MEZZO_WHY_DEVICE_ACCESS] =
		{
			"No memory is mapped at this address: it may be an emulated device's register. "
			"The access goes to the embedder (the VMM, the hypervisor's device models) "
			"with its address, size and register.",
			"The guest writes to its emulated serial port.\n"
			"The embedder prints the character and lets the guest go on.\n"
			"Were the access an error, no emulated device could exist.",
			"If memory should be here, create a slot.\n"
			"Otherwise implement the device, or answer reads with all ones and ignore "
			"writes, as an empty bus does.",
		},
	[MEZZO_WHY_WRITE_READ_ONLY_SLOT] =
		{
			"The slot was made read-only on purpose: the guest reads and runs it as "
			"memory, and writes are commands to the embedder. Flash chips work like that, "
			"and so does a ROM that ignores writes. The write exits to the embedder as a "
			"device access.",
			"UEFI writes 0x40 to its flash, which means 'program a word'.\n"
			"The embedder's flash model gets the command.\n"
			"Were the write an error, no firmware could store a variable.",
			"If the guest should simply write here, create the slot without the read-only "
			"flag: leave out --read-only.",
		},
	[MEZZO_WHY_WRITE_READ_ONLY_OBJECT] =
		{
			"The slot is writable, but the memory behind it is not, and the object that "
			"owns it was asked to make the page writable and could not. The embedder gets "
			"a memory fault that names slot, object and offset, and decides: make it "
			"writable, emulate, or stop the guest. It never gets a bare error code.",
			"A GPU buffer is mapped read-only by its driver until first written.\n"
			"On Linux 7.1 the guest's first write made KVM_RUN fail with 'Bad address', "
			"and whole virtual machines died (users of muvm and libkrun reported it).\n"
			"Here the driver's object is asked first, and a refusal has a name.",
			"Let the object's resolve operation make the page writable when it is asked "
			"for write.\n"
			"If the memory really is constant, say so in the slot (--read-only), and "
			"writes become device accesses.",
		},
	[MEZZO_WHY_CACHE_OP_NO_SLOT] =
		{
			"The guest cleaned or invalidated a cache line by address, at an address where "
			"no memory is. Nothing can be cached there, so the instruction has nothing to "
			"do and is stepped over. Guests do this when they flush a range that has "
			"holes.",
			"A boot loader flushes 'all memory' from 1 GiB to 4 GiB; the guest has 512 "
			"MiB.\n"
			"Were each of those operations an abort, it would not boot.",
			"Nothing needs changing.\n"
			"A guest that is slow here should flush only the memory it has.",
		},
	[MEZZO_WHY_CACHE_OP_READ_ONLY] =
		{
			"Invalidating a cache line throws data away, so the CPU demands write "
			"permission for it. The guest may not write this memory; but then no line of "
			"it can hold a change of the guest's that could be thrown away either. The "
			"instruction is stepped over. (Cleaning needs no such permission and simply "
			"works.)",
			"Firmware invalidates the range of its flash before it reads it anew.\n"
			"Linux, as far as its source shows, takes this for a write to a device without "
			"a description, and fails the whole virtual machine.\n"
			"Here the guest goes on.",
			"Nothing needs changing.\n"
			"To let the invalidation through, make slot and object writable.",
		},
	[MEZZO_WHY_FRAME_POISONED] =
		{
			"Memory fails: a cell can no longer be corrected, and every read of it ends in an "
			"error. The owner has said so of this page. It is taken out of every guest and "
			"every device, nobody cleans or zeroes it again (the maintenance itself would "
			"get the error), and the pages around it stay. A guest that touches it gets the "
			"external abort that it would get on a machine; the embedder learns which "
			"address of which object it was, and how much has failed.",
			"A bit flips in a page of a guest's database.\n"
			"The guest reads it: an external abort, its kernel kills one process and retires "
			"the page.\n"
			"Were the page left mapped, the error would come to whichever CPU touched the "
			"line next, perhaps as an SError in the hypervisor, which cannot go on.",
			"Tell the guest, by a firmware record (GHES), so that it can retire the page.\n"
			"Put another frame in its place: punch the extent and fill it again, or let the "
			"host mapping resolve to another page, and run the guest on.",
		},
	[MEZZO_WHY_OBJECT_REVOKED] =
		{
			"The owner of the memory took it back: a device was reset or unplugged, a "
			"buffer was freed, a page went bad. The slot is still there, but there is "
			"nothing behind this page. The embedder gets a memory fault that says so, and "
			"can wait, put something else there, or tell the guest.",
			"The guest's driver puts its card to sleep; the host takes the BAR away.\n"
			"Another vCPU reads a register.\n"
			"Were the old mapping still there, the read would hang or crash the host.\n"
			"Were it a bare error, the VMM could not tell a sleeping card from a bug.",
			"Enable the object again when the device is back, and run the guest on.\n"
			"Delete the slot if the memory will not return.",
		},
	[MEZZO_WHY_SMALLER_THAN_GRANULE] =
		{
			"The space's tables have pages of 16 or 64 KiB, and what the object answered "
			"for this address is less: a run of frames that ends inside such a page, that "
			"is not aligned as the guest's address is, or whose frames are not in one "
			"state. The entry would reach over it, to frames that nobody gave to the guest "
			"or whose work is not done. The embedder gets a memory fault instead.",
			"A card's 4 KiB of registers are a slot of a space with 64 KiB tables.\n"
			"The 60 KiB behind them belong to another card.\n"
			"An entry for the page would hand the guest both.",
			"Give the object frames that fill whole pages of the granule, aligned to it.\n"
			"Make the space with 4 KiB tables, which every machine of ours has.",
		},
	[MEZZO_WHY_RING_FULL] =
		{
			"The guest is about to write to a page that is logged, and its vCPU's dirty ring "
			"has no empty entry to note that in. The page stays write-protected, so nothing "
			"is lost; the vCPU waits until somebody has collected the ring.",
			"A guest writes faster than its VMM reads the ring.\n"
			"Were the oldest entry overwritten, that page would never be copied, and the "
			"guest would run on at its destination with old data.",
			"Collect the ring's entries, reset them (mezzo_dirty_reset), and run the guest "
			"again: the same write then finds room.\n"
			"Give larger rings, if it happens often.",
		},
	[MEZZO_WHY_NOT_IN_VIEW] =
		{
			"Some machines let a guest say with each access whether it means memory of its "
			"own or memory that it shows to the host. Here the page is the other one: the "
			"guest and the embedder do not agree about it, or the guest is asking for it to "
			"be converted. For registers of a private device it means that the guest has "
			"not accepted them. The embedder gets the facts: address, which of the two the "
			"access meant, which of the two the page is.",
			"A guest's kernel shares a buffer with the host and forgets to say so.\n"
			"It then writes a key there, as private memory.\n"
			"Were the access let through, the host could read the key.",
			"Convert the page (mezzo_private_convert), if the guest has asked for it, and "
			"run the guest on.\n"
			"Otherwise tell the guest by an exception: it has made an error.",
		},
};
