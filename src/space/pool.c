/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RAM pool: contiguous frames and the state of each.
 *
 * The state is one byte per 2 MiB block, and one per page where a block is mixed. Blocks are
 * aligned by physical address, as leaves are. Readers take no lock: a block turns mixed only after
 * its pages' bytes are written.
 */
#include <stdatomic.h>

#include <mezzo/object.h>
#include <mezzo/status.h>

#define BLOCK_PAGES (UINT64_C(1) << MEZZO_ORDER_2M)

/* A state byte. */
#define STATE_DATA 1u
#define STATE_TAGS 2u
#define STATE_LINES 4u
#define STATE_WORK 8u   /* somebody zeroes or cleans: resolvers wait */
#define STATE_MIXED 16u /* of a block: its pages' bytes count */

static uint8_t pack(struct mezzo_frame_state state)
{
	return (uint8_t)((state.data ? STATE_DATA : 0) | (state.tags ? STATE_TAGS : 0) |
			 (state.lines ? STATE_LINES : 0));
}

static struct mezzo_frame_state unpack(uint8_t byte)
{
	return (struct mezzo_frame_state){
		.data = (byte & STATE_DATA) / STATE_DATA & 1u,
		.tags = (byte & STATE_TAGS) / STATE_TAGS & 1u,
		.lines = (byte & STATE_LINES) / STATE_LINES & 1u,
	};
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

/* Blocks of one state around @block, no further than a 1 GiB leaf could use. */
static void widen_run(const struct mezzo_pool *pool, uint64_t block, uint8_t state,
		      struct mezzo_frame *frame)
{
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
	frame->run_offset = block_first(pool, low);
	frame->run_pages = block_last(pool, high - 1) - frame->run_offset;
}

static int pool_resolve(struct mezzo_object *object, uint64_t offset, bool write,
			struct mezzo_frame *frame)
{
	struct mezzo_pool *pool = (struct mezzo_pool *)object;
	uint64_t block = block_of(pool, offset);
	uint8_t state = atomic_load_explicit(&pool->block[block], memory_order_acquire);

