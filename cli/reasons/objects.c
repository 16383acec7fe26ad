/* SPDX-License-Identifier: BSD-2-Clause */
/* Refused: what is asked of a memory object. */
#include "reasons.h"

const struct reason_story reason_objects[MEZZO_REASONS] = {
	[MEZZO_WHY_DERIVED_WIDENS] =
		{
			"An object can be handed on in part: half of a pool to one guest, one BAR of a "
			"card to a driver, a read-only view to an inspector. Whoever gets the part may "
			"be trusted less than the owner, so the part's contract can only take away: no "
			"writing, no devices, fewer memory types, smaller pages. Everything else it has "
			"to say as its parent says it. The refusal names the first field that differs.",
			"An owner shares its pool, which no device reaches, with a driver as read-only "
			"memory.\n"
			"The driver derives a part of it that is writable and reached by DMA.\n"
			"Were that accepted, the owner's data would change under its hands, in memory "
			"that it had declared safe from that.",
			"Give the field the value that the refusal names.\n"
			"If the memory really is more than its contract says, its owner must declare "
			"it so: a contract never changes, so that is another object.",
		},
	[MEZZO_WHY_BAR_SHARES_PAGE] =
		{
			"Page tables give away whole pages. A BAR smaller than a page, or one that "
			"begins or ends within a page, brings along whatever else the bus decodes in "
			"that page: often the registers of another device. Only whoever assigned the "
			"addresses can know, so the embedder has to look and say so; without its word "
			"the BAR is refused.",
			"Two functions of a card have BARs of 256 bytes, one right behind the other.\n"
			"The first is given to a guest, by a mapping of the page that holds both.\n"
			"The guest programs the second function, whose DMA belongs to the host.",
			"Assign the BAR a page of its own, and say that the rest of the page is the "
			"device's.\n"
			"Otherwise trap its accesses and emulate them one by one.",
		},
	[MEZZO_WHY_DMA_NOT_AVAILABLE] =
		{
			"What a device reaches goes through an IOMMU, whose entries must be made after "
			"the work on the frames and be gone before the frames are. That takes three "
			"operations of the platform, and this one has none of them: it was built for "
			"guests without devices of their own.",
			"A VMM assigns a network card and asks for the guest's RAM to be entered.\n"
			"Were the call to succeed and nothing be entered, the card's first packet "
			"would be an IOMMU fault that nobody can explain.",
			"Give the platform dma_map, dma_unmap and dma_complete.\n"
			"Or let the device be a model, and its guest reach it by exits.",
		},
	[MEZZO_WHY_DMA_NOT_DECLARED] =
		{
			"A contract says which devices reach the memory: none, such as look into the "
			"CPUs' caches, or such as do not. The rule has relied on that word when it "
			"accepted the slot: write-back can be forced where no device goes past the "
			"caches. One that appears afterwards would make the decision wrong.",
			"RAM is declared without devices, so that its guest gets forced write-back and "
			"nothing is ever cleaned.\n"
			"A card that does not snoop is let in.\n"
			"It sends what memory holds, not what the guest wrote: perhaps the last "
			"owner's data.",
			"Declare the device in the object's contract: dma snooped, or unsnooped.\n"
			"That is another object; the slot is then checked with it.",
		},
	[MEZZO_WHY_DMA_NO_SLOT] =
		{
			"A guest's devices reach what the guest has, at the same addresses. Where no "
			"slot is there is no object to say what may be done, and no frame.",
			"A VMM enters 4 GiB for a device in one call, though there is a hole for "
			"registers below 4 GiB.\n"
			"Were the hole passed over in silence, the driver's bug that points a ring "
			"there would show as a dead device.",
			"Make the slot first.\n"
			"Enter each slot's range by itself; done_pages says how far it went.",
		},
	[MEZZO_WHY_PRIVATE_VIEWS] =
		{
			"Private memory is one run of frames with two declarations. In the private view "
			"the guest is alone, so there are no aliases, and the host reaches the frames "
			"only through windows, for a moment. In the shared view the host may map them. "
			"If one of the two says otherwise, either the guest is not alone where it was "
			"told so, or a conversion cannot be carried out. A slot's two objects must be "
			"the two views of one memory, page for page.",
			"A VMM declares its private memory with a permanent mapping for maintenance.\n"
			"The mapping is a cached alias of every page that the guest believes to be its "
			"own; what the guest writes past the caches gets lost under it.",
			"Give the field the value that the refusal names.\n"
			"For a slot: give both views of one struct mezzo_private, or no second one.",
		},
};
