/* SPDX-License-Identifier: BSD-2-Clause */
/* Legal and illegal aliases of one page on x86. */
#include <mezzo/x86.h>

enum alias {
	ALIAS_SAME,
	ALIAS_UNCACHED,
	ALIAS_WC_OVER_UC,
	ALIAS_UC_OVER_WC,
	ALIAS_CACHEABLE,
	ALIAS_PROBED,
	ALIAS_UC_SNOOPS,
	ALIAS_UC_SELF_SNOOP,
	ALIAS_UC_BLIND,
	ALIAS_WC_SELF_SNOOP,
	ALIAS_WC,
};

static const struct mezzo_x86_alias verdicts[] = {
	[ALIAS_SAME] = {MEZZO_X86_LEGAL, MEZZO_SOURCE_SDM_ALIAS, "Both use the same type."},
	[ALIAS_UNCACHED] = {MEZZO_X86_LEGAL, MEZZO_SOURCE_APM_ALIAS,
			    "Both are uncached and neither combines what the other does not."},
	[ALIAS_WC_OVER_UC] =
		{MEZZO_X86_LEGAL, MEZZO_SOURCE_ALIAS_OURS,
		 "A device mapping of the host beside a guest that combines its writes: no "
		 "cache line is involved. This is the usual case of a BAR."},
	[ALIAS_UC_OVER_WC] = {MEZZO_X86_TOLERATED, MEZZO_SOURCE_ALIAS_OURS,
			      "No cache line is involved, but writes of the two are ordered "
			      "differently."},
	[ALIAS_CACHEABLE] = {MEZZO_X86_TOLERATED, MEZZO_SOURCE_ALIAS_OURS,
			     "Both are cacheable and coherent on known processors; the manual does "
			     "not support different types for one page."},
	[ALIAS_PROBED] =
		{MEZZO_X86_LEGAL, MEZZO_SOURCE_APM_ALIAS,
		 "CD and WC+ accesses probe the caches of all processors, which is what they "
		 "are there for."},
	[ALIAS_UC_SNOOPS] =
		{MEZZO_X86_TOLERATED, MEZZO_SOURCE_SDM_ALIAS,
		 "The processor checks its caches for UC that page tables ask for, so the "
		 "pair is coherent; a device needs a flush first."},
	[ALIAS_UC_SELF_SNOOP] =
		{MEZZO_X86_LEGAL, MEZZO_SOURCE_SDM_ALIAS,
		 "The processor checks its caches for UC that page tables ask for, and "
		 "with self-snoop no flush is needed."},
	[ALIAS_UC_BLIND] = {MEZZO_X86_FORBIDDEN, MEZZO_SOURCE_SDM_ALIAS,
			    "UC by MTRR or by the entry does not look into the caches; a cacheable "
			    "access to device memory can be a machine check."},
	[ALIAS_WC_SELF_SNOOP] =
		{MEZZO_X86_TOLERATED, MEZZO_SOURCE_ALIAS_OURS,
		 "The manual says never; with self-snoop accesses of any type look into "
		 "the caches, so the pair is coherent."},
	[ALIAS_WC] =
		{MEZZO_X86_FORBIDDEN, MEZZO_SOURCE_SDM_ALIAS,
		 "A WC page must never be aliased to a cacheable page: WC writes may not check "
		 "the caches."},
};

static enum alias uncached_pair(enum mezzo_x86_type host, enum mezzo_x86_type guest)
{
	bool host_combines = mezzo_x86_class(host) == MEZZO_CLASS_NC;
	bool guest_combines = mezzo_x86_class(guest) == MEZZO_CLASS_NC;

	if (host_combines == guest_combines)
		return ALIAS_UNCACHED;
	return guest_combines ? ALIAS_WC_OVER_UC : ALIAS_UC_OVER_WC;
}

/* One is cacheable, @other is not. */
static enum alias mixed_pair(const struct mezzo_x86_cell *other, bool self_snoop)
{
	switch (other->type) {
	case MEZZO_X86_CD:
	case MEZZO_X86_WC_PLUS:
		return ALIAS_PROBED;
	case MEZZO_X86_WC:
		return self_snoop ? ALIAS_WC_SELF_SNOOP : ALIAS_WC;
	default:
		if (!other->snoops)
			return ALIAS_UC_BLIND;
		return self_snoop ? ALIAS_UC_SELF_SNOOP : ALIAS_UC_SNOOPS;
	}
}

struct mezzo_x86_alias mezzo_x86_alias(const struct mezzo_x86_cell *host,
				       const struct mezzo_x86_cell *guest, bool self_snoop)
{
	bool host_cacheable = mezzo_x86_class(host->type) == MEZZO_CLASS_WB;
	bool guest_cacheable = mezzo_x86_class(guest->type) == MEZZO_CLASS_WB;

	if (host->type == guest->type)
		return verdicts[ALIAS_SAME];
	if (host_cacheable && guest_cacheable)
		return verdicts[ALIAS_CACHEABLE];
	if (!host_cacheable && !guest_cacheable)
		return verdicts[uncached_pair(host->type, guest->type)];
	return verdicts[mixed_pair(host_cacheable ? guest : host, self_snoop)];
}

const char *mezzo_x86_verdict_name(enum mezzo_x86_verdict verdict)
{
	static const char *const name[MEZZO_X86_VERDICTS] = {"legal", "tolerated", "forbidden"};

	return (unsigned int)verdict < MEZZO_X86_VERDICTS ? name[verdict] : "unknown";
}
