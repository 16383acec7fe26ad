/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PRIVATE_H
#define CHECK_MACHINES_PRIVATE_H
/*
 * A private page and whose word is taken for it: thread 002. A guest faults a page of device
 * memory in, looks what it is and accepts it. The VMM may change its own mapping; the driver may
 * revoke the page. Who resolves the page, and whose invalidations are followed?
 */
#include "check/subject.h"

/* Who is asked at fault time, and who is followed at notify time. */
enum private_source {
	PRIVATE_BY_HVA, /* the VMM's mapping */
	PRIVATE_BY_FD,  /* the object itself */
	PRIVATE_NOBODY,
};

struct private_model {
	uint32_t resolves, invalidates; /* enum private_source */
};

/* The designs, as policies: Mezzo's is the one that asks its rule. */
extern const struct check_policy private_hva_followed, private_hva_ignored, private_mezzo;
/* One configuration: the page. */
extern const struct check_family private_family;

extern const struct check_machine private_machine;

#define PRIVATE_JUDGES                                                                             \
	(CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) | CHECK_BIT(CHECK_S13_ACCEPTED_STAYS) |               \
	 CHECK_BIT(CHECK_S14_NO_SILENT_LOSS) | CHECK_BIT(CHECK_S16_ONE_SOURCE))

#endif
