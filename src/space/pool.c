/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RAM pool: contiguous frames and the state of each.
 *
 * The state is one byte per 2 MiB block, and one per page where a block is mixed. Blocks are
 * aligned by physical address, as leaves are. Whoever changes a block's byte, or those of its pages,
 * holds the block by a bit of its byte: guests that fault in different blocks do not meet. Readers
 * take no lock: a block turns mixed only after its pages' bytes are written.
 */

#include "pool.h"

#define BLOCK_PAGES (UINT64_C(1) << MEZZO_ORDER_2M)

/* Of a block's byte alone. */
#define POOL_MIXED 64u /* its pages' bytes count */
#define POOL_HELD 128u /* somebody changes it */
#define NOT_HELD (0xffu ^ POOL_HELD)

static struct mezzo_frame_state unpack(uint8_t byte)
{
	const uint8_t bits = byte & (POOL_DATA | POOL_TAGS | POOL_LINES);

	return *(const struct mezzo_frame_state *)&bits;
}

/* Pages of the first block that lie before the pool. */
static uint64_t bias(const struct mezzo_pool *pool)
{
	return (pool->base.addr >> MEZZO_PAGE_SHIFT) & (BLOCK_PAGES - 1);
}

static uint64_t block_of(const struct mezzo_pool *pool, uint64_t offset)
{
	return (offset + bias(pool)) / BLOCK_PAGES;
}

/* First and past-last page of a block, as offsets within the pool. */
static uint64_t block_first(const struct mezzo_pool *pool, uint64_t block)
{
	return block ? block * BLOCK_PAGES - bias(pool) : 0;
}

static uint64_t block_last(const struct mezzo_pool *pool, uint64_t block)
{
	uint64_t last = (block + 1) * BLOCK_PAGES - bias(pool);

	return last < pool->object.pages ? last : pool->object.pages;
}

/* Why a page of this state is not to be had: of a pool that is private memory it may be shared. */
static RARE int stopped(uint8_t state)
{
	if (state & POOL_POISON)
		return MEZZO_ERR_POISONED;
	return state & POOL_WORK ? MEZZO_ERR_AGAIN : MEZZO_ERR_NOENT;
}

static int answer(uint8_t state, struct mezzo_frame *frame)
{
	frame->state = unpack(state);
	return state & (POOL_WORK | POOL_POISON | POOL_SHARED) ? stopped(state) : MEZZO_OK;
}

/* Blocks of one state around the page's, no further than a 1 GiB leaf could use. */
static RARE int resolve_blocks(const struct mezzo_pool *pool, uint64_t offset, uint8_t state,
			       struct mezzo_frame *frame)
{
	const uint64_t block = block_of(pool, offset);
	const uint64_t group = UINT64_C(1) << (MEZZO_ORDER_1G - MEZZO_ORDER_2M);
	const uint64_t base = pool->base.addr / mezzo_order_bytes(MEZZO_ORDER_2M);
	const uint64_t blocks = block_of(pool, pool->object.pages - 1) + 1;
	uint64_t low = block, high = block + 1;
	uint64_t start =
		((base + block) & ~(group - 1)) > base ? ((base + block) & ~(group - 1)) - base : 0;
	uint64_t end = ((base + block) | (group - 1)) + 1 - base;

	while (low > start &&
	       atomic_load_explicit(&pool->block[low - 1], memory_order_acquire) == state)
		low--;
	while (high < end && high < blocks &&
	       atomic_load_explicit(&pool->block[high], memory_order_acquire) == state)
		high++;
	frame->before_pages = offset - block_first(pool, low);
	frame->from_pages = block_last(pool, high - 1) - offset;
	return answer(state, frame);
}

/* What lies in the pool of the block in which the page is at @place. */
HOT void block_around(const struct mezzo_pool *pool, uint64_t offset, uint64_t place,
		      struct mezzo_frame *frame)
{
	const uint64_t left = pool->object.pages - offset;

	frame->before_pages = place < offset ? place : offset;
	frame->from_pages = BLOCK_PAGES - place < left ? BLOCK_PAGES - place : left;
}

/* Pages of one state around the page, no further than a leaf of the object's piece_order. */
static RARE int resolve_pages(const struct mezzo_pool *pool, uint64_t offset, uint8_t state,
			      struct mezzo_frame *frame)
{
	const uint64_t mask = (UINT64_C(1) << atomic_load(&pool->object.piece_order)) - 1;
	const uint64_t place = (offset + bias(pool)) & mask, block = block_of(pool, offset);
	uint64_t low = offset, high = offset + 1;

