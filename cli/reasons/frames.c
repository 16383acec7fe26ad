/* SPDX-License-Identifier: BSD-2-Clause */
/* Refused: the frames need work that the host has no way to do. */
#include "reasons.h"

const struct reason_story reason_frames[MEZZO_REASONS] = {
	[MEZZO_WHY_UNOWNED_NO_MAINTENANCE] =
		{
			"The memory may still hold what its previous owner wrote, so it has to be "
			"zeroed before a guest sees it. The host has declared that it cannot reach the "
			"memory at all (maintenance none), so nobody can zero it. An object without "
			"maintenance therefore has to promise that it hands out frames that are "
			"already initialised: zeroed by the device itself, or by the owner's own "
			"means.",
			"A GPU's memory served VM A, which left its model weights there.\n"
			"The slot for VM B is made, with nobody to zero it.\n"
			"VM B reads the memory from beginning to end, and has A's weights.",
			"Have the device or its driver scrub the memory on release, and promise it: "
			"--content initialised.\n"
			"Give the host a way to zero it: --maintenance window.",
		},
	[MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE] =
		{
			"Allocation tags are data, too: they show how another guest laid out its "
			"memory, and a guest that finds them unequal to its own gets tag faults. "
			"Zeroing the data does not zero the tags: an ordinary store leaves them as "
			"they are. They have to be zeroed before the first guest with MTE sees this "
			"memory, and the host has no way to do it.",
			"VM A, with MTE, colours its heap and ends.\n"
			"The owner zeroes the data by ordinary stores, and calls it initialised.\n"
			"VM B, with MTE, loads the tags: A's heap layout, which is what an attack on "
			"A's next instance needs.",
			"Have the owner zero the tags as well, and promise it: --tag-content "
			"initialised.\n"
			"Give the host a way to do it: --maintenance window.\n"
			"Do not give this guest MTE: leave mte out of --guest.",
		},
	[MEZZO_WHY_LINES_NO_MAINTENANCE] =
		{
			"Cache lines of this memory may still be around, dirty (newer than memory) or "
			"stale (older). Somebody can look past the cache, the guest by an uncached "
			"mapping or a device that does not snoop, and would then see the wrong one of "
			"the two. The lines have to be cleaned first, and the host has no mapping to "
			"clean through. An object without maintenance has to promise clean lines, "
			"unless the guest is forced to use the cache.",
			"A frame served as cached memory; a dirty line with VM A's secret remains.\n"
			"It is moved to a device-memory pool and zeroed through an uncached mapping.\n"
			"The line is evicted: the secret is written over the zeroes.\n"
			"VM B reads the secret.",
			"Clean and invalidate the memory before it is handed out, with no cached "
			"mapping left, and promise it: --lines clean.\n"
			"Give the host a way to do it: --maintenance window.\n"
			"For cached memory, use a CPU that forces write-back: --cpu ...,fwb.",
		},
};
