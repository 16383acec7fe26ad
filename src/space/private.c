/* SPDX-License-Identifier: BSD-2-Clause */
/* Private memory: a pool of which each page is in one of two views. */
#include <mezzo/private.h>

#include "pool.h"

/* --- the shared view ---------------------------------------------------------------------------- */

static int shared_resolve(struct mezzo_object *object, uint64_t offset, bool write,
			  struct mezzo_frame *frame)
{
	struct mezzo_object *parent = object->parent;
	const int status = parent->ops->resolve(parent, offset, write, frame);

	frame->writable = object->contract.writable;
	if (status == MEZZO_ERR_NOENT)
		return MEZZO_OK;
	return status ? status : MEZZO_ERR_NOENT;
}

static int shared_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			struct mezzo_frame_state expected)
{
	return pool_begin((struct mezzo_pool *)object->parent, offset, pages,
			  frame_state_bits(expected) | POOL_SHARED);
}

static void shared_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		       struct mezzo_frame_state state)
{
	struct mezzo_object *parent = object->parent;

	parent->ops->frames_end(parent, offset, pages, state);
}

static void shared_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			 enum mezzo_lines lines)
{
	struct mezzo_object *parent = object->parent;

	parent->ops->frames_lines(parent, offset, pages, lines);
}

static const struct mezzo_object_ops shared_ops = {
	.size = sizeof(shared_ops),
	.resolve = shared_resolve,
	.frames_begin = shared_begin,
	.frames_end = shared_end,
	.frames_lines = shared_lines,
};

/* --- declaration -------------------------------------------------------------------------------- */

static int check_views(const struct mezzo_contract *private, const struct mezzo_contract *shared,
		       struct mezzo_refusal *why)
{
	const struct {
		enum mezzo_field field;
		uint8_t got, want;
	} rows[] = {
		{MEZZO_FIELD_PRIVATE, private->is_private, true},
		{MEZZO_FIELD_ALIASES, private->aliases, MEZZO_ALIASES_NONE},
		{MEZZO_FIELD_MAINTENANCE, private->maintenance, MEZZO_MAINTENANCE_WINDOW},
		{MEZZO_FIELD_MMIO, private->mmio, false},
		{MEZZO_FIELD_PRIVATE, shared->is_private, false},
		{MEZZO_FIELD_ALIASES, shared->aliases, MEZZO_ALIASES_CACHED},
		{MEZZO_FIELD_MMIO, shared->mmio, false},
		{MEZZO_FIELD_TAG_STORAGE, shared->tag_storage, private->tag_storage},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].got == rows[i].want)
			continue;
		*why = (struct mezzo_refusal){
			.reason = MEZZO_WHY_PRIVATE_VIEWS,
			.field = rows[i].field,
			.got = rows[i].got,
			.want = rows[i].want,
		};
		return MEZZO_ERR_REFUSED;
	}
	return MEZZO_OK;
}

bool run_is_valid(struct mezzo_pa base, uint64_t pages, struct mezzo_refusal *why)
{
	const uint64_t mask = MEZZO_PAGE_BYTES - 1, left = bytes_to_pages(UINT64_MAX - base.addr);

	*why = (struct mezzo_refusal){.reason = MEZZO_WHY_SLOT_EMPTY,
				      .field = MEZZO_FIELD_PAGES,
				      .got = pages,
				      .want = 1};
	if (!pages)
		return false;
	if (base.addr & mask)
		*why = (struct mezzo_refusal){.reason = MEZZO_WHY_SLOT_MISALIGNED,
					      .field = MEZZO_FIELD_BASE,
					      .got = base.addr,
					      .want = base.addr & ~mask};
	else if (pages > left)
		*why = (struct mezzo_refusal){.reason = MEZZO_WHY_SLOT_WRAPS,
					      .field = MEZZO_FIELD_PAGES,
					      .got = pages,
					      .want = left};
	return !(base.addr & mask) && pages <= left;
}

int mezzo_private_init(struct mezzo_private *private, const struct mezzo_platform *platform,
		       const struct mezzo_contract *contract, const struct mezzo_contract *shared,
		       struct mezzo_pa base, uint64_t pages, void *state, mezzo_unshare_fn *unshare,
		       void *arg, struct mezzo_refusal *why)
{
	int status = check_views(contract, shared, why);

	if (status)
		return status;
	if (!run_is_valid(base, pages, why) ||
	    mezzo_pool_init(&private->pool, platform, contract, base, pages, state))
		return MEZZO_ERR_INVALID;
	private->unshare = unshare;
	private->arg = arg;
	private->shared = (struct mezzo_object){
		.ops = &shared_ops,
		.platform = platform,
		.contract = *shared,
		.pages = pages,
		.parent = &private->pool.object,
	};
	/* What becomes shared has been zeroed, or was the guest's; and the host has lines of it. */
	private->shared.contract.promise = (struct mezzo_frame_state){
		.tags = shared->tag_storage ? MEZZO_CONTENT_INITIALISED : contract->promise.tags,
		.lines = MEZZO_LINES_MAYBE,
	};
	return MEZZO_OK;
}

bool mezzo_private_is_shared(const struct mezzo_private *private, uint64_t offset_pages)
{
	return pool_state(&private->pool, offset_pages) & POOL_SHARED;
}

int mezzo_private_disown(struct mezzo_private *private)
{
	for (uint64_t page = 0; page < private->pool.object.pages; page++)
		if (mezzo_private_is_shared(private, page))
			return MEZZO_ERR_EXISTS;
	return mezzo_pool_disown(&private->pool);
}