	while (low > block_first(pool, block) && low > offset - place &&
	       atomic_load_explicit(&pool->page[low - 1], memory_order_acquire) == state)
		low--;
	while (high < block_last(pool, block) && high <= offset + (mask - place) &&
	       atomic_load_explicit(&pool->page[high], memory_order_acquire) == state)
		high++;
	frame->before_pages = offset - low;
	frame->from_pages = high - offset;
	return answer(state, frame);
}

static int pool_resolve(struct mezzo_object *object, uint64_t offset, bool write,
			struct mezzo_frame *frame)
{
	struct mezzo_pool *pool = (struct mezzo_pool *)object;
	const uint64_t place = offset + bias(pool);
	const _Atomic uint8_t *block = &pool->block[place / BLOCK_PAGES];
	uint8_t state;

	(void)write;
	/* What never changes is read before the state, and so once. */
	frame->pa.addr = pool->base.addr + (offset << MEZZO_PAGE_SHIFT);
	frame->writable = object->contract.writable;
	state = atomic_load_explicit(block, memory_order_acquire) & NOT_HELD;
	if (state & POOL_MIXED) {
		state = atomic_load_explicit(&pool->page[offset], memory_order_acquire);
		if (atomic_load_explicit(&object->piece_order, memory_order_relaxed))
			return resolve_pages(pool, offset, state, frame);
		frame->before_pages = 0;
		frame->from_pages = 1;
	} else if (atomic_load_explicit(&object->run_order, memory_order_relaxed) >
		   MEZZO_ORDER_2M) {
		return resolve_blocks(pool, offset, state, frame);
	} else {
		block_around(pool, offset, place % BLOCK_PAGES, frame);
	}
	return answer(state, frame);
}

/* --- changes of state --- */

HOT bool swap(_Atomic uint8_t *byte, uint8_t from, uint8_t to, memory_order order)
{
	return atomic_compare_exchange_strong_explicit(byte, &from, to, order,
						       memory_order_relaxed);
}

static RARE uint8_t hold_contended(const struct mezzo_platform *platform, _Atomic uint8_t *byte)
{
	uint8_t state;

	do {
		platform->relax(platform->ctx);
		state = atomic_load_explicit(byte, memory_order_relaxed) & NOT_HELD;
	} while (!swap(byte, state, state | POOL_HELD, memory_order_acquire));
	return state;
}

/* Returns the block's state. Held for a load and a store per page, and never two at a time. */
static uint8_t hold(struct mezzo_pool *pool, uint64_t block)
{
	_Atomic uint8_t *byte = &pool->block[block];
	uint8_t state = atomic_load_explicit(byte, memory_order_relaxed) & NOT_HELD;

	if (swap(byte, state, state | POOL_HELD, memory_order_acquire))
		return state;
	return hold_contended(pool->object.platform, byte);
}

static void let_go(struct mezzo_pool *pool, uint64_t block, uint8_t state)
{
	atomic_store_explicit(&pool->block[block], state, memory_order_release);
}

/* Give the pages of a block bytes of their own. */
static RARE void mix(struct mezzo_pool *pool, uint64_t block, uint8_t state)
{
	for (uint64_t page = block_first(pool, block); page < block_last(pool, block); page++)
		atomic_store_explicit(&pool->page[page], state, memory_order_relaxed);
}

/* One byte for the block again, where all its pages are alike. */
static RARE uint8_t unmixed(const struct mezzo_pool *pool, uint64_t block)
{
	uint64_t first = block_first(pool, block);
	uint8_t state = atomic_load_explicit(&pool->page[first], memory_order_relaxed);

	for (uint64_t page = first + 1; page < block_last(pool, block); page++)
		if (atomic_load_explicit(&pool->page[page], memory_order_relaxed) != state)
			return POOL_MIXED;
	return state;
}

static uint8_t changed(uint8_t state, struct pool_change change)
{
	return (uint8_t)((state & ~(unsigned int)change.clear) | change.set);
}

