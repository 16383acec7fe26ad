/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_DIRTY_H
#define MEZZO_DIRTY_H
/*
 * Dirty logging: which pages of a slot were written since somebody last looked.
 *
 * A slot with MEZZO_SLOT_FLAG_LOG_DIRTY has a bitmap, in caller's memory, with a bit for each page
 * of the slot. A page is *clean* when its bit is 0. The law: a page that a guest can write without
 * being noticed is not clean. So whoever clears a bit first, and then waits until no CPU can write
 * the page unnoticed, and only then copies the page, misses nothing: a later write sets the bit
 * again. mezzo_dirty_clear and mezzo_dirty_take return after that wait.
 *
 * Writes are noticed by a write fault of the first write to each clean page; or by the hardware
 * (Arm: DBM, where the tables have features.dirty and the space has no rings), which notes them in
 * the tables; from there they come into the bitmap by get and take, and when entries are taken
 * away. A page that the guest has not touched since its bit was cleared costs nothing.
 *
 * With *rings* (mezzo_dirty_rings) a vCPU's write is entered into the vCPU's ring and not into the
 * bitmap. The bitmap is then for the writes of no vCPU (mezzo_dirty_mark).
 *
 * A write dirties a leaf of the tables: of 4 KiB, or of the granule where that is larger.
 *
 * Where write-back is not forced (no FEAT_S2FWB, or a contract that allows more than write-back) the
 * guest's lines may lie in caches that the copier does not look into: such a page is taken back
 * (mezzo_space_unmap) before it is copied.
 *
 * Whoever writes to a guest's memory past the tables (an emulated device, a VMM, the owner of the
 * object) says so by mezzo_dirty_mark, after the write.
 *
 * Everything here takes the space's lock and may run beside faults and beside everything else. A
 * range of a log is a range of pages of the slot that begins at a multiple of 64, and ends at one
 * or where the slot ends; it may be empty.
 */
#include <mezzo/space.h>

/* Words of 64 bits that the bitmap of so many pages has. */
#define MEZZO_DIRTY_WORDS(pages) (((pages) + 63) / 64)

/**
 * mezzo_dirty_get() - which pages of a range are dirty
 * @id: of the slot
 * @first_page, @pages: a range of the log (above)
 * @bits: out, MEZZO_DIRTY_WORDS(@pages) words: bit n of word m is page @first_page + 64 * m + n;
 *	  bits beyond @pages are 0
 * @why: filled on every error
 *
 * Clears nothing. INVALID: no range of the log (LOG_RANGE). NOENT: no slot of that id
 * (SLOT_ID_UNKNOWN), or it does not log (SLOT_NOT_LOGGING). Cost: a load and a store per word; with
 * hardware dirty state a walk over what is mapped, and one TLB invalidation.
 */
MEZZO_MUST_CHECK int mezzo_dirty_get(struct mezzo_space *space, uint32_t id, uint64_t first_page,
				     uint64_t pages, uint64_t *bits, struct mezzo_refusal *why);

/**
 * mezzo_dirty_clear() - pages are clean from now on
 * @bits: those to be cleared, laid out as mezzo_dirty_get says; NULL: all
 *
 * Of these, the ones that are dirty become clean: on return no CPU can write them unnoticed, so
 * they can be copied. Pages between two of them may be made so too, which costs a fault where they
 * are dirty, and nothing where they are not. Errors as mezzo_dirty_get. Cost: linear in the dirty
 * pages, with hardware dirty state in the pages of @bits that are mapped; and one TLB invalidation,
 * whatever their number.
 */
MEZZO_MUST_CHECK int mezzo_dirty_clear(struct mezzo_space *space, uint32_t id, uint64_t first_page,
				       uint64_t pages, const uint64_t *bits,
				       struct mezzo_refusal *why);

/* Get, and clear what was got, in one step: KVM_GET_DIRTY_LOG without manual protection. */
MEZZO_MUST_CHECK int mezzo_dirty_take(struct mezzo_space *space, uint32_t id, uint64_t first_page,
				      uint64_t pages, uint64_t *bits, struct mezzo_refusal *why);

/**
 * mezzo_dirty_mark() - somebody other than a vCPU has written to [ipa, ipa + pages)
 *
 * After the write, and before the writer says that it is done. Marks the part that lies in slots
 * that log; the rest is nobody's business. INVALID: misaligned, or outside the IPA space.
 */
