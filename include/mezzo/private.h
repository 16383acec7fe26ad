/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_PRIVATE_H
#define MEZZO_PRIVATE_H
/*
 * Memory of a guest's own, and registers of a device of its own.
 *
 * Private memory is one run of frames with two views. The private view is the guest's alone: no
 * aliases, never reachable through a host address. The shared view is cached memory that the host
 * may map. Each page is in one of the two. A slot names both (config.object and config.shared), and
 * an access finds the view that its page is in; one that meant the other (mezzo_fault_info.view)
 * is an exit to the embedder with the facts, who may convert the page and run the guest on.
 */
#include <mezzo/space.h>

/*
 * The host gives up its own mappings of [offset, offset + pages): they are gone from every page
 * table and TLB when this returns OK. AGAIN: not yet; the conversion says AGAIN too. From before the
 * call until the conversion is over the shared view answers AGAIN, so that none comes back. With no
 * engine lock held.
 */
typedef int mezzo_unshare_fn(void *arg, uint64_t offset_pages, uint64_t pages);

struct mezzo_private {
	struct mezzo_pool pool;     /* pool.object is the private view */
	struct mezzo_object shared; /* derives from it */
	mezzo_unshare_fn *unshare;
	void *arg;
};

/**
 * mezzo_private_init() - declare a run of RAM that a guest may keep to itself
 * @private: caller's memory, any content
 * @contract: of the private view: is_private, aliases none, maintenance window
 * @shared: of the shared view: aliases cached. Its promise is the engine's to say
 * @base, @pages, @state: as mezzo_pool_init
 * @unshare: NULL: the host maps nothing of it, ever
 * @why: filled on every error
 *
 * Every page begins private. INVALID (slot-misaligned, slot-empty, slot-wraps): as mezzo_pool_init.
 * REFUSED (private-views): a contract is not what the view is, or they contradict each other: they
 * are about the same frames, so tag storage is the same.
 */
MEZZO_MUST_CHECK int mezzo_private_init(struct mezzo_private *private,
					const struct mezzo_platform *platform,
					const struct mezzo_contract *contract,
					const struct mezzo_contract *shared, struct mezzo_pa base,
					uint64_t pages, void *state, mezzo_unshare_fn *unshare,
					void *arg, struct mezzo_refusal *why);

/* A conversion, and how far it is. The last two are the engine's: 0 and false to begin with. */
struct mezzo_conversion {
	uint64_t offset_pages, pages;
	bool to_shared; /* or to private */
	/*
	 * The guest shows, or takes over, what the pages hold. Otherwise they are zeroed, data and
	 * tags. What is not the guest's yet (UNOWNED) is zeroed in any case.
	 */
	bool keep;
	uint64_t done_pages;
	bool begun;
};

/**
 * mezzo_private_convert() - pages change their view
 *
 * In this order, for at most MEZZO_WINDOW_BYTES per call: the pages are in transition, so that
 * nobody finds them in either view (resolvers say AGAIN, guests wait); to private: the host's own
 * mappings go (unshare); every guest's and device's entries go, invalidations complete; zeroed as
 * asked, then cleaned and invalidated, through windows; then the other view has them. Pages that are
 * in that view already stay as they are, with what they hold. Pages that have failed change their
 * view and are not touched. That a page was zeroed is no guest's write: the caller, who knows, marks it
 * for whoever copies the memory (mezzo_dirty_mark).
 *
 * OK: all of it is done. AGAIN: call again with the same conversion: there is more, a device is
 * slow, the host is, or somebody is at work on the pages. A conversion that has begun must be
 * carried on to the end of its piece, or the pages stay in transition. INVALID: the range is empty
 * or not inside. Calls on the same pages are the embedder's to order. Takes the object's lock, and
 * those of the spaces that map it.
 */
MEZZO_MUST_CHECK int mezzo_private_convert(struct mezzo_private *private,
					   struct mezzo_conversion *conversion);

/**
 * mezzo_private_disown() - the owner is gone: every frame becomes UNOWNED again
 *
 * As mezzo_pool_disown, which is not to be used on it. EXISTS: a slot still maps one of the views, or
 * a page is shared, so that the host may have mapped it: convert it first.
 */
MEZZO_MUST_CHECK int mezzo_private_disown(struct mezzo_private *private);

/* Is the page in the shared view? One that is in transition is where it was. */
bool mezzo_private_is_shared(const struct mezzo_private *private, uint64_t offset_pages);

/* --- registers of a guest's own -------------------------------------------------------------------
 *
 * A device region that a guest has for itself, as an assigned device of a confidential guest. The
 * owner offers it; the guest accepts pages of it, through the embedder, once it has convinced itself
 * of the device. Until then an access exits with the facts (not-in-view). What was accepted stays,
 * with the same frames, at the same address: its slot is neither moved nor deleted, and no mapping
 * of the host's has anything to do with it. Only the object takes it back, and then the guest is
 * asked again.
 */
struct mezzo_private_mmio {
	struct mezzo_object object;
	struct mezzo_pa base;
	_Atomic uint8_t *page; /* offered, accepted, withdrawn */
};

/**
 * mezzo_private_mmio_init() - offer a device region
 * @contract: is_private, mmio, aliases none, no write-back, maintenance window (which is never used:
 *	      registers have no lines), promise INITIALISED and CLEAN
 * @state: caller's memory, a byte per page
 * @why: filled on every error
 *
 * INVALID: as mezzo_private_init. REFUSED: the contract is another, or the policy's reason why it
 * contradicts itself.
 */
MEZZO_MUST_CHECK int mezzo_private_mmio_init(struct mezzo_private_mmio *mmio,
					     const struct mezzo_platform *platform,
					     const struct mezzo_contract *contract,
					     struct mezzo_pa base, uint64_t pages,
					     _Atomic uint8_t *state, struct mezzo_refusal *why);
/**
 * mezzo_private_mmio_accept() - the guest accepts pages; what it has accepted, it has
 *
 * INVALID: the range is empty or not inside. AGAIN: some of it is being taken back: accept it when
 * that is over; what comes before it in the range is accepted. Any CPU, beside revocations too.
 */
MEZZO_MUST_CHECK int mezzo_private_mmio_accept(struct mezzo_private_mmio *mmio,
					       uint64_t offset_pages, uint64_t pages);
/**
 * mezzo_private_mmio_revoke() - the owner takes pages back
 *
 * OK: no guest and no device reaches them; they are on offer again. AGAIN: devices still may; nobody
 * resolves them any more; call again. INVALID as above. Any CPU, beside other revocations too.
 * mezzo_object_revoke takes entries away, as ever, but what was accepted resolves to the same again.
 */
MEZZO_MUST_CHECK int mezzo_private_mmio_revoke(struct mezzo_private_mmio *mmio,
					       uint64_t offset_pages, uint64_t pages);

#endif
