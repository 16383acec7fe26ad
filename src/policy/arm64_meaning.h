/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_POLICY_ARM64_MEANING_H
#define MEZZO_POLICY_ARM64_MEANING_H
/*
 * What a declaration means on arm64, as a table that the compiler computes: one row for each (FWB,
 * aliases, maintenance, allow). Numbers are those of the rule in docs/policy.md.
 */
#include "rule.h"

#define FORCED(fwb, allow) ((fwb) && (allow) == MEZZO_CLASS_WB)

/* 6: exactly what was declared. */
#define TYPE(allow)                                                                                \
	((allow) == MEZZO_CLASS_WB ? MEZZO_STAGE2_NORMAL_WB                                        \
	 : HAS_WB(allow)           ? MEZZO_STAGE2_GUEST_CHOICE                                     \
	 : HAS_NC(allow)           ? MEZZO_STAGE2_NORMAL_NC                                        \
				   : MEZZO_STAGE2_DEVICE_nGnRE)

/* Stage 1 can always weaken a type, unless write-back is forced. */
#define EFFECTIVE(fwb, allow)                                                                      \
	(FORCED(fwb, allow) ? MEZZO_CLASS_WB                                                       \
	 : HAS_WB(allow)    ? MEZZO_CLASS_ALL                                                      \
	 : HAS_NC(allow)    ? MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC                                  \
			    : MEZZO_CLASS_DEVICE)

/*
 * In this order: 1, a direct mapping is a cached alias; a guest that bypasses the cache beside
 * somebody who does not, and the reverse; 1, an allow set that the hardware can't enforce (cached
 * memory without FWB is the exception: it is coherent while the guest uses WB, and says so in
 * `effective`); 1, what the host must be able to reach.
 */
#define REFUSAL(fwb, aliases, maintenance, allow)                                                  \
	((maintenance) == MEZZO_MAINTENANCE_DIRECT && !CACHED(aliases)                             \
		 ? MEZZO_WHY_DIRECT_NOT_CACHED                                                     \
	 : CACHED(aliases) && (allow) != MEZZO_CLASS_WB ? MEZZO_WHY_ALIAS_CACHED_GUEST_NOT         \
	 : !CACHED(aliases) && !EXCLUSIVE(aliases) && HAS_WB(allow)                                \
		 ? MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED                                           \
	 : !CACHED(aliases) && (EFFECTIVE(fwb, allow) & ~(allow))                                  \
		 ? MEZZO_WHY_ALLOW_NOT_ENFORCEABLE                                                 \
	 : EXCLUSIVE(aliases) && (maintenance) != MEZZO_MAINTENANCE_WINDOW                         \
		 ? MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW                                                \
	 : CACHED(aliases) && !(fwb) && (maintenance) == MEZZO_MAINTENANCE_NONE                    \
		 ? MEZZO_WHY_CACHED_NEEDS_MAINTENANCE                                              \
		 : ACCEPTED)

#define REASON(fwb, aliases, allow)                                                                \
	(FORCED(fwb, allow)                                                                        \
		 ? (EXCLUSIVE(aliases) ? MEZZO_WHY_EXCLUSIVE_FORCED : MEZZO_WHY_CACHED_FORCED)     \
	 : (allow) == MEZZO_CLASS_WB ? MEZZO_WHY_CACHED_UNFORCED                                   \
	 : HAS_WB(allow)             ? MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE                            \
	 : HAS_NC(allow)             ? MEZZO_WHY_COMBINING_AS_DECLARED                             \
				     : MEZZO_WHY_DEVICE_AS_DECLARED)

/* 9: wherever write-back was reachable and not forced, and always where nobody else cleans. */
#define CLEAN_AFTER(fwb, aliases, allow)                                                           \
	(EXCLUSIVE(aliases) || (HAS_WB(allow) && !FORCED(fwb, allow)))

#define MEANING(fwb, aliases, maintenance, allow)                                                  \
	{                                                                                          \
		SAYS(REFUSAL(fwb, aliases, maintenance, allow), REASON(fwb, aliases, allow),       \
		     TYPE(allow), EFFECTIVE(fwb, allow)),                                          \
		.write_back = HAS_WB(allow),                                                       \
		.cached = CACHED(aliases),                                                         \
		.clean_after = CLEAN_AFTER(fwb, aliases, allow),                                   \
		.clean_for = CLEAN_FOR(!FORCED(fwb, allow), HAS_WB(allow), CACHED(aliases)),       \
	}

static const struct meaning meanings[] = {MEANINGS(MEANING, 0), MEANINGS(MEANING, 1)};

#endif
