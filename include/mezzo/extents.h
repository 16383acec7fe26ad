/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_EXTENTS_H
#define MEZZO_EXTENTS_H
/*
 * Memory as a file descriptor has it: an object whose pages are extents of frames, in any order,
 * with holes. It is grown and punched while guests run. There is no host address anywhere in it, so
 * no page of a host page table: what its frames are is known to the object alone.
 *
 * The frames are another object's, the backing, usually a pool; it keeps their states, and is mapped
 * by nobody else. A hole is an exit to the embedder (object-revoked), who may fill it and run the
 * guest on.
 */
#include <mezzo/space.h>

/* One extent, in caller's memory. The fields are the engine's. */
struct mezzo_extent {
	_Atomic uint64_t offset_pages, pages, backing_pages, leaving;
};

struct mezzo_extents {
	struct mezzo_object object;
	struct mezzo_object *backing;
	struct mezzo_extent *extent;     /* sorted by offset */
	_Atomic uint64_t count, version; /* an odd version: they are being changed */
	uint32_t max;
};

/**
 * mezzo_extents_init() - an object that is all hole
 * @file: caller's memory, any content
 * @backing: whose frames it has; the contract is the same
 * @pages: how large it can grow
 * @extent: caller's memory for @max extents
 *
 * INVALID: no pages, or no extents. EXISTS: @backing is exclusive, and a slot maps some of it. From
 * here on such a backing, and what derives from it, is mapped through extents alone: slots of it are
 * REFUSED (exclusive-mapped-twice). Not seen, so the embedder's to keep apart: two files with the same
 * frames, and slots of what @backing derives from. Takes the backing's lock.
 */
MEZZO_MUST_CHECK int mezzo_extents_init(struct mezzo_extents *file, struct mezzo_object *backing,
					uint64_t pages, struct mezzo_extent *extent, uint32_t max);

/**
 * mezzo_extents_add() - fill a hole
 * @offset_pages, @pages: of the object
 * @backing_pages: the first of as many pages of the backing
 *
 * INVALID: empty, or not inside the object or the backing. EXISTS: some of the range is filled, or
 * some of the frames are here already. LIMIT: no extent is left. Nothing has changed then. Calls of
 * add and punch are the embedder's to order; both may run beside faults. Linear in the extents.
 */
MEZZO_MUST_CHECK int mezzo_extents_add(struct mezzo_extents *file, uint64_t offset_pages,
				       uint64_t pages, uint64_t backing_pages);

/**
 * mezzo_extents_punch() - make a range a hole
 *
 * Takes it out of every space and from devices; on OK its frames are the backing's again, UNOWNED:
 * whoever gets them next finds zeroes. AGAIN: devices may still use some of it; it is not resolved
 * any more; call again. INVALID: empty, or not inside. LIMIT: an extent has to be cut and none is
 * left; what was cut stays cut, which nobody notices. REFUSED: maintenance none, so nobody could
 * zero the frames. What is a hole already stays one.
 */
MEZZO_MUST_CHECK int mezzo_extents_punch(struct mezzo_extents *file, uint64_t offset_pages,
					 uint64_t pages);

#endif