/* --- conversion --------------------------------------------------------------------------------- */

struct piece {
	struct mezzo_private *private;
	const struct mezzo_conversion *conversion;
	uint64_t offset, end;
};

/* Pages of one state from @offset on. */
static uint64_t run_end(const struct piece *piece, uint64_t offset, uint8_t state)
{
	do
		offset++;
	while (offset < piece->end && pool_state(&piece->private->pool, offset) == state);
	return offset;
}

static bool is_there(const struct piece *piece, uint8_t state)
{
	return !(state & POOL_SHARED) == !piece->conversion->to_shared;
}

/* What has to be done with frames in @state, in order. @work: nothing yet. */
static void list_work(const struct piece *piece, uint8_t state, struct mezzo_decision *work)
{
	const struct mezzo_contract *contract = &piece->private->pool.object.contract;
	const bool keep = piece->conversion->keep;
	uint8_t *next = work->before_visible;

	if (!keep || state & POOL_DATA)
		*next++ = MEZZO_ACTION_ZERO;
	if (contract->tag_storage && (!keep || state & POOL_TAGS))
		*next++ = MEZZO_ACTION_ZERO_TAGS;
	*next = MEZZO_ACTION_CLEAN_INVALIDATE;
}

/* In pieces that fit a window. */
static void work_on(const struct piece *piece, uint64_t offset, uint64_t end, uint8_t state)
{
	const struct mezzo_pool *pool = &piece->private->pool;
	struct mezzo_decision work = {0};

	list_work(piece, state, &work);
	while (offset < end) {
		const struct mezzo_pa pa = {pool->base.addr + pages_to_bytes(offset)};
		unsigned int order = MEZZO_ORDER_2M;

		while (order && (mezzo_order_pages(order) > end - offset ||
				 pa.addr & (mezzo_order_bytes(order) - 1)))
			order--;
		frame_prepare(pool->object.platform, &pool->object.contract, pa,
			      mezzo_order_bytes(order), &work);
		offset += mezzo_order_pages(order);
	}
}

/* Nobody has an entry any more. */
static void convert_frames(const struct piece *piece)
{
	const bool tags = piece->private->pool.object.contract.tag_storage;
	const bool to_shared = piece->conversion->to_shared;
	const struct pool_change stay = {.clear = POOL_WORK};
	const struct pool_change flip = {
		.clear = (uint8_t)(POOL_DATA | POOL_LINES | POOL_WORK | POOL_SHARED |
				   (tags ? POOL_TAGS : 0)),
		.set = to_shared ? POOL_SHARED | POOL_LINES : 0,
	};
	struct mezzo_pool *pool = &piece->private->pool;

	for (uint64_t offset = piece->offset, end; offset < piece->end; offset = end) {
		const uint8_t state = pool_state(pool, offset);

		end = run_end(piece, offset, state);
		if (!is_there(piece, state) && !(state & POOL_POISON))
			work_on(piece, offset, end, state);
		pool_change(pool, offset, end, is_there(piece, state) ? stay : flip);
	}
}

static int take_run(struct mezzo_private *private, bool to_shared, uint64_t offset, uint64_t pages)
{
	int status = MEZZO_OK;

	if (!to_shared && private->unshare)
		status = private->unshare(private->arg, offset, pages);
	return status ? status : mezzo_object_revoke(&private->pool.object, offset, pages);
}

/* From all who have it in the view that it leaves. What was done already is quickly done again. */
static int take_back(const struct piece *piece)
{
	struct mezzo_private *private = piece->private;
	int status = MEZZO_OK;

	for (uint64_t offset = piece->offset, end; offset < piece->end && !status; offset = end) {
		const uint8_t state = pool_state(&private->pool, offset);

		end = run_end(piece, offset, state);
		if (!is_there(piece, state))
			status = take_run(private, piece->conversion->to_shared, offset,
					  end - offset);
	}
	return status;
}

/* Pages up to the end of a block, or of the conversion. */
static struct piece next_piece(struct mezzo_private *private,
			       const struct mezzo_conversion *conversion)
{
	const uint64_t offset = conversion->offset_pages + conversion->done_pages;
	const uint64_t limit = conversion->offset_pages + conversion->pages;
	const uint64_t end = pool_block_end(&private->pool, offset);

	return (struct piece){
		.private = private,
		.conversion = conversion,
		.offset = offset,
		.end = end < limit ? end : limit,
	};
}

int mezzo_private_convert(struct mezzo_private *private, struct mezzo_conversion *conversion)
{
	const uint64_t pages = private->pool.object.pages;
	struct piece piece;

	if (!conversion->pages || conversion->offset_pages >= pages ||
	    conversion->pages > pages - conversion->offset_pages)
		return MEZZO_ERR_INVALID;
	if (conversion->done_pages >= conversion->pages)
		return MEZZO_OK;
	piece = next_piece(private, conversion);
	if (!conversion->begun && !pool_begin_any(&private->pool, piece.offset, piece.end))
		return MEZZO_ERR_AGAIN;
	conversion->begun = true;
	if (take_back(&piece))
		return MEZZO_ERR_AGAIN;
	convert_frames(&piece);
	conversion->begun = false;
	conversion->done_pages += piece.end - piece.offset;
	return conversion->done_pages < conversion->pages ? MEZZO_ERR_AGAIN : MEZZO_OK;
}