/* Change pages [offset, end) of a block that is held in @state. Returns its new state. */
static inline uint8_t change_block(struct mezzo_pool *pool, uint64_t block, uint8_t state,
				   uint64_t offset, uint64_t end, struct pool_change change)
{
	const uint64_t last = block_last(pool, block);

	if (!(state & POOL_MIXED)) {
		if (end == last && offset == block_first(pool, block))
			return changed(state, change);
		mix(pool, block, state);
	}
	for (uint64_t page = offset; page < end; page++) {
		state = atomic_load_explicit(&pool->page[page], memory_order_relaxed);
		atomic_store_explicit(&pool->page[page], changed(state, change),
				      memory_order_release);
	}
	/* Pages are worked on in order: the last one is the time to look. */
	return end == last ? unmixed(pool, block) : POOL_MIXED;
}

/* The part of [offset, end) that lies in @block: where it ends. */
static inline uint64_t stop_within(const struct mezzo_pool *pool, uint64_t block, uint64_t end)
{
	const uint64_t last = block_last(pool, block);

	return last < end ? last : end;
}

RARE void pool_change(struct mezzo_pool *pool, uint64_t offset, uint64_t end,
		      struct pool_change change)
{
	while (offset < end) {
		const uint64_t block = block_of(pool, offset);
		const uint64_t stop = stop_within(pool, block, end);
		const uint8_t state = hold(pool, block);

		let_go(pool, block, change_block(pool, block, state, offset, stop, change));
		offset = stop;
	}
}

/*
 * What most faults change: a page of a mixed block, but not its last; or a block that is not mixed.
 * False: it is neither, or somebody else is at work, and nothing was changed.
 */
HOT bool change_one(struct mezzo_pool *pool, uint64_t offset, uint64_t pages,
		    struct pool_change change)
{
	const uint64_t place = offset + bias(pool);
	_Atomic uint8_t *block = &pool->block[place / BLOCK_PAGES], *page = &pool->page[offset];
	uint8_t state = atomic_load_explicit(block, memory_order_relaxed) & NOT_HELD;

	if (pages == BLOCK_PAGES && !(place % BLOCK_PAGES) && !(state & POOL_MIXED))
		return swap(block, state, changed(state, change), memory_order_acq_rel);
	if (pages != 1 || !(state & POOL_MIXED) || !((place + 1) % BLOCK_PAGES) ||
	    !swap(block, state, state | POOL_HELD, memory_order_acquire))
		return false;
	state = atomic_load_explicit(page, memory_order_relaxed);
	atomic_store_explicit(page, changed(state, change), memory_order_release);
	atomic_store_explicit(block, POOL_MIXED, memory_order_release);
	return true;
}

HOT void change_all(struct mezzo_pool *pool, uint64_t offset, uint64_t pages,
		    struct pool_change change)
{
	if (!change_one(pool, offset, pages, change))
		pool_change(pool, offset, offset + pages, change);
}

static bool all_are(const struct mezzo_pool *pool, uint8_t state, uint64_t offset, uint64_t end,
		    uint8_t expected)
{
	if (!(state & POOL_MIXED))
		return state == expected;
	for (; offset < end; offset++)
		if (atomic_load_explicit(&pool->page[offset], memory_order_relaxed) != expected)
			return false;
	return true;
}

RARE int pool_begin(struct mezzo_pool *pool, uint64_t offset, uint64_t pages, uint8_t expected)
{
	const struct pool_change begin = {.set = POOL_WORK}, undo = {.clear = POOL_WORK};
	const uint64_t end = offset + pages;

	for (uint64_t at = offset; at < end;) {
		const uint64_t block = block_of(pool, at);
		const uint64_t stop = stop_within(pool, block, end);
		const uint8_t state = hold(pool, block);

		if (!all_are(pool, state, at, stop, expected)) {
			let_go(pool, block, state);
			pool_change(pool, offset, at, undo);
			return MEZZO_ERR_AGAIN;
		}
		let_go(pool, block, change_block(pool, block, state, at, stop, begin));
		at = stop;
	}
	return MEZZO_OK;
}

static int frames_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			struct mezzo_frame_state expected)
{
	return pool_begin((struct mezzo_pool *)object, offset, pages, frame_state_bits(expected));
}

static void pool_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		     struct mezzo_frame_state state)
{
	const struct pool_change end = {
		.clear = POOL_DATA | POOL_TAGS | POOL_LINES | POOL_WORK,
		.set = frame_state_bits(state),
	};

	change_all((struct mezzo_pool *)object, offset, pages, end);
}

