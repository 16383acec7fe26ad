/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of a guest's own: offered, accepted by the guest, taken back through the object alone. */
#include <mezzo/private.h>

#include "internal.h"

/* Of a page. */
enum {
	OFFERED,
	ACCEPTED,
	WITHDRAWN, /* being taken back */
};

static uint8_t page_state(const struct mezzo_private_mmio *mmio, uint64_t page)
{
	return atomic_load_explicit(&mmio->page[page], memory_order_acquire);
}

static int mmio_resolve(struct mezzo_object *object, uint64_t offset, bool write,
			struct mezzo_frame *frame)
{
	const struct mezzo_private_mmio *mmio = (struct mezzo_private_mmio *)object;
	const uint64_t block = mezzo_order_pages(MEZZO_ORDER_2M);
	const uint64_t place =
		bytes_to_pages(mmio->base.addr + pages_to_bytes(offset)) & (block - 1);
	const uint8_t state = page_state(mmio, offset);
	uint64_t low = offset, high = offset + 1;

	(void)write;
	if (state != ACCEPTED)
		return state == OFFERED ? MEZZO_ERR_NOENT : MEZZO_ERR_REVOKED;
	/* No further than a block of 2 MiB could use. */
	while (low && low > offset - place && page_state(mmio, low - 1) == ACCEPTED)
		low--;
	while (high < object->pages && high < offset + (block - place) &&
	       page_state(mmio, high) == ACCEPTED)
		high++;
	*frame = (struct mezzo_frame){
		.pa = {mmio->base.addr + pages_to_bytes(offset)},
		.before_pages = offset - low,
		.from_pages = high - offset,
		.state = object->contract.promise,
		.writable = object->contract.writable,
	};
	return MEZZO_OK;
}

static int keep_begin(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		      struct mezzo_frame_state expected)
{
	(void)object, (void)offset_pages, (void)pages, (void)expected;
	return MEZZO_OK;
}

static void keep_end(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		     struct mezzo_frame_state state)
{
	(void)object, (void)offset_pages, (void)pages, (void)state;
}

static void keep_lines(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		       enum mezzo_lines lines)
{
	(void)object, (void)offset_pages, (void)pages, (void)lines;
}

static const struct mezzo_object_ops mmio_ops = {
	.size = sizeof(mmio_ops),
	.resolve = mmio_resolve,
	.frames_begin = keep_begin,
	.frames_end = keep_end,
	.frames_lines = keep_lines,
};

/* Registers have no content that could be zeroed, nor lines; and the guest is alone. */
static int check_contract(const struct mezzo_contract *contract, struct mezzo_refusal *why)
{
	const struct {
		enum mezzo_reason reason;
		enum mezzo_field field;
		uint8_t got, want;
	} rows[] = {
		{MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_PRIVATE, contract->is_private, true},
		{MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_MMIO, contract->mmio, true},
		{MEZZO_WHY_PRIVATE_WITH_ALIAS, MEZZO_FIELD_ALIASES, contract->aliases,
		 MEZZO_ALIASES_NONE},
		{MEZZO_WHY_MMIO_WRITE_BACK, MEZZO_FIELD_ALLOW, contract->allow & MEZZO_CLASS_WB, 0},
		{MEZZO_WHY_UNOWNED_NO_MAINTENANCE, MEZZO_FIELD_DATA, contract->promise.data,
		 MEZZO_CONTENT_INITIALISED},
		{MEZZO_WHY_LINES_NO_MAINTENANCE, MEZZO_FIELD_LINES, contract->promise.lines,
		 MEZZO_LINES_CLEAN},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].got == rows[i].want)
			continue;
		*why = (struct mezzo_refusal){
			.reason = rows[i].reason,
			.field = rows[i].field,
			.got = rows[i].got,
			.want = rows[i].want,
		};
		return MEZZO_ERR_REFUSED;
	}
	return MEZZO_OK;
}

int mezzo_private_mmio_init(struct mezzo_private_mmio *mmio, const struct mezzo_platform *platform,
			    const struct mezzo_contract *contract, struct mezzo_pa base,
			    uint64_t pages, _Atomic uint8_t *state, struct mezzo_refusal *why)
{
	const int status = check_contract(contract, why);

	if (status)
		return status;
	if (!run_is_valid(base, pages, why))
		return MEZZO_ERR_INVALID;
	*mmio = (struct mezzo_private_mmio){
		.object = {.ops = &mmio_ops,
			   .platform = platform,
			   .contract = *contract,
			   .pages = pages},
		.base = base,
		.page = state,
	};
	for (uint64_t page = 0; page < pages; page++)
		atomic_store(&state[page], OFFERED);
	return MEZZO_OK;
}

static bool is_inside(const struct mezzo_private_mmio *mmio, uint64_t offset, uint64_t pages)
{
	return pages && offset < mmio->object.pages && pages <= mmio->object.pages - offset;
}

/* False: somebody else has changed the page. */
static bool become(struct mezzo_private_mmio *mmio, uint64_t page, uint8_t from, uint8_t to)
{
	return atomic_compare_exchange_strong(&mmio->page[page], &from, to);
}

/* The slot stays from before the guest has it. False: it is being taken back. */
static bool accept_page(struct mezzo_private_mmio *mmio, uint64_t page)
{
	if (page_state(mmio, page) == ACCEPTED)
		return true;
	atomic_fetch_add(&mmio->object.pinned, 1);
	if (become(mmio, page, OFFERED, ACCEPTED))
		return true;
	/* Somebody else was faster, in the one or the other. */
	atomic_fetch_sub(&mmio->object.pinned, 1);
	return page_state(mmio, page) == ACCEPTED;
}

int mezzo_private_mmio_accept(struct mezzo_private_mmio *mmio, uint64_t offset_pages,
			      uint64_t pages)
{
	if (!is_inside(mmio, offset_pages, pages))
		return MEZZO_ERR_INVALID;
	for (uint64_t page = offset_pages; page < offset_pages + pages; page++)
		if (!accept_page(mmio, page))
			return MEZZO_ERR_AGAIN;
	return MEZZO_OK;
}

int mezzo_private_mmio_revoke(struct mezzo_private_mmio *mmio, uint64_t offset_pages,
			      uint64_t pages)
{
	int status;

	if (!is_inside(mmio, offset_pages, pages))
		return MEZZO_ERR_INVALID;
	for (uint64_t page = offset_pages; page < offset_pages + pages; page++)
		if (atomic_exchange(&mmio->page[page], WITHDRAWN) == ACCEPTED)
			atomic_fetch_sub(&mmio->object.pinned, 1);
	status = mezzo_object_revoke(&mmio->object, offset_pages, pages);
	for (uint64_t page = offset_pages; !status && page < offset_pages + pages; page++)
		(void)become(mmio, page, WITHDRAWN, OFFERED);
	return status;
}
