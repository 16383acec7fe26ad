/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_MARKER_H
#define MEZZO_TABLE_MARKER_H
/*
 * What an invalid entry means to us. The hardware looks at nothing but the bits that make such an
 * entry present, so the rest is ours: bits [62:59], which no format needs, say which marker it is,
 * and under a marker the entry keeps everything else of the descriptor it was (see format_mark in
 * walk.h).
 *
 *   NONE      zero: free to be claimed
 *   BUSY      a walker holds it: what it was comes back on abandon (bits below: the leaf that is
 *	       held, or nothing). Anything invalid, not zero and unknown is read as BUSY.
 *   OWED      a leaf taken away whose TLB invalidation or maintenance is outstanding. Nobody can
 *	       enter anything there, so no break is ever followed by a make before the
 *	       invalidation in between is complete. settle turns it to NONE.
 *   DETACHED  a table taken out of the tree, the same way: it may hold OWED leaves, which settle
 *	       still has to visit, and nothing else. settle turns it to NONE and retires the table.
 *   DEAD      an empty entry of a table that is being detached. Walkers that are already inside
 *	       the table cannot claim it, so a table without a BUSY, valid or NONE entry stays
 *	       that way: nothing is ever entered into a table that is on its way out.
 */
#include <stdint.h>

#define MARKER_SHIFT 59
#define MARKER_MASK (UINT64_C(0xf) << MARKER_SHIFT)

#define MARKER_BUSY (UINT64_C(1) << MARKER_SHIFT)
#define MARKER_OWED (UINT64_C(2) << MARKER_SHIFT)
#define MARKER_DETACHED (UINT64_C(3) << MARKER_SHIFT)
#define MARKER_DEAD (UINT64_C(4) << MARKER_SHIFT)

#endif
