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
};