	(void)write;
	frame->pa.addr = pool->base.addr + (offset << MEZZO_PAGE_SHIFT);
	frame->writable = object->contract.writable;
	if (state & STATE_MIXED) {
		state = atomic_load_explicit(&pool->page[offset], memory_order_acquire);
		frame->run_offset = offset;
		frame->run_pages = 1;
	} else if (object->contract.max_order == MEZZO_ORDER_1G) {
		widen_run(pool, block, state, frame);
	} else {
		frame->run_offset = block_first(pool, block);
		frame->run_pages = block_last(pool, block) - frame->run_offset;
	}
	frame->state = unpack(state);
	return state & STATE_WORK ? MEZZO_ERR_AGAIN : MEZZO_OK;
}

/* --- changes of state; the pool's lock is held --- */

/* Give the pages of a block bytes of their own. */
static void mix(struct mezzo_pool *pool, uint64_t block)
{
	uint8_t state = atomic_load(&pool->block[block]);

	if (state & STATE_MIXED)
		return;
	for (uint64_t page = block_first(pool, block); page < block_last(pool, block); page++)
		atomic_store_explicit(&pool->page[page], state, memory_order_relaxed);
	atomic_store_explicit(&pool->block[block], STATE_MIXED, memory_order_release);
}

/* One byte for the block again, where all its pages are alike. */
static void unmix(struct mezzo_pool *pool, uint64_t block)
{
	uint64_t first = block_first(pool, block);
	uint8_t state = atomic_load(&pool->page[first]);

	for (uint64_t page = first + 1; page < block_last(pool, block); page++)
		if (atomic_load_explicit(&pool->page[page], memory_order_relaxed) != state)
			return;
	atomic_store_explicit(&pool->block[block], state, memory_order_release);
}

/* The end of the block, or of the pool. */
static bool is_last(const struct mezzo_pool *pool, uint64_t offset)
{
	return !((offset + 1 + bias(pool)) % BLOCK_PAGES) || offset + 1 == pool->object.pages;
}

static void change_byte(_Atomic uint8_t *byte, uint8_t clear, uint8_t set)
{
	unsigned int state = atomic_load_explicit(byte, memory_order_relaxed);

	atomic_store_explicit(byte, (uint8_t)((state & ~(unsigned int)clear) | set),
			      memory_order_release);
}

/* Replace the bits in @clear by those in @set, over a range: whole blocks, and single pages. */
static void change(struct mezzo_pool *pool, uint64_t offset, uint64_t pages, uint8_t clear,
		   uint8_t set)
{
	const uint64_t end = offset + pages;

	while (offset < end) {
		const uint64_t block = block_of(pool, offset);
		_Atomic uint8_t *byte = &pool->block[block];

		if (!(atomic_load_explicit(byte, memory_order_relaxed) & STATE_MIXED)) {
			if (offset == block_first(pool, block) && end >= block_last(pool, block)) {
				change_byte(byte, clear, set);
				offset = block_last(pool, block);
				continue;
			}
			mix(pool, block);
		}
		change_byte(&pool->page[offset], clear, set);
		/* Pages are worked on in order: the last one is the time to look. */
		if (is_last(pool, offset))
			unmix(pool, block);
		offset++;
	}
}

static bool all_are(struct mezzo_pool *pool, uint64_t offset, uint64_t pages, uint8_t expected)
{
	uint64_t end = offset + pages;

	while (offset < end) {
		uint64_t block = block_of(pool, offset);
		uint8_t state = atomic_load(&pool->block[block]);

		if (!(state & STATE_MIXED)) {
			offset = block_last(pool, block);
		} else {
			state = atomic_load(&pool->page[offset]);
			offset++;
		}
		if (state != expected)
			return false;
	}
	return true;
}

static void lock(struct mezzo_pool *pool)
{
	const struct mezzo_platform *platform = pool->object.platform;

	platform->lock(platform->ctx, &pool->lock);
}

static void unlock(struct mezzo_pool *pool)
{
	const struct mezzo_platform *platform = pool->object.platform;

	platform->unlock(platform->ctx, &pool->lock);
}

static int pool_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		      struct mezzo_frame_state expected)
{
	struct mezzo_pool *pool = (struct mezzo_pool *)object;
	bool alike;

	lock(pool);
	alike = all_are(pool, offset, pages, pack(expected));
	if (alike)
		change(pool, offset, pages, 0, STATE_WORK);
	unlock(pool);
	return alike ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

static void pool_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		     struct mezzo_frame_state state)
{
	struct mezzo_pool *pool = (struct mezzo_pool *)object;

	lock(pool);
	change(pool, offset, pages, 0xff, pack(state));
	unlock(pool);
}

static void pool_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		       enum mezzo_lines lines)
{
	struct mezzo_pool *pool = (struct mezzo_pool *)object;

	lock(pool);
	change(pool, offset, pages, STATE_LINES, lines == MEZZO_LINES_MAYBE ? STATE_LINES : 0);
	unlock(pool);
}

static const struct mezzo_object_ops pool_ops = {
	.size = sizeof(pool_ops),
	.resolve = pool_resolve,
	.frames_begin = pool_begin,
	.frames_end = pool_end,
	.frames_lines = pool_lines,
};

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
	set_all(pool, pack(contract->promise));
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
			atomic_fetch_or(&pool->block[block], STATE_DATA | STATE_TAGS);
		for (uint64_t page = 0; page < pool->object.pages; page++)
			atomic_fetch_or(&pool->page[page], STATE_DATA | STATE_TAGS);
		status = MEZZO_OK;
	}
	platform->unlock(platform->ctx, &pool->object.lock);
	return status;
}
