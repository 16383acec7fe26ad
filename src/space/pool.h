/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_SPACE_POOL_H
#define MEZZO_SPACE_POOL_H
/* The states of a pool's frames, for what is made of a pool. */
#include "internal.h"

/* A state byte, of a page or of a block. The first three bits are struct mezzo_frame_state's. */
#define POOL_DATA 1u
#define POOL_TAGS 2u
#define POOL_LINES 4u
#define POOL_WORK 8u    /* somebody zeroes or cleans: resolvers wait */
#define POOL_POISON 16u /* failed: nobody touches it any more */
#define POOL_SHARED 32u /* of private memory: the page is in the shared view */

/* Which bits go, and which come. */
struct pool_change {
	uint8_t clear, set;
};

/* Of a page, as it is now. */
uint8_t pool_state(const struct mezzo_pool *pool, uint64_t offset);
/* Where the page's block ends, as an offset within the pool. */
uint64_t pool_block_end(const struct mezzo_pool *pool, uint64_t offset);
/* As frames_begin, for pages of state @expected: AGAIN, and nothing has changed, if one is not. */
int pool_begin(struct mezzo_pool *pool, uint64_t offset, uint64_t pages, uint8_t expected);
/* Mark pages of one block as in work, whatever their states; false: some are already. */
bool pool_begin_any(struct mezzo_pool *pool, uint64_t offset, uint64_t end);
void pool_change(struct mezzo_pool *pool, uint64_t offset, uint64_t end, struct pool_change change);

#endif
