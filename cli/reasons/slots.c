/* SPDX-License-Identifier: BSD-2-Clause */
/* Refused: the arguments of a slot. */
#include "reasons.h"

const struct reason_story reason_slots[MEZZO_REASONS] = {
	[MEZZO_WHY_SLOT_EMPTY] =
		{
			"A slot maps a range of guest-physical addresses to memory. A range of no "
			"pages maps nothing, and in some interfaces means 'delete'; here it is a "
			"mistake and is said to be one.",
			"A size is computed as end minus start, and start was set twice.\n"
			"Were the empty slot accepted, the guest would boot without its RAM, and the "
			"error would show far away.",
			"Give the number of 4 KiB pages, at least 1.\n"
			"To remove a slot, delete it by its id.",
		},
	[MEZZO_WHY_SLOT_MISALIGNED] =
		{
			"Page tables map whole pages: the hardware ignores the lower twelve bits of an "
			"address. So the guest-physical address of a slot must be a multiple of 4 KiB. "
			"It is not rounded for you, because rounding down would map something that was "
			"not asked for.",
			"A device's registers for one queue start in the middle of a page.\n"
			"Were the start rounded down, the guest would reach the registers before it, "
			"which belong to somebody else.",
			"Align the address down and the size up, if everything in those pages may be "
			"given to the guest.\n"
			"Otherwise trap this page and emulate it.",
		},
	[MEZZO_WHY_SLOT_WRAPS] =
		{
			"Start plus length goes past the end of 64 bits and comes out at the bottom. "
			"No such range exists; usually a negative number was taken for a size, or two "
			"sizes were added that were each near the limit.",
			"A slot of -1 pages at 1 GiB is checked as 'end below limit': the end wrapped "
			"to 1 GiB minus one page.\n"
			"Were the check only that, the guest would own the machine.",
			"Check the computation of address, offset and number of pages.",
		},
	[MEZZO_WHY_SLOT_BEYOND_IPA] =
		{
			"Every virtual machine has a size of guest-physical address space, fixed when "
			"it is made (32 to 48 bits). This slot ends beyond it. The hardware would "
			"answer accesses there with an address-size fault and never look at the slot.",
			"A 64-bit BAR is placed at 1 TiB in a machine made with 39 bits (512 GiB).\n"
			"Were the slot accepted, each access would fault, and nothing could be done "
			"at the fault.",
			"Make the space with more bits (ipa_bits), if the CPU has them.\n"
			"Or move the window: lower addresses for PCI memory.",
		},
	[MEZZO_WHY_SLOT_BEYOND_OBJECT] =
		{
			"The slot wants more pages than the object has from that offset on. What lies "
			"behind the end belongs to somebody else, or is nothing.",
			"A 4 MiB BAR is mapped as 8 MiB, because the guest resized it in its own "
			"mind.\n"
			"Were the rest mapped, the guest would have the next device's BAR.",
			"Map at most the object's pages from the offset on.\n"
			"Check that the offset is in pages and not in bytes.",
		},
	[MEZZO_WHY_SLOT_OVERLAPS] =
		{
			"Another slot already covers part of the range, and one guest address cannot "
			"be two things. The refusal names the slot it collides with.",
			"After a reboot the guest's firmware moves a BAR; the VMM forgets to delete "
			"the old slot.\n"
			"Were the later slot to win, some pages would be RAM for one vCPU and a "
			"device for another.",
			"Delete the other slot first, or move one of the two.\n"
			"To move a slot, change it (mezzo_slot_change): its own old range is no obstacle.",
		},
	[MEZZO_WHY_SLOT_ID_IN_USE] =
		{
			"Slots have a number, by which they are deleted. A slot of this number exists; "
			"making another of the same number would leave one of them without a name.",
			"Two devices pick slot 3.\n"
			"Were both accepted, unplugging one would delete the memory of the other.",
			"Choose a number that is free.\n"
			"To replace the slot, delete the old one first.",
		},
	[MEZZO_WHY_SLOT_ID_UNKNOWN] =
		{
			"There is no slot of this number in this space. It may have been deleted "
			"already, or it belongs to another space.",
			"A device is unplugged twice.\n"
			"Were the second deletion silent, it could one day delete a slot that got the "
			"same number since.",
			"Delete each slot once; keep its number with its device.",
		},
	[MEZZO_WHY_SLOT_LIMIT] =
		{
			"All slots of the space are in use. Their memory is the embedder's, given when "
			"the space was made, so the engine cannot make more of it.",
			"A guest with 300 virtual functions gets a slot for each BAR; the space was "
			"made with 256.\n"
			"Were an old slot reused, some device would lose its memory.",
			"Make the space with more slots (max_slots).\n"
			"Join neighbouring ranges of one object into one slot.",
		},
	[MEZZO_WHY_SLOT_FLAGS] =
		{
			"A flag is set that this version does not know, or starts-dirty, which says how a "
			"log begins, without dirty-log. It is refused and not ignored: a caller who "
			"sets a flag relies on it.",
			"A newer VMM asks for a slot that must be encrypted.\n"
			"Were the unknown flag ignored, the memory would be made in the clear, and "
			"the VMM would believe otherwise.",
			"Use the flags of the header you compiled with: read-only, dirty-log, and "
			"starts-dirty with it.\n"
			"Use a newer library, if the flag is real.",
		},
	[MEZZO_WHY_SLOT_FIXED] =
		{
			"A slot can be moved, and it can begin or cease to log writes. How many pages "
			"it has, of which object, from which offset on, and whether it is read-only "
			"stays what it was made with: what a guest has mapped there would be another "
			"thing under its hands.",
			"RAM is to grow by a call that names the same slot and more pages.\n"
			"Were the rest of the call done and the size ignored, the guest would be told "
			"of memory that is not there.",
			"Give the value that the slot has; the refusal names it.\n"
			"Delete the slot and make it anew, while no vCPU runs that needs it.",
		},
	[MEZZO_WHY_SLOT_LOG_NO_BITMAP] =
		{
			"A slot that logs writes notes them in a bitmap, a bit for each page, in memory "
			"that the embedder gives with the flag: the engine allocates none. Without it "
			"writes would have to be forgotten.",
			"A VMM sets the flag before it migrates a guest, and gives no memory.\n"
			"Were the slot accepted, the log would always be empty, and the guest would run "
			"on at its destination with pages of some seconds ago.",
			"Give zeroed memory of MEZZO_DIRTY_WORDS(pages) words in the slot's `bitmap`.",
		},
	[MEZZO_WHY_SLOT_NOT_LOGGING] =
		{
			"The call is about the slot's dirty log, and the slot has none: the flag was "
			"never set, or has been cleared since. An empty answer would say that nothing "
			"was written.",
			"Logging is ended by one thread while another still reads the log.\n"
			"Were the answer empty, the reader would take the last writes for copied.",
			"Set MEZZO_SLOT_FLAG_LOG_DIRTY first; read the log before it is cleared.",
		},
	[MEZZO_WHY_SLOT_LOGGING] =
		{
			"While a slot logs, its pages are mapped one by one, because that is what is "
			"logged. To make large leaves of them would undo what each write has paid for.",
			"A background thread collapses pages while a guest is migrated.\n"
			"Were it done, the next write to each block would split it again, and the guest "
			"would wait each time.",
			"End logging first (clear MEZZO_SLOT_FLAG_LOG_DIRTY), then collapse.",
		},
	[MEZZO_WHY_LOG_RANGE] =
		{
			"A log is read and cleared by whole words of 64 pages: a range begins at a "
			"multiple of 64 pages of the slot and ends at one, or where the slot ends. "
			"Nothing is rounded for you: clearing more than was asked for would lose writes.",
			"A VMM clears the one page that it has just sent.\n"
			"Were the range widened to the word around it, 63 pages that were not sent would "
			"be clean.",
			"Ask for the words around the pages; of these only the bits that you set are "
			"cleared.",
		},
	[MEZZO_WHY_RING_SIZE] =
		{
			"A ring's entries are counted on and on, and the place of an entry is the count "
			"without its upper bits: that needs a power of two. More than 65536 entries are "
			"more than anybody can collect in time.",
			"A ring of 3000 entries is asked for.\n"
			"Were it rounded up, the engine would write behind the memory it was given.",
			"Take the next power of two, from 2 to 65536; more entries mean fewer exits of "
			"vCPUs whose ring is full.",
		},
	[MEZZO_WHY_RING_SET] =
		{
			"Where writes are noted must be settled before the first one is: a slot that "
			"logs has noted writes in its bitmap, and whoever waits at the rings would "
			"never hear of them. So rings are given once, and before any slot logs.",
			"A second consumer gives rings of its own.\n"
			"Were they taken, what stands in the first ones would be lost.",
			"Give the rings right after the space was made.\n"
			"To go back to bitmaps, make another space.",
		},
	[MEZZO_WHY_SLOT_ACCEPTED] =
		{
			"A guest that does not trust its host checks a device before it uses it, and "
			"then relies on finding that device, and no other, at that address. A change "
			"that only the VMM has decided must not take it away or move it. Its owner can, "
			"through the object; the guest then has to accept it again.",
			"A guest accepts a network card's registers and sends a key to them.\n"
			"The VMM moves the slot and puts a device model of its own in its place.\n"
			"The next key goes to the VMM.",
			"Take the pages back first: mezzo_private_mmio_revoke.\n"
			"Then move or delete the slot, and let the guest accept the region anew.",
		},
	[MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE] =
		{
			"This memory was declared to have no aliases, and another slot already maps "
			"part of it: in this guest or in another. The second mapping would be the "
			"alias that was declared not to exist. Everything else in the rule relies on "
			"that word.",
			"One page of exclusive RAM is mapped at two guest addresses.\n"
			"The guest maps the first cached and the second uncached.\n"
			"Its own writes get lost between the two, and at take-back only one mapping's "
			"lines are accounted for.",
			"Map it once; delete the other slot first.\n"
			"Memory for two guests to share is cached memory: --contract cached.",
		},
	[MEZZO_WHY_DIRECT_NOT_AVAILABLE] =
		{
			"The object says that it is cleaned through the host's permanent mapping, but "
			"this platform has no permanent mapping: a small hypervisor maps guest memory "
			"only through windows. The slot is refused before a fault would find out that "
			"the work cannot be done.",
			"RAM is declared 'direct' on a hypervisor that maps nothing.\n"
			"The guest's first touch needs zeroing; there is no address to zero through.\n"
			"Were that found out at the fault, the guest would die of it, or the host.",
			"Declare the mapping that the platform does have: --maintenance window.\n"
			"Or give the platform a direct mapping (struct mezzo_platform.direct).",
		},
};
