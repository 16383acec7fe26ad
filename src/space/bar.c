/* SPDX-License-Identifier: BSD-2-Clause */
/* BARs as devices have them: in bytes, and with parts that must be trapped. */
#include "internal.h"

#define PAGE_MASK (MEZZO_PAGE_BYTES - 1)

static int shares_page(struct mezzo_refusal *why, enum mezzo_field field, uint64_t got,
		       uint64_t want)
{
	*why = (struct mezzo_refusal){
		.reason = MEZZO_WHY_BAR_SHARES_PAGE,
		.field = field,
		.got = got,
		.want = want,
	};
	return MEZZO_ERR_REFUSED;
}

int mezzo_bar_init_bytes(struct mezzo_bar *bar, const struct mezzo_platform *platform,
			 const struct mezzo_contract *contract, struct mezzo_pa base,
			 uint64_t bytes, bool rest_is_devices, struct mezzo_refusal *why)
{
	const struct mezzo_pa first = {base.addr & ~PAGE_MASK};
	/* How many bytes there are up to the last page, which no range can end with. */
	const uint64_t left = base.addr < ~PAGE_MASK ? ~PAGE_MASK - base.addr : 0;
	int status;

	*why = (struct mezzo_refusal){
		.reason = bytes ? MEZZO_WHY_SLOT_WRAPS : MEZZO_WHY_SLOT_EMPTY,
		.field = MEZZO_FIELD_BYTES,
		.got = bytes,
		.want = bytes ? left : 1,
	};
	if (!bytes || bytes > left)
		return MEZZO_ERR_INVALID;
	if (!rest_is_devices && base.addr != first.addr)
		return shares_page(why, MEZZO_FIELD_BASE, base.addr, first.addr);
	if (!rest_is_devices && bytes & PAGE_MASK)
		return shares_page(why, MEZZO_FIELD_BYTES, bytes, (bytes | PAGE_MASK) + 1);
	status = mezzo_bar_init(bar, platform, contract, first,
				bytes_to_pages(base.addr + bytes - 1 - first.addr) + 1);
	if (status == MEZZO_ERR_REFUSED)
		*why = (struct mezzo_refusal){
			.reason = MEZZO_WHY_UNOWNED_NO_MAINTENANCE,
			.field = contract->promise.data ? MEZZO_FIELD_DATA : MEZZO_FIELD_TAGS,
			.got = MEZZO_CONTENT_UNOWNED,
			.want = MEZZO_CONTENT_INITIALISED,
		};
	return status;
}

/* --- around what is trapped --------------------------------------------------------------------- */

/* All pages that a trap touches, [*first, *end); none where it is empty. */
static void widen(const struct mezzo_bar_trap *trap, uint64_t mask, uint64_t limit, uint64_t *first,
		  uint64_t *end)
{
	*first = trap->offset_bytes & ~mask;
	*end = *first;
	if (!trap->bytes || trap->offset_bytes >= limit)
		return;
	*end = limit;
	if (trap->bytes < limit - trap->offset_bytes)
		*end = ((trap->offset_bytes + trap->bytes - 1) | mask) + 1;
}

unsigned int mezzo_bar_pieces(uint64_t bytes, unsigned int order, const struct mezzo_bar_trap *trap,
			      unsigned int traps, struct mezzo_bar_piece *piece)
{
	const uint64_t mask = mezzo_order_bytes(order) - 1, limit = bytes & ~mask;
	unsigned int count = 0;
	uint64_t at = 0;

	while (at < limit) {
		uint64_t stop = limit, first, end;
		bool trapped = false;

		for (unsigned int i = 0; i < traps; i++) {
			widen(&trap[i], mask, limit, &first, &end);
			if (end <= at || end == first)
				continue;
			if (first <= at) {
				at = end;
				trapped = true;
			} else if (first < stop) {
				stop = first;
			}
		}
		if (trapped)
			continue;
		piece[count++] = (struct mezzo_bar_piece){
			.offset_pages = bytes_to_pages(at),
			.pages = bytes_to_pages(stop - at),
		};
		at = stop;
	}
	return count;
}
