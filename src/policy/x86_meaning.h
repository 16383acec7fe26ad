/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_POLICY_X86_MEANING_H
#define MEZZO_POLICY_X86_MEANING_H
/*
 * What a declaration means on x86, as a table that the compiler computes: one row for each
 * (processor, aliases, maintenance, allow). Numbers are those of the rule in docs/policy.md.
 */
#include "rule.h"

/* Processors, as far as declarations can tell them apart. */
enum processor {
	EPT_ALONE, /* no self-snoop */
	EPT_SNOOPS,
	NPT,
	PROCESSORS
};

/* Under EPT an entry can ignore the guest's PAT. */
#define CAN_IGNORE(cpu) ((cpu) != NPT)
/*
 * Is memory that others reach through caches coherent for a guest whose PAT is honoured? UC of the
 * guest's own tables looks into the caches everywhere; WC does so with self-snoop, and as WC+.
 */
#define CAN_HONOUR(cpu) ((cpu) != EPT_ALONE)

/* 6 */
#define TYPE(cpu, aliases, allow)                                                                  \
	(HAS_WB(allow)                                                                             \
		 ? (CACHED(aliases)                                                                \
			    ? (CAN_HONOUR(cpu) ? MEZZO_X86_STAGE2_WB : MEZZO_X86_STAGE2_WB_ONLY)   \
		    : (allow) == MEZZO_CLASS_WB && CAN_IGNORE(cpu) ? MEZZO_X86_STAGE2_WB_ONLY      \
								   : MEZZO_X86_STAGE2_WB)          \
	 : !HAS_NC(allow) && CAN_IGNORE(cpu) ? MEZZO_X86_STAGE2_UC_ONLY                            \
					     : MEZZO_X86_STAGE2_UC)

/* The guest's PAT can weaken a type, and reach WC from UC, unless it is ignored. */
#define EFFECTIVE(type)                                                                            \
	((type) == MEZZO_X86_STAGE2_WB_ONLY   ? MEZZO_CLASS_WB                                     \
	 : (type) == MEZZO_X86_STAGE2_UC_ONLY ? MEZZO_CLASS_DEVICE                                 \
	 : (type) == MEZZO_X86_STAGE2_UC || (type) == MEZZO_X86_STAGE2_WC                          \
		 ? MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC                                             \
		 : MEZZO_CLASS_ALL)

#define FORCED(cpu, aliases, allow) (TYPE(cpu, aliases, allow) == MEZZO_X86_STAGE2_WB_ONLY)

/*
 * In this order: 1, a direct mapping is a cached alias; a guest that bypasses the cache beside
 * somebody who does not, and the reverse; 1, an allowed set that the hardware can't enforce
 * (cached memory is the exception: whatever type the guest then asks for is coherent, and
 * `effective` says which it can reach); 1, what the host must be able to reach.
 */
#define REFUSAL(cpu, aliases, maintenance, allow)                                                  \
	((maintenance) == MEZZO_MAINTENANCE_DIRECT && !CACHED(aliases)                             \
		 ? MEZZO_WHY_DIRECT_NOT_CACHED                                                     \
	 : CACHED(aliases) && (!HAS_WB(allow) || ((allow) != MEZZO_CLASS_WB && !CAN_HONOUR(cpu)))  \
		 ? MEZZO_WHY_ALIAS_CACHED_GUEST_NOT                                                \
	 : !CACHED(aliases) && !EXCLUSIVE(aliases) && HAS_WB(allow)                                \
		 ? MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED                                           \
	 : (allow) == MEZZO_CLASS_DEVICE && !CAN_IGNORE(cpu) ? MEZZO_WHY_WC_NOT_FORBIDDABLE        \
	 : (EFFECTIVE(TYPE(cpu, aliases, allow)) & ~(allow)) &&                                    \
			 !(CACHED(aliases) && (allow) == MEZZO_CLASS_WB)                           \
		 ? MEZZO_WHY_ALLOW_NOT_ENFORCEABLE                                                 \
	 : EXCLUSIVE(aliases) && (maintenance) != MEZZO_MAINTENANCE_WINDOW                         \
		 ? MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW                                                \
		 : ACCEPTED)

#define REASON(cpu, aliases, allow)                                                                \
	(FORCED(cpu, aliases, allow) ? (EXCLUSIVE(aliases) ? MEZZO_WHY_EXCLUSIVE_PAT_IGNORED       \
							   : MEZZO_WHY_CACHED_PAT_IGNORED)         \
	 : HAS_WB(allow)             ? (EXCLUSIVE(aliases) ? MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE      \
							   : MEZZO_WHY_CACHED_PAT_HONOURED)        \
	 : HAS_NC(allow)             ? MEZZO_WHY_UC_PAT_HONOURED                                   \
				     : MEZZO_WHY_UC_PAT_IGNORED)

/*
 * 3: who reaches the memory without the cache? A guest whose type is not write-back; one that holds
 * the memory alone, as on bare metal; a device that does not snoop. A guest whose PAT is honoured
 * beside a cached alias does not: see CAN_HONOUR.
 */
#define PAST_CACHE(forced, write_back, exclusive, unsnooped)                                       \
	(!(forced) && (!(write_back) || (exclusive) || (unsnooped)))

/* 9: always where nobody else cleans; a device that does not snoop adds the rest (x86.c). */
#define MEANING(cpu, aliases, maintenance, allow)                                                  \
	{                                                                                          \
		SAYS(REFUSAL(cpu, aliases, maintenance, allow), REASON(cpu, aliases, allow),       \
		     TYPE(cpu, aliases, allow), EFFECTIVE(TYPE(cpu, aliases, allow))),             \
		.write_back = HAS_WB(allow),                                                       \
		.cached = CACHED(aliases),                                                         \
		.clean_after = EXCLUSIVE(aliases),                                                 \
		.clean_for = CLEAN_FOR(PAST_CACHE(FORCED(cpu, aliases, allow), HAS_WB(allow),      \
						  EXCLUSIVE(aliases), false),                      \
				       HAS_WB(allow), CACHED(aliases)),                            \
	}

/* In the order of enum processor. */
static const struct meaning meanings[] = {
	MEANINGS(MEANING, EPT_ALONE),
	MEANINGS(MEANING, EPT_SNOOPS),
	MEANINGS(MEANING, NPT),
};

#endif