MEZZO_MUST_CHECK int mezzo_dirty_mark(struct mezzo_space *space, struct mezzo_ipa ipa,
				      uint64_t pages);

/* --- rings -------------------------------------------------------------------------------------
 *
 * A ring entry is empty (flags 0), then written by its vCPU (DIRTY), then collected by whoever
 * consumes the ring (DIRTY and RESET), in order; then mezzo_dirty_reset write-protects its page and
 * empties it. The page may be copied after that call, not before.
 *
 * A vCPU that finds its ring full does not write: its fault is an exit (RING_FULL) for the
 * embedder, who has the ring emptied and runs the guest again. Nothing is lost.
 */

#define MEZZO_RING_ENTRIES_MAX 65536u

/**
 * mezzo_dirty_rings() - give every vCPU a ring
 * @entries: caller's memory for max_vcpus rings of @count entries each, zeroed
 * @count: a power of two, from 2 to MEZZO_RING_ENTRIES_MAX
 * @why: filled on every error
 *
 * Before any slot logs; there is no way back. INVALID: @count (RING_SIZE). EXISTS: there are rings
 * already, or a slot logs (RING_SET).
 */
MEZZO_MUST_CHECK int mezzo_dirty_rings(struct mezzo_space *space, struct mezzo_dirty_entry *entries,
				       uint32_t count, struct mezzo_refusal *why);

/**
 * mezzo_dirty_next() - collect the next entry of a vCPU's ring
 * @cursor: how far the caller has collected this ring; 0 at first
 *
 * False: nothing is new. Takes no lock; for one caller at a time per ring. Whoever shares the
 * ring's memory may do the same by itself: load flags (acquire), read, store flags | RESET
 * (release). @page: the first of the leaf that was written, of 1 << (page_shift - 12) pages where
 * page_shift is that of the tables' granule.
 */
bool mezzo_dirty_next(const struct mezzo_space *space, uint32_t vcpu, uint32_t *cursor,
		      uint32_t *slot, uint64_t *page);

/**
 * mezzo_dirty_reset() - empty the entries that were collected; their pages are clean from now on
 * @count: out, how many entries were emptied
 *
 * Bounded work per call: AGAIN while there may be more; every entry counted is done. INVALID:
 * there are no rings. An entry of a slot that is no more, or ceased to log, is emptied only.
 */
MEZZO_MUST_CHECK int mezzo_dirty_reset(struct mezzo_space *space, uint32_t *count);

/* --- the size of leaves ------------------------------------------------------------------------
 *
 * Pages are logged one by one, so the first write to a larger leaf splits it: the guest waits.
 * Eager splitting does it before, and collapsing undoes it when logging is over. Both keep every
 * attribute, and are never necessary.
 */

/**
 * mezzo_slot_split() - make the leaves of a slot that logs as small as they can be
 * @why: filled on every error but AGAIN and NOMEM
 *
 * Bounded work per call, so that others get their turn: AGAIN until nothing larger is left; at most
 * one block is split at a time (2 MiB to 4 KiB, 32 MiB to 16 KiB, 512 MiB to 64 KiB). NOMEM: nothing
 * has changed; call again when there is memory, or never. NOENT as mezzo_dirty_get.
 */
MEZZO_MUST_CHECK int mezzo_slot_split(struct mezzo_space *space, uint32_t id,
				      struct mezzo_refusal *why);

/**
 * mezzo_slot_collapse() - make the leaves of a slot as large as they can be again
 * @why: filled on every error but AGAIN
 *
 * For a slot that does not log. Where leaves differ in nothing but what logging did to them they
 * become a block in place; the first write to it is a fault again. Where they differ in more, or
 * some are missing, and nothing has to be cleaned, the range is taken away, and the next fault may
 * make a block of it. Bounded work per call, one block: AGAIN until the end of the slot is reached.
 * NOENT: no slot of that id. INVALID: it logs (SLOT_LOGGING). Allocates nothing.
 */
MEZZO_MUST_CHECK int mezzo_slot_collapse(struct mezzo_space *space, uint32_t id,
					 struct mezzo_refusal *why);

#endif
