/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_POLICY_ARM64_MEANING_H
#define MEZZO_POLICY_ARM64_MEANING_H
/*
 * What a declaration means on a machine, as a table that the compiler computes: one row for each
 * (FWB, aliases, maintenance, allow). It holds everything that depends on those alone, so that a
 * decision looks it up and does not work it out again at every fault. Numbers are those of the
 * rule in docs/policy.md.
 */
#include <mezzo/decide.h>

#define ACCEPTED MEZZO_REASONS

struct meaning {
	uint8_t refusal;   /* the declaration contradicts itself or the machine; or ACCEPTED */
	uint8_t type;      /* enum mezzo_arm64_stage2 */
	uint8_t effective; /* set of enum mezzo_class */
	uint8_t reason;    /* of a plain grant */
	bool write_back;   /* the guest can reach write-back */
	bool forced;       /* and nothing else: FWB, and only WB allowed */
	bool cached;       /* somebody else reaches it through caches */
	bool clean_after;  /* taking it back needs CLEAN_INVALIDATE */
};

#define HAS_WB(allow) (((allow) & MEZZO_CLASS_WB) != 0)
#define HAS_NC(allow) (((allow) & MEZZO_CLASS_NC) != 0)
#define FORCED(fwb, allow) ((fwb) && (allow) == MEZZO_CLASS_WB)
#define EXCLUSIVE(aliases) ((aliases) == MEZZO_ALIASES_NONE)
#define CACHED(aliases) ((aliases) == MEZZO_ALIASES_CACHED)

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
		.refusal = REFUSAL(fwb, aliases, maintenance, allow),                              \
		.type = TYPE(allow),                                                               \
		.effective = EFFECTIVE(fwb, allow),                                                \
		.reason = REASON(fwb, aliases, allow),                                             \
		.write_back = HAS_WB(allow),                                                       \
		.forced = FORCED(fwb, allow),                                                      \
		.cached = CACHED(aliases),                                                         \
		.clean_after = CLEAN_AFTER(fwb, aliases, allow),                                   \
	}
#define BY_ALLOW(fwb, aliases, maintenance)                                                        \
	{                                                                                          \
		MEANING(fwb, aliases, maintenance, 0), MEANING(fwb, aliases, maintenance, 1),      \
		MEANING(fwb, aliases, maintenance, 2), MEANING(fwb, aliases, maintenance, 3),      \
		MEANING(fwb, aliases, maintenance, 4), MEANING(fwb, aliases, maintenance, 5),      \
		MEANING(fwb, aliases, maintenance, 6), MEANING(fwb, aliases, maintenance, 7),      \
	}
#define BY_MAINTENANCE(fwb, aliases)                                                               \
	{BY_ALLOW(fwb, aliases, 0), BY_ALLOW(fwb, aliases, 1), BY_ALLOW(fwb, aliases, 2)}
#define BY_ALIASES(fwb)                                                                            \
	{BY_MAINTENANCE(fwb, 0), BY_MAINTENANCE(fwb, 1), BY_MAINTENANCE(fwb, 2),                   \
	 BY_MAINTENANCE(fwb, 3)}

static const struct meaning meanings[2][MEZZO_ALIASES_VALUES][MEZZO_MAINTENANCE_VALUES]
				    [MEZZO_CLASS_ALL + 1] = {BY_ALIASES(0), BY_ALIASES(1)};

#endif
