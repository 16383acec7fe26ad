/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_OBJECT_H
#define MEZZO_OBJECT_H
/*
 * Memory objects: whoever owns memory declares what it is.
 *
 * An object has a contract that never changes, and a resolver: offset -> frame. Slots map objects
 * into spaces. The caller owns the memory of every structure here; nothing is allocated.
 *
 * Memory is known by its object, and by what that derives from: a second slot of exclusive memory is
 * refused, and so is a device that its contract does not declare. What the engine cannot see is the
 * owner's word: that no other object has the same frames, and that the host's own tables map them no
 * further than `aliases` says.
 *
 * A revocation takes what offsets resolved to out of every space (mezzo_object_revoke). Each space
 * has a sequence that is raised first: a fault that resolved before cannot become visible after.
 */
#include <mezzo/decide.h>
#include <mezzo/platform.h>
#include <mezzo/range.h>
#include <mezzo/types.h>

struct mezzo_object;

/* A resolver's answer: the frame at an offset, and how far it goes on alike. */
struct mezzo_frame {
	struct mezzo_pa pa; /* of the page asked for */
	/*
	 * The run around it: contiguous, in the same state and equally writable. How many of its
	 * pages lie before the one asked for, and how many from that one on: at least 1.
	 */
	uint64_t before_pages, from_pages;
	struct mezzo_frame_state state;
	bool writable; /* now; may be less than the contract says */
};

struct mezzo_object_ops {
	size_t size;
	/*
	 * The frame at @offset_pages. @write: the guest writes, so make the page writable if that
	 * can be done (never fail a guest for a mapping that can be upgraded).
	 * AGAIN: in transition (frames_begin by somebody else): the guest retries.
	 * NOENT: the page is not in this view of the memory: shared, where this is the private one;
	 * private; or not accepted by the guest yet (private.h).
	 * REVOKED: nothing is there (any more). POISONED: the frame has failed; the run around it
	 * is filled in all the same, and says how much has. Must not sleep; no engine lock is held.
	 */
	int (*resolve)(struct mezzo_object *object, uint64_t offset_pages, bool write,
		       struct mezzo_frame *frame);
	/*
	 * The engine is about to zero or clean [offset, offset + pages), which it believes to be
	 * in state @expected. OK: the range is marked as in work; resolvers say AGAIN until
	 * frames_end. AGAIN: the state is another, or somebody else is at work.
	 */
	int (*frames_begin)(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			    struct mezzo_frame_state expected);
	/* The work is done (or was given up, with the old state): the new state of the range. */
	void (*frames_end)(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			   struct mezzo_frame_state state);
	/*
	 * Lines of the range may be in caches from now on (a grant made them possible), or none
	 * is any more (cleaned, and no cacheable mapping is left). Without frames_begin.
	 */
	void (*frames_lines)(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
			     enum mezzo_lines lines);
	/*
	 * The range has failed (mezzo_object_poison): answer POISONED from now on, whatever happens
	 * to the frames' states. NULL: the object keeps no such thing; its owner's lookup does.
	 */
	int (*poison)(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages);
};

struct mezzo_object {
	const struct mezzo_object_ops *ops;
	const struct mezzo_platform *platform; /* for the lock */
	struct mezzo_contract contract;
	uint64_t pages;
	struct mezzo_object *parent; /* that this one derives from; NULL: a root */
	uint64_t parent_pages;       /* offset of its first page in the parent */
	/*
	 * Of a root: the largest leaf that slots can have, from 2 MiB up; and of the leaves between
	 * 4 KiB and 2 MiB that the tables of its spaces have, the smallest: resolvers that would
	 * answer with single pages look that far for a run. 0: pages will do.
	 */
	_Atomic uint32_t run_order, piece_order;
	_Atomic bool poisoned;   /* some of it, some day */
	_Atomic bool lent;       /* exclusive, and mapped through extents (extents.h) alone */
	_Atomic uint64_t pinned; /* pages that a guest has accepted (private.h): slots stay */
	/*
	 * The slots that map a root or what derives from it, in any space, by offset in its pages;
	 * and what guards them.
	 */
	struct mezzo_lock lock;
	struct mezzo_ranges slots;
};

