/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_DMA_H
#define MEZZO_DMA_H
/*
 * What devices reach. A device that is assigned to a guest goes through an IOMMU, whose translations
 * the platform keeps (dma_map and its neighbours in platform.h). They follow the same rule as the
 * CPUs' tables: what the object declares, decided by the same function, work on the frames done
 * before an entry is visible, and taken back before anybody else gets the frame.
 *
 * A device cannot take a fault and try again: what it is to reach is entered beforehand, whether or
 * not a CPU has touched it. It loses its entries with everything that takes the CPUs' away:
 * mezzo_space_unmap, deletion and move of the slot, mezzo_object_revoke, mezzo_object_poison. Each of
 * them first takes the devices' entries and waits until no device can use them any more, in bounded
 * steps: AGAIN says that some still may, that nothing else of the range was touched yet, and that
 * the frames stay where they are until a later call says OK.
 */
#include <mezzo/space.h>

/**
 * mezzo_space_dma_map() - let the space's devices reach a range
 * @ipa, @pages: page aligned; covered by slots
 * @write: they may write, too
 * @done_pages: how far it is: 0 before the first call, the engine's in between
 * @why: filled on every error but AGAIN and NOMEM
 *
 * Bounded work per call, a run of alike frames and at most MEZZO_WINDOW_BYTES of zeroing and
 * cleaning: AGAIN until it is done, or while somebody else is at work on the frames. What was
 * entered already is entered again. On an error what was done so far stays; take it back with
 * mezzo_space_dma_unmap.
 *
 * INVALID: misaligned, empty, or beyond the space. NOENT (dma-no-slot): no slot there. REFUSED: the
 * platform has no IOMMU (dma-not-available); the object declares that no device reaches it
 * (dma-not-declared); or the rule refuses, as it would a fault: a write to what is read-only, say.
 * REVOKED, POISONED: the object has nothing there. NOMEM: the IOMMU has no table memory.
 *
 * What only devices have used may be in caches all the same: frames that they can reach are MAYBE
 * to their object until they are cleaned with no entry left, by the next grant or by who goes past
 * the caches. Nobody else cleans them when they are taken back, since no CPU's entry goes with them;
 * what a device that does not snoop has written may be newer than a line of it, so that who reads it
 * through a cached mapping cleans and invalidates first, too. Takes the object's lock and the space's.
 */
MEZZO_MUST_CHECK int mezzo_space_dma_map(struct mezzo_space *space, struct mezzo_ipa ipa,
					 uint64_t pages, bool write, uint64_t *done_pages,
					 struct mezzo_refusal *why);

/**
 * mezzo_space_dma_unmap() - devices lose a range; CPUs keep it
 *
 * OK: no device can use it any more. AGAIN: some may still, call again. INVALID as above. What is
 * not entered is passed over.
 */
MEZZO_MUST_CHECK int mezzo_space_dma_unmap(struct mezzo_space *space, struct mezzo_ipa ipa,
					   uint64_t pages);

#endif