static void pool_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		       enum mezzo_lines lines)
{
	const struct pool_change change = {.clear = POOL_LINES,
					   .set = (uint8_t)(POOL_LINES * (unsigned int)lines)};

	change_all((struct mezzo_pool *)object, offset, pages, change);
}

static int pool_poison(struct mezzo_object *object, uint64_t offset, uint64_t pages)
{
	const struct pool_change fail = {.set = POOL_POISON};

	pool_change((struct mezzo_pool *)object, offset, offset + pages, fail);
	return MEZZO_OK;
}

static const struct mezzo_object_ops pool_ops = {
	.size = sizeof(pool_ops),
	.resolve = pool_resolve,
	.frames_begin = frames_begin,
	.frames_end = pool_end,
	.frames_lines = pool_lines,
	.poison = pool_poison,
};

/* --- for what is made of a pool --- */

uint8_t pool_state(const struct mezzo_pool *pool, uint64_t offset)
{
	const uint8_t state =
		atomic_load_explicit(&pool->block[block_of(pool, offset)], memory_order_acquire) &
		NOT_HELD;

	return state & POOL_MIXED ? atomic_load_explicit(&pool->page[offset], memory_order_acquire)
				  : state;
}

uint64_t pool_block_end(const struct mezzo_pool *pool, uint64_t offset)
{
	return block_last(pool, block_of(pool, offset));
}

static bool any_is(const struct mezzo_pool *pool, uint8_t state, uint64_t offset, uint64_t end,
		   uint8_t bit)
{
	if (!(state & POOL_MIXED))
		return state & bit;
	for (; offset < end; offset++)
		if (atomic_load_explicit(&pool->page[offset], memory_order_relaxed) & bit)
			return true;
	return false;
}

bool pool_begin_any(struct mezzo_pool *pool, uint64_t offset, uint64_t end)
{
	const struct pool_change begin = {.set = POOL_WORK};
	const uint64_t block = block_of(pool, offset);
	const uint8_t state = hold(pool, block);

	if (any_is(pool, state, offset, end, POOL_WORK)) {
		let_go(pool, block, state);
		return false;
	}
	let_go(pool, block, change_block(pool, block, state, offset, end, begin));
	return true;
}

/* --- life --- */

/* A run that is not aligned touches one block more than its length says. */
static uint64_t blocks_for(uint64_t pages)
{
	return pages / BLOCK_PAGES + 2;
}

size_t mezzo_pool_state_bytes(uint64_t pages)
{
	return (size_t)(blocks_for(pages) + pages);
}

static void set_all(struct mezzo_pool *pool, uint8_t state)
{
	for (uint64_t block = 0; block < blocks_for(pool->object.pages); block++)
		atomic_store(&pool->block[block], state);
}

int mezzo_pool_init(struct mezzo_pool *pool, const struct mezzo_platform *platform,
		    const struct mezzo_contract *contract, struct mezzo_pa base, uint64_t pages,
		    void *state)
{
	if (pages == 0 || (base.addr & (MEZZO_PAGE_BYTES - 1)) ||
	    pages > (UINT64_MAX - base.addr) >> MEZZO_PAGE_SHIFT)
		return MEZZO_ERR_INVALID;
	*pool = (struct mezzo_pool){
		.object = {.ops = &pool_ops,
			   .platform = platform,
			   .contract = *contract,
			   .pages = pages},
		.base = base,
		.block = state,
		.page = (_Atomic uint8_t *)state + blocks_for(pages),
	};
	set_all(pool, frame_state_bits(contract->promise));
	return MEZZO_OK;
}

int mezzo_pool_disown(struct mezzo_pool *pool)
{
	const struct mezzo_platform *platform = pool->object.platform;
	int status = MEZZO_ERR_EXISTS;

	if (pool->object.contract.maintenance == MEZZO_MAINTENANCE_NONE)
		return MEZZO_ERR_REFUSED;
	platform->lock(platform->ctx, &pool->object.lock);
	if (!pool->object.slots.root) {
		for (uint64_t block = 0; block < blocks_for(pool->object.pages); block++)
			atomic_fetch_or(&pool->block[block], POOL_DATA | POOL_TAGS);
		for (uint64_t page = 0; page < pool->object.pages; page++)
			atomic_fetch_or(&pool->page[page], POOL_DATA | POOL_TAGS);
		status = MEZZO_OK;
	}
	platform->unlock(platform->ctx, &pool->object.lock);
	return status;
}