/* --- derived objects --------------------------------------------------------------------------
 *
 * Part of an object, under a contract that promises less. Its frames and their states are the
 * parent's; it can be given away, and revoked, by itself.
 */
struct mezzo_derived {
	struct mezzo_object object;
	_Atomic bool enabled; /* cleared before a revocation, as a BAR's is */
};

/**
 * mezzo_object_derive() - a part of an object, or all of it, that may be used for less
 * @derived: caller's memory, any content
 * @parent: any object, a derived one too; must outlive @derived and everything that maps it
 * @offset_pages, @pages: of the part, in the parent's pages; at least one
 * @contract: what the part declares. It may drop writable and dma, allow fewer classes and have a
 *	      smaller max_order; in everything else it says what the parent's says
 * @why: filled on every error: the rule, the field, what it was, what would be accepted
 *
 * INVALID: the range is empty or ends beyond the parent. REFUSED (derived-widens): @contract says
 * more than the parent's, or something else. What is refused at a slot's creation (policy) may be
 * derived. Slots of parent and part are slots of the same memory: exclusive memory is not mapped
 * through both, and revoking the parent takes both. Constant time; takes no lock.
 */
MEZZO_MUST_CHECK int mezzo_object_derive(struct mezzo_derived *derived, struct mezzo_object *parent,
					 uint64_t offset_pages, uint64_t pages,
					 const struct mezzo_contract *contract,
					 struct mezzo_refusal *why);
/*
 * Resolve, or not: false before mezzo_object_revoke(&derived->object, ...) takes the part, and
 * nothing else of the parent, away for good.
 */
void mezzo_derived_enable(struct mezzo_derived *derived, bool enabled);

/* --- RAM pool ------------------------------------------------------------------------------
 *
 * Contiguous frames that the embedder gives to one owner, with the state of each frame. The
 * state is kept per 2 MiB block and, where a block is mixed, per page.
 */
struct mezzo_pool {
	struct mezzo_object object;
	struct mezzo_pa base;
	_Atomic uint8_t *block; /* one byte per 2 MiB */
	_Atomic uint8_t *page;  /* one byte per page */
};

/* Bytes of state memory that a pool of so many pages needs. */
size_t mezzo_pool_state_bytes(uint64_t pages);

/**
 * mezzo_pool_init() - declare a run of RAM
 * @pool: caller's memory, any content
 * @platform: for its locks
 * @contract: what is declared; `promise` is the state in which every frame starts
 * @base: first frame, page aligned
 * @pages: number of pages, more than 0
 * @state: caller's memory, mezzo_pool_state_bytes(pages) bytes; owned by the pool
 *
 * INVALID: misaligned, empty, wrapping. Cost: linear in 2 MiB blocks.
 */
MEZZO_MUST_CHECK int mezzo_pool_init(struct mezzo_pool *pool, const struct mezzo_platform *platform,
				     const struct mezzo_contract *contract, struct mezzo_pa base,
				     uint64_t pages, void *state);

/**
 * mezzo_pool_disown() - the owner is gone: every frame becomes UNOWNED again
 *
 * Only when no slot maps the pool. The next owner's first touch zeroes data and tags.
 * EXISTS: a slot still maps it. REFUSED: maintenance none, so nobody could zero the frames: the
 * promise would be broken. Nothing was changed then.
 */
MEZZO_MUST_CHECK int mezzo_pool_disown(struct mezzo_pool *pool);

/* --- device BAR -----------------------------------------------------------------------------
 *
 * A window of a device: contiguous, always resolvable until revoked, and without state of its
 * own (the contract's promise holds for ever).
 */
struct mezzo_bar {
	struct mezzo_object object;
	struct mezzo_pa base;
	_Atomic bool enabled; /* cleared by revocation; set again by mezzo_bar_enable */
};

/*
 * As mezzo_pool_init. REFUSED when the promise is not INITIALISED for data and tags: a BAR keeps
 * no state. Device memory that must be zeroed between owners is a pool over the BAR.
 */
MEZZO_MUST_CHECK int mezzo_bar_init(struct mezzo_bar *bar, const struct mezzo_platform *platform,
				    const struct mezzo_contract *contract, struct mezzo_pa base,
				    uint64_t pages);
/* Resolve again after mezzo_object_revoke (memory enable set, reset over). */
void mezzo_bar_enable(struct mezzo_bar *bar, bool enabled);

/**
 * mezzo_bar_init_bytes() - a BAR that need not fill its pages
 * @base, @bytes: of the BAR, in bytes, of any alignment; @bytes is more than 0
 * @rest_is_devices: the embedder has made sure that whatever else lies in the BAR's first and last
 *		     page is the same device's, or nothing
 * @why: filled on every error
 *
 * Page tables map whole pages: the guest gets the rest of the page too. Without the embedder's word
 * a BAR that shares a page is REFUSED (bar-shares-page). The object covers every page that the BAR
 * touches; the BAR begins base % 4096 bytes into the first, and so must the guest's address of it.
 * Otherwise as mezzo_bar_init, whose refusal is unowned-no-maintenance.
 */
MEZZO_MUST_CHECK int mezzo_bar_init_bytes(struct mezzo_bar *bar,
					  const struct mezzo_platform *platform,
					  const struct mezzo_contract *contract,
					  struct mezzo_pa base, uint64_t bytes,
					  bool rest_is_devices, struct mezzo_refusal *why);

/* Part of a BAR that the embedder must see every access to: an MSI-X table, its pending bits. */
struct mezzo_bar_trap {
	uint64_t offset_bytes, bytes;
};
/* Part of a BAR that can be mapped: a slot of the BAR's object. */
struct mezzo_bar_piece {
	uint64_t offset_pages, pages;
};

/**
 * mezzo_bar_pieces() - what of a BAR can be mapped around what must be trapped
 * @bytes: of the BAR; what does not fill a page is not mapped
 * @order: of the smallest leaf that the guest's tables have: 0 for 4 KiB
 * @trap: @traps ranges, in any order; they may overlap, be empty, or lie beyond the BAR
 * @piece: out, room for @traps + 1
 *
 * Returns how many pieces there are: in order, apart, each as large as can be; 0: nothing can be
 * mapped. Pure. Cost: the square of @traps.
 */
unsigned int mezzo_bar_pieces(uint64_t bytes, unsigned int order, const struct mezzo_bar_trap *trap,
			      unsigned int traps, struct mezzo_bar_piece *piece);

/* --- host mapping ---------------------------------------------------------------------------
 *
 * Memory that somebody else maps (a VMM's mmap) and may change under us. The embedder's callback
 * looks the frame up; its notifier calls mezzo_object_revoke() before the old frame is reused.
 */
typedef int mezzo_hostmap_fn(void *arg, uint64_t offset_pages, bool write,
			     struct mezzo_frame *frame);
struct mezzo_hostmap {
	struct mezzo_object object;
	mezzo_hostmap_fn *lookup; /* as mezzo_object_ops.resolve */
	void *arg;
};
/*
 * INVALID: no pages, no callback. REFUSED as mezzo_bar_init: who hands out frames with somebody
 * else's content must track it, and implements struct mezzo_object_ops.
 */
MEZZO_MUST_CHECK int mezzo_hostmap_init(struct mezzo_hostmap *map,
					const struct mezzo_platform *platform,
					const struct mezzo_contract *contract, uint64_t pages,
					mezzo_hostmap_fn *lookup, void *arg);

#endif
